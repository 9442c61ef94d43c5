//! What became of a submission that is only tried out.

use super::names::{self, Seed};
use crate::{
    db::{JobRow, Role, Tx},
    error::EngineError,
    failure::Failure,
    sheet::{RehearsedJob, RehearsedName},
};

/// The names that a job just made has reserved, or why it was refused.
pub(crate) fn job(tx: &Tx<'_>, job: &JobRow) -> Result<RehearsedJob, EngineError> {
    let mut outputs = Vec::new();
    // A job that cannot have names has no outputs either.
    let wanted = names::wanted(&Seed::of(job)).unwrap_or_default();
    for row in tx.outputs(job.key.num)?.into_iter().filter(|row| row.role == Role::Media) {
        let plain = wanted.iter().find(|plain| plain.ord == row.ord);
        let numbered = plain.is_some_and(|plain| plain.final_path != row.final_path);
        outputs.push(RehearsedName { output: row.id, path: row.final_path, numbered });
    }
    Ok(RehearsedJob {
        source: job.source.clone(),
        profile: job.profile.id.clone(),
        outputs,
        failure: job.error.clone().map(|failure| told(failure, job)),
        finish_ms: None,
        route: None,
        cost: None,
    })
}

/// The job is gone after the rehearsal: nothing may send anybody to it.
fn told(mut failure: Failure, job: &JobRow) -> Failure {
    let retry = format!("`spillway retry {}`", job.key.id);
    for text in [&mut failure.next, &mut failure.otherwise] {
        *text = text.replace(&retry, "try again");
    }
    failure.did.clear();
    failure
}
