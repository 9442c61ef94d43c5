//! Why a profile could not be had, or not be kept.

use std::{io, path::PathBuf};

use spillway_profile::ProfileErrors;

/// Something about profiles was not possible.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// No profile has this id.
    #[error("There is no profile \"{id}\".")]
    NoSuchProfile {
        /// As asked.
        id: String,
        /// What was probably meant, e.g. `did you mean "youtube"?`.
        suggestion: Option<String>,
    },
    /// No file has this name.
    #[error("There is no profile file {}.", .0.display())]
    NoSuchFile(PathBuf),
    /// The file is no text.
    #[error("{} is not UTF-8 text.", .0.display())]
    NotText(PathBuf),
    /// The file is far larger than any profile.
    #[error("{} is too large for a profile.", .0.display())]
    TooLarge(PathBuf),
    /// The text is no sound profile; each fault with its place.
    #[error(transparent)]
    Unsound(#[from] ProfileErrors),
    /// Another profile of one's own has this id.
    #[error(
        "You have another profile with the id \"{id}\" ({}). Choose another id, or remove that one.",
        file.display()
    )]
    Taken {
        /// The id.
        id: String,
        /// The other one's file.
        file: PathBuf,
    },
    /// The file is no job template.
    #[error("{} is no MediaConvert job template: {why}.", path.display())]
    NoTemplate {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        why: spillway_cloud::job::TemplateError,
    },
    /// Shipped profiles cannot be removed.
    #[error("\"{0}\" comes with Spillway; it cannot be removed.")]
    Shipped(String),
    /// A file or folder cannot be read.
    #[error("{} cannot be read: {source}.", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written, or not be removed.
    #[error("{} cannot be written: {source}.", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}
