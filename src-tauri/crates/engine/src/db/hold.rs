//! Steps that wait for space.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, params};

use super::{
    JobKey, Tx,
    codec::{Json, Text},
    step::Claim,
};
use crate::{
    error::EngineError,
    failure::Failure,
    live::{Hold, HoldReason},
    model::JobId,
    space::{self, LOOK_MS, Lack, Need, Room},
    sweep::Litter,
};

/// Jobs that ended earlier have had their leftovers removed at many a start (ms).
const LITTER_MS: i64 = 31 * 86_400_000;

/// A step that waits for space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HoldRow {
    pub(crate) job: JobKey,
    pub(crate) ord: u32,
    pub(crate) folder: PathBuf,
    /// Bytes that have to be free there.
    pub(crate) needed: u64,
    /// What of it is for the job itself; `None`: what others need does not count.
    pub(crate) own: Option<u64>,
}

/// Whether there is space now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Looked {
    /// Steps that wait, with their disks; `None`: the disk gave no answer.
    pub(crate) rows: Vec<(HoldRow, Option<Room>)>,
    /// Device of the work folder.
    pub(crate) work_dev: u64,
}

fn bytes(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Rows that hold the queue: those of jobs that are to run.
const HELD: &str =
    "hold h JOIN step s ON s.job = h.job AND s.ord = h.ord JOIN job j ON j.num = h.job AND j.wish = 'run'";

/// Why no new job is begun, where that is so.
pub(crate) fn hold(sql: &Connection) -> Result<Option<Hold>, EngineError> {
    let mut statement = sql.prepare_cached(&format!(
        "SELECT h.folder, h.needed, h.free, min(h.since_ms) OVER () AS since_ms, min(s.due_ms) OVER () AS due_ms
         FROM {HELD} ORDER BY h.since_ms, h.job, h.ord LIMIT 1"
    ))?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Hold {
        why: HoldReason::Space {
            folder: row.get::<_, String>("folder")?.into(),
            needed: row.get::<_, i64>("needed")?.unsigned_abs(),
            free: row.get::<_, i64>("free")?.unsigned_abs(),
        },
        since_ms: row.get("since_ms")?,
        next_look_ms: row.get("due_ms")?,
    }))
}

impl Tx<'_> {
    /// The step found too little space: it waits, and the try does not count.
    pub(crate) fn await_room(
        &self,
        claim: &Claim,
        failure: &Failure,
        lack: &Lack,
    ) -> Result<(), EngineError> {
        self.defer_uncounted(claim, failure, self.now_ms.saturating_add(LOOK_MS))?;
        self.sql
            .prepare_cached(
                "INSERT INTO hold (job, ord, folder, needed, free, own, since_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                claim.job.num,
                claim.ord,
                lack.folder.to_string_lossy(),
                bytes(lack.needed),
                bytes(lack.free),
                lack.own.map(bytes),
                self.now_ms
            ])?;
        Ok(())
    }

    /// Steps that wait for space, all of them, as soon as one is due.
    pub(crate) fn rooms_to_look_at(&self) -> Result<Vec<HoldRow>, EngineError> {
        if self.next_room_look()?.is_none_or(|due| due > self.now_ms) {
            return Ok(Vec::new());
        }
        let mut statement = self.sql.prepare_cached(
            "SELECT h.job, j.id, h.ord, h.folder, h.needed, h.own FROM hold h JOIN job j ON j.num = h.job
             ORDER BY h.job, h.ord",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(HoldRow {
                job: JobKey { num: row.get(0)?, id: row.get::<_, Text<JobId>>(1)?.0 },
                ord: row.get(2)?,
                folder: row.get::<_, String>(3)?.into(),
                needed: row.get::<_, i64>(4)?.unsigned_abs(),
                own: row.get::<_, Option<i64>>(5)?.map(i64::unsigned_abs),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When somebody has to look for space.
    pub(crate) fn next_room_look(&self) -> Result<Option<i64>, EngineError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT min(s.due_ms) FROM hold h JOIN step s ON s.job = h.job AND s.ord = h.ord",
            )?
            .query_row([], |row| row.get(0))?)
    }

    /// What came of a look. A step goes on where there is space.
    pub(crate) fn looked(&self, looked: &Looked) -> Result<(), EngineError> {
        for (row, room) in &looked.rows {
            let mut same =
                self.sql.prepare_cached("SELECT 1 FROM hold WHERE job = ?1 AND ord = ?2 AND needed = ?3")?;
            if !same.exists(params![row.job.num, row.ord, bytes(row.needed)])? {
                continue;
            }
            let needed = match (room, row.own) {
                (Some(room), Some(own)) => {
                    space::needed(room, looked.work_dev, own, &self.needs_beside(row.job.num)?)
                }
                _ => row.needed,
            };
            if room.as_ref().is_some_and(|room| room.free >= needed) {
                self.wake(row.job, row.ord)?;
            } else {
                self.wait_on(row, needed, room.as_ref().map(|room| room.free))?;
            }
        }
        Ok(())
    }

    fn wait_on(&self, row: &HoldRow, needed: u64, free: Option<u64>) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE step SET due_ms = ?3 WHERE job = ?1 AND ord = ?2")?
            .execute(params![row.job.num, row.ord, self.now_ms.saturating_add(LOOK_MS)])?;
        self.sql
            .prepare_cached(
                "UPDATE hold SET needed = ?3, free = coalesce(?4, free) WHERE job = ?1 AND ord = ?2",
            )?
            .execute(params![row.job.num, row.ord, bytes(needed), free.map(bytes)])?;
        Ok(())
    }

    /// Something was removed, or the engine begins: look for space now.
    pub(crate) fn look_now(&self) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE step SET due_ms = ?1 WHERE state = 'waiting' AND due_ms > ?1
                 AND EXISTS (SELECT 1 FROM hold h WHERE h.job = step.job AND h.ord = step.ord)",
            )?
            .execute([self.now_ms])?;
        Ok(())
    }

    /// Whether space is all that keeps the queue, or these jobs, from going on: nobody has looked for it too
    /// long ago, and nothing else is due later.
    pub(crate) fn only_room_is_awaited(&self, jobs: &[JobId]) -> Result<bool, EngineError> {
        let mut held =
            self.sql.prepare_cached(&format!("SELECT 1 FROM {HELD} WHERE s.due_ms > ?1 LIMIT 1"))?;
        let which = if jobs.is_empty() { "" } else { "AND j.id IN (SELECT value FROM json_each(?2))" };
        let mut others = self.sql.prepare_cached(&format!(
            "SELECT 1 FROM step s JOIN job j ON j.num = s.job
             WHERE s.state = 'waiting' AND (j.wish = 'run' OR j.ended_ms IS NOT NULL) AND ?2 IS NOT NULL {which}
             AND (s.due_ms <= ?1 OR NOT EXISTS (SELECT 1 FROM hold h WHERE h.job = s.job AND h.ord = s.ord)) LIMIT 1"
        ))?;
        Ok(held.exists([self.now_ms])? && !others.exists(params![self.now_ms, Json(jobs)])?)
    }

    /// What the other jobs at work have yet to write.
    pub(crate) fn needs_beside(&self, job: i64) -> Result<Vec<Need>, EngineError> {
        self.needs("j.state = 'running' AND j.wish = 'run' AND j.num <> ?1", job)
    }

    /// What a job has yet to write; nothing while it has no plan.
    pub(crate) fn need(&self, job: i64) -> Result<Need, EngineError> {
        Ok(self.needs("j.num = ?1", job)?.pop().unwrap_or_default())
    }

    fn needs(&self, which: &str, job: i64) -> Result<Vec<Need>, EngineError> {
        // Numbers beyond SQLite's integers come as floating point.
        let mut statement = self.sql.prepare_cached(&format!(
            "SELECT CAST(min(json_extract(j.plan, '$.bytes_needed'), 9e18) AS INTEGER) AS needed,
                 (SELECT coalesce(sum(p.bytes), 0) FROM part p WHERE p.job = j.num) AS made,
                 (SELECT coalesce(sum(o.bytes), 0) FROM output o WHERE o.job = j.num AND o.role = 'media') AS stitched,
                 j.out_dev
             FROM job j WHERE j.plan IS NOT NULL AND {which}"
        ))?;
        let rows = statement.query_map([job], |row| {
            let count = |name| row.get::<_, i64>(name).map(i64::unsigned_abs);
            let out_dev = row.get::<_, Option<i64>>("out_dev")?.map(i64::cast_unsigned);
            Ok(Need::planned(count("needed")?, count("made")?, count("stitched")?, out_dev))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// On which device the results of a job will be.
    pub(crate) fn set_out_dev(&self, job: i64, dev: u64) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE job SET out_dev = ?2 WHERE num = ?1")?
            .execute(params![job, dev.cast_signed()])?;
        Ok(())
    }

    /// Where jobs of the last month may have left temporary outputs.
    pub(crate) fn litter(&self) -> Result<Litter, EngineError> {
        let mut litter = Litter::default();
        let mut statement = self.sql.prepare_cached(
            "SELECT j.id, j.ended_ms IS NULL AS live, o.temp_path FROM output o JOIN job j ON j.num = o.job
             WHERE j.ended_ms IS NULL OR j.ended_ms >= ?1",
        )?;
        let mut rows = statement.query([self.now_ms.saturating_sub(LITTER_MS)])?;
        while let Some(row) = rows.next()? {
            let id = row.get::<_, Text<JobId>>(0)?.0;
            let jobs = if row.get(1)? { &mut litter.live } else { &mut litter.ended };
            jobs.insert(id);
            if let Some(folder) = Path::new(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?).parent()
            {
                litter.folders.insert(folder.to_path_buf());
            }
        }
        Ok(litter)
    }

    /// Rows of all files in watched folders.
    pub(crate) fn arrival_numbers(&self) -> Result<BTreeSet<i64>, EngineError> {
        let mut statement = self.sql.prepare_cached("SELECT num FROM arrival")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }
}
