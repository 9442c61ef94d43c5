//! Pause, resume, cancel, remove: written by anybody, acted on by the runner.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{
    hands::{Act, crashes},
    stage::{Stage, detail, profile, run, state},
};
use crate::{
    EngineError, Until,
    model::{EventBody, Feed, JobFilter, JobState, StepState, Wish},
};

fn hang_segments(name: &str) -> Option<Act> {
    name.starts_with("segment").then_some(Act::Hang)
}

/// Whether this tells that a task has begun (progress comes from inside it).
fn begun(feed: &Feed) -> bool {
    matches!(feed, Feed::Progress { .. })
}

#[test]
fn a_paused_job_holds_still_keeps_everything_and_resumes() {
    let stage = Stage::new();
    let (engine, other) = (stage.engine(), stage.engine());
    let id = stage.submit_one(&engine, "a.mov", profile());
    stage.script(|name, _, _| hang_segments(name));
    let mut asked = false;
    engine
        .run(Until::Idle, &AtomicBool::new(false), &mut |feed| {
            if !asked && matches!(feed, Feed::Progress { ord, .. } if *ord > 2) {
                other.wish(id, Wish::Pause).unwrap();
                asked = true;
            }
        })
        .unwrap();
    let job = detail(&engine, id);
    assert!(asked);
    assert_eq!((job.job.state, job.job.wish), (JobState::Running, Wish::Pause));
    assert!(job.steps.iter().all(|step| step.state != StepState::Running));
    assert!(job.steps.iter().filter(|step| step.state == StepState::Ready).all(|step| step.attempt == 0));
    let inspected = stage.count("inspect");
    stage.script(|_, _, _| None);
    other.wish(id, Wish::Run).unwrap();
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Delivered);
    assert_eq!(stage.count("inspect"), inspected);
}

#[test]
fn a_cancelled_job_stops_and_leaves_nothing_behind() {
    let stage = Stage::new();
    let (engine, other) = (stage.engine(), stage.engine());
    let id = stage.submit_one(&engine, "a.mov", profile());
    stage.script(|name, _, _| name.starts_with("measure").then_some(Act::Hang));
    let mut asked = false;
    engine
        .run(Until::Idle, &AtomicBool::new(false), &mut |feed| {
            if !asked && begun(feed) && !stage.delivered().is_empty() {
                other.wish(id, Wish::Cancel).unwrap();
                asked = true;
            }
        })
        .unwrap();
    let job = detail(&engine, id);
    assert_eq!(job.job.state, JobState::Cancelled);
    assert!(stage.delivered().is_empty(), "{:?}", stage.delivered());
    assert!(stage.work_is_empty());
    assert!(matches!(engine.wish(id, Wish::Run), Err(EngineError::NotPossible { .. })));
    assert!(matches!(engine.retry(id), Err(EngineError::NotPossible { .. })));
}

#[test]
fn cancelling_takes_effect_even_when_nobody_runs_the_queue() {
    let stage = Stage::new();
    let engine = stage.engine();
    let ids = [stage.submit_one(&engine, "a.mov", profile()), stage.submit_one(&engine, "b.mov", profile())];
    engine.wish(ids[0], Wish::Cancel).unwrap();
    assert_eq!(state(&engine, ids[0]), JobState::Cancelled);
    assert_eq!(state(&engine, ids[1]), JobState::Queued);
    assert_eq!(stage.count(""), 0);
    let again = stage.submit(&engine, &[stage.path("in/a.mov")], profile())[0];
    assert_eq!(state(&engine, again), JobState::Queued, "its names are free again");
}

#[test]
fn a_wish_is_in_the_journal_once() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    engine.wish(id, Wish::Pause).unwrap();
    engine.wish(id, Wish::Pause).unwrap();
    run(&engine);
    let wishes = detail(&engine, id)
        .events
        .iter()
        .filter(|event| matches!(event.body, EventBody::Wished { .. }))
        .count();
    assert_eq!((wishes, stage.count("")), (1, 0));
}

#[test]
fn removing_forgets_the_job_and_its_work_and_keeps_what_was_delivered() {
    let stage = Stage::new();
    let engine = stage.engine();
    let delivered = stage.submit_one(&engine, "a.mov", profile());
    let other = stage.submit_one(&engine, "b.mov", profile());
    run(&engine);
    stage.script(|name, _, _| name.starts_with("measure").then(crashes));
    let half = stage.submit_one(&engine, "c.mov", profile());
    run(&engine);
    assert_eq!(state(&engine, half), JobState::Failed);
    assert!(!stage.work_is_empty(), "finished parts are kept for a retry");
    let queued = stage.submit_one(&engine, "d.mov", profile());
    for id in [delivered, other, half, queued] {
        engine.remove(id).unwrap();
        assert!(matches!(engine.job(id), Err(EngineError::NoSuchJob(_))));
    }
    assert!(engine.jobs(&JobFilter::default()).unwrap().is_empty());
    assert!(stage.work_is_empty());
    assert_eq!(stage.delivered().len(), 6, "{:?}", stage.delivered());
    let removed =
        engine.events_after(0, 10_000).unwrap().iter().filter(|e| e.body == EventBody::Removed).count();
    assert_eq!(removed, 4);
}

#[test]
fn a_running_job_cannot_be_removed() {
    let stage = Stage::new();
    let (engine, other) = (stage.engine(), stage.engine());
    let id = stage.submit_one(&engine, "a.mov", profile());
    stage.script(|name, _, _| hang_segments(name));
    let stop = AtomicBool::new(false);
    engine
        .run(Until::Idle, &stop, &mut |feed| {
            if begun(feed) && !stop.load(Ordering::SeqCst) {
                assert!(matches!(other.remove(id), Err(EngineError::NotPossible { .. })));
                stop.store(true, Ordering::SeqCst);
            }
        })
        .unwrap();
    assert_eq!(state(&engine, id), JobState::Running);
}
