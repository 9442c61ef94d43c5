//! Work beside the queue, each with a thread of its own for as long as the queue is run here: watched folders,
//! messages to others, and what is done in the cloud.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    time::Duration,
};

use spillway_media::task::Progress;

use super::Wake;
use crate::{clock::Clock, error::EngineError, steps::Performed};

/// Longest sleep with nothing due: whoever has news rings.
const LONGEST: Duration = Duration::from_hours(1);

/// Pause after a failure, in ms: doubles from the first to the longest.
const FIRST_PAUSE_MS: i64 = 1_000;
const LONGEST_PAUSE_MS: i64 = 60_000;

/// What the runner holds of it.
pub(super) struct Beside {
    line: Sender<()>,
    idle: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
}

impl Beside {
    /// Something in the database changed.
    pub(super) fn ring(&self) {
        // Whoever is through already needs no news.
        let _ = self.line.send(());
    }

    /// It is to end.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        self.ring();
    }

    /// Whether it has nothing to do now that ends by itself soon.
    pub(super) fn is_idle(&self) -> bool {
        self.idle.load(Ordering::SeqCst)
    }
}

/// What the work itself holds.
pub(crate) struct Shift {
    line: Sender<()>,
    calls: Receiver<()>,
    idle: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    runner: Sender<Wake>,
    /// The engine ends when nothing is left to do.
    pub(crate) until_idle: bool,
}

/// Both ends; busy at first.
pub(super) fn shift(runner: Sender<Wake>, until_idle: bool) -> (Beside, Shift) {
    let (line, calls) = mpsc::channel();
    let (idle, stop) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let beside = Beside { line: line.clone(), idle: Arc::clone(&idle), stop: Arc::clone(&stop) };
    (beside, Shift { line, calls, idle, stop, runner, until_idle })
}

impl Shift {
    /// Sleeps until the database changed, one of its own threads rang, or something is due (ms UTC).
    pub(crate) fn wait(&self, clock: &dyn Clock, due_ms: Option<i64>) {
        if self.stopping() {
            return;
        }
        // Whoever holds the other end rings; a lost line ends the sleep, too.
        let _ = self.calls.recv_timeout(clock.patience(due_ms, true, LONGEST));
        while self.calls.try_recv().is_ok() {}
    }

    /// For threads of its own, to end its sleep.
    pub(crate) fn line(&self) -> Sender<()> {
        self.line.clone()
    }

    /// Whether it is to end.
    pub(crate) fn stopping(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Does the work until it is to end; when it fails or panics, again after a while that grows.
    pub(super) fn keep_up(
        &self,
        name: &str,
        clock: &dyn Clock,
        mut attend: impl FnMut() -> Result<(), EngineError>,
    ) {
        let mut pause_ms = FIRST_PAUSE_MS;
        while !self.stopping() {
            let began = clock.steady_ms();
            match catch_unwind(AssertUnwindSafe(&mut attend)) {
                Ok(Ok(())) => break,
                Ok(Err(error)) => tracing::error!(%error, work = name, "work beside the queue failed"),
                Err(_) => tracing::error!(work = name, "work beside the queue panicked"),
            }
            // Nobody waits for what cannot be done.
            self.set_idle(true);
            if clock.steady_ms() - began > LONGEST_PAUSE_MS {
                pause_ms = FIRST_PAUSE_MS;
            }
            let until = clock.now_ms().saturating_add(pause_ms);
            while !self.stopping() && clock.now_ms() < until {
                self.wait(clock, Some(until));
            }
            pause_ms = (pause_ms * 2).min(LONGEST_PAUSE_MS);
        }
        self.set_idle(true);
    }

    /// A step that was in its hands is over.
    pub(crate) fn ended(&self, claim: i64, performed: Performed) {
        // The runner outlives it.
        let _ = self.runner.send(Wake::Ended { claim, performed: Box::new(performed) });
    }

    /// A step in its hands got further.
    pub(crate) fn progressed(&self, claim: i64, progress: Progress) {
        // Progress that nobody takes is lost on purpose.
        let _ = self.runner.send(Wake::Progress { claim, progress });
    }

    /// Says whether there is nothing to do now that ends by itself soon. To be said busy before work is written
    /// down, and idle after.
    pub(crate) fn set_idle(&self, idle: bool) {
        if self.idle.swap(idle, Ordering::SeqCst) != idle {
            // The runner outlives it.
            let _ = self.runner.send(Wake::Rung);
        }
    }
}
