//! What there is to tell others: journal entries and announcements, and jobs as they stand.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::{
    Tx,
    codec::{Json, Word},
    event, live,
};
use crate::{
    error::EngineError,
    live::LiveJob,
    model::{Event, EventBody, JobId, JobState},
    outbox::Topic,
};

/// What a watched folder has to say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Announcement {
    pub(crate) seq: i64,
    /// ms UTC.
    pub(crate) at_ms: i64,
    pub(crate) topic: Topic,
    /// Public id of the folder; it may be gone.
    pub(crate) watch: String,
    /// Its path, or address of the bucket.
    pub(crate) place: String,
    /// Path below it of the file that it is about.
    pub(crate) arrival: Option<String>,
    /// Why.
    pub(crate) body: Value,
}

/// Announcements after `seq`, oldest first.
pub(crate) fn announcements_after(
    sql: &Connection,
    seq: i64,
    limit: u32,
) -> Result<Vec<Announcement>, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT seq, at_ms, kind, watch, watch_place, arrival_path, body FROM announcement
         WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let rows = statement.query_map(params![seq, limit], |row| {
        Ok(Announcement {
            seq: row.get(0)?,
            at_ms: row.get(1)?,
            topic: row.get::<_, Word<Topic>>(2)?.0,
            watch: row.get(3)?,
            place: row.get(4)?,
            arrival: row.get(5)?,
            body: row.get::<_, Json<Value>>(6)?.0,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Tx<'_> {
    /// See [`event::events_after`].
    pub(crate) fn events_after(&self, seq: i64, limit: u32) -> Result<Vec<Event>, EngineError> {
        event::events_after(&self.sql, seq, limit)
    }

    /// See [`announcements_after`].
    pub(crate) fn announcements_after(&self, seq: i64, limit: u32) -> Result<Vec<Announcement>, EngineError> {
        announcements_after(&self.sql, seq, limit)
    }

    /// A job with the state of its steps; `None`: it was removed.
    pub(crate) fn live_job(&self, id: JobId) -> Result<Option<LiveJob>, EngineError> {
        match live::live_job(&self.sql, id) {
            Ok(job) => Ok(Some(job)),
            Err(EngineError::NoSuchJob(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The state that a job had when a journal entry was written.
    pub(crate) fn state_at(&self, job: JobId, seq: i64) -> Result<JobState, EngineError> {
        let found = self
            .sql
            .prepare_cached(
                "SELECT body FROM event WHERE job = ?1 AND seq <= ?2 AND body ->> '$.event' = 'job'
                 ORDER BY seq DESC LIMIT 1",
            )?
            .query_row(params![job.to_string(), seq], |row| row.get::<_, Json<EventBody>>(0))
            .optional()?;
        Ok(match found {
            Some(Json(EventBody::Job { state, .. })) => state,
            _ => JobState::Queued,
        })
    }
}
