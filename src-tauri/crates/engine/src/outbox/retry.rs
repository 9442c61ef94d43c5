//! What becomes of a message that was not taken, and of its channel. Pure.

use std::time::Duration;

use spillway_notification::{Again, MENDING};
use spillway_profile::Retry;

use crate::clock::{Chance, back_off_ms};

/// A message is not tried for longer.
pub(super) const PATIENCE_MS: i64 = 3 * 86_400_000;
/// After so many failed tries in a row a channel rests as a whole: one try for all instead of one for each message.
pub(super) const TROUBLED: u32 = 5;
/// Pauses between tries: full jitter below a ceiling that doubles from a second to ten minutes.
const RETRY: Retry = Retry { max_attempts: u32::MAX, base_ms: 1_000, cap_ms: 600_000 };
/// Nobody may ask for longer than this.
const LONGEST: Duration = Duration::from_hours(1);
/// Jitter may say at once; a host that is just starting wants a moment.
const SHORTEST_MS: u64 = 250;

/// How message and channel fared before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    /// Failed tries of the message.
    pub(super) attempts: u32,
    /// When the first of them was, ms UTC.
    pub(super) failing_ms: Option<i64>,
    /// Failed tries of the channel in a row.
    pub(super) failures: u32,
    /// When the first of them was, ms UTC.
    pub(super) channel_failing_ms: Option<i64>,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct After {
    /// When the message is tried again, ms UTC; `None`: not any more.
    pub(super) next_ms: Option<i64>,
    /// Whether it says anything about the channel.
    pub(super) blames_channel: bool,
    /// Nothing of the channel is tried before, ms UTC.
    pub(super) resume_ms: Option<i64>,
    /// Whatever waits since before is given up, ms UTC.
    pub(super) sweep_ms: Option<i64>,
}

/// After a try that failed.
pub(super) fn after(again: Again, before: Before, now_ms: i64, chance: &dyn Chance) -> After {
    let later = |ms: u64| now_ms.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX));
    let pause = |tries: u32| back_off_ms(&RETRY, tries, chance).max(SHORTEST_MS);
    let asked = match again {
        // The other side works, and does not want this one.
        Again::Never => {
            return After { next_ms: None, blames_channel: false, resume_ms: None, sweep_ms: None };
        }
        Again::Later => None,
        Again::After(span) => Some(span.min(LONGEST)),
    };
    let asked_ms = asked.map_or(0, |span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX));
    let failures = before.failures.saturating_add(1);
    let rests = (failures >= TROUBLED).then(|| pause(failures - TROUBLED + 1));
    // What a person has to mend may concern this message alone; a host that asks for time means everything.
    let host_asks = asked.filter(|span| *span != MENDING).map(|_| asked_ms);
    let long_ago =
        |since: Option<i64>| since.is_some_and(|since| since <= now_ms.saturating_sub(PATIENCE_MS));
    let given_up = long_ago(before.failing_ms);
    After {
        next_ms: (!given_up).then(|| later(pause(before.attempts.saturating_add(1)).max(asked_ms))),
        blames_channel: true,
        resume_ms: rests.max(host_asks).map(later),
        sweep_ms: long_ago(before.channel_failing_ms).then(|| now_ms.saturating_sub(PATIENCE_MS)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Highest;
    impl Chance for Highest {
        fn up_to(&self, ceiling: u64) -> u64 {
            ceiling
        }
    }

    const NOW: i64 = 1_800_000_000_000;
    const FRESH: Before = Before { attempts: 0, failing_ms: None, failures: 0, channel_failing_ms: None };

    #[test]
    fn pauses_double_from_a_second_to_ten_minutes() {
        let pause = |attempts| {
            let next = after(Again::Later, Before { attempts, ..FRESH }, NOW, &Highest).next_ms.unwrap();
            next - NOW
        };
        assert_eq!([0, 1, 2, 9, 10, 60].map(pause), [1_000, 2_000, 4_000, 512_000, 600_000, 600_000]);
    }

    #[test]
    fn a_channel_rests_after_five_failures_in_a_row() {
        let resume = |failures| after(Again::Later, Before { failures, ..FRESH }, NOW, &Highest).resume_ms;
        assert_eq!(resume(0), None);
        assert_eq!(resume(3), None);
        assert_eq!(resume(4), Some(NOW + 1_000));
        assert_eq!(resume(6), Some(NOW + 4_000));
        assert_eq!(resume(100), Some(NOW + 600_000));
    }

    #[test]
    fn who_asks_for_time_gets_it_for_all_messages_and_who_waits_for_a_person_for_this_one() {
        let asks = after(Again::After(Duration::from_mins(2)), FRESH, NOW, &Highest);
        assert_eq!((asks.next_ms, asks.resume_ms), (Some(NOW + 120_000), Some(NOW + 120_000)));
        let mend = after(Again::After(MENDING), FRESH, NOW, &Highest);
        assert_eq!((mend.next_ms, mend.resume_ms), (Some(NOW + 600_000), None));
        let greedy = after(Again::After(Duration::from_secs(1 << 40)), FRESH, NOW, &Highest);
        assert_eq!(greedy.next_ms, Some(NOW + 3_600_000));
    }

    #[test]
    fn a_refusal_for_good_ends_the_message_and_blames_nobody() {
        let after = after(Again::Never, Before { failures: 50, ..FRESH }, NOW, &Highest);
        assert_eq!(after, After { next_ms: None, blames_channel: false, resume_ms: None, sweep_ms: None });
    }

    #[test]
    fn after_three_days_of_failing_it_is_given_up() {
        let message = Before { attempts: 500, failing_ms: Some(NOW - PATIENCE_MS), ..FRESH };
        let gone = after(Again::Later, message, NOW, &Highest);
        assert_eq!((gone.next_ms, gone.sweep_ms), (None, None));
        let channel = Before { failures: 500, channel_failing_ms: Some(NOW - PATIENCE_MS), ..FRESH };
        let swept = after(Again::Later, channel, NOW, &Highest);
        assert_eq!(swept.sweep_ms, Some(NOW - PATIENCE_MS));
        let patient = Before { failing_ms: Some(NOW - PATIENCE_MS + 1), ..FRESH };
        assert!(after(Again::Later, patient, NOW, &Highest).next_ms.is_some());
    }

    struct Fixed(u64);
    impl Chance for Fixed {
        fn up_to(&self, ceiling: u64) -> u64 {
            self.0.min(ceiling)
        }
    }

    proptest! {
        #[test]
        fn the_next_try_is_in_the_future_and_never_more_than_an_hour_away(
            attempts in any::<u32>(), failures in any::<u32>(), jitter in any::<u64>(),
            asked in prop::option::of(any::<u32>()),
        ) {
            let again = asked.map_or(Again::Later, |s| Again::After(Duration::from_secs(s.into())));
            let before = Before { attempts, failures, ..FRESH };
            let after = after(again, before, NOW, &Fixed(jitter));
            for at in [after.next_ms, after.resume_ms].into_iter().flatten() {
                prop_assert!(at > NOW && at <= NOW + 3_600_000);
            }
        }
    }
}
