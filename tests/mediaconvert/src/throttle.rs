//! How many calls there may be, and how many there were.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

/// A token bucket over all calls of the account. The published rate is 2 a second, in bursts of 100.
#[derive(Debug)]
pub(crate) struct Throttle {
    /// Calls a second.
    rate: f64,
    /// Most at once.
    burst: f64,
    tokens: f64,
    /// When the tokens were counted, seconds since 1970.
    at: f64,
    counts: Calls,
    /// When calls came within the last minute.
    minute: VecDeque<f64>,
}

/// Calls since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Calls {
    /// By the name of the operation.
    pub operations: BTreeMap<String, Count>,
    /// All, throttled ones with them.
    pub total: u64,
    /// Refused because there were too many.
    pub throttled: u64,
    /// The highest number in any 60 seconds of the server's clock.
    pub most_in_a_minute: usize,
}

/// Of one operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// All.
    pub calls: u64,
    /// Refused because there were too many.
    pub throttled: u64,
}

impl Throttle {
    pub(crate) fn new(rate: f64, burst: f64, now: f64) -> Self {
        Self { rate, burst, tokens: burst, at: now, counts: Calls::default(), minute: VecDeque::new() }
    }

    /// Counts a call; whether it may go on.
    pub(crate) fn take(&mut self, operation: &str, now: f64) -> bool {
        self.tokens = (self.tokens + (now - self.at) * self.rate).min(self.burst);
        self.at = now;
        let allowed = self.tokens >= 1.0;
        if allowed {
            self.tokens -= 1.0;
        }
        let counts = &mut self.counts;
        let count = counts.operations.entry(operation.to_owned()).or_default();
        count.calls += 1;
        count.throttled += u64::from(!allowed);
        counts.total += 1;
        counts.throttled += u64::from(!allowed);
        self.minute.push_back(now);
        while self.minute.front().is_some_and(|first| *first <= now - 60.0) {
            self.minute.pop_front();
        }
        counts.most_in_a_minute = counts.most_in_a_minute.max(self.minute.len());
        allowed
    }

    pub(crate) fn calls(&self) -> Calls {
        self.counts.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let mut throttle = Throttle::new(2.0, 100.0, 1000.0);
        let burst = (0..150).filter(|_| throttle.take("GetJob", 1000.0)).count();
        assert_eq!(burst, 100);
        assert!(!throttle.take("GetJob", 1000.4));
        let later = (0..30).filter(|_| throttle.take("ListJobs", 1010.0)).count();
        assert_eq!(later, 20);
        let calls = throttle.calls();
        assert_eq!((calls.total, calls.throttled, calls.most_in_a_minute), (181, 61, 181));
        assert_eq!(calls.operations["ListJobs"], Count { calls: 30, throttled: 10 });
        // A quiet time fills it, to the burst and no more.
        let full = (0..150).filter(|_| throttle.take("GetJob", 9000.0)).count();
        assert_eq!(full, 100);
        assert_eq!(throttle.calls().most_in_a_minute, 181);
    }
}
