//! The stream as the window gets it.

use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex, mpsc},
    time::{Duration, Instant},
};

use proptest::prelude::*;
use spillway_engine::{
    EngineError,
    live::{Hold, HoldReason, JobForecast, LiveJob, Runner, Snapshot},
    model::{Event, EventBody, JobId, JobState, Revisions, StepKind, StepState, Wish},
};

use super::{Board, Input, Listener, Onlooker, Source, fixture, line::Line};
use crate::message::{Message, StepProgress};

/// A journal that is ahead of what was heard of it.
#[derive(Clone, Default)]
struct Journal(Arc<Mutex<Written>>);

#[derive(Default)]
struct Written {
    events: Vec<Event>,
    jobs: Vec<LiveJob>,
    hold: Option<Hold>,
    broken: bool,
}

impl Journal {
    fn write(&self, body: EventBody) -> Event {
        let mut written = self.0.lock().unwrap();
        let seq = i64::try_from(written.events.len()).unwrap() + 1;
        let event = fixture::event(seq, fixture::id(1), body);
        written.events.push(event.clone());
        event
    }
}

impl Source for Journal {
    fn snapshot(&self) -> Result<Snapshot, EngineError> {
        let written = self.0.lock().unwrap();
        if written.broken {
            return Err(EngineError::AlreadyRunning);
        }
        let seq = i64::try_from(written.events.len()).unwrap();
        Ok(Snapshot { seq, jobs: written.jobs.clone(), hold: written.hold.clone() })
    }

    fn live_job(&self, id: JobId) -> Result<LiveJob, EngineError> {
        let written = self.0.lock().unwrap();
        let job = written.jobs.iter().find(|live| live.job.id == id).cloned();
        job.ok_or_else(|| EngineError::NoSuchJob(id.to_string()))
    }

    fn forecast(&self) -> Result<Vec<JobForecast>, EngineError> {
        let finish_ms = i64::try_from(self.0.lock().unwrap().events.len()).unwrap();
        Ok(vec![JobForecast { job: fixture::id(1), start_ms: None, finish_ms, measured: false }])
    }

    fn hold(&self) -> Result<Option<Hold>, EngineError> {
        Ok(self.0.lock().unwrap().hold.clone())
    }
}

/// Looks on, and remembers who ended.
#[derive(Clone, Default)]
struct Ended(Arc<Mutex<Vec<(JobId, JobState)>>>);

impl Onlooker for Ended {
    fn ended(&mut self, live: &LiveJob, _: Instant) {
        self.0.lock().unwrap().push((live.job.id, live.job.state));
    }
    fn look(&mut self, _: &Board, _: Instant) {}
    fn watches_changed(&mut self) {}
    fn due(&self, _: Instant) -> Option<Instant> {
        None
    }
}

struct Stage {
    journal: Journal,
    ended: Ended,
    line: Line<Journal>,
    now: Instant,
}

impl Stage {
    fn new(jobs: Vec<LiveJob>) -> Self {
        let (journal, ended) = (Journal::default(), Ended::default());
        journal.0.lock().unwrap().jobs = jobs;
        let line = Line::new(journal.clone(), Box::new(ended.clone())).unwrap();
        Self { journal, ended, line, now: Instant::now() }
    }

    fn take(&mut self, inputs: Vec<Input>) {
        assert_eq!(self.line.take(inputs, self.now), ControlFlow::Continue(()));
    }

    fn subscribe(&mut self) -> mpsc::Receiver<Message> {
        let (told, messages) = mpsc::channel();
        let (answer, answered) = mpsc::sync_channel(1);
        let listener: Listener = Box::new(move |message| told.send(message).is_ok());
        self.take(vec![Input::Subscribe(listener, answer)]);
        answered.recv().unwrap().unwrap();
        messages
    }
}

fn wished() -> EventBody {
    EventBody::Wished { wish: Wish::Run }
}

fn step(ord: u32, state: StepState) -> EventBody {
    let (kind, label, failure) = (StepKind::Segment, String::new(), None);
    EventBody::Step { ord, kind, label, state, attempt: 1, frames: 100, failure, due_ms: None }
}

fn progress(ord: u32, done: u64) -> Input {
    Input::Progress(StepProgress { job: fixture::id(1), ord, done, total: 100 })
}

fn kinds(messages: &mpsc::Receiver<Message>) -> Vec<&'static str> {
    let kind = |message| match message {
        Message::Snapshot { .. } => "snapshot",
        Message::Event { .. } => "event",
        Message::Job { .. } => "job",
        Message::Progress { .. } => "progress",
        Message::Forecast { .. } => "forecast",
        Message::Runner { .. } => "runner",
        Message::Open { .. } => "open",
        Message::Hover { .. } => "hover",
        Message::Revisions { .. } => "revisions",
        Message::Hold { .. } => "hold",
        Message::Sheet { .. }
        | Message::Closing { .. }
        | Message::WatchFolders { .. }
        | Message::Settings => "other",
    };
    messages.try_iter().map(kind).collect()
}

fn revisions(watches: i64, hold: i64) -> Input {
    Input::Revisions(Revisions { watches, outbox: 0, hold, costs: 0 })
}

fn held(free: u64) -> Hold {
    let why = HoldReason::Space { folder: "/scratch".into(), needed: 38, free };
    Hold { why, since_ms: 0, next_look_ms: 30_000 }
}

#[test]
fn counters_wait_for_their_time_and_a_hold_does_not() {
    let mut stage = Stage::new(Vec::new());
    let window = stage.subscribe();
    stage.take(vec![revisions(1, 0), revisions(2, 0)]);
    assert_eq!(kinds(&window), ["snapshot", "revisions"], "the first hold is none, as the snapshot said");
    stage.journal.0.lock().unwrap().hold = Some(held(6));
    stage.take(vec![revisions(3, 1), revisions(4, 1)]);
    let told: Vec<_> = window.try_iter().collect();
    let [Message::Hold { hold }] = &told[..] else { unreachable!("only the hold: {told:?}") };
    assert_eq!(*hold, Some(held(6)));
    stage.now = stage.line.due(stage.now).unwrap();
    stage.take(Vec::new());
    let told: Vec<_> = window.try_iter().collect();
    let [Message::Revisions { revisions: counters }] = &told[..] else { unreachable!("{told:?}") };
    assert_eq!((counters.watches, counters.hold), (4, 1));
    assert_eq!(stage.line.due(stage.now), None, "nothing more without news");
    stage.journal.0.lock().unwrap().hold = None;
    stage.take(vec![revisions(4, 2)]);
    assert_eq!(kinds(&window), ["hold"]);
}

#[test]
fn who_begins_to_listen_knows_the_hold_and_the_counters() {
    let mut stage = Stage::new(Vec::new());
    stage.journal.0.lock().unwrap().hold = Some(held(6));
    stage.take(vec![revisions(1, 1)]);
    assert_eq!(stage.line.due(stage.now), None, "nobody is told anything");
    let window = stage.subscribe();
    let told: Vec<_> = window.try_iter().collect();
    assert!(matches!(&told[0], Message::Snapshot { snapshot, .. } if snapshot.hold == Some(held(6))));
    assert!(matches!(&told[1], Message::Revisions { revisions } if revisions.watches == 1));
    assert_eq!(told.len(), 2);
}

#[derive(Debug, Clone, Copy)]
enum Move {
    /// The engine writes an entry.
    Write,
    /// The feed hears of so many entries that it has not heard of.
    Hear(usize),
    /// A window subscribes.
    Subscribe,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// However writing, hearing and subscribing fall together.
    #[test]
    fn every_window_gets_a_snapshot_and_then_every_later_entry_once(
        moves in proptest::collection::vec(
            prop_oneof![
                3 => Just(Move::Write),
                2 => (1..5_usize).prop_map(Move::Hear),
                1 => Just(Move::Subscribe),
            ],
            1..60,
        )
    ) {
        let mut stage = Stage::new(vec![fixture::live(1, 1)]);
        let (mut unheard, mut windows) = (Vec::new(), Vec::new());
        for a in moves.into_iter().chain([Move::Hear(usize::MAX)]) {
            match a {
                Move::Write => unheard.push(stage.journal.write(wished())),
                Move::Hear(n) => {
                    let heard = unheard.drain(..n.min(unheard.len())).map(Input::Event).collect();
                    stage.take(heard);
                }
                Move::Subscribe => windows.push(stage.subscribe()),
            }
        }
        let last = stage.journal.snapshot().unwrap().seq;
        let mut newest = true;
        for window in windows.iter().rev() {
            let mut seen = None;
            for message in window.try_iter() {
                match message {
                    Message::Snapshot { snapshot, .. } => {
                        prop_assert_eq!(seen, None);
                        seen = Some(snapshot.seq);
                    }
                    Message::Event { event } => {
                        prop_assert_eq!(Some(event.seq - 1), seen);
                        seen = Some(event.seq);
                    }
                    Message::Job { .. } | Message::Forecast { .. } => {}
                    other => prop_assert!(false, "{:?}", other),
                }
            }
            // Those before it were replaced, and missed the rest.
            prop_assert!(!newest || seen == Some(last));
            newest = false;
        }
    }
}

#[test]
fn entries_come_at_once_and_the_jobs_they_change_after_them() {
    let mut stage = Stage::new(vec![fixture::live(1, 2)]);
    let window = stage.subscribe();
    let bodies = [
        EventBody::Submitted,
        step(1, StepState::Done),
        EventBody::Recovered { kept: 1, interrupted: 0 },
        EventBody::Job { state: JobState::Running, failure: None },
    ];
    let batch = bodies.map(|body| Input::Event(stage.journal.write(body)));
    stage.take(batch.into());
    assert_eq!(kinds(&window), ["snapshot", "forecast", "event", "event", "event", "event", "job"]);
    let known = stage.journal.write(step(0, StepState::Done));
    let unknown = stage.journal.write(step(5, StepState::Ready));
    stage.take(vec![Input::Event(known)]);
    assert_eq!(kinds(&window), ["event"]);
    stage.take(vec![Input::Event(unknown)]);
    assert_eq!(kinds(&window), ["event", "job"]);
    let removed = stage.journal.write(EventBody::Removed);
    stage.take(vec![Input::Event(removed)]);
    assert_eq!(kinds(&window), ["event"]);
}

#[test]
fn progress_and_forecasts_wait_for_their_time_and_entries_do_not() {
    let mut stage = Stage::new(vec![fixture::live(1, 2)]);
    let window = stage.subscribe();
    stage.take(vec![progress(0, 1)]);
    assert_eq!(kinds(&window), ["snapshot", "forecast", "progress"]);
    let event = stage.journal.write(wished());
    stage.take(vec![progress(0, 2), Input::Event(event), progress(1, 3)]);
    assert_eq!(kinds(&window), ["event"]);
    let due = stage.line.due(stage.now).unwrap();
    assert_eq!(due, stage.now + Duration::from_millis(200));
    stage.now = due;
    stage.take(Vec::new());
    assert_eq!(kinds(&window), ["progress"]);
    stage.now = stage.line.due(stage.now).unwrap();
    stage.take(Vec::new());
    assert_eq!(kinds(&window), ["forecast"]);
    assert_eq!(stage.line.due(stage.now), None, "nothing more without news");
}

#[test]
fn a_step_that_ended_has_no_progress_any_more() {
    let mut stage = Stage::new(vec![fixture::live(1, 2)]);
    let window = stage.subscribe();
    stage.take(vec![progress(0, 1)]);
    kinds(&window);
    let event = stage.journal.write(step(0, StepState::Done));
    stage.take(vec![progress(0, 99), Input::Event(event)]);
    stage.now += Duration::from_secs(1);
    stage.take(Vec::new());
    assert_eq!(kinds(&window), ["event"]);
}

#[test]
fn a_window_that_is_gone_is_dropped_and_what_was_opened_waits_for_the_next() {
    let mut stage = Stage::new(vec![fixture::live(1, 1)]);
    drop(stage.subscribe());
    stage.take(vec![Input::Runner(Runner::Here)]);
    let job = fixture::id(1);
    stage.take(vec![Input::Post(Message::Open { job }), Input::Post(Message::Hover { files: 3 })]);
    assert_eq!(stage.line.due(stage.now), None, "nobody is told anything");
    let window = stage.subscribe();
    let messages: Vec<_> = window.try_iter().collect();
    assert!(matches!(&messages[0], Message::Snapshot { runner: Runner::Here, .. }));
    assert!(matches!(&messages[1], Message::Open { job: opened } if *opened == job));
    assert!(!messages.iter().any(|message| matches!(message, Message::Hover { .. })));
}

#[test]
fn a_snapshot_that_cannot_be_read_is_the_answer() {
    let mut stage = Stage::new(Vec::new());
    let before = stage.subscribe();
    kinds(&before);
    stage.journal.0.lock().unwrap().broken = true;
    let (answer, answered) = mpsc::sync_channel(1);
    stage.take(vec![Input::Subscribe(Box::new(|_| true), answer)]);
    assert!(answered.recv().unwrap().is_err());
    stage.take(vec![Input::Runner(Runner::Elsewhere)]);
    assert_eq!(kinds(&before), ["runner"], "whoever listened before still does");
}

#[test]
fn who_looks_on_hears_of_every_end_even_without_a_window() {
    let mut delivered = fixture::live(1, 1);
    delivered.job.state = JobState::Delivered;
    let mut stage = Stage::new(vec![delivered]);
    let event = stage.journal.write(EventBody::Job { state: JobState::Delivered, failure: None });
    // A window that subscribes in between has the end in its snapshot; it is an end all the same.
    let window = stage.subscribe();
    stage.take(vec![Input::Event(event)]);
    assert_eq!(*stage.ended.0.lock().unwrap(), [(fixture::id(1), JobState::Delivered)]);
    assert!(!kinds(&window).contains(&"event"));
}
