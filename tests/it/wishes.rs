//! Two processes on one data folder: one runs, the other wishes and watches.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    kit::{Running, Spillway},
    media::{make, picture_count},
};

fn slow_source(spillway: &Spillway) -> std::path::PathBuf {
    make(
        &spillway.inbox(),
        "slow.mp4",
        "-f lavfi -i testsrc2=s=640x360:r=25:d=60 -c:v libx264 -preset ultrafast -g 25",
    )
}

fn jobs(spillway: &Spillway) -> Vec<Value> {
    let said = spillway.run(["jobs", "--json"]);
    let value: Value = serde_json::from_str(&said.stdout).unwrap_or(Value::Null);
    value.get("jobs").unwrap_or(&value).as_array().cloned().unwrap_or_default()
}

/// Asks again and again until the only job looks as wanted; gives up after a minute.
#[track_caller]
fn wait_for(spillway: &Spillway, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        if let Some(job) = jobs(spillway).into_iter().find(|j| wanted(j)) {
            return job;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "{what}: {:#?}", jobs(spillway));
    }
}

fn submit(spillway: &Spillway) -> String {
    let source = slow_source(spillway);
    let out = spillway.out();
    let said = spillway.run([
        "submit".as_ref(),
        source.as_os_str(),
        "-p".as_ref(),
        "web-mp4".as_ref(),
        "-o".as_ref(),
        out.as_os_str(),
    ]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    jobs(spillway)[0]["id"].as_str().unwrap().to_owned()
}

fn runner(spillway: &Spillway) -> Running {
    Running::start(spillway.command().args(["run"]).stdout(Stdio::null()).stderr(Stdio::null()))
}

fn end(running: Running) {
    running.signal(Signal::TERM);
    running.output();
}

fn done(job: &Value) -> u64 {
    job["steps"]["done"].as_u64().unwrap_or(0)
}

#[test]
fn pause_holds_resume_goes_on_and_nothing_is_done_twice() {
    let spillway = Spillway::new();
    let id = submit(&spillway);
    let running = runner(&spillway);
    wait_for(&spillway, "some segments", |j| done(j) >= 3);
    assert_eq!(spillway.run(["pause", &id]).code, Some(0));
    let paused = wait_for(&spillway, "pause", |j| j["wish"] == "pause" && j["steps"]["running"] == 0);
    let held = done(&paused);
    assert_eq!(spillway.run(["resume", &id]).code, Some(0));
    let delivered = wait_for(&spillway, "delivery", |j| j["state"] == "delivered");
    assert!(done(&delivered) > held);
    let detail: Value = serde_json::from_str(&spillway.run(["job", &id, "--json"]).stdout).unwrap();
    for step in detail["steps"].as_array().unwrap() {
        let finished = step["attempts"].as_array().unwrap().iter().filter(|a| a["outcome"] == "done").count();
        assert_eq!(finished, 1, "{step:#}");
    }
    end(running);
    let movie = spillway.delivered().into_iter().find(|f| f.ends_with(".mp4")).unwrap();
    assert_eq!(picture_count(&spillway.out().join(movie)), 1500);
}

#[test]
fn cancel_stops_and_leaves_nothing() {
    let spillway = Spillway::new();
    let id = submit(&spillway);
    let running = runner(&spillway);
    wait_for(&spillway, "some segments", |j| done(j) >= 2);
    assert_eq!(spillway.run(["cancel", &id]).code, Some(0));
    wait_for(&spillway, "cancellation", |j| j["state"] == "cancelled");
    end(running);
    assert_eq!(spillway.delivered(), Vec::<String>::new());
    assert_eq!(spillway.leftovers(), Vec::<String>::new());
    assert_eq!(spillway.run(["remove", &id]).code, Some(0));
    assert!(jobs(&spillway).is_empty());
}

#[test]
fn a_second_process_hands_over_and_takes_over() {
    let spillway = Spillway::new();
    submit(&spillway);
    let first = runner(&spillway);
    wait_for(&spillway, "a start", |j| j["state"] == "running");
    let other = make(&spillway.inbox(), "other.mp4", "-f lavfi -i testsrc2=s=160x90:d=1 -c:v libx264");
    let second = spillway.start(&other, "proxy-edit");
    wait_for(&spillway, "the second job", |j| j["profile"] == "proxy-edit");
    // The leader goes away in the middle; the one that only watched takes the queue over.
    end(first);
    let said = second.output();
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    assert!(said.stdout.contains("\"delivered\""), "{}", said.stdout);
}

#[test]
fn an_interrupt_gives_segments_back_and_says_how_to_go_on() {
    let spillway = Spillway::new();
    let source = slow_source(&spillway);
    let child = spillway.start(&source, "web-mp4");
    wait_for(&spillway, "some segments", |j| done(j) >= 2);
    child.signal(Signal::INT);
    let said = child.output();
    assert_eq!(said.code, Some(130), "{}", said.stderr);
    assert!(said.stderr.contains("spillway run"), "{}", said.stderr);
    let held = done(&jobs(&spillway)[0]);
    assert!(held >= 2);
    assert_eq!(spillway.run(["run", "--until-idle"]).code, Some(0));
    assert_eq!(spillway.leftovers(), Vec::<String>::new());
}
