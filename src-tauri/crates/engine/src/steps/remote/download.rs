//! Fetch what MediaConvert made of a chunk, and turn it into what a segment encoded here leaves.

use std::path::PathBuf;

use spillway_cloud::{CloudError, Wanted, price::Traffic};
use spillway_media::{
    process::WorkerFailure,
    task::{Outcome, Progress, ReceiveTask, ReceivedFile, Rendition, SegmentDone, Task},
    types::MediaCode,
};

use super::Chunk;
use crate::{
    failure::{self, Code, Failure, Trouble},
    files,
    plan::VideoPlan,
    remote::Address,
    route::AgainstCloud,
    steps::{Bench, Performed, Setback, StepInput, StepOutput, Yield, segment::part_row},
};

pub(in crate::steps) fn perform(bench: &Bench<'_>) -> Performed {
    let chunk = Chunk::of(bench)?;
    let made = bench.brief.done.iter().find_map(|done| match &done.output {
        StepOutput::Remote { objects } if done.input == bench.brief.claim.input => Some((done.ord, objects)),
        _ => None,
    });
    let Some((encoder, objects)) = made else {
        return Err(bench.internal("the chunk was not encoded"));
    };
    let folder = bench.folder();
    std::fs::create_dir_all(folder.pictures()).map_err(|e| bench.work_io(folder.pictures(), &e))?;
    let (mut arrived, mut traffic) = (Vec::new(), Traffic::default());
    for (object, made) in objects.iter().zip(&chunk.made.job.outputs) {
        let file = folder.arrived(chunk.output, chunk.segment, &made.suffix);
        traffic.out_bytes += fetch(bench, object, &file, encoder)?;
        traffic.reads += 2;
        arrived.push(file);
    }
    bench.faults.hit("download.fetched");
    let done = receive(bench, &chunk, &arrived)?;
    for file in &arrived {
        files::remove(file).map_err(|e| bench.work_io(file, &e))?;
        let ranges = PathBuf::from(format!("{}.ranges", file.display()));
        files::remove(&ranges).map_err(|e| bench.work_io(&ranges, &e))?;
    }
    let parts = done.parts.iter().map(|part| part_row(bench.brief.claim.ord, part)).collect();
    Ok(Yield { parts, traffic, ..Yield::of(StepOutput::Segment(done)) })
}

fn fetch(bench: &Bench<'_>, object: &str, file: &std::path::Path, encoder: u32) -> Result<u64, Setback> {
    let Some(address) = Address::parse(object) else {
        return Err(bench.internal("the address of a result makes no sense"));
    };
    let found = bench.cloud.head(&address.bucket, &address.key, bench.cancel);
    let Some(found) = found.map_err(|error| bench.cloud_setback(&error))? else {
        return Err(gone(bench, object, encoder));
    };
    let wanted = Wanted { bucket: address.bucket, key: address.key, etag: found.etag };
    let mut progress = |done, total| bench.notebook.progress(Progress { done, total });
    match bench.cloud.download(&wanted, file, &mut progress, bench.cancel) {
        Ok(object) => Ok(object.bytes),
        Err(CloudError::NoSuchObject(_)) => Err(gone(bench, object, encoder)),
        Err(error) => Err(bench.cloud_setback(&error)),
    }
}

/// It has to be made once more.
fn gone(bench: &Bench<'_>, object: &str, encoder: u32) -> Setback {
    let why = format!("{object} is not there any more.");
    let failure = Box::new(Failure::new(Code::CloudFault, bench.source(), why));
    Setback::PartsLost { ords: vec![encoder], failure }
}

fn receive(bench: &Bench<'_>, chunk: &Chunk<'_>, arrived: &[PathBuf]) -> Result<SegmentDone, Setback> {
    let VideoPlan::Encode { renditions, segments, .. } = &chunk.plan.video else {
        return Err(bench.internal("the output is copied, not encoded"));
    };
    let Some(range) = segments.get(chunk.segment as usize) else {
        return Err(bench.internal("the plan has no such segment"));
    };
    let folder = bench.folder();
    let first = first_chunk(bench);
    let of = |(n, (path, rendition)): (usize, (&PathBuf, &crate::plan::RenditionPlan))| ReceivedFile {
        path: path.clone(),
        rendition: Rendition {
            id: rendition.id.clone(),
            video: rendition.video.clone(),
            every: rendition.every,
            out: folder.picture(chunk.output, chunk.segment, n),
        },
        extradata_sha256: first.and_then(|done| done.parts.get(n)).map(|part| part.extradata_sha256.clone()),
    };
    let files = arrived.iter().zip(renditions).enumerate().map(of).collect();
    let task = Task::Receive(ReceiveTask {
        files,
        schedule: folder.schedule(chunk.output),
        first: range.first,
        count: range.count,
    });
    match bench.run(task, &[folder.pictures()], false)? {
        Ok(Outcome::Segment(done)) if done.parts.len() == renditions.len() => Ok(done),
        Ok(other) => Err(bench.unexpected(&other)),
        Err(failure) => Err(explain(bench, &failure)),
    }
}

/// What the first chunk of the output left: all are to be like it.
fn first_chunk<'a>(bench: &'a Bench<'_>) -> Option<&'a SegmentDone> {
    bench.brief.done.iter().find_map(|done| match (&done.input, &done.output) {
        (StepInput::Segment { segment: 0, .. }, StepOutput::Segment(done)) => Some(done),
        _ => None,
    })
}

/// What arrived is not what was asked for: that is for the cloud to answer for, not for the source.
fn explain(bench: &Bench<'_>, failure: &WorkerFailure) -> Setback {
    match failure {
        WorkerFailure::Task(error)
            if !bench.stopping()
                && !matches!(error.code, MediaCode::Io | MediaCode::DiskFull | MediaCode::Internal) =>
        {
            let label = &bench.brief.claim.label;
            let why = format!(
                "What came back (\u{201c}{label}\u{201d}) is not what was asked for: {}",
                error.message
            );
            let failure = Failure::new(Code::CloudRefused, bench.source(), why.clone())
                .detail(format_args!("worker: {:?}", error.code));
            Setback::Cloud { against: AgainstCloud::Failed { why }, trouble: Trouble::lasting(failure) }
        }
        WorkerFailure::Task(_) if bench.stopping() => Setback::Stopped,
        other if !bench.stopping() => Setback::Failed(failure::of_worker(other, bench.source())),
        _ => Setback::Stopped,
    }
}
