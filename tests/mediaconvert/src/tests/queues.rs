//! Queues: order, caps, pauses.

use std::time::Duration;

use aws_sdk_mediaconvert::types::{JobStatus, QueueStatus};
use serde_json::json;

use super::{Stage, simple};
use crate::Status;

fn queued(name: &str, queue: &str, priority: i32) -> serde_json::Value {
    let mut request = simple(name);
    request["queue"] = json!(queue);
    request["priority"] = json!(priority);
    request
}

#[test]
fn a_queue_runs_so_many_at_a_time_by_priority_then_in_order() {
    let stage = Stage::without_media(10.0);
    stage.run(stage.client.create_queue().name("two").concurrent_jobs(2).send()).unwrap();
    for (name, priority) in [("a", 0), ("b", 0), ("c", 0), ("d", 5), ("e", -5), ("f", 5)] {
        stage.accepted(&queued(name, "two", priority));
    }
    let running = || {
        let jobs = stage.simulator.jobs();
        let running = jobs.iter().filter(|job| job.status == Status::Progressing);
        running.map(|job| job.inputs[0].replace("s3://bucket/", "")).collect::<Vec<_>>()
    };
    let queue = stage.run(stage.client.get_queue().name("two").send()).unwrap().queue.unwrap();
    assert_eq!((queue.progressing_jobs_count(), queue.submitted_jobs_count()), (Some(2), Some(4)));
    assert_eq!(queue.concurrent_jobs(), Some(2));
    assert_eq!(running(), ["a", "b"]);
    stage.simulator.advance(Duration::from_secs(10));
    assert_eq!(running(), ["d", "f"]);
    stage.simulator.advance(Duration::from_secs(10));
    assert_eq!(running(), ["c", "e"]);
    // A long time at once is the same as many short ones.
    stage.simulator.advance(Duration::from_secs(1000));
    let took: Vec<f64> =
        stage.simulator.jobs().iter().map(|job| (job.finished.unwrap() - job.created).round()).collect();
    assert_eq!(took, [10.0, 10.0, 30.0, 20.0, 30.0, 20.0]);
}

#[test]
fn a_paused_queue_holds_its_jobs_and_not_those_of_others() {
    let stage = Stage::without_media(10.0);
    let client = &stage.client;
    stage.run(client.create_queue().name("held").status(QueueStatus::Paused).send()).unwrap();
    let held = stage.accepted(&queued("a", "held", 0));
    let free = stage.accepted(&queued("b", "Default", 0));
    stage.simulator.advance(Duration::from_mins(1));
    assert_eq!(stage.job(&held).status(), Some(&JobStatus::Submitted));
    assert_eq!(stage.job(&free).status(), Some(&JobStatus::Complete));
    stage.run(client.update_queue().name("held").status(QueueStatus::Active).send()).unwrap();
    assert_eq!(stage.job(&held).status(), Some(&JobStatus::Progressing));
    stage.simulator.advance(Duration::from_secs(10));
    assert_eq!(stage.job(&held).status(), Some(&JobStatus::Complete));
}

#[test]
fn shares_of_queues_are_those_of_the_account() {
    let stage = Stage::without_media(10.0);
    let client = &stage.client;
    stage.run(client.create_queue().name("a").concurrent_jobs(150).send()).unwrap();
    let much = stage.run(client.create_queue().name("b").concurrent_jobs(51).send()).unwrap_err();
    assert!(much.into_service_error().is_bad_request_exception());
    stage.run(client.create_queue().name("b").concurrent_jobs(50).send()).unwrap();
    let all = stage.run(client.list_queues().send()).unwrap();
    assert_eq!((all.total_concurrent_jobs(), all.unallocated_concurrent_jobs()), (Some(200), Some(0)));
    assert_eq!(all.queues().len(), 3);
    let twice = stage.run(client.create_queue().name("a").send()).unwrap_err();
    assert!(twice.into_service_error().is_conflict_exception());
    let none = stage.run(client.get_queue().name("none").send()).unwrap_err();
    assert!(none.into_service_error().is_not_found_exception());
    assert!(stage.create(&queued("x", "none", 0)).unwrap_err().into_service_error().is_not_found_exception());
    let arn = all.queues()[1].arn().unwrap();
    assert_eq!(stage.create(&queued("x", arn, 0)).unwrap().queue(), Some(arn));
}

#[test]
fn thousands_of_jobs_finish() {
    let stage = Stage::without_media(30.0);
    for at in 0..2000 {
        stage.accepted(&simple(&format!("in-{at}.mov")));
    }
    stage.simulator.advance(Duration::from_secs(299));
    let done = || stage.simulator.jobs().iter().filter(|job| job.status == Status::Complete).count();
    assert_eq!(done(), 1800);
    stage.simulator.advance(Duration::from_secs(2));
    assert_eq!(done(), 2000);
    assert_eq!(stage.simulator.bill().seconds(), 2000 * 62);
}
