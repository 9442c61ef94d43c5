//! The queue page: what is on it, and in which order.

use super::Engine;
use crate::{
    db::{self, Tx},
    error::EngineError,
    live::{Hold, LiveJob, Snapshot},
    model::{EventBody, JobId},
    order,
};

impl Engine {
    /// Everything on the queue page at one moment: journal entry and rows agree.
    ///
    /// # Errors
    /// Those of the database.
    pub fn snapshot(&self) -> Result<Snapshot, EngineError> {
        let now_ms = self.clock.now_ms();
        db::at_once(&self.lock(), |sql| db::snapshot(sql, now_ms))
    }

    /// Why no new job is begun, where that is so.
    ///
    /// # Errors
    /// Those of the database.
    pub fn hold(&self) -> Result<Option<Hold>, EngineError> {
        db::hold(&self.lock())
    }

    /// A job as the queue page shows it.
    ///
    /// # Errors
    /// [`EngineError::NoSuchJob`], and those of the database.
    pub fn live_job(&self, id: JobId) -> Result<LiveJob, EngineError> {
        db::at_once(&self.lock(), |sql| db::live_job(sql, id))
    }

    /// Takes an ended job off the queue page; the history keeps it.
    ///
    /// # Errors
    /// [`EngineError::NotPossible`] when it has not ended, and those of the database.
    pub fn dismiss(&self, id: JobId) -> Result<(), EngineError> {
        self.write(|tx| {
            let job = tx.job_by_id(id)?;
            if !job.state.ended() {
                let why = "only a job that has ended can be taken off the queue page";
                return Err(EngineError::NotPossible { id, state: job.state, why });
            }
            tx.dismiss(job.key)?;
            Ok(())
        })
    }

    /// Moves jobs, in the order given, directly before another one, or to the end of the queue. What of
    /// them runs goes on; the order decides whose steps are started next.
    ///
    /// # Errors
    /// [`EngineError::NotPossible`] when one of them has ended, [`EngineError::NoSuchJob`], and those of
    /// the database.
    pub fn move_jobs(&self, jobs: &[JobId], before: Option<JobId>) -> Result<(), EngineError> {
        self.write(|tx| {
            let queue = tx.queue()?;
            for id in jobs.iter().chain(&before) {
                if !queue.iter().any(|place| place.key.id == *id) {
                    return Err(not_in_queue(tx, *id)?);
                }
            }
            let wanted = order::reordered(&queue, jobs, before);
            if wanted.iter().map(|place| place.key).eq(queue.iter().map(|place| place.key)) {
                return Ok(());
            }
            for place in order::changes(&wanted, jobs) {
                tx.set_priority(place.key.num, place.priority)?;
            }
            tell_moved(tx, &wanted, jobs)
        })
    }
}

/// Entries that, one after another, bring any window to the new order: the last job first, so that each
/// goes before one that stands where it belongs, and nothing moves where the order is there already.
fn tell_moved(tx: &Tx<'_>, wanted: &[order::Place], jobs: &[JobId]) -> Result<(), EngineError> {
    let mut before = None;
    for place in wanted.iter().rev() {
        if jobs.contains(&place.key.id) {
            tx.tell(place.key.id, &EventBody::Moved { before })?;
        }
        before = Some(place.key.id);
    }
    Ok(())
}

fn not_in_queue(tx: &Tx<'_>, id: JobId) -> Result<EngineError, EngineError> {
    let job = tx.job_by_id(id)?;
    let why = "it has ended and stands in the queue no more";
    Ok(EngineError::NotPossible { id, state: job.state, why })
}
