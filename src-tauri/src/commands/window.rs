//! The window itself.

use serde::Deserialize;
use specta::Type;
use tauri::{AppHandle, Manager};

use crate::{closing, error::CommandError, shell::Shell, window};

/// What to do when the window is closed with jobs at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CloseAnswer {
    /// Give the segments back and quit; the next start goes on.
    Quit,
    /// Go on in the tray.
    Tray,
    /// Stay open.
    Stay,
}

/// The page runs: show the window. As long as it is hidden nothing is drawn.
#[tauri::command(async)]
#[specta::specta]
#[expect(clippy::needless_pass_by_value, reason = "commands are given what they own")]
pub(crate) fn ready(app: AppHandle) {
    tracing::debug!("page runs");
    app.state::<Shell>().first_show(&app);
}

/// The page has been drawn for the first time; for whoever measures how long that takes.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn drawn() {
    tracing::info!("window usable");
}

/// Says whether something written on the page has not been saved: closing the window then asks first.
#[tauri::command(async)]
#[specta::specta]
#[expect(clippy::needless_pass_by_value, reason = "commands are given what they own")]
pub(crate) fn set_unsaved(app: AppHandle, unsaved: bool) {
    app.state::<Shell>().set_unsaved(unsaved);
}

/// What folders dropped on the window are for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DropPurpose {
    /// Their masters come on a sheet.
    #[default]
    Deliver,
    /// They are to be watched; files come on a sheet all the same.
    Watch,
}

/// Says what folders dropped on the window are for from now on.
#[tauri::command(async)]
#[specta::specta]
#[expect(clippy::needless_pass_by_value, reason = "commands are given what they own")]
pub(crate) fn set_drop(app: AppHandle, purpose: DropPurpose) {
    app.state::<Shell>().set_drop(purpose);
}

/// The answer to [`crate::message::Message::Closing`].
#[tauri::command]
#[specta::specta]
pub(crate) async fn close(app: AppHandle, answer: CloseAnswer) -> Result<(), CommandError> {
    match answer {
        CloseAnswer::Quit => closing::quit(&app),
        // Without a tray the window would be gone for good: it stays among the others.
        CloseAnswer::Tray if app.state::<Shell>().tray().is_none() => window::minimise(&app),
        CloseAnswer::Tray => window::hide(&app),
        CloseAnswer::Stay => {}
    }
    Ok(())
}
