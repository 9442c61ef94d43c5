//! Where an output is cut into segments. Depends on the schedule and the source alone, never on the
//! number of workers, so that the result is the same on every machine.

use spillway_media::{
    index::FrameIndex,
    types::{Ratio, rescale},
};

use super::{
    Range, Schedule,
    number::{position, ticks},
};

const SHORTEST_S: i64 = 4;
const LONGEST_S: i64 = 30;
/// A source is cut into about so many segments, within the bounds above.
const PARTS: i64 = 12;

/// Cuts a schedule into segments.
///
/// The target length is a twelfth of the duration, between 4 and 30 s, and then a little longer so that
/// the number of segments is even; under 8 s there is one. Each cut goes to the source keyframe nearest
/// to its ideal place within a quarter of that length (an IDR costs nothing on a scene cut, and decoding
/// starts there), else to the nearest frame there is, the one with the shorter way from a keyframe of
/// two. All cuts stand on multiples of `grid` frames. A last segment under 4 s (three quarters of a short target, half of a
/// long one) joins its predecessor.
///
/// Every segment decodes from the source keyframe before it. With few keyframes that pre-roll is
/// nearly the whole prefix, so segments are made longer until the frames decoded for nothing number
/// no more than the frames encoded: decoding costs about a tenth of an x264 `medium` encode, which
/// bounds the waste to a tenth of the work. The rungs of a ladder together cost about twice their
/// largest, so there the bound is twice as wide.
pub(super) fn segments(
    schedule: &Schedule,
    index: &FrameIndex,
    grid: u64,
    renditions: u64,
    linear: bool,
) -> Vec<Range> {
    let count = schedule.entries.len() as u64;
    if count == 0 {
        return Vec::new();
    }
    let cutter = Cutter::new(schedule, index, grid.max(1));
    let mut starts = vec![0];
    if !linear {
        let seconds = |s: i64| rescale(s, Ratio::new(1, 1), schedule.out_base).max(1);
        let length = schedule.end - schedule.entries.first().map_or(0, |entry| entry.out);
        let target = (length / PARTS).clamp(seconds(SHORTEST_S), seconds(LONGEST_S));
        // An even number leaves no core idle at the end on most machines, whatever their size.
        let parts = (length / target).max(1) / 2 * 2;
        let mut target = if parts > 0 { (length + parts - 1) / parts } else { length };
        starts = cutter.starts(target, seconds(SHORTEST_S));
        while starts.len() > 1 && cutter.pre_roll(&starts) > count.saturating_mul(renditions.clamp(1, 2)) {
            target = target.saturating_add(target / 2 + 1);
            starts = cutter.starts(target, seconds(SHORTEST_S));
        }
    }
    let ends = starts.iter().skip(1).copied().chain([count]);
    starts
        .iter()
        .zip(ends)
        .map(|(&first, end)| Range { first, count: end - first, weight: cutter.weight(first, end) })
        .collect()
}

struct Cutter<'a> {
    schedule: &'a Schedule,
    index: &'a FrameIndex,
    grid: u64,
    /// Ordinals of source keyframes.
    keys: Vec<u64>,
}

impl<'a> Cutter<'a> {
    fn new(schedule: &'a Schedule, index: &'a FrameIndex, grid: u64) -> Self {
        let keys = (0u64..).zip(&index.frames).filter(|(_, frame)| frame.key).map(|(n, _)| n).collect();
        Self { schedule, index, grid, keys }
    }

    fn starts(&self, target: i64, shortest: i64) -> Vec<u64> {
        let mut starts = vec![0];
        let mut last = 0;
        // Ideal places are counted from the start: a cut that lies early or late must not shift all
        // that follow, or their number would not come out as planned.
        let mut ideal = self.time(0).saturating_add(target);
        while ideal < self.schedule.end {
            if let Some(next) = self.near(ideal, last, target) {
                starts.push(next);
                last = next;
            }
            ideal = ideal.saturating_add(target);
        }
        let tail = shortest.min(target - target / 4).max(target / 2);
        while starts.len() > 1 && self.schedule.end - self.time(last) < tail {
            starts.pop();
            last = starts.last().copied().unwrap_or(0);
        }
        starts
    }

    /// The cut near `ideal`, after `last`; `None` where there is no place for one.
    fn near(&self, ideal: i64, last: u64, target: i64) -> Option<u64> {
        let after = self.at_or_after(ideal);
        if after >= self.schedule.entries.len() as u64 {
            return None;
        }
        let window = target / 4;
        let near = self.at_or_after(ideal - window).max(last + 1)..self.at_or_after(ideal + window + 1);
        let distance = |n: &u64| (self.time(*n) - ideal).abs();
        let key = near.filter(|&n| n % self.grid == 0 && self.starts_at_key(n)).min_by_key(distance);
        key.or_else(|| {
            let below = after / self.grid * self.grid;
            [below.saturating_sub(self.grid), below, below + self.grid]
                .into_iter()
                .filter(|&n| n > last && n < self.schedule.entries.len() as u64)
                .filter(|&n| (self.time(n) - ideal).abs() <= target / 2)
                .min_by_key(|&n| (distance(&n), self.runway(n)))
                .or_else(|| Some(below.max(last + 1).next_multiple_of(self.grid)))
                .filter(|&n| n < self.schedule.entries.len() as u64)
        })
    }

    fn time(&self, n: u64) -> i64 {
        self.schedule.entries.get(position(n)).map_or(self.schedule.end, |entry| entry.out)
    }

    fn at_or_after(&self, time: i64) -> u64 {
        self.schedule.entries.partition_point(|entry| entry.out < time) as u64
    }

    fn starts_at_key(&self, n: u64) -> bool {
        let ordinal = |n: u64| self.schedule.entries.get(position(n)).map(|entry| entry.ordinal);
        let Some(here) = ordinal(n) else { return false };
        let repeats = n.checked_sub(1).and_then(ordinal) == Some(here);
        !repeats && self.keys.binary_search(&here).is_ok()
    }

    /// Source frames decoded only to reach the first frame of each segment.
    fn pre_roll(&self, starts: &[u64]) -> u64 {
        starts.iter().map(|&start| self.runway(start)).sum()
    }

    /// Source frames from the keyframe before output frame `n` to it.
    fn runway(&self, n: u64) -> u64 {
        let ordinal = self.schedule.entries.get(position(n)).map_or(0, |entry| entry.ordinal);
        let before = self.keys.partition_point(|&key| key <= ordinal);
        ordinal - before.checked_sub(1).map_or(0, |n| self.keys[n])
    }

    fn weight(&self, first: u64, end: u64) -> u64 {
        weight(self.schedule, self.index, first, end)
    }
}

/// Source bytes of a range, each frame counted once: the best cheap guess at the work in it.
pub(super) fn weight(schedule: &Schedule, index: &FrameIndex, first: u64, end: u64) -> u64 {
    let entries = &schedule.entries[position(first)..position(end)];
    let span = entries.first().zip(entries.last()).map_or(0..0, |(a, b)| a.ordinal..b.ordinal + 1);
    let frames = index.frames.get(position(span.start)..position(span.end)).unwrap_or_default();
    let bytes: i64 = frames.iter().map(|frame| i64::from(frame.bytes)).sum();
    bytes.max(ticks(end - first)).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use spillway_media::index::Frame;
    use spillway_profile::FrameRate;

    use super::*;
    use crate::plan::timing::timing;

    fn source(frames: u64, key_every: u64) -> (Schedule, FrameIndex) {
        let index = FrameIndex {
            time_base: Ratio::new(1, 24),
            frames: (0..frames)
                .map(|n| Frame {
                    pts: ticks(n),
                    time: ticks(n),
                    bytes: 1_000,
                    key: n.is_multiple_of(key_every),
                })
                .collect(),
            end: ticks(frames),
        };
        let timing = timing(&FrameRate::default(), &index, Some(Ratio::new(24, 1))).unwrap();
        (timing.schedule, index)
    }

    fn covers(ranges: &[Range], count: u64) -> bool {
        let mut next = 0;
        for range in ranges {
            if range.first != next || range.count == 0 {
                return false;
            }
            next += range.count;
        }
        next == count
    }

    proptest! {
        #[test]
        fn cover_without_gap_or_overlap(frames in 1u64..60_000, key_every in 1u64..1_000, grid in 1u64..300) {
            let (schedule, index) = source(frames, key_every);
            let ranges = segments(&schedule, &index, grid, 1, false);
            prop_assert!(covers(&ranges, frames));
            prop_assert!(ranges.iter().all(|range| range.first % grid == 0));
            // Three quarters of the shortest target, 4 s.
            prop_assert!(ranges.len() == 1 || ranges.last().unwrap().count >= 3 * 24);
            prop_assert_eq!(ranges, segments(&schedule, &index, grid, 1, false));
        }

        #[test]
        fn pre_roll_stays_below_the_frames_encoded(frames in 1u64..20_000, key_every in 1u64..30_000) {
            let (schedule, index) = source(frames, key_every);
            let ranges = segments(&schedule, &index, 1, 1, false);
            let waste: u64 = ranges.iter().map(|range| range.first % key_every).sum();
            prop_assert!(waste <= frames);
        }
    }

    #[test]
    fn cuts_stand_on_source_keyframes() {
        let (schedule, index) = source(24 * 120, 50);
        let ranges = segments(&schedule, &index, 1, 1, false);
        assert!(ranges.len() >= 10, "{ranges:?}");
        assert!(ranges.iter().all(|range| range.first % 50 == 0), "{ranges:?}");
    }

    #[test]
    fn one_keyframe_gives_few_segments() {
        let (schedule, index) = source(24 * 600, u64::MAX);
        assert!(segments(&schedule, &index, 1, 1, false).len() <= 3);
    }

    #[test]
    fn short_and_damaged_sources_are_one_segment() {
        let (schedule, index) = source(24 * 7, 12);
        assert_eq!(segments(&schedule, &index, 1, 1, false).len(), 1);
        let (schedule, index) = source(24 * 700, 12);
        assert_eq!(segments(&schedule, &index, 1, 1, true).len(), 1);
    }

    #[test]
    fn long_sources_get_thirty_second_segments() {
        let (schedule, index) = source(24 * 7_200, 1);
        let ranges = segments(&schedule, &index, 1, 1, false);
        assert!(ranges.iter().all(|range| (22 * 24..=45 * 24).contains(&range.count)), "{ranges:?}");
    }
}
