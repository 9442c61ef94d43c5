//! Exit codes, and the errors that end a command.

use std::process::ExitCode;

use spillway_engine::{
    EngineError, catalog::CatalogError, failure::Failure, outbox::ChannelError, settings::SettingsError,
    watch::WatchError,
};

use crate::{explain, out::Paint, text};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Done,
    /// A job failed, or a check found faults.
    Faults,
    /// The command line or a profile is wrong.
    Usage,
    /// The surroundings are not as needed: folders, libraries, disk.
    Environment,
    /// Interrupted by Ctrl-C or SIGTERM.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Faults => 1,
            Self::Usage => 2,
            Self::Environment => 3,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

/// Why a command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The command line is wrong.
    #[error("{what}")]
    Usage {
        /// What is wrong; one sentence.
        what: String,
        /// What to do instead; may be empty.
        hint: String,
    },
    /// A settings or profile file is wrong; the text carries places and suggestions.
    #[error("{0}")]
    Document(String),
    /// Something around Spillway is not as needed.
    #[error("{what}")]
    Environment {
        /// What was tried.
        what: String,
        /// Why it did not work.
        #[source]
        source: std::io::Error,
    },
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A piece of media work failed.
    #[error("{}", .0.what)]
    Media(Box<Failure>),
}

impl CommandError {
    /// A wrong command line.
    pub(crate) fn usage(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { what: what.into(), hint: hint.into() }
    }

    /// Something around Spillway that gets in the way.
    pub(crate) fn environment(what: impl Into<String>, source: std::io::Error) -> Self {
        Self::Environment { what: what.into(), source }
    }

    /// The exit code that goes with it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Usage { .. } | Self::Document(_) => Exit::Usage,
            Self::Environment { .. } => Exit::Environment,
            Self::Media(_) => Exit::Faults,
            Self::Engine(error) => match error {
                EngineError::NoSuchJob(_)
                | EngineError::Ambiguous { .. }
                | EngineError::NotPossible { .. } => Exit::Usage,
                EngineError::Refused(_) => Exit::Faults,
                EngineError::AlreadyRunning
                | EngineError::Newer { .. }
                | EngineError::Database(_)
                | EngineError::Migration(_)
                | EngineError::Document(_)
                | EngineError::Io { .. }
                | EngineError::Export(_)
                | EngineError::Illegal(_)
                | EngineError::Cloud(_)
                | EngineError::PriceBook { .. }
                | EngineError::Thread(_) => Exit::Environment,
            },
        }
    }

    /// The message for people.
    pub(crate) fn words(&self, paint: Paint) -> String {
        let head = paint.bad("error:");
        match self {
            Self::Media(failure) | Self::Engine(EngineError::Refused(failure)) => {
                explain::failure(failure, paint)
            }
            Self::Usage { what, hint } if hint.is_empty() => format!("{head} {what}"),
            Self::Usage { what, hint } => format!("{head} {what}\n{} {hint}", paint.odd("hint:")),
            Self::Document(places) => format!("{head} {places}"),
            Self::Environment { what, source } => format!("{head} {what} ({source})"),
            Self::Engine(error) => format!("{head} {error}"),
        }
    }
}

impl From<Box<Failure>> for CommandError {
    fn from(failure: Box<Failure>) -> Self {
        Self::Media(failure)
    }
}

impl From<CatalogError> for CommandError {
    fn from(error: CatalogError) -> Self {
        let what = text::escape(&error.to_string());
        match error {
            CatalogError::NoSuchProfile { suggestion: near, .. } => {
                let hint = near.filter(|near| near.starts_with("did you mean")).map_or_else(
                    || "`spillway profiles` lists those there are.".to_owned(),
                    |near| format!("{near} (`spillway profiles` lists them all.)"),
                );
                Self::usage(what, hint)
            }
            CatalogError::Unsound(errors) => Self::Document(text::escape_lines(&errors.to_string())),
            CatalogError::NoSuchFile(_)
            | CatalogError::NotText(_)
            | CatalogError::TooLarge(_)
            | CatalogError::Taken { .. }
            | CatalogError::NoTemplate { .. }
            | CatalogError::Shipped(_) => Self::usage(what, ""),
            CatalogError::Read { path, source } => {
                Self::environment(format!("{} cannot be read.", text::path(&path)), source)
            }
            CatalogError::Write { path, source } => {
                Self::environment(format!("{} cannot be written.", text::path(&path)), source)
            }
        }
    }
}

impl From<ChannelError> for CommandError {
    fn from(error: ChannelError) -> Self {
        let what = text::escape(&error.to_string());
        match error {
            ChannelError::Engine(error) => error.into(),
            ChannelError::NoSuchChannel(_) => {
                Self::usage(what, "`spillway notify list` lists those there are.")
            }
            ChannelError::NoSuchMessage => Self::usage(what, "`spillway notify log` lists those there are."),
            ChannelError::NameTaken(_) => {
                Self::usage(what, "`spillway notify edit` changes what is set of it.")
            }
            ChannelError::Setting { .. } => Self::usage(what, ""),
            ChannelError::Failed(_) => Self::environment(what, std::io::ErrorKind::Other.into()),
        }
    }
}

impl From<WatchError> for CommandError {
    fn from(error: WatchError) -> Self {
        let what = text::escape(&error.to_string());
        match error {
            WatchError::Engine(error) => error.into(),
            WatchError::Unreadable { folder, source } => {
                Self::environment(format!("{} cannot be read.", text::path(&folder)), source)
            }
            WatchError::Hangs(_) => Self::environment(what, std::io::ErrorKind::TimedOut.into()),
            WatchError::NoSuchWatch(_) | WatchError::Ambiguous { .. } => {
                Self::usage(what, "`spillway watch list` lists those there are.")
            }
            WatchError::Profile { .. } => Self::usage(what, "`spillway profiles` lists those there are."),
            WatchError::Already(_) => Self::usage(what, "`spillway watch edit` changes what is set of it."),
            WatchError::Hours { .. } => {
                Self::usage(what, "Like this: --hours \"mon-fri 20:00-06:00, sat-sun 00:00-24:00\".")
            }
            WatchError::NotAFolder(_)
            | WatchError::OutputIsRoot { .. }
            | WatchError::NoOutput(_)
            | WatchError::NoProfile
            | WatchError::Pattern { .. }
            | WatchError::Settle(_)
            | WatchError::Place { .. }
            | WatchError::Finished { .. }
            | WatchError::NoSuchArrival
            | WatchError::NotPossible(_) => Self::usage(what, ""),
        }
    }
}

impl From<SettingsError> for CommandError {
    fn from(error: SettingsError) -> Self {
        let what = text::escape(&error.to_string());
        match error {
            SettingsError::Wrong { .. } => Self::Document(what),
            SettingsError::OutOfRange { .. } | SettingsError::Variable { .. } | SettingsError::NotText(_) => {
                Self::usage(what, "")
            }
            SettingsError::WorkDir { folder, source } => Self::environment(
                format!("{} cannot be used for temporary data.", text::path(&folder)),
                source,
            ),
            SettingsError::Read { path, source } => {
                Self::environment(format!("{} cannot be read.", text::path(&path)), source)
            }
            SettingsError::Write { path, source } => {
                Self::environment(format!("{} cannot be written.", text::path(&path)), source)
            }
            SettingsError::Folder { folder, source } => {
                Self::environment(format!("{} is no usable folder.", text::path(&folder)), source)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_gets_a_proposal() {
        let folder = tempfile::tempdir().unwrap();
        let find =
            |name| CommandError::from(spillway_engine::catalog::find(folder.path(), name).unwrap_err());
        for (name, expected) in [("youtub", "\"youtube\""), ("xyz", "lists those there are")] {
            let error = find(name);
            assert_eq!(error.exit(), Exit::Usage);
            assert!(error.words(Paint::PLAIN).contains(expected), "{}", error.words(Paint::PLAIN));
        }
        assert!(find("gone.toml").to_string().starts_with("There is no profile file"));
    }
}
