//! Failures: which are tried again and when, what is kept, what is said.

use serde_json::json;
use spillway_media::types::MediaCode;

use super::{
    hands::{Act, crashes, fails},
    stage::{Stage, detail, output, profile, profile_of, run, state},
};
use crate::{
    EngineError,
    failure::Code,
    model::{EventBody, JobState, StepKind, StepState},
};

#[test]
fn a_crashing_worker_is_tried_again_with_growing_patience_and_no_more_often_than_allowed() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    stage.script(|name, _, _| name.starts_with("segment 1").then(crashes));
    run(&engine);
    let job = detail(&engine, id);
    assert_eq!(job.job.state, JobState::Failed);
    let step = job.steps.iter().find(|step| step.label == "segment 2 of 3").unwrap();
    assert_eq!((step.state, step.attempt, step.attempts.len()), (StepState::Failed, 3, 3));
    let waits: Vec<i64> =
        step.attempts.windows(2).map(|pair| pair[1].started_ms - pair[0].ended_ms.unwrap()).collect();
    assert_eq!(waits, [1_000, 2_000]);
    let failure = job.job.error.unwrap();
    assert_eq!(failure.code, Code::WorkerCrashed);
    assert!(failure.what.contains("a.mov"), "{}", failure.what);
    assert!(failure.did.contains("3 times"), "{}", failure.did);
    assert!(failure.safe.contains("2 of 3"), "{}", failure.safe);
    assert!(failure.next.contains(&id.to_string()), "{}", failure.next);
    assert!(failure.details.contains("scripted"), "{}", failure.details);
}

#[test]
fn a_failure_that_passes_costs_nothing_but_time() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    stage.script(|name, count, _| (name.starts_with("segment") && count == 1).then(|| fails(MediaCode::Io)));
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Delivered);
    assert_eq!(stage.count("segment"), 6);
}

#[test]
fn retry_resumes_and_never_starts_over() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    stage.script(|name, _, _| name.starts_with("segment 1").then(crashes));
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Failed);
    let before = (stage.count("inspect"), stage.count("segment 0"), stage.count("segment 2"));
    stage.script(|_, _, _| None);
    engine.retry(id).unwrap();
    assert_eq!(state(&engine, id), JobState::Queued);
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Delivered);
    assert_eq!((stage.count("inspect"), stage.count("segment 0"), stage.count("segment 2")), before);
    assert!(matches!(engine.retry(id), Err(EngineError::NotPossible { state: JobState::Delivered, .. })));
}

#[test]
fn parts_altered_before_a_retry_are_made_again_and_only_those() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    stage.script(|name, _, _| name.starts_with("stitch").then(crashes));
    run(&engine);
    let part = stage.path(&format!("work/{id}/plan-0/0-picture-0-00001.packets"));
    std::fs::write(&part, "10+1X\n").unwrap();
    stage.script(|_, _, _| None);
    engine.retry(id).unwrap();
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Delivered);
    let counts = ["segment 0", "segment 1", "segment 2", "audio", "inspect"].map(|name| stage.count(name));
    assert_eq!(counts, [1, 2, 1, 1, 1]);
}

#[test]
fn parts_lost_before_the_stitch_are_made_again() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    let part = stage.path(&format!("work/{id}/plan-0/0-picture-0-00002.packets"));
    stage.script(move |name, count, _| {
        if name.starts_with("stitch") && count == 1 {
            std::fs::write(&part, "cut").unwrap();
        }
        None
    });
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Delivered);
    assert_eq!((stage.count("segment 2"), stage.count("segment 1"), stage.count("stitch")), (2, 1, 2));
    assert_eq!(
        std::fs::read_to_string(stage.path("out/a_master.mp4")).unwrap(),
        "0+10\n10+10\n20+10\nsound\n"
    );
}

#[test]
fn a_disk_that_eats_parts_again_and_again_ends_the_job() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    let part = stage.path(&format!("work/{id}/plan-0/0-picture-0-00002.packets"));
    stage.script(move |name, _, _| {
        if name.starts_with("stitch") {
            std::fs::write(&part, "cut").unwrap();
        }
        None
    });
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Failed);
    assert_eq!(stage.count("stitch"), 3);
}

#[test]
fn an_output_lost_or_altered_before_it_is_verified_is_stitched_again() {
    for text in [None, Some("altered")] {
        let stage = Stage::new();
        let engine = stage.engine();
        let id = stage.submit_one(&engine, "a.mov", profile());
        let temp = stage.path(&format!("out/.spillway-{id}-0.mp4"));
        stage.script(move |name, count, _| {
            if !name.starts_with("measure") || count > 1 {
                return None;
            }
            match text {
                Some(text) => std::fs::write(&temp, text).unwrap(),
                None => std::fs::remove_file(&temp).unwrap(),
            }
            text.is_none().then(|| fails(MediaCode::NotFound))
        });
        run(&engine);
        assert_eq!(state(&engine, id), JobState::Delivered);
        assert_eq!((stage.count("segment"), stage.count("stitch"), stage.count("measure")), (3, 2, 2));
    }
}

#[test]
fn frames_that_do_not_match_lead_to_safer_plans_and_in_the_end_to_a_verdict() {
    let stage = Stage::new();
    let engine = stage.engine();
    let once = stage.submit_one(&engine, "once.mov", profile());
    stage.script(|name, _, _| {
        name.contains("plan-0/")
            .then(|| fails(MediaCode::FrameMismatch))
            .filter(|_| name.starts_with("segment"))
    });
    run(&engine);
    assert_eq!(state(&engine, once), JobState::Delivered);
    assert_eq!(stage.count("inspect"), 2);
    assert!(stage.work_is_empty());
    let reopened = detail(&engine, once).events.into_iter().any(|event| {
        matches!(
            event.body,
            EventBody::Step { kind: StepKind::Inspect, state: StepState::Ready, failure: Some(_), .. }
        )
    });
    assert!(reopened, "the reason is in the journal");

    let twice = stage.submit_one(&engine, "twice.mov", profile());
    stage.script(|name, _, _| {
        (name.starts_with("segment") && !name.contains("plan-2/")).then(|| fails(MediaCode::FrameMismatch))
    });
    run(&engine);
    assert_eq!(state(&engine, twice), JobState::Delivered);
    assert_eq!(stage.count("inspect twice"), 3);
    let segments = detail(&engine, twice).steps.iter().filter(|step| step.kind == StepKind::Segment).count();
    assert_eq!(segments, 1, "the last way decodes from the first frame to the last");

    let never = stage.submit_one(&engine, "never.mov", profile());
    stage.script(|name, _, _| name.starts_with("segment").then(|| fails(MediaCode::FrameMismatch)));
    run(&engine);
    let job = detail(&engine, never);
    assert_eq!(job.job.error.unwrap().code, Code::Damaged);
    assert!(stage.work_is_empty(), "work on a source that is no good is not kept");
}

#[test]
fn what_cannot_be_mended_is_tried_once() {
    for (code, expected) in [
        (MediaCode::NotMedia, Code::NotMedia),
        (MediaCode::Encrypted, Code::Encrypted),
        (MediaCode::Playlist, Code::Playlist),
        (MediaCode::Truncated, Code::SourceIncomplete),
        (MediaCode::TooLarge, Code::TooLarge),
    ] {
        let stage = Stage::new();
        let engine = stage.engine();
        let id = stage.submit_one(&engine, "a.mov", profile());
        stage.script(move |name, _, _| name.starts_with("inspect").then(|| fails(code)));
        run(&engine);
        assert_eq!(detail(&engine, id).job.error.unwrap().code, expected);
        assert_eq!(stage.count("inspect"), 1);
    }
}

#[test]
fn a_source_that_changes_spoils_the_job_and_the_retry_takes_the_new_version() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    let source = stage.path("in/a.mov");
    stage.script(move |name, count, _| {
        if name.starts_with("segment 1") && count == 1 {
            std::fs::write(&source, "something longer than before").unwrap();
        }
        None
    });
    run(&engine);
    let job = detail(&engine, id);
    assert_eq!(job.job.error.unwrap().code, Code::SourceChanged);
    assert!(stage.delivered().is_empty());
    assert!(stage.work_is_empty());
    engine.retry(id).unwrap();
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Delivered);
    assert_eq!(stage.count("inspect"), 2);
}

#[test]
fn a_refused_source_can_be_retried_when_the_reason_is_gone() {
    let stage = Stage::new();
    stage.hands.refuse.store(true, std::sync::atomic::Ordering::SeqCst);
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    run(&engine);
    assert_eq!(detail(&engine, id).job.error.unwrap().code, Code::NotAccepted);
    stage.hands.refuse.store(false, std::sync::atomic::Ordering::SeqCst);
    engine.retry(id).unwrap();
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Delivered);
}

#[test]
fn a_panic_in_a_step_is_a_failed_job_and_not_a_dead_engine() {
    let stage = Stage::new();
    let engine = stage.engine();
    let bad = stage.submit_one(&engine, "bad.mov", profile());
    let good = stage.submit_one(&engine, "good.mov", profile());
    stage.script(|name, _, _| (name == "inspect bad.mov").then_some(Act::Panic));
    run(&engine);
    assert_eq!(detail(&engine, bad).job.error.unwrap().code, Code::Internal);
    assert_eq!(state(&engine, good), JobState::Delivered);
}

#[test]
fn an_output_that_breaks_a_rule_is_not_delivered() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    let folder = stage.path(&format!("work/{id}/plan-0"));
    stage.script(move |name, _, task| {
        if let (true, spillway_media::task::Task::Stitch(task)) = (name.starts_with("stitch"), task) {
            assert!(task.out.starts_with(folder.ancestors().nth(3).unwrap()));
            // The joined text carries the fault into the measurement.
            std::fs::write(&task.audio[0], "FAULT\n").unwrap();
        }
        None
    });
    run(&engine);
    let failure = detail(&engine, id).job.error.unwrap();
    assert_eq!(failure.code, Code::VerificationFailed);
    assert!(failure.why.contains("expected none, measured a fault"), "{}", failure.why);
    assert!(stage.delivered().is_empty(), "temporary files are gone too");
    stage.script(|_, _, _| None);
    engine.retry(id).unwrap();
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Delivered);
}

#[test]
fn an_output_that_cannot_be_verified_leaves_nothing_behind_and_the_retry_joins_the_same_parts_again() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    stage.script(|name, _, _| name.starts_with("measure").then(crashes));
    run(&engine);
    assert_eq!(detail(&engine, id).job.error.unwrap().code, Code::WorkerCrashed);
    assert_eq!(stage.delivered(), [""; 0], "no temporary file stays in the destination");
    assert!(!stage.work_is_empty(), "the parts are kept");
    let before = ["inspect", "segment", "audio", "stitch"].map(|name| stage.count(name));
    stage.script(|_, _, _| None);
    engine.retry(id).unwrap();
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Delivered);
    let after = ["inspect", "segment", "audio", "stitch"].map(|name| stage.count(name));
    assert_eq!(after, [before[0], before[1], before[2], before[3] + 1]);
    assert!(stage.work_is_empty());
}

#[test]
fn one_bad_file_does_not_hold_up_a_batch() {
    let stage = Stage::new();
    let engine = stage.engine();
    std::fs::create_dir(stage.path("in/folder.mov")).unwrap();
    std::fs::write(stage.path("in/empty.mov"), "").unwrap();
    let sources = [
        stage.path("in/gone.mov"),
        stage.path("in/folder.mov"),
        stage.path("in/empty.mov"),
        stage.source("good.mov"),
    ];
    let ids = stage.submit(&engine, &sources, profile());
    run(&engine);
    let codes: Vec<_> = ids[..3].iter().map(|id| detail(&engine, *id).job.error.unwrap().code).collect();
    assert_eq!(codes, [Code::SourceMissing, Code::NotMedia, Code::SourceEmpty]);
    assert_eq!(state(&engine, ids[3]), JobState::Delivered);
    stage.source("gone.mov");
    engine.retry(ids[0]).unwrap();
    assert!(
        matches!(engine.retry(ids[2]), Err(EngineError::Refused(failure)) if failure.code == Code::SourceEmpty)
    );
    run(&engine);
    assert_eq!(state(&engine, ids[0]), JobState::Delivered);
}

#[test]
fn the_failure_of_one_output_leaves_the_other_undelivered() {
    let stage = Stage::new();
    let engine = stage.engine();
    let outputs = json!([output("one", "{title}_1", "mp4"), output("two", "{title}_2", "mp4")]);
    let id = stage.submit_one(&engine, "a.mov", profile_of(&outputs, &json!({})));
    let second = format!("measure .spillway-{id}-1.mp4");
    stage.script(move |name, _, _| (name == second).then(|| fails(MediaCode::Unsupported)));
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Failed);
    assert!(stage.delivered().is_empty());
}
