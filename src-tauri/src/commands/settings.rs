//! Settings and the doctor.

use spillway_engine::{
    doctor::DoctorCheck,
    settings::{self as kept, Settings, SettingsPage},
};
use tauri::{AppHandle, Manager};

use super::aside;
use crate::{
    dialogs,
    error::{CommandError, ErrorKind},
    place,
    shell::Shell,
};

/// Settings with what stands around them.
#[tauri::command]
#[specta::specta]
pub(crate) async fn settings(app: AppHandle) -> Result<SettingsPage, CommandError> {
    aside(&app, page).await
}

/// Writes settings, and lets the engine work by them at once.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_settings(app: AppHandle, settings: Settings) -> Result<SettingsPage, CommandError> {
    aside(&app, move |shell| {
        shell.change_settings(|kept| *kept = settings)?;
        page(shell)
    })
    .await
}

/// Asks for a folder for temporary data; the path, `None`: given up.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_work_dir(app: AppHandle) -> Result<Option<String>, CommandError> {
    let shell = app.state::<Shell>();
    let dialog = dialogs::dialog(&app, shell.tongue().choose_work_dir());
    let begin = shell.engine().config().work_dir.clone();
    let Some(folder) = dialogs::folder(dialog, Some(&begin)).await? else { return Ok(None) };
    match folder.into_os_string().into_string() {
        Ok(folder) => Ok(Some(folder)),
        Err(_) => Err(CommandError::new(ErrorKind::File, "The folder's name holds bytes that are not text.")),
    }
}

/// Looks at everything that deliveries need.
#[tauri::command]
#[specta::specta]
pub(crate) async fn doctor(app: AppHandle) -> Result<Vec<DoctorCheck>, CommandError> {
    aside(&app, |shell| Ok(shell.engine().doctor())).await
}

fn page(shell: &Shell) -> Result<SettingsPage, CommandError> {
    Ok(kept::page(&shell.place().data_dir, &place::variable)?)
}
