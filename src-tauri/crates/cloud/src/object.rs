//! What lies in a bucket.

use std::{borrow::Cow, ops::ControlFlow, sync::atomic::AtomicBool};

use aws_sdk_s3::{
    operation::{head_object::HeadObjectOutput, list_objects_v2::ListObjectsV2Output},
    types::{ChecksumMode, EncodingType},
};
use aws_smithy_types::DateTime;
use percent_encoding::percent_decode_str;

use crate::{
    Cloud, CloudError,
    checksum::{self, Checksum},
    connect::Line,
    refusal::Asked,
};

/// Objects of a page of a list: the most that S3 gives.
const PAGE: i32 = 1_000;

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its key.
    pub key: String,
    /// Size in bytes.
    pub bytes: u64,
    /// `ETag` without quotation marks: changes with the content, and sometimes without.
    pub etag: String,
    /// When it was stored, ms UTC.
    pub modified_ms: Option<i64>,
    /// A checksum of the whole: lists do not tell.
    pub(crate) checksum: Option<Checksum>,
}

impl Object {
    /// As a list tells of it, at no known time.
    pub fn told(key: &str, bytes: u64, etag: &str) -> Self {
        Self { key: key.to_owned(), bytes, etag: etag.to_owned(), modified_ms: None, checksum: None }
    }
}

/// How a list ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Objects told of.
    pub objects: u64,
    /// Whether that is all.
    pub complete: bool,
}

impl Cloud {
    /// Tells of every object whose key begins with `prefix`, in pages of at most 1000 in the order of the keys,
    /// until `page` says stop.
    ///
    /// # Errors
    /// See [`CloudError`]; what was told of before is right all the same.
    pub fn list(
        &self,
        bucket: &str,
        prefix: &str,
        page: &mut dyn FnMut(Vec<Object>) -> ControlFlow<()>,
        cancel: &AtomicBool,
    ) -> Result<Listed, CloudError> {
        self.wait(cancel, async |line| list(&line, bucket, prefix, page).await)
    }

    /// Whether any object's key begins with `prefix`: the cheapest question that needs all that watching needs.
    ///
    /// # Errors
    /// See [`CloudError`].
    pub fn holds_any(&self, bucket: &str, prefix: &str, cancel: &AtomicBool) -> Result<bool, CloudError> {
        self.wait(cancel, async |line| {
            let answer = one_page(&line, bucket, prefix, 1, None).await?;
            Ok(!answer.contents().is_empty())
        })
    }

    /// One object; `None`: there is none.
    ///
    /// # Errors
    /// See [`CloudError`].
    pub fn head(&self, bucket: &str, key: &str, cancel: &AtomicBool) -> Result<Option<Object>, CloudError> {
        let found = self.wait(cancel, async |line| head(&line, bucket, key).await);
        match found {
            Ok(object) => Ok(Some(object)),
            Err(CloudError::NoSuchObject(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A small object as a whole; `None`: there is none.
    ///
    /// # Errors
    /// See [`CloudError`]; also when it has more than `most` bytes.
    pub fn read(
        &self,
        bucket: &str,
        key: &str,
        most: u64,
        cancel: &AtomicBool,
    ) -> Result<Option<Vec<u8>>, CloudError> {
        let asked = Asked { action: "s3:GetObject", place: bucket, key: Some(key) };
        let found = self.wait(cancel, async |line| {
            let answer = line.s3.get_object().bucket(bucket).key(key).send().await;
            let answer = answer.map_err(|error| asked.failed(error))?;
            let told = answer.content_length().and_then(|bytes| u64::try_from(bytes).ok());
            let Some(told) = told.filter(|told| *told <= most) else {
                let why = format!("{} has more than {most} bytes", asked.on());
                return Err(CloudError::Protocol { why });
            };
            let body = answer.body.collect().await;
            let body = body.map_err(|_| CloudError::Network { why: "the answer broke off".to_owned() })?;
            let bytes = body.to_vec();
            if bytes.len() as u64 != told {
                return Err(CloudError::Network { why: "the answer came short".to_owned() });
            }
            Ok(bytes)
        });
        match found {
            Ok(bytes) => Ok(Some(bytes)),
            Err(CloudError::NoSuchObject(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Tells of every object below the prefix.
pub(crate) async fn pages(
    line: &Line,
    bucket: &str,
    prefix: &str,
    mut page: impl FnMut(Vec<Object>),
) -> Result<(), CloudError> {
    let mut told = |objects| {
        page(objects);
        ControlFlow::Continue(())
    };
    list(line, bucket, prefix, &mut told).await.map(drop)
}

async fn list(
    line: &Line,
    bucket: &str,
    prefix: &str,
    page: &mut dyn FnMut(Vec<Object>) -> ControlFlow<()>,
) -> Result<Listed, CloudError> {
    let mut listed = Listed { objects: 0, complete: false };
    let mut token: Option<String> = None;
    loop {
        let answer = one_page(line, bucket, prefix, PAGE, token.take()).await?;
        let next = answer.next_continuation_token().map(str::to_owned);
        let more = answer.is_truncated() == Some(true);
        let objects = objects(bucket, &answer)?;
        listed.objects += objects.len() as u64;
        let stop = !objects.is_empty() && page(objects).is_break();
        if stop || !more {
            listed.complete = !more;
            return Ok(listed);
        }
        if next.is_none() {
            let why = "a list that goes on does not say where".to_owned();
            return Err(CloudError::Protocol { why });
        }
        token = next;
    }
}

async fn one_page(
    line: &Line,
    bucket: &str,
    prefix: &str,
    most: i32,
    token: Option<String>,
) -> Result<ListObjectsV2Output, CloudError> {
    let asked = Asked { action: "s3:ListBucket", place: bucket, key: None };
    let request = line.s3.list_objects_v2().bucket(bucket).prefix(prefix).max_keys(most);
    // XML cannot hold every character that a key can.
    let request = request.encoding_type(EncodingType::Url).set_continuation_token(token);
    request.send().await.map_err(|error| asked.failed(error))
}

pub(crate) async fn head(line: &Line, bucket: &str, key: &str) -> Result<Object, CloudError> {
    let asked = Asked { action: "s3:GetObject", place: bucket, key: Some(key) };
    let request = line.s3.head_object().bucket(bucket).key(key).checksum_mode(ChecksumMode::Enabled);
    let answer = request.send().await.map_err(|error| asked.failed(error))?;
    let bytes = answer.content_length().and_then(|bytes| u64::try_from(bytes).ok());
    let (Some(bytes), Some(etag)) = (bytes, answer.e_tag()) else {
        let why = format!("it tells no size or no ETag of {}", asked.on());
        return Err(CloudError::Protocol { why });
    };
    Ok(Object {
        key: key.to_owned(),
        bytes,
        etag: bare(etag),
        modified_ms: modified_ms(&answer),
        checksum: checksum::of(bucket, &answer),
    })
}

/// Without quotation marks.
pub(crate) fn bare(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}

fn modified_ms(answer: &HeadObjectOutput) -> Option<i64> {
    answer.last_modified().and_then(|time| time.to_millis().ok())
}

fn objects(bucket: &str, answer: &ListObjectsV2Output) -> Result<Vec<Object>, CloudError> {
    let encoded = answer.encoding_type() == Some(&EncodingType::Url);
    let object = |object: &aws_sdk_s3::types::Object| {
        let bytes = object.size().and_then(|bytes| u64::try_from(bytes).ok())?;
        let modified_ms = object.last_modified().and_then(|time: &DateTime| time.to_millis().ok());
        let key = object.key()?;
        let key = if encoded { decoded(key)? } else { key.to_owned() };
        Some(Object { key, bytes, etag: bare(object.e_tag()?), modified_ms, checksum: None })
    };
    let broken = || CloudError::Protocol { why: format!("the list of {bucket} makes no sense") };
    answer.contents().iter().map(|found| object(found).ok_or_else(broken)).collect()
}

/// A key as it travels in lists and events: `+` is a space.
pub(crate) fn decoded(key: &str) -> Option<String> {
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(Cow::into_owned)
}
