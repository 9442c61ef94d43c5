use std::{path::PathBuf, process::Command};

use aws_sdk_s3::types::ExpirationStatus;
use serde_json::{Value, json};

use crate::setup::{least_privilege, role_policy, role_trust};

const ROLE: &str = "arn:aws:iam::123456789012:role/SpillwayMediaConvert";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn tool(name: &str) -> Command {
    let tool = root().join("target/moto/bin").join(name);
    assert!(tool.exists(), "{name} is not installed: run `make setup-test`");
    Command::new(tool)
}

/// The template, its functions spelled out.
fn template() -> Value {
    let script = "import json, sys\n\
                  from cfnlint.decode.cfn_yaml import load\n\
                  json.dump(load(sys.argv[1]), sys.stdout)";
    let path = root().join("deploy/cloudformation.yaml");
    let told = tool("python").arg("-c").arg(script).arg(path).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

/// The value with the template's default names, in an account and a partition.
fn resolved(value: &Value) -> Value {
    let texts = [("${AWS::Partition}", "aws"), ("${BucketName}", "masters"), ("${Prefix}", "spillway/")];
    match value {
        Value::Object(fields) if fields.contains_key("Fn::Sub") => {
            let text = fields["Fn::Sub"].as_str().unwrap().to_owned();
            let text = texts.iter().fold(text, |text, (name, value)| text.replace(name, value));
            assert!(!text.contains("${"), "{text}");
            json!(text)
        }
        Value::Object(fields) if fields.contains_key("Fn::GetAtt") => json!(ROLE),
        Value::Object(fields) if fields.get("Ref") == Some(&json!("Prefix")) => json!("spillway/"),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), resolved(value))).collect(),
        Value::Array(all) => all.iter().map(resolved).collect(),
        plain => plain.clone(),
    }
}

#[test]
fn the_template_is_valid() {
    let told = tool("cfn-lint").arg(root().join("deploy/cloudformation.yaml")).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stdout));
}

#[test]
fn template_and_set_up_give_the_same_rights() {
    let template = template();
    let role = resolved(&template["Resources"]["MediaConvertRole"]["Properties"]);
    assert_eq!(role["AssumeRolePolicyDocument"], role_trust());
    assert_eq!(role["Policies"].as_array().unwrap().len(), 1);
    assert_eq!(role["Policies"][0]["PolicyName"], crate::setup::POLICY);
    assert_eq!(role["Policies"][0]["PolicyDocument"], role_policy("aws", "masters", "spillway/"));
    let caller = resolved(&template["Resources"]["CallerPolicy"]["Properties"]["PolicyDocument"]);
    assert_eq!(caller, least_privilege("masters", "spillway/", ROLE));
}

#[test]
fn template_and_set_up_tidy_alike() {
    let template = template();
    let bucket = resolved(&template["Resources"]["Bucket"]["Properties"]);
    let rule = &bucket["LifecycleConfiguration"]["Rules"][0];
    let ours = crate::setup::rule("spillway/").unwrap();
    assert_eq!(rule["Id"].as_str(), ours.id());
    assert_eq!(rule["Prefix"].as_str(), ours.filter().unwrap().prefix());
    assert_eq!(rule["Status"], "Enabled");
    assert_eq!(ours.status(), &ExpirationStatus::Enabled);
    assert_eq!(rule["ExpirationInDays"].as_i64(), ours.expiration().unwrap().days().map(i64::from));
    let abort = ours.abort_incomplete_multipart_upload().unwrap().days_after_initiation().map(i64::from);
    assert_eq!(rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"].as_i64(), abort);
}
