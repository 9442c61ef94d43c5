//! A job from end to end, and the ways in which it may go wrong there.

use std::sync::Arc;

use spillway_cloud::CloudSettings;

use super::sky::{Fate, Sky};
use crate::{
    Config, Engine,
    failure::Code,
    model::{EventBody, JobId, JobState, StepKind, StepState},
    route::{EngineKind, EngineWish},
    tests::stage::{Stage, detail, profile, run, state},
};

pub(super) const TEXT: &str = "0+10\n10+10\n20+10\nsound\n";

pub(super) fn set_up(config: &mut Config) {
    config.cloud = CloudSettings {
        region: Some("us-east-1".into()),
        bucket: Some("films".into()),
        role_arn: Some("arn:aws:iam::111122223333:role/SpillwayMediaConvert".into()),
        ..CloudSettings::default()
    };
}

pub(super) fn stage() -> (Stage, Sky, Engine) {
    let stage = Stage::new();
    let sky = Sky::over(&stage.path("sky"), &stage.clock);
    let engine = engine(&stage, &sky);
    (stage, sky, engine)
}

pub(super) fn engine(stage: &Stage, sky: &Sky) -> Engine {
    stage.engine_with(set_up).with_cloud(Arc::new(sky.clone()))
}

pub(super) fn submit(stage: &Stage, engine: &Engine, wish: EngineWish) -> JobId {
    let source = stage.source("a.mov");
    stage.submit_for(engine, &[source], profile(), wish)[0]
}

/// Delivered once, whole, each chunk paid for once, nothing left anywhere.
pub(super) fn check(stage: &Stage, sky: &Sky, engine: &Engine, id: JobId, at: &str) {
    let job = detail(engine, id);
    assert_eq!(job.job.state, JobState::Delivered, "{at}: {:#?}", job.job.error);
    assert_eq!(std::fs::read_to_string(&job.job.outputs[0].path).unwrap(), TEXT, "{at}");
    assert!(job.steps.iter().all(|step| step.state == StepState::Done), "{at}: {:#?}", job.steps);
    assert!(stage.work_is_empty(), "{at}");
    assert_eq!(sky.left(), Vec::<String>::new(), "{at}");
    assert_eq!(sky.open(), 0, "{at}");
}

#[test]
fn a_job_goes_through_the_cloud_and_leaves_nothing_there() {
    let (stage, sky, engine) = stage();
    let id = submit(&stage, &engine, EngineWish::Cloud);
    run(&engine);
    check(&stage, &sky, &engine, id, "undisturbed");
    let job = detail(&engine, id);
    assert_eq!(job.job.engine, EngineKind::Cloud);
    assert_eq!(job.job.route.as_ref().unwrap().id, "asked-cloud");
    assert_eq!(stage.count("segment"), 0);
    assert_eq!(sky.bill(), ["00000", "00001", "00002"]);
    assert_eq!(sky.count("create"), 3);
    let count = |kind| job.steps.iter().filter(|step| step.kind == kind).count();
    assert_eq!(
        [StepKind::Upload, StepKind::Segment, StepKind::Download, StepKind::Clear].map(count),
        [3, 3, 3, 1]
    );
    assert!(job.events.iter().any(|event| matches!(event.body, EventBody::Routed { .. })));
}

#[test]
fn the_rest_waits_for_the_first_chunk_but_is_sent_meanwhile() {
    let (stage, sky, engine) = stage();
    submit(&stage, &engine, EngineWish::Cloud);
    run(&engine);
    let calls = sky.calls.lock().unwrap().clone();
    let at = |start: &str, end: &str| {
        calls.iter().position(|call| call.starts_with(start) && call.ends_with(end)).unwrap()
    };
    let fetched = at("download", "00000/out-main.mp4");
    assert!(at("create", "00001/in.mov") > fetched && at("create", "00002/in.mov") > fetched);
    assert!(at("upload", "00001/in.mov") < fetched && at("upload", "00002/in.mov") < fetched);
}

#[test]
fn without_a_cloud_auto_stays_here_and_cloud_fails_with_the_reason() {
    let stage = Stage::new();
    let engine = stage.engine();
    let here = submit(&stage, &engine, EngineWish::Auto);
    let there = stage.submit_for(&engine, &[stage.source("b.mov")], profile(), EngineWish::Cloud)[0];
    run(&engine);
    assert_eq!(state(&engine, here), JobState::Delivered);
    assert_eq!(detail(&engine, here).job.route.unwrap().id, "not-set-up");
    let failed = detail(&engine, there).job;
    assert_eq!(failed.error.unwrap().code, Code::CloudNotSetUp);
}

#[test]
fn an_answer_that_is_lost_is_looked_for_and_not_paid_for_twice() {
    let (stage, sky, engine) = stage();
    let mut lost = 0;
    sky.script(move |call, _| {
        lost += usize::from(call == "create");
        (call == "create" && lost == 1).then_some(Fate::Lost)
    });
    let id = submit(&stage, &engine, EngineWish::Cloud);
    run(&engine);
    check(&stage, &sky, &engine, id, "lost answer");
    assert_eq!(sky.bill(), ["00000", "00001", "00002"]);
}
