//! `notify` as users type it.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

/// About channels and messages.
#[derive(Debug, Subcommand)]
pub(crate) enum NotifyVerb {
    /// Tell somebody else from now on: a webhook, a command, an e-mail address, a message broker
    Add(Add),
    /// List channels: what they are told, and how they fare
    List,
    /// Everything about one channel
    Show(Name),
    /// Change what is set; options that are not given stay
    Edit(Edit),
    /// Send nothing through channels for a while; messages wait
    Pause(Names),
    /// Let them send again, first what waits
    Resume(Names),
    /// Remove channels with their messages
    Remove(Names),
    /// Send a test message now, and show what the other side says. Exit code 1 when it does not take it
    Test(Name),
    /// Messages, newest first, with every try
    Log(Log),
    /// Send messages as soon as possible that wait or were given up
    Again(Again),
}

/// A channel to be added.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("kind").required(true).args(["webhook", "command", "email", "stomp"]))]
pub(crate) struct Add {
    /// Name of the channel, for people
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// What changes.
#[derive(Debug, Args)]
pub(crate) struct Edit {
    /// Name of the channel, or its id
    #[arg(value_name = "NAME")]
    pub(crate) channel: String,
    /// Its new name
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Forget the secret
    #[arg(long, conflicts_with_all = ["secret_file", "secret_env"])]
    pub(crate) no_secret: bool,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// What can be set.
#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// HTTP POST of the JSON to this address; signed when there is a secret
    #[arg(long, value_name = "URL", group = "how")]
    pub(crate) webhook: Option<String>,
    /// Run a program, without a shell: the JSON on its standard input
    #[arg(long, value_name = "PROGRAM", group = "how")]
    pub(crate) command: Option<PathBuf>,
    /// E-mail through this server; the secret is the password
    #[arg(long, value_name = "HOST[:PORT]", group = "how")]
    pub(crate) email: Option<String>,
    /// A message broker that speaks STOMP (ActiveMQ, Artemis, RabbitMQ); the secret is the pass code
    #[arg(long, value_name = "HOST[:PORT]", group = "how")]
    pub(crate) stomp: Option<String>,
    /// Only this (job.delivered, …); may be repeated; '' for the usual
    #[arg(long = "topic", value_name = "TOPIC")]
    pub(crate) topics: Vec<String>,
    /// Only of jobs of this profile; may be repeated; '' for all, and for watched folders
    #[arg(short, long = "profile", value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,
    /// Of a command: an argument; {topic}, {job}, {source}, {profile}, {state}, {receipt} are filled in; may be repeated
    #[arg(long = "argument", value_name = "ARGUMENT", allow_hyphen_values = true)]
    pub(crate) arguments: Vec<String>,
    /// Of a command: end it after so many seconds [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub(crate) timeout: Option<u32>,
    /// Of an e-mail: sender
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Option<String>,
    /// Of an e-mail: receiver; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Vec<String>,
    /// How the connection is protected [default: tls for an e-mail, none for a broker]
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) security: Option<Security>,
    /// Of a broker: queue or topic, e.g. /queue/spillway
    #[arg(long, value_name = "DESTINATION")]
    pub(crate) destination: Option<String>,
    /// Of an e-mail or a broker: user name; '' for none
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// File with the secret (key of signatures, password, pass code); - for standard input
    #[arg(long, value_name = "FILE", group = "secret")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Environment variable with the secret, read now and never again
    #[arg(long, value_name = "VARIABLE", group = "secret")]
    pub(crate) secret_env: Option<String>,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Security {
    /// TLS from the first byte.
    Tls,
    /// Begins in the clear, then TLS, or not at all.
    StartTls,
    /// In the clear.
    None,
}

/// One channel.
#[derive(Debug, Args)]
pub(crate) struct Name {
    /// Name of the channel, or its id
    #[arg(value_name = "NAME")]
    pub(crate) channel: String,
}

/// One or more channels.
#[derive(Debug, Args)]
pub(crate) struct Names {
    /// Names of channels, or their ids
    #[arg(required = true, value_name = "NAME")]
    pub(crate) channels: Vec<String>,
}

/// Which messages.
#[derive(Debug, Args)]
pub(crate) struct Log {
    /// Only of this channel
    #[arg(long, value_name = "NAME")]
    pub(crate) channel: Option<String>,
    /// Only those that wait or were given up
    #[arg(long)]
    pub(crate) unsent: bool,
    /// Only of this job
    #[arg(long, value_name = "ID")]
    pub(crate) job: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: u32,
}

/// Messages to be sent again.
#[derive(Debug, Args)]
pub(crate) struct Again {
    /// Numbers of messages, as `notify log` prints them
    #[arg(required = true, value_name = "NUMBER")]
    pub(crate) messages: Vec<i64>,
}
