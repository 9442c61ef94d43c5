//! Ctrl-C and SIGTERM: the first asks to stop, the second ends the process at once.

use std::sync::{Arc, atomic::AtomicBool};

use signal_hook::{consts::TERM_SIGNALS, flag};

use crate::exit::{CommandError, Exit};

/// A flag that a signal sets.
pub(crate) fn on_signal() -> Result<Arc<AtomicBool>, CommandError> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in TERM_SIGNALS {
        // Order matters: at the first signal the flag is not set yet, so only the second one exits.
        flag::register_conditional_shutdown(
            *signal,
            i32::from(Exit::Interrupted.number()),
            Arc::clone(&stop),
        )
        .and_then(|_| flag::register(*signal, Arc::clone(&stop)))
        .map_err(|error| CommandError::environment("Signals cannot be handled here.", error))?;
    }
    Ok(stop)
}
