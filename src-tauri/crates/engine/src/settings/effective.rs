//! What holds: environment before file, options before both.

use std::{
    ffi::{OsStr, OsString},
    fmt::Display,
    num::NonZero,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use spillway_media::process::Supervisor;

use super::{
    CloudSettings, CostSettings, EffectiveSettings, EngineSettings, Settings, SettingsError, SettingsPage,
    document,
};
use crate::{Config, fault::Fault};

/// Reads an environment variable: the engine never looks at the environment itself.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

const WORKERS: &str = "SPILLWAY_WORKERS";
const NICE: &str = "SPILLWAY_NICE";
const WORK_DIR: &str = "SPILLWAY_WORK_DIR";
const WORKER_MEMORY_MB: &str = "SPILLWAY_WORKER_MEMORY_MB";
const CLOUD_REGION: &str = "SPILLWAY_CLOUD_REGION";
const CLOUD_PROFILE: &str = "SPILLWAY_CLOUD_PROFILE";
const CLOUD_S3_ENDPOINT: &str = "SPILLWAY_CLOUD_S3_ENDPOINT";
const CLOUD_SQS_ENDPOINT: &str = "SPILLWAY_CLOUD_SQS_ENDPOINT";
const CLOUD_BUCKET: &str = "SPILLWAY_CLOUD_BUCKET";
const CLOUD_PREFIX: &str = "SPILLWAY_CLOUD_PREFIX";
const CLOUD_ROLE_ARN: &str = "SPILLWAY_CLOUD_ROLE_ARN";
const CLOUD_QUEUE: &str = "SPILLWAY_CLOUD_QUEUE";
const CLOUD_MAX_JOBS: &str = "SPILLWAY_CLOUD_MAX_JOBS";
const CLOUD_TRANSFERS: &str = "SPILLWAY_CLOUD_TRANSFERS";
const CLOUD_BANDWIDTH_MBPS: &str = "SPILLWAY_CLOUD_BANDWIDTH_MBPS";
const CLOUD_SPILL_AFTER_MIN: &str = "SPILLWAY_CLOUD_SPILL_AFTER_MIN";
const CLOUD_MEDIACONVERT_ENDPOINT: &str = "SPILLWAY_CLOUD_MEDIACONVERT_ENDPOINT";
const CLOUD_IAM_ENDPOINT: &str = "SPILLWAY_CLOUD_IAM_ENDPOINT";
const CLOUD_STS_ENDPOINT: &str = "SPILLWAY_CLOUD_STS_ENDPOINT";
const CLOUD_CALLS_PER_MINUTE: &str = "SPILLWAY_CLOUD_CALLS_PER_MINUTE";
const MACHINE_USD_PER_HOUR: &str = "SPILLWAY_MACHINE_USD_PER_HOUR";
const MONTH_USD: &str = "SPILLWAY_MONTH_USD";

/// Memory that one worker may have, in MiB. Generous: address space, not memory in use, is what
/// the system can limit, and every thread reserves some.
const DEFAULT_MEMORY_MB: u64 = 16_384;
/// A worker says nothing for so long only when it hangs; slow settings give a frame every few seconds.
const WORKER_SILENCE: Duration = Duration::from_mins(5);
/// How soon wishes and jobs of other processes are noticed.
const POLL: Duration = Duration::from_millis(200);

/// Everything the engine needs to know. `workers`: what an option says. `program` and `arguments` start
/// a worker. `data_dir` is absolute.
///
/// # Errors
/// When a variable is no number, or a figure makes no sense.
pub fn config(
    data_dir: &Path,
    settings: &Settings,
    workers: Option<u32>,
    variables: Variables<'_>,
    program: PathBuf,
    arguments: Vec<OsString>,
) -> Result<Config, SettingsError> {
    let engine = overridden(&settings.engine, workers, variables)?;
    let memory = engine.worker_memory_mb.unwrap_or(DEFAULT_MEMORY_MB);
    Ok(Config {
        data_dir: data_dir.to_path_buf(),
        work_dir: work_dir(data_dir, &engine),
        workers: engine.workers.unwrap_or(0),
        nice: engine.nice.unwrap_or(0),
        worker_memory_bytes: memory.saturating_mul(1 << 20),
        supervisor: Supervisor { program, arguments, silence: WORKER_SILENCE },
        poll: POLL,
        cloud: cloud(&settings.cloud, variables)?,
        cost: cost(&settings.cost, variables)?,
        fault: fault(variables)?,
    })
}

/// Settings with what stands around them.
///
/// # Errors
/// When the file is wrong or cannot be read, or a variable makes no sense.
pub fn page(data_dir: &Path, variables: Variables<'_>) -> Result<SettingsPage, SettingsError> {
    let settings = super::load(data_dir)?;
    let engine = overridden(&settings.engine, None, variables)?;
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let cores = u32::try_from(cores).unwrap_or(u32::MAX);
    let names = [
        WORKERS,
        NICE,
        WORK_DIR,
        WORKER_MEMORY_MB,
        CLOUD_REGION,
        CLOUD_PROFILE,
        CLOUD_S3_ENDPOINT,
        CLOUD_SQS_ENDPOINT,
        CLOUD_BUCKET,
        CLOUD_PREFIX,
        CLOUD_ROLE_ARN,
        CLOUD_QUEUE,
        CLOUD_MAX_JOBS,
        CLOUD_TRANSFERS,
        CLOUD_BANDWIDTH_MBPS,
        CLOUD_SPILL_AFTER_MIN,
        CLOUD_MEDIACONVERT_ENDPOINT,
        CLOUD_IAM_ENDPOINT,
        CLOUD_STS_ENDPOINT,
        CLOUD_CALLS_PER_MINUTE,
        MACHINE_USD_PER_HOUR,
        MONTH_USD,
    ];
    Ok(SettingsPage {
        effective: EffectiveSettings {
            workers: engine.workers.filter(|workers| *workers > 0).unwrap_or(cores),
            nice: engine.nice.unwrap_or(0),
            work_dir: work_dir(data_dir, &engine),
            worker_memory_mb: engine.worker_memory_mb.unwrap_or(DEFAULT_MEMORY_MB),
            cloud: cloud(&settings.cloud, variables)?,
            cost: cost(&settings.cost, variables)?,
        },
        settings,
        overridden_by: names
            .into_iter()
            .filter(|name| set(variables, name).is_some())
            .map(str::to_owned)
            .collect(),
        data_dir: data_dir.to_path_buf(),
        cores,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// A relative folder counts from the data folder, wherever Spillway is started.
pub(super) fn work_dir(data_dir: &Path, engine: &EngineSettings) -> PathBuf {
    data_dir.join(engine.work_dir.as_deref().unwrap_or(Path::new("work")))
}

fn overridden(
    file: &EngineSettings,
    workers: Option<u32>,
    variables: Variables<'_>,
) -> Result<EngineSettings, SettingsError> {
    let work_dir = match set(variables, WORK_DIR) {
        Some(folder) => Some(absolute(&folder)?),
        None => file.work_dir.clone(),
    };
    let engine = EngineSettings {
        workers: workers.or(number(variables, WORKERS)?).or(file.workers),
        nice: number(variables, NICE)?.or(file.nice),
        work_dir,
        worker_memory_mb: number(variables, WORKER_MEMORY_MB)?.or(file.worker_memory_mb),
    };
    document::within_bounds(&engine)?;
    Ok(engine)
}

fn cloud(file: &CloudSettings, variables: Variables<'_>) -> Result<CloudSettings, SettingsError> {
    let text = |name: &'static str, file: &Option<String>| match set(variables, name) {
        Some(value) => value.into_string().map(Some).map_err(|value| SettingsError::Variable {
            name,
            why: "not UTF-8 text".to_owned(),
            value: value.to_string_lossy().into_owned(),
        }),
        None => Ok(file.clone()),
    };
    Ok(CloudSettings {
        region: text(CLOUD_REGION, &file.region)?,
        profile: text(CLOUD_PROFILE, &file.profile)?,
        s3_endpoint: text(CLOUD_S3_ENDPOINT, &file.s3_endpoint)?,
        sqs_endpoint: text(CLOUD_SQS_ENDPOINT, &file.sqs_endpoint)?,
        bucket: text(CLOUD_BUCKET, &file.bucket)?,
        prefix: text(CLOUD_PREFIX, &file.prefix)?,
        role_arn: text(CLOUD_ROLE_ARN, &file.role_arn)?,
        queue: text(CLOUD_QUEUE, &file.queue)?,
        max_jobs: number(variables, CLOUD_MAX_JOBS)?.or(file.max_jobs),
        transfers: number(variables, CLOUD_TRANSFERS)?.or(file.transfers),
        bandwidth_mbps: number(variables, CLOUD_BANDWIDTH_MBPS)?.or(file.bandwidth_mbps),
        spill_after_min: number(variables, CLOUD_SPILL_AFTER_MIN)?.or(file.spill_after_min),
        mediaconvert_endpoint: text(CLOUD_MEDIACONVERT_ENDPOINT, &file.mediaconvert_endpoint)?,
        iam_endpoint: text(CLOUD_IAM_ENDPOINT, &file.iam_endpoint)?,
        sts_endpoint: text(CLOUD_STS_ENDPOINT, &file.sts_endpoint)?,
        calls_per_minute: number(variables, CLOUD_CALLS_PER_MINUTE)?.or(file.calls_per_minute),
    })
}

fn cost(file: &CostSettings, variables: Variables<'_>) -> Result<CostSettings, SettingsError> {
    Ok(CostSettings {
        machine_usd_per_hour: number(variables, MACHINE_USD_PER_HOUR)?.or(file.machine_usd_per_hour),
        month_usd: number(variables, MONTH_USD)?.or(file.month_usd),
        ..file.clone()
    })
}

fn absolute(folder: &OsStr) -> Result<PathBuf, SettingsError> {
    std::path::absolute(folder)
        .map_err(|source| SettingsError::Folder { folder: PathBuf::from(folder), source })
}

/// An empty variable is not set.
fn set(variables: Variables<'_>, name: &str) -> Option<OsString> {
    variables(name).filter(|value| !value.is_empty())
}

fn number<T>(variables: Variables<'_>, name: &'static str) -> Result<Option<T>, SettingsError>
where
    T: FromStr<Err: Display>,
{
    let Some(value) = set(variables, name) else { return Ok(None) };
    let value = value.to_string_lossy().into_owned();
    match value.parse() {
        Ok(number) => Ok(Some(number)),
        Err(error) => Err(SettingsError::Variable { name, why: T::Err::to_string(&error), value }),
    }
}

#[cfg(debug_assertions)]
fn fault(variables: Variables<'_>) -> Result<Option<Fault>, SettingsError> {
    const NAME: &str = "SPILLWAY_FAULT";
    let Some(text) = set(variables, NAME) else { return Ok(None) };
    let text = text.to_string_lossy().into_owned();
    let (point, pass) = text.split_once(':').unwrap_or((&text, "1"));
    match pass.parse() {
        Ok(pass) => Ok(Some(Fault { point: point.to_owned(), pass })),
        Err(_) => Err(SettingsError::Variable {
            name: NAME,
            why: "not POINT or POINT:PASS".to_owned(),
            value: text,
        }),
    }
}

#[cfg(not(debug_assertions))]
#[expect(clippy::unnecessary_wraps, reason = "same signature as with fault points built in")]
fn fault(_: Variables<'_>) -> Result<Option<Fault>, SettingsError> {
    Ok(None)
}
