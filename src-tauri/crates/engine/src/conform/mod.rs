//! Conformance: is a finished output what the plan and the profile say? Pure: measured facts in,
//! verdict out.

mod check;
mod file;
mod hls;
mod line;
mod picture;
mod settings;
mod sound;
mod stream;

use serde::{Deserialize, Serialize};
use spillway_media::{
    measured::Measured,
    task::{AudioDone, InspectDone},
};
use spillway_profile::{Citation, Output, Profile};

use crate::plan::OutputPlan;

/// Names of the built-in rules; every other name comes from a profile, and its result says which
/// [`RuleResult::check`] it is.
pub const RULE_IDS: &[&str] = &[
    // The file as a whole.
    "container",
    "structure",
    "renditions",
    "audio-tracks",
    "fast-start",
    "edit-list",
    "timecode",
    "chapters",
    // Pictures.
    "picture",
    "frames",
    "times-rise",
    "picture-times",
    "picture-start",
    "picture-end",
    "codec",
    "level",
    "pixel-format",
    "size",
    "pixel-aspect",
    "rotation",
    "scan",
    "frame-rate",
    "color",
    "hdr",
    "captions",
    "language",
    "segment-idr",
    "keyframes",
    "closed-gops",
    "b-frames",
    "parameter-sets",
    "decodes",
    "seams-decode",
    "vbv",
    "average-bit-rate",
    // Sound.
    "audio-format",
    "audio-sync",
    "audio-complete",
    "durations-agree",
    "audio-times-rise",
    "audio-decodes",
    "audio-language",
    "loudness",
    // HLS.
    "hls-playlists",
    "segments-idr",
    "aligned",
    "target-duration",
    "declared-bit-rates",
    "segment-length",
    "i-frame-playlists",
];

/// What became of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Met.
    Pass,
    /// Missed or not established, and noted.
    Warn,
    /// Missed: not delivered.
    Fail,
}

/// One rule, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct RuleResult {
    /// Stable name: one of [`RULE_IDS`], or the id of a rule of the profile.
    pub rule: String,
    /// Of a rule of the profile: which kind of check it is, as `check.kind` of the profile says it.
    #[serde(default)]
    pub check: Option<String>,
    /// What is asked, in words.
    pub title: String,
    /// What was expected.
    pub expected: String,
    /// What was measured.
    pub measured: String,
    /// What became of it.
    pub verdict: Outcome,
    /// Where the profile has the rule from; `None`: the house's own.
    pub source: Option<Citation>,
    /// Which renditions or tracks miss it, where only some do.
    pub place: Option<String>,
}

/// All rules of one output, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct OutputVerdict {
    /// Output id.
    pub output: String,
    /// One line per rule: built-in rules first, then the profile's.
    pub lines: Vec<RuleResult>,
}

impl OutputVerdict {
    /// The worst of all lines.
    pub fn outcome(&self) -> Outcome {
        self.lines.iter().map(|line| line.verdict).max().unwrap_or(Outcome::Pass)
    }

    /// Whether any rule forbids delivery.
    pub fn failed(&self) -> bool {
        self.outcome() == Outcome::Fail
    }
}

/// Judges an output that Spillway made: by its plan, then by the profile's rules.
pub fn judge(
    profile: &Profile,
    plan: &OutputPlan,
    source: &InspectDone,
    audio: &[AudioDone],
    measured: &Measured,
) -> OutputVerdict {
    let mut lines = file::planned(plan, measured);
    lines.extend(picture::planned(plan, source, measured));
    lines.extend(sound::planned(plan, source, audio, measured));
    lines.extend(hls::planned(plan, measured));
    lines.extend(check::rules(profile, &plan.id, measured));
    OutputVerdict { output: plan.id.clone(), lines }
}

/// Judges any file against an output of a profile: by the output's settings, then by the profile's
/// rules. Without a plan nothing is said about how it relates to a source.
pub fn judge_file(profile: &Profile, output: &Output, measured: &Measured) -> OutputVerdict {
    let mut lines = settings::lines(output, measured);
    lines.extend(check::rules(profile, &output.id, measured));
    OutputVerdict { output: output.id.clone(), lines }
}

#[cfg(test)]
mod tests;
