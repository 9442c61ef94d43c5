//! Dying at any point: what was finished is kept, what was not is done again, everything is delivered once.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, ExitStatus},
    sync::atomic::AtomicBool,
};

use super::stage::{Stage, detail, profile, run, state};
use crate::{
    Engine, FAULT_POINTS, Until,
    db::{self, Lane, Tx},
    failure::Code,
    fault::Fault,
    model::{EventBody, Feed, JobId, JobState, StepKind, StepState},
};

const TEXT: &str = "0+10\n10+10\n20+10\nsound\n";
const STAGE: &str = "SPILLWAY_TEST_STAGE";
const POINT: &str = "SPILLWAY_TEST_POINT";
const PASS: &str = "SPILLWAY_TEST_PASS";
const SIGABRT: i32 = 6;

/// Runs the engine of a stage in a process of its own, which dies at a fault point.
fn die_at(stage: &Stage, point: &str, pass: u32) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "tests::crash::every_fault_point_is_survived", "--test-threads=1"]);
    command
        .env(STAGE, stage.path(""))
        .env(POINT, point)
        .env(PASS, pass.to_string())
        .current_dir(stage.path(""));
    command.output().unwrap().status
}

/// The other side of [`die_at`].
fn act_as_victim() -> bool {
    let Some(root) = std::env::var_os(STAGE) else { return false };
    let fault =
        Fault { point: std::env::var(POINT).unwrap(), pass: std::env::var(PASS).unwrap().parse().unwrap() };
    let stage = Stage::at(Path::new(&root));
    run(&stage.engine_with(|config| config.fault = Some(fault)));
    true
}

fn segments_done(engine: &Engine, id: JobId) -> u32 {
    let steps = detail(engine, id).steps;
    let done =
        steps.iter().filter(|step| step.kind == StepKind::Segment && step.state == StepState::Done).count();
    u32::try_from(done).unwrap()
}

/// That the job is delivered once, whole, with nothing left behind.
fn check(stage: &Stage, engine: &Engine, id: JobId, at: &str) {
    let job = detail(engine, id);
    assert_eq!(job.job.state, JobState::Delivered, "{at}: {:#?}", job.job.error);
    assert_eq!(fs::read_to_string(&job.job.outputs[0].path).unwrap(), TEXT, "{at}");
    assert_eq!(
        stage.delivered(),
        ["a_master.mp4", "receipts/a_master.partner.html", "receipts/a_master.partner.json"],
        "{at}"
    );
    assert!(stage.work_is_empty(), "{at}");
    assert!(job.steps.iter().all(|step| step.state == StepState::Done && step.attempt == 1), "{at}");
    let ends = job
        .events
        .iter()
        .filter(|event| matches!(&event.body, EventBody::Job { state, .. } if *state == JobState::Delivered));
    assert_eq!(ends.count(), 1, "{at}");
}

#[test]
fn every_fault_point_is_survived() {
    if act_as_victim() {
        return;
    }
    for point in FAULT_POINTS {
        let stage = Stage::new();
        let id = stage.submit_one(&stage.engine(), "a.mov", profile());
        if point.starts_with("recover.") {
            assert_eq!(die_at(&stage, "segment.finished", 2).signal(), Some(SIGABRT), "{point}");
        }
        assert_eq!(die_at(&stage, point, 1).signal(), Some(SIGABRT), "{point} was passed");
        let engine = stage.engine();
        let done = segments_done(&engine, id);
        let planned = detail(&engine, id).steps.len() > 2;
        run(&engine);
        check(&stage, &engine, id, point);
        let expected = if planned { 3 - done } else { 3 };
        assert_eq!(stage.count("segment"), expected, "{point}: finished segments are kept");
    }
}

#[test]
fn a_death_in_the_middle_of_parallel_work_is_survived() {
    for (point, pass) in
        [("segment.worked", 2), ("claim.committed", 3), ("deliver.renamed", 2), ("deliver.intent", 3)]
    {
        let stage = Stage::new();
        let id = stage.submit_one(&stage.engine(), "a.mov", profile());
        assert_eq!(die_at(&stage, point, pass).signal(), Some(SIGABRT), "{point}");
        let engine = stage.engine();
        run(&engine);
        check(&stage, &engine, id, point);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).into_iter().flatten().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else if let Err(error) = fs::copy(entry.path(), &target) {
            // Workers of the run that is copied make and remove files meanwhile.
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        }
    }
}

#[test]
fn every_prefix_of_a_run_leads_to_the_same_end() {
    const FOLDERS: [&str; 3] = ["data", "work", "out"];
    let stage = Stage::new();
    let (engine, other) = (stage.engine(), stage.engine());
    let id = stage.submit_one(&engine, "a.mov", profile());
    let mut prefixes = 0;
    engine
        .run(Until::Idle, &AtomicBool::new(false), &mut |feed| {
            if matches!(feed, Feed::Event(event) if event.seq == other.last_seq().unwrap()) {
                for folder in FOLDERS {
                    copy(&stage.path(folder), &stage.path(&format!("prefix-{prefixes}/{folder}")));
                }
                prefixes += 1;
            }
        })
        .unwrap();
    check(&stage, &engine, id, "undisturbed");
    drop((engine, other));
    assert!(prefixes > 6, "{prefixes}");
    for prefix in 0..prefixes {
        for folder in FOLDERS {
            fs::remove_dir_all(stage.path(folder)).unwrap();
            copy(&stage.path(&format!("prefix-{prefix}/{folder}")), &stage.path(folder));
        }
        let again = Stage::at(&stage.path(""));
        let engine = again.engine();
        let done = segments_done(&engine, id);
        run(&engine);
        check(&again, &engine, id, &format!("prefix {prefix}"));
        assert!(again.count("segment") <= 3 - done, "prefix {prefix}");
    }
}

#[test]
fn a_file_that_takes_the_engine_down_every_time_does_not_do_so_for_ever() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    let mut connection = db::open(&stage.path("data")).unwrap();
    let mut deaths = 0;
    while state(&engine, id) != JobState::Failed {
        let tx = Tx::begin(&mut connection, 0).unwrap();
        assert!(tx.claim(Lane::Encode, &[]).unwrap().is_some(), "after {deaths} deaths");
        tx.commit().unwrap();
        engine.run(Until::Idle, &AtomicBool::new(true), &mut |_| {}).unwrap();
        deaths += 1;
        assert!(deaths < 100);
    }
    assert_eq!(deaths, 11, "eight are put down to the engine, three to the file");
    assert_eq!(detail(&engine, id).job.error.unwrap().code, Code::Internal);
    engine.retry(id).unwrap();
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Delivered);
}

#[test]
fn orphaned_work_is_removed_and_nothing_else() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    let orphan = stage.path(&format!("work/{}", uuid::Uuid::now_v7()));
    let (mine, theirs) = (stage.path(&format!("work/{id}")), stage.path("work/holiday pictures"));
    for folder in [&orphan, &mine, &theirs] {
        fs::create_dir_all(folder).unwrap();
    }
    engine.run(Until::Idle, &AtomicBool::new(true), &mut |_| {}).unwrap();
    assert!(!orphan.exists());
    assert!(mine.exists() && theirs.exists());
}
