//! The database: the only place with SQL. One writer (the runner) and any number of observers and
//! submitters, in as many processes; SQLite arbitrates between them.

mod arrival;
mod arrival_list;
mod channel;
mod codec;
mod content;
mod costs;
mod event;
mod function;
mod history;
mod hold;
mod job;
mod ledger;
mod live;
mod message;
mod news;
mod open;
mod output;
mod part;
mod queue;
mod reach;
mod remote;
mod revision;
mod shift;
mod speed;
mod step;
mod upload;
mod view;
mod watch;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::EngineError;

pub(crate) use arrival::{ArrivalRow, Place as ArrivalPlace, Stage};
pub(crate) use arrival_list::{arrival_view, arrivals};
pub(crate) use channel::{
    ChannelRow, Cursor, Listener, Means, channel_rows, channel_views, find_channel, listeners, means, secret,
};
pub(crate) use content::ContentRow;
pub(crate) use costs::{
    DayWork, Spent, cost_days, cost_partners, cost_rows, days_of_work, first_of_all, profile_limits, spent,
};
pub(crate) use event::{events_after, last_seq};
pub(crate) use history::{each as each_history, page as history_page};
pub(crate) use hold::{HoldRow, Looked, hold};
pub(crate) use job::{JobKey, JobRow, NewJob};
pub(crate) use ledger::{each_charge, ledger_of};
pub(crate) use live::{live_job, snapshot};
pub(crate) use message::{
    DueMessage, NewMessage, TryNote, any_old_news, any_waiting, message_page, next_due as next_message_due,
    next_message,
};
pub(crate) use news::{Announcement, announcements_after};
pub(crate) use open::{integrity, open};
pub(crate) use output::{OutputRow, OutputState, Role};
pub(crate) use part::{PartRow, step_parts};
pub(crate) use queue::{anything_left, unfinished_among};
pub(crate) use remote::{Endings, NewRemote, RemoteRow, RemoteState, remote_views};
pub(crate) use revision::revisions;
pub(crate) use speed::{JobLeft, Papers, finished_tries, jobs_left, papers};
pub(crate) use step::{AttemptNote, Claim, Done, Lane, NewStep};
pub(crate) use upload::UploadRow;
pub(crate) use view::{detail, find_job, list, receipt};
pub(crate) use watch::{Announced, NewWatchRow, Scanned, WatchRow, arrival_counts, watch_by_id, watches};

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
    Ok(connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
}

/// Runs reads that must agree with each other.
pub(crate) fn at_once<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, EngineError>,
) -> Result<T, EngineError> {
    let reads = connection.unchecked_transaction()?;
    let result = work(&reads)?;
    reads.commit()?;
    Ok(result)
}
