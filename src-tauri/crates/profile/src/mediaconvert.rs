//! What of a profile only AWS Elemental MediaConvert reads.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the cloud engine does this profile; nothing of it changes what the partner gets to see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields, default)]
pub struct MediaConvert {
    /// Name of a job template in the account. Its settings are what the profile's own are laid over.
    pub template: Option<String>,
    /// An exported job template, or the settings of a job, as JSON text; instead of `template`.
    pub template_json: Option<String>,
    /// Name or ARN of the queue; absent: the one of the settings.
    pub queue: Option<String>,
    /// Priority inside the queue, -50 to 50.
    pub priority: i32,
    /// How much the encoder may look around; what it costs depends on it.
    pub quality: QualityTuning,
    /// Tags for cost allocation, beside Spillway's own.
    pub tags: BTreeMap<String, String>,
}

/// `qualityTuningLevel` of MediaConvert.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum QualityTuning {
    /// `SINGLE_PASS`: fastest.
    SinglePass,
    /// `SINGLE_PASS_HQ`: slower and better; basic price for H.264.
    #[default]
    SinglePassHq,
    /// `MULTI_PASS_HQ`: best, at the professional price.
    MultiPassHq,
}
