//! Decoding one audio stream from its first packet, into planar float sound of one layout.

use std::path::Path;

use super::{
    beat::Beat,
    block::Block,
    layout,
    place::{Timing, grid},
};
use crate::{
    ff::{AudioFormat, Decoder, Frame, Graph, Input, Next, Packet},
    types::{MediaCode, MediaError, Ratio, rescale},
};

/// Errors in a row at which a decoder that gives nothing any more is taken to be done.
const HOPELESS: u32 = 1000;

/// A decoded frame.
pub(super) struct Piece {
    /// Presentation time in ticks of the stream.
    pub(super) ticks: Option<i64>,
    /// Hz.
    pub(super) rate: u32,
    pub(super) block: Block,
    /// Something between this piece and the one before could not be decoded.
    pub(super) after_damage: bool,
}

/// One stream of a file, being decoded.
pub(super) struct Source {
    input: Input,
    stream: usize,
    time_base: Ratio,
    decoder: Decoder,
    packet: Packet,
    frame: Frame,
    draining: bool,
    errors_in_a_row: u32,
    damaged: u64,
    /// Of these, how many lie before the last piece.
    damaged_before: u64,
    wanted: layout::Wanted,
    layout: Option<String>,
    converter: Option<Converter>,
    /// Decoded, but it may turn out to be the last one.
    pending: Option<Piece>,
    /// The container tells durations to the tick.
    exact: bool,
    /// End of the last packet in ticks, where the container's durations are to the tick.
    exact_end: Option<i64>,
}

/// Sample format and layout of frames into those that are wanted, sample by sample.
struct Converter {
    from: AudioFormat,
    graph: Graph,
    samples: i64,
}

impl Source {
    pub(super) fn open(path: &Path, stream: usize, wanted: layout::Wanted) -> Result<Self, MediaError> {
        let (input, time_base, params) = open_stream(path, stream)?;
        let decoder = Decoder::open(&params, time_base, 1)?;
        let exact = input.format().starts_with("mov");
        Ok(Self {
            input,
            stream,
            time_base,
            decoder,
            packet: Packet::new(),
            frame: Frame::new(),
            draining: false,
            errors_in_a_row: 0,
            damaged: 0,
            damaged_before: 0,
            wanted,
            layout: None,
            converter: None,
            pending: None,
            exact,
            exact_end: None,
        })
    }

    /// Timebase of [`Piece::ticks`].
    pub(super) fn time_base(&self) -> Ratio {
        self.time_base
    }

    /// How far the container's times can be believed.
    pub(super) fn timing(&self) -> Timing {
        Timing::of(&self.input.format())
    }

    /// End of the stream by the container's header, in ticks.
    pub(super) fn declared_end(&self) -> Option<i64> {
        declared_end(&self.input, self.stream)
    }

    /// Packets and frames that could not be decoded cleanly.
    pub(super) fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Layout of all pieces; known after the first.
    pub(super) fn layout(&self) -> Option<&str> {
        self.layout.as_deref()
    }

    /// The next frame, `None` at the end.
    pub(super) fn next(&mut self, beat: &mut Beat<'_>) -> Result<Option<Piece>, MediaError> {
        while let Some(piece) = self.decode(beat)? {
            if let Some(before) = self.pending.replace(piece) {
                return Ok(Some(before));
            }
        }
        let last = self.pending.take();
        Ok(last.map(|piece| self.without_padding(piece)))
    }

    /// MP4 tells the encoder's padding by the short duration of the last packet; decoders do not look at it.
    fn without_padding(&self, mut piece: Piece) -> Piece {
        if let Some(length) = self.exact_end.zip(piece.ticks).map(|(end, begin)| end - begin) {
            let samples = usize::try_from(rescale(length, self.time_base, grid(piece.rate))).unwrap_or(0);
            if samples > 0 {
                piece.block.truncate(samples);
            }
        }
        piece
    }

    fn decode(&mut self, beat: &mut Beat<'_>) -> Result<Option<Piece>, MediaError> {
        loop {
            match self.decoder.receive(&mut self.frame) {
                Ok(Next::Item) => {
                    self.errors_in_a_row = 0;
                    if let Some(piece) = self.convert()? {
                        return Ok(Some(piece));
                    }
                }
                Ok(Next::More) if !self.draining => self.feed(beat)?,
                Ok(Next::More | Next::End) => return Ok(None),
                Err(_) => {
                    self.damaged += 1;
                    self.errors_in_a_row += 1;
                    if self.errors_in_a_row >= HOPELESS {
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn feed(&mut self, beat: &mut Beat<'_>) -> Result<(), MediaError> {
        loop {
            beat.alive()?;
            if self.input.read(&mut self.packet)? != Next::Item {
                self.draining = true;
                self.send(true);
                return Ok(());
            }
            if self.packet.stream() == self.stream {
                self.send(false);
                return Ok(());
            }
        }
    }

    fn send(&mut self, end: bool) {
        let corrupt = !end && self.packet.is_corrupt();
        if !end && self.exact {
            let (pts, duration) = (self.packet.pts(), self.packet.duration());
            self.exact_end = pts.filter(|_| duration > 0).map(|pts| pts + duration);
        }
        let sent = self.decoder.send((!end).then_some(&self.packet));
        // A packet that the decoder refuses leaves a gap, which shows in the next frame's time.
        if corrupt || sent.is_err() {
            self.damaged += 1;
        }
    }

    fn convert(&mut self) -> Result<Option<Piece>, MediaError> {
        let frame = &mut self.frame;
        let (Some(sample_format), len) = (frame.sample_format(), frame.samples()) else { return Ok(None) };
        if len == 0 || frame.sample_rate() == 0 || frame.channels() == 0 {
            return Ok(None);
        }
        self.damaged += u64::from(frame.is_damaged());
        let ticks = frame.pts().or_else(|| frame.best_effort_pts());
        let from = AudioFormat { sample_rate: frame.sample_rate(), sample_format, layout: frame.layout() };
        if self.converter.as_ref().is_none_or(|c| c.from != from) {
            let to =
                self.layout.get_or_insert_with(|| self.wanted.target(&from.layout, frame.channels())).clone();
            let chain = layout::chain(&from.layout, frame.channels(), &to);
            self.converter = Some(Converter { graph: Graph::audio(&from, &chain)?, from, samples: 0 });
        }
        let Some(converter) = &mut self.converter else { return Ok(None) };
        frame.set_pts(converter.samples);
        converter.samples += i64::try_from(len).unwrap_or(0);
        converter.graph.send(Some(frame))?;
        let block = drain(&mut converter.graph, frame)?;
        let after_damage = self.damaged != std::mem::replace(&mut self.damaged_before, self.damaged);
        Ok((!block.is_empty()).then_some(Piece {
            ticks,
            rate: converter.from.sample_rate,
            block,
            after_damage,
        }))
    }
}

/// Opens a file for one audio stream.
pub(super) fn open_stream(
    path: &Path,
    stream: usize,
) -> Result<(Input, Ratio, crate::ff::Params), MediaError> {
    let mut input = crate::open::open(path)?;
    let found = input.stream(stream)?;
    let (time_base, params) = (found.time_base(), found.params());
    if !params.is_audio() {
        return Err(MediaError::new(
            MediaCode::SourceChanged,
            format!("stream {stream} is not audio any more"),
        ));
    }
    // MPEG streams have no table: leaving everything else out would make one read run over any
    // length of picture without a sign of life.
    if !input.format().starts_with("mpeg") {
        input.select(&[stream]);
    }
    Ok((input, time_base, params))
}

/// End of a stream by the container's header, in ticks of the stream.
pub(super) fn declared_end(input: &Input, stream: usize) -> Option<i64> {
    let stream = input.stream(stream).ok()?;
    let whole = |us| rescale(us, Ratio::new(1, 1_000_000), stream.time_base());
    let length = stream.duration().or_else(|| input.duration_us().map(whole))?;
    stream.start().unwrap_or(0).checked_add(length)
}

/// Everything that a graph has ready, as one block of planar float.
pub(super) fn drain(graph: &mut Graph, frame: &mut Frame) -> Result<Block, MediaError> {
    let mut all: Option<Block> = None;
    while graph.receive(frame)? == Next::Item {
        let (channels, len) = (frame.channels() as usize, frame.samples());
        // Broken float sources hold values that encoders refuse.
        let finite = |s: &f32| if s.is_finite() { *s } else { 0.0 };
        let block =
            Block::new((0..channels).map(|c| frame.plane_f32(c, len).iter().map(finite).collect()).collect());
        match &mut all {
            None => all = Some(block),
            Some(before) => before.append(&block),
        }
    }
    Ok(all.unwrap_or_default())
}
