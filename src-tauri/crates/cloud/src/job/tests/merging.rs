//! Templates below the profile.

use serde_json::json;

use super::*;

/// As the console exports it.
const CONSOLE: &str = r#"{
  "Name": "Partner HD",
  "Queue": "arn:aws:mediaconvert:eu-central-1:123456789012:queues/Default",
  "Settings": {
    "TimecodeConfig": { "Source": "EMBEDDED" },
    "Inputs": [{
      "FilterEnable": "FORCE",
      "FilterStrength": 3,
      "AudioSelectors": { "Audio Selector 1": { "DefaultSelection": "DEFAULT" } },
      "VideoSelector": { "Rotate": "AUTO" }
    }],
    "OutputGroups": [{
      "Name": "File Group",
      "OutputGroupSettings": { "Type": "FILE_GROUP_SETTINGS", "FileGroupSettings": { "Destination": "s3://x/y" } },
      "Outputs": [
        { "NameModifier": "_other", "VideoDescription": { "CodecSettings": { "Codec": "H_264", "H264Settings": {
            "Slices": 4 } } } },
        { "NameModifier": "_main", "ContainerSettings": { "Container": "MP4" },
          "AudioDescriptions": [{ "CodecSettings": { "Codec": "AAC" } }],
          "VideoDescription": {
            "Width": 640, "Height": 360, "Sharpness": 90,
            "VideoPreprocessors": { "NoiseReducer": { "Filter": "TEMPORAL" }, "Deinterlacer": { "Mode": "ADAPTIVE" } },
            "CodecSettings": { "Codec": "H_264", "H264Settings": {
              "RateControlMode": "CBR", "Bitrate": 5000000, "GopSize": 90, "Slices": 2, "AdaptiveQuantization": "AUTO",
              "FramerateControl": "INITIALIZE_FROM_SOURCE", "CodecLevel": "LEVEL_5", "CodecProfile": "MAIN",
              "NumberBFramesBetweenReferenceFrames": 1, "SlowPal": "ENABLED", "SpatialAdaptiveQuantization": "DISABLED"
            } } } }
      ]
    }]
  }
}"#;

#[test]
fn the_spelling_of_the_wire() {
    let settings = parse_template(CONSOLE).unwrap();
    assert!(settings["inputs"][0]["audioSelectors"]["Audio Selector 1"]["defaultSelection"] == "DEFAULT");
    assert_eq!(model::violations(&settings), [""; 0]);
    assert_eq!(wire(&settings), settings);
    assert_eq!(parse_template(&settings.to_string()).unwrap(), settings);
    let wrapped = json!({ "JobTemplate": { "Name": "x", "Settings": settings } }).to_string();
    assert_eq!(parse_template(&wrapped).unwrap(), settings);
    assert_eq!(wire(&json!({ "Tags": { "Cost Center": "X" } })), json!({ "tags": { "Cost Center": "X" } }));
}

#[test]
fn other_documents_are_refused() {
    assert!(matches!(parse_template("{ x"), Err(TemplateError::Json { line: 1, column: 3, .. })));
    for text in
        ["[]", "{}", r#"{"Settings": []}"#, r#"{"OutputGroups": {}}"#, r#"{"OutputGroups": [], "Inputs": 1}"#]
    {
        assert!(matches!(parse_template(text), Err(TemplateError::Shape(_))), "{text}");
    }
}

#[test]
fn a_template_tunes_and_the_profile_decides() {
    let mut case = Case::shipped("web-mp4");
    let plain = case.codec_settings();
    case.template = Some(parse_template(CONSOLE).unwrap());
    let job = case.compile().unwrap();
    // The same where it is part of the profile.
    case.template = None;
    case.options.template_json = Some(CONSOLE.to_owned());
    assert_eq!(case.compile().unwrap(), job);
    assert_eq!(model::violations(&job.settings), [""; 0]);
    let video = &job.settings["outputGroups"][0]["outputs"][0]["videoDescription"];
    let settings = &video["codecSettings"]["h264Settings"];
    // By name, not by position.
    assert_eq!(settings["slices"], 2);
    assert_eq!(settings["spatialAdaptiveQuantization"], "DISABLED");
    assert_eq!(settings["codecLevel"], "LEVEL_5");
    assert_eq!(settings["numberBFramesBetweenReferenceFrames"], 1);
    assert_eq!(video["videoPreprocessors"]["noiseReducer"]["filter"], "TEMPORAL");
    assert_eq!(job.settings["inputs"][0]["filterStrength"], 3);
    // What the profile says, or chunks need.
    for key in
        ["codecProfile", "rateControlMode", "gopSize", "framerateControl", "slowPal", "adaptiveQuantization"]
    {
        assert_eq!(settings[key], plain[key], "{key}");
    }
    assert!(settings.get("bitrate").is_none());
    assert_eq!((video["width"].clone(), video["sharpness"].clone()), (json!(1920), json!(50)));
    assert!(video["videoPreprocessors"].get("deinterlacer").is_none());
    assert_eq!(job.settings["timecodeConfig"]["source"], "ZEROBASED");
    let mut ignored = job.ignored.clone();
    ignored.sort();
    assert_eq!(
        ignored,
        [
            "inputs/0/audioSelectors",
            "inputs/0/videoSelector",
            "outputGroups/0/outputs/0",
            "outputGroups/0/outputs/1/audioDescriptions",
            "timecodeConfig",
        ]
    );
}

#[test]
fn professional_features_are_billed_as_such() {
    let mut case = Case::shipped("web-mp4");
    case.template = Some(json!({ "outputGroups": [], "inputs": [{ "advancedInputFilter": "ENABLED" }] }));
    assert!(case.compile().unwrap().outputs[0].billed.professional_job);
    let filter = json!({ "bandwidthReductionFilter": { "strength": "AUTO" } });
    let codec = json!({ "codec": "H_264", "h264Settings": filter });
    let output = json!({ "videoDescription": { "codecSettings": codec } });
    case.template = Some(json!({ "outputGroups": [{ "outputs": [output] }] }));
    assert!(case.compile().unwrap().outputs[0].billed.professional_job);
}

#[test]
fn a_level_of_the_template_that_does_not_hold_the_picture_is_not_taken() {
    let mut case = Case::shipped("web-mp4");
    let codec = json!({ "codec": "H_264", "h264Settings": { "codecLevel": "LEVEL_3" } });
    let output = json!({ "videoDescription": { "codecSettings": codec } });
    case.template = Some(json!({ "outputGroups": [{ "outputs": [output] }] }));
    assert_eq!(case.codec_settings()["codecLevel"], "LEVEL_4_1");
}
