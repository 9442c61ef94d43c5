//! Channels and messages as everybody outside the engine sees them.

use std::{fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

use crate::model::JobId;

/// Name of a channel: a UUID v7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct ChannelId(pub Uuid);

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ChannelId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// Number of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct MessageId(pub i64);

/// What others can be told. The names are part of the event schema (`docs/events.md`).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    Type,
    schemars::JsonSchema,
)]
pub enum Topic {
    /// A job was accepted into the queue.
    #[serde(rename = "job.submitted")]
    JobSubmitted,
    /// Its first step started.
    #[serde(rename = "job.started")]
    JobStarted,
    /// A tenth more of it is done.
    #[serde(rename = "job.progress")]
    JobProgress,
    /// All outputs are in place and proven.
    #[serde(rename = "job.delivered")]
    JobDelivered,
    /// It failed.
    #[serde(rename = "job.failed")]
    JobFailed,
    /// It was cancelled.
    #[serde(rename = "job.cancelled")]
    JobCancelled,
    /// It was paused, or held for want of something outside (space, a drive).
    #[serde(rename = "job.held")]
    JobHeld,
    /// It goes on.
    #[serde(rename = "job.resumed")]
    JobResumed,
    /// A watched folder cannot be reached.
    #[serde(rename = "watch.unreachable")]
    WatchUnreachable,
    /// It is back.
    #[serde(rename = "watch.reachable")]
    WatchReachable,
    /// A file in a watched folder needs attention.
    #[serde(rename = "arrival.held")]
    ArrivalHeld,
    /// A file was recognised as taken before, and passed over.
    #[serde(rename = "arrival.skipped")]
    ArrivalSkipped,
    /// Somebody tries the channel.
    #[serde(rename = "channel.test")]
    Test,
}

impl Topic {
    /// Every topic that a channel can be told of.
    pub const ALL: [Self; 12] = [
        Self::JobSubmitted,
        Self::JobStarted,
        Self::JobProgress,
        Self::JobDelivered,
        Self::JobFailed,
        Self::JobCancelled,
        Self::JobHeld,
        Self::JobResumed,
        Self::WatchUnreachable,
        Self::WatchReachable,
        Self::ArrivalHeld,
        Self::ArrivalSkipped,
    ];
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// What somebody sets of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(deny_unknown_fields)]
pub struct ChannelSettings {
    /// For people; unique, whatever its case.
    pub name: String,
    /// What it is told; empty: submitted, delivered, failed, cancelled, unreachable, reachable, needs attention.
    pub topics: Vec<Topic>,
    /// Only of jobs of these profiles; empty: of all, and of watched folders.
    pub profiles: Vec<String>,
    /// Nothing is sent while paused; messages wait.
    pub paused: bool,
    /// How.
    pub target: Target,
}

/// How a message goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Target {
    /// HTTP POST of the JSON; signed with HMAC-SHA-256 when there is a secret.
    Webhook {
        /// `https://…` or `http://…`.
        url: String,
    },
    /// A program, without a shell: the JSON on standard input.
    Command {
        /// The program.
        program: PathBuf,
        /// Its arguments; `{topic}`, `{job}`, `{source}`, `{profile}`, `{state}` and `{receipt}` are filled in.
        arguments: Vec<String>,
        /// It is ended after so many seconds.
        timeout_s: u32,
    },
    /// An e-mail. The secret is the password.
    Email {
        /// Mail server.
        host: String,
        /// Its port.
        port: u16,
        /// How the connection is protected.
        security: Security,
        /// User name, where the server wants one.
        user: Option<String>,
        /// Sender.
        from: String,
        /// Receivers.
        to: Vec<String>,
    },
    /// A message broker that speaks STOMP 1.2 (ActiveMQ, Artemis, RabbitMQ). The secret is the pass code.
    Stomp {
        /// Broker.
        host: String,
        /// Its port, usually 61613.
        port: u16,
        /// Whether the connection is protected with TLS.
        tls: bool,
        /// Queue or topic, e.g. `/queue/spillway`.
        destination: String,
        /// Login, where the broker wants one.
        user: Option<String>,
    },
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum Security {
    /// TLS from the first byte (port 465).
    #[default]
    Tls,
    /// Begins in the clear, then TLS, or not at all (port 587).
    StartTls,
    /// In the clear. A password is not sent.
    None,
}

/// What happens to the secret when a channel is changed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum SecretChange {
    /// It stays.
    Keep,
    /// It is replaced.
    Set {
        /// By this.
        secret: String,
    },
    /// There is none any more.
    Clear,
}

impl fmt::Debug for SecretChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keep => "Keep",
            Self::Set { .. } => "Set(…)",
            Self::Clear => "Clear",
        })
    }
}

/// A channel in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct ChannelView {
    /// Its name.
    pub id: ChannelId,
    /// What is set.
    pub settings: ChannelSettings,
    /// Whether there is a secret; it is never shown.
    pub has_secret: bool,
    /// Messages that wait.
    pub waiting: u64,
    /// Messages given up.
    pub given_up: u64,
    /// When one last went out, ms UTC.
    pub sent_ms: Option<i64>,
    /// Why the last try failed, where it did; one English sentence.
    pub trouble: Option<String>,
    /// When it was added, ms UTC.
    pub created_ms: i64,
}

/// Where a message stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum MessageState {
    /// Waits for its turn, or for the next try.
    Waiting {
        /// When, ms UTC.
        next_ms: i64,
    },
    /// The other side took it.
    Sent {
        /// When, ms UTC.
        at_ms: i64,
    },
    /// Not tried any more.
    GivenUp {
        /// When, ms UTC.
        at_ms: i64,
    },
}

/// A message with everything that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct MessageView {
    /// Its number.
    pub id: MessageId,
    /// Channel.
    pub channel: ChannelId,
    /// Name of the channel.
    pub channel_name: String,
    /// What it tells.
    pub topic: Topic,
    /// Of which job.
    pub job: Option<JobId>,
    /// Of what, for people: a file name, or a watched folder.
    pub subject: String,
    /// Where it stands.
    pub state: MessageState,
    /// When it was written, ms UTC.
    pub created_ms: i64,
    /// Tries, oldest first.
    pub tries: Vec<TryView>,
    /// What is sent: the JSON.
    pub body: String,
}

/// One try of sending a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TryView {
    /// When, ms UTC.
    pub at_ms: i64,
    /// How long it took, ms.
    pub took_ms: i64,
    /// Whether the other side took it.
    pub taken: bool,
    /// What it said, or why it failed; one English sentence.
    pub said: String,
}

/// Which messages to list; newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MessageQuery {
    /// Only of this channel.
    pub channel: Option<ChannelId>,
    /// Only those that wait or were given up.
    pub unsent: bool,
    /// Only of this job.
    pub job: Option<JobId>,
    /// How many to pass over.
    pub offset: u32,
    /// At most so many.
    pub limit: u32,
}

/// See [`MessageQuery`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct MessagePage {
    /// The messages.
    pub rows: Vec<MessageView>,
    /// How many there are in all.
    pub total: u64,
}

/// Why a channel cannot be had as asked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// No channel has this name.
    #[error("no channel is called {0}")]
    NoSuchChannel(String),
    /// No such message.
    #[error("there is no such message")]
    NoSuchMessage,
    /// The name is taken.
    #[error("a channel is called {0} already")]
    NameTaken(String),
    /// A setting that makes no sense.
    #[error("{what}: {why}")]
    Setting {
        /// Which: `name`, `url`, `program`, `host`, `from`, `to`, `destination`, `topics`.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// A try of the channel failed.
    #[error("the channel was tried, and failed: {0}")]
    Failed(String),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] crate::error::EngineError),
}
