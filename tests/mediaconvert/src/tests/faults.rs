//! What goes wrong on demand.

use std::time::Duration;

use aws_sdk_mediaconvert::{
    error::{ProvideErrorMetadata, SdkError},
    types::JobStatus,
};

use super::{Stage, simple};
use crate::{Faults, Rule, What, When};

fn with(stage: &Stage, rules: Vec<Rule>) {
    stage.simulator.set_faults(Faults { rules, visibility_delay: 0.0 });
}

#[test]
fn jobs_fail_by_input_and_by_number() {
    let stage = Stage::without_media(10.0);
    let error = |code| What::JobError { code, message: String::new() };
    with(
        &stage,
        vec![
            Rule::once(When::Input("bad".to_owned()), error(1999)),
            Rule::new(When::Job(3), error(1404)),
            Rule::new(When::Input("slow".to_owned()), What::Retried { count: 2 }),
            Rule::new(When::Input("warn".to_owned()), What::Warning { code: 270_000 }),
        ],
    );
    let ids: Vec<String> =
        ["bad-1", "bad-2", "third", "slow", "warn"].map(|name| stage.accepted(&simple(name))).into();
    stage.simulator.advance(Duration::from_secs(10));
    let jobs: Vec<_> = ids.iter().map(|id| stage.job(id)).collect();
    let codes: Vec<_> = jobs.iter().map(aws_sdk_mediaconvert::types::Job::error_code).collect();
    assert_eq!(codes, [Some(1999), None, Some(1404), None, None]);
    assert_eq!(jobs[0].status(), Some(&JobStatus::Error));
    assert_eq!(jobs[3].retry_count(), Some(2));
    assert_eq!(jobs[4].warnings()[0].code(), Some(270_000));
    // What failed is not charged.
    assert_eq!(stage.simulator.bill().jobs_by_input().len(), 3);
}

#[test]
fn a_reply_is_lost_after_the_job_was_taken() {
    let stage = Stage::without_media(10.0);
    with(&stage, vec![Rule::once(When::Call("CreateJob".to_owned()), What::ReplyLost)]);
    let mut request = simple("in.mov");
    request["clientRequestToken"] = "t".into();
    let error = stage.create(&request).unwrap_err();
    assert!(matches!(*error, SdkError::DispatchFailure(_) | SdkError::ResponseError(_)), "{error:?}");
    assert_eq!(stage.simulator.jobs().len(), 1);
    assert_eq!(stage.accepted(&request), stage.simulator.jobs()[0].id);
}

#[test]
fn calls_are_refused() {
    let stage = Stage::without_media(10.0);
    let refused = |status, kind: &str| What::Refused { status, kind: kind.to_owned() };
    with(
        &stage,
        vec![
            Rule::once(When::Always, refused(500, "InternalServerErrorException")),
            Rule::once(When::Call("GetJob".to_owned()), refused(503, "ServiceUnavailableException")),
            Rule::new(When::Call("ListJobs".to_owned()), What::expired()),
        ],
    );
    let listed = stage.run(stage.client.list_jobs().send()).unwrap_err();
    assert_eq!(listed.code(), Some("InternalServerErrorException"));
    let got = stage.run(stage.client.get_job().id("a").send()).unwrap_err();
    assert_eq!(got.raw_response().unwrap().status().as_u16(), 503);
    let listed = stage.run(stage.client.list_jobs().send()).unwrap_err();
    assert_eq!(listed.raw_response().unwrap().status().as_u16(), 403);
    assert_eq!(listed.code(), Some("ExpiredTokenException"));
}

#[test]
fn jobs_stay_where_they_are_until_they_are_cancelled() {
    let stage = Stage::without_media(10.0);
    with(&stage, vec![Rule::new(When::Job(1), What::Stuck), Rule::new(When::Job(2), What::Hung)]);
    let ids = ["a", "b", "c"].map(|name| stage.accepted(&simple(name)));
    stage.simulator.advance(Duration::from_hours(10));
    let statuses = || ids.each_ref().map(|id| stage.job(id).status.unwrap());
    assert_eq!(statuses(), [JobStatus::Submitted, JobStatus::Progressing, JobStatus::Complete]);
    for id in &ids[..2] {
        stage.run(stage.client.cancel_job().id(id).send()).unwrap();
    }
    assert_eq!(statuses(), [JobStatus::Canceled, JobStatus::Canceled, JobStatus::Complete]);
    let queue = stage.run(stage.client.get_queue().name("Default").send()).unwrap().queue.unwrap();
    assert_eq!((queue.progressing_jobs_count(), queue.submitted_jobs_count()), (Some(0), Some(0)));
}

#[test]
fn lists_lag_behind() {
    let stage = Stage::without_media(10.0);
    stage.simulator.set_faults(Faults { visibility_delay: 30.0, ..Faults::default() });
    let id = stage.accepted(&simple("in.mov"));
    let listed = || {
        let reply = stage.run(stage.client.search_jobs().input_file("in.mov").send()).unwrap();
        reply.jobs().first().map(|job| job.status.clone().unwrap())
    };
    assert_eq!(listed(), None);
    stage.simulator.advance(Duration::from_secs(30));
    assert_eq!(stage.job(&id).status(), Some(&JobStatus::Complete));
    assert_eq!(listed(), Some(JobStatus::Progressing));
    stage.simulator.advance(Duration::from_secs(10));
    assert_eq!(listed(), Some(JobStatus::Complete));
}
