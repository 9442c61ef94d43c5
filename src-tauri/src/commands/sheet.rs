//! The sheet: files that wait for the user's decision.

use std::path::PathBuf;

use serde::Deserialize;
use specta::Type;
use spillway_engine::{
    catalog,
    model::{JobExtras, JobId, SubmitRequest},
    route::EngineWish,
    sheet::{self, Look, Rehearsal},
};
use spillway_profile::Profile;
use tauri::{AppHandle, Manager};

use super::aside;
use crate::{
    dialogs,
    error::{CommandError, ErrorKind},
    shell::Shell,
};

/// What to make of a file.
#[derive(Debug, Clone, Deserialize, Type)]
pub(crate) struct Pick {
    /// Number of the file on the sheet.
    pub(crate) file: u32,
    /// Ids of profiles.
    pub(crate) profiles: Vec<String>,
}

/// What holds for everything on a sheet.
#[derive(Debug, Clone, Copy, Default, Deserialize, Type)]
pub(crate) struct Terms {
    /// Which engine; a profile has the last word.
    pub(crate) engine: EngineWish,
    /// When all of it should be delivered, ms UTC; `None`: nobody said.
    pub(crate) deadline_ms: Option<i64>,
}

/// The profile of the sample where none was ever ticked.
const SAMPLE_PROFILE: &str = "youtube";

/// Asks for files, and adds them to the sheet, or makes a new one; comes back as a message.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_files(app: AppHandle, sheet: Option<u32>) -> Result<(), CommandError> {
    let tongue = app.state::<Shell>().tongue();
    let dialog = dialogs::dialog(&app, tongue.choose_files())
        .add_filter(tongue.masters(), &sheet::MASTERS)
        .add_filter(tongue.all_files(), &["*"]);
    let Some(files) = dialogs::files(dialog).await? else { return Ok(()) };
    bring_in(&app, sheet, files, Vec::new()).await
}

/// Asks for a folder, and adds the masters in it to the sheet, or makes a new one; comes back as a message.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_folder(app: AppHandle, sheet: Option<u32>) -> Result<(), CommandError> {
    let dialog = dialogs::dialog(&app, app.state::<Shell>().tongue().choose_folder());
    let Some(folder) = dialogs::folder(dialog, None).await? else { return Ok(()) };
    bring_in(&app, sheet, vec![folder], Vec::new()).await
}

/// A sheet with the sources of these jobs and their profiles ticked; comes back as a message.
#[tauri::command]
#[specta::specta]
pub(crate) async fn run_again(app: AppHandle, jobs: Vec<JobId>) -> Result<(), CommandError> {
    let (sources, profiles) = aside(&app, move |shell| {
        let engine = shell.engine();
        let (mut sources, mut profiles) = (Vec::new(), Vec::new());
        for id in jobs {
            let job = engine.live_job(id)?.job;
            sources.push(job.source);
            if !profiles.contains(&job.profile) {
                profiles.push(job.profile);
            }
        }
        Ok((sources, profiles))
    })
    .await?;
    bring_in(&app, None, sources, profiles).await
}

/// What is in a file, and what every profile would make of it. Takes as long as reading its index takes.
#[tauri::command]
#[specta::specta]
pub(crate) async fn look(app: AppHandle, sheet: u32, file: u32) -> Result<Look, CommandError> {
    let shell = app.state::<Shell>();
    let _turn = shell.looks.acquire().await.map_err(CommandError::internal)?;
    aside(&app, move |shell| {
        // Found only now: while this waited the sheet may have been closed.
        let path = shell.sheets().path(sheet, file)?;
        Ok(shell.engine().look(&path, &sound_profiles(shell)?)?)
    })
    .await
}

/// Names, times and costs that a start would lead to.
#[tauri::command]
#[specta::specta]
pub(crate) async fn rehearse(
    app: AppHandle,
    sheet: u32,
    picks: Vec<Pick>,
    terms: Terms,
) -> Result<Rehearsal, CommandError> {
    aside(&app, move |shell| Ok(shell.engine().rehearse(&requests(shell, sheet, &picks, terms)?)?)).await
}

/// Asks for an output folder; the path for people, `None`: given up.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_out_dir(app: AppHandle, sheet: u32) -> Result<Option<String>, CommandError> {
    let shell = app.state::<Shell>();
    let dialog = dialogs::dialog(&app, shell.tongue().choose_out_dir());
    let begin = shell.settings().desktop.out_dir;
    let Some(folder) = dialogs::folder(dialog, begin.as_deref()).await? else { return Ok(None) };
    let for_people = folder.to_string_lossy().into_owned();
    shell.sheets().set_out_dir(sheet, Some(folder))?;
    Ok(Some(for_people))
}

/// Outputs go beside each source.
#[tauri::command(async)]
#[specta::specta]
#[expect(clippy::needless_pass_by_value, reason = "commands are given what they own")]
pub(crate) fn clear_out_dir(app: AppHandle, sheet: u32) -> Result<(), CommandError> {
    app.state::<Shell>().sheets().set_out_dir(sheet, None)
}

/// Submits, and closes the sheet.
#[tauri::command]
#[specta::specta]
pub(crate) async fn start(
    app: AppHandle,
    sheet: u32,
    picks: Vec<Pick>,
    terms: Terms,
) -> Result<Vec<JobId>, CommandError> {
    aside(&app, move |shell| {
        let requests = requests(shell, sheet, &picks, terms)?;
        let habits = shell.sheets().habits(sheet, &picks)?;
        let jobs = shell.engine().submit_all(requests)?;
        shell.sheets().close(sheet);
        shell.remember(habits);
        Ok(jobs)
    })
    .await
}

/// Forgets the sheet.
#[tauri::command(async)]
#[specta::specta]
#[expect(clippy::needless_pass_by_value, reason = "commands are given what they own")]
pub(crate) fn close_sheet(app: AppHandle, sheet: u32) {
    app.state::<Shell>().sheets().close(sheet);
}

/// Makes a sample master and delivers it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn deliver_sample(app: AppHandle) -> Result<Vec<JobId>, CommandError> {
    aside(&app, |shell| {
        let master = shell.engine().sample_master()?;
        let ticked = shell.settings().desktop.profiles.into_iter().find_map(|id| find(shell, &id).ok());
        let profile = ticked.map_or_else(|| find(shell, SAMPLE_PROFILE), Ok)?;
        let (sources, profiles) = (vec![master], vec![profile]);
        let request = SubmitRequest {
            sources,
            profiles,
            out_dir: None,
            priority: 0,
            engine: EngineWish::Auto,
            extras: JobExtras::default(),
        };
        Ok(shell.engine().submit_all(vec![request])?)
    })
    .await
}

async fn bring_in(
    app: &AppHandle,
    sheet: Option<u32>,
    paths: Vec<PathBuf>,
    profiles: Vec<String>,
) -> Result<(), CommandError> {
    aside(app, move |shell| {
        // A sheet that was closed while its dialog was open does not come back.
        if let Some(sheet) = sheet {
            shell.sheets().known(sheet)?;
        }
        shell.bring_in(&paths, profiles);
        Ok(())
    })
    .await
}

fn requests(
    shell: &Shell,
    sheet: u32,
    picks: &[Pick],
    terms: Terms,
) -> Result<Vec<SubmitRequest>, CommandError> {
    shell.sheets().requests(sheet, picks, terms, |id| find(shell, id))
}

/// The profile with an id. What the window names is never a file.
fn find(shell: &Shell, id: &str) -> Result<Profile, CommandError> {
    if id.contains(['.', '/', '\\']) {
        return Err(CommandError::new(ErrorKind::NoSuchProfile, format!("There is no profile \"{id}\".")));
    }
    Ok(catalog::find(&shell.place().data_dir, id)?.profile)
}

/// Every profile that is not broken, in the order of the list.
fn sound_profiles(shell: &Shell) -> Result<Vec<Profile>, CommandError> {
    let cards = catalog::cards(&shell.place().data_dir)?;
    let sound = cards.iter().filter(|card| card.problems.is_empty());
    // One that was removed or spoilt in the meantime is left out.
    Ok(sound.filter_map(|card| find(shell, &card.id).ok()).collect())
}
