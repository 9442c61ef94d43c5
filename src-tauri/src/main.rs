//! The window's program; the same binary is the worker process.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|verb| verb == "worker") {
        let status = spillway_media::process::worker_main();
        return u8::try_from(status).map_or(ExitCode::FAILURE, ExitCode::from);
    }
    spillway_desktop::run()
}
