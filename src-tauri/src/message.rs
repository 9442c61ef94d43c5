//! The one ordered feed to the window.

use std::path::PathBuf;

use serde::Serialize;
use specta::Type;
use spillway_engine::{
    live::{Hold, JobForecast, LiveJob, Runner, Snapshot},
    model::{Event, JobId, Revisions},
    sheet::LeftOut,
};

/// What the window is told, in order. After a [`Message::Snapshot`] every journal entry follows once, with
/// sequence numbers that rise by one; a gap means that the window should subscribe again.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "sent at once, never kept in numbers")]
pub enum Message {
    /// How everything stands; always the first message after a subscription.
    Snapshot {
        /// The queue.
        snapshot: Snapshot,
        /// Who works through it.
        runner: Runner,
    },
    /// A journal entry.
    Event {
        /// The entry.
        event: Event,
    },
    /// A job in full, after an entry that says more than one step: takes the place of what was known.
    Job {
        /// The job.
        job: LiveJob,
    },
    /// How far running steps are; a few times a second, never stored.
    Progress {
        /// Steps that got further since the last message of this kind.
        steps: Vec<StepProgress>,
    },
    /// When jobs that have not ended will probably be through.
    Forecast {
        /// In the order of the queue.
        jobs: Vec<JobForecast>,
    },
    /// Somebody else works through the queue now, or nobody.
    Runner {
        /// Who.
        runner: Runner,
    },
    /// Files came in: show this sheet. Always the whole sheet, in the place of what was known of it.
    Sheet {
        /// The sheet.
        sheet: Sheet,
    },
    /// Files are held above the window.
    Hover {
        /// How many; 0: no more.
        files: u32,
    },
    /// Show this job.
    Open {
        /// Which.
        job: JobId,
    },
    /// The window is being closed with jobs at work, or with something on the page that was not saved: ask what
    /// to do.
    Closing {
        /// Jobs at work.
        running: u32,
        /// Jobs that wait.
        queued: u32,
    },
    /// Settings were changed.
    Settings,
    /// Watched folders, channels or messages changed: what is on the page of them is to be read again. At most
    /// twice a second.
    Revisions {
        /// Which of them: those whose counter rose.
        revisions: Revisions,
    },
    /// The queue waits for something outside, or no longer does.
    Hold {
        /// What for; `None`: it goes on.
        hold: Option<Hold>,
    },
    /// Folders were dropped while the page of watched folders was open: offer to watch them.
    WatchFolders {
        /// Absolute paths.
        folders: Vec<PathBuf>,
    },
}

/// See [`Message::Progress`].
#[derive(Debug, Clone, Copy, Serialize, Type)]
pub struct StepProgress {
    /// Which job.
    pub job: JobId,
    /// Which step.
    pub ord: u32,
    /// Frames (or packets, ms, bytes) done.
    pub done: u64,
    /// Of how many; 0: unknown.
    pub total: u64,
}

/// Files that wait for the user's decision.
#[derive(Debug, Clone, Serialize, Type)]
pub struct Sheet {
    /// Number of the sheet.
    pub id: u32,
    /// Its files; files once numbered keep their number.
    pub files: Vec<SheetFile>,
    /// What was left out, everything so far.
    pub left_out: Vec<LeftOut>,
    /// Profiles to tick at first; empty: those ticked the last time.
    pub profiles: Vec<String>,
    /// Output folder; `None`: beside each file.
    pub out_dir: Option<String>,
}

/// A file on a sheet.
#[derive(Debug, Clone, Serialize, Type)]
pub struct SheetFile {
    /// Number on the sheet.
    pub id: u32,
    /// File name.
    pub name: String,
    /// Its folder.
    pub folder: String,
    /// Size in bytes.
    pub bytes: u64,
}
