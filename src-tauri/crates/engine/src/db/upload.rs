//! Objects that Spillway brings into the bucket: on record before anything is sent, until they are removed.

use rusqlite::{OptionalExtension, params};
use spillway_media::task::CutDone;

use super::{Tx, codec::Json};
use crate::error::EngineError;

/// An object that was, or is to be, brought there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UploadRow {
    /// Address, `s3://BUCKET/KEY`.
    pub(crate) object: String,
    /// What was cut out of the source for it; `None`: nothing yet.
    pub(crate) cut: Option<CutDone>,
    /// As the service calls it, once begun.
    pub(crate) upload_id: Option<String>,
}

impl Tx<'_> {
    pub(crate) fn upload(&self, job: i64, ord: u32) -> Result<Option<UploadRow>, EngineError> {
        Ok(self
            .sql
            .prepare_cached("SELECT object, cut, upload_id FROM upload WHERE job = ?1 AND ord = ?2")?
            .query_row(params![job, ord], |row| {
                Ok(UploadRow {
                    object: row.get(0)?,
                    cut: row.get::<_, Option<Json<CutDone>>>(1)?.map(|json| json.0),
                    upload_id: row.get(2)?,
                })
            })
            .optional()?)
    }

    /// Writes down what is about to be sent where, in place of what stood there.
    pub(crate) fn set_upload(&self, job: i64, ord: u32, row: &UploadRow) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "INSERT INTO upload (job, ord, object, cut, upload_id) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (job, ord) DO UPDATE SET object = ?3, cut = ?4, upload_id = ?5",
            )?
            .execute(params![job, ord, row.object, row.cut.as_ref().map(Json), row.upload_id])?;
        Ok(())
    }

    /// What is there is not to be trusted: it is cut and sent again.
    pub(crate) fn distrust_upload(&self, job: i64, ord: u32) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE upload SET cut = NULL, upload_id = NULL WHERE job = ?1 AND ord = ?2")?
            .execute(params![job, ord])?;
        Ok(())
    }

    /// Addresses of everything that a job brought there and that is not known to be removed.
    pub(crate) fn uploaded(&self, job: i64) -> Result<Vec<String>, EngineError> {
        let mut statement =
            self.sql.prepare_cached("SELECT object FROM upload WHERE job = ?1 ORDER BY ord")?;
        Ok(statement.query_map([job], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// What begins with `address` is removed.
    pub(crate) fn forget_uploads_below(&self, job: i64, address: &str) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("DELETE FROM upload WHERE job = ?1 AND substr(object, 1, length(?2)) = ?2")?
            .execute(params![job, address])?;
        Ok(())
    }

    /// Whether anything of the job may lie, or run, in the cloud.
    pub(crate) fn touched_cloud(&self, job: i64) -> Result<bool, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM upload WHERE job = ?1) OR EXISTS (
                 SELECT 1 FROM remote WHERE job = ?1 AND state IN ('intended', 'submitted', 'progressing'))",
        )?;
        Ok(statement.exists([job])?)
    }
}
