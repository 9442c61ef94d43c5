//! The frame schedule: which source frame each output frame shows, and when.

use spillway_media::{
    index::FrameIndex,
    schedule::Entry,
    types::{Ratio, rescale},
};
use spillway_profile::{FrameRate, FrameRateMode};

use super::{
    Schedule,
    number::{approx, approx_i, position, ticks},
};

/// More frames than this are refused: 92 hours at 60 frames per second. A damaged timestamp can
/// claim years, and the schedule lives in memory.
const MAX_FRAMES: i64 = 20_000_000;

/// How the frames of an output are timed.
#[derive(Debug)]
pub(super) struct Timing {
    /// The schedule.
    pub schedule: Schedule,
    /// Exact output rate; `None`: variable.
    pub rate: Option<Ratio>,
    /// The rate that settings in seconds are converted with.
    pub nominal: Ratio,
    /// Output frames that show the same source frame as the one before.
    pub repeated: u64,
    /// Source frames that are not shown.
    pub dropped: u64,
    /// Every so many source frames are shown: a power of two, 1 unless the rate was halved.
    pub step: u64,
    /// The source was brought from a variable to a constant rate.
    pub made_constant: bool,
}

impl Timing {
    /// Every source frame once, in order.
    pub(super) fn is_identity(&self) -> bool {
        self.repeated == 0 && self.dropped == 0
    }

    /// Moves the output's time zero before the first frame by at least `lead` source ticks, in whole
    /// frames where the rate is constant, so that frames stay on its grid. Gives the source ticks from
    /// the new zero to the first frame.
    pub(super) fn delay(&mut self, lead: i64) -> i64 {
        if lead <= 0 {
            return 0;
        }
        let Schedule { source_base, out_base, .. } = self.schedule;
        let rounded = rescale(lead, source_base, out_base);
        let short = rescale(rounded, out_base, source_base) < lead;
        let shift = if short { rounded + 1 } else { rounded };
        for entry in &mut self.schedule.entries {
            entry.out += shift;
        }
        self.schedule.end += shift;
        rescale(shift, out_base, source_base)
    }

    /// Time of the first frame in output ticks.
    pub(super) fn first(&self) -> i64 {
        self.schedule.entries.first().map_or(0, |entry| entry.out)
    }
}

/// Times the frames of `index` by `rule`; `None` when more frames would result than can be handled.
///
/// - *Keep*: every source frame once. Constant sources get the exact timebase 1/rate, so that jitter
///   of a coarse container clock vanishes; variable ones keep their own ticks.
/// - *Constant*, constant source: the same, and every second frame is left out while the rate is above
///   the maximum.
/// - *Constant*, variable source: the nearest standard rate. The time of each source frame is rounded
///   to the nearest output tick, and each tick shows the latest frame that has come by then. A frame
///   that stands for seconds is so repeated until its successor's own time, and of two frames that
///   fall on one tick the later is shown.
pub(super) fn timing(rule: &FrameRate, index: &FrameIndex, constant: Option<Ratio>) -> Option<Timing> {
    match (rule.mode, constant) {
        (FrameRateMode::Keep, Some(rate)) => Some(even(index, rate, None)),
        (FrameRateMode::Constant, Some(rate)) => Some(even(index, rate, rule.max)),
        (FrameRateMode::Keep, None) => Some(kept(index)),
        (FrameRateMode::Constant, None) => resampled(index, rule.max),
    }
}

fn even(index: &FrameIndex, rate: Ratio, max: Option<f64>) -> Timing {
    let (rate, step) = halved(rate, max);
    let entries: Vec<Entry> = (0u64..)
        .zip(&index.frames)
        .step_by(position(step))
        .zip(0i64..)
        .map(|((ordinal, frame), out)| Entry { ordinal, source: frame.pts, out })
        .collect();
    let dropped = index.frames.len().saturating_sub(entries.len()) as u64;
    Timing {
        schedule: Schedule {
            source_base: index.time_base,
            out_base: rate.inverse(),
            end: ticks(entries.len() as u64),
            entries,
        },
        rate: Some(rate),
        nominal: rate,
        repeated: 0,
        dropped,
        step,
        made_constant: false,
    }
}

fn kept(index: &FrameIndex) -> Timing {
    let first = index.frames.first().map_or(0, |frame| frame.time);
    let entries: Vec<Entry> = (0u64..)
        .zip(&index.frames)
        .map(|(ordinal, frame)| Entry { ordinal, source: frame.pts, out: frame.time - first })
        .collect();
    Timing {
        nominal: nominal(index),
        schedule: Schedule {
            source_base: index.time_base,
            out_base: index.time_base,
            end: index.end - first,
            entries,
        },
        rate: None,
        repeated: 0,
        dropped: 0,
        step: 1,
        made_constant: false,
    }
}

fn resampled(index: &FrameIndex, max: Option<f64>) -> Option<Timing> {
    let (rate, _) = halved(nearest_standard(average(index)), max);
    let base = rate.inverse();
    let first = index.frames.first()?.time;
    let slot = |n: usize| index.frames.get(n).map(|frame| rescale(frame.time - first, index.time_base, base));
    let end = rescale(index.end - first, index.time_base, base).max(1);
    if end > MAX_FRAMES {
        return None;
    }
    let mut entries: Vec<Entry> = Vec::with_capacity(position(end.unsigned_abs()));
    let (mut shown, mut repeated, mut used) = (0usize, 0u64, 0u64);
    for out in 0..end {
        while slot(shown + 1).is_some_and(|next| next <= out) {
            shown += 1;
        }
        let ordinal = shown as u64;
        if entries.last().is_some_and(|last| last.ordinal == ordinal) {
            repeated += 1;
        } else {
            used += 1;
        }
        entries.push(Entry { ordinal, source: index.frames[shown].pts, out });
    }
    Some(Timing {
        schedule: Schedule { source_base: index.time_base, out_base: base, end, entries },
        rate: Some(rate),
        nominal: rate,
        repeated,
        dropped: index.frames.len() as u64 - used,
        step: 1,
        made_constant: true,
    })
}

/// Halves `rate` until it is at most `max`; also by which factor.
pub(super) fn halved(mut rate: Ratio, max: Option<f64>) -> (Ratio, u64) {
    let mut step = 1;
    // 1e-3: `max = 30` must not halve a rate of 30.0003 that a coarse clock pretends.
    while max.is_some_and(|max| rate.as_f64() > max + 1e-3) && rate.as_f64() > 1.0 {
        rate = half(rate);
        step *= 2;
    }
    (rate, step)
}

/// Half of a rate, in lowest terms of two.
pub(super) fn half(rate: Ratio) -> Ratio {
    if rate.num % 2 == 0 {
        Ratio::new(rate.num / 2, rate.den)
    } else {
        Ratio::new(rate.num, rate.den.saturating_mul(2))
    }
}

fn average(index: &FrameIndex) -> f64 {
    let first = index.frames.first().map_or(0, |frame| frame.time);
    let seconds = approx_i(index.end - first) * index.time_base.as_f64();
    if seconds > 0.0 { approx(index.frames.len() as u64) / seconds } else { 25.0 }
}

fn nearest_standard(rate: f64) -> Ratio {
    let distance = |r: &Ratio| (r.as_f64() - rate).abs();
    Ratio::STANDARD_RATES
        .into_iter()
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
        .unwrap_or(Ratio::new(25, 1))
}

/// The rate that headers and rate control of a variable stream may assume: a standard one within two
/// per cent of the average, else the average in thousandths, between 1 and 240.
fn nominal(index: &FrameIndex) -> Ratio {
    let rate = average(index).clamp(1.0, 240.0);
    let standard = nearest_standard(rate);
    if (standard.as_f64() / rate - 1.0).abs() <= 0.02 {
        return standard;
    }
    Ratio::new(i32::try_from(super::number::whole(rate * 1_000.0)).unwrap_or(25_000), 1_000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use spillway_media::index::Frame;

    use super::*;

    fn index(base: Ratio, deltas: &[i64], start: i64) -> FrameIndex {
        let mut time = start;
        let frames = deltas
            .iter()
            .map(|delta| {
                let frame = Frame { pts: time, time, bytes: 100, key: true };
                time += delta;
                frame
            })
            .collect();
        FrameIndex { time_base: base, frames, end: time }
    }

    fn rule(mode: FrameRateMode, max: Option<f64>) -> FrameRate {
        FrameRate { mode, max }
    }

    fn rises(entries: &[Entry]) -> bool {
        entries.windows(2).all(|pair| pair[0].out < pair[1].out && pair[0].ordinal <= pair[1].ordinal)
    }

    proptest! {
        #[test]
        fn keep_shows_every_frame_once(deltas in prop::collection::vec(1i64..400, 1..200), start in -5_000i64..5_000) {
            let index = index(Ratio::new(1, 1_000), &deltas, start);
            let timing = timing(&rule(FrameRateMode::Keep, None), &index, None).unwrap();
            prop_assert!(timing.is_identity());
            prop_assert!(rises(&timing.schedule.entries));
            prop_assert_eq!(timing.schedule.entries[0].out, 0);
            prop_assert_eq!(timing.schedule.end, deltas.iter().sum::<i64>());
            for ((n, entry), frame) in (0u64..).zip(&timing.schedule.entries).zip(&index.frames) {
                prop_assert_eq!(entry.ordinal, n);
                prop_assert_eq!(entry.source, frame.pts);
                prop_assert_eq!(entry.out, frame.time - start);
            }
        }

        #[test]
        fn constant_from_variable_keeps_the_duration(deltas in prop::collection::vec(5i64..400, 2..200)) {
            let index = index(Ratio::new(1, 1_000), &deltas, 7);
            let timing = timing(&rule(FrameRateMode::Constant, None), &index, None).unwrap();
            let rate = timing.rate.unwrap();
            prop_assert!(Ratio::STANDARD_RATES.contains(&rate));
            prop_assert!(rises(&timing.schedule.entries));
            prop_assert_eq!(ticks(timing.schedule.entries.len() as u64), timing.schedule.end);
            let source = approx_i(deltas.iter().sum()) / 1_000.0;
            let output = approx_i(timing.schedule.end) / rate.as_f64();
            prop_assert!((source - output).abs() <= 0.5 / rate.as_f64() + 1e-9 || timing.schedule.end == 1);
            let shown = timing.schedule.entries.len() as u64 - timing.repeated;
            prop_assert_eq!(shown + timing.dropped, index.frames.len() as u64);
            // No frame is shown more than half an output tick before its own time.
            for entry in &timing.schedule.entries {
                let own = approx_i(index.frames[position(entry.ordinal)].time - 7) / 1_000.0;
                prop_assert!(own - approx_i(entry.out) / rate.as_f64() <= 0.5 / rate.as_f64() + 1e-9);
            }
        }

        #[test]
        fn halving_takes_every_second_frame(frames in 1usize..300) {
            let index = index(Ratio::new(1, 60), &vec![1; frames], 0);
            let timing =
                timing(&rule(FrameRateMode::Constant, Some(30.0)), &index, Some(Ratio::new(60, 1))).unwrap();
            prop_assert_eq!(timing.rate, Some(Ratio::new(30, 1)));
            prop_assert!(timing.schedule.entries.iter().all(|e| e.ordinal % 2 == 0));
            prop_assert_eq!(timing.schedule.entries.len(), frames.div_ceil(2));
        }
    }

    #[test]
    fn constant_sources_lose_the_jitter_of_a_coarse_clock() {
        let index = index(Ratio::new(1, 1_000), &[42, 42, 41, 42, 42, 41, 42], 0);
        let timing =
            timing(&rule(FrameRateMode::Keep, None), &index, Some(Ratio::new(24_000, 1_001))).unwrap();
        assert_eq!(timing.schedule.out_base, Ratio::new(1_001, 24_000));
        assert_eq!(timing.schedule.entries.iter().map(|e| e.out).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_still_is_held_until_its_successor() {
        let index = index(Ratio::new(1, 1_000), &[40, 2_000, 40, 40, 40], 0);
        let timing = timing(&rule(FrameRateMode::Constant, None), &index, None).unwrap();
        let rate = timing.rate.unwrap().as_f64();
        let first_after = timing.schedule.entries.iter().find(|e| e.ordinal == 2).unwrap();
        assert!((approx_i(first_after.out) / rate - 2.04).abs() <= 0.5 / rate);
        assert!(timing.repeated > 40);
    }

    #[test]
    fn a_lead_moves_all_frames_by_whole_frames() {
        let index = index(Ratio::new(1, 1_000), &[42, 42, 41, 42], 5_000);
        let mut timing =
            timing(&rule(FrameRateMode::Keep, None), &index, Some(Ratio::new(24_000, 1_001))).unwrap();
        // 100 ms are 2.4 frames: three.
        assert_eq!(timing.delay(100), 125);
        assert_eq!((timing.first(), timing.schedule.end), (3, 7));
        assert_eq!(timing.delay(0), 0);
        assert_eq!(timing.first(), 3);
    }

    #[test]
    fn a_jump_of_years_is_refused() {
        let index = index(Ratio::new(1, 1_000), &[40, 40, i64::from(i32::MAX) * 2_000, 40], 0);
        assert!(timing(&rule(FrameRateMode::Constant, None), &index, None).is_none());
    }

    #[test]
    fn max_leaves_a_rate_that_fits_alone() {
        assert_eq!(halved(Ratio::new(30, 1), Some(30.0)), (Ratio::new(30, 1), 1));
        assert_eq!(halved(Ratio::new(60_000, 1_001), Some(30.0)), (Ratio::new(30_000, 1_001), 2));
        assert_eq!(halved(Ratio::new(25, 1), None), (Ratio::new(25, 1), 1));
    }
}
