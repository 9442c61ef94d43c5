//! Encode one range of frames in every rendition of an output.

use spillway_media::task::{Outcome, PartInfo, Rendition, SegmentTask, Task};

use super::{Bench, Performed, StepInput, StepOutput, Yield};
use crate::{db::PartRow, plan::VideoPlan};

pub(super) fn perform(bench: &Bench<'_>) -> Performed {
    bench.check_source()?;
    let folder = bench.folder();
    let (number, output) = bench.output()?;
    let StepInput::Segment { segment, .. } = bench.brief.claim.input else {
        return Err(bench.internal("the step is no segment"));
    };
    let VideoPlan::Encode { treatment, renditions, segments, linear, threads } = &output.video else {
        return Err(bench.internal("the output is copied, not encoded"));
    };
    let Some(range) = segments.get(segment as usize) else {
        return Err(bench.internal("the plan has no such segment"));
    };
    let task = SegmentTask {
        source: bench.source().to_path_buf(),
        stream: output.stream,
        schedule: folder.schedule(number),
        first: range.first,
        count: range.count,
        linear: *linear,
        treatment: treatment.clone(),
        renditions: renditions
            .iter()
            .enumerate()
            .map(|(n, rendition)| Rendition {
                id: rendition.id.clone(),
                video: rendition.video.clone(),
                every: rendition.every,
                out: folder.picture(number, segment, n),
            })
            .collect(),
        threads: *threads,
    };
    match bench.work(Task::Segment(task), &[folder.tier()], true)? {
        Outcome::Segment(done) if done.parts.len() == renditions.len() => {
            let parts = done.parts.iter().map(|part| part_row(bench.brief.claim.ord, part)).collect();
            Ok(Yield { parts, ..Yield::of(StepOutput::Segment(done)) })
        }
        other => Err(bench.unexpected(&other)),
    }
}

pub(super) fn part_row(ord: u32, part: &PartInfo) -> PartRow {
    PartRow {
        ord,
        path: part.path.clone(),
        bytes: part.bytes,
        sha256: part.sha256.clone(),
        packets: part.packets,
    }
}
