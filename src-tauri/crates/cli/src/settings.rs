//! Where the data folder is, and what holds in it: its `config.toml`, the environment, the command line.

use std::{ffi::OsString, path::PathBuf};

use spillway_engine::{Config, settings};

use crate::{args::Common, exit::CommandError, text};

/// Reads an environment variable; a function so that tests need not touch the process.
pub(crate) type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The data folder.
pub(crate) fn data_dir(common: &Common, variables: Variables<'_>) -> Result<PathBuf, CommandError> {
    let named = || variables("SPILLWAY_DATA_DIR").filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = match common.data_dir.clone().or_else(named) {
        Some(folder) => folder,
        None => directories::ProjectDirs::from("", "", "spillway")
            .map(|dirs| dirs.data_dir().to_owned())
            .ok_or_else(|| CommandError::usage("There is no home folder here.", "Give --data-dir."))?,
    };
    std::path::absolute(&folder).map_err(|error| {
        CommandError::environment(format!("{} is no usable folder.", text::path(&folder)), error)
    })
}

/// Everything the engine needs to know. `workers`: what the command line says.
pub(crate) fn load(
    common: &Common,
    workers: Option<u32>,
    variables: Variables<'_>,
) -> Result<Config, CommandError> {
    let data_dir = data_dir(common, variables)?;
    let program = std::env::current_exe()
        .map_err(|error| CommandError::environment("Spillway cannot find its own program file.", error))?;
    let settings = settings::load(&data_dir)?;
    Ok(settings::config(&data_dir, &settings, workers, variables, program, vec!["worker".into()])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn load_with(file: &str, variables: &[(&str, &str)]) -> Result<Config, CommandError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), file).unwrap();
        let common = Common { data_dir: Some(folder.path().to_owned()), ..Common::default() };
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        load(&common, None, &variable)
    }

    #[test]
    fn the_windows_settings_are_no_mistake() {
        let config = load_with("[engine]\nworkers = 2\n[desktop]\nstay_in_tray = true\n", &[]).unwrap();
        assert_eq!(config.workers, 2);
        assert_eq!(config.supervisor.arguments, ["worker"]);
    }

    #[test]
    fn mistakes_are_wrong_usage_and_say_where() {
        let wrong = load_with("[engine]\nworkers = 2\n  wrokers = 3\n", &[]).unwrap_err();
        assert!(wrong.to_string().contains("config.toml:3:3: unknown field `wrokers`"), "{wrong}");
        assert_eq!(wrong.exit(), Exit::Usage);
        for (name, value) in [("SPILLWAY_NICE", "20"), ("SPILLWAY_WORKERS", "many")] {
            let wrong = load_with("", &[(name, value)]).unwrap_err();
            assert!(wrong.to_string().contains(value), "{wrong}");
            assert_eq!(wrong.exit(), Exit::Usage);
        }
    }

    #[test]
    fn the_command_line_says_where_the_data_folder_is_before_the_environment() {
        let variable = |name: &str| (name == "SPILLWAY_DATA_DIR").then(|| OsString::from("/environment"));
        let common = Common::default();
        assert_eq!(data_dir(&common, &variable).unwrap(), PathBuf::from("/environment"));
        let common = Common { data_dir: Some("/option".into()), ..Common::default() };
        assert_eq!(data_dir(&common, &variable).unwrap(), PathBuf::from("/option"));
    }
}
