//! What the service refuses beside what its model says: most of what a job requires was dropped from the model, and
//! is told in its texts and by those who met it.

use serde_json::Value;

use crate::{
    jobs::array,
    model::Model,
    validate::{Violation, body},
};

/// A rule over a whole request.
type Rule = fn(&Value, &mut Vec<Violation>);

/// All of them, each with where it is from.
const RULES: &[Rule] = &[
    // The service's guide: a job has an input.
    inputs_are_there,
    // Issues of awslabs/video-on-demand-on-aws: `/outputGroups/0/outputs: Should have at least 1 items`.
    groups_are_filled,
    // The model's text of Output, and the same issues: `containerSettings is a required property`.
    containers_are_said,
    // A mail of the service's support, quoted in openfun/marsha PR 790.
    containers_fit_their_groups,
    // Issues: `.../hlsGroupSettings: minSegmentLength is a required property`.
    streaming_groups_are_complete,
    // The model's text of NameModifier: required with several outputs.
    names_differ,
    // The model's texts of Bitrate, MaxBitrate and MaxAverageBitrate.
    rates_are_said,
    // The model's texts of FramerateControl and ParControl.
    fractions_are_said,
    // The model's text of InputClipping: not both may be blank.
    clippings_have_an_edge,
    // The service's guide on userMetadata and tags; the model's text of ClientRequestToken.
    notes_are_short,
    // The service's guide on the role of a job.
    the_role_is_one,
];

/// All that is wrong with the request of a job.
pub(crate) fn of_job(model: &Model, request: &Value) -> Vec<Violation> {
    let mut found = body(model, "CreateJobRequest", request);
    if found.is_empty() {
        for rule in RULES {
            rule(request, &mut found);
        }
    }
    found
}

/// All that is wrong with a template, which may leave its inputs and destinations to the job.
pub(crate) fn of_template(model: &Model, request: &Value) -> Vec<Violation> {
    let mut found = body(model, "CreateJobTemplateRequest", request);
    if found.is_empty() {
        for rule in [
            groups_are_filled,
            containers_are_said,
            containers_fit_their_groups,
            rates_are_said,
            fractions_are_said,
        ] {
            rule(request, &mut found);
        }
    }
    found
}

fn inputs_are_there(request: &Value, found: &mut Vec<Violation>) {
    let inputs = array(&request["settings"]["inputs"]);
    if inputs.is_empty() {
        found.push(Violation::new("/inputs", "Should have at least 1 items"));
    }
    for (at, input) in inputs.iter().enumerate() {
        if ["fileInput", "videoGenerator", "tamsSettings"].iter().all(|name| input[name].is_null()) {
            found.push(required(format!("/inputs/{at}"), "fileInput"));
        }
    }
}

fn groups_are_filled(request: &Value, found: &mut Vec<Violation>) {
    if array(&request["settings"]["outputGroups"]).is_empty() {
        found.push(Violation::new("/outputGroups", "Should have at least 1 items"));
    }
    for (path, group) in groups(request) {
        if array(&group["outputs"]).is_empty() {
            found.push(Violation::new(format!("{path}/outputs"), "Should have at least 1 items"));
        }
        let settings = &group["outputGroupSettings"];
        match (settings.is_null(), settings["type"].as_str()) {
            (true, _) => found.push(required(path, "outputGroupSettings")),
            (false, None) => found.push(required(format!("{path}/outputGroupSettings"), "type")),
            (false, Some(kind)) if settings[group_member(kind)].is_null() => {
                found.push(required(format!("{path}/outputGroupSettings"), group_member(kind)));
            }
            _ => {}
        }
    }
}

fn containers_are_said(request: &Value, found: &mut Vec<Violation>) {
    for (path, output) in outputs(request) {
        let (container, preset) = (&output["containerSettings"], &output["preset"]);
        if container.is_null() && preset.is_null() {
            found.push(required(path, "containerSettings"));
        } else if !container.is_null() && !preset.is_null() {
            found.push(Violation::new(path, "preset and containerSettings exclude each other"));
        } else if !container.is_null() && container["container"].is_null() {
            found.push(required(format!("{path}/containerSettings"), "container"));
        }
    }
}

fn containers_fit_their_groups(request: &Value, found: &mut Vec<Violation>) {
    for (path, group) in groups(request) {
        let fitting: &[&str] = match group["outputGroupSettings"]["type"].as_str() {
            Some("HLS_GROUP_SETTINGS") => &["RAW", "M3U8"],
            Some("DASH_ISO_GROUP_SETTINGS") => &["MPD", "CMFC"],
            Some("CMAF_GROUP_SETTINGS") => &["CMFC"],
            Some("MS_SMOOTH_GROUP_SETTINGS") => &["ISMV"],
            _ => continue,
        };
        for (at, output) in array(&group["outputs"]).iter().enumerate() {
            let container = output["containerSettings"]["container"].as_str();
            if container.is_some_and(|container| !fitting.contains(&container)) {
                let what = format!("should be one of {} in this group", fitting.join(", "));
                found.push(Violation::new(format!("{path}/outputs/{at}/containerSettings/container"), what));
            }
        }
    }
}

fn streaming_groups_are_complete(request: &Value, found: &mut Vec<Violation>) {
    for (path, group) in groups(request) {
        let settings = &group["outputGroupSettings"];
        let kind = settings["type"].as_str().unwrap_or_default();
        let needed: &[&str] = match kind {
            "FILE_GROUP_SETTINGS" => &["destination"],
            "HLS_GROUP_SETTINGS" => &["destination", "segmentLength", "minSegmentLength"],
            "DASH_ISO_GROUP_SETTINGS" | "CMAF_GROUP_SETTINGS" => {
                &["destination", "segmentLength", "fragmentLength"]
            }
            _ => &["destination", "fragmentLength"],
        };
        let member = group_member(kind);
        for name in needed {
            if !settings[member].is_null() && settings[member][name].is_null() {
                found.push(required(format!("{path}/outputGroupSettings/{member}"), name));
            }
        }
    }
}

fn names_differ(request: &Value, found: &mut Vec<Violation>) {
    for (path, group) in groups(request) {
        let outputs = array(&group["outputs"]);
        for (at, output) in outputs.iter().enumerate().filter(|_| outputs.len() > 1) {
            if output["nameModifier"].is_null() {
                found.push(required(format!("{path}/outputs/{at}"), "nameModifier"));
            }
        }
    }
}

fn rates_are_said(request: &Value, found: &mut Vec<Violation>) {
    for (path, codec, settings) in codecs(request) {
        if !["h264Settings", "h265Settings"].contains(&codec) {
            continue;
        }
        let is_there = |name: &str| !settings[name].is_null();
        match settings["rateControlMode"].as_str() {
            Some("QVBR") if !is_there("maxBitrate") => found.push(required(&path, "maxBitrate")),
            Some("CBR" | "VBR") | None if !is_there("bitrate") => found.push(required(&path, "bitrate")),
            _ => {}
        }
        let averaged = !settings["qvbrSettings"]["maxAverageBitrate"].is_null();
        let multi =
            settings["rateControlMode"] == "QVBR" && settings["qualityTuningLevel"] == "MULTI_PASS_HQ";
        if averaged && !multi {
            let what = "is only for QVBR with qualityTuningLevel MULTI_PASS_HQ";
            found.push(Violation::new(format!("{path}/qvbrSettings/maxAverageBitrate"), what));
        }
    }
}

fn fractions_are_said(request: &Value, found: &mut Vec<Violation>) {
    for (path, _, settings) in codecs(request) {
        for kind in ["framerate", "par"] {
            for part in ["Numerator", "Denominator"] {
                let name = format!("{kind}{part}");
                if settings[format!("{kind}Control")] == "SPECIFIED" && settings[&name].is_null() {
                    found.push(required(&path, &name));
                }
            }
        }
    }
}

fn clippings_have_an_edge(request: &Value, found: &mut Vec<Violation>) {
    for (at, input) in array(&request["settings"]["inputs"]).iter().enumerate() {
        for (number, clip) in array(&input["inputClippings"]).iter().enumerate() {
            if clip["startTimecode"].is_null() && clip["endTimecode"].is_null() {
                let path = format!("/inputs/{at}/inputClippings/{number}");
                found.push(Violation::new(path, "startTimecode or endTimecode is a required property"));
            }
        }
    }
}

fn notes_are_short(request: &Value, found: &mut Vec<Violation>) {
    // Pairs, characters of a key, of a value. Tags: <https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html>
    for (name, most) in [("userMetadata", 10), ("tags", 50)] {
        let Some(pairs) = request[name].as_object() else { continue };
        if pairs.len() > most {
            found.push(Violation::new(format!("/{name}"), format!("Should have at most {most} properties")));
        }
        for (key, value) in pairs {
            let value = value.as_str().unwrap_or_default();
            if !(1..=128).contains(&key.chars().count()) || value.chars().count() > 256 {
                found.push(Violation::new(format!("/{name}/{key}"), "is longer than 128 and 256 characters"));
            }
            // Met by those who noted JSON.
            if key.contains(['{', '}', '"']) || value.contains(['{', '}', '"']) {
                found.push(Violation::new(format!("/{name}/{key}"), "holds characters that are not allowed"));
            }
            if name == "tags" && key.to_lowercase().starts_with("aws:") {
                found.push(Violation::new(format!("/{name}/{key}"), "begins with aws:"));
            }
        }
    }
    let token = request["clientRequestToken"].as_str().unwrap_or_default();
    if token.len() > 64 || !token.is_ascii() {
        found.push(Violation::new("/clientRequestToken", "Should have at most 64 ASCII characters"));
    }
}

fn the_role_is_one(request: &Value, found: &mut Vec<Violation>) {
    let role = request["role"].as_str().unwrap_or_default();
    let parts: Vec<&str> = role.splitn(6, ':').collect();
    let sound = match parts[..] {
        ["arn", partition, "iam", "", account, name] => {
            partition.starts_with("aws")
                && account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && name.strip_prefix("role/").is_some_and(|name| !name.is_empty())
        }
        _ => false,
    };
    if !sound {
        found.push(Violation::new("/role", "is not the ARN of a role"));
    }
}

fn required(path: impl Into<String>, name: &str) -> Violation {
    Violation::new(path, format!("{name} is a required property"))
}

fn group_member(kind: &str) -> &'static str {
    match kind {
        "HLS_GROUP_SETTINGS" => "hlsGroupSettings",
        "DASH_ISO_GROUP_SETTINGS" => "dashIsoGroupSettings",
        "CMAF_GROUP_SETTINGS" => "cmafGroupSettings",
        "MS_SMOOTH_GROUP_SETTINGS" => "msSmoothGroupSettings",
        _ => "fileGroupSettings",
    }
}

fn groups(request: &Value) -> impl Iterator<Item = (String, &Value)> {
    let groups = array(&request["settings"]["outputGroups"]).iter().enumerate();
    groups.map(|(at, group)| (format!("/outputGroups/{at}"), group))
}

fn outputs(request: &Value) -> impl Iterator<Item = (String, &Value)> {
    groups(request).flat_map(|(path, group)| {
        let outputs = array(&group["outputs"]).iter().enumerate();
        outputs.map(move |(at, output)| (format!("{path}/outputs/{at}"), output))
    })
}

/// Settings of the codec of every picture.
fn codecs(request: &Value) -> impl Iterator<Item = (String, &str, &Value)> {
    outputs(request).flat_map(|(path, output)| {
        let codecs = output["videoDescription"]["codecSettings"].as_object().into_iter().flatten();
        let codecs = codecs.filter(|(_, settings)| settings.is_object());
        codecs.map(move |(name, settings)| {
            (format!("{path}/videoDescription/codecSettings/{name}"), name.as_str(), settings)
        })
    })
}
