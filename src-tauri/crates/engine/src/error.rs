//! What can go wrong with the engine itself, as opposed to with a job.

use std::path::PathBuf;

use crate::{
    failure::Failure,
    model::{JobId, JobState},
};

/// The engine could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The cloud did not do as asked.
    #[error("the cloud: {0}")]
    Cloud(#[from] spillway_cloud::CloudError),
    /// The price book of the data folder cannot be used.
    #[error("{path}: {source}; mend it, or remove it to use Spillway's own")]
    PriceBook {
        /// The file.
        path: PathBuf,
        /// Why.
        source: spillway_cloud::price::PriceBookError,
    },
    /// Another process runs the engine on this data folder.
    #[error("another Spillway runs the queue of this data folder; submitted files are handled by it")]
    AlreadyRunning,
    /// The database was written by a newer Spillway.
    #[error(
        "the job list {path} was written by a newer Spillway (format {found}, this one knows {known}); \
         nothing was changed: update Spillway, or use another data folder"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: usize,
        /// Newest format that this build knows.
        known: usize,
    },
    /// The database could not be read or written.
    #[error("the job list could not be used: {0}")]
    Database(#[from] rusqlite::Error),
    /// The database could not be brought to the current format; the backup is beside it.
    #[error("the job list could not be brought to the current format: {0}")]
    Migration(#[from] rusqlite_migration::Error),
    /// A stored document could not be written as JSON.
    #[error("a document could not be stored: {0}")]
    Document(#[from] serde_json::Error),
    /// A file or folder of the engine's own could not be used.
    #[error("{path} could not be used: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A list could not be written to where it was to go.
    #[error("the list could not be written: {0}")]
    Export(std::io::Error),
    /// No job has this name.
    #[error("no job is called {0}")]
    NoSuchJob(String),
    /// Several jobs match.
    #[error("{count} jobs match {text}; give more of the name")]
    Ambiguous {
        /// As asked.
        text: String,
        /// How many match.
        count: u32,
    },
    /// The job is not in a state in which this makes sense.
    #[error("job {id} is {state}: {why}")]
    NotPossible {
        /// Which job.
        id: JobId,
        /// Its state.
        state: JobState,
        /// What would be possible, or why not.
        why: &'static str,
    },
    /// Taking the job up again is refused for a reason that its user can mend.
    #[error("{}", .0.what)]
    Refused(Box<Failure>),
    /// A rule of the state machine was broken; a fault of Spillway's own.
    #[error(transparent)]
    Illegal(#[from] crate::transition::Illegal),
    /// The thread of a step could not be started.
    #[error("a thread could not be started: {0}")]
    Thread(std::io::Error),
}

impl EngineError {
    /// Names the path that an I/O error belongs to.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
