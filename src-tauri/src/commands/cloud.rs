//! The cloud engine: what it cost, what lies there, how it is connected.

use spillway_cloud::setup::{SetupReport, SetupWish};
use spillway_engine::{
    cost::{CostSpan, CostsPage, LedgerLine, Leftovers},
    model::JobId,
    remote::RemoteView,
};
use tauri::{AppHandle, Manager};

use super::aside;
use crate::{dialogs, error::CommandError, shell::Shell};

/// Everything that the Costs place shows of a span; read again when `Revisions.costs` rises.
#[tauri::command]
#[specta::specta]
pub(crate) async fn costs(app: AppHandle, span: CostSpan) -> Result<CostsPage, CommandError> {
    aside(&app, move |shell| Ok(shell.engine().costs_page(span)?)).await
}

/// Charges of a job, oldest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn ledger(app: AppHandle, job: JobId) -> Result<Vec<LedgerLine>, CommandError> {
    aside(&app, move |shell| Ok(shell.engine().ledger(job)?)).await
}

/// MediaConvert jobs of a job, in the order of its steps.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remote_jobs(app: AppHandle, job: JobId) -> Result<Vec<RemoteView>, CommandError> {
    aside(&app, move |shell| Ok(shell.engine().remote_jobs(job)?)).await
}

/// Asks where to, and writes all charges of a span as CSV; `false`: given up.
#[tauri::command]
#[specta::specta]
pub(crate) async fn export_costs(app: AppHandle, span: CostSpan) -> Result<bool, CommandError> {
    let dialog = dialogs::dialog(&app, app.state::<Shell>().tongue().export_costs());
    let dialog = dialog.add_filter("CSV", &["csv"]);
    let Some(path) = dialogs::save(dialog, "spillway-costs.csv", "csv").await? else { return Ok(false) };
    aside(&app, move |shell| {
        let text = shell.engine().costs_csv(span)?;
        std::fs::write(&path, text).map_err(|error| CommandError::file(&path, &error))?;
        Ok(true)
    })
    .await
}

/// What lies in the bucket and costs money: asks the cloud.
#[tauri::command]
#[specta::specta]
pub(crate) async fn leftovers(app: AppHandle) -> Result<Leftovers, CommandError> {
    aside(&app, |shell| Ok(shell.engine().leftovers()?)).await
}

/// Removes what no job needs any more; what is left then.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sweep_cloud(app: AppHandle) -> Result<Leftovers, CommandError> {
    aside(&app, |shell| Ok(shell.engine().sweep_cloud()?.0)).await
}

/// Makes or checks what the cloud engine needs in the account; takes over bucket, role and queue into the settings
/// when all is there and something was to be made.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_up_cloud(app: AppHandle, wish: SetupWish) -> Result<SetupReport, CommandError> {
    aside(&app, move |shell| {
        let report = shell.engine().set_up_cloud(&wish)?;
        if report.ready() && !wish.check_only {
            shell.change_settings(|settings| {
                settings.cloud.bucket = Some(wish.bucket.clone());
                settings.cloud.role_arn.clone_from(&report.role_arn);
                settings.cloud.queue.clone_from(&wish.queue);
            })?;
        }
        Ok(report)
    })
    .await
}
