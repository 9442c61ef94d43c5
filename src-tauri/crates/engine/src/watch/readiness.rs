//! Whether a file has been still for long enough.
//!
//! Times are those of a clock that does not jump, where there is one. A clock that does jump costs at most one
//! more window: what it cannot have seen pass counts for half a window at most, and never for less than nothing.

use super::tree::Entry;

/// A window grows by a second for so many bytes.
const BYTES_A_SECOND: u64 = 4 << 30;
/// It grows by so much at most, in s.
const MOST_GROWTH_S: u64 = 60;
/// A look may come so late, in ms, before it is doubted that the time really passed.
const LATE_MS: i64 = 2_000;
/// A file that changes is looked at as often as this, in ms.
const SOONEST_MS: i64 = 200;
/// A file that changes is looked at at least as often as this, in ms: its last change is known as exactly.
const LATEST_MS: i64 = 1_000;

/// What is remembered of a file between looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stand {
    /// Size in bytes.
    pub(crate) bytes: u64,
    /// Time of the last change of its content, ns since 1970, UTC.
    pub(crate) mtime_ns: i64,
    /// Its number in its file system.
    pub(crate) inode: u64,
    /// Since when looks agree, ms.
    pub(crate) still_since_ms: i64,
    /// When it was last looked at, ms.
    pub(crate) last_look_ms: i64,
}

/// What a look says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// It changed since the last look, or was never looked at.
    Growing {
        /// Bytes per second; 0: it changed without growing, or this was the first look.
        bytes_per_s: u64,
        /// When to look again, ms.
        next_look_ms: i64,
    },
    /// It did not change, but not for long enough.
    Settling {
        /// When it has been, ms.
        until_ms: i64,
    },
    /// It has been still for long enough.
    Still,
}

/// How long a file of this size must be still, in ms: twice as long on a network drive, which tells late of
/// what others write.
pub(crate) fn window_ms(settle_s: u32, bytes: u64, network: bool) -> i64 {
    let settle = u64::from(settle_s) * if network { 2 } else { 1 };
    let seconds = settle + (bytes / BYTES_A_SECOND).min(MOST_GROWTH_S);
    i64::try_from(seconds * 1_000).unwrap_or(i64::MAX)
}

/// Judges a look at a file. It takes two looks that agree, whatever the window.
pub(crate) fn judge(before: Option<&Stand>, entry: &Entry, now_ms: i64, window_ms: i64) -> (Stand, Judged) {
    let fresh = Stand {
        bytes: entry.bytes,
        mtime_ns: entry.mtime_ns,
        inode: entry.inode,
        still_since_ms: now_ms,
        last_look_ms: now_ms,
    };
    let next_look_ms = now_ms.saturating_add((window_ms / 5).clamp(SOONEST_MS, LATEST_MS));
    let Some(before) = before else { return (fresh, Judged::Growing { bytes_per_s: 0, next_look_ms }) };
    let gap = now_ms.saturating_sub(before.last_look_ms);
    if (before.bytes, before.mtime_ns, before.inode) != (entry.bytes, entry.mtime_ns, entry.inode) {
        let bytes_per_s = rate(entry.bytes.saturating_sub(before.bytes), gap);
        return (fresh, Judged::Growing { bytes_per_s, next_look_ms });
    }
    let was_still = before.last_look_ms.saturating_sub(before.still_since_ms).clamp(0, window_ms.max(0));
    let still = was_still + passed(gap, window_ms, window_ms.saturating_sub(was_still));
    let stand = Stand { still_since_ms: now_ms.saturating_sub(still), ..fresh };
    if still >= window_ms {
        return (stand, Judged::Still);
    }
    (stand, Judged::Settling { until_ms: now_ms.saturating_add(window_ms - still) })
}

/// How much of the time between two looks is believed, in ms.
fn passed(gap: i64, window_ms: i64, left: i64) -> i64 {
    if gap > left.saturating_add(LATE_MS) { gap.min(window_ms / 2) } else { gap.max(0) }
}

fn rate(grown: u64, gap_ms: i64) -> u64 {
    let gap = u64::try_from(gap_ms).unwrap_or(0).max(1);
    u64::try_from(u128::from(grown) * 1_000 / u128::from(gap)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(version: u64) -> Entry {
        let mtime_ns = i64::try_from(version).unwrap();
        Entry { path: "a.mov".into(), bytes: version * 1_000, mtime_ns, dev: 1, inode: 7, tag: None }
    }

    #[test]
    fn windows_grow_with_the_file_and_on_network_drives() {
        assert_eq!(window_ms(5, 1 << 30, false), 5_000);
        assert_eq!(window_ms(5, 9 << 30, false), 7_000);
        assert_eq!(window_ms(5, 9 << 30, true), 12_000);
        assert_eq!(window_ms(5, u64::MAX, false), 65_000);
        assert_eq!(window_ms(u32::MAX, u64::MAX, true), (2 * i64::from(u32::MAX) + 60) * 1_000);
    }

    #[test]
    fn a_file_is_watched_growing_then_settling_then_is_still() {
        let (stand, judged) = judge(None, &entry(1), 10_000, 5_000);
        assert_eq!(judged, Judged::Growing { bytes_per_s: 0, next_look_ms: 11_000 });
        let (stand, judged) = judge(Some(&stand), &entry(5), 12_000, 5_000);
        assert_eq!(judged, Judged::Growing { bytes_per_s: 2_000, next_look_ms: 13_000 });
        let (stand, judged) = judge(Some(&stand), &entry(5), 13_000, 5_000);
        assert_eq!(judged, Judged::Settling { until_ms: 17_000 });
        let (stand, judged) = judge(Some(&stand), &entry(5), 16_999, 5_000);
        assert_eq!(judged, Judged::Settling { until_ms: 17_000 });
        assert_eq!(judge(Some(&stand), &entry(5), 17_000, 5_000).1, Judged::Still);
        assert_eq!(
            judge(Some(&stand), &entry(2), 17_000, 5_000).1,
            Judged::Growing { bytes_per_s: 0, next_look_ms: 18_000 }
        );
    }

    #[test]
    fn each_of_size_time_and_number_counts() {
        let (stand, _) = judge(None, &entry(1), 0, 0);
        let still = |change: fn(&mut Entry)| {
            let mut entry = entry(1);
            change(&mut entry);
            judge(Some(&stand), &entry, 1_000, 0).1 == Judged::Still
        };
        assert!(still(|_| {}));
        assert!(!still(|entry| entry.bytes += 1));
        assert!(!still(|entry| entry.mtime_ns -= 1));
        assert!(!still(|entry| entry.inode += 1));
    }

    #[test]
    fn without_a_window_two_looks_must_agree_all_the_same() {
        let (stand, judged) = judge(None, &entry(1), 0, 0);
        assert_eq!(judged, Judged::Growing { bytes_per_s: 0, next_look_ms: SOONEST_MS });
        assert_eq!(judge(Some(&stand), &entry(1), 0, 0).1, Judged::Still);
    }

    /// Looks at a file when its time has come by a clock that may jump, at least every 2 s; gives the time at
    /// which it was taken, and when it last changed or the clock last jumped.
    fn follow(changes: &[i64], jumps: &[(i64, i64)], window: i64) -> Option<(i64, i64)> {
        let (mut stand, mut due) = (None, 0_i64);
        let last = changes.iter().chain(jumps.iter().map(|(at, _)| at)).copied().max().unwrap_or(0);
        for now in (0..last + 4 * window + 60_000).step_by(100) {
            let clock = now + jumps.iter().filter(|(at, _)| *at <= now).map(|(_, by)| by).sum::<i64>();
            // A clock that goes back must not keep anybody from looking.
            if clock < due && due - clock <= window.max(LATEST_MS) {
                continue;
            }
            let version = changes.iter().filter(|at| **at <= now).count() as u64;
            let (now_stand, judged) = judge(stand.as_ref(), &entry(version), clock, window);
            stand = Some(now_stand);
            due = match judged {
                Judged::Growing { next_look_ms, .. } => next_look_ms,
                Judged::Settling { until_ms } => until_ms,
                Judged::Still => return Some((now, version.try_into().unwrap())),
            };
        }
        None
    }

    proptest! {
        #[test]
        fn on_an_even_clock_it_is_never_early_and_never_late(
            gaps in prop::collection::vec(1_i64..4_000, 0..8), settle in 4_u32..20,
        ) {
            // Shorter than the window apart, as a copy that goes on is.
            let window = window_ms(settle, 0, false);
            let changes: Vec<i64> = gaps.iter().scan(0, |at, gap| { *at += gap; Some(*at) }).collect();
            let (taken, seen) = follow(&changes, &[], window).expect("it ends");
            let last = changes.last().copied().unwrap_or(0);
            if seen == i64::try_from(changes.len()).unwrap() {
                prop_assert!(taken >= last + window, "early: {} after {}", taken, last);
                // Without hints a change is known at the next look only.
                prop_assert!(taken <= last + 2 * window + 200, "late: {} after {}", taken, last);
            }
        }

        #[test]
        fn jumps_of_the_clock_neither_start_early_nor_wait_for_ever(
            jumps in prop::collection::vec((0_i64..60_000, prop_oneof![
                -3_000_000_000..-1_i64, 60_000_i64..3_000_000_000,
            ]), 1..4),
            settle in 2_u32..40,
        ) {
            let window = window_ms(settle, 0, false);
            let (taken, _) = follow(&[], &jumps, window).expect("it ends");
            let ahead = jumps.iter().filter(|(at, by)| *by > 0 && *at <= taken).count();
            if ahead <= 1 {
                prop_assert!(taken >= window / 2 - 100, "early: {} of {}", taken, window);
            }
            let last = jumps.iter().map(|(at, _)| *at).max().unwrap();
            prop_assert!(taken <= last.max(window) + 2 * window + 4_000, "late: {}", taken);
        }
    }
}
