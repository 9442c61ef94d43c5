//! Running or watching, whichever it is: nothing is missed, nothing told twice.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use rusqlite::Connection;

use super::{
    hands::Act,
    stage::{Stage, profile, run, state},
};
use crate::{
    Engine, EngineError, Until,
    clock::{Clock, SystemChance},
    live::Runner,
    lock::Lock,
    model::{EventBody, Feed, Heard, JobState},
};

#[derive(Default)]
struct Ears {
    seqs: Vec<i64>,
    runners: Vec<Runner>,
}

impl Ears {
    fn hear(&mut self, heard: Heard<'_>) {
        match heard {
            Heard::Runner(runner) => self.runners.push(runner.clone()),
            Heard::Feed(Feed::Event(event)) => self.seqs.push(event.seq),
            Heard::Feed(Feed::Progress { .. } | Feed::Revisions(_)) => {}
        }
    }
}

#[test]
fn a_watcher_takes_over_and_hears_everything_once() {
    let stage = Stage::new();
    let (engine, other) = (stage.engine(), stage.engine());
    stage.script(|name, _, _| name.starts_with("measure").then_some(Act::Hang));
    let id = stage.submit_one(&engine, "a.mov", profile());
    let leave = AtomicBool::new(false);
    let (hangs, hanging) = mpsc::channel();
    let ears = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut seen = 0;
            other.run(Until::Stopped, &leave, &mut |feed| {
                if matches!(feed, Feed::Progress { .. }) {
                    seen += 1;
                    let _ = hangs.send(());
                }
            })
        });
        hanging.recv().unwrap();
        let mut ears = Ears::default();
        let follow = engine.follow_until(&Until::Jobs(vec![id]), 0, &AtomicBool::new(false), &mut |heard| {
            if heard == Heard::Runner(&Runner::Elsewhere) {
                stage.script(|_, _, _| None);
                leave.store(true, Ordering::SeqCst);
            }
            ears.hear(heard);
        });
        follow.unwrap();
        ears
    });
    assert_eq!(state(&engine, id), JobState::Delivered);
    assert_eq!(ears.runners, [Runner::Elsewhere, Runner::Here, Runner::Stopped { why: None }]);
    assert_eq!(ears.seqs, (1..=engine.last_seq().unwrap()).collect::<Vec<_>>());
}

#[test]
fn a_watcher_ends_when_another_has_reached_what_it_waits_for() {
    let stage = Stage::new();
    let (engine, other) = (stage.engine(), stage.engine());
    for until in [Until::Idle, Until::Stopped] {
        let name = format!("{until:?}.mov");
        let id = stage.submit_one(&engine, &name, profile());
        let until = if until == Until::Idle { until } else { Until::Jobs(vec![id]) };
        let after = engine.last_seq().unwrap();
        let mut ears = Ears::default();
        let lock = Mutex::new(Some(Lock::take(&stage.path("data")).unwrap()));
        let mut worked = false;
        engine
            .follow_until(&until, after, &AtomicBool::new(false), &mut |heard| {
                if heard == Heard::Runner(&Runner::Elsewhere) && !worked {
                    drop(lock.lock().unwrap().take());
                    run(&other);
                    *lock.lock().unwrap() = Some(Lock::take(&stage.path("data")).unwrap());
                    worked = true;
                }
                ears.hear(heard);
            })
            .unwrap();
        assert_eq!(ears.runners, [Runner::Elsewhere, Runner::Stopped { why: None }]);
        assert_eq!(ears.seqs, (after + 1..=engine.last_seq().unwrap()).collect::<Vec<_>>());
        assert_eq!(state(&engine, id), JobState::Delivered);
    }
}

#[test]
fn trouble_with_the_database_ends_it_with_an_error() {
    let stage = Stage::new();
    let engine = stage.engine();
    let _held = Lock::take(&stage.path("data")).unwrap();
    let mut ears = Ears::default();
    let outcome = engine.follow(0, &AtomicBool::new(false), &mut |heard| {
        if heard == Heard::Runner(&Runner::Elsewhere) {
            let raw = Connection::open(stage.path("data/spillway.db")).unwrap();
            raw.execute_batch("DROP TABLE event").unwrap();
        }
        ears.hear(heard);
    });
    let error = outcome.unwrap_err();
    assert!(matches!(error, EngineError::Database(_)), "{error}");
    assert_eq!(ears.runners, [Runner::Elsewhere, Runner::Stopped { why: Some(error.to_string()) }]);
}

/// Somebody idle sleeps so long that a test which needs a poll is seen to.
struct Sleepy;

const LONG: Duration = Duration::from_mins(1);

impl Clock for Sleepy {
    fn now_ms(&self) -> i64 {
        1_800_000_000_000
    }

    fn patience(&self, _due_ms: Option<i64>, _idle: bool, _poll: Duration) -> Duration {
        LONG
    }
}

#[test]
fn requests_of_the_same_process_wake_the_runner_without_a_poll() {
    let stage = Stage::new();
    let hands = Box::new(stage.hands.clone());
    let engine = Engine::with(stage.config(), hands, Box::new(Sleepy), Box::new(SystemChance)).unwrap();
    let begin = Instant::now();
    let stop = AtomicBool::new(false);
    let (tell, told) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            engine.follow(0, &stop, &mut |heard| match heard {
                Heard::Runner(Runner::Here) => tell.send(()).unwrap(),
                Heard::Feed(Feed::Event(event))
                    if matches!(event.body, EventBody::Job { state: JobState::Delivered, .. }) =>
                {
                    tell.send(()).unwrap();
                }
                _ => {}
            })
        });
        told.recv().unwrap();
        for name in ["a.mov", "b.mov"] {
            stage.submit_one(&engine, name, profile());
            told.recv().unwrap();
        }
        stop.store(true, Ordering::SeqCst);
        engine.wake();
    });
    assert!(begin.elapsed() < LONG, "somebody slept through");
}
