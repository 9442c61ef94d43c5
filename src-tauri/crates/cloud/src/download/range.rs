//! One range of an object.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use tokio::time;

use super::Wanted;
use crate::{CloudError, connect::Line, object::bare, refusal::Asked};

/// Longest silence in the middle of a body.
const SILENCE: Duration = Duration::from_secs(30);
/// Tries in a row that bring next to nothing.
const FRUITLESS: u32 = 5;
/// Less than this is next to nothing, in bytes.
const SOMETHING: usize = 64 << 10;
/// Longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Where ranges come from.
pub(super) struct Source {
    line: Arc<Line>,
    wanted: Wanted,
    total: u64,
    here: Arc<AtomicU64>,
}

/// A range that is here, whole.
pub(super) struct Arrived {
    pub(super) number: u64,
    pub(super) start: u64,
    pub(super) bytes: Vec<u8>,
}

impl Source {
    /// `here` counts bytes as they come.
    pub(super) fn new(line: &Arc<Line>, wanted: &Wanted, total: u64, here: Arc<AtomicU64>) -> Self {
        Self { line: Arc::clone(line), wanted: wanted.clone(), total, here }
    }

    /// Brings a range; what a broken connection leaves of it is kept, and only the rest asked for again.
    pub(super) async fn bring(self: Arc<Self>, number: u64, span: Range<u64>) -> Result<Arrived, CloudError> {
        let length = usize::try_from(span.end - span.start)
            .map_err(|_| CloudError::Protocol { why: "a range is larger than the memory".to_owned() })?;
        let mut bytes = Vec::with_capacity(length);
        let mut fruitless = 0;
        loop {
            let before = bytes.len();
            let Err(error) = self.rest(&span, &mut bytes).await else {
                return Ok(Arrived { number, start: span.start, bytes });
            };
            if !error.is_transient() {
                return Err(error);
            }
            fruitless = if bytes.len() - before >= SOMETHING { 0 } else { fruitless + 1 };
            if fruitless >= FRUITLESS {
                return Err(error);
            }
            tracing::debug!(key = ?self.wanted.key, start = span.start, here = bytes.len(), %error, "range broke off");
            time::sleep(LONGEST_PAUSE.min(self.line.bounds.pause * 2_u32.pow(fruitless))).await;
        }
    }

    async fn rest(&self, span: &Range<u64>, bytes: &mut Vec<u8>) -> Result<(), CloudError> {
        let Wanted { bucket, key, etag } = &self.wanted;
        let asked = Asked { action: "s3:GetObject", place: bucket, key: Some(key) };
        let rest = span.start + bytes.len() as u64..span.end;
        let request = self.line.s3.get_object().bucket(bucket).key(key);
        let request = request.if_match(format!("\"{etag}\""));
        let request = request.range(format!("bytes={}-{}", rest.start, rest.end - 1));
        let answer = request.send().await.map_err(|error| asked.failed(error))?;
        self.is_what_was_asked(&rest, &answer)?;
        let whole = bytes.len() + usize::try_from(rest.end - rest.start).unwrap_or(usize::MAX);
        let mut body = answer.body;
        loop {
            let chunk = time::timeout(SILENCE, body.next()).await;
            let chunk = chunk.map_err(|_| broken("nothing came for 30 s"))?;
            let Some(chunk) = chunk else { break };
            let chunk = chunk.map_err(|_| broken("the answer broke off"))?;
            if bytes.len() + chunk.len() > whole {
                let why = format!("it sends more of {} than was asked", asked.on());
                return Err(CloudError::Protocol { why });
            }
            self.line.pace.take(chunk.len()).await;
            bytes.extend_from_slice(&chunk);
            self.here.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        }
        if bytes.len() == whole { Ok(()) } else { Err(broken("the answer came short")) }
    }

    /// The same object, and these bytes of it.
    fn is_what_was_asked(&self, rest: &Range<u64>, answer: &GetObjectOutput) -> Result<(), CloudError> {
        if answer.e_tag().map(bare).as_ref() != Some(&self.wanted.etag) {
            return Err(CloudError::Changed(self.wanted.on()));
        }
        let range = format!("bytes {}-{}/{}", rest.start, rest.end - 1, self.total);
        let everything = *rest == (0..self.total);
        match answer.content_range() {
            Some(told) if told == range => {}
            None if everything => {}
            told => {
                let told = told.unwrap_or("everything").escape_debug().to_string();
                let why = format!("asked for {range} of {}, it sends {told}", self.wanted.on());
                return Err(CloudError::Protocol { why });
            }
        }
        let length = answer.content_length().and_then(|bytes| u64::try_from(bytes).ok());
        if length != Some(rest.end - rest.start) {
            return Err(broken("the answer is announced shorter than the range"));
        }
        Ok(())
    }
}

fn broken(why: &str) -> CloudError {
    CloudError::Network { why: why.to_owned() }
}
