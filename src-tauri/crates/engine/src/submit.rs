//! Accepting work: every source × every profile becomes a job with its names reserved, in one
//! transaction. What cannot be accepted becomes a failed job, so that the rest of a batch goes on.

pub(crate) mod names;
pub(crate) mod rehearse;

use std::{
    ffi::OsString,
    path::{Component, Path, PathBuf},
};

use spillway_profile::{Exists, Profile, naming};
use uuid::Uuid;

use crate::{
    db::{JobKey, NewJob, OutputRow, Role, Tx},
    error::EngineError,
    failure::{Code, Failure},
    files,
    model::{JobExtras, JobId, SubmitRequest},
    route::EngineWish,
    steps::{graph, source::Identity},
    transition::JobEvent,
};
use names::Seed;

/// Numbers tried for a name before giving up.
const LAST_NUMBER: u32 = 9_999;

/// Makes the jobs of a request, in the order sources × profiles.
pub(crate) fn submit(tx: &Tx<'_>, request: SubmitRequest) -> Result<Vec<JobId>, EngineError> {
    let mut ids = Vec::new();
    for given in request.sources {
        let source = std::path::absolute(&given).map_err(EngineError::io(given))?;
        let beside = source.parent().unwrap_or(Path::new("/"));
        let out_dir = resolved(request.out_dir.as_deref().unwrap_or(beside))?;
        let known = Known {
            source: &source,
            identity: Identity::of(&source),
            profiles: &request.profiles,
            out_dir: &out_dir,
            priority: request.priority,
            engine_wish: request.engine,
            extras: &request.extras,
        };
        ids.extend(submit_known(tx, &known)?.into_iter().map(|key| key.id));
    }
    Ok(ids)
}

/// A source that was looked at already.
pub(crate) struct Known<'a> {
    /// Absolute.
    pub(crate) source: &'a Path,
    pub(crate) identity: Result<Identity, Box<Failure>>,
    pub(crate) profiles: &'a [Profile],
    /// Absolute, without links.
    pub(crate) out_dir: &'a Path,
    pub(crate) priority: i64,
    pub(crate) engine_wish: EngineWish,
    pub(crate) extras: &'a JobExtras,
}

/// Makes a job for each profile, without asking the drive of the source anything.
pub(crate) fn submit_known(tx: &Tx<'_>, known: &Known<'_>) -> Result<Vec<JobKey>, EngineError> {
    let mut keys = Vec::new();
    for profile in known.profiles {
        let id = JobId(Uuid::now_v7());
        let new = NewJob {
            id,
            source: known.source,
            profile,
            out_dir: known.out_dir,
            priority: known.priority,
            engine_wish: known.engine_wish,
            extras: known.extras,
        };
        let key = tx.insert_job(&new)?;
        let seed = Seed {
            job: id,
            source: known.source,
            title: known.extras.title.as_deref(),
            profile,
            out_dir: known.out_dir,
            created_ms: tx.now_ms,
        };
        if let Err(mut failure) = accept(tx, key, &seed, &known.identity, known.priority)? {
            tx.delete_outputs(key.num)?;
            failure.recorded(id, "accept", 1, (0, 0));
            tx.move_job(key, JobEvent::Failed, Some(&failure))?;
        } else {
            tx.tell_place(key)?;
        }
        keys.push(key);
    }
    Ok(keys)
}

/// Records the source, reserves the names, and makes the first steps; the inner error is the job's.
pub(crate) fn accept(
    tx: &Tx<'_>,
    key: JobKey,
    seed: &Seed<'_>,
    identity: &Result<Identity, Box<Failure>>,
    priority: i64,
) -> Result<Result<(), Box<Failure>>, EngineError> {
    for path in [seed.source, seed.out_dir] {
        if path.to_str().is_none() {
            let why = "The path holds bytes that are not text (invalid UTF-8).";
            return Ok(Err(Box::new(Failure::new(Code::NameImpossible, seed.source, why))));
        }
    }
    match identity {
        Ok(identity) => tx.set_identity(key.num, identity)?,
        Err(failure) => return Ok(Err(failure.clone())),
    }
    let rows = match names::wanted(seed) {
        Ok(rows) => rows,
        Err(error) => {
            let failure = Failure::new(Code::NameImpossible, seed.source, format!("{error}."));
            return Ok(Err(Box::new(failure)));
        }
    };
    for row in rows {
        if let Err(failure) = reserve(tx, key, seed.source, seed.profile, row)? {
            return Ok(Err(failure));
        }
    }
    tx.insert_steps(key.num, priority, &graph::first_steps(), &[])?;
    Ok(Ok(()))
}

/// Reserves a name, or the next free one where that is allowed. Receipts never stop a delivery.
fn reserve(
    tx: &Tx<'_>,
    key: JobKey,
    source: &Path,
    profile: &Profile,
    mut row: OutputRow,
) -> Result<Result<(), Box<Failure>>, EngineError> {
    let base = row.final_path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let wanted = row.final_path.clone();
    for n in 2..=LAST_NUMBER {
        let there = match files::is_there(&row.final_path) {
            Ok(there) => there,
            Err(error) => {
                let why = format!("{}: {error}.", row.final_path.display());
                return Ok(Err(Box::new(Failure::new(Code::DestinationForbidden, source, why))));
            }
        };
        if !there && !tx.name_taken(&row.collision_key)? {
            tx.insert_output(key.num, &row)?;
            return Ok(Ok(()));
        }
        if row.role == Role::Media && profile.delivery.exists == Exists::Fail {
            break;
        }
        row.final_path.set_file_name(naming::numbered(&base, n, &profile.delivery));
        row.collision_key = names::collision_key(&row.final_path);
    }
    Ok(Err(Box::new(names::taken(source, &wanted))))
}

/// An absolute folder without links as far as it exists, so that two ways to it are one.
pub(crate) fn resolved(folder: &Path) -> Result<PathBuf, EngineError> {
    let absolute = std::path::absolute(folder).map_err(EngineError::io(folder))?;
    let mut missing: Vec<OsString> = Vec::new();
    let mut there = absolute.as_path();
    loop {
        if let Ok(real) = there.canonicalize() {
            return Ok(missing.iter().rev().fold(real, |path, name| path.join(name)));
        }
        match (there.parent(), there.components().next_back()) {
            (Some(parent), Some(Component::Normal(name))) => {
                missing.push(name.to_owned());
                there = parent;
            }
            _ => return Ok(absolute),
        }
    }
}
