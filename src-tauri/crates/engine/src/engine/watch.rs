//! Watched folders, as the shells ask for them.

use std::path::Path;

use rusqlite::Connection;
use uuid::Uuid;

use super::Engine;
use crate::{
    db::{self, ArrivalPlace, NewWatchRow, Stage, Tx, WatchRow},
    error::EngineError,
    watch::{
        ArrivalId, ArrivalPage, ArrivalQuery, ArrivalReason, ArrivalState, ArrivalView, NewWatch, Place,
        WatchError, WatchId, WatchSettings, WatchState, WatchView, place,
    },
};

impl Engine {
    /// Watches a folder or bucket from now on. Files that are there already are taken, too.
    ///
    /// # Errors
    /// What is wrong with place or settings; nothing was changed.
    #[allow(clippy::needless_pass_by_value, reason = "a request: whoever makes it has no further use for it")]
    pub fn add_watch(&self, new: NewWatch) -> Result<WatchId, WatchError> {
        let sound = place::check(&self.config, &new.place, &new.settings)?;
        let id = WatchId(Uuid::now_v7());
        self.write_watch(|tx| {
            if tx.watches()?.iter().any(|row| row.name == sound.name) {
                return Err(WatchError::Already(sound.name.clone()));
            }
            tx.insert_watch(&NewWatchRow {
                id,
                place: &sound.place,
                name: &sound.name,
                settings: &new.settings,
                out_dir: &sound.out_dir,
            })?;
            Ok(id)
        })
    }

    /// Watched folders, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn watches(&self) -> Result<Vec<WatchView>, EngineError> {
        db::at_once(&self.lock(), |sql| db::watches(sql)?.into_iter().map(|row| view(sql, row)).collect())
    }

    /// A watched folder by id, by a beginning or end of it that no other has, or by its place as given.
    ///
    /// # Errors
    /// [`WatchError::NoSuchWatch`] and [`WatchError::Ambiguous`], and those of the database.
    pub fn find_watch(&self, text: &str) -> Result<WatchView, WatchError> {
        let mut found = matching(self.watches()?, text);
        if found.is_empty()
            && let Ok(place) = place::place(Path::new(text))
        {
            found = matching(self.watches()?, &place::name(&place));
        }
        match (found.pop(), found.len()) {
            (None, _) => Err(WatchError::NoSuchWatch(text.to_owned())),
            (Some(view), 0) => Ok(view),
            (Some(_), more) => Err(WatchError::Ambiguous {
                text: text.to_owned(),
                count: u32::try_from(more + 1).unwrap_or(u32::MAX),
            }),
        }
    }

    /// Changes what is set of a watched folder. Files that are jobs already stay as they are.
    ///
    /// # Errors
    /// What is wrong with the settings; nothing was changed.
    #[allow(clippy::needless_pass_by_value, reason = "a request: whoever makes it has no further use for it")]
    pub fn edit_watch(&self, id: WatchId, settings: WatchSettings) -> Result<(), WatchError> {
        let row = db::watch_by_id(&self.lock(), id)?.ok_or_else(|| no_such(id))?;
        let out_dir = place::check_settings(&self.config, &row.place, &settings)?;
        self.write_watch(|tx| there(id, tx.set_watch(id, &settings, &out_dir)?))
    }

    /// Holds a watched folder, or lets it go on. Its jobs are not touched.
    ///
    /// # Errors
    /// [`WatchError::NoSuchWatch`], and those of the database.
    pub fn pause_watch(&self, id: WatchId, paused: bool) -> Result<(), WatchError> {
        self.write_watch(|tx| there(id, tx.set_watch_paused(id, paused)?))
    }

    /// Watches it no more, and forgets what was seen in it. Files and jobs stay.
    ///
    /// # Errors
    /// [`WatchError::NoSuchWatch`], and those of the database.
    pub fn remove_watch(&self, id: WatchId) -> Result<(), WatchError> {
        self.write_watch(|tx| there(id, tx.delete_watch(id)?))
    }

    /// Asks whoever runs the queue to look through a watched folder now.
    ///
    /// # Errors
    /// [`WatchError::NoSuchWatch`], and those of the database.
    pub fn scan_watch(&self, id: WatchId) -> Result<(), WatchError> {
        self.write_watch(|tx| there(id, tx.want_scan(id)?))
    }

    /// Files in watched folders.
    ///
    /// # Errors
    /// Those of the database.
    pub fn arrivals(&self, query: &ArrivalQuery) -> Result<ArrivalPage, EngineError> {
        db::at_once(&self.lock(), |sql| db::arrivals(sql, query))
    }

    /// One of them.
    ///
    /// # Errors
    /// [`WatchError::NoSuchArrival`], and those of the database.
    pub fn arrival(&self, id: ArrivalId) -> Result<ArrivalView, WatchError> {
        db::at_once(&self.lock(), |sql| db::arrival_view(sql, id))?.ok_or(WatchError::NoSuchArrival)
    }

    /// Takes a file once more that was recognised and passed over, or whose jobs have ended; or for the first time,
    /// as it is, one that is held because something of it seems to be missing.
    ///
    /// # Errors
    /// [`WatchError::NoSuchArrival`], [`WatchError::NotPossible`], and those of the database.
    pub fn deliver_again(&self, id: ArrivalId) -> Result<(), WatchError> {
        self.write_watch(|tx| {
            let mut row = tx.arrival(id.0)?.ok_or(WatchError::NoSuchArrival)?;
            if let Some(why) = not_again(&row.place) {
                return Err(WatchError::NotPossible(why));
            }
            row.again = true;
            row.place = ArrivalPlace { state: ArrivalState::Waiting, reason: ArrivalReason::New };
            row.fingerprint = None;
            row.sha256 = None;
            row.tries = 0;
            row.stage = Some(Stage::Look);
            row.next_look_ms = Some(tx.now_ms);
            row.soon = true;
            tx.save_arrival(&row)?;
            Ok(())
        })
    }

    fn write_watch<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, WatchError>) -> Result<T, WatchError> {
        let mut refused = None;
        let done = self.write(|tx| match work(tx) {
            Ok(value) => Ok(Some(value)),
            Err(WatchError::Engine(error)) => Err(error),
            // Whoever refuses has written nothing.
            Err(error) => {
                refused = Some(error);
                Ok(None)
            }
        })?;
        match (done, refused) {
            (Some(value), _) => Ok(value),
            (None, Some(error)) => Err(error),
            (None, None) => Err(WatchError::NoSuchArrival),
        }
    }
}

/// Why a file cannot be taken once more.
fn not_again(place: &ArrivalPlace) -> Option<&'static str> {
    match (&place.state, &place.reason) {
        (ArrivalState::Delivered, ArrivalReason::Moved { .. }) => {
            Some("its source was moved away after delivery: put it back to deliver it again")
        }
        (ArrivalState::Skipped | ArrivalState::Delivered | ArrivalState::Failed, _)
        | (ArrivalState::Held, ArrivalReason::Incomplete { .. }) => None,
        (ArrivalState::Waiting | ArrivalState::Held, _) => {
            Some("it was not delivered yet; it goes on by itself")
        }
        (ArrivalState::AtWork, _) => Some("its jobs have not ended"),
        (ArrivalState::Gone, _) => Some("it is not there any more"),
    }
}

fn there(id: WatchId, found: bool) -> Result<(), WatchError> {
    if found { Ok(()) } else { Err(no_such(id)) }
}

fn no_such(id: WatchId) -> WatchError {
    WatchError::NoSuchWatch(id.to_string())
}

fn matching(views: Vec<WatchView>, text: &str) -> Vec<WatchView> {
    let plain = text.strip_suffix('/').filter(|plain| !plain.is_empty()).unwrap_or(text);
    let by_place = |view: &WatchView| match &view.place {
        Place::Folder { path } => path == Path::new(plain),
        Place::Bucket { .. } => {
            let name = place::name(&view.place);
            name == text || name.strip_suffix('/') == Some(plain)
        }
    };
    let (named, others): (Vec<_>, Vec<_>) = views.into_iter().partition(by_place);
    if !named.is_empty() {
        return named;
    }
    let by_id = |view: &WatchView| {
        let id = view.id.to_string();
        !text.is_empty() && (id.starts_with(text) || id.ends_with(text))
    };
    others.into_iter().filter(by_id).collect()
}

fn view(sql: &Connection, row: WatchRow) -> Result<WatchView, EngineError> {
    let reachable = !row.paused && !matches!(row.state, WatchState::Unreachable { .. });
    Ok(WatchView {
        counts: db::arrival_counts(sql, row.num)?,
        id: row.id,
        place: row.place,
        settings: row.settings,
        out_dir: row.out_dir,
        state: if row.paused { WatchState::Paused } else { row.state },
        scanned_ms: row.scanned_ms,
        scan_took_ms: row.scan_took_ms,
        next_scan_ms: row.next_scan_ms.filter(|_| reachable),
        closed_until_ms: row.closed_until_ms,
        created_ms: row.created_ms,
    })
}
