//! From the journal to messages: what happened since a channel was last told becomes messages and a new cursor, in
//! one transaction.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use rusqlite::Connection;
use uuid::Uuid;

use super::{
    Topic,
    event::{EventDocument, JobNews, fields},
    told, words,
};
use crate::{
    db::{self, Announcement, Cursor, Listener, NewMessage, Tx},
    error::EngineError,
    live::LiveJob,
    model::{Event, EventBody, JobId, JobState},
};

/// Entries that are read at a time.
const BATCH: u32 = 500;
/// A cursor that is so far behind is moved although nothing was to be told.
const LAG: i64 = 2_000;

/// How far whoever sends has read; ahead of the cursors in the database while nothing was to be told.
#[derive(Debug, Default)]
pub(super) struct Reading {
    read: Option<Cursor>,
}

impl Reading {
    /// Whether there may be something to tell. Reads only: most entries of a journal are told to nobody, and a
    /// transaction for each would stand in the way of the work itself.
    pub(super) fn any_news(&mut self, sql: &Connection) -> Result<bool, EngineError> {
        let listeners = db::listeners(sql)?;
        let Some(stored) = earliest(&listeners) else {
            // Whoever is added later is told from then on.
            self.read = None;
            return Ok(false);
        };
        let wanted = |topic| listeners.iter().any(|listener| listener.settings.wants(topic));
        let read = self.read.get_or_insert(stored);
        read.event_seq = read.event_seq.max(stored.event_seq);
        read.announcement_seq = read.announcement_seq.max(stored.announcement_seq);
        if !db::announcements_after(sql, read.announcement_seq, 1)?.is_empty() {
            return Ok(true);
        }
        loop {
            let events = db::events_after(sql, read.event_seq, BATCH)?;
            if events.iter().any(|event| told::topic(&event.body).is_some_and(wanted)) {
                return Ok(true);
            }
            let Some(last) = events.last() else { break };
            read.event_seq = last.seq;
        }
        Ok(read.event_seq - stored.event_seq > LAG)
    }
}

fn earliest(listeners: &[Listener]) -> Option<Cursor> {
    let event_seq = listeners.iter().map(|listener| listener.cursor.event_seq).min()?;
    let announcement_seq = listeners.iter().map(|listener| listener.cursor.announcement_seq).min()?;
    Some(Cursor { event_seq, announcement_seq })
}

/// Writes messages for everything that happened up to now.
pub(crate) fn fan_out_all(tx: &Tx<'_>) -> Result<(), EngineError> {
    while fan_out(tx)? {}
    Ok(())
}

/// Writes messages for the next entries; says whether there are more.
pub(super) fn fan_out(tx: &Tx<'_>) -> Result<bool, EngineError> {
    let mut listeners = tx.listeners()?;
    let Some(from) = earliest(&listeners) else { return Ok(false) };
    let events = tx.events_after(from.event_seq, BATCH)?;
    let announcements = tx.announcements_after(from.announcement_seq, BATCH)?;
    let before: Vec<Cursor> = listeners.iter().map(|listener| listener.cursor).collect();
    let mut jobs = HashMap::new();
    for event in &events {
        tell_event(tx, &listeners, &mut jobs, event)?;
    }
    for news in &announcements {
        tell_announcement(tx, &listeners, news)?;
    }
    for (listener, before) in listeners.iter_mut().zip(before) {
        let cursor = &mut listener.cursor;
        cursor.event_seq = cursor.event_seq.max(events.last().map_or(0, |event| event.seq));
        cursor.announcement_seq =
            cursor.announcement_seq.max(announcements.last().map_or(0, |news| news.seq));
        if *cursor != before {
            tx.set_cursor(listener.num, *cursor)?;
        }
    }
    let full = |count: usize| count >= BATCH as usize;
    Ok(full(events.len()) || full(announcements.len()))
}

type Jobs = HashMap<JobId, Option<LiveJob>>;

fn tell_event(
    tx: &Tx<'_>,
    listeners: &[Listener],
    jobs: &mut Jobs,
    event: &Event,
) -> Result<(), EngineError> {
    let Some(topic) = told::topic(&event.body) else { return Ok(()) };
    let wants =
        |listener: &&Listener| listener.cursor.event_seq < event.seq && listener.settings.wants(topic);
    let wanting: Vec<&Listener> = listeners.iter().filter(wants).collect();
    if wanting.is_empty() {
        return Ok(());
    }
    let job = match jobs.entry(event.job) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(place) => place.insert(tx.live_job(event.job)?),
    };
    // Removed by a Spillway that told nobody of jobs that it removes.
    let Some(job) = &*job else { return Ok(()) };
    let (state, failure) = match &event.body {
        EventBody::Submitted => (JobState::Queued, None),
        EventBody::Job { state, failure } => (*state, failure.as_ref()),
        _ => (tx.state_at(event.job, event.seq)?, None),
    };
    let wish = matches!(event.body, EventBody::Wished { .. });
    if state.ended() && (wish || topic == Topic::JobProgress) {
        return Ok(());
    }
    let news = JobNews { job, topic, state, failure, at_ms: event.at_ms };
    let tenths = (topic == Topic::JobProgress).then(|| told::done(job, state).percent / 10);
    for listener in wanting {
        if !listener.settings.concerns(Some(&job.job.profile)) {
            continue;
        }
        if let Some(tenths) = tenths
            && tx.tenths_told(listener.num, event.job)?.unwrap_or(0) >= tenths
        {
            continue;
        }
        let letter = Letter {
            document: EventDocument::of_job(&news),
            words: words::of_job(&news),
            fields: fields(&news.topic.to_string(), Some(&news), &job.job.source.to_string_lossy()),
            topic,
            job: Some(event.job),
            lane: event.job.to_string(),
            tenths,
        };
        letter.write(tx, listener.num)?;
    }
    Ok(())
}

fn tell_announcement(tx: &Tx<'_>, listeners: &[Listener], news: &Announcement) -> Result<(), EngineError> {
    for listener in listeners {
        let settings = &listener.settings;
        if listener.cursor.announcement_seq >= news.seq
            || !settings.wants(news.topic)
            || !settings.concerns(None)
        {
            continue;
        }
        let file = news.arrival.as_deref().unwrap_or(&news.place);
        let letter = Letter {
            document: EventDocument::of_watch(news),
            words: words::of_watch(news),
            fields: fields(&news.topic.to_string(), None, file),
            topic: news.topic,
            job: None,
            lane: news
                .arrival
                .as_ref()
                .map_or_else(|| news.watch.clone(), |path| format!("{}/{path}", news.watch)),
            tenths: None,
        };
        letter.write(tx, listener.num)?;
    }
    Ok(())
}

/// A message before it has a number.
pub(super) struct Letter {
    document: EventDocument,
    words: words::Words,
    fields: BTreeMap<String, String>,
    topic: Topic,
    job: Option<JobId>,
    lane: String,
    tenths: Option<u8>,
}

impl Letter {
    /// Of a try of a channel.
    pub(super) fn test(channel: &str, at_ms: i64) -> Self {
        Self {
            document: EventDocument::test(at_ms),
            words: words::of_test(channel, at_ms),
            fields: fields(&Topic::Test.to_string(), None, ""),
            topic: Topic::Test,
            job: None,
            lane: Topic::Test.to_string(),
            tenths: None,
        }
    }

    /// Writes it down as the channel's next message; gives its number.
    pub(super) fn write(mut self, tx: &Tx<'_>, channel: i64) -> Result<i64, EngineError> {
        self.document.id = Uuid::now_v7().to_string();
        self.document.sequence = tx.next_sequence(channel)?;
        tx.insert_message(&NewMessage {
            id: &self.document.id,
            channel,
            sequence: self.document.sequence,
            topic: self.topic,
            job: self.job,
            lane: &self.lane,
            tenths: self.tenths,
            subject: &self.words.subject,
            title: &self.words.title,
            text: &self.words.text,
            body: &serde_json::to_string(&self.document)?,
            fields: &self.fields,
        })
    }
}
