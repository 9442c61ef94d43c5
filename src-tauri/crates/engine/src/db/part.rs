//! Finished files of the work folder, with what is needed to trust them later.

use std::path::PathBuf;

use rusqlite::{Connection, params};

use super::{
    Tx,
    codec::{path, path_text, unsigned},
};
use crate::{
    error::EngineError,
    model::{JobId, StepParts},
};

/// A file that a step left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartRow {
    /// Step that made it.
    pub(crate) ord: u32,
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    pub(crate) packets: u64,
}

impl Tx<'_> {
    /// Records the files of a step, in place of those of an earlier try.
    pub(crate) fn set_parts(&self, job: i64, ord: u32, parts: &[PartRow]) -> Result<(), EngineError> {
        self.drop_parts(job, ord)?;
        let mut statement = self.sql.prepare_cached(
            "INSERT INTO part (job, ord, path, bytes, sha256, packets) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for part in parts {
            statement.execute(params![
                job,
                ord,
                path_text(&part.path),
                part.bytes.cast_signed(),
                part.sha256,
                part.packets.cast_signed()
            ])?;
        }
        Ok(())
    }

    pub(crate) fn drop_parts(&self, job: i64, ord: u32) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("DELETE FROM part WHERE job = ?1 AND ord = ?2")?
            .execute(params![job, ord])?;
        Ok(())
    }

    /// Every recorded file of a job.
    pub(crate) fn parts(&self, job: i64) -> Result<Vec<PartRow>, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT ord, path, bytes, sha256, packets FROM part WHERE job = ?1 ORDER BY ord, path",
        )?;
        let rows = statement.query_map([job], |row| {
            Ok(PartRow {
                ord: row.get("ord")?,
                path: path(row, "path")?,
                bytes: unsigned(row, "bytes")?,
                sha256: row.get("sha256")?,
                packets: unsigned(row, "packets")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// What each step of a job left in the work folder, in order of the steps.
pub(crate) fn step_parts(sql: &Connection, id: JobId) -> Result<Vec<StepParts>, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT p.ord, sum(p.bytes) AS bytes FROM part p JOIN job j ON j.num = p.job
         WHERE j.id = ?1 GROUP BY p.ord ORDER BY p.ord",
    )?;
    let rows = statement.query_map([id.to_string()], |row| {
        Ok(StepParts { ord: row.get("ord")?, bytes: unsigned(row, "bytes")? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
