//! The queue as a window shows it: what is at work, what waits, what needs attention, what ended lately.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::model::{JobId, JobView, StepKind, StepState};

/// Everything on the queue page at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct Snapshot {
    /// Journal entries up to here are contained.
    pub seq: i64,
    /// Jobs that have not ended, in the order of the queue; then failed ones that nobody dismissed,
    /// newest first (at most 200); then delivered and cancelled ones of the last day that nobody
    /// dismissed, newest first (at most 50).
    pub jobs: Vec<LiveJob>,
    /// Why no new job is begun, where that is so.
    pub hold: Option<Hold>,
}

/// The queue waits for something outside; it goes on by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Hold {
    /// What for.
    pub why: HoldReason,
    /// Since when, ms UTC.
    pub since_ms: i64,
    /// When it is looked at again, ms UTC.
    pub next_look_ms: i64,
}

/// What the queue waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum HoldReason {
    /// Space on a disk.
    Space {
        /// Folder on that disk: of temporary data, or of results.
        folder: PathBuf,
        /// Bytes that the next job and those at work still need there.
        needed: u64,
        /// Bytes that are free there.
        free: u64,
    },
}

/// A job with the state of each of its steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct LiveJob {
    /// The list's view.
    pub job: JobView,
    /// Frames to encode for each second of playing time, all outputs together; `None` before there is
    /// a plan, and where nothing is encoded.
    pub frame_rate: Option<f64>,
    /// Steps in order.
    pub cells: Vec<Cell>,
}

/// A step in the map of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Cell {
    /// Order inside the job.
    pub ord: u32,
    /// What it does.
    pub kind: StepKind,
    /// State.
    pub state: StepState,
    /// Frames it stands for (segments).
    pub frames: u64,
    /// Tries so far that count.
    pub attempt: u32,
    /// When it is due again, ms UTC.
    pub due_ms: Option<i64>,
}

/// Who works through the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Runner {
    /// This process.
    Here,
    /// Another process with the same data folder; this one watches and takes over when it goes.
    Elsewhere,
    /// Nobody.
    Stopped {
        /// Why, where it was not asked for; one English sentence.
        why: Option<String>,
    },
}

/// When a job that has not ended will probably be through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct JobForecast {
    /// Which job.
    pub job: JobId,
    /// Beginning, ms UTC; `None` once it has begun.
    pub start_ms: Option<i64>,
    /// End, ms UTC.
    pub finish_ms: i64,
    /// Whether speeds measured on this machine went into it; otherwise it is a guess.
    pub measured: bool,
}
