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
    /// Address of an S3-compatible server, e.g. `https://storage.example.com:9000`; buckets are then part of the
    /// path, not of the host's name.
    pub s3_endpoint: Option<String>,
    /// Address of a server that speaks like SQS.
    pub sqs_endpoint: Option<String>,
}
