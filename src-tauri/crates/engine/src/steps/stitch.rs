//! Join the packets of an output into its file or folder, under a temporary name in the destination.

use std::path::{Path, PathBuf};

use spillway_media::{
    process::WorkerFailure,
    task::{AudioInput, Outcome, PackageTask, RungInput, StitchTask, Task, VideoInput},
    types::MediaCode,
};
use spillway_profile::Container;

use super::{Bench, Performed, Setback, StepOutput, Yield, graph, work};
use crate::{
    failure::{self, Code, Failure, Trouble},
    files,
    plan::{HlsPlan, OutputPlan, VideoPlan},
};

pub(super) fn perform(bench: &Bench<'_>) -> Performed {
    let (number, output) = bench.output()?;
    let name = bench.name_of(number)?;
    let destination = name.temp_path.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(destination).map_err(|e| bench.destination_io(destination, &e))?;
    files::remove(&name.temp_path).map_err(|e| bench.destination_io(&name.temp_path, &e))?;
    let reads_source = matches!(output.video, VideoPlan::Copy) || output.chapters;
    if reads_source {
        bench.check_source()?;
    }
    let task = match (&output.container, &output.hls) {
        (Container::Hls, Some(hls)) => package(bench, number, output, hls)?,
        (Container::Hls, None) => return Err(bench.internal("the plan of an HLS output has no grid")),
        (Container::Mp4 | Container::Mov, _) => stitch(bench, number, output)?,
    };
    match bench.run(task, &[destination], reads_source)? {
        Ok(Outcome::Files(done)) => Ok(Yield::of(StepOutput::Stitch(done))),
        Ok(other) => Err(bench.unexpected(&other)),
        Err(failure) => Err(explain(bench, &failure)),
    }
}

fn stitch(bench: &Bench<'_>, number: u32, output: &OutputPlan) -> Result<Task, Setback> {
    let folder = bench.folder();
    let schedule = folder.schedule(number);
    let video = match &output.video {
        VideoPlan::Copy => {
            VideoInput::Source { path: bench.source().to_path_buf(), stream: output.stream, schedule }
        }
        VideoPlan::Encode { .. } => VideoInput::Parts { paths: pictures(bench, number, output, 0), schedule },
    };
    Ok(Task::Stitch(StitchTask {
        video,
        audio: audio(bench, output)?,
        quicktime: output.container == Container::Mov,
        fast_start: output.fast_start,
        edit_list: output.edit_list,
        timecode: output.timecode.clone(),
        rotation: output.rotation,
        language: output.language.clone(),
        tags: output.tags.clone(),
        chapters_from: output.chapters.then(|| bench.source().to_path_buf()),
        zero: output.zero,
        out: bench.name_of(number)?.temp_path.clone(),
    }))
}

fn package(bench: &Bench<'_>, number: u32, output: &OutputPlan, hls: &HlsPlan) -> Result<Task, Setback> {
    let VideoPlan::Encode { renditions, .. } = &output.video else {
        return Err(bench.internal("an HLS output cannot be copied"));
    };
    let name = bench.name_of(number)?;
    let rungs = renditions.iter().enumerate().map(|(n, rendition)| RungInput {
        id: rendition.id.clone(),
        paths: pictures(bench, number, output, n),
        every: rendition.every,
    });
    let tracks = output.audio.iter().zip(audio(bench, output)?).map(|(track, path)| AudioInput {
        id: track.id.clone(),
        path,
        language: track.task.language.clone(),
    });
    Ok(Task::Package(PackageTask {
        rungs: rungs.collect(),
        audio: tracks.collect(),
        schedule: bench.folder().schedule(number),
        segment_frames: hls.segment_frames,
        gop_frames: hls.gop_frames,
        i_frame_playlists: hls.i_frame_playlists,
        name: name.final_path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        out: name.temp_path.clone(),
    }))
}

fn pictures(bench: &Bench<'_>, number: u32, output: &OutputPlan, rendition: usize) -> Vec<PathBuf> {
    let VideoPlan::Encode { segments, .. } = &output.video else { return Vec::new() };
    let folder = bench.folder();
    segments.iter().zip(0_u32..).map(|(_, segment)| folder.picture(number, segment, rendition)).collect()
}

fn audio(bench: &Bench<'_>, output: &OutputPlan) -> Result<Vec<PathBuf>, Setback> {
    let plan = bench.plan()?;
    let folder = bench.folder();
    let home = |track| graph::audio_home(plan, track).map(|(o, t)| folder.audio(o, t));
    let paths: Option<Vec<PathBuf>> = output.audio.iter().map(home).collect();
    paths.ok_or_else(|| bench.internal("an audio track is made nowhere"))
}

/// Where a join failed, the parts may be at fault, or the destination.
fn explain(bench: &Bench<'_>, failure: &WorkerFailure) -> Setback {
    match failure {
        WorkerFailure::Task(error) if error.code == MediaCode::PartCorrupt && !bench.stopping() => {
            let trouble = failure::of_media(error, bench.source());
            let ords = work::lost(&bench.brief.parts);
            if ords.is_empty() {
                return Setback::Failed(trouble);
            }
            Setback::PartsLost { ords, failure: trouble.failure }
        }
        WorkerFailure::Task(error) if error.code == MediaCode::Permission => {
            let failure = Failure::new(Code::DestinationForbidden, bench.source(), error.message.clone());
            Setback::Failed(Trouble::lasting(failure))
        }
        other => bench.setback(other),
    }
}
