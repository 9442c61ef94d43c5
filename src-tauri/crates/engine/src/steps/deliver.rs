//! Put all outputs and receipts in place: intent on record, rename without replacing, result on record.
//! Run again after a crash at any point, it finds out how far it came and places everything once.

use std::{
    io,
    path::{Path, PathBuf},
};

use spillway_media::task::FileInfo;
use spillway_profile::{Exists, naming};

use super::{Bench, Note, Noted, Performed, Setback, StepOutput, Yield, receipts};
use crate::{
    db::{OutputRow, OutputState, Role},
    failure::{Code, Failure, Trouble},
    files,
    submit::names,
};

/// Numbers tried for a name before giving up.
const LAST_NUMBER: u32 = 9_999;

pub(super) fn perform(bench: &Bench<'_>) -> Performed {
    let (mut media, receipts): (Vec<OutputRow>, Vec<OutputRow>) =
        bench.brief.outputs.iter().cloned().partition(|row| row.role == Role::Media);
    check_all_free(bench, &media)?;
    for row in &mut media {
        place(bench, row)?;
    }
    for row in write_bodies(bench, &media, receipts)? {
        place(bench, &mut row.clone())?;
    }
    bench.faults.hit("deliver.receipts");
    Ok(Yield::of(StepOutput::Nothing))
}

/// Nothing is placed when something else cannot be.
fn check_all_free(bench: &Bench<'_>, media: &[OutputRow]) -> Result<(), Setback> {
    for row in media.iter().filter(|row| row.state == OutputState::Reserved) {
        if bench.brief.job.profile.delivery.exists == Exists::Fail
            && files::is_there(&row.final_path).map_err(|e| bench.destination_io(&row.final_path, &e))?
        {
            return Err(taken(bench, &row.final_path));
        }
    }
    Ok(())
}

/// The text of the receipts, made once: a second try places the same bytes.
fn write_bodies(
    bench: &Bench<'_>,
    media: &[OutputRow],
    mut rows: Vec<OutputRow>,
) -> Result<Vec<OutputRow>, Setback> {
    if rows.iter().any(|row| row.body.is_none()) {
        let receipt = receipts::compose(bench, media)?;
        for row in rows.iter_mut().filter(|row| row.body.is_none()) {
            let body = receipts::text(bench, &receipt, &row.id)?;
            row.bytes = body.len() as u64;
            row.files = Some(vec![FileInfo {
                path: String::new(),
                bytes: row.bytes,
                sha256: files::hash_bytes(body.as_bytes()),
            }]);
            row.body = Some(body);
        }
    }
    Ok(rows)
}

/// Places one output or receipt under its name, or under the next free one where the profile says so.
fn place(bench: &Bench<'_>, row: &mut OutputRow) -> Result<(), Setback> {
    if row.state == OutputState::Placed || (row.state == OutputState::Intended && was_placed(bench, row)?) {
        return Ok(());
    }
    prepare(bench, row)?;
    if row.state == OutputState::Reserved && !intend(bench, row)? {
        renumber(bench, row)?;
    }
    loop {
        bench.faults.hit("deliver.intent");
        match files::publish(&row.temp_path, &row.final_path) {
            Ok(()) => break,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if row.role == Role::Media && bench.brief.job.profile.delivery.exists == Exists::Fail {
                    return Err(taken(bench, &row.final_path));
                }
                renumber(bench, row)?;
            }
            Err(error) => return Err(bench.destination_io(&row.final_path, &error)),
        }
    }
    bench.faults.hit("deliver.renamed");
    record(bench, row)
}

/// After a crash: whether the rename happened although its result is not on record.
fn was_placed(bench: &Bench<'_>, row: &OutputRow) -> Result<bool, Setback> {
    let trouble = |e: io::Error| bench.destination_io(&row.final_path, &e);
    let files = row.files.as_deref().unwrap_or_default();
    if files::is_there(&row.temp_path).map_err(trouble)? {
        let both = files::is_there(&row.final_path).map_err(trouble)?
            && files::same(&row.temp_path, &row.final_path).map_err(trouble)?;
        if !both {
            return Ok(false);
        }
        // Where renaming without replacing is not to be had, the file has both names for a moment.
        files::remove(&row.temp_path).map_err(trouble)?;
    } else if !files::holds_all(&row.final_path, files, true).map_err(trouble)? {
        return Ok(false);
    }
    files::sync_folder_of(&row.final_path).map_err(trouble)?;
    record(bench, row)?;
    Ok(true)
}

/// Makes sure that what is about to be renamed is there, whole.
fn prepare(bench: &Bench<'_>, row: &OutputRow) -> Result<(), Setback> {
    let trouble = |e: io::Error| bench.destination_io(&row.temp_path, &e);
    let folder = row.final_path.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(folder).map_err(trouble)?;
    if let Some(body) = &row.body {
        return files::write_synced(&row.temp_path, body.as_bytes()).map_err(trouble);
    }
    let files = row.files.as_deref().unwrap_or_default();
    if files::holds_all(&row.temp_path, files, false).map_err(trouble)? {
        return Ok(());
    }
    let why = format!("The finished output {} is not there any more.", row.temp_path.display());
    let failure = Box::new(Failure::new(Code::Io, bench.source(), why));
    Err(Setback::OutputsLost { outputs: vec![row.ord], failure })
}

/// Puts the intent on record; `false` when another job has reserved the name.
fn intend(bench: &Bench<'_>, row: &mut OutputRow) -> Result<bool, Setback> {
    match bench.notebook.note(Note::Intend(Box::new(row.clone()))) {
        Noted::Written => {
            row.state = OutputState::Intended;
            Ok(true)
        }
        Noted::NameTaken => Ok(false),
        Noted::Stale => Err(Setback::Stopped),
    }
}

fn record(bench: &Bench<'_>, row: &OutputRow) -> Result<(), Setback> {
    match bench.notebook.note(Note::Placed { ord: row.ord }) {
        Noted::Written => Ok(()),
        Noted::NameTaken | Noted::Stale => Err(Setback::Stopped),
    }
}

/// Takes the next free number, with the intent on record.
fn renumber(bench: &Bench<'_>, row: &mut OutputRow) -> Result<(), Setback> {
    let job = &bench.brief.job;
    let base = names::base(job, row.ord).map_err(|error| {
        Setback::Failed(Trouble::lasting(Failure::new(
            Code::NameImpossible,
            bench.source(),
            error.to_string(),
        )))
    })?;
    for n in 2..=LAST_NUMBER {
        let path: PathBuf = row.final_path.with_file_name(naming::numbered(&base, n, &job.profile.delivery));
        if files::is_there(&path).map_err(|e| bench.destination_io(&path, &e))? {
            continue;
        }
        row.collision_key = names::collision_key(&path);
        row.final_path = path;
        if intend(bench, row)? {
            return Ok(());
        }
    }
    Err(taken(bench, &row.final_path))
}

fn taken(bench: &Bench<'_>, path: &Path) -> Setback {
    Setback::Failed(Trouble::lasting(names::taken(bench.source(), path)))
}
