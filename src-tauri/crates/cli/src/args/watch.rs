//! `watch` as users type it.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// About watched folders.
#[derive(Debug, Subcommand)]
pub(crate) enum WatchVerb {
    /// Watch a folder, or `s3://BUCKET/PREFIX`, from now on; what is there already is taken, too
    Add(Add),
    /// List watched folders: how they are, and how their files are
    List,
    /// Everything about one: what is set, and its files with the reason why each is where it is
    Show(Show),
    /// Change what is set; options that are not given stay
    Edit(Edit),
    /// Hold watched folders; their jobs go on
    Pause(Names),
    /// Let held folders go on
    Resume(Names),
    /// Watch them no more, and forget what was seen in them; files and jobs stay
    Remove(Names),
    /// Look through them now instead of at the next time
    Scan(Names),
    /// Deliver files once more that were passed over or have ended; or, as they are, incomplete ones that are held
    Again(Again),
}

/// A folder to be watched.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The folder, or `s3://BUCKET/PREFIX`
    #[arg(value_name = "DIR")]
    pub(crate) place: PathBuf,
    /// For whom: the id of a profile (see `spillway profiles`); may be repeated
    #[arg(short, long = "profile", required = true, value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// What changes.
#[derive(Debug, Args)]
pub(crate) struct Edit {
    /// The folder, or enough of its id
    #[arg(value_name = "DIR|ID")]
    pub(crate) watch: PathBuf,
    /// For whom, in the place of those so far; may be repeated
    #[arg(short, long = "profile", value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// What can be set.
#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// Folder for the results [default: a folder beside it, with -delivered added to its name]
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Only names or relative paths like this (*.mov, dailies/**); may be repeated; '' for all media files
    #[arg(long, value_name = "PATTERN")]
    pub(crate) include: Vec<String>,
    /// No names or relative paths like this; may be repeated; '' for none
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
    /// Sub-folders too
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    pub(crate) recursive: Option<bool>,
    /// Make sub-folders again in the folder of results
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    pub(crate) mirror: Option<bool>,
    /// How long a file must be still before it is looked into, in seconds [default: 5]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) settle: Option<u32>,
    /// What happens to a source when everything of it is delivered
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) after: Option<After>,
    /// Where `--after move` moves it to; a relative folder counts from the watched one [default: done]
    #[arg(long, value_name = "DIR")]
    pub(crate) done: Option<PathBuf>,
    /// Hours at which work may start, local time: "mon-fri 20:00-06:00, sat-sun 00:00-24:00"; '' for always
    #[arg(long, value_name = "HOURS")]
    pub(crate) hours: Option<String>,
    /// Higher goes first
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) priority: Option<i64>,
    /// Whether a file waits for its sidecar job, NAME.spillway.toml or NAME.spillway.json
    #[arg(long, value_enum, value_name = "RULE")]
    pub(crate) sidecar: Option<Sidecar>,
    /// SQS queue that the bucket sends its events to; '' for none
    #[arg(long, value_name = "URL")]
    pub(crate) queue: Option<String>,
}

/// What happens to a delivered source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum After {
    /// Nothing.
    Leave,
    /// It is moved to a folder, never over anything.
    Move,
}

/// Whether a sidecar job is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sidecar {
    /// One that is there is obeyed.
    Optional,
    /// A file without one waits.
    Required,
}

/// One watched folder, looked into.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The folder, or enough of its id
    #[arg(value_name = "DIR|ID")]
    pub(crate) watch: PathBuf,
    /// Only files that are so far; may be repeated [default: all but those that are gone]
    #[arg(long = "state", value_enum, value_name = "STATE")]
    pub(crate) states: Vec<FileState>,
    /// At most so many files
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: u32,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileState {
    /// Goes on by itself.
    Waiting,
    /// Needs attention.
    Held,
    /// Has jobs that have not ended.
    AtWork,
    /// All jobs delivered.
    Delivered,
    /// Jobs ended, not all delivered.
    Failed,
    /// Recognised, passed over.
    Skipped,
    /// No longer there.
    Gone,
}

/// One or more watched folders.
#[derive(Debug, Args)]
pub(crate) struct Names {
    /// Folders, or enough of their ids
    #[arg(required = true, value_name = "DIR|ID")]
    pub(crate) watches: Vec<PathBuf>,
}

/// Files to deliver once more.
#[derive(Debug, Args)]
pub(crate) struct Again {
    /// Files in watched folders, `s3://BUCKET/KEY`, or their numbers as `watch show` prints them
    #[arg(required = true, value_name = "FILE|NUMBER")]
    pub(crate) files: Vec<PathBuf>,
}

fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("say yes or no"),
    }
}
