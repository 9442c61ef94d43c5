//! Cut a chunk out of the source and bring it into the bucket.

use std::path::Path;

use spillway_cloud::{price::Traffic, transfer::Upload};
use spillway_media::{
    process::WorkerFailure,
    task::{CutDone, CutTask, Outcome, Progress, Task},
    types::{MediaCode, MediaError},
};

use super::Chunk;
use crate::{
    db::UploadRow,
    failure::{Code, Failure, Trouble},
    files,
    remote::{Address, Place},
    route::AgainstCloud,
    steps::{Bench, Note, Noted, Performed, Sent, Setback, StepOutput, Yield},
};

/// About what goes up in one call, in bytes.
const PART_BYTES: u64 = 8 << 20;

pub(in crate::steps) fn perform(bench: &Bench<'_>) -> Performed {
    let chunk = Chunk::of(bench)?;
    let Some(place) = Place::of(&bench.config.cloud, &bench.brief.job) else {
        return Err(not_set_up(bench));
    };
    let folder = bench.folder();
    std::fs::create_dir_all(folder.pictures()).map_err(|e| bench.work_io(folder.pictures(), &e))?;
    let address = place.input(chunk.output, chunk.segment, &chunk.cloud.extension);
    let file = folder.chunk(chunk.output, chunk.segment, &chunk.cloud.extension);
    let known = bench.brief.upload.clone().filter(|row| row.object == address.to_string());
    if let Some(cut) = known.as_ref().and_then(|row| row.cut.as_ref())
        && let Some(etag) = arrived(bench, &address, cut)?
    {
        files::remove(&file).map_err(|e| bench.work_io(&file, &e))?;
        return Ok(sent(&address, etag, cut.clone()));
    }
    let cut = cut(bench, &chunk, &file, known.as_ref())?;
    // The same bytes go on from where they were.
    let resume = known.filter(|row| row.cut.as_ref() == Some(&cut)).and_then(|row| row.upload_id);
    let row = UploadRow { object: address.to_string(), cut: Some(cut.clone()), upload_id: resume };
    write_down(bench, &row)?;
    bench.faults.hit("upload.cut");
    let etag = send(bench, &address, &file, &row)?;
    bench.faults.hit("upload.sent");
    files::remove(&file).map_err(|e| bench.work_io(&file, &e))?;
    let writes = cut.bytes.div_ceil(PART_BYTES) + 2;
    Ok(Yield { traffic: Traffic { writes, ..Traffic::default() }, ..sent(&address, etag, cut) })
}

fn sent(address: &Address, etag: String, cut: CutDone) -> Yield {
    Yield::of(StepOutput::Upload(Sent { object: address.to_string(), etag, cut }))
}

/// Whether an earlier try had got it there: objects stand there whole or not at all.
fn arrived(bench: &Bench<'_>, address: &Address, cut: &CutDone) -> Result<Option<String>, Setback> {
    let found = bench.cloud.head(&address.bucket, &address.key, bench.cancel);
    let found = found.map_err(|error| bench.cloud_setback(&error))?;
    Ok(found.filter(|object| object.bytes == cut.bytes).map(|object| object.etag))
}

fn cut(
    bench: &Bench<'_>,
    chunk: &Chunk<'_>,
    file: &Path,
    known: Option<&UploadRow>,
) -> Result<CutDone, Setback> {
    if let Some(cut) = known.and_then(|row| row.cut.as_ref())
        && files::is_exactly(file, cut.bytes, &cut.sha256, bench.cancel)
            .map_err(|e| bench.work_io(file, &e))?
    {
        return Ok(cut.clone());
    }
    bench.check_source()?;
    let folder = bench.folder();
    let task = CutTask {
        source: bench.source().to_path_buf(),
        stream: chunk.plan.stream,
        from: chunk.cut.from,
        until: chunk.cut.until,
        first: chunk.cut.first,
        count: chunk.cut.count,
        out: file.to_path_buf(),
    };
    match bench.run(Task::Cut(task), &[folder.pictures()], true)? {
        Ok(Outcome::Cut(done)) => Ok(done),
        Ok(other) => Err(bench.unexpected(&other)),
        Err(WorkerFailure::Task(error)) if cannot_be_cut(&error) && !bench.stopping() => {
            Err(in_one_piece(bench, &error))
        }
        Err(failure) => Err(bench.setback(&failure)),
    }
}

/// Whether packets cannot be copied so that exactly the wanted pictures come out: this machine decodes instead.
fn cannot_be_cut(error: &MediaError) -> bool {
    matches!(error.code, MediaCode::FrameMismatch | MediaCode::Unsupported)
}

fn in_one_piece(bench: &Bench<'_>, error: &MediaError) -> Setback {
    let why = format!("The source cannot be cut into chunks: {}.", error.message);
    let failure = Failure::new(Code::CloudRefused, bench.source(), why.clone());
    Setback::Cloud { against: AgainstCloud::Unsupported { why }, trouble: Trouble::lasting(failure) }
}

fn write_down(bench: &Bench<'_>, row: &UploadRow) -> Result<(), Setback> {
    match bench.notebook.note(Note::Send(row.clone())) {
        Noted::Written => Ok(()),
        Noted::NameTaken | Noted::Stale => Err(Setback::Stopped),
    }
}

fn send(bench: &Bench<'_>, address: &Address, file: &Path, row: &UploadRow) -> Result<String, Setback> {
    let job = &bench.brief.job;
    let tags = [
        ("app", "spillway"),
        ("job", &job.key.id.to_string()),
        ("partner", &job.profile.partner),
        ("profile", &job.profile.id),
    ];
    let upload = Upload {
        bucket: address.bucket.clone(),
        key: address.key.clone(),
        file: file.to_path_buf(),
        tags: tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        resume: row.upload_id.clone(),
    };
    let mut begun = |id: &str| {
        let row = UploadRow { upload_id: Some(id.to_owned()), ..row.clone() };
        let written = bench.notebook.note(Note::Send(row)) == Noted::Written;
        bench.faults.hit("upload.begun");
        written
    };
    let mut progress = |done, total| bench.notebook.progress(Progress { done, total });
    let sent = bench.cloud.upload(&upload, &mut begun, &mut progress, bench.cancel);
    Ok(sent.map_err(|error| bench.cloud_setback(&error))?.etag)
}

fn not_set_up(bench: &Bench<'_>) -> Setback {
    let failure = Failure::new(Code::CloudNotSetUp, bench.source(), "No bucket is set.");
    Setback::Cloud { against: AgainstCloud::NotSetUp, trouble: Trouble::lasting(failure) }
}
