//! What belongs to a bucket beside its objects, in memory: rules, encryption, who may see it; and the objects' tags.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use s3s::{S3Result, dto, s3_error};

/// One bucket's.
#[derive(Default, Clone)]
pub(super) struct Bucket {
    pub(super) lifecycle: Option<Vec<dto::LifecycleRule>>,
    pub(super) encryption: Option<dto::ServerSideEncryptionConfiguration>,
    pub(super) access: Option<dto::PublicAccessBlockConfiguration>,
    pub(super) policy: Option<String>,
    pub(super) tags: BTreeMap<String, Vec<dto::Tag>>,
}

impl Bucket {
    /// No tags are none at all.
    pub(super) fn set_tags(&mut self, key: &str, tags: Vec<dto::Tag>) {
        self.tags.remove(key);
        if !tags.is_empty() {
            self.tags.insert(key.to_owned(), tags);
        }
    }
}

/// All of them, by name.
#[derive(Default)]
pub(super) struct Buckets(Mutex<BTreeMap<String, Bucket>>);

impl Buckets {
    pub(super) fn all(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy of what is known of one.
    pub(super) fn of(&self, name: &str) -> Bucket {
        self.all().get(name).cloned().unwrap_or_default()
    }

    pub(super) fn change(&self, name: &str, change: impl FnOnce(&mut Bucket)) {
        change(self.all().entry(name.to_owned()).or_default());
    }
}

/// Tags of an object, in the form of the header `x-amz-tagging`: `a=b&c=d`, percent-encoded.
pub(super) fn tags(header: Option<&str>) -> S3Result<Vec<dto::Tag>> {
    let Some(header) = header.filter(|header| !header.is_empty()) else { return Ok(Vec::new()) };
    let tags = header.split('&').map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok(dto::Tag { key: Some(decoded(key)?), value: Some(decoded(value)?) })
    });
    sound(tags.collect::<S3Result<Vec<_>>>()?)
}

/// The service's limits: 10 tags, keys of 128 characters, each once, values of 256.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>
pub(super) fn sound(tags: Vec<dto::Tag>) -> S3Result<Vec<dto::Tag>> {
    let length = |text: &Option<String>| text.as_deref().unwrap_or_default().chars().count();
    let twice = (1..tags.len()).any(|at| tags[..at].iter().any(|tag| tag.key == tags[at].key));
    let long = tags.iter().any(|tag| !(1..=128).contains(&length(&tag.key)) || length(&tag.value) > 256);
    if tags.len() > 10 || twice || long {
        return Err(s3_error!(InvalidTag));
    }
    Ok(tags)
}

fn decoded(text: &str) -> S3Result<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let byte = match (first, tail) {
            (b'%', [high, low, after @ ..]) => {
                rest = after;
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                let (Some(high), Some(low)) = (digit(high), digit(low)) else {
                    return Err(s3_error!(InvalidArgument));
                };
                u8::try_from(high << 4 | low).map_err(|_| s3_error!(InvalidArgument))?
            }
            (b'+', _) => b' ',
            (byte, _) => *byte,
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).map_err(|_| s3_error!(InvalidArgument))
}
