//! Failures: a closed list of codes, whether trying again helps, and the words for people.

mod classify;
mod words;

use std::{fmt, path::Path};

use serde::{Deserialize, Serialize};

use crate::model::JobId;

pub(crate) use classify::{Trouble, of_media, of_worker};

/// Why something did not succeed, as stored and shown. The ten parts of a good error message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Failure {
    /// Stable code, e.g. `MED-03`.
    pub code: Code,
    /// What did not happen, with the file's name; one sentence.
    pub what: String,
    /// Why; says "probably" where it is a guess.
    pub why: String,
    /// What Spillway already did: tries, what was kept.
    pub did: String,
    /// Is the material safe: source, finished segments, destination.
    pub safe: String,
    /// Money spent, in millionths of a US dollar.
    pub spent_microusd: i64,
    /// The one next step.
    pub next: String,
    /// A second way; may be empty.
    pub otherwise: String,
    /// Does waiting help?
    pub waiting_helps: bool,
    /// Copyable details: tool output, paths, versions.
    pub details: String,
}

/// Stable codes. The text form is part of the product's contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
pub enum Code {
    /// Source not found.
    #[serde(rename = "SRC-03")]
    SourceMissing,
    /// Source may not be read.
    #[serde(rename = "SRC-04")]
    SourceForbidden,
    /// Source changed while Spillway worked.
    #[serde(rename = "SRC-01")]
    SourceChanged,
    /// Empty file.
    #[serde(rename = "ARR-03")]
    SourceEmpty,
    /// Ends before its index or declared end.
    #[serde(rename = "ARR-02")]
    SourceIncomplete,
    /// Not a media file.
    #[serde(rename = "MED-04")]
    NotMedia,
    /// Damaged beyond use.
    #[serde(rename = "MED-01")]
    Damaged,
    /// Known, but no decoder.
    #[serde(rename = "MED-02")]
    Unsupported,
    /// Encrypted.
    #[serde(rename = "MED-03")]
    Encrypted,
    /// No picture.
    #[serde(rename = "MED-05")]
    NoVideo,
    /// No decodable audio.
    #[serde(rename = "MED-06")]
    NoAudio,
    /// No frame could be decoded.
    #[serde(rename = "MED-07")]
    ZeroFrames,
    /// Picture size changes midway.
    #[serde(rename = "MED-08")]
    SizeChanged,
    /// Beyond Spillway's bounds.
    #[serde(rename = "MED-09")]
    TooLarge,
    /// A playlist in disguise.
    #[serde(rename = "SEC-01")]
    Playlist,
    /// Preflight says stop.
    #[serde(rename = "PRE-01")]
    NotAccepted,
    /// Something would be lost that the profile does not allow.
    #[serde(rename = "PRE-02")]
    UndeclaredLoss,
    /// Disk full.
    #[serde(rename = "DSK-01")]
    DiskFull,
    /// Destination may not be written.
    #[serde(rename = "DST-01")]
    DestinationForbidden,
    /// Output exists.
    #[serde(rename = "DST-02")]
    OutputExists,
    /// Name impossible.
    #[serde(rename = "DST-03")]
    NameImpossible,
    /// Output failed verification.
    #[serde(rename = "VER-01")]
    VerificationFailed,
    /// Worker crashed.
    #[serde(rename = "ENC-01")]
    WorkerCrashed,
    /// Worker hung.
    #[serde(rename = "ENC-02")]
    WorkerHung,
    /// Encoder refused its settings.
    #[serde(rename = "ENC-03")]
    EncoderRefused,
    /// The cloud cannot be reached.
    #[serde(rename = "CLD-01")]
    CloudUnreachable,
    /// No credentials for the cloud, or none that are accepted.
    #[serde(rename = "CLD-02")]
    CloudCredentials,
    /// The cloud is not set up, or does not allow it.
    #[serde(rename = "CLD-03")]
    CloudNotSetUp,
    /// `MediaConvert` cannot do it, or did it wrong.
    #[serde(rename = "CLD-04")]
    CloudRefused,
    /// A fault of the cloud's own.
    #[serde(rename = "CLD-05")]
    CloudFault,
    /// It would cost more than allowed.
    #[serde(rename = "BUD-01")]
    OverBudget,
    /// Reading or writing failed.
    #[serde(rename = "IO-01")]
    Io,
    /// A fault of Spillway's own.
    #[serde(rename = "APP-03")]
    Internal,
}

impl Failure {
    /// A failure of the job on `source`: the words that belong to the code, and `why` as one or
    /// more English sentences.
    pub fn new(code: Code, source: &Path, why: impl Into<String>) -> Self {
        let words = words::of(code);
        let name = source.file_name().unwrap_or(source.as_os_str()).to_string_lossy();
        Self {
            code,
            what: format!("\u{201c}{name}\u{201d} {}", words.what),
            why: why.into(),
            did: String::new(),
            safe: "The source was only read.".to_owned(),
            spent_microusd: 0,
            next: words.next.to_owned(),
            otherwise: words.otherwise.to_owned(),
            waiting_helps: words.waiting_helps,
            details: format!("source: {}", source.display()),
        }
    }

    /// Adds a line to the copyable details.
    #[must_use]
    pub fn detail(mut self, line: impl fmt::Display) -> Self {
        if !self.details.is_empty() {
            self.details.push('\n');
        }
        self.details.push_str(&line.to_string());
        self
    }

    /// Says what was tried and what is kept, and puts the job's id into the advice.
    pub(crate) fn recorded(&mut self, id: JobId, step: &str, tries: u32, kept: (u32, u32)) {
        let times = if tries == 1 { "once".to_owned() } else { format!("{tries} times") };
        if self.did.is_empty() {
            self.did = format!("The step \u{201c}{step}\u{201d} was tried {times}.");
        }
        let (done, total) = kept;
        if total > 0 && self.code.keeps_work() {
            self.safe = format!("The source was only read; {done} of {total} finished segments are kept.");
        }
        self.next = self.next.replace("{id}", &id.to_string());
        self.otherwise = self.otherwise.replace("{id}", &id.to_string());
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
