//! The steps, one after the other.

use std::sync::atomic::AtomicBool;

use super::{SETUP_STEPS, SetupReport, SetupStep, SetupWish, role::ROLE, step::let_set_up};
use crate::{
    Cloud, CloudError, CloudSettings,
    connect::Line,
    convert::{Again, RemoteQueue, ask, last_name, one_queue, remote_queue},
    limit::Lane,
    refusal::Asked,
};

/// A set-up on its way.
pub(super) struct Walk<'a> {
    pub(super) line: &'a Line,
    pub(super) wish: &'a SetupWish,
    /// What keys begin with.
    pub(super) prefix: String,
    /// Name of the role.
    pub(super) role: String,
    /// The role, as errors call it.
    pub(super) role_place: String,
    queue: Option<String>,
    /// Whether IAM and STS are there to be asked: where S3 is somebody else's, Amazon is not bothered.
    pub(super) cloud_has_iam: bool,
    pub(super) steps: Vec<SetupStep>,
    pub(super) role_arn: Option<String>,
    queue_arn: Option<String>,
    identity: Option<(String, String)>,
}

impl Cloud {
    /// Makes and checks what the cloud engine needs, step by step; what is there stays as it is.
    ///
    /// # Errors
    /// Only [`CloudError::Cancelled`] and what keeps any call from being made; what a step meets is in the report.
    pub fn set_up(&self, wish: &SetupWish, cancel: &AtomicBool) -> Result<SetupReport, CloudError> {
        let settings = self.settings();
        self.wait(cancel, async |line| {
            let mut walk = Walk::new(&line, wish, settings);
            walk.all().await;
            Ok(SetupReport {
                steps: walk.steps,
                role_arn: walk.role_arn,
                queue_arn: walk.queue_arn,
                identity: walk.identity,
            })
        })
    }
}

impl<'a> Walk<'a> {
    fn new(line: &'a Line, wish: &'a SetupWish, settings: &CloudSettings) -> Self {
        let role = wish.role.as_deref().or(settings.role_arn.as_deref()).unwrap_or(ROLE);
        let role = last_name(role).to_owned();
        let foreign = settings.s3_endpoint.is_some() || settings.mediaconvert_endpoint.is_some();
        Self {
            line,
            wish,
            prefix: settings.key_prefix(),
            role_place: format!("role {role}"),
            role,
            queue: wish.queue.clone().or_else(|| settings.queue.clone()),
            cloud_has_iam: !foreign || settings.sts_endpoint.is_some() && settings.iam_endpoint.is_some(),
            steps: Vec::new(),
            role_arn: settings.role_arn.clone().filter(|_| wish.role.is_none()),
            queue_arn: None,
            identity: None,
        }
    }

    async fn all(&mut self) {
        let step = self.credentials().await;
        let stands = step.stands();
        self.steps.push(step);
        if !stands {
            let rest = SETUP_STEPS.iter().skip(1).map(|name| SetupStep::skipped(name, "credentials"));
            self.steps.extend(rest);
            return;
        }
        self.bucket_steps().await;
        self.role_steps().await;
        let step = self.queue().await;
        self.steps.push(step);
        let step = self.jobs().await;
        self.steps.push(step);
    }

    /// Something could not be looked at: a check goes on, a set-up says what it needs.
    pub(super) fn unseen(&self, name: &str, error: &CloudError) -> SetupStep {
        match error {
            CloudError::Forbidden { .. } if self.wish.check_only => SetupStep::unseen(name, error),
            error => SetupStep::failed(name, error),
        }
    }

    /// `aws`, or what it is in China and for governments.
    pub(super) fn partition(&self) -> &str {
        let arn = self.identity.as_ref().and_then(|(_, arn)| arn.split(':').nth(1));
        arn.filter(|partition| !partition.is_empty()).unwrap_or("aws")
    }

    async fn credentials(&mut self) -> SetupStep {
        const NAME: &str = "credentials";
        if !self.cloud_has_iam {
            return SetupStep::warn(
                NAME,
                "Who asks is not known: other services here are not Amazon's.",
                "Set `sts_endpoint` in `[cloud]` if there is such a server.",
            );
        }
        let asked = Asked { action: "sts:GetCallerIdentity", place: "the account", key: None };
        let answer = self.line.sts().get_caller_identity().send().await;
        match answer.map_err(|error| asked.failed(error)) {
            Ok(answer) => {
                let account = answer.account().unwrap_or_default().to_owned();
                let arn = answer.arn().unwrap_or_default().to_owned();
                let text = format!("AWS knows these credentials as {arn} of account {account}.");
                self.identity = Some((account, arn));
                SetupStep::fine(NAME, text)
            }
            Err(error) => SetupStep::failed(NAME, &error),
        }
    }

    async fn queue(&mut self) -> SetupStep {
        const NAME: &str = "queue";
        let found = match (one_queue(self.line, self.queue.as_deref()).await, &self.queue) {
            (Err(CloudError::NoSuchQueue(name)), Some(_)) if self.wish.check_only => {
                let text = format!("There is no queue {name} in {}.", self.line.region());
                return SetupStep::missing(NAME, text, let_set_up("mediaconvert:CreateQueue"));
            }
            (Err(CloudError::NoSuchQueue(_)), Some(name)) if !name.starts_with("arn:") => {
                match self.create_queue(name).await {
                    Ok(made) => {
                        self.queue_arn = Some(made.arn);
                        return SetupStep::made(NAME, format!("Queue {name} was made."));
                    }
                    Err(error) => return SetupStep::failed(NAME, &error),
                }
            }
            (Ok(found), _) => found,
            (Err(error), _) => return self.unseen(NAME, &error),
        };
        let RemoteQueue { name, arn, paused, .. } = found;
        self.queue_arn = Some(arn);
        if paused {
            let text = format!("Queue {name} is paused: nothing is begun.");
            return SetupStep::warn(NAME, text, "Let it go on in the MediaConvert console.");
        }
        SetupStep::fine(NAME, format!("Queue {name} is there."))
    }

    async fn create_queue(&self, name: &str) -> Result<RemoteQueue, CloudError> {
        let place = format!("queue {name} of MediaConvert");
        let asked = Asked { action: "mediaconvert:CreateQueue", place: &place, key: None };
        let answer = ask(self.line, Lane::Look, Again::Always, async || {
            let request = self.line.mediaconvert().create_queue().name(name);
            let answer = request.description("Spillway's jobs").send().await;
            answer.map_err(|error| asked.failed(error))
        });
        let answer = answer.await?;
        let made = answer.queue().and_then(remote_queue);
        made.ok_or_else(|| CloudError::Protocol { why: "MediaConvert tells nothing of the queue".to_owned() })
    }

    async fn jobs(&self) -> SetupStep {
        const NAME: &str = "jobs";
        let asked = Asked { action: "mediaconvert:ListJobs", place: "jobs of MediaConvert", key: None };
        let answer = ask(self.line, Lane::Look, Again::Always, async || {
            let answer = self.line.mediaconvert().list_jobs().max_results(1).send().await;
            answer.map(drop).map_err(|error| asked.failed(error))
        });
        match answer.await {
            Ok(()) => SetupStep::fine(
                NAME,
                format!(
                    "Jobs can be listed; whether they can be made, and `iam:PassRole` is allowed for role {}, only the \
                     first job shows.",
                    self.role
                ),
            ),
            Err(error) => SetupStep::failed(NAME, &error),
        }
    }
}
