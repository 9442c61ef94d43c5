//! Setting the account up, and looking whether it is: bucket, life cycle, role, queue. Harmless calls only.

mod access;
mod bucket;
mod policy;
mod role;
mod step;
mod walk;

use serde::{Deserialize, Serialize};
use specta::Type;

#[cfg(test)]
pub(crate) use bucket::rule;
#[cfg(test)]
pub(crate) use role::POLICY;

pub use policy::{least_privilege, role_policy, role_trust};

/// What to set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SetupWish {
    /// Bucket to make or to check.
    pub bucket: String,
    /// Name of the role to make or to check; absent: the one that is set, or `SpillwayMediaConvert`.
    pub role: Option<String>,
    /// Name of the queue to make or to check; absent: the one that is set, or the account's default queue.
    pub queue: Option<String>,
    /// Only look, change nothing; one small object is stored and removed again.
    pub check_only: bool,
}

/// What one step of the set-up came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SetupStep {
    /// Stable short name, one of [`SETUP_STEPS`].
    pub name: String,
    /// How it ended.
    pub outcome: SetupOutcome,
    /// One English sentence.
    pub text: String,
    /// What to do; empty when it is fine.
    pub advice: String,
}

/// See [`SetupStep`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum SetupOutcome {
    /// As it should be already.
    Fine,
    /// Made or set right now.
    Made,
    /// Works, but look at it.
    Warn,
    /// Missing, or not allowed.
    Missing,
    /// Not looked at, because something before it is missing.
    Skipped,
}

/// Names of all steps, in their order.
pub const SETUP_STEPS: &[&str] = &[
    "credentials",
    "bucket",
    "bucket-private",
    "bucket-encryption",
    "bucket-lifecycle",
    "bucket-write",
    "role",
    "role-policy",
    "queue",
    "jobs",
];

/// What came of a set-up or a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SetupReport {
    /// One per step, in their order.
    pub steps: Vec<SetupStep>,
    /// ARN of the role, once it is there.
    pub role_arn: Option<String>,
    /// ARN of the queue, once it is there.
    pub queue_arn: Option<String>,
    /// Account number, and the ARN of whoever asks.
    pub identity: Option<(String, String)>,
}

impl SetupReport {
    /// Whether the cloud engine can be used.
    pub fn ready(&self) -> bool {
        self.steps
            .iter()
            .all(|step| matches!(step.outcome, SetupOutcome::Fine | SetupOutcome::Made | SetupOutcome::Warn))
    }
}
