//! Rows of files in watched folders.

use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::{
    Tx,
    codec::{Json, Word, unsigned},
};
use crate::{
    error::EngineError,
    watch::{ArrivalReason, ArrivalState, Entry, Stand},
};

/// What is to be done with a file next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stage {
    /// Look whether it changed.
    Look,
    /// Bring it here from a bucket.
    Fetch,
    /// Have its structure and its end read.
    Check,
    /// Read its samples and its sidecar job, and decide.
    Examine,
    /// Read it whole, to be compared with contents known.
    Compare,
    /// Its jobs have ended: do what is to be done with the source.
    Finish,
}

/// State and reason of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) state: ArrivalState,
    pub(crate) reason: ArrivalReason,
}

/// A file in a watched folder.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ArrivalRow {
    /// 0: not in the database yet.
    pub(crate) num: i64,
    pub(crate) watch: i64,
    /// Below the watched folder.
    pub(crate) path: String,
    /// At the last look that saw a change, or settled it.
    pub(crate) stand: Stand,
    pub(crate) dev: u64,
    pub(crate) tag: Option<String>,
    pub(crate) place: Place,
    pub(crate) stage: Option<Stage>,
    /// When the stage is due, ms UTC.
    pub(crate) next_look_ms: Option<i64>,
    /// It goes on by itself within seconds.
    pub(crate) soon: bool,
    /// Looks in a row that held it.
    pub(crate) tries: u32,
    /// Of its present content.
    pub(crate) fingerprint: Option<String>,
    /// Of its present content.
    pub(crate) sha256: Option<String>,
    /// What was taken before does not count.
    pub(crate) again: bool,
    /// Rises whenever jobs are made of it; 0: none were.
    pub(crate) round: i64,
    /// Where it was before it was gone.
    pub(crate) prior: Option<Place>,
    /// ms UTC.
    pub(crate) first_seen_ms: i64,
    /// ms UTC.
    pub(crate) changed_ms: i64,
}

impl Stage {
    /// All of them.
    pub(crate) const ALL: [Self; 6] =
        [Self::Look, Self::Fetch, Self::Check, Self::Examine, Self::Compare, Self::Finish];
}

impl ArrivalRow {
    /// The file as it was seen last.
    pub(crate) fn entry(&self) -> Entry {
        Entry {
            path: self.path.clone(),
            bytes: self.stand.bytes,
            mtime_ns: self.stand.mtime_ns,
            dev: self.dev,
            inode: self.stand.inode,
            tag: self.tag.clone(),
        }
    }
}

pub(super) fn arrival(row: &Row<'_>) -> rusqlite::Result<ArrivalRow> {
    Ok(ArrivalRow {
        num: row.get("num")?,
        watch: row.get("watch")?,
        path: row.get("path")?,
        stand: Stand {
            bytes: unsigned(row, "bytes")?,
            mtime_ns: row.get("mtime_ns")?,
            inode: unsigned(row, "inode")?,
            still_since_ms: row.get("still_since_ms")?,
            last_look_ms: row.get("last_look_ms")?,
        },
        dev: unsigned(row, "dev")?,
        tag: row.get("tag")?,
        place: Place {
            state: row.get::<_, Word<ArrivalState>>("state")?.0,
            reason: row.get::<_, Json<ArrivalReason>>("reason")?.0,
        },
        stage: row.get::<_, Option<Word<Stage>>>("stage")?.map(|word| word.0),
        next_look_ms: row.get("next_look_ms")?,
        soon: row.get("soon")?,
        tries: row.get("tries")?,
        fingerprint: row.get("fingerprint")?,
        sha256: row.get("sha256")?,
        again: row.get("again")?,
        round: row.get("round")?,
        prior: row.get::<_, Option<Json<Place>>>("prior")?.map(|json| json.0),
        first_seen_ms: row.get("first_seen_ms")?,
        changed_ms: row.get("changed_ms")?,
    })
}

const COLUMNS: &str = "watch, path, bytes, mtime_ns, dev, inode, tag, still_since_ms, last_look_ms, state, reason, \
                       stage, next_look_ms, soon, tries, fingerprint, sha256, again, round, prior, first_seen_ms, changed_ms";

impl Tx<'_> {
    /// A file by its number.
    pub(crate) fn arrival(&self, num: i64) -> Result<Option<ArrivalRow>, EngineError> {
        Ok(self
            .sql
            .prepare_cached("SELECT * FROM arrival WHERE num = ?1")?
            .query_row([num], arrival)
            .optional()?)
    }

    /// A file by its path below a watched folder.
    pub(crate) fn arrival_at(&self, watch: i64, path: &str) -> Result<Option<ArrivalRow>, EngineError> {
        Ok(self
            .sql
            .prepare_cached("SELECT * FROM arrival WHERE watch = ?1 AND path = ?2")?
            .query_row(params![watch, path], arrival)
            .optional()?)
    }

    /// Writes a file down: a new one where its number is 0. Gives its number.
    pub(crate) fn save_arrival(&self, row: &ArrivalRow) -> Result<i64, EngineError> {
        let num = (row.num != 0).then_some(row.num);
        let marks = (2..24).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
        let sql = if num.is_some() {
            format!("UPDATE arrival SET ({COLUMNS}) = ({marks}) WHERE num = ?1")
        } else {
            format!("INSERT INTO arrival (num, {COLUMNS}) VALUES (?1, {marks})")
        };
        self.sql.prepare_cached(&sql)?.execute(params![
            num,
            row.watch,
            row.path,
            row.stand.bytes.cast_signed(),
            row.stand.mtime_ns,
            row.dev.cast_signed(),
            row.stand.inode.cast_signed(),
            row.tag,
            row.stand.still_since_ms,
            row.stand.last_look_ms,
            Word(row.place.state),
            Json(&row.place.reason),
            row.stage.map(Word),
            row.next_look_ms,
            row.soon,
            row.tries,
            row.fingerprint,
            row.sha256,
            row.again,
            row.round,
            row.prior.as_ref().map(Json),
            row.first_seen_ms,
            row.changed_ms,
        ])?;
        Ok(num.unwrap_or_else(|| self.sql.last_insert_rowid()))
    }

    /// Forgets a file.
    pub(crate) fn delete_arrival(&self, num: i64) -> Result<(), EngineError> {
        self.sql.prepare_cached("DELETE FROM arrival WHERE num = ?1")?.execute([num])?;
        Ok(())
    }

    /// Files of a watched folder whose stage is due, those due first first.
    pub(crate) fn due_arrivals(
        &self,
        watch: i64,
        stage: Stage,
        limit: usize,
    ) -> Result<Vec<ArrivalRow>, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT * FROM arrival WHERE watch = ?1 AND stage = ?2 AND next_look_ms <= ?3
             ORDER BY next_look_ms LIMIT ?4",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![watch, Word(stage), self.now_ms, limit], arrival)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When the next file in this stage will be due that is not yet, ms UTC.
    pub(crate) fn next_look(&self, watch: i64, stage: Stage) -> Result<Option<i64>, EngineError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT min(next_look_ms) FROM arrival WHERE watch = ?1 AND stage = ?2 AND next_look_ms > ?3",
            )?
            .query_row(params![watch, Word(stage), self.now_ms], |row| row.get(0))?)
    }

    /// Whether a file of a watched folder goes on by itself within seconds.
    pub(crate) fn anything_soon(&self, watch: i64) -> Result<bool, EngineError> {
        Ok(self.sql.prepare_cached("SELECT 1 FROM arrival WHERE watch = ?1 AND soon = 1")?.exists([watch])?)
    }

    /// Numbers of the files of a watched folder that are not known to be gone, and have a stand of their own.
    pub(crate) fn present_arrivals(&self, watch: i64) -> Result<Vec<i64>, EngineError> {
        let mut statement =
            self.sql.prepare_cached("SELECT num FROM arrival WHERE watch = ?1 AND state <> 'gone'")?;
        Ok(statement.query_map([watch], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// Whether anything is known below a folder of a watched folder.
    pub(crate) fn knows_below(&self, watch: i64, folder: &str) -> Result<bool, EngineError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT 1 FROM arrival WHERE watch = ?1 AND path >= ?2 || '/' AND path < ?2 || '0'",
            )?
            .exists(params![watch, folder])?)
    }

    /// Files that wait for a sidecar job, or for a better one.
    pub(crate) fn without_sidecar(&self, watch: i64) -> Result<Vec<ArrivalRow>, EngineError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT * FROM arrival WHERE watch = ?1 AND state IN ('waiting', 'held')
             AND reason ->> '$.reason' IN ('no-sidecar', 'bad-sidecar', 'no-profile')",
        )?;
        Ok(statement.query_map([watch], arrival)?.collect::<Result<_, _>>()?)
    }

    /// Everything that is timed is looked at now: after a start, nothing that was put off holds any more. How
    /// long files have been still is not counted from before it.
    pub(crate) fn restart_looks(&self, watch: i64) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE arrival SET next_look_ms = ?2,
                   still_since_ms = iif(stage = 'look', ?2, still_since_ms),
                   last_look_ms = iif(stage = 'look', ?2, last_look_ms)
                 WHERE watch = ?1 AND stage IS NOT NULL",
            )?
            .execute(params![watch, self.now_ms])?;
        Ok(())
    }

    /// Moves everything that is timed along with a clock that somebody set.
    pub(crate) fn move_looks(&self, by_ms: i64) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE arrival SET still_since_ms = still_since_ms + ?1, last_look_ms = last_look_ms + ?1,
                 next_look_ms = next_look_ms + ?1 WHERE stage IS NOT NULL",
            )?
            .execute([by_ms])?;
        // What waits for a time of day is decided anew.
        self.sql
            .prepare_cached(
                "UPDATE arrival SET next_look_ms = ?1
                 WHERE stage = 'examine' AND reason ->> '$.reason' = 'outside-hours'",
            )?
            .execute([self.now_ms])?;
        Ok(())
    }

    /// Has everything that waits for an hour looked at now.
    pub(crate) fn open_hours(&self, watch: i64) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE arrival SET next_look_ms = ?2 WHERE watch = ?1 AND stage = 'examine'
                 AND next_look_ms > ?2 AND reason ->> '$.reason' = 'outside-hours'",
            )?
            .execute(params![watch, self.now_ms])?;
        Ok(())
    }
}
