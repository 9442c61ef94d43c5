//! Copying the source's packets onto the output's timeline.

use super::{
    adts,
    beat::Beat,
    encode::create_part,
    place::{Clock, Timing, grid, position},
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
    let (mut input, base, params) = open_stream(&task.source, task.stream)?;
    let rate = params.sample_rate();
    if rate == 0 {
        return Err(nothing("the audio stream has no sample rate"));
    }
    let format = input.format();
    let stream = Stream { varies: varies(&params), exact: format.starts_with("mov"), params, base, rate };
    let limit = declared_end(&input, task.stream).and_then(|t| position(t, base, task.zero, rate));
    let clock = Clock::new(rate, Timing::of(&format), limit);
    beat.expect(limit.map_or(0, |end| stream.milliseconds(end)));
    let mut copying: Option<Copying<'_>> = None;
    let mut next = Some((stream, clock));
    let mut packet = Packet::new();
    while input.read(&mut packet)? == Next::Item {
        beat.alive()?;
        if packet.stream() != task.stream {
            continue;
        }
        if let Some((stream, clock)) = next.take() {
            copying = Some(Copying::begin(task, stream, clock, &packet)?);
        }
        if let Some(copying) = &mut copying {
            copying.take(&packet)?;
            beat.reached(copying.stream.milliseconds(copying.clock.cursor().unwrap_or(0)))?;
        }
    }
    copying.ok_or_else(|| nothing("the audio stream has no packets"))?.finish()
}

fn nothing(why: &str) -> MediaError {
    MediaError::new(MediaCode::NoAudio, why)
}

/// Codecs whose packets are not all of one length, whatever their parameters say.
fn varies(params: &Params) -> bool {
    params.frame_size() == 0 || matches!(params.codec().as_str(), "opus" | "vorbis" | "flac")
}

/// What is copied.
struct Stream {
    params: Params,
    /// Timebase of its packets.
    base: Ratio,
    /// Hz.
    rate: u32,
    varies: bool,
    /// The container tells durations to the tick.
    exact: bool,
}

impl Stream {
    fn milliseconds(&self, samples: i64) -> u64 {
        u64::try_from(rescale(samples, grid(self.rate), grid(1000))).unwrap_or(0)
    }

    /// Samples that a packet decodes to, and how many of them are meant to be presented if it is the last.
    fn lengths(&self, packet: &Packet) -> (i64, i64) {
        let stated = rescale(packet.duration(), self.base, grid(self.rate)).max(0);
        let length = if self.varies { stated } else { i64::from(self.params.frame_size()) };
        let padding = skips(packet).map_or(0, |(_, end)| i64::from(end));
        // MP4 tells the encoder's padding by a short last duration.
        let shown = if self.exact && stated > 0 { stated.min(length) } else { length };
        (length, shown.min(length - padding).max(0))
    }
}

struct Copying<'a> {
    task: &'a AudioTask,
    stream: Stream,
    /// Packets carry headers that have to go.
    adts: bool,
    clock: Clock,
    /// Made for the first packet that is kept.
    writer: Option<PartWriter>,
    /// First sample to present.
    start: i64,
    /// Sound from here on is not wanted.
    end: Option<i64>,
    /// Packets that end before this are left out.
    keep_from: i64,
    /// Held back, because the last packet needs to be told that it is.
    held: Option<Held>,
    /// Samples of time between the packets that no packet covers.
    cut: u64,
    damaged: u64,
}

struct Held {
    packet: Packet,
    begin: i64,
    length: i64,
    shown: i64,
}

impl<'a> Copying<'a> {
    fn begin(
        task: &'a AudioTask,
        mut stream: Stream,
        clock: Clock,
        first: &Packet,
    ) -> Result<Self, MediaError> {
        let rate = stream.rate;
        let begin = first.pts().and_then(|t| position(t, stream.base, task.zero, rate)).unwrap_or(0);
        let own_start = begin + skips(first).map_or(0, |(start, _)| i64::from(start));
        let window =
            task.fill.map(|(start, end)| [start, end].map(|t| position(t.ticks, t.base, task.zero, rate)));
        let wanted = window.and_then(|[start, _]| start).filter(|start| *start > own_start);
        let frame = stream.lengths(first).0;
        let keep_from = match wanted {
            // A frame ahead, for codecs whose frames overlap.
            Some(start) if !task.no_priming => start - frame,
            Some(start) => start,
            None if task.no_priming => own_start,
            None => i64::MIN,
        };
        Ok(Self {
            task,
            adts: adts::describe(first, &mut stream.params)?,
            stream,
            clock,
            writer: None,
            start: wanted.unwrap_or(own_start),
            end: window.and_then(|[_, end]| end),
            keep_from,
            held: None,
            cut: 0,
            damaged: 0,
        })
    }

    fn take(&mut self, packet: &Packet) -> Result<(), MediaError> {
        let at = packet.pts().and_then(|t| position(t, self.stream.base, self.task.zero, self.stream.rate));
        let (length, shown) = self.stream.lengths(packet);
        let samples = u64::try_from(length).unwrap_or(0);
        self.damaged += u64::from(packet.is_corrupt());
        let edit = self.clock.place(at, samples, packet.is_corrupt());
        let end = self.clock.cursor().unwrap_or(0);
        let begin = end - length;
        let late = self.end.is_some_and(|wanted| begin >= wanted);
        // A packet cannot be cut in front: what repeats earlier sound is left out whole.
        if edit.skip > 0 || late || end <= self.keep_from || length == 0 {
            self.cut += samples;
            return Ok(());
        }
        self.write_held(None)?;
        let packet = if self.adts { adts::bare(packet) } else { packet.clone() };
        self.held = Some(Held { packet, begin, length, shown });
        Ok(())
    }

    /// Writes the packet held back; the stream ends at `end` if it is the last.
    fn write_held(&mut self, end: Option<i64>) -> Result<(), MediaError> {
        let Some(Held { mut packet, begin, length, .. }) = self.held.take() else { return Ok(()) };
        let skip = |n: i64| u32::try_from(n).unwrap_or(0);
        let mut early = 0;
        let writer = if let Some(writer) = &mut self.writer {
            writer
        } else {
            early = (self.start - begin).max(0);
            self.start = self.start.max(begin);
            self.stream.params.set_initial_padding(skip(early));
            self.writer.insert(create_part(self.task, &self.stream.params, self.stream.rate)?)
        };
        let past = end.map_or(0, |end| (begin + length - end).clamp(0, length));
        if early > 0 || past > 0 || skips(&packet).is_some() {
            packet.add_side_data(&SideData::skip_samples(skip(early), skip(past)));
        }
        packet.set_times(Some(begin), Some(begin), length - past);
        writer.write(&packet)
    }

    fn finish(mut self) -> Result<AudioDone, MediaError> {
        let outside = || nothing("the source has no sound in the time that is wanted");
        let own_end = self.held.as_ref().map(|held| held.begin + held.shown).ok_or_else(outside)?;
        let end = self.end.map_or(own_end, |end| end.min(own_end));
        self.write_held(Some(end))?;
        let samples = u64::try_from(end - self.start).unwrap_or(0);
        Ok(AudioDone {
            part: self.writer.ok_or_else(outside)?.finish(end)?,
            samples,
            start_sample: self.start,
            silence: 0,
            cut: self.cut,
            source_lufs: None,
            gain_db: 0.0,
            damaged: self.damaged + self.clock.discontinuities(),
        })
    }
}

fn skips(packet: &Packet) -> Option<(u32, u32)> {
    packet.side_data().iter().find_map(SideData::as_skip_samples)
}
