use std::collections::BTreeSet;

use aws_sdk_s3::types as dto;
use serde_json::Value;
use spillway_mediaconvert_simulator::{Options, Simulator};
use spillway_test_support::cloud::{Moto, REGION, start_moto, start_s3};

use super::{BUCKET, NEVER, assembled};
use crate::{
    Cloud, CloudSettings,
    connect::Bounds,
    setup::{SETUP_STEPS, SetupOutcome, SetupReport, SetupWish, least_privilege, role_policy, role_trust},
};

fn cloud(server: &Moto, simulator: &Simulator) -> Cloud {
    let endpoint = Some(server.endpoint().to_owned());
    let settings = CloudSettings {
        iam_endpoint: endpoint.clone(),
        sts_endpoint: endpoint,
        mediaconvert_endpoint: Some(simulator.endpoint().to_owned()),
        ..CloudSettings::default()
    };
    assembled(
        server.endpoint(),
        Bounds { pause: std::time::Duration::from_millis(1), ..Bounds::default() },
        settings,
    )
}

fn wish(check_only: bool) -> SetupWish {
    SetupWish { bucket: BUCKET.to_owned(), role: None, queue: Some("spillway".to_owned()), check_only }
}

fn outcome(report: &SetupReport, name: &str) -> SetupOutcome {
    report.steps.iter().find(|step| step.name == name).unwrap().outcome
}

fn outcomes(report: &SetupReport, names: &[&str]) -> Vec<SetupOutcome> {
    names.iter().map(|name| outcome(report, name)).collect()
}

fn simulator() -> Simulator {
    // It has no jobs, so it needs no S3.
    Simulator::start(Options::new("http://127.0.0.1:9")).unwrap()
}

#[test]
fn what_is_missing_is_said_made_once_and_left_alone_then() {
    use SetupOutcome::{Fine, Made, Missing, Skipped};

    let (server, simulator) = (start_moto(), simulator());
    let cloud = cloud(&server, &simulator);
    let before = cloud.set_up(&wish(true), &NEVER).unwrap();
    assert_eq!(before.steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(), SETUP_STEPS);
    assert!(!before.ready());
    assert_eq!(
        outcomes(&before, &["bucket", "bucket-write", "role", "role-policy", "queue"]),
        [Missing, Skipped, Missing, Skipped, Missing]
    );
    let bucket = before.steps.iter().find(|step| step.name == "bucket").unwrap();
    assert!(bucket.advice.contains("`s3:CreateBucket`"), "{}", bucket.advice);
    assert_eq!(
        outcome(&cloud.set_up(&wish(true), &NEVER).unwrap(), "bucket"),
        Missing,
        "a look makes nothing"
    );

    let made = cloud.set_up(&wish(false), &NEVER).unwrap();
    let (account, arn) = made.identity.clone().unwrap();
    assert!(arn.contains(&account));
    assert!(
        made.ready() && made.queue_arn.as_ref().is_some_and(|arn| arn.ends_with("queues/spillway")),
        "{made:?}"
    );
    assert_eq!(made.role_arn, Some(format!("arn:aws:iam::{account}:role/SpillwayMediaConvert")));
    for name in ["bucket", "bucket-private", "bucket-lifecycle", "role", "role-policy", "queue"] {
        assert_eq!(outcome(&made, name), Made, "{name}");
    }
    for check_only in [true, false] {
        let after = cloud.set_up(&wish(check_only), &NEVER).unwrap();
        assert_eq!(outcomes(&after, SETUP_STEPS), vec![Fine; SETUP_STEPS.len()], "{after:?}");
        assert!(after.ready());
        assert_eq!(after.queue_arn, made.queue_arn);
        assert_eq!(after.role_arn, made.role_arn);
    }
    assert!(!cloud.holds_any(BUCKET, "", &NEVER).unwrap(), "nothing is left of what was tried");
}

#[test]
fn rules_of_others_stay() {
    let (server, simulator) = (start_moto(), simulator());
    let cloud = cloud(&server, &simulator);
    server.owner().make_bucket(BUCKET);
    let rules = |cloud: &Cloud| {
        let answer = cloud.wait(&NEVER, async |line| {
            Ok(line.s3.get_bucket_lifecycle_configuration().bucket(BUCKET).send().await.unwrap())
        });
        answer.unwrap().rules.unwrap()
    };
    let theirs = dto::LifecycleRule::builder()
        .id("theirs")
        .status(dto::ExpirationStatus::Enabled)
        .filter(dto::LifecycleRuleFilter::builder().prefix("masters/").build())
        .expiration(dto::LifecycleExpiration::builder().days(3_650).build())
        .build()
        .unwrap();
    let config = dto::BucketLifecycleConfiguration::builder().rules(theirs).build().unwrap();
    let put = cloud.wait(&NEVER, async |line| {
        let put = line.s3.put_bucket_lifecycle_configuration().bucket(BUCKET);
        put.lifecycle_configuration(config).send().await.unwrap();
        Ok(())
    });
    put.unwrap();
    let before = rules(&cloud);
    let made = cloud.set_up(&wish(false), &NEVER).unwrap();
    assert_eq!(outcome(&made, "bucket-lifecycle"), SetupOutcome::Made);
    assert_eq!(outcome(&made, "bucket-private"), SetupOutcome::Warn, "it may be public on purpose");
    let after = rules(&cloud);
    assert_eq!(after.len(), 2);
    assert!(after.contains(&before[0]), "{after:?}");
    let ours = after.iter().find(|rule| rule.id() != Some("theirs")).unwrap();
    assert_eq!(ours.filter().unwrap().prefix(), Some("spillway/"));
    assert_eq!(ours.expiration().unwrap().days(), Some(7));
    assert_eq!(ours.abort_incomplete_multipart_upload().unwrap().days_after_initiation(), Some(1));
}

#[test]
fn without_a_prefix_nothing_removes_the_whole_bucket() {
    let server = start_s3();
    server.owner().make_bucket(BUCKET);
    let settings = CloudSettings {
        prefix: Some("/".to_owned()),
        mediaconvert_endpoint: Some("http://127.0.0.1:9".to_owned()),
        calls_per_minute: Some(60_000),
        ..CloudSettings::default()
    };
    let bounds = Bounds { pause: std::time::Duration::from_millis(1), ..Bounds::default() };
    let cloud = assembled(server.endpoint(), bounds, settings);
    let report = cloud.set_up(&wish(false), &NEVER).unwrap();
    assert_eq!(outcome(&report, "bucket-lifecycle"), SetupOutcome::Warn);
    assert_eq!(outcome(&report, "bucket-write"), SetupOutcome::Fine);
    assert_eq!(outcome(&report, "role"), SetupOutcome::Warn, "Amazon's IAM is not asked about it");
    assert_eq!(outcome(&report, "jobs"), SetupOutcome::Missing, "nobody listens there");
}

#[test]
fn a_role_of_somebody_else_is_not_taken_over() {
    let (server, simulator) = (start_moto(), simulator());
    let cloud = cloud(&server, &simulator);
    let trust = role_trust().to_string().replace("mediaconvert", "ec2");
    let made = cloud.wait(&NEVER, async |line| {
        let request = line.iam().create_role().role_name("SpillwayMediaConvert");
        request.assume_role_policy_document(trust).send().await.unwrap();
        Ok(())
    });
    made.unwrap();
    let report = cloud.set_up(&wish(false), &NEVER).unwrap();
    let role = report.steps.iter().find(|step| step.name == "role").unwrap();
    assert_eq!(role.outcome, SetupOutcome::Missing);
    assert!(role.advice.contains("iam:UpdateAssumeRolePolicy"), "{}", role.advice);
    assert_eq!((outcome(&report, "role-policy"), report.role_arn), (SetupOutcome::Skipped, None));
}

#[test]
fn a_bucket_elsewhere_is_told_with_its_region() {
    let server = start_s3();
    server.owner().make_bucket(BUCKET);
    let settings = CloudSettings {
        s3_endpoint: Some(server.endpoint().to_owned()),
        region: Some("us-west-2".to_owned()),
        mediaconvert_endpoint: Some("http://127.0.0.1:9".to_owned()),
        ..CloudSettings::default()
    };
    let keys = super::keys(spillway_test_support::cloud::KEY_ID, spillway_test_support::cloud::KEY_SECRET);
    let bounds = Bounds { pause: std::time::Duration::from_millis(1), ..Bounds::default() };
    let cloud = Cloud::assembled(&settings, Some(keys), bounds).unwrap();
    let report = cloud.set_up(&wish(false), &NEVER).unwrap();
    let bucket = report.steps.iter().find(|step| step.name == "bucket").unwrap();
    assert_eq!(bucket.outcome, SetupOutcome::Missing);
    assert!(bucket.text.contains(REGION) && bucket.advice.contains(REGION), "{bucket:?}");
    assert_eq!(outcome(&report, "bucket-write"), SetupOutcome::Skipped);
}

/// Every action of a policy.
fn actions(policy: &Value) -> BTreeSet<String> {
    let statements = policy["Statement"].as_array().unwrap();
    let actions = statements.iter().flat_map(|statement| match &statement["Action"] {
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    });
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}

#[test]
fn nobody_may_do_everything() {
    let caller = least_privilege("masters", "spillway/", "arn:aws-cn:iam::123456789012:role/R");
    let role = role_policy("aws-cn", "masters", "spillway/");
    for policy in [&caller, &role] {
        assert!(actions(policy).iter().all(|action| !action.contains('*')));
        for statement in policy["Statement"].as_array().unwrap() {
            let resource = statement["Resource"].as_str().unwrap();
            let jobs = statement["Sid"] == "Jobs";
            assert!(jobs || resource.starts_with("arn:aws-cn:"), "{statement}");
        }
    }
    assert!(actions(&caller).contains("iam:PassRole"));
    assert!(!actions(&role).contains("s3:DeleteObject"));
}

#[test]
fn what_may_not_be_written_is_named() {
    use spillway_test_support::cloud::UploadFault;

    let server = start_s3();
    server.owner().make_bucket(BUCKET);
    let simulator = simulator();
    let settings = CloudSettings {
        mediaconvert_endpoint: Some(simulator.endpoint().to_owned()),
        role_arn: Some("arn:aws:iam::123456789012:role/Theirs".to_owned()),
        ..CloudSettings::default()
    };
    let cloud = assembled(server.endpoint(), Bounds::default(), settings);
    let forbid = |which: usize| {
        let mut count = 0;
        server.script_uploads(move |_| {
            count += 1;
            if count == which { UploadFault::Forbidden } else { UploadFault::None }
        });
    };
    forbid(1);
    let report = cloud.set_up(&SetupWish { queue: None, ..wish(true) }, &NEVER).unwrap();
    let write = report.steps.iter().find(|step| step.name == "bucket-write").unwrap();
    assert_eq!(write.outcome, SetupOutcome::Missing);
    assert!(write.advice.contains("`s3:PutObject`"), "{}", write.advice);
    assert_eq!(outcomes(&report, &["queue", "jobs"]), [SetupOutcome::Fine, SetupOutcome::Fine]);
    assert_eq!(report.role_arn.as_deref(), Some("arn:aws:iam::123456789012:role/Theirs"));
    assert!(!report.ready());
    // First stored, then stored with a tag.
    forbid(2);
    let report = cloud.set_up(&wish(true), &NEVER).unwrap();
    let write = report.steps.iter().find(|step| step.name == "bucket-write").unwrap();
    assert!(write.advice.contains("`s3:PutObjectTagging`"), "{}", write.advice);
    assert!(!cloud.holds_any(BUCKET, "", &NEVER).unwrap(), "what could be stored was removed");
}
