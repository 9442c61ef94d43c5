//! What is asked of the bucket's settings.

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketLocationConstraint, CreateBucketConfiguration, LifecycleRule,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, TransitionDefaultMinimumObjectSize,
};

use crate::{CloudError, connect::Line, refusal::Asked};

/// Region that is made without being named.
const UNNAMED_REGION: &str = "us-east-1";

/// A bucket, and who asks.
pub(super) struct Access<'a> {
    pub(super) line: &'a Line,
    pub(super) bucket: &'a str,
}

/// Encryption of what is stored without saying how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encryption {
    None,
    /// With keys of S3.
    S3,
    /// With keys of KMS, which the role must be allowed to use.
    Kms,
}

/// Rules of a bucket, and what goes with them.
#[derive(Default)]
pub(super) struct Rules {
    pub(super) rules: Vec<LifecycleRule>,
    smallest: Option<TransitionDefaultMinimumObjectSize>,
}

impl Access<'_> {
    fn asked(&self, action: &'static str) -> Asked<'_> {
        Asked { action, place: self.bucket, key: None }
    }

    /// Region of the bucket, when the server tells.
    pub(super) async fn head(&self) -> Result<Option<String>, CloudError> {
        let asked = self.asked("s3:ListBucket");
        let answer = self.line.s3.head_bucket().bucket(self.bucket).send().await;
        Ok(answer.map_err(|error| asked.failed(error))?.bucket_region)
    }

    pub(super) async fn create(&self) -> Result<(), CloudError> {
        let asked = self.asked("s3:CreateBucket");
        let mut request = self.line.s3.create_bucket().bucket(self.bucket);
        let region = self.line.region();
        if region != UNNAMED_REGION {
            let place = BucketLocationConstraint::from(region);
            let place = CreateBucketConfiguration::builder().location_constraint(place).build();
            request = request.create_bucket_configuration(place);
        }
        request.send().await.map(drop).map_err(|error| asked.failed(error))
    }

    /// Whether nobody can make anything of it public.
    pub(super) async fn is_private(&self) -> Result<bool, CloudError> {
        let asked = self.asked("s3:GetBucketPublicAccessBlock");
        let answer = self.line.s3.get_public_access_block().bucket(self.bucket).send().await;
        let Some(answer) = absent(answer.map_err(|error| asked.failed(error)), "NoSuchPublicAccessBlock")?
        else {
            return Ok(false);
        };
        Ok(answer.public_access_block_configuration().is_some_and(|known| {
            let all = [
                known.block_public_acls(),
                known.ignore_public_acls(),
                known.block_public_policy(),
                known.restrict_public_buckets(),
            ];
            all.iter().all(|one| *one == Some(true))
        }))
    }

    pub(super) async fn make_private(&self) -> Result<(), CloudError> {
        let asked = self.asked("s3:PutBucketPublicAccessBlock");
        let wanted = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true)
            .build();
        let request = self.line.s3.put_public_access_block().bucket(self.bucket);
        let answer = request.public_access_block_configuration(wanted).send().await;
        answer.map(drop).map_err(|error| asked.failed(error))
    }

    pub(super) async fn encryption(&self) -> Result<Encryption, CloudError> {
        let asked = self.asked("s3:GetEncryptionConfiguration");
        let answer = self.line.s3.get_bucket_encryption().bucket(self.bucket).send().await;
        let answer =
            absent(answer.map_err(|error| asked.failed(error)), "ServerSideEncryptionConfigurationNotFound")?;
        let known = answer.as_ref().and_then(|answer| answer.server_side_encryption_configuration());
        let kind = known
            .and_then(|known| known.rules().first())
            .and_then(|rule| rule.apply_server_side_encryption_by_default())
            .map(ServerSideEncryptionByDefault::sse_algorithm);
        Ok(match kind {
            None => Encryption::None,
            Some(ServerSideEncryption::Aes256) => Encryption::S3,
            Some(_) => Encryption::Kms,
        })
    }

    pub(super) async fn encrypt(&self) -> Result<(), CloudError> {
        let asked = self.asked("s3:PutEncryptionConfiguration");
        let broken = |error: aws_smithy_types::error::operation::BuildError| CloudError::Protocol {
            why: error.to_string(),
        };
        let how = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256);
        let how = how.build().map_err(broken)?;
        let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(how).build();
        let wanted = ServerSideEncryptionConfiguration::builder().rules(rule).build().map_err(broken)?;
        let request = self.line.s3.put_bucket_encryption().bucket(self.bucket);
        let answer = request.server_side_encryption_configuration(wanted).send().await;
        answer.map(drop).map_err(|error| asked.failed(error))
    }

    pub(super) async fn rules(&self) -> Result<Rules, CloudError> {
        let asked = self.asked("s3:GetLifecycleConfiguration");
        let answer = self.line.s3.get_bucket_lifecycle_configuration().bucket(self.bucket).send().await;
        let answer = absent(answer.map_err(|error| asked.failed(error)), "NoSuchLifecycleConfiguration")?;
        let Some(answer) = answer else { return Ok(Rules::default()) };
        Ok(Rules {
            smallest: answer.transition_default_minimum_object_size,
            rules: answer.rules.unwrap_or_default(),
        })
    }

    /// Sets all rules: there is no call for one.
    pub(super) async fn set_rules(&self, rules: Rules) -> Result<(), CloudError> {
        let asked = self.asked("s3:PutLifecycleConfiguration");
        let wanted = BucketLifecycleConfiguration::builder().set_rules(Some(rules.rules)).build();
        let wanted = wanted.map_err(|error| CloudError::Protocol { why: error.to_string() })?;
        let request = self.line.s3.put_bucket_lifecycle_configuration().bucket(self.bucket);
        let request = request.set_transition_default_minimum_object_size(rules.smallest);
        let answer = request.lifecycle_configuration(wanted).send().await;
        answer.map(drop).map_err(|error| asked.failed(error))
    }
}

/// Nothing instead of the refusal whose code begins so: it is how S3 says that nothing is set.
fn absent<T>(answer: Result<T, CloudError>, code: &str) -> Result<Option<T>, CloudError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(CloudError::Service { code: told, .. }) if told.starts_with(code) => Ok(None),
        Err(error) => Err(error),
    }
}
