//! What is refused, and what is not.

use std::sync::LazyLock;

use aws_sdk_mediaconvert::error::ProvideErrorMetadata;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ROLE, Stage, h264, output, request, simple};
use crate::{
    Options,
    model::{Kind, Model},
    rules,
};

/// Read once: there are hundreds of cases.
fn model() -> &'static Model {
    static MODEL: LazyLock<Model> =
        LazyLock::new(|| Model::of_environment(&Options::new("").environment).unwrap());
    &MODEL
}

/// Messages of what is wrong.
fn wrong(model: &Model, request: &Value) -> Vec<String> {
    rules::of_job(model, request).iter().map(ToString::to_string).collect()
}

fn with(path: &str, value: Value) -> Value {
    let mut request = simple("in.mov");
    let (parent, name) = path.rsplit_once('/').unwrap();
    let parent = request.pointer_mut(parent).unwrap();
    match parent {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        other if value.is_null() => drop(other.as_object_mut().unwrap().remove(name)),
        other => other[name] = value,
    }
    request
}

const CODEC: &str = "/settings/outputGroups/0/outputs/0/videoDescription/codecSettings/h264Settings";

#[test]
fn a_careful_request_is_right() {
    assert_eq!(wrong(model(), &simple("in.mov")), Vec::<String>::new());
}

#[test]
fn messages_are_as_the_service_tells_them() {
    let model = model();
    let cases = [
        (
            with("/settings/outputGroups/0/outputs", json!([])),
            "/outputGroups/0/outputs: Should have at least 1 items",
        ),
        (
            with("/settings/outputGroups/0/outputs/0/containerSettings", Value::Null),
            "/outputGroups/0/outputs/0: containerSettings is a required property",
        ),
        (with("/role", Value::Null), "/: role is a required property"),
        (with("/priority", json!(51)), "/priority: Should be less than or equal to 50"),
        (
            with(&format!("{CODEC}/maxBitrate"), Value::Null),
            "/outputGroups/0/outputs/0/videoDescription/codecSettings/h264Settings: maxBitrate is a required property",
        ),
        (
            with(&format!("{CODEC}/framerateDenominator"), Value::Null),
            "/outputGroups/0/outputs/0/videoDescription/codecSettings/h264Settings: framerateDenominator is a required property",
        ),
        (with("/settings/Inputs", json!([])), "/Inputs: is not a known property"),
        (with("/settings/inputs", json!([])), "/inputs: Should have at least 1 items"),
        (
            with("/settings/inputs/0/inputClippings", json!([{}])),
            "/inputs/0/inputClippings/0: startTimecode or endTimecode is a required property",
        ),
        (
            with("/clientRequestToken", json!("x".repeat(65))),
            "/clientRequestToken: Should have at most 64 ASCII characters",
        ),
        (with("/role", json!("nobody")), "/role: is not the ARN of a role"),
    ];
    for (request, message) in cases {
        assert_eq!(wrong(model, &request), [message]);
    }
}

#[test]
fn rules_of_groups_hold() {
    let model = model();
    let two = request(
        "in.mov",
        &[output("-a", 320, 180, &h264()), {
            let mut other = output("-b", 320, 180, &h264());
            other.as_object_mut().unwrap().remove("nameModifier");
            other
        }],
    );
    assert_eq!(wrong(model, &two), ["/outputGroups/0/outputs/1: nameModifier is a required property"]);
    let hls = with(
        "/settings/outputGroups/0/outputGroupSettings",
        json!({ "type": "HLS_GROUP_SETTINGS", "hlsGroupSettings": { "destination": "s3://bucket/a/", "segmentLength": 6 } }),
    );
    assert_eq!(
        wrong(model, &hls),
        [
            "/outputGroups/0/outputs/0/containerSettings/container: should be one of RAW, M3U8 in this group",
            "/outputGroups/0/outputGroupSettings/hlsGroupSettings: minSegmentLength is a required property",
        ]
    );
    let mut many = simple("in.mov");
    many["userMetadata"] =
        (0..11).map(|at| (at.to_string(), json!("a"))).collect::<serde_json::Map<_, _>>().into();
    assert_eq!(wrong(model, &many), ["/userMetadata: Should have at most 10 properties"]);
    let odd = with("/userMetadata/note", json!("{\"a\":1}"));
    assert_eq!(wrong(model, &odd), ["/userMetadata/note: holds characters that are not allowed"]);
}

/// All members of a structure with their shapes.
fn members<'a>(model: &'a Model, name: &str) -> Vec<(&'a String, &'a str)> {
    match &model.shape(name).unwrap().kind {
        Kind::Structure { members, .. } => {
            members.iter().map(|(name, member)| (name, member.shape.as_str())).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn every_word_and_every_range_of_a_codec_is_guarded() {
    let model = model();
    let mut seen = (0, 0, 0);
    for (name, shape) in members(model, "H264Settings") {
        let path = format!("{CODEC}/{name}");
        let told = |value: Value| {
            wrong(model, &with(&path, value))
                .iter()
                .any(|one| one.contains(&format!("h264Settings/{name}: ")))
        };
        let shape = model.shape(shape).unwrap();
        if let Kind::Text { words, .. } = &shape.kind {
            assert!(told(json!("NO_SUCH_WORD")), "{name}");
            assert!(told(json!(7)), "{name}");
            assert!(words.iter().all(|word| !told(json!(word))), "{name}");
            seen.0 += 1;
        }
        if matches!(shape.kind, Kind::Integer | Kind::Double) {
            #[expect(clippy::cast_possible_truncation, reason = "limits are whole")]
            let whole = |limit: f64| limit as i64;
            if let Some(min) = shape.min {
                assert!(told(json!(whole(min) - 1)) && !told(json!(whole(min))), "{name}");
                seen.1 += 1;
            }
            if let Some(max) = shape.max {
                assert!(told(json!(whole(max) + 1)) && !told(json!(whole(max))), "{name}");
                seen.2 += 1;
            }
            assert!(told(json!("1")), "{name}");
        }
    }
    assert!(seen.0 >= 25 && seen.1 >= 18 && seen.2 >= 17, "{seen:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A member that the model does not know is told, wherever it is.
    #[test]
    fn unknown_members_are_told(name in "[a-z]{3}[A-Z][a-z]{4}Zz", place in 0_usize..6) {
        let places = [
            "", "/settings", "/settings/inputs/0", "/settings/outputGroups/0",
            "/settings/outputGroups/0/outputs/0/videoDescription", CODEC,
        ];
        let model = model();
        let told = wrong(model, &with(&format!("{}/{name}", places[place]), json!(1)));
        prop_assert_eq!(told.len(), 1);
        let ending = format!("/{name}: is not a known property");
        prop_assert!(told[0].ends_with(&ending));
        prop_assert!(!told[0].starts_with("/settings"));
    }

    /// A time code that the service could not read is told.
    #[test]
    fn time_codes_are_told(text in "[0-9]{1,2}:[0-9]{2}:[0-9]{2}") {
        let told = wrong(model(), &with("/settings/inputs/0/inputClippings", json!([{ "startTimecode": text }])));
        prop_assert!(!told.is_empty());
    }
}

#[test]
fn a_refusal_reaches_the_client_with_its_name() {
    let stage = Stage::without_media(1.0);
    let error = stage.create(&json!({ "role": ROLE, "settings": {} })).unwrap_err();
    assert_eq!(error.code(), Some("BadRequestException"));
    assert!(error.into_service_error().is_bad_request_exception());
    assert!(stage.simulator.jobs().is_empty());
}

#[test]
fn the_paths_of_all_calls_are_told_apart() {
    let model = model();
    for operation in model.operations() {
        let path: Vec<String> =
            operation.path.iter().map(|part| part.replace('{', "a").replace('}', "z")).collect();
        let (found, _) = model.operation(&operation.method, &path).unwrap();
        assert_eq!(found.name, operation.name);
    }
}
