//! Dying at any point of the way through the cloud: nothing is paid for twice, nothing stays there.

use std::{
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, ExitStatus},
    sync::{Arc, atomic::Ordering},
};

use super::{
    basic::{check, engine, set_up, submit},
    sky::Sky,
};
use crate::{
    CLOUD_FAULT_POINTS,
    cost::{ChargeState, Resource},
    fault::Fault,
    route::EngineWish,
    tests::stage::{Stage, run},
};

const STAGE: &str = "SPILLWAY_TEST_STAGE";
const POINT: &str = "SPILLWAY_TEST_POINT";
const PASS: &str = "SPILLWAY_TEST_PASS";
const SIGABRT: i32 = 6;

/// Runs the engine of a stage in a process of its own, which dies at a fault point.
fn die_at(stage: &Stage, point: &str, pass: u32) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "tests::cloud::crash::every_fault_point_is_survived", "--test-threads=1"]);
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
    let sky = Sky::over(&stage.path("sky"), &stage.clock);
    let engine = stage.engine_with(|config| {
        set_up(config);
        config.fault = Some(fault);
    });
    run(&engine.with_cloud(Arc::new(sky)));
    true
}

/// Dies there once or twice, and goes on `later_ms` after that.
fn survive(point: &str, pass: u32, times: u32, later_ms: i64) {
    let at = format!("{point}, pass {pass}, {times} times, {later_ms} ms later");
    let stage = Stage::new();
    let sky = Sky::over(&stage.path("sky"), &stage.clock);
    let submitted = engine(&stage, &sky);
    let id = submit(&stage, &submitted, EngineWish::Cloud);
    drop(submitted);
    assert_eq!(die_at(&stage, point, pass).signal(), Some(SIGABRT), "{at}");
    for _ in 1..times {
        // It may be past this point.
        die_at(&stage, point, 1);
    }
    stage.clock.0.fetch_add(later_ms, Ordering::SeqCst);
    let engine = engine(&stage, &sky);
    run(&engine);
    check(&stage, &sky, &engine, id, &at);
    assert_eq!(sky.bill(), ["00000", "00001", "00002"], "{at}");
    let charges = engine.ledger(id).unwrap();
    let minutes: Vec<_> = charges.iter().filter(|line| line.resource == Resource::Transcode).collect();
    assert_eq!(minutes.len(), 3, "{at}: {charges:#?}");
    assert!(minutes.iter().all(|line| line.state == ChargeState::Settled), "{at}: {charges:#?}");
}

#[test]
fn every_fault_point_is_survived() {
    if act_as_victim() {
        return;
    }
    for point in CLOUD_FAULT_POINTS {
        survive(point, 1, 1, 0);
    }
}

#[test]
fn every_point_that_costs_money_is_survived_at_any_time() {
    for point in ["desk.intent-recorded", "desk.created", "desk.recorded", "desk.completed", "desk.settled"] {
        for (pass, times, later_ms) in [(1, 2, 0), (1, 1, 600_000), (2, 2, 600_000), (3, 1, 45_000)] {
            survive(point, pass, times, later_ms);
        }
    }
}
