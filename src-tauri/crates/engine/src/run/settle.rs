//! What becomes of a step's result: recorded if the step is still in the hands it came from, dropped
//! otherwise; and what follows for the job.

use spillway_cloud::price::Traffic;

use super::{Tools, choose, mend};
use crate::{
    clock::{Chance, back_off_ms},
    cost::{Purse, machine},
    db::{AttemptNote, Claim, JobKey, JobRow, Role, Tx},
    error::EngineError,
    failure::{Code, Failure, Trouble},
    model::{EventBody, JobState, StepKind, StepState, Wish},
    plan::JobPlan,
    route::AgainstCloud,
    space::{self, Lack, Need, Room},
    steps::{Performed, Setback, StepInput, StepOutput, Yield, graph},
    transition::{JobEvent, StepEvent},
};

/// Pause before a job whose drive is away is tried again, in ms.
const DRIVE_MS: i64 = 30_000;

/// Ways of indexing a source, from quick to safe.
const LAST_TIER: u8 = 2;

/// Records the end of a try.
pub(crate) fn settle(
    tx: &Tx<'_>,
    tools: &Tools<'_>,
    claim: &Claim,
    performed: Performed,
) -> Result<(), EngineError> {
    if !tx.holds(claim)? {
        tracing::info!(job = %claim.job.id, step = claim.ord, "the result of an abandoned try is dropped");
        return Ok(());
    }
    let (job, chance) = (tx.job(claim.job.num)?, tools.chance);
    match performed {
        Ok(made) => done(tx, tools, claim, &job, &made)?,
        Err(Setback::Stopped) => {
            // Where nobody wished it, it is the engine that leaves.
            let wanted = job.wish == Wish::Run && !job.state.ended();
            tx.give_back(claim, if wanted { AttemptNote::Interrupted } else { AttemptNote::Stopped })?;
        }
        Err(Setback::Full { room, failure }) => full(tx, chance, claim, &job, &room, *failure)?,
        Err(Setback::Failed(trouble)) => failed(tx, chance, claim, &job, trouble)?,
        Err(Setback::Replan(failure)) if job.tier < LAST_TIER && !job.state.ended() => {
            tracing::warn!(job = %job.key.id, tier = job.tier, why = failure.why, "the plan does not hold");
            mend::replan(tx, &job, job.tier + 1, Some(failure.as_ref()))?;
        }
        Err(Setback::Replan(failure)) => failed(tx, chance, claim, &job, Trouble::lasting(*failure))?,
        Err(Setback::PartsLost { ords, failure }) => {
            if may_try_again(claim, &job) {
                tx.hold_claimed(claim, &failure)?;
                mend::remake_parts(tx, &job, &ords)?;
            } else {
                failed(tx, chance, claim, &job, Trouble::lasting(*failure))?;
            }
        }
        Err(Setback::Cloud { against, trouble }) => {
            gone_wrong_there(tx, chance, claim, &job, &against, trouble)?;
        }
        Err(Setback::Later { due_ms, failure }) => tx.defer_uncounted(claim, &failure, due_ms)?,
        Err(Setback::OutputsLost { outputs, failure }) => {
            if may_try_again(claim, &job) {
                tx.hold_claimed(claim, &failure)?;
                mend::remake_outputs(tx, &job, &outputs)?;
            } else {
                failed(tx, chance, claim, &job, Trouble::lasting(*failure))?;
            }
        }
    }
    if matches!(claim.kind, StepKind::Tidy | StepKind::Deliver) {
        tx.look_now()?;
    }
    if tx.has_ended(job.key.num)? && claim.kind != StepKind::Tidy {
        rest(tx, job.key)?;
    }
    Ok(())
}

/// The cloud did not do it: again later, or here, or the job fails.
fn gone_wrong_there(
    tx: &Tx<'_>,
    chance: &dyn Chance,
    claim: &Claim,
    job: &JobRow,
    against: &AgainstCloud,
    trouble: Trouble,
) -> Result<(), EngineError> {
    let again = trouble.passing && claim.attempt < job.profile.retry.max_attempts;
    if again || job.state.ended() || claim.kind == StepKind::Clear {
        return failed(tx, chance, claim, job, trouble);
    }
    if matches!(against, AgainstCloud::OutOfReach { .. }) {
        tx.set_reach(Some(against))?;
    }
    if !choose::may_fall_back(job) {
        return failed(tx, chance, claim, job, Trouble { passing: false, ..trouble });
    }
    tracing::warn!(job = %job.key.id, why = trouble.failure.why, "the job is done here after all");
    mend::to_local(tx, job, against, &trouble.failure)
}

fn may_try_again(claim: &Claim, job: &JobRow) -> bool {
    claim.attempt < job.profile.retry.max_attempts && !job.state.ended()
}

fn done(
    tx: &Tx<'_>,
    tools: &Tools<'_>,
    claim: &Claim,
    job: &JobRow,
    made: &Yield,
) -> Result<(), EngineError> {
    let num = job.key.num;
    let chosen = match &made.plan {
        Some(plan) if !job.state.ended() => {
            match choose::choose(tx, tools, job, plan, made.offload.as_ref())? {
                Ok(chosen) => Some(chosen),
                Err(mut failure) => {
                    failure.spent_microusd = job.cost_microusd;
                    failure.recorded(job.key.id, &claim.label, claim.attempt, (0, 0));
                    tx.fail(claim, &failure)?;
                    return fail_job(tx, job.key, &failure);
                }
            }
        }
        Some(_) | None => None,
    };
    if let (Some(plan), Some(rooms)) = (&made.plan, &made.rooms)
        && !job.state.ended()
    {
        let own = Need::planned(plan.bytes_needed, 0, 0, Some(rooms.out.dev));
        if let Some(lack) = space::lack(rooms, own, &tx.needs_beside(num)?) {
            let failure = Failure::new(Code::DiskFull, &job.source, lack.why());
            return wait_for_room(tx, claim, job, failure, &lack);
        }
        tx.set_out_dev(num, rooms.out.dev)?;
    }
    if !made.parts.is_empty() {
        tx.set_parts(num, claim.ord, &made.parts)?;
    }
    match &made.output {
        StepOutput::Hash { sha256 } => tx.set_source_hash(num, sha256)?,
        StepOutput::Stitch(files) => {
            if let StepInput::Output { output } = claim.input {
                tx.set_stitched(num, output, files)?;
            }
        }
        StepOutput::Inspect(_)
        | StepOutput::Upload(_)
        | StepOutput::Remote { .. }
        | StepOutput::Segment(_)
        | StepOutput::Audio(_)
        | StepOutput::Verify(_)
        | StepOutput::Nothing => {}
    }
    machine::book(tx, &tools.config.cost, job, claim)?;
    if made.traffic != Traffic::default() {
        let key = format!("traffic/{}/{}", job.key.id, claim.id);
        Purse::open(tools.config)?.charge_traffic(tx, job, &key, &claim.label, &made.traffic)?;
    }
    tx.finish(claim, &made.output)?;
    match (&made.plan, &chosen) {
        (_, Some((plan, decided))) => {
            tx.set_route(job.key, &decided.route)?;
            tx.promise(num, decided.promised_microusd)?;
            planned(tx, job, plan)?;
        }
        (Some(plan), None) => planned(tx, job, plan)?,
        (None, None) => {}
    }
    if claim.kind == StepKind::Deliver && !job.state.ended() {
        delivered(tx, job.key)?;
    }
    Ok(())
}

fn planned(tx: &Tx<'_>, job: &JobRow, plan: &JobPlan) -> Result<(), EngineError> {
    let num = job.key.num;
    tx.set_plan(num, job.tier, Some(plan))?;
    let steps = graph::planned_steps(plan, tx.touched_cloud(num)?);
    let before = tx.states(num)?;
    let done: Vec<u32> = before.iter().filter(|step| step.2 == StepState::Done).map(|step| step.0).collect();
    tx.insert_steps(num, job.priority, &steps, &done)?;
    let segments = steps.iter().filter(|step| step.kind == StepKind::Segment);
    tx.tell(
        job.key.id,
        &EventBody::Planned {
            steps: u32::try_from(before.len() + steps.len()).unwrap_or(u32::MAX),
            segments: u32::try_from(segments.clone().count()).unwrap_or(u32::MAX),
            frames: segments.map(|step| step.frames).sum(),
            findings: plan.findings.clone(),
        },
    )
}

fn delivered(tx: &Tx<'_>, key: JobKey) -> Result<(), EngineError> {
    let outputs = tx.outputs(key.num)?;
    if let Some(receipt) = outputs.iter().find(|row| row.role == Role::Receipt) {
        tx.set_receipt(key.num, &receipt.final_path)?;
    }
    tx.move_job(key, JobEvent::Delivered, None)?;
    tx.release_names(key.num)
}

fn failed(
    tx: &Tx<'_>,
    chance: &dyn Chance,
    claim: &Claim,
    job: &JobRow,
    trouble: Trouble,
) -> Result<(), EngineError> {
    let Trouble { mut failure, passing } = trouble;
    failure.spent_microusd = job.cost_microusd;
    failure.recorded(job.key.id, &claim.label, claim.attempt, kept(tx, job.key)?);
    if claim.kind == StepKind::Clear {
        // What lies there costs money until it is gone: that is never given up, and never the job's fault.
        let due = tx.now_ms.saturating_add(clear_pause_ms(claim.attempt));
        return tx.defer(claim, &failure, due);
    }
    let over = job.state.ended() && claim.kind != StepKind::Tidy;
    if over {
        return tx.hold_claimed(claim, &failure);
    }
    if waits_for_its_drive(tx, job, failure.code)? {
        return tx.defer_uncounted(claim, &failure, tx.now_ms.saturating_add(DRIVE_MS));
    }
    if passing && claim.attempt < job.profile.retry.max_attempts {
        let wait = back_off_ms(&job.profile.retry, claim.attempt, chance);
        let due = tx.now_ms.saturating_add(i64::try_from(wait).unwrap_or(i64::MAX));
        return tx.defer(claim, &failure, due);
    }
    tx.fail(claim, &failure)?;
    if claim.kind == StepKind::Tidy {
        tracing::error!(job = %job.key.id, why = failure.why, "temporary files could not be removed");
        return Ok(());
    }
    fail_job(tx, job.key, &failure)
}

/// A step found the disk full in the middle of its work: what is finished is kept.
fn full(
    tx: &Tx<'_>,
    chance: &dyn Chance,
    claim: &Claim,
    job: &JobRow,
    room: &Room,
    failure: Failure,
) -> Result<(), EngineError> {
    if job.state.ended() {
        return failed(tx, chance, claim, job, Trouble::lasting(failure));
    }
    let need = tx.need(job.key.num)?;
    let left = if matches!(claim.kind, StepKind::Stitch | StepKind::Deliver) { need.out } else { need.work };
    wait_for_room(tx, claim, job, failure, &space::after_full(room, left))
}

fn wait_for_room(
    tx: &Tx<'_>,
    claim: &Claim,
    job: &JobRow,
    mut failure: Failure,
    lack: &Lack,
) -> Result<(), EngineError> {
    failure.spent_microusd = job.cost_microusd;
    failure.recorded(job.key.id, &claim.label, claim.attempt, kept(tx, job.key)?);
    tx.await_room(claim, &failure, lack)
}

/// Whether what went wrong is put down to the drive of a watched folder that is away: it comes back.
fn waits_for_its_drive(tx: &Tx<'_>, job: &JobRow, code: Code) -> Result<bool, EngineError> {
    let of_source = matches!(code, Code::SourceMissing | Code::SourceForbidden | Code::Io);
    match job.extras.watch {
        Some(watch) if of_source => tx.is_out_of_reach(watch),
        Some(_) | None => Ok(false),
    }
}

/// Pause in ms before a clear-up that failed so many times is tried again: doubles from 5 s to an hour.
fn clear_pause_ms(attempts: u32) -> i64 {
    (5_000_i64 << attempts.saturating_sub(1).min(10)).min(3_600_000)
}

/// Finished segments, and how many there are.
fn kept(tx: &Tx<'_>, key: JobKey) -> Result<(u32, u32), EngineError> {
    let mut counts = (0, 0);
    for (_, kind, state, _) in tx.states(key.num)? {
        if kind == StepKind::Segment {
            counts.1 += 1;
            counts.0 += u32::from(state == StepState::Done);
        }
    }
    Ok(counts)
}

/// Ends a job with a failure; what is still running of it is stopped by the runner.
pub(crate) fn fail_job(tx: &Tx<'_>, key: JobKey, failure: &Failure) -> Result<(), EngineError> {
    tx.move_job(key, JobEvent::Failed, Some(failure))?;
    tx.release_names(key.num)?;
    rest(tx, key)
}

/// Ends a job by wish, once nothing of it runs.
pub(crate) fn cancel(tx: &Tx<'_>, key: JobKey) -> Result<(), EngineError> {
    let open = [StepState::Blocked, StepState::Ready, StepState::Waiting, StepState::Failed];
    tx.shift_all(key, &open, StepEvent::Dropped)?;
    tx.move_job(key, JobEvent::Cancelled, None)?;
    tx.release_names(key.num)?;
    rest(tx, key)
}

/// Holds what an ended job has left to do, and sees to the removal of what nobody needs any more once
/// nothing of it runs: unfinished outputs always, the work folder unless a retry can go on from it.
pub(crate) fn rest(tx: &Tx<'_>, key: JobKey) -> Result<(), EngineError> {
    let job = tx.job(key.num)?;
    match job.state {
        JobState::Failed | JobState::Cancelled => {}
        JobState::Queued | JobState::Running | JobState::Delivered => return Ok(()),
    }
    let steps = tx.states(key.num)?;
    if steps.iter().any(|step| step.3 == StepInput::Remains) {
        return Ok(());
    }
    tx.shift_all(key, &[StepState::Ready, StepState::Waiting], StepEvent::Held)?;
    if !tx.any_running(key.num)? {
        let ord = steps.iter().map(|step| step.0 + 1).max().unwrap_or(0);
        let mut remains = vec![graph::tidy_remains(ord)];
        if tx.touched_cloud(key.num)? {
            remains.push(graph::clear_remains(ord + 1));
        }
        tx.insert_steps(key.num, job.priority, &remains, &[])?;
    }
    Ok(())
}
