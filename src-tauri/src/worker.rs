//! The window's worker: one piece of media work, asked for on stdin and answered on stdout. A program of
//! its own, so that the window does not load the media libraries and their eighty companions at its start.

use std::process::ExitCode;

fn main() -> ExitCode {
    let status = spillway_media::process::worker_main();
    u8::try_from(status).map_or(ExitCode::FAILURE, ExitCode::from)
}
