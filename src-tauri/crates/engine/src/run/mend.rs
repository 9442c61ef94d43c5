//! Work that has to be done again because its result is lost or does not hold.

use crate::{
    db::{JobRow, OutputRow, OutputState, Role, Tx},
    error::EngineError,
    failure::Failure,
    files,
    model::{StepKind, StepState},
    route::AgainstCloud,
    steps::{StepInput, graph},
};

/// Throws the plan away and inspects again, the way of `tier`.
pub(crate) fn replan(tx: &Tx<'_>, job: &JobRow, tier: u8, why: Option<&Failure>) -> Result<(), EngineError> {
    // What was begun there for the old plan is cleared away with the new one.
    tx.abandon_remote(job.key.num, None)?;
    tx.delete_steps_from(job.key.num, graph::FIRST_PLANNED)?;
    for row in tx.outputs(job.key.num)? {
        tx.forget_stitched(job.key.num, row.ord)?;
    }
    tx.drop_parts(job.key.num, graph::INSPECT)?;
    tx.set_plan(job.key.num, tier, None)?;
    tx.reopen(job.key, graph::INSPECT, why)
}

/// The cloud is out of the question for the job: it is planned again for this machine.
pub(crate) fn to_local(
    tx: &Tx<'_>,
    job: &JobRow,
    against: &AgainstCloud,
    why: &Failure,
) -> Result<(), EngineError> {
    tx.set_against_cloud(job.key.num, Some(against))?;
    replan(tx, job, job.tier, Some(why))
}

/// After the cloud was cleared: what has not come back from there is sent, encoded and fetched again.
pub(crate) fn remake_chunks(tx: &Tx<'_>, job: &JobRow) -> Result<(), EngineError> {
    if job.plan.as_ref().is_none_or(|plan| plan.cloud.is_none()) {
        return Ok(());
    }
    let states = tx.states(job.key.num)?;
    let fetched = |input: &StepInput| {
        states
            .iter()
            .any(|step| step.1 == StepKind::Download && step.2 == StepState::Done && step.3 == *input)
    };
    let uploads: Vec<&StepInput> =
        states.iter().filter(|step| step.1 == StepKind::Upload).map(|step| &step.3).collect();
    for (ord, kind, state, input) in &states {
        if fetched(input) || !uploads.contains(&input) {
            continue;
        }
        match (kind, state) {
            (StepKind::Upload, StepState::Done) => tx.reopen(job.key, *ord, None)?,
            (StepKind::Segment, StepState::Done) => {
                tx.abandon_remote(job.key.num, Some(*ord))?;
                tx.hold(job.key, *ord)?;
            }
            (StepKind::Segment | StepKind::Download, StepState::Ready | StepState::Waiting) => {
                tx.hold(job.key, *ord)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Runs the steps again whose files are lost, as far as something still needs the files. `true` when
/// the whole plan has to be made again.
pub(crate) fn remake_parts(tx: &Tx<'_>, job: &JobRow, ords: &[u32]) -> Result<bool, EngineError> {
    let states = tx.states(job.key.num)?;
    let is_done = |ord: u32| states.iter().any(|step| step.0 == ord && step.2 == StepState::Done);
    let stitched = |step: &(u32, StepKind, StepState, StepInput)| {
        step.1 != StepKind::Stitch || step.2 == StepState::Done
    };
    if ords.contains(&graph::INSPECT) && is_done(graph::INSPECT) && !states.iter().all(stitched) {
        replan(tx, job, job.tier, None)?;
        return Ok(true);
    }
    for ord in ords.iter().copied().filter(|ord| *ord != graph::INSPECT && is_done(*ord)) {
        let dependents = tx.dependents(job.key.num, ord)?;
        if dependents.iter().all(|(_, state)| *state == StepState::Done) {
            continue;
        }
        tx.drop_parts(job.key.num, ord)?;
        match states.iter().find(|step| step.0 == ord).map(|step| step.1) {
            // What was made there is lost, or what lies there is not to be trusted.
            Some(StepKind::Segment) => tx.abandon_remote(job.key.num, Some(ord))?,
            Some(StepKind::Upload) => tx.distrust_upload(job.key.num, ord)?,
            _ => {}
        }
        tx.reopen(job.key, ord, None)?;
        for (dependent, state) in dependents {
            if matches!(state, StepState::Ready | StepState::Waiting | StepState::Failed) {
                tx.hold(job.key, dependent)?;
            }
        }
    }
    Ok(false)
}

/// Stitches outputs again whose temporary files are lost.
pub(crate) fn remake_outputs(tx: &Tx<'_>, job: &JobRow, outputs: &[u32]) -> Result<(), EngineError> {
    for (ord, kind, state, input) in tx.states(job.key.num)? {
        let StepInput::Output { output } = input else { continue };
        if !outputs.contains(&output) {
            continue;
        }
        match (kind, state) {
            (StepKind::Stitch, StepState::Done) => {
                tx.forget_stitched(job.key.num, output)?;
                tx.reopen(job.key, ord, None)?;
            }
            (
                StepKind::Verify,
                StepState::Done | StepState::Ready | StepState::Waiting | StepState::Failed,
            ) => {
                tx.hold(job.key, ord)?;
            }
            _ => {}
        }
    }
    let deliver = tx.states(job.key.num)?.into_iter().find(|step| step.1 == StepKind::Deliver);
    if let Some((ord, _, StepState::Ready | StepState::Waiting | StepState::Failed, _)) = deliver
        && !outputs.is_empty()
    {
        tx.hold(job.key, ord)?;
    }
    Ok(())
}

/// Outputs that are stitched but stand neither under their temporary nor under their final name.
/// Compares sizes; contents were or will be read by Verify and Deliver.
pub(crate) fn lost_outputs(rows: &[OutputRow]) -> Vec<u32> {
    let lost = |row: &&OutputRow| {
        let Some(stitched) = &row.files else { return false };
        let held = |path| files::holds_all(path, stitched, false).unwrap_or(false);
        !(held(&row.temp_path) || row.state == OutputState::Intended && held(&row.final_path))
    };
    let open = rows.iter().filter(|row| row.role == Role::Media && row.state != OutputState::Placed);
    open.filter(lost).map(|row| row.ord).collect()
}
