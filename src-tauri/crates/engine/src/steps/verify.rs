//! Read a finished output back and judge it.

use std::io;

use spillway_media::{
    measured::Measured,
    process::WorkerFailure,
    schedule,
    task::{FilesDone, MeasureTask, Outcome, Task},
    types::{MediaCode, Ratio, rescale},
};
use spillway_profile::Check;

use super::{Bench, Performed, Setback, StepInput, StepOutput, Yield, receipts};
use crate::{
    conform::{self, OutputVerdict},
    failure::{Code, Failure, Trouble},
    plan::{OutputPlan, VideoPlan},
};

pub(super) fn perform(bench: &Bench<'_>) -> Performed {
    let (number, output) = bench.output()?;
    let name = bench.name_of(number)?;
    let task = MeasureTask {
        path: name.temp_path.clone(),
        seams_ms: seams(bench, number, output)?,
        decode_all: false,
        loudness: wants_loudness(bench, output),
        hash: true,
    };
    let measured = match bench.run(Task::Measure(task), &[], false)? {
        Ok(Outcome::Measure(measured)) => measured,
        Ok(other) => return Err(bench.unexpected(&other)),
        Err(WorkerFailure::Task(error)) if error.code == MediaCode::NotFound && !bench.stopping() => {
            return Err(lost(bench, number, "The finished output is not there any more."));
        }
        Err(failure) => return Err(bench.setback(&failure)),
    };
    let stitched = stitched(bench, number)?;
    if differs(stitched, &measured) {
        return Err(lost(bench, number, "The finished output is not what was written."));
    }
    let inspect = receipts::inspected(bench).ok_or_else(|| bench.internal("the source was not inspected"))?;
    let audio = receipts::audio(bench, output)?;
    let verdict = bench.craft.judge(&bench.brief.job.profile, output, inspect, &audio, &measured);
    if verdict.failed() {
        return Err(Setback::Failed(Trouble::lasting(refusal(bench, output, &verdict))));
    }
    Ok(Yield::of(StepOutput::Verify(verdict)))
}

/// Times of the joins, in ms from the first frame.
fn seams(bench: &Bench<'_>, number: u32, output: &OutputPlan) -> Result<Vec<i64>, Setback> {
    let VideoPlan::Encode { segments, .. } = &output.video else { return Ok(Vec::new()) };
    let path = bench.folder().schedule(number);
    let time = |first| -> io::Result<Option<i64>> {
        let (header, entries) = schedule::read(&path, first, 1)?;
        Ok(entries
            .first()
            .map(|entry| rescale(entry.out - output.first, header.out_base, Ratio::new(1, 1_000))))
    };
    let mut seams = Vec::new();
    for range in segments.iter().skip(1) {
        seams.extend(time(range.first).map_err(|e| bench.work_io(&path, &e))?);
    }
    Ok(seams)
}

/// Measuring loudness decodes every sample: only where something depends on it.
fn wants_loudness(bench: &Bench<'_>, output: &OutputPlan) -> bool {
    let profile = &bench.brief.job.profile;
    let rule = profile.rule.iter().any(|rule| {
        matches!(rule.check, Check::Loudness { .. }) && rule.output.as_ref().is_none_or(|id| *id == output.id)
    });
    rule || output.audio.iter().any(|track| track.task.loudness.is_some())
}

fn stitched<'a>(bench: &'a Bench<'_>, number: u32) -> Result<&'a FilesDone, Setback> {
    let wanted = StepInput::Output { output: number };
    let found = bench.brief.done.iter().find_map(|done| match &done.output {
        StepOutput::Stitch(files) if done.input == wanted => Some(files),
        _ => None,
    });
    found.ok_or_else(|| bench.internal("the output was not stitched"))
}

/// Whether a file that was hashed on both sides has another content now.
fn differs(stitched: &FilesDone, measured: &Measured) -> bool {
    stitched.files.iter().any(|wrote| {
        let read = measured.files.iter().find(|file| file.path == wrote.path);
        read.is_some_and(|read| read.bytes != wrote.bytes || read.sha256 != wrote.sha256)
    })
}

fn lost(bench: &Bench<'_>, number: u32, why: &str) -> Setback {
    Setback::OutputsLost {
        outputs: vec![number],
        failure: Box::new(Failure::new(Code::Io, bench.source(), why)),
    }
}

fn refusal(bench: &Bench<'_>, output: &OutputPlan, verdict: &OutputVerdict) -> Failure {
    let failed: Vec<_> = verdict.lines.iter().filter(|line| line.verdict == conform::Outcome::Fail).collect();
    let first = failed.first().map_or_else(String::new, |line| {
        format!(" {}: expected {}, measured {}.", line.rule, line.expected, line.measured)
    });
    let why = format!(
        "Output \u{201c}{}\u{201d} breaks {} of the profile's rules.{first}",
        output.id,
        failed.len()
    );
    failed.iter().fold(Failure::new(Code::VerificationFailed, bench.source(), why), |failure, line| {
        failure.detail(format_args!("{}: expected {}, measured {}", line.rule, line.expected, line.measured))
    })
}
