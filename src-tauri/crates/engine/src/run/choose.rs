//! Which engine does a job: decided when its plan is made, with backlog, budgets and reach as they are then.

use spillway_profile::EnginePolicy;

use super::Tools;
use crate::{
    db::{JobRow, Tx},
    error::EngineError,
    failure::{Code, Failure},
    plan::JobPlan,
    route::{self, Decided, EngineKind, EngineWish, Offload, Route},
};

/// The plan that is carried out, and why it is that one; or why none is.
pub(super) fn choose(
    tx: &Tx<'_>,
    tools: &Tools<'_>,
    job: &JobRow,
    local: &JobPlan,
    offload: Option<&Offload>,
) -> Result<Result<(JobPlan, Decided), Box<Failure>>, EngineError> {
    let decided = match (route::route(tx, tools, job, local, offload)?, offload) {
        (Ok(decided), Some(Ok(plan))) if decided.route.engine == EngineKind::Cloud => {
            return Ok(Ok((plan.clone(), decided)));
        }
        (Ok(decided), _) if decided.route.engine == EngineKind::Local => {
            return Ok(Ok((local.clone(), decided)));
        }
        (Ok(Decided { route, .. }) | Err(route), _) => route,
    };
    Ok(Err(Box::new(Failure::new(code_of(&decided), &job.source, decided.text.clone()))))
}

/// Whether this machine does it when the cloud does not.
pub(super) fn may_fall_back(job: &JobRow) -> bool {
    job.engine_wish != EngineWish::Cloud && job.profile.engine != EnginePolicy::Cloud
}

fn code_of(route: &Route) -> Code {
    match route.id.as_str() {
        "out-of-reach" => Code::CloudUnreachable,
        "over-budget" => Code::OverBudget,
        "unsupported" | "failed-there" | "nothing-to-encode" => Code::CloudRefused,
        "profile-forbids-local" | "profile-forbids-cloud" => Code::NotAccepted,
        _ => Code::CloudNotSetUp,
    }
}
