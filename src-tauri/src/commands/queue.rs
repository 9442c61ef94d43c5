//! The queue.

use serde::Serialize;
use specta::Type;
use spillway_engine::{
    Engine, EngineError,
    model::{JobId, Wish},
};
use tauri::{AppHandle, ipc::Channel};

use super::aside;
use crate::{error::CommandError, message::Message};

/// A job that did not obey.
#[derive(Debug, Clone, Serialize, Type)]
pub(crate) struct Refused {
    /// Which.
    pub(crate) job: JobId,
    /// Why.
    pub(crate) error: CommandError,
}

/// Begins the feed: a snapshot, then everything that happens. An earlier subscription ends.
#[tauri::command]
#[specta::specta]
pub(crate) async fn subscribe(app: AppHandle, channel: Channel<Message>) -> Result<(), CommandError> {
    aside(&app, move |shell| shell.subscribe(Box::new(move |message| channel.send(message).is_ok()))).await
}

/// Writes down what is wanted of jobs: pause, go on, cancel. Those that refuse are returned.
#[tauri::command]
#[specta::specta]
pub(crate) async fn wish_jobs(
    app: AppHandle,
    jobs: Vec<JobId>,
    wish: Wish,
) -> Result<Vec<Refused>, CommandError> {
    each(app, jobs, move |engine, id| engine.wish(id, wish)).await
}

/// Takes failed jobs up again. Those that refuse are returned.
#[tauri::command]
#[specta::specta]
pub(crate) async fn retry_jobs(app: AppHandle, jobs: Vec<JobId>) -> Result<Vec<Refused>, CommandError> {
    each(app, jobs, Engine::retry).await
}

/// Takes ended jobs off queue and history; delivered files stay. Those that refuse are returned.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_jobs(app: AppHandle, jobs: Vec<JobId>) -> Result<Vec<Refused>, CommandError> {
    each(app, jobs, Engine::remove).await
}

/// Takes ended jobs off the queue page; they stay in the history. Those that refuse are returned.
#[tauri::command]
#[specta::specta]
pub(crate) async fn dismiss_jobs(app: AppHandle, jobs: Vec<JobId>) -> Result<Vec<Refused>, CommandError> {
    each(app, jobs, Engine::dismiss).await
}

/// Moves jobs that have not ended, in the order given, before another one, or to the end of the queue.
#[tauri::command]
#[specta::specta]
pub(crate) async fn move_jobs(
    app: AppHandle,
    jobs: Vec<JobId>,
    before: Option<JobId>,
) -> Result<(), CommandError> {
    aside(&app, move |shell| Ok(shell.engine().move_jobs(&jobs, before)?)).await
}

async fn each(
    app: AppHandle,
    jobs: Vec<JobId>,
    ask: impl Fn(&Engine, JobId) -> Result<(), EngineError> + Send + 'static,
) -> Result<Vec<Refused>, CommandError> {
    aside(&app, move |shell| {
        let engine = shell.engine();
        let refusal = |job| ask(&engine, job).err().map(|error| Refused { job, error: error.into() });
        Ok(jobs.into_iter().filter_map(refusal).collect())
    })
    .await
}
