//! The requests: what the file system underneath answers, corrected; and what it lacks.

use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    sync::{Arc, PoisonError},
    time::SystemTime,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, dto, s3_error};
use s3s_fs::FileSystem;

use super::super::REGION;
use super::bucket::{self, Bucket};
use super::uploads::{Kept, Upload, checked, cut_of, said};
use super::{Asked, Fault, State};

pub(super) struct Misbehaving {
    pub(super) files: FileSystem,
    pub(super) folder: PathBuf,
    pub(super) state: Arc<State>,
}

impl Misbehaving {
    /// Settings of a bucket, which must be there.
    fn bucket(&self, name: &str) -> S3Result<Bucket> {
        if !self.folder.join(name).is_dir() {
            return Err(s3_error!(NoSuchBucket));
        }
        Ok(self.state.buckets.of(name))
    }

    /// Of an object that must be there.
    async fn object<T: Clone>(&self, request: &S3Request<T>, bucket: &str, key: &str) -> S3Result<()> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let head = dto::HeadObjectInput { bucket, key, ..dto::HeadObjectInput::default() };
        self.files.head_object(request.clone().map_input(|_| head)).await.map(drop)
    }

    fn upload(&self, id: &str) -> S3Result<Upload> {
        self.state.uploads.begun().get(id).cloned().ok_or_else(|| s3_error!(NoSuchUpload))
    }

    fn fault(&self, input: &dto::GetObjectInput) -> Fault {
        let (first, last) = match input.range {
            Some(dto::Range::Int { first, last }) => (first, last),
            Some(dto::Range::Suffix { .. }) | None => (0, None),
        };
        let mut known = self.state.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = Asked { key: input.key.clone(), first, last, number: known.len() };
        known.push(asked.clone());
        drop(known);
        // It may wait for what only this server can answer.
        tokio::task::block_in_place(|| {
            (self.state.script.lock().unwrap_or_else(PoisonError::into_inner))(&asked)
        })
    }

    async fn content(
        &self,
        mut request: S3Request<dto::GetObjectInput>,
        fault: Fault,
    ) -> S3Result<S3Response<dto::GetObjectOutput>> {
        if fault == Fault::Everything {
            request.input.range = None;
        }
        let wanted = request.input.if_match.clone();
        let mut answer = self.files.get_object(request).await?;
        let output = &mut answer.output;
        if let (Some(dto::ETagCondition::ETag(wanted)), Some(there)) = (wanted, &output.e_tag)
            && wanted.value() != there.value()
        {
            return Err(s3_error!(PreconditionFailed));
        }
        if fault == Fault::OtherTag {
            output.e_tag = Some(dto::ETag::Strong("another".to_owned()));
        }
        let mut bytes = Vec::new();
        if let Some(mut body) = output.body.take() {
            while let Some(chunk) = body.next().await {
                bytes.extend_from_slice(&chunk.map_err(|_| s3_error!(InternalError))?);
            }
        }
        let mut reset = false;
        match fault {
            Fault::Reset(after) if after < bytes.len() => {
                bytes.truncate(after);
                reset = true;
            }
            Fault::Short(by) => {
                bytes.truncate(bytes.len().saturating_sub(by));
                output.content_length = i64::try_from(bytes.len()).ok();
            }
            Fault::Altered(at) => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1;
                }
            }
            _ => {}
        }
        let end = reset.then(|| Err(io::Error::from(io::ErrorKind::ConnectionReset)));
        let chunks: Vec<_> = bytes.chunks(16 << 10).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        output.body = Some(dto::StreamingBlob::wrap(stream::iter(chunks.into_iter().chain(end))));
        Ok(answer)
    }
}

#[async_trait]
impl S3 for Misbehaving {
    async fn get_object(
        &self,
        request: S3Request<dto::GetObjectInput>,
    ) -> S3Result<S3Response<dto::GetObjectOutput>> {
        match self.fault(&request.input) {
            Fault::SlowDown => Err(s3_error!(SlowDown)),
            Fault::Internal => Err(s3_error!(InternalError)),
            Fault::Forbidden => Err(s3_error!(AccessDenied)),
            fault => self.content(request, fault).await,
        }
    }

    async fn head_object(
        &self,
        request: S3Request<dto::HeadObjectInput>,
    ) -> S3Result<S3Response<dto::HeadObjectOutput>> {
        self.files.head_object(request).await
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<dto::ListObjectsV2Input>,
    ) -> S3Result<S3Response<dto::ListObjectsV2Output>> {
        let bucket = request.input.bucket.clone();
        let heads = request.clone();
        let mut answer = self.files.list_objects_v2(request).await?;
        // The file system underneath says that keys are encoded, and does not encode them; nor does it tell ETags.
        answer.output.encoding_type = None;
        for object in answer.output.contents.iter_mut().flatten() {
            let Some(key) = object.key.clone() else { continue };
            let input =
                dto::HeadObjectInput { bucket: bucket.clone(), key, ..dto::HeadObjectInput::default() };
            let head = self.files.head_object(heads.clone().map_input(|_| input)).await?;
            object.e_tag = head.output.e_tag;
        }
        Ok(answer)
    }

    async fn create_bucket(
        &self,
        request: S3Request<dto::CreateBucketInput>,
    ) -> S3Result<S3Response<dto::CreateBucketOutput>> {
        let made = self.files.create_bucket(request).await;
        // Whoever knows the key owns all buckets here.
        made.map_err(|error| match error.code() {
            S3ErrorCode::BucketAlreadyExists => s3_error!(BucketAlreadyOwnedByYou),
            _ => error,
        })
    }

    async fn head_bucket(
        &self,
        request: S3Request<dto::HeadBucketInput>,
    ) -> S3Result<S3Response<dto::HeadBucketOutput>> {
        let mut answer = self.files.head_bucket(request).await?;
        answer.output.bucket_region = Some(REGION.to_owned());
        Ok(answer)
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<dto::GetBucketLocationInput>,
    ) -> S3Result<S3Response<dto::GetBucketLocationOutput>> {
        let mut answer = self.files.get_bucket_location(request).await?;
        answer.output.location_constraint = Some(REGION.to_owned().into());
        Ok(answer)
    }

    async fn list_buckets(
        &self,
        request: S3Request<dto::ListBucketsInput>,
    ) -> S3Result<S3Response<dto::ListBucketsOutput>> {
        self.files.list_buckets(request).await
    }

    async fn put_object(
        &self,
        request: S3Request<dto::PutObjectInput>,
    ) -> S3Result<S3Response<dto::PutObjectOutput>> {
        let cut = cut_of(&request);
        let mut request = request;
        let input = &mut request.input;
        let tags = bucket::tags(input.tagging.as_deref())?;
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        self.bucket(&bucket)?;
        let (number, fault) = self.state.uploads.announce(&key, None);
        let content = self.state.uploads.read(input.body.take(), number, fault, &cut).await?;
        let named = dto::Checksum {
            checksum_crc32: input.checksum_crc32.take(),
            checksum_crc32c: input.checksum_crc32c.take(),
            checksum_crc64nvme: input.checksum_crc64nvme.take(),
            checksum_sha1: input.checksum_sha1.take(),
            checksum_sha256: input.checksum_sha256.take(),
            ..dto::Checksum::default()
        };
        let found =
            checked(&content, &said(named, request.trailing_headers.take()), input.content_md5.as_deref())?;
        input.checksum_algorithm = None;
        input.checksum_crc32 = found.checksum_crc32;
        input.checksum_crc32c = found.checksum_crc32c;
        input.checksum_crc64nvme = found.checksum_crc64nvme;
        input.checksum_sha1 = found.checksum_sha1;
        input.checksum_sha256 = found.checksum_sha256;
        input.content_length = i64::try_from(content.len()).ok();
        input.body = Some(blob(content));
        let answer = self.files.put_object(request).await?;
        self.state.buckets.change(&bucket, |bucket| bucket.set_tags(&key, tags));
        Ok(self.state.uploads.answer(number, fault, &cut, answer).await)
    }

    async fn delete_object(
        &self,
        request: S3Request<dto::DeleteObjectInput>,
    ) -> S3Result<S3Response<dto::DeleteObjectOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        let answer = self.files.delete_object(request).await?;
        self.state.buckets.change(&bucket, |bucket| bucket.set_tags(&key, Vec::new()));
        Ok(answer)
    }

    async fn delete_objects(
        &self,
        request: S3Request<dto::DeleteObjectsInput>,
    ) -> S3Result<S3Response<dto::DeleteObjectsOutput>> {
        let bucket = request.input.bucket.clone();
        if request.input.delete.objects.len() > 1000 {
            return Err(s3_error!(MalformedXML));
        }
        let quiet = request.input.delete.quiet == Some(true);
        let mut answer = self.files.delete_objects(request).await?;
        for object in answer.output.deleted.iter().flatten() {
            let key = object.key.as_deref().unwrap_or_default();
            self.state.buckets.change(&bucket, |bucket| bucket.set_tags(key, Vec::new()));
        }
        if quiet {
            answer.output.deleted = None;
        }
        Ok(answer)
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<dto::CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<dto::CreateMultipartUploadOutput>> {
        let input = &request.input;
        self.bucket(&input.bucket)?;
        let tags = bucket::tags(input.tagging.as_deref())?;
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let answer = self.files.create_multipart_upload(request).await?;
        let id = answer.output.upload_id.clone().unwrap_or_default();
        let upload = Upload { bucket, key, since: SystemTime::now(), tags, parts: BTreeMap::new() };
        self.state.uploads.begun().insert(id, upload);
        Ok(answer)
    }

    async fn upload_part(
        &self,
        request: S3Request<dto::UploadPartInput>,
    ) -> S3Result<S3Response<dto::UploadPartOutput>> {
        let cut = cut_of(&request);
        let mut request = request;
        let input = &mut request.input;
        let (id, part) = (input.upload_id.clone(), input.part_number);
        self.upload(&id)?;
        let (number, fault) = self.state.uploads.announce(&input.key, Some((&id, part)));
        let content = self.state.uploads.read(input.body.take(), number, fault, &cut).await?;
        let named = dto::Checksum {
            checksum_crc32: input.checksum_crc32.take(),
            checksum_crc32c: input.checksum_crc32c.take(),
            checksum_crc64nvme: input.checksum_crc64nvme.take(),
            checksum_sha1: input.checksum_sha1.take(),
            checksum_sha256: input.checksum_sha256.take(),
            ..dto::Checksum::default()
        };
        let checksum =
            checked(&content, &said(named, request.trailing_headers.take()), input.content_md5.as_deref())?;
        input.content_length = i64::try_from(content.len()).ok();
        input.body = Some(blob(content));
        let mut answer = self.files.upload_part(request).await?;
        let output = &mut answer.output;
        output.checksum_crc32.clone_from(&checksum.checksum_crc32);
        output.checksum_crc32c.clone_from(&checksum.checksum_crc32c);
        output.checksum_crc64nvme.clone_from(&checksum.checksum_crc64nvme);
        output.checksum_sha1.clone_from(&checksum.checksum_sha1);
        output.checksum_sha256.clone_from(&checksum.checksum_sha256);
        let e_tag = output.e_tag.clone().ok_or_else(|| s3_error!(InternalError))?;
        if let Some(upload) = self.state.uploads.begun().get_mut(&id) {
            upload.parts.insert(part, Kept { e_tag, checksum });
        }
        Ok(self.state.uploads.answer(number, fault, &cut, answer).await)
    }

    async fn list_parts(
        &self,
        request: S3Request<dto::ListPartsInput>,
    ) -> S3Result<S3Response<dto::ListPartsOutput>> {
        let upload = self.upload(&request.input.upload_id)?;
        let after: i32 = request.input.part_number_marker.unwrap_or(0);
        let most = request.input.max_parts.unwrap_or(1000).clamp(1, 1000);
        let mut answer = self.files.list_parts(request).await?;
        let output = &mut answer.output;
        // The file system underneath gives all at once, in no order, without what identifies their content.
        let mut parts = output.parts.take().unwrap_or_default();
        parts.sort_by_key(|part| part.part_number);
        parts.retain(|part| part.part_number > Some(after));
        let most_parts = usize::try_from(most).unwrap_or(1000);
        output.is_truncated = Some(parts.len() > most_parts);
        parts.truncate(most_parts);
        for part in &mut parts {
            let Some(kept) = part.part_number.and_then(|number| upload.parts.get(&number)) else { continue };
            part.e_tag = Some(kept.e_tag.clone());
            part.checksum_crc32.clone_from(&kept.checksum.checksum_crc32);
            part.checksum_crc32c.clone_from(&kept.checksum.checksum_crc32c);
            part.checksum_crc64nvme.clone_from(&kept.checksum.checksum_crc64nvme);
            part.checksum_sha1.clone_from(&kept.checksum.checksum_sha1);
            part.checksum_sha256.clone_from(&kept.checksum.checksum_sha256);
        }
        output.max_parts = Some(most);
        output.next_part_number_marker = parts.last().and_then(|part| part.part_number);
        output.parts = Some(parts);
        Ok(answer)
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<dto::ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<dto::ListMultipartUploadsOutput>> {
        let input = &request.input;
        self.bucket(&input.bucket)?;
        let prefix = input.prefix.clone().unwrap_or_default();
        let most = input.max_uploads.unwrap_or(1000).clamp(1, 1000);
        let begun = self.state.uploads.begun().clone();
        let mut found: Vec<_> = begun
            .iter()
            .filter(|(_, one)| one.bucket == input.bucket && one.key.starts_with(&prefix))
            .map(|(id, one)| (one.key.clone(), one.since, id.clone()))
            .collect();
        found.sort();
        if let Some(marker) = &input.key_marker {
            let known = input.upload_id_marker.as_ref();
            let at = found.iter().position(|(key, _, id)| key == marker && Some(id) == known);
            found = match at {
                Some(at) => found.split_off(at + 1),
                None => found.into_iter().filter(|(key, ..)| key > marker).collect(),
            };
        }
        let more = found.len() > usize::try_from(most).unwrap_or(1000);
        found.truncate(usize::try_from(most).unwrap_or(1000));
        let last = found.last().filter(|_| more).cloned();
        let uploads = found.into_iter().map(|(key, since, id)| dto::MultipartUpload {
            key: Some(key),
            upload_id: Some(id),
            initiated: Some(since.into()),
            ..dto::MultipartUpload::default()
        });
        Ok(S3Response::new(dto::ListMultipartUploadsOutput {
            bucket: Some(input.bucket.clone()),
            prefix: input.prefix.clone(),
            is_truncated: Some(more),
            max_uploads: Some(most),
            next_key_marker: last.as_ref().map(|(key, ..)| key.clone()),
            next_upload_id_marker: last.map(|(.., id)| id),
            uploads: Some(uploads.collect()),
            ..dto::ListMultipartUploadsOutput::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<dto::CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<dto::CompleteMultipartUploadOutput>> {
        let input = &request.input;
        let id = input.upload_id.clone();
        let upload = self.upload(&id)?;
        for part in input.multipart_upload.iter().flat_map(|list| list.parts.iter().flatten()) {
            let kept = part.part_number.and_then(|number| upload.parts.get(&number));
            let same = |named: &Option<String>, held: &Option<String>| named.is_none() || named == held;
            let fits = kept.is_some_and(|kept| {
                part.e_tag.as_ref() == Some(&kept.e_tag)
                    && same(&part.checksum_crc32, &kept.checksum.checksum_crc32)
                    && same(&part.checksum_crc32c, &kept.checksum.checksum_crc32c)
                    && same(&part.checksum_crc64nvme, &kept.checksum.checksum_crc64nvme)
                    && same(&part.checksum_sha1, &kept.checksum.checksum_sha1)
                    && same(&part.checksum_sha256, &kept.checksum.checksum_sha256)
            });
            if !fits {
                return Err(s3_error!(InvalidPart));
            }
        }
        let answer = self.files.complete_multipart_upload(request).await?;
        self.state.uploads.begun().remove(&id);
        self.state.buckets.change(&upload.bucket, |bucket| bucket.set_tags(&upload.key, upload.tags));
        Ok(answer)
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<dto::AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<dto::AbortMultipartUploadOutput>> {
        let id = request.input.upload_id.clone();
        self.upload(&id)?;
        let answer = self.files.abort_multipart_upload(request).await?;
        self.state.uploads.begun().remove(&id);
        Ok(answer)
    }

    async fn put_object_tagging(
        &self,
        request: S3Request<dto::PutObjectTaggingInput>,
    ) -> S3Result<S3Response<dto::PutObjectTaggingOutput>> {
        let input = &request.input;
        self.object(&request, &input.bucket, &input.key).await?;
        let tags = bucket::sound(input.tagging.tag_set.clone())?;
        self.state.buckets.change(&input.bucket, |bucket| bucket.set_tags(&input.key, tags));
        Ok(S3Response::new(dto::PutObjectTaggingOutput::default()))
    }

    async fn get_object_tagging(
        &self,
        request: S3Request<dto::GetObjectTaggingInput>,
    ) -> S3Result<S3Response<dto::GetObjectTaggingOutput>> {
        let input = &request.input;
        self.object(&request, &input.bucket, &input.key).await?;
        let tag_set = self.state.buckets.of(&input.bucket).tags.remove(&input.key).unwrap_or_default();
        Ok(S3Response::new(dto::GetObjectTaggingOutput { tag_set, version_id: None }))
    }

    async fn delete_object_tagging(
        &self,
        request: S3Request<dto::DeleteObjectTaggingInput>,
    ) -> S3Result<S3Response<dto::DeleteObjectTaggingOutput>> {
        let input = &request.input;
        self.object(&request, &input.bucket, &input.key).await?;
        self.state.buckets.change(&input.bucket, |bucket| bucket.set_tags(&input.key, Vec::new()));
        Ok(S3Response::new(dto::DeleteObjectTaggingOutput::default()))
    }

    async fn put_bucket_lifecycle_configuration(
        &self,
        request: S3Request<dto::PutBucketLifecycleConfigurationInput>,
    ) -> S3Result<S3Response<dto::PutBucketLifecycleConfigurationOutput>> {
        let input = &request.input;
        self.bucket(&input.bucket)?;
        let rules = input.lifecycle_configuration.clone().ok_or_else(|| s3_error!(MalformedXML))?.rules;
        self.state.buckets.change(&input.bucket, |bucket| bucket.lifecycle = Some(rules));
        Ok(S3Response::new(dto::PutBucketLifecycleConfigurationOutput::default()))
    }

    async fn get_bucket_lifecycle_configuration(
        &self,
        request: S3Request<dto::GetBucketLifecycleConfigurationInput>,
    ) -> S3Result<S3Response<dto::GetBucketLifecycleConfigurationOutput>> {
        let known = self.bucket(&request.input.bucket)?;
        let rules = Some(known.lifecycle.ok_or_else(|| s3_error!(NoSuchLifecycleConfiguration))?);
        let output = dto::GetBucketLifecycleConfigurationOutput { rules, ..Default::default() };
        Ok(S3Response::new(output))
    }

    async fn delete_bucket_lifecycle(
        &self,
        request: S3Request<dto::DeleteBucketLifecycleInput>,
    ) -> S3Result<S3Response<dto::DeleteBucketLifecycleOutput>> {
        self.bucket(&request.input.bucket)?;
        self.state.buckets.change(&request.input.bucket, |bucket| bucket.lifecycle = None);
        Ok(S3Response::new(dto::DeleteBucketLifecycleOutput::default()))
    }

    async fn put_bucket_encryption(
        &self,
        request: S3Request<dto::PutBucketEncryptionInput>,
    ) -> S3Result<S3Response<dto::PutBucketEncryptionOutput>> {
        let input = &request.input;
        self.bucket(&input.bucket)?;
        let rules = input.server_side_encryption_configuration.clone();
        self.state.buckets.change(&input.bucket, |bucket| bucket.encryption = Some(rules));
        Ok(S3Response::new(dto::PutBucketEncryptionOutput::default()))
    }

    async fn get_bucket_encryption(
        &self,
        request: S3Request<dto::GetBucketEncryptionInput>,
    ) -> S3Result<S3Response<dto::GetBucketEncryptionOutput>> {
        let known = self.bucket(&request.input.bucket)?;
        let rules =
            known.encryption.ok_or_else(|| s3_error!(ServerSideEncryptionConfigurationNotFoundError))?;
        let output = dto::GetBucketEncryptionOutput { server_side_encryption_configuration: Some(rules) };
        Ok(S3Response::new(output))
    }

    async fn put_public_access_block(
        &self,
        request: S3Request<dto::PutPublicAccessBlockInput>,
    ) -> S3Result<S3Response<dto::PutPublicAccessBlockOutput>> {
        let input = &request.input;
        self.bucket(&input.bucket)?;
        let access = input.public_access_block_configuration.clone();
        self.state.buckets.change(&input.bucket, |bucket| bucket.access = Some(access));
        Ok(S3Response::new(dto::PutPublicAccessBlockOutput::default()))
    }

    async fn get_public_access_block(
        &self,
        request: S3Request<dto::GetPublicAccessBlockInput>,
    ) -> S3Result<S3Response<dto::GetPublicAccessBlockOutput>> {
        let known = self.bucket(&request.input.bucket)?;
        let missing = || {
            let code = S3ErrorCode::Custom("NoSuchPublicAccessBlockConfiguration".into());
            let mut error = S3Error::new(code);
            error.set_status_code(hyper::StatusCode::NOT_FOUND);
            error
        };
        let access = Some(known.access.ok_or_else(missing)?);
        let output = dto::GetPublicAccessBlockOutput { public_access_block_configuration: access };
        Ok(S3Response::new(output))
    }

    async fn put_bucket_policy(
        &self,
        request: S3Request<dto::PutBucketPolicyInput>,
    ) -> S3Result<S3Response<dto::PutBucketPolicyOutput>> {
        let input = &request.input;
        self.bucket(&input.bucket)?;
        self.state.buckets.change(&input.bucket, |bucket| bucket.policy = Some(input.policy.clone()));
        Ok(S3Response::new(dto::PutBucketPolicyOutput::default()))
    }

    async fn get_bucket_policy(
        &self,
        request: S3Request<dto::GetBucketPolicyInput>,
    ) -> S3Result<S3Response<dto::GetBucketPolicyOutput>> {
        let known = self.bucket(&request.input.bucket)?;
        let policy = Some(known.policy.ok_or_else(|| s3_error!(NoSuchBucketPolicy))?);
        Ok(S3Response::new(dto::GetBucketPolicyOutput { policy }))
    }
}

fn blob(content: Vec<u8>) -> dto::StreamingBlob {
    dto::StreamingBlob::wrap(stream::iter([Ok::<_, io::Error>(Bytes::from(content))]))
}
