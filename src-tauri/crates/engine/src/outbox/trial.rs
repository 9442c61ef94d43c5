//! Trying a channel: a message that goes out at once, past everything that waits, and is in the log all the same.

use spillway_notification::{Again, Message, NotTaken, Taken};

use super::{fan::Letter, record};
use crate::{
    clock::Chance,
    db::{Means, Tx},
    error::EngineError,
};

/// A test message that is not sent yet.
pub(crate) struct Trial {
    /// What is sent.
    pub(crate) message: Message,
    num: i64,
    channel: i64,
}

/// Writes the message down, out of reach of whoever sends what waits: as one that was given up.
pub(crate) fn prepared(tx: &Tx<'_>, means: &Means) -> Result<Trial, EngineError> {
    let num = Letter::test(&means.settings.name, tx.now_ms).write(tx, means.num)?;
    let message = tx.set_aside(num)?;
    Ok(Trial { message, num, channel: means.num })
}

/// Writes down what came of it.
pub(crate) fn ended(
    tx: &Tx<'_>,
    trial: &Trial,
    sent: &Result<Taken, NotTaken>,
    chance: &dyn Chance,
) -> Result<(), EngineError> {
    // Nobody waits for a test.
    let sent = sent.clone().map_err(|refusal| NotTaken { again: Again::Never, ..refusal });
    tx.take_up(trial.num)?;
    let begun_ms = trial.message.tried_ms;
    let outcome = record::Outcome { channel: trial.channel, message: trial.num, begun_ms, sent: &sent };
    record::record(tx, &outcome, chance)
}
