//! Compiled settings: valid, explicit, predictable.

use proptest::prelude::*;
use serde_json::json;
use spillway_profile::QualityTuning;

use super::*;

/// Values that leave a choice to the service, by member; the rest of the model's `AUTO`s never reach a stream's
/// parameter sets and are not written here either.
fn left_open(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                left_open(value, &format!("{path}/{key}"), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|value| left_open(value, path, found)),
        Value::String(text) if matches!(text.as_str(), "AUTO" | "INITIALIZE_FROM_SOURCE" | "FOLLOW") => {
            found.push(path.to_owned());
        }
        Value::Null => found.push(path.to_owned()),
        _ => {}
    }
}

fn expect_good(case: &Case) {
    let job = case.compile().unwrap();
    let whole = job.for_chunk("s3://bucket/spillway/1/in.mov", None, "s3://bucket/spillway/1/out").unwrap();
    assert_eq!(model::violations(&whole), [""; 0]);
    let mut open = Vec::new();
    left_open(&whole, "", &mut open);
    assert_eq!(open, [""; 0]);
    let outputs = whole["outputGroups"][0]["outputs"].as_array().unwrap();
    assert_eq!(outputs.len(), case.renditions.len());
    for ((output, compiled), (id, every, video, _)) in outputs.iter().zip(&job.outputs).zip(&case.renditions)
    {
        let name =
            format!("{}.{}", output["nameModifier"].as_str().unwrap(), output["extension"].as_str().unwrap());
        assert_eq!(name, compiled.suffix);
        assert_eq!(&compiled.id, id);
        let (codec, key) = names(video.codec);
        let description = &output["videoDescription"];
        let settings = &description["codecSettings"][key];
        let billed = &compiled.billed;
        assert_eq!((billed.width, billed.height), (video.width, video.height));
        assert_eq!(
            (description["width"].clone(), description["height"].clone()),
            (json!(video.width), json!(video.height))
        );
        assert_eq!(billed.codec, codec);
        assert_eq!(json!(billed.container), output["containerSettings"]["container"]);
        let rate = video.frame_rate.unwrap_or(video.nominal_rate);
        assert!((billed.frame_rate - rate.as_f64()).abs() < 1e-9);
        assert_eq!(settings["framerateNumerator"], json!(rate.num));
        assert_eq!(settings["framerateDenominator"], json!(rate.den));
        let algorithm = if *every == 2 { "DUPLICATE_DROP" } else { "MAINTAIN_FRAME_COUNT" };
        assert_eq!(settings["framerateConversionAlgorithm"], json!(algorithm));
        if video.codec == VideoCodec::Prores {
            assert_eq!((billed.quality.as_str(), billed.rate_control.as_str()), ("", ""));
            continue;
        }
        assert_eq!(json!(billed.quality), settings["qualityTuningLevel"]);
        assert_eq!(billed.rate_control, "QVBR");
        for key in
            ["codecLevel", "codecProfile", "numberBFramesBetweenReferenceFrames", "numberReferenceFrames"]
        {
            assert!(!settings[key].is_null(), "{key}");
        }
        assert_eq!(settings["hrdBufferInitialFillPercentage"], settings["hrdBufferFinalFillPercentage"]);
        assert_eq!(
            (settings["gopClosedCadence"].clone(), settings["gopSize"].clone()),
            (json!(1), json!(video.gop))
        );
        assert_eq!(settings["sceneChangeDetect"] == "DISABLED", video.fixed_gop || video.gop == 1);
    }
}

fn sources() -> impl Strategy<Value = (SourceSpec, bool)> {
    let size = prop::sample::select(vec![
        (1920, 1080),
        (1080, 1920),
        (3840, 2160),
        (4096, 2160),
        (1280, 720),
        (640, 360),
        (1998, 1080),
        (720, 540),
    ]);
    let rate = prop::sample::select(vec![
        Some((24_000, 1_001)),
        Some((24, 1)),
        Some((25, 1)),
        Some((30_000, 1_001)),
        Some((50, 1)),
        Some((60_000, 1_001)),
        None,
    ]);
    let codec = prop::sample::select(vec!["prores", "h264", "hevc", "mpeg2video", "dnxhd"]);
    (size, rate, codec, any::<bool>()).prop_map(|((width, height), rate, codec, interlaced)| {
        let interlaced = interlaced && rate.is_some_and(|(num, den)| num < 31 * den);
        (SourceSpec { codec: codec.to_owned(), ..source(width, height, rate) }, interlaced)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn shipped_profiles_compile_for_ordinary_sources((source, interlaced) in sources()) {
        for shipped in spillway_profile::shipped() {
            let profile = shipped.profile().unwrap();
            for output in &profile.output {
                let case = Case::of(output, &profile.mediaconvert, source.clone(), &bt709(), interlaced);
                // A variable rate cannot be made even by the service.
                if source.rate.is_none() && output.video.frame_rate.mode == FrameRateMode::Constant {
                    continue;
                }
                expect_good(&case);
            }
        }
    }

    #[test]
    fn chunks_of_a_job_differ_in_places_only(first in 0u64..100_000, count in 1u64..7_500) {
        let job = Case::shipped("apple-hls").compile().unwrap();
        let clip = Clip { first, last: first + count - 1 };
        let mut document = job.for_chunk("s3://b/a/in.mov", Some(clip), "s3://b/a/out").unwrap();
        prop_assert_eq!(model::violations(&document), [""; 0]);
        let input = document["inputs"][0].as_object_mut().unwrap();
        prop_assert_eq!(input.remove("fileInput"), Some(json!("s3://b/a/in.mov")));
        prop_assert!(input.remove("inputClippings").is_some());
        let group = &mut document["outputGroups"][0]["outputGroupSettings"]["fileGroupSettings"];
        prop_assert_eq!(group.as_object_mut().unwrap().remove("destination"), Some(json!("s3://b/a/out")));
        prop_assert_eq!(document, job.settings);
    }
}

#[test]
fn hdr_is_mapped_for_sdr_profiles() {
    let profile = spillway_profile::find("youtube").unwrap().profile().unwrap();
    for (transfer, space) in [("smpte2084", "HDR10"), ("arib-std-b67", "HLG_2020")] {
        let color = tags("bt2020", transfer, "bt2020nc");
        let source = source(3840, 2160, Some((25, 1)));
        let case = Case::of(&profile.output[0], &profile.mediaconvert, source, &color, false);
        expect_good(&case);
        let settings = case.compile().unwrap().settings;
        assert_eq!(settings["inputs"][0]["videoSelector"]["colorSpace"], space);
        assert_eq!(settings["inputs"][0]["videoSelector"]["colorSpaceUsage"], "FORCE");
        let output = &settings["outputGroups"][0]["outputs"][0]["videoDescription"]["videoPreprocessors"];
        assert_eq!(output["colorCorrector"]["colorSpaceConversion"], "FORCE_709");
    }
}

#[test]
fn rate_factors_become_quality_levels() {
    let mut case = Case::shipped("web-mp4");
    for (crf, level, fine) in
        [(0.0, 10, 0.0), (17.0, 9, 0.33), (18.0, 9, 0.0), (20.0, 8, 0.33), (22.0, 7, 0.67), (51.0, 1, 0.0)]
    {
        case.video().crf = Some(crf);
        let settings = case.codec_settings();
        let expected = json!({ "qvbrQualityLevel": level, "qvbrQualityLevelFineTune": fine });
        assert_eq!(settings["qvbrSettings"], expected, "{crf}");
    }
    // Better quality may take more bits.
    let ceiling = |case: &mut Case, crf: f32| {
        case.video().crf = Some(crf);
        case.codec_settings()["maxBitrate"].as_u64().unwrap()
    };
    assert!(ceiling(&mut case, 17.0) > ceiling(&mut case, 23.0));
    case.video().vbv = Some((7_800, 12_000));
    let settings = case.codec_settings();
    assert_eq!(
        (settings["maxBitrate"].clone(), settings["hrdBufferSize"].clone()),
        (json!(7_800_000), json!(12_000_000))
    );
}

#[test]
fn keyframes_follow_the_profile() {
    let mut case = Case::shipped("web-mp4");
    let free = case.codec_settings();
    assert_eq!(
        (free["gopSize"].clone(), free["sceneChangeDetect"].clone()),
        (json!(250), json!("TRANSITION_DETECTION"))
    );
    assert_eq!(free["minIInterval"], 25);
    case.video().fixed_gop = true;
    let fixed = case.codec_settings();
    assert_eq!(
        (fixed["minIInterval"].clone(), fixed["sceneChangeDetect"].clone()),
        (json!(0), json!("DISABLED"))
    );
    let intra = Case::shipped("proxy-edit").codec_settings();
    assert_eq!(
        (intra["gopSize"].clone(), intra["numberBFramesBetweenReferenceFrames"].clone()),
        (json!(1), json!(0))
    );
    assert_eq!(intra["entropyEncoding"], "CAVLC");
    let youtube = Case::shipped("youtube").codec_settings();
    assert_eq!(
        (youtube["gopSize"].clone(), youtube["numberBFramesBetweenReferenceFrames"].clone()),
        (json!(13), json!(2))
    );
}

#[test]
fn quality_comes_from_the_profile() {
    let mut case = Case::shipped("web-mp4");
    for (quality, name) in [
        (QualityTuning::SinglePass, "SINGLE_PASS"),
        (QualityTuning::SinglePassHq, "SINGLE_PASS_HQ"),
        (QualityTuning::MultiPassHq, "MULTI_PASS_HQ"),
    ] {
        case.options.quality = quality;
        assert_eq!(case.codec_settings()["qualityTuningLevel"], name);
        assert_eq!(case.compile().unwrap().outputs[0].billed.quality, name);
    }
}

#[test]
fn a_last_column_is_cropped_from_the_unscaled_source() {
    let mut case = Case::shipped("web-mp4");
    case.source.width = 1921;
    (case.video().scale_width, case.video().width) = (1921, 1920);
    let settings = case.compile().unwrap().settings;
    assert_eq!(model::violations(&settings), [""; 0]);
    let crop = &settings["outputGroups"][0]["outputs"][0]["videoDescription"]["crop"];
    assert_eq!(*crop, json!({ "x": 0, "y": 0, "width": 1920, "height": 1080 }));
}

#[test]
fn a_rate_that_the_plan_has_halved_is_halved_by_the_service() {
    let mut case = Case::shipped("youtube");
    case.source.rate = Some(Ratio::new(100, 1));
    case.video().frame_rate = Some(Ratio::new(50, 1));
    assert_eq!(case.codec_settings()["framerateConversionAlgorithm"], "DUPLICATE_DROP");
    // A rung that leaves out every second picture of those would need every fourth.
    case.video().frame_rate = Some(Ratio::new(25, 1));
    case.renditions[0].1 = 2;
    let refused = case.compile().unwrap_err();
    assert_eq!((refused[0].id.as_str(), refused[0].values["every"].as_str()), ("every", "4"));
}

#[test]
fn variable_sources_keep_their_pictures() {
    let mut case = Case::shipped("web-mp4");
    case.source.rate = None;
    (case.video().frame_rate, case.video().nominal_rate) = (None, Ratio::new(27_345, 1_000));
    let settings = case.codec_settings();
    assert_eq!(settings["framerateControl"], "SPECIFIED");
    assert_eq!(
        (settings["framerateNumerator"].clone(), settings["framerateDenominator"].clone()),
        (json!(27_345), json!(1_000))
    );
    assert_eq!(settings["framerateConversionAlgorithm"], "MAINTAIN_FRAME_COUNT");
}

#[test]
fn clips_need_timecodes() {
    let mut case = Case::shipped("web-mp4");
    case.source.rate = Some(Ratio::new(30_000, 1_001));
    case.video().frame_rate = case.source.rate;
    let job = case.compile().unwrap();
    let clip = Clip { first: 1_800, last: 3_599 };
    let document = job.for_chunk("s3://b/a/in.mov", Some(clip), "s3://b/a/out").unwrap();
    let expected = json!([{ "startTimecode": "00:01:00:00", "endTimecode": "00:01:59:29" }]);
    assert_eq!(document["inputs"][0]["inputClippings"], expected);
    let backwards = Clip { first: 2, last: 1 };
    assert!(job.for_chunk("s3://b/a/in.mov", Some(backwards), "s3://b/a/out").is_err());
    (case.source.rate, case.video().frame_rate) = (None, None);
    let refused =
        case.compile().unwrap().for_chunk("s3://b/a/in.mov", Some(clip), "s3://b/a/out").unwrap_err();
    assert_eq!(refused.id, "clip");
}
