//! What a source must be like before any work is spent on it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Conditions on a source. An absent limit means no limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields, default)]
pub struct Accept {
    /// Must the source have decodable audio? (Video is always needed.)
    pub audio: Need,
    /// Least display width in pixels.
    pub min_width: Option<u32>,
    /// Least display height in pixels.
    pub min_height: Option<u32>,
    /// Shortest duration in seconds.
    pub min_duration_s: Option<f64>,
    /// Longest duration in seconds.
    pub max_duration_s: Option<f64>,
    /// Least and most frames per second (average), inclusive.
    pub min_frame_rate: Option<f64>,
    /// See `min_frame_rate`.
    pub max_frame_rate: Option<f64>,
    /// Interlaced sources.
    pub interlaced: Verdict,
    /// Sources whose frame times are not evenly spaced.
    pub variable_frame_rate: Verdict,
    /// HDR sources (PQ, HLG, Dolby Vision).
    pub hdr: Verdict,
    /// Upscaling would be needed: the source is smaller than the largest picture asked for.
    pub smaller_than_output: Verdict,
    /// Parts of the source cannot be decoded cleanly.
    pub damaged: Verdict,
}

impl Default for Accept {
    fn default() -> Self {
        Self {
            audio: Need::Optional,
            min_width: None,
            min_height: None,
            min_duration_s: None,
            max_duration_s: None,
            min_frame_rate: None,
            max_frame_rate: None,
            interlaced: Verdict::Pass,
            variable_frame_rate: Verdict::Pass,
            hdr: Verdict::Pass,
            smaller_than_output: Verdict::Pass,
            damaged: Verdict::Warn,
        }
    }
}

/// Whether something must be there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// No source without it.
    Required,
    /// Used when there.
    #[default]
    Optional,
}

/// What preflight says of a property.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    specta::Type,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Fine, nothing to say.
    #[default]
    Pass,
    /// Goes on, and says so.
    Warn,
    /// Not accepted.
    Stop,
}
