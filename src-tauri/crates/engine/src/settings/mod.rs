//! Settings: `config.toml` in the data folder, each one overridable by an environment variable, the number
//! of workers by an option, too.

mod document;
mod effective;
mod error;
#[cfg(test)]
mod tests;

pub use document::{load, save};
pub use effective::{Variables, config, page};
pub use error::SettingsError;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use specta::Type;
pub use spillway_cloud::CloudSettings;

/// `config.toml`. What is absent has its default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Type)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Who does the work.
    pub engine: EngineSettings,
    /// The window.
    pub desktop: DesktopSettings,
    /// Buckets, their queues, and the cloud engine.
    pub cloud: CloudSettings,
    /// What work costs, and may cost.
    pub cost: CostSettings,
}

/// `[cost]`, in US dollars.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Type)]
#[serde(deny_unknown_fields, default)]
pub struct CostSettings {
    /// What an hour of one worker of this machine is put down as; absent: 0.
    pub machine_usd_per_hour: Option<f64>,
    /// Most that the cloud may cost in a calendar month (UTC), all profiles together; absent: no limit.
    pub month_usd: Option<f64>,
    /// What an hour of the dedicated encoder costs that the history is compared with; absent: 0.68, a c6i.4xlarge
    /// in us-east-1.
    pub dedicated_usd_per_hour: Option<f64>,
    /// Multiples of playing time that it encodes HD at; absent: 2.
    pub dedicated_speed: Option<f64>,
}

/// `[engine]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(deny_unknown_fields, default)]
pub struct EngineSettings {
    /// Worker processes at a time; 0: one per core.
    pub workers: Option<u32>,
    /// Lower CPU priority of workers, 0 to 19.
    pub nice: Option<i32>,
    /// Folder for temporary data; relative ones count from the data folder.
    pub work_dir: Option<PathBuf>,
    /// Memory that one worker may have, in MiB; 0: no limit.
    pub worker_memory_mb: Option<u64>,
}

/// `[desktop]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "switches that have nothing to do with each other")]
pub struct DesktopSettings {
    /// Language of the window.
    pub language: Language,
    /// Colours of the window.
    pub appearance: Appearance,
    /// Stronger borders and text.
    pub contrast: Contrast,
    /// Tell when a job is delivered and the window is not in front.
    pub notify_delivered: bool,
    /// Tell when a job fails and the window is not in front.
    pub notify_failed: bool,
    /// Closing the window leaves Spillway at work in the tray.
    pub stay_in_tray: bool,
    /// Keep the machine awake while jobs are at work.
    pub keep_awake: bool,
    /// Output folder that a new sheet begins with; `None`: beside each source.
    pub out_dir: Option<PathBuf>,
    /// Profiles that a new sheet begins with ticked: those of the last start.
    pub profiles: Vec<String>,
}

impl Default for DesktopSettings {
    fn default() -> Self {
        Self {
            language: Language::System,
            appearance: Appearance::System,
            contrast: Contrast::System,
            notify_delivered: true,
            notify_failed: true,
            stay_in_tray: false,
            keep_awake: true,
            out_dir: None,
            profiles: Vec::new(),
        }
    }
}

/// Language of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub enum Language {
    /// The system's.
    #[default]
    #[serde(rename = "system")]
    System,
    /// English.
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    SimplifiedChinese,
}

/// Colours of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum Appearance {
    /// The system's.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Contrast of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum Contrast {
    /// The system's.
    #[default]
    System,
    /// High.
    High,
}

/// Settings with what stands around them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct SettingsPage {
    /// As in the file.
    pub settings: Settings,
    /// What holds now, with environment and defaults applied.
    pub effective: EffectiveSettings,
    /// Names of environment variables that go before the file.
    pub overridden_by: Vec<String>,
    /// The data folder.
    pub data_dir: PathBuf,
    /// Cores of this machine.
    pub cores: u32,
    /// Version of Spillway.
    pub version: String,
}

/// See [`SettingsPage`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct EffectiveSettings {
    /// Worker processes at a time.
    pub workers: u32,
    /// Nice value of workers.
    pub nice: i32,
    /// Folder for temporary data.
    pub work_dir: PathBuf,
    /// Memory that one worker may have, in MiB; 0: no limit.
    pub worker_memory_mb: u64,
    /// The cloud, without defaults.
    pub cloud: CloudSettings,
    /// Costs, without defaults.
    pub cost: CostSettings,
}
