//! Profiles.

use spillway_engine::catalog::{self, ImportedTemplate, ProfileCard, ProfileCheck, ProfilePage};
use tauri::{AppHandle, Manager};

use super::aside;
use crate::{dialogs, error::CommandError, shell::Shell};

/// All profiles, by partner.
#[tauri::command]
#[specta::specta]
pub(crate) async fn profiles(app: AppHandle) -> Result<Vec<ProfileCard>, CommandError> {
    aside(&app, |shell| Ok(catalog::cards(&shell.place().data_dir)?)).await
}

/// A profile in full.
#[tauri::command]
#[specta::specta]
pub(crate) async fn profile(app: AppHandle, id: String) -> Result<ProfilePage, CommandError> {
    aside(&app, move |shell| Ok(catalog::page(&shell.place().data_dir, &id)?)).await
}

/// What is to be said of a profile text.
#[tauri::command(async)]
#[specta::specta]
#[expect(clippy::needless_pass_by_value, reason = "commands are given what they own")]
pub(crate) fn check_profile(text: String) -> ProfileCheck {
    catalog::check(&text)
}

/// Writes a sound profile text into the data folder. `replaces`: id of the profile that was edited; with
/// another id in the text that one is renamed. Returns the id.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_profile(
    app: AppHandle,
    text: String,
    replaces: Option<String>,
) -> Result<String, CommandError> {
    aside(&app, move |shell| Ok(catalog::save(&shell.place().data_dir, &text, replaces.as_deref())?)).await
}

/// Makes a copy under a new id that nobody has; returns the id.
#[tauri::command]
#[specta::specta]
pub(crate) async fn duplicate_profile(app: AppHandle, id: String) -> Result<String, CommandError> {
    aside(&app, move |shell| Ok(catalog::duplicate(&shell.place().data_dir, &id)?)).await
}

/// Removes a profile of one's own; a changed one is as shipped again.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_profile(app: AppHandle, id: String) -> Result<(), CommandError> {
    aside(&app, move |shell| Ok(catalog::remove(&shell.place().data_dir, &id)?)).await
}

/// Asks for a file name and writes the profile there; whether it was written.
#[tauri::command]
#[specta::specta]
pub(crate) async fn export_profile(app: AppHandle, id: String) -> Result<bool, CommandError> {
    let tongue = app.state::<Shell>().tongue();
    let dialog = dialogs::dialog(&app, tongue.export_profile());
    let dialog = dialog.add_filter(tongue.profile_files(), &["toml"]);
    let Some(path) = dialogs::save(dialog, &format!("{id}.toml"), "toml").await? else { return Ok(false) };
    aside(&app, move |shell| {
        catalog::export(&shell.place().data_dir, &id, &path)?;
        Ok(true)
    })
    .await
}

/// Asks for a profile file and takes it into the data folder; its id, `None`: given up.
#[tauri::command]
#[specta::specta]
pub(crate) async fn import_profile(app: AppHandle) -> Result<Option<String>, CommandError> {
    let tongue = app.state::<Shell>().tongue();
    let dialog = dialogs::dialog(&app, tongue.import_profile());
    let dialog = dialog.add_filter(tongue.profile_files(), &["toml"]);
    let Some(path) = dialogs::file(dialog).await? else { return Ok(None) };
    aside(&app, move |shell| Ok(Some(catalog::import(&shell.place().data_dir, &path)?))).await
}

/// Asks for an exported MediaConvert job template and makes a profile of it; what became of it, `None`: given up.
#[tauri::command]
#[specta::specta]
pub(crate) async fn import_template(app: AppHandle) -> Result<Option<ImportedTemplate>, CommandError> {
    let tongue = app.state::<Shell>().tongue();
    let dialog = dialogs::dialog(&app, tongue.import_template()).add_filter("JSON", &["json"]);
    let Some(path) = dialogs::file(dialog).await? else { return Ok(None) };
    aside(&app, move |shell| Ok(Some(catalog::import_template(&shell.place().data_dir, &path, None)?))).await
}
