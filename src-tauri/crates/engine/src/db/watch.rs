//! Rows of watched folders, and what is announced of them.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    Tx,
    codec::{Json, Text, path, path_text, unsigned},
};
use crate::{
    error::EngineError,
    watch::{ArrivalCounts, Mount, Place, WatchId, WatchSettings, WatchState, mount_of, same_drive},
};

/// A watched folder.
#[derive(Debug, Clone)]
pub(crate) struct WatchRow {
    pub(crate) num: i64,
    pub(crate) id: WatchId,
    pub(crate) place: Place,
    /// The place as people write it.
    pub(crate) name: String,
    pub(crate) settings: WatchSettings,
    /// Absolute, without links.
    pub(crate) out_dir: PathBuf,
    pub(crate) paused: bool,
    /// As found last; never `Paused`.
    pub(crate) state: WatchState,
    /// The drive when all was well last.
    pub(crate) mount: Option<Mount>,
    /// Number of its file system then.
    pub(crate) dev: Option<u64>,
    /// Files at the last complete look, and those found since.
    pub(crate) files: u64,
    pub(crate) scan_wanted: i64,
    pub(crate) scan_done: i64,
    /// Rises with every change of settings.
    pub(crate) edition: i64,
    /// ms UTC.
    pub(crate) scanned_ms: Option<i64>,
    /// ms.
    pub(crate) scan_took_ms: Option<i64>,
    /// ms UTC.
    pub(crate) next_scan_ms: Option<i64>,
    /// ms UTC.
    pub(crate) closed_until_ms: Option<i64>,
    /// ms UTC.
    pub(crate) created_ms: i64,
}

/// A watched folder to be made.
#[derive(Debug)]
pub(crate) struct NewWatchRow<'a> {
    pub(crate) id: WatchId,
    pub(crate) place: &'a Place,
    pub(crate) name: &'a str,
    pub(crate) settings: &'a WatchSettings,
    pub(crate) out_dir: &'a Path,
}

/// What a scan leaves behind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scanned {
    /// ms UTC.
    pub(crate) at_ms: i64,
    /// ms.
    pub(crate) took_ms: i64,
    /// Files seen; `None`: it was not complete.
    pub(crate) files: Option<u64>,
    /// Wishes that it answers.
    pub(crate) wanted: i64,
}

/// What others are to be told of watched folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Announced {
    Unreachable,
    Reachable,
    Held,
    Skipped,
}

impl Announced {
    fn kind(self) -> &'static str {
        match self {
            Self::Unreachable => "watch.unreachable",
            Self::Reachable => "watch.reachable",
            Self::Held => "arrival.held",
            Self::Skipped => "arrival.skipped",
        }
    }
}

fn watch(row: &Row<'_>) -> rusqlite::Result<WatchRow> {
    Ok(WatchRow {
        num: row.get("num")?,
        id: row.get::<_, Text<WatchId>>("id")?.0,
        place: row.get::<_, Json<Place>>("place")?.0,
        name: row.get("name")?,
        settings: row.get::<_, Json<WatchSettings>>("settings")?.0,
        out_dir: path(row, "out_dir")?,
        paused: row.get("paused")?,
        state: row.get::<_, Json<WatchState>>("state")?.0,
        mount: row.get::<_, Option<Json<Mount>>>("mount")?.map(|json| json.0),
        dev: row.get::<_, Option<i64>>("dev")?.map(i64::cast_unsigned),
        files: unsigned(row, "files")?,
        scan_wanted: row.get("scan_wanted")?,
        scan_done: row.get("scan_done")?,
        edition: row.get("edition")?,
        scanned_ms: row.get("scanned_ms")?,
        scan_took_ms: row.get("scan_took_ms")?,
        next_scan_ms: row.get("next_scan_ms")?,
        closed_until_ms: row.get("closed_until_ms")?,
        created_ms: row.get("created_ms")?,
    })
}

/// Watched folders, oldest first.
pub(crate) fn watches(sql: &Connection) -> Result<Vec<WatchRow>, EngineError> {
    let mut statement = sql.prepare_cached("SELECT * FROM watch ORDER BY num")?;
    Ok(statement.query_map([], watch)?.collect::<Result<_, _>>()?)
}

/// A watched folder by its public name.
pub(crate) fn watch_by_id(sql: &Connection, id: WatchId) -> Result<Option<WatchRow>, EngineError> {
    let mut statement = sql.prepare_cached("SELECT * FROM watch WHERE id = ?1")?;
    Ok(statement.query_row([id.to_string()], watch).optional()?)
}

/// Its files by state.
pub(crate) fn arrival_counts(sql: &Connection, watch: i64) -> Result<ArrivalCounts, EngineError> {
    let mut statement = sql.prepare_cached("SELECT state, files FROM arrival_count WHERE watch = ?1")?;
    let mut rows = statement.query([watch])?;
    let mut counts = ArrivalCounts::default();
    while let Some(row) = rows.next()? {
        let files = unsigned(row, "files")?;
        match row.get_ref("state")?.as_str().map_err(rusqlite::Error::from)? {
            "waiting" => counts.waiting = files,
            "held" => counts.held = files,
            "at-work" => counts.at_work = files,
            "delivered" => counts.delivered = files,
            "failed" => counts.failed = files,
            "skipped" => counts.skipped = files,
            // Those that are gone count nowhere.
            _ => {}
        }
    }
    Ok(counts)
}

impl Tx<'_> {
    /// Watched folders, oldest first.
    pub(crate) fn watches(&self) -> Result<Vec<WatchRow>, EngineError> {
        watches(&self.sql)
    }

    /// Makes a watched folder.
    pub(crate) fn insert_watch(&self, new: &NewWatchRow<'_>) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "INSERT INTO watch (id, place, name, settings, out_dir, state, created_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                new.id.to_string(),
                Json(new.place),
                new.name,
                Json(new.settings),
                path_text(new.out_dir),
                Json(WatchState::New),
                self.now_ms
            ])?;
        Ok(())
    }

    /// Changes what is set; whoever looks after it begins anew. Says whether it is there.
    pub(crate) fn set_watch(
        &self,
        id: WatchId,
        settings: &WatchSettings,
        out_dir: &Path,
    ) -> Result<bool, EngineError> {
        Ok(self
            .sql
            .prepare_cached(
                "UPDATE watch SET settings = ?2, out_dir = ?3, edition = edition + 1,
                 scan_wanted = scan_wanted + 1 WHERE id = ?1",
            )?
            .execute(params![id.to_string(), Json(settings), path_text(out_dir)])?
            == 1)
    }

    /// Holds it, or lets it go on. Says whether it is there.
    pub(crate) fn set_watch_paused(&self, id: WatchId, paused: bool) -> Result<bool, EngineError> {
        Ok(self
            .sql
            .prepare_cached(
                "UPDATE watch SET paused = ?2, scan_wanted = scan_wanted + (paused <> ?2) WHERE id = ?1",
            )?
            .execute(params![id.to_string(), paused])?
            == 1)
    }

    /// Wishes a scan. Says whether it is there.
    pub(crate) fn want_scan(&self, id: WatchId) -> Result<bool, EngineError> {
        Ok(self
            .sql
            .prepare_cached("UPDATE watch SET scan_wanted = scan_wanted + 1 WHERE id = ?1")?
            .execute([id.to_string()])?
            == 1)
    }

    /// Forgets it, and what was seen in it. Says whether it was there.
    pub(crate) fn delete_watch(&self, id: WatchId) -> Result<bool, EngineError> {
        Ok(self.sql.prepare_cached("DELETE FROM watch WHERE id = ?1")?.execute([id.to_string()])? == 1)
    }

    pub(crate) fn set_watch_state(&self, watch: i64, state: &WatchState) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE watch SET state = ?2 WHERE num = ?1")?
            .execute(params![watch, Json(state)])?;
        Ok(())
    }

    /// Remembers the drive while all is well.
    pub(crate) fn set_watch_drive(
        &self,
        watch: i64,
        mount: Option<&Mount>,
        dev: u64,
    ) -> Result<(), EngineError> {
        self.sql.prepare_cached("UPDATE watch SET mount = ?2, dev = ?3 WHERE num = ?1")?.execute(params![
            watch,
            mount.map(Json),
            dev.cast_signed()
        ])?;
        Ok(())
    }

    pub(crate) fn set_scanned(&self, watch: i64, scanned: &Scanned) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE watch SET scanned_ms = ?2, scan_took_ms = ?3, files = coalesce(?4, files),
                 scan_done = max(scan_done, ?5) WHERE num = ?1",
            )?
            .execute(params![
                watch,
                scanned.at_ms,
                scanned.took_ms,
                scanned.files.map(u64::cast_signed),
                scanned.wanted
            ])?;
        Ok(())
    }

    /// One more file than at the last complete look.
    pub(crate) fn add_watch_file(&self, watch: i64) -> Result<(), EngineError> {
        self.sql.prepare_cached("UPDATE watch SET files = files + 1 WHERE num = ?1")?.execute([watch])?;
        Ok(())
    }

    pub(crate) fn set_next_scan(&self, watch: i64, next_ms: Option<i64>) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE watch SET next_scan_ms = ?2 WHERE num = ?1 AND next_scan_ms IS NOT ?2")?
            .execute(params![watch, next_ms])?;
        Ok(())
    }

    pub(crate) fn set_closed(&self, watch: i64, until_ms: Option<i64>) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE watch SET closed_until_ms = ?2 WHERE num = ?1 AND closed_until_ms IS NOT ?2",
            )?
            .execute(params![watch, until_ms])?;
        Ok(())
    }

    /// Whether a watched folder with this public name cannot be reached, or is on another drive than it was when
    /// all was well: that is seen here before anybody has looked.
    pub(crate) fn is_out_of_reach(&self, id: WatchId) -> Result<bool, EngineError> {
        let Some(watch) = watch_by_id(&self.sql, id)? else { return Ok(false) };
        if matches!(watch.state, WatchState::Unreachable { .. }) {
            return Ok(true);
        }
        let (Some(known), Place::Folder { path }) = (&watch.mount, &watch.place) else { return Ok(false) };
        Ok(mount_of(path).is_ok_and(|now| !same_drive(known, &now)))
    }

    /// Writes down what others are to be told.
    pub(crate) fn announce(
        &self,
        what: Announced,
        watch: &WatchRow,
        arrival_path: Option<&str>,
        body: &serde_json::Value,
    ) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "INSERT INTO announcement (at_ms, kind, watch, watch_place, arrival_path, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                self.now_ms,
                what.kind(),
                watch.id.to_string(),
                watch.name,
                arrival_path,
                Json(body)
            ])?;
        Ok(())
    }
}
