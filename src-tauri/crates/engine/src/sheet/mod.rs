//! Before the start: what is in the files, what each profile would make of them, under which names, when.

mod collect;
pub(crate) mod facts;
pub(crate) mod looks;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use specta::Type;
use spillway_profile::Verdict;

pub use collect::{MASTERS, collect};

use spillway_cloud::price::Money;

use crate::{cost::EngineOffer, failure::Failure, plan::Finding, route::Route};

/// What came of files and folders that somebody dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Collected {
    /// Files that may be masters, folders opened up, each once, in natural order of names.
    pub files: Vec<PathBuf>,
    /// What was left out, and why.
    pub left_out: Vec<LeftOut>,
}

/// See [`Collected`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LeftOut {
    /// Path for people.
    pub path: String,
    /// Why.
    pub reason: LeftOutReason,
}

/// See [`LeftOut`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum LeftOutReason {
    /// Hidden, or a temporary or partial name (found inside a folder).
    Temporary,
    /// No extension that masters have (found inside a folder; files dropped themselves are always taken).
    NotMedia,
    /// Gone, or not readable.
    Unreadable,
    /// The name holds bytes that are not text.
    Name,
    /// More than 10 000 files.
    TooMany,
}

/// What is in a file, and what each profile would make of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct Look {
    /// What is in it.
    pub facts: FileFacts,
    /// One per profile asked for, in that order.
    pub offers: Vec<Offer>,
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct FileFacts {
    /// File format by its demuxer's name, e.g. `mov,mp4,m4a,3gp,3g2,mj2`.
    pub format: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Playing time in ms, from the frame index.
    pub duration_ms: Option<i64>,
    /// The picture that is used.
    pub picture: Option<PictureFacts>,
    /// Sound.
    pub sound: Vec<SoundFacts>,
    /// Start timecode.
    pub timecode: Option<String>,
    /// Findings while opening, each one English sentence.
    pub notes: Vec<String>,
}

/// See [`FileFacts`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct PictureFacts {
    /// FFmpeg's codec name, e.g. `prores`.
    pub codec: String,
    /// Pixels as shown (turned, but not stretched).
    pub width: u32,
    /// Pixels as shown.
    pub height: u32,
    /// Frames per second; `None`: variable.
    pub frame_rate: Option<f64>,
    /// Frames.
    pub frames: u64,
    /// Bits per component.
    pub bit_depth: u32,
    /// PQ, HLG or Dolby Vision.
    pub hdr: bool,
    /// Fields instead of frames.
    pub interlaced: bool,
    /// CEA-608/708 captions were seen.
    pub captions: bool,
}

/// See [`FileFacts`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SoundFacts {
    /// FFmpeg's codec name, e.g. `pcm_s24le`.
    pub codec: String,
    /// Number of channels.
    pub channels: u32,
    /// FFmpeg's description, e.g. `5.1(side)`.
    pub layout: String,
    /// Hz.
    pub sample_rate: u32,
    /// ISO 639-2 language.
    pub language: Option<String>,
}

/// What a profile would make of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct Offer {
    /// Profile id.
    pub profile: String,
    /// The worst of the findings; `stop`: a job would fail at once.
    pub verdict: Verdict,
    /// What preflight and planning have to say.
    pub findings: Vec<Finding>,
    /// Why it would stop.
    pub failure: Option<Failure>,
    /// Segments to encode, all outputs together.
    pub segments: u32,
    /// Estimated bytes of temporary data and outputs.
    pub bytes_needed: u64,
    /// Working time on this machine if it did nothing else, ms; `None` where it would stop.
    pub work_ms: Option<i64>,
    /// Whether speeds measured on this machine went into `work_ms`; otherwise it is a guess.
    pub measured: bool,
    /// What each engine would need and take: this machine, then the cloud; empty where it would stop.
    pub engines: Vec<EngineOffer>,
}

/// What a submission would lead to, tried out and taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct Rehearsal {
    /// In the order sources × profiles.
    pub jobs: Vec<RehearsedJob>,
    /// Estimated bytes of temporary data and outputs, all jobs together.
    pub bytes_needed: u64,
    /// Free bytes where the outputs go; `None`: unknown.
    pub bytes_free: Option<u64>,
    /// End of all of them, ms UTC.
    pub finish_ms: Option<i64>,
    /// What all of them would cost.
    pub cost: Money,
}

/// See [`Rehearsal`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct RehearsedJob {
    /// Source, as asked.
    pub source: PathBuf,
    /// Profile id.
    pub profile: String,
    /// Outputs in the order of the profile.
    pub outputs: Vec<RehearsedName>,
    /// Why it would be refused at submission.
    pub failure: Option<Failure>,
    /// Probable end with everything that is before it in the queue, ms UTC.
    pub finish_ms: Option<i64>,
    /// The engine that would do it, and why; `None` where it would be refused.
    pub route: Option<Route>,
    /// What it would cost there.
    pub cost: Option<Money>,
}

/// The name that an output would get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RehearsedName {
    /// Output id.
    pub output: String,
    /// File, or HLS folder, absolute.
    pub path: PathBuf,
    /// A number was added because the name is taken.
    pub numbered: bool,
}
