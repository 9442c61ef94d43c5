use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use spillway_mediaconvert_simulator::{Faults, Media, Options, Rule, Simulator, What, When};
use spillway_test_support::cloud::{S3Server, start_s3};

use super::{BUCKET, NEVER, assembled};
use crate::{
    Cloud, CloudError, CloudSettings,
    connect::Bounds,
    convert::{NewRemoteJob, Remedy, RemoteError, RemoteStatus},
};

const INPUT: &str = "s3://masters/spillway/j1/in.mov";
const ROLE: &str = "arn:aws:iam::123456789012:role/SpillwayMediaConvert";
const PATIENCE: Duration = Duration::from_mins(1);

struct Stage {
    _s3: S3Server,
    simulator: Simulator,
    cloud: Cloud,
}

impl Stage {
    fn with(change: impl FnOnce(&mut Options), calls_per_minute: u32) -> Self {
        let s3 = start_s3();
        s3.owner().make_bucket(BUCKET);
        s3.owner().put(BUCKET, "spillway/j1/in.mov", b"x");
        let mut options = Options::new(s3.endpoint());
        options.media = Media::None { seconds: 0.0, duration_ms: 61_000, file: None };
        change(&mut options);
        let simulator = Simulator::start(options).unwrap();
        let settings = CloudSettings {
            mediaconvert_endpoint: Some(simulator.endpoint().to_owned()),
            calls_per_minute: Some(calls_per_minute),
            ..CloudSettings::default()
        };
        let bounds = Bounds { pause: Duration::from_millis(1), ..Bounds::default() };
        let cloud = assembled(s3.endpoint(), bounds, settings);
        Self { _s3: s3, simulator, cloud }
    }

    /// Nothing is throttled, on either side.
    fn free() -> Self {
        Self::with(
            |options| {
                options.rate = 1e6;
                options.burst = 1e6;
            },
            1_000_000,
        )
    }

    fn count(&self, operation: &str) -> u64 {
        self.simulator.calls().operations.get(operation).map_or(0, |count| count.calls)
    }
}

fn settings(input: &str) -> Value {
    json!({
        "timecodeConfig": { "source": "ZEROBASED" },
        "inputs": [{
            "fileInput": input,
            "timecodeSource": "ZEROBASED",
            "videoSelector": { "colorSpace": "FOLLOW" },
        }],
        "outputGroups": [{
            "name": "File Group",
            "outputGroupSettings": {
                "type": "FILE_GROUP_SETTINGS",
                "fileGroupSettings": { "destination": "s3://masters/spillway/j1/out" },
            },
            "outputs": [{
                "nameModifier": "-1",
                "containerSettings": { "container": "MP4", "mp4Settings": {} },
                "videoDescription": {
                    "width": 1280,
                    "height": 720,
                    "codecSettings": {
                        "codec": "H_264",
                        "h264Settings": {
                            "rateControlMode": "QVBR",
                            "maxBitrate": 5_000_000,
                            "qvbrSettings": { "qvbrQualityLevel": 8 },
                            "framerateControl": "SPECIFIED",
                            "framerateNumerator": 25,
                            "framerateDenominator": 1,
                        },
                    },
                },
            }],
        }],
    })
}

fn job(token: &str) -> NewRemoteJob {
    NewRemoteJob {
        settings: settings(INPUT),
        role_arn: ROLE.to_owned(),
        queue: None,
        priority: -3,
        token: token.to_owned(),
        metadata: BTreeMap::from([("chunk".to_owned(), "7".to_owned())]),
        tags: BTreeMap::from([("spillway:job".to_owned(), "j1".to_owned())]),
    }
}

#[test]
fn a_job_is_made_as_it_was_written_and_told_of_to_its_end() {
    let stage = Stage::free();
    let made = stage.cloud.create_job(&job("t1"), &NEVER).unwrap();
    assert!(!made.status.is_final() || made.status == RemoteStatus::Complete);
    let known = stage.simulator.jobs().remove(0);
    assert_eq!(known.request["settings"], settings(INPUT), "not a key more or less");
    assert_eq!(known.request["priority"], -3);
    assert_eq!(known.request["clientRequestToken"], "t1");
    assert_eq!(known.request["tags"], json!({ "spillway:job": "j1" }));
    assert_eq!(known.request["userMetadata"], json!({ "chunk": "7", "token": "t1" }));
    assert!(stage.simulator.wait_idle(PATIENCE));
    let ended = stage.cloud.remote_job(&made.id, &NEVER).unwrap().unwrap();
    assert_eq!((ended.status, ended.error), (RemoteStatus::Complete, None));
    assert_eq!(ended.metadata["chunk"], "7");
    let output = ended.outputs[0];
    assert_eq!((output.duration_ms, output.width, output.height), (61_000, 1280, 720));
    assert!(ended.finished_ms >= ended.created_ms && ended.created_ms.is_some());
    let page = stage.cloud.jobs_page(None, RemoteStatus::Complete, None, &NEVER).unwrap();
    assert_eq!((page.jobs.len(), page.jobs[0].id.as_str(), page.next), (1, made.id.as_str(), None));
    let none = stage.cloud.jobs_page(None, RemoteStatus::Progressing, None, &NEVER).unwrap();
    assert!(none.jobs.is_empty());
    assert_eq!(stage.cloud.remote_job("1234567890123-abcdef", &NEVER).unwrap(), None);
}

#[test]
fn pages_tell_of_every_job_once() {
    let stage = Stage::free();
    let made: Vec<_> = (0..45)
        .map(|number| stage.cloud.create_job(&job(&format!("t{number}")), &NEVER).unwrap().id)
        .collect();
    assert!(stage.simulator.wait_idle(PATIENCE));
    let (mut told, mut from) = (Vec::new(), None);
    loop {
        let page =
            stage.cloud.jobs_page(Some("Default"), RemoteStatus::Complete, from.as_deref(), &NEVER).unwrap();
        assert!(page.jobs.len() <= 20);
        told.extend(page.jobs.into_iter().map(|job| job.id));
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    told.sort_unstable();
    let mut made = made;
    made.sort_unstable();
    assert_eq!(told, made);
    // All 45 have the same input.
    let found = stage.cloud.find_jobs(INPUT, "t30", &NEVER).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].metadata["token"], "t30");
    assert!(stage.cloud.find_jobs(INPUT, "t", &NEVER).unwrap().is_empty());
}

#[test]
fn a_lost_answer_makes_no_second_job_and_is_found_by_its_token() {
    let stage = Stage::free();
    stage.simulator.set_faults(Faults {
        rules: vec![Rule::once(When::Call("CreateJob".into()), What::ReplyLost)],
        ..Faults::default()
    });
    let made = stage.cloud.create_job(&job("t1"), &NEVER).unwrap();
    assert_eq!((stage.count("CreateJob"), stage.simulator.jobs().len()), (2, 1), "asked again, made once");
    assert_eq!(made.metadata["token"], "t1");
    stage.simulator.set_faults(Faults {
        rules: vec![Rule::new(When::Call("CreateJob".into()), What::ReplyLost)],
        ..Faults::default()
    });
    let lost = stage.cloud.create_job(&job("t2"), &NEVER).unwrap_err();
    assert!(matches!(lost, CloudError::Network { .. }) && lost.is_transient(), "{lost}");
    assert_eq!(stage.simulator.jobs().len(), 2);
    let found = stage.cloud.find_jobs(INPUT, "t2", &NEVER).unwrap();
    assert_eq!(found.len(), 1);
}

#[test]
fn what_the_service_refuses_is_told_in_its_words_and_not_tried_again() {
    let stage = Stage::free();
    let mut wrong = job("t1");
    wrong.settings["outputGroups"][0]["outputs"] = json!([]);
    let refused = stage.cloud.create_job(&wrong, &NEVER).unwrap_err();
    assert!(
        matches!(&refused, CloudError::Service { code, transient: false, .. } if code == "BadRequestException")
    );
    assert!(refused.to_string().contains("outputs"), "{refused}");
    assert_eq!(stage.count("CreateJob"), 1);
    let refusal = |status, kind: &str| Faults {
        rules: vec![Rule::new(When::Call("CreateJob".into()), What::Refused { status, kind: kind.into() })],
        ..Faults::default()
    };
    let told = |faults| {
        stage.simulator.set_faults(faults);
        stage.cloud.create_job(&job("t2"), &NEVER).unwrap_err()
    };
    let forbidden = told(refusal(403, "ForbiddenException"));
    assert!(
        matches!(forbidden, CloudError::Forbidden { action: "mediaconvert:CreateJob", .. }),
        "{forbidden:?}"
    );
    let quota = told(refusal(402, "ServiceQuotaExceededException"));
    assert!(matches!(quota, CloudError::QuotaExceeded { .. }), "{quota:?}");
    let conflict = told(refusal(409, "ConflictException"));
    assert!(matches!(conflict, CloudError::Conflict(_)), "{conflict:?}");
    assert!(matches!(told(refusal(403, "ExpiredTokenException")), CloudError::SessionExpired));
    let before = stage.count("CreateJob");
    let fault = told(refusal(500, "InternalServerErrorException"));
    assert!(matches!(fault, CloudError::Service { transient: true, .. }), "{fault:?}");
    assert_eq!(stage.count("CreateJob") - before, 3, "a fault may pass");
}

#[test]
fn jobs_are_cancelled_and_what_has_ended_stays_as_it_is() {
    let stage = Stage::free();
    stage
        .simulator
        .set_faults(Faults { rules: vec![Rule::once(When::Always, What::Hung)], ..Faults::default() });
    let hung = stage.cloud.create_job(&job("t1"), &NEVER).unwrap();
    let ended = stage.cloud.create_job(&job("t2"), &NEVER).unwrap();
    let cancelled = stage.cloud.cancel_job(&hung.id, &NEVER).unwrap().unwrap();
    assert_eq!(cancelled.status, RemoteStatus::Canceled);
    while !stage.cloud.remote_job(&ended.id, &NEVER).unwrap().unwrap().status.is_final() {}
    let kept = stage.cloud.cancel_job(&ended.id, &NEVER).unwrap().unwrap();
    assert_eq!(kept.status, RemoteStatus::Complete);
    assert_eq!(stage.cloud.cancel_job("1234567890123-abcdef", &NEVER).unwrap(), None);
}

#[test]
fn a_failed_job_says_why_and_what_to_do() {
    let stage = Stage::free();
    let error = What::JobError { code: 1404, message: "HeadObject failed".into() };
    stage.simulator.set_faults(Faults { rules: vec![Rule::new(When::Always, error)], ..Faults::default() });
    let made = stage.cloud.create_job(&job("t1"), &NEVER).unwrap();
    assert!(stage.simulator.wait_idle(PATIENCE));
    let ended = stage.cloud.remote_job(&made.id, &NEVER).unwrap().unwrap();
    assert_eq!(ended.status, RemoteStatus::Error);
    let error = ended.error.unwrap();
    assert_eq!((error.code, error.message.as_str()), (1404, "HeadObject failed"));
    let remedy = |code| RemoteError { code, message: String::new() }.remedy();
    assert_eq!(
        [1404, 1999, 1401, 1040, 4711].map(remedy),
        [Remedy::SendAgain, Remedy::Again, Remedy::Account, Remedy::Local, Remedy::Local]
    );
}

#[test]
fn the_default_queue_is_there_and_another_is_not() {
    let stage = Stage::free();
    let queue = stage.cloud.remote_queue(None, &NEVER).unwrap();
    assert_eq!((queue.name.as_str(), queue.paused, queue.reserved), ("Default", false, false));
    assert_eq!(stage.cloud.remote_queue(Some(&queue.arn), &NEVER).unwrap().arn, queue.arn);
    assert_eq!(queue.concurrent, Some(200));
    let missing = stage.cloud.remote_queue(Some("no-such-queue"), &NEVER).unwrap_err();
    assert!(matches!(missing, CloudError::NoSuchQueue(name) if name == "no-such-queue"));
    let missing = stage.cloud.template("no-such-template", &NEVER).unwrap_err();
    assert!(matches!(missing, CloudError::NotFound(_)), "{missing:?}");
}

#[test]
fn a_template_comes_as_the_service_keeps_it() {
    let stage = Stage::free();
    let mut kept = settings(INPUT);
    kept["inputs"][0].as_object_mut().unwrap().remove("fileInput");
    let body = json!({ "name": "Partner 1", "settings": kept });
    let made = stage.cloud.wait(&NEVER, async |line| {
        let body = serde_json::to_vec(&body).unwrap();
        let request = line.mediaconvert().create_job_template().name("Partner 1").customize();
        let request = request.mutate_request(move |request| {
            request.headers_mut().insert("content-length", body.len().to_string());
            *request.body_mut() = body.clone().into();
        });
        request.send().await.unwrap();
        Ok(())
    });
    made.unwrap();
    assert_eq!(stage.cloud.template("Partner 1", &NEVER).unwrap(), body["settings"]);
}

/// The published rates and what is left of them by default, ten times as much of each.
#[test]
fn a_thousand_jobs_are_never_throttled() {
    let stage = Stage::with(
        |options| {
            options.rate = 20.0;
            options.burst = 1_000.0;
        },
        960,
    );
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let stage = &stage;
            scope.spawn(move || {
                for number in 0..250 {
                    stage.cloud.create_job(&job(&format!("t{thread}-{number}")), &NEVER).unwrap();
                }
            });
        }
    });
    // Looking at the end does not push over the edge either.
    for _ in 0..20 {
        stage.cloud.jobs_page(None, RemoteStatus::Complete, None, &NEVER).unwrap();
    }
    let calls = stage.simulator.calls();
    assert_eq!((calls.throttled, calls.total, stage.simulator.jobs().len()), (0, 1_020, 1_000));
}

#[test]
fn a_storm_passes() {
    // The service allows a fifth of what is set here: others use the account.
    let stage = Stage::with(
        |options| {
            options.rate = 20.0;
            options.burst = 10.0;
        },
        6_000,
    );
    for number in 0..60 {
        let made = loop {
            match stage.cloud.create_job(&job(&format!("t{number}")), &NEVER) {
                Ok(made) => break made,
                Err(error) => assert!(matches!(error, CloudError::Throttled), "{error}"),
            }
        };
        assert_eq!(made.metadata["token"], format!("t{number}"));
    }
    let calls = stage.simulator.calls();
    assert_eq!(stage.simulator.jobs().len(), 60);
    assert!(calls.throttled > 0 && calls.total < 60 * 12, "{calls:?}");
}
