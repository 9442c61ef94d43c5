//! Ctrl-C and SIGTERM: the first asks to stop, the second ends the process at once.

use std::{
    io::Read,
    os::unix::net::UnixStream,
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::Duration,
};

use signal_hook::{consts::TERM_SIGNALS, flag, low_level::pipe};

use crate::exit::{CommandError, Exit};

/// A service that was asked to end is gone after this time, whatever hangs.
const COMING_TO_REST: Duration = Duration::from_secs(9);

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
        .map_err(cannot)?;
    }
    Ok(stop)
}

/// Ends the process some seconds after the first signal if it has not ended by itself: a drive that hangs must not
/// hold up a machine that shuts down. What was at work is taken up at the next start.
pub(crate) fn end_in_time() -> Result<(), CommandError> {
    let (mut received, sent) = UnixStream::pair().map_err(cannot)?;
    for signal in TERM_SIGNALS {
        sent.try_clone().and_then(|sent| pipe::register(*signal, sent)).map_err(cannot)?;
    }
    let wait = move || {
        let mut byte = [0];
        // The other end lives as long as the program.
        if received.read_exact(&mut byte).is_ok() {
            thread::sleep(COMING_TO_REST);
            tracing::warn!("something does not come to rest; ending all the same");
            std::process::exit(Exit::Done.number().into());
        }
    };
    thread::Builder::new().name("deadline".to_owned()).spawn(wait).map_err(cannot)?;
    Ok(())
}

fn cannot(error: std::io::Error) -> CommandError {
    CommandError::environment("Signals cannot be handled here.", error)
}
