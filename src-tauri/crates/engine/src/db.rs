//! The database: the only place with SQL. One writer (the runner) and any number of observers and
//! submitters, in as many processes; SQLite arbitrates between them.

mod codec;
mod event;
mod job;
mod open;
mod output;
mod part;
mod shift;
mod step;
mod view;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::EngineError;

pub(crate) use event::{events_after, last_seq};
pub(crate) use job::{JobKey, JobRow, NewJob};
pub(crate) use open::{integrity, open};
pub(crate) use output::{OutputRow, OutputState, Role};
pub(crate) use part::PartRow;
pub(crate) use step::{AttemptNote, Claim, Done, Lane, NewStep};
pub(crate) use view::{detail, find_job, list};

/// A write transaction with the time that everything in it happens at.
pub(crate) struct Tx<'a> {
    sql: Transaction<'a>,
    /// ms UTC.
    pub(crate) now_ms: i64,
}

impl<'a> Tx<'a> {
    /// Begins at once (`BEGIN IMMEDIATE`): waits for other writers here and nowhere else.
    pub(crate) fn begin(connection: &'a mut Connection, now_ms: i64) -> Result<Self, EngineError> {
        Ok(Self { sql: connection.transaction_with_behavior(TransactionBehavior::Immediate)?, now_ms })
    }

    pub(crate) fn commit(self) -> Result<(), EngineError> {
        Ok(self.sql.commit()?)
    }
}

/// Rises whenever another connection commits.
pub(crate) fn data_version(connection: &Connection) -> Result<i64, EngineError> {
    Ok(connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
}
