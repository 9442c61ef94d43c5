//! Channels and messages.

use std::path::PathBuf;

use spillway_engine::outbox::{
    ChannelId, ChannelSettings, ChannelView, MessageId, MessagePage, MessageQuery, SecretChange,
};
use tauri::{AppHandle, Manager};

use super::aside;
use crate::{dialogs, error::CommandError, shell::Shell};

/// Channels, oldest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn channels(app: AppHandle) -> Result<Vec<ChannelView>, CommandError> {
    aside(&app, |shell| Ok(shell.engine().channels()?)).await
}

/// Tells others through a new channel from now on.
#[tauri::command]
#[specta::specta]
pub(crate) async fn add_channel(
    app: AppHandle,
    settings: ChannelSettings,
    secret: Option<String>,
) -> Result<ChannelId, CommandError> {
    aside(&app, move |shell| Ok(shell.engine().add_channel(settings, secret)?)).await
}

/// Changes a channel.
#[tauri::command]
#[specta::specta]
pub(crate) async fn edit_channel(
    app: AppHandle,
    channel: ChannelId,
    settings: ChannelSettings,
    secret: SecretChange,
) -> Result<(), CommandError> {
    aside(&app, move |shell| Ok(shell.engine().edit_channel(channel, settings, secret)?)).await
}

/// Removes a channel with its messages.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_channel(app: AppHandle, channel: ChannelId) -> Result<(), CommandError> {
    aside(&app, move |shell| Ok(shell.engine().remove_channel(channel)?)).await
}

/// Sends a test message now; gives what the other side said.
#[tauri::command]
#[specta::specta]
pub(crate) async fn test_channel(app: AppHandle, channel: ChannelId) -> Result<String, CommandError> {
    aside(&app, move |shell| Ok(shell.engine().test_channel(channel)?)).await
}

/// Messages, newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn messages(app: AppHandle, query: MessageQuery) -> Result<MessagePage, CommandError> {
    aside(&app, move |shell| Ok(shell.engine().messages(&query)?)).await
}

/// Sends a message as soon as possible.
#[tauri::command]
#[specta::specta]
pub(crate) async fn send_again(app: AppHandle, message: MessageId) -> Result<(), CommandError> {
    aside(&app, move |shell| Ok(shell.engine().send_again(message)?)).await
}

/// Asks for a program; `null`: given up.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_program(app: AppHandle) -> Result<Option<PathBuf>, CommandError> {
    let dialog = dialogs::dialog(&app, app.state::<Shell>().tongue().choose_program());
    dialogs::file(dialog).await
}
