//! The engine that is in place now: another one takes its place when its limits change.

use std::sync::{Arc, PoisonError, RwLock};

use spillway_engine::{
    Engine, EngineError,
    live::{Hold, JobForecast, LiveJob, Snapshot},
    model::JobId,
};

use crate::feed::Source;

/// See the module.
#[derive(Clone)]
pub struct Seat(Arc<RwLock<Arc<Engine>>>);

impl Seat {
    /// With this engine in place.
    pub fn new(engine: Engine) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(engine))))
    }

    /// The engine in place.
    pub fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another one in its place.
    pub(crate) fn put(&self, engine: Engine) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(engine);
    }
}

impl Source for Seat {
    fn snapshot(&self) -> Result<Snapshot, EngineError> {
        self.engine().snapshot()
    }

    fn live_job(&self, id: JobId) -> Result<LiveJob, EngineError> {
        self.engine().live_job(id)
    }

    fn forecast(&self) -> Result<Vec<JobForecast>, EngineError> {
        self.engine().forecast()
    }

    fn hold(&self) -> Result<Option<Hold>, EngineError> {
        self.engine().hold()
    }
}
