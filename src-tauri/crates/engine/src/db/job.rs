//! Rows of jobs.

use std::path::PathBuf;

use rusqlite::{OptionalExtension, Row, params};
use spillway_profile::Profile;

use super::{
    Tx,
    codec::{Json, Text, Word, path, path_text},
};
use crate::{
    error::EngineError,
    failure::Failure,
    model::{EventBody, JobExtras, JobId, JobState, Wish},
    plan::JobPlan,
    route::{AgainstCloud, EngineWish, Route},
    steps::source::Identity,
    transition::{self, JobEvent},
    watch::WatchId,
};

/// Both names of a job: the database's and everybody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct JobKey {
    /// Row number; rises with age.
    pub(crate) num: i64,
    /// Public name.
    pub(crate) id: JobId,
}

/// A job to be made.
#[derive(Debug)]
pub(crate) struct NewJob<'a> {
    pub(crate) id: JobId,
    pub(crate) source: &'a std::path::Path,
    pub(crate) profile: &'a Profile,
    pub(crate) out_dir: &'a std::path::Path,
    pub(crate) priority: i64,
    pub(crate) engine_wish: EngineWish,
    pub(crate) extras: &'a JobExtras,
}

/// A job as its steps need it.
#[derive(Debug, Clone)]
pub(crate) struct JobRow {
    pub(crate) key: JobKey,
    pub(crate) source: PathBuf,
    pub(crate) identity: Option<Identity>,
    pub(crate) source_sha256: Option<String>,
    pub(crate) profile: Profile,
    pub(crate) out_dir: PathBuf,
    pub(crate) state: JobState,
    pub(crate) wish: Wish,
    pub(crate) priority: i64,
    pub(crate) tier: u8,
    pub(crate) plan: Option<JobPlan>,
    pub(crate) error: Option<Failure>,
    pub(crate) created_ms: i64,
    pub(crate) started_ms: Option<i64>,
    pub(crate) cost_microusd: i64,
    pub(crate) extras: JobExtras,
    pub(crate) engine_wish: EngineWish,
    /// The engine that was decided on, and why.
    pub(crate) route: Option<Route>,
    /// Why the cloud is out of the question for it from now on.
    pub(crate) against_cloud: Option<AgainstCloud>,
}

impl JobRow {
    /// Whether a retry can go on from the files in the work folder.
    pub(crate) fn keeps_work(&self) -> bool {
        self.state == JobState::Failed && self.error.as_ref().is_some_and(|failure| failure.code.keeps_work())
    }
}

const COLUMNS: &str = "num, id, source, source_bytes, source_mtime_ns, source_dev, source_inode, source_sha256, \
                       profile, out_dir, route, state, wish, priority, tier, plan, error, created_ms, started_ms, cost_microusd, \
                       title, metadata, deadline_ms, watch, engine_wish, against_cloud";

fn job(row: &Row<'_>) -> rusqlite::Result<JobRow> {
    let identity = match row.get::<_, Option<i64>>("source_bytes")? {
        None => None,
        Some(bytes) => Some(Identity {
            bytes: bytes.cast_unsigned(),
            mtime_ns: row.get("source_mtime_ns")?,
            dev: row.get::<_, i64>("source_dev")?.cast_unsigned(),
            inode: row.get::<_, i64>("source_inode")?.cast_unsigned(),
        }),
    };
    Ok(JobRow {
        key: JobKey { num: row.get("num")?, id: row.get::<_, Text<JobId>>("id")?.0 },
        source: path(row, "source")?,
        identity,
        source_sha256: row.get("source_sha256")?,
        profile: row.get::<_, Json<Profile>>("profile")?.0,
        out_dir: path(row, "out_dir")?,
        state: row.get::<_, Word<JobState>>("state")?.0,
        wish: row.get::<_, Word<Wish>>("wish")?.0,
        priority: row.get("priority")?,
        tier: row.get("tier")?,
        plan: row.get::<_, Option<Json<JobPlan>>>("plan")?.map(|json| json.0),
        error: row.get::<_, Option<Json<Failure>>>("error")?.map(|json| json.0),
        created_ms: row.get("created_ms")?,
        started_ms: row.get("started_ms")?,
        cost_microusd: row.get("cost_microusd")?,
        extras: extras(row)?,
        engine_wish: row.get::<_, Word<EngineWish>>("engine_wish")?.0,
        route: row.get::<_, Option<Json<Route>>>("route")?.map(|json| json.0),
        against_cloud: row.get::<_, Option<Json<AgainstCloud>>>("against_cloud")?.map(|json| json.0),
    })
}

/// What was asked of a job beyond source and profile.
pub(super) fn extras(row: &Row<'_>) -> rusqlite::Result<JobExtras> {
    Ok(JobExtras {
        title: row.get("title")?,
        metadata: row.get::<_, Json<_>>("metadata")?.0,
        deadline_ms: row.get("deadline_ms")?,
        watch: row.get::<_, Option<Text<WatchId>>>("watch")?.map(|text| text.0),
    })
}

impl Tx<'_> {
    /// Makes a queued job.
    pub(crate) fn insert_job(&self, new: &NewJob<'_>) -> Result<JobKey, EngineError> {
        self.sql
            .prepare_cached(
                "INSERT INTO job (id, source, profile_id, partner, profile, engine, out_dir, state, priority, created_ms,
                   title, metadata, deadline_ms, watch, engine_wish)
                 VALUES (?1, ?2, ?3, ?4, ?5, 'local', ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            )?
            .execute(params![
                new.id.to_string(),
                path_text(new.source),
                new.profile.id,
                new.profile.partner,
                Json(new.profile),
                path_text(new.out_dir),
                Word(JobState::Queued),
                new.priority,
                self.now_ms,
                new.extras.title,
                Json(&new.extras.metadata),
                new.extras.deadline_ms,
                new.extras.watch.map(|watch| watch.to_string()),
                Word(new.engine_wish),
            ])?;
        let key = JobKey { num: self.sql.last_insert_rowid(), id: new.id };
        self.tell(key.id, &EventBody::Submitted)?;
        Ok(key)
    }

    /// A job by its row number.
    pub(crate) fn job(&self, num: i64) -> Result<JobRow, EngineError> {
        let sql = format!("SELECT {COLUMNS} FROM job WHERE num = ?1");
        Ok(self.sql.prepare_cached(&sql)?.query_row([num], job)?)
    }

    /// A job by its public name.
    pub(crate) fn job_by_id(&self, id: JobId) -> Result<JobRow, EngineError> {
        let sql = format!("SELECT {COLUMNS} FROM job WHERE id = ?1");
        let found = self.sql.prepare_cached(&sql)?.query_row([id.to_string()], job).optional()?;
        found.ok_or_else(|| EngineError::NoSuchJob(id.to_string()))
    }

    /// Records which version of the source the job is about.
    pub(crate) fn set_identity(&self, job: i64, identity: &Identity) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE job SET source_bytes = ?2, source_mtime_ns = ?3, source_dev = ?4, source_inode = ?5,
                 source_sha256 = NULL WHERE num = ?1",
            )?
            .execute(params![
                job,
                identity.bytes.cast_signed(),
                identity.mtime_ns,
                identity.dev.cast_signed(),
                identity.inode.cast_signed()
            ])?;
        Ok(())
    }

    /// The hash of the very same file, if another job has computed it.
    pub(crate) fn known_hash(&self, job: &JobRow) -> Result<Option<String>, EngineError> {
        let Some(identity) = &job.identity else { return Ok(None) };
        Ok(self
            .sql
            .prepare_cached(
                "SELECT source_sha256 FROM job WHERE source = ?1 AND source_sha256 IS NOT NULL
                 AND source_bytes = ?2 AND source_mtime_ns = ?3 AND source_dev = ?4 AND source_inode = ?5
                 ORDER BY num DESC LIMIT 1",
            )?
            .query_row(
                params![
                    path_text(&job.source),
                    identity.bytes.cast_signed(),
                    identity.mtime_ns,
                    identity.dev.cast_signed(),
                    identity.inode.cast_signed()
                ],
                |row| row.get(0),
            )
            .optional()?)
    }

    pub(crate) fn set_source_hash(&self, job: i64, sha256: &str) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE job SET source_sha256 = ?2 WHERE num = ?1")?
            .execute(params![job, sha256])?;
        Ok(())
    }

    /// Stores the plan; `None` when it has to be made again with `tier`.
    pub(crate) fn set_plan(&self, job: i64, tier: u8, plan: Option<&JobPlan>) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE job SET tier = ?2, plan = ?3, frame_rate = ?4 WHERE num = ?1")?
            .execute(params![job, tier, plan.map(Json), plan.and_then(JobPlan::encoded_rate)])?;
        Ok(())
    }

    /// Writes down which engine does it and why, and tells of it where it is news.
    pub(crate) fn set_route(&self, key: JobKey, route: &Route) -> Result<(), EngineError> {
        let changed = self
            .sql
            .prepare_cached("UPDATE job SET engine = ?2, route = ?3 WHERE num = ?1 AND route IS NOT ?3")?
            .execute(params![key.num, Word(route.engine), Json(route)])?;
        if changed == 0 {
            return Ok(());
        }
        self.tell(key.id, &EventBody::Routed { route: route.clone() })
    }

    /// Writes down why the cloud is out of the question for it; `None`: it may be tried again.
    pub(crate) fn set_against_cloud(
        &self,
        job: i64,
        against: Option<&AgainstCloud>,
    ) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE job SET against_cloud = ?2 WHERE num = ?1")?
            .execute(params![job, against.map(Json)])?;
        Ok(())
    }

    pub(crate) fn set_receipt(&self, job: i64, receipt: &std::path::Path) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE job SET receipt = ?2 WHERE num = ?1")?
            .execute(params![job, path_text(receipt)])?;
        Ok(())
    }

    /// Writes a wish down and tells of it.
    pub(crate) fn set_wish(&self, key: JobKey, wish: Wish) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE job SET wish = ?2 WHERE num = ?1")?
            .execute(params![key.num, Word(wish)])?;
        self.tell(key.id, &EventBody::Wished { wish })
    }

    /// Moves a job through its state machine, and tells of it.
    pub(crate) fn move_job(
        &self,
        key: JobKey,
        event: JobEvent,
        failure: Option<&Failure>,
    ) -> Result<JobState, EngineError> {
        let from: JobState = self
            .sql
            .prepare_cached("SELECT state FROM job WHERE num = ?1")?
            .query_row([key.num], |row| row.get::<_, Word<JobState>>(0))?
            .0;
        let state = transition::job(from, event)?;
        let ended = state.ended().then_some(self.now_ms);
        self.sql
            .prepare_cached(
                "UPDATE job SET state = ?2, ended_ms = ?3, error = ?4, dismissed_ms = NULL,
                 started_ms = CASE WHEN ?2 = 'running' THEN coalesce(started_ms, ?5) ELSE started_ms END
                 WHERE num = ?1",
            )?
            .execute(params![key.num, Word(state), ended, failure.map(Json), self.now_ms])?;
        self.tell(key.id, &EventBody::Job { state, failure: failure.cloned() })?;
        Ok(state)
    }

    /// Jobs that have not ended and whose wish is not to run.
    pub(crate) fn held_jobs(&self) -> Result<Vec<(JobKey, Wish)>, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT num, id, wish FROM job WHERE wish <> 'run' AND state IN ('queued', 'running') ORDER BY num",
        )?;
        let rows = statement.query_map([], |row| {
            let key = JobKey { num: row.get(0)?, id: row.get::<_, Text<JobId>>(1)?.0 };
            Ok((key, row.get::<_, Word<Wish>>(2)?.0))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Jobs that have not ended, oldest first.
    pub(crate) fn live_jobs(&self) -> Result<Vec<i64>, EngineError> {
        let mut statement = self
            .sql
            .prepare_cached("SELECT num FROM job WHERE state IN ('queued', 'running') ORDER BY num")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether the job is delivered, failed or cancelled.
    pub(crate) fn has_ended(&self, job: i64) -> Result<bool, EngineError> {
        Ok(self
            .sql
            .prepare_cached("SELECT 1 FROM job WHERE num = ?1 AND ended_ms IS NOT NULL")?
            .exists([job])?)
    }

    /// Whether the job is known at all.
    pub(crate) fn knows(&self, id: JobId) -> Result<bool, EngineError> {
        Ok(self.sql.prepare_cached("SELECT 1 FROM job WHERE id = ?1")?.exists([id.to_string()])?)
    }

    /// How many of these jobs are not over yet: not ended, or ended with a step still to be done.
    pub(crate) fn unfinished_among(&self, ids: &[JobId]) -> Result<usize, EngineError> {
        super::unfinished_among(&self.sql, ids)
    }

    /// Removes a job with everything that belongs to it.
    pub(crate) fn delete_job(&self, key: JobKey) -> Result<(), EngineError> {
        self.sql.prepare_cached("DELETE FROM job WHERE num = ?1")?.execute([key.num])?;
        self.tell(key.id, &EventBody::Removed)
    }
}
