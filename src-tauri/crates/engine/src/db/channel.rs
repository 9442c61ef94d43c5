//! Channels: what is set of them, how far they have been told, how they fare.

use rusqlite::{Connection, OptionalExtension, Row, params};
use spillway_notification::Secret;

use super::{
    Tx,
    codec::{Json, Text},
    function::folded,
};
use crate::{
    error::EngineError,
    outbox::{ChannelId, ChannelSettings, ChannelView},
};

/// A channel as whoever sends needs it.
#[derive(Debug)]
pub(crate) struct ChannelRow {
    pub(crate) num: i64,
    pub(crate) settings: ChannelSettings,
    /// Tries that failed since one last succeeded.
    pub(crate) failures: u32,
    /// Nothing is tried before, ms UTC.
    pub(crate) resume_ms: Option<i64>,
}

/// How far a channel was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Entries of the journal up to here.
    pub(crate) event_seq: i64,
    /// Announcements of watched folders up to here.
    pub(crate) announcement_seq: i64,
}

/// A channel that is to be told.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) num: i64,
    pub(crate) settings: ChannelSettings,
    pub(crate) cursor: Cursor,
}

/// Every channel, oldest first.
pub(crate) fn channel_rows(sql: &Connection) -> Result<Vec<ChannelRow>, EngineError> {
    let mut statement =
        sql.prepare_cached("SELECT num, settings, failures, resume_ms FROM channel ORDER BY num")?;
    let rows = statement.query_map([], |row| {
        Ok(ChannelRow {
            num: row.get(0)?,
            settings: row.get::<_, Json<_>>(1)?.0,
            failures: row.get(2)?,
            resume_ms: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every channel with its cursor, oldest first.
pub(crate) fn listeners(sql: &Connection) -> Result<Vec<Listener>, EngineError> {
    let mut statement =
        sql.prepare_cached("SELECT num, settings, event_seq, announcement_seq FROM channel ORDER BY num")?;
    let rows = statement.query_map([], |row| {
        let cursor = Cursor { event_seq: row.get(2)?, announcement_seq: row.get(3)? };
        Ok(Listener { num: row.get(0)?, settings: row.get::<_, Json<_>>(1)?.0, cursor })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest journal entry and announcement.
pub(crate) fn newest(sql: &Connection) -> Result<Cursor, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT (SELECT coalesce(max(seq), 0) FROM event), (SELECT coalesce(max(seq), 0) FROM announcement)",
    )?;
    Ok(statement.query_row([], |row| Ok(Cursor { event_seq: row.get(0)?, announcement_seq: row.get(1)? }))?)
}

const VIEW: &str = "SELECT c.id, c.settings, c.secret IS NOT NULL, c.sent_ms, c.trouble, c.created_ms,
    (SELECT count(*) FROM message m WHERE m.channel = c.num AND m.state = 'waiting'),
    (SELECT count(*) FROM message m WHERE m.channel = c.num AND m.state = 'given-up')
    FROM channel c";

fn view(row: &Row<'_>) -> rusqlite::Result<ChannelView> {
    Ok(ChannelView {
        id: row.get::<_, Text<ChannelId>>(0)?.0,
        settings: row.get::<_, Json<_>>(1)?.0,
        has_secret: row.get(2)?,
        sent_ms: row.get(3)?,
        trouble: row.get(4)?,
        created_ms: row.get(5)?,
        waiting: row.get::<_, i64>(6)?.cast_unsigned(),
        given_up: row.get::<_, i64>(7)?.cast_unsigned(),
    })
}

/// Channels, oldest first.
pub(crate) fn channel_views(sql: &Connection) -> Result<Vec<ChannelView>, EngineError> {
    let mut statement = sql.prepare_cached(&format!("{VIEW} ORDER BY c.num"))?;
    Ok(statement.query_map([], view)?.collect::<Result<_, _>>()?)
}

/// A channel by its name, whatever its case, or by its id.
pub(crate) fn find_channel(sql: &Connection, text: &str) -> Result<Option<ChannelView>, EngineError> {
    let text = text.trim();
    let mut statement = sql.prepare_cached(&format!(
        "{VIEW} WHERE c.name_key = ?1 OR c.id = ?2 ORDER BY c.name_key = ?1 DESC LIMIT 1"
    ))?;
    let id = text.to_ascii_lowercase();
    Ok(statement.query_row(params![folded(text), id], view).optional()?)
}

/// What sending through a channel takes.
pub(crate) struct Means {
    pub(crate) num: i64,
    pub(crate) settings: ChannelSettings,
    pub(crate) secret: Option<Secret>,
}

/// See [`Means`].
pub(crate) fn means(sql: &Connection, id: ChannelId) -> Result<Option<Means>, EngineError> {
    let mut statement = sql.prepare_cached("SELECT num, settings, secret FROM channel WHERE id = ?1")?;
    let found = statement.query_row([id.to_string()], |row| {
        Ok(Means {
            num: row.get(0)?,
            settings: row.get::<_, Json<_>>(1)?.0,
            secret: row.get::<_, Option<String>>(2)?.map(Secret::new),
        })
    });
    Ok(found.optional()?)
}

/// The secret of a channel.
pub(crate) fn secret(sql: &Connection, channel: i64) -> Result<Option<Secret>, EngineError> {
    let mut statement = sql.prepare_cached("SELECT secret FROM channel WHERE num = ?1")?;
    let found = statement.query_row([channel], |row| row.get::<_, Option<String>>(0)).optional()?;
    Ok(found.flatten().map(Secret::new))
}

impl Tx<'_> {
    /// Makes a channel that is told of everything from now on.
    pub(crate) fn insert_channel(
        &self,
        id: ChannelId,
        settings: &ChannelSettings,
        secret: Option<&str>,
    ) -> Result<(), EngineError> {
        let from = newest(&self.sql)?;
        self.sql
            .prepare_cached(
                "INSERT INTO channel (id, name_key, settings, secret, event_seq, announcement_seq, created_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                id.to_string(),
                folded(&settings.name),
                Json(settings),
                secret,
                from.event_seq,
                from.announcement_seq,
                self.now_ms
            ])?;
        Ok(())
    }

    /// The channel that has a name, whatever its case.
    pub(crate) fn channel_called(&self, name: &str) -> Result<Option<ChannelId>, EngineError> {
        let mut statement = self.sql.prepare_cached("SELECT id FROM channel WHERE name_key = ?1")?;
        let found = statement.query_row([folded(name)], |row| row.get::<_, Text<ChannelId>>(0));
        Ok(found.optional()?.map(|text| text.0))
    }

    /// Changes what is set, and forgets how it fared as it was set before; `false`: there is no such channel.
    pub(crate) fn set_channel(&self, id: ChannelId, settings: &ChannelSettings) -> Result<bool, EngineError> {
        let changed = self
            .sql
            .prepare_cached(
                "UPDATE channel SET name_key = ?2, settings = ?3, failures = 0, failing_ms = NULL, resume_ms = NULL,
                   trouble = NULL WHERE id = ?1",
            )?
            .execute(params![id.to_string(), folded(&settings.name), Json(settings)])?;
        self.sql
            .prepare_cached(
                "UPDATE message SET next_ms = ?2 WHERE state = 'waiting' AND next_ms > ?2
                 AND channel = (SELECT num FROM channel WHERE id = ?1)",
            )?
            .execute(params![id.to_string(), self.now_ms])?;
        Ok(changed == 1)
    }

    /// Replaces or forgets a secret.
    pub(crate) fn set_secret(&self, id: ChannelId, secret: Option<&str>) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE channel SET secret = ?2 WHERE id = ?1")?
            .execute(params![id.to_string(), secret])?;
        Ok(())
    }

    /// Removes a channel with its messages; `false`: there is no such channel.
    pub(crate) fn delete_channel(&self, id: ChannelId) -> Result<bool, EngineError> {
        Ok(self.sql.prepare_cached("DELETE FROM channel WHERE id = ?1")?.execute([id.to_string()])? == 1)
    }

    /// See [`listeners`].
    pub(crate) fn listeners(&self) -> Result<Vec<Listener>, EngineError> {
        listeners(&self.sql)
    }

    /// Records how far a channel was told.
    pub(crate) fn set_cursor(&self, channel: i64, cursor: Cursor) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE channel SET event_seq = ?2, announcement_seq = ?3 WHERE num = ?1")?
            .execute(params![channel, cursor.event_seq, cursor.announcement_seq])?;
        Ok(())
    }

    /// A try succeeded: what waited because others failed is due at once.
    pub(crate) fn channel_fares_well(&self, channel: i64, failing: bool) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE channel SET failures = 0, failing_ms = NULL, resume_ms = NULL, trouble = NULL, sent_ms = ?2
                 WHERE num = ?1",
            )?
            .execute(params![channel, self.now_ms])?;
        if failing {
            self.sql
                .prepare_cached(
                    "UPDATE message SET next_ms = ?2 WHERE channel = ?1 AND state = 'waiting' AND next_ms > ?2",
                )?
                .execute(params![channel, self.now_ms])?;
        }
        Ok(())
    }

    /// A try failed: nothing more is tried before `resume_ms`, where that is said.
    pub(crate) fn channel_fares_badly(
        &self,
        channel: i64,
        why: &str,
        resume_ms: Option<i64>,
    ) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE channel SET failures = failures + 1, failing_ms = coalesce(failing_ms, ?2), trouble = ?3,
                   resume_ms = ?4 WHERE num = ?1",
            )?
            .execute(params![channel, self.now_ms, why, resume_ms])?;
        Ok(())
    }

    /// Why it did not take a message, though it works.
    pub(crate) fn set_trouble(&self, channel: i64, why: &str) -> Result<(), EngineError> {
        let text = "UPDATE channel SET trouble = ?2 WHERE num = ?1";
        self.sql.prepare_cached(text)?.execute(params![channel, why])?;
        Ok(())
    }

    /// How a channel fares, if there still is one: tries failed in a row, and since when.
    pub(crate) fn channel_health(&self, channel: i64) -> Result<Option<(u32, Option<i64>)>, EngineError> {
        let mut statement =
            self.sql.prepare_cached("SELECT failures, failing_ms FROM channel WHERE num = ?1")?;
        Ok(statement.query_row([channel], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }
}
