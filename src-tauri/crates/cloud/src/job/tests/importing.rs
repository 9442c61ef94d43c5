//! Templates as profiles.

use proptest::prelude::*;
use serde_json::json;
use spillway_profile::{AudioCodec, Gop, Profile, Size, Timecode, problems};

use super::*;

const FILES: &str = r#"{
  "Name": "Partner HD",
  "Description": "What the partner asked for.",
  "Queue": "arn:aws:mediaconvert:eu-central-1:123456789012:queues/Default",
  "Priority": 5,
  "AccelerationSettings": { "Mode": "PREFERRED" },
  "Settings": {
    "TimecodeConfig": { "Source": "ZEROBASED" },
    "Inputs": [{ "AudioSelectors": { "Audio Selector 1": { "DefaultSelection": "DEFAULT" } } }],
    "OutputGroups": [{
      "OutputGroupSettings": { "Type": "FILE_GROUP_SETTINGS", "FileGroupSettings": { "Destination": "s3://x/y" } },
      "Outputs": [
        { "NameModifier": "_hd", "ContainerSettings": { "Container": "MP4", "Mp4Settings": { "MoovPlacement": "NORMAL" } },
          "AudioDescriptions": [{
            "AudioSourceName": "Audio Selector 1",
            "AudioNormalizationSettings": { "Algorithm": "ITU_BS_1770_4", "TargetLkfs": -16, "TruePeakLimiterThreshold": -2 },
            "CodecSettings": { "Codec": "AAC", "AacSettings": {
              "Bitrate": 192000, "CodingMode": "CODING_MODE_2_0", "SampleRate": 48000 } } }],
          "VideoDescription": {
            "Width": 1920, "Height": 1080, "TimecodeInsertion": "DISABLED",
            "CodecSettings": { "Codec": "H_264", "H264Settings": {
              "RateControlMode": "QVBR", "QvbrSettings": { "QvbrQualityLevel": 8 }, "MaxBitrate": 8000000,
              "GopSize": 2, "GopSizeUnits": "SECONDS", "SceneChangeDetect": "DISABLED", "CodecProfile": "HIGH",
              "CodecLevel": "LEVEL_4_1", "FramerateControl": "INITIALIZE_FROM_SOURCE",
              "NumberBFramesBetweenReferenceFrames": 2, "QualityTuningLevel": "MULTI_PASS_HQ", "Slices": 4 } } } },
        { "NameModifier": "_mezz", "ContainerSettings": { "Container": "MOV" },
          "AudioDescriptions": [{ "CodecSettings": { "Codec": "WAV", "WavSettings": { "BitDepth": 24, "Channels": 2 } } }],
          "VideoDescription": { "TimecodeInsertion": "PIC_TIMING_SEI", "CodecSettings": { "Codec": "PRORES",
              "ProresSettings": { "CodecProfile": "APPLE_PRORES_422_HQ", "InterlaceMode": "FOLLOW_TOP_FIELD" } } } },
        { "NameModifier": "_ts", "ContainerSettings": { "Container": "M2TS" } }
      ]
    }]
  }
}"#;

const LADDER: &str = r#"{
  "OutputGroups": [{
    "OutputGroupSettings": { "Type": "HLS_GROUP_SETTINGS", "HlsGroupSettings": { "SegmentLength": 6, "MinSegmentLength": 0 } },
    "Outputs": [
      { "NameModifier": "_360", "ContainerSettings": { "Container": "M3U8" }, "VideoDescription": { "Width": 640, "Height": 360,
        "CodecSettings": { "Codec": "H_264", "H264Settings": { "RateControlMode": "CBR", "Bitrate": 800000, "GopSize": 60,
        "GopSizeUnits": "FRAMES", "FramerateControl": "SPECIFIED", "FramerateNumerator": 30, "FramerateDenominator": 1 } } } },
      { "NameModifier": "_720", "ContainerSettings": { "Container": "M3U8" }, "VideoDescription": { "Width": 1280, "Height": 720,
        "CodecSettings": { "Codec": "H_264", "H264Settings": { "RateControlMode": "VBR", "Bitrate": 3000000, "MaxBitrate": 4500000,
        "GopSize": 60, "GopSizeUnits": "FRAMES", "FramerateControl": "SPECIFIED", "FramerateNumerator": 30, "CodecLevel": "LEVEL_3_1",
        "FramerateDenominator": 1 } } } },
      { "NameModifier": "_audio", "ContainerSettings": { "Container": "M3U8" }, "AudioDescriptions": [
        { "CodecSettings": { "Codec": "AAC", "AacSettings": { "Bitrate": 128000, "CodingMode": "CODING_MODE_2_0", "SampleRate": 48000 } } }] }
    ] }]
}"#;

#[track_caller]
fn good(imported: &Imported) {
    let found: Vec<String> = problems(&imported.profile).iter().map(ToString::to_string).collect();
    assert_eq!(found, [""; 0], "{}", imported.toml);
    let read = Profile::from_toml(&imported.toml, "x.toml")
        .unwrap_or_else(|errors| panic!("{errors}\n{}", imported.toml));
    assert_eq!(read, imported.profile);
}

#[test]
fn files_become_outputs() {
    let imported = import(FILES, "partner-hd").unwrap();
    good(&imported);
    let profile = &imported.profile;
    assert_eq!((profile.id.as_str(), profile.title.as_str()), ("partner-hd", "Partner HD"));
    assert_eq!(profile.mediaconvert.priority, 5);
    assert_eq!(profile.mediaconvert.quality, spillway_profile::QualityTuning::MultiPassHq);
    assert!(profile.mediaconvert.queue.as_ref().unwrap().ends_with("queues/Default"));
    let [hd, mezzanine] = &profile.output[..] else { panic!("{:#?}", profile.output) };
    assert_eq!((hd.id.as_str(), mezzanine.id.as_str()), ("hd", "mezz"));
    assert_eq!(hd.video.size, Size::Fit { width: 1920, height: 1080 });
    assert_eq!(
        hd.video.rate,
        Some(RateControl::CappedCrf { crf: 21.0, max_kbps: 8_000, buffer_kbit: 12_000 })
    );
    assert_eq!(hd.video.gop, Gop { seconds: 2.0, fixed: true, b_frames: Some(2) });
    assert_eq!((hd.video.profile.as_deref(), hd.fast_start), (Some("high"), false));
    assert_eq!(hd.timecode, Timecode::Drop);
    let audio = &hd.audio[0];
    assert_eq!(
        (audio.codec, audio.bit_rate_kbps, audio.sample_rate_hz),
        (AudioCodec::Aac, Some(192), Some(48_000))
    );
    let loudness = audio.loudness.unwrap();
    assert!((loudness.target_lufs + 16.0).abs() < 1e-9 && (loudness.true_peak_dbtp + 2.0).abs() < 1e-9);
    assert_eq!((mezzanine.timecode, mezzanine.video.scan), (Timecode::Carry, Scan::Keep));
    assert_eq!(mezzanine.audio[0].codec, AudioCodec::PcmS24le);
    // The whole template goes along, and tunes the job.
    let kept = parse_template(profile.mediaconvert.template_json.as_deref().unwrap()).unwrap();
    let mut case = Case::of(hd, &profile.mediaconvert, source(1920, 1080, Some((25, 1))), &bt709(), false);
    case.template = Some(kept);
    assert_eq!(case.codec_settings()["slices"], 4);
}

#[test]
fn what_does_not_map_is_listed() {
    let imported = import(FILES, "partner-hd").unwrap();
    let listed: Vec<&str> = imported.unmapped.iter().map(|unmapped| unmapped.path.as_str()).collect();
    for path in [
        "/accelerationSettings",
        "/timecodeConfig/source",
        "/inputs/0/audioSelectors/Audio Selector 1/defaultSelection",
        "/outputGroups/0/outputGroupSettings/fileGroupSettings/destination",
        "/outputGroups/0/outputs/0/videoDescription/codecSettings/h264Settings/slices",
        "/outputGroups/0/outputs/2/containerSettings/container",
        "/outputGroups/0/outputs/2/nameModifier",
    ] {
        assert!(listed.contains(&path), "{path}: {listed:#?}");
    }
    for path in ["/outputGroups/0/outputs/0/videoDescription/width", "/outputGroups/0/outputs/0/nameModifier"]
    {
        assert!(!listed.contains(&path), "{path}");
    }
    assert!(
        imported.unmapped.iter().all(|unmapped| unmapped.why.ends_with('.') && !unmapped.value.is_empty())
    );
    for unmapped in &imported.unmapped {
        assert!(imported.toml.contains(&format!("#   {} = ", unmapped.path)), "{}", unmapped.path);
    }
}

#[test]
fn streaming_groups_become_ladders() {
    let imported = import(LADDER, "ladder").unwrap();
    good(&imported);
    let output = &imported.profile.output[0];
    assert_eq!(
        (output.container, output.hls.as_ref().map(|hls| hls.segment_seconds)),
        (Container::Hls, Some(6.0))
    );
    let rungs: Vec<(&str, u32)> =
        output.video.rung.iter().map(|rung| (rung.id.as_str(), rung.height)).collect();
    assert_eq!(rungs, [("720", 720), ("360", 360)]);
    assert_eq!(
        output.video.rung[0].rate,
        RateControl::CappedCrf { crf: 18.0, max_kbps: 4_500, buffer_kbit: 6_750 }
    );
    assert_eq!(output.video.gop, Gop { seconds: 2.0, fixed: true, b_frames: None });
    assert_eq!(output.audio.len(), 1);
    assert!(
        imported
            .unmapped
            .iter()
            .any(|unmapped| unmapped.path.ends_with("rateControlMode") && unmapped.value == "\"CBR\"")
    );
    // Each rung is tuned by its own output.
    let case =
        Case::of(output, &imported.profile.mediaconvert, source(1920, 1080, Some((25, 1))), &bt709(), false);
    assert!(case.compile().is_ok());
}

#[test]
fn templates_without_an_output_for_a_profile_are_refused() {
    let text = r#"{"OutputGroups": [{ "OutputGroupSettings": { "Type": "DASH_ISO_GROUP_SETTINGS" }, "Outputs": [] }]}"#;
    assert!(matches!(import(text, "x"), Err(TemplateError::Nothing(_))));
    assert!(matches!(import("{}", "x"), Err(TemplateError::Shape(_))));
}

/// A member with one of the values that the service takes, or absent.
fn member(name: &'static str, values: Vec<Value>) -> impl Strategy<Value = Option<(String, Value)>> {
    prop::option::of(prop::sample::select(values).prop_map(move |value| (name.to_owned(), value)))
}

fn words(words: &[&str]) -> Vec<Value> {
    words.iter().map(|word| json!(word)).collect()
}

fn numbers(numbers: &[u32]) -> Vec<Value> {
    numbers.iter().map(|number| json!(number)).collect()
}

/// Codec settings as templates have them, contradictions included.
fn codec_settings() -> impl Strategy<Value = Value> {
    let rate = (
        member("rateControlMode", words(&["CBR", "VBR", "QVBR"])),
        member("bitrate", numbers(&[1_000, 400_000, 5_000_000, 1_152_000_000])),
        member("maxBitrate", numbers(&[1_000, 700_000, 60_000_000])),
        member("hrdBufferSize", numbers(&[0, 1_000, 90_000_000])),
        member("qvbrSettings", vec![json!({ "qvbrQualityLevel": 1 }), json!({ "qvbrQualityLevel": 10 })]),
    );
    let gop = (
        member("gopSize", vec![json!(0), json!(1), json!(0.5), json!(90), json!(3_000)]),
        member("gopSizeUnits", words(&["FRAMES", "SECONDS", "AUTO"])),
        member("numberBFramesBetweenReferenceFrames", numbers(&[0, 7])),
        member("sceneChangeDetect", words(&["ENABLED", "DISABLED"])),
    );
    let stream = (
        member("codecLevel", words(&["AUTO", "LEVEL_1", "LEVEL_3_1", "LEVEL_5_1"])),
        member("codecProfile", words(&["BASELINE", "HIGH_422_10BIT", "MAIN10_HIGH", "MAIN_422_8BIT_MAIN"])),
        member("interlaceMode", words(&["PROGRESSIVE", "TOP_FIELD"])),
        member("framerateControl", words(&["SPECIFIED", "INITIALIZE_FROM_SOURCE"])),
        member("framerateNumerator", numbers(&[1, 24_000, 60])),
        member("framerateDenominator", numbers(&[1, 1_001, 100])),
        member("parControl", words(&["SPECIFIED"])),
    );
    (rate, gop, stream).prop_map(|(rate, gop, stream)| {
        let rate = [rate.0, rate.1, rate.2, rate.3, rate.4];
        let gop = [gop.0, gop.1, gop.2, gop.3];
        let stream = [stream.0, stream.1, stream.2, stream.3, stream.4, stream.5, stream.6];
        Value::Object(rate.into_iter().chain(gop).chain(stream).flatten().collect())
    })
}

fn output() -> impl Strategy<Value = Value> {
    let codec = prop::sample::select(vec![
        ("H_264", "h264Settings"),
        ("H_265", "h265Settings"),
        ("PRORES", "proresSettings"),
        ("VP9", "vp9Settings"),
    ]);
    let side = || prop::option::of(prop::sample::select(vec![32, 360, 1_080, 1_920, 8_192]));
    let container = prop::sample::select(vec!["MP4", "MOV", "M3U8", "MXF"]);
    let modifier =
        prop::option::of(prop::sample::select(vec!["_hd", "-HD", "$dt$", "_1080p $w$", "\u{4e2d}"]));
    let aac = (
        member("bitrate", numbers(&[6_000, 96_000, 1_024_000])),
        member("sampleRate", numbers(&[8_000, 32_000, 48_000, 96_000, 192_000])),
        member("codingMode", words(&["CODING_MODE_1_0", "CODING_MODE_2_0", "CODING_MODE_5_1"])),
    );
    let sound = prop::option::of((aac, prop::sample::select(vec!["AAC", "AC3", "WAV"]), -59..0));
    (codec, codec_settings(), side(), side(), container, modifier, sound).prop_map(
        |((codec, key), settings, width, height, container, modifier, sound)| {
            let sound = sound.map(|(aac, codec, target)| {
                let aac: serde_json::Map<String, Value> =
                    [aac.0, aac.1, aac.2].into_iter().flatten().collect();
                json!({
                    "codecSettings": { "codec": codec, "aacSettings": aac },
                    "audioNormalizationSettings": { "algorithm": "ITU_BS_1770_2", "targetLkfs": target },
                })
            });
            json!({
                "nameModifier": modifier,
                "containerSettings": { "container": container },
                "audioDescriptions": sound.into_iter().collect::<Vec<_>>(),
                "videoDescription": {
                    "width": width,
                    "height": height,
                    "codecSettings": { "codec": codec, key: settings },
                },
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn every_profile_that_is_made_is_sound(
        outputs in prop::collection::vec(output(), 1..4),
        kind in prop::sample::select(vec!["FILE_GROUP_SETTINGS", "HLS_GROUP_SETTINGS", "CMAF_GROUP_SETTINGS"]),
        length in prop::option::of(1u32..30),
    ) {
        let group = json!({
            "outputGroupSettings": {
                "type": kind,
                "hlsGroupSettings": { "segmentLength": length },
                "cmafGroupSettings": { "segmentLength": length },
            },
            "outputs": outputs,
        });
        match import(&json!({ "outputGroups": [group] }).to_string(), "made") {
            Ok(imported) => {
                good(&imported);
                // Whatever the template says, the compiler takes it or tells why not.
                for output in &imported.profile.output {
                    let source = source(1920, 1080, Some((25, 1)));
                    let case = Case::of(output, &imported.profile.mediaconvert, source, &bt709(), false);
                    if let Ok(job) = case.compile() {
                        prop_assert_eq!(model::violations(&job.settings), [""; 0]);
                    }
                }
            }
            Err(TemplateError::Nothing(_)) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
