//! Which engine does a job, and why, in one sentence.

mod decide;
mod facts;
mod survey;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use specta::Type;
use spillway_cloud::price::Money;

pub use decide::{ROUTE_IDS, decide};
pub(crate) use facts::{Case, Decided, Offload, finish_there, offers, route};
pub(crate) use survey::Survey;

/// Which engine somebody wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum EngineWish {
    /// Whichever is better for the job.
    #[default]
    Auto,
    /// This machine.
    Local,
    /// AWS Elemental MediaConvert.
    Cloud,
}

/// Which engine does it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum EngineKind {
    /// This machine.
    #[default]
    Local,
    /// AWS Elemental MediaConvert.
    Cloud,
}

impl std::fmt::Display for EngineKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

/// The engine of a job, and why it is that one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Route {
    /// Which.
    pub engine: EngineKind,
    /// Stable short name of the reason, one of [`ROUTE_IDS`].
    pub id: String,
    /// One English sentence.
    pub text: String,
    /// The figures and names inside `text`, so that it can be said in another language.
    pub values: BTreeMap<String, String>,
}

/// What the decision depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct Crossroads {
    /// What was asked for.
    pub wish: EngineWish,
    /// What the profile allows.
    pub policy: spillway_profile::EnginePolicy,
    /// Now, ms UTC.
    pub now_ms: i64,
    /// When it should be delivered, ms UTC.
    pub deadline_ms: Option<i64>,
    /// When this machine would be through with it and all before it, ms UTC; `None`: unknown.
    pub local_finish_ms: Option<i64>,
    /// When the cloud would be through, ms UTC; `None`: unknown.
    pub cloud_finish_ms: Option<i64>,
    /// What it would cost there.
    pub cloud_cost: Option<Money>,
    /// What it would cost here.
    pub local_cost_microusd: i64,
    /// Why the cloud cannot be used at all, or for this: the first thing that stands against it.
    pub against_cloud: Option<AgainstCloud>,
    /// Without a deadline: how long this machine may take before work goes to the cloud, ms; `None`: for ever.
    pub patience_ms: Option<i64>,
}

/// See [`Crossroads::against_cloud`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "against", rename_all = "kebab-case")]
pub enum AgainstCloud {
    /// No bucket or role is set.
    NotSetUp,
    /// Nothing is encoded: the picture is copied.
    NothingToEncode,
    /// It was tried, or looked at, and does not work now: no credentials, no network, no permission.
    OutOfReach {
        /// One English sentence.
        why: String,
    },
    /// MediaConvert cannot make it as the profile asks.
    Unsupported {
        /// The first reason, one English sentence.
        why: String,
    },
    /// It would cost more than allowed.
    OverBudget {
        /// Which limit, one English sentence.
        why: String,
    },
    /// This job failed there in a way that only this machine can mend.
    Failed {
        /// One English sentence.
        why: String,
    },
}
