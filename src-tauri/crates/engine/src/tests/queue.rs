//! The queue page: what is on it, its order, and what other windows hear of it.

use std::sync::atomic::AtomicBool;

use proptest::prelude::*;

use super::{
    hands::crashes,
    stage::{Stage, detail, profile, run, state},
};
use crate::{
    Engine, EngineError, Until,
    model::{EventBody, Feed, JobExtras, JobId, JobState, StepKind, StepState, SubmitRequest, Wish},
};

fn submit(stage: &Stage, engine: &Engine, count: usize) -> Vec<JobId> {
    (0..count).map(|n| stage.submit_one(engine, &format!("{n}.mov"), profile())).collect()
}

fn shown(engine: &Engine) -> Vec<JobId> {
    engine.snapshot().unwrap().jobs.iter().map(|live| live.job.id).collect()
}

/// The order as a window has it that heard everything after `seq`.
fn heard(engine: &Engine, order: Vec<JobId>, seq: i64) -> Vec<JobId> {
    steps_heard(engine, order, seq).pop().unwrap()
}

/// As [`heard`], with the order before and after each entry.
fn steps_heard(engine: &Engine, order: Vec<JobId>, seq: i64) -> Vec<Vec<JobId>> {
    let mut steps = vec![order];
    for event in engine.events_after(seq, 10_000).unwrap() {
        let mut order = steps.last().unwrap().clone();
        match event.body {
            EventBody::Submitted => order.push(event.job),
            EventBody::Moved { before } => {
                order.retain(|id| *id != event.job);
                let at = before.and_then(|before| order.iter().position(|id| *id == before));
                order.insert(at.unwrap_or(order.len()), event.job);
            }
            _ => {}
        }
        steps.push(order);
    }
    steps
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn moves_decide_the_order_everywhere(
        moves in prop::collection::vec((prop::sample::subsequence(vec![0_usize, 1, 2, 3, 4], 1..4).prop_shuffle(), 0_usize..6), 1..6),
        late in -1_i64..2,
    ) {
        let stage = Stage::new();
        let engine = stage.engine_with(|config| config.workers = 1);
        let jobs = submit(&stage, &engine, 5);
        let before = (shown(&engine), engine.snapshot().unwrap().seq);
        for (moved, to) in moves {
            let moved: Vec<JobId> = moved.into_iter().map(|n| jobs[n]).collect();
            let seq = engine.last_seq().unwrap();
            engine.move_jobs(&moved, jobs.get(to).copied()).unwrap();
            // Whoever knew before being told sees nothing jump.
            let order = shown(&engine);
            prop_assert!(steps_heard(&engine, order.clone(), seq).iter().all(|step| *step == order));
            if let Some(to) = jobs.get(to).filter(|to| !moved.contains(to)) {
                let order = shown(&engine);
                let at = order.iter().position(|id| id == to).unwrap();
                prop_assert_eq!(&order[at - moved.len()..at], moved.as_slice());
            }
        }
        let request = SubmitRequest {
            sources: vec![stage.source("late.mov")],
            profiles: vec![profile()],
            out_dir: Some(stage.path("out")),
            engine: crate::route::EngineWish::Auto,
            priority: late,
            extras: JobExtras::default(),
        };
        engine.submit(request).unwrap();
        let order = shown(&engine);
        prop_assert_eq!(&heard(&engine, before.0, before.1), &order);
        let mut started = Vec::new();
        engine.run(Until::Idle, &AtomicBool::new(false), &mut |feed| {
            if let Feed::Event(event) = feed
                && matches!(event.body, EventBody::Step { kind: StepKind::Inspect, state: StepState::Running, .. })
            {
                started.push(event.job);
            }
        }).unwrap();
        prop_assert_eq!(started, order);
    }
}

#[test]
fn only_jobs_of_the_queue_can_be_moved() {
    let stage = Stage::new();
    let engine = stage.engine();
    let jobs = submit(&stage, &engine, 3);
    engine.wish(jobs[0], Wish::Cancel).unwrap();
    let seq = engine.last_seq().unwrap();
    let refused = engine.move_jobs(&[jobs[2], jobs[0]], Some(jobs[1]));
    assert!(matches!(refused, Err(EngineError::NotPossible { id, .. }) if id == jobs[0]));
    assert!(matches!(engine.move_jobs(&[jobs[2]], Some(jobs[0])), Err(EngineError::NotPossible { .. })));
    let nobody = "00000000-0000-7000-8000-000000000009".parse().unwrap();
    assert!(matches!(engine.move_jobs(&[nobody], None), Err(EngineError::NoSuchJob(_))));
    engine.move_jobs(&[jobs[1], jobs[2]], None).unwrap();
    assert_eq!(engine.last_seq().unwrap(), seq, "nothing was changed, nothing is told");
}

#[test]
fn a_snapshot_says_what_the_other_views_say() {
    let stage = Stage::new();
    let engine = stage.engine();
    let jobs = submit(&stage, &engine, 3);
    engine.wish(jobs[1], Wish::Pause).unwrap();
    stage.script(|name, _, _| name.starts_with("measure").then(crashes));
    engine.run(Until::Jobs(vec![jobs[0]]), &AtomicBool::new(false), &mut |_| {}).unwrap();
    stage.script(|_, _, _| None);
    engine.run(Until::Idle, &AtomicBool::new(false), &mut |_| {}).unwrap();
    let snapshot = engine.snapshot().unwrap();
    assert_eq!(snapshot.seq, engine.last_seq().unwrap());
    assert_eq!(snapshot.jobs.len(), 3);
    for live in &snapshot.jobs {
        let detail = detail(&engine, live.job.id);
        assert_eq!(live.job, detail.job);
        assert_eq!(live.frame_rate, detail.frame_rate);
        assert_eq!(*live, engine.live_job(live.job.id).unwrap());
        let steps = detail.steps.iter();
        assert!(
            live.cells
                .iter()
                .map(|cell| (cell.ord, cell.kind, cell.state, cell.frames))
                .eq(steps.map(|step| (step.ord, step.kind, step.state, step.frames)))
        );
    }
    assert_eq!(snapshot.jobs[0].job.id, jobs[1], "what has not ended comes first");
    assert!(snapshot.jobs.iter().any(|live| live.frame_rate.is_some()));
}

#[test]
fn what_is_dismissed_leaves_the_page_until_it_is_taken_up_again() {
    let stage = Stage::new();
    let engine = stage.engine();
    stage.script(|name, _, _| name.starts_with("measure").then(crashes));
    let jobs = submit(&stage, &engine, 2);
    assert!(matches!(engine.dismiss(jobs[0]), Err(EngineError::NotPossible { .. })));
    run(&engine);
    assert_eq!(shown(&engine).len(), 2);
    let seq = engine.last_seq().unwrap();
    engine.dismiss(jobs[0]).unwrap();
    engine.dismiss(jobs[0]).unwrap();
    let told = engine.events_after(seq, 9).unwrap();
    assert_eq!(told.iter().map(|event| &event.body).collect::<Vec<_>>(), [&EventBody::Dismissed]);
    assert_eq!(shown(&engine), [jobs[1]]);
    assert_eq!(state(&engine, jobs[0]), JobState::Failed);
    engine.retry(jobs[0]).unwrap();
    assert_eq!(shown(&engine), jobs);
    run(&engine);
    assert_eq!(shown(&engine).len(), 2, "a new failure is news");
}

#[test]
fn what_ended_well_is_shown_for_a_day() {
    let stage = Stage::new();
    let engine = stage.engine();
    let jobs = submit(&stage, &engine, 1);
    run(&engine);
    assert_eq!(shown(&engine), jobs);
    stage.clock.0.fetch_add(86_400_001, std::sync::atomic::Ordering::SeqCst);
    assert!(shown(&engine).is_empty());
}

#[test]
fn a_job_taken_up_again_says_where_it_stands() {
    let stage = Stage::new();
    let engine = stage.engine();
    stage.script(|name, _, _| name.starts_with("measure").then(crashes));
    let old = submit(&stage, &engine, 1)[0];
    run(&engine);
    let young = stage.submit_one(&engine, "young.mov", profile());
    let seq = engine.last_seq().unwrap();
    engine.retry(old).unwrap();
    assert_eq!(heard(&engine, vec![young], seq), shown(&engine));
    assert_eq!(shown(&engine), [old, young]);
}
