//! Rows of steps, what they need, and their tries.

use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

use super::{
    JobKey, Tx,
    codec::{Json, Text, Word},
};
use crate::{
    error::EngineError,
    model::{JobId, StepKind, StepState},
    steps::{StepInput, StepOutput},
};

/// Tries of a clear step that somebody who waits for the end of all work waits for.
pub(super) const CLEAR_AWAITED: u32 = 3;

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
    /// Objects on their way to and from the cloud.
    Transfer,
    /// Work that somebody else does: no thread of this machine.
    Remote,
}

impl Lane {
    pub(crate) const ALL: [Self; 5] = [Self::Place, Self::Hash, Self::Transfer, Self::Remote, Self::Encode];

    pub(crate) fn of(kind: StepKind) -> Self {
        match kind {
            StepKind::Inspect | StepKind::Segment | StepKind::Audio | StepKind::Stitch | StepKind::Verify => {
                Self::Encode
            }
            StepKind::Hash => Self::Hash,
            StepKind::Upload | StepKind::Download | StepKind::Clear => Self::Transfer,
            StepKind::Deliver | StepKind::Tidy => Self::Place,
        }
    }
}

/// Among the ready steps of one job, lower goes first.
fn rank(kind: StepKind) -> u8 {
    match kind {
        StepKind::Inspect | StepKind::Hash | StepKind::Deliver | StepKind::Download => 0,
        StepKind::Audio | StepKind::Tidy | StepKind::Upload => 1,
        StepKind::Segment => 2,
        StepKind::Stitch => 3,
        StepKind::Verify => 4,
        StepKind::Clear => 5,
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
    pub(crate) lane: Lane,
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
    pub(crate) lane: Lane,
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
                Word(step.lane),
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

    /// Whether the step is still in this claim's hands; if not, its result is to be dropped.
    pub(crate) fn holds(&self, claim: &Claim) -> Result<bool, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT 1 FROM step WHERE job = ?1 AND ord = ?2 AND state = 'running' AND claim = ?3 AND attempt = ?4",
        )?;
        Ok(statement.exists(params![claim.job.num, claim.ord, claim.id, claim.attempt])?)
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

    /// When the next waiting step is due, other than those that wait for space.
    pub(crate) fn next_due(&self) -> Result<Option<i64>, EngineError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT min(due_ms) FROM step s WHERE state = 'waiting'
                 AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.job = s.job AND h.ord = s.ord)",
            )?
            .query_row([], |row| row.get(0))?)
    }

    /// Whether anything can be done now or later without somebody's wish.
    pub(crate) fn work_left(&self) -> Result<bool, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT 1 FROM step s JOIN job j ON j.num = s.job
             WHERE s.state IN ('ready', 'running', 'waiting') AND (j.wish = 'run' OR j.ended_ms IS NOT NULL)
             AND NOT (s.kind = 'clear' AND s.state = 'waiting' AND s.attempt >= ?1) LIMIT 1",
        )?;
        Ok(statement.exists([CLEAR_AWAITED])?)
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

    /// Whether the removal of what a job has in the cloud is about to happen, or was not tried often enough to doubt
    /// that it will.
    pub(crate) fn clears_soon(&self, job: i64) -> Result<bool, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT 1 FROM step WHERE job = ?1 AND kind = 'clear' AND state IN ('ready', 'running', 'waiting')
             AND attempt < ?2",
        )?;
        Ok(statement.exists(params![job, CLEAR_AWAITED])?)
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

    /// The finished steps that a step needs, with their results; of these kinds only.
    pub(crate) fn done_needs(
        &self,
        job: i64,
        ord: u32,
        kinds: &[StepKind],
    ) -> Result<Vec<Done>, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT s.ord, s.kind, s.input, s.output FROM need n
             JOIN step s ON s.job = n.job AND s.ord = n.needs AND s.state = 'done'
             WHERE n.job = ?1 AND n.ord = ?2 AND s.kind IN (SELECT value FROM json_each(?3)) ORDER BY s.ord",
        )?;
        let rows = statement.query_map(params![job, ord, Json(kinds)], |row| {
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
}

pub(super) fn claim(row: &Row<'_>) -> rusqlite::Result<Claim> {
    Ok(Claim {
        job: JobKey { num: row.get("num")?, id: row.get::<_, Text<JobId>>("id")?.0 },
        ord: row.get("ord")?,
        kind: row.get::<_, Word<StepKind>>("kind")?.0,
        label: row.get("label")?,
        input: row.get::<_, Json<StepInput>>("input")?.0,
        lane: row.get::<_, Word<Lane>>("lane")?.0,
        attempt: row.get("attempt")?,
        id: row.get::<_, Option<i64>>("claim")?.unwrap_or(0),
        interrupted: row.get("interrupted")?,
    })
}
