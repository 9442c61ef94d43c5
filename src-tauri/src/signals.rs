//! SIGTERM, SIGINT, SIGQUIT: the first one quits in good order, the second one at once.

use std::{
    io::{self, Read},
    os::unix::net::UnixStream,
    sync::{Arc, atomic::AtomicBool},
    thread,
};

use signal_hook::{consts::TERM_SIGNALS, flag, low_level::pipe};
use tauri::AppHandle;

use crate::closing;

/// The exit code of an interrupted program.
const INTERRUPTED: i32 = 130;

/// Waits for signals.
///
/// # Errors
/// When signals cannot be handled.
pub(crate) fn listen(app: &AppHandle) -> io::Result<()> {
    let (mut received, sent) = UnixStream::pair()?;
    let second = Arc::new(AtomicBool::new(false));
    for signal in TERM_SIGNALS {
        // Order matters: at the first signal the flag is not set yet.
        flag::register_conditional_shutdown(*signal, INTERRUPTED, Arc::clone(&second))?;
        flag::register(*signal, Arc::clone(&second))?;
        pipe::register(*signal, sent.try_clone()?)?;
    }
    let app = app.clone();
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut byte = [0];
        // The other end lives as long as the program.
        if received.read_exact(&mut byte).is_ok() {
            closing::quit(&app);
        }
    })?;
    Ok(())
}
