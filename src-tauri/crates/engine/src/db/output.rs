//! Reserved names, and what became of them.

use std::path::PathBuf;

use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use spillway_media::task::{FileInfo, FilesDone};

use super::{
    Tx,
    codec::{Json, Word, path, path_text, unsigned},
};
use crate::error::EngineError;

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Role {
    /// A deliverable.
    Media,
    /// The proof that goes with it.
    Receipt,
}

/// How far a name is on its way to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OutputState {
    /// Nobody else may take it.
    Reserved,
    /// The rename is about to happen, or has happened.
    Intended,
    /// The file is there.
    Placed,
}

/// A name and its file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OutputRow {
    /// Media outputs in the order of the profile, then the receipts.
    pub(crate) ord: u32,
    /// Output id, or `receipt.json`, `receipt.html`.
    pub(crate) id: String,
    pub(crate) role: Role,
    pub(crate) final_path: PathBuf,
    pub(crate) temp_path: PathBuf,
    pub(crate) collision_key: String,
    pub(crate) state: OutputState,
    /// Known from the stitch on.
    pub(crate) files: Option<Vec<FileInfo>>,
    pub(crate) bytes: u64,
    pub(crate) frames: u64,
    pub(crate) duration_ms: i64,
    /// Text of a receipt, so that a second try writes the same bytes.
    pub(crate) body: Option<String>,
}

pub(super) fn output(row: &Row<'_>) -> rusqlite::Result<OutputRow> {
    Ok(OutputRow {
        ord: row.get("ord")?,
        id: row.get("id")?,
        role: row.get::<_, Word<Role>>("role")?.0,
        final_path: path(row, "final_path")?,
        temp_path: path(row, "temp_path")?,
        collision_key: row.get("collision_key")?,
        state: row.get::<_, Word<OutputState>>("state")?.0,
        files: row.get::<_, Option<Json<Vec<FileInfo>>>>("files")?.map(|json| json.0),
        bytes: unsigned(row, "bytes")?,
        frames: unsigned(row, "frames")?,
        duration_ms: row.get("duration_ms")?,
        body: row.get("body")?,
    })
}

impl Tx<'_> {
    /// Reserves a name for a live job.
    pub(crate) fn insert_output(&self, job: i64, output: &OutputRow) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "INSERT INTO output (job, ord, id, role, final_path, temp_path, collision_key)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                job,
                output.ord,
                output.id,
                Word(output.role),
                path_text(&output.final_path),
                path_text(&output.temp_path),
                output.collision_key
            ])?;
        Ok(())
    }

    /// Whether a live job has reserved this name.
    pub(crate) fn name_taken(&self, collision_key: &str) -> Result<bool, EngineError> {
        let mut statement =
            self.sql.prepare_cached("SELECT 1 FROM output WHERE collision_key = ?1 AND live = 1")?;
        Ok(statement.exists([collision_key])?)
    }

    pub(crate) fn outputs(&self, job: i64) -> Result<Vec<OutputRow>, EngineError> {
        let mut statement = self.sql.prepare_cached("SELECT * FROM output WHERE job = ?1 ORDER BY ord")?;
        Ok(statement.query_map([job], output)?.collect::<Result<_, _>>()?)
    }

    pub(crate) fn output_at(&self, job: i64, ord: u32) -> Result<Option<OutputRow>, EngineError> {
        let mut statement = self.sql.prepare_cached("SELECT * FROM output WHERE job = ?1 AND ord = ?2")?;
        Ok(statement.query_row(params![job, ord], output).optional()?)
    }

    /// What the stitch wrote under the temporary name.
    pub(crate) fn set_stitched(&self, job: i64, ord: u32, done: &FilesDone) -> Result<(), EngineError> {
        let bytes: u64 = done.files.iter().map(|file| file.bytes).sum();
        self.sql
            .prepare_cached(
                "UPDATE output SET files = ?3, bytes = ?4, frames = ?5, duration_ms = ?6 WHERE job = ?1 AND ord = ?2",
            )?
            .execute(params![
                job,
                ord,
                Json(&done.files),
                bytes.cast_signed(),
                done.frames.cast_signed(),
                done.duration_ms
            ])?;
        Ok(())
    }

    /// The temporary file is lost: back to a reserved name.
    pub(crate) fn forget_stitched(&self, job: i64, ord: u32) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE output SET state = 'reserved', files = NULL WHERE job = ?1 AND ord = ?2 AND state <> 'placed'",
            )?
            .execute(params![job, ord])?;
        Ok(())
    }

    /// Writes down what is about to be renamed to where; `false` when another job has taken the name.
    pub(crate) fn intend(&self, job: i64, output: &OutputRow) -> Result<bool, EngineError> {
        let changed = self
            .sql
            .prepare_cached(
                "UPDATE OR IGNORE output SET state = 'intended', final_path = ?3, temp_path = ?4, collision_key = ?5,
                 files = coalesce(?6, files), bytes = ?7, body = ?8
                 WHERE job = ?1 AND ord = ?2",
            )?
            .execute(params![
                job,
                output.ord,
                path_text(&output.final_path),
                path_text(&output.temp_path),
                output.collision_key,
                output.files.as_ref().map(Json),
                output.bytes.cast_signed(),
                output.body
            ])?;
        Ok(changed == 1)
    }

    pub(crate) fn set_placed(&self, job: i64, ord: u32) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE output SET state = 'placed' WHERE job = ?1 AND ord = ?2")?
            .execute(params![job, ord])?;
        Ok(())
    }

    /// Gives the names of an ended job free; the files themselves keep others away.
    pub(crate) fn release_names(&self, job: i64) -> Result<(), EngineError> {
        self.sql.prepare_cached("UPDATE output SET live = 0 WHERE job = ?1")?.execute([job])?;
        Ok(())
    }

    /// Takes the names of a job again; `Some` names one that another job holds now.
    pub(crate) fn reclaim_names(&self, job: i64) -> Result<Option<PathBuf>, EngineError> {
        for output in self.outputs(job)? {
            let changed = self
                .sql
                .prepare_cached("UPDATE OR IGNORE output SET live = 1 WHERE job = ?1 AND ord = ?2")?
                .execute(params![job, output.ord])?;
            if changed == 0 {
                return Ok(Some(output.final_path));
            }
        }
        Ok(None)
    }

    pub(crate) fn delete_outputs(&self, job: i64) -> Result<(), EngineError> {
        self.sql.prepare_cached("DELETE FROM output WHERE job = ?1")?.execute([job])?;
        Ok(())
    }
}
