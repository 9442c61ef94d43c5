//! A window with nothing in it, to compare the start of Spillway's own with: the same toolkit, the same webview,
//! one page, one command. Says `usable` on stderr once the page has been drawn.
//!
//! `bare DIR`, where `DIR` is where the webview keeps its files. `ui/tests/bench/start.mjs` measures it.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use tauri::{AppHandle, Manager, WebviewWindowBuilder};

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        let _ = writeln!(io::stderr(), "usage: bare DIR");
        return ExitCode::FAILURE;
    };
    let built = tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![ready, drawn])
        .setup(move |app| {
            let config = app.config().app.windows.first().cloned().unwrap_or_default();
            WebviewWindowBuilder::from_config(app.handle(), &config)?.data_directory(folder).build()?;
            Ok(())
        })
        .run(tauri::generate_context!("examples/bare/tauri.conf.json"));
    if built.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The page runs: show the window.
#[tauri::command(async)]
#[expect(clippy::needless_pass_by_value, reason = "commands are given what they own")]
fn ready(app: AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        let _ = window.show();
    }
}

/// The page has been drawn: say so.
#[tauri::command(async)]
fn drawn() {
    let _ = writeln!(io::stderr(), "usable");
}
