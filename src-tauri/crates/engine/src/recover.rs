//! What a start of the engine does before anything else: take up what another run left behind.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use rusqlite::Connection;

use crate::{
    db::{Claim, JobRow, Lane, PartRow, Tx},
    error::EngineError,
    failure::{Code, Failure},
    files,
    model::{EventBody, JobId, JobState, StepKind, StepState},
    run::{Tools, mend, settle},
    steps::{StepInput, work},
    sweep,
};

/// Interruptions of one step that are put down to the engine and not to the file. A file that takes the
/// engine down with it every time must not do so for ever.
const FORGIVEN: u32 = 8;

/// Takes up what another run left behind; with `only`, the files of these jobs alone are looked at.
pub(crate) fn recover(
    tools: &Tools<'_>,
    connection: &mut Connection,
    only: Option<&[JobId]>,
) -> Result<(), EngineError> {
    let interrupted = mark(tools, connection)?;
    tools.faults.hit("recover.marked");
    check(tools, connection, &interrupted, only)?;
    tools.faults.hit("recover.checked");
    if only.is_none() {
        sweep(tools, connection)?;
        sweep_around(tools, connection)?;
    }
    tools.faults.hit("recover.swept");
    Ok(())
}

/// Everything that was running is ready again. Says how many steps of each job.
fn mark(tools: &Tools<'_>, connection: &mut Connection) -> Result<BTreeMap<i64, u32>, EngineError> {
    let tx = Tx::begin(connection, tools.clock.now_ms())?;
    let mut interrupted = BTreeMap::new();
    for claim in tx.running()? {
        let job = tx.job(claim.job.num)?;
        take_back(&tx, &claim, &job)?;
        *interrupted.entry(job.key.num).or_default() += 1;
    }
    for num in interrupted.keys() {
        settle::rest(&tx, tx.job(*num)?.key)?;
    }
    tx.commit()?;
    Ok(interrupted)
}

fn take_back(tx: &Tx<'_>, claim: &Claim, job: &JobRow) -> Result<(), EngineError> {
    // What goes on elsewhere takes nothing down here.
    let forgiven = claim.interrupted < FORGIVEN || claim.lane == Lane::Remote;
    let endless = matches!(claim.kind, StepKind::Tidy | StepKind::Clear);
    if forgiven || endless || claim.attempt < job.profile.retry.max_attempts {
        tx.interrupt(claim, forgiven)?;
    } else {
        let why = format!("Spillway itself ended {} times during this step.", claim.interrupted + 1);
        let mut failure = Failure::new(Code::Internal, &job.source, why);
        failure.recorded(job.key.id, &claim.label, claim.attempt, (0, 0));
        tx.fail(claim, &failure)?;
        if !job.state.ended() {
            return settle::fail_job(tx, job.key, &failure);
        }
        return Ok(());
    }
    // Its temporary output is written from the start again.
    if claim.kind == StepKind::Stitch
        && let StepInput::Output { output } = claim.input
        && let Some(row) = tx.output_at(job.key.num, output)?
        && let Err(error) = files::remove(&row.temp_path)
    {
        tracing::warn!(path = %row.temp_path.display(), %error, "a temporary file could not be removed");
    }
    Ok(())
}

/// Checks the files of started jobs before they are trusted.
fn check(
    tools: &Tools<'_>,
    connection: &mut Connection,
    interrupted: &BTreeMap<i64, u32>,
    only: Option<&[JobId]>,
) -> Result<(), EngineError> {
    let tx = Tx::begin(connection, tools.clock.now_ms())?;
    let mut started = Vec::new();
    for num in tx.live_jobs()? {
        let job = tx.job(num)?;
        if job.state == JobState::Running && only.is_none_or(|ids| ids.contains(&job.key.id)) {
            started.push((tx.parts(num)?, tx.outputs(num)?, job));
        }
    }
    drop(tx);
    for (parts, outputs, job) in started {
        let lost = lost_parts(&parts);
        let lost_outputs = mend::lost_outputs(&outputs);
        let tx = Tx::begin(connection, tools.clock.now_ms())?;
        if !mend::remake_parts(&tx, &job, &lost)? {
            mend::remake_outputs(&tx, &job, &lost_outputs)?;
        }
        let states = tx.states(job.key.num)?;
        let kept = states.iter().filter(|step| step.2 == StepState::Done).count();
        tx.tell(
            job.key.id,
            &EventBody::Recovered {
                kept: u32::try_from(kept).unwrap_or(u32::MAX),
                interrupted: interrupted.get(&job.key.num).copied().unwrap_or(0),
            },
        )?;
        tx.commit()?;
    }
    Ok(())
}

/// Reading everything back is bound by one core's hashing: spread over all of them.
fn lost_parts(parts: &[PartRow]) -> Vec<u32> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = parts.len().div_ceil(cores).max(1);
    let mut lost: Vec<u32> = std::thread::scope(|scope| {
        let readers: Vec<_> = parts.chunks(share).map(|chunk| scope.spawn(|| work::lost(chunk))).collect();
        // A reader cannot panic; if one did, what it should have read counts as lost.
        let results = readers.into_iter().zip(parts.chunks(share));
        results
            .flat_map(|(reader, chunk)| {
                reader.join().unwrap_or_else(|_| chunk.iter().map(|part| part.ord).collect())
            })
            .collect()
    });
    lost.sort_unstable();
    lost.dedup();
    lost
}

/// Removes the work folders of jobs that are not in the list. Anything whose name is no job id is
/// somebody else's and stays.
fn sweep(tools: &Tools<'_>, connection: &mut Connection) -> Result<(), EngineError> {
    let folder = &tools.config.work_dir;
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(EngineError::Io { path: folder.clone(), source }),
    };
    for entry in entries {
        let entry = entry.map_err(EngineError::io(folder))?;
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<JobId>().ok()) else {
            continue;
        };
        let tx = Tx::begin(connection, tools.clock.now_ms())?;
        let known = tx.knows(id)?;
        drop(tx);
        if !known {
            remove_orphan(&entry.path());
        }
    }
    Ok(())
}

/// Removes caches that are old, and what jobs that are no more left elsewhere; has space looked for at once.
fn sweep_around(tools: &Tools<'_>, connection: &mut Connection) -> Result<(), EngineError> {
    let now_ms = tools.clock.now_ms();
    let now = UNIX_EPOCH + Duration::from_millis(u64::try_from(now_ms).unwrap_or(0));
    let tx = Tx::begin(connection, now_ms)?;
    sweep::incoming(&tx, &tools.config.data_dir)?;
    tx.look_now()?;
    let litter = tx.litter()?;
    tx.commit()?;
    sweep::caches(&tools.config.data_dir, now);
    // Output folders may be on drives that do not answer: nobody waits for this thread.
    std::thread::Builder::new()
        .name("sweep".to_owned())
        .spawn(move || litter.remove(now))
        .map(drop)
        .map_err(EngineError::Thread)
}

fn remove_orphan(path: &Path) {
    if let Err(error) = files::remove(path) {
        tracing::warn!(path = %path.display(), %error, "an orphaned work folder could not be removed");
    }
}
