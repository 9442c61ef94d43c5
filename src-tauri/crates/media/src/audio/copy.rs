//! Copying the source's packets onto the output's timeline.

use super::{
    adts,
    beat::Beat,
    encode::create_part,
    place::{Clock, position},
    source::{declared_end, open_stream},
};
use crate::{
    ff::{Next, Packet, Params, SideData},
    part::PartWriter,
    task::{AudioDone, AudioTask},
    types::{MediaCode, MediaError, Ratio, rescale},
};

/// Copies one stream. Sound outside the window that the task wants filled is left out or marked to be
/// skipped; silence cannot be made without encoding.
pub(super) fn copy(task: &AudioTask, beat: &mut Beat<'_>) -> Result<AudioDone, MediaError> {
    let (mut input, time_base, mut params) = open_stream(&task.source, task.stream)?;
    let rate = params.sample_rate();
    if rate == 0 {
        return Err(MediaError::new(MediaCode::NoAudio, "the audio stream has no sample rate"));
    }
    let at = |ticks, base| position(ticks, base, task.zero, rate);
    let window = task.fill.map(|(start, end)| (at(start.ticks, start.base), at(end.ticks, end.base)));
    let limit = declared_end(&input, task.stream).and_then(|t| at(t, time_base));
    beat.expect(limit.map_or(0, |end| milliseconds(end, rate)));
    let mut copying: Option<Copying> = None;
    let mut packet = Packet::new();
    let mut damaged = 0;
    while input.read(&mut packet)? == Next::Item {
        beat.alive()?;
        if packet.stream() != task.stream {
            continue;
        }
        damaged += u64::from(packet.is_corrupt());
        let (at, length) = (packet.pts().and_then(|t| at(t, time_base)), length(&packet, &params, time_base, rate));
        let copying = match &mut copying {
            Some(copying) => copying,
            none => {
                let adts = adts::describe(&packet, &mut params)?;
                let copying = Copying::begin(task, &mut params, at, &packet, window, limit)?;
                none.insert(Copying { adts, ..copying })
            }
        };
        beat.reached(milliseconds(copying.clock.cursor().unwrap_or(0), rate))?;
        copying.take(&packet, at, length)?;
    }
    let copying = copying.ok_or_else(|| MediaError::new(MediaCode::NoAudio, "the audio stream has no packets"))?;
    copying.finish(damaged)
}

fn milliseconds(samples: i64, rate: u32) -> u64 {
    u64::try_from(rescale(samples, Ratio::new(1, i32::try_from(rate).unwrap_or(1)), Ratio::new(1, 1000))).unwrap_or(0)
}

/// Samples that a packet decodes to.
fn length(packet: &Packet, params: &Params, time_base: Ratio, rate: u32) -> i64 {
    let stated = rescale(packet.duration(), time_base, super::place::grid(rate));
    let frame = i64::from(params.frame_size());
    // Timebases coarser than a sample round durations; then the codec's own frame size is meant.
    let blur = rescale(2, time_base, super::place::grid(rate)).max(1);
    if frame > 0 && (packet.duration() <= 0 || (stated - frame).abs() <= blur) { frame } else { stated.max(0) }
}

struct Copying {
    /// Packets carry headers that have to go.
    adts: bool,
    writer: PartWriter,
    clock: Clock,
    /// First sample to present.
    start: i64,
    /// Sound from here on is not wanted.
    end: Option<i64>,
    /// Packets that end before this are left out.
    keep_from: i64,
    /// Position of the first packet that was written.
    first: Option<i64>,
    /// Held back, because a decoder's padding can only be told from the end.
    last: Option<(Packet, i64, i64)>,
    /// Samples in every packet; 0: they differ.
    frame: i64,
    /// Samples of time between the packets that no packet covers.
    gaps: u64,
    cut: u64,
}

impl Copying {
    fn begin(
        task: &AudioTask,
        params: &mut Params,
        first: Option<i64>,
        packet: &Packet,
        window: Option<(Option<i64>, Option<i64>)>,
        limit: Option<i64>,
    ) -> Result<Self, MediaError> {
        let rate = params.sample_rate();
        let first = first.unwrap_or(0);
        let priming = skips(packet).map_or(0, |(start, _)| i64::from(start));
        let own_start = first + priming;
        let wanted = window.and_then(|(start, _)| start).filter(|start| *start > own_start);
        let frame = i64::from(params.frame_size().max(1));
        let keep_from = match wanted {
            // A frame ahead, for codecs whose frames overlap.
            Some(start) if !task.no_priming => start - frame,
            Some(start) => start,
            None if task.no_priming => own_start,
            None => i64::MIN,
        };
        let start = wanted.unwrap_or(own_start);
        let hidden = (start - first.max(keep_from)).max(0);
        params.set_initial_padding(if task.no_priming { 0 } else { u32::try_from(hidden).unwrap_or(0) });
        Ok(Self {
            adts: false,
            writer: create_part(&task.out, params, rate)?,
            clock: Clock::new(rate, limit),
            start,
            end: window.and_then(|(_, end)| end),
            keep_from,
            first: None,
            last: None,
            frame: i64::from(params.frame_size()),
            gaps: 0,
            cut: 0,
        })
    }

    fn take(&mut self, packet: &Packet, at: Option<i64>, length: i64) -> Result<(), MediaError> {
        let samples = u64::try_from(length).unwrap_or(0);
        let edit = self.clock.place(at, samples);
        let end = self.clock.cursor().unwrap_or(0);
        let begin = end - length;
        let late = self.end.is_some_and(|wanted| begin >= wanted);
        // A packet cannot be cut in front: what repeats earlier sound is left out whole.
        if edit.skip > 0 || late || (end <= self.keep_from && length > 0) {
            self.cut += samples;
            return Ok(());
        }
        if self.first.is_some() {
            self.gaps += edit.silence;
        }
        self.write_last(None)?;
        self.last = Some((if self.adts { adts::bare(packet) } else { packet.clone() }, begin, length));
        Ok(())
    }

    /// Writes the packet held back; the stream ends at `end` if it is the last.
    fn write_last(&mut self, end: Option<i64>) -> Result<(), MediaError> {
        let Some((mut packet, begin, length)) = self.last.take() else { return Ok(()) };
        let early = if self.first.is_none() { (self.start - begin).max(0) } else { 0 };
        let past = end.map_or(0, |end| (begin + length - end).clamp(0, length));
        self.first.get_or_insert(begin);
        if early > 0 || past > 0 || skips(&packet).is_some() {
            let skip = |n: i64| u32::try_from(n).unwrap_or(0);
            packet.add_side_data(&SideData::skip_samples(skip(early), skip(past)));
        }
        packet.set_times(Some(begin), Some(begin), length - past);
        self.writer.write(&packet)
    }

    fn finish(mut self, damaged: u64) -> Result<AudioDone, MediaError> {
        let no_sound = || MediaError::new(MediaCode::NoAudio, "the source has no sound in the time that is wanted");
        let (packet, begin, length) = self.last.as_mut().ok_or_else(no_sound)?;
        let padding = skips(packet).map_or(0, |(_, end)| i64::from(end));
        let own_end = *begin + (*length - padding).max(0);
        let end = self.end.map_or(own_end, |end| end.min(own_end));
        // MP4 tells the padding by a short last duration; decoders have to be told in samples.
        *length = self.frame.max(*length);
        self.write_last(Some(end))?;
        let first = self.first.unwrap_or(end);
        let start = self.start.max(first);
        let samples = u64::try_from(end - start).unwrap_or(0).saturating_sub(self.gaps);
        Ok(AudioDone {
            part: self.writer.finish(end)?,
            samples,
            start_sample: start,
            silence: 0,
            cut: self.cut,
            source_lufs: None,
            gain_db: 0.0,
            damaged: damaged + self.clock.discontinuities(),
        })
    }
}

fn skips(packet: &Packet) -> Option<(u32, u32)> {
    packet.side_data().iter().find_map(SideData::as_skip_samples)
}

