//! Look at the source, index its frames, check it against the profile, make the plan.

use std::path::Path;

use spillway_media::{
    index::FrameIndex,
    schedule,
    task::{IndexMethod, InspectDone, InspectTask, Outcome, Task},
};

use spillway_profile::EnginePolicy;

use super::{Bench, Performed, Setback, StepOutput, Yield, graph::INSPECT, work::Folder};
use crate::{
    db::{OutputRow, PartRow},
    failure::Trouble,
    files,
    plan::{JobPlan, Planned, Schedule, SourceFacts},
    route::{AgainstCloud, EngineWish},
    space::{Room, Rooms},
};

/// Index the way the container promises, then by decoding, then without cutting at all.
fn method(tier: u8) -> IndexMethod {
    if tier == 0 { IndexMethod::Auto } else { IndexMethod::Decode }
}

pub(super) fn perform(bench: &Bench<'_>) -> Performed {
    bench.check_source()?;
    let folder = bench.folder();
    abandon_older_plans(bench, &folder)?;
    std::fs::create_dir_all(folder.tier()).map_err(|e| bench.work_io(folder.tier(), &e))?;
    let task = InspectTask {
        source: bench.source().to_path_buf(),
        index: Some(folder.index()),
        method: method(bench.brief.job.tier),
    };
    let done = match bench.work(Task::Inspect(task), &[folder.tier()], true)? {
        Outcome::Inspect(done) => done,
        other => return Err(bench.unexpected(&other)),
    };
    let (Planned { plan, schedules }, offload) = planned(bench, &done, &folder)?;
    if schedules.len() != plan.outputs.len() {
        return Err(bench.internal("the plan has not one schedule for each output"));
    }
    let parts = write_schedules(bench, &folder, &schedules)?;
    bench.faults.hit("plan.schedules-written");
    check_destination(bench)?;
    let rooms = rooms(bench)?;
    Ok(Yield {
        parts,
        plan: Some(plan),
        offload,
        rooms: Some(rooms),
        ..Yield::of(StepOutput::Inspect(Box::new(done)))
    })
}

/// Files of a plan that did not hold only take up space.
fn abandon_older_plans(bench: &Bench<'_>, folder: &Folder) -> Result<(), Setback> {
    for tier in 0..bench.brief.job.tier {
        let older = Folder::of(&bench.config.work_dir, bench.brief.job.key.id, tier);
        files::remove(older.tier()).map_err(|e| bench.work_io(folder.job(), &e))?;
    }
    Ok(())
}

/// The plan for this machine, and the one for the cloud where somebody wants it.
fn planned(
    bench: &Bench<'_>,
    done: &InspectDone,
    folder: &Folder,
) -> Result<(Planned, Option<Result<JobPlan, AgainstCloud>>), Setback> {
    let Some(summary) = &done.index else {
        return Err(bench.internal("the worker made no index"));
    };
    let path = folder.index();
    let index = FrameIndex::read(&path).map_err(|e| bench.work_io(&path, &e))?;
    let facts = SourceFacts {
        path: bench.source(),
        probe: &done.probe,
        summary,
        index: &index,
        linear: bench.brief.job.tier >= 2,
    };
    let planned = bench
        .craft
        .plan(&bench.brief.job.profile, &facts)
        .map_err(|failure| Setback::Failed(Trouble::lasting(*failure)))?;
    let offload = offload(bench, &facts, &planned)?;
    Ok((planned, offload))
}

/// The plan for the cloud; `None` where it is out of the question before anything is known of the source.
fn offload(
    bench: &Bench<'_>,
    facts: &SourceFacts<'_>,
    planned: &Planned,
) -> Result<Option<Result<JobPlan, AgainstCloud>>, Setback> {
    let job = &bench.brief.job;
    let wanted = job.engine_wish != EngineWish::Local && job.profile.engine != EnginePolicy::Local;
    if !wanted || !bench.config.cloud.is_set_up() || job.against_cloud.is_some() {
        return Ok(None);
    }
    let options = &job.profile.mediaconvert;
    let template = match &options.template {
        Some(name) if options.template_json.is_none() => match bench.cloud.template(name, bench.cancel) {
            Ok(template) => Some(template),
            Err(_) if bench.stopping() => return Err(Setback::Stopped),
            Err(error) => {
                let why = format!("The job template \u{201c}{name}\u{201d} cannot be had: {error}.");
                return Ok(Some(Err(AgainstCloud::OutOfReach { why })));
            }
        },
        Some(_) | None => None,
    };
    let mut plan = bench.craft.offload(&job.profile, facts, planned, template.as_ref());
    if let Ok(JobPlan { cloud: Some(cloud), .. }) = &mut plan {
        cloud.generation = bench.brief.claim.id;
    }
    Ok(Some(plan))
}

fn write_schedules(
    bench: &Bench<'_>,
    folder: &Folder,
    schedules: &[Schedule],
) -> Result<Vec<PartRow>, Setback> {
    let mut parts = Vec::new();
    for (plan, output) in schedules.iter().zip(0_u32..) {
        let path = folder.schedule(output);
        schedule::write(&path, plan.source_base, plan.out_base, plan.end, &plan.entries)
            .and_then(|()| files::sync_folder_of(&path))
            .map_err(|e| bench.work_io(&path, &e))?;
        let (bytes, sha256) =
            files::hash(&path, bench.cancel, &mut |_| {}).map_err(|e| bench.work_io(&path, &e))?;
        parts.push(PartRow { ord: INSPECT, path, bytes, sha256, packets: plan.entries.len() as u64 });
    }
    Ok(parts)
}

/// Found out now rather than after hours of encoding.
fn check_destination(bench: &Bench<'_>) -> Result<(), Setback> {
    for OutputRow { final_path, .. } in &bench.brief.outputs {
        let folder = final_path.parent().unwrap_or(Path::new("/"));
        std::fs::create_dir_all(folder).map_err(|e| bench.destination_io(folder, &e))?;
        rustix::fs::access(folder, rustix::fs::Access::WRITE_OK)
            .map_err(|e| bench.destination_io(folder, &e.into()))?;
    }
    Ok(())
}

/// What is free where the job writes; whether it is enough is decided with the other jobs at work in view.
fn rooms(bench: &Bench<'_>) -> Result<Rooms, Setback> {
    let (work, out) = (&bench.config.work_dir, &bench.brief.job.out_dir);
    Ok(Rooms {
        work: Room::of(work).map_err(|e| bench.work_io(work, &e))?,
        out: Room::of(out).map_err(|e| bench.destination_io(out, &e))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_plans_trust_decoding_only() {
        assert_eq!([0, 1, 2].map(method), [IndexMethod::Auto, IndexMethod::Decode, IndexMethod::Decode]);
    }
}
