//! Any delivery of the last years: searched, filtered, summed up.

pub(crate) mod csv;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    failure::Code,
    model::{JobId, JobState},
};

/// Which jobs, and which page of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct HistoryQuery {
    /// Words that must all occur in source path, partner, profile or names of outputs, in any case;
    /// empty: no such wish.
    pub text: String,
    /// In one of these states; empty: in any.
    pub states: Vec<JobState>,
    /// Of one of these partners; empty: of any.
    pub partners: Vec<String>,
    /// Submitted at this time or later, ms UTC.
    pub from_ms: Option<i64>,
    /// Submitted before this time, ms UTC.
    pub to_ms: Option<i64>,
    /// Order.
    pub sort: HistorySort,
    /// Rows to leave out.
    pub offset: u32,
    /// Rows at most.
    pub limit: u32,
}

/// Order of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum HistorySort {
    /// Last submitted first.
    #[default]
    Newest,
    /// First submitted first.
    Oldest,
}

/// A page of rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct HistoryPage {
    /// The rows asked for.
    pub rows: Vec<HistoryRow>,
    /// Sums over everything found, not only this page.
    pub totals: HistoryTotals,
    /// Every partner that any job was made for, by name.
    pub partners: Vec<String>,
}

/// A job in the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct HistoryRow {
    /// Its name.
    pub id: JobId,
    /// Source, absolute.
    pub source: String,
    /// Profile id.
    pub profile: String,
    /// Partner.
    pub partner: String,
    /// Engine: `local`.
    pub engine: String,
    /// State.
    pub state: JobState,
    /// Submitted, ms UTC.
    pub created_ms: i64,
    /// First step started, ms UTC.
    pub started_ms: Option<i64>,
    /// Ended, ms UTC.
    pub ended_ms: Option<i64>,
    /// Outputs delivered.
    pub outputs: u32,
    /// Bytes delivered.
    pub bytes: u64,
    /// Playing time of the longest output, ms.
    pub duration_ms: i64,
    /// Spent, in millionths of a US dollar.
    pub cost_microusd: i64,
    /// Code of the failure.
    pub error_code: Option<Code>,
    /// What failed, one sentence.
    pub error_what: Option<String>,
}

/// Sums over jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HistoryTotals {
    /// All found.
    pub jobs: u64,
    /// Delivered among them.
    pub delivered: u64,
    /// Failed among them.
    pub failed: u64,
    /// Cancelled among them.
    pub cancelled: u64,
    /// Bytes delivered.
    pub bytes: u64,
    /// Playing time delivered (longest output of each job), ms.
    pub duration_ms: i64,
    /// From the start of the first step to the end, summed over delivered jobs, ms.
    pub work_ms: i64,
    /// Spent, in millionths of a US dollar.
    pub cost_microusd: i64,
}
