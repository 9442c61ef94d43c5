//! Audio programmes: one stream of the source, whole, decoded, placed in time, corrected, encoded.

mod adts;
mod beat;
mod block;
mod copy;
mod encode;
mod layout;
mod limiter;
mod listen;
mod loudness;
mod place;
mod programme;
mod resample;
mod source;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use spillway_profile::{AudioCodec, Loudness};

use self::{
    beat::Beat,
    block::Block,
    encode::Encoding,
    layout::Wanted,
    limiter::Limiter,
    listen::Listener,
    loudness::Correction,
    programme::{Changes, Programme},
};
use crate::{
    meter::{Meter, Reading},
    task::{AudioDone, AudioTask, Progress},
    types::MediaError,
};

/// The last encoding stands as it is; verification will tell how near it came.
const ATTEMPTS: u32 = 5;

/// Encodes or copies one programme into a packet file.
pub(crate) fn encode(
    task: &AudioTask,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<AudioDone, MediaError> {
    let Some(codec) = task.codec else {
        return copy::copy(task, &mut Beat::new(progress, 1, beat::INTERVAL));
    };
    match &task.loudness {
        None => encode_once(
            task,
            codec,
            Correction::default(),
            false,
            &mut Beat::new(progress, 1, beat::INTERVAL),
        )?
        .finish(None),
        Some(want) => encode_to_loudness(task, codec, want, &mut Beat::new(progress, 2, beat::INTERVAL)),
    }
}

/// Two passes: measure what would be delivered, then deliver it corrected; more if the result misses.
fn encode_to_loudness(
    task: &AudioTask,
    codec: AudioCodec,
    want: &Loudness,
    beat: &mut Beat<'_>,
) -> Result<AudioDone, MediaError> {
    let source = measure(task, codec, beat)?;
    let mut tries = vec![(Correction::default(), source)];
    let mut correction = loudness::plan(source, want).unwrap_or_default();
    for _ in 1..ATTEMPTS {
        beat.next_pass();
        let encoded = encode_once(task, codec, correction, true, beat)?;
        tries.extend(encoded.reading.map(|reading| (correction, reading)));
        match loudness::refine(&tries, want) {
            None => return encoded.finish(source.lufs),
            Some(better) => correction = better,
        }
    }
    beat.next_pass();
    encode_once(task, codec, correction, false, beat)?.finish(source.lufs)
}

fn measure(task: &AudioTask, codec: AudioCodec, beat: &mut Beat<'_>) -> Result<Reading, MediaError> {
    let mut programme = Programme::open(task, Wanted { channels: task.channels, codec }, beat)?;
    let mut meter = Meter::new(programme.format(), u32::try_from(programme.channels()).unwrap_or(0))?;
    let mut samples = 0;
    while let Some(block) = programme.next(beat)? {
        meter.add_planar(&block.planes())?;
        samples += i64::try_from(block.len()).unwrap_or(0);
        beat.reached(programme.milliseconds(samples))?;
    }
    meter.reading()
}

/// A finished encoding whose file is not closed yet.
struct Encoded {
    encoding: Encoding,
    start: i64,
    changes: Changes,
    gain_db: f64,
    /// What a decoder's output reads, if it was asked for.
    reading: Option<Reading>,
}

impl Encoded {
    fn finish(self, source_lufs: Option<f64>) -> Result<AudioDone, MediaError> {
        let (part, samples) = self.encoding.finish()?;
        Ok(AudioDone {
            part,
            samples,
            start_sample: self.start,
            silence: self.changes.silence,
            cut: self.changes.cut,
            source_lufs,
            gain_db: self.gain_db,
            damaged: self.changes.damaged,
        })
    }
}

fn encode_once(
    task: &AudioTask,
    codec: AudioCodec,
    correction: Correction,
    listen: bool,
    beat: &mut Beat<'_>,
) -> Result<Encoded, MediaError> {
    let mut programme = Programme::open(task, Wanted { channels: task.channels, codec }, beat)?;
    let (format, channels, start) = (programme.format().clone(), programme.channels(), programme.start());
    let factor = loudness::factor(correction.gain_db);
    let mut limiter =
        correction.ceiling_dbtp.map(|db| Limiter::new(format.sample_rate, channels, loudness::factor(db)));
    let mut encoding = Encoding::create(task, codec, &format, channels, start)?;
    let mut listener = listen.then(|| Listener::new(&encoding.params()?, &format, channels)).transpose()?;
    let mut samples = 0;
    let mut put = |encoding: &mut Encoding, block: &Block| {
        encoding.push(block)?;
        hear(&mut listener, encoding)
    };
    while let Some(mut block) = programme.next(beat)? {
        samples += i64::try_from(block.len()).unwrap_or(0);
        if correction.gain_db != 0.0 {
            block.amplify(factor);
        }
        match &mut limiter {
            None => put(&mut encoding, &block)?,
            Some(limiter) => put(&mut encoding, &limiter.push(&block))?,
        }
        beat.reached(programme.milliseconds(samples))?;
    }
    if let Some(limiter) = &mut limiter {
        put(&mut encoding, &limiter.finish())?;
    }
    encoding.drain()?;
    hear(&mut listener, &mut encoding)?;
    let reading = listener.map(Listener::finish).transpose()?;
    Ok(Encoded { encoding, start, changes: programme.changes(), gain_db: correction.gain_db, reading })
}

fn hear(listener: &mut Option<Listener>, encoding: &mut Encoding) -> Result<(), MediaError> {
    let packets = encoding.take_fresh();
    match listener {
        None => Ok(()),
        Some(listener) => packets.iter().try_for_each(|packet| listener.hear(packet)),
    }
}
