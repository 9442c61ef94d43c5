//! Sees to it that the queue is worked through: here, or by another process, which is watched until it
//! goes.

use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::Engine;
use crate::{
    db,
    error::EngineError,
    feed::Pump,
    live::Runner,
    lock::Lock,
    model::{Feed, Heard},
    run::{self, Errand, Until},
};

impl Engine {
    /// Runs the queue on this thread, or watches the process that does and takes over when it goes, until
    /// `stop` becomes true ([`Engine::wake`] makes it seen at once). Tells `hear` who works through the
    /// queue on each change, every journal entry after `after` once and in order, and, while the queue is
    /// run here, the progress of steps.
    ///
    /// # Errors
    /// Those of file system and database. What goes wrong with a job is no error here.
    pub fn follow(
        &self,
        after: i64,
        stop: &AtomicBool,
        hear: &mut dyn FnMut(Heard<'_>),
    ) -> Result<(), EngineError> {
        self.follow_until(&Until::Stopped, after, stop, hear)
    }

    /// As [`Engine::follow`], until what `until` says, whoever reaches it.
    ///
    /// # Errors
    /// Those of file system and database. What goes wrong with a job is no error here.
    pub fn follow_until(
        &self,
        until: &Until,
        after: i64,
        stop: &AtomicBool,
        hear: &mut dyn FnMut(Heard<'_>),
    ) -> Result<(), EngineError> {
        let mut ears = Ears { hear, runner: None };
        let outcome = self.lead_or_watch(until, after, stop, &mut ears);
        let why = outcome.as_ref().err().map(ToString::to_string);
        ears.runner(Runner::Stopped { why });
        outcome
    }

    /// Wakes whoever follows the queue through this value, so that a stop is seen without delay.
    pub fn wake(&self) {
        self.bell.ring();
    }

    fn lead_or_watch(
        &self,
        until: &Until,
        after: i64,
        stop: &AtomicBool,
        ears: &mut Ears<'_>,
    ) -> Result<(), EngineError> {
        let connection = db::open(&self.config.data_dir)?;
        let mut pump = Pump::after(after);
        let sleeper = self.bell.sleeper();
        let mut seen = None;
        loop {
            match Lock::take(&self.config.data_dir) {
                Ok(lock) => {
                    ears.runner(Runner::Here);
                    let errand = Errand { until, only: false };
                    run::run(&self.tools(), lock, &errand, &mut pump, stop, &mut |feed| ears.feed(feed))?;
                    return pump.pump(&connection, &mut |feed| ears.feed(feed));
                }
                Err(EngineError::AlreadyRunning) => ears.runner(Runner::Elsewhere),
                Err(error) => return Err(error),
            }
            let version = db::data_version(&connection)?;
            let news = seen.replace(version) != Some(version);
            if news {
                pump.pump(&connection, &mut |feed| ears.feed(feed))?;
            }
            if stop.load(Ordering::SeqCst) || news && reached(&connection, until)? {
                return pump.pump(&connection, &mut |feed| ears.feed(feed));
            }
            sleeper.sleep(self.clock.patience(None, !news, self.config.poll));
        }
    }
}

/// Whether there is nothing left to watch for.
fn reached(connection: &Connection, until: &Until) -> Result<bool, EngineError> {
    match until {
        Until::Idle => Ok(!db::anything_left(connection)?),
        Until::Jobs(ids) => Ok(db::unfinished_among(connection, ids)? == 0),
        Until::Stopped => Ok(false),
    }
}

/// Whoever listens, and what they know of the runner.
struct Ears<'a> {
    hear: &'a mut dyn FnMut(Heard<'_>),
    runner: Option<Runner>,
}

impl Ears<'_> {
    fn runner(&mut self, now: Runner) {
        if self.runner.as_ref() != Some(&now) {
            (self.hear)(Heard::Runner(&now));
            self.runner = Some(now);
        }
    }

    fn feed(&mut self, feed: &Feed) {
        (self.hear)(Heard::Feed(feed));
    }
}
