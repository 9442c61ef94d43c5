//! What is set of the cloud.

use serde::{Deserialize, Serialize};
use specta::Type;

/// `[cloud]` of `config.toml`. What is absent comes from the configuration of Amazon's own tools.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(deny_unknown_fields, default)]
pub struct CloudSettings {
    /// Region, e.g. `eu-central-1`.
    pub region: Option<String>,
    /// Profile of the shared AWS configuration that names the credentials.
    pub profile: Option<String>,
    /// Bucket for what goes to and comes from MediaConvert. With it and `role_arn` the cloud engine is set up.
    pub bucket: Option<String>,
    /// What keys of Spillway's objects begin with; absent: `spillway/`.
    pub prefix: Option<String>,
    /// ARN of the role that MediaConvert takes on to read and write the bucket.
    pub role_arn: Option<String>,
    /// Name or ARN of the MediaConvert queue; absent: the account's default queue.
    pub queue: Option<String>,
    /// Jobs that MediaConvert may have of Spillway at a time, waiting ones included; absent: 200.
    pub max_jobs: Option<u32>,
    /// Uploads and downloads at a time; absent: 3.
    pub transfers: Option<u32>,
    /// Most that all transfers together may take, in Mbit/s (10⁶ bits); absent or 0: no limit.
    pub bandwidth_mbps: Option<u32>,
    /// With engine `auto`, jobs without a deadline go to the cloud when this machine would need longer than so many
    /// minutes for them and everything before them; absent: 60; 0: only jobs with a deadline do.
    pub spill_after_min: Option<u32>,
    /// Address of an S3-compatible server, e.g. `https://storage.example.com:9000`; buckets are then part of the
    /// path, not of the host's name.
    pub s3_endpoint: Option<String>,
    /// Address of a server that speaks like SQS.
    pub sqs_endpoint: Option<String>,
    /// Address of a server that speaks like MediaConvert.
    pub mediaconvert_endpoint: Option<String>,
    /// Address of a server that speaks like IAM.
    pub iam_endpoint: Option<String>,
    /// Address of a server that speaks like STS.
    pub sts_endpoint: Option<String>,
    /// Calls to MediaConvert a minute, all together; absent: 96 (AWS allows 120 by default).
    pub calls_per_minute: Option<u32>,
}

impl CloudSettings {
    /// Whether the cloud engine can be used: there is a bucket and a role.
    pub fn is_set_up(&self) -> bool {
        self.bucket.is_some() && self.role_arn.is_some()
    }

    /// Whether any service is somebody else's than Amazon's.
    pub(crate) fn has_endpoint(&self) -> bool {
        let Self { s3_endpoint, sqs_endpoint, mediaconvert_endpoint, iam_endpoint, sts_endpoint, .. } = self;
        [s3_endpoint, sqs_endpoint, mediaconvert_endpoint, iam_endpoint, sts_endpoint]
            .into_iter()
            .any(Option::is_some)
    }

    /// What keys begin with, ending in `/`.
    pub fn key_prefix(&self) -> String {
        let prefix = self.prefix.as_deref().unwrap_or("spillway").trim_matches('/');
        if prefix.is_empty() { String::new() } else { format!("{prefix}/") }
    }
}
