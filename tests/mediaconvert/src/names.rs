//! Where outputs go: Destination, name modifier, extension, and the identifiers in them.
//! <https://docs.aws.amazon.com/mediaconvert/latest/ug/output-file-names-and-paths.html>

use serde_json::Value;

use crate::jobs::inputs;

/// What identifiers stand for.
pub(crate) struct Facts {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Frames a second, rounded.
    pub(crate) rate: u32,
}

/// Place of an output, with its identifiers replaced; an identifier that is not known is the error.
pub(crate) fn place(request: &Value, group: &Value, output: &Value, facts: &Facts) -> Result<String, String> {
    let text = simple(request, group, output);
    let mut parts = text.split('$');
    let mut place = parts.next().unwrap_or_default().to_owned();
    while let Some(identifier) = parts.next() {
        let Some(after) = parts.next() else {
            return Err(format!("${identifier}"));
        };
        place += &match identifier {
            "" => "$".to_owned(),
            "w" => facts.width.to_string(),
            "h" => facts.height.to_string(),
            "f" => facts.rate.to_string(),
            "fn" => stem(&input(request)).to_owned(),
            "ex" => extension(output),
            _ => return Err(format!("${identifier}$")),
        };
        place += after;
    }
    Ok(place)
}

/// As it is written.
pub(crate) fn simple(request: &Value, group: &Value, output: &Value) -> String {
    let settings = &group["outputGroupSettings"];
    let mut settings = settings.as_object().into_iter().flatten().map(|(_, value)| value);
    let destination = settings.find_map(|one| one["destination"].as_str());
    let mut name = destination.unwrap_or_default().to_owned();
    if name.ends_with('/') {
        name += stem(&input(request));
    }
    let modifier = output["nameModifier"].as_str().unwrap_or_default();
    format!("{name}{modifier}.{}", extension(output))
}

/// Bucket and key of an address.
pub(crate) fn object(address: &str) -> Option<(&str, &str)> {
    address
        .strip_prefix("s3://")?
        .split_once('/')
        .filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
}

fn extension(output: &Value) -> String {
    let container = output["containerSettings"]["container"].as_str().unwrap_or_default();
    let usual = match container {
        "M2TS" => "m2ts".to_owned(),
        other => other.to_lowercase(),
    };
    output["extension"].as_str().map_or(usual, str::to_owned)
}

fn input(request: &Value) -> String {
    inputs(request).into_iter().next().unwrap_or_default()
}

fn stem(address: &str) -> &str {
    let name = address.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_follow_destination_modifier_and_extension() {
        let request = json!({ "settings": { "inputs": [{ "fileInput": "s3://in/a/clip.one.mov" }] } });
        let group = |destination: &str| json!({ "outputGroupSettings": { "fileGroupSettings": { "destination": destination } } });
        let output = json!({ "nameModifier": "-$h$p$f$", "containerSettings": { "container": "MP4" } });
        let facts = Facts { width: 1280, height: 720, rate: 25 };
        let named = |destination| place(&request, &group(destination), &output, &facts);
        assert_eq!(named("s3://out/x/base").unwrap(), "s3://out/x/base-720p25.mp4");
        assert_eq!(named("s3://out/x/").unwrap(), "s3://out/x/clip.one-720p25.mp4");
        assert_eq!(named("s3://out/$fn$_$w$$$").unwrap(), "s3://out/clip.one_1280$-720p25.mp4");
        assert_eq!(named("s3://out/$dt$").unwrap_err(), "$dt$");
        let other = json!({ "extension": "m4v", "containerSettings": { "container": "MP4" } });
        assert_eq!(place(&request, &group("s3://out/b"), &other, &facts).unwrap(), "s3://out/b.m4v");
    }
}
