//! Calls of the official client.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use aws_sdk_mediaconvert::{
    error::ProvideErrorMetadata,
    types::{
        ContainerSettings, ContainerType, FileGroupSettings, H264QvbrSettings, H264RateControlMode,
        H264Settings, Input, JobPhase, JobSettings, JobStatus, Order, Output, OutputGroup,
        OutputGroupSettings, OutputGroupType, VideoCodec, VideoCodecSettings, VideoDescription,
    },
};
use serde_json::{Value, json};

use super::{ROLE, Stage, client, create, simple};
use crate::{Calls, Count, Media};

fn typed() -> JobSettings {
    let codec = H264Settings::builder()
        .rate_control_mode(H264RateControlMode::Qvbr)
        .max_bitrate(1_000_000)
        .qvbr_settings(H264QvbrSettings::builder().qvbr_quality_level(7).build());
    let codec = VideoCodecSettings::builder().codec(VideoCodec::H264).h264_settings(codec.build());
    let video = VideoDescription::builder().width(320).height(180).codec_settings(codec.build());
    let container = ContainerSettings::builder().container(ContainerType::Mp4).build();
    let output = Output::builder().container_settings(container).video_description(video.build()).build();
    let file = FileGroupSettings::builder().destination("s3://bucket/out/a").build();
    let group = OutputGroupSettings::builder()
        .r#type(OutputGroupType::FileGroupSettings)
        .file_group_settings(file)
        .build();
    JobSettings::builder()
        .inputs(Input::builder().file_input("s3://bucket/in.mov").build())
        .output_groups(OutputGroup::builder().output_group_settings(group).outputs(output).build())
        .build()
}

#[test]
fn a_typed_job_lives_its_life() {
    let stage = Stage::without_media(100.0);
    let client = &stage.client;
    let reply = stage.run(client.create_job().role(ROLE).settings(typed()).priority(3).send()).unwrap();
    let job = reply.job.unwrap();
    let id = job.id().unwrap().to_owned();
    assert!(job.arn().unwrap().ends_with(&format!(":jobs/{id}")));
    assert_eq!((job.status(), job.priority()), (Some(&JobStatus::Progressing), Some(3)));
    assert_eq!(job.settings(), Some(&typed()));

    let seen = |by: u64| {
        stage.simulator.advance(Duration::from_secs(by));
        let job = stage.job(&id);
        (job.status.unwrap(), job.current_phase, job.job_percent_complete)
    };
    assert_eq!(seen(5), (JobStatus::Progressing, Some(JobPhase::Probing), Some(5)));
    assert_eq!(seen(50), (JobStatus::Progressing, Some(JobPhase::Transcoding), Some(55)));
    assert_eq!(seen(40), (JobStatus::Progressing, Some(JobPhase::Uploading), Some(95)));
    assert_eq!(seen(10), (JobStatus::Complete, None, Some(100)));
    let job = stage.job(&id);
    let detail = &job.output_group_details()[0].output_details()[0];
    assert_eq!(detail.duration_in_ms(), Some(61_001));
    let video = detail.video_details().unwrap();
    assert_eq!((video.width_in_px(), video.height_in_px()), (Some(320), Some(180)));
    let timing = job.timing().unwrap();
    assert_eq!(timing.finish_time().unwrap().secs() - timing.start_time().unwrap().secs(), 100);
    assert_eq!(stage.simulator.bill().seconds(), 62);
}

#[test]
fn a_token_holds_for_a_minute_of_the_servers_clock() {
    let stage = Stage::without_media(1000.0);
    let mut request = simple("in.mov");
    request["clientRequestToken"] = json!("once");
    let first = stage.accepted(&request);
    stage.simulator.advance(Duration::from_secs(59));
    assert_eq!(stage.accepted(&request), first);
    stage.simulator.advance(Duration::from_secs(2));
    assert_ne!(stage.accepted(&request), first);
    assert_eq!(stage.simulator.jobs().len(), 2);
}

#[test]
fn lists_are_paged_newest_first_and_filtered() {
    let stage = Stage::without_media(1000.0);
    let ids: Vec<String> = (0..45).map(|at| stage.accepted(&simple(&format!("in-{at}.mov")))).collect();
    let list = |order: Order, size: i32| {
        let mut found = Vec::new();
        let mut sizes = Vec::new();
        let mut token = None;
        loop {
            let call = stage.client.list_jobs().max_results(size).order(order.clone()).set_next_token(token);
            let page = stage.run(call.send()).unwrap();
            sizes.push(page.jobs().len());
            found.extend(page.jobs().iter().map(|job| job.id().unwrap().to_owned()));
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return (found, sizes);
            }
        }
    };
    let newest: Vec<String> = ids.iter().rev().cloned().collect();
    assert_eq!(list(Order::Descending, 20), (newest, vec![20, 20, 5]));
    assert_eq!(list(Order::Ascending, 15), (ids.clone(), vec![15, 15, 15]));

    stage.run(stage.client.cancel_job().id(&ids[7]).send()).unwrap();
    let canceled = stage.run(stage.client.list_jobs().status(JobStatus::Canceled).send()).unwrap();
    assert_eq!(canceled.jobs().len(), 1);
    let again = stage.run(stage.client.cancel_job().id(&ids[7]).send()).unwrap_err();
    assert!(again.into_service_error().is_conflict_exception());

    let search = |part: &str| {
        let reply = stage.run(stage.client.search_jobs().input_file(part).send()).unwrap();
        reply.jobs().iter().map(|job| job.id().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(search("s3://bucket/in-44.mov"), [ids[44].clone()]);
    assert_eq!(search("in-3").len(), 11);
    assert_eq!(search("none"), Vec::<String>::new());
    let big = stage.run(stage.client.list_jobs().max_results(21).send()).unwrap_err();
    assert!(big.into_service_error().is_bad_request_exception());
    let gone = stage.run(stage.client.get_job().id("none").send()).unwrap_err();
    assert!(gone.into_service_error().is_not_found_exception());
}

#[test]
fn too_many_calls_are_throttled_until_the_clock_moves() {
    let stage = Stage::new(|options| {
        options.media = Media::None { seconds: 1.0, duration_ms: 1, file: None };
        options.speed = 0.0;
        (options.rate, options.burst) = (2.0, 10.0);
    });
    let allowed =
        |tries: usize| (0..tries).filter(|_| stage.run(stage.client.list_queues().send()).is_ok()).count();
    assert_eq!(allowed(15), 10);
    let error = stage.run(stage.client.list_queues().send()).unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 429);
    assert!(error.into_service_error().is_too_many_requests_exception());
    stage.simulator.advance(Duration::from_secs(3));
    assert_eq!(allowed(15), 6);
    let calls: Calls = stage.simulator.calls();
    assert_eq!(calls.operations["ListQueues"], Count { calls: 31, throttled: 15 });
    assert_eq!((calls.total, calls.throttled, calls.most_in_a_minute), (31, 15, 31));
}

#[test]
fn only_a_true_signature_is_let_in() {
    let stage = Stage::without_media(1.0);
    let stranger = client(&stage.simulator, "another secret");
    let error = create(&stage.runtime, &stranger, &simple("in.mov")).unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 403);
    assert_eq!(error.code(), Some("InvalidSignatureException"));
    // Nor is one counted that was not signed.
    assert_eq!(plain(&stage.simulator, "GET /2017-08-29/jobs HTTP/1.1"), 403);
    assert_eq!(stage.simulator.calls().total, 0);
}

/// Status of a request without a signature.
fn plain(simulator: &crate::Simulator, line: &str) -> u16 {
    let address = simulator.endpoint().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{line}\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn templates_and_tags_are_kept() {
    let stage = Stage::without_media(1.0);
    let client = &stage.client;
    let settings = aws_sdk_mediaconvert::types::JobTemplateSettings::builder()
        .set_output_groups(typed().output_groups)
        .build();
    let ask =
        || client.create_job_template().name("Partner / HD").settings(settings.clone()).tags("team", "a");
    let made = stage.run(ask().send()).unwrap().job_template.unwrap();
    assert_eq!(made.settings(), Some(&settings));
    let twice = stage.run(ask().send()).unwrap_err();
    assert!(twice.into_service_error().is_conflict_exception());
    let got = stage.run(client.get_job_template().name("Partner / HD").send()).unwrap();
    assert_eq!(got.job_template().and_then(|one| one.settings()), Some(&settings));
    assert_eq!(stage.run(client.list_job_templates().send()).unwrap().job_templates().len(), 1);

    let arn = made.arn().unwrap();
    stage.run(client.tag_resource().arn(arn).tags("cost", "42").send()).unwrap();
    let tags = stage.run(client.list_tags_for_resource().arn(arn).send()).unwrap();
    let tags = tags.resource_tags().unwrap().tags().unwrap();
    assert_eq!((tags["team"].as_str(), tags["cost"].as_str()), ("a", "42"));
    let job = stage.create(&simple("in.mov")).unwrap();
    let tags = stage.run(client.list_tags_for_resource().arn(job.arn().unwrap()).send()).unwrap();
    assert_eq!(tags.resource_tags().unwrap().tags().unwrap()["partner"], "north");

    stage.run(client.delete_job_template().name("Partner / HD").send()).unwrap();
    let gone = stage.run(client.get_job_template().name("Partner / HD").send()).unwrap_err();
    assert!(gone.into_service_error().is_not_found_exception());
    #[expect(deprecated, reason = "old clients call it")]
    let endpoints = stage.run(client.describe_endpoints().send()).unwrap();
    assert_eq!(endpoints.endpoints().len(), 1);
}

/// All answers are what the model says of them.
#[test]
fn answers_fit_the_model() {
    let stage = Stage::without_media(1.0);
    stage.accepted(&simple("in.mov"));
    let model = crate::model::Model::of_environment(&crate::Options::new("").environment).unwrap();
    let check = |stage: &Stage| {
        let all = stage.simulator.shared.settled();
        let job = &all.jobs.list[0];
        let document = json!({ "job": job.document("eu-central-1", job.status) });
        let told: Vec<_> = crate::validate::body(&model, "GetJobResponse", &document);
        assert_eq!(told, []);
        let queue: Value = json!({ "queue": all.queues.all["Default"].document("eu-central-1", 1) });
        assert_eq!(crate::validate::body(&model, "GetQueueResponse", &queue), []);
    };
    check(&stage);
    stage.simulator.advance(Duration::from_secs(5));
    check(&stage);
}
