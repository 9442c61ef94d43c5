//! Full disks: what waits, what goes on, and what ends the waiting.

use std::{
    sync::{Arc, Mutex, atomic::AtomicBool, mpsc},
    time::Duration,
};

use spillway_media::types::MediaCode;

use super::{
    hands::fails,
    stage::{Stage, detail, profile, run, state},
};
use crate::{
    Until,
    failure::Code,
    live::{Hold, HoldReason},
    model::{EventBody, Feed, JobState, StepKind, StepState, Wish},
    space::Room,
};

fn run_until(engine: &crate::Engine, until: Until) {
    engine.run(until, &AtomicBool::new(false), &mut |_| {}).unwrap();
}

#[test]
fn too_little_space_holds_the_queue_and_fails_nothing() {
    let mut stage = Stage::new();
    stage.hands.bytes_needed = u64::MAX;
    let engine = stage.engine();
    let ids: Vec<_> =
        ["a.mov", "b.mov", "c.mov", "d.mov"].map(|name| stage.submit_one(&engine, name, profile())).to_vec();
    assert_eq!(engine.hold().unwrap(), None);
    run(&engine);
    // Two workers, two looks; nothing else is begun.
    assert_eq!((stage.count("inspect"), stage.count("segment")), (2, 0));
    assert!(ids.iter().all(|id| !state(&engine, *id).ended()));
    let Hold { why, since_ms, next_look_ms } = engine.hold().unwrap().unwrap();
    let HoldReason::Space { folder, needed, free } = why;
    assert_eq!(folder, stage.path("work"));
    assert!(needed > free && next_look_ms > since_ms, "{needed} {free}");
    assert_eq!(engine.snapshot().unwrap().hold, engine.hold().unwrap());
    let inspect = detail(&engine, ids[0]).steps.remove(0);
    assert_eq!((inspect.kind, inspect.state, inspect.attempt), (StepKind::Inspect, StepState::Waiting, 0));
    let failure = inspect.attempts[0].failure.clone().unwrap();
    assert_eq!(failure.code, Code::DiskFull);
    assert!(failure.why.contains("are free"), "{}", failure.why);
    // Still too little at the next start: one look, no work.
    run(&engine);
    run_until(&engine, Until::Jobs(vec![ids[3]]));
    assert_eq!(stage.count("inspect"), 2);
    // Somebody takes the jobs away that are too large.
    engine.wish(ids[0], Wish::Cancel).unwrap();
    engine.wish(ids[1], Wish::Cancel).unwrap();
    assert_eq!(engine.hold().unwrap(), None);
    stage.hands.bytes_needed = 1;
    let engine = stage.engine();
    run(&engine);
    assert_eq!((state(&engine, ids[2]), state(&engine, ids[3])), (JobState::Delivered, JobState::Delivered));
}

#[test]
fn the_needs_of_jobs_at_work_add_up_and_the_next_begins_when_one_is_through() {
    let mut stage = Stage::new();
    let Room { free, reserve, .. } = Room::of(&stage.path("in")).unwrap();
    stage.hands.bytes_needed = (free - reserve) / 10 * 7;
    let engine = stage.engine();
    let ids = ["a.mov", "b.mov"].map(|name| stage.submit_one(&engine, name, profile()));
    let (told, hears) = mpsc::channel();
    let first = Mutex::new(Some(hears));
    // The first to encode does so only when the other one has had to wait.
    stage.script(move |name, _, _| {
        if name.starts_with("segment")
            && let Some(hears) = first.lock().unwrap().take()
        {
            hears.recv_timeout(Duration::from_mins(1)).unwrap();
        }
        None
    });
    let holds = Arc::new(Mutex::new(Vec::new()));
    engine
        .run(Until::Idle, &AtomicBool::new(false), &mut |feed| {
            if matches!(feed, Feed::Revisions(_))
                && let Some(hold) = engine.hold().unwrap()
            {
                holds.lock().unwrap().push(hold);
                // Told once is enough.
                let _ = told.send(());
            }
        })
        .unwrap();
    assert_eq!(ids.map(|id| state(&engine, id)), [JobState::Delivered; 2]);
    let HoldReason::Space { needed, .. } = holds.lock().unwrap()[0].why;
    assert!(needed > free, "{needed} {free}");
    assert_eq!(engine.hold().unwrap(), None);
    assert!(stage.work_is_empty());
}

#[test]
fn a_step_that_meets_a_full_disk_waits_with_all_that_is_done() {
    for (task, kind) in [("segment 1", StepKind::Segment), ("stitch", StepKind::Stitch)] {
        let stage = Stage::new();
        let engine = stage.engine();
        let id = stage.submit_one(&engine, "a.mov", profile());
        let later = stage.submit_one(&engine, "b.mov", profile());
        stage.script(move |name, count, _| {
            (name.starts_with(task) && count == 1).then(|| fails(MediaCode::DiskFull))
        });
        run_until(&engine, Until::Jobs(vec![id]));
        let job = detail(&engine, id);
        assert_eq!(job.job.state, JobState::Running, "{task}");
        let waiting: Vec<_> = job.steps.iter().filter(|step| step.state == StepState::Waiting).collect();
        assert_eq!(waiting.len(), 1, "{task}");
        assert_eq!((waiting[0].kind, waiting[0].attempt), (kind, 0));
        let done = stage.count("segment");
        let HoldReason::Space { folder, needed, free } = engine.hold().unwrap().unwrap().why;
        let expected = if kind == StepKind::Stitch { "out" } else { "work" };
        assert!(folder == stage.path(expected) && needed > free, "{} {needed} {free}", folder.display());
        // Somebody makes space.
        let sql = rusqlite::Connection::open(stage.path("data/spillway.db")).unwrap();
        sql.execute("UPDATE hold SET needed = 0", []).unwrap();
        stage.script(|_, _, _| None);
        run(&engine);
        assert_eq!([id, later].map(|id| state(&engine, id)), [JobState::Delivered; 2], "{task}");
        let again = u32::from(kind == StepKind::Segment);
        assert!(stage.count("segment") <= done + again + 3, "finished segments are kept");
        assert_eq!(engine.hold().unwrap(), None);
    }
}

#[test]
fn a_job_that_is_paused_or_removed_holds_nobody_up() {
    let mut stage = Stage::new();
    stage.hands.bytes_needed = u64::MAX;
    let engine = stage.engine_with(|config| config.workers = 1);
    let large = stage.submit_one(&engine, "a.mov", profile());
    run(&engine);
    assert!(engine.hold().unwrap().is_some());
    engine.wish(large, Wish::Pause).unwrap();
    assert_eq!(engine.hold().unwrap(), None);
    stage.hands.bytes_needed = 1;
    let engine = stage.engine();
    let small = stage.submit_one(&engine, "b.mov", profile());
    run(&engine);
    assert_eq!((state(&engine, small), state(&engine, large)), (JobState::Delivered, JobState::Running));
    engine.wish(large, Wish::Run).unwrap();
    let sql = rusqlite::Connection::open(stage.path("data/spillway.db")).unwrap();
    sql.execute("UPDATE hold SET own = 1", []).unwrap();
    run(&engine);
    assert_eq!(state(&engine, large), JobState::Delivered);
}

#[test]
fn space_is_looked_for_every_half_minute_without_a_word_in_the_journal() {
    let mut stage = Stage::new();
    stage.hands.bytes_needed = u64::MAX;
    let engine = stage.engine();
    stage.submit_one(&engine, "a.mov", profile());
    run(&engine);
    let (before, begin) = (engine.last_seq().unwrap(), crate::clock::Clock::now_ms(&stage.clock));
    let stop = AtomicBool::new(false);
    let mut looks = 0;
    engine
        .run(Until::Stopped, &stop, &mut |feed| {
            looks += u32::from(matches!(feed, Feed::Revisions(_)));
            stop.store(looks >= 10, std::sync::atomic::Ordering::SeqCst);
        })
        .unwrap();
    let passed = crate::clock::Clock::now_ms(&stage.clock) - begin;
    assert!((200_000..400_000).contains(&passed), "{passed}");
    let events = engine.events_after(before, 100).unwrap();
    assert!(events.iter().all(|event| matches!(event.body, EventBody::Recovered { .. })), "{events:?}");
}
