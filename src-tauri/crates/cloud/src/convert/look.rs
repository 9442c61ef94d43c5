//! Looking at jobs, queues and templates.

use std::sync::{Arc, Mutex, PoisonError, atomic::AtomicBool};

use aws_sdk_mediaconvert::{
    config::{ConfigBag, Intercept, RuntimeComponents},
    error::BoxError,
    types::{Order, PricingPlan, QueueStatus, ReservationPlan},
};
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use serde_json::Value;

use super::{
    RemoteJob, RemotePage, RemoteQueue, RemoteStatus,
    ask::{Again, ask},
    read::read,
};
use crate::{Cloud, CloudError, connect::Line, limit::Lane, refusal::Asked};

/// Jobs of a page: the most that the service gives.
const PAGE: i32 = 20;
/// Name of the queue that every account has.
const DEFAULT_QUEUE: &str = "Default";

impl Cloud {
    /// Jobs whose metadata has this `token`, oldest first, looked for by the address of their input.
    ///
    /// # Errors
    /// See [`CloudError`].
    pub fn find_jobs(
        &self,
        input: &str,
        token: &str,
        cancel: &AtomicBool,
    ) -> Result<Vec<RemoteJob>, CloudError> {
        let asked = Asked { action: "mediaconvert:SearchJobs", place: "jobs of MediaConvert", key: None };
        self.wait(cancel, async |line| {
            let mut found = Vec::new();
            let mut from: Option<String> = None;
            loop {
                let answer = ask(&line, Lane::Look, Again::Always, async || {
                    let request = line.mediaconvert().search_jobs().input_file(input);
                    let request = request.max_results(PAGE).order(Order::Ascending);
                    let answer = request.set_next_token(from.clone()).send().await;
                    answer.map_err(|error| asked.failed(error))
                });
                let answer = answer.await?;
                for job in answer.jobs() {
                    let job = read(Some(job))?;
                    if job.metadata.get("token").is_some_and(|known| known == token) {
                        found.push(job);
                    }
                }
                from = answer.next_token;
                if from.is_none() {
                    found.sort_by_key(|job: &RemoteJob| job.created_ms);
                    return Ok(found);
                }
            }
        })
    }

    /// A page of the jobs of a queue in one state, newest first; `None`: the account's default queue.
    ///
    /// # Errors
    /// See [`CloudError`].
    pub fn jobs_page(
        &self,
        queue: Option<&str>,
        status: RemoteStatus,
        from: Option<&str>,
        cancel: &AtomicBool,
    ) -> Result<RemotePage, CloudError> {
        let queue = queue.unwrap_or(DEFAULT_QUEUE);
        let asked = Asked { action: "mediaconvert:ListJobs", place: queue, key: None };
        self.wait(cancel, async |line| {
            let answer = ask(&line, Lane::Look, Again::Always, async || {
                let request = line.mediaconvert().list_jobs().queue(queue).status(status.wire());
                let request = request.max_results(PAGE).order(Order::Descending);
                let answer = request.set_next_token(from.map(str::to_owned)).send().await;
                answer.map_err(|error| asked.failed(error))
            });
            let answer = answer.await.map_err(|error| no_queue(error, queue))?;
            let jobs = answer.jobs().iter().map(|job| read(Some(job))).collect::<Result<_, _>>()?;
            Ok(RemotePage { jobs, next: answer.next_token })
        })
    }

    /// One job; `None` when the service no longer knows it.
    ///
    /// # Errors
    /// See [`CloudError`].
    pub fn remote_job(&self, id: &str, cancel: &AtomicBool) -> Result<Option<RemoteJob>, CloudError> {
        self.wait(cancel, async |line| one_job(&line, Lane::Look, id).await)
    }

    /// A queue by name or ARN; `None`: the default one.
    ///
    /// # Errors
    /// See [`CloudError`].
    pub fn remote_queue(&self, queue: Option<&str>, cancel: &AtomicBool) -> Result<RemoteQueue, CloudError> {
        self.wait(cancel, async |line| one_queue(&line, queue).await)
    }

    /// Settings of a job template of the account, by name or ARN, in the spelling of the wire.
    ///
    /// # Errors
    /// See [`CloudError`].
    pub fn template(&self, name: &str, cancel: &AtomicBool) -> Result<Value, CloudError> {
        let name = last_name(name);
        let place = format!("job template {name} of MediaConvert");
        let asked = Asked { action: "mediaconvert:GetJobTemplate", place: &place, key: None };
        self.wait(cancel, async |line| {
            let heard = Heard::default();
            let answer = ask(&line, Lane::Look, Again::Always, async || {
                let request = line.mediaconvert().get_job_template().name(name).customize();
                let answer = request.interceptor(heard.clone()).send().await;
                answer.map(drop).map_err(|error| asked.failed(error))
            });
            answer.await?;
            let body = std::mem::take(&mut *heard.0.lock().unwrap_or_else(PoisonError::into_inner));
            let mut body: Value = serde_json::from_slice(&body)
                .map_err(|error| CloudError::Protocol { why: format!("{place} is no JSON: {error}") })?;
            let settings = body.get_mut("jobTemplate").and_then(|template| template.get_mut("settings"));
            let settings = settings.map(Value::take).filter(Value::is_object);
            settings.ok_or_else(|| CloudError::Protocol { why: format!("{place} has no settings") })
        })
    }
}

/// See [`Cloud::remote_job`].
pub(super) async fn one_job(line: &Line, rank: Lane, id: &str) -> Result<Option<RemoteJob>, CloudError> {
    let name = format!("job {id} of MediaConvert");
    let asked = Asked { action: "mediaconvert:GetJob", place: &name, key: None };
    let answer = ask(line, rank, Again::Always, async || {
        let answer = line.mediaconvert().get_job().id(id).send().await;
        answer.map_err(|error| asked.failed(error))
    });
    match answer.await {
        Ok(answer) => read(answer.job()).map(Some),
        Err(CloudError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// See [`Cloud::remote_queue`].
pub(crate) async fn one_queue(line: &Line, queue: Option<&str>) -> Result<RemoteQueue, CloudError> {
    let name = last_name(queue.unwrap_or(DEFAULT_QUEUE));
    let asked = Asked { action: "mediaconvert:GetQueue", place: name, key: None };
    let answer = ask(line, Lane::Look, Again::Always, async || {
        let answer = line.mediaconvert().get_queue().name(name).send().await;
        answer.map_err(|error| asked.failed(error))
    });
    let answer = answer.await.map_err(|error| no_queue(error, name))?;
    let mut found = answer.queue().and_then(remote_queue).ok_or_else(|| CloudError::Protocol {
        why: format!("MediaConvert tells too little of queue {name}"),
    })?;
    if found.concurrent.is_none() && !found.reserved {
        found.concurrent = all_at_once(line).await?;
    }
    Ok(found)
}

/// Jobs that the account may have at a time, as far as the service tells.
async fn all_at_once(line: &Line) -> Result<Option<u32>, CloudError> {
    let asked = Asked { action: "mediaconvert:ListQueues", place: "queues of MediaConvert", key: None };
    let answer = ask(line, Lane::Look, Again::Always, async || {
        let answer = line.mediaconvert().list_queues().max_results(1).send().await;
        answer.map_err(|error| asked.failed(error))
    });
    Ok(answer
        .await?
        .total_concurrent_jobs()
        .and_then(|jobs| u32::try_from(jobs).ok())
        .filter(|jobs| *jobs > 0))
}

pub(crate) fn remote_queue(queue: &aws_sdk_mediaconvert::types::Queue) -> Option<RemoteQueue> {
    let count = |count: Option<i32>| count.and_then(|count| u32::try_from(count).ok());
    let reserved = queue.pricing_plan() == Some(&PricingPlan::Reserved);
    let slots = queue.reservation_plan().and_then(ReservationPlan::reserved_slots);
    Some(RemoteQueue {
        name: queue.name()?.to_owned(),
        arn: queue.arn()?.to_owned(),
        paused: queue.status() == Some(&QueueStatus::Paused),
        reserved,
        concurrent: count(if reserved { slots } else { queue.concurrent_jobs() }).filter(|jobs| *jobs > 0),
        submitted: count(queue.submitted_jobs_count()).unwrap_or(0),
        progressing: count(queue.progressing_jobs_count()).unwrap_or(0),
    })
}

fn no_queue(error: CloudError, queue: &str) -> CloudError {
    match error {
        CloudError::NotFound(_) => CloudError::NoSuchQueue(queue.to_owned()),
        error => error,
    }
}

/// Name in `arn:aws:mediaconvert:REGION:ACCOUNT:queues/NAME`; of anything else, all of it.
pub(crate) fn last_name(name: &str) -> &str {
    if name.starts_with("arn:") { name.rsplit('/').next().unwrap_or(name) } else { name }
}

/// Keeps the answer as it came: the SDK's types of the settings cannot be written as JSON.
#[derive(Debug, Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Heard {
    fn name(&self) -> &'static str {
        "Heard"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = body.to_vec();
        Ok(())
    }
}
