//! A whole audio programme, pulled block by block: decoded, placed in time, resampled, fitted.

use super::{
    beat::Beat,
    block::{Block, Queue},
    layout::Wanted,
    place::{Clock, grid, position},
    resample::Resampler,
    source::{Piece, Source},
};
use crate::{
    ff::AudioFormat,
    task::{AudioTask, Time},
    types::{MediaCode, MediaError, rescale},
};

/// Sound of a stream on the output's timeline. Memory does not grow with its length.
pub(super) struct Programme {
    source: Source,
    zero: Time,
    clock: Clock,
    /// Placed sound at the source's rate.
    placed: Queue,
    resampler: Resampler,
    fit: Fit,
    /// Rate, layout and `fltp` of every block.
    format: AudioFormat,
    channels: usize,
    /// A frame of another rate, until what came before is through.
    waiting: Option<Piece>,
    ended: bool,
    silence: u64,
    cut: u64,
}

/// What was changed on the way, in samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) silence: u64,
    pub(super) cut: u64,
    pub(super) damaged: u64,
}

impl Programme {
    /// Opens the stream and decodes until there is sound.
    pub(super) fn open(task: &AudioTask, wanted: Wanted, beat: &mut Beat<'_>) -> Result<Self, MediaError> {
        let mut source = Source::open(&task.source, task.stream, wanted)?;
        let first = source.next(beat)?.ok_or_else(no_sound)?;
        let layout = source.layout().ok_or_else(no_sound)?.to_owned();
        let channels = first.block.channels().len();
        let format = AudioFormat { sample_rate: task.sample_rate, sample_format: "fltp".into(), layout };
        let at = |t: Time| position(t.ticks, t.base, task.zero, task.sample_rate);
        let window = match task.fill {
            None => None,
            Some((start, end)) => Some(window(at(start), start, end, task.sample_rate)?),
        };
        let end = source.declared_end().map(|t| Time { ticks: t, base: source.time_base() });
        let limit = end.and_then(|t| position(t.ticks, t.base, task.zero, first.rate));
        let mut programme = Self {
            clock: Clock::new(first.rate, source.timing(), limit),
            zero: task.zero,
            placed: Queue::new(channels),
            resampler: Resampler::new(first.rate, &format)?,
            fit: Fit::new(channels, window),
            source,
            format,
            channels,
            waiting: None,
            ended: false,
            silence: 0,
            cut: 0,
        };
        programme.place(first);
        let start = programme.first_position();
        programme.fit.begin(start);
        let end = programme.fit.end.or(limit.map(|l| programme.to_output(l)));
        beat.expect(end.map_or(0, |end| programme.milliseconds(end - programme.start())));
        Ok(programme)
    }

    /// Rate and layout of the blocks.
    pub(super) fn format(&self) -> &AudioFormat {
        &self.format
    }

    /// Number of channels of the blocks.
    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// Position of the first sample of the first block, relative to zero.
    pub(super) fn start(&self) -> i64 {
        self.fit.start
    }

    /// Samples of the output as ms, for progress.
    pub(super) fn milliseconds(&self, samples: i64) -> u64 {
        u64::try_from(rescale(samples, grid(self.format.sample_rate), grid(1000))).unwrap_or(0)
    }

    /// Silence put in, samples cut, damage, so far; complete after the last block.
    pub(super) fn changes(&self) -> Changes {
        Changes {
            silence: self.silence + self.fit.silence,
            cut: self.cut + self.fit.cut,
            damaged: self.source.damaged() + self.clock.discontinuities(),
        }
    }

    /// The next stretch, `None` after the last.
    pub(super) fn next(&mut self, beat: &mut Beat<'_>) -> Result<Option<Block>, MediaError> {
        loop {
            if let Some(block) = self.fit.ready.pop() {
                return Ok(Some(block));
            }
            if self.ended {
                return Ok(None);
            }
            self.advance(beat)?;
        }
    }

    /// Moves one stretch of sound one step further.
    fn advance(&mut self, beat: &mut Beat<'_>) -> Result<(), MediaError> {
        if let Some(block) = self.placed.pop() {
            let block = self.resampler.push(block)?;
            self.fit.push(block);
        } else if let Some(piece) = self.waiting.take() {
            self.change_rate(piece.rate)?;
            self.place(piece);
        } else if let Some(piece) = self.source.next(beat)? {
            if piece.rate == self.clock.rate() {
                self.place(piece);
            } else {
                self.waiting = Some(piece);
            }
        } else {
            let rest = self.resampler.finish()?;
            self.fit.push(rest);
            self.fit.finish();
            self.ended = true;
        }
        Ok(())
    }

    fn change_rate(&mut self, rate: u32) -> Result<(), MediaError> {
        let rest = self.resampler.finish()?;
        self.fit.push(rest);
        self.clock.change_rate(rate);
        self.resampler = Resampler::new(rate, &self.format)?;
        let cursor = self.clock.cursor().unwrap_or(0);
        self.fit.begin(self.to_output(cursor));
        Ok(())
    }

    fn to_output(&self, samples: i64) -> i64 {
        rescale(samples, grid(self.resampler.rate()), grid(self.format.sample_rate))
    }

    fn to_output_count(&self, samples: u64) -> u64 {
        u64::try_from(self.to_output(i64::try_from(samples).unwrap_or(0))).unwrap_or(0)
    }

    fn first_position(&self) -> i64 {
        // Nothing but the first piece has been placed.
        let placed = self.clock.cursor().unwrap_or(0) - i64::try_from(self.placed.len()).unwrap_or(0);
        self.to_output(placed)
    }

    fn place(&mut self, piece: Piece) {
        let rate = self.clock.rate();
        let at = piece.ticks.and_then(|t| position(t, self.source.time_base(), self.zero, rate));
        let before = self.clock.cursor();
        let len = piece.block.len() as u64;
        let edit = self.clock.place(at, len, piece.after_damage);
        // Past the end of what is wanted there is nothing to fill: all of it would be cut again.
        let room = self.fit.end.zip(before).map(|(end, before)| {
            let end = rescale(end, grid(self.format.sample_rate), grid(rate));
            u64::try_from(end - before + i64::from(rate)).unwrap_or(0)
        });
        let silence = edit.silence.min(room.unwrap_or(u64::MAX));
        if room.is_some_and(|room| room <= edit.silence) {
            self.cut += self.to_output_count(len);
            self.placed.push_silence(silence);
            return;
        }
        self.silence += self.to_output_count(silence);
        self.cut += self.to_output_count(edit.skip);
        self.placed.push_silence(silence);
        let mut block = piece.block;
        block.drop_front(usize::try_from(edit.skip).unwrap_or(usize::MAX));
        self.placed.push(block);
    }
}

/// Start and end of the output in samples; the length is rounded once.
fn window(at: Option<i64>, start: Time, end: Time, rate: u32) -> Result<(i64, i64), MediaError> {
    let length = position(end.ticks, end.base, start, rate);
    match at.zip(length) {
        Some((start, length)) if length > 0 => Ok((start, start + length)),
        _ => Err(MediaError::new(MediaCode::Internal, "the audio is to fill no time at all")),
    }
}

fn no_sound() -> MediaError {
    MediaError::new(MediaCode::NoAudio, "no sound could be decoded from the audio stream")
}

/// Cuts and pads a continuous run to a window. All positions are output samples relative to zero.
struct Fit {
    /// What may go out.
    ready: Queue,
    /// End of what has gone out.
    cursor: i64,
    /// Position of the next sample that comes in.
    incoming: i64,
    start: i64,
    end: Option<i64>,
    begun: bool,
    silence: u64,
    cut: u64,
}

impl Fit {
    fn new(channels: usize, window: Option<(i64, i64)>) -> Self {
        let (start, end) = window.map_or((0, None), |(start, end)| (start, Some(end)));
        Self {
            ready: Queue::new(channels),
            cursor: start,
            incoming: start,
            start,
            end,
            begun: end.is_some(),
            silence: 0,
            cut: 0,
        }
    }

    /// What follows begins at `position`.
    fn begin(&mut self, position: i64) {
        if !self.begun {
            self.begun = true;
            self.start = position;
            self.cursor = position;
        }
        self.incoming = position;
    }

    fn pad_to(&mut self, position: i64) {
        let position = self.end.map_or(position, |end| position.min(end));
        let gap = u64::try_from(position - self.cursor).unwrap_or(0);
        self.ready.push_silence(gap);
        self.silence += gap;
        self.cursor = self.cursor.max(position);
    }

    fn push(&mut self, mut block: Block) {
        let total = block.len();
        let incoming = self.incoming;
        self.incoming += i64::try_from(total).unwrap_or(0);
        self.pad_to(incoming);
        let early = usize::try_from(self.cursor - incoming).unwrap_or(0);
        block.drop_front(early);
        if let Some(end) = self.end {
            block.truncate(usize::try_from(end - self.cursor).unwrap_or(0));
        }
        self.cut += (total - block.len()) as u64;
        self.cursor += i64::try_from(block.len()).unwrap_or(0);
        self.ready.push(block);
    }

    fn finish(&mut self) {
        if let Some(end) = self.end {
            self.pad_to(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ramp(from: i64, len: usize) -> Block {
        #[allow(clippy::cast_precision_loss, reason = "small numbers")]
        Block::new(vec![(0..len).map(|n| (from + 1_000_000 + i64::try_from(n).unwrap()) as f32).collect()])
    }

    proptest! {
        /// Runs at any place: the output is as long as the window, each sample where it belongs or silent.
        #[test]
        fn a_window_is_filled_exactly(
            start in -5_000i64..5_000,
            length in 1i64..8_000,
            runs in prop::collection::vec((-9_000i64..9_000, 0usize..3_000), 1..12),
        ) {
            let mut fit = Fit::new(1, Some((start, start + length)));
            let mut taken = 0u64;
            for (position, len) in runs {
                fit.begin(position);
                fit.push(ramp(position, len));
                taken += len as u64;
            }
            fit.finish();
            let mut out = Block::empty(1);
            while let Some(block) = fit.ready.pop() {
                out.append(&block);
            }
            prop_assert_eq!(i64::try_from(out.len()).unwrap(), length);
            prop_assert_eq!(out.len() as u64, taken + fit.silence - fit.cut);
            for (n, sample) in out.channels()[0].iter().enumerate() {
                #[allow(clippy::cast_precision_loss, reason = "small numbers")]
                let due = (start + 1_000_000 + i64::try_from(n).unwrap()) as f32;
                prop_assert!(*sample == 0.0 || (*sample - due).abs() < 0.5);
            }
        }
    }
}
