//! Things that the file manager and other programs can be shown: only what the engine knows.

use std::path::{Path, PathBuf};

use spillway_engine::{catalog, live::HoldReason, watch::Place};
use tauri::AppHandle;
use tauri_plugin_opener::OpenerExt;

use crate::{
    commands::job::Thing,
    error::{CommandError, ErrorKind},
    preview,
    shell::Shell,
};

/// Where a thing lies.
pub(crate) fn path(shell: &Shell, thing: &Thing) -> Result<PathBuf, CommandError> {
    match thing {
        Thing::Source { job } => Ok(shell.engine().live_job(*job)?.job.source),
        Thing::Output { job, index } => preview::output(shell, *job, *index),
        Thing::Receipt { job } => {
            let receipt = shell.engine().live_job(*job)?.job.receipt;
            let missing = || CommandError::new(ErrorKind::File, "The job has no receipt.");
            Ok(page(receipt.ok_or_else(missing)?))
        }
        Thing::Profile { id } => {
            let card = catalog::page(&shell.place().data_dir, id)?.card;
            let shipped = || {
                let why = "This profile comes with Spillway and has no file of its own; a copy of it has.";
                CommandError::new(ErrorKind::File, why)
            };
            card.file.ok_or_else(shipped)
        }
        Thing::Watch { id } => {
            let view = shell.engine().find_watch(&id.to_string())?;
            match view.place {
                Place::Folder { path } => Ok(path),
                Place::Bucket { .. } => Err(CommandError::new(ErrorKind::File, "A bucket is no folder.")),
            }
        }
        Thing::WatchOutput { id } => Ok(shell.engine().find_watch(&id.to_string())?.out_dir),
        Thing::Arrival { id } => {
            let arrival = shell.engine().arrival(*id)?;
            match shell.engine().find_watch(&arrival.watch.to_string())?.place {
                Place::Folder { path } => Ok(path.join(arrival.path)),
                Place::Bucket { .. } => Err(CommandError::new(ErrorKind::File, "It lies in a bucket.")),
            }
        }
        Thing::HoldFolder => {
            let over = || CommandError::new(ErrorKind::NotPossible, "The queue waits for nothing any more.");
            match shell.hold()?.ok_or_else(over)?.why {
                HoldReason::Space { folder, .. } => Ok(folder),
            }
        }
        Thing::DataFolder => Ok(shell.place().data_dir.clone()),
    }
}

/// The receipt as a page stands beside the one for programs.
fn page(receipt: PathBuf) -> PathBuf {
    let page = receipt.with_extension("html");
    if page.exists() { page } else { receipt }
}

/// Shows a file in the file manager.
pub(crate) fn reveal(app: &AppHandle, path: &Path) -> Result<(), CommandError> {
    there(path)?;
    match app.opener().reveal_item_in_dir(path) {
        Ok(()) => Ok(()),
        // A system without a file manager that can point at a file may still open its folder.
        Err(error) => match path.parent() {
            Some(folder) => open(app, folder),
            None => Err(CommandError::new(ErrorKind::File, error)),
        },
    }
}

/// Opens a file with the program that the system has for it.
pub(crate) fn open(app: &AppHandle, path: &Path) -> Result<(), CommandError> {
    there(path)?;
    let text = path.to_str().ok_or_else(|| {
        CommandError::new(ErrorKind::File, format!("The name of {} is not text.", path.display()))
    })?;
    let cannot = |error| CommandError::new(ErrorKind::File, format!("{text} could not be opened: {error}."));
    app.opener().open_path(text, None::<&str>).map_err(cannot)
}

fn there(path: &Path) -> Result<(), CommandError> {
    std::fs::metadata(path).map(drop).map_err(|error| CommandError::file(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_taken_where_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let receipt = folder.path().join("Reel.receipt.json");
        assert_eq!(page(receipt.clone()), receipt);
        std::fs::write(folder.path().join("Reel.receipt.html"), "x").unwrap();
        assert_eq!(page(receipt), folder.path().join("Reel.receipt.html"));
    }

    #[test]
    fn what_is_gone_is_said_to_be() {
        let folder = tempfile::tempdir().unwrap();
        let error = there(&folder.path().join("gone.mp4")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::File);
        assert!(error.message.ends_with("gone.mp4 is not there any more."), "{}", error.message);
    }
}
