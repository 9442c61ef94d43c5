//! What a plan will cost, before anything is begun: for each chunk and rendition the very charge that will be
//! reserved for it, so that a bill for what was planned is the estimate to the last place.

use spillway_cloud::price::{Charge, Money, OutputPrice, Traffic};

use super::{ChunkWork, EstimateLine, Purse, Resource, Unit, Volume, charge::minutes, machine};
use crate::plan::{JobPlan, VideoPlan, picture_bytes};

/// Bytes of a part of a transfer.
const PART: u64 = 8 << 20;
/// Calls that MediaConvert makes of its own for a job, by experience of its kind: looking at the input, the parts of
/// its results, and their end.
const OWN_CALLS: u64 = 10;

/// What something will cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Quote {
    pub(crate) cost: Money,
    /// What will be booked of it for encoding, in millionths of a US dollar.
    pub(crate) booked_microusd: i64,
    pub(crate) lines: Vec<EstimateLine>,
}

impl Quote {
    /// For so much time of this machine's workers, ms.
    pub(crate) fn machine(purse: &Purse, work_ms: i64) -> Self {
        let hour = machine::rate_microusd(purse.settings());
        let microusd = machine::amount(hour, work_ms);
        let line = EstimateLine {
            resource: Resource::Machine,
            of: String::new(),
            quantity: machine::hours(work_ms),
            unit: Unit::WorkerHour,
            unit_nanousd: hour.saturating_mul(1_000),
            amount: Money::exactly(microusd),
            tier: None,
            because: "Time of this machine's workers, at the rate of the settings.".to_owned(),
        };
        let lines = if microusd > 0 { vec![line] } else { Vec::new() };
        Self { cost: Money::exactly(microusd), booked_microusd: microusd, lines }
    }

    /// For a plan with a cloud side. `volume` is what the month has had so far; `kept_ms` how long everything will
    /// lie in the bucket; `rest_ms` what this machine's workers have left to do.
    pub(crate) fn cloud(
        purse: &Purse,
        plan: &JobPlan,
        source_bytes: u64,
        volume: Volume,
        (kept_ms, rest_ms): (i64, i64),
    ) -> Self {
        let mut quote = Self::encoding(purse, plan, volume);
        let here = Self::machine(purse, rest_ms);
        for (resource, charge) in purse.traffic(&traffic(plan, source_bytes, kept_ms)) {
            if charge.microusd > 0 {
                quote.lines.push(line_of(resource, &charge));
            }
        }
        quote.lines.extend(here.lines);
        quote.cost = quote.lines.iter().map(|line| line.amount).sum();
        quote
    }

    /// A line for each output and rendition, all its chunks together.
    fn encoding(purse: &Purse, plan: &JobPlan, mut volume: Volume) -> Self {
        let mut quote = Self::default();
        for (output, planned) in plan.outputs.iter().zip(0_u32..) {
            let VideoPlan::Encode { segments, .. } = &output.video else { continue };
            let mut lines: Vec<(EstimateLine, i64)> = Vec::new();
            for (_, segment) in segments.iter().zip(0_u32..) {
                let Some(work) = ChunkWork::of(plan, planned, segment) else { continue };
                for (n, (made, ms)) in work.outputs().iter().enumerate() {
                    let price = purse.next_price(&mut volume, &made.billed, *ms);
                    quote.booked_microusd = quote.booked_microusd.saturating_add(price.booked_microusd);
                    match lines.get_mut(n) {
                        Some(line) => add(line, &price),
                        None => lines.push(first(&output.id, &made.id, &price)),
                    }
                }
            }
            quote.lines.extend(
                lines
                    .into_iter()
                    .map(|(line, milliminutes)| EstimateLine { quantity: minutes(milliminutes), ..line }),
            );
        }
        quote.cost = quote.lines.iter().map(|line| line.amount).sum();
        quote
    }
}

fn first(output: &str, rendition: &str, price: &OutputPrice) -> (EstimateLine, i64) {
    let line = EstimateLine {
        resource: Resource::Transcode,
        of: if output == rendition { output.to_owned() } else { format!("{output}, {rendition}") },
        quantity: 0.0,
        unit: Unit::NormalizedMinute,
        unit_nanousd: price.unit_nanousd,
        amount: price.amount,
        tier: Some(price.tier),
        because: format!("{} {}", price.drivers, price.because).trim_end().to_owned(),
    };
    (line, price.normalized_milliminutes)
}

fn add((line, milliminutes): &mut (EstimateLine, i64), price: &OutputPrice) {
    line.amount = line.amount.plus(price.amount);
    *milliminutes = milliminutes.saturating_add(price.normalized_milliminutes);
}

fn line_of(resource: Resource, charge: &Charge) -> EstimateLine {
    let (unit, because) = match resource {
        Resource::Storage => {
            (Unit::GigabyteMonth, "Source and results lie in the bucket while the job lasts.")
        }
        Resource::Requests => (Unit::Request, "Calls to S3 for sending, encoding and fetching."),
        Resource::Egress | Resource::Transcode | Resource::Machine => {
            (Unit::Gigabyte, "Results are fetched; what an account has free of it is not taken off.")
        }
    };
    EstimateLine {
        resource,
        of: String::new(),
        quantity: charge.quantity,
        unit,
        unit_nanousd: charge.unit_nanousd,
        amount: Money::exactly(charge.microusd),
        tier: None,
        because: because.to_owned(),
    }
}

/// What S3 will be asked for a plan, roughly.
fn traffic(plan: &JobPlan, source_bytes: u64, kept_ms: i64) -> Traffic {
    let chunked = |n: usize| plan.cloud.as_ref().and_then(|cloud| cloud.outputs.get(n)?.as_ref());
    let (mut chunks, mut results, mut out_bytes, mut sent) = (0_u64, 0_u64, 0_u64, 0_u64);
    for (n, output) in plan.outputs.iter().enumerate() {
        let (Some(cloud), VideoPlan::Encode { segments, renditions, .. }) = (chunked(n), &output.video)
        else {
            continue;
        };
        chunks += segments.len() as u64;
        results += (segments.len() * renditions.len().max(cloud.job.outputs.len())) as u64;
        out_bytes = out_bytes.saturating_add(picture_bytes(output));
        sent = sent.saturating_add(source_bytes);
    }
    let parts = |bytes: u64, files: u64| bytes / PART + files;
    Traffic {
        out_bytes,
        // Begun, its parts, ended.
        writes: parts(sent, chunks) + 2 * chunks + OWN_CALLS * chunks,
        reads: parts(out_bytes, results) + results + OWN_CALLS * chunks,
        byte_ms: u128::from(sent.saturating_add(out_bytes)) * u128::from(kept_ms.max(0).unsigned_abs()),
    }
}
