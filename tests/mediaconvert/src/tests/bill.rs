//! The bill.

use std::time::Duration;

use serde_json::json;

use super::{Stage, h264, output, request, simple};
use crate::{Media, Resolution};

#[test]
fn outputs_are_charged_once_with_their_facts() {
    let stage = Stage::without_media(10.0);
    let mut better = h264();
    better["h264Settings"]["qualityTuningLevel"] = json!("MULTI_PASS_HQ");
    let mut job = request("in.mov", &[output("-a", 1280, 720, &h264()), output("-b", 3840, 2160, &better)]);
    job["accelerationSettings"] = json!({ "mode": "ENABLED" });
    stage.accepted(&job);
    let canceled = stage.accepted(&simple("other.mov"));
    stage.run(stage.client.cancel_job().id(canceled).send()).unwrap();
    assert!(stage.simulator.bill().lines.is_empty());
    stage.simulator.advance(Duration::from_secs(10));
    let bill = stage.simulator.bill();
    assert_eq!(bill.jobs_by_input().into_iter().collect::<Vec<_>>(), [("s3://bucket/in.mov".to_owned(), 1)]);
    assert_eq!(bill.seconds(), 124);
    let facts: Vec<_> = bill
        .lines
        .iter()
        .map(|line| (line.output, line.made.resolution(), line.made.quality_tuning_level.as_deref()))
        .collect();
    assert_eq!(
        facts,
        [(0, Resolution::Hd, Some("SINGLE_PASS")), (1, Resolution::Uhd, Some("MULTI_PASS_HQ"))]
    );
    let line = &bill.lines[0];
    assert!(line.accelerated && !line.advanced_input_filter);
    assert_eq!((line.tags["partner"].as_str(), line.user_metadata["chunk"].as_str()), ("north", "7"));
    assert_eq!((line.made.frame_rate, line.made.rate_control_mode.as_deref()), ((25, 1), Some("QVBR")));
}

#[test]
fn files_of_jobs_without_media_are_there_when_they_are_complete() {
    let stage = Stage::new(|options| {
        options.media = Media::None { seconds: 0.0, duration_ms: 1000, file: Some(b"small".to_vec()) };
    });
    let job = stage.done(&simple("in.mov"));
    assert_eq!(job.status(), Some(&aws_sdk_mediaconvert::types::JobStatus::Complete));
    assert_eq!(std::fs::read(stage.result("out/in-mov-a.mp4")).unwrap(), b"small");
}
