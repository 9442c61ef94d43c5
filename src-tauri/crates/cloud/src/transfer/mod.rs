//! Objects on their way: up in parts, and away again.

mod pace;
mod remove;
mod send;
mod source;
mod upload;

use std::path::PathBuf;

pub(crate) use pace::Pace;

/// A file to bring into a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Where to.
    pub bucket: String,
    /// Key of the object.
    pub key: String,
    /// The file; must not change meanwhile.
    pub file: PathBuf,
    /// Tags of the object.
    pub tags: Vec<(String, String)>,
    /// Upload that an earlier call began, as it told `begun`.
    pub resume: Option<String>,
}

/// What stands in the bucket then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// `ETag` without quotation marks.
    pub etag: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Bytes that this call sent, those sent again included.
    pub sent: u64,
}

/// An upload that nobody has finished; its parts cost money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Key of the object that it was to be.
    pub key: String,
    /// Its id.
    pub upload_id: String,
    /// When it was begun, ms UTC.
    pub begun_ms: Option<i64>,
    /// Bytes of its parts.
    pub bytes: u64,
}
