//! What observers see.

use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, Row, params, types::ToSql};

use super::{
    codec::{Json, Text, Word, path, unsigned},
    event,
    step::AttemptNote,
};
use crate::{
    error::EngineError,
    failure::Failure,
    model::{
        AttemptView, JobDetail, JobFilter, JobId, JobState, JobView, OutputView, StepCounts, StepKind,
        StepView, Wish,
    },
    plan::{Finding, JobPlan},
    receipt::Receipt,
};

const EVENTS_SHOWN: u32 = 1_000;

const JOB: &str = "SELECT job.*,
    (SELECT count(*) FROM step s WHERE s.job = job.num) AS total,
    (SELECT count(*) FROM step s WHERE s.job = job.num AND s.state IN ('done', 'skipped')) AS done,
    (SELECT count(*) FROM step s WHERE s.job = job.num AND s.state = 'running') AS running,
    (SELECT count(*) FROM step s WHERE s.job = job.num AND s.state = 'failed') AS failed
    FROM job";

/// Jobs, newest first.
pub(crate) fn list(sql: &Connection, filter: &JobFilter) -> Result<Vec<JobView>, EngineError> {
    let mut text = format!("{JOB} WHERE 1");
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    if let Some(state) = filter.state {
        values.push(Box::new(Word(state)));
        text.push_str(" AND job.state = ?");
    }
    if let Some(profile) = &filter.profile {
        values.push(Box::new(profile.clone()));
        text.push_str(" AND job.profile_id = ?");
    }
    text.push_str(" ORDER BY job.num DESC");
    if let Some(limit) = filter.limit {
        values.push(Box::new(limit));
        text.push_str(" LIMIT ?");
    }
    let mut statement = sql.prepare_cached(&text)?;
    let rows: Vec<(i64, JobView)> = statement
        .query_map(rusqlite::params_from_iter(values.iter().map(AsRef::as_ref)), |row| {
            Ok((row.get("num")?, view(row, counts(row)?)?))
        })?
        .collect::<Result<_, _>>()?;
    rows.into_iter().map(|(num, view)| with_outputs(sql, num, view)).collect()
}

/// A job with everything about it.
pub(crate) fn detail(sql: &Connection, id: JobId) -> Result<JobDetail, EngineError> {
    let found = sql
        .prepare_cached(&format!("{JOB} WHERE job.id = ?1"))?
        .query_row([id.to_string()], |row| {
            let plan = row.get::<_, Option<Json<JobPlan>>>("plan")?;
            Ok((row.get::<_, i64>("num")?, view(row, counts(row)?)?, plan))
        })
        .optional()?;
    let Some((num, job, plan)) = found else { return Err(EngineError::NoSuchJob(id.to_string())) };
    let frame_rate = plan.as_ref().and_then(|json| json.0.encoded_rate());
    let findings: Vec<Finding> = plan.map(|json| json.0.findings).unwrap_or_default();
    Ok(JobDetail {
        job: with_outputs(sql, num, job)?,
        steps: steps(sql, num)?,
        findings,
        frame_rate,
        events: event::of_job(sql, id, EVENTS_SHOWN)?,
    })
}

/// A job by its id, or by a beginning or end of it that only one job has.
pub(crate) fn find_job(sql: &Connection, text: &str) -> Result<JobId, EngineError> {
    let text = text.trim().to_ascii_lowercase();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        return Err(EngineError::NoSuchJob(text));
    }
    let mut statement = sql.prepare_cached(
        "SELECT id FROM job WHERE id LIKE ?1 || '%' OR id LIKE '%' || ?1 ORDER BY num LIMIT 100",
    )?;
    let found: Vec<JobId> =
        statement.query_map([&text], |row| Ok(row.get::<_, Text<JobId>>(0)?.0))?.collect::<Result<_, _>>()?;
    match found.as_slice() {
        [] => Err(EngineError::NoSuchJob(text)),
        [one] => Ok(*one),
        many => Err(EngineError::Ambiguous { text, count: u32::try_from(many.len()).unwrap_or(u32::MAX) }),
    }
}

fn counts(row: &Row<'_>) -> rusqlite::Result<StepCounts> {
    Ok(StepCounts {
        total: row.get("total")?,
        done: row.get("done")?,
        running: row.get("running")?,
        failed: row.get("failed")?,
    })
}

/// A row of `job` as the list shows it; outputs come from a table of their own.
pub(super) fn view(row: &Row<'_>, steps: StepCounts) -> rusqlite::Result<JobView> {
    Ok(JobView {
        id: row.get::<_, Text<JobId>>("id")?.0,
        source: path(row, "source")?,
        profile: row.get("profile_id")?,
        partner: row.get("partner")?,
        engine: row.get::<_, Word<_>>("engine")?.0,
        engine_wish: row.get::<_, Word<_>>("engine_wish")?.0,
        route: row.get::<_, Option<Json<_>>>("route")?.map(|json| json.0),
        state: row.get::<_, Word<JobState>>("state")?.0,
        wish: row.get::<_, Word<Wish>>("wish")?.0,
        priority: row.get("priority")?,
        created_ms: row.get("created_ms")?,
        started_ms: row.get("started_ms")?,
        ended_ms: row.get("ended_ms")?,
        out_dir: path(row, "out_dir")?,
        extras: super::job::extras(row)?,
        steps,
        error: row.get::<_, Option<Json<Failure>>>("error")?.map(|json| json.0),
        outputs: Vec::new(),
        receipt: row.get::<_, Option<String>>("receipt")?.map(PathBuf::from),
        cost_microusd: row.get("cost_microusd")?,
    })
}

fn with_outputs(sql: &Connection, num: i64, mut view: JobView) -> Result<JobView, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT * FROM output WHERE job = ?1 AND role = 'media' AND state = 'placed' ORDER BY ord",
    )?;
    view.outputs = statement.query_map([num], output_view)?.collect::<Result<_, _>>()?;
    Ok(view)
}

pub(super) fn output_view(row: &Row<'_>) -> rusqlite::Result<OutputView> {
    Ok(OutputView {
        id: row.get("id")?,
        path: path(row, "final_path")?,
        bytes: unsigned(row, "bytes")?,
        frames: unsigned(row, "frames")?,
        duration_ms: row.get("duration_ms")?,
    })
}

/// The state of a job, and its receipt as it was written, once it was.
pub(crate) fn receipt(sql: &Connection, id: JobId) -> Result<(JobState, Option<Receipt>), EngineError> {
    let found = sql
        .prepare_cached(
            "SELECT j.state, o.body FROM job j LEFT JOIN output o
             ON o.job = j.num AND o.role = 'receipt' AND o.state = 'placed' AND json_valid(o.body)
             WHERE j.id = ?1 ORDER BY o.ord LIMIT 1",
        )?
        .query_row([id.to_string()], |row| {
            let body = row.get::<_, Option<Json<Receipt>>>(1)?;
            Ok((row.get::<_, Word<JobState>>(0)?.0, body.map(|json| json.0)))
        })
        .optional()?;
    found.ok_or_else(|| EngineError::NoSuchJob(id.to_string()))
}

pub(super) fn steps(sql: &Connection, num: i64) -> Result<Vec<StepView>, EngineError> {
    let mut statement = sql.prepare_cached("SELECT * FROM step WHERE job = ?1 ORDER BY ord")?;
    let mut steps: Vec<StepView> = statement
        .query_map([num], |row| {
            Ok(StepView {
                ord: row.get("ord")?,
                kind: row.get::<_, Word<StepKind>>("kind")?.0,
                label: row.get("label")?,
                state: row.get::<_, Word<_>>("state")?.0,
                attempt: row.get("attempt")?,
                due_ms: row.get("due_ms")?,
                frames: unsigned(row, "frames")?,
                attempts: Vec::new(),
            })
        })?
        .collect::<Result<_, _>>()?;
    for step in &mut steps {
        step.attempts = attempts(sql, num, step.ord)?;
    }
    Ok(steps)
}

fn attempts(sql: &Connection, num: i64, ord: u32) -> Result<Vec<AttemptView>, EngineError> {
    let mut statement =
        sql.prepare_cached("SELECT * FROM attempt WHERE job = ?1 AND ord = ?2 ORDER BY id")?;
    let rows = statement.query_map(params![num, ord], |row| {
        let outcome = row.get::<_, Option<Word<AttemptNote>>>("outcome")?;
        Ok(AttemptView {
            number: row.get("number")?,
            started_ms: row.get("started_ms")?,
            ended_ms: row.get("ended_ms")?,
            outcome: outcome.map(|word| word.0.to_string()),
            failure: row.get::<_, Option<Json<Failure>>>("failure")?.map(|json| json.0),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
