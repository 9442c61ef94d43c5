//! Who may do what: the least that works.

use serde_json::{Value, json};

/// The service that takes on the role.
pub(super) const SERVICE: &str = "mediaconvert.amazonaws.com";

/// Who may take on MediaConvert's role: that service alone.
pub fn role_trust() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": SERVICE },
            "Action": "sts:AssumeRole",
        }],
    })
}

/// What MediaConvert may do with its role: read and write below `prefix`, which ends in `/` or is empty.
/// `partition` is `aws`, `aws-cn` or `aws-us-gov`.
pub fn role_policy(partition: &str, bucket: &str, prefix: &str) -> Value {
    let bucket = format!("arn:{partition}:s3:::{bucket}");
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Objects",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": format!("{bucket}/{prefix}*"),
            },
            {
                "Sid": "Names",
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": bucket,
                "Condition": { "StringLike": { "s3:prefix": format!("{prefix}*") } },
            },
            {
                "Sid": "Region",
                "Effect": "Allow",
                "Action": "s3:GetBucketLocation",
                "Resource": bucket,
            },
        ],
    })
}

/// What whoever runs Spillway needs, for the administrator who gives it: objects below `prefix` (which ends in `/`
/// or is empty), jobs, passing on the role, and looking at all that the set-up looks at. `role` is a name or an ARN.
pub fn least_privilege(bucket: &str, prefix: &str, role: &str) -> Value {
    let partition = role.strip_prefix("arn:").and_then(|rest| rest.split(':').next()).unwrap_or("aws");
    let bucket = format!("arn:{partition}:s3:::{bucket}");
    let role = if role.starts_with("arn:") {
        role.to_owned()
    } else {
        format!("arn:{partition}:iam::*:role/{role}")
    };
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Objects",
                "Effect": "Allow",
                "Action": [
                    "s3:GetObject",
                    "s3:PutObject",
                    "s3:PutObjectTagging",
                    "s3:DeleteObject",
                    "s3:AbortMultipartUpload",
                    "s3:ListMultipartUploadParts",
                ],
                "Resource": format!("{bucket}/{prefix}*"),
            },
            {
                "Sid": "Bucket",
                "Effect": "Allow",
                "Action": [
                    "s3:ListBucket",
                    "s3:ListBucketMultipartUploads",
                    "s3:GetBucketLocation",
                    "s3:GetBucketPublicAccessBlock",
                    "s3:GetEncryptionConfiguration",
                    "s3:GetLifecycleConfiguration",
                ],
                "Resource": bucket,
            },
            {
                "Sid": "Jobs",
                "Effect": "Allow",
                "Action": [
                    "mediaconvert:CreateJob",
                    "mediaconvert:CancelJob",
                    "mediaconvert:GetJob",
                    "mediaconvert:ListJobs",
                    "mediaconvert:SearchJobs",
                    "mediaconvert:GetQueue",
                    "mediaconvert:ListQueues",
                    "mediaconvert:GetJobTemplate",
                    "mediaconvert:TagResource",
                ],
                "Resource": "*",
            },
            {
                "Sid": "PassRole",
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": role,
                "Condition": { "StringEquals": { "iam:PassedToService": SERVICE } },
            },
            {
                "Sid": "LookAtRole",
                "Effect": "Allow",
                "Action": [
                    "iam:GetRole",
                    "iam:GetRolePolicy",
                    "iam:ListRolePolicies",
                    "iam:ListAttachedRolePolicies",
                ],
                "Resource": role,
            },
        ],
    })
}
