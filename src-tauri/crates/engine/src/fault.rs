//! Fault points for the crash tests: the process aborts at a named place.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::model::StepKind;

/// Where to abort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Name of the point, e.g. `deliver.renamed`.
    pub point: String,
    /// At the n-th time it is passed, counted from 1.
    pub pass: u32,
}

/// Every point, for suites that crash at each of them.
pub const FAULT_POINTS: &[&str] = &[
    "claim.before-commit",
    "claim.committed",
    "inspect.worked",
    "inspect.before-commit",
    "inspect.finished",
    "plan.schedules-written",
    "hash.worked",
    "hash.before-commit",
    "hash.finished",
    "segment.worked",
    "segment.before-commit",
    "segment.finished",
    "audio.worked",
    "audio.before-commit",
    "audio.finished",
    "stitch.worked",
    "stitch.before-commit",
    "stitch.finished",
    "verify.worked",
    "verify.before-commit",
    "verify.finished",
    "deliver.intent",
    "deliver.renamed",
    "deliver.receipts",
    "deliver.worked",
    "deliver.before-commit",
    "deliver.finished",
    "tidy.removed",
    "tidy.worked",
    "tidy.before-commit",
    "tidy.finished",
    "recover.marked",
    "recover.checked",
    "recover.swept",
];

/// Points that only a job with the cloud engine passes.
pub const CLOUD_FAULT_POINTS: &[&str] = &[
    "upload.cut",
    "upload.begun",
    "upload.sent",
    "upload.worked",
    "upload.before-commit",
    "upload.finished",
    "desk.intent-recorded",
    "desk.created",
    "desk.recorded",
    "desk.completed",
    "desk.settled",
    "download.fetched",
    "download.worked",
    "download.before-commit",
    "download.finished",
    "clear.removed",
    "clear.worked",
    "clear.before-commit",
    "clear.finished",
];

/// A point that only the clearing up of what did not end by itself passes.
const CANCELLED: &str = "clear.cancelled";

/// Counts the passes of the one point that is armed.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    armed: Option<Fault>,
    passed: AtomicU32,
}

impl Faults {
    pub(crate) fn new(armed: Option<Fault>) -> Self {
        Self { armed, passed: AtomicU32::new(0) }
    }

    /// Aborts the process when this is the armed point and the armed pass.
    pub(crate) fn hit(&self, point: &str) {
        debug_assert!(
            FAULT_POINTS.contains(&point) || CLOUD_FAULT_POINTS.contains(&point) || point == CANCELLED,
            "{point} is not in the list"
        );
        if let Some(armed) = &self.armed
            && armed.point == point
            && self.passed.fetch_add(1, Ordering::SeqCst) + 1 == armed.pass
        {
            std::process::abort();
        }
    }

    /// A point that every kind of step has.
    pub(crate) fn hit_step(&self, kind: StepKind, moment: Moment) {
        if self.armed.is_some() {
            self.hit(&format!("{kind}.{moment}"));
        }
    }
}

/// Moments in the life of every step.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Moment {
    /// The work is done, nothing is recorded.
    Worked,
    /// Recorded in a transaction that is not committed.
    BeforeCommit,
    /// Committed.
    Finished,
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Worked => "worked",
            Self::BeforeCommit => "before-commit",
            Self::Finished => "finished",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_all_its_points_and_names_are_unique() {
        for kind in StepKind::ALL {
            for moment in [Moment::Worked, Moment::BeforeCommit, Moment::Finished] {
                let point = format!("{kind}.{moment}");
                let known =
                    FAULT_POINTS.contains(&point.as_str()) || CLOUD_FAULT_POINTS.contains(&point.as_str());
                assert!(known, "{point}");
            }
        }
        let mut names = [FAULT_POINTS, CLOUD_FAULT_POINTS].concat();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FAULT_POINTS.len() + CLOUD_FAULT_POINTS.len());
    }

    #[test]
    fn points_that_are_not_armed_do_nothing() {
        let faults = Faults::new(Some(Fault { point: "deliver.renamed".into(), pass: 2 }));
        faults.hit("deliver.intent");
        faults.hit("deliver.renamed");
        assert_eq!(faults.passed.load(Ordering::SeqCst), 1);
    }
}
