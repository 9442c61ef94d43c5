//! A film that can be wound to a time: a file, or the segments of an HLS rung.

use std::path::{Path, PathBuf};

use super::{MICROSECONDS, MILLISECONDS};
use crate::{
    facts::VideoStream,
    ff::{ChainReader, Decoder, Frame, Input, Next, Packet},
    measure::{Rung, first_rung, is_playlist},
    open::open,
    probe::{describe, probe},
    stitch::Ticker,
    types::{MediaCode, MediaError, Ratio, rescale},
};

/// Packets read in search of a keyframe after winding.
const MOST_STRAY: u32 = 2_000;

/// A decoded frame with its time from the first frame on, in ms.
pub(super) struct Shown {
    pub(super) frame: Frame,
    pub(super) at_ms: i64,
}

enum Place {
    File(PathBuf),
    Rung(Rung),
}

impl Place {
    /// Opens the film: a rung from the segment on that holds `from_us`.
    fn open(&self, from_us: i64) -> Result<Input, MediaError> {
        match self {
            Self::File(path) => open(path),
            Self::Rung(rung) => {
                let after = rung.segments.partition_point(|(_, start)| *start <= from_us);
                let rest = &rung.segments[after.saturating_sub(1)..];
                let files: Vec<PathBuf> =
                    rung.map.iter().chain(rest.iter().map(|(path, _)| path)).cloned().collect();
                Input::open_chain(ChainReader::new(&files)?)
            }
        }
    }
}

/// The film with its decoder.
pub(super) struct Reel {
    place: Place,
    pub(super) facts: VideoStream,
    base: Ratio,
    /// Declared playing time in µs.
    pub(super) duration_us: Option<i64>,
    input: Input,
    decoder: Decoder,
    packet: Packet,
    /// A packet that the decoder did not take yet.
    pending: bool,
    fed_end: bool,
    /// Packets before a keyframe are left out: so many so far. `None`: a keyframe was there.
    searching: Option<u32>,
    /// Presentation time of the first packet that the decoder got.
    began: Option<i64>,
    /// Time of the first frame of the film in ticks.
    zero: i64,
    last: Option<i64>,
    /// Packets presented later are not looked out for, in ms from the first frame on.
    until_ms: i64,
    /// Latest presentation time of a packet that the decoder got, as far as they are looked out for.
    expected_ms: Option<i64>,
}

impl Reel {
    /// Opens a media file, an HLS folder or a playlist, and finds its first frame.
    pub(super) fn open(path: &Path, ticker: &mut Ticker<'_>) -> Result<Self, MediaError> {
        let rung = path.is_dir() || is_playlist(path)?;
        let place = if rung { Place::Rung(first_rung(path)?) } else { Place::File(path.to_path_buf()) };
        let found = match &place {
            Place::File(path) => probe(path)?.0,
            Place::Rung(_) => {
                let (found, locked) = describe(&mut place.open(0)?, 0)?;
                if locked {
                    return Err(MediaError::new(MediaCode::Encrypted, "the media is encrypted"));
                }
                found
            }
        };
        ticker.report()?;
        let duration_us = match &place {
            Place::File(_) => found.duration_us,
            Place::Rung(rung) => rung.segments.last().map(|(_, start)| *start),
        };
        let Some(facts) = found.video.into_iter().next() else {
            return Err(MediaError::new(MediaCode::NoVideo, "there is no picture stream"));
        };
        let input = place.open(0)?;
        let (decoder, base) = decoder_of(&input, facts.index)?;
        let mut reel = Self {
            place,
            facts,
            base,
            duration_us,
            input,
            decoder,
            packet: Packet::new(),
            pending: false,
            fed_end: false,
            searching: None,
            began: None,
            zero: 0,
            last: None,
            until_ms: i64::MIN,
            expected_ms: None,
        };
        reel.rewind(0)?;
        let first = reel.next(ticker)?;
        if first.is_none() {
            return Err(MediaError::new(MediaCode::ZeroFrames, "no frame came out of the decoder"));
        }
        reel.zero = reel.last.unwrap_or(0);
        reel.rewind(0)?;
        Ok(reel)
    }

    /// Goes to the beginning; of a rung, to the beginning of the segment that holds `from_us`.
    fn rewind(&mut self, from_us: i64) -> Result<(), MediaError> {
        self.input = self.place.open(from_us)?;
        (self.decoder, _) = decoder_of(&self.input, self.facts.index)?;
        self.input.select(&[self.facts.index]);
        self.begin(None);
        Ok(())
    }

    fn begin(&mut self, searching: Option<u32>) {
        self.pending = false;
        self.fed_end = false;
        self.searching = searching;
        self.began = None;
        self.last = None;
        self.until_ms = i64::MIN;
        self.expected_ms = None;
    }

    /// Goes to the keyframe at or before a time from the first frame on, as well as the container can;
    /// to the beginning where it cannot.
    pub(super) fn wind(&mut self, ms: i64) -> Result<(), MediaError> {
        if ms <= 0 {
            return self.rewind(0);
        }
        if let Place::Rung(_) = self.place {
            return self.rewind(ms.saturating_mul(1_000));
        }
        let time = self.zero.saturating_add(rescale(ms, MILLISECONDS, self.base));
        if self.input.seek(self.facts.index, time) {
            self.decoder.flush();
            self.begin(Some(0));
            Ok(())
        } else {
            self.rewind(0)
        }
    }

    /// The next frame; `None` behind the last one. What cannot be decoded is left out.
    pub(super) fn next(&mut self, ticker: &mut Ticker<'_>) -> Result<Option<Shown>, MediaError> {
        let mut frame = Frame::new();
        loop {
            match self.decoder.receive(&mut frame) {
                Ok(Next::Item) => {
                    let time = self.time_of(&frame);
                    self.last = Some(time);
                    return Ok(Some(Shown { frame, at_ms: self.ms_of(time) }));
                }
                Ok(Next::End) => return Ok(None),
                // A damaged stretch: what follows may be sound.
                Err(_) if self.fed_end => return Ok(None),
                Ok(Next::More) | Err(_) => {}
            }
            ticker.alive()?;
            self.feed()?;
        }
    }

    /// Whether decoding began at a keyframe that is shown no later than the frame just taken: frames
    /// before it refer to pictures that the decoder never saw.
    pub(super) fn is_sound(&self) -> bool {
        match (self.began, self.last) {
            (Some(began), Some(last)) => last >= began,
            _ => true,
        }
    }

    fn time_of(&self, frame: &Frame) -> i64 {
        frame.best_effort_pts().unwrap_or_else(|| {
            let rate = self.facts.average_rate.or(self.facts.nominal_rate).unwrap_or(Ratio::new(25, 1));
            let step = rescale(1, rate.inverse(), self.base).max(1);
            self.last.map_or(0, |last| last.saturating_add(step))
        })
    }

    fn feed(&mut self) -> Result<(), MediaError> {
        while !self.pending && !self.fed_end {
            match self.input.read(&mut self.packet)? {
                Next::Item if self.packet.stream() == self.facts.index => self.pending = self.is_wanted(),
                Next::Item => {}
                _ => self.fed_end = true,
            }
        }
        let given = self.pending.then_some(&self.packet);
        // A refused packet is a damaged one; whether frames come is the answer.
        self.pending = matches!(self.decoder.send(given), Ok(false)) && self.pending;
        Ok(())
    }

    fn is_wanted(&mut self) -> bool {
        if let Some(left_out) = self.searching {
            if !self.packet.is_key() && left_out < MOST_STRAY {
                self.searching = Some(left_out + 1);
                return false;
            }
            self.searching = None;
            self.began = self.packet.pts();
        }
        if let Some(pts) = self.packet.pts().filter(|_| !self.packet.is_discarded()) {
            let at_ms = self.ms_of(pts);
            if at_ms <= self.until_ms {
                self.expected_ms = self.expected_ms.max(Some(at_ms));
            }
        }
        true
    }

    fn ms_of(&self, time: i64) -> i64 {
        rescale(time.saturating_sub(self.zero), self.base, MILLISECONDS)
    }

    /// From here on it is noted which frames up to this time the packets promise.
    pub(super) fn expect_until(&mut self, ms: i64) {
        self.until_ms = ms;
    }

    /// The last frame promised so far.
    pub(super) fn expected_ms(&self) -> Option<i64> {
        self.expected_ms
    }

    /// Playing time in ms, where the container states one.
    pub(super) fn duration_ms(&self) -> Option<i64> {
        self.duration_us.map(|us| rescale(us, MICROSECONDS, MILLISECONDS)).filter(|ms| *ms > 0)
    }
}

fn decoder_of(input: &Input, stream: usize) -> Result<(Decoder, Ratio), MediaError> {
    let stream = input.stream(stream)?;
    let base = stream.time_base();
    Ok((Decoder::open(&stream.params(), base, 1)?, base))
}
