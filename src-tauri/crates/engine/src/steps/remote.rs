//! Steps of the cloud engine that need a thread here: bringing chunks up, fetching results, clearing up.

mod clear;
mod download;
mod upload;

pub(super) use clear::perform as clear;
pub(super) use download::perform as download;
pub(super) use upload::perform as upload;

use spillway_cloud::CloudError;

use super::{Bench, Setback, StepInput};
use crate::{
    plan::{ChunkPlan, CloudOutput, CloudPlan, OutputPlan},
    remote,
};

/// What a step of a chunk is about.
struct Chunk<'a> {
    output: u32,
    segment: u32,
    plan: &'a OutputPlan,
    cloud: &'a CloudPlan,
    made: &'a CloudOutput,
    cut: ChunkPlan,
}

impl<'a> Chunk<'a> {
    fn of(bench: &'a Bench<'_>) -> Result<Self, Setback> {
        let (output, plan) = bench.output()?;
        let StepInput::Segment { segment, .. } = bench.brief.claim.input else {
            return Err(bench.internal("the step is no chunk"));
        };
        let Some(cloud) = &bench.plan()?.cloud else {
            return Err(bench.internal("the plan has nothing to do with the cloud"));
        };
        let made = cloud.outputs.get(output as usize).and_then(Option::as_ref);
        let made = made.ok_or_else(|| bench.internal("the output is made here"))?;
        let cut = made.chunks.get(segment as usize).copied();
        let cut = cut.ok_or_else(|| bench.internal("the plan has no such chunk"))?;
        Ok(Self { output, segment, plan, cloud, made, cut })
    }
}

impl Bench<'_> {
    fn cloud_setback(&self, error: &CloudError) -> Setback {
        remote::setback(error, self.source(), self.stopping())
    }
}
