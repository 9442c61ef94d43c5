//! Exactly the source frames of a range: seek before it, decode, match by presentation time.

use std::{collections::VecDeque, ops::Range};

use crate::{
    ff::{Decoder, Frame, Input, Next, Packet},
    open::open,
    schedule::Entry,
    task::SegmentTask,
    types::{MediaCode, MediaError, Ratio, rescale},
};

/// Ranges that start within so many frames of the beginning are decoded from the first packet.
const NEAR_START_FRAMES: u64 = 48;

/// A decoded frame with the slice of schedule entries that show it; `None`: only a neighbour.
pub(super) type Matched = (Option<Range<usize>>, Frame);

/// Decoded frames of one range, in order, with one neighbour on each side.
#[allow(clippy::struct_excessive_bools, reason = "each says one thing about the way through the range")]
pub(super) struct SourceFrames {
    input: Input,
    stream: usize,
    decoder: Decoder,
    packet: Packet,
    /// A packet that the decoder did not take yet.
    pending: bool,
    fed_end: bool,
    /// Source time and entry slice of each wanted frame, in order.
    wanted: VecDeque<Wanted>,
    linear: bool,
    decoded: u64,
    /// The last frame before the range.
    before: Option<Frame>,
    queue: VecDeque<Matched>,
    after_taken: bool,
    neighbours: bool,
    size: (u32, u32),
    damaged: u64,
}

struct Wanted {
    time: i64,
    ordinal: u64,
    slots: Range<usize>,
}

impl SourceFrames {
    /// Opens the source and goes to a place from which the range decodes exactly.
    pub(super) fn open(task: &SegmentTask, base: Ratio, entries: &[Entry]) -> Result<Self, MediaError> {
        let wanted = wanted(entries);
        let mut frames = Self::at_start(task, wanted)?;
        let first = entries[0];
        if !task.linear && first.ordinal > NEAR_START_FRAMES {
            frames.go_before(task, first.source, base)?;
        }
        Ok(frames)
    }

    fn at_start(task: &SegmentTask, wanted: VecDeque<Wanted>) -> Result<Self, MediaError> {
        let mut input = open(&task.source)?;
        input.select(&[task.stream]);
        let (params, time_base) = {
            let stream = input.stream(task.stream)?;
            (stream.params(), stream.time_base())
        };
        let decoder = Decoder::open(&params, time_base, task.threads)?;
        Ok(Self {
            input,
            stream: task.stream,
            decoder,
            packet: Packet::new(),
            pending: false,
            fed_end: false,
            wanted,
            linear: task.linear,
            decoded: 0,
            before: None,
            queue: VecDeque::new(),
            after_taken: false,
            neighbours: task.treatment.deinterlace.is_some(),
            size: (params.width(), params.height()),
            damaged: 0,
        })
    }

    /// Seeks so far back that decoding is sound when it reaches `start`: a first frame that lies after
    /// it, or on it without being the keyframe itself (leading pictures of an open GOP), is too late.
    fn go_before(&mut self, task: &SegmentTask, start: i64, base: Ratio) -> Result<(), MediaError> {
        let mut back = 0i64;
        let second = rescale(1, Ratio::new(1, 1), base).max(1);
        for _ in 0..12 {
            if self.input.seek(self.stream, start.saturating_sub(back)) && self.lands_before(start)? {
                return Ok(());
            }
            back = if back == 0 { second } else { back * 2 };
        }
        let wanted = std::mem::take(&mut self.wanted);
        *self = Self::at_start(task, wanted)?;
        Ok(())
    }

    /// Decodes the first frame after a seek and keeps it when it is early enough.
    fn lands_before(&mut self, start: i64) -> Result<bool, MediaError> {
        self.decoder.flush();
        self.pending = false;
        self.fed_end = false;
        let mut first_packet = None;
        let mut frame = Frame::new();
        loop {
            match self.decoder.receive(&mut frame) {
                Ok(Next::Item) => break,
                Ok(Next::End) => return Ok(false),
                Ok(Next::More) => {}
                Err(_) => self.damaged += 1,
            }
            if self.fed_end {
                return Ok(false);
            }
            self.feed()?;
            if first_packet.is_none() && !self.fed_end {
                if !self.packet.is_key() {
                    return Ok(false);
                }
                first_packet = Some(self.packet.pts());
            }
        }
        let Some(time) = frame.best_effort_pts() else { return Ok(false) };
        let at_keyframe = first_packet == Some(Some(time));
        if time < start || (time == start && at_keyframe) {
            self.take(frame)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// The next matched frame; `None` after the range. `alive` is called while nothing comes.
    pub(super) fn next(
        &mut self,
        alive: &mut dyn FnMut() -> Result<(), MediaError>,
    ) -> Result<Option<Matched>, MediaError> {
        let mut frame = Frame::new();
        loop {
            if let Some(matched) = self.queue.pop_front() {
                return Ok(Some(matched));
            }
            if self.finished() {
                return Ok(None);
            }
            alive()?;
            match self.decoder.receive(&mut frame) {
                Ok(Next::Item) => self.take(std::mem::replace(&mut frame, Frame::new()))?,
                Ok(Next::More) => self.feed()?,
                Ok(Next::End) => {
                    self.missing()?;
                    return Ok(None);
                }
                Err(_) => self.damaged += 1,
            }
        }
    }

    /// Damaged frames and decode errors so far.
    pub(super) fn damaged(&self) -> u64 {
        self.damaged
    }

    fn finished(&self) -> bool {
        self.wanted.is_empty() && (self.after_taken || !self.neighbours)
    }

    fn missing(&self) -> Result<(), MediaError> {
        match self.wanted.front() {
            None => Ok(()),
            Some(w) => Err(MediaError::new(
                MediaCode::FrameMismatch,
                format!("the decoder ended before frame {} of the source", w.ordinal),
            )),
        }
    }

    fn feed(&mut self) -> Result<(), MediaError> {
        while !self.pending && !self.fed_end {
            match self.input.read(&mut self.packet)? {
                Next::Item if self.packet.stream() == self.stream => self.pending = true,
                Next::Item => {}
                _ => self.fed_end = true,
            }
        }
        let given = self.pending.then_some(&self.packet);
        match self.decoder.send(given) {
            Ok(true) => self.pending = false,
            Ok(false) => {}
            Err(_) => {
                self.damaged += 1;
                self.pending = false;
            }
        }
        Ok(())
    }

    /// Sorts a decoded frame: before the range, in it, or the one after.
    fn take(&mut self, frame: Frame) -> Result<(), MediaError> {
        let ordinal = self.decoded;
        self.decoded += 1;
        let size = (frame.width(), frame.height());
        if self.size.0 == 0 {
            self.size = size;
        }
        let Some(next) = self.wanted.front() else {
            self.after_taken = true;
            self.queue.push_back((None, frame));
            return Ok(());
        };
        let time = frame.best_effort_pts().unwrap_or(i64::MIN);
        let (early, hit) = if self.linear {
            (ordinal < next.ordinal, ordinal == next.ordinal)
        } else {
            (time < next.time, time == next.time)
        };
        if !early && !hit {
            return Err(MediaError::new(
                MediaCode::FrameMismatch,
                format!("frame {} of the source did not come out of the decoder", next.ordinal),
            ));
        }
        if early {
            // Inside the range it is a frame that the schedule leaves out, or one of a damaged source.
            self.before = Some(frame);
            return Ok(());
        }
        if size != self.size {
            let message = "the picture changes its size midway; each size needs a delivery of its own";
            return Err(MediaError::new(MediaCode::SizeChanged, message));
        }
        self.damaged += u64::from(frame.is_damaged());
        if let Some(before) = self.before.take()
            && self.neighbours
        {
            self.queue.push_back((None, before));
        }
        if let Some(wanted) = self.wanted.pop_front() {
            self.queue.push_back((Some(wanted.slots), frame));
        }
        Ok(())
    }
}

/// Groups entries that show the same source frame.
fn wanted(entries: &[Entry]) -> VecDeque<Wanted> {
    let mut wanted: VecDeque<Wanted> = VecDeque::with_capacity(entries.len());
    for (n, entry) in entries.iter().enumerate() {
        match wanted.back_mut() {
            Some(last) if last.ordinal == entry.ordinal => last.slots.end = n + 1,
            _ => wanted.push_back(Wanted { time: entry.source, ordinal: entry.ordinal, slots: n..n + 1 }),
        }
    }
    wanted
}
