//! The engine as the shells see it.

mod look;
mod wish;

use std::sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicBool};

use rusqlite::Connection;

use crate::{
    Config,
    clock::{Chance, Clock, SystemChance, SystemClock},
    craft::Workers,
    db::{self, Tx},
    error::EngineError,
    fault::Faults,
    model::{Event, Feed, JobDetail, JobFilter, JobId, JobView, SubmitRequest},
    run::{self, Tools, Until},
    steps::Craft,
    submit,
};

/// A data folder opened. Any number of processes may have it open; one of them runs the queue.
pub struct Engine {
    config: Config,
    /// For requests; the runner has a connection of its own.
    connection: Mutex<Connection>,
    craft: Box<dyn Craft>,
    clock: Box<dyn Clock>,
    chance: Box<dyn Chance>,
    faults: Faults,
}

impl Engine {
    /// Opens the data folder, making or migrating its database where needed. Takes no lock.
    ///
    /// # Errors
    /// [`EngineError::Newer`] when a newer Spillway wrote it; otherwise those of file system and database.
    pub fn open(config: Config) -> Result<Self, EngineError> {
        let craft = Workers { supervisor: config.supervisor.clone() };
        Self::with(config, Box::new(craft), Box::new(SystemClock), Box::new(SystemChance))
    }

    /// As [`Engine::open`], with other hands, clock and dice.
    pub(crate) fn with(
        config: Config,
        craft: Box<dyn Craft>,
        clock: Box<dyn Clock>,
        chance: Box<dyn Chance>,
    ) -> Result<Self, EngineError> {
        let connection = Mutex::new(db::open(&config.data_dir)?);
        let faults = Faults::new(config.fault.clone());
        Ok(Self { config, connection, craft, clock, chance, faults })
    }

    /// Makes a job of every source and profile, in one transaction, with the names of the outputs
    /// reserved. A job that cannot be accepted is made as a failed one, so that the others go on.
    ///
    /// # Errors
    /// Those of the database.
    pub fn submit(&self, request: SubmitRequest) -> Result<Vec<JobId>, EngineError> {
        self.write(|tx| submit::submit(tx, request))
    }

    /// Runs the queue on this thread until what `until` says, or until `stop` becomes true. Everything
    /// that happens in the data folder meanwhile goes to `feed`, whichever process causes it.
    ///
    /// # Errors
    /// [`EngineError::AlreadyRunning`] when another process runs it; otherwise those of file system and
    /// database. What goes wrong with a job is no error here.
    #[allow(clippy::needless_pass_by_value, reason = "a request: whoever makes it has no further use for it")]
    pub fn run(
        &self,
        until: Until,
        stop: &AtomicBool,
        feed: &mut dyn FnMut(&Feed),
    ) -> Result<(), EngineError> {
        run::run(&self.tools(), &until, false, stop, feed)
    }

    /// Journal entries after `seq`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn events_after(&self, seq: i64, limit: u32) -> Result<Vec<Event>, EngineError> {
        db::events_after(&self.lock(), seq, limit)
    }

    /// Sequence number of the newest journal entry; 0 when there is none.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_seq(&self) -> Result<i64, EngineError> {
        db::last_seq(&self.lock())
    }

    /// Jobs, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn jobs(&self, filter: &JobFilter) -> Result<Vec<JobView>, EngineError> {
        db::list(&self.lock(), filter)
    }

    /// A job with everything about it.
    ///
    /// # Errors
    /// [`EngineError::NoSuchJob`], and those of the database.
    pub fn job(&self, id: JobId) -> Result<JobDetail, EngineError> {
        db::detail(&self.lock(), id)
    }

    /// A job by its id, or by a beginning or end of it that no other job has.
    ///
    /// # Errors
    /// [`EngineError::NoSuchJob`] and [`EngineError::Ambiguous`], and those of the database.
    pub fn find_job(&self, text: &str) -> Result<JobId, EngineError> {
        db::find_job(&self.lock(), text)
    }

    /// Paths and limits.
    pub fn config(&self) -> &Config {
        &self.config
    }

    fn tools(&self) -> Tools<'_> {
        Tools {
            config: &self.config,
            craft: self.craft.as_ref(),
            clock: self.clock.as_ref(),
            chance: self.chance.as_ref(),
            faults: &self.faults,
        }
    }

    /// A transaction that was open during a panic was rolled back: the connection is as good as new.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, EngineError>) -> Result<T, EngineError> {
        let mut connection = self.lock();
        let tx = Tx::begin(&mut connection, self.clock.now_ms())?;
        let result = work(&tx)?;
        tx.commit()?;
        Ok(result)
    }
}
