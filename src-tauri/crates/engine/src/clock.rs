//! Time and chance, injected so that tests decide both.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The time of day, and how long to wait for something to happen.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970, UTC.
    fn now_ms(&self) -> i64;

    /// Milliseconds since some moment, whatever anybody does to the time of day meanwhile.
    fn steady_ms(&self) -> i64 {
        self.now_ms()
    }

    /// How long the runner may sleep when nothing is due before `due_ms`; longer than `poll` when it is
    /// `idle`. A simulated clock moves itself forward instead of letting real time pass.
    fn patience(&self, due_ms: Option<i64>, idle: bool, poll: Duration) -> Duration;
}

/// How often somebody with nothing to do looks for news of other processes.
const IDLE: Duration = Duration::from_millis(500);

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn steady_ms(&self) -> i64 {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        time.tv_sec.saturating_mul(1_000).saturating_add(time.tv_nsec / 1_000_000)
    }

    fn patience(&self, due_ms: Option<i64>, idle: bool, poll: Duration) -> Duration {
        let poll = if idle { poll.max(IDLE) } else { poll };
        let Some(due) = due_ms else { return poll };
        let left = u64::try_from(due.saturating_sub(self.now_ms())).unwrap_or(0);
        poll.min(Duration::from_millis(left.max(1)))
    }
}

/// Where jitter comes from.
pub trait Chance: Send + Sync {
    /// A number from 0 to `ceiling`, both included.
    fn up_to(&self, ceiling: u64) -> u64;
}

/// Randomness of the process: enough to spread retries, of no use for secrets.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn up_to(&self, ceiling: u64) -> u64 {
        let random = RandomState::new().hash_one(0_u8);
        ceiling.checked_add(1).map_or(random, |n| random % n)
    }
}

/// When a step that failed `attempts` times (at least once) is tried again, in ms from now: full
/// jitter below a ceiling that doubles with every failure.
pub(crate) fn back_off_ms(retry: &spillway_profile::Retry, attempts: u32, chance: &dyn Chance) -> u64 {
    let doubled = 1_u64.checked_shl(attempts.saturating_sub(1)).unwrap_or(u64::MAX);
    chance.up_to(retry.base_ms.saturating_mul(doubled).min(retry.cap_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Highest;
    impl Chance for Highest {
        fn up_to(&self, ceiling: u64) -> u64 {
            ceiling
        }
    }

    #[test]
    fn the_ceiling_doubles_until_the_cap() {
        let retry = spillway_profile::Retry { max_attempts: 9, base_ms: 1_000, cap_ms: 60_000 };
        let ceilings: Vec<u64> = (1..=8).map(|n| back_off_ms(&retry, n, &Highest)).collect();
        assert_eq!(ceilings, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(back_off_ms(&retry, 200, &Highest), 60_000);
    }

    #[test]
    fn somebody_idle_sleeps_longer_but_never_past_what_is_due() {
        let poll = Duration::from_millis(100);
        assert_eq!(SystemClock.patience(None, false, poll), poll);
        assert_eq!(SystemClock.patience(None, true, poll), IDLE);
        let due = SystemClock.now_ms() + 60;
        assert!(SystemClock.patience(Some(due), true, poll) <= Duration::from_millis(60));
    }

    #[test]
    fn jitter_stays_below_its_ceiling() {
        for ceiling in [0, 1, 2, 1_000] {
            for _ in 0..200 {
                assert!(SystemChance.up_to(ceiling) <= ceiling);
            }
        }
    }
}
