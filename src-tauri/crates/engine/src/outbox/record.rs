//! What came of a try, written down in one transaction; and what is old, removed.

use rusqlite::Connection;
use spillway_notification::{NotTaken, Taken};

use super::retry::{self, Before, TROUBLED};
use crate::{
    clock::Chance,
    db::{self, TryNote, Tx},
    error::EngineError,
};

/// Messages that ended are kept for so long (ms).
const KEPT_MS: i64 = 30 * 86_400_000;
/// How often old ones are looked for (ms).
const TIDY_MS: i64 = 3_600_000;
/// At most so many are removed at a time.
const AT_ONCE: u32 = 500;
/// Longest words of the other side that are kept, in characters.
const SAID_MAX: usize = 600;

/// A try.
pub(super) struct Outcome<'a> {
    pub(super) channel: i64,
    pub(super) message: i64,
    /// ms UTC.
    pub(super) begun_ms: i64,
    pub(super) sent: &'a Result<Taken, NotTaken>,
}

/// Writes it down, with what follows for message and channel.
pub(super) fn record(tx: &Tx<'_>, outcome: &Outcome<'_>, chance: &dyn Chance) -> Result<(), EngineError> {
    // Removed with its channel meanwhile, or given up.
    let Some((attempts, failing_ms)) = tx.waiting_message(outcome.message)? else { return Ok(()) };
    let Some((failures, channel_failing_ms)) = tx.channel_health(outcome.channel)? else { return Ok(()) };
    let said = match outcome.sent {
        Ok(taken) => &taken.said,
        Err(refusal) => &refusal.why,
    };
    let said: String = said.chars().take(SAID_MAX).collect();
    let took_ms = tx.now_ms.saturating_sub(outcome.begun_ms).max(0);
    let note = TryNote { at_ms: outcome.begun_ms, took_ms, taken: outcome.sent.is_ok(), said: &said };
    tx.insert_try(outcome.message, &note)?;
    let Err(refusal) = outcome.sent else {
        tx.end_message(outcome.message, true)?;
        return tx.channel_fares_well(outcome.channel, failures >= TROUBLED);
    };
    let before = Before { attempts, failing_ms, failures, channel_failing_ms };
    let after = retry::after(refusal.again, before, tx.now_ms, chance);
    match after.next_ms {
        Some(next_ms) => tx.defer_message(outcome.message, next_ms)?,
        None => tx.end_message(outcome.message, false)?,
    }
    if after.blames_channel {
        tx.channel_fares_badly(outcome.channel, &said, after.resume_ms)?;
    } else {
        tx.set_trouble(outcome.channel, &said)?;
    }
    if let Some(sweep_ms) = after.sweep_ms {
        tx.give_up_before(outcome.channel, sweep_ms)?;
    }
    Ok(())
}

/// Whether old messages are to be looked for again.
pub(super) fn is_untidy(last_ms: i64, now_ms: i64) -> bool {
    // A clock that was set back does not put it off.
    now_ms.saturating_sub(last_ms).unsigned_abs() >= TIDY_MS.unsigned_abs()
}

/// Removes some of what is old; says whether there is more.
pub(super) fn tidy(connection: &mut Connection, now_ms: i64) -> Result<bool, EngineError> {
    let before_ms = now_ms.saturating_sub(KEPT_MS);
    if !db::any_old_news(connection, before_ms)? {
        return Ok(false);
    }
    let tx = Tx::begin(connection, now_ms)?;
    let removed = tx.prune_news(before_ms, AT_ONCE)?;
    tx.commit()?;
    Ok(removed >= AT_ONCE as usize)
}
