//! Bringing a file into a bucket: parts side by side, resumed after whatever ended the last try, proved as a whole.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use tokio::{task::JoinSet, time};

use super::{
    Upload, Uploaded,
    send::{Kept, Piece, Sender},
    source::Source,
};
use crate::{
    Cloud, CloudError,
    checksum::{self, Kind, Sum},
    connect::Line,
    object::{self, bare},
    refusal::Asked,
};

/// How often progress is told.
const TELL: Duration = Duration::from_millis(250);

/// Whoever calls: told of things, on their thread.
struct Caller<'a> {
    begun: &'a mut dyn FnMut(&str) -> bool,
    progress: &'a mut dyn FnMut(u64, u64),
    cancel: &'a AtomicBool,
}

impl Cloud {
    /// Brings a file into a bucket, in parts with a checksum each, at most a few parts in memory. Before the first
    /// part is sent, `begun` is told the upload's id, to be handed back in `resume`: then the service is asked which
    /// parts it has, and only the others are sent. When `begun` says `false`, the upload is taken back. A file of
    /// one part goes as it is, and `begun` is told nothing.
    ///
    /// `progress` is told of bytes that are there and in all, on the calling thread, several times a second.
    ///
    /// # Errors
    /// See [`CloudError`]. What was sent stays for the next call, unless the file changed.
    pub fn upload(
        &self,
        upload: &Upload,
        begun: &mut dyn FnMut(&str) -> bool,
        progress: &mut dyn FnMut(u64, u64),
        cancel: &AtomicBool,
    ) -> Result<Uploaded, CloudError> {
        self.wait(cancel, async |line| {
            let source = Source::open(&upload.file)?;
            let part_bytes = source.part_bytes(line.bounds.part_bytes);
            let upload = upload.clone();
            let sender = Arc::new(Sender { line, upload, sent: AtomicU64::new(0) });
            let mut caller = Caller { begun, progress, cancel };
            let way = Way { sender, source, part_bytes };
            if way.source.bytes <= part_bytes {
                way.in_one(&mut caller).await
            } else {
                way.in_parts(&mut caller).await
            }
        })
    }
}

/// A file on its way.
struct Way {
    sender: Arc<Sender>,
    source: Source,
    part_bytes: u64,
}

/// What stands in the bucket, part by part.
struct AllSent {
    parts: BTreeMap<i32, Kept>,
    /// CRC32 of the whole.
    crc: String,
}

impl Way {
    fn line(&self) -> &Line {
        &self.sender.line
    }

    fn uploaded(&self, etag: String) -> Uploaded {
        Uploaded { etag, bytes: self.source.bytes, sent: self.sender.sent.load(Ordering::Relaxed) }
    }

    async fn in_one(self, caller: &mut Caller<'_>) -> Result<Uploaded, CloudError> {
        let Self { sender, source, .. } = &self;
        if let Some(id) = &sender.upload.resume {
            // The file was larger then.
            abort(self.line(), &sender.upload.bucket, &sender.upload.key, id).await?;
        }
        let content = source.read(&(0..source.bytes))?;
        let piece = Piece { part: None, crc: checksum::crc32_text(&content), content };
        let gone = Arc::new(AtomicU64::new(0));
        let mut under_way = JoinSet::new();
        under_way.spawn(Arc::clone(sender).send(piece, Arc::clone(&gone)));
        let mut tick = time::interval(TELL);
        let kept = loop {
            tokio::select! {
                _ = tick.tick() => (caller.progress)(0, source.bytes),
                ended = under_way.join_next() => match ended {
                    Some(ended) => break joined(ended)?,
                    None => return Err(CloudError::Cancelled),
                },
            }
        };
        source.unchanged()?;
        (caller.progress)(source.bytes, source.bytes);
        Ok(self.uploaded(kept.etag))
    }

    async fn in_parts(self, caller: &mut Caller<'_>) -> Result<Uploaded, CloudError> {
        let Upload { bucket, key, resume, .. } = &self.sender.upload;
        let mut there = None;
        if let Some(id) = resume {
            match parts(self.line(), bucket, key, id).await {
                Ok(parts) => there = Some((id.clone(), parts)),
                Err(CloudError::NoSuchUpload(_)) => {
                    if let Some(etag) = self.stored(caller.cancel).await? {
                        (caller.progress)(self.source.bytes, self.source.bytes);
                        return Ok(self.uploaded(etag));
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let (id, there) = match there {
            Some(there) => there,
            None => (self.begin(caller).await?, BTreeMap::new()),
        };
        let sent = self.all_sent(&id, &there, caller).await;
        let sent = sent.and_then(|sent| self.source.unchanged().map(|()| sent));
        match sent {
            Ok(sent) => self.complete(&id, sent, caller).await,
            Err(changed @ CloudError::Changed(_)) => {
                if let Err(error) = abort(self.line(), bucket, key, &id).await {
                    tracing::warn!(?key, %error, "the parts of a file that changed are still there");
                }
                Err(changed)
            }
            Err(error) => Err(error),
        }
    }

    /// Begins an upload; its id, once the caller has written it down.
    async fn begin(&self, caller: &mut Caller<'_>) -> Result<String, CloudError> {
        let upload = &self.sender.upload;
        let request = self.line().s3.create_multipart_upload().bucket(&upload.bucket).key(&upload.key);
        let request = request.set_tagging(upload.tagging());
        let request =
            request.checksum_algorithm(ChecksumAlgorithm::Crc32).checksum_type(ChecksumType::FullObject);
        let answer = request.send().await.map_err(|error| self.sender.asked().failed(error))?;
        let Some(id) = answer.upload_id else {
            return Err(CloudError::Protocol { why: "an upload has no id".to_owned() });
        };
        if (caller.begun)(&id) {
            return Ok(id);
        }
        abort(self.line(), &upload.bucket, &upload.key, &id).await?;
        Err(CloudError::Cancelled)
    }

    /// Sends every part that is not there yet.
    async fn all_sent(
        &self,
        id: &str,
        there: &BTreeMap<i32, Kept>,
        caller: &mut Caller<'_>,
    ) -> Result<AllSent, CloudError> {
        let mut whole = Sum::new(Kind::Crc32);
        let mut crowd = Crowd::new(self.source.bytes);
        for (number, span) in self.source.parts(self.part_bytes) {
            if caller.cancel.load(Ordering::Relaxed) {
                return Err(CloudError::Cancelled);
            }
            let read = self.source.read(&span);
            let content = match read {
                Ok(content) => content,
                Err(error) => return Err(crowd.settle(error, caller).await),
            };
            whole.update(&content);
            let crc = checksum::crc32_text(&content);
            let bytes = content.len() as u64;
            if let Some(kept) = there.get(&number).filter(|kept| kept.is(&content, &crc)) {
                crowd.has(number, kept.clone(), bytes);
                continue;
            }
            while crowd.under_way.len() >= self.line().bounds.parts.max(1) {
                crowd.one(caller).await?;
            }
            let piece = Piece { part: Some((id.to_owned(), number)), content, crc };
            let gone = Arc::new(AtomicU64::new(0));
            crowd.counts.insert(number, Arc::clone(&gone));
            let sender = Arc::clone(&self.sender);
            crowd.under_way.spawn(async move { (number, bytes, sender.send(piece, gone).await) });
        }
        while !crowd.under_way.is_empty() {
            crowd.one(caller).await?;
        }
        crowd.tell(caller);
        Ok(AllSent { parts: crowd.kept, crc: whole.text() })
    }

    async fn complete(&self, id: &str, sent: AllSent, caller: &Caller<'_>) -> Result<Uploaded, CloudError> {
        let Upload { bucket, key, .. } = &self.sender.upload;
        let mut list = CompletedMultipartUpload::builder();
        for (number, kept) in &sent.parts {
            let part = CompletedPart::builder().part_number(*number).e_tag(&kept.etag);
            list = list.parts(part.set_checksum_crc32(kept.crc.clone()).build());
        }
        let request = self.line().s3.complete_multipart_upload().bucket(bucket).key(key).upload_id(id);
        let request = request.checksum_crc32(&sent.crc).checksum_type(ChecksumType::FullObject);
        let request = request.set_mpu_object_size(i64::try_from(self.source.bytes).ok());
        let answer = request.multipart_upload(list.build()).send().await;
        let told = match answer.map_err(|error| self.sender.asked().failed(error)) {
            Ok(answer) => answer.e_tag.as_deref().map(bare),
            // An earlier try succeeded, and its answer was lost.
            Err(gone @ CloudError::NoSuchUpload(_)) => {
                return self.stored(caller.cancel).await?.map(|etag| self.uploaded(etag)).ok_or(gone);
            }
            Err(error) => return Err(error),
        };
        let object = object::head(self.line(), bucket, key).await?;
        let etag = told.unwrap_or_else(|| object.etag.clone());
        let whole = object.checksum.as_ref().filter(|sum| sum.kind == Kind::Crc32);
        if etag != object.etag || object.bytes != self.source.bytes {
            return Err(CloudError::Altered { key: self.sender.asked().on(), check: "size" });
        }
        if whole.is_some_and(|sum| sum.value != sent.crc) {
            return Err(CloudError::Altered { key: self.sender.asked().on(), check: Kind::Crc32.name() });
        }
        Ok(self.uploaded(etag))
    }

    /// `ETag` of the object, when what stands in the bucket is this file.
    async fn stored(&self, cancel: &AtomicBool) -> Result<Option<String>, CloudError> {
        let Upload { bucket, key, .. } = &self.sender.upload;
        let object = match object::head(self.line(), bucket, key).await {
            Ok(object) if object.bytes == self.source.bytes => object,
            Ok(_) | Err(CloudError::NoSuchObject(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let same = if let Some(checksum) = &object.checksum {
            let holds = checksum::holds(&mut self.source.again()?, checksum, cancel);
            let holds = holds.map_err(|error| self.source.unreadable(error))?;
            holds.ok_or(CloudError::Cancelled)?
        } else {
            let mut sums = Vec::new();
            for (_, span) in self.source.parts(self.part_bytes) {
                if cancel.load(Ordering::Relaxed) {
                    return Err(CloudError::Cancelled);
                }
                sums.push(checksum::md5_text(&self.source.read(&span)?));
            }
            checksum::composed(&sums).as_ref() == Some(&object.etag)
        };
        self.source.unchanged()?;
        Ok(same.then_some(object.etag))
    }
}

/// Parts on their way, and those that are there.
struct Crowd {
    under_way: JoinSet<(i32, u64, Result<Kept, CloudError>)>,
    /// Bytes that went of each part on its way.
    counts: BTreeMap<i32, Arc<AtomicU64>>,
    kept: BTreeMap<i32, Kept>,
    there: u64,
    told: u64,
    total: u64,
    tick: time::Interval,
}

impl Crowd {
    fn new(total: u64) -> Self {
        Self {
            under_way: JoinSet::new(),
            counts: BTreeMap::new(),
            kept: BTreeMap::new(),
            there: 0,
            told: 0,
            total,
            tick: time::interval(TELL),
        }
    }

    fn has(&mut self, number: i32, kept: Kept, bytes: u64) {
        self.counts.remove(&number);
        self.kept.insert(number, kept);
        self.there += bytes;
    }

    /// Waits for one part. When it fails, the others are let finish, so that they need not be sent again.
    async fn one(&mut self, caller: &mut Caller<'_>) -> Result<(), CloudError> {
        loop {
            tokio::select! {
                _ = self.tick.tick() => self.tell(caller),
                ended = self.under_way.join_next() => {
                    let Some(ended) = ended else { return Ok(()) };
                    let (number, bytes, ended) = ended.map_err(panicked)?;
                    match ended {
                        Ok(kept) => self.has(number, kept, bytes),
                        Err(error) => return Err(self.settle(error, caller).await),
                    }
                    return Ok(());
                }
            }
        }
    }

    /// Waits for all that are on their way; gives the error back.
    async fn settle(&mut self, error: CloudError, caller: &mut Caller<'_>) -> CloudError {
        while let Some(ended) = self.under_way.join_next().await {
            if let Ok((number, bytes, Ok(kept))) = ended {
                self.has(number, kept, bytes);
            }
        }
        self.counts.clear();
        self.tell(caller);
        error
    }

    fn tell(&mut self, caller: &mut Caller<'_>) {
        let going: u64 = self.counts.values().map(|count| count.load(Ordering::Relaxed)).sum();
        // What is sent again was told of once.
        self.told = self.told.max(self.there + going).min(self.total);
        (caller.progress)(self.told, self.total);
    }
}

fn joined<T>(ended: Result<Result<T, CloudError>, tokio::task::JoinError>) -> Result<T, CloudError> {
    ended.map_err(panicked)?
}

#[expect(clippy::needless_pass_by_value, reason = "it is what is mapped")]
fn panicked(error: tokio::task::JoinError) -> CloudError {
    CloudError::Protocol { why: error.to_string() }
}

/// Parts of an upload that are there.
pub(super) async fn parts(
    line: &Line,
    bucket: &str,
    key: &str,
    id: &str,
) -> Result<BTreeMap<i32, Kept>, CloudError> {
    let mut found = BTreeMap::new();
    each_part(line, bucket, key, id, |part| {
        if let (Some(number), Some(etag)) = (part.part_number(), part.e_tag()) {
            let crc = part.checksum_crc32().map(str::to_owned);
            found.insert(number, Kept { etag: bare(etag), crc });
        }
    })
    .await?;
    Ok(found)
}

pub(super) async fn each_part(
    line: &Line,
    bucket: &str,
    key: &str,
    id: &str,
    mut told: impl FnMut(&aws_sdk_s3::types::Part),
) -> Result<(), CloudError> {
    let asked = Asked { action: "s3:ListMultipartUploadParts", place: bucket, key: Some(key) };
    let mut marker: Option<String> = None;
    loop {
        let request = line.s3.list_parts().bucket(bucket).key(key).upload_id(id);
        let answer = request.set_part_number_marker(marker.take()).send().await;
        let answer = answer.map_err(|error| asked.failed(error))?;
        answer.parts().iter().for_each(&mut told);
        if answer.is_truncated() != Some(true) {
            return Ok(());
        }
        marker = answer.next_part_number_marker;
        if marker.is_none() {
            return Err(CloudError::Protocol { why: "a list that goes on does not say where".to_owned() });
        }
    }
}

/// Gives an upload up; one that is gone is gone.
pub(super) async fn abort(line: &Line, bucket: &str, key: &str, id: &str) -> Result<(), CloudError> {
    let asked = Asked { action: "s3:AbortMultipartUpload", place: bucket, key: Some(key) };
    let request = line.s3.abort_multipart_upload().bucket(bucket).key(key).upload_id(id);
    match request.send().await.map_err(|error| asked.failed(error)) {
        Ok(_) | Err(CloudError::NoSuchUpload(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
