use std::{net::TcpListener, ops::ControlFlow, time::Duration};

use spillway_test_support::cloud::{KEY_ID, REGION, start_moto, start_s3};

use super::{BUCKET, NEVER, cloud, keys};
use crate::{Cloud, CloudError, CloudSettings, connect::Bounds};

const SECRET: &str = "a-secret-that-nobody-may-see";

fn with_secret(endpoint: &str, id: &str) -> Cloud {
    let settings = CloudSettings {
        region: Some(REGION.to_owned()),
        s3_endpoint: Some(endpoint.to_owned()),
        ..CloudSettings::default()
    };
    let bounds = Bounds { pause: Duration::from_millis(1), ..Bounds::default() };
    Cloud::assembled(&settings, Some(keys(id, SECRET)), bounds).unwrap()
}

fn list(cloud: &Cloud, bucket: &str) -> CloudError {
    cloud.list(bucket, "", &mut |_| ControlFlow::Continue(()), &NEVER).unwrap_err()
}

#[test]
fn wrong_keys_are_told_and_never_shown() {
    let server = start_s3();
    server.owner().make_bucket(BUCKET);
    for id in [KEY_ID, "nobody-knows-this-key"] {
        let cloud = with_secret(server.endpoint(), id);
        for error in [list(&cloud, BUCKET), cloud.head(BUCKET, "a", &NEVER).unwrap_err()] {
            let known = matches!(error, CloudError::CredentialsRefused { .. } | CloudError::Forbidden { .. });
            assert!(known, "{error:?}");
            assert!(!error.is_transient());
            let shown = format!("{error} {error:?} {cloud:?}");
            assert!(!shown.contains(SECRET) && !shown.contains("nobody-knows"), "{shown}");
        }
    }
}

#[test]
fn a_bucket_that_is_not_there_is_named() {
    let server = start_moto();
    let refused = list(&cloud(server.endpoint(), 1 << 20), "no-such-bucket");
    assert!(
        matches!(&refused, CloudError::NoSuchBucket(bucket) if bucket == "no-such-bucket"),
        "{refused:?}"
    );
}

#[test]
fn a_server_that_is_not_there_is_network_trouble() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = list(&cloud(&format!("http://{free}"), 1 << 20), BUCKET);
    assert!(matches!(refused, CloudError::Network { .. }) && refused.is_transient(), "{refused:?}");
}

type Endpoint = fn(&mut CloudSettings) -> &mut Option<String>;

#[test]
fn an_endpoint_is_an_address_without_credentials() {
    let settings: [(&str, Endpoint); 5] = [
        ("s3_endpoint", |settings| &mut settings.s3_endpoint),
        ("sqs_endpoint", |settings| &mut settings.sqs_endpoint),
        ("mediaconvert_endpoint", |settings| &mut settings.mediaconvert_endpoint),
        ("iam_endpoint", |settings| &mut settings.iam_endpoint),
        ("sts_endpoint", |settings| &mut settings.sts_endpoint),
    ];
    for (named, endpoint) in settings {
        for address in ["", "storage.example.com", "https://", "file:///etc", "https://me:secret@example.com"]
        {
            let mut settings = CloudSettings::default();
            *endpoint(&mut settings) = Some(address.to_owned());
            let refused = Cloud::connect(&settings).unwrap_err();
            assert!(matches!(refused, CloudError::Setting { name, .. } if name == named), "{refused:?}");
            assert!(!refused.to_string().contains("secret"));
        }
    }
}
