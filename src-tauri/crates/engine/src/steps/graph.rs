//! From the plan to the steps of a job: which there are, and what each one needs. Pure.

use spillway_media::task::AudioTask;

use super::StepInput;
use crate::{
    db::{Lane, NewStep},
    model::StepKind,
    plan::{AudioPlan, CloudPlan, JobPlan, OutputPlan, VideoPlan},
};

/// Look at the source.
pub(crate) const INSPECT: u32 = 0;
/// Hash the source; runs beside everything else.
pub(crate) const HASH: u32 = 1;
/// First of those that the plan decides on.
pub(crate) const FIRST_PLANNED: u32 = 2;

const CLEAR: &str = "remove everything from the cloud";

fn step(ord: u32, kind: StepKind, label: String, input: StepInput, needs: Vec<u32>) -> NewStep {
    NewStep { ord, kind, label, input, needs, lane: Lane::of(kind), frames: 0, weight: 0 }
}

/// What every job starts with.
pub(crate) fn first_steps() -> Vec<NewStep> {
    vec![
        step(INSPECT, StepKind::Inspect, "inspect the source".into(), StepInput::Source, vec![]),
        step(HASH, StepKind::Hash, "hash the source".into(), StepInput::Source, vec![]),
    ]
}

/// Removes what an ended job left behind.
pub(crate) fn tidy_remains(ord: u32) -> NewStep {
    step(ord, StepKind::Tidy, "remove temporary files".into(), StepInput::Remains, vec![])
}

/// Removes what an ended job left in the cloud.
pub(crate) fn clear_remains(ord: u32) -> NewStep {
    step(ord, StepKind::Clear, CLEAR.into(), StepInput::Remains, vec![])
}

/// The rest of a job, once its plan is made. `given_up`: an earlier plan left something in the cloud.
pub(crate) fn planned_steps(plan: &JobPlan, given_up: bool) -> Vec<NewStep> {
    let mut steps = Vec::new();
    let mut next = FIRST_PLANNED;
    let mut take = move || {
        let ord = next;
        next += 1;
        ord
    };
    let several = plan.outputs.len() > 1;
    let mut audio: Vec<(&AudioTask, u32)> = Vec::new();
    let mut verified = vec![HASH];
    for (output, number) in plan.outputs.iter().zip(0_u32..) {
        let of = if several { format!(" of {}", output.id) } else { String::new() };
        let mut parts = vec![INSPECT];
        for (track, n) in output.audio.iter().zip(0_u32..) {
            let same = audio.iter().find(|(task, _)| same_work(task, &track.task));
            let ord = same.map_or_else(&mut take, |(_, ord)| *ord);
            if same.is_none() {
                audio.push((&track.task, ord));
                let input = StepInput::Audio { output: number, track: n };
                steps.push(step(
                    ord,
                    StepKind::Audio,
                    format!("audio {}{of}", track.id),
                    input,
                    vec![INSPECT],
                ));
            }
            parts.push(ord);
        }
        let chunked = plan.cloud.as_ref().is_some_and(|cloud| is_chunked(cloud, number));
        let pictures = segments(output, number, &of);
        if chunked {
            parts.extend(chunks(pictures, &mut take, &mut steps));
        } else {
            for new in pictures {
                let ord = take();
                steps.push(NewStep { ord, ..new });
                parts.push(ord);
            }
        }
        parts.sort_unstable();
        parts.dedup();
        let (stitch, verify) = (take(), take());
        let input = StepInput::Output { output: number };
        steps.push(step(stitch, StepKind::Stitch, format!("stitch {}", output.id), input.clone(), parts));
        steps.push(step(verify, StepKind::Verify, format!("verify {}", output.id), input, vec![stitch]));
        verified.push(verify);
    }
    let (deliver, tidy) = (take(), take());
    steps.push(step(deliver, StepKind::Deliver, "deliver".into(), StepInput::Job, verified));
    steps.push(step(tidy, StepKind::Tidy, "remove temporary files".into(), StepInput::Job, vec![deliver]));
    if plan.cloud.is_some() {
        steps.push(step(take(), StepKind::Clear, CLEAR.into(), StepInput::Job, vec![deliver]));
    }
    if given_up {
        let label = "remove from the cloud what is not needed any more";
        steps.push(step(take(), StepKind::Clear, label.into(), StepInput::Source, vec![]));
    }
    steps
}

fn is_chunked(cloud: &CloudPlan, output: u32) -> bool {
    cloud.outputs.get(output as usize).is_some_and(Option::is_some)
}

/// A segment that somebody else encodes is sent, encoded, fetched. All wait for the first one to have come back
/// right, but for their sending. Gives the steps that leave the pictures here.
fn chunks(segments: Vec<NewStep>, take: &mut impl FnMut() -> u32, steps: &mut Vec<NewStep>) -> Vec<u32> {
    let mut fetched: Vec<u32> = Vec::new();
    for segment in segments {
        let (upload, encode, download) = (take(), take(), take());
        let canary = fetched.first().copied();
        let of = |kind, ord, word: &str, needs| {
            step(ord, kind, format!("{word} {}", segment.label), segment.input.clone(), needs)
        };
        steps.push(of(StepKind::Upload, upload, "send", vec![INSPECT]));
        steps.push(of(StepKind::Download, download, "fetch", [encode].into_iter().chain(canary).collect()));
        let needs = [upload].into_iter().chain(canary).collect();
        steps.push(NewStep { ord: encode, needs, lane: Lane::Remote, ..segment });
        fetched.push(download);
    }
    fetched
}

fn segments(output: &OutputPlan, number: u32, of: &str) -> Vec<NewStep> {
    let VideoPlan::Encode { segments, .. } = &output.video else { return Vec::new() };
    let total = segments.len();
    let each = segments.iter().zip(0_u32..).map(|(range, n)| {
        let label = format!("segment {} of {total}{of}", n + 1);
        let input = StepInput::Segment { output: number, segment: n };
        let new = step(0, StepKind::Segment, label, input, vec![INSPECT]);
        NewStep { frames: range.count, weight: range.weight, ..new }
    });
    each.collect()
}

/// Where the audio of a track is made: the first output and track that ask for the very same work.
pub(crate) fn audio_home(plan: &JobPlan, wanted: &AudioPlan) -> Option<(u32, u32)> {
    for (output, o) in plan.outputs.iter().zip(0_u32..) {
        for (track, t) in output.audio.iter().zip(0_u32..) {
            if same_work(&track.task, &wanted.task) {
                return Some((o, t));
            }
        }
    }
    None
}

fn same_work(one: &AudioTask, other: &AudioTask) -> bool {
    let placed = |task: &AudioTask| AudioTask { out: std::path::PathBuf::new(), ..task.clone() };
    placed(one) == placed(other)
}
