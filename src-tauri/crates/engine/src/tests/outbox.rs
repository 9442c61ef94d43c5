//! Telling others: every message at least once, in order, whatever fails, and no delivery ever waits for one.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use proptest::prelude::*;
use serde_json::{Value, json};
use spillway_notification::{Again, Message, NotTaken, Secret, Taken};

use super::stage::{Simulated, Stage, output, profile, profile_of, run, state};
use crate::{
    Engine, Until,
    db::{self, Tx},
    model::{JobId, JobState, Wish},
    outbox::{
        ChannelError, ChannelSettings, MessageQuery, MessageState, MessageView, Post, SecretChange, Target,
        Topic,
    },
};

const DAY_MS: i64 = 86_400_000;

/// What the other side does with a message.
#[derive(Debug, Clone, Copy)]
enum Does {
    Takes,
    /// It has it, and nobody hears of that: the line breaks, or Spillway dies.
    TakesUnheard,
    Fails,
    AsksForTime,
    Refuses,
    Hangs,
    Panics,
}

/// What arrived on the other side.
#[derive(Debug, Clone)]
struct Arrived {
    url: String,
    message: Message,
    body: Value,
}

type Script = dyn FnMut(&str, &Message) -> Does + Send;

/// Somebody who carries messages as a script says.
#[derive(Clone)]
struct Fake {
    clock: Simulated,
    script: Arc<Mutex<Box<Script>>>,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    tries: Arc<Mutex<Vec<(String, i64)>>>,
}

impl Fake {
    fn new(stage: &Stage, script: impl FnMut(&str, &Message) -> Does + Send + 'static) -> Self {
        Self {
            clock: stage.clock.clone(),
            script: Arc::new(Mutex::new(Box::new(script))),
            arrived: Arc::default(),
            tries: Arc::default(),
        }
    }

    fn engine(&self, stage: &Stage) -> Engine {
        stage.engine().with_post(Arc::new(self.clone()))
    }

    fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    /// Topics in the order of their arrival at an address.
    fn topics(&self, url: &str) -> Vec<String> {
        self.arrived().into_iter().filter(|one| one.url == url).map(|one| one.message.topic).collect()
    }

    fn tries(&self, url: &str) -> Vec<i64> {
        self.tries.lock().unwrap().iter().filter(|(at, _)| at == url).map(|(_, ms)| *ms).collect()
    }
}

impl Post for Fake {
    fn send(
        &self,
        target: &Target,
        _secret: Option<&Secret>,
        message: &Message,
        cancel: &AtomicBool,
    ) -> Result<Taken, NotTaken> {
        let Target::Webhook { url } = target else { panic!("only webhooks are told in these tests") };
        self.tries.lock().unwrap().push((url.clone(), self.clock.0.load(Ordering::SeqCst)));
        let does = (self.script.lock().unwrap())(url, message);
        let not = |again| Err(NotTaken { why: "It does not answer.".into(), again });
        if matches!(does, Does::Takes | Does::TakesUnheard) {
            let body = serde_json::from_str(&message.body).unwrap();
            let arrived = Arrived { url: url.clone(), message: message.clone(), body };
            self.arrived.lock().unwrap().push(arrived);
        }
        match does {
            Does::Takes => Ok(Taken { said: "200 OK".into() }),
            Does::TakesUnheard | Does::Fails => not(Again::Later),
            Does::AsksForTime => not(Again::After(Duration::from_mins(2))),
            Does::Refuses => not(Again::Never),
            Does::Panics => panic!("scripted"),
            Does::Hangs => {
                while !cancel.load(Ordering::SeqCst) {
                    self.clock.0.fetch_add(100, Ordering::SeqCst);
                    std::thread::park_timeout(Duration::from_millis(1));
                }
                not(Again::Later)
            }
        }
    }
}

fn webhook(name: &str, topics: &[Topic]) -> ChannelSettings {
    ChannelSettings {
        name: name.into(),
        topics: topics.to_vec(),
        profiles: vec![],
        paused: false,
        target: Target::Webhook { url: format!("http://{name}/") },
    }
}

fn log(engine: &Engine, unsent: bool) -> Vec<MessageView> {
    engine.messages(&MessageQuery { unsent, limit: 1_000, ..MessageQuery::default() }).unwrap().rows
}

/// Runs until nothing waits any more.
fn run_until_told(engine: &Engine) {
    let stop = AtomicBool::new(false);
    let check = || {
        let waits = |row: &MessageView| matches!(row.state, MessageState::Waiting { .. });
        if !log(engine, true).iter().any(waits) {
            stop.store(true, Ordering::SeqCst);
        }
    };
    run(engine);
    check();
    engine.run(Until::Stopped, &stop, &mut |_| check()).unwrap();
}

#[test]
fn a_delivery_is_told_from_beginning_to_end_before_the_command_ends() {
    let stage = Stage::new();
    let fake = Fake::new(&stage, |_, _| Does::Takes);
    let engine = fake.engine(&stage);
    engine.add_channel(webhook("all", &Topic::ALL), None).unwrap();
    engine.add_channel(webhook("usual", &[]), None).unwrap();
    let id = stage.submit_one(&engine, "a.mov", profile());
    engine.run(Until::Jobs(vec![id]), &AtomicBool::new(false), &mut |_| {}).unwrap();
    assert_eq!(fake.topics("http://usual/"), ["job.submitted", "job.delivered"]);
    let mut all = fake.topics("http://all/");
    all.retain(|topic| topic != "job.progress");
    assert_eq!(all, ["job.submitted", "job.started", "job.delivered"]);
    let last = fake.arrived().into_iter().rfind(|one| one.url == "http://all/").unwrap();
    let body = &last.body;
    assert_eq!(body["schema"], "spillway.event/1");
    assert_eq!(body["id"], last.message.id.as_str());
    assert_eq!(body["job"]["id"], id.to_string());
    assert_eq!(body["job"]["state"], "delivered");
    assert_eq!(body["job"]["progress"]["percent"], 100);
    assert!(body["job"]["outputs"][0]["path"].as_str().unwrap().ends_with("a_master.mp4"), "{body:#}");
    assert_eq!(last.message.fields["receipt"], body["job"]["receipt"].as_str().unwrap());
    assert!(log(&engine, true).is_empty());
    let first = &fake.arrived()[0].body["job"];
    assert_eq!(
        (&first["state"], &first["ended_at"], &first["outputs"]),
        (&json!("queued"), &json!(null), &json!([]))
    );
}

#[test]
fn progress_rises_and_no_tenth_is_told_twice() {
    let stage = Stage::new();
    let fake = Fake::new(&stage, |_, _| Does::Takes);
    let engine = fake.engine(&stage);
    engine.add_channel(webhook("all", &[Topic::JobProgress]), None).unwrap();
    stage.submit_one(&engine, "a.mov", profile());
    run(&engine);
    let told: Vec<u64> =
        fake.arrived().iter().map(|one| one.body["job"]["progress"]["percent"].as_u64().unwrap()).collect();
    assert!(!told.is_empty() && told.windows(2).all(|pair| pair[0] / 10 < pair[1] / 10), "{told:?}");
    assert!(told.iter().all(|percent| *percent < 100));
}

#[test]
fn yesterdays_news_and_other_peoples_profiles_are_told_to_nobody() {
    let stage = Stage::new();
    let fake = Fake::new(&stage, |_, _| Does::Takes);
    let engine = fake.engine(&stage);
    let before = stage.submit_one(&engine, "a.mov", profile());
    run(&engine);
    let mine = ChannelSettings { profiles: vec!["partner".into()], ..webhook("mine", &[]) };
    let others = ChannelSettings { profiles: vec!["else".into()], ..webhook("others", &[]) };
    engine.add_channel(mine, None).unwrap();
    let other = engine.add_channel(others, None).unwrap();
    let after = stage.submit_one(&engine, "b.mov", profile());
    run(&engine);
    let about =
        |id: JobId| fake.arrived().iter().filter(|one| one.body["job"]["id"] == id.to_string()).count();
    assert_eq!((about(before), about(after)), (0, 2));
    assert!(fake.topics("http://others/").is_empty());
    // What happened while it was set to hear nothing of it is not told afterwards, either.
    let all = ChannelSettings { name: "others".into(), ..webhook("others", &[]) };
    engine.edit_channel(other, all, SecretChange::Keep).unwrap();
    run(&engine);
    assert!(fake.topics("http://others/").is_empty());
}

#[test]
fn a_dead_host_holds_up_neither_the_delivery_nor_others_and_is_not_hammered() {
    let stage = Stage::new();
    let fake = Fake::new(&stage, |url, _| if url == "http://dead/" { Does::Fails } else { Does::Takes });
    let engine = fake.engine(&stage);
    engine.add_channel(webhook("dead", &[]), None).unwrap();
    engine.add_channel(webhook("well", &[]), None).unwrap();
    let names: Vec<_> = (0..30).map(|n| stage.source(&format!("{n}.mov"))).collect();
    let ids = stage.submit(&engine, &names, profile());
    run(&engine);
    assert!(ids.iter().all(|id| state(&engine, *id) == JobState::Delivered));
    assert_eq!(fake.topics("http://well/").len(), 60);
    let views = engine.channels().unwrap();
    assert_eq!((views[0].waiting, views[1].waiting), (60, 0));
    assert_eq!(views[0].trouble.as_deref(), Some("It does not answer."));
    // The host comes back: everything arrives, each job in order.
    *fake.script.lock().unwrap() = Box::new(|_, _| Does::Takes);
    run_until_told(&engine);
    assert_eq!(fake.topics("http://dead/").len(), 60);
    assert_eq!(engine.channels().unwrap()[0].trouble, None);
}

#[test]
fn thousands_of_messages_for_a_dead_host_cost_a_try_each_pause_and_not_one_each() {
    let stage = Stage::new();
    let fake = Fake::new(&stage, |_, _| Does::Fails);
    let engine = fake.engine(&stage);
    engine.add_channel(webhook("dead", &[Topic::JobSubmitted]), None).unwrap();
    let names: Vec<_> = (0..300).map(|n| stage.source(&format!("{n}.mov"))).collect();
    for id in stage.submit(&engine, &names, profile()) {
        engine.wish(id, Wish::Pause).unwrap();
    }
    let start = stage.clock.0.load(Ordering::SeqCst);
    let stop = AtomicBool::new(false);
    let end = start + 3_600_000;
    let clock = stage.clock.clone();
    engine
        .run(Until::Stopped, &stop, &mut |_| {
            stop.store(clock.0.load(Ordering::SeqCst) > end, Ordering::SeqCst);
        })
        .unwrap();
    let tries = fake.tries("http://dead/");
    let within = tries.iter().filter(|at| **at <= end).count();
    // Five, then pauses of 1, 2, 4 … 512 and 600 s, in one hour.
    assert!((10..=25).contains(&within), "{within} tries in an hour");
}

#[test]
fn a_host_that_hangs_or_makes_us_panic_keeps_nobody_from_ending() {
    let stage = Stage::new();
    let fake = Fake::new(&stage, |url, _| match url {
        "http://hangs/" => Does::Hangs,
        "http://panics/" => Does::Panics,
        _ => Does::Takes,
    });
    let engine = fake.engine(&stage);
    for name in ["hangs", "panics", "well"] {
        engine.add_channel(webhook(name, &[]), None).unwrap();
    }
    for name in ["a.mov", "b.mov"] {
        let id = stage.submit_one(&engine, name, profile());
        engine.run(Until::Jobs(vec![id]), &AtomicBool::new(false), &mut |_| {}).unwrap();
        assert_eq!(state(&engine, id), JobState::Delivered);
    }
    run(&engine);
    assert_eq!(fake.topics("http://well/").len(), 4);
    let views = engine.channels().unwrap();
    assert_eq!((views[0].waiting, views[1].waiting), (4, 4));
    assert!(views[1].trouble.as_ref().unwrap().contains("panicked"));
    // What was called off is no try: nobody knows what became of it.
    let hanging = log(&engine, true).into_iter().filter(|row| row.channel_name == "hangs");
    assert!(hanging.map(|row| row.tries.len()).sum::<usize>() == 0);
}

#[test]
fn who_asks_for_time_gets_it() {
    let stage = Stage::new();
    let mut times = 0;
    let fake = Fake::new(&stage, move |_, _| {
        times += 1;
        if times == 1 { Does::AsksForTime } else { Does::Takes }
    });
    let engine = fake.engine(&stage);
    engine.add_channel(webhook("busy", &[]), None).unwrap();
    let names = [stage.source("a.mov"), stage.source("b.mov")];
    stage.submit(&engine, &names, profile());
    run_until_told(&engine);
    let tries = fake.tries("http://busy/");
    assert!(tries[1] - tries[0] >= 120_000, "{tries:?}");
    assert_eq!(fake.arrived().len(), 4);
}

#[test]
fn what_is_refused_for_good_is_given_up_and_can_be_sent_again() {
    let stage = Stage::new();
    let fake = Fake::new(
        &stage,
        |_, message| {
            if message.topic == "job.submitted" { Does::Refuses } else { Does::Takes }
        },
    );
    let engine = fake.engine(&stage);
    let channel = engine.add_channel(webhook("x", &[]), None).unwrap();
    stage.submit_one(&engine, "a.mov", profile());
    run(&engine);
    assert_eq!(fake.topics("http://x/"), ["job.delivered"]);
    let unsent = log(&engine, true);
    assert!(matches!(unsent[0].state, MessageState::GivenUp { .. }), "{unsent:?}");
    assert_eq!((unsent.len(), unsent[0].tries.len(), engine.channels().unwrap()[0].given_up), (1, 1, 1));
    *fake.script.lock().unwrap() = Box::new(|_, _| Does::Takes);
    engine.send_again(unsent[0].id).unwrap();
    run(&engine);
    assert_eq!(fake.topics("http://x/"), ["job.delivered", "job.submitted"]);
    assert!(log(&engine, true).is_empty());
    assert!(matches!(engine.send_again(crate::outbox::MessageId(999)), Err(ChannelError::NoSuchMessage)));
    engine.remove_channel(channel).unwrap();
    assert!(log(&engine, false).is_empty());
}

#[test]
fn a_host_that_is_dead_for_three_days_is_given_up_for_what_is_that_old() {
    let stage = Stage::new();
    let fake = Fake::new(&stage, |_, _| Does::Fails);
    let engine = fake.engine(&stage);
    engine.add_channel(webhook("dead", &[]), None).unwrap();
    let start = stage.clock.0.load(Ordering::SeqCst);
    stage.submit_one(&engine, "a.mov", profile());
    run_until_told(&engine);
    let unsent = log(&engine, true);
    assert_eq!(unsent.len(), 2);
    assert!(unsent.iter().all(|row| matches!(row.state, MessageState::GivenUp { .. })), "{unsent:?}");
    let took = stage.clock.0.load(Ordering::SeqCst) - start;
    assert!((3 * DAY_MS..4 * DAY_MS).contains(&took), "{took}");
    assert!(unsent.iter().all(|row| row.tries.len() <= 20));
}

#[test]
fn a_test_goes_out_at_once_and_is_in_the_log() {
    let stage = Stage::new();
    let fake = Fake::new(&stage, |url, _| if url == "http://bad/" { Does::Fails } else { Does::Takes });
    let engine = fake.engine(&stage);
    let good = engine.add_channel(webhook("good", &[]), Some("key".into())).unwrap();
    let bad = engine.add_channel(ChannelSettings { paused: true, ..webhook("bad", &[]) }, None).unwrap();
    assert_eq!(engine.test_channel(good).unwrap(), "200 OK");
    assert!(
        matches!(engine.test_channel(bad), Err(ChannelError::Failed(why)) if why == "It does not answer.")
    );
    let rows = log(&engine, false);
    assert_eq!(rows.len(), 2);
    assert!(matches!(rows[0].state, MessageState::GivenUp { .. }) && !rows[0].tries[0].taken);
    assert!(matches!(rows[1].state, MessageState::Sent { .. }) && rows[1].tries[0].taken);
    assert_eq!(fake.arrived()[0].body["topic"], "channel.test");
    run(&engine);
    assert_eq!(fake.tries("http://bad/").len(), 1, "nobody tries a test again by itself");
}

#[test]
fn names_are_unique_whatever_their_case_and_secrets_stay_inside() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = engine.add_channel(webhook("Größe", &[]), Some("s3cret".into())).unwrap();
    let again = engine.add_channel(webhook("GRÖSSE", &[]), None);
    assert!(matches!(again, Err(ChannelError::NameTaken(_))), "{again:?}");
    let other = engine.add_channel(webhook("other", &[]), None).unwrap();
    let renamed = engine.edit_channel(other, webhook("größe", &[]), SecretChange::Keep);
    assert!(matches!(renamed, Err(ChannelError::NameTaken(_))));
    let view = engine.find_channel("GRÖSSE").unwrap();
    assert_eq!((view.id, view.has_secret), (id, true));
    assert_eq!(engine.find_channel(&id.to_string()).unwrap().id, id);
    assert!(!serde_json::to_string(&view).unwrap().contains("s3cret"));
    engine.edit_channel(id, webhook("Größe", &[]), SecretChange::Keep).unwrap();
    assert!(engine.find_channel("größe").unwrap().has_secret);
    engine.edit_channel(id, webhook("Größe", &[]), SecretChange::Clear).unwrap();
    assert!(!engine.find_channel("größe").unwrap().has_secret);
    assert!(matches!(engine.find_channel("nobody"), Err(ChannelError::NoSuchChannel(_))));
}

#[test]
fn a_job_that_is_removed_is_told_of_first() {
    let stage = Stage::new();
    let fake = Fake::new(&stage, |_, _| Does::Takes);
    let engine = fake.engine(&stage);
    engine.add_channel(webhook("x", &[]), None).unwrap();
    let id = stage.submit_one(&engine, "a.mov", profile());
    engine.wish(id, Wish::Cancel).unwrap();
    engine.remove(id).unwrap();
    run(&engine);
    assert_eq!(fake.topics("http://x/"), ["job.submitted", "job.cancelled"]);
    assert!(fake.arrived()[1].body["job"]["source"].as_str().unwrap().ends_with("a.mov"));
}

#[test]
fn pausing_and_retrying_are_told_and_a_failure_says_why() {
    let stage = Stage::new();
    let fake = Fake::new(&stage, |_, _| Does::Takes);
    let engine = fake.engine(&stage);
    let topics = [Topic::JobHeld, Topic::JobResumed, Topic::JobFailed, Topic::JobDelivered];
    engine.add_channel(webhook("x", &topics), None).unwrap();
    stage.script(|name, _, _| name.starts_with("measure").then(super::hands::crashes));
    let id = stage.submit_one(&engine, "a.mov", profile());
    engine.wish(id, Wish::Pause).unwrap();
    run(&engine);
    engine.wish(id, Wish::Run).unwrap();
    run(&engine);
    stage.script(|_, _, _| None);
    engine.retry(id).unwrap();
    run(&engine);
    assert_eq!(
        fake.topics("http://x/"),
        ["job.held", "job.resumed", "job.failed", "job.resumed", "job.delivered"]
    );
    let failed = &fake.arrived()[2];
    assert_eq!(failed.body["job"]["error"]["code"], "ENC-01");
    assert!(failed.message.text.contains("Why: "), "{}", failed.message.text);
    assert_eq!(fake.arrived()[1].body["job"]["state"], "queued");
}

#[test]
fn old_messages_are_removed_and_waiting_ones_are_not() {
    let stage = Stage::new();
    let fake = Fake::new(&stage, |_, _| Does::Takes);
    let engine = fake.engine(&stage);
    engine.add_channel(webhook("x", &[]), None).unwrap();
    engine.add_channel(ChannelSettings { paused: true, ..webhook("paused", &[]) }, None).unwrap();
    stage.submit_one(&engine, "a.mov", profile());
    run(&engine);
    stage.clock.0.fetch_add(29 * DAY_MS, Ordering::SeqCst);
    run(&engine);
    assert_eq!(log(&engine, false).len(), 4);
    stage.clock.0.fetch_add(2 * DAY_MS, Ordering::SeqCst);
    run(&engine);
    let left = log(&engine, false);
    assert_eq!(left.len(), 2);
    assert!(left.iter().all(|row| row.channel_name == "paused"));
}

#[test]
fn what_watched_folders_say_is_told_unless_a_channel_hears_of_profiles_only() {
    let stage = Stage::new();
    let fake = Fake::new(&stage, |_, _| Does::Takes);
    let engine = fake.engine(&stage);
    engine.add_channel(webhook("all", &[]), None).unwrap();
    engine
        .add_channel(ChannelSettings { profiles: vec!["partner".into()], ..webhook("some", &[]) }, None)
        .unwrap();
    let raw = rusqlite::Connection::open(stage.path("data/spillway.db")).unwrap();
    for (kind, path) in [
        ("watch.unreachable", None),
        ("arrival.held", Some("day 1/a.mov")),
        ("arrival.skipped", Some("b.mov")),
        ("watch.reachable", None),
    ] {
        raw.execute(
            "INSERT INTO announcement (at_ms, kind, watch, watch_place, arrival_path, body)
             VALUES (1800000000000, ?1, 'w1', '/in', ?2, '{\"reason\": \"empty\", \"because\": \"hangs\"}')",
            rusqlite::params![kind, path],
        )
        .unwrap();
    }
    run(&engine);
    assert_eq!(fake.topics("http://all/"), ["watch.unreachable", "arrival.held", "watch.reachable"]);
    assert!(fake.topics("http://some/").is_empty());
    let arrived = fake.arrived();
    assert_eq!(arrived[0].body["watch"]["why"]["because"], "hangs");
    assert_eq!(arrived[1].body["arrival"]["path"], "day 1/a.mov");
    assert_eq!((&arrived[1].body["watch"]["place"], &arrived[1].body["job"]), (&json!("/in"), &json!(null)));
    assert_eq!(arrived[2].body["watch"]["why"], json!(null));
}

#[test]
fn a_transaction_that_is_not_committed_told_nobody_anything() {
    let stage = Stage::new();
    let engine = stage.engine();
    engine.add_channel(webhook("x", &[]), None).unwrap();
    stage.submit_one(&engine, "a.mov", profile());
    let mut connection = db::open(&stage.path("data")).unwrap();
    let tx = Tx::begin(&mut connection, 1).unwrap();
    crate::outbox::fan_out_all(&tx).unwrap();
    drop(tx);
    assert!(log(&engine, false).is_empty());
    for _ in 0..2 {
        let tx = Tx::begin(&mut connection, 1).unwrap();
        crate::outbox::fan_out_all(&tx).unwrap();
        tx.commit().unwrap();
    }
    assert_eq!(log(&engine, false).len(), 1);
}

/// Of what arrived: each job's messages in order, ids stable, nothing missing.
fn audit(fake: &Fake, channels: &[&str], jobs: &[JobId]) {
    for name in channels {
        let url = format!("http://{name}/");
        let arrived: Vec<Arrived> = fake.arrived().into_iter().filter(|one| one.url == url).collect();
        let mut ids: BTreeMap<i64, String> = BTreeMap::new();
        for one in &arrived {
            let known = ids.entry(one.message.sequence).or_insert_with(|| one.message.id.clone());
            assert_eq!(*known, one.message.id, "{name}: the id of {} changed", one.message.sequence);
        }
        for job in jobs {
            let of_job: Vec<&Arrived> =
                arrived.iter().filter(|one| one.body["job"]["id"] == job.to_string()).collect();
            let order: Vec<i64> = of_job.iter().map(|one| one.message.sequence).collect();
            assert!(order.is_sorted(), "{name}: {order:?}");
            let mut topics: Vec<&str> = of_job.iter().map(|one| one.message.topic.as_str()).collect();
            topics.dedup();
            topics.retain(|topic| *topic != "job.progress");
            topics.dedup();
            assert_eq!(topics, ["job.submitted", "job.started", "job.delivered"], "{name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    /// Whatever hosts do, and however often Spillway is ended and started: every channel hears of every job, of
    /// each thing at least once, in order, under the same id.
    #[test]
    fn everything_is_told_in_order_whatever_fails(
        does in prop::collection::vec(0_u8..10, 0..60),
        ends in prop::collection::vec(1_usize..12, 0..4),
    ) {
        let stage = Stage::new();
        let sends = Arc::new(Mutex::new(0_usize));
        let counter = Arc::clone(&sends);
        let mut does = does.into_iter();
        let fake = Fake::new(&stage, move |_, _| {
            *counter.lock().unwrap() += 1;
            match does.next() {
                None | Some(0..4) => Does::Takes,
                Some(4..6) => Does::TakesUnheard,
                Some(6..8) => Does::Fails,
                Some(8) => Does::AsksForTime,
                Some(_) => Does::Panics,
            }
        });
        let engine = fake.engine(&stage);
        let channels = ["one", "two"];
        for name in channels {
            engine.add_channel(webhook(name, &Topic::ALL), None).unwrap();
        }
        let two = profile_of(&json!([output("master", "{title}_{output}", "mp4")]), &json!({}));
        let jobs = stage.submit(&engine, &[stage.source("a.mov"), stage.source("b.mov")], two);
        drop(engine);
        for end in ends {
            let engine = fake.engine(&stage);
            let stop = AtomicBool::new(false);
            let until = *sends.lock().unwrap() + end;
            engine
                .run(Until::Idle, &stop, &mut |_| {
                    stop.store(*sends.lock().unwrap() >= until, Ordering::SeqCst);
                })
                .unwrap();
        }
        let engine = fake.engine(&stage);
        run_until_told(&engine);
        prop_assert!(jobs.iter().all(|id| state(&engine, *id) == JobState::Delivered));
        prop_assert!(log(&engine, true).is_empty());
        audit(&fake, &channels, &jobs);
    }
}
