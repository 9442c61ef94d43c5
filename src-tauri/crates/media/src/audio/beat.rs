//! Progress that is also the sign of life.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use crate::{
    task::Progress,
    types::{MediaCode, MediaError},
};

/// How often the engine hears of a programme at work.
pub(super) const INTERVAL: Duration = Duration::from_millis(100);

/// Reports at most once an interval, however often it is asked.
pub(super) struct Beat<'a> {
    report: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    interval: Duration,
    last: Option<Instant>,
    done: u64,
    pass: u64,
    passes: u64,
    length: u64,
}

impl<'a> Beat<'a> {
    pub(super) fn new(
        report: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
        passes: u64,
        interval: Duration,
    ) -> Self {
        Self { report, interval, last: None, done: 0, pass: 0, passes, length: 0 }
    }

    /// One pass takes so many ms.
    pub(super) fn expect(&mut self, ms: u64) {
        self.length = ms;
    }

    /// The next pass begins; more than planned make the way longer.
    pub(super) fn next_pass(&mut self) {
        self.pass += 1;
        self.passes = self.passes.max(self.pass + 1);
        self.done = 0;
    }

    /// So many ms of this pass are done.
    pub(super) fn reached(&mut self, ms: u64) -> Result<(), MediaError> {
        self.done = self.done.max(if self.length > 0 { ms.min(self.length) } else { ms });
        self.alive()
    }

    /// Still at work.
    pub(super) fn alive(&mut self) -> Result<(), MediaError> {
        if self.last.is_some_and(|last| last.elapsed() < self.interval) {
            return Ok(());
        }
        self.last = Some(Instant::now());
        let progress =
            Progress { done: self.pass * self.length + self.done, total: self.passes * self.length };
        match (self.report)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(MediaError::new(MediaCode::Cancelled, "stopped on request")),
        }
    }
}
