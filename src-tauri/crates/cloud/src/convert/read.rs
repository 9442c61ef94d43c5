//! What the service tells of a job.

use aws_sdk_mediaconvert::types::{Job, JobStatus, OutputDetail, OutputGroupDetail, VideoDetail};

use super::{RemoteError, RemoteJob, RemoteOutput, RemoteStatus};
use crate::CloudError;

/// A job, as one of ours.
pub(super) fn read(job: Option<&Job>) -> Result<RemoteJob, CloudError> {
    let broken = |why: &str| CloudError::Protocol { why: format!("MediaConvert {why}") };
    let job = job.ok_or_else(|| broken("answers without a job"))?;
    let id = job.id().ok_or_else(|| broken("tells of a job without an id"))?.to_owned();
    let status = match job.status() {
        Some(JobStatus::Submitted) => RemoteStatus::Submitted,
        Some(JobStatus::Progressing) => RemoteStatus::Progressing,
        Some(JobStatus::Complete) => RemoteStatus::Complete,
        Some(JobStatus::Error) => RemoteStatus::Error,
        Some(JobStatus::Canceled) => RemoteStatus::Canceled,
        _ => return Err(broken("tells of a job in a state that is not known")),
    };
    let timing = job.timing();
    let ms = |time: Option<&aws_smithy_types::DateTime>| time.and_then(|time| time.to_millis().ok());
    let error = job
        .error_code()
        .filter(|_| status == RemoteStatus::Error)
        .map(|code| RemoteError { code, message: job.error_message().unwrap_or_default().to_owned() });
    let details = job.output_group_details().iter().flat_map(OutputGroupDetail::output_details);
    Ok(RemoteJob {
        id,
        status,
        phase: job.current_phase().map(|phase| phase.as_str().to_ascii_lowercase()),
        percent: job.job_percent_complete().and_then(|percent| u8::try_from(percent.clamp(0, 100)).ok()),
        metadata: job
            .user_metadata()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        created_ms: ms(job.created_at()).or_else(|| ms(timing.and_then(|timing| timing.submit_time()))),
        finished_ms: ms(timing.and_then(|timing| timing.finish_time())),
        error,
        outputs: details.map(output).collect(),
        warnings: job
            .warnings()
            .iter()
            .filter_map(|warning| Some((warning.code()?, warning.count()?)))
            .collect(),
    })
}

fn output(detail: &OutputDetail) -> RemoteOutput {
    let pixels = |size: Option<i32>| size.and_then(|size| u32::try_from(size).ok()).unwrap_or(0);
    let picture = detail.video_details();
    RemoteOutput {
        duration_ms: i64::from(detail.duration_in_ms().unwrap_or(0)),
        width: pixels(picture.and_then(VideoDetail::width_in_px)),
        height: pixels(picture.and_then(VideoDetail::height_in_px)),
    }
}

impl RemoteStatus {
    /// As the service has it.
    pub(super) fn wire(self) -> JobStatus {
        match self {
            Self::Submitted => JobStatus::Submitted,
            Self::Progressing => JobStatus::Progressing,
            Self::Complete => JobStatus::Complete,
            Self::Error => JobStatus::Error,
            Self::Canceled => JobStatus::Canceled,
        }
    }
}
