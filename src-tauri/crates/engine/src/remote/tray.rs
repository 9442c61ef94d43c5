//! What the runner has handed to the desk and not yet got back.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::steps::Brief;

/// A segment that is to be encoded elsewhere. It is in the runner's books as running until the desk says how it
/// ended.
#[derive(Debug, Clone)]
pub(crate) struct Assignment {
    pub(crate) brief: Arc<Brief>,
    /// It is to be left alone: what was handed in goes on there, and is taken up again later.
    pub(crate) cancel: Arc<AtomicBool>,
}

impl Assignment {
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }
}

/// By claim. Outlives a desk that fails.
#[derive(Debug, Default)]
pub(crate) struct Tray {
    held: Mutex<BTreeMap<i64, Assignment>>,
}

impl Tray {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<i64, Assignment>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn put(&self, assignment: Assignment) {
        self.lock().insert(assignment.brief.claim.id, assignment);
    }

    pub(crate) fn take(&self, claim: i64) -> Option<Assignment> {
        self.lock().remove(&claim)
    }

    /// Those with a higher claim than `last`, lowest first.
    pub(crate) fn after(&self, last: i64) -> Vec<Assignment> {
        self.lock().range(last.saturating_add(1)..).map(|(_, assignment)| assignment.clone()).collect()
    }
}
