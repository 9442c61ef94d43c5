//! How a MediaConvert job ended, on record and for the step.

use spillway_cloud::convert::{Remedy, RemoteError, RemoteJob, RemoteStatus};

use super::{Desk, Order, no_order};
use crate::{
    cost::Purse,
    db::{RemoteState, Tx},
    error::EngineError,
    failure::{Code, Failure, Trouble},
    plan::VideoPlan,
    remote::trouble,
    route::AgainstCloud,
    steps::{Brief, Performed, Setback, StepInput, StepOutput, Yield},
};

/// The result of a step whose job is complete.
pub(super) fn made(order: &Order) -> Yield {
    Yield::of(StepOutput::Remote { objects: order.objects.clone() })
}

/// Frames of the step's segment.
pub(super) fn frames(brief: &Brief, segment: u32) -> u64 {
    let StepInput::Segment { output, .. } = brief.claim.input else { return 0 };
    let planned = brief.job.plan.as_ref().and_then(|plan| plan.outputs.get(output as usize));
    match planned.map(|output| &output.video) {
        Some(VideoPlan::Encode { segments, .. }) => {
            segments.get(segment as usize).map_or(0, |range| range.count)
        }
        Some(VideoPlan::Copy) | None => 0,
    }
}

impl Desk<'_> {
    /// Writes down how a job ended, with what it cost, and says what it means for the step. `None`: the service
    /// does not know it any more.
    pub(super) fn over(
        &mut self,
        row: i64,
        brief: &Brief,
        job: Option<&RemoteJob>,
    ) -> Result<Performed, EngineError> {
        match job {
            Some(job) if job.status == RemoteStatus::Complete => {
                self.tools.faults.hit("desk.completed");
                let tx = Tx::begin(&mut self.connection, self.tools.clock.now_ms())?;
                let known = tx.remote(row)?;
                tx.end_remote(row, RemoteState::Complete, None)?;
                self.purse.settle_chunk(&tx, &brief.job, &known.token, &known.work, &job.outputs)?;
                tx.commit()?;
                self.tools.faults.hit("desk.settled");
                Ok(match Order::of(&self.tools.config.cloud, brief) {
                    Ok(order) => Ok(made(&order)),
                    Err(why) => Err(no_order(&why, brief)),
                })
            }
            Some(job) if job.status == RemoteStatus::Error => {
                let error = job.error.clone().unwrap_or(RemoteError { code: 0, message: String::new() });
                let endings = self.end_counted(row, brief, RemoteState::Error, Some(&error))?;
                Ok(Err(after_error(&error, endings.errors, brief)))
            }
            Some(_) | None => {
                let endings = self.end_counted(row, brief, RemoteState::Canceled, None)?;
                let why = "Somebody cancelled a job of MediaConvert.";
                let failure = Failure::new(Code::CloudFault, &brief.job.source, why);
                let trouble = Trouble { failure: Box::new(failure), passing: endings.canceled <= 1 };
                Ok(Err(Setback::Cloud { against: AgainstCloud::Failed { why: why.into() }, trouble }))
            }
        }
    }

    fn end_counted(
        &mut self,
        row: i64,
        brief: &Brief,
        state: RemoteState,
        error: Option<&RemoteError>,
    ) -> Result<crate::db::Endings, EngineError> {
        self.end(row, state, error)?;
        let tx = Tx::begin(&mut self.connection, self.tools.clock.now_ms())?;
        tx.remote_endings(brief.job.key.num, brief.claim.ord)
    }

    /// It came to nothing: nothing is charged for it.
    pub(super) fn end(
        &mut self,
        row: i64,
        state: RemoteState,
        error: Option<&RemoteError>,
    ) -> Result<(), EngineError> {
        let tx = Tx::begin(&mut self.connection, self.tools.clock.now_ms())?;
        let known = tx.remote(row)?;
        tx.end_remote(row, state, error)?;
        Purse::void_chunk(&tx, &known.token, &known.work)?;
        tx.commit()
    }
}

/// `errors`: how many jobs of the step failed, this one included.
fn after_error(error: &RemoteError, errors: u32, brief: &Brief) -> Setback {
    let source = &brief.job.source;
    let sent = brief.done.iter().find(|done| matches!(done.output, StepOutput::Upload(_)));
    match (error.remedy(), sent) {
        (Remedy::Again, _) => {
            let (against, failure) = trouble::failed_there(error, Code::CloudFault, source);
            Setback::Cloud { against, trouble: Trouble::passing(failure) }
        }
        (Remedy::SendAgain, Some(sent)) if errors <= 1 => {
            let (_, failure) = trouble::failed_there(error, Code::CloudFault, source);
            Setback::PartsLost { ords: vec![sent.ord], failure: Box::new(failure) }
        }
        (Remedy::Account, _) => {
            let (_, failure) = trouble::failed_there(error, Code::CloudNotSetUp, source);
            let against = AgainstCloud::OutOfReach { why: failure.why.clone() };
            Setback::Cloud { against, trouble: Trouble::lasting(failure) }
        }
        (Remedy::SendAgain | Remedy::Local, _) => {
            let (against, failure) = trouble::failed_there(error, Code::CloudRefused, source);
            Setback::Cloud { against, trouble: Trouble::lasting(failure) }
        }
    }
}
