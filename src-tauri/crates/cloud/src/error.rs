//! Why the cloud did not do as asked.

use std::{io, path::PathBuf};

/// One sentence each; never holds a key, a token or a signature.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// The chain of credentials came to its end.
    #[error(
        "no AWS credentials were found: set a profile, sign in with `aws sso login`, or give this machine a role"
    )]
    NoCredentials,
    /// There are credentials somewhere, but they cannot be had.
    #[error("the AWS credentials cannot be had: {why}")]
    CredentialsFail {
        /// What the chain says.
        why: String,
    },
    /// The service does not accept them.
    #[error("the AWS credentials are not accepted ({code})")]
    CredentialsRefused {
        /// The service's code, e.g. `InvalidAccessKeyId`.
        code: String,
    },
    /// They were good once.
    #[error("the AWS session has expired: sign in again")]
    SessionExpired,
    /// Nobody says which region.
    #[error("no AWS region is set: set `region` in `[cloud]`, or in the AWS profile")]
    NoRegion,
    /// A setting makes no sense.
    #[error("the setting `{name}` of `[cloud]` makes no sense: {why}")]
    Setting {
        /// Its name.
        name: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The credentials do not allow it.
    #[error("the AWS credentials in use may not do {action} on {on}")]
    Forbidden {
        /// As policies call it, e.g. `s3:ListBucket`.
        action: &'static str,
        /// The bucket, object or queue.
        on: String,
    },
    /// There is no such bucket.
    #[error("there is no bucket {0}")]
    NoSuchBucket(String),
    /// There is no such object, or no longer.
    #[error("there is no object {0}")]
    NoSuchObject(String),
    /// There is no such queue.
    #[error("there is no queue {0}")]
    NoSuchQueue(String),
    /// There is no such upload, or no longer: finished, given up, or expired.
    #[error("there is no unfinished upload of {0}")]
    NoSuchUpload(String),
    /// There is no such job, template or role.
    #[error("there is no {0}")]
    NotFound(String),
    /// It is in a state that does not allow it.
    #[error("the state of {0} does not allow it")]
    Conflict(String),
    /// The account may not have more.
    #[error("a quota of the AWS account is used up: {on}{}", if message.is_empty() { String::new() } else { format!(": {message}") })]
    QuotaExceeded {
        /// What there would be too many of.
        on: String,
        /// The service's words.
        message: String,
    },
    /// The bucket lies in another region.
    #[error("{on} is not in the region asked{}", there.as_deref().map(|there| format!("; it is in {there}")).unwrap_or_default())]
    WrongRegion {
        /// The bucket.
        on: String,
        /// Where it lies, when the service says so.
        there: Option<String>,
    },
    /// The object lies in an archive.
    #[error("{0} is archived: restore it first")]
    Archived(String),
    /// The object is no longer the one that was asked for.
    #[error("{0} changed meanwhile")]
    Changed(String),
    /// What arrived is not what was stored; nothing was kept of it.
    #[error("{key} arrived altered: its {check} differs")]
    Altered {
        /// The object.
        key: String,
        /// What differs, e.g. `CRC64NVME`.
        check: &'static str,
    },
    /// Too many requests.
    #[error("the service asks for fewer requests")]
    Throttled,
    /// The clocks differ.
    #[error("the service does not accept the time of this machine's clock")]
    Clock,
    /// No connection, or one that broke.
    #[error("the service cannot be reached: {why}")]
    Network {
        /// What went wrong.
        why: String,
    },
    /// The service answers something else.
    #[error("the service answers {code}{}", if message.is_empty() { String::new() } else { format!(": {message}") })]
    Service {
        /// Its code.
        code: String,
        /// Its words.
        message: String,
        /// Whether it may do better later.
        transient: bool,
    },
    /// The server does not keep to the protocol.
    #[error("the server does not answer as S3 does: {why}")]
    Protocol {
        /// What is wrong.
        why: String,
    },
    /// A file of this machine cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The disk of this machine does not take it.
    #[error("{} cannot be written: {source}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The runtime for network traffic cannot be started.
    #[error("no thread for network traffic could be started: {0}")]
    Threads(#[source] io::Error),
    /// Somebody wished so.
    #[error("cancelled")]
    Cancelled,
}

impl CloudError {
    /// Whether the same may work later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            // A quota is free again when something ends.
            Self::Throttled
            | Self::Network { .. }
            | Self::Altered { .. }
            | Self::QuotaExceeded { .. }
            | Self::Cancelled => true,
            Self::Service { transient, .. } => *transient,
            Self::NoCredentials
            | Self::CredentialsFail { .. }
            | Self::CredentialsRefused { .. }
            | Self::SessionExpired
            | Self::NoRegion
            | Self::Setting { .. }
            | Self::Forbidden { .. }
            | Self::NoSuchBucket(_)
            | Self::NoSuchObject(_)
            | Self::NoSuchQueue(_)
            | Self::NoSuchUpload(_)
            | Self::NotFound(_)
            | Self::Conflict(_)
            | Self::WrongRegion { .. }
            | Self::Archived(_)
            | Self::Changed(_)
            | Self::Clock
            | Self::Protocol { .. }
            | Self::Disk { .. }
            | Self::Unreadable { .. }
            | Self::Threads(_) => false,
        }
    }
}
