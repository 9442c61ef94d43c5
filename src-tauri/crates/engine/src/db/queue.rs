//! The order of the queue, what is left of it, and what is shown of it.

use rusqlite::{Connection, OptionalExtension, params};

use super::{JobKey, Tx, codec::Text, step::CLEAR_AWAITED};
use crate::{
    error::EngineError,
    model::{EventBody, JobId},
    order::Place,
};

impl Tx<'_> {
    /// Jobs that have not ended, in the order in which the runner takes them.
    pub(crate) fn queue(&self) -> Result<Vec<Place>, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT num, id, priority FROM job WHERE state IN ('queued', 'running') ORDER BY priority DESC, num",
        )?;
        let rows = statement.query_map([], |row| {
            let key = JobKey { num: row.get(0)?, id: row.get::<_, Text<JobId>>(1)?.0 };
            Ok(Place { key, priority: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Gives a job and its steps another priority.
    pub(crate) fn set_priority(&self, job: i64, priority: i64) -> Result<(), EngineError> {
        for text in
            ["UPDATE job SET priority = ?2 WHERE num = ?1", "UPDATE step SET priority = ?2 WHERE job = ?1"]
        {
            self.sql.prepare_cached(text)?.execute(params![job, priority])?;
        }
        Ok(())
    }

    /// The job of the queue that comes directly after this one.
    pub(crate) fn next_in_queue(&self, key: JobKey) -> Result<Option<JobId>, EngineError> {
        let ways = [
            "SELECT q.id FROM job j JOIN job q ON q.priority = j.priority AND q.num > j.num
             WHERE j.num = ?1 AND q.state IN ('queued', 'running') ORDER BY q.num LIMIT 1",
            "SELECT q.id FROM job j JOIN job q ON q.priority < j.priority
             WHERE j.num = ?1 AND q.state IN ('queued', 'running') ORDER BY q.priority DESC, q.num LIMIT 1",
        ];
        for way in ways {
            let next = self.sql.prepare_cached(way)?.query_row([key.num], |row| row.get::<_, Text<JobId>>(0));
            if let Some(next) = next.optional()? {
                return Ok(Some(next.0));
            }
        }
        Ok(None)
    }

    /// Tells where in the queue a job stands that does not stand at its end.
    pub(crate) fn tell_place(&self, key: JobKey) -> Result<(), EngineError> {
        match self.next_in_queue(key)? {
            Some(next) => self.tell(key.id, &EventBody::Moved { before: Some(next) }),
            None => Ok(()),
        }
    }

    /// Takes an ended job off the queue page; `false` when it was off already.
    pub(crate) fn dismiss(&self, key: JobKey) -> Result<bool, EngineError> {
        let changed = self
            .sql
            .prepare_cached("UPDATE job SET dismissed_ms = ?2 WHERE num = ?1 AND dismissed_ms IS NULL")?
            .execute(params![key.num, self.now_ms])?;
        if changed == 1 {
            self.tell(key.id, &EventBody::Dismissed)?;
        }
        Ok(changed == 1)
    }
}

/// How many of these jobs are not over yet: not ended, or ended with a step still to be done.
pub(crate) fn unfinished_among(sql: &Connection, ids: &[JobId]) -> Result<usize, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT 1 FROM job WHERE id = ?1 AND (state IN ('queued', 'running') OR EXISTS (
             SELECT 1 FROM step WHERE step.job = job.num AND step.state IN ('ready', 'running', 'waiting')
             AND NOT (step.kind = 'clear' AND step.state = 'waiting' AND step.attempt >= ?2)))",
    )?;
    let mut count = 0;
    for id in ids {
        count += usize::from(statement.exists(params![id.to_string(), CLEAR_AWAITED])?);
    }
    Ok(count)
}

/// Whether whoever runs the queue has anything to do now or later without somebody's wish.
pub(crate) fn anything_left(sql: &Connection) -> Result<bool, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM job WHERE state IN ('queued', 'running') AND wish <> 'pause')
         OR EXISTS (SELECT 1 FROM step s JOIN job j ON j.num = s.job
                    WHERE s.state IN ('ready', 'running', 'waiting') AND j.ended_ms IS NOT NULL
                    AND NOT (s.kind = 'clear' AND s.state = 'waiting' AND s.attempt >= ?1))",
    )?;
    Ok(statement.exists([CLEAR_AWAITED])?)
}
