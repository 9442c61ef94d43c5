//! Where an output is cut into chunks for the cloud. Depends on the schedule and the source alone, so that planning
//! again gives the same chunks.

use spillway_cloud::job::counting_rate;
use spillway_media::{
    index::FrameIndex,
    types::{Ratio, rescale},
};

use super::{
    ChunkPlan, OutputPlan, Range, RenditionPlan, Schedule, SourceFacts, VideoPlan, number::position,
    segments::weight,
};
use crate::route::AgainstCloud;

/// A chunk holds at least so much, wherever the source can be cut: MediaConvert bills no less than 10 s, and requests
/// are scarce.
const SHORTEST_S: i64 = 60;
/// And at most so much: a failed one is done again as a whole.
const LONGEST_S: i64 = 300;
/// About so much.
const TARGET_S: i64 = 120;
/// Up to here a source is one chunk.
const WHOLE_S: i64 = 180;
/// How far from its ideal place a cut may lie to stand on a keyframe.
const WINDOW_S: i64 = 30;

/// An output in chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunked {
    /// What the chunks are of the schedule; they cover it without gap or overlap.
    pub(crate) segments: Vec<Range>,
    /// Where each is cut out of the source.
    pub(crate) chunks: Vec<ChunkPlan>,
}

/// Cuts the schedule of an output whose picture is encoded.
///
/// # Errors
/// When no cut gives exactly the schedule's frames.
pub(crate) fn chunks(
    output: &OutputPlan,
    schedule: &Schedule,
    source: &SourceFacts<'_>,
) -> Result<Chunked, AgainstCloud> {
    let VideoPlan::Encode { renditions, linear, .. } = &output.video else {
        return Err(AgainstCloud::NothingToEncode);
    };
    if *linear || source.linear {
        return Err(unsupported("The source is damaged, so that it can only be decoded from its beginning."));
    }
    chunked(schedule, source.index, grid(renditions), source.summary.constant_rate)
}

/// Distance of the places where a cut may be, in schedule frames: keyframes of all renditions stand there.
fn grid(renditions: &[RenditionPlan]) -> u64 {
    let of = |rendition: &RenditionPlan| {
        let every = u64::from(rendition.every.max(1));
        let gop = if rendition.video.fixed_gop { u64::from(rendition.video.gop.max(1)) } else { 1 };
        every * gop
    };
    renditions.iter().map(of).fold(1, lcm)
}

fn lcm(a: u64, b: u64) -> u64 {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x.max(1)).saturating_mul(b)
}

/// Cuts where a source keyframe stands on the grid, as near as possible to equal chunks of about two minutes. Where
/// none is near, and timecodes can name pictures (`rate`, the source's exact one), the cut lies on the grid alone: the
/// chunk's file then begins at the keyframe before it, and the job clips what comes before.
fn chunked(
    schedule: &Schedule,
    index: &FrameIndex,
    grid: u64,
    rate: Option<Ratio>,
) -> Result<Chunked, AgainstCloud> {
    let clips = rate.and_then(counting_rate).is_some();
    let cutter = Cutter::new(schedule, index, grid, clips)?;
    let starts = cutter.starts();
    let ends = starts.iter().skip(1).copied().chain([cutter.count]);
    let (mut segments, mut chunks) = (Vec::new(), Vec::new());
    for (&first, end) in starts.iter().zip(ends) {
        segments.push(Range { first, count: end - first, weight: weight(schedule, index, first, end) });
        chunks.push(cutter.chunk(first, end)?);
    }
    Ok(Chunked { segments, chunks })
}

fn unsupported(why: &str) -> AgainstCloud {
    AgainstCloud::Unsupported { why: why.to_owned() }
}

/// How good a place for a cut is; the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// On a keyframe near the ideal place.
    KeyNear,
    /// Near the ideal place, and not far from the keyframe before.
    ClipNear,
    /// On a keyframe further off.
    Key,
    /// Anywhere; the keyframe before is so far away that its way is uploaded twice.
    Clip,
}

struct Cutter<'a> {
    schedule: &'a Schedule,
    index: &'a FrameIndex,
    grid: u64,
    clips: bool,
    count: u64,
    /// Ordinal of the source picture that the schedule begins with; the rest follow one by one.
    offset: u64,
    /// Ordinals of source keyframes.
    keys: Vec<u64>,
}

impl<'a> Cutter<'a> {
    fn new(
        schedule: &'a Schedule,
        index: &'a FrameIndex,
        grid: u64,
        clips: bool,
    ) -> Result<Self, AgainstCloud> {
        let offset = match schedule.entries.first() {
            Some(first) => first.ordinal,
            None => return Err(AgainstCloud::NothingToEncode),
        };
        if (offset..).zip(&schedule.entries).any(|(ordinal, entry)| entry.ordinal != ordinal) {
            return Err(unsupported(
                "Frames are repeated or dropped to reach another frame rate, which MediaConvert would do at other places.",
            ));
        }
        let same = |entry: &spillway_media::schedule::Entry| {
            index.frames.get(position(entry.ordinal)).is_some_and(|frame| frame.pts == entry.source)
        };
        let rises = index.frames.windows(2).all(|pair| pair[0].pts < pair[1].pts);
        if !rises || !schedule.entries.iter().all(same) {
            return Err(unsupported(
                "The source's timestamps jump, so that no stretch of it can be named exactly.",
            ));
        }
        let keys: Vec<u64> =
            (0u64..).zip(&index.frames).filter(|(_, frame)| frame.key).map(|(n, _)| n).collect();
        if !clips && keys.first().is_none_or(|first| *first > offset) {
            return Err(unsupported(
                "The first picture is no keyframe, and the frame rate is none that timecodes can count.",
            ));
        }
        let count = schedule.entries.len() as u64;
        Ok(Self { schedule, index, grid: grid.max(1), clips, count, offset, keys })
    }

    fn starts(&self) -> Vec<u64> {
        let mut starts = vec![0];
        let mut last = 0;
        while let Some(next) = self.next(last) {
            starts.push(next);
            last = next;
        }
        starts
    }

    /// The cut after `last`; `None`: what remains is one chunk.
    fn next(&self, last: u64) -> Option<u64> {
        let (from, end) = (self.time(last), self.schedule.end);
        let left = end - from;
        if left <= self.seconds(WHOLE_S) {
            return None;
        }
        let target = self.seconds(TARGET_S);
        let ideal = from + left / ((left + target / 2) / target).max(2);
        let earliest = self.at_or_after(from + self.seconds(SHORTEST_S));
        // What comes last must not be too short either.
        let latest = self.at_or_after((end - self.seconds(SHORTEST_S)).saturating_add(1));
        let bound = self.at_or_after((from + self.seconds(LONGEST_S)).saturating_add(1)).min(latest);
        let best = self
            .places(earliest, bound)
            .filter_map(|n| Some((self.judge(n, ideal)?, (self.time(n) - ideal).abs(), n)))
            .min()
            .map(|(.., n)| n);
        // No place in reach: a longer chunk, up to the next keyframe.
        best.or_else(|| self.places(bound, latest).find(|n| self.runway(*n) == Some(0)))
    }

    fn places(&self, from: u64, end: u64) -> impl Iterator<Item = u64> {
        (from.next_multiple_of(self.grid)..end).step_by(position(self.grid))
    }

    fn judge(&self, n: u64, ideal: i64) -> Option<Place> {
        let near = (self.time(n) - ideal).abs() <= self.seconds(WINDOW_S);
        let runway = self.runway(n)?;
        if runway == 0 {
            return Some(if near { Place::KeyNear } else { Place::Key });
        }
        if !self.clips {
            return None;
        }
        let way = self.time(n) - self.time(n.saturating_sub(runway));
        if near && way <= self.seconds(SHORTEST_S) {
            Some(Place::ClipNear)
        } else {
            (near && way <= self.seconds(LONGEST_S)).then_some(Place::Clip)
        }
    }

    fn seconds(&self, seconds: i64) -> i64 {
        rescale(seconds, Ratio::new(1, 1), self.schedule.out_base).max(1)
    }

    fn time(&self, n: u64) -> i64 {
        self.schedule.entries.get(position(n)).map_or(self.schedule.end, |entry| entry.out)
    }

    fn at_or_after(&self, time: i64) -> u64 {
        self.schedule.entries.partition_point(|entry| entry.out < time) as u64
    }

    /// Source frames from the keyframe at or before schedule frame `n` to it; `None`: there is none.
    fn runway(&self, n: u64) -> Option<u64> {
        let ordinal = self.offset + n;
        let before = self.keys.partition_point(|key| *key <= ordinal);
        before.checked_sub(1).map(|place| ordinal - self.keys[place])
    }

    fn chunk(&self, first: u64, end: u64) -> Result<ChunkPlan, AgainstCloud> {
        let pts = |ordinal: u64| self.index.frames.get(position(ordinal)).map(|frame| frame.pts);
        let beyond = || unsupported("The frame schedule goes beyond the source.");
        let begin = self.offset + first;
        // Without a keyframe in the index, the one that is needed is hidden before it: the cut finds it.
        let from = begin - self.runway(first).unwrap_or(0);
        let after = self.keys.partition_point(|key| *key < self.offset + end);
        Ok(ChunkPlan {
            from: pts(from).ok_or_else(beyond)?,
            until: self.keys.get(after).and_then(|key| pts(*key)),
            first: pts(begin).ok_or_else(beyond)?,
            count: end - first,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use spillway_media::index::Frame;
    use spillway_profile::{FrameRate, FrameRateMode};

    use super::*;
    use crate::plan::timing::timing;

    const RATE: Ratio = Ratio::new(24, 1);

    /// A source whose pictures last `steps` ticks of 1/24 s in turn, with keyframes where `key` says so.
    fn source(frames: usize, steps: &[i64], key: impl Fn(usize) -> bool) -> FrameIndex {
        let mut time = 1_000;
        let frame = |n: usize| {
            let frame = Frame { pts: time, time, bytes: 100, key: key(n) };
            time += steps[n % steps.len()];
            frame
        };
        let frames = (0..frames).map(frame).collect();
        FrameIndex { time_base: RATE.inverse(), frames, end: time }
    }

    fn schedule(index: &FrameIndex, rate: Option<Ratio>) -> Schedule {
        timing(&FrameRate { mode: FrameRateMode::Keep, max: None }, index, rate).unwrap().schedule
    }

    /// Lengths in seconds, rounded down.
    fn lengths(schedule: &Schedule, found: &Chunked) -> Vec<i64> {
        let time = |n: u64| schedule.entries.get(position(n)).map_or(schedule.end, |entry| entry.out);
        found
            .segments
            .iter()
            .map(|range| (time(range.first + range.count) - time(range.first)) / 24)
            .collect()
    }

    fn sound(
        index: &FrameIndex,
        schedule: &Schedule,
        found: &Chunked,
        grid: u64,
    ) -> Result<(), TestCaseError> {
        let mut next = 0;
        prop_assert_eq!(found.segments.len(), found.chunks.len());
        for (range, chunk) in found.segments.iter().zip(&found.chunks) {
            prop_assert_eq!(range.first, next);
            prop_assert!(range.count > 0 && range.first.is_multiple_of(grid));
            next += range.count;
            let at = |pts: i64| index.frames.iter().find(|frame| frame.pts == pts);
            prop_assert_eq!(chunk.first, schedule.entries[position(range.first)].source);
            prop_assert_eq!(chunk.count, range.count);
            prop_assert!(chunk.from <= chunk.first);
            prop_assert!(at(chunk.from).is_some_and(|frame| frame.key));
            let last = schedule.entries[position(next - 1)].source;
            prop_assert!(chunk.until.is_none_or(|until| until > last && at(until).unwrap().key));
            let between = |pts: i64, low: i64, high: i64| low < pts && pts <= high;
            prop_assert!(!index.frames.iter().any(|f| f.key && between(f.pts, chunk.from, chunk.first)));
            let end = chunk.until.unwrap_or(i64::MAX);
            prop_assert!(!index.frames.iter().any(|f| f.key && f.pts > last && f.pts < end));
        }
        prop_assert_eq!(next, schedule.entries.len() as u64);
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn constant_rates_are_covered_within_bounds(
            frames in 1usize..40_000, key_every in 1usize..1_200, grid in 1u64..300,
        ) {
            let index = source(frames, &[1], |n| n.is_multiple_of(key_every));
            let schedule = schedule(&index, Some(RATE));
            let found = chunked(&schedule, &index, grid, Some(RATE)).unwrap();
            sound(&index, &schedule, &found, grid)?;
            let lengths = lengths(&schedule, &found);
            prop_assert!(lengths.len() == 1 || lengths.iter().all(|s| (SHORTEST_S..=LONGEST_S).contains(s)), "{:?}", lengths);
            prop_assert!(lengths.len() > 1 || frames <= 300 * 24);
            prop_assert_eq!(&found, &chunked(&schedule, &index, grid, Some(RATE)).unwrap());
        }

        #[test]
        fn variable_rates_are_cut_at_keyframes_alone(
            frames in 1usize..20_000, key_every in 1usize..4_000, steps in prop::collection::vec(1i64..5, 1..9),
            grid in 1u64..4,
        ) {
            let index = source(frames, &steps, |n| n.is_multiple_of(key_every));
            let schedule = schedule(&index, None);
            let found = chunked(&schedule, &index, grid, None).unwrap();
            sound(&index, &schedule, &found, grid)?;
            prop_assert!(found.chunks.iter().all(|chunk| chunk.from == chunk.first));
            let lengths = lengths(&schedule, &found);
            prop_assert!(lengths.len() == 1 || lengths.iter().all(|s| *s >= SHORTEST_S), "{:?}", lengths);
        }

        #[test]
        fn irregular_keyframes_are_covered(
            frames in 1usize..30_000, keys in prop::collection::btree_set(1usize..30_000, 0..60), clips in any::<bool>(),
        ) {
            let index = source(frames, &[1], |n| n == 0 || keys.contains(&n));
            let schedule = schedule(&index, Some(RATE));
            let found = chunked(&schedule, &index, 2, clips.then_some(RATE)).unwrap();
            sound(&index, &schedule, &found, 2)?;
            let lengths = lengths(&schedule, &found);
            prop_assert!(lengths.len() == 1 || lengths.iter().all(|s| *s >= SHORTEST_S), "{:?}", lengths);
        }
    }

    #[test]
    fn two_hours_are_sixty_chunks_on_keyframes() {
        let index = source(24 * 7_200, &[1], |n| n.is_multiple_of(48));
        let schedule = schedule(&index, Some(RATE));
        let found = chunked(&schedule, &index, 48, Some(RATE)).unwrap();
        assert_eq!(lengths(&schedule, &found), [120; 60]);
        assert!(found.chunks.iter().all(|chunk| chunk.from == chunk.first));
        assert_eq!(found.chunks[59].until, None);
    }

    #[test]
    fn three_minutes_are_one_chunk_and_a_little_more_are_two() {
        for (seconds, expected) in [(5, vec![5]), (180, vec![180]), (181, vec![90, 91]), (300, vec![100; 3])]
        {
            let index = source(24 * seconds, &[1], |n| n.is_multiple_of(24));
            let schedule = schedule(&index, Some(RATE));
            assert_eq!(lengths(&schedule, &chunked(&schedule, &index, 1, Some(RATE)).unwrap()), expected);
        }
    }

    #[test]
    fn far_keyframes_are_clipped_where_timecodes_count() {
        let index = source(24 * 200, &[1], |n| n == 0);
        let schedule = schedule(&index, Some(RATE));
        let found = chunked(&schedule, &index, 1, Some(RATE)).unwrap();
        assert!(found.chunks.iter().any(|chunk| chunk.from < chunk.first), "{found:?}");
        let odd = chunked(&schedule, &index, 1, Some(Ratio::new(179, 6))).unwrap();
        assert_eq!(odd.chunks.len(), 1, "{odd:?}");
    }

    #[test]
    fn what_cannot_be_exact_is_refused() {
        let index = source(2_400, &[1], |n| n.is_multiple_of(24));
        let refused = |schedule: &Schedule, index: &FrameIndex, rate| {
            matches!(chunked(schedule, index, 1, rate), Err(AgainstCloud::Unsupported { .. }))
        };
        let whole = schedule(&index, Some(RATE));
        let mut dropped = whole.clone();
        dropped.entries.remove(7);
        assert!(refused(&dropped, &index, Some(RATE)));
        let mut repeated = whole.clone();
        repeated.entries[7] = whole.entries[6];
        assert!(refused(&repeated, &index, Some(RATE)));
        let mut jumping = index.clone();
        jumping.frames[9].pts = 3;
        assert!(refused(&whole, &jumping, Some(RATE)));
        let mut hidden = index;
        hidden.frames[0].key = false;
        assert!(refused(&whole, &hidden, None));
        let found = chunked(&whole, &hidden, 1, Some(RATE)).unwrap();
        assert_eq!(found.chunks[0].from, hidden.frames[0].pts);
    }

    #[test]
    fn the_grid_suits_all_renditions() {
        assert_eq!((lcm(48, 2), lcm(48, 36), lcm(1, 7)), (48, 144, 7));
    }
}
