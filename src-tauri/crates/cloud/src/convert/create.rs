//! Making and cancelling jobs.

use std::{sync::atomic::AtomicBool, time::Duration};

use aws_smithy_types::body::SdkBody;
use serde_json::json;

use super::{
    NewRemoteJob, RemoteJob,
    ask::{Again, ask},
    look::one_job,
    read::read,
};
use crate::{Cloud, CloudError, limit::Lane, refusal::Asked};

/// For so long the same token makes no second job; AWS says a minute, from the answer on. Source: "Idempotency" of
/// the API reference.
const TOKEN_HOLDS: Duration = Duration::from_secs(50);

impl NewRemoteJob {
    /// The request.
    fn body(&self) -> Result<Vec<u8>, CloudError> {
        let mut metadata = self.metadata.clone();
        metadata.insert("token".to_owned(), self.token.clone());
        let mut body = json!({
            "clientRequestToken": self.token,
            "role": self.role_arn,
            "settings": self.settings,
            "priority": self.priority,
            "userMetadata": metadata,
            "tags": self.tags,
            "billingTagsSource": "JOB",
        });
        if let Some(queue) = &self.queue {
            body["queue"] = json!(queue);
        }
        serde_json::to_vec(&body).map_err(|error| CloudError::Protocol { why: error.to_string() })
    }
}

impl Cloud {
    /// Makes a job. An answer that is lost says nothing about whether it was made: see [`Self::find_jobs`].
    ///
    /// # Errors
    /// See [`CloudError`]. Unless it is a refusal of this very request, the job may have been made all the same.
    pub fn create_job(&self, new: &NewRemoteJob, cancel: &AtomicBool) -> Result<RemoteJob, CloudError> {
        let asked = Asked { action: "mediaconvert:CreateJob", place: "a job of MediaConvert", key: None };
        let body = new.body()?;
        self.wait(cancel, async |line| {
            let made = ask(&line, Lane::Create, Again::Within(TOKEN_HOLDS), async || {
                let body = body.clone();
                // The SDK's types of the settings cannot be read from JSON: the request is signed after this.
                let request = line.mediaconvert().create_job().role(&new.role_arn).customize();
                let request = request.mutate_request(move |request| {
                    request.headers_mut().insert("content-length", body.len().to_string());
                    request.headers_mut().insert("content-type", "application/json");
                    *request.body_mut() = SdkBody::from(body.clone());
                });
                let answer = request.send().await.map_err(|error| asked.failed(error))?;
                read(answer.job())
            });
            made.await
        })
    }

    /// Cancels a job; what it says afterwards, `None`: the service no longer knows it. One that has ended stays as
    /// it is.
    ///
    /// # Errors
    /// See [`CloudError`].
    pub fn cancel_job(&self, id: &str, cancel: &AtomicBool) -> Result<Option<RemoteJob>, CloudError> {
        let name = format!("job {id} of MediaConvert");
        let asked = Asked { action: "mediaconvert:CancelJob", place: &name, key: None };
        self.wait(cancel, async |line| {
            let cancelled = ask(&line, Lane::Cancel, Again::Always, async || {
                let answer = line.mediaconvert().cancel_job().id(id).send().await;
                answer.map(drop).map_err(|error| asked.failed(error))
            });
            match cancelled.await {
                // Ended already: what it came to is all the same worth knowing.
                Ok(()) | Err(CloudError::Conflict(_)) => one_job(&line, Lane::Cancel, id).await,
                Err(CloudError::NotFound(_)) => Ok(None),
                Err(error) => Err(error),
            }
        })
    }
}
