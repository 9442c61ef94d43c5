//! Work that is done in the cloud: what is on record of it, and the desk, a thread beside the queue that hands it
//! out and follows it.

mod access;
mod address;
pub(crate) mod compile;
mod desk;
mod offload;
mod order;
mod poll;
mod tray;
mod trouble;

use serde::{Deserialize, Serialize};
use specta::Type;

pub(crate) use access::{Account, CloudAccess};
pub(crate) use address::{Address, Place};
pub(crate) use desk::attend;
pub(crate) use offload::offload;
pub(crate) use tray::{Assignment, Tray};
pub(crate) use trouble::setback;

/// Where a chunk's MediaConvert job stands, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RemoteView {
    /// The `segment` step.
    pub ord: u32,
    /// Id of the job at the service; `None`: not made yet, as far as is known.
    pub remote_id: Option<String>,
    /// `intended`, `submitted`, `progressing`, `complete`, `error`, `canceled`.
    pub state: String,
    /// `probing`, `transcoding` or `uploading`.
    pub phase: Option<String>,
    /// When it was handed in, ms UTC.
    pub submitted_ms: Option<i64>,
    /// When it ended, ms UTC.
    pub finished_ms: Option<i64>,
    /// The service's code and words.
    pub error: Option<String>,
}
