//! A loopback server that speaks like AWS Elemental `MediaConvert`: it refuses what the service's published model
//! refuses, keeps jobs and queues, throttles, keeps a bill, fails on demand, and transcodes from S3 to S3 with
//! ffmpeg. What it cannot do as the service does, it refuses with error 1040 that names the setting.

mod admin;
mod auth;
mod bill;
mod clock;
mod faults;
mod files;
mod jobs;
mod model;
mod names;
mod operations;
mod options;
mod queues;
mod reply;
mod rules;
mod server;
mod settings;
mod state;
mod templates;
#[cfg(test)]
mod tests;
mod throttle;
mod transcode;
mod validate;
mod work;

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::runtime::Runtime;

pub use auth::Keys;
pub use bill::{Bill, Line, Made, Resolution};
pub use faults::{Faults, Rule, What, When};
pub use jobs::{JobRecord, Status};
pub use options::{Media, Options, Store};
pub use throttle::{Calls, Count};
pub use validate::Violation;

use state::Shared;

/// Why there is no simulator.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The service's model cannot be read.
    #[error("the model of MediaConvert is not in {place}: {source} (run `make setup-test`)")]
    Model {
        /// Where it was looked for.
        place: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A port, a thread or a folder.
    #[error("the simulator did not start: {0}")]
    Start(#[from] io::Error),
}

/// A running server; it ends with the value.
pub struct Simulator {
    endpoint: String,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

impl Simulator {
    /// Starts one on a free port of loopback.
    ///
    /// # Errors
    /// When the model is not installed, or the machine refuses a port, a thread or a folder.
    pub fn start(options: Options) -> Result<Self, SimulatorError> {
        let shared = Arc::new(Shared::new(options)?);
        let (endpoint, runtime) = server::listen(&shared)?;
        work::start(&shared)?;
        Ok(Self { endpoint, shared, runtime: Some(runtime) })
    }

    /// Its address.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What would be charged so far.
    pub fn bill(&self) -> Bill {
        self.shared.settled().jobs.bill()
    }

    /// All jobs, in the order in which they were accepted.
    pub fn jobs(&self) -> Vec<JobRecord> {
        self.shared.settled().jobs.records()
    }

    /// Calls so far.
    pub fn calls(&self) -> Calls {
        self.shared.settled().throttle.calls()
    }

    /// What goes wrong from now on, in place of what did.
    pub fn set_faults(&self, faults: Faults) {
        self.shared.settled().faults = faults;
    }

    /// Moves its clock on.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
    }

    /// How many seconds its clock shows in a second; it stands at 0.
    pub fn set_speed(&self, speed: f64) {
        self.shared.clock.set_speed(speed);
    }

    /// What its clock shows, seconds since 1970.
    pub fn now(&self) -> f64 {
        self.shared.clock.now()
    }

    /// What a job's request would be refused for; nothing when it would be accepted.
    pub fn violations(&self, request: &Value) -> Vec<Violation> {
        rules::of_job(&self.shared.model, request)
    }

    /// Waits until no job is submitted or progressing, those that faults hold aside; `false` when that took longer.
    pub fn wait_idle(&self, patience: Duration) -> bool {
        self.shared.wait_idle(patience)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.shared.stop();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
