//! Where results go, under which names, and how often a step is tried.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names, folders and collisions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields, default)]
pub struct Delivery {
    /// Folder below the output folder, as a naming template; empty: the output folder itself.
    pub folder: String,
    /// What to do when the name is taken.
    pub exists: Exists,
    /// Characters allowed in names beside letters and digits, e.g. `._-`; absent: everything that
    /// common file systems allow.
    pub allowed_characters: Option<String>,
    /// Only ASCII letters and digits (others are transliterated to `_`).
    pub ascii_only: bool,
    /// Longest name in bytes, extension included.
    pub max_name_bytes: usize,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            folder: String::new(),
            exists: Exists::Fail,
            allowed_characters: None,
            ascii_only: false,
            max_name_bytes: 255,
        }
    }
}

/// What to do when the name of an output is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum Exists {
    /// The job fails, what is there stays.
    #[default]
    Fail,
    /// The next free name with `_2`, `_3`, … is taken.
    Version,
}

/// Patience with failures that may pass (worker crash, hang, I/O).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// Tries of one step in all.
    pub max_attempts: u32,
    /// First back-off ceiling in ms; doubled with each further failure, full jitter below it.
    pub base_ms: u64,
    /// Highest back-off ceiling in ms.
    pub cap_ms: u64,
}

impl Default for Retry {
    fn default() -> Self {
        Self { max_attempts: 4, base_ms: 1_000, cap_ms: 60_000 }
    }
}
