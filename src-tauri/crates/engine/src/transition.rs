//! The state machines of steps and jobs, as plain functions from state and event to state.

use std::fmt;

use crate::model::{JobState, StepState};

/// What can happen to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepEvent {
    /// Everything it needs is done.
    Unblocked,
    /// The runner took it.
    Claimed,
    /// Its work succeeded.
    Finished,
    /// Its work failed in a way that may pass; it waits.
    Deferred,
    /// The time it waited for has come.
    Due,
    /// Its work was stopped on purpose, or its engine died.
    GivenBack,
    /// Its work failed for good.
    Failed,
    /// Something that it stands on must be made again, or its job ended.
    Held,
    /// Its result is lost or outdated: it has to be done again.
    Reopened,
    /// Its job was cancelled.
    Dropped,
}

/// An event that cannot happen in this state: a fault of Spillway's own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a {what} cannot go on from '{state}' with '{event}'")]
pub struct Illegal {
    what: &'static str,
    state: String,
    event: String,
}

fn illegal<T>(what: &'static str, state: impl fmt::Debug, event: impl fmt::Debug) -> Result<T, Illegal> {
    Err(Illegal { what, state: format!("{state:?}"), event: format!("{event:?}") })
}

/// Where a step goes.
pub(crate) fn step(state: StepState, event: StepEvent) -> Result<StepState, Illegal> {
    use StepEvent as E;
    use StepState as S;
    Ok(match (state, event) {
        (S::Blocked, E::Unblocked)
        | (S::Waiting, E::Due)
        | (S::Running, E::GivenBack)
        | (S::Done | S::Failed, E::Reopened) => S::Ready,
        (S::Ready, E::Claimed) => S::Running,
        (S::Running, E::Finished) => S::Done,
        (S::Running, E::Deferred) => S::Waiting,
        (S::Running, E::Failed) => S::Failed,
        (S::Blocked | S::Ready | S::Running | S::Waiting | S::Done | S::Failed, E::Held) => S::Blocked,
        (S::Blocked | S::Ready | S::Waiting | S::Failed, E::Dropped) => S::Skipped,
        (
            S::Blocked | S::Ready | S::Running | S::Waiting | S::Done | S::Failed | S::Skipped,
            E::Unblocked
            | E::Claimed
            | E::Finished
            | E::Deferred
            | E::Due
            | E::GivenBack
            | E::Failed
            | E::Held
            | E::Reopened
            | E::Dropped,
        ) => return illegal("step", state, event),
    })
}

/// What can happen to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobEvent {
    /// Its first step was claimed.
    Started,
    /// Everything is in place.
    Delivered,
    /// A step failed for good, or the job could not be accepted.
    Failed,
    /// Cancelled by wish, and nothing of it runs any more.
    Cancelled,
    /// Taken up again.
    Retried,
}

/// Where a job goes.
pub(crate) fn job(state: JobState, event: JobEvent) -> Result<JobState, Illegal> {
    use JobEvent as E;
    use JobState as S;
    Ok(match (state, event) {
        (S::Queued, E::Started) => S::Running,
        (S::Running, E::Delivered) => S::Delivered,
        (S::Queued | S::Running, E::Failed) => S::Failed,
        (S::Queued | S::Running, E::Cancelled) => S::Cancelled,
        (S::Failed, E::Retried) => S::Queued,
        (
            S::Queued | S::Running | S::Delivered | S::Failed | S::Cancelled,
            E::Started | E::Delivered | E::Failed | E::Cancelled | E::Retried,
        ) => return illegal("job", state, event),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STATES: [StepState; 7] = [
        StepState::Blocked,
        StepState::Ready,
        StepState::Running,
        StepState::Waiting,
        StepState::Done,
        StepState::Failed,
        StepState::Skipped,
    ];
    const EVENTS: [StepEvent; 10] = [
        StepEvent::Unblocked,
        StepEvent::Claimed,
        StepEvent::Finished,
        StepEvent::Deferred,
        StepEvent::Due,
        StepEvent::GivenBack,
        StepEvent::Failed,
        StepEvent::Held,
        StepEvent::Reopened,
        StepEvent::Dropped,
    ];

    #[test]
    fn only_ready_steps_start_and_only_running_ones_end() {
        for state in STATES {
            assert_eq!(step(state, StepEvent::Claimed).is_ok(), state == StepState::Ready);
            for end in [StepEvent::Finished, StepEvent::Deferred, StepEvent::Failed, StepEvent::GivenBack] {
                assert_eq!(step(state, end).is_ok(), state == StepState::Running, "{state:?} {end:?}");
            }
        }
    }

    #[test]
    fn a_skipped_step_stays_skipped_and_a_running_one_is_never_dropped() {
        for event in EVENTS {
            assert!(step(StepState::Skipped, event).is_err());
        }
        assert!(step(StepState::Running, StepEvent::Dropped).is_err());
        assert!(step(StepState::Done, StepEvent::Dropped).is_err());
    }

    #[test]
    fn a_delivered_or_cancelled_job_stays_so() {
        for event in
            [JobEvent::Started, JobEvent::Delivered, JobEvent::Failed, JobEvent::Cancelled, JobEvent::Retried]
        {
            assert!(job(JobState::Delivered, event).is_err());
            assert!(job(JobState::Cancelled, event).is_err());
        }
    }

    proptest! {
        /// Whatever happens, running is entered by a claim only and left before the next claim.
        #[test]
        fn no_sequence_of_events_claims_twice(events in prop::collection::vec(0..EVENTS.len(), 0..60)) {
            let mut state = StepState::Blocked;
            let mut holders = 0_i32;
            for event in events.into_iter().map(|n| EVENTS[n]) {
                let Ok(next) = step(state, event) else { continue };
                holders += i32::from(next == StepState::Running) - i32::from(state == StepState::Running);
                prop_assert!(next != StepState::Running || event == StepEvent::Claimed);
                prop_assert!((0..=1).contains(&holders));
                state = next;
            }
        }
    }
}
