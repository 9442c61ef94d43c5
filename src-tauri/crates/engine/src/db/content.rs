//! Contents that jobs were made of, and the jobs of arrived files.

use std::path::Path;

use rusqlite::params;

use super::{
    ArrivalRow, JobKey, Tx,
    codec::{Text, Word, path_text, unsigned},
};
use crate::{
    error::EngineError,
    model::JobId,
    watch::{ArrivalState, WatchId},
};

/// A content that jobs were made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContentRow {
    pub(crate) num: i64,
    /// The file that it was; may be forgotten.
    pub(crate) arrival: i64,
    pub(crate) round: i64,
    /// Path when it was taken.
    pub(crate) path: String,
    pub(crate) mtime_ns: i64,
    pub(crate) inode: u64,
    pub(crate) sha256: Option<String>,
}

impl Tx<'_> {
    /// Remembers the content that stands there now as taken in the row's present round.
    pub(crate) fn insert_content(&self, row: &ArrivalRow) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "INSERT INTO content (watch, arrival, round, path, bytes, mtime_ns, inode, fingerprint, sha256, taken_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                row.watch,
                row.num,
                row.round,
                row.path,
                row.stand.bytes.cast_signed(),
                row.stand.mtime_ns,
                row.stand.inode.cast_signed(),
                row.fingerprint,
                row.sha256,
                self.now_ms
            ])?;
        Ok(())
    }

    /// Contents of the same size and fingerprint, newest first.
    pub(crate) fn contents_like(&self, row: &ArrivalRow) -> Result<Vec<ContentRow>, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT num, arrival, round, path, mtime_ns, inode, sha256 FROM content
             WHERE watch = ?1 AND bytes = ?2 AND fingerprint = ?3 ORDER BY num DESC LIMIT 64",
        )?;
        let rows = statement.query_map(
            params![row.watch, row.stand.bytes.cast_signed(), row.fingerprint],
            |row| {
                Ok(ContentRow {
                    num: row.get("num")?,
                    arrival: row.get("arrival")?,
                    round: row.get("round")?,
                    path: row.get("path")?,
                    mtime_ns: row.get("mtime_ns")?,
                    inode: unsigned(row, "inode")?,
                    sha256: row.get("sha256")?,
                })
            },
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn set_content_hash(&self, content: i64, sha256: &str) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE content SET sha256 = ?2 WHERE num = ?1")?
            .execute(params![content, sha256])?;
        Ok(())
    }

    /// The content stands under this file's name now, with this inode and time of change.
    pub(crate) fn set_content_stand(&self, content: i64, row: &ArrivalRow) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE content SET mtime_ns = ?2, inode = ?3 WHERE num = ?1")?
            .execute(params![content, row.stand.mtime_ns, row.stand.inode.cast_signed()])?;
        Ok(())
    }

    /// Notes that a job is of a file.
    pub(crate) fn link_job(&self, arrival: i64, round: i64, job: JobKey) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("INSERT INTO arrival_job (arrival, job, round) VALUES (?1, ?2, ?3)")?
            .execute(params![arrival, job.num, round])?;
        Ok(())
    }

    /// Where a file is by its jobs of a round; `None`: none of them is in the list.
    pub(crate) fn outcome(&self, arrival: i64, round: i64) -> Result<Option<ArrivalState>, EngineError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT CASE WHEN count(*) = 0 THEN NULL
                             WHEN sum(j.state IN ('queued', 'running')) > 0 THEN 'at-work'
                             WHEN sum(j.state <> 'delivered') = 0 THEN 'delivered'
                             ELSE 'failed' END
                 FROM arrival_job aj JOIN job j ON j.num = aj.job WHERE aj.arrival = ?1 AND aj.round = ?2",
            )?
            .query_row(params![arrival, round], |row| row.get::<_, Option<Word<ArrivalState>>>(0))?
            .map(|word| word.0))
    }

    /// Whether a job of a round failed that is still in the list, and may be taken up again.
    pub(crate) fn has_failed_job(&self, arrival: i64, round: i64) -> Result<bool, EngineError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT 1 FROM arrival_job aj JOIN job j ON j.num = aj.job
                 WHERE aj.arrival = ?1 AND aj.round = ?2 AND j.state = 'failed'",
            )?
            .exists(params![arrival, round])?)
    }

    /// Whether a round came to nothing because its source went away or changed under it.
    pub(crate) fn lost_its_source(&self, arrival: i64, round: i64) -> Result<bool, EngineError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT count(*) > 0 AND sum(j.state = 'failed') > 0
                   AND sum(j.state <> 'cancelled' AND (j.state <> 'failed'
                     OR j.error ->> '$.code' NOT IN ('SRC-01', 'SRC-03', 'ARR-03'))) = 0
                 FROM arrival_job aj JOIN job j ON j.num = aj.job WHERE aj.arrival = ?1 AND aj.round = ?2",
            )?
            .query_row(params![arrival, round], |row| row.get::<_, Option<bool>>(0))?
            .unwrap_or(false))
    }

    /// The newest job of a round that is still in the list.
    pub(crate) fn job_of_round(&self, arrival: i64, round: i64) -> Result<Option<JobId>, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT j.id FROM arrival_job aj JOIN job j ON j.num = aj.job
             WHERE aj.arrival = ?1 AND aj.round = ?2 ORDER BY j.num DESC LIMIT 1",
        )?;
        let mut rows = statement.query(params![arrival, round])?;
        Ok(rows.next()?.map(|row| row.get::<_, Text<JobId>>(0)).transpose()?.map(|text| text.0))
    }

    /// Whether a job that has not ended reads this file.
    pub(crate) fn is_being_read(&self, source: &Path) -> Result<bool, EngineError> {
        Ok(self
            .sql
            .prepare_cached("SELECT 1 FROM job WHERE state IN ('queued', 'running') AND source = ?1")?
            .exists([path_text(source)])?)
    }

    /// The jobs of a file find their source under another name from now on.
    pub(crate) fn follow_source(&self, arrival: i64, from: &Path, to: &Path) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE job SET source = ?3 WHERE source = ?2
                 AND num IN (SELECT job FROM arrival_job WHERE arrival = ?1)",
            )?
            .execute(params![arrival, path_text(from), path_text(to)])?;
        Ok(())
    }

    /// The same content has other numbers since its drive came back, or was touched: jobs of it that have not
    /// ended go on.
    pub(crate) fn follow_identity(&self, row: &ArrivalRow) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE job SET source_dev = ?3, source_inode = ?4, source_mtime_ns = ?5
                 WHERE state IN ('queued', 'running') AND source_bytes = ?6
                 AND num IN (SELECT job FROM arrival_job WHERE arrival = ?1 AND round = ?2)",
            )?
            .execute(params![
                row.num,
                row.round,
                row.dev.cast_signed(),
                row.stand.inode.cast_signed(),
                row.stand.mtime_ns,
                row.stand.bytes.cast_signed()
            ])?;
        Ok(())
    }

    /// Whether a job of this watched folder made, or makes, the file at `path`, which lies below `root`.
    pub(crate) fn is_own_output(
        &self,
        watch: WatchId,
        root: &Path,
        path: &Path,
    ) -> Result<bool, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT 1 FROM output o JOIN job j ON j.num = o.job WHERE o.final_path = ?1 AND j.watch = ?2",
        )?;
        for place in path.ancestors().take_while(|place| *place != root && place.starts_with(root)) {
            if statement.exists(params![path_text(place), watch.to_string()])? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
