//! Settings: `config.toml` in the data folder, each overridable by an environment variable, a few by
//! the command line.

use std::{
    ffi::{OsStr, OsString},
    fmt::Display,
    io,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use serde::Deserialize;
use spillway_engine::Config;
use spillway_media::process::Supervisor;

use crate::{args::Common, exit::CommandError, text};

/// Reads an environment variable; a function so that tests need not touch the process.
pub(crate) type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Memory that one worker may have, in MiB. Generous: address space, not memory in use, is what
/// the system can limit, and every thread reserves some.
const WORKER_MEMORY_MB: u64 = 16_384;
/// A worker says nothing for so long only when it hangs; slow settings give a frame every few seconds.
const WORKER_SILENCE: Duration = Duration::from_mins(5);
/// How soon wishes and jobs of other processes are noticed.
const POLL: Duration = Duration::from_millis(200);

/// `config.toml`.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Document {
    engine: EngineSettings,
}

/// `[engine]`.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EngineSettings {
    /// Worker processes at a time; 0: one per core.
    workers: Option<u32>,
    /// Lower CPU priority of workers, 0 to 19.
    nice: Option<i32>,
    /// Folder for temporary data.
    work_dir: Option<PathBuf>,
    /// Memory that one worker may have, in MiB; 0: no limit.
    worker_memory_mb: Option<u64>,
}

/// The data folder.
pub(crate) fn data_dir(common: &Common, variables: Variables<'_>) -> Result<PathBuf, CommandError> {
    let given = common.data_dir.clone().or_else(|| set(variables, "SPILLWAY_DATA_DIR").map(PathBuf::from));
    let folder = match given {
        Some(folder) => folder,
        None => directories::ProjectDirs::from("", "", "spillway")
            .map(|dirs| dirs.data_dir().to_owned())
            .ok_or_else(|| CommandError::usage("There is no home folder here.", "Give --data-dir."))?,
    };
    absolute(&folder)
}

/// Everything the engine needs to know. `workers`: what the command line says.
pub(crate) fn load(
    common: &Common,
    workers: Option<u32>,
    variables: Variables<'_>,
) -> Result<Config, CommandError> {
    let data_dir = data_dir(common, variables)?;
    let from_file = read(&data_dir.join("config.toml"))?.engine;
    let memory = number(variables, "SPILLWAY_WORKER_MEMORY_MB")?.or(from_file.worker_memory_mb);
    let nice = number(variables, "SPILLWAY_NICE")?.or(from_file.nice).unwrap_or(0);
    if !(0..=19).contains(&nice) {
        return Err(CommandError::usage(format!("The nice value {nice} is not within 0 to 19."), ""));
    }
    let work_dir = match set(variables, "SPILLWAY_WORK_DIR") {
        Some(folder) => absolute(Path::new(&folder))?,
        // A relative folder in the file counts from the file, wherever the command is typed.
        None => from_file.work_dir.map_or_else(|| data_dir.join("work"), |folder| data_dir.join(folder)),
    };
    let program = std::env::current_exe()
        .map_err(|error| CommandError::environment("Spillway cannot find its own program file.", error))?;
    Ok(Config {
        work_dir,
        workers: workers.or(number(variables, "SPILLWAY_WORKERS")?).or(from_file.workers).unwrap_or(0),
        nice,
        worker_memory_bytes: memory.unwrap_or(WORKER_MEMORY_MB).saturating_mul(1 << 20),
        supervisor: Supervisor { program, arguments: vec!["worker".into()], silence: WORKER_SILENCE },
        poll: POLL,
        fault: fault(variables)?,
        data_dir,
    })
}

#[cfg(debug_assertions)]
fn fault(variables: Variables<'_>) -> Result<Option<spillway_engine::fault::Fault>, CommandError> {
    let Some(text) = set(variables, "SPILLWAY_FAULT") else { return Ok(None) };
    let text = text.to_string_lossy();
    let (point, pass) = text.split_once(':').unwrap_or((&text, "1"));
    let pass = pass
        .parse()
        .map_err(|_| CommandError::usage(format!("SPILLWAY_FAULT={text} is not POINT or POINT:PASS."), ""))?;
    Ok(Some(spillway_engine::fault::Fault { point: point.to_owned(), pass }))
}

#[cfg(not(debug_assertions))]
#[expect(clippy::unnecessary_wraps, reason = "same signature as with fault points built in")]
fn fault(_: Variables<'_>) -> Result<Option<spillway_engine::fault::Fault>, CommandError> {
    Ok(None)
}

fn set(variables: Variables<'_>, name: &str) -> Option<OsString> {
    variables(name).filter(|value| !value.is_empty())
}

fn number<T>(variables: Variables<'_>, name: &str) -> Result<Option<T>, CommandError>
where
    T: FromStr<Err: Display>,
{
    let Some(value) = set(variables, name) else { return Ok(None) };
    let value = value.to_string_lossy();
    match value.parse() {
        Ok(number) => Ok(Some(number)),
        Err(error) => Err(CommandError::usage(format!("{name}={value}: {error}."), "")),
    }
}

fn absolute(folder: &Path) -> Result<PathBuf, CommandError> {
    std::path::absolute(folder).map_err(|error| {
        CommandError::environment(format!("{} is no usable folder.", text::path(folder)), error)
    })
}

fn read(path: &Path) -> Result<Document, CommandError> {
    let bytes = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Document::default()),
        Err(error) => {
            return Err(CommandError::environment(format!("{} cannot be read.", text::path(path)), error));
        }
    };
    toml::from_str(&bytes).map_err(|error| CommandError::Document(describe(path.as_os_str(), &bytes, &error)))
}

/// `config.toml:3:5: unknown field …`.
fn describe(file: &OsStr, content: &str, error: &toml::de::Error) -> String {
    let file = text::path(Path::new(file));
    let message = error.message();
    let Some(before) = error.span().and_then(|span| content.get(..span.start)) else {
        return format!("{file}: {message}");
    };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    format!("{file}:{line}:{column}: {message}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_with(
        file: &str,
        workers: Option<u32>,
        variables: &[(&str, &str)],
    ) -> (tempfile::TempDir, Result<Config, CommandError>) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), file).unwrap();
        let common = Common { data_dir: Some(folder.path().to_owned()), ..Common::default() };
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        let config = load(&common, workers, &variable);
        (folder, config)
    }

    #[test]
    fn command_line_before_environment_before_file() {
        let file = "[engine]\nworkers = 2\nnice = 5\n";
        let workers = |line, env: &[_]| load_with(file, line, env).1.unwrap().workers;
        assert_eq!(workers(None, &[]), 2);
        assert_eq!(workers(None, &[("SPILLWAY_WORKERS", "3")]), 3);
        assert_eq!(workers(Some(4), &[("SPILLWAY_WORKERS", "3")]), 4);
        assert_eq!(workers(None, &[("SPILLWAY_WORKERS", "")]), 2, "empty is not set");
    }

    #[test]
    fn a_work_folder_in_the_file_counts_from_the_file() {
        let (folder, config) =
            load_with("[engine]\nwork_dir = \"scratch\"\nworker_memory_mb = 2\n", None, &[]);
        let config = config.unwrap();
        assert_eq!(config.work_dir, folder.path().join("scratch"));
        assert_eq!(config.worker_memory_bytes, 2 << 20);
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_place() {
        let (_folder, config) = load_with("[engine]\nworkers = 2\n  wrokers = 3\n", None, &[]);
        let text = config.unwrap_err().to_string();
        assert!(text.contains("config.toml:3:3: unknown field `wrokers`"), "{text}");
    }

    #[test]
    fn values_out_of_range_are_named() {
        for (name, value) in [("SPILLWAY_NICE", "20"), ("SPILLWAY_WORKERS", "many")] {
            let error = load_with("", None, &[(name, value)]).1.unwrap_err().to_string();
            assert!(error.contains(value), "{error}");
        }
    }

    #[test]
    fn a_fault_point_counts_from_the_first_pass() {
        let fault = |value| load_with("", None, &[("SPILLWAY_FAULT", value)]).1.map(|config| config.fault);
        let fault_at = |value| fault(value).unwrap().unwrap();
        assert_eq!((fault_at("claim").point.as_str(), fault_at("claim").pass), ("claim", 1));
        assert_eq!(fault_at("deliver.renamed:3").pass, 3);
        assert!(fault("claim:x").is_err());
    }
}
