//! Looking at files, trying submissions out, forecasts, pictures.

use std::{
    fs,
    sync::{Arc, Barrier, atomic::Ordering},
};

use serde_json::json;
use spillway_profile::{Profile, Verdict};

use super::{
    hands::fails,
    stage::{Stage, detail, output, profile, profile_of, run, state},
};
use crate::{
    Engine,
    failure::Code,
    model::{JobExtras, JobFilter, JobState, SubmitRequest, Wish},
    picture::Moment,
};

fn request(stage: &Stage, names: &[&str], profiles: Vec<Profile>) -> SubmitRequest {
    let sources = names.iter().map(|name| stage.source(name)).collect();
    SubmitRequest {
        sources,
        profiles,
        out_dir: Some(stage.path("out")),
        engine: crate::route::EngineWish::Auto,
        priority: 0,
        extras: JobExtras::default(),
    }
}

/// Numbers names that are taken.
fn versions() -> Profile {
    let outputs = json!([output("master", "{title}_{output}", "mp4")]);
    profile_of(&outputs, &json!({ "exists": "version" }))
}

fn other() -> Profile {
    let mut other = profile_of(&json!([output("web", "{title}_web", "mp4")]), &json!({}));
    other.id = "other".into();
    other
}

fn jobs(engine: &Engine) -> usize {
    engine.jobs(&JobFilter::default()).unwrap().len()
}

#[test]
fn a_rehearsal_says_what_a_submission_does_and_leaves_nothing() {
    let stage = Stage::new();
    let engine = stage.engine();
    stage.submit_one(&engine, "a.mov", profile());
    fs::create_dir_all(stage.path("out")).unwrap();
    fs::write(stage.path("out/b_master.mp4"), "old").unwrap();
    // The same name three times over, each file with profiles of its own.
    let requests = [
        request(&stage, &["a.mov", "b.mov"], vec![versions(), other()]),
        request(&stage, &["b.mov"], vec![versions()]),
        request(&stage, &["a.mov"], vec![profile()]),
        request(&stage, &["gone.mov"], vec![profile()]),
    ];
    fs::remove_file(stage.path("in/gone.mov")).unwrap();
    let before = (engine.last_seq().unwrap(), jobs(&engine));
    let rehearsal = engine.rehearse(&requests).unwrap();
    assert_eq!(engine.rehearse(&requests).unwrap().jobs, rehearsal.jobs, "the same again");
    assert_eq!((engine.last_seq().unwrap(), jobs(&engine)), before);

    let ids = engine.submit_all(requests.to_vec()).unwrap();
    assert_eq!(ids.len(), rehearsal.jobs.len());
    run(&engine);
    for (id, told) in ids.iter().zip(&rehearsal.jobs) {
        let job = detail(&engine, *id).job;
        assert_eq!((&job.source, &job.profile), (&told.source, &told.profile));
        assert_eq!(job.error.as_ref().map(|e| e.code), told.failure.as_ref().map(|e| e.code));
        let delivered: Vec<_> = job.outputs.iter().map(|output| &output.path).collect();
        assert_eq!(delivered, told.outputs.iter().map(|output| &output.path).collect::<Vec<_>>());
    }
    let numbered: Vec<Vec<bool>> =
        rehearsal.jobs.iter().map(|job| job.outputs.iter().map(|o| o.numbered).collect()).collect();
    assert_eq!(numbered, [vec![true], vec![false], vec![true], vec![false], vec![true], vec![], vec![]]);
    let taken = rehearsal.jobs[5].failure.as_ref().unwrap();
    assert_eq!(taken.code, Code::OutputExists);
    assert!(taken.next.ends_with("then try again."), "{}", taken.next);
    let gone = &rehearsal.jobs[6];
    assert_eq!(gone.failure.as_ref().map(|e| e.code), Some(Code::SourceMissing));
    assert_eq!(gone.finish_ms, None);
    assert!(rehearsal.bytes_free.is_some_and(|bytes| bytes > 0));
}

#[test]
fn jobs_of_a_rehearsal_end_behind_what_is_before_them() {
    let stage = Stage::new();
    let engine = stage.engine();
    let wanted = [request(&stage, &["x.mov"], vec![profile()])];
    let alone = engine.rehearse(&wanted).unwrap().finish_ms.unwrap();
    stage.submit_one(&engine, "a.mov", profile());
    let behind = engine.rehearse(&wanted).unwrap();
    assert!(behind.finish_ms.unwrap() >= alone);
    assert!(engine.forecast().unwrap()[0].finish_ms <= behind.finish_ms.unwrap());
    let first = SubmitRequest { priority: 1, ..wanted[0].clone() };
    assert!(engine.rehearse(&[first]).unwrap().finish_ms.unwrap() <= behind.finish_ms.unwrap());
}

#[test]
fn a_forecast_follows_the_queue_and_learns() {
    let stage = Stage::new();
    let engine = stage.engine();
    assert_eq!(engine.forecast().unwrap(), []);
    let done = stage.submit_one(&engine, "a.mov", profile());
    assert!(!engine.forecast().unwrap()[0].measured);
    // Each segment takes a minute.
    let clock = stage.clock.clone();
    stage.script(move |name, _, _| {
        if name.starts_with("segment") {
            clock.0.fetch_add(60_000, Ordering::SeqCst);
        }
        None
    });
    run(&engine);
    assert_eq!(state(&engine, done), JobState::Delivered);
    let sources = ["b.mov", "c.mov"].map(|name| stage.source(name));
    let seen = engine.look(&sources[0], &[profile()]).unwrap();
    let (work_ms, measured) = (seen.offers[0].work_ms.unwrap(), seen.offers[0].measured);
    assert!(measured && work_ms >= 60_000, "{work_ms}");

    let ids = stage.submit(&engine, &sources, profile());
    let ends = engine.forecast().unwrap();
    assert_eq!(ends.iter().map(|end| end.job).collect::<Vec<_>>(), ids);
    assert!(ends[0].measured && ends[0].finish_ms <= ends[1].finish_ms);
    assert!(ends[0].start_ms < ends[1].start_ms && ends[1].start_ms < Some(ends[1].finish_ms));
    let now = stage.clock.0.load(Ordering::SeqCst);
    assert_eq!(ends[0].finish_ms - now, work_ms, "the look and the queue agree");
    engine.wish(ids[0], Wish::Pause).unwrap();
    assert_eq!(engine.forecast().unwrap().iter().map(|end| end.job).collect::<Vec<_>>(), ids[1..]);
}

#[test]
fn a_file_is_looked_at_once_until_it_changes() {
    let stage = Stage::new();
    let engine = stage.engine();
    let source = stage.source("a.mov");
    let one = engine.look(&source, &[profile()]).unwrap();
    assert_eq!((one.offers.len(), one.offers[0].segments, one.offers[0].verdict), (1, 3, Verdict::Pass));
    let two = engine.look(&source, &[other(), profile()]).unwrap();
    assert_eq!(
        two.offers.iter().map(|offer| offer.profile.as_str()).collect::<Vec<_>>(),
        ["other", "partner"]
    );
    assert_eq!(two.offers[1], one.offers[0]);
    assert_eq!(two.facts.duration_ms, Some(1_200));
    assert_eq!(stage.count("inspect"), 1);
    fs::write(&source, "another version").unwrap();
    engine.look(&source, &[profile()]).unwrap();
    assert_eq!(stage.count("inspect"), 2);
    let left = fs::read_dir(stage.path("data/looks")).unwrap().count();
    assert_eq!(left, 0, "indexes are not left behind");
}

#[test]
fn what_would_stop_is_offered_with_its_reason() {
    let stage = Stage::new();
    stage.hands.refuse.store(true, Ordering::SeqCst);
    let engine = stage.engine();
    let offer = engine.look(&stage.source("a.mov"), &[profile()]).unwrap().offers.remove(0);
    assert_eq!((offer.verdict, offer.work_ms, offer.measured), (Verdict::Stop, None, false));
    assert_eq!(offer.failure.map(|failure| failure.code), Some(Code::NotAccepted));
    stage.script(|name, _, _| {
        name.starts_with("inspect").then(|| fails(spillway_media::types::MediaCode::Encrypted))
    });
    let refused = engine.look(&stage.source("b.mov"), &[profile()]).unwrap_err();
    assert_eq!(refused.code, Code::Encrypted);
}

#[test]
fn a_picture_is_made_once_for_each_moment_and_version() {
    let stage = Stage::new();
    let engine = Arc::new(stage.engine());
    let source = stage.source("a.mov");
    let start = Barrier::new(6);
    let paths: Vec<_> = std::thread::scope(|scope| {
        let ask = || {
            start.wait();
            engine.picture(&source, Moment::Poster, 90).unwrap()
        };
        let askers: Vec<_> = (0..6).map(|_| scope.spawn(ask)).collect();
        askers.into_iter().map(|asker| asker.join().unwrap()).collect()
    });
    assert!(paths.iter().all(|path| *path == paths[0]) && paths[0].is_file());
    assert_eq!(stage.count("picture"), 1);
    let at = engine.picture(&source, Moment::At(40), 90).unwrap();
    assert_ne!(at, paths[0]);
    fs::write(&source, "another version").unwrap();
    assert_ne!(engine.picture(&source, Moment::Poster, 90).unwrap(), paths[0]);
    assert_eq!(stage.count("picture"), 3);
    let refused = engine.picture(&stage.path("in/gone.mov"), Moment::Poster, 90).unwrap_err();
    assert_eq!(refused.code, Code::SourceMissing);
}

#[test]
fn folders_of_hls_have_pictures_too() {
    let stage = Stage::new();
    let engine = stage.engine();
    let folder = stage.path("in/film");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("film.m3u8"), "#EXTM3U\n").unwrap();
    let of_folder = engine.picture(&folder, Moment::Poster, 90).unwrap();
    let of_playlist = engine.picture(&folder.join("film.m3u8"), Moment::Poster, 90).unwrap();
    assert!(of_folder.is_file() && of_playlist.is_file());
}

#[test]
fn the_sample_is_made_once_and_anew_when_it_is_gone() {
    let stage = Stage::new();
    let engine = stage.engine();
    let sample = engine.sample_master().unwrap();
    assert_eq!(engine.sample_master().unwrap(), sample);
    assert_eq!(stage.count("sample"), 1);
    fs::remove_file(&sample).unwrap();
    assert!(engine.sample_master().unwrap().is_file());
    assert_eq!(stage.count("sample"), 2);
}
