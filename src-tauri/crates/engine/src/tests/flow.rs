//! From submission to delivery.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::{
    hands::Act,
    stage::{Stage, detail, output, profile, profile_of, run, run_until_seen, state},
};
use crate::{
    EngineError, Until,
    lock::Lock,
    model::{EventBody, Feed, JobExtras, JobFilter, JobState, StepKind, StepState, SubmitRequest},
};

#[test]
fn a_job_goes_from_submission_to_delivery_and_leaves_nothing_behind() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "A001.mov", profile());
    assert_eq!(state(&engine, id), JobState::Queued);
    run(&engine);
    let job = detail(&engine, id);
    assert_eq!(job.job.state, JobState::Delivered, "{:#?}", job.job.error);
    assert!(job.steps.iter().all(|step| step.state == StepState::Done && step.attempt == 1));
    assert_eq!(job.steps.iter().filter(|step| step.kind == StepKind::Segment).count(), 3);
    assert_eq!(
        stage.delivered(),
        ["A001_master.mp4", "receipts/A001_master.partner.html", "receipts/A001_master.partner.json"]
    );
    let text = std::fs::read_to_string(&job.job.outputs[0].path).unwrap();
    assert_eq!(text, "0+10\n10+10\n20+10\nsound\n");
    assert_eq!(job.job.receipt, Some(stage.path("out/receipts/A001_master.partner.json")));
    assert!(stage.work_is_empty());
}

#[test]
fn the_feed_tells_every_entry_of_the_journal_once_and_in_order() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    let before = engine.last_seq().unwrap();
    let (mut told, mut progress) = (Vec::new(), 0);
    engine
        .run(Until::Idle, &AtomicBool::new(false), &mut |feed| match feed {
            Feed::Event(event) => told.push(event.clone()),
            Feed::Revisions(_) => {}
            Feed::Progress { job, .. } => {
                assert_eq!(*job, id);
                progress += 1;
            }
        })
        .unwrap();
    assert_eq!(told, engine.events_after(before, 10_000).unwrap());
    assert!(progress > 0);
    let planned = told.iter().find_map(|event| match &event.body {
        EventBody::Planned { steps, segments, frames, .. } => Some((*steps, *segments, *frames)),
        _ => None,
    });
    assert_eq!(planned, Some((10, 3, 30)));
}

#[test]
fn several_outputs_share_one_audio_and_deliver_together() {
    let stage = Stage::new();
    let engine = stage.engine();
    let outputs = json!([output("master", "{title}", "mov"), output("ladder", "{title}_hls", "hls")]);
    let id =
        stage.submit_one(&engine, "a.mov", profile_of(&outputs, &json!({ "folder": "{profile}/{title}" })));
    run(&engine);
    let job = detail(&engine, id);
    assert_eq!(job.job.state, JobState::Delivered, "{:#?}", job.job.error);
    assert_eq!(stage.count("audio"), 1);
    assert_eq!(stage.count("segment"), 6);
    assert_eq!(
        stage.delivered(),
        [
            "partner/a/a.mov",
            "partner/a/a_hls/main/all.m4s",
            "receipts/partner/a/a.partner.html",
            "receipts/partner/a/a.partner.json"
        ]
    );
}

#[test]
fn the_same_source_is_hashed_once_for_many_profiles() {
    let stage = Stage::new();
    let engine = stage.engine();
    let source = stage.source("a.mov");
    let first = stage.submit(&engine, std::slice::from_ref(&source), profile())[0];
    run(&engine);
    let other = profile_of(&json!([output("other", "{title}_{output}", "mp4")]), &json!({}));
    let second = stage.submit(&engine, &[source], other)[0];
    run(&engine);
    assert_eq!(state(&engine, first), JobState::Delivered);
    assert_eq!(state(&engine, second), JobState::Delivered);
}

#[test]
fn jobs_are_found_by_beginning_and_end_of_their_id() {
    let stage = Stage::new();
    let engine = stage.engine();
    let sources = [stage.source("a.mov"), stage.source("b.mov")];
    let ids = stage.submit(&engine, &sources, profile());
    let text = ids[1].to_string();
    assert_eq!(engine.find_job(&text).unwrap(), ids[1]);
    assert_eq!(engine.find_job(&text[text.len() - 12..]).unwrap(), ids[1]);
    assert!(matches!(engine.find_job(&text[..8]), Err(EngineError::Ambiguous { count: 2, .. })));
    for nobody in ["", "zz", "%", "0000-0000-0000"] {
        assert!(matches!(engine.find_job(nobody), Err(EngineError::NoSuchJob(_))), "{nobody}");
    }
}

#[test]
fn lists_are_filtered_and_newest_first() {
    let stage = Stage::new();
    let engine = stage.engine();
    let sources = [stage.source("a.mov"), stage.source("b.mov"), stage.path("in/gone.mov")];
    let ids = stage.submit(&engine, &sources, profile());
    let all: Vec<_> = engine.jobs(&JobFilter::default()).unwrap().iter().map(|job| job.id).collect();
    assert_eq!(all, [ids[2], ids[1], ids[0]]);
    let filter = JobFilter { state: Some(JobState::Failed), ..JobFilter::default() };
    assert_eq!(engine.jobs(&filter).unwrap().len(), 1);
    let filter = JobFilter { profile: Some("partner".into()), limit: Some(2), ..JobFilter::default() };
    assert_eq!(engine.jobs(&filter).unwrap().len(), 2);
    let filter = JobFilter { profile: Some("nobody".into()), ..JobFilter::default() };
    assert!(engine.jobs(&filter).unwrap().is_empty());
}

#[test]
fn a_second_runner_is_refused_while_submitting_goes_on() {
    let stage = Stage::new();
    let (engine, other) = (stage.engine(), stage.engine());
    let held = Lock::take(&stage.path("data")).unwrap();
    let id = stage.submit_one(&other, "a.mov", profile());
    let refused = other.run(Until::Idle, &AtomicBool::new(false), &mut |_| {});
    assert!(matches!(refused, Err(EngineError::AlreadyRunning)));
    drop(held);
    run(&engine);
    assert_eq!(state(&other, id), JobState::Delivered);
}

#[test]
fn a_runner_takes_what_others_submit_meanwhile() {
    let stage = Stage::new();
    let (engine, other) = (stage.engine(), stage.engine());
    stage.submit_one(&engine, "a.mov", profile());
    let mut late = None;
    engine
        .run(Until::Idle, &AtomicBool::new(false), &mut |feed| {
            if late.is_none() && matches!(feed, Feed::Progress { .. }) {
                late = Some(stage.submit_one(&other, "b.mov", profile()));
            }
        })
        .unwrap();
    assert_eq!(state(&engine, late.unwrap()), JobState::Delivered);
}

#[test]
fn jobs_waited_for_go_first_and_the_rest_stays_in_the_queue() {
    let stage = Stage::new();
    let engine = stage.engine();
    let sources: Vec<_> = (0..5).map(|n| stage.source(&format!("{n}.mov"))).collect();
    let ids = stage.submit(&engine, &sources, profile());
    stage.script(|name, _, _| (name.starts_with("inspect") && !name.contains("4.mov")).then_some(Act::Hang));
    engine.run(Until::Jobs(vec![ids[4]]), &AtomicBool::new(false), &mut |_| {}).unwrap();
    assert_eq!(state(&engine, ids[4]), JobState::Delivered);
    assert!(ids[..4].iter().all(|id| !state(&engine, *id).ended()));
    stage.script(|_, _, _| None);
    run(&engine);
    assert!(ids.iter().all(|id| state(&engine, *id) == JobState::Delivered));
}

#[test]
fn higher_priority_goes_first() {
    let stage = Stage::new();
    let engine = stage.engine_with(|config| config.workers = 1);
    stage.submit_one(&engine, "low.mov", profile());
    let request = SubmitRequest {
        sources: vec![stage.source("high.mov")],
        profiles: vec![profile()],
        out_dir: Some(stage.path("out")),
        engine: crate::route::EngineWish::Auto,
        priority: 5,
        extras: JobExtras::default(),
    };
    let high = engine.submit(request).unwrap()[0];
    run(&engine);
    let mut encoding = Vec::new();
    for event in engine.events_after(0, 10_000).unwrap() {
        if let EventBody::Step { kind: StepKind::Inspect | StepKind::Segment, state, .. } = event.body
            && state == StepState::Running
        {
            encoding.push(event.job);
        }
    }
    assert_eq!(encoding.len(), 8);
    assert!(encoding[..4].iter().all(|job| *job == high));
}

#[test]
fn stopping_gives_the_tries_back_and_a_new_start_goes_on() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    stage.script(|name, count, _| (name.starts_with("segment 1") && count == 1).then_some(Act::Hang));
    run_until_seen(&engine, |feed| {
        matches!(feed, Feed::Event(event) if matches!(&event.body,
            EventBody::Step { kind: StepKind::Segment, state: StepState::Running, label, .. } if label.contains('2')))
    })
    .unwrap();
    let job = detail(&engine, id);
    assert_eq!(job.job.state, JobState::Running);
    let segment = job.steps.iter().find(|step| step.label == "segment 2 of 3").unwrap();
    assert_eq!((segment.state, segment.attempt), (StepState::Ready, 0));
    assert_eq!(segment.attempts[0].outcome.as_deref(), Some("interrupted"));
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Delivered);
    let segment = detail(&engine, id).steps.into_iter().find(|step| step.label == "segment 2 of 3").unwrap();
    assert_eq!((segment.attempt, segment.attempts.len()), (1, 2));
}

#[test]
fn a_run_that_is_stopped_before_it_starts_does_nothing() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    let stop = AtomicBool::new(true);
    engine.run(Until::Stopped, &stop, &mut |_| {}).unwrap();
    assert!(stop.load(Ordering::SeqCst));
    assert_eq!(state(&engine, id), JobState::Queued);
    assert_eq!(stage.count(""), 0);
}

#[test]
fn a_newer_database_is_refused() {
    let stage = Stage::new();
    drop(stage.engine());
    let raw = rusqlite::Connection::open(stage.path("data/spillway.db")).unwrap();
    raw.pragma_update(None, "user_version", 77).unwrap();
    let refused = crate::Engine::open(stage.config());
    assert!(matches!(refused, Err(EngineError::Newer { found: 77, .. })));
}

#[test]
fn the_doctor_finds_a_healthy_stage_healthy() {
    let stage = Stage::new();
    let checks = stage.engine().doctor();
    for check in &checks {
        let healthy = check.verdict == crate::doctor::Health::Ok || check.name.ends_with("-space");
        assert!(healthy, "{check:?}");
    }
    assert!(checks.iter().any(|check| check.name == "encoder-libx264"));
}

#[test]
fn the_frames_of_a_second_count_for_every_output() {
    let stage = Stage::new();
    let engine = stage.engine();
    let one = stage.submit_one(&engine, "one.mov", profile());
    let outputs = json!([output("one", "{title}_1", "mp4"), output("two", "{title}_2", "mp4")]);
    let two = stage.submit_one(&engine, "two.mov", profile_of(&outputs, &json!({})));
    assert_eq!(detail(&engine, one).frame_rate, None, "there is no plan yet");
    run(&engine);
    let rates = [one, two].map(|id| detail(&engine, id).frame_rate);
    assert_eq!(rates, [Some(25.0), Some(50.0)]);
}
