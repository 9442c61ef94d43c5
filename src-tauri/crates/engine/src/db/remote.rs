//! MediaConvert jobs: each is on record before it is made, and until it is known to be over.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use spillway_cloud::convert::{RemoteError, RemoteStatus};

use super::{
    Claim, JobKey, Tx,
    codec::{Json, Text, Word},
};
use crate::{cost::ChunkWork, error::EngineError, model::JobId, remote::RemoteView};

/// Where it stands, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RemoteState {
    /// About to be made; perhaps it was.
    Intended,
    /// Waits in its queue.
    Submitted,
    /// Is worked on.
    Progressing,
    /// Finished.
    Complete,
    /// Failed, or was refused.
    Error,
    /// Cancelled, or never made.
    Canceled,
}

impl RemoteState {
    pub(crate) fn is_final(self) -> bool {
        match self {
            Self::Complete | Self::Error | Self::Canceled => true,
            Self::Intended | Self::Submitted | Self::Progressing => false,
        }
    }
}

impl From<RemoteStatus> for RemoteState {
    fn from(status: RemoteStatus) -> Self {
        match status {
            RemoteStatus::Submitted => Self::Submitted,
            RemoteStatus::Progressing => Self::Progressing,
            RemoteStatus::Complete => Self::Complete,
            RemoteStatus::Error => Self::Error,
            RemoteStatus::Canceled => Self::Canceled,
        }
    }
}

/// A MediaConvert job on record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RemoteRow {
    pub(crate) id: i64,
    pub(crate) job: JobKey,
    /// `clientRequestToken`, and the key of its charges.
    pub(crate) token: String,
    /// Address of the input.
    pub(crate) input: String,
    pub(crate) work: ChunkWork,
    pub(crate) state: RemoteState,
    pub(crate) remote_id: Option<String>,
    pub(crate) phase: Option<String>,
    /// ms UTC.
    pub(crate) intended_ms: i64,
    /// ms UTC.
    pub(crate) submitted_ms: Option<i64>,
    /// Belongs to a plan that was given up, or its results are lost.
    pub(crate) abandoned: bool,
}

/// A MediaConvert job that is about to be made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NewRemote {
    pub(crate) token: String,
    pub(crate) input: String,
    pub(crate) work: ChunkWork,
}

/// How a step's earlier MediaConvert jobs ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Endings {
    /// With an error.
    pub(crate) errors: u32,
    /// Cancelled by somebody.
    pub(crate) canceled: u32,
}

const COLUMNS: &str = "r.id, r.job, j.id AS job_id, r.token, r.input, r.work, r.state, r.remote_id, r.phase, \
                       r.intended_ms, r.submitted_ms, r.abandoned FROM remote r JOIN job j ON j.num = r.job";

fn remote(row: &Row<'_>) -> rusqlite::Result<RemoteRow> {
    Ok(RemoteRow {
        id: row.get("id")?,
        job: JobKey { num: row.get("job")?, id: row.get::<_, Text<JobId>>("job_id")?.0 },
        token: row.get("token")?,
        input: row.get("input")?,
        work: row.get::<_, Json<ChunkWork>>("work")?.0,
        state: row.get::<_, Word<RemoteState>>("state")?.0,
        remote_id: row.get("remote_id")?,
        phase: row.get("phase")?,
        intended_ms: row.get("intended_ms")?,
        submitted_ms: row.get("submitted_ms")?,
        abandoned: row.get("abandoned")?,
    })
}

impl Tx<'_> {
    /// The newest MediaConvert job of a step that was not given up.
    pub(crate) fn remote_of(&self, claim: &Claim) -> Result<Option<RemoteRow>, EngineError> {
        let sql = format!(
            "SELECT {COLUMNS} WHERE r.job = ?1 AND r.ord = ?2 AND r.abandoned = 0 ORDER BY r.id DESC LIMIT 1"
        );
        let mut statement = self.sql.prepare_cached(&sql)?;
        Ok(statement.query_row(params![claim.job.num, claim.ord], remote).optional()?)
    }

    /// As it is on record.
    pub(crate) fn remote(&self, id: i64) -> Result<RemoteRow, EngineError> {
        let sql = format!("SELECT {COLUMNS} WHERE r.id = ?1");
        Ok(self.sql.prepare_cached(&sql)?.query_row([id], remote)?)
    }

    /// MediaConvert jobs of a job that are not known to be over; only given up ones while the job is at work.
    pub(crate) fn remote_left(&self, job: i64) -> Result<Vec<RemoteRow>, EngineError> {
        let sql = format!(
            "SELECT {COLUMNS} WHERE r.job = ?1 AND r.state IN ('intended', 'submitted', 'progressing')
             AND (r.abandoned = 1 OR j.ended_ms IS NOT NULL) ORDER BY r.id"
        );
        let mut statement = self.sql.prepare_cached(&sql)?;
        Ok(statement.query_map([job], remote)?.collect::<Result<_, _>>()?)
    }

    /// How many MediaConvert jobs a step ever had: makes each one's token its own.
    pub(crate) fn remote_tries(&self, job: i64, ord: u32) -> Result<u32, EngineError> {
        Ok(self
            .sql
            .prepare_cached("SELECT count(*) FROM remote WHERE job = ?1 AND ord = ?2")?
            .query_row(params![job, ord], |row| row.get(0))?)
    }

    pub(crate) fn remote_endings(&self, job: i64, ord: u32) -> Result<Endings, EngineError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT count(*) FILTER (WHERE state = 'error'), count(*) FILTER (WHERE state = 'canceled')
                 FROM remote WHERE job = ?1 AND ord = ?2 AND abandoned = 0",
            )?
            .query_row(params![job, ord], |row| Ok(Endings { errors: row.get(0)?, canceled: row.get(1)? }))?)
    }

    /// Writes down that a MediaConvert job is about to be made.
    pub(crate) fn intend_remote(&self, claim: &Claim, new: &NewRemote) -> Result<i64, EngineError> {
        self.sql
            .prepare_cached(
                "INSERT INTO remote (job, ord, token, input, work, intended_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                claim.job.num,
                claim.ord,
                new.token,
                new.input,
                Json(&new.work),
                self.now_ms
            ])?;
        Ok(self.sql.last_insert_rowid())
    }

    /// It is about to be made once more, after a search that found nothing.
    pub(crate) fn intend_again(&self, id: i64) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE remote SET intended_ms = ?2 WHERE id = ?1")?
            .execute([id, self.now_ms])?;
        Ok(())
    }

    /// The service has it under this name.
    pub(crate) fn set_remote_id(&self, id: i64, remote_id: &str, created_ms: i64) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE remote SET remote_id = ?2, submitted_ms = ?3, state = 'submitted'
                 WHERE id = ?1 AND state = 'intended'",
            )?
            .execute(params![id, remote_id, created_ms])?;
        Ok(())
    }

    /// A second one that the service made for the same token: to be cancelled.
    pub(crate) fn insert_twin(&self, row: &RemoteRow, remote_id: &str) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "INSERT INTO remote (job, ord, token, input, work, state, remote_id, intended_ms, submitted_ms, abandoned)
                 SELECT job, ord, ?2, input, work, 'submitted', ?3, intended_ms, ?4, 1 FROM remote WHERE id = ?1
                 ON CONFLICT (token) DO NOTHING",
            )?
            .execute(params![row.id, format!("{}/{remote_id}", row.token), remote_id, self.now_ms])?;
        Ok(())
    }

    /// How far it is.
    pub(crate) fn set_remote_phase(
        &self,
        id: i64,
        state: RemoteState,
        phase: Option<&str>,
    ) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE remote SET state = ?2, phase = ?3 WHERE id = ?1 AND finished_ms IS NULL")?
            .execute(params![id, Word(state), phase])?;
        Ok(())
    }

    /// It is over.
    pub(crate) fn end_remote(
        &self,
        id: i64,
        state: RemoteState,
        error: Option<&RemoteError>,
    ) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE remote SET state = ?2, phase = NULL, finished_ms = ?3, error = ?4 WHERE id = ?1",
            )?
            .execute(params![id, Word(state), self.now_ms, error.map(Json)])?;
        Ok(())
    }

    /// Nothing is awaited of this one any more.
    pub(crate) fn give_up_remote(&self, id: i64) -> Result<(), EngineError> {
        self.sql.prepare_cached("UPDATE remote SET abandoned = 1 WHERE id = ?1")?.execute([id])?;
        Ok(())
    }

    /// Nothing is awaited any more of the MediaConvert jobs of a step, or of all steps.
    pub(crate) fn abandon_remote(&self, job: i64, ord: Option<u32>) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE remote SET abandoned = 1 WHERE job = ?1 AND (?2 IS NULL OR ord = ?2)")?
            .execute(params![job, ord])?;
        Ok(())
    }
}

/// MediaConvert jobs of a job for people, in the order of its steps.
pub(crate) fn remote_views(sql: &Connection, id: JobId) -> Result<Vec<RemoteView>, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT r.ord, r.remote_id, r.state, r.phase, r.submitted_ms, r.finished_ms, r.error
         FROM remote r JOIN job j ON j.num = r.job WHERE j.id = ?1 ORDER BY r.abandoned, r.ord, r.id",
    )?;
    let rows = statement.query_map([id.to_string()], |row| {
        Ok(RemoteView {
            ord: row.get(0)?,
            remote_id: row.get(1)?,
            state: row.get(2)?,
            phase: row.get(3)?,
            submitted_ms: row.get(4)?,
            finished_ms: row.get(5)?,
            error: row
                .get::<_, Option<Json<RemoteError>>>(6)?
                .map(|json| format!("{}: {}", json.0.code, json.0.message)),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
