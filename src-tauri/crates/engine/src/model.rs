//! Jobs as everybody outside the engine sees them: ids, states, views, events, requests.

use std::{collections::BTreeMap, fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

use crate::{
    failure::Failure,
    route::{EngineKind, EngineWish, Route},
    watch::WatchId,
};

/// Name of a job: a UUID v7, so ids sort by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct JobId(pub Uuid);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for JobId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// Waits for its turn.
    Queued,
    /// At least one step was started.
    Running,
    /// All outputs are in place and proven.
    Delivered,
    /// Stopped with a reason; may be retried.
    Failed,
    /// Stopped because somebody wished so.
    Cancelled,
}

/// What somebody wants of a job; only the runner acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// Go on.
    Run,
    /// Hold, keep everything.
    Pause,
    /// Stop for good.
    Cancel,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Waits for other steps.
    Blocked,
    /// Can be claimed.
    Ready,
    /// Claimed by the runner.
    Running,
    /// Waits for a time (back-off) or for remote work.
    Waiting,
    /// Finished.
    Done,
    /// Finally failed.
    Failed,
    /// Not needed.
    Skipped,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// Look at the source, index its frames, check it against the profile, write the plan.
    Inspect,
    /// SHA-256 of the source.
    Hash,
    /// Cut a chunk out of the source and bring it into the bucket (cloud engine).
    Upload,
    /// Encode one segment in every rendition; with the cloud engine a MediaConvert job.
    Segment,
    /// Fetch what a MediaConvert job made of a chunk (cloud engine).
    Download,
    /// Encode one audio programme.
    Audio,
    /// Join into the output's file or folder.
    Stitch,
    /// Read the output back and judge it.
    Verify,
    /// Put all outputs and receipts in place.
    Deliver,
    /// Remove what is no longer needed.
    Tidy,
    /// Cancel what still runs in the cloud, and remove what lies there (cloud engine).
    Clear,
}

impl StepKind {
    /// Every kind, in the order of a job.
    pub const ALL: [Self; 11] = [
        Self::Inspect,
        Self::Hash,
        Self::Upload,
        Self::Segment,
        Self::Download,
        Self::Audio,
        Self::Stitch,
        Self::Verify,
        Self::Deliver,
        Self::Tidy,
        Self::Clear,
    ];
}

impl fmt::Display for StepKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl JobState {
    /// Delivered, failed or cancelled.
    pub fn ended(self) -> bool {
        match self {
            Self::Delivered | Self::Failed | Self::Cancelled => true,
            Self::Queued | Self::Running => false,
        }
    }
}

/// A job in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct JobView {
    /// Its name.
    pub id: JobId,
    /// Source as submitted, absolute.
    pub source: PathBuf,
    /// Profile id.
    pub profile: String,
    /// Partner of the profile.
    pub partner: String,
    /// Engine that does it; `local` as long as nothing is decided.
    pub engine: EngineKind,
    /// Which engine was asked for.
    pub engine_wish: EngineWish,
    /// Why it is that engine; `None`: not decided yet.
    pub route: Option<Route>,
    /// State.
    pub state: JobState,
    /// Wish.
    pub wish: Wish,
    /// Higher goes first.
    pub priority: i64,
    /// When it was submitted, ms UTC.
    pub created_ms: i64,
    /// When its first step started, ms UTC.
    pub started_ms: Option<i64>,
    /// When it ended, ms UTC.
    pub ended_ms: Option<i64>,
    /// Output folder, absolute.
    pub out_dir: PathBuf,
    /// What was asked beyond source and profile.
    pub extras: JobExtras,
    /// Steps by state.
    pub steps: StepCounts,
    /// Why it failed.
    pub error: Option<Failure>,
    /// Outputs delivered; empty before.
    pub outputs: Vec<OutputView>,
    /// Receipt (JSON) once delivered.
    pub receipt: Option<PathBuf>,
    /// Spent so far, in millionths of a US dollar.
    pub cost_microusd: i64,
}

/// How many steps stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct StepCounts {
    /// All steps known so far.
    pub total: u32,
    /// Done or skipped.
    pub done: u32,
    /// Running.
    pub running: u32,
    /// Finally failed.
    pub failed: u32,
}

/// A delivered output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct OutputView {
    /// Output id of the profile.
    pub id: String,
    /// File, or HLS folder.
    pub path: PathBuf,
    /// All files together.
    pub bytes: u64,
    /// Picture frames.
    pub frames: u64,
    /// Duration in ms.
    pub duration_ms: i64,
}

/// A job with everything about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct JobDetail {
    /// The list's view.
    pub job: JobView,
    /// Steps in order.
    pub steps: Vec<StepView>,
    /// What preflight found.
    pub findings: Vec<crate::plan::Finding>,
    /// Frames to encode for each second of playing time, all outputs together; `None` before there is
    /// a plan, and where nothing is encoded. Frames encoded per second of working time, divided by
    /// this, are the speed in multiples of playing time.
    pub frame_rate: Option<f64>,
    /// Events, oldest first, at most the last 1 000.
    pub events: Vec<Event>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct StepView {
    /// Order inside the job.
    pub ord: u32,
    /// What it does.
    pub kind: StepKind,
    /// Which one, for people: `segment 3 of 12`, `audio main`.
    pub label: String,
    /// State.
    pub state: StepState,
    /// Tries so far that count.
    pub attempt: u32,
    /// When it is due again, ms UTC.
    pub due_ms: Option<i64>,
    /// Frames it stands for (segments).
    pub frames: u64,
    /// Every try.
    pub attempts: Vec<AttemptView>,
}

/// Files that a finished step left in the work folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct StepParts {
    /// Which step.
    pub ord: u32,
    /// Its files together, in bytes.
    pub bytes: u64,
}

/// One try of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct AttemptView {
    /// 1, 2, …
    pub number: u32,
    /// ms UTC.
    pub started_ms: i64,
    /// ms UTC.
    pub ended_ms: Option<i64>,
    /// `done`, `failed`, `interrupted` (given back), `stopped` (wish).
    pub outcome: Option<String>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

/// A journal entry; sequence numbers rise, gaps mean pruned entries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct Event {
    /// Rises with every event of the data folder.
    pub seq: i64,
    /// ms UTC.
    pub at_ms: i64,
    /// Which job.
    pub job: JobId,
    /// What happened.
    pub body: EventBody,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum EventBody {
    /// Accepted into the queue.
    Submitted,
    /// The job changed its state.
    Job {
        /// New state.
        state: JobState,
        /// Why it failed.
        failure: Option<Failure>,
    },
    /// Somebody wished something.
    Wished {
        /// What.
        wish: Wish,
    },
    /// The plan is made: so many steps, so many segments and frames.
    Planned {
        /// Steps in all.
        steps: u32,
        /// Segments among them.
        segments: u32,
        /// Frames to encode, summed over segments.
        frames: u64,
        /// Warnings and notes of preflight.
        findings: Vec<crate::plan::Finding>,
    },
    /// A step changed its state.
    Step {
        /// Order inside the job.
        ord: u32,
        /// What it does.
        kind: StepKind,
        /// For people.
        label: String,
        /// New state.
        state: StepState,
        /// Try.
        attempt: u32,
        /// Frames it stands for.
        frames: u64,
        /// Why the try failed.
        failure: Option<Failure>,
        /// When it is tried again, ms UTC.
        due_ms: Option<i64>,
    },
    /// The runner restarted and took the job up again.
    Recovered {
        /// Steps whose results were checked and kept.
        kept: u32,
        /// Steps that were interrupted and run again.
        interrupted: u32,
    },
    /// The engine was decided on, or changed.
    Routed {
        /// Which, and why.
        route: Route,
    },
    /// Something was charged, settled or taken back.
    Charged {
        /// What the job costs so far, in millionths of a US dollar.
        cost_microusd: i64,
    },
    /// Now stands directly before another job of the queue.
    Moved {
        /// Which; `None`: at the end of the queue.
        before: Option<JobId>,
    },
    /// Taken off the queue page; the history keeps it.
    Dismissed,
    /// Removed from the list.
    Removed,
}

/// What a feed carries: journal events, and progress that is never stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[allow(clippy::large_enum_variant, reason = "passed by reference, never kept in numbers")]
pub enum Feed {
    /// From the journal.
    Event(Event),
    /// A running step, a few times a second.
    Progress {
        /// Which job.
        job: JobId,
        /// Which step.
        ord: u32,
        /// Frames (or packets, ms) done.
        done: u64,
        /// Of how many; 0: unknown.
        total: u64,
    },
    /// Something beside the queue changed: read it again.
    Revisions(Revisions),
}

/// Counters that rise when what they count changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Revisions {
    /// Watched folders and their files.
    pub watches: i64,
    /// Channels and messages.
    pub outbox: i64,
    /// Why the queue is held.
    pub hold: i64,
    /// The ledger.
    pub costs: i64,
}

/// What [`crate::Engine::follow`] tells, in order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Heard<'a> {
    /// Somebody else works through the queue now, or nobody.
    Runner(&'a crate::live::Runner),
    /// A journal entry, or progress.
    Feed(&'a Feed),
}

/// A wish for one or more new jobs: each source × each profile.
#[derive(Debug, Clone, PartialEq)]
pub struct SubmitRequest {
    /// Source files as given by the user.
    pub sources: Vec<PathBuf>,
    /// Profiles, already parsed.
    pub profiles: Vec<spillway_profile::Profile>,
    /// Output folder; `None`: beside each source.
    pub out_dir: Option<PathBuf>,
    /// Higher goes first.
    pub priority: i64,
    /// Which engine; the profile has the last word.
    pub engine: EngineWish,
    /// What is asked beyond that.
    pub extras: JobExtras,
}

/// What a job is asked beyond source and profile; a sidecar job says it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct JobExtras {
    /// Takes the place of the source's name in the names of outputs.
    pub title: Option<String>,
    /// Words of the sender, carried to receipt and messages; never interpreted.
    pub metadata: BTreeMap<String, String>,
    /// When it should be delivered, ms UTC.
    pub deadline_ms: Option<i64>,
    /// The watched folder that it came from.
    pub watch: Option<WatchId>,
}

/// Which jobs to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobFilter {
    /// Only in this state.
    pub state: Option<JobState>,
    /// Only of this profile.
    pub profile: Option<String>,
    /// At most so many, newest first.
    pub limit: Option<u32>,
}
