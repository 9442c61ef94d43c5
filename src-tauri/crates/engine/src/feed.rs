//! From the journal to whoever watches: every entry once, in order, whichever process wrote it.

use rusqlite::Connection;

use crate::{
    db,
    error::EngineError,
    model::{Feed, Revisions},
};

const AT_ONCE: u32 = 500;

/// Remembers how far the journal was told.
pub(crate) struct Pump {
    seq: i64,
    /// Told last; `None`: nothing yet.
    revisions: Option<Revisions>,
}

impl Pump {
    /// Tells what is written from now on.
    pub(crate) fn from_now(connection: &Connection) -> Result<Self, EngineError> {
        Ok(Self { seq: db::last_seq(connection)?, revisions: Some(db::revisions(connection)?) })
    }

    /// Tells what is written after an entry.
    pub(crate) fn after(seq: i64) -> Self {
        Self { seq, revisions: None }
    }

    /// Tells everything that is new.
    pub(crate) fn pump(
        &mut self,
        connection: &Connection,
        feed: &mut dyn FnMut(&Feed),
    ) -> Result<(), EngineError> {
        loop {
            let events = db::events_after(connection, self.seq, AT_ONCE)?;
            let Some(last) = events.last() else { break };
            self.seq = last.seq;
            for event in events {
                feed(&Feed::Event(event));
            }
        }
        let now = db::revisions(connection)?;
        if self.revisions.replace(now) != Some(now) {
            feed(&Feed::Revisions(now));
        }
        Ok(())
    }
}
