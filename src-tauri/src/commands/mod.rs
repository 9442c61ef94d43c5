//! Everything the window can ask for. Each a line or two into the engine.

pub(crate) mod cloud;
pub(crate) mod history;
pub(crate) mod job;
pub(crate) mod outbox;
pub(crate) mod profiles;
pub(crate) mod queue;
pub(crate) mod settings;
pub(crate) mod sheet;
pub(crate) mod watches;
pub(crate) mod window;

use tauri::{AppHandle, Manager};

use crate::{error::CommandError, shell::Shell};

/// Does something that touches disk or database, away from the threads that keep the window alive.
async fn aside<T: Send + 'static>(
    app: &AppHandle,
    work: impl FnOnce(&Shell) -> Result<T, CommandError> + Send + 'static,
) -> Result<T, CommandError> {
    let app = app.clone();
    let done = tauri::async_runtime::spawn_blocking(move || work(&app.state::<Shell>())).await;
    done.unwrap_or_else(|error| Err(CommandError::internal(error)))
}
