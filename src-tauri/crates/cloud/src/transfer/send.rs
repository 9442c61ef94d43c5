//! One piece of content on its way up: a small object, or a part of a large one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_sdk_s3::{primitives::ByteStream, types::ServerSideEncryption};
use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time;

use super::Upload;
use crate::{CloudError, checksum, connect::Line, object::bare, refusal::Asked};

/// Longest time in which nothing moves.
const STALL: Duration = Duration::from_mins(1);
/// Tries of one piece.
const TRIES: u32 = 5;
/// Longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Content, and what it is.
pub(super) struct Piece {
    /// Upload and number of the part; `None`: the whole object.
    pub(super) part: Option<(String, i32)>,
    pub(super) content: Bytes,
    /// CRC32 as S3 writes it.
    pub(super) crc: String,
}

/// What the service has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    /// `ETag` without quotation marks.
    pub(super) etag: String,
    /// CRC32, when the service tells it.
    pub(super) crc: Option<String>,
}

impl Kept {
    /// Whether it is this content.
    pub(super) fn is(&self, content: &[u8], crc: &str) -> bool {
        match &self.crc {
            Some(known) => known == crc,
            None => self.etag.eq_ignore_ascii_case(&checksum::md5_text(content)),
        }
    }
}

/// Who sends.
pub(super) struct Sender {
    pub(super) line: Arc<Line>,
    pub(super) upload: Upload,
    /// Bytes that went, those sent again included.
    pub(super) sent: AtomicU64,
}

impl Sender {
    pub(super) fn asked(&self) -> Asked<'_> {
        Asked { action: "s3:PutObject", place: &self.upload.bucket, key: Some(&self.upload.key) }
    }

    /// Sends a piece until it is there as it is here. `gone` counts the bytes of the last try.
    pub(super) async fn send(
        self: Arc<Self>,
        piece: Piece,
        gone: Arc<AtomicU64>,
    ) -> Result<Kept, CloudError> {
        let mut tries = 0;
        loop {
            gone.store(0, Ordering::Relaxed);
            let ended = tokio::select! {
                ended = self.try_once(&piece, &gone) => ended,
                () = stalled(&gone) => Err(CloudError::Network { why: "nothing could be sent for 60 s".to_owned() }),
            };
            self.sent.fetch_add(gone.load(Ordering::Relaxed), Ordering::Relaxed);
            let Err(error) = ended else { return ended };
            tries += 1;
            if !error.is_transient() || tries >= TRIES {
                return Err(error);
            }
            let part = piece.part.as_ref().map(|(_, number)| number);
            tracing::debug!(key = ?self.upload.key, part, %error, "sent again");
            let ceiling = LONGEST_PAUSE.min(self.line.bounds.pause * 2_u32.pow(tries));
            time::sleep(ceiling.mul_f64(fastrand::f64())).await;
        }
    }

    async fn try_once(&self, piece: &Piece, gone: &Arc<AtomicU64>) -> Result<Kept, CloudError> {
        let body = ByteStream::new(self.line.pace.body(&piece.content, gone));
        let client = self.line.sender();
        let (bucket, key) = (&self.upload.bucket, &self.upload.key);
        let length = i64::try_from(piece.content.len()).ok();
        let (etag, crc, encryption) = if let Some((id, number)) = &piece.part {
            let request = client.upload_part().bucket(bucket).key(key).upload_id(id).part_number(*number);
            let request = request.checksum_crc32(&piece.crc).set_content_length(length);
            let answer = request.body(body).send().await.map_err(|error| self.asked().failed(error))?;
            (answer.e_tag, answer.checksum_crc32, answer.server_side_encryption)
        } else {
            let request = client.put_object().bucket(bucket).key(key).set_tagging(self.upload.tagging());
            let request = request.checksum_crc32(&piece.crc).set_content_length(length);
            let answer = request.body(body).send().await.map_err(|error| self.asked().failed(error))?;
            (answer.e_tag, answer.checksum_crc32, answer.server_side_encryption)
        };
        let Some(etag) = etag.as_deref().map(bare) else {
            let why = format!("it tells no ETag of {}", self.asked().on());
            return Err(CloudError::Protocol { why });
        };
        let kept = Kept { etag, crc };
        let told = kept.crc.is_some()
            || matches!(encryption, None | Some(ServerSideEncryption::Aes256)) && is_md5(&kept.etag);
        if told && !kept.is(&piece.content, &piece.crc) {
            return Err(CloudError::Altered { key: self.asked().on(), check: "CRC32" });
        }
        Ok(kept)
    }
}

impl Upload {
    /// Tags as a header.
    pub(super) fn tagging(&self) -> Option<String> {
        let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let pairs = self.tags.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value)));
        let text = pairs.collect::<Vec<_>>().join("&");
        (!text.is_empty()).then_some(text)
    }
}

fn is_md5(etag: &str) -> bool {
    etag.len() == 32 && etag.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns when the count has not moved for too long.
async fn stalled(gone: &AtomicU64) {
    loop {
        let before = gone.load(Ordering::Relaxed);
        time::sleep(STALL).await;
        if gone.load(Ordering::Relaxed) == before {
            return;
        }
    }
}
