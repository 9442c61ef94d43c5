//! See to it that nothing of a job costs money in the cloud any more: what still runs is cancelled, what lies there is
//! removed. What ran to its end all the same was paid for, and is put down.

use std::collections::BTreeSet;

use spillway_cloud::convert::RemoteJob;

use crate::{
    db::RemoteRow,
    failure::{Code, Failure},
    remote::{Address, Place},
    steps::{Bench, Note, Noted, Performed, Setback, StepOutput, Yield},
};

/// So long (ms) after an intent a job may turn up that no search finds yet.
const UNSEEN_MS: i64 = 60_000;
/// Pause in ms before a job that is being cancelled is looked at again.
const AGAIN_MS: i64 = 5_000;

/// How a MediaConvert job stands.
enum Standing {
    Over(Option<Box<RemoteJob>>),
    /// To be looked at again then, ms UTC.
    Open(i64),
}

pub(in crate::steps) fn perform(bench: &Bench<'_>) -> Performed {
    let mut open = None;
    for row in &bench.brief.remote {
        match wind_up(bench, row)? {
            Standing::Over(job) => write_down(bench, Note::Ended { id: row.id, job })?,
            Standing::Open(due_ms) => open = open.max(Some(due_ms)),
        }
        bench.faults.hit("clear.cancelled");
    }
    if let Some(due_ms) = open {
        // Whatever still runs may write.
        let why = "Jobs in the cloud are not over yet.";
        let failure = Box::new(Failure::new(Code::CloudFault, bench.source(), why));
        return Err(Setback::Later { due_ms, failure });
    }
    for below in places(bench)? {
        let removed = bench.cloud.remove_below(&below.bucket, &below.key, bench.cancel);
        removed.map_err(|error| bench.cloud_setback(&error))?;
        bench.faults.hit("clear.removed");
        write_down(bench, Note::Removed { below: below.to_string() })?;
    }
    Ok(Yield::of(StepOutput::Nothing))
}

fn write_down(bench: &Bench<'_>, note: Note) -> Result<(), Setback> {
    match bench.notebook.note(note) {
        Noted::Written => Ok(()),
        Noted::NameTaken | Noted::Stale => Err(Setback::Stopped),
    }
}

fn wind_up(bench: &Bench<'_>, row: &RemoteRow) -> Result<Standing, Setback> {
    let id = match &row.remote_id {
        Some(id) => id.clone(),
        None => match found(bench, row)? {
            Ok(id) => id,
            Err(standing) => return Ok(standing),
        },
    };
    let job = bench.cloud.cancel_job(&id, bench.cancel).map_err(|error| bench.cloud_setback(&error))?;
    Ok(match job {
        Some(job) if !job.status.is_final() => Standing::Open(bench.brief.now_ms.saturating_add(AGAIN_MS)),
        over => Standing::Over(over.map(Box::new)),
    })
}

/// The job that was made of an intent, if it was.
fn found(bench: &Bench<'_>, row: &RemoteRow) -> Result<Result<String, Standing>, Setback> {
    let jobs = bench.cloud.find_jobs(&row.input, &row.token, bench.cancel);
    let jobs = jobs.map_err(|error| bench.cloud_setback(&error))?;
    let Some((job, twins)) = jobs.split_first() else {
        let seen_ms = row.intended_ms.saturating_add(UNSEEN_MS);
        let unseen = seen_ms > bench.brief.now_ms;
        return Ok(Err(if unseen { Standing::Open(seen_ms) } else { Standing::Over(None) }));
    };
    for twin in twins {
        bench.cloud.cancel_job(&twin.id, bench.cancel).map_err(|error| bench.cloud_setback(&error))?;
    }
    Ok(Ok(job.id.clone()))
}

/// What is to be removed: everything of the job, or all but the present plan's while it is at work.
fn places(bench: &Bench<'_>) -> Result<BTreeSet<Address>, Setback> {
    let job = &bench.brief.job;
    let roots: BTreeSet<Address> =
        bench.brief.uploaded.iter().filter_map(|object| Address::parse(object)?.root(job.key.id)).collect();
    let Some(present) = Place::of(&bench.config.cloud, job).filter(|_| !job.state.ended()) else {
        return Ok(roots);
    };
    let present = present.folder();
    let mut places = BTreeSet::new();
    for root in roots {
        let objects = bench.cloud.objects(&root.bucket, &root.key, bench.cancel);
        let unfinished = bench.cloud.unfinished(&root.bucket, &root.key, bench.cancel);
        let objects = objects.map_err(|error| bench.cloud_setback(&error))?;
        let unfinished = unfinished.map_err(|error| bench.cloud_setback(&error))?;
        let keys = objects.iter().map(|object| &object.key).chain(unfinished.iter().map(|one| &one.key));
        for folder in keys.filter_map(|key| root.below(key)) {
            let place = Address { bucket: root.bucket.clone(), key: format!("{}{folder}", root.key) };
            if place != present {
                places.insert(place);
            }
        }
    }
    Ok(places)
}
