//! What the engine needs to know of its surroundings.

use std::{path::PathBuf, time::Duration};

use spillway_cloud::CloudSettings;
use spillway_media::process::Supervisor;

use crate::settings::CostSettings;

/// Paths and limits.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder of the database and the lock; made when missing.
    pub data_dir: PathBuf,
    /// Folder for temporary data (segments); made when missing. Default: `data_dir/work`.
    pub work_dir: PathBuf,
    /// Worker processes at a time; 0: one per core.
    pub workers: u32,
    /// Lower CPU priority of workers (nice value, 0 to 19).
    pub nice: i32,
    /// Memory limit of one worker in bytes; 0: none.
    pub worker_memory_bytes: u64,
    /// How workers are started, and how long they may be silent.
    pub supervisor: Supervisor,
    /// How often wishes and new jobs of other processes are looked for.
    pub poll: Duration,
    /// How buckets, their queues and the cloud engine are reached.
    pub cloud: CloudSettings,
    /// What work costs, and may cost.
    pub cost: CostSettings,
    /// Test hook: abort the process at a named point. Never set in production.
    pub fault: Option<crate::fault::Fault>,
}
