//! Why a watched folder cannot be had as asked.

use std::path::PathBuf;

use crate::error::EngineError;

/// Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// There is no such folder.
    #[error("{0} is not a folder")]
    NotAFolder(PathBuf),
    /// The folder cannot be read.
    #[error("{folder} cannot be read: {source}")]
    Unreadable {
        /// Which.
        folder: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The folder did not answer in time; probably a network drive that hangs.
    #[error("{0} does not answer: is its network drive there?")]
    Hangs(PathBuf),
    /// It is watched already.
    #[error("{0} is watched already")]
    Already(String),
    /// Results would arrive in the folder that they came from.
    #[error(
        "results of {folder} cannot go into {out}: it is the same folder, and they would be taken for masters"
    )]
    OutputIsRoot {
        /// The watched folder.
        folder: PathBuf,
        /// The output folder.
        out: PathBuf,
    },
    /// A bucket needs an output folder.
    #[error("{0} is a bucket: name a folder for the results")]
    NoOutput(String),
    /// Nobody to deliver to.
    #[error("name at least one profile")]
    NoProfile,
    /// No such profile, or a broken one.
    #[error("{profile}: {why}")]
    Profile {
        /// As asked.
        profile: String,
        /// What is wrong with it.
        why: String,
    },
    /// A pattern for names that makes no sense.
    #[error("the pattern “{pattern}” makes no sense: {why}")]
    Pattern {
        /// As asked.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// Hours that make no sense.
    #[error("the hours “{hours}” make no sense: {why}")]
    Hours {
        /// As asked.
        hours: String,
        /// What is wrong with them.
        why: String,
    },
    /// A settle time that makes no sense.
    #[error("files cannot settle for {0} s: from 1 s to a day can be set")]
    Settle(u32),
    /// A place that is neither a folder nor `s3://BUCKET/PREFIX`.
    #[error("{place} cannot be watched: {why}")]
    Place {
        /// As asked.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// The folder for finished sources cannot be used.
    #[error("finished sources cannot be moved to {folder}: {why}")]
    Finished {
        /// Which.
        folder: PathBuf,
        /// Why.
        why: String,
    },
    /// No watched folder has this name.
    #[error("no watched folder is called {0}")]
    NoSuchWatch(String),
    /// Several match.
    #[error("{count} watched folders match {text}; give more of the name")]
    Ambiguous {
        /// As asked.
        text: String,
        /// How many match.
        count: u32,
    },
    /// No such file in a watched folder.
    #[error("no such file in a watched folder")]
    NoSuchArrival,
    /// The file is not in a state in which this makes sense.
    #[error("{0}")]
    NotPossible(&'static str),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
