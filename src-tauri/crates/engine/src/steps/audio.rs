//! Encode or copy one audio programme, whole.

use spillway_media::task::{AudioTask, Outcome, Task};

use super::{Bench, Performed, StepInput, StepOutput, Yield, segment::part_row};

pub(super) fn perform(bench: &Bench<'_>) -> Performed {
    bench.check_source()?;
    let folder = bench.folder();
    let (number, output) = bench.output()?;
    let StepInput::Audio { track, .. } = bench.brief.claim.input else {
        return Err(bench.internal("the step is no audio track"));
    };
    let Some(plan) = output.audio.get(track as usize) else {
        return Err(bench.internal("the plan has no such audio track"));
    };
    let task = AudioTask { out: folder.audio(number, track), ..plan.task.clone() };
    match bench.work(Task::Audio(task), &[folder.tier()], true)? {
        Outcome::Audio(done) => {
            let parts = vec![part_row(bench.brief.claim.ord, &done.part)];
            Ok(Yield { parts, ..Yield::of(StepOutput::Audio(done)) })
        }
        other => Err(bench.unexpected(&other)),
    }
}
