//! Uploads: what was begun, what of it came, and what goes wrong on the way.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

use bytes::Bytes;
use futures_util::StreamExt;
use md5::{Digest, Md5};
use s3s::{
    S3Request, S3Result, TrailingHeaders,
    checksum::ChecksumHasher,
    crypto::{Crc32, Crc32c, Crc64Nvme, Sha1, Sha256},
    dto, s3_error,
};
use tokio::sync::Notify;

/// Content that somebody sends: an object, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Key of the object.
    pub key: String,
    /// The upload, of a part.
    pub upload_id: Option<String>,
    /// Its number in the upload, from 1.
    pub part: Option<i32>,
    /// The how-manieth request with content it is, from 0.
    pub number: usize,
    /// Bytes that came.
    pub received: u64,
    /// Whether it was kept.
    pub kept: bool,
}

/// What goes wrong with content on its way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadFault {
    /// Nothing.
    None,
    /// 503 `SlowDown`.
    SlowDown,
    /// 500 `InternalError`.
    Internal,
    /// 403 `AccessDenied`.
    Forbidden,
    /// The connection is cut after so many bytes came, or when all came.
    Reset(usize),
    /// A bit of the byte at this place is turned before it is looked at.
    Altered(usize),
    /// It is kept, and the connection is cut before the answer.
    ReplyLost,
}

pub(super) type UploadScript = Box<dyn FnMut(&Sent) -> UploadFault + Send>;

/// Ends the connection that a request came by.
#[derive(Debug, Clone, Default)]
pub(super) struct Cut(pub(super) Arc<Notify>);

impl Cut {
    /// Never returns: the connection ends meanwhile.
    async fn now<T>(&self) -> T {
        self.0.notify_one();
        std::future::pending().await
    }
}

/// A part that was kept.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) e_tag: dto::ETag,
    pub(super) checksum: dto::Checksum,
}

/// An upload that is neither completed nor given up.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) since: SystemTime,
    pub(super) tags: Vec<dto::Tag>,
    pub(super) parts: BTreeMap<i32, Kept>,
}

/// All of them, by identifier.
#[derive(Default)]
pub(super) struct Uploads {
    begun: Mutex<BTreeMap<String, Upload>>,
    sent: Mutex<Vec<Sent>>,
    next: AtomicUsize,
    pub(super) script: Mutex<Option<UploadScript>>,
}

impl Uploads {
    pub(super) fn begun(&self) -> MutexGuard<'_, BTreeMap<String, Upload>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn sent(&self) -> MutexGuard<'_, Vec<Sent>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the request, and asks the script about it; its place among all.
    pub(super) fn announce(&self, key: &str, part: Option<(&str, i32)>) -> (usize, UploadFault) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let entry = Sent {
            key: key.to_owned(),
            upload_id: part.map(|(upload, _)| upload.to_owned()),
            part: part.map(|(_, part)| part),
            number,
            received: 0,
            kept: false,
        };
        self.sent().push(entry.clone());
        // It may wait for what only this server can answer.
        let fault = tokio::task::block_in_place(|| {
            let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
            script.as_mut().map_or(UploadFault::None, |script| script(&entry))
        });
        (number, fault)
    }

    fn received(&self, number: usize, bytes: usize) {
        if let Some(entry) = self.sent().iter_mut().find(|entry| entry.number == number) {
            entry.received += bytes as u64;
        }
    }

    pub(super) fn kept(&self, number: usize) {
        if let Some(entry) = self.sent().iter_mut().find(|entry| entry.number == number) {
            entry.kept = true;
        }
    }

    /// Reads the content, as the fault lets it.
    pub(super) async fn read(
        &self,
        body: Option<dto::StreamingBlob>,
        number: usize,
        fault: UploadFault,
        cut: &Cut,
    ) -> S3Result<Vec<u8>> {
        match fault {
            UploadFault::SlowDown => return Err(s3_error!(SlowDown)),
            UploadFault::Internal => return Err(s3_error!(InternalError)),
            UploadFault::Forbidden => return Err(s3_error!(AccessDenied)),
            _ => {}
        }
        let mut body = body.ok_or_else(|| s3_error!(IncompleteBody))?;
        let mut content = Vec::new();
        while let Some(chunk) = body.next().await {
            // What a client that died has not sent, and a signature that does not fit, end here alike.
            let chunk: Bytes = chunk.map_err(|problem| s3_error!(BadDigest, "{problem}"))?;
            self.received(number, chunk.len());
            content.extend_from_slice(&chunk);
            if matches!(fault, UploadFault::Reset(after) if content.len() >= after) {
                return cut.now().await;
            }
        }
        match fault {
            UploadFault::Reset(_) => return cut.now().await,
            UploadFault::Altered(at) => {
                if let Some(byte) = content.get_mut(at) {
                    *byte ^= 1;
                }
            }
            _ => {}
        }
        Ok(content)
    }

    /// After it was kept: the answer, unless it gets lost.
    pub(super) async fn answer<T>(&self, number: usize, fault: UploadFault, cut: &Cut, answer: T) -> T {
        self.kept(number);
        if fault == UploadFault::ReplyLost {
            return cut.now().await;
        }
        answer
    }
}

/// The connection of a request.
pub(super) fn cut_of<T>(request: &S3Request<T>) -> Cut {
    request.extensions.get::<Cut>().cloned().unwrap_or_default()
}

/// What was said about the content, in headers before it and after it.
pub(super) fn said(mut named: dto::Checksum, trailers: Option<TrailingHeaders>) -> dto::Checksum {
    let Some(trailers) = trailers.and_then(|trailers| trailers.take()) else { return named };
    let trailer = |name: &str| trailers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    named.checksum_crc32 = named.checksum_crc32.or_else(|| trailer("x-amz-checksum-crc32"));
    named.checksum_crc32c = named.checksum_crc32c.or_else(|| trailer("x-amz-checksum-crc32c"));
    named.checksum_crc64nvme = named.checksum_crc64nvme.or_else(|| trailer("x-amz-checksum-crc64nvme"));
    named.checksum_sha1 = named.checksum_sha1.or_else(|| trailer("x-amz-checksum-sha1"));
    named.checksum_sha256 = named.checksum_sha256.or_else(|| trailer("x-amz-checksum-sha256"));
    named
}

/// The same sums, over what came. A difference is `BadDigest`, as with the real service.
pub(super) fn checked(
    content: &[u8],
    said: &dto::Checksum,
    content_md5: Option<&str>,
) -> S3Result<dto::Checksum> {
    let mut hasher = ChecksumHasher {
        crc32: said.checksum_crc32.as_ref().map(|_| Crc32::default()),
        crc32c: said.checksum_crc32c.as_ref().map(|_| Crc32c::default()),
        sha1: said.checksum_sha1.as_ref().map(|_| Sha1::default()),
        sha256: said.checksum_sha256.as_ref().map(|_| Sha256::default()),
        crc64nvme: said.checksum_crc64nvme.as_ref().map(|_| Crc64Nvme::default()),
    };
    hasher.update(content);
    let found = hasher.finalize();
    let differs = found.checksum_crc32 != said.checksum_crc32
        || found.checksum_crc32c != said.checksum_crc32c
        || found.checksum_crc64nvme != said.checksum_crc64nvme
        || found.checksum_sha1 != said.checksum_sha1
        || found.checksum_sha256 != said.checksum_sha256;
    if differs || content_md5.is_some_and(|said| said != base64(&Md5::digest(content))) {
        return Err(s3_error!(BadDigest, "The checksum you specified did not match what we received."));
    }
    Ok(found)
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte))
            << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = LETTERS[bits >> (18 - 6 * place) & 63];
            text.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}
