//! Turns of the calls to MediaConvert: one bucket of tokens for all of them, and what must be quick goes first.
//!
//! An account has 2 calls a second over all operations, and 100 at once after a quiet time. Source: the service's
//! default quotas, "Request rate for API calls in aggregate".

use std::{
    collections::BTreeSet,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time};

/// Calls a minute, unless something else is set: a fifth of what AWS allows is left to others.
const PER_MINUTE: u32 = 96;
/// Calls at once after a quiet time, per call a minute: 90 of 96.
const BURST: f64 = 90.0 / 96.0;
/// Never more at once than this: nothing says that the 100 grow with a raised rate.
const MOST_AT_ONCE: f64 = 90.0;
/// What is left of the rate after a refusal.
const CUT: f64 = 0.7;
/// Refusals within this are one: they answer calls that were under way together.
const CUT_ONCE_IN: Duration = Duration::from_secs(1);
/// The rate stays at least this part of what is set.
const LEAST: f64 = 0.05;
/// So long after the last refusal the rate begins to grow again,
const QUIET: Duration = Duration::from_secs(5);
/// by this part of what is set, per second.
const GROWTH: f64 = 0.0125;
/// The how-manieth turn goes to whoever would come last, so that nobody waits for ever.
const FAIR: u64 = 8;

/// What a call is for; the first goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// It saves money.
    Cancel,
    /// It gets work done.
    Create,
    /// It only asks.
    Look,
}

/// Who waits: lane, and number in the order of coming.
type Place = (Lane, u64);

/// Whether it is somebody's turn.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Turn {
    /// Yes; they do not wait any more.
    Now,
    /// Not before so long.
    In(Duration),
    /// Somebody else goes before.
    Behind,
}

/// The bucket. Times are since any one instant.
struct Bucket {
    /// Calls a second, as set.
    full: f64,
    /// Calls a second, now.
    rate: f64,
    burst: f64,
    tokens: f64,
    at: Duration,
    cut: Option<Duration>,
    refused: Option<Duration>,
    waiting: BTreeSet<Place>,
    came: u64,
    given: u64,
}

impl Bucket {
    fn per_minute(calls: u32) -> Self {
        let calls = f64::from(calls.max(1));
        let full = calls / 60.0;
        let burst = (calls * BURST).clamp(1.0, MOST_AT_ONCE);
        Self {
            full,
            rate: full,
            burst,
            tokens: burst,
            at: Duration::ZERO,
            cut: None,
            refused: None,
            waiting: BTreeSet::new(),
            came: 0,
            given: 0,
        }
    }

    fn enter(&mut self, lane: Lane) -> Place {
        self.came += 1;
        let place = (lane, self.came);
        self.waiting.insert(place);
        place
    }

    fn turn(&mut self, place: Place, now: Duration) -> Turn {
        self.refill(now);
        if self.next() != Some(place) {
            return Turn::Behind;
        }
        if self.tokens < 1.0 {
            // A little more, so that rounding does not wake anybody for nothing.
            return Turn::In(Duration::from_secs_f64((1.0 - self.tokens) / self.rate + 0.001));
        }
        self.tokens -= 1.0;
        self.given += 1;
        self.waiting.remove(&place);
        Turn::Now
    }

    fn next(&self) -> Option<Place> {
        if self.given % FAIR != FAIR - 1 {
            return self.waiting.first().copied();
        }
        let (last, _) = *self.waiting.last()?;
        self.waiting.range((last, 0)..).next().copied()
    }

    fn refill(&mut self, now: Duration) {
        if let Some(quiet) = self.refused.map(|refused| refused + QUIET) {
            let grown = now.saturating_sub(self.at.max(quiet)).as_secs_f64();
            self.rate = (self.rate + self.full * GROWTH * grown).min(self.full);
        }
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.tokens = (self.tokens + self.rate * passed).min(self.burst);
        self.at = self.at.max(now);
    }

    /// The service wants fewer calls.
    fn refuse(&mut self, now: Duration) {
        self.refill(now);
        self.tokens = 0.0;
        self.refused = Some(now);
        if self.cut.is_none_or(|cut| now.saturating_sub(cut) >= CUT_ONCE_IN) {
            self.cut = Some(now);
            self.rate = (self.rate * CUT).max(self.full * LEAST);
        }
    }
}

/// See the module.
pub(crate) struct Calls {
    bucket: Mutex<Bucket>,
    /// Somebody had their turn, or gave it up.
    moved: Notify,
    since: time::Instant,
}

impl Calls {
    /// So many calls a minute; `None`: what leaves something to others.
    pub(crate) fn per_minute(calls: Option<u32>) -> Self {
        let bucket = Bucket::per_minute(calls.unwrap_or(PER_MINUTE));
        Self { bucket: Mutex::new(bucket), moved: Notify::new(), since: time::Instant::now() }
    }

    /// Returns when the call may be made.
    pub(crate) async fn turn(&self, lane: Lane) {
        let waiting = Waiting { calls: self, place: self.bucket().enter(lane) };
        loop {
            let mut moved = pin!(self.moved.notified());
            // From here on nothing is missed.
            moved.as_mut().enable();
            let turn = self.bucket().turn(waiting.place, self.since.elapsed());
            match turn {
                Turn::Now => return,
                Turn::In(pause) => {
                    // Somebody who goes before may come.
                    let _ = time::timeout(pause, moved).await;
                }
                Turn::Behind => moved.await,
            }
        }
    }

    /// The service wants fewer calls.
    pub(crate) fn refused(&self) {
        self.bucket().refuse(self.since.elapsed());
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever waits no longer makes way.
struct Waiting<'a> {
    calls: &'a Calls,
    place: Place,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.calls.bucket().waiting.remove(&self.place);
        self.calls.moved.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// The service: 2 calls a second, 100 at once.
    struct Service {
        tokens: f64,
        at: Duration,
    }

    impl Service {
        const RATE: f64 = 2.0;
        const BURST: f64 = 100.0;

        fn takes(&mut self, now: Duration) -> bool {
            let passed = now.saturating_sub(self.at).as_secs_f64();
            self.tokens = (self.tokens + passed * Self::RATE).min(Self::BURST);
            self.at = now;
            let takes = self.tokens >= 1.0;
            self.tokens -= f64::from(u8::from(takes));
            takes
        }
    }

    /// Waits as [`Calls::turn`] does, in made-up time.
    fn wait(bucket: &mut Bucket, lane: Lane, now: &mut Duration) {
        let place = bucket.enter(lane);
        loop {
            match bucket.turn(place, *now) {
                Turn::Now => return,
                Turn::In(pause) => *now += pause.max(MS),
                Turn::Behind => panic!("nobody else waits"),
            }
        }
    }

    #[test]
    fn a_thousand_calls_are_never_refused_and_take_no_longer_than_they_must() {
        let mut bucket = Bucket::per_minute(PER_MINUTE);
        let mut service = Service { tokens: Service::BURST, at: Duration::ZERO };
        let mut now = Duration::ZERO;
        for _ in 0..1_000 {
            wait(&mut bucket, Lane::Create, &mut now);
            assert!(service.takes(now), "at {now:?}");
        }
        let least = (1_000.0 - 90.0) / 1.6;
        assert!((least - 1.0..least + 5.0).contains(&now.as_secs_f64()), "{now:?}");
    }

    #[test]
    fn a_storm_of_refusals_costs_one_cut_and_passes() {
        let mut bucket = Bucket::per_minute(PER_MINUTE);
        for number in 0..50 {
            bucket.refuse(MS * number);
        }
        assert!((bucket.rate - bucket.full * CUT).abs() < 1e-9, "{}", bucket.rate);
        for second in 1..100 {
            bucket.refuse(Duration::from_secs(second));
        }
        assert!((bucket.rate - bucket.full * LEAST).abs() < 1e-9, "it stays above nothing");
        bucket.refill(Duration::from_secs(99) + QUIET);
        assert!((bucket.rate - bucket.full * LEAST).abs() < 1e-9, "and waits");
        bucket.refill(Duration::from_secs(99 + 40));
        assert!(bucket.rate > bucket.full * 0.4 && bucket.rate < bucket.full * 0.6, "{}", bucket.rate);
        bucket.refill(Duration::from_secs(99 + 200));
        assert!((bucket.rate - bucket.full).abs() < 1e-9);
    }

    #[test]
    fn somebody_else_who_uses_the_account_leaves_us_our_share() {
        // Others make a call a second: 60 of the 120 that there are a minute.
        let mut bucket = Bucket::per_minute(PER_MINUTE);
        let mut service = Service { tokens: Service::BURST, at: Duration::ZERO };
        let (mut now, mut other, mut refused, mut calls) = (Duration::ZERO, 0, 0, 0);
        while now < Duration::from_mins(30) {
            wait(&mut bucket, Lane::Create, &mut now);
            while Duration::from_secs(other) < now {
                service.takes(Duration::from_secs(other).max(service.at));
                other += 1;
            }
            calls += 1;
            if !service.takes(now.max(service.at)) {
                refused += 1;
                bucket.refuse(now);
            }
        }
        let taken = f64::from(calls - refused) / 1_800.0;
        assert!(taken > 0.7, "{taken} a second");
        assert!(refused * 10 < calls, "{refused} of {calls}");
    }

    #[test]
    fn what_must_be_quick_goes_first_and_nobody_waits_for_ever() {
        let mut bucket = Bucket::per_minute(60);
        bucket.tokens = 0.0;
        let look = bucket.enter(Lane::Look);
        let mut creates: Vec<_> = (0..30).map(|_| bucket.enter(Lane::Create)).collect();
        let cancel = bucket.enter(Lane::Cancel);
        let mut order = Vec::new();
        let mut now = Duration::ZERO;
        while order.len() < 32 {
            now += Duration::from_secs(1);
            let place = bucket.next().unwrap();
            if bucket.turn(place, now) == Turn::Now {
                order.push(place);
            }
        }
        assert_eq!(order[0], cancel);
        assert_eq!(order.iter().position(|place| *place == look), Some(7));
        order.retain(|place| place.0 == Lane::Create);
        creates.sort_unstable();
        assert_eq!(order, creates, "each lane in the order of coming");
    }

    #[tokio::test]
    async fn whoever_stops_waiting_makes_way() {
        let calls = Calls::per_minute(Some(60_000));
        calls.bucket().tokens = -1e9;
        let (first, second) = (calls.turn(Lane::Cancel), calls.turn(Lane::Look));
        let (mut first, mut second) = (Box::pin(first), Box::pin(second));
        assert!(futures_are_pending(&mut first) && futures_are_pending(&mut second));
        drop(first);
        calls.bucket().tokens = 1.0;
        second.await;
    }

    fn futures_are_pending(future: &mut (impl Future<Output = ()> + Unpin)) -> bool {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        std::pin::Pin::new(future).poll(&mut context).is_pending()
    }

    proptest! {
        /// In no minute are there more calls than the burst and a minute's rate.
        #[test]
        fn no_minute_has_too_many(
            per_minute in 1_u32..300,
            gaps in proptest::collection::vec(0_u32..30_000, 1..300),
            refusals in proptest::collection::btree_set(0_usize..300, 0..20),
        ) {
            let mut bucket = Bucket::per_minute(per_minute);
            let mut now = Duration::ZERO;
            let mut calls = Vec::new();
            for (number, gap) in gaps.into_iter().enumerate() {
                now += MS * gap.saturating_sub(20_000);
                wait(&mut bucket, Lane::Look, &mut now);
                calls.push(now);
                if refusals.contains(&number) {
                    bucket.refuse(now);
                }
            }
            let most = f64::from(per_minute) + bucket.burst + 1.0;
            for (first, begin) in calls.iter().enumerate() {
                let within = calls[first..].iter().take_while(|call| **call < *begin + Duration::from_mins(1));
                prop_assert!(f64::from(u32::try_from(within.count()).unwrap()) <= most);
            }
        }
    }
}
