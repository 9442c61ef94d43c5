mod calls;
mod download;
mod listing;
mod messages;
mod refusals;
mod remove;
mod setup;
mod template;
mod upload;

use std::{sync::atomic::AtomicBool, time::Duration};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use spillway_test_support::cloud::{KEY_ID, KEY_SECRET, REGION};

use crate::{Cloud, CloudSettings, connect::Bounds};

static NEVER: AtomicBool = AtomicBool::new(false);
const BUCKET: &str = "masters";

fn keys(id: &str, secret: &str) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new(id, secret, None, None, "test"))
}

/// A connection to a server of the tests; ranges of `range_bytes`.
fn cloud(endpoint: &str, range_bytes: u64) -> Cloud {
    let bounds =
        Bounds { range_bytes, parallel: 3, part_bytes: 5 << 20, parts: 3, pause: Duration::from_millis(1) };
    assembled(endpoint, bounds, CloudSettings::default())
}

/// The same with other bounds and settings.
fn assembled(endpoint: &str, bounds: Bounds, settings: CloudSettings) -> Cloud {
    let endpoint = Some(endpoint.to_owned());
    let settings = CloudSettings {
        region: Some(REGION.to_owned()),
        s3_endpoint: endpoint.clone(),
        sqs_endpoint: endpoint,
        ..settings
    };
    Cloud::assembled(&settings, Some(keys(KEY_ID, KEY_SECRET)), bounds).unwrap()
}

/// Bytes that do not repeat within a range.
fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect()
}
