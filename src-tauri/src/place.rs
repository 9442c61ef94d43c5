//! Where this Spillway is at home: the data folder, its settings, its engine.

use std::{
    ffi::OsString,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
};

use spillway_engine::{
    Config, Engine, EngineError,
    settings::{self, Settings, SettingsError},
};

use crate::arguments::Arguments;

/// The data folder and what starts a worker.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The data folder, absolute.
    pub(crate) data_dir: PathBuf,
    worker: PathBuf,
}

/// Programs that are workers when they are told to be, the first that is there: the window's own, and the
/// command line, which a package has anyway.
const WORKERS: [&str; 2] = ["spillway-worker", "spillway"];

/// Why there can be no Spillway here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// No folder for data.
    #[error("there is no home folder here: give --data-dir")]
    NoHome,
    /// The data folder cannot be named, or the program not found.
    #[error("{what}: {source}")]
    Io {
        /// What cannot be done.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The data folder cannot be used.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Opening the data folder ended in a panic, which has been told of.
    #[error("the data folder could not be opened")]
    Broken,
    /// No display, or none that can be used.
    #[error("there is no display to open a window on")]
    NoDisplay,
    /// No window.
    #[error("no window can be opened: {0}")]
    Window(#[from] tauri::Error),
}

impl Place {
    /// By command line, environment and platform, in this order; as the command line program does.
    pub(crate) fn of(arguments: &Arguments) -> Result<Self, StartError> {
        let given = arguments
            .data_dir
            .clone()
            .or_else(|| variable("SPILLWAY_DATA_DIR").filter(|value| !value.is_empty()).map(PathBuf::from));
        let folder = match given {
            Some(folder) => folder,
            None => directories::ProjectDirs::from("", "", "spillway")
                .map(|folders| folders.data_dir().to_owned())
                .ok_or(StartError::NoHome)?,
        };
        let io = |what| move |source| StartError::Io { what, source };
        let data_dir = std::path::absolute(&folder).map_err(io("the data folder cannot be used"))?;
        let program = std::env::current_exe().map_err(io("Spillway cannot find its own program file"))?;
        Ok(Self { data_dir, worker: worker(program.parent().unwrap_or(Path::new(""))) })
    }

    /// The settings as in the file.
    pub(crate) fn settings(&self) -> Result<Settings, SettingsError> {
        settings::load(&self.data_dir)
    }

    /// What the engine is to work with.
    pub(crate) fn config(&self, settings: &Settings) -> Result<Config, SettingsError> {
        let arguments = vec!["worker".into()];
        settings::config(&self.data_dir, settings, None, &variable, self.worker.clone(), arguments)
    }

    /// Opens the engine.
    pub(crate) fn open(&self, settings: &Settings) -> Result<Engine, StartError> {
        Ok(Engine::open(self.config(settings)?)?)
    }

    /// Name on the session's bus: one for each data folder, so that two folders have two windows.
    pub(crate) fn bus_name(&self, identifier: &str) -> String {
        let folder = self.data_dir.canonicalize();
        format!("{identifier}.Folder{:016x}", fingerprint(folder.as_deref().unwrap_or(&self.data_dir)))
    }
}

fn fingerprint(folder: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    hasher.finish()
}

/// Whether an engine has to be opened anew to work by another configuration.
pub(crate) fn limits_differ(old: &Config, new: &Config) -> bool {
    let limits = |config: &Config| {
        (config.workers, config.nice, config.worker_memory_bytes, config.work_dir.clone(), config.poll)
    };
    limits(old) != limits(new)
}

/// The only look at the process's environment.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The worker that lies in the window's own folder. Where there is none, the first name stands for it: every
/// job and the checks then say that it cannot be started.
fn worker(folder: &Path) -> PathBuf {
    let paths = WORKERS.map(|name| folder.join(name).with_extension(std::env::consts::EXE_EXTENSION));
    let there = paths.iter().find(|path| path.is_file());
    there.unwrap_or(&paths[0]).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &Path) -> Place {
        let data_dir = Some(folder.to_owned());
        Place::of(&Arguments { data_dir, ..Arguments::default() }).unwrap()
    }

    #[test]
    fn the_worker_lies_beside_the_window() {
        let folder = tempfile::tempdir().unwrap();
        let name = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert_eq!(name(worker(folder.path())), "spillway-worker", "missing: named all the same");
        for there in ["spillway", "spillway-worker"] {
            let path = folder.path().join(there).with_extension(std::env::consts::EXE_EXTENSION);
            std::fs::write(path, "").unwrap();
            assert_eq!(name(worker(folder.path())), there);
        }
    }

    #[test]
    fn each_data_folder_has_a_name_of_its_own_however_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        std::fs::create_dir(&one).unwrap();
        std::fs::create_dir(&other).unwrap();
        let name = |folder: &Path| place(folder).bus_name("studio.spillway.desktop");
        assert_eq!(name(&one), name(&other.join("../one")));
        assert_ne!(name(&one), name(&other));
        let last = name(&one).rsplit('.').next().unwrap().to_owned();
        assert!(last.starts_with('F') && last.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{last}");
    }

    #[test]
    fn only_limits_need_another_engine() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        let mut settings = Settings::default();
        let before = place.config(&settings).unwrap();
        settings.desktop.keep_awake = false;
        settings.desktop.profiles.push("youtube".to_owned());
        assert!(!limits_differ(&before, &place.config(&settings).unwrap()));
        settings.engine.nice = Some(5);
        assert!(limits_differ(&before, &place.config(&settings).unwrap()));
    }
}
