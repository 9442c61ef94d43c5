//! Messages: written down, taken out in order, and what came of each try.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    Tx,
    codec::{Json, Text, Word},
};
use crate::{
    error::EngineError,
    model::JobId,
    outbox::{
        ChannelId, ChannelSettings, MessageId, MessagePage, MessageQuery, MessageState, MessageView, Topic,
        TryView,
    },
};

/// Tries that are kept of a message.
const TRIES_KEPT: u32 = 20;

/// A message to be written down.
#[derive(Debug)]
pub(crate) struct NewMessage<'a> {
    pub(crate) id: &'a str,
    pub(crate) channel: i64,
    pub(crate) sequence: i64,
    pub(crate) topic: Topic,
    pub(crate) job: Option<JobId>,
    pub(crate) lane: &'a str,
    pub(crate) tenths: Option<u8>,
    pub(crate) subject: &'a str,
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
    pub(crate) body: &'a str,
    pub(crate) fields: &'a BTreeMap<String, String>,
}

/// A message that is to go out.
#[derive(Debug)]
pub(crate) struct DueMessage {
    pub(crate) num: i64,
    pub(crate) attempt: u32,
    pub(crate) message: spillway_notification::Message,
}

/// A try of a message, as it is recorded.
#[derive(Debug)]
pub(crate) struct TryNote<'a> {
    pub(crate) at_ms: i64,
    pub(crate) took_ms: i64,
    pub(crate) taken: bool,
    pub(crate) said: &'a str,
}

/// Waiting messages before which none of their lane waits.
const HEADS: &str = "FROM message m WHERE m.channel = ?1 AND m.state = 'waiting' AND NOT EXISTS (
    SELECT 1 FROM message e WHERE e.channel = m.channel AND e.lane = m.lane AND e.num < m.num AND e.state = 'waiting')";

/// The next message of a channel that may be tried now. A channel that fails is tried with the message that was
/// tried least lately, so that one that nobody wants does not stand in the way of the others.
pub(crate) fn next_message(
    sql: &Connection,
    channel: i64,
    failing: bool,
    now_ms: i64,
) -> Result<Option<DueMessage>, EngineError> {
    let (due, order) = if failing { ("?2", "m.next_ms, m.num") } else { ("m.next_ms", "m.num") };
    let mut statement =
        sql.prepare_cached(&format!("SELECT m.* {HEADS} AND {due} <= ?2 ORDER BY {order} LIMIT 1"))?;
    let found = statement.query_row(params![channel, now_ms], |row| {
        Ok(DueMessage { num: row.get("num")?, attempt: row.get("attempt")?, message: message(row, now_ms)? })
    });
    Ok(found.optional()?)
}

fn message(row: &Row<'_>, tried_ms: i64) -> rusqlite::Result<spillway_notification::Message> {
    Ok(spillway_notification::Message {
        id: row.get("id")?,
        topic: row.get("topic")?,
        sequence: row.get("sequence")?,
        created_ms: row.get("created_ms")?,
        tried_ms,
        subject: row.get("title")?,
        text: row.get("text")?,
        body: row.get("body")?,
        fields: row.get::<_, Json<_>>("fields")?.0,
    })
}

/// When the next message of a channel may be tried, ms UTC.
pub(crate) fn next_due(sql: &Connection, channel: i64) -> Result<Option<i64>, EngineError> {
    let mut statement = sql.prepare_cached(&format!("SELECT min(m.next_ms) {HEADS}"))?;
    Ok(statement.query_row([channel], |row| row.get(0))?)
}

/// Whether a message of a channel waits.
pub(crate) fn any_waiting(sql: &Connection, channel: i64) -> Result<bool, EngineError> {
    let mut statement =
        sql.prepare_cached("SELECT 1 FROM message WHERE channel = ?1 AND state = 'waiting' LIMIT 1")?;
    Ok(statement.exists([channel])?)
}

impl Tx<'_> {
    /// The next number of a channel's messages.
    pub(crate) fn next_sequence(&self, channel: i64) -> Result<i64, EngineError> {
        let text = "UPDATE channel SET sequence = sequence + 1 WHERE num = ?1 RETURNING sequence";
        Ok(self.sql.prepare_cached(text)?.query_row([channel], |row| row.get(0))?)
    }

    /// Writes a message down; it is due at once.
    pub(crate) fn insert_message(&self, new: &NewMessage<'_>) -> Result<i64, EngineError> {
        self.sql
            .prepare_cached(
                "INSERT INTO message (id, channel, sequence, topic, job, lane, tenths, subject, title, text, body, fields,
                   next_ms, created_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13)",
            )?
            .execute(params![
                new.id,
                new.channel,
                new.sequence,
                Word(new.topic),
                new.job.map(|job| job.to_string()),
                new.lane,
                new.tenths,
                new.subject,
                new.title,
                new.text,
                new.body,
                Json(new.fields),
                self.now_ms,
            ])?;
        Ok(self.sql.last_insert_rowid())
    }

    /// Tenths of a job's progress that a channel was told of.
    pub(crate) fn tenths_told(&self, channel: i64, job: JobId) -> Result<Option<u8>, EngineError> {
        let text = "SELECT max(tenths) FROM message WHERE job = ?2 AND channel = ?1";
        Ok(self.sql.prepare_cached(text)?.query_row(params![channel, job.to_string()], |row| row.get(0))?)
    }

    /// Records a try; the oldest ones of a message that was tried often are forgotten.
    pub(crate) fn insert_try(&self, message: i64, note: &TryNote<'_>) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "INSERT INTO message_try (message, at_ms, took_ms, taken, said) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![message, note.at_ms, note.took_ms, note.taken, note.said])?;
        self.sql
            .prepare_cached(
                "DELETE FROM message_try WHERE message = ?1 AND num <= (
                   SELECT num FROM message_try WHERE message = ?1 ORDER BY num DESC LIMIT 1 OFFSET ?2)",
            )?
            .execute(params![message, TRIES_KEPT])?;
        Ok(())
    }

    /// The tries of a waiting message, and when the first of them failed; `None`: nobody waits for it any more.
    pub(crate) fn waiting_message(&self, message: i64) -> Result<Option<(u32, Option<i64>)>, EngineError> {
        let text = "SELECT attempt, failing_ms FROM message WHERE num = ?1 AND state = 'waiting'";
        let found = self.sql.prepare_cached(text)?.query_row([message], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(found.optional()?)
    }

    /// It is tried again later.
    pub(crate) fn defer_message(&self, message: i64, next_ms: i64) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE message SET attempt = attempt + 1, failing_ms = coalesce(failing_ms, ?2), next_ms = ?3
                 WHERE num = ?1 AND state = 'waiting'",
            )?
            .execute(params![message, self.now_ms, next_ms])?;
        Ok(())
    }

    /// It was taken, or is not tried any more.
    pub(crate) fn end_message(&self, message: i64, sent: bool) -> Result<(), EngineError> {
        let state = if sent { "sent" } else { "given-up" };
        self.sql
            .prepare_cached(
                "UPDATE message SET attempt = attempt + 1, state = ?2, next_ms = NULL, ended_ms = ?3
                 WHERE num = ?1 AND state = 'waiting'",
            )?
            .execute(params![message, state, self.now_ms])?;
        Ok(())
    }

    /// Gives up what a channel has waited with since before a moment.
    pub(crate) fn give_up_before(&self, channel: i64, created_ms: i64) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "UPDATE message SET state = 'given-up', next_ms = NULL, ended_ms = ?3
                 WHERE channel = ?1 AND state = 'waiting' AND created_ms <= ?2",
            )?
            .execute(params![channel, created_ms, self.now_ms])?;
        Ok(())
    }

    /// Makes a message that waits or was given up due at once, with those that wait before it in its lane, and its
    /// channel; `None`: there is no such message; `Some(false)`: it was sent.
    pub(crate) fn send_again(&self, message: MessageId) -> Result<Option<bool>, EngineError> {
        let found = self
            .sql
            .prepare_cached("SELECT state, channel FROM message WHERE num = ?1")?
            .query_row([message.0], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))
            .optional()?;
        let Some((state, channel)) = found else { return Ok(None) };
        if state == "sent" {
            return Ok(Some(false));
        }
        self.sql
            .prepare_cached(
                "UPDATE message SET state = 'waiting', attempt = 0, failing_ms = NULL, next_ms = ?2, ended_ms = NULL
                 WHERE num = ?1",
            )?
            .execute(params![message.0, self.now_ms])?;
        // None overtakes another of its lane: what waits before it goes first, and would hold it back.
        self.sql
            .prepare_cached(
                "UPDATE message SET next_ms = ?2 WHERE channel = ?3 AND num < ?1 AND state = 'waiting'
                 AND lane = (SELECT lane FROM message WHERE num = ?1)",
            )?
            .execute(params![message.0, self.now_ms, channel])?;
        self.sql
            .prepare_cached(
                "UPDATE channel SET failures = 0, failing_ms = NULL, resume_ms = NULL WHERE num = ?1",
            )?
            .execute([channel])?;
        Ok(Some(true))
    }

    /// Takes a message that was just written down out of the reach of whoever sends what waits.
    pub(crate) fn set_aside(&self, message: i64) -> Result<spillway_notification::Message, EngineError> {
        let text =
            "UPDATE message SET state = 'given-up', next_ms = NULL, ended_ms = ?2 WHERE num = ?1 RETURNING *";
        Ok(self
            .sql
            .prepare_cached(text)?
            .query_row(params![message, self.now_ms], |row| self::message(row, self.now_ms))?)
    }

    /// The other way round.
    pub(crate) fn take_up(&self, message: i64) -> Result<(), EngineError> {
        let text = "UPDATE message SET state = 'waiting', next_ms = ?2, ended_ms = NULL WHERE num = ?1";
        self.sql.prepare_cached(text)?.execute(params![message, self.now_ms])?;
        Ok(())
    }

    /// Removes up to `limit` messages that ended before a moment, with their tries, and as many announcements;
    /// says how many at most of a kind.
    pub(crate) fn prune_news(&self, before_ms: i64, limit: u32) -> Result<usize, EngineError> {
        let ways = [
            "DELETE FROM message WHERE num IN (
               SELECT num FROM message WHERE ended_ms < ?1 ORDER BY ended_ms LIMIT ?2)",
            "DELETE FROM announcement WHERE seq IN (
               SELECT seq FROM announcement WHERE at_ms < ?1 ORDER BY seq LIMIT ?2)",
        ];
        let mut most = 0;
        for way in ways {
            most = most.max(self.sql.prepare_cached(way)?.execute(params![before_ms, limit])?);
        }
        Ok(most)
    }
}

/// Whether there are messages that ended, or announcements that were written, before a moment.
pub(crate) fn any_old_news(sql: &Connection, before_ms: i64) -> Result<bool, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM message WHERE ended_ms < ?1)
         OR (SELECT at_ms FROM announcement ORDER BY seq LIMIT 1) < ?1",
    )?;
    Ok(statement.exists([before_ms])?)
}

/// Messages, newest first; to be called inside one read transaction.
pub(crate) fn message_page(sql: &Connection, query: &MessageQuery) -> Result<MessagePage, EngineError> {
    let filter = "FROM message m JOIN channel c ON c.num = m.channel
        WHERE (?1 IS NULL OR c.id = ?1) AND (?2 IS NULL OR m.job = ?2) AND (?3 = 0 OR m.state <> 'sent')";
    let channel = query.channel.map(|channel| channel.to_string());
    let job = query.job.map(|job| job.to_string());
    let total: i64 = sql
        .prepare_cached(&format!("SELECT count(*) {filter}"))?
        .query_row(params![channel, job, query.unsent], |row| row.get(0))?;
    let mut statement = sql.prepare_cached(&format!(
        "SELECT m.num, c.id AS channel_id, c.settings, m.topic, m.job, m.subject, m.state, m.next_ms, m.ended_ms,
           m.created_ms, m.body {filter} ORDER BY m.num DESC LIMIT ?4 OFFSET ?5"
    ))?;
    let mut rows: Vec<MessageView> = statement
        .query_map(params![channel, job, query.unsent, query.limit, query.offset], view)?
        .collect::<Result<_, _>>()?;
    for row in &mut rows {
        row.tries = tries(sql, row.id)?;
    }
    Ok(MessagePage { rows, total: total.cast_unsigned() })
}

fn view(row: &Row<'_>) -> rusqlite::Result<MessageView> {
    let ended_ms = row.get::<_, Option<i64>>("ended_ms")?.unwrap_or_default();
    let state = match row.get_ref("state")?.as_str()? {
        "sent" => MessageState::Sent { at_ms: ended_ms },
        "given-up" => MessageState::GivenUp { at_ms: ended_ms },
        _ => MessageState::Waiting { next_ms: row.get("next_ms")? },
    };
    Ok(MessageView {
        id: MessageId(row.get("num")?),
        channel: row.get::<_, Text<ChannelId>>("channel_id")?.0,
        channel_name: row.get::<_, Json<ChannelSettings>>("settings")?.0.name,
        topic: row.get::<_, Word<Topic>>("topic")?.0,
        job: row.get::<_, Option<Text<JobId>>>("job")?.map(|text| text.0),
        subject: row.get("subject")?,
        state,
        created_ms: row.get("created_ms")?,
        tries: Vec::new(),
        body: row.get("body")?,
    })
}

fn tries(sql: &Connection, message: MessageId) -> Result<Vec<TryView>, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT at_ms, took_ms, taken, said FROM message_try WHERE message = ?1 ORDER BY num",
    )?;
    let rows = statement.query_map([message.0], |row| {
        Ok(TryView { at_ms: row.get(0)?, took_ms: row.get(1)?, taken: row.get(2)?, said: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
