//! Where decoded sound lies in time: a running clock that ignores jitter, fills gaps, cuts overlaps.

use crate::{
    task::Time,
    types::{Ratio, rescale},
};

/// A sample rate as a timebase.
pub(super) fn grid(rate: u32) -> Ratio {
    Ratio::new(1, i32::try_from(rate.max(1)).unwrap_or(i32::MAX))
}

/// Samples from `zero` to `ticks` of `base`, rounded once; `None`: far outside any timeline.
pub(super) fn position(ticks: i64, base: Ratio, zero: Time, rate: u32) -> Option<i64> {
    let [num, den, zero_num, zero_den] = [base.num, base.den, zero.base.num, zero.base.den].map(i128::from);
    let a = i128::from(ticks).checked_mul(num * zero_den)?;
    let b = i128::from(zero.ticks).checked_mul(zero_num * den)?;
    let scaled = a.checked_sub(b)?.checked_mul(i128::from(rate))?;
    let unit = den * zero_den;
    if unit <= 0 {
        return None;
    }
    let half = if scaled < 0 { -(unit / 2) } else { unit / 2 };
    i64::try_from((scaled + half) / unit).ok().filter(|p| p.unsigned_abs() < FARTHEST)
}

/// Some 700 years at 48 kHz: sums of two positions cannot overflow.
const FARTHEST: u64 = 1 << 50;

/// What to do before the samples of a frame are appended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Edit {
    /// Samples of silence to put in first.
    pub(super) silence: u64,
    /// Samples to leave out at the front of the frame.
    pub(super) skip: u64,
}

/// How far a container's timestamps can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timing {
    /// Every frame has its own time, to a millisecond or better.
    Exact,
    /// Times belong to groups of frames or come from a network; one frame off is common.
    Jittery,
}

impl Timing {
    /// By the demuxer's name.
    pub(super) fn of(format: &str) -> Self {
        let exact = ["mov", "matroska", "nut", "wav", "w64", "aiff", "caf", "mxf", "flac", "ogg"];
        if exact.iter().any(|name| format.starts_with(name)) { Self::Exact } else { Self::Jittery }
    }
}

/// Turns timestamps into edits. All positions are samples at the rate of the source.
///
/// Small differences are the container's rounding or the writer's jitter; the running clock goes on as if
/// they were not there. What is larger is a lost packet, a gap or an overlap.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    rate: u32,
    timing: Timing,
    /// End of what has been placed; `None` before the first frame.
    cursor: Option<i64>,
    /// Added to positions since the last discontinuity.
    offset: i64,
    /// A jump ahead beyond this cannot be a gap.
    limit: Option<i64>,
    /// Times the source's timeline started anew.
    discontinuities: u64,
}

impl Clock {
    /// `limit`: end of the programme, if it is known.
    pub(super) fn new(rate: u32, timing: Timing, limit: Option<i64>) -> Self {
        Self { rate, timing, cursor: None, offset: 0, limit, discontinuities: 0 }
    }

    /// Differences from here on are real, before a frame of `len` samples.
    ///
    /// Exact: three quarters of an AAC frame at 48 kHz. A single lost frame of any common codec is longer,
    /// rounding (1 ms in Matroska) far shorter, and nobody sees lips 16 ms late. Jittery: a frame and a
    /// half, as parsers of MPEG streams give a time to the frame before or after the right one; within what
    /// EBU R 37 allows between sound and picture.
    fn tolerance(&self, timing: Timing, len: i64) -> i64 {
        let ms = |ms: i64| i64::from(self.rate) * ms / 1000;
        match timing {
            Timing::Exact => ms(16),
            Timing::Jittery => (len.saturating_mul(3) / 2).clamp(ms(32), ms(60)),
        }
    }

    /// Jumps from here on are a new timeline (wrapped clock, spliced recording), not lost or repeated sound.
    fn discontinuity(&self) -> i64 {
        i64::from(self.rate) * 10
    }

    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// End of what has been placed.
    pub(super) fn cursor(&self) -> Option<i64> {
        self.cursor
    }

    pub(super) fn discontinuities(&self) -> u64 {
        self.discontinuities
    }

    /// Goes on counting at another rate.
    pub(super) fn change_rate(&mut self, rate: u32) {
        let (from, to) = (grid(self.rate), grid(rate));
        self.cursor = self.cursor.map(|c| rescale(c, from, to));
        self.limit = self.limit.map(|l| rescale(l, from, to));
        self.offset = rescale(self.offset, from, to);
        self.rate = rate;
    }

    /// Places a frame of `len` samples that claims to begin at `position`. After damage a jump is believed
    /// even where timestamps are jittery: something has been lost.
    pub(super) fn place(&mut self, position: Option<i64>, len: u64, after_damage: bool) -> Edit {
        let length = i64::try_from(len).unwrap_or(i64::MAX >> 2);
        let Some(cursor) = self.cursor else {
            self.cursor = Some(position.unwrap_or(0).saturating_add(length));
            return Edit::default();
        };
        let mut difference = position.map_or(0, |p| p.saturating_add(self.offset).saturating_sub(cursor));
        if self.is_new_timeline(cursor, difference) {
            self.discontinuities += 1;
            self.offset = self.offset.saturating_sub(difference);
            difference = 0;
        }
        let timing = if after_damage { Timing::Exact } else { self.timing };
        if difference.abs() < self.tolerance(timing, length) {
            difference = 0;
        }
        let edit = Edit {
            silence: u64::try_from(difference).unwrap_or(0),
            skip: u64::try_from(-difference).unwrap_or(0).min(len),
        };
        let skipped = i64::try_from(edit.skip).unwrap_or(length);
        self.cursor = Some(cursor.saturating_add(difference.max(0)).saturating_add(length - skipped));
        edit
    }

    fn is_new_timeline(&self, cursor: i64, difference: i64) -> bool {
        if difference.abs() < self.discontinuity() {
            return false;
        }
        difference < 0 || self.limit.is_some_and(|limit| cursor.saturating_add(difference) > limit)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE: u32 = 48_000;

    fn clock() -> Clock {
        Clock::new(RATE, Timing::Exact, None)
    }

    fn edit(silence: u64, skip: u64) -> Edit {
        Edit { silence, skip }
    }

    #[test]
    fn positions_are_exact_across_bases() {
        let zero = Time { ticks: 90_000, base: Ratio::new(1, 90_000) };
        assert_eq!(position(1000, Ratio::new(1, 1000), zero, RATE), Some(0));
        assert_eq!(position(1500, Ratio::new(1, 1000), zero, RATE), Some(24_000));
        assert_eq!(position(0, Ratio::new(1, 44_100), zero, 44_100), Some(-44_100));
        // 1001/30000 s are 1601.6 samples.
        let frame = Time { ticks: 1001, base: Ratio::new(1, 30_000) };
        assert_eq!(position(0, Ratio::new(1, 1000), frame, RATE), Some(-1602));
        assert_eq!(position(i64::MAX, Ratio::new(i32::MAX, 1), zero, RATE), None);
        assert_eq!(position(i64::MIN, Ratio::new(1, 1), zero, RATE), None);
    }

    #[test]
    fn millisecond_rounding_never_edits() {
        let mut clock = clock();
        for n in 0..100_000i64 {
            let exact = n * 1024;
            let ms = (exact * 1000 + 24_000) / 48_000;
            assert_eq!(clock.place(Some(ms * 48), 1024, false), Edit::default(), "frame {n}");
        }
        assert_eq!(clock.cursor(), Some(100_000 * 1024));
    }

    #[test]
    fn a_lost_frame_is_filled_and_an_overlap_cut() {
        let mut clock = clock();
        clock.place(Some(0), 1024, false);
        assert_eq!(clock.place(Some(2048), 1024, false), edit(1024, 0));
        assert_eq!(clock.place(Some(2048), 1024, false), edit(0, 1024));
        assert_eq!(clock.place(Some(2048), 2048, false), edit(0, 1024));
        assert_eq!(clock.cursor(), Some(4096));
        assert_eq!(clock.discontinuities(), 0);
    }

    #[test]
    fn a_parser_one_frame_off_is_ignored_unless_something_was_lost() {
        // Seen in a broadcast recording: MP3 frames of 26 ms whose times repeat and jump.
        let mut clock = Clock::new(RATE, Timing::Jittery, None);
        for late in [0, 0, 1253, 1253, 347, 347, -907, -907, 347] {
            let due = clock.cursor().unwrap_or(0);
            assert_eq!(clock.place(Some(due + late), 1253, false), Edit::default());
        }
        let due = clock.cursor().unwrap();
        assert_eq!(clock.place(Some(due + 1253), 1253, true), edit(1253, 0));
    }

    #[test]
    fn frames_without_a_time_follow_on() {
        let mut clock = clock();
        clock.place(Some(-500), 1000, false);
        assert_eq!(clock.place(None, 1000, false), Edit::default());
        assert_eq!(clock.place(Some(1500), 10, false), Edit::default());
    }

    #[test]
    fn a_wrapped_clock_goes_on_seamlessly() {
        let mut clock = clock();
        let wrap = (1i64 << 33) * 48_000 / 90_000;
        clock.place(Some(wrap - 1024), 1024, false);
        assert_eq!(clock.place(Some(0), 1024, false), Edit::default());
        assert_eq!(clock.place(Some(1024), 1024, false), Edit::default());
        assert_eq!(clock.place(Some(4096), 1024, false), edit(2048, 0), "gaps after the wrap are seen");
        assert_eq!(clock.discontinuities(), 1);
    }

    #[test]
    fn a_jump_past_the_end_is_no_gap() {
        let minute = i64::from(RATE) * 60;
        let mut clock = Clock::new(RATE, Timing::Exact, Some(10 * minute));
        clock.place(Some(0), 1024, false);
        assert_eq!(clock.place(Some(minute), 1024, false).silence, u64::try_from(minute).unwrap() - 1024);
        assert_eq!(clock.place(Some(700 * minute), 1024, false), Edit::default());
        assert_eq!(clock.discontinuities(), 1);
    }

    #[test]
    fn a_change_of_rate_keeps_the_time() {
        let mut clock = clock();
        clock.place(Some(48_000), 48_000, false);
        clock.change_rate(44_100);
        assert_eq!(clock.cursor(), Some(88_200));
        assert_eq!(clock.place(Some(88_200), 100, false), Edit::default());
    }

    proptest! {
        /// Whatever the timestamps: what is put out is exactly what lies between first sample and cursor.
        #[test]
        fn output_is_the_covered_span(
            frames in prop::collection::vec((prop::option::of(-20_000_000i64..20_000_000), 0u64..5000), 1..60),
            limit in prop::option::of(0i64..10_000_000),
            timing in prop::sample::select(vec![Timing::Exact, Timing::Jittery]),
        ) {
            let mut clock = Clock::new(RATE, timing, limit);
            let first = frames[0].0.unwrap_or(0);
            let mut total = 0;
            for (position, len) in frames {
                let edit = clock.place(position, len, false);
                prop_assert!(edit.skip <= len);
                prop_assert!(edit.silence == 0 || edit.skip == 0);
                total += edit.silence + len - edit.skip;
            }
            let covered = clock.cursor().unwrap() - first;
            prop_assert_eq!(u64::try_from(covered).unwrap(), total);
        }

        /// A true timeline with holes: every sample ends up within the tolerance of its own time.
        #[test]
        fn sound_stays_in_sync(
            frames in prop::collection::vec((0i64..400_000, 1u64..3000, -200i64..200), 1..80),
        ) {
            let mut clock = clock();
            let mut truth = 0i64;
            for (gap, len, jitter) in frames {
                truth += gap;
                let before = clock.cursor();
                let edit = clock.place(Some(truth + jitter), len, false);
                if let Some(before) = before {
                    let [silence, skip] = [edit.silence, edit.skip].map(|n| i64::try_from(n).unwrap());
                    let off = before + silence - skip - truth;
                    prop_assert!(off.abs() <= clock.tolerance(Timing::Exact, 0) + 200, "{off} at {truth}");
                }
                truth += i64::try_from(len).unwrap();
            }
        }
    }
}
