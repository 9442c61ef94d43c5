//! A segment as a MediaConvert job: what is asked for, and what tells this try from every other. Pure.

use std::collections::BTreeMap;

use spillway_cloud::{
    CloudSettings,
    convert::NewRemoteJob,
    job::{Clip, Unsupported},
};

use super::Place;
use crate::cost::ChunkWork;
use crate::{
    db::NewRemote,
    files,
    plan::CloudOutput,
    steps::{Brief, Sent, StepInput, StepOutput},
};

/// Everything about the MediaConvert job of a step but its token.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Order {
    pub(super) sent: Sent,
    pub(super) settings: serde_json::Value,
    pub(super) queue: Option<String>,
    pub(super) work: ChunkWork,
    /// Where the results will lie, one per rendition.
    pub(super) objects: Vec<String>,
    role_arn: String,
    priority: i32,
    tags: BTreeMap<String, String>,
    metadata: BTreeMap<String, String>,
}

/// Why a step cannot be made into a MediaConvert job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoOrder {
    /// A setting is missing.
    NotSetUp,
    /// MediaConvert cannot do it.
    Unsupported(Unsupported),
    /// A fault of Spillway's own.
    Internal(&'static str),
}

/// The cloud's side of the output that a step is about.
pub(super) fn output_of(brief: &Brief) -> Option<(u32, u32, &CloudOutput)> {
    let StepInput::Segment { output, segment } = brief.claim.input else { return None };
    let cloud = brief.job.plan.as_ref()?.cloud.as_ref()?;
    Some((output, segment, cloud.outputs.get(output as usize)?.as_ref()?))
}

/// The queue that a step's job is in.
pub(super) fn queue_of(settings: &CloudSettings, output: &CloudOutput) -> Option<String> {
    output.options.queue.clone().or_else(|| settings.queue.clone())
}

impl Order {
    pub(super) fn of(settings: &CloudSettings, brief: &Brief) -> Result<Self, NoOrder> {
        let (output, segment, planned) =
            output_of(brief).ok_or(NoOrder::Internal("the plan has no such chunk"))?;
        let Some(role_arn) = settings.role_arn.clone() else { return Err(NoOrder::NotSetUp) };
        let Some(place) = Place::of(settings, &brief.job) else { return Err(NoOrder::NotSetUp) };
        let sent = brief.done.iter().find_map(|done| match &done.output {
            StepOutput::Upload(sent) => Some(sent.clone()),
            _ => None,
        });
        let Some(sent) = sent else { return Err(NoOrder::Internal("the chunk was not sent")) };
        let plan = brief.job.plan.as_ref().ok_or(NoOrder::Internal("the job has no plan"))?;
        let work =
            ChunkWork::of(plan, output, segment).ok_or(NoOrder::Internal("the plan has no such segment"))?;
        let clip = (sent.cut.before > 0 || sent.cut.after > 0).then(|| Clip {
            first: sent.cut.before,
            last: sent.cut.before + sent.cut.count.saturating_sub(1),
        });
        let results = place.results(output, segment).to_string();
        let document = planned.job.for_chunk(&sent.object, clip, &results).map_err(NoOrder::Unsupported)?;
        let objects = planned.job.outputs.iter().map(|made| format!("{results}{}", made.suffix)).collect();
        let job = &brief.job;
        let own = [
            ("app", "spillway".to_owned()),
            ("job", job.key.id.to_string()),
            ("partner", job.profile.partner.clone()),
            ("profile", job.profile.id.clone()),
        ];
        let mut tags = planned.options.tags.clone();
        tags.extend(own.clone().map(|(name, value)| (name.to_owned(), value)));
        let metadata = [own[0].clone(), own[1].clone(), ("step", brief.claim.ord.to_string())];
        Ok(Self {
            sent,
            settings: document,
            queue: queue_of(settings, planned),
            work,
            objects,
            role_arn,
            priority: planned.options.priority,
            tags,
            metadata: metadata.map(|(name, value)| (name.to_owned(), value)).into(),
        })
    }

    /// What goes on record before it is made; `tries`: how many this step had before.
    pub(super) fn intent(&self, brief: &Brief, tries: u32) -> NewRemote {
        let text = format!("{}/{}/{tries}/{}", brief.job.key.id, brief.claim.ord, self.settings);
        NewRemote {
            token: files::hash_bytes(text.as_bytes()),
            input: self.sent.object.clone(),
            work: self.work.clone(),
        }
    }

    /// What the service is asked for.
    pub(super) fn request(&self, token: &str) -> NewRemoteJob {
        NewRemoteJob {
            settings: self.settings.clone(),
            role_arn: self.role_arn.clone(),
            queue: self.queue.clone(),
            priority: self.priority,
            token: token.to_owned(),
            metadata: self.metadata.clone(),
            tags: self.tags.clone(),
        }
    }
}
