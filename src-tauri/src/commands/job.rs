//! One job.

use serde::{Deserialize, Serialize};
use specta::Type;
use spillway_engine::{
    live::LiveJob,
    model::{JobDetail, JobId, StepParts},
    receipt::Receipt,
    watch::{ArrivalId, WatchId},
};
use tauri::AppHandle;

use super::aside;
use crate::{error::CommandError, things};

/// A job with everything about it.
#[derive(Debug, Clone, Serialize, Type)]
pub(crate) struct JobPage {
    /// Steps, attempts, findings, events.
    pub(crate) detail: JobDetail,
    /// As on the queue page.
    pub(crate) live: LiveJob,
    /// What each running or finished step left behind.
    pub(crate) parts: Vec<StepParts>,
}

/// Something that can be shown in the file manager or opened.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub(crate) enum Thing {
    /// The source of a job.
    Source {
        /// Which job.
        job: JobId,
    },
    /// An output of a job.
    Output {
        /// Which job.
        job: JobId,
        /// Which, from 0.
        index: u32,
    },
    /// The receipt of a job, as a page.
    Receipt {
        /// Which job.
        job: JobId,
    },
    /// The file of a profile.
    Profile {
        /// Its id.
        id: String,
    },
    /// A watched folder.
    Watch {
        /// Which.
        id: WatchId,
    },
    /// Where results of a watched folder go.
    WatchOutput {
        /// Which watched folder.
        id: WatchId,
    },
    /// A file in a watched folder.
    Arrival {
        /// Which.
        id: ArrivalId,
    },
    /// The folder on whose disk the queue waits for space.
    HoldFolder,
    /// The data folder.
    DataFolder,
}

/// A job with everything about it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn job(app: AppHandle, id: JobId) -> Result<JobPage, CommandError> {
    aside(&app, move |shell| {
        let engine = shell.engine();
        let (detail, live) = (engine.job(id)?, engine.live_job(id)?);
        Ok(JobPage { detail, live, parts: engine.step_parts(id)? })
    })
    .await
}

/// The receipt of a delivered job.
#[tauri::command]
#[specta::specta]
pub(crate) async fn receipt(app: AppHandle, job: JobId) -> Result<Receipt, CommandError> {
    aside(&app, move |shell| Ok(shell.engine().receipt(job)?)).await
}

/// Everything about a job as text, to be copied into a mail to somebody who helps.
#[tauri::command]
#[specta::specta]
pub(crate) async fn report(app: AppHandle, job: JobId) -> Result<String, CommandError> {
    aside(&app, move |shell| Ok(shell.engine().report(job)?)).await
}

/// Shows something in the file manager.
#[tauri::command]
#[specta::specta]
pub(crate) async fn reveal(app: AppHandle, thing: Thing) -> Result<(), CommandError> {
    let handle = app.clone();
    aside(&app, move |shell| things::reveal(&handle, &things::path(shell, &thing)?)).await
}

/// Opens something with the program that the system has for it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open(app: AppHandle, thing: Thing) -> Result<(), CommandError> {
    let handle = app.clone();
    aside(&app, move |shell| things::open(&handle, &things::path(shell, &thing)?)).await
}
