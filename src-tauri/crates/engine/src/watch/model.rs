//! Watched folders as everybody outside the engine sees them.

use std::{fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

use crate::model::{JobId, JobState};

/// Name of a watched folder: a UUID v7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct WatchId(pub Uuid);

impl fmt::Display for WatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for WatchId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// Number of a file that was seen in a watched folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct ArrivalId(pub i64);

/// What is watched.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Place {
    /// A folder of this machine, or of a share mounted on it.
    Folder {
        /// Absolute.
        path: PathBuf,
    },
    /// Objects of an S3 bucket whose key begins with a prefix.
    Bucket {
        /// Name of the bucket.
        bucket: String,
        /// Beginning of the keys; may be empty.
        prefix: String,
    },
}

/// What somebody sets of a watched folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(deny_unknown_fields)]
pub struct WatchSettings {
    /// Ids of profiles; every file is delivered to each.
    pub profiles: Vec<String>,
    /// Folder for the results, absolute; `None`: a folder beside the watched one, with `-delivered` added to its
    /// name. A bucket needs one.
    pub out_dir: Option<PathBuf>,
    /// Patterns (globs) of names or relative paths that are taken; empty: every usual media file.
    pub include: Vec<String>,
    /// Patterns that are passed over.
    pub exclude: Vec<String>,
    /// Whether sub-folders are watched, too.
    pub recursive: bool,
    /// Whether sub-folders are made again in the output folder.
    pub mirror: bool,
    /// How long a file must be still before it is looked into, in seconds; longer for large files and on network
    /// drives.
    pub settle_s: u32,
    /// What happens to a source when everything of it is delivered.
    pub after: AfterDelivery,
    /// Hours at which work may start, local time; empty: always.
    pub hours: Vec<Hours>,
    /// Priority of its jobs; higher goes first.
    pub priority: i64,
    /// Whether a file waits for its sidecar job (`NAME.spillway.toml` or `.json`).
    pub sidecar: SidecarRule,
    /// Address of an SQS queue that the bucket sends its events to; without one it is listed again and again.
    pub queue_url: Option<String>,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self {
            profiles: Vec::new(),
            out_dir: None,
            include: Vec::new(),
            exclude: Vec::new(),
            recursive: true,
            mirror: true,
            settle_s: 5,
            after: AfterDelivery::Leave,
            hours: Vec::new(),
            priority: 0,
            sidecar: SidecarRule::Optional,
            queue_url: None,
        }
    }
}

/// What happens to a source when all its jobs are delivered and their receipts exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum AfterDelivery {
    /// Nothing.
    Leave,
    /// It is moved, with its sidecar, never over anything.
    Move {
        /// Where to; a relative one counts from the watched folder. Must be on the same file system.
        folder: PathBuf,
    },
}

/// Days and hours, local time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// Days on which the span begins.
    pub days: Vec<Weekday>,
    /// Beginning, minutes after midnight.
    pub from_minute: u16,
    /// End, minutes after midnight; not after the beginning: on the next day.
    pub to_minute: u16,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// Whether a file needs a sidecar job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum SidecarRule {
    /// One that is there when the file is ready is obeyed.
    #[default]
    Optional,
    /// A file without one waits for it.
    Required,
}

/// A folder to be watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWatch {
    /// A folder as given by the user, or `s3://BUCKET/PREFIX`.
    pub place: PathBuf,
    /// What is set of it.
    pub settings: WatchSettings,
}

/// A watched folder in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct WatchView {
    /// Its name.
    pub id: WatchId,
    /// What is watched.
    pub place: Place,
    /// What is set.
    pub settings: WatchSettings,
    /// Where results go, worked out.
    pub out_dir: PathBuf,
    /// How it is.
    pub state: WatchState,
    /// Its files.
    pub counts: ArrivalCounts,
    /// When it was last looked through, ms UTC.
    pub scanned_ms: Option<i64>,
    /// How long that took, ms.
    pub scan_took_ms: Option<i64>,
    /// When it is looked through next, ms UTC.
    pub next_scan_ms: Option<i64>,
    /// Until when nothing is started, ms UTC; `None`: it may start now.
    pub closed_until_ms: Option<i64>,
    /// When it was added, ms UTC.
    pub created_ms: i64,
}

/// How a watched folder is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum WatchState {
    /// Not looked at yet.
    New,
    /// The system tells of changes; looked through now and then all the same.
    Watching,
    /// Looked through again and again.
    Polling {
        /// Why.
        why: PollReason,
        /// Every so many seconds.
        every_s: u32,
    },
    /// Somebody wished so.
    Paused,
    /// Held until it is back; nothing is deleted or forgotten.
    Unreachable {
        /// Why.
        why: UnreachableReason,
        /// Since when, ms UTC.
        since_ms: i64,
    },
}

/// Why a folder is looked through again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum PollReason {
    /// It lies on a network drive, which tells of its own changes only, or of none.
    NetworkDrive {
        /// Type of the file system, e.g. `cifs`.
        file_system: String,
        /// What is mounted, e.g. `//nas/share`.
        source: String,
    },
    /// The system watches no more folders (`fs.inotify.max_user_watches`).
    WatchLimit,
    /// The system cannot watch it.
    NotWatchable {
        /// What it says.
        why: String,
    },
    /// Buckets are listed.
    Bucket,
}

/// Why a folder is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum UnreachableReason {
    /// It is not there.
    Missing,
    /// Its drive is not mounted: what stands at its path is another file system.
    NotMounted {
        /// What was mounted, e.g. `//nas/share`.
        source: String,
        /// Where it was mounted.
        mount_point: PathBuf,
    },
    /// It came back empty, on another device, though it held files.
    CameBackEmpty {
        /// How many files it held.
        files: u64,
    },
    /// It does not answer.
    Hangs,
    /// It may not be read.
    Forbidden,
    /// Something else.
    Failed {
        /// What the system or the service says.
        why: String,
    },
}

/// Files of a watched folder by how far they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ArrivalCounts {
    /// Arriving: will go on by themselves.
    pub waiting: u64,
    /// Need attention: incomplete, unreadable, a broken sidecar.
    pub held: u64,
    /// Have jobs that have not ended.
    pub at_work: u64,
    /// All jobs delivered.
    pub delivered: u64,
    /// At least one job failed, none at work.
    pub failed: u64,
    /// Recognised as delivered before, and passed over.
    pub skipped: u64,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum ArrivalState {
    /// Will go on by itself.
    Waiting,
    /// Needs attention; looked at again all the same.
    Held,
    /// Has jobs that have not ended.
    AtWork,
    /// All jobs delivered.
    Delivered,
    /// Jobs ended, not all delivered.
    Failed,
    /// Recognised, passed over.
    Skipped,
    /// No longer there; what is known of it stays.
    Gone,
}

/// A file in a watched folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct ArrivalView {
    /// Its number.
    pub id: ArrivalId,
    /// Whose.
    pub watch: WatchId,
    /// Path below the watched folder, or key below the prefix.
    pub path: String,
    /// Size in bytes at the last look.
    pub bytes: u64,
    /// How far it is.
    pub state: ArrivalState,
    /// Why it is there.
    pub reason: ArrivalReason,
    /// When it is looked at next, ms UTC; `None`: at the next scan, or never again when it has ended.
    pub next_look_ms: Option<i64>,
    /// When it was first seen, ms UTC.
    pub first_seen_ms: i64,
    /// When it was last seen to change, ms UTC.
    pub changed_ms: i64,
    /// Its jobs, newest first.
    pub jobs: Vec<ArrivalJob>,
}

/// A job of an arrived file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ArrivalJob {
    /// Which.
    pub id: JobId,
    /// Profile id.
    pub profile: String,
    /// State.
    pub state: JobState,
}

/// Why a file is where it is. Words: `docs/watching.md`, the window's messages and the command line's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum ArrivalReason {
    /// Seen, not measured twice yet.
    New,
    /// Still growing, or changing.
    Growing {
        /// Bytes per second between the last looks; 0: it changed without growing.
        bytes_per_s: u64,
    },
    /// Still; waits until it has been so for long enough.
    Settling {
        /// When that is, ms UTC.
        until_ms: i64,
    },
    /// Still, but another program has it open for writing.
    BeingWritten,
    /// Its structure and its end are being read.
    Checking,
    /// Being copied from the bucket.
    Fetching {
        /// Bytes here.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// Nothing in it.
    Empty,
    /// Its structure says that something is missing.
    Incomplete {
        /// What, one English sentence.
        why: String,
    },
    /// It cannot be read.
    Unreadable {
        /// Why, one English sentence.
        why: String,
    },
    /// It is not a media file that opens, or one of a kind that is not opened.
    NotMedia {
        /// Why, one English sentence.
        why: String,
    },
    /// Its name holds bytes that are not text.
    NameNotText,
    /// Waits for its sidecar job.
    NoSidecar,
    /// Its sidecar job makes no sense.
    BadSidecar {
        /// File name of the sidecar.
        file: String,
        /// Why, one English sentence, with line and column.
        why: String,
    },
    /// A profile that is asked of it is not there, or broken.
    NoProfile {
        /// Which.
        profile: String,
        /// Why.
        why: String,
    },
    /// The output folder cannot be used.
    NoOutput {
        /// Which.
        folder: PathBuf,
        /// Why, one English sentence.
        why: String,
    },
    /// Ready; waits for the hours at which work may start.
    OutsideHours {
        /// When they begin, ms UTC.
        until_ms: i64,
    },
    /// Ready; its identity is compared with that of a file delivered before.
    Comparing,
    /// The same content was taken before.
    Same {
        /// Path of the file that it is the same as, when it was taken.
        path: String,
        /// A job of that file, where it is still in the list.
        job: Option<JobId>,
    },
    /// Jobs were made of it.
    Submitted,
    /// All jobs delivered; the source was moved.
    Moved {
        /// Where to.
        to: PathBuf,
    },
    /// All jobs delivered, but the source could not be moved.
    NotMoved {
        /// Why, one English sentence.
        why: String,
    },
    /// No longer there.
    Gone,
}

/// Which files to list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct ArrivalQuery {
    /// Only of this folder.
    pub watch: Option<WatchId>,
    /// Only in these states; empty: all but gone.
    pub states: Vec<ArrivalState>,
    /// Only paths with this text in them, whatever its case.
    pub text: String,
    /// How many to pass over.
    pub offset: u32,
    /// At most so many.
    pub limit: u32,
}

/// Files, those that need attention first, then those that wait, then by age, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct ArrivalPage {
    /// The files.
    pub rows: Vec<ArrivalView>,
    /// How many there are in all.
    pub total: u64,
}
