//! The receipt of a job: what was made from what, judged by which rules, carried, changed or lost.
//! JSON for machines, one self-contained page for people. Pure: facts in, text out.

mod page;
mod words;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use spillway_media::{
    task::{AudioDone, FileInfo, InspectDone, VideoSettings},
    types::Ratio,
};
use spillway_profile::{Container, Profile};

use crate::{
    conform::{Outcome, OutputVerdict, RuleResult},
    model::{JobExtras, JobId},
    plan::{AudioPlan, Carriage, Finding, JobPlan, OutputPlan, VideoPlan},
    route::{EngineKind, Route},
};

/// Name and version of the JSON form.
pub const SCHEMA: &str = "spillway-receipt/1";

/// Everything that a receipt is made from.
#[derive(Debug)]
pub struct ReceiptParts<'a> {
    /// The job.
    pub job: JobId,
    /// What was asked of it beyond source and profile.
    pub asked: &'a JobExtras,
    /// Its frozen profile.
    pub profile: &'a Profile,
    /// Its plan.
    pub plan: &'a JobPlan,
    /// Which engine encoded it, and why that one; `None`: nothing was decided.
    pub route: Option<&'a Route>,
    /// The source, absolute.
    pub source: &'a Path,
    /// SHA-256 of the source, lower-case hex.
    pub source_sha256: &'a str,
    /// What was found in the source.
    pub inspect: &'a InspectDone,
    /// Outputs in the order of the plan.
    pub outputs: Vec<OutputParts<'a>>,
    /// Spillway, the libraries and encoders it used.
    pub tools: Vec<Tool>,
    /// When the job was submitted, ms UTC.
    pub submitted_ms: i64,
    /// When its first step started, ms UTC.
    pub started_ms: i64,
    /// When the receipt was written, ms UTC.
    pub finished_ms: i64,
    /// Spent, in millionths of a US dollar.
    pub cost_microusd: i64,
}

/// What is known of a finished output.
#[derive(Debug)]
pub struct OutputParts<'a> {
    /// Its plan.
    pub plan: &'a OutputPlan,
    /// Its verdict.
    pub verdict: &'a OutputVerdict,
    /// Where it was delivered: a file, or an HLS folder.
    pub path: &'a Path,
    /// All its files with their hashes.
    pub files: &'a [FileInfo],
    /// Frames of the largest rendition.
    pub frames: u64,
    /// Duration in ms.
    pub duration_ms: i64,
    /// Tries of each segment, in order; empty when the picture was copied.
    pub attempts: &'a [u32],
    /// What came of each audio track, in order.
    pub audio: &'a [AudioDone],
}

/// A program or library with its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Tool {
    /// E.g. `libx264`.
    pub name: String,
    /// E.g. `164`.
    pub version: String,
}

/// A receipt, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Receipt {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The worst of all outputs.
    pub verdict: Outcome,
    /// Job id.
    pub job: JobId,
    /// What was asked of it beyond source and profile: title, words of the sender, deadline.
    #[serde(default)]
    pub asked: JobExtras,
    /// Which contract was fulfilled.
    pub profile: ProfileUsed,
    /// Which engine encoded it, and why that one.
    #[serde(default)]
    pub route: Option<Route>,
    /// From what.
    pub source: SourceUsed,
    /// What was made.
    pub outputs: Vec<OutputReceipt>,
    /// What preflight and planning had to say.
    pub findings: Vec<Finding>,
    /// With what it was made.
    pub tools: Vec<Tool>,
    /// When.
    pub times: Times,
    /// Spent, in millionths of a US dollar.
    pub cost_microusd: i64,
}

/// The profile of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ProfileUsed {
    /// Profile id.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Who receives the files.
    pub partner: String,
    /// Its title.
    pub title: String,
}

/// The source of a receipt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct SourceUsed {
    /// Absolute path at the time.
    pub path: PathBuf,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// Container by the demuxer's name.
    pub format: String,
    /// Picture in words.
    pub picture: String,
    /// Audio streams in words.
    pub audio: Vec<String>,
    /// Frames by the index.
    pub frames: Option<u64>,
    /// Damaged spots.
    pub damaged: u64,
}

/// When things happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Times {
    /// Submitted, ms UTC.
    pub submitted_ms: i64,
    /// First step started, ms UTC.
    pub started_ms: i64,
    /// Receipt written, ms UTC.
    pub finished_ms: i64,
}

/// One output of a receipt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct OutputReceipt {
    /// Output id.
    pub id: String,
    /// File format.
    pub container: Container,
    /// Where it was delivered.
    pub path: PathBuf,
    /// All files together, in bytes.
    pub bytes: u64,
    /// Files with sizes and SHA-256; paths relative to `path`, empty for a single file.
    pub files: Vec<FileInfo>,
    /// Frames of the largest rendition.
    pub frames: u64,
    /// Duration in ms.
    pub duration_ms: i64,
    /// How the picture was made.
    pub picture: PictureMade,
    /// How each audio track was made.
    pub audio: Vec<TrackMade>,
    /// What was carried, converted or lost.
    pub carriage: Vec<Carriage>,
    /// The worst of its rules.
    pub verdict: Outcome,
    /// Every rule with what was expected and measured.
    pub rules: Vec<RuleResult>,
}

/// How a picture was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct PictureMade {
    /// The source's packets, not re-encoded.
    pub copied: bool,
    /// In words.
    pub text: String,
    /// Settings of every rendition; empty when copied.
    pub renditions: Vec<RenditionMade>,
    /// Segments in order; empty when copied.
    pub segments: Vec<SegmentMade>,
}

/// An encoded rendition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct RenditionMade {
    /// Rung id, or the output id.
    pub id: String,
    /// Every n-th frame of the schedule.
    pub every: u32,
    /// Encoder settings.
    pub settings: VideoSettings,
}

/// An encoded segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct SegmentMade {
    /// First frame, as an ordinal of the schedule.
    pub first: u64,
    /// Frames.
    pub frames: u64,
    /// Tries that it took.
    pub attempts: u32,
}

/// An audio track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct TrackMade {
    /// Programme id.
    pub id: String,
    /// Stream number in the source.
    pub stream: usize,
    /// The source's packets, not re-encoded.
    pub copied: bool,
    /// In words.
    pub text: String,
    /// Gain applied in dB.
    pub gain_db: f64,
    /// Loudness of the source in LUFS, where it was measured.
    pub source_lufs: Option<f64>,
    /// Samples of silence put in.
    pub silence: u64,
    /// Samples cut.
    pub cut: u64,
}

/// A receipt could not be written as text.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// As JSON.
    #[error("the receipt cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// As a page.
    #[error("the receipt cannot be written as a page: {0}")]
    Page(#[from] askama::Error),
}

impl Receipt {
    /// Puts a receipt together.
    pub fn new(parts: &ReceiptParts<'_>) -> Self {
        let outputs: Vec<OutputReceipt> =
            parts.outputs.iter().map(|made| output(made, parts.route)).collect();
        let probe = &parts.inspect.probe;
        let index = parts.inspect.index.as_ref();
        Self {
            schema: SCHEMA.to_owned(),
            verdict: outputs.iter().map(|output| output.verdict).max().unwrap_or(Outcome::Pass),
            job: parts.job,
            asked: parts.asked.clone(),
            profile: ProfileUsed {
                id: parts.profile.id.clone(),
                version: parts.profile.version,
                partner: parts.profile.partner.clone(),
                title: parts.profile.title.clone(),
            },
            source: SourceUsed {
                path: parts.source.to_path_buf(),
                bytes: probe.bytes,
                sha256: parts.source_sha256.to_owned(),
                format: probe.format.clone(),
                picture: probe
                    .video
                    .first()
                    .map(|stream| words::source_picture(stream, index.and_then(|i| i.constant_rate)))
                    .unwrap_or_default(),
                audio: probe.audio.iter().map(words::source_audio).collect(),
                frames: index.map(|index| index.frames),
                damaged: index.map_or(0, |index| index.damaged),
            },
            outputs,
            findings: parts.plan.findings.clone(),
            tools: parts.tools.clone(),
            times: Times {
                submitted_ms: parts.submitted_ms,
                started_ms: parts.started_ms,
                finished_ms: parts.finished_ms,
            },
            route: parts.route.cloned(),
            cost_microusd: parts.cost_microusd,
        }
    }

    /// As indented JSON, with a final line break.
    ///
    /// # Errors
    /// When a value has no JSON form.
    pub fn json(&self) -> Result<String, ReceiptError> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }

    /// As one HTML page without scripts or anything from elsewhere.
    ///
    /// # Errors
    /// When the page cannot be rendered.
    pub fn html(&self) -> Result<String, ReceiptError> {
        page::render(self)
    }
}

fn output(parts: &OutputParts<'_>, route: Option<&Route>) -> OutputReceipt {
    let plan = parts.plan;
    let cloud = route.is_some_and(|route| route.engine == EngineKind::Cloud);
    OutputReceipt {
        id: plan.id.clone(),
        container: plan.container,
        path: parts.path.to_path_buf(),
        bytes: parts.files.iter().map(|file| file.bytes).sum(),
        files: parts.files.to_vec(),
        frames: parts.frames,
        duration_ms: parts.duration_ms,
        picture: picture(plan, parts.attempts, cloud),
        audio: plan.audio.iter().enumerate().map(|(n, track)| audio(track, parts.audio.get(n))).collect(),
        carriage: plan.carriage.clone(),
        verdict: parts.verdict.outcome(),
        rules: parts.verdict.lines.clone(),
    }
}

fn picture(plan: &OutputPlan, attempts: &[u32], cloud: bool) -> PictureMade {
    match &plan.video {
        VideoPlan::Copy => PictureMade {
            copied: true,
            text: "Picture copied, not re-encoded.".to_owned(),
            renditions: Vec::new(),
            segments: Vec::new(),
        },
        VideoPlan::Encode { renditions, segments, .. } => PictureMade {
            copied: false,
            text: renditions
                .iter()
                .map(|r| words::rendition(&r.id, &r.video, cloud))
                .collect::<Vec<_>>()
                .join(" "),
            renditions: renditions
                .iter()
                .map(|r| RenditionMade { id: r.id.clone(), every: r.every, settings: r.video.clone() })
                .collect(),
            segments: segments
                .iter()
                .enumerate()
                .map(|(n, range)| SegmentMade {
                    first: range.first,
                    frames: range.count,
                    attempts: attempts.get(n).copied().unwrap_or(1),
                })
                .collect(),
        },
    }
}

fn audio(track: &AudioPlan, done: Option<&AudioDone>) -> TrackMade {
    TrackMade {
        id: track.id.clone(),
        stream: track.task.stream,
        copied: track.task.codec.is_none(),
        text: words::track(&track.task),
        gain_db: done.map_or(0.0, |done| done.gain_db),
        source_lufs: done.and_then(|done| done.source_lufs),
        silence: done.map_or(0, |done| done.silence),
        cut: done.map_or(0, |done| done.cut),
    }
}

/// A rate for people.
fn rate(rate: Ratio) -> String {
    let text = format!("{:.3}", rate.as_f64());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;
