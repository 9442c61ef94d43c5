//! What a command answers when it cannot do what was asked.

use std::{fmt::Display, path::Path};

use serde::Serialize;
use specta::Type;
use spillway_engine::{
    EngineError, catalog::CatalogError, failure::Failure, outbox::ChannelError, settings::SettingsError,
    watch::WatchError,
};

/// Why a command did not do what was asked.
#[derive(Debug, Clone, Serialize, Type)]
pub(crate) struct CommandError {
    /// Which kind of trouble.
    pub(crate) kind: ErrorKind,
    /// What happened, one English sentence or two.
    pub(crate) message: String,
    /// The ten parts, where it is about a file or a job.
    pub(crate) failure: Option<Box<Failure>>,
    /// Which of the settings that were given it is about, by its name in them; of a watched folder also `place`
    /// and, for both kinds of patterns, `patterns`; of a channel the settings of its target by theirs.
    pub(crate) field: Option<&'static str>,
}

/// Kinds of trouble that the window tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ErrorKind {
    /// The job is gone.
    NoSuchJob,
    /// The job's state does not allow it.
    NotPossible,
    /// The profile is gone, or its file is broken.
    NoSuchProfile,
    /// The text is no sound profile, or its id is taken.
    BadProfile,
    /// The sheet, or a file on it, is gone.
    NoSuchSheet,
    /// A file or folder cannot be read or written.
    File,
    /// A source cannot be used.
    Source,
    /// The data folder's database fails, or is of a newer Spillway.
    Database,
    /// The watched folder, or the file in it, is gone.
    NoSuchWatch,
    /// What is set of a watched folder makes no sense.
    BadWatch,
    /// The channel, or the message, is gone.
    NoSuchChannel,
    /// What is set of a channel makes no sense.
    BadChannel,
    /// A channel was tried, and failed.
    ChannelFailed,
    /// The cloud did not do as asked, or cannot be reached.
    Cloud,
    /// A fault of Spillway's own.
    Internal,
}

impl CommandError {
    /// Trouble of this kind.
    pub(crate) fn new(kind: ErrorKind, message: impl Display) -> Self {
        Self { kind, message: sentence(&message.to_string()), failure: None, field: None }
    }

    /// A file or folder that cannot be read or written.
    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        let path = path.display();
        match error.kind() {
            std::io::ErrorKind::NotFound => {
                Self::new(ErrorKind::File, format!("{path} is not there any more."))
            }
            _ => Self::new(ErrorKind::File, format!("{path} could not be used: {error}.")),
        }
    }

    /// A fault of Spillway's own.
    pub(crate) fn internal(message: impl Display) -> Self {
        Self::new(ErrorKind::Internal, message)
    }
}

/// As a sentence: with a capital and a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let mut sentence: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    sentence.push_str(letters.as_str());
    if !sentence.ends_with(['.', '!', '?', '\u{2026}']) && !sentence.is_empty() {
        sentence.push('.');
    }
    sentence
}

impl From<WatchError> for CommandError {
    fn from(error: WatchError) -> Self {
        let kind = match error {
            WatchError::Engine(error) => return error.into(),
            WatchError::NoSuchWatch(_) | WatchError::Ambiguous { .. } | WatchError::NoSuchArrival => {
                ErrorKind::NoSuchWatch
            }
            WatchError::NotPossible(_) => ErrorKind::NotPossible,
            _ => ErrorKind::BadWatch,
        };
        Self { field: watch_field(&error), ..Self::new(kind, error) }
    }
}

impl From<ChannelError> for CommandError {
    fn from(error: ChannelError) -> Self {
        let kind = match error {
            ChannelError::Engine(error) => return error.into(),
            // That it was tried and failed says the kind.
            ChannelError::Failed(why) => return Self::new(ErrorKind::ChannelFailed, why),
            ChannelError::NoSuchChannel(_) | ChannelError::NoSuchMessage => ErrorKind::NoSuchChannel,
            ChannelError::NameTaken(_) | ChannelError::Setting { .. } => ErrorKind::BadChannel,
        };
        let field = match &error {
            ChannelError::NameTaken(_) => Some("name"),
            ChannelError::Setting { what, .. } => Some(*what),
            _ => None,
        };
        Self { field, ..Self::new(kind, error) }
    }
}

/// See [`CommandError::field`].
fn watch_field(error: &WatchError) -> Option<&'static str> {
    match error {
        WatchError::NotAFolder(_)
        | WatchError::Unreadable { .. }
        | WatchError::Hangs(_)
        | WatchError::Already(_)
        | WatchError::Place { .. } => Some("place"),
        WatchError::OutputIsRoot { .. } | WatchError::NoOutput(_) => Some("out_dir"),
        WatchError::NoProfile | WatchError::Profile { .. } => Some("profiles"),
        WatchError::Pattern { .. } => Some("patterns"),
        WatchError::Hours { .. } => Some("hours"),
        WatchError::Finished { .. } => Some("after"),
        WatchError::Settle(_) => Some("settle_s"),
        WatchError::NoSuchWatch(_)
        | WatchError::Ambiguous { .. }
        | WatchError::NoSuchArrival
        | WatchError::NotPossible(_)
        | WatchError::Engine(_) => None,
    }
}

impl From<EngineError> for CommandError {
    fn from(error: EngineError) -> Self {
        let kind = match &error {
            EngineError::Refused(failure) => return failure.clone().into(),
            EngineError::NoSuchJob(_) | EngineError::Ambiguous { .. } => ErrorKind::NoSuchJob,
            EngineError::NotPossible { .. } => ErrorKind::NotPossible,
            EngineError::Newer { .. }
            | EngineError::Database(_)
            | EngineError::Migration(_)
            | EngineError::Document(_) => ErrorKind::Database,
            EngineError::Io { .. } | EngineError::Export(_) | EngineError::PriceBook { .. } => {
                ErrorKind::File
            }
            EngineError::Cloud(_) => ErrorKind::Cloud,
            EngineError::AlreadyRunning | EngineError::Illegal(_) | EngineError::Thread(_) => {
                ErrorKind::Internal
            }
        };
        Self::new(kind, error)
    }
}

impl From<Box<Failure>> for CommandError {
    fn from(failure: Box<Failure>) -> Self {
        let error = Self::new(ErrorKind::Source, format!("{} {}", failure.what, failure.why));
        Self { failure: Some(failure), ..error }
    }
}

impl From<CatalogError> for CommandError {
    fn from(error: CatalogError) -> Self {
        let kind = match &error {
            CatalogError::NoSuchProfile { suggestion: Some(suggestion), .. } => {
                let message = format!("{error} {}", sentence(suggestion));
                return Self::new(ErrorKind::NoSuchProfile, message);
            }
            CatalogError::NoSuchProfile { .. } => ErrorKind::NoSuchProfile,
            CatalogError::NotText(_)
            | CatalogError::TooLarge(_)
            | CatalogError::Unsound(_)
            | CatalogError::Taken { .. }
            | CatalogError::NoTemplate { .. } => ErrorKind::BadProfile,
            CatalogError::Shipped(_) => ErrorKind::NotPossible,
            CatalogError::NoSuchFile(_) | CatalogError::Read { .. } | CatalogError::Write { .. } => {
                ErrorKind::File
            }
        };
        Self::new(kind, error)
    }
}

impl From<SettingsError> for CommandError {
    fn from(error: SettingsError) -> Self {
        let kind = match &error {
            SettingsError::OutOfRange { .. } | SettingsError::Variable { .. } => ErrorKind::NotPossible,
            SettingsError::Wrong { .. }
            | SettingsError::NotText(_)
            | SettingsError::WorkDir { .. }
            | SettingsError::Read { .. }
            | SettingsError::Write { .. }
            | SettingsError::Folder { .. } => ErrorKind::File,
        };
        Self::new(kind, error)
    }
}

impl From<tauri::Error> for CommandError {
    fn from(error: tauri::Error) -> Self {
        Self::internal(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_sentences() {
        let error = CommandError::from(EngineError::NoSuchJob("42".to_owned()));
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::NoSuchJob, "No job is called 42."));
        assert_eq!(sentence("  ärger?"), "Ärger?");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn what_is_wrong_with_a_setting_names_the_setting() {
        let watch = CommandError::from(WatchError::Finished { folder: "/done".into(), why: "no".to_owned() });
        assert_eq!((watch.kind, watch.field), (ErrorKind::BadWatch, Some("after")));
        let taken = CommandError::from(ChannelError::NameTaken("Shop".to_owned()));
        assert_eq!((taken.kind, taken.field), (ErrorKind::BadChannel, Some("name")));
        let gone = CommandError::from(ChannelError::NoSuchMessage);
        assert_eq!((gone.kind, gone.field), (ErrorKind::NoSuchChannel, None));
    }

    #[test]
    fn a_file_that_is_gone_is_told_from_one_that_cannot_be_read() {
        let gone = std::io::Error::from(std::io::ErrorKind::NotFound);
        let forbidden = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let message = |error| CommandError::file(Path::new("/out/a.mp4"), error).message;
        assert_eq!(message(&gone), "/out/a.mp4 is not there any more.");
        assert!(message(&forbidden).starts_with("/out/a.mp4 could not be used: "));
    }
}
