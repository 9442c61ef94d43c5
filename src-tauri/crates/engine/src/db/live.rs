//! The queue page in a handful of statements, however many jobs there are.

use std::collections::HashMap;

use rusqlite::{Connection, Row, ToSql};

use super::{
    codec::{Json, Word},
    event, hold, view,
};
use crate::{
    error::EngineError,
    live::{Cell, LiveJob, Snapshot},
    model::{JobId, StepCounts, StepState},
};

/// Jobs that ended well, or were cancelled, are shown for so long (ms).
const DAY_MS: i64 = 86_400_000;

/// Without the documents of a job, which are large.
const JOB: &str =
    "SELECT num, id, source, profile_id, partner, engine, engine_wish, route, out_dir, state, wish, priority, created_ms,
                   started_ms, ended_ms, error, receipt, cost_microusd, frame_rate, title, metadata, deadline_ms, watch
     FROM job";

/// Everything on the queue page; to be called inside one read transaction.
pub(crate) fn snapshot(sql: &Connection, now_ms: i64) -> Result<Snapshot, EngineError> {
    let seq = event::last_seq(sql)?;
    let mut jobs = rows(sql, "WHERE state IN ('queued', 'running') ORDER BY priority DESC, num", &[])?;
    jobs.extend(rows(
        sql,
        "WHERE state = 'failed' AND dismissed_ms IS NULL AND ended_ms IS NOT NULL
         ORDER BY ended_ms DESC, num DESC LIMIT 200",
        &[],
    )?);
    jobs.extend(rows(
        sql,
        "WHERE state IN ('delivered', 'cancelled') AND dismissed_ms IS NULL AND ended_ms >= ?1
         ORDER BY ended_ms DESC, num DESC LIMIT 50",
        &[&now_ms.saturating_sub(DAY_MS)],
    )?);
    Ok(Snapshot { seq, jobs: filled(sql, jobs)?, hold: hold::hold(sql)? })
}

/// One job, whether or not it is on the queue page; to be called inside one read transaction.
pub(crate) fn live_job(sql: &Connection, id: JobId) -> Result<LiveJob, EngineError> {
    let jobs = filled(sql, rows(sql, "WHERE id = ?1", &[&id.to_string()])?)?;
    jobs.into_iter().next().ok_or_else(|| EngineError::NoSuchJob(id.to_string()))
}

/// Jobs by row number, without cells and outputs.
fn rows(sql: &Connection, which: &str, values: &[&dyn ToSql]) -> Result<Vec<(i64, LiveJob)>, EngineError> {
    let mut statement = sql.prepare_cached(&format!("{JOB} {which}"))?;
    let jobs = statement.query_map(values, |row| {
        let job = view::view(row, StepCounts::default())?;
        Ok((row.get("num")?, LiveJob { job, frame_rate: row.get("frame_rate")?, cells: Vec::new() }))
    })?;
    Ok(jobs.collect::<Result<_, _>>()?)
}

fn filled(sql: &Connection, mut jobs: Vec<(i64, LiveJob)>) -> Result<Vec<LiveJob>, EngineError> {
    let nums: Vec<i64> = jobs.iter().map(|(num, _)| *num).collect();
    let at: HashMap<i64, usize> = nums.iter().copied().zip(0..).collect();
    let mut statement = sql.prepare_cached(
        "SELECT job, ord, kind, state, frames, attempt, due_ms FROM step
         WHERE job IN (SELECT value FROM json_each(?1)) ORDER BY job, ord",
    )?;
    let cells = statement.query_map([Json(&nums)], |row| Ok((row.get(0)?, cell(row)?)))?;
    for found in cells {
        let (num, cell): (i64, Cell) = found?;
        if let Some((_, live)) = at.get(&num).and_then(|at| jobs.get_mut(*at)) {
            count(&mut live.job.steps, cell.state);
            live.cells.push(cell);
        }
    }
    let mut statement = sql.prepare_cached(
        "SELECT * FROM output WHERE job IN (SELECT value FROM json_each(?1))
         AND role = 'media' AND state = 'placed' ORDER BY job, ord",
    )?;
    let outputs = statement.query_map([Json(&nums)], |row| Ok((row.get("job")?, view::output_view(row)?)))?;
    for found in outputs {
        let (num, output): (i64, _) = found?;
        if let Some((_, live)) = at.get(&num).and_then(|at| jobs.get_mut(*at)) {
            live.job.outputs.push(output);
        }
    }
    Ok(jobs.into_iter().map(|(_, live)| live).collect())
}

/// By position: looking columns up by name takes most of the time of ten thousand cells.
fn cell(row: &Row<'_>) -> rusqlite::Result<Cell> {
    Ok(Cell {
        ord: row.get(1)?,
        kind: row.get::<_, Word<_>>(2)?.0,
        state: row.get::<_, Word<_>>(3)?.0,
        frames: row.get::<_, i64>(4)?.cast_unsigned(),
        attempt: row.get(5)?,
        due_ms: row.get(6)?,
    })
}

fn count(steps: &mut StepCounts, state: StepState) {
    steps.total += 1;
    match state {
        StepState::Done | StepState::Skipped => steps.done += 1,
        StepState::Running => steps.running += 1,
        StepState::Failed => steps.failed += 1,
        StepState::Blocked | StepState::Ready | StepState::Waiting => {}
    }
}
