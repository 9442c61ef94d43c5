//! Rows of steps, what they need, and their tries.

use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::{
    JobKey, Tx,
    codec::{Json, Text, Word},
};
use crate::{
    error::EngineError,
    failure::Failure,
    model::{EventBody, JobId, StepKind, StepState},
    steps::{StepInput, StepOutput},
    transition::{self, StepEvent},
};

/// What kind of place a step occupies while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Lane {
    /// Work for a worker process: one slot each.
    Encode,
    /// Reading the source for its hash: bound by the disk.
    Hash,
    /// Renaming and removing files.
    Place,
}

impl Lane {
    pub(crate) const ALL: [Self; 3] = [Self::Place, Self::Hash, Self::Encode];

    pub(crate) fn of(kind: StepKind) -> Self {
        match kind {
            StepKind::Inspect | StepKind::Segment | StepKind::Audio | StepKind::Stitch | StepKind::Verify => {
                Self::Encode
            }
            StepKind::Hash => Self::Hash,
            StepKind::Deliver | StepKind::Tidy => Self::Place,
        }
    }
}

/// Among the ready steps of one job, lower goes first.
fn rank(kind: StepKind) -> u8 {
    match kind {
        StepKind::Inspect | StepKind::Hash | StepKind::Deliver => 0,
        StepKind::Audio | StepKind::Tidy => 1,
        StepKind::Segment => 2,
        StepKind::Stitch => 3,
        StepKind::Verify => 4,
    }
}

/// A step to be made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NewStep {
    pub(crate) ord: u32,
    pub(crate) kind: StepKind,
    pub(crate) label: String,
    pub(crate) input: StepInput,
    /// Steps that must be done first; none: ready at once.
    pub(crate) needs: Vec<u32>,
    pub(crate) frames: u64,
    pub(crate) weight: u64,
}

/// A step in the hands of the runner.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Claim {
    pub(crate) job: JobKey,
    pub(crate) ord: u32,
    pub(crate) kind: StepKind,
    pub(crate) label: String,
    pub(crate) input: StepInput,
    /// Tries that count, this one included.
    pub(crate) attempt: u32,
    /// Unique for ever, so that a result of an earlier claim can never pass for this one's.
    pub(crate) id: i64,
    /// Times that the engine ended during this step.
    pub(crate) interrupted: u32,
}

/// A finished step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Done {
    pub(crate) ord: u32,
    pub(crate) kind: StepKind,
    pub(crate) input: StepInput,
    pub(crate) output: StepOutput,
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AttemptNote {
    Done,
    Failed,
    Interrupted,
    Stopped,
}

impl std::fmt::Display for AttemptNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

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
    /// Makes steps; those that need nothing but what is `done` are ready at once.
    pub(crate) fn insert_steps(
        &self,
        job: i64,
        priority: i64,
        steps: &[NewStep],
        done: &[u32],
    ) -> Result<(), EngineError> {
        let mut insert = self.sql.prepare_cached(
            "INSERT INTO step (job, ord, kind, label, state, lane, priority, rank, weight, frames, input)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?;
        let mut need = self.sql.prepare_cached("INSERT INTO need (job, ord, needs) VALUES (?1, ?2, ?3)")?;
        for step in steps {
            let free = step.needs.iter().all(|needed| done.contains(needed));
            let state = if free { StepState::Ready } else { StepState::Blocked };
            insert.execute(params![
                job,
                step.ord,
                Word(step.kind),
                step.label,
                Word(state),
                Word(Lane::of(step.kind)),
                priority,
                rank(step.kind),
                i64::try_from(step.weight).unwrap_or(i64::MAX),
                step.frames.cast_signed(),
                Json(&step.input)
            ])?;
        }
        for step in steps {
            for needed in &step.needs {
                need.execute(params![job, step.ord, needed])?;
            }
        }
        Ok(())
    }

    /// Takes the first ready step of a lane, of one of the jobs in `focus` if there are any.
    pub(crate) fn claim(&self, lane: Lane, focus: &[JobId]) -> Result<Option<Claim>, EngineError> {
        let focused = if focus.is_empty() { "" } else { "AND j.id IN (SELECT value FROM json_each(?2))" };
        let sql = format!(
            "SELECT s.*, j.num, j.id, j.state AS job_state FROM step s CROSS JOIN job j ON j.num = s.job
             WHERE s.state = 'ready' AND s.lane = ?1 AND (j.wish = 'run' OR j.ended_ms IS NOT NULL)
             AND ?2 IS NOT NULL {focused}
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

    /// Whether the step is still in this claim's hands; if not, its result is to be dropped.
    pub(crate) fn holds(&self, claim: &Claim) -> Result<bool, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT 1 FROM step WHERE job = ?1 AND ord = ?2 AND state = 'running' AND claim = ?3 AND attempt = ?4",
        )?;
        Ok(statement.exists(params![claim.job.num, claim.ord, claim.id, claim.attempt])?)
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

    /// States of the steps that need this one.
    pub(crate) fn dependents(&self, job: i64, ord: u32) -> Result<Vec<(u32, StepState)>, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT s.ord, s.state FROM need n JOIN step s ON s.job = n.job AND s.ord = n.ord
             WHERE n.job = ?1 AND n.needs = ?2 ORDER BY s.ord",
        )?;
        let rows =
            statement.query_map(params![job, ord], |row| Ok((row.get(0)?, row.get::<_, Word<_>>(1)?.0)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Steps with their tries, as observers see them.
    pub(crate) fn step_views(&self, job: i64) -> Result<Vec<crate::model::StepView>, EngineError> {
        super::view::steps(&self.sql, job)
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

    /// Ends the waiting of steps whose time has come.
    pub(crate) fn wake_due(&self) -> Result<(), EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT s.job, j.id, s.ord FROM step s JOIN job j ON j.num = s.job
             WHERE s.state = 'waiting' AND s.due_ms <= ?1",
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

    /// When the next waiting step is due.
    pub(crate) fn next_due(&self) -> Result<Option<i64>, EngineError> {
        Ok(self
            .sql
            .prepare_cached("SELECT min(due_ms) FROM step WHERE state = 'waiting'")?
            .query_row([], |row| row.get(0))?)
    }

    /// Whether anything can be done now or later without somebody's wish.
    pub(crate) fn work_left(&self) -> Result<bool, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT 1 FROM step s JOIN job j ON j.num = s.job
             WHERE s.state IN ('ready', 'running', 'waiting') AND (j.wish = 'run' OR j.ended_ms IS NOT NULL) LIMIT 1",
        )?;
        Ok(statement.exists([])?)
    }

    /// Steps that a runner which is no more had in its hands.
    pub(crate) fn running(&self) -> Result<Vec<Claim>, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT s.*, j.num, j.id FROM step s JOIN job j ON j.num = s.job
             WHERE s.state = 'running' ORDER BY s.job, s.ord",
        )?;
        Ok(statement.query_map([], claim)?.collect::<Result<_, _>>()?)
    }

    /// Whether a step of this job is in a runner's hands.
    pub(crate) fn any_running(&self, job: i64) -> Result<bool, EngineError> {
        Ok(self
            .sql
            .prepare_cached("SELECT 1 FROM step WHERE job = ?1 AND state = 'running'")?
            .exists([job])?)
    }

    /// Finished steps of a job with their results.
    pub(crate) fn done(&self, job: i64) -> Result<Vec<Done>, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT ord, kind, input, output FROM step WHERE job = ?1 AND state = 'done' ORDER BY ord",
        )?;
        let rows = statement.query_map([job], |row| {
            Ok(Done {
                ord: row.get("ord")?,
                kind: row.get::<_, Word<StepKind>>("kind")?.0,
                input: row.get::<_, Json<StepInput>>("input")?.0,
                output: row.get::<_, Json<StepOutput>>("output")?.0,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// State and kind of every step, in order.
    pub(crate) fn states(&self, job: i64) -> Result<Vec<(u32, StepKind, StepState, StepInput)>, EngineError> {
        let mut statement = self
            .sql
            .prepare_cached("SELECT ord, kind, state, input FROM step WHERE job = ?1 ORDER BY ord")?;
        let rows = statement.query_map([job], |row| {
            Ok((
                row.get("ord")?,
                row.get::<_, Word<StepKind>>("kind")?.0,
                row.get::<_, Word<StepState>>("state")?.0,
                row.get::<_, Json<StepInput>>("input")?.0,
            ))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Removes the steps from `first` on, with their tries, needs and files.
    pub(crate) fn delete_steps_from(&self, job: i64, first: u32) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("DELETE FROM step WHERE job = ?1 AND ord >= ?2")?
            .execute(params![job, first])?;
        Ok(())
    }

    pub(crate) fn delete_step(&self, job: i64, ord: u32) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("DELETE FROM step WHERE job = ?1 AND ord = ?2")?
            .execute(params![job, ord])?;
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

fn claim(row: &Row<'_>) -> rusqlite::Result<Claim> {
    Ok(Claim {
        job: JobKey { num: row.get("num")?, id: row.get::<_, Text<JobId>>("id")?.0 },
        ord: row.get("ord")?,
        kind: row.get::<_, Word<StepKind>>("kind")?.0,
        label: row.get("label")?,
        input: row.get::<_, Json<StepInput>>("input")?.0,
        attempt: row.get("attempt")?,
        id: row.get::<_, Option<i64>>("claim")?.unwrap_or(0),
        interrupted: row.get("interrupted")?,
    })
}
