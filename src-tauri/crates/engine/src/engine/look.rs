//! Questions about files, answered by a worker without a job.

use std::{path::Path, sync::atomic::AtomicBool};

use spillway_media::task::{IndexMethod, InspectDone, InspectTask, Limits, MeasureTask, Outcome, Task};
use spillway_profile::{Container, Output, Profile};

use super::Engine;
use crate::{
    conform::{self, OutputVerdict},
    failure::{self, Code, Failure},
};

/// What a worker may touch.
pub(super) struct Reach<'a> {
    pub(super) readable: &'a [&'a Path],
    /// Folders.
    pub(super) writable: &'a [&'a Path],
    /// Largest file, in bytes; 0: no limit.
    pub(super) file_bytes: u64,
}

impl Engine {
    /// What Spillway sees in a file.
    ///
    /// # Errors
    /// Why it can be no source.
    pub fn probe_file(&self, path: &Path) -> Result<InspectDone, Box<Failure>> {
        let source = absolute(path)?;
        let task = InspectTask { source: source.clone(), index: None, method: IndexMethod::Auto };
        match self.ask(&source, Task::Inspect(task))? {
            Outcome::Inspect(done) => Ok(done),
            other => Err(unexpected(&source, &other)),
        }
    }

    /// Whether a finished file or HLS folder obeys an output of a profile: the named one, or the one that
    /// fits its format.
    ///
    /// # Errors
    /// Why it could not be judged.
    pub fn verify_file(
        &self,
        path: &Path,
        profile: &Profile,
        output: Option<&str>,
    ) -> Result<OutputVerdict, Box<Failure>> {
        let path = absolute(path)?;
        let Some(output) = choose(&path, profile, output) else {
            let why = "The profile has no such output.";
            return Err(Box::new(Failure::new(Code::NotAccepted, &path, why)));
        };
        let task = MeasureTask {
            path: path.clone(),
            seams_ms: Vec::new(),
            decode_all: true,
            loudness: true,
            hash: false,
        };
        match self.ask(&path, Task::Measure(task))? {
            Outcome::Measure(measured) => Ok(conform::judge_file(profile, output, &measured)),
            other => Err(unexpected(&path, &other)),
        }
    }

    /// Runs one task that writes nothing.
    pub(crate) fn ask(&self, path: &Path, task: Task) -> Result<Outcome, Box<Failure>> {
        self.ask_with(path, task, &Reach { readable: &[path], writable: &[], file_bytes: 0 })
    }

    /// Runs one task; a failure names `path`.
    pub(super) fn ask_with(
        &self,
        path: &Path,
        task: Task,
        reach: &Reach<'_>,
    ) -> Result<Outcome, Box<Failure>> {
        let paths = |paths: &[&Path]| paths.iter().map(|path| path.to_path_buf()).collect();
        let limits = Limits {
            memory_bytes: self.config.worker_memory_bytes,
            file_bytes: reach.file_bytes,
            nice: self.config.nice,
            writable: paths(reach.writable),
            readable: paths(reach.readable),
        };
        let answer = self.craft.work(task, limits, &AtomicBool::new(false), &mut |_| {});
        answer.map_err(|failure| failure::of_worker(&failure, path).failure)
    }
}

pub(super) fn absolute(path: &Path) -> Result<std::path::PathBuf, Box<Failure>> {
    let missing = |error: std::io::Error| {
        Box::new(Failure::new(Code::SourceMissing, path, format!("The system says: {error}.")))
    };
    let path = std::path::absolute(path).map_err(missing)?;
    std::fs::metadata(&path).map_err(missing)?;
    if path.to_str().is_none() {
        let why = "The path holds bytes that are not text (invalid UTF-8).";
        return Err(Box::new(Failure::new(Code::NameImpossible, &path, why)));
    }
    Ok(path)
}

fn choose<'a>(path: &Path, profile: &'a Profile, wanted: Option<&str>) -> Option<&'a Output> {
    if let Some(id) = wanted {
        return profile.output.iter().find(|output| output.id == id);
    }
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    let fits = |output: &&Output| match output.container {
        Container::Hls => path.is_dir() || extension == "m3u8",
        Container::Mov => extension == "mov",
        Container::Mp4 => extension == "mp4",
    };
    profile.output.iter().find(fits).or_else(|| profile.output.first())
}

pub(super) fn unexpected(path: &Path, outcome: &Outcome) -> Box<Failure> {
    let why = "Inside Spillway: the worker answered something else.";
    Box::new(Failure::new(Code::Internal, path, why).detail(format_args!("{outcome:?}")))
}
