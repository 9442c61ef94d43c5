//! The work of each step, outside any transaction: from what the database says to a result or a
//! setback. Every step can be run again after a crash at any point.

mod audio;
mod deliver;
pub(crate) mod graph;
mod hash;
mod inspect;
mod receipts;
pub(crate) mod remote;
pub(crate) mod segment;
pub(crate) mod source;
mod stitch;
mod tidy;
mod verify;
pub(crate) mod work;

use std::{io, path::Path, sync::atomic::AtomicBool};

use serde::{Deserialize, Serialize};
use spillway_cloud::{convert::RemoteJob, price::Traffic};
use spillway_media::{
    process::WorkerFailure,
    task::{AudioDone, CutDone, FilesDone, InspectDone, Limits, Outcome, Progress, SegmentDone, Task},
    types::MediaCode,
};
use spillway_profile::Profile;

use crate::{
    Config,
    conform::OutputVerdict,
    db::{Claim, Done, JobRow, OutputRow, PartRow, RemoteRow, UploadRow},
    failure::{self, Code, Failure, Trouble},
    fault::{Faults, Moment},
    model::{StepKind, StepView},
    plan::{JobPlan, OutputPlan, Planned, SourceFacts},
    remote::CloudAccess,
    route::AgainstCloud,
    space::{Room, Rooms},
};

/// Which one of its kind a step is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub(crate) enum StepInput {
    /// The source.
    Source,
    /// A segment of an output.
    Segment {
        /// Position of the output in the plan.
        output: u32,
        /// Position of the segment in the output.
        segment: u32,
    },
    /// An audio track of an output.
    Audio {
        /// Position of the output in the plan.
        output: u32,
        /// Position of the track in the output.
        track: u32,
    },
    /// An output.
    Output {
        /// Position in the plan.
        output: u32,
    },
    /// The job, once it is delivered.
    Job,
    /// The job, once it was cancelled or failed for good.
    Remains,
}

/// What a step found out or made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub(crate) enum StepOutput {
    /// Of [`StepKind::Inspect`].
    Inspect(Box<InspectDone>),
    /// Of [`StepKind::Hash`].
    Hash {
        /// Lower-case hex.
        sha256: String,
    },
    /// Of [`StepKind::Segment`].
    Segment(SegmentDone),
    /// Of [`StepKind::Upload`].
    Upload(Sent),
    /// Of [`StepKind::Segment`] where somebody else encodes: where the results lie, one per rendition.
    Remote {
        /// Addresses, `s3://BUCKET/KEY`.
        objects: Vec<String>,
    },
    /// Of [`StepKind::Audio`].
    Audio(AudioDone),
    /// Of [`StepKind::Stitch`].
    Stitch(FilesDone),
    /// Of [`StepKind::Verify`].
    Verify(OutputVerdict),
    /// Of steps whose result is elsewhere.
    Nothing,
}

/// A chunk in the bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sent {
    /// Address, `s3://BUCKET/KEY`.
    pub(crate) object: String,
    /// `ETag` without quotation marks.
    pub(crate) etag: String,
    /// What was cut.
    pub(crate) cut: CutDone,
}

/// A step that succeeded.
#[derive(Debug)]
pub(crate) struct Yield {
    pub(crate) output: StepOutput,
    /// Files left in the work folder.
    pub(crate) parts: Vec<PartRow>,
    /// Of Inspect.
    pub(crate) plan: Option<JobPlan>,
    /// Of Inspect: the plan with which the cloud would do it, or what stands against it; `None`: nobody wants it.
    pub(crate) offload: Option<Result<JobPlan, AgainstCloud>>,
    /// What went to the cloud or came from there.
    pub(crate) traffic: Traffic,
    /// Of Inspect: the disks that the job writes to.
    pub(crate) rooms: Option<Rooms>,
}

impl Yield {
    pub(crate) fn of(output: StepOutput) -> Self {
        Self {
            output,
            parts: Vec::new(),
            plan: None,
            offload: None,
            traffic: Traffic::default(),
            rooms: None,
        }
    }
}

/// A step that did not succeed.
#[derive(Debug)]
pub(crate) enum Setback {
    /// Because it was asked to stop.
    Stopped,
    /// It failed.
    Failed(Trouble),
    /// The disk is full: it waits until there is space.
    Full {
        /// The disk.
        room: Room,
        /// What is told.
        failure: Box<Failure>,
    },
    /// The index does not hold: plan again with a safer method.
    Replan(Box<Failure>),
    /// Files of these steps are lost or altered: they have to be run again.
    PartsLost {
        /// Steps.
        ords: Vec<u32>,
        /// What is told.
        failure: Box<Failure>,
    },
    /// The cloud did not do it.
    Cloud {
        /// What it means for the job, once it is certain.
        against: AgainstCloud,
        /// Why.
        trouble: Trouble,
    },
    /// Nothing can be done before a time: it does not count as a try.
    Later {
        /// ms UTC.
        due_ms: i64,
        /// What is told.
        failure: Box<Failure>,
    },
    /// The temporary files of these outputs are lost: they have to be stitched again.
    OutputsLost {
        /// Positions in the plan.
        outputs: Vec<u32>,
        /// What is told.
        failure: Box<Failure>,
    },
}

impl From<Box<Failure>> for Setback {
    fn from(failure: Box<Failure>) -> Self {
        let passing = failure.code == Code::Io;
        Self::Failed(Trouble { failure, passing })
    }
}

/// Result of a step.
pub(crate) type Performed = Result<Yield, Setback>;

/// What the engine asks of those who know media. Workers in production, scripted in tests.
pub(crate) trait Craft: Send + Sync {
    /// Runs one task to its end.
    fn work(
        &self,
        task: Task,
        limits: Limits,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, WorkerFailure>;

    /// Makes the plan of a job.
    fn plan(&self, profile: &Profile, source: &SourceFacts<'_>) -> Result<Planned, Box<Failure>>;

    /// Makes the plan with which the cloud would do it, of the one with which this machine would.
    fn offload(
        &self,
        profile: &Profile,
        source: &SourceFacts<'_>,
        planned: &Planned,
        template: Option<&serde_json::Value>,
    ) -> Result<JobPlan, AgainstCloud>;

    /// Judges a finished output.
    fn judge(
        &self,
        profile: &Profile,
        output: &OutputPlan,
        inspect: &InspectDone,
        audio: &[AudioDone],
        measured: &spillway_media::measured::Measured,
    ) -> OutputVerdict;
}

/// How a running step talks to the one who may write to the database.
pub(crate) trait Notebook {
    /// Told to the feed, never stored.
    fn progress(&self, progress: Progress);
    /// Stored before the call returns.
    fn note(&self, note: Note) -> Noted;
}

/// What must be on record before a step may go on.
#[derive(Debug)]
pub(crate) enum Note {
    /// This file is about to be renamed.
    Intend(Box<OutputRow>),
    /// It stands under its final name.
    Placed {
        /// Which.
        ord: u32,
    },
    /// This is about to be sent.
    Send(UploadRow),
    /// A MediaConvert job that was given up is over.
    Ended {
        /// Row.
        id: i64,
        /// How; `None`: it was never made, or nobody knows it any more.
        job: Option<Box<RemoteJob>>,
    },
    /// Everything that begins with this address is removed.
    Removed {
        /// Address.
        below: String,
    },
}

/// Answer to a [`Note`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noted {
    /// On record.
    Written,
    /// Another job has reserved the name.
    NameTaken,
    /// The step is not in this thread's hands any more.
    Stale,
}

/// Everything the database knows that a step may need.
#[derive(Debug)]
pub(crate) struct Brief {
    pub(crate) claim: Claim,
    pub(crate) job: JobRow,
    pub(crate) outputs: Vec<OutputRow>,
    pub(crate) done: Vec<Done>,
    pub(crate) parts: Vec<PartRow>,
    /// SHA-256 of the very same source, where another job has it.
    pub(crate) known_hash: Option<String>,
    /// Steps with their tries, for the receipt.
    pub(crate) steps: Vec<StepView>,
    /// Of Upload: what is on record of it.
    pub(crate) upload: Option<UploadRow>,
    /// Of Clear: MediaConvert jobs that are not known to be over.
    pub(crate) remote: Vec<RemoteRow>,
    /// Of Clear: addresses of what was brought into the bucket.
    pub(crate) uploaded: Vec<String>,
    pub(crate) now_ms: i64,
}

/// What a step works with.
pub(crate) struct Bench<'a> {
    pub(crate) config: &'a Config,
    pub(crate) craft: &'a dyn Craft,
    pub(crate) cloud: &'a dyn CloudAccess,
    pub(crate) faults: &'a Faults,
    pub(crate) brief: &'a Brief,
    pub(crate) cancel: &'a AtomicBool,
    pub(crate) notebook: &'a dyn Notebook,
}

/// Does the work of a step.
pub(crate) fn perform(bench: &Bench<'_>) -> Performed {
    let kind = bench.brief.claim.kind;
    let performed = match kind {
        StepKind::Inspect => inspect::perform(bench),
        StepKind::Hash => hash::perform(bench),
        StepKind::Segment => segment::perform(bench),
        StepKind::Audio => audio::perform(bench),
        StepKind::Stitch => stitch::perform(bench),
        StepKind::Verify => verify::perform(bench),
        StepKind::Deliver => deliver::perform(bench),
        StepKind::Tidy => tidy::perform(bench),
        StepKind::Upload => remote::upload(bench),
        StepKind::Download => remote::download(bench),
        StepKind::Clear => remote::clear(bench),
    };
    bench.faults.hit_step(kind, Moment::Worked);
    performed.map_err(|setback| full(bench, setback))
}

/// A full disk is no failure of the job: its step waits.
fn full(bench: &Bench<'_>, setback: Setback) -> Setback {
    let Setback::Failed(trouble) = setback else { return setback };
    if trouble.failure.code != Code::DiskFull {
        return Setback::Failed(trouble);
    }
    let folder = match bench.brief.claim.kind {
        StepKind::Stitch | StepKind::Deliver => &bench.brief.job.out_dir,
        _ => &bench.config.work_dir,
    };
    match Room::of(folder) {
        Ok(room) => Setback::Full { room, failure: trouble.failure },
        Err(error) => {
            tracing::warn!(folder = %folder.display(), %error, "a full disk does not tell its size");
            Setback::Failed(trouble)
        }
    }
}

impl Bench<'_> {
    fn source(&self) -> &Path {
        &self.brief.job.source
    }

    fn folder(&self) -> work::Folder {
        work::Folder::of_job(&self.config.work_dir, &self.brief.job)
    }

    fn plan(&self) -> Result<&JobPlan, Setback> {
        self.brief.job.plan.as_ref().ok_or_else(|| self.internal("the job has no plan"))
    }

    /// The output that this step is about, with its position.
    fn output(&self) -> Result<(u32, &OutputPlan), Setback> {
        let (StepInput::Segment { output, .. }
        | StepInput::Audio { output, .. }
        | StepInput::Output { output }) = self.brief.claim.input
        else {
            return Err(self.internal("the step belongs to no output"));
        };
        let plan = self.plan()?.outputs.get(output as usize);
        Ok((output, plan.ok_or_else(|| self.internal("the plan has no such output"))?))
    }

    fn name_of(&self, output: u32) -> Result<&OutputRow, Setback> {
        let row = self.brief.outputs.iter().find(|row| row.ord == output);
        row.ok_or_else(|| self.internal("no name is reserved for the output"))
    }

    /// That the source is still the version that was submitted.
    fn check_source(&self) -> Result<(), Setback> {
        match &self.brief.job.identity {
            Some(identity) => Ok(identity.check(self.source())?),
            None => Err(self.internal("the job has no recorded source")),
        }
    }

    /// Runs a worker and turns its failure into a setback.
    fn work(&self, task: Task, writable: &[&Path], reads_source: bool) -> Result<Outcome, Setback> {
        self.run(task, writable, reads_source)?.map_err(|failure| self.setback(&failure))
    }

    /// Runs a worker; a setback only when the source changed under its hands.
    fn run(
        &self,
        task: Task,
        writable: &[&Path],
        reads_source: bool,
    ) -> Result<Result<Outcome, WorkerFailure>, Setback> {
        let mut readable = vec![self.folder().job().to_path_buf()];
        if reads_source {
            readable.push(self.source().to_path_buf());
        }
        if let Task::Measure(measure) = &task {
            readable.push(measure.path.clone());
        }
        let limits = Limits {
            memory_bytes: self.config.worker_memory_bytes,
            file_bytes: 0,
            nice: self.config.nice,
            writable: writable.iter().map(|path| path.to_path_buf()).collect(),
            readable,
        };
        let mut progress = |progress| self.notebook.progress(progress);
        let outcome = self.craft.work(task, limits, self.cancel, &mut progress);
        // A source that changed is the cause of whatever else went wrong, and spoils what went well.
        if reads_source && !self.stopping() {
            self.check_source()?;
        }
        Ok(outcome)
    }

    fn stopping(&self) -> bool {
        self.cancel.load(std::sync::atomic::Ordering::Relaxed)
    }

    fn setback(&self, failure: &WorkerFailure) -> Setback {
        if self.stopping() {
            return Setback::Stopped;
        }
        match failure {
            WorkerFailure::Task(error) if error.code == MediaCode::FrameMismatch => {
                Setback::Replan(failure::of_media(error, self.source()).failure)
            }
            other => Setback::Failed(failure::of_worker(other, self.source())),
        }
    }

    fn unexpected(&self, outcome: &Outcome) -> Setback {
        self.internal(&format!("the worker answered something else: {outcome:?}"))
    }

    fn internal(&self, why: &str) -> Setback {
        let failure = Failure::new(Code::Internal, self.source(), format!("Inside Spillway: {why}."))
            .detail(format_args!("step: {}", self.brief.claim.label));
        Setback::Failed(Trouble::lasting(failure))
    }

    /// A failure with a file of the work folder: it may pass.
    fn work_io(&self, path: &Path, error: &io::Error) -> Setback {
        self.file_trouble(path, error, Code::Io)
    }

    /// A failure with a file of the destination.
    fn destination_io(&self, path: &Path, error: &io::Error) -> Setback {
        self.file_trouble(path, error, Code::DestinationForbidden)
    }

    fn file_trouble(&self, path: &Path, error: &io::Error, forbidden: Code) -> Setback {
        let code = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::DiskFull,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => forbidden,
            _ => Code::Io,
        };
        let failure = Failure::new(code, self.source(), format!("{}: {error}.", path.display()));
        Setback::Failed(Trouble { passing: code == Code::Io, failure: Box::new(failure) })
    }
}
