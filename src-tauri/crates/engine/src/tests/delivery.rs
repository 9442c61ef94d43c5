//! Names and places: nothing is ever overwritten, and everything is placed once.

use std::fs;

use serde_json::json;

use super::stage::{Stage, detail, output, profile, profile_of, run, state};
use crate::{EngineError, failure::Code, model::JobState};

fn versioned() -> spillway_profile::Profile {
    profile_of(&json!([output("master", "{title}", "mp4")]), &json!({ "exists": "version" }))
}

#[test]
fn a_name_that_is_taken_on_disk_refuses_the_job_at_once() {
    let stage = Stage::new();
    let engine = stage.engine();
    fs::create_dir(stage.path("out")).unwrap();
    fs::write(stage.path("out/a_master.mp4"), "theirs").unwrap();
    let id = stage.submit_one(&engine, "a.mov", profile());
    let failure = detail(&engine, id).job.error.unwrap();
    assert_eq!(failure.code, Code::OutputExists);
    assert!(failure.safe.contains("not touched"), "{}", failure.safe);
    assert!(
        matches!(engine.retry(id), Err(EngineError::Refused(failure)) if failure.code == Code::OutputExists)
    );
    fs::remove_file(stage.path("out/a_master.mp4")).unwrap();
    engine.retry(id).unwrap();
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Delivered);
}

#[test]
fn names_are_reserved_among_jobs_whatever_their_case() {
    let stage = Stage::new();
    let engine = stage.engine();
    let first = stage.submit_one(&engine, "Clip.mov", profile());
    let second = stage.submit_one(&engine, "clip.mov", profile());
    assert_eq!(state(&engine, first), JobState::Queued);
    assert_eq!(detail(&engine, second).job.error.unwrap().code, Code::OutputExists);
}

#[test]
fn with_versions_every_job_gets_a_name_of_its_own() {
    let stage = Stage::new();
    let engine = stage.engine();
    let source = stage.source("a.mov");
    let ids = stage.submit(&engine, &[source.clone(), source.clone(), source], versioned());
    run(&engine);
    assert!(ids.iter().all(|id| state(&engine, *id) == JobState::Delivered));
    let names: Vec<_> = stage.delivered().into_iter().filter(|name| name.ends_with("mp4")).collect();
    assert_eq!(names, ["a.mp4", "a_2.mp4", "a_3.mp4"]);
    assert_eq!(stage.delivered().len(), 9, "each with receipts of its own: {:?}", stage.delivered());
}

#[test]
fn a_file_that_appears_meanwhile_is_never_replaced() {
    let stage = Stage::new();
    let engine = stage.engine();
    let place = stage.path("out/a_master.mp4");
    let theirs = place.clone();
    stage.script(move |name, _, _| {
        if name.starts_with("measure") {
            fs::write(&theirs, "theirs").unwrap();
        }
        None
    });
    let id = stage.submit_one(&engine, "a.mov", profile());
    run(&engine);
    let failure = detail(&engine, id).job.error.unwrap();
    assert_eq!(failure.code, Code::OutputExists);
    assert_eq!(fs::read(&place).unwrap(), b"theirs");
    assert_eq!(stage.delivered(), ["a_master.mp4"], "nothing of ours stays there");

    fs::remove_file(&place).unwrap();
    stage.script(|_, _, _| None);
    engine.retry(id).unwrap();
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Delivered);
    assert_eq!(stage.count("segment"), 3, "the finished work was kept");
    assert_eq!(stage.count("stitch"), 2, "only joining is done again");
}

#[test]
fn with_versions_a_file_that_appears_meanwhile_is_stepped_around() {
    let stage = Stage::new();
    let engine = stage.engine();
    let folder = stage.path("out");
    stage.script(move |name, _, _| {
        if name.starts_with("measure") {
            fs::write(folder.join("a.mp4"), "theirs").unwrap();
            fs::write(folder.join("a_2.mp4"), "theirs").unwrap();
        }
        None
    });
    let id = stage.submit_one(&engine, "a.mov", versioned());
    run(&engine);
    let job = detail(&engine, id).job;
    assert_eq!(job.state, JobState::Delivered);
    assert_eq!(job.outputs[0].path, stage.path("out/a_3.mp4"));
    assert_eq!(fs::read(stage.path("out/a.mp4")).unwrap(), b"theirs");
}

#[test]
fn nothing_is_placed_when_one_of_several_outputs_cannot_be() {
    let stage = Stage::new();
    let engine = stage.engine();
    let folder = stage.path("out");
    stage.script(move |name, _, _| {
        if name.starts_with("measure") {
            fs::write(folder.join("two.mp4"), "theirs").unwrap();
        }
        None
    });
    let outputs = json!([output("one", "one", "mp4"), output("two", "two", "mp4")]);
    let id = stage.submit_one(&engine, "a.mov", profile_of(&outputs, &json!({})));
    run(&engine);
    assert_eq!(detail(&engine, id).job.error.unwrap().code, Code::OutputExists);
    assert!(!stage.path("out/one.mp4").exists());
}

#[test]
fn names_beyond_text_are_refused_in_words() {
    use std::os::unix::ffi::OsStringExt;
    let stage = Stage::new();
    let engine = stage.engine();
    let name = std::ffi::OsString::from_vec(b"a\xff.mov".to_vec());
    let path = stage.path("in").join(name);
    fs::write(&path, "x").unwrap();
    let id = stage.submit(&engine, &[path], profile())[0];
    let failure = detail(&engine, id).job.error.unwrap();
    assert_eq!(failure.code, Code::NameImpossible);
    assert!(failure.why.contains("UTF-8"));
}

#[test]
fn odd_names_go_through() {
    let stage = Stage::new();
    let engine = stage.engine();
    for name in ["-rf.mov", "a:b.mov", "..mov", "emoji \u{1f3ac}.mov", "c\nd.mov", "%03d.mov", "$(id).mov"] {
        let id = stage.submit_one(&engine, name, profile());
        run(&engine);
        assert_eq!(state(&engine, id), JobState::Delivered, "{name:?} {:#?}", detail(&engine, id).job.error);
    }
    let long = format!("{}.mov", "n".repeat(251));
    let id = stage.submit_one(&engine, &long, profile());
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Delivered, "{:#?}", detail(&engine, id).job.error);
}
