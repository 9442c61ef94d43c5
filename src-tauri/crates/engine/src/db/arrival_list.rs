//! Files in watched folders, as a list shows them.

use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::{
    arrival::{ArrivalRow, arrival},
    codec::{Text, Word},
    function::folded,
};
use crate::{
    error::EngineError,
    model::{JobId, JobState},
    watch::{ArrivalId, ArrivalJob, ArrivalPage, ArrivalQuery, ArrivalState, ArrivalView, WatchId},
};

/// A page of them.
pub(crate) fn arrivals(sql: &Connection, query: &ArrivalQuery) -> Result<ArrivalPage, EngineError> {
    let states = if query.states.is_empty() {
        vec![
            ArrivalState::Waiting,
            ArrivalState::Held,
            ArrivalState::AtWork,
            ArrivalState::Delivered,
            ArrivalState::Failed,
            ArrivalState::Skipped,
        ]
    } else {
        query.states.clone()
    };
    let words: Vec<Word<ArrivalState>> = states.into_iter().map(Word).collect();
    let text = folded(&query.text);
    let watch = query.watch.map(|watch| watch.to_string());
    let mut values: Vec<&dyn ToSql> = words.iter().map(|word| word as &dyn ToSql).collect();
    let mut wanted = format!("state IN ({})", vec!["?"; words.len()].join(", "));
    if let Some(watch) = &watch {
        wanted.push_str(" AND watch = (SELECT num FROM watch WHERE id = ?)");
        values.push(watch);
    }
    if !text.is_empty() {
        wanted.push_str(" AND instr(folded(path), ?) > 0");
        values.push(&text);
    }
    let total: i64 = sql
        .prepare_cached(&format!("SELECT count(*) FROM arrival WHERE {wanted}"))?
        .query_row(values.as_slice(), |row| row.get(0))?;
    values.extend([&query.limit as &dyn ToSql, &query.offset]);
    let mut statement = sql.prepare_cached(&format!(
        "SELECT num FROM arrival WHERE {wanted}
         ORDER BY CASE state WHEN 'held' THEN 0 WHEN 'waiting' THEN 1 WHEN 'at-work' THEN 2 ELSE 3 END, num DESC
         LIMIT ? OFFSET ?"
    ))?;
    let nums: Vec<i64> =
        statement.query_map(values.as_slice(), |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut rows = Vec::new();
    for num in nums {
        rows.extend(arrival_view(sql, ArrivalId(num))?);
    }
    Ok(ArrivalPage { rows, total: total.cast_unsigned() })
}

/// One of them.
pub(crate) fn arrival_view(sql: &Connection, id: ArrivalId) -> Result<Option<ArrivalView>, EngineError> {
    let found = sql
        .prepare_cached(
            "SELECT a.*, w.id AS watch_id FROM arrival a JOIN watch w ON w.num = a.watch WHERE a.num = ?1",
        )?
        .query_row([id.0], |row| Ok((arrival(row)?, row.get::<_, Text<WatchId>>("watch_id")?.0)))
        .optional()?;
    let Some((row, watch)) = found else { return Ok(None) };
    let jobs = jobs(sql, &row)?;
    Ok(Some(ArrivalView {
        id,
        watch,
        path: row.path,
        bytes: row.stand.bytes,
        state: row.place.state,
        reason: row.place.reason,
        next_look_ms: row.next_look_ms.filter(|_| row.stage.is_some()),
        first_seen_ms: row.first_seen_ms,
        changed_ms: row.changed_ms,
        jobs,
    }))
}

fn jobs(sql: &Connection, row: &ArrivalRow) -> Result<Vec<ArrivalJob>, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT j.id, j.profile_id, j.state FROM arrival_job aj JOIN job j ON j.num = aj.job
         WHERE aj.arrival = ?1 ORDER BY j.num DESC",
    )?;
    let rows = statement.query_map(params![row.num], |row| {
        Ok(ArrivalJob {
            id: row.get::<_, Text<JobId>>(0)?.0,
            profile: row.get(1)?,
            state: row.get::<_, Word<JobState>>(2)?.0,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
