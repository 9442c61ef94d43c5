//! Progress held back to a few messages a second: only the latest of each step counts.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use spillway_engine::model::JobId;

use crate::message::StepProgress;

/// Between two messages about progress: 5 a second.
const EVERY: Duration = Duration::from_millis(200);

/// Progress that was not told yet.
#[derive(Debug, Default)]
pub(super) struct Pace {
    told: Option<Instant>,
    steps: BTreeMap<(JobId, u32), StepProgress>,
}

impl Pace {
    /// A step got further.
    pub(super) fn note(&mut self, step: StepProgress) {
        self.steps.insert((step.job, step.ord), step);
    }

    /// A step does not run any more: what it was at is of no interest.
    pub(super) fn forget(&mut self, job: JobId, ord: u32) {
        self.steps.remove(&(job, ord));
    }

    /// No step of this job runs any more.
    pub(super) fn forget_job(&mut self, job: JobId) {
        self.steps.retain(|(of, _), _| *of != job);
    }

    /// When the next message is due.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        (!self.steps.is_empty()).then(|| self.told.map_or(now, |told| told + EVERY))
    }

    /// What is to be told now; empty: nothing, or not yet.
    pub(super) fn take(&mut self, now: Instant) -> Vec<StepProgress> {
        if self.due(now).is_none_or(|due| due > now) {
            return Vec::new();
        }
        self.told = Some(now);
        std::mem::take(&mut self.steps).into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(ord: u32, done: u64) -> StepProgress {
        StepProgress { job: JobId(uuid::Uuid::nil()), ord, done, total: 100 }
    }

    #[test]
    fn at_most_five_a_second_and_the_latest_of_each_step() {
        let begin = Instant::now();
        let mut pace = Pace::default();
        let mut told = Vec::new();
        for ms in 0..1_000_u64 {
            let now = begin + Duration::from_millis(ms);
            pace.note(step(1, ms));
            pace.note(step(2, ms / 2));
            told.push(pace.take(now));
        }
        let told: Vec<_> = told.into_iter().filter(|steps| !steps.is_empty()).collect();
        assert_eq!(told.len(), 5);
        for (n, steps) in (0_u64..).zip(&told) {
            let seen: Vec<_> = steps.iter().map(|step| (step.ord, step.done)).collect();
            assert_eq!(seen, [(1, n * 200), (2, n * 100)]);
        }
    }

    #[test]
    fn the_last_of_a_burst_is_told_when_its_time_has_come() {
        let now = Instant::now();
        let mut pace = Pace::default();
        pace.note(step(1, 1));
        assert_eq!(pace.take(now).len(), 1);
        pace.note(step(1, 2));
        assert_eq!(pace.take(now).len(), 0);
        assert_eq!(pace.due(now), Some(now + EVERY));
        assert_eq!(pace.take(now + EVERY).first().map(|step| step.done), Some(2));
        assert_eq!(pace.due(now), None);
    }

    #[test]
    fn a_step_that_ended_is_not_told_of() {
        let mut pace = Pace::default();
        pace.note(step(1, 1));
        pace.forget(JobId(uuid::Uuid::nil()), 1);
        assert_eq!(pace.due(Instant::now()), None);
    }
}
