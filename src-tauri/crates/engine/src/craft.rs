//! Those who know media: worker processes, the planner, the judge.

use std::sync::atomic::AtomicBool;

use spillway_media::{
    measured::Measured,
    process::{Supervisor, WorkerFailure},
    task::{AudioDone, InspectDone, Limits, Outcome, Progress, Task},
};
use spillway_profile::Profile;

use crate::{
    conform::{self, OutputVerdict},
    failure::Failure,
    plan::{self, JobPlan, OutputPlan, Planned, SourceFacts},
    remote,
    route::AgainstCloud,
    steps::Craft,
};

/// The real ones.
pub(crate) struct Workers {
    pub(crate) supervisor: Supervisor,
}

impl Craft for Workers {
    fn work(
        &self,
        task: Task,
        limits: Limits,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, WorkerFailure> {
        self.supervisor.run(task, limits, cancel, progress)
    }

    fn plan(&self, profile: &Profile, source: &SourceFacts<'_>) -> Result<Planned, Box<Failure>> {
        plan::plan(profile, source)
    }

    fn offload(
        &self,
        profile: &Profile,
        source: &SourceFacts<'_>,
        planned: &Planned,
        template: Option<&serde_json::Value>,
    ) -> Result<JobPlan, AgainstCloud> {
        remote::offload(profile, source, planned, template)
    }

    fn judge(
        &self,
        profile: &Profile,
        output: &OutputPlan,
        inspect: &InspectDone,
        audio: &[AudioDone],
        measured: &Measured,
    ) -> OutputVerdict {
        conform::judge(profile, output, inspect, audio, measured)
    }
}
