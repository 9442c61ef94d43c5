//! The profile as a whole.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Accept, Delivery, MediaConvert, Output, Retry, Rule};

/// One partner's contract: what is accepted, what is made, what it must obey, where it goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Stable name: lower-case letters, digits and hyphens, e.g. `apple-hls`.
    pub id: String,
    /// Rises with every change of meaning; recorded in receipts.
    pub version: u32,
    /// Who receives the files, e.g. `YouTube`.
    pub partner: String,
    /// One line for lists.
    pub title: String,
    /// A few sentences for people who choose a profile.
    #[serde(default)]
    pub description: String,
    /// Where the rules come from, by short name; rules point here.
    #[serde(default)]
    pub sources: BTreeMap<String, Citation>,
    /// Which engine may do the work.
    #[serde(default)]
    pub engine: EnginePolicy,
    /// What a source must be like.
    #[serde(default)]
    pub accept: Accept,
    /// What is made; at least one.
    pub output: Vec<Output>,
    /// What the results must obey, beyond what follows from the outputs themselves.
    #[serde(default)]
    pub rule: Vec<Rule>,
    /// What may be lost on the way; anything else that is lost stops the delivery.
    #[serde(default)]
    pub may_lose: Vec<Loss>,
    /// Names, folders and collisions.
    #[serde(default)]
    pub delivery: Delivery,
    /// How often and how patiently a failed step is tried again.
    #[serde(default)]
    pub retry: Retry,
    /// What a job may cost.
    #[serde(default)]
    pub budget: Budget,
    /// How the cloud engine does it.
    #[serde(default)]
    pub mediaconvert: MediaConvert,
}

/// Where a rule comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// Title of the page or specification.
    pub title: String,
    /// Address or document number.
    pub url: String,
    /// Day on which the rule was last compared with it, `YYYY-MM-DD`.
    pub checked: String,
}

/// Which engine may run the profile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum EnginePolicy {
    /// Whichever is better for the job.
    #[default]
    Any,
    /// FFmpeg on this machine only.
    Local,
    /// AWS Elemental MediaConvert only.
    Cloud,
}

/// Something that a source can carry and an output can lose.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, specta::Type,
)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Start timecode (tmcd track or stream tag).
    Timecode,
    /// CEA-608/708 captions inside the picture.
    Captions,
    /// Subtitle streams.
    Subtitles,
    /// HDR transfer, mastering display, content light, Dolby Vision.
    Hdr,
    /// Colour primaries, transfer, matrix or range differ from the source's.
    Color,
    /// Channels folded down, or audio streams left out.
    AudioChannels,
    /// Audio streams beyond those selected.
    AudioStreams,
    /// Stream languages.
    Languages,
    /// Chapters.
    Chapters,
    /// Fields: an interlaced source made progressive.
    Interlacing,
    /// The alpha channel.
    Alpha,
    /// Bit depth or chroma resolution reduced.
    Precision,
    /// Picture size reduced.
    Resolution,
    /// Frames repeated or dropped to make the rate constant.
    FrameTiming,
    /// Data streams: telemetry, SCTE-35.
    Data,
    /// Audio or picture beyond the other's end cut off.
    AudioTail,
}

/// Spending limits, in US dollars. Local work costs nothing unless a machine rate is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Most that one job may cost; absent: no limit.
    pub per_job_usd: Option<f64>,
    /// Most that this profile may cost in a calendar month; absent: no limit.
    pub per_month_usd: Option<f64>,
}
