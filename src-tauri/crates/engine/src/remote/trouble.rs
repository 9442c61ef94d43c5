//! What it means for a job that the cloud did not do as asked.

use std::path::Path;

use spillway_cloud::{CloudError, convert::RemoteError};

use crate::{
    cost::OverBudget,
    failure::{Code, Failure, Trouble},
    route::AgainstCloud,
    steps::Setback,
};

fn code_of(error: &CloudError) -> Code {
    match error {
        CloudError::NoCredentials
        | CloudError::CredentialsFail { .. }
        | CloudError::CredentialsRefused { .. }
        | CloudError::SessionExpired => Code::CloudCredentials,
        CloudError::Forbidden { .. }
        | CloudError::NoSuchBucket(_)
        | CloudError::NoSuchQueue(_)
        | CloudError::WrongRegion { .. }
        | CloudError::NoRegion
        | CloudError::Setting { .. } => Code::CloudNotSetUp,
        CloudError::Network { .. } | CloudError::Throttled | CloudError::Clock => Code::CloudUnreachable,
        CloudError::Disk { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => Code::DiskFull,
        CloudError::Disk { .. } | CloudError::Threads(_) => Code::Io,
        CloudError::Service { transient: false, .. } => Code::CloudRefused,
        _ => Code::CloudFault,
    }
}

/// As a failed try, and what it means for the job once it is certain.
pub(crate) fn of_cloud(error: &CloudError, source: &Path) -> (AgainstCloud, Trouble) {
    let code = code_of(error);
    let mut why = error.to_string();
    if let Some(first) = why.get(..1).map(str::to_uppercase) {
        why.replace_range(..1, &first);
    }
    why.push('.');
    let against = match code {
        Code::CloudUnreachable | Code::CloudCredentials | Code::CloudNotSetUp => {
            AgainstCloud::OutOfReach { why: why.clone() }
        }
        _ => AgainstCloud::Failed { why: why.clone() },
    };
    let passing = error.is_transient() || matches!(code, Code::Io | Code::CloudFault);
    (against, Trouble { failure: Box::new(Failure::new(code, source, why)), passing })
}

/// As the result of a step.
pub(crate) fn setback(error: &CloudError, source: &Path, stopping: bool) -> Setback {
    if stopping || matches!(error, CloudError::Cancelled) {
        return Setback::Stopped;
    }
    let (against, trouble) = of_cloud(error, source);
    match trouble.failure.code {
        Code::DiskFull | Code::Io => Setback::Failed(trouble),
        _ => Setback::Cloud { against, trouble },
    }
}

/// A MediaConvert job that failed.
pub(crate) fn failed_there(error: &RemoteError, code: Code, source: &Path) -> (AgainstCloud, Failure) {
    let words = error.message.trim_end_matches('.');
    let why = if words.is_empty() {
        format!("MediaConvert ended a job with code {}.", error.code)
    } else {
        format!("MediaConvert ended a job with code {}: {words}.", error.code)
    };
    let failure = Failure::new(code, source, why.clone());
    (AgainstCloud::Failed { why }, failure)
}

/// More than may be spent.
pub(crate) fn over_budget(over: &OverBudget, source: &Path) -> Setback {
    let why = over.to_string();
    let failure = Failure::new(Code::OverBudget, source, why.clone());
    Setback::Cloud { against: AgainstCloud::OverBudget { why }, trouble: Trouble::lasting(failure) }
}
