//! Taking away what costs money.

use std::sync::atomic::AtomicBool;

use aws_sdk_s3::types::{Delete, EncodingType, MultipartUpload, ObjectIdentifier};

use super::{
    Unfinished,
    upload::{abort, each_part},
};
use crate::{
    Cloud, CloudError, Object,
    connect::Line,
    object::{decoded, pages},
    refusal::Asked,
};

impl Cloud {
    /// Removes every object and every unfinished upload whose key begins with `prefix`; says how many objects.
    ///
    /// # Errors
    /// See [`CloudError`]; what is gone is gone.
    pub fn remove_below(&self, bucket: &str, prefix: &str, cancel: &AtomicBool) -> Result<u64, CloudError> {
        self.wait(cancel, async |line| {
            // First: one that is finished meanwhile is an object.
            for (key, id, _) in uploads(&line, bucket, prefix).await? {
                abort(&line, bucket, &key, &id).await?;
            }
            let mut found = Vec::new();
            pages(&line, bucket, prefix, |page: Vec<Object>| {
                found.push(page.into_iter().map(|object| object.key).collect::<Vec<_>>());
            })
            .await?;
            let mut removed = 0;
            for keys in found {
                removed += remove(&line, bucket, keys).await?;
            }
            Ok(removed)
        })
    }

    /// Uploads that nobody has finished, below `prefix`.
    ///
    /// # Errors
    /// See [`CloudError`].
    pub fn unfinished(
        &self,
        bucket: &str,
        prefix: &str,
        cancel: &AtomicBool,
    ) -> Result<Vec<Unfinished>, CloudError> {
        self.wait(cancel, async |line| {
            let mut found = Vec::new();
            for (key, upload_id, begun_ms) in uploads(&line, bucket, prefix).await? {
                let mut bytes = 0;
                let listed = each_part(&line, bucket, &key, &upload_id, |part| {
                    bytes += part.size().and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
                });
                match listed.await {
                    Ok(()) => found.push(Unfinished { key, upload_id, begun_ms, bytes }),
                    // Finished or given up just now.
                    Err(CloudError::NoSuchUpload(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(found)
        })
    }
}

/// Key, id, and when it was begun.
type Begun = (String, String, Option<i64>);

async fn uploads(line: &Line, bucket: &str, prefix: &str) -> Result<Vec<Begun>, CloudError> {
    let asked = Asked { action: "s3:ListBucketMultipartUploads", place: bucket, key: None };
    let mut found = Vec::new();
    let (mut key_marker, mut id_marker) = (None, None);
    loop {
        let request = line.s3.list_multipart_uploads().bucket(bucket).prefix(prefix);
        let request = request.encoding_type(EncodingType::Url);
        let request = request.set_key_marker(key_marker.take()).set_upload_id_marker(id_marker.take());
        let answer = request.send().await.map_err(|error| asked.failed(error))?;
        let encoded = answer.encoding_type() == Some(&EncodingType::Url);
        let plain = |key: &str| if encoded { decoded(key) } else { Some(key.to_owned()) };
        let begun = |upload: &MultipartUpload| {
            let begun_ms = upload.initiated().and_then(|time| time.to_millis().ok());
            Some((plain(upload.key()?)?, upload.upload_id()?.to_owned(), begun_ms))
        };
        let broken =
            || CloudError::Protocol { why: format!("the list of uploads of {bucket} makes no sense") };
        for upload in answer.uploads() {
            found.push(begun(upload).ok_or_else(broken)?);
        }
        if answer.is_truncated() != Some(true) {
            // Not every server looks at the prefix.
            found.retain(|(key, ..)| key.starts_with(prefix));
            return Ok(found);
        }
        key_marker = answer.next_key_marker().and_then(plain);
        id_marker = answer.next_upload_id_marker().map(str::to_owned);
        if key_marker.is_none() {
            return Err(broken());
        }
    }
}

/// Removes at most 1000 objects, the most that S3 takes at a time.
async fn remove(line: &Line, bucket: &str, keys: Vec<String>) -> Result<u64, CloudError> {
    let asked = Asked { action: "s3:DeleteObject", place: bucket, key: None };
    let count = keys.len() as u64;
    // XML cannot hold every character that a key can.
    let (odd, keys): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| key.chars().any(char::is_control));
    for key in odd {
        let gone = line.s3.delete_object().bucket(bucket).key(key).send().await;
        gone.map_err(|error| asked.failed(error))?;
    }
    let mut list = Delete::builder().quiet(true);
    for key in &keys {
        let object = ObjectIdentifier::builder().key(key).build();
        list = list.objects(object.map_err(|error| CloudError::Protocol { why: error.to_string() })?);
    }
    if keys.is_empty() {
        return Ok(count);
    }
    let list = list.build().map_err(|error| CloudError::Protocol { why: error.to_string() })?;
    let answer = line.s3.delete_objects().bucket(bucket).delete(list).send().await;
    let answer = answer.map_err(|error| asked.failed(error))?;
    let Some(kept) = answer.errors().first() else { return Ok(count) };
    let key = kept.key().unwrap_or_default();
    Err(match kept.code().unwrap_or_default() {
        "AccessDenied" => Asked { key: Some(key), ..asked }.forbidden(),
        code => CloudError::Service {
            code: code.to_owned(),
            message: kept.message().unwrap_or_default().to_owned(),
            transient: matches!(code, "InternalError" | "SlowDown"),
        },
    })
}
