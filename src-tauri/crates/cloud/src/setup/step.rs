//! What one step came to.

use super::{SetupOutcome, SetupStep};
use crate::CloudError;

/// What an administrator can do instead.
const OR_ADMINISTRATOR: &str = "or let an administrator deploy Spillway's `deploy/cloudformation.yaml`";

impl SetupStep {
    fn new(name: &str, outcome: SetupOutcome, text: String, advice: String) -> Self {
        Self { name: name.to_owned(), outcome, text, advice }
    }

    pub(super) fn fine(name: &str, text: impl Into<String>) -> Self {
        Self::new(name, SetupOutcome::Fine, text.into(), String::new())
    }

    pub(super) fn made(name: &str, text: impl Into<String>) -> Self {
        Self::new(name, SetupOutcome::Made, text.into(), String::new())
    }

    pub(super) fn warn(name: &str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(name, SetupOutcome::Warn, text.into(), advice.into())
    }

    pub(super) fn missing(name: &str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(name, SetupOutcome::Missing, text.into(), advice.into())
    }

    pub(super) fn skipped(name: &str, after: &str) -> Self {
        let text = format!("Not looked at, because of `{after}`.");
        Self::new(name, SetupOutcome::Skipped, text, String::new())
    }

    /// Something stood in the way.
    pub(super) fn failed(name: &str, error: &CloudError) -> Self {
        Self::missing(name, sentence(error), advice(error))
    }

    /// It could not be looked at, and may be as it should all the same.
    pub(super) fn unseen(name: &str, error: &CloudError) -> Self {
        Self::warn(name, sentence(error), advice(error))
    }

    /// Whether what comes after can be looked at.
    pub(super) fn stands(&self) -> bool {
        !matches!(self.outcome, SetupOutcome::Missing | SetupOutcome::Skipped)
    }
}

/// What a step needs that is not there, in a check.
pub(super) fn let_set_up(permission: &str) -> String {
    format!("Run the set-up with credentials that may do `{permission}`, {OR_ADMINISTRATOR}.")
}

fn sentence(error: &CloudError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

fn advice(error: &CloudError) -> String {
    match error {
        CloudError::Forbidden { action, on } => {
            format!("Allow `{action}` on {on} to these credentials, {OR_ADMINISTRATOR}.")
        }
        CloudError::WrongRegion { there: Some(there), .. } => {
            format!("Set `region = \"{there}\"` in `[cloud]`, or name a bucket of the region that is set.")
        }
        CloudError::WrongRegion { there: None, .. } => "Set the bucket's region in `[cloud]`.".to_owned(),
        CloudError::NoCredentials | CloudError::SessionExpired => {
            "Sign in with `aws sso login`, set `profile` in `[cloud]`, or use another source that the AWS tools know."
                .to_owned()
        }
        CloudError::CredentialsRefused { .. } | CloudError::CredentialsFail { .. } => {
            "Look at what `aws sts get-caller-identity` says with the same profile.".to_owned()
        }
        CloudError::Clock => "Set this machine's clock right.".to_owned(),
        CloudError::Network { .. } => {
            "Look at the network of this machine, its proxy, and the endpoints in `[cloud]`.".to_owned()
        }
        CloudError::QuotaExceeded { .. } => "Remove what is not used, or ask AWS for a higher quota.".to_owned(),
        _ => "Try again; if it stays, look at the AWS account.".to_owned(),
    }
}
