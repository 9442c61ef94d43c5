//! What becomes of a job when the cloud does not do it.

use spillway_cloud::CloudError;
use spillway_media::types::MediaCode;

use super::{
    basic::{TEXT, check, engine, set_up, stage, submit},
    sky::{Fate, Sky, unreachable},
};
use crate::{
    Engine,
    cost::ChargeState,
    failure::Code,
    model::{JobId, JobState},
    route::{EngineKind, EngineWish},
    tests::{
        hands::fails,
        stage::{Stage, detail, profile, run},
    },
};
use std::sync::Arc;

/// The cloud is cheaper, so that `auto` goes there.
fn dear(stage: &Stage, sky: &Sky) -> Engine {
    let engine = stage.engine_with(|config| {
        set_up(config);
        config.cost.machine_usd_per_hour = Some(1e9);
    });
    engine.with_cloud(Arc::new(sky.clone()))
}

fn done_here(stage: &Stage, sky: &Sky, engine: &Engine, id: JobId, why: &str) {
    let job = detail(engine, id);
    assert_eq!(job.job.state, JobState::Delivered, "{:#?}", job.job.error);
    assert_eq!(job.job.engine, EngineKind::Local);
    assert_eq!(job.job.route.as_ref().unwrap().id, why);
    assert_eq!(std::fs::read_to_string(&job.job.outputs[0].path).unwrap(), TEXT);
    assert_eq!(stage.count("segment"), 3);
    assert_eq!(sky.left(), Vec::<String>::new());
    assert_eq!(sky.open(), 0);
    assert!(stage.work_is_empty());
    settled(engine, id);
}

/// Nothing is left reserved.
fn settled(engine: &Engine, id: JobId) {
    let charges = engine.ledger(id).unwrap();
    assert!(charges.iter().all(|line| line.state != ChargeState::Reserved), "{charges:#?}");
}

#[test]
fn auto_goes_there_when_it_is_cheaper() {
    let (stage, sky, _) = stage();
    let engine = dear(&stage, &sky);
    let id = submit(&stage, &engine, EngineWish::Auto);
    run(&engine);
    check(&stage, &sky, &engine, id, "auto");
    assert_eq!(detail(&engine, id).job.engine, EngineKind::Cloud);
}

#[test]
fn auto_comes_back_when_it_is_not_allowed_there() {
    let (stage, sky, _) = stage();
    let engine = dear(&stage, &sky);
    sky.script(|call, _| {
        let forbidden = CloudError::Forbidden { action: "mediaconvert:CreateJob", on: "the queue".into() };
        (call == "create").then_some(Fate::Refused(forbidden))
    });
    let id = submit(&stage, &engine, EngineWish::Auto);
    run(&engine);
    done_here(&stage, &sky, &engine, id, "out-of-reach");
    assert_eq!(sky.count("create"), 1);
    let next = stage.submit_for(&engine, &[stage.source("b.mov")], profile(), EngineWish::Auto)[0];
    run(&engine);
    assert_eq!(detail(&engine, next).job.route.unwrap().id, "out-of-reach");
    assert_eq!(sky.count("create"), 1, "it is not tried again at once");
}

#[test]
fn auto_comes_back_when_the_network_is_away_for_long() {
    for away in ["create", "upload", "page", "download"] {
        let (stage, sky, _) = stage();
        let engine = dear(&stage, &sky);
        sky.script(move |call, _| (call == away).then(|| Fate::Refused(unreachable())));
        let id = submit(&stage, &engine, EngineWish::Auto);
        run(&engine);
        done_here(&stage, &sky, &engine, id, "out-of-reach");
        assert!(sky.count(away) >= 3, "{away}");
    }
}

#[test]
fn auto_comes_back_when_the_job_cannot_be_done_there() {
    let (stage, sky, _) = stage();
    let engine = dear(&stage, &sky);
    sky.script(|call, _| (call == "create").then_some(Fate::Fails(1030)));
    let id = submit(&stage, &engine, EngineWish::Auto);
    run(&engine);
    done_here(&stage, &sky, &engine, id, "failed-there");
}

#[test]
fn auto_comes_back_when_the_first_chunk_comes_back_wrong() {
    let (stage, sky, _) = stage();
    let engine = dear(&stage, &sky);
    stage.script(|name, _, _| name.starts_with("receive").then(|| fails(MediaCode::FrameMismatch)));
    let id = submit(&stage, &engine, EngineWish::Auto);
    run(&engine);
    done_here(&stage, &sky, &engine, id, "failed-there");
    assert_eq!(sky.bill(), ["00000"], "only the first was tried");
}

#[test]
fn auto_comes_back_when_the_source_cannot_be_cut() {
    let (stage, sky, _) = stage();
    let engine = dear(&stage, &sky);
    stage.script(|name, _, _| name.starts_with("cut").then(|| fails(MediaCode::FrameMismatch)));
    let id = submit(&stage, &engine, EngineWish::Auto);
    run(&engine);
    done_here(&stage, &sky, &engine, id, "unsupported");
    assert_eq!(stage.count("inspect"), 2, "not planned as a damaged source");
    assert!(sky.bill().is_empty());
}

#[test]
fn cloud_fails_with_the_reason_and_leaves_nothing_there() {
    let refused = || CloudError::CredentialsRefused { code: "InvalidClientTokenId".into() };
    let (stage, sky, engine) = stage();
    sky.script(move |call, _| (call == "create").then(|| Fate::Refused(refused())));
    let id = submit(&stage, &engine, EngineWish::Cloud);
    run(&engine);
    let job = detail(&engine, id).job;
    assert_eq!((job.state, job.error.unwrap().code), (JobState::Failed, Code::CloudCredentials));
    assert_eq!(sky.left(), Vec::<String>::new());
    settled(&engine, id);
    // Somebody signs in, and the pause is over.
    sky.script(|_, _| None);
    engine.retry(id).unwrap();
    run(&engine);
    check(&stage, &sky, &engine, id, "after a retry");
    assert_eq!(sky.bill(), ["00000", "00001", "00002"]);
}

#[test]
fn nothing_is_begun_that_would_cost_too_much() {
    for (wish, end) in [(EngineWish::Cloud, JobState::Failed), (EngineWish::Auto, JobState::Delivered)] {
        let (stage, sky, _) = stage();
        let engine = dear(&stage, &sky);
        let mut poor = profile();
        poor.budget.per_job_usd = Some(0.000_1);
        let id = stage.submit_for(&engine, &[stage.source("a.mov")], poor, wish)[0];
        run(&engine);
        let job = detail(&engine, id).job;
        assert_eq!(job.state, end, "{:#?}", job.error);
        assert_eq!(sky.count(""), 0, "nothing was asked of the cloud");
        if end == JobState::Failed {
            assert_eq!(job.error.unwrap().code, Code::OverBudget);
        } else {
            assert_eq!(job.route.unwrap().id, "over-budget");
        }
    }
}

#[test]
fn what_is_spent_is_told_with_the_job() {
    let (stage, sky, _) = stage();
    let engine = engine(&stage, &sky);
    let id = submit(&stage, &engine, EngineWish::Cloud);
    run(&engine);
    let spent = engine.ledger(id).unwrap().iter().map(|line| line.amount_microusd).sum::<i64>();
    assert!(spent > 0);
    assert_eq!(detail(&engine, id).job.cost_microusd, spent);
}
