//! What a service's refusal means.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::StatusCode,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::CloudError;

/// Longest text of somebody else in an error, in characters.
const LONGEST: usize = 300;

/// What was asked of a service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// As policies call it.
    pub(crate) action: &'static str,
    /// Bucket, address of a queue, or whatever else it is about.
    pub(crate) place: &'a str,
    /// Key of the object.
    pub(crate) key: Option<&'a str>,
}

impl Asked<'_> {
    /// `BUCKET/KEY`, or the place alone.
    pub(crate) fn on(&self) -> String {
        match self.key {
            Some(key) => format!("{}/{}", self.place, key.escape_debug()),
            None => self.place.to_owned(),
        }
    }

    /// The credentials do not allow it.
    pub(crate) fn forbidden(&self) -> CloudError {
        CloudError::Forbidden { action: self.action, on: self.on() }
    }

    /// What the SDK reports, as one of ours.
    pub(crate) fn failed<E>(&self, error: SdkError<E, HttpResponse>) -> CloudError
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        match error {
            SdkError::ServiceError(refused) => {
                let answer = refused.raw();
                let refusal = Refusal {
                    status: answer.status(),
                    code: refused.err().code().unwrap_or_default(),
                    message: refused.err().message().unwrap_or_default(),
                    region: answer.headers().get("x-amz-bucket-region"),
                };
                self.refused(&refusal)
            }
            SdkError::ResponseError(answer) => match answer.raw().status().as_u16() {
                200..=299 => CloudError::Network { why: "the answer broke off".to_owned() },
                _ => self.refused(&Refusal {
                    status: answer.raw().status(),
                    code: "",
                    message: "",
                    region: answer.raw().headers().get("x-amz-bucket-region"),
                }),
            },
            SdkError::TimeoutError(_) => CloudError::Network { why: "no answer in time".to_owned() },
            other => unsent(&other),
        }
    }

    fn refused(&self, refusal: &Refusal<'_>) -> CloudError {
        let status = refusal.status.as_u16();
        match refusal.code {
            "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => CloudError::SessionExpired,
            "InvalidAccessKeyId"
            | "InvalidClientTokenId"
            | "InvalidToken"
            | "SignatureDoesNotMatch"
            | "UnrecognizedClientException"
            | "MissingAuthenticationToken"
            | "InvalidSecurity"
            | "InvalidSignatureException"
            | "IncompleteSignature" => CloudError::CredentialsRefused { code: refusal.code.to_owned() },
            "RequestTimeTooSkewed" | "RequestExpired" => CloudError::Clock,
            "PermanentRedirect"
            | "TemporaryRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException" => self.elsewhere(refusal),
            "NoSuchBucket" => CloudError::NoSuchBucket(self.place.to_owned()),
            "NoSuchKey" => CloudError::NoSuchObject(self.on()),
            "AWS.SimpleQueueService.NonExistentQueue" | "QueueDoesNotExist" => {
                CloudError::NoSuchQueue(self.place.to_owned())
            }
            "InvalidObjectState" => CloudError::Archived(self.on()),
            "NoSuchUpload" => CloudError::NoSuchUpload(self.on()),
            // Of the content, or of the body of the request.
            "BadDigest" | "InvalidDigest" | "XAmzContentChecksumMismatch" | "XAmzContentSHA256Mismatch" => {
                CloudError::Altered { key: self.on(), check: "checksum" }
            }
            // MediaConvert's, IAM's.
            "NotFoundException" | "NoSuchEntity" => CloudError::NotFound(self.on()),
            "ConflictException" | "EntityAlreadyExists" => CloudError::Conflict(self.on()),
            "ServiceQuotaExceededException" | "LimitExceeded" => {
                CloudError::QuotaExceeded { on: self.on(), message: short(refusal.message) }
            }
            "PreconditionFailed" => CloudError::Changed(self.on()),
            "SlowDown"
            | "Throttling"
            | "ThrottlingException"
            | "RequestThrottled"
            | "RequestLimitExceeded"
            | "TooManyRequestsException" => CloudError::Throttled,
            code => match status {
                301 | 307 => self.elsewhere(refusal),
                400 if code.is_empty() && refusal.region.is_some() => self.elsewhere(refusal),
                401 | 403 => self.forbidden(),
                // To questions for the head alone there is no other answer.
                404 if matches!(code, "" | "NotFound")
                    && self.key.is_none()
                    && self.action.starts_with("s3:") =>
                {
                    CloudError::NoSuchBucket(self.place.to_owned())
                }
                404 if self.key.is_some() => CloudError::NoSuchObject(self.on()),
                412 => CloudError::Changed(self.on()),
                429 | 503 => CloudError::Throttled,
                _ => CloudError::Service {
                    code: if code.is_empty() { status.to_string() } else { code.to_owned() },
                    message: short(refusal.message),
                    transient: status >= 500,
                },
            },
        }
    }

    fn elsewhere(&self, refusal: &Refusal<'_>) -> CloudError {
        CloudError::WrongRegion {
            on: self.place.to_owned(),
            there: refusal.region.filter(|region| !region.is_empty()).map(str::to_owned),
        }
    }
}

struct Refusal<'a> {
    status: StatusCode,
    code: &'a str,
    message: &'a str,
    region: Option<&'a str>,
}

/// The request did not leave this machine, or no answer came.
fn unsent(error: &(dyn Error + 'static)) -> CloudError {
    let mut innermost = error;
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<CredentialsError>() {
            return credentials(error);
        }
        innermost = error;
        cause = error.source();
    }
    CloudError::Network { why: short(&innermost.to_string()) }
}

fn credentials(error: &CredentialsError) -> CloudError {
    let why = match error {
        CredentialsError::CredentialsNotLoaded(_) => return CloudError::NoCredentials,
        CredentialsError::ProviderTimedOut(_) => "no answer in time".to_owned(),
        other => other.source().map_or_else(|| other.to_string(), ToString::to_string),
    };
    CloudError::CredentialsFail { why: short(&why) }
}

/// One line of bounded length.
fn short(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
