//! The receipts of a job: everything that was recorded, put together when it is delivered.

use spillway_media::task::{AudioDone, InspectDone, Limits, Outcome, Task};

use super::{Bench, Setback, StepInput, StepOutput, graph};
use crate::{
    conform::OutputVerdict,
    db::OutputRow,
    model::{StepKind, StepView},
    plan::OutputPlan,
    receipt::{OutputParts, Receipt, ReceiptError, ReceiptParts, Tool},
};

/// Puts the receipt together; `media` are the outputs as they were placed.
pub(super) fn compose(bench: &Bench<'_>, media: &[OutputRow]) -> Result<Receipt, Setback> {
    let plan = bench.plan()?;
    let job = &bench.brief.job;
    let missing = |what: &str| bench.internal(&format!("{what} is not on record"));
    let mut made = Vec::new();
    for (output, number) in plan.outputs.iter().zip(0_u32..) {
        let row = media.iter().find(|row| row.ord == number).ok_or_else(|| missing("an output"))?;
        let verdict = verdict(bench, number).ok_or_else(|| missing("a verdict"))?;
        made.push((output, row, verdict, attempts(bench, number), audio(bench, output)?));
    }
    let outputs = made.iter().map(|(plan, row, verdict, attempts, audio)| OutputParts {
        plan,
        verdict,
        path: &row.final_path,
        files: row.files.as_deref().unwrap_or_default(),
        frames: row.frames,
        duration_ms: row.duration_ms,
        attempts,
        audio,
    });
    Ok(Receipt::new(&ReceiptParts {
        job: job.key.id,
        asked: &job.extras,
        profile: &job.profile,
        plan,
        source: &job.source,
        source_sha256: job.source_sha256.as_deref().ok_or_else(|| missing("the hash of the source"))?,
        inspect: inspected(bench).ok_or_else(|| missing("what was found in the source"))?,
        outputs: outputs.collect(),
        tools: tools(bench),
        submitted_ms: job.created_ms,
        started_ms: job.started_ms.unwrap_or(job.created_ms),
        finished_ms: bench.brief.now_ms,
        cost_microusd: job.cost_microusd,
        route: job.route.as_ref(),
    }))
}

/// The text of one form of the receipt.
pub(super) fn text(bench: &Bench<'_>, receipt: &Receipt, id: &str) -> Result<String, Setback> {
    let text: Result<String, ReceiptError> =
        if id.ends_with("html") { receipt.html() } else { receipt.json() };
    text.map_err(|error| bench.internal(&error.to_string()))
}

pub(super) fn inspected<'a>(bench: &'a Bench<'_>) -> Option<&'a InspectDone> {
    bench.brief.done.iter().find_map(|done| match &done.output {
        StepOutput::Inspect(inspect) => Some(inspect.as_ref()),
        _ => None,
    })
}

/// What came of each audio track of an output, in order.
pub(super) fn audio(bench: &Bench<'_>, output: &OutputPlan) -> Result<Vec<AudioDone>, Setback> {
    let plan = bench.plan()?;
    let made = |home: Option<(u32, u32)>| {
        let (output, track) = home?;
        let wanted = StepInput::Audio { output, track };
        bench.brief.done.iter().find_map(|done| match &done.output {
            StepOutput::Audio(audio) if done.input == wanted => Some(audio.clone()),
            _ => None,
        })
    };
    let tracks: Option<Vec<AudioDone>> =
        output.audio.iter().map(|track| made(graph::audio_home(plan, track))).collect();
    tracks.ok_or_else(|| bench.internal("an audio track was not made"))
}

fn verdict<'a>(bench: &'a Bench<'_>, number: u32) -> Option<&'a OutputVerdict> {
    let wanted = StepInput::Output { output: number };
    bench.brief.done.iter().find_map(|done| match &done.output {
        StepOutput::Verify(verdict) if done.input == wanted => Some(verdict),
        _ => None,
    })
}

/// Tries of each segment of an output, in order.
fn attempts(bench: &Bench<'_>, number: u32) -> Vec<u32> {
    let of_output = |step: &&StepView| {
        step.kind == StepKind::Segment
            && bench.brief.done.iter().any(|done| {
                done.ord == step.ord
                    && matches!(done.input, StepInput::Segment { output, .. } if output == number)
            })
    };
    bench.brief.steps.iter().filter(of_output).map(|step| step.attempt).collect()
}

/// Spillway's version, and those of the libraries that the workers use. A worker that cannot tell is no
/// reason to hold a finished delivery back.
fn tools(bench: &Bench<'_>) -> Vec<Tool> {
    let own = Tool { name: "spillway".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
    let limits = Limits {
        memory_bytes: bench.config.worker_memory_bytes,
        file_bytes: 0,
        nice: bench.config.nice,
        writable: Vec::new(),
        readable: Vec::new(),
    };
    let mut tools = vec![own];
    match bench.craft.work(Task::Doctor {}, limits, bench.cancel, &mut |_| {}) {
        Ok(Outcome::Doctor { versions, .. }) => {
            tools.extend(versions.into_iter().map(|(name, version)| Tool { name, version }));
        }
        Ok(other) => tracing::warn!(?other, "the worker told something else than its versions"),
        Err(error) => tracing::warn!(%error, "the worker could not tell its versions"),
    }
    tools
}
