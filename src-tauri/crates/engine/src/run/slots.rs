//! Who is at work: the claims in hand, and how many of each kind there may be.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    Config,
    db::{Claim, Lane},
};

/// Renames and removals that may happen at a time, beside the encoding.
const PLACERS: usize = 2;
/// Uploads and downloads at a time where nothing is set.
const TRANSFERS: usize = 3;
/// Jobs that the cloud has at a time where nothing is set.
const REMOTE_JOBS: usize = 200;

struct Running {
    claim: Claim,
    cancel: Arc<AtomicBool>,
}

/// The claims in hand, by claim id.
pub(super) struct Slots {
    encoders: usize,
    transfers: usize,
    remote: usize,
    running: HashMap<i64, Running>,
    /// Somebody is looking for space.
    pub(super) looking: bool,
}

impl Slots {
    pub(super) fn new(config: &Config) -> Self {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let encoders = if config.workers == 0 { cores() } else { config.workers as usize };
        let count = |set: Option<u32>, usual| set.filter(|set| *set > 0).map_or(usual, |set| set as usize);
        let transfers = count(config.cloud.transfers, TRANSFERS);
        let remote = count(config.cloud.max_jobs, REMOTE_JOBS);
        Self { encoders, transfers, remote, running: HashMap::new(), looking: false }
    }

    /// How many more steps of a lane may start.
    pub(super) fn room(&self, lane: Lane) -> usize {
        let capacity = match lane {
            Lane::Encode => self.encoders,
            Lane::Hash => 1,
            Lane::Place => PLACERS,
            Lane::Transfer => self.transfers,
            Lane::Remote => self.remote,
        };
        let taken = self.running.values().filter(|running| running.claim.lane == lane).count();
        capacity.saturating_sub(taken)
    }

    pub(super) fn take(&mut self, claim: Claim, cancel: Arc<AtomicBool>) {
        self.running.insert(claim.id, Running { claim, cancel });
    }

    pub(super) fn free(&mut self, id: i64) -> Option<Claim> {
        self.running.remove(&id).map(|running| running.claim)
    }

    pub(super) fn claim(&self, id: i64) -> Option<&Claim> {
        self.running.get(&id).map(|running| &running.claim)
    }

    pub(super) fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.running.values().map(|running| &running.claim)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub(super) fn stop(&self, ids: &[i64]) {
        for running in ids.iter().filter_map(|id| self.running.get(id)) {
            running.cancel.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn stop_all(&self) {
        for running in self.running.values() {
            running.cancel.store(true, Ordering::Relaxed);
        }
    }
}
