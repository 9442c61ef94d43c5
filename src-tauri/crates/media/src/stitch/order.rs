//! Presentation order of a whole stream, and the decode times made from it.

use crate::types::{MediaCode, MediaError};

/// How decode times relate to presentation times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delay {
    /// Presentation order shifted by whole frames, for files with edit lists.
    Frames,
    /// Presentation times shifted by one constant, for tracks that start at their first decode time:
    /// a muxer with negative composition offsets takes the constant away again, and the decode grid
    /// is the presentation grid.
    Grid,
}

/// The rising presentation times of a stream, its end, and how far decoding runs ahead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    times: Vec<i64>,
    end: i64,
    delay: Delay,
    frames: usize,
    ticks: i64,
    /// Place of the packet decoded last.
    last_place: usize,
}

impl Order {
    /// Times must rise strictly and end after the last.
    pub(crate) fn new(times: Vec<i64>, end: i64, delay: Delay) -> Result<Self, MediaError> {
        let rises = times.windows(2).all(|pair| pair[0] < pair[1]);
        if !rises || times.last().is_none_or(|last| *last >= end) {
            return Err(MediaError::new(
                MediaCode::FrameMismatch,
                "the presentation times of the schedule do not rise, or its end is not past them",
            ));
        }
        Ok(Self { times, end, delay, frames: 0, ticks: 0, last_place: 0 })
    }

    /// Takes note that the `decoded`-th packet is presented at `place`.
    pub(crate) fn learn(&mut self, decoded: usize, place: usize) {
        self.frames = self.frames.max(decoded.saturating_sub(place));
        self.last_place = place;
        if let (Some(grid), Some(shown)) = (self.times.get(decoded), self.times.get(place)) {
            self.ticks = self.ticks.max(grid.saturating_sub(*shown));
        }
    }

    /// Number of frames.
    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    /// All presentation times.
    pub(crate) fn times(&self) -> &[i64] {
        &self.times
    }

    /// End of the last frame.
    pub(crate) fn end(&self) -> i64 {
        self.end
    }

    /// Which frame in presentation order a time belongs to.
    pub(crate) fn place(&self, pts: i64) -> Option<usize> {
        self.times.binary_search(&pts).ok()
    }

    /// Presentation time of the frame after `place`, or the end.
    fn time(&self, place: usize) -> i64 {
        self.times.get(place).copied().unwrap_or(self.end)
    }

    /// Decode time of the `decoded`-th packet.
    pub(crate) fn decode_time(&self, decoded: usize) -> i64 {
        match self.delay {
            Delay::Grid => self.time(decoded) - self.ticks,
            Delay::Frames => {
                let Some(place) = decoded.checked_sub(self.frames) else {
                    return self.early_decode_time(decoded);
                };
                self.time(place)
            }
        }
    }

    /// Decode times before the first presentation: spread evenly over the lead.
    fn early_decode_time(&self, decoded: usize) -> i64 {
        let lead = i128::from(self.lead());
        let into = lead * i128::from(ticks_of(decoded)) / i128::from(ticks_of(self.frames.max(1)));
        self.time(0).saturating_sub(i64::try_from(lead - into).unwrap_or(i64::MAX))
    }

    /// How long before the first presentation decoding starts: so long that decode durations add up
    /// to the duration of the presentation, also when frames differ in length.
    fn lead(&self) -> i64 {
        let tail = self.times.len().saturating_sub(self.frames + 1);
        (self.end - self.time(tail) - self.duration(self.last_place)).max(ticks_of(self.frames))
    }

    /// When the `decoded`-th packet should stand in the file, free of the constant shift.
    pub(crate) fn file_time(&self, decoded: usize) -> i64 {
        match self.delay {
            Delay::Grid => self.time(decoded),
            Delay::Frames => self.decode_time(decoded),
        }
    }

    /// How long the frame at `place` is presented.
    pub(crate) fn duration(&self, place: usize) -> i64 {
        self.time(place + 1) - self.time(place)
    }

    /// Distance of the `decoded`-th decode time to the next.
    pub(crate) fn decode_step(&self, decoded: usize) -> i64 {
        self.decode_time(decoded + 1) - self.decode_time(decoded)
    }

    /// The duration to write into the `decoded`-th packet, presented at `place`: a muxer takes the
    /// decode duration of the very last packet from it, and the end of presentation from all.
    pub(crate) fn packet_duration(&self, decoded: usize, place: usize) -> i64 {
        if self.delay == Delay::Grid && decoded + 1 == self.times.len() {
            self.decode_step(decoded)
        } else {
            self.duration(place)
        }
    }
}

fn ticks_of(frames: usize) -> i64 {
    i64::try_from(frames).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Groups of pictures in coding order: places, each group a permutation with bounded reorder.
    fn coded(groups: &[u8]) -> Vec<usize> {
        let mut places = Vec::new();
        for group in groups {
            let start = places.len();
            let size = usize::from(*group);
            // I, then P before the two B-frames it closes.
            places.push(start);
            let mut at = start + 1;
            while at < start + size {
                let p = (at + 2).min(start + size - 1);
                places.push(p);
                places.extend(at..p);
                at = p + 1;
            }
        }
        places
    }

    proptest! {
        #[test]
        fn decode_times_rise_and_never_pass_presentation(
            groups in prop::collection::vec(1u8..12, 1..8),
            steps in prop::collection::vec(1i64..400, 96),
            grid in any::<bool>(),
        ) {
            let places = coded(&groups);
            let times: Vec<i64> = steps.iter().take(places.len()).scan(-7, |t, s| { *t += s; Some(*t) }).collect();
            let end = times.last().unwrap() + 13;
            let delay = if grid { Delay::Grid } else { Delay::Frames };
            let mut order = Order::new(times.clone(), end, delay).unwrap();
            for (decoded, place) in places.iter().enumerate() {
                order.learn(decoded, *place);
            }
            for (decoded, place) in places.iter().enumerate() {
                prop_assert!(order.decode_time(decoded) <= times[*place]);
                prop_assert!(decoded == 0 || order.decode_time(decoded) > order.decode_time(decoded - 1));
                prop_assert!(times[*place] + order.packet_duration(decoded, *place) <= end);
            }
            let total: i64 = (0..places.len()).map(|n| order.duration(n)).sum();
            prop_assert_eq!(total, end - times[0]);
            let last = places.len() - 1;
            let written = order.decode_time(last) + order.packet_duration(last, places[last]) - order.decode_time(0);
            prop_assert_eq!(written, end - times[0]);
        }
    }

    #[test]
    fn times_must_rise() {
        assert!(Order::new(vec![0, 1, 1], 9, Delay::Frames).is_err());
        assert!(Order::new(vec![0, 1, 2], 2, Delay::Frames).is_err());
        assert!(Order::new(Vec::new(), 2, Delay::Frames).is_err());
        assert!(Order::new(vec![0, 1, 2], 3, Delay::Grid).is_ok());
    }
}
