//! The history.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use spillway_engine::history::{HistoryPage, HistoryQuery};
use tauri::{AppHandle, Manager};

use super::aside;
use crate::{dialogs, error::CommandError, shell::Shell};

/// A page of the history.
#[tauri::command]
#[specta::specta]
pub(crate) async fn history(app: AppHandle, query: HistoryQuery) -> Result<HistoryPage, CommandError> {
    aside(&app, move |shell| Ok(shell.engine().history(&query)?)).await
}

/// Asks for a file name and writes everything found as CSV; how many rows, `None`: given up.
#[tauri::command]
#[specta::specta]
pub(crate) async fn export_history(app: AppHandle, query: HistoryQuery) -> Result<Option<u64>, CommandError> {
    let dialog = dialogs::dialog(&app, app.state::<Shell>().tongue().export_history());
    let dialog = dialog.add_filter("CSV", &["csv"]);
    let Some(path) = dialogs::save(dialog, "spillway-history.csv", "csv").await? else { return Ok(None) };
    aside(&app, move |shell| write(shell, &query, &path).map(Some)).await
}

fn write(shell: &Shell, query: &HistoryQuery, path: &Path) -> Result<u64, CommandError> {
    let trouble = |error| CommandError::file(path, &error);
    let mut file = BufWriter::new(File::create(path).map_err(trouble)?);
    let rows = shell.engine().history_csv(query, &mut file)?;
    file.flush().map_err(trouble)?;
    Ok(rows)
}
