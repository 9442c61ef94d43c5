//! What people want of existing jobs: pause, cancel, retry, remove.

use std::sync::atomic::AtomicBool;

use super::Engine;
use crate::{
    db::{JobRow, Tx},
    error::EngineError,
    files,
    model::{JobId, JobState, StepState, Wish},
    outbox,
    run::{Errand, Until, mend, settle},
    steps::{StepInput, source::Identity, work},
    submit::{self, names},
    transition::JobEvent,
};

impl Engine {
    /// Writes down what is wanted of a job; whoever runs the queue acts on it at once in
    /// this process, in half a second in others.
    /// A cancellation is carried out here and now when nobody runs the queue.
    ///
    /// # Errors
    /// [`EngineError::NotPossible`] when the job has ended, and those of the database.
    pub fn wish(&self, id: JobId, wish: Wish) -> Result<(), EngineError> {
        self.write(|tx| {
            let job = tx.job_by_id(id)?;
            if job.state.ended() {
                let why = "it has ended, there is nothing to pause, resume or cancel";
                return Err(EngineError::NotPossible { id, state: job.state, why });
            }
            if job.wish == wish { Ok(()) } else { tx.set_wish(job.key, wish) }
        })?;
        if wish != Wish::Cancel {
            return Ok(());
        }
        let only_this = Until::Jobs(vec![id]);
        match self.run_now(&Errand { until: &only_this, only: true }, &AtomicBool::new(false), &mut |_| {}) {
            Ok(()) | Err(EngineError::AlreadyRunning) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Takes a failed job up again. It resumes: finished segments are checked and kept, tries start
    /// from one. A job whose source has changed starts over with the new version.
    ///
    /// # Errors
    /// [`EngineError::NotPossible`] when the job has not failed, [`EngineError::Refused`] when the reason
    /// is still there, and those of the database.
    pub fn retry(&self, id: JobId) -> Result<(), EngineError> {
        let (parts, outputs) = self.write(|tx| {
            let job = failed(tx, id)?;
            // From here on nobody removes files behind the checks.
            for (ord, _, _, input) in tx.states(job.key.num)? {
                if input == StepInput::Remains {
                    tx.delete_step(job.key.num, ord)?;
                }
            }
            Ok((tx.parts(job.key.num)?, tx.outputs(job.key.num)?))
        })?;
        let lost = work::lost(&parts);
        let lost_outputs = mend::lost_outputs(&outputs);
        let retried = self.write(|tx| {
            let job = failed(tx, id)?;
            let now = Identity::of(&job.source).map_err(EngineError::Refused)?;
            if job.identity != Some(now) || tx.states(job.key.num)?.is_empty() {
                start_over(tx, &job, now)?;
            } else {
                resume(tx, &job, &lost, &lost_outputs)?;
            }
            if job.wish != Wish::Run {
                tx.set_wish(job.key, Wish::Run)?;
            }
            tx.move_job(job.key, JobEvent::Retried, None)?;
            tx.tell_place(job.key)
        });
        if retried.is_err() {
            // It stays failed: what nobody needs is removed after all.
            self.write(|tx| settle::rest(tx, tx.job_by_id(id)?.key))?;
        }
        retried
    }

    /// Removes a job from the list, with its work data. What was delivered stays where it is.
    ///
    /// # Errors
    /// [`EngineError::NotPossible`] while it runs, and those of file system and database.
    pub fn remove(&self, id: JobId) -> Result<(), EngineError> {
        self.write(|tx| {
            let job = tx.job_by_id(id)?;
            if job.state == JobState::Running || tx.any_running(job.key.num)? {
                let why = "cancel it first";
                return Err(EngineError::NotPossible { id, state: job.state, why });
            }
            if tx.clears_soon(job.key.num)? {
                let why = "what it has in the cloud is still being removed; try again in a moment";
                return Err(EngineError::NotPossible { id, state: job.state, why });
            }
            for stray in work::strays(&tx.outputs(job.key.num)?) {
                files::remove(stray).map_err(EngineError::io(stray))?;
            }
            let folder = work::Folder::of(&self.config.work_dir, id, job.tier);
            files::remove(folder.job()).map_err(EngineError::io(folder.job()))?;
            // Others are told of what it was before nothing is known of it any more.
            outbox::fan_out_all(tx)?;
            tx.delete_job(job.key)
        })
    }
}

fn failed(tx: &Tx<'_>, id: JobId) -> Result<JobRow, EngineError> {
    let job = tx.job_by_id(id)?;
    let not = |why| Err(EngineError::NotPossible { id, state: job.state, why });
    if job.state != JobState::Failed {
        return not("only a failed job can be taken up again");
    }
    if tx.any_running(job.key.num)? {
        return not("it is still being wound up; try again in a moment");
    }
    Ok(job)
}

/// As if it were submitted anew, under its old name.
fn start_over(tx: &Tx<'_>, job: &JobRow, identity: Identity) -> Result<(), EngineError> {
    let placed = tx.outputs(job.key.num)?.into_iter().any(|row| row.state == crate::db::OutputState::Placed);
    if placed {
        let why =
            "the source has changed and a part is delivered already; submit the new version as a new job";
        return Err(EngineError::NotPossible { id: job.key.id, state: job.state, why });
    }
    for stray in work::strays(&tx.outputs(job.key.num)?) {
        files::remove(stray).map_err(EngineError::io(stray))?;
    }
    tx.abandon_remote(job.key.num, None)?;
    tx.set_against_cloud(job.key.num, None)?;
    tx.delete_steps_from(job.key.num, 0)?;
    tx.delete_outputs(job.key.num)?;
    tx.set_plan(job.key.num, 0, None)?;
    submit::accept(tx, job.key, &names::Seed::of(job), &Ok(identity), job.priority)?
        .map_err(EngineError::Refused)
}

fn resume(tx: &Tx<'_>, job: &JobRow, lost: &[u32], lost_outputs: &[u32]) -> Result<(), EngineError> {
    if let Some(path) = tx.reclaim_names(job.key.num)? {
        return Err(EngineError::Refused(Box::new(names::taken(&job.source, &path))));
    }
    tx.forgive(job.key.num)?;
    for (ord, _, state, _) in tx.states(job.key.num)? {
        if state == StepState::Failed {
            tx.reopen(job.key, ord, None)?;
        }
    }
    mend::remake_chunks(tx, job)?;
    if !mend::remake_parts(tx, job, lost)? {
        mend::remake_outputs(tx, job, lost_outputs)?;
    }
    tx.unblock(job.key, None)
}
