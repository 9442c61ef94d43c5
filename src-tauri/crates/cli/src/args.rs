//! The command line as users type it.

pub(crate) mod cloud;
pub(crate) mod notify;
pub(crate) mod watch;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Makes every file that each partner demands from a finished master, proves it, and delivers it.
#[derive(Debug, Parser)]
#[command(name = "spillway", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// What holds for every verb.
    #[command(flatten)]
    pub(crate) common: Common,
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// Options of every verb.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Common {
    /// Folder of the queue, the settings and your own profiles [default: the platform's]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Results as JSON on stdout (deliver and run: one line per event), everything else on stderr
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,
    /// Say more about what happens inside; twice: much more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Everywhere")]
    pub(crate) verbose: u8,
    /// Colours
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "Everywhere"
    )]
    pub(crate) color: ColorChoice,
}

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make, prove and deliver what the partners want of one or more files
    Deliver(Delivery),
    /// Put the same work into the queue, and do nothing yet
    Submit(Delivery),
    /// Work through the queue, and look after watched folders
    Run(Run),
    /// List jobs, newest first
    Jobs(Jobs),
    /// Everything about one job: steps, attempts, segments, cost, error
    Job(JobName),
    /// Take failed jobs up again; what is done stays done
    Retry(JobNames),
    /// Stop jobs for good; what is delivered stays
    Cancel(JobNames),
    /// Hold jobs; what is done stays done
    Pause(JobNames),
    /// Let paused jobs go on
    Resume(JobNames),
    /// Take ended jobs off the list; delivered files stay
    Remove(JobNames),
    /// List the profiles: one per partner
    Profiles,
    /// Look into profiles
    #[command(subcommand)]
    Profile(ProfileVerb),
    /// What Spillway sees in a file
    Probe(Probe),
    /// Does a file obey a profile? Exit code 1 when it does not
    Verify(Verify),
    /// Watched folders: what is saved into them is delivered by itself
    #[command(subcommand)]
    Watch(watch::WatchVerb),
    /// Tell others what happens: webhooks, commands, e-mail, message brokers
    #[command(subcommand)]
    Notify(notify::NotifyVerb),
    /// What each engine would need and take for a file
    Estimate(cloud::Estimate),
    /// What was spent
    Costs(cloud::Costs),
    /// The cloud engine: set it up, check it, clear up
    #[command(subcommand)]
    Cloud(cloud::CloudVerb),
    /// Check that everything Spillway needs is here
    Doctor,
    /// One piece of media work, asked for on stdin and answered on stdout
    #[command(hide = true)]
    Worker,
}

/// What to make of which files.
#[derive(Debug, Args)]
pub(crate) struct Delivery {
    /// Finished masters
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// For whom: the id of a profile (see `spillway profiles`) or a .toml file; may be repeated
    #[arg(short, long = "profile", required = true, value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,
    /// Folder for the results [default: beside each file]
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Who does the work
    #[arg(long, value_enum, default_value_t, value_name = "ENGINE")]
    pub(crate) engine: EngineChoice,
    /// When it should be delivered: 2026-11-23T18:00, or from now on: +90m, +2h. Engine `auto` goes by it
    #[arg(long, value_name = "WHEN")]
    pub(crate) deadline: Option<String>,
    /// Worker processes at a time (with `submit`: whoever runs the queue decides) [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) workers: Option<u32>,
}

/// Who does the work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineChoice {
    /// Whoever is better for the job.
    #[default]
    Auto,
    /// This machine.
    Local,
    /// AWS Elemental `MediaConvert`.
    Cloud,
}

/// How long to work.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// End when nothing is left to do, instead of waiting for more
    #[arg(long)]
    pub(crate) until_idle: bool,
    /// Worker processes at a time [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) workers: Option<u32>,
    /// As a service: a log on stderr instead of progress, one line for each change that matters
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) log: Option<LogForm>,
}

/// How a service logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogForm {
    /// A line of text with names and values.
    Text,
    /// A JSON object.
    Json,
}

/// Which jobs.
#[derive(Debug, Args)]
pub(crate) struct Jobs {
    /// Only jobs in this state
    #[arg(long, value_enum, value_name = "STATE")]
    pub(crate) state: Option<StateChoice>,
    /// Only jobs of this profile
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: u32,
}

/// A state to filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StateChoice {
    /// Waits for its turn.
    Queued,
    /// At work.
    Running,
    /// In place and proven.
    Delivered,
    /// Stopped with a reason.
    Failed,
    /// Stopped by wish.
    Cancelled,
}

/// One job.
#[derive(Debug, Args)]
pub(crate) struct JobName {
    /// Id of the job, or enough of its beginning or end to be the only one
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}

/// One or more jobs.
#[derive(Debug, Args)]
pub(crate) struct JobNames {
    /// Ids of jobs, or enough of them to be the only one
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<String>,
}

/// About profiles.
#[derive(Debug, Subcommand)]
pub(crate) enum ProfileVerb {
    /// A profile in words
    Show(ProfileName),
    /// Are these profile files sound? Exit code 2 when one is not
    Check(ProfileFiles),
    /// JSON Schema of profile files, for editors
    Schema,
    /// Make a profile of an exported MediaConvert job template; lists what did not map
    Import(cloud::Import),
    /// Settings of the MediaConvert jobs that a profile compiles to. Exit code 1 when MediaConvert cannot do it
    Mediaconvert(cloud::Compile),
}

/// One profile.
#[derive(Debug, Args)]
pub(crate) struct ProfileName {
    /// Id of a profile, or a .toml file
    #[arg(value_name = "PROFILE")]
    pub(crate) profile: String,
}

/// Profile files.
#[derive(Debug, Args)]
pub(crate) struct ProfileFiles {
    /// TOML files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// A file to look into.
#[derive(Debug, Args)]
pub(crate) struct Probe {
    /// Media file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// A file to judge.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Media file, or HLS folder
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// By which profile: an id or a .toml file
    #[arg(short, long, value_name = "PROFILE")]
    pub(crate) profile: String,
    /// As which output of the profile [default: the one it fits]
    #[arg(long, value_name = "OUTPUT")]
    pub(crate) output: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_declaration_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn common_options_stand_before_or_after_the_verb() {
        for line in [["spillway", "--json", "jobs"], ["spillway", "jobs", "--json"]] {
            assert!(Arguments::try_parse_from(line).unwrap().common.json, "{line:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn file_names_need_not_be_text() {
        use std::{ffi::OsString, os::unix::ffi::OsStringExt};
        let odd = OsString::from_vec(b"a\xff\n.mov".to_vec());
        let line = ["spillway".into(), "deliver".into(), odd.clone(), "-p".into(), "youtube".into()];
        let Verb::Deliver(delivery) = Arguments::try_parse_from(line).unwrap().verb else {
            unreachable!("the verb is deliver")
        };
        assert_eq!(delivery.files, [PathBuf::from(odd)]);
    }
}
