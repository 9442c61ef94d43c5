//! Encoded segments as one stream of packets with final times.

use std::path::{Path, PathBuf};

use super::{
    Ticker,
    order::{Delay, Order},
};
use crate::{
    ff::{Next, Packet, Params, SideData},
    part::PartReader,
    schedule,
    types::{MediaCode, MediaError, Ratio, rescale},
};

/// The segments of one rendition, read in order, one at a time.
pub(crate) struct Picture {
    paths: Vec<PathBuf>,
    /// Description of the stream, the same in all segments.
    pub(crate) params: Params,
    /// Side data of the whole stream.
    pub(crate) side_data: Vec<SideData>,
    /// Unit of all times, in seconds.
    pub(crate) base: Ratio,
    /// Times of the whole stream.
    pub(crate) order: Order,
    /// Every packet stands alone: nothing is reordered.
    intra: bool,
    reader: Option<PartReader>,
    part: usize,
    decoded: usize,
}

impl Picture {
    /// Checks all segments against each other and the schedule, of which they hold every `every`-th
    /// frame, and finds the reorder depth of the whole stream.
    pub(crate) fn open(
        paths: &[PathBuf],
        schedule: &Path,
        every: u32,
        delay: Delay,
        ticker: &mut Ticker<'_>,
    ) -> Result<Self, MediaError> {
        let first =
            paths.first().ok_or_else(|| MediaError::new(MediaCode::ZeroFrames, "there are no segments"))?;
        let first = PartReader::open(first).map_err(|e| in_segment(0, paths.len(), &e))?;
        let base = first.time_base;
        let (header, entries) = schedule::read(schedule, 0, u64::MAX)?;
        let scaled = |ticks| rescale(ticks, header.out_base, base);
        let step = usize::try_from(every.max(1)).unwrap_or(1);
        let times: Vec<i64> = entries.iter().step_by(step).map(|entry| scaled(entry.out)).collect();
        drop(entries);
        let order = Order::new(times, scaled(header.end), delay)?;
        let intra = matches!(first.params.codec().as_str(), "prores" | "dnxhd");
        let mut picture = Self {
            paths: paths.to_vec(),
            params: first.params,
            side_data: first.side_data,
            base,
            order,
            intra,
            reader: None,
            part: 0,
            decoded: 0,
        };
        picture.survey(ticker)?;
        Ok(picture)
    }

    /// A first pass over all packets: truncation, counts, times and keyframes are checked before the
    /// first byte of the result is written.
    fn survey(&mut self, ticker: &mut Ticker<'_>) -> Result<(), MediaError> {
        let mut taken = 0;
        for part in 0..self.paths.len() {
            let mut reader = self.open_part(part)?;
            if self.intra {
                continue;
            }
            taken = self
                .survey_part(&mut reader, taken, ticker)
                .map_err(|e| in_segment(part, self.paths.len(), &e))?;
        }
        if !self.intra && taken != self.order.len() {
            return Err(mismatch(format!(
                "the segments hold {taken} frames, the schedule {}",
                self.order.len()
            )));
        }
        Ok(())
    }

    fn survey_part(
        &mut self,
        reader: &mut PartReader,
        first: usize,
        ticker: &mut Ticker<'_>,
    ) -> Result<usize, MediaError> {
        let mut packet = Packet::new();
        let mut places = Vec::new();
        while reader.next(&mut packet)? == Next::Item {
            ticker.alive()?;
            if places.is_empty() && !packet.is_key() {
                return Err(MediaError::new(MediaCode::Unstitchable, "it does not start with a keyframe"));
            }
            let place = self.place(&packet)?;
            self.order.learn(first + places.len(), place);
            places.push(place);
        }
        if places.first().is_some_and(|place| *place != first) {
            return Err(mismatch("its first frame is not the one that the schedule puts there".into()));
        }
        places.sort_unstable();
        let count = places.len();
        if places.into_iter().ne(first..first + count) {
            return Err(mismatch("its frames are not the run of frames that the schedule puts there".into()));
        }
        Ok(first + count)
    }

    fn place(&self, packet: &Packet) -> Result<usize, MediaError> {
        let pts = packet.pts().ok_or_else(|| mismatch("a frame has no presentation time".into()))?;
        self.order
            .place(pts)
            .ok_or_else(|| mismatch(format!("a frame is presented at {pts}, which is not in the schedule")))
    }

    /// Opens a segment and compares it with the first.
    fn open_part(&self, part: usize) -> Result<PartReader, MediaError> {
        let count = self.paths.len();
        let path = self.paths.get(part).ok_or_else(|| mismatch("there are not enough segments".into()))?;
        let reader = PartReader::open(path).map_err(|e| in_segment(part, count, &e))?;
        let differs = |what: &str| {
            let message =
                format!("segment {} of {count}: its {what} differ from those of segment 1", part + 1);
            Err(MediaError::new(MediaCode::Unstitchable, message))
        };
        if reader.params.extradata() != self.params.extradata() {
            return differs("parameter sets");
        }
        let (mine, other) = (self.params.to_plain(), reader.params.to_plain());
        if reader.time_base != self.base {
            return differs("time units");
        }
        let key = |p: &crate::ff::Plain| {
            (
                p.codec.clone(),
                p.width,
                p.height,
                p.format,
                p.profile,
                p.level,
                p.sample_aspect,
                p.color.clone(),
                p.tag,
            )
        };
        if key(&mine) != key(&other) {
            return differs("picture properties");
        }
        Ok(reader)
    }

    /// Reads the next packet, with its final times; gives its number in decoding order, or `None` at
    /// the end.
    pub(crate) fn next(&mut self, packet: &mut Packet) -> Result<Option<usize>, MediaError> {
        loop {
            if self.reader.is_none() {
                if self.part == self.paths.len() {
                    return self.ended();
                }
                self.reader = Some(self.open_part(self.part)?);
            }
            let Some(reader) = self.reader.as_mut() else { continue };
            let next = reader.next(packet).map_err(|e| in_segment(self.part, self.paths.len(), &e))?;
            if next != Next::Item {
                self.reader = None;
                self.part += 1;
                continue;
            }
            let n = self.decoded;
            let place = self.place(packet).map_err(|e| in_segment(self.part, self.paths.len(), &e))?;
            if self.intra && (place != n || !packet.is_key()) {
                return Err(mismatch(format!("frame {n} is not the one that the schedule puts there")));
            }
            let pts = packet.pts();
            packet.set_times(pts, Some(self.order.decode_time(n)), self.order.packet_duration(n, place));
            if packet.dts() > pts {
                return Err(MediaError::new(
                    MediaCode::Internal,
                    format!("frame {n} would be shown before it is decoded"),
                ));
            }
            self.decoded += 1;
            return Ok(Some(n));
        }
    }

    fn ended(&self) -> Result<Option<usize>, MediaError> {
        if self.decoded == self.order.len() {
            return Ok(None);
        }
        Err(mismatch(format!("the segments hold {} frames, the schedule {}", self.decoded, self.order.len())))
    }
}

fn mismatch(message: String) -> MediaError {
    MediaError::new(MediaCode::FrameMismatch, message)
}

fn in_segment(part: usize, count: usize, error: &MediaError) -> MediaError {
    MediaError { message: format!("segment {} of {count}: {}", part + 1, error.message), ..error.clone() }
}
