//! Dialogs of the system, asked for without holding anything up.

use std::path::{Path, PathBuf};

use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder, FilePath};
use tokio::sync::oneshot;

use crate::{
    error::{CommandError, ErrorKind},
    window,
};

/// What a dialog gave: a path, or nothing where it was given up.
pub(crate) type Chosen<T> = Result<Option<T>, CommandError>;

/// A dialog with this title, in front of the window.
pub(crate) fn dialog(app: &AppHandle, title: String) -> FileDialogBuilder<tauri::Wry> {
    let dialog = app.dialog().file().set_title(title);
    match app.get_webview_window(window::LABEL) {
        Some(window) => dialog.set_parent(&window),
        None => dialog,
    }
}

/// Asks for any number of files.
pub(crate) async fn files(dialog: FileDialogBuilder<tauri::Wry>) -> Chosen<Vec<PathBuf>> {
    let (tell, told) = oneshot::channel();
    dialog.pick_files(move |files| drop(tell.send(files)));
    let files = told.await.ok().flatten();
    files.map(|files| files.into_iter().map(path).collect()).transpose()
}

/// Asks for a file.
pub(crate) async fn file(dialog: FileDialogBuilder<tauri::Wry>) -> Chosen<PathBuf> {
    let (tell, told) = oneshot::channel();
    dialog.pick_file(move |file| drop(tell.send(file)));
    told.await.ok().flatten().map(path).transpose()
}

/// Asks for a folder; `begin`: where to begin.
pub(crate) async fn folder(dialog: FileDialogBuilder<tauri::Wry>, begin: Option<&Path>) -> Chosen<PathBuf> {
    let dialog = match begin {
        Some(begin) => dialog.set_directory(begin),
        None => dialog,
    };
    let (tell, told) = oneshot::channel();
    dialog.pick_folder(move |folder| drop(tell.send(folder)));
    told.await.ok().flatten().map(path).transpose()
}

/// Asks under which name to write a file. The extension is there in any case.
pub(crate) async fn save(
    dialog: FileDialogBuilder<tauri::Wry>,
    name: &str,
    extension: &str,
) -> Chosen<PathBuf> {
    let (tell, told) = oneshot::channel();
    dialog.set_file_name(name).save_file(move |file| drop(tell.send(file)));
    let chosen = told.await.ok().flatten().map(path).transpose()?;
    Ok(chosen.map(|path| if path.extension().is_some() { path } else { path.with_extension(extension) }))
}

fn path(chosen: FilePath) -> Result<PathBuf, CommandError> {
    let elsewhere = |_| CommandError::new(ErrorKind::File, "That place is not a folder of this machine.");
    chosen.into_path().map_err(elsewhere)
}
