//! What can be wrong with settings.

use std::{io, path::PathBuf};

/// Settings cannot be read, are wrong, or cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file's text is wrong.
    #[error("{}: {message}", place(file, *line, *column))]
    Wrong {
        /// The file.
        file: PathBuf,
        /// Line, from 1; 0: the file as a whole.
        line: usize,
        /// Column in characters, from 1; 0: the file as a whole.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A number is not within its bounds.
    #[error("The {what} {value} is not within 0 to {most}.")]
    OutOfRange {
        /// What it is, e.g. `nice value`.
        what: &'static str,
        /// As given.
        value: i128,
        /// Largest allowed.
        most: i128,
    },
    /// An environment variable is wrong.
    #[error("{name}={value}: {why}.")]
    Variable {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        why: String,
    },
    /// A folder's name holds bytes that are not text, and the file cannot hold them.
    #[error("The name of {} is not UTF-8 text.", .0.display())]
    NotText(PathBuf),
    /// The folder for temporary data cannot be used.
    #[error("{} cannot be used for temporary data: {source}.", folder.display())]
    WorkDir {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file cannot be read.
    #[error("{} cannot be read: {source}.", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("{} cannot be written: {source}.", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A folder's name cannot be made absolute.
    #[error("{} is no usable folder: {source}.", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// `config.toml:3:5`, or only the name.
fn place(file: &std::path::Path, line: usize, column: usize) -> String {
    if line == 0 { file.display().to_string() } else { format!("{}:{line}:{column}", file.display()) }
}
