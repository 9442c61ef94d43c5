//! Is everything there that deliveries need? Each answer with what to do about it.

use std::path::Path;

use serde::{Deserialize, Serialize};
use spillway_cloud::setup::{SetupOutcome, SetupStep, SetupWish};
use spillway_media::task::{Outcome, Task};

use crate::{Engine, db, error::EngineError, files, lock::Lock};

/// Free space below which a warning is due, in bytes.
const LITTLE_SPACE: u64 = 10_000_000_000;

/// Names of all checks, in their order. Without a worker those of encoders and filters are not made; those of the
/// cloud only once it is set up, `cloud` itself only where it is not, or cannot be asked.
pub const DOCTOR_CHECKS: &[&str] = &[
    "data-folder",
    "work-folder",
    "data-space",
    "work-space",
    "database",
    "runner",
    "worker",
    "encoder-libx264",
    "encoder-libx265",
    "encoder-prores_ks",
    "encoder-aac",
    "encoder-pcm_s24le",
    "encoder-pcm_s16le",
    "encoder-mjpeg",
    "filter-scale",
    "filter-bwdif",
    "filter-transpose",
    "filter-zscale",
    "filter-tonemap",
    "filter-aresample",
    "filter-alimiter",
    "cloud",
    "cloud-credentials",
    "cloud-bucket",
    "cloud-bucket-private",
    "cloud-bucket-encryption",
    "cloud-bucket-lifecycle",
    "cloud-bucket-write",
    "cloud-role",
    "cloud-role-policy",
    "cloud-queue",
    "cloud-jobs",
];

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// Fine.
    Ok,
    /// Works, but look at it.
    Warn,
    /// Deliveries fail.
    Fail,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct DoctorCheck {
    /// Stable short name: one of [`DOCTOR_CHECKS`].
    pub name: String,
    /// How it ended.
    pub verdict: Health,
    /// What was found; one sentence.
    pub text: String,
    /// What to do; empty when it is fine.
    pub advice: String,
}

fn cloud_check(step: &SetupStep) -> DoctorCheck {
    let verdict = match step.outcome {
        SetupOutcome::Fine | SetupOutcome::Made => Health::Ok,
        SetupOutcome::Warn | SetupOutcome::Skipped => Health::Warn,
        SetupOutcome::Missing => Health::Fail,
    };
    check(&format!("cloud-{}", step.name), verdict, step.text.as_str(), &step.advice)
}

fn check(name: &str, verdict: Health, text: impl Into<String>, advice: &str) -> DoctorCheck {
    DoctorCheck { name: name.to_owned(), verdict, text: text.into(), advice: advice.to_owned() }
}

impl Engine {
    /// Looks at everything that deliveries need.
    pub fn doctor(&self) -> Vec<DoctorCheck> {
        let config = self.config();
        let mut checks = vec![
            writable("data-folder", &config.data_dir),
            writable("work-folder", &config.work_dir),
            space("data-space", &config.data_dir),
            space("work-space", &config.work_dir),
            self.database(),
            lock(&config.data_dir),
        ];
        checks.extend(self.worker());
        checks.extend(self.cloud());
        checks
    }

    fn database(&self) -> DoctorCheck {
        let advice =
            "Keep a copy of the data folder, then move the database away; delivered files are not affected.";
        let found = db::open(&self.config().data_dir).and_then(|connection| db::integrity(&connection));
        match found {
            Ok(faults) if faults.is_empty() => check("database", Health::Ok, "The job list is sound.", ""),
            Ok(faults) => {
                let text = format!("The job list is damaged: {}.", faults.join("; "));
                check("database", Health::Fail, text, advice)
            }
            Err(error) => {
                check("database", Health::Fail, format!("The job list cannot be used: {error}."), advice)
            }
        }
    }

    fn worker(&self) -> Vec<DoctorCheck> {
        match self.ask(&self.config().data_dir, Task::Doctor {}) {
            Ok(Outcome::Doctor { versions, encoders }) => {
                let list: Vec<String> =
                    versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
                let mut checks = vec![check(
                    "worker",
                    Health::Ok,
                    format!("Worker processes start ({}).", list.join(", ")),
                    "",
                )];
                checks.extend(encoders.into_iter().map(|(name, there)| tool(&name, there)));
                checks
            }
            Ok(other) => {
                let text = format!("The worker answered something else: {other:?}.");
                vec![check(
                    "worker",
                    Health::Fail,
                    text,
                    "Reinstall Spillway: program and worker do not match.",
                )]
            }
            Err(failure) => {
                let advice =
                    "Check that the program may start itself and that FFmpeg's libraries are installed.";
                vec![check("worker", Health::Fail, failure.why, advice)]
            }
        }
    }

    /// Whether the cloud engine can be used, by harmless calls; nothing is asked of anybody before it is set up.
    fn cloud(&self) -> Vec<DoctorCheck> {
        let cloud = &self.config().cloud;
        let (Some(bucket), Some(role)) = (&cloud.bucket, &cloud.role_arn) else {
            let text = "The cloud engine is not set up: all work is done on this machine.";
            return vec![check("cloud", Health::Ok, text, "")];
        };
        let wish = SetupWish {
            bucket: bucket.clone(),
            // The last part of its ARN.
            role: role.rsplit('/').next().map(str::to_owned),
            queue: cloud.queue.clone(),
            check_only: true,
        };
        match self.set_up_cloud(&wish) {
            Ok(report) => report.steps.iter().map(cloud_check).collect(),
            Err(error) => vec![check(
                "cloud",
                Health::Fail,
                format!("The cloud cannot be asked: {error}."),
                "Look at `[cloud]` in the settings, and at the network.",
            )],
        }
    }
}

/// `name`: of an encoder, or of a filter after the word `filter`.
fn tool(name: &str, there: bool) -> DoctorCheck {
    let (kind, name) = name.split_once(' ').unwrap_or(("encoder", name));
    let id = format!("{kind}-{name}");
    if there {
        check(&id, Health::Ok, format!("The {kind} {name} is there."), "")
    } else {
        let text = format!("The {kind} {name} is missing.");
        check(&id, Health::Fail, text, "Install an FFmpeg that has it; profiles that need it fail.")
    }
}

fn writable(name: &str, folder: &Path) -> DoctorCheck {
    match files::try_writing(folder) {
        Ok(()) => check(name, Health::Ok, format!("{} can be written.", folder.display()), ""),
        Err(error) => {
            let text = format!("{} cannot be written: {error}.", folder.display());
            check(name, Health::Fail, text, "Give your user write access, or use another folder.")
        }
    }
}

fn space(name: &str, folder: &Path) -> DoctorCheck {
    match files::free_bytes(folder) {
        Ok(free) => {
            let text = format!("{} GB are free in {}.", free / 1_000_000_000, folder.display());
            if free < LITTLE_SPACE {
                check(
                    name,
                    Health::Warn,
                    text,
                    "Free some space before delivering long programmes; with too little, the queue waits.",
                )
            } else {
                check(name, Health::Ok, text, "")
            }
        }
        Err(error) => {
            let text = format!("The free space in {} is unknown: {error}.", folder.display());
            check(name, Health::Warn, text, "Check the drive.")
        }
    }
}

fn lock(data_dir: &Path) -> DoctorCheck {
    match Lock::take(data_dir) {
        Ok(_) => check("runner", Health::Ok, "No other Spillway runs the queue.", ""),
        Err(EngineError::AlreadyRunning) => {
            check("runner", Health::Ok, "Another Spillway runs the queue right now.", "")
        }
        Err(error) => {
            check("runner", Health::Fail, error.to_string(), "Check the data folder's permissions.")
        }
    }
}
