//! The journal: written in the transaction of the change it tells of, read by every process.

use rusqlite::{Connection, Row, params};

use super::{
    Tx,
    codec::{Json, Text},
};
use crate::{
    error::EngineError,
    model::{Event, EventBody, JobId},
};

impl Tx<'_> {
    /// Writes a journal entry.
    pub(crate) fn tell(&self, job: JobId, body: &EventBody) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("INSERT INTO event (at_ms, job, body) VALUES (?1, ?2, ?3)")?
            .execute(params![self.now_ms, job.to_string(), Json(body)])?;
        Ok(())
    }
}

/// Entries after `seq`, oldest first.
pub(crate) fn events_after(sql: &Connection, seq: i64, limit: u32) -> Result<Vec<Event>, EngineError> {
    let mut statement =
        sql.prepare_cached("SELECT seq, at_ms, job, body FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
    let events = statement.query_map(params![seq, limit], event)?.collect::<Result<_, _>>()?;
    Ok(events)
}

/// The last `limit` entries of a job, oldest first.
pub(super) fn of_job(sql: &Connection, job: JobId, limit: u32) -> Result<Vec<Event>, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT seq, at_ms, job, body FROM event WHERE job = ?1 ORDER BY seq DESC LIMIT ?2",
    )?;
    let mut events: Vec<Event> =
        statement.query_map(params![job.to_string(), limit], event)?.collect::<Result<_, _>>()?;
    events.reverse();
    Ok(events)
}

/// Number of the newest entry; 0 when there is none.
pub(crate) fn last_seq(sql: &Connection) -> Result<i64, EngineError> {
    Ok(sql.prepare_cached("SELECT coalesce(max(seq), 0) FROM event")?.query_row([], |row| row.get(0))?)
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        seq: row.get("seq")?,
        at_ms: row.get("at_ms")?,
        job: row.get::<_, Text<JobId>>("job")?.0,
        body: row.get::<_, Json<EventBody>>("body")?.0,
    })
}
