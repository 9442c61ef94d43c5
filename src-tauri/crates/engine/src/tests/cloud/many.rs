//! Many chunks and many jobs: calls stay few.

use super::basic::{engine, stage};
use crate::{
    model::JobState,
    route::EngineWish,
    tests::stage::{detail, profile, run},
};

#[test]
fn a_long_job_of_many_chunks_is_followed_with_few_calls() {
    let (mut stage, sky, _) = stage();
    stage.hands.segments = 120;
    let engine = engine(&stage, &sky);
    let id = stage.submit_for(&engine, &[stage.source("a.mov")], profile(), EngineWish::Cloud)[0];
    run(&engine);
    assert_eq!(detail(&engine, id).job.state, JobState::Delivered);
    assert_eq!(sky.bill().len(), 120);
    assert_eq!(sky.count("create"), 120);
    assert_eq!(sky.count("get"), 0, "no job is asked after on its own");
    assert_eq!(sky.left(), Vec::<String>::new());
}

#[test]
fn a_burst_of_jobs_goes_through() {
    let (stage, sky, engine) = stage();
    let sources: Vec<_> = (0..40).map(|n| stage.source(&format!("{n:02}.mov"))).collect();
    let ids = stage.submit_for(&engine, &sources, profile(), EngineWish::Cloud);
    run(&engine);
    for id in ids {
        let job = detail(&engine, id).job;
        assert_eq!(job.state, JobState::Delivered, "{:#?}", job.error);
    }
    assert_eq!(sky.bill().len(), 120);
    assert_eq!(sky.left(), Vec::<String>::new());
}
