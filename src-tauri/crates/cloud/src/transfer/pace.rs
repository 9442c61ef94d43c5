//! How fast all transfers together go.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time;

/// Bytes that are sent at a time.
const FRAME: usize = 16 << 10;
/// What may be sent at once after a pause: what the rate gives in so long.
const AHEAD: Duration = Duration::from_millis(100);

/// Bytes that are booked one after the other, each as long as the rate makes it. Times are since any one instant.
#[derive(Debug)]
struct Book {
    bytes_per_s: f64,
    free: Duration,
}

impl Book {
    /// Books so many bytes; says how long to wait before they go.
    fn book(&mut self, bytes: usize, now: Duration) -> Duration {
        let begin = self.free.max(now.saturating_sub(AHEAD));
        // 2⁵³ bytes are 9 petabytes.
        #[expect(clippy::cast_precision_loss, reason = "no transfer is that large")]
        let takes = bytes as f64 / self.bytes_per_s;
        self.free = begin + Duration::from_secs_f64(takes);
        begin.saturating_sub(now)
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Pace {
    book: Option<Mutex<Book>>,
    since: time::Instant,
}

impl Pace {
    /// So many Mbit/s; `None` or 0: as fast as it goes.
    pub(crate) fn of(mbps: Option<u32>) -> Self {
        let mbps = mbps.filter(|mbps| *mbps > 0);
        let book = mbps.map(|mbps| Book { bytes_per_s: f64::from(mbps) * 125_000.0, free: Duration::ZERO });
        Self { book: book.map(Mutex::new), since: time::Instant::now() }
    }

    /// How long to wait before so many bytes may go; they are booked.
    fn wait(&self, bytes: usize) -> Duration {
        let Some(book) = &self.book else { return Duration::ZERO };
        let mut book = book.lock().unwrap_or_else(PoisonError::into_inner);
        book.book(bytes, self.since.elapsed())
    }

    /// Returns when so many bytes may have come.
    pub(crate) async fn take(&self, bytes: usize) {
        let wait = self.wait(bytes);
        if !wait.is_zero() {
            time::sleep(wait).await;
        }
    }

    /// A body that goes at this pace, and counts in `gone` what went. It can be sent again.
    pub(crate) fn body(self: &Arc<Self>, content: &Bytes, gone: &Arc<AtomicU64>) -> SdkBody {
        let (pace, content, gone) = (Arc::clone(self), content.clone(), Arc::clone(gone));
        SdkBody::retryable(move || {
            let (pace, rest, gone) = (Arc::clone(&pace), content.clone(), Arc::clone(&gone));
            SdkBody::from_body_1_x(Paced { pace, rest, gone, wait: None })
        })
    }
}

struct Paced {
    pace: Arc<Pace>,
    rest: Bytes,
    gone: Arc<AtomicU64>,
    /// How many bytes go next, and when.
    wait: Option<(usize, Pin<Box<time::Sleep>>)>,
}

impl Body for Paced {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        if self.wait.is_none() {
            let bytes = self.rest.len().min(FRAME);
            let wait = self.pace.wait(bytes);
            self.wait = Some((bytes, Box::pin(time::sleep(wait))));
        }
        let Some((bytes, wait)) = &mut self.wait else { return Poll::Ready(None) };
        ready!(wait.as_mut().poll(context));
        let bytes = *bytes;
        self.wait = None;
        let frame = self.rest.split_to(bytes);
        self.gone.fetch_add(frame.len() as u64, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(frame))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whoever asks, in any order and at any time: no second has more than the rate and what was ahead.
        #[test]
        fn no_second_has_too_much(
            mbps in 1_u32..1_000,
            asked in proptest::collection::vec((0_u64..50, 1_u32..70_000), 1..400),
        ) {
            let bytes_per_s = f64::from(mbps) * 125_000.0;
            let mut book = Book { bytes_per_s, free: Duration::ZERO };
            let mut now = Duration::ZERO;
            let mut went: Vec<(Duration, u32)> = Vec::new();
            for (gap, bytes) in asked {
                now += Duration::from_millis(gap);
                went.push((now + book.book(bytes as usize, now), bytes));
            }
            let largest = 70_000.0;
            for (first, (begin, _)) in went.iter().enumerate() {
                let second = went[first..].iter().take_while(|(at, _)| *at < *begin + Duration::from_secs(1));
                let bytes: u32 = second.map(|(_, bytes)| bytes).sum();
                prop_assert!(f64::from(bytes) <= bytes_per_s * 1.1 + largest, "{bytes}");
            }
            let all: u32 = went.iter().map(|(_, bytes)| bytes).sum();
            let last = went.last().unwrap().0;
            // And it is used: the last byte goes no later than it must.
            prop_assert!(last.as_secs_f64() <= now.as_secs_f64() + f64::from(all) / bytes_per_s + 0.001);
        }
    }

    #[test]
    fn without_a_limit_nothing_waits() {
        for mbps in [None, Some(0)] {
            let pace = Pace::of(mbps);
            assert!((0..100).all(|_| pace.wait(1 << 30).is_zero()));
        }
    }
}
