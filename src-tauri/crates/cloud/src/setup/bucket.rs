//! Steps about the bucket.

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{
        AbortIncompleteMultipartUpload, ExpirationStatus, LifecycleExpiration, LifecycleRule,
        LifecycleRuleFilter,
    },
};

use super::{
    SetupStep,
    access::{Access, Encryption, Rules},
    step::let_set_up,
    walk::Walk,
};
use crate::{CloudError, refusal::Asked};

/// Name of the rule.
const RULE: &str = "spillway-intermediates";
/// What Spillway did not remove goes after so many days.
const EXPIRE_DAYS: i32 = 7;
/// What was not finished goes after so many days.
const ABORT_DAYS: i32 = 1;
/// What is stored and removed again.
const PROBE: &[u8] =
    b"Spillway looks whether it can store, read and remove. This may be removed at any time.\n";

impl Walk<'_> {
    /// All steps about the bucket, in their order.
    pub(super) async fn bucket_steps(&mut self) {
        let (there, made) = self.bucket().await;
        let stands = there.stands();
        self.steps.push(there);
        if !stands {
            for name in ["bucket-private", "bucket-encryption", "bucket-lifecycle", "bucket-write"] {
                self.steps.push(SetupStep::skipped(name, "bucket"));
            }
            return;
        }
        let step = self.private(made).await;
        self.steps.push(step);
        let step = self.encryption().await;
        self.steps.push(step);
        let step = self.lifecycle().await;
        self.steps.push(step);
        let step = self.write().await;
        self.steps.push(step);
    }

    fn access(&self) -> Access<'_> {
        Access { line: self.line, bucket: &self.wish.bucket }
    }

    /// Also, whether it was made just now.
    async fn bucket(&self) -> (SetupStep, bool) {
        const NAME: &str = "bucket";
        let bucket = &self.wish.bucket;
        let here = self.line.region();
        match self.access().head().await {
            Ok(Some(there)) if there != here => {
                let error = CloudError::WrongRegion { on: format!("bucket {bucket}"), there: Some(there) };
                (SetupStep::failed(NAME, &error), false)
            }
            Ok(_) => (SetupStep::fine(NAME, format!("Bucket {bucket} is there, in {here}.")), false),
            Err(CloudError::NoSuchBucket(_)) if self.wish.check_only => {
                let text = format!("There is no bucket {bucket}.");
                (SetupStep::missing(NAME, text, let_set_up("s3:CreateBucket")), false)
            }
            Err(CloudError::NoSuchBucket(_)) => match self.access().create().await {
                Ok(()) => (SetupStep::made(NAME, format!("Bucket {bucket} was made in {here}.")), true),
                Err(CloudError::Service { code, .. }) if code == "BucketAlreadyExists" => {
                    let text = format!("Bucket {bucket} is somebody else's.");
                    (
                        SetupStep::missing(
                            NAME,
                            text,
                            "Choose another name: names are shared by all of AWS.",
                        ),
                        false,
                    )
                }
                Err(error) => (SetupStep::failed(NAME, &error), false),
            },
            Err(error) => (SetupStep::failed(NAME, &error), false),
        }
    }

    /// A bucket that was there before may be public on purpose: it is left as it is.
    async fn private(&self, made: bool) -> SetupStep {
        const NAME: &str = "bucket-private";
        match self.access().is_private().await {
            Ok(true) => SetupStep::fine(NAME, "Nothing of it can be made public."),
            Ok(false) if made => match self.access().make_private().await {
                Ok(()) => SetupStep::made(NAME, "From now on nothing of it can be made public."),
                Err(error) => SetupStep::failed(NAME, &error),
            },
            Ok(false) => SetupStep::warn(
                NAME,
                "The bucket does not block public access.",
                "Block it (`s3:PutBucketPublicAccessBlock`), or give Spillway a bucket of its own.",
            ),
            Err(error) => self.unseen(NAME, &error),
        }
    }

    async fn encryption(&self) -> SetupStep {
        const NAME: &str = "bucket-encryption";
        match self.access().encryption().await {
            Ok(Encryption::S3) => SetupStep::fine(NAME, "What is stored is encrypted with keys of S3."),
            Ok(Encryption::Kms) => SetupStep::warn(
                NAME,
                "What is stored is encrypted with a key of KMS.",
                "Let MediaConvert's role do `kms:Decrypt` and `kms:GenerateDataKey` with that key, and whoever runs \
                 Spillway too.",
            ),
            Ok(Encryption::None) if self.wish.check_only => SetupStep::warn(
                NAME,
                "What is stored is not encrypted by default.",
                let_set_up("s3:PutEncryptionConfiguration"),
            ),
            Ok(Encryption::None) => match self.access().encrypt().await {
                Ok(()) => SetupStep::made(NAME, "From now on what is stored is encrypted with keys of S3."),
                Err(error) => SetupStep::failed(NAME, &error),
            },
            Err(error) => self.unseen(NAME, &error),
        }
    }

    async fn lifecycle(&self) -> SetupStep {
        const NAME: &str = "bucket-lifecycle";
        if self.prefix.is_empty() {
            return SetupStep::warn(
                NAME,
                "Without a prefix no rule is made: it would remove everything in the bucket.",
                "Set `prefix` in `[cloud]`, or look after what is left behind yourself.",
            );
        }
        let known = match self.access().rules().await {
            Ok(known) => known,
            Err(error) => return self.unseen(NAME, &error),
        };
        let text = format!(
            "Below {} objects go after {EXPIRE_DAYS} days and unfinished uploads after {ABORT_DAYS}, should Spillway \
             not remove them.",
            self.prefix
        );
        if known.rules.iter().any(|rule| tidies(rule, &self.prefix)) {
            let text = format!("A rule removes what is left behind below {}.", self.prefix);
            return SetupStep::fine(NAME, text);
        }
        if self.wish.check_only {
            return SetupStep::warn(
                NAME,
                format!("No rule removes what is left behind below {}.", self.prefix),
                let_set_up("s3:PutLifecycleConfiguration"),
            );
        }
        let wanted = match rule(&self.prefix) {
            Ok(rule) => with(known, rule),
            Err(error) => return SetupStep::failed(NAME, &error),
        };
        match self.access().set_rules(wanted).await {
            Ok(()) => SetupStep::made(NAME, text),
            Err(error) => SetupStep::failed(NAME, &error),
        }
    }

    async fn write(&self) -> SetupStep {
        const NAME: &str = "bucket-write";
        match self.probe().await {
            Ok(()) => SetupStep::fine(NAME, "An object could be stored, tagged, read and removed."),
            Err(error) => SetupStep::failed(NAME, &error),
        }
    }

    async fn probe(&self) -> Result<(), CloudError> {
        let bucket = &self.wish.bucket;
        let key = format!("{}probe-{:016x}", self.prefix, fastrand::u64(..));
        let asked = |action| Asked { action, place: bucket, key: Some(&key) };
        let s3 = &self.line.s3;
        let put = s3.put_object().bucket(bucket).key(&key).body(ByteStream::from_static(PROBE));
        put.send().await.map_err(|error| asked("s3:PutObject").failed(error))?;
        let looked = self.look_at(&key).await;
        let gone = s3.delete_object().bucket(bucket).key(&key).send().await;
        // What cannot be removed costs more than what cannot be read.
        gone.map_err(|error| asked("s3:DeleteObject").failed(error))?;
        looked
    }

    async fn look_at(&self, key: &str) -> Result<(), CloudError> {
        let bucket = &self.wish.bucket;
        let asked = |action| Asked { action, place: bucket, key: Some(key) };
        let s3 = &self.line.s3;
        let put = s3.put_object().bucket(bucket).key(key).tagging("spillway=probe");
        let put = put.body(ByteStream::from_static(PROBE)).send().await;
        put.map_err(|error| asked("s3:PutObjectTagging").failed(error))?;
        let answer = s3.get_object().bucket(bucket).key(key).send().await;
        let answer = answer.map_err(|error| asked("s3:GetObject").failed(error))?;
        let body = answer.body.collect().await;
        let body = body.map_err(|_| CloudError::Network { why: "the answer broke off".to_owned() })?;
        if body.into_bytes() != PROBE {
            return Err(CloudError::Altered { key: asked("").on(), check: "content" });
        }
        let uploads = s3.list_multipart_uploads().bucket(bucket).prefix(key).send().await;
        let asked = Asked { key: None, ..asked("s3:ListBucketMultipartUploads") };
        uploads.map(drop).map_err(|error| asked.failed(error))
    }
}

/// The rule for what lies below the prefix.
pub(crate) fn rule(prefix: &str) -> Result<LifecycleRule, CloudError> {
    let abort = AbortIncompleteMultipartUpload::builder().days_after_initiation(ABORT_DAYS).build();
    LifecycleRule::builder()
        .id(RULE)
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix(prefix).build())
        .expiration(LifecycleExpiration::builder().days(EXPIRE_DAYS).build())
        .abort_incomplete_multipart_upload(abort)
        .build()
        .map_err(|error| CloudError::Protocol { why: error.to_string() })
}

/// All others stay as they are.
fn with(mut known: Rules, rule: LifecycleRule) -> Rules {
    known.rules.retain(|known| known.id() != Some(RULE));
    known.rules.push(rule);
    known
}

/// Whether a rule removes what is left behind below the prefix, whoever made it.
fn tidies(rule: &LifecycleRule, prefix: &str) -> bool {
    #[expect(deprecated, reason = "older rules have it")]
    let old = rule.prefix();
    let of = match rule.filter() {
        Some(filter) if filter.tag().is_some() || filter.and().is_some() => return false,
        Some(filter)
            if filter.object_size_greater_than().is_some() || filter.object_size_less_than().is_some() =>
        {
            return false;
        }
        Some(filter) => filter.prefix().or(old).unwrap_or_default(),
        None => old.unwrap_or_default(),
    };
    *rule.status() == ExpirationStatus::Enabled
        && prefix.starts_with(of)
        && rule.expiration().is_some_and(|expiration| expiration.days().is_some())
        && rule
            .abort_incomplete_multipart_upload()
            .is_some_and(|abort| abort.days_after_initiation().is_some())
}
