//! The service's published model, as botocore of the test set-up brings it: shapes, words, ranges, patterns.

use std::{io::Read as _, path::Path, sync::LazyLock};

use serde_json::Value;

static SHAPES: LazyLock<Value> = LazyLock::new(|| {
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/moto/lib");
    let python = std::fs::read_dir(&packages).expect("the test set-up is missing: run `make setup-test`");
    let models = python
        .map(|version| version.unwrap().path().join("site-packages/botocore/data/mediaconvert"))
        .find(|path| path.exists())
        .expect("botocore is missing: run `make setup-test`");
    let newest = std::fs::read_dir(models).unwrap().map(|version| version.unwrap().path()).max().unwrap();
    let mut text = String::new();
    let file = std::fs::File::open(newest.join("service-2.json.gz")).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["shapes"].take()
});

/// What the model has against `settings` of a job.
pub(super) fn violations(settings: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check("JobSettings", settings, "", &mut found);
    found
}

fn check(name: &str, value: &Value, path: &str, found: &mut Vec<String>) {
    let shape = &SHAPES[name];
    let kind = shape["type"].as_str().unwrap();
    let fits = match kind {
        "structure" | "map" => value.is_object(),
        "list" => value.is_array(),
        "string" => value.is_string(),
        "integer" | "long" => value.is_i64() || value.is_u64(),
        "double" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => true,
    };
    if !fits {
        return found.push(format!("{path}: {value} is no {kind}"));
    }
    let length = |count: usize| u32::try_from(count).map_or(f64::MAX, f64::from);
    let size = match value {
        Value::Array(items) => length(items.len()),
        Value::String(text) => length(text.chars().count()),
        other => other.as_f64().unwrap_or_default(),
    };
    let bounded = kind != "structure" && kind != "map";
    let (min, max) = (shape["min"].as_f64(), shape["max"].as_f64());
    if bounded && (min.is_some_and(|min| size < min) || max.is_some_and(|max| size > max)) {
        found.push(format!("{path}: {value} is out of range"));
    }
    match value {
        Value::Object(fields) if kind == "structure" => {
            for (key, value) in fields {
                let members = shape["members"].as_object().unwrap();
                match members.values().find(|member| member["locationName"] == key.as_str()) {
                    Some(member) => {
                        check(member["shape"].as_str().unwrap(), value, &format!("{path}/{key}"), found);
                    }
                    None => found.push(format!("{path}/{key}: unknown")),
                }
            }
            for required in shape["required"].as_array().into_iter().flatten() {
                let wire = shape["members"][required.as_str().unwrap()]["locationName"].as_str().unwrap();
                if !fields.contains_key(wire) {
                    found.push(format!("{path}/{wire}: missing"));
                }
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                check(shape["value"]["shape"].as_str().unwrap(), value, &format!("{path}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                check(shape["member"]["shape"].as_str().unwrap(), item, &format!("{path}/{at}"), found);
            }
        }
        Value::String(text) => {
            if shape["enum"].as_array().is_some_and(|words| !words.contains(value)) {
                found.push(format!("{path}: {text} is none of the known words"));
            }
            let pattern = shape["pattern"].as_str().map(|pattern| regex_lite::Regex::new(pattern).unwrap());
            if pattern.is_some_and(|pattern| !pattern.is_match(text)) {
                found.push(format!("{path}: {text} does not match"));
            }
        }
        _ => {}
    }
}

#[test]
fn the_model_finds_what_is_wrong() {
    let job = super::Case::shipped("web-mp4").compile().unwrap();
    assert_eq!(violations(&job.settings), [""; 0]);
    let mut settings = job.settings;
    let output = &mut settings["outputGroups"][0]["outputs"][0];
    output["nameModifer"] = "x".into();
    output["videoDescription"]["width"] = 8_194.into();
    let codec = &mut output["videoDescription"]["codecSettings"]["h264Settings"];
    codec["codecLevel"] = "LEVEL_9".into();
    codec["gopSize"] = "90".into();
    settings["inputs"][0]["inputClippings"] = serde_json::json!([{ "startTimecode": "1:00" }]);
    assert_eq!(violations(&settings).len(), 5, "{:#?}", violations(&settings));
}
