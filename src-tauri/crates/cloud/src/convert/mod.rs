//! AWS Elemental MediaConvert: jobs are made, looked for, listed, cancelled. Every call waits for its turn in one
//! token bucket; what must be quick goes before what can wait.

mod ask;
mod create;
mod look;
mod read;
mod remedy;

use std::collections::BTreeMap;

pub(crate) use ask::{Again, ask};
pub(crate) use look::{last_name, one_queue, remote_queue};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A job to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRemoteJob {
    /// `settings` of `CreateJob`, in the spelling of the wire (first letter small).
    pub settings: Value,
    /// ARN of the role.
    pub role_arn: String,
    /// Name or ARN of the queue; `None`: the account's default.
    pub queue: Option<String>,
    /// -50 to 50.
    pub priority: i32,
    /// `clientRequestToken`, at most 64 characters; also in the metadata under `token`, to be searched for.
    pub token: String,
    /// `userMetadata`: at most 10 pairs of 128 and 256 characters.
    pub metadata: BTreeMap<String, String>,
    /// Tags for cost allocation.
    pub tags: BTreeMap<String, String>,
}

/// Where a job of the service stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemoteStatus {
    /// Waits in its queue.
    Submitted,
    /// Is worked on.
    Progressing,
    /// Finished; this is what is charged.
    Complete,
    /// Failed.
    Error,
    /// Cancelled.
    Canceled,
}

impl RemoteStatus {
    /// Whether nothing more will become of it.
    pub fn is_final(self) -> bool {
        match self {
            Self::Complete | Self::Error | Self::Canceled => true,
            Self::Submitted | Self::Progressing => false,
        }
    }
}

/// A job as the service tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteJob {
    /// Its id.
    pub id: String,
    /// State.
    pub status: RemoteStatus,
    /// `probing`, `transcoding` or `uploading`.
    pub phase: Option<String>,
    /// 0 to 100.
    pub percent: Option<u8>,
    /// `userMetadata`.
    pub metadata: BTreeMap<String, String>,
    /// When it was made, ms UTC.
    pub created_ms: Option<i64>,
    /// When it ended, ms UTC.
    pub finished_ms: Option<i64>,
    /// Why it failed.
    pub error: Option<RemoteError>,
    /// What it made, in the order of the settings.
    pub outputs: Vec<RemoteOutput>,
    /// Warnings as code and count.
    pub warnings: Vec<(i32, i32)>,
}

/// See [`RemoteJob`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteError {
    /// The service's code, e.g. 1404.
    pub code: i32,
    /// Its words.
    pub message: String,
}

/// What the service bills by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteOutput {
    /// Playing time in ms.
    pub duration_ms: i64,
    /// Pixels; 0 without a picture.
    pub width: u32,
    /// Pixels; 0 without a picture.
    pub height: u32,
}

/// What to do about an error code of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// The service's own fault: the same again, later.
    Again,
    /// The input may be bad: look at it, send it again once.
    SendAgain,
    /// The account has to be set right: nothing will work before.
    Account,
    /// This job cannot be done there: do it here.
    Local,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemotePage {
    /// At most 20, newest first.
    pub jobs: Vec<RemoteJob>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// A queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteQueue {
    /// Name.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// Nothing is begun.
    pub paused: bool,
    /// A reserved queue: its slots are paid for by the month, its minutes are not.
    pub reserved: bool,
    /// Jobs at a time, as far as the service tells.
    pub concurrent: Option<u32>,
    /// Jobs that wait.
    pub submitted: u32,
    /// Jobs that are worked on.
    pub progressing: u32,
}
