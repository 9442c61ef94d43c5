//! The engine as the shells see it.

mod account;
mod cloud;
mod follow;
pub(crate) mod forecast;
mod look;
mod outbox;
mod past;
mod picture;
mod queue;
mod report;
mod sheet;
mod watch;
mod wish;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
};

use rusqlite::Connection;

use crate::{
    Config,
    clock::{Chance, Clock, SystemChance, SystemClock},
    craft::Workers,
    db::{self, Tx},
    error::EngineError,
    fault::Faults,
    feed::Pump,
    gate::Gate,
    lock::Lock,
    model::{Event, Feed, JobDetail, JobFilter, JobId, JobView, SubmitRequest},
    outbox::{Carrier, Post},
    remote::{Account, CloudAccess},
    run::{self, Bell, Errand, Tools, Until},
    sheet::looks::{Looks, Seen},
    steps::Craft,
    submit,
    watch::Sight,
};
use forecast::Shapes;

/// Workers for pictures at a time, and as many for looks at files: the queue goes on beside them.
const AT_ONCE: usize = 2;

/// A data folder opened. Any number of processes may have it open; one of them runs the queue.
pub struct Engine {
    config: Config,
    /// For requests; the runner has a connection of its own.
    connection: Mutex<Connection>,
    craft: Arc<dyn Craft>,
    cloud: Arc<dyn CloudAccess>,
    clock: Box<dyn Clock>,
    chance: Box<dyn Chance>,
    faults: Faults,
    /// Carries messages to others.
    post: Arc<dyn Post>,
    /// Wakes whoever in this process works through the queue, or watches.
    bell: Bell,
    /// Still pictures being made.
    stills: Gate<PathBuf>,
    /// Files being looked at, and those that were.
    looking: Gate<Arc<Seen>>,
    looks: Looks,
    shapes: Shapes,
    sight: Sight,
}

impl Engine {
    /// Opens the data folder, making or migrating its database where needed. Takes no lock.
    ///
    /// # Errors
    /// [`EngineError::Newer`] when a newer Spillway wrote it; otherwise those of file system and database.
    pub fn open(config: Config) -> Result<Self, EngineError> {
        let craft = Workers { supervisor: config.supervisor.clone() };
        let engine = Self::with(config, Box::new(craft), Box::new(SystemClock), Box::new(SystemChance))?;
        Ok(Self { sight: Sight::Apart, ..engine })
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
        let cloud: Arc<dyn CloudAccess> = Arc::new(Account::of(&config.cloud));
        Ok(Self {
            config,
            connection,
            craft: Arc::from(craft),
            cloud,
            clock,
            chance,
            faults,
            post: Arc::new(Carrier),
            bell: Bell::default(),
            stills: Gate::new(AT_ONCE),
            looking: Gate::new(AT_ONCE),
            looks: Looks::default(),
            shapes: Shapes::default(),
            // Simulated time must not pass while somebody looks.
            sight: Sight::Here,
        })
    }

    /// With somebody else to carry messages.
    #[cfg(test)]
    pub(crate) fn with_post(self, post: Arc<dyn Post>) -> Self {
        Self { post, ..self }
    }

    /// With another cloud.
    #[cfg(test)]
    pub(crate) fn with_cloud(self, cloud: Arc<dyn CloudAccess>) -> Self {
        Self { cloud, ..self }
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
        self.run_now(&Errand { until: &until, only: false }, stop, feed)
    }

    fn run_now(
        &self,
        errand: &Errand<'_>,
        stop: &AtomicBool,
        feed: &mut dyn FnMut(&Feed),
    ) -> Result<(), EngineError> {
        let lock = Lock::take(&self.config.data_dir)?;
        let mut pump = Pump::from_now(&self.lock())?;
        run::run(&self.tools(), lock, errand, &mut pump, stop, feed)
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

    pub(crate) fn tools(&self) -> Tools<'_> {
        Tools {
            config: &self.config,
            craft: &self.craft,
            cloud: &self.cloud,
            clock: self.clock.as_ref(),
            chance: self.chance.as_ref(),
            faults: &self.faults,
            post: &self.post,
            bell: &self.bell,
            sight: self.sight,
            foresight: self.foresight(),
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
        drop(connection);
        self.bell.ring();
        Ok(result)
    }
}
