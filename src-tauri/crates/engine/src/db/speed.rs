//! What forecasts need: how long finished steps took, and what is left of the queue.

use std::{collections::HashMap, path::PathBuf};

use rusqlite::{Connection, OptionalExtension};
use spillway_profile::Profile;

use super::{
    Tx,
    codec::{Json, Text, Word, path, unsigned},
};
use crate::{
    error::EngineError,
    model::{JobId, StepKind, StepState},
    plan::JobPlan,
    steps::{StepInput, source::Identity},
};

/// A finished try.
#[derive(Debug)]
pub(crate) struct FinishedTry {
    pub(crate) job: JobId,
    pub(crate) profile: String,
    pub(crate) kind: StepKind,
    pub(crate) input: StepInput,
    /// Frames that a segment stands for.
    pub(crate) frames: u64,
    pub(crate) ms: i64,
}

/// A job of the queue with its steps that are not done.
#[derive(Debug)]
pub(crate) struct JobLeft {
    pub(crate) job: JobId,
    pub(crate) profile: String,
    /// A step of it has been started.
    pub(crate) begun: bool,
    /// Its plan is made.
    pub(crate) planned: bool,
    /// The cloud was asked for.
    pub(crate) cloud: bool,
    pub(crate) steps: Vec<StepRow>,
}

/// A step that is not done.
#[derive(Debug)]
pub(crate) struct StepRow {
    pub(crate) kind: StepKind,
    pub(crate) input: StepInput,
    pub(crate) frames: u64,
    /// Since when it runs, ms UTC.
    pub(crate) started_ms: Option<i64>,
    /// When it is due again, ms UTC.
    pub(crate) due_ms: Option<i64>,
}

/// The documents of a job that tell what it asks for.
#[derive(Debug)]
pub(crate) struct Papers {
    pub(crate) source: PathBuf,
    pub(crate) identity: Option<Identity>,
    pub(crate) profile: Profile,
    pub(crate) plan: Option<JobPlan>,
}

/// The last finished tries, newest first, at most `limit`.
pub(crate) fn finished_tries(sql: &Connection, limit: u32) -> Result<Vec<FinishedTry>, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT j.id, j.profile_id, s.kind, s.input, s.frames, a.ended_ms - a.started_ms AS ms
         FROM attempt a
         JOIN step s ON s.job = a.job AND s.ord = a.ord
         JOIN job j ON j.num = a.job
         WHERE a.outcome = 'done' AND s.state = 'done' AND j.plan IS NOT NULL
           AND s.kind NOT IN ('deliver', 'tidy')
         ORDER BY a.id DESC LIMIT ?1",
    )?;
    let rows = statement.query_map([limit], |row| {
        Ok(FinishedTry {
            job: row.get::<_, Text<JobId>>("id")?.0,
            profile: row.get("profile_id")?,
            kind: row.get::<_, Word<StepKind>>("kind")?.0,
            input: row.get::<_, Json<StepInput>>("input")?.0,
            frames: unsigned(row, "frames")?,
            ms: row.get("ms")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Jobs that somebody wants to run, in the order in which the runner takes them.
pub(crate) fn jobs_left(sql: &Connection) -> Result<Vec<JobLeft>, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT num, id, profile_id, state = 'running' AS begun, plan IS NOT NULL AS planned,
           engine_wish = 'cloud' AND against_cloud IS NULL AS cloud FROM job
         WHERE state IN ('queued', 'running') AND wish = 'run' ORDER BY priority DESC, num",
    )?;
    let rows = statement.query_map([], |row| {
        let job = row.get::<_, Text<JobId>>("id")?.0;
        let (begun, planned, cloud) = (row.get("begun")?, row.get("planned")?, row.get("cloud")?);
        let profile = row.get("profile_id")?;
        Ok((row.get("num")?, JobLeft { job, profile, begun, planned, cloud, steps: Vec::new() }))
    })?;
    let mut jobs: Vec<(i64, JobLeft)> = rows.collect::<Result<_, _>>()?;
    let at: HashMap<i64, usize> = jobs.iter().map(|(num, _)| *num).zip(0..).collect();
    let mut statement = sql.prepare_cached(
        "SELECT s.job, s.kind, s.input, s.frames, s.state, s.due_ms, a.started_ms
         FROM job j JOIN step s ON s.job = j.num LEFT JOIN attempt a ON a.id = s.claim
         WHERE j.state IN ('queued', 'running') AND j.wish = 'run'
           AND s.state NOT IN ('done', 'skipped', 'failed')",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let running = row.get::<_, Word<StepState>>("state")?.0 == StepState::Running;
        let step = StepRow {
            kind: row.get::<_, Word<StepKind>>("kind")?.0,
            input: row.get::<_, Json<StepInput>>("input")?.0,
            frames: unsigned(row, "frames")?,
            started_ms: row.get::<_, Option<i64>>("started_ms")?.filter(|_| running),
            due_ms: row.get("due_ms")?,
        };
        if let Some((_, job)) = at.get(&row.get("job")?).and_then(|at| jobs.get_mut(*at)) {
            job.steps.push(step);
        }
    }
    Ok(jobs.into_iter().map(|(_, job)| job).collect())
}

/// The documents of a job; `None`: it is gone.
pub(crate) fn papers(sql: &Connection, job: JobId) -> Result<Option<Papers>, EngineError> {
    Ok(sql
        .prepare_cached(
            "SELECT source, source_bytes, source_mtime_ns, source_dev, source_inode, profile, plan
             FROM job WHERE id = ?1",
        )?
        .query_row([job.to_string()], |row| {
            let identity = match row.get::<_, Option<i64>>("source_bytes")? {
                None => None,
                Some(bytes) => Some(Identity {
                    bytes: bytes.cast_unsigned(),
                    mtime_ns: row.get("source_mtime_ns")?,
                    dev: unsigned(row, "source_dev")?,
                    inode: unsigned(row, "source_inode")?,
                }),
            };
            Ok(Papers {
                source: path(row, "source")?,
                identity,
                profile: row.get::<_, Json<Profile>>("profile")?.0,
                plan: row.get::<_, Option<Json<JobPlan>>>("plan")?.map(|json| json.0),
            })
        })
        .optional()?)
}

impl Tx<'_> {
    /// For reads that shall see what this transaction wrote.
    pub(crate) fn reader(&self) -> &Connection {
        &self.sql
    }
}
