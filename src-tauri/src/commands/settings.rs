//! Settings and the doctor.

use std::path::Path;

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
    let begin = shell.engine().config().work_dir.clone();
    chosen(&app, shell.tongue().choose_work_dir(), Some(&begin)).await
}

/// Asks for the folder that new deliveries go to at first; the path, `None`: given up.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_default_out_dir(app: AppHandle) -> Result<Option<String>, CommandError> {
    let shell = app.state::<Shell>();
    let begin = shell.settings().desktop.out_dir;
    chosen(&app, shell.tongue().choose_out_dir(), begin.as_deref()).await
}

/// Asks for a folder, as the text that a setting holds.
async fn chosen(
    app: &AppHandle,
    title: String,
    begin: Option<&Path>,
) -> Result<Option<String>, CommandError> {
    let Some(folder) = dialogs::folder(dialogs::dialog(app, title), begin).await? else { return Ok(None) };
    match folder.into_os_string().into_string() {
        Ok(folder) => Ok(Some(folder)),
        Err(_) => Err(CommandError::new(ErrorKind::File, "The folder's name holds bytes that are not text.")),
    }
}

/// Looks at everything that deliveries need.
#[tauri::command]
#[specta::specta]
pub(crate) async fn doctor(app: AppHandle) -> Result<Vec<DoctorCheck>, CommandError> {
    aside(&app, |shell| {
        let mut checks = shell.engine().doctor();
        // The one who has the queue is this window itself.
        if let Some(runner) = checks.iter_mut().find(|check| check.name == "runner" && shell.works_here()) {
            "This window runs the queue.".clone_into(&mut runner.text);
        }
        Ok(checks)
    })
    .await
}

fn page(shell: &Shell) -> Result<SettingsPage, CommandError> {
    Ok(kept::page(&shell.place().data_dir, &place::variable)?)
}
