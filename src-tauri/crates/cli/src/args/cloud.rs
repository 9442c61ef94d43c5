//! Engines, prices and the cloud as users type them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// What each engine would need and take.
#[derive(Debug, Args)]
pub(crate) struct Estimate {
    /// Finished masters
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// For whom: the id of a profile or a .toml file; may be repeated
    #[arg(short, long = "profile", required = true, value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,
    /// When it should be delivered: 2026-11-23T18:00, or from now on: +90m, +2h
    #[arg(long, value_name = "WHEN")]
    pub(crate) deadline: Option<String>,
}

/// What was spent.
#[derive(Debug, Args)]
pub(crate) struct Costs {
    /// How the sums are grouped
    #[arg(long, value_enum, default_value_t, value_name = "GROUP")]
    pub(crate) by: Group,
    /// From this day on (UTC), e.g. 2026-11-01 [default: the beginning of this month]
    #[arg(long, value_name = "DATE")]
    pub(crate) since: Option<String>,
    /// Before this day (UTC)
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<String>,
    /// Everything there is
    #[arg(long, conflicts_with_all = ["since", "until"])]
    pub(crate) all: bool,
    /// Every charge as CSV
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
}

/// How sums are grouped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Group {
    /// By day.
    #[default]
    Day,
    /// By profile.
    Profile,
    /// By partner.
    Partner,
    /// By engine.
    Engine,
    /// By what is paid for.
    Resource,
}

/// About the cloud engine.
#[derive(Debug, Subcommand)]
pub(crate) enum CloudVerb {
    /// Make or check bucket, role and queue, and take them into the settings
    Setup(Setup),
    /// Check that everything the cloud engine needs is there; changes nothing
    Check,
    /// What lies in the bucket and costs money
    Leftovers,
    /// Remove from the bucket what no job needs any more
    Sweep(Sweep),
    /// The permissions that whoever runs Spillway needs, as an IAM policy
    Policy(Policy),
}

/// See [`CloudVerb::Setup`].
#[derive(Debug, Args)]
pub(crate) struct Setup {
    /// Bucket to make or to use
    #[arg(long, value_name = "BUCKET")]
    pub(crate) bucket: String,
    /// Region, e.g. eu-central-1 [default: the one of the AWS configuration]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Profile of the AWS configuration
    #[arg(long, value_name = "PROFILE")]
    pub(crate) aws_profile: Option<String>,
    /// Name of the role that MediaConvert takes on [default: `SpillwayMediaConvert`]
    #[arg(long, value_name = "NAME")]
    pub(crate) role: Option<String>,
    /// Name of the MediaConvert queue [default: the account's default queue]
    #[arg(long, value_name = "NAME")]
    pub(crate) queue: Option<String>,
}

/// See [`CloudVerb::Sweep`].
#[derive(Debug, Args)]
pub(crate) struct Sweep {
    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// See [`CloudVerb::Policy`].
#[derive(Debug, Args)]
pub(crate) struct Policy {
    /// For this bucket [default: the one of the settings]
    #[arg(long, value_name = "BUCKET")]
    pub(crate) bucket: Option<String>,
}

/// See `profile import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Exported MediaConvert job template, or settings of a job (JSON)
    #[arg(value_name = "TEMPLATE")]
    pub(crate) file: PathBuf,
    /// Id of the new profile [default: made of the template's name]
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
}

/// See `profile mediaconvert`.
#[derive(Debug, Args)]
pub(crate) struct Compile {
    /// Id of a profile, or a .toml file
    #[arg(value_name = "PROFILE")]
    pub(crate) profile: String,
    /// For this master [default: ten minutes of 1080p25 ProRes]
    #[arg(long, value_name = "FILE")]
    pub(crate) source: Option<PathBuf>,
}
