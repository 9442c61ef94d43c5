//! Another client: boto3.

use std::{path::Path, process::Command};

use spillway_test_support::cloud::{KEY_ID, KEY_SECRET, REGION};

use super::{Stage, simple};

#[test]
fn boto3_understands_the_server() {
    let stage = Stage::without_media(10.0);
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/moto/bin/python");
    let done = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/boto.py"))
        .arg(stage.simulator.endpoint())
        .arg(simple("in.mov").to_string())
        .env("AWS_ACCESS_KEY_ID", KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", KEY_SECRET)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(said.trim(), "all calls answered");
    assert_eq!(stage.simulator.jobs().len(), 1);
}
