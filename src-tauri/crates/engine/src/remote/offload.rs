//! From the plan for this machine to the plan for the cloud. Pure.

use serde_json::Value;
use spillway_media::task::CutTask;
use spillway_profile::{Output, Profile};

use crate::{
    plan::{
        Chunked, CloudOutput, CloudPlan, JobPlan, OutputPlan, Planned, Schedule, SourceFacts, VideoPlan,
        chunks,
    },
    remote::compile::compile,
    route::AgainstCloud,
};

/// Makes it. The segments of outputs that are encoded there are their chunks; everything else stays as it is.
pub(crate) fn offload(
    profile: &Profile,
    source: &SourceFacts<'_>,
    planned: &Planned,
    template: Option<&Value>,
) -> Result<JobPlan, AgainstCloud> {
    let mut plan = planned.plan.clone();
    let mut outputs = Vec::new();
    for ((output, schedule), wanted) in plan.outputs.iter_mut().zip(&planned.schedules).zip(&profile.output) {
        outputs.push(of_output(profile, source, output, schedule, wanted, template)?);
    }
    if outputs.iter().all(Option::is_none) {
        return Err(AgainstCloud::NothingToEncode);
    }
    let codec = source.probe.video.first().map_or("", |stream| stream.codec.as_str());
    let extension = CutTask::extension(codec).to_owned();
    plan.cloud = Some(CloudPlan { generation: 0, extension, outputs });
    Ok(plan)
}

fn of_output(
    profile: &Profile,
    source: &SourceFacts<'_>,
    output: &mut OutputPlan,
    schedule: &Schedule,
    wanted: &Output,
    template: Option<&Value>,
) -> Result<Option<CloudOutput>, AgainstCloud> {
    let Chunked { segments: ranges, chunks } = match &output.video {
        VideoPlan::Copy => return Ok(None),
        VideoPlan::Encode { .. } => chunks(output, schedule, source)?,
    };
    let job = compile(profile, source, output, wanted, template).map_err(|all| {
        let why = all.first().map_or_else(String::new, |first| first.text.clone());
        AgainstCloud::Unsupported { why }
    })?;
    let (Some(job), VideoPlan::Encode { segments, .. }) = (job, &mut output.video) else { return Ok(None) };
    *segments = ranges;
    Ok(Some(CloudOutput { job, options: profile.mediaconvert.clone(), chunks }))
}
