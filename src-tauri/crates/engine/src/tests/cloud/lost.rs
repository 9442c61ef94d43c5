//! Answers, objects and jobs that are lost on the way.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{
    basic::{check, stage, submit},
    sky::Fate,
};
use crate::{
    cost::{ChargeState, Resource},
    model::{EventBody, Feed, JobState, StepKind, StepState, Wish},
    route::EngineWish,
    tests::stage::{detail, run, run_until_seen},
};

/// Says what becomes of the n-th call, counted from 1, of a kind about something.
fn nth(
    call: &'static str,
    about: &'static str,
    mut fate: impl FnMut(usize) -> Option<Fate> + Send + 'static,
) -> impl FnMut(&str, &str) -> Option<Fate> + Send + 'static {
    let calls = AtomicUsize::new(0);
    move |asked, of| {
        (asked == call && of.contains(about))
            .then(|| fate(calls.fetch_add(1, Ordering::SeqCst) + 1))
            .flatten()
    }
}

#[test]
fn answers_to_every_submission_may_be_lost() {
    let (stage, sky, engine) = stage();
    let mut seen = std::collections::BTreeSet::new();
    sky.script(move |call, about| (call == "create" && seen.insert(about.to_owned())).then_some(Fate::Lost));
    let id = submit(&stage, &engine, EngineWish::Cloud);
    run(&engine);
    check(&stage, &sky, &engine, id, "lost answers");
    assert_eq!(sky.bill(), ["00000", "00001", "00002"]);
}

#[test]
fn a_fault_of_the_service_is_tried_again_alone() {
    let (stage, sky, engine) = stage();
    sky.script(nth("create", "00001/", |n| (n == 1).then_some(Fate::Fails(1999))));
    let id = submit(&stage, &engine, EngineWish::Cloud);
    run(&engine);
    check(&stage, &sky, &engine, id, "1999");
    assert_eq!(sky.bill(), ["00000", "00001", "00002"]);
    assert_eq!(sky.count("create"), 4);
    assert_eq!(sky.count("upload"), 3);
}

#[test]
fn an_input_that_is_not_there_is_sent_again_once() {
    let (stage, sky, engine) = stage();
    let thief = sky.clone();
    sky.script(nth("create", "00001/", move |n| {
        if n == 1 {
            thief.lose("00001/in");
        }
        None
    }));
    let id = submit(&stage, &engine, EngineWish::Cloud);
    run(&engine);
    check(&stage, &sky, &engine, id, "1404");
    assert_eq!(sky.bill(), ["00000", "00001", "00002"]);
    assert_eq!(sky.count("upload"), 4);
}

#[test]
fn a_result_that_is_gone_is_made_again() {
    let (stage, sky, engine) = stage();
    let thief = sky.clone();
    sky.script(nth("head", "00001/out", move |n| {
        if n == 1 {
            thief.lose("00001/out");
        }
        None
    }));
    let id = submit(&stage, &engine, EngineWish::Cloud);
    run(&engine);
    check(&stage, &sky, &engine, id, "lost result");
    assert_eq!(sky.bill(), ["00000", "00001", "00001", "00002"]);
}

#[test]
fn whoever_leaves_finds_the_jobs_again() {
    let (stage, sky, engine) = stage();
    let id = submit(&stage, &engine, EngineWish::Cloud);
    for kind in [StepKind::Upload, StepKind::Segment, StepKind::Download, StepKind::Segment] {
        run_until_seen(&engine, |feed| {
            matches!(feed, Feed::Event(event)
                if matches!(&event.body, EventBody::Step { kind: of, state: StepState::Running, .. } if *of == kind))
        })
        .unwrap();
        assert!(!detail(&engine, id).steps.iter().any(|step| step.state == StepState::Running));
    }
    run(&engine);
    check(&stage, &sky, &engine, id, "left and come back");
    assert_eq!(sky.bill(), ["00000", "00001", "00002"]);
}

#[test]
fn a_cancelled_job_leaves_nothing_there_and_nothing_reserved() {
    for kind in [StepKind::Upload, StepKind::Segment, StepKind::Download, StepKind::Stitch] {
        let (stage, sky, engine) = stage();
        let id = submit(&stage, &engine, EngineWish::Cloud);
        run_until_seen(&engine, |feed| {
            matches!(feed, Feed::Event(event)
                if matches!(&event.body, EventBody::Step { kind: of, state: StepState::Running, .. } if *of == kind))
        })
        .unwrap();
        engine.wish(id, Wish::Cancel).unwrap();
        run(&engine);
        let job = detail(&engine, id);
        assert_eq!(job.job.state, JobState::Cancelled, "{kind}");
        assert_eq!(sky.left(), Vec::<String>::new(), "{kind}");
        assert_eq!(sky.open(), 0, "{kind}");
        assert!(stage.work_is_empty(), "{kind}");
        let charges = engine.ledger(id).unwrap();
        assert!(charges.iter().all(|line| line.state != ChargeState::Reserved), "{kind}: {charges:#?}");
        let paid = charges
            .iter()
            .filter(|line| line.state == ChargeState::Settled && line.resource == Resource::Transcode)
            .count();
        assert_eq!(paid, sky.bill().len(), "{kind}: what was finished is paid for");
    }
}

#[test]
fn a_bucket_that_cannot_be_cleared_does_not_touch_a_delivery() {
    let (stage, sky, engine) = stage();
    let broken = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&broken);
    sky.script(move |call, _| {
        (call == "remove" && seen.fetch_add(1, Ordering::SeqCst) < 5)
            .then(|| Fate::Refused(super::sky::unreachable()))
    });
    let id = submit(&stage, &engine, EngineWish::Cloud);
    run(&engine);
    assert_eq!(detail(&engine, id).job.state, JobState::Delivered);
    assert!(!sky.left().is_empty(), "nobody waits for ever");
    // Hours later.
    for _ in 0..4 {
        stage.clock.0.fetch_add(3_600_000, Ordering::SeqCst);
        run(&engine);
    }
    check(&stage, &sky, &engine, id, "cleared at last");
}
