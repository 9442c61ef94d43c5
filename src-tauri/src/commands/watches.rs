//! Watched folders.

use std::path::PathBuf;

use spillway_engine::watch::{
    ArrivalId, ArrivalPage, ArrivalQuery, NewWatch, WatchId, WatchSettings, WatchView,
};
use tauri::{AppHandle, Manager};

use super::aside;
use crate::{dialogs, error::CommandError, shell::Shell};

/// Watched folders, oldest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn watches(app: AppHandle) -> Result<Vec<WatchView>, CommandError> {
    aside(&app, |shell| Ok(shell.engine().watches()?)).await
}

/// Files in watched folders.
#[tauri::command]
#[specta::specta]
pub(crate) async fn arrivals(app: AppHandle, query: ArrivalQuery) -> Result<ArrivalPage, CommandError> {
    aside(&app, move |shell| Ok(shell.engine().arrivals(&query)?)).await
}

/// Watches a folder, or `s3://BUCKET/PREFIX`, from now on.
#[tauri::command]
#[specta::specta]
pub(crate) async fn add_watch(
    app: AppHandle,
    place: String,
    settings: WatchSettings,
) -> Result<WatchId, CommandError> {
    let new = NewWatch { place: PathBuf::from(place), settings };
    aside(&app, move |shell| Ok(shell.engine().add_watch(new)?)).await
}

/// Changes what is set of a watched folder.
#[tauri::command]
#[specta::specta]
pub(crate) async fn edit_watch(
    app: AppHandle,
    watch: WatchId,
    settings: WatchSettings,
) -> Result<(), CommandError> {
    aside(&app, move |shell| Ok(shell.engine().edit_watch(watch, settings)?)).await
}

/// Holds a watched folder, or lets it go on.
#[tauri::command]
#[specta::specta]
pub(crate) async fn pause_watch(app: AppHandle, watch: WatchId, paused: bool) -> Result<(), CommandError> {
    aside(&app, move |shell| Ok(shell.engine().pause_watch(watch, paused)?)).await
}

/// Watches it no more; files and jobs stay.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_watch(app: AppHandle, watch: WatchId) -> Result<(), CommandError> {
    aside(&app, move |shell| Ok(shell.engine().remove_watch(watch)?)).await
}

/// Looks through a watched folder now.
#[tauri::command]
#[specta::specta]
pub(crate) async fn scan_watch(app: AppHandle, watch: WatchId) -> Result<(), CommandError> {
    aside(&app, move |shell| Ok(shell.engine().scan_watch(watch)?)).await
}

/// Takes a file once more.
#[tauri::command]
#[specta::specta]
pub(crate) async fn deliver_again(app: AppHandle, arrival: ArrivalId) -> Result<(), CommandError> {
    aside(&app, move |shell| Ok(shell.engine().deliver_again(arrival)?)).await
}

/// Asks for a folder to be watched; `null`: given up.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_watch_folder(app: AppHandle) -> Result<Option<PathBuf>, CommandError> {
    let dialog = dialogs::dialog(&app, app.state::<Shell>().tongue().choose_watch_folder());
    dialogs::folder(dialog, None).await
}

/// Asks for a folder for the results of a watched one; `null`: given up.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_watch_out_dir(
    app: AppHandle,
    begin: Option<PathBuf>,
) -> Result<Option<PathBuf>, CommandError> {
    let dialog = dialogs::dialog(&app, app.state::<Shell>().tongue().choose_out_dir());
    dialogs::folder(dialog, begin.as_deref()).await
}
