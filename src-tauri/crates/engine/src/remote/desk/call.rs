//! Calls that wait for an answer, on threads of their own: submitting and following do not hold each other up.

use std::{
    sync::{
        Arc,
        atomic::AtomicBool,
        mpsc::{self, Sender},
    },
    thread::Scope,
};

use spillway_cloud::{
    CloudError,
    convert::{NewRemoteJob, RemoteJob},
};

use crate::{
    error::EngineError,
    remote::poll::{self, Asked, Found},
    run::Tools,
};

/// What is asked.
pub(super) enum Call {
    Create { claim: i64, new: Box<NewRemoteJob>, cancel: Arc<AtomicBool> },
    Search { claim: i64, input: String, token: String, cancel: Arc<AtomicBool> },
    Cancel { id: String },
    Poll { asked: Vec<Asked> },
}

/// What came of it.
pub(super) enum Answer {
    Created { claim: i64, job: Result<Box<RemoteJob>, CloudError> },
    Searched { claim: i64, jobs: Result<Vec<RemoteJob>, CloudError> },
    Polled(Result<Found, CloudError>),
}

/// Starts a thread that makes calls one after the other, until nobody can ask it any more.
pub(super) fn caller<'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    tools: &'scope Tools<'_>,
    line: Sender<()>,
    answer: &Sender<Answer>,
    quiet: &'scope AtomicBool,
) -> Result<Sender<Call>, EngineError> {
    let (ask, calls) = mpsc::channel();
    let answer = answer.clone();
    let thread = std::thread::Builder::new().name(format!("cloud {name}"));
    let work = move || {
        for call in calls {
            let Some(answered) = make(tools, call, quiet) else { continue };
            // The desk is gone when it does not listen.
            if answer.send(answered).is_err() || line.send(()).is_err() {
                break;
            }
        }
    };
    thread.spawn_scoped(scope, work).map_err(EngineError::Thread)?;
    Ok(ask)
}

fn make(tools: &Tools<'_>, call: Call, quiet: &AtomicBool) -> Option<Answer> {
    let cloud = tools.cloud.as_ref();
    match call {
        Call::Create { claim, new, cancel } => {
            let job = cloud.create_job(&new, &cancel).map(Box::new);
            if job.is_ok() {
                tools.faults.hit("desk.created");
            }
            Some(Answer::Created { claim, job })
        }
        Call::Search { claim, input, token, cancel } => {
            Some(Answer::Searched { claim, jobs: cloud.find_jobs(&input, &token, &cancel) })
        }
        Call::Cancel { id } => {
            // What does not work now is done when the job is cleared up.
            if let Err(error) = cloud.cancel_job(&id, quiet) {
                tracing::warn!(%error, remote = id, "a job in the cloud could not be cancelled");
            }
            None
        }
        Call::Poll { asked } => Some(Answer::Polled(poll::round(cloud, &asked, quiet))),
    }
}
