//! What is sent, to whom, within which limits, and what came of it.

use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The same for every try, and for no other message: receivers recognise by it what they have already.
    /// Letters, digits, `-`, `.` and `_`.
    pub id: String,
    /// What it is about, e.g. `job.delivered`.
    pub topic: String,
    /// Its place among the messages of one job.
    pub sequence: i64,
    /// When it was written, ms UTC.
    pub created_ms: i64,
    /// When this try is made, ms UTC; part of a webhook's signature.
    pub tried_ms: i64,
    /// One line for people.
    pub subject: String,
    /// Plain text for people: the body of an e-mail.
    pub text: String,
    /// The JSON.
    pub body: String,
    /// What `{name}` in the arguments of a command stands for: `topic`, `job`, `source`, `profile`, `state`,
    /// `receipt`. Those without a value are filled in as nothing.
    pub fields: BTreeMap<String, String>,
}

/// To whom, and how.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// HTTP POST of the JSON, signed when there is a secret.
    Webhook {
        /// `https://…` or `http://…`.
        url: String,
    },
    /// A program, without a shell: the JSON on standard input.
    Command {
        /// The program; a bare name is looked for where the system looks for programs.
        program: PathBuf,
        /// Its arguments, with [`Message::fields`] in braces.
        arguments: Vec<String>,
        /// It is ended after so long; stands in place of [`Limits::total`].
        timeout: Duration,
    },
    /// An e-mail. The secret is the password.
    Email {
        /// Mail server.
        host: String,
        /// Its port.
        port: u16,
        /// How the connection is protected.
        security: Security,
        /// User name, where the server wants one. Nobody logs in without a password, or in the clear.
        user: Option<String>,
        /// Sender: `name@example.com` or `Spillway <name@example.com>`.
        from: String,
        /// Receivers, in the same form.
        to: Vec<String>,
    },
    /// A message broker that speaks STOMP 1.2. The secret is the pass code; without TLS it crosses the network
    /// in the clear, as this protocol has it.
    Stomp {
        /// Broker.
        host: String,
        /// Its port.
        port: u16,
        /// Whether the connection is protected with TLS.
        tls: bool,
        /// Queue or topic, e.g. `/queue/spillway`.
        destination: String,
        /// Login, where the broker wants one.
        user: Option<String>,
    },
}

/// Without the path of a webhook's address and without arguments: both often hold a key.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Webhook { .. } => f.write_str("Webhook"),
            Self::Command { program, .. } => write!(f, "Command({})", program.display()),
            Self::Email { host, port, .. } => write!(f, "Email({host}:{port})"),
            Self::Stomp { host, port, .. } => write!(f, "Stomp({host}:{port})"),
        }
    }
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// Begins in the clear, then TLS, or not at all.
    StartTls,
    /// In the clear. A password is not sent.
    None,
}

/// How long a try may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// To reach the other side.
    pub connect: Duration,
    /// For everything.
    pub total: Duration,
}

/// The other side took the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// What it said; one English sentence.
    pub said: String,
}

/// The message was not taken, or nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NotTaken {
    /// Why; one English sentence.
    pub why: String,
    /// When another try makes sense.
    pub again: Again,
}

/// When another try makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Soon, with growing pauses.
    Later,
    /// Not sooner than this: the other side asked for it, or a person has to mend something first ([`MENDING`]).
    After(Duration),
    /// The other side will not take this message.
    Never,
}

/// How long to wait with a try that fails until a person changes something here or there.
pub const MENDING: Duration = Duration::from_mins(10);

impl NotTaken {
    pub(crate) fn later(why: impl Into<String>) -> Self {
        Self { why: why.into(), again: Again::Later }
    }

    pub(crate) fn to_mend(why: impl Into<String>) -> Self {
        Self { why: why.into(), again: Again::After(MENDING) }
    }

    pub(crate) fn never(why: impl Into<String>) -> Self {
        Self { why: why.into(), again: Again::Never }
    }
}
