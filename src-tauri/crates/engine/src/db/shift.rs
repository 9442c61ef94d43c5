//! How steps move: the writes behind every arrow of the state machine, each with its journal entry.

use rusqlite::{OptionalExtension, params};

use super::{
    JobKey, Tx,
    codec::{Json, Text, Word},
    step::{AttemptNote, Claim, Lane, claim},
};
use crate::{
    error::EngineError,
    failure::Failure,
    model::{EventBody, JobId, StepKind, StepState},
    steps::StepOutput,
    transition::{self, StepEvent},
};

/// What becomes of the count of tries when a step moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tries {
    Keep,
    OneMore,
    OneLess,
    Zero,
}

/// Everything else that changes when a step moves.
#[derive(Debug, Clone, Copy)]
struct Change<'a> {
    tries: Tries,
    claim: Option<i64>,
    due_ms: Option<i64>,
    failure: Option<&'a Failure>,
}

const PLAIN: Change<'static> = Change { tries: Tries::Keep, claim: None, due_ms: None, failure: None };

impl Tx<'_> {
    /// Takes the first ready step of a lane, of one of the jobs in `focus` if there are any. While a step
    /// waits for space, no job is begun, and none is planned for the first time.
    pub(crate) fn claim(&self, lane: Lane, focus: &[JobId]) -> Result<Option<Claim>, EngineError> {
        self.claim_of(lane, focus, "")
    }

    /// Takes the first source that nobody has looked at, of a job that may go to the cloud.
    pub(crate) fn claim_look(&self, focus: &[JobId]) -> Result<Option<Claim>, EngineError> {
        self.claim_of(
            Lane::of(StepKind::Inspect),
            focus,
            "AND s.kind = 'inspect' AND j.engine_wish <> 'local'",
        )
    }

    fn claim_of(
        &self,
        lane: Lane,
        focus: &[JobId],
        only: &'static str,
    ) -> Result<Option<Claim>, EngineError> {
        let focused = if focus.is_empty() { "" } else { "AND j.id IN (SELECT value FROM json_each(?2))" };
        let sql = format!(
            "SELECT s.*, j.num, j.id, j.state AS job_state FROM step s CROSS JOIN job j ON j.num = s.job
             WHERE s.state = 'ready' AND s.lane = ?1 AND (j.wish = 'run' OR j.ended_ms IS NOT NULL)
             AND ?2 IS NOT NULL {focused} {only}
             AND (j.state <> 'queued' AND (s.kind <> 'inspect' OR EXISTS (
                     SELECT 1 FROM attempt a WHERE a.job = s.job AND a.ord = s.ord))
                 OR NOT EXISTS (SELECT 1 FROM hold h JOIN job w ON w.num = h.job WHERE w.wish = 'run'))
             ORDER BY s.priority DESC, s.job, s.rank, s.weight DESC, s.ord LIMIT 1"
        );
        let found = self
            .sql
            .prepare_cached(&sql)?
            .query_row(params![Word(lane), Json(focus)], |row| {
                let queued = row.get_ref("job_state")?.as_str()? == "queued";
                Ok((claim(row)?, queued))
            })
            .optional()?;
        let Some((mut claim, queued)) = found else { return Ok(None) };
        if queued {
            self.move_job(claim.job, transition::JobEvent::Started, None)?;
        }
        claim.attempt += 1;
        self.sql
            .prepare_cached("INSERT INTO attempt (job, ord, number, started_ms) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![claim.job.num, claim.ord, claim.attempt, self.now_ms])?;
        claim.id = self.sql.last_insert_rowid();
        let change = Change { tries: Tries::OneMore, claim: Some(claim.id), ..PLAIN };
        self.shift(claim.job, claim.ord, StepEvent::Claimed, &change)?;
        Ok(Some(claim))
    }

    /// The work succeeded.
    pub(crate) fn finish(&self, claim: &Claim, output: &StepOutput) -> Result<(), EngineError> {
        self.end_attempt(claim, AttemptNote::Done, None)?;
        self.sql
            .prepare_cached("UPDATE step SET output = ?3 WHERE job = ?1 AND ord = ?2")?
            .execute(params![claim.job.num, claim.ord, Json(output)])?;
        self.shift(claim.job, claim.ord, StepEvent::Finished, &PLAIN)?;
        self.unblock(claim.job, Some(claim.ord))
    }

    /// The try failed and the next one is due later.
    pub(crate) fn defer(&self, claim: &Claim, failure: &Failure, due_ms: i64) -> Result<(), EngineError> {
        self.end_attempt(claim, AttemptNote::Failed, Some(failure))?;
        let change = Change { due_ms: Some(due_ms), failure: Some(failure), ..PLAIN };
        self.shift(claim.job, claim.ord, StepEvent::Deferred, &change)
    }

    /// The try came to nothing for lack of something outside: it does not count.
    pub(crate) fn defer_uncounted(
        &self,
        claim: &Claim,
        failure: &Failure,
        due_ms: i64,
    ) -> Result<(), EngineError> {
        self.end_attempt(claim, AttemptNote::Failed, Some(failure))?;
        let change = Change { tries: Tries::OneLess, due_ms: Some(due_ms), failure: Some(failure), ..PLAIN };
        self.shift(claim.job, claim.ord, StepEvent::Deferred, &change)
    }

    /// A waiting step need not wait any longer.
    pub(super) fn wake(&self, key: JobKey, ord: u32) -> Result<(), EngineError> {
        self.shift(key, ord, StepEvent::Due, &PLAIN)
    }

    /// The step failed for good.
    pub(crate) fn fail(&self, claim: &Claim, failure: &Failure) -> Result<(), EngineError> {
        self.end_attempt(claim, AttemptNote::Failed, Some(failure))?;
        self.shift(claim.job, claim.ord, StepEvent::Failed, &Change { failure: Some(failure), ..PLAIN })
    }

    /// The try was stopped on purpose, or its engine died: it does not count.
    pub(crate) fn give_back(&self, claim: &Claim, note: AttemptNote) -> Result<(), EngineError> {
        self.end_attempt(claim, note, None)?;
        self.shift(claim.job, claim.ord, StepEvent::GivenBack, &Change { tries: Tries::OneLess, ..PLAIN })
    }

    /// The engine died during the step: remembered, and the try given back while `forgiven`.
    pub(crate) fn interrupt(&self, claim: &Claim, forgiven: bool) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE step SET interrupted = interrupted + 1 WHERE job = ?1 AND ord = ?2")?
            .execute(params![claim.job.num, claim.ord])?;
        if forgiven {
            return self.give_back(claim, AttemptNote::Interrupted);
        }
        self.end_attempt(claim, AttemptNote::Interrupted, None)?;
        self.shift(claim.job, claim.ord, StepEvent::GivenBack, &PLAIN)
    }

    /// The step must wait until what it needs is made again.
    pub(crate) fn hold(&self, key: JobKey, ord: u32) -> Result<(), EngineError> {
        self.shift(key, ord, StepEvent::Held, &PLAIN)
    }

    /// A running step must wait until what it needs is made again; the try counts.
    pub(crate) fn hold_claimed(&self, claim: &Claim, failure: &Failure) -> Result<(), EngineError> {
        self.end_attempt(claim, AttemptNote::Failed, Some(failure))?;
        self.shift(claim.job, claim.ord, StepEvent::Held, &Change { failure: Some(failure), ..PLAIN })
    }

    /// A finished or failed step has to be done again.
    pub(crate) fn reopen(&self, key: JobKey, ord: u32, why: Option<&Failure>) -> Result<(), EngineError> {
        self.shift(key, ord, StepEvent::Reopened, &Change { tries: Tries::Zero, failure: why, ..PLAIN })
    }

    /// Forgets the tries of everything that is not done: somebody asked for a fresh start.
    pub(crate) fn forgive(&self, job: i64) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE step SET attempt = 0, interrupted = 0 WHERE job = ?1 AND state <> 'done'",
            )?
            .execute([job])?;
        Ok(())
    }

    /// Moves every step of a job that stands in one of `from`, without an entry for each in the journal:
    /// the entry of the job tells enough.
    pub(crate) fn shift_all(
        &self,
        key: JobKey,
        from: &[StepState],
        event: StepEvent,
    ) -> Result<(), EngineError> {
        for state in from {
            let to = transition::step(*state, event)?;
            self.sql
                .prepare_cached("UPDATE step SET state = ?3, due_ms = NULL WHERE job = ?1 AND state = ?2")?
                .execute(params![key.num, Word(*state), Word(to)])?;
        }
        Ok(())
    }

    /// Makes ready what waits for nothing any more: the dependents of `done`, or of everything.
    pub(crate) fn unblock(&self, key: JobKey, done: Option<u32>) -> Result<(), EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT s.ord FROM step s WHERE s.job = ?1 AND s.state = 'blocked'
             AND (?2 IS NULL OR EXISTS (SELECT 1 FROM need n WHERE n.job = s.job AND n.ord = s.ord AND n.needs = ?2))
             AND NOT EXISTS (
                 SELECT 1 FROM need m JOIN step d ON d.job = m.job AND d.ord = m.needs
                 WHERE m.job = s.job AND m.ord = s.ord AND d.state NOT IN ('done', 'skipped'))
             ORDER BY s.ord",
        )?;
        let ready: Vec<u32> =
            statement.query_map(params![key.num, done], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for ord in ready {
            self.shift(key, ord, StepEvent::Unblocked, &PLAIN)?;
        }
        Ok(())
    }

    /// Ends the waiting of steps whose time has come; those that wait for space go on when there is some.
    pub(crate) fn wake_due(&self) -> Result<(), EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT s.job, j.id, s.ord FROM step s JOIN job j ON j.num = s.job
             WHERE s.state = 'waiting' AND s.due_ms <= ?1
             AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.job = s.job AND h.ord = s.ord)",
        )?;
        let due: Vec<(JobKey, u32)> = statement
            .query_map([self.now_ms], |row| {
                Ok((JobKey { num: row.get(0)?, id: row.get::<_, Text<JobId>>(1)?.0 }, row.get(2)?))
            })?
            .collect::<Result<_, _>>()?;
        for (key, ord) in due {
            self.shift(key, ord, StepEvent::Due, &PLAIN)?;
        }
        Ok(())
    }

    fn end_attempt(
        &self,
        claim: &Claim,
        note: AttemptNote,
        failure: Option<&Failure>,
    ) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE attempt SET ended_ms = ?2, outcome = ?3, failure = ?4 WHERE id = ?1")?
            .execute(params![claim.id, self.now_ms, Word(note), failure.map(Json)])?;
        Ok(())
    }

    /// The one place where a single step changes its state.
    fn shift(&self, key: JobKey, ord: u32, event: StepEvent, change: &Change<'_>) -> Result<(), EngineError> {
        let (from, kind, label, attempt, frames) = self
            .sql
            .prepare_cached(
                "SELECT state, kind, label, attempt, frames FROM step WHERE job = ?1 AND ord = ?2",
            )?
            .query_row(params![key.num, ord], |row| {
                Ok((
                    row.get::<_, Word<StepState>>(0)?.0,
                    row.get::<_, Word<StepKind>>(1)?.0,
                    row.get::<_, String>(2)?,
                    row.get::<_, u32>(3)?,
                    row.get::<_, i64>(4)?.cast_unsigned(),
                ))
            })?;
        let state = transition::step(from, event)?;
        let attempt = match change.tries {
            Tries::Keep => attempt,
            Tries::OneMore => attempt + 1,
            Tries::OneLess => attempt.saturating_sub(1),
            Tries::Zero => 0,
        };
        self.sql
            .prepare_cached(
                "UPDATE step SET state = ?3, attempt = ?4, claim = ?5, due_ms = ?6 WHERE job = ?1 AND ord = ?2",
            )?
            .execute(params![key.num, ord, Word(state), attempt, change.claim, change.due_ms])?;
        let body = EventBody::Step {
            ord,
            kind,
            label,
            state,
            attempt,
            frames,
            failure: change.failure.cloned(),
            due_ms: change.due_ms,
        };
        self.tell(key.id, &body)
    }
}
