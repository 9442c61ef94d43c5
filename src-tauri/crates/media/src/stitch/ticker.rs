//! Progress reports that are also the heartbeat and the way to be stopped.

use std::ops::ControlFlow;

use crate::{
    task::Progress,
    types::{MediaCode, MediaError},
};

/// How often counted work is reported.
const EVERY: u64 = 64;

/// Counts work and reports it.
pub(crate) struct Ticker<'a> {
    progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    done: u64,
    total: u64,
    calls: u64,
}

impl<'a> Ticker<'a> {
    /// A count from 0 to a total that is not known yet.
    pub(crate) fn new(progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>) -> Self {
        Self { progress, done: 0, total: 0, calls: 0 }
    }

    /// The total is known now.
    pub(crate) fn expect(&mut self, total: u64) {
        self.total = total;
    }

    /// One unit is done.
    pub(crate) fn step(&mut self) -> Result<(), MediaError> {
        self.done += 1;
        self.alive()
    }

    /// Work goes on that is not counted; reports now and then.
    pub(crate) fn alive(&mut self) -> Result<(), MediaError> {
        self.calls += 1;
        if self.calls.is_multiple_of(EVERY) { self.report() } else { Ok(()) }
    }

    /// Reports now.
    pub(crate) fn report(&mut self) -> Result<(), MediaError> {
        match (self.progress)(Progress { done: self.done, total: self.total }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(MediaError::new(MediaCode::Cancelled, "stopped")),
        }
    }
}
