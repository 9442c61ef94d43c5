use std::collections::{BTreeMap, BTreeSet};

use spillway_media::types::{FieldOrder, Ratio};
use spillway_profile::{Check, Citation, Severity};

use super::Case;
use crate::{
    conform::{Outcome, check},
    plan::sample,
};

/// A check, a change that makes it miss, and whether it is about HLS.
type Trial = (Check, fn(&mut spillway_media::measured::Measured), bool);

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn file_trials() -> Vec<Trial> {
    vec![
        (Check::Container { any_of: names(&["mp4", "mov"]) }, |m| m.container = "hls".to_owned(), false),
        (Check::MoovFirst, |m| m.moov_first = Some(false), false),
        (Check::NoEditList, |m| m.edit_lists = Some(2), false),
        (Check::VideoCodec { any_of: names(&["h264"]) }, |m| m.video[0].codec = "vp9".to_owned(), false),
        (Check::VideoProfile { any_of: names(&["High"]) }, |m| m.video[0].profile = None, false),
        (Check::MaxLevel { value: "4.1".to_owned() }, |m| m.video[0].level = Some(42), false),
        (Check::CodecTag { any_of: names(&["avc1", "mp4a"]) }, |m| m.video[0].tag = "avc3".to_owned(), false),
        (
            Check::PixelFormat { any_of: names(&["yuv420p"]) },
            |m| m.video[0].pixel_format = "yuv444p".to_owned(),
            false,
        ),
        (Check::MaxSize { width: 1080, height: 1920 }, |m| m.video[0].width = 1_922, false),
        (Check::Progressive, |m| m.video[0].field_order = FieldOrder::BottomFirst, false),
        (Check::SquarePixels, |m| m.video[0].sample_aspect = Ratio::new(16, 15), false),
        (Check::NoRotation, |m| m.video[0].rotation = 180, false),
        (Check::ColorTagged, |m| m.video[0].color.transfer = None, false),
        (Check::Bt709, |m| m.video[0].color.primaries = Some("bt2020".to_owned()), false),
        (Check::HasTimecode, |m| m.timecode = None, false),
        (Check::MaxDuration { seconds: 20.0 }, |m| m.video[0].end += 12_288, false),
        (Check::MaxBytes { value: 1_000_000 }, |m| m.files[0].bytes += 1, false),
    ]
}

fn rate_trials() -> Vec<Trial> {
    vec![
        (Check::ConstantFrameRate, |m| m.video[0].constant_rate = None, false),
        (
            Check::FrameRate { min: 23.976, max: 24.0 },
            |m| m.video[0].constant_rate = Some(Ratio::new(25, 1)),
            false,
        ),
        (Check::MaxGopSeconds { value: 2.0 }, |m| m.video[0].keyframes = vec![0, 48, 240], false),
        (
            Check::MaxGopSeconds { value: 2.0 },
            |m| {
                m.video[0].times_us.clear();
                m.video[0].longest_gop = 49;
            },
            false,
        ),
        (Check::MaxGopRateFraction { value: 2.0 }, |m| m.video[0].longest_gop = 49, false),
        (Check::ClosedGop, |m| m.video[0].open_gops = 1, false),
        (Check::MaxBFrames { value: 2 }, |m| m.video[0].b_frames = Some(3), false),
        (
            Check::VideoBitRate { min_kbps: Some(1_000), max_kbps: Some(3_000) },
            |m| m.video[0].bit_rate = 3_001_000,
            false,
        ),
        (
            Check::VideoBitRate { min_kbps: Some(1_000), max_kbps: None },
            |m| m.video[0].bit_rate = 999_000,
            false,
        ),
    ]
}

fn sound_and_hls_trials() -> Vec<Trial> {
    vec![
        (Check::HasAudio, |m| m.audio.clear(), false),
        (Check::AudioCodec { any_of: names(&["aac"]) }, |m| m.audio[0].codec = "mp3".to_owned(), false),
        (Check::AudioSampleRate { any_of: vec![48_000, 96_000] }, |m| m.audio[0].sample_rate = 44_100, false),
        (Check::AudioChannels { any_of: vec![1, 2] }, |m| m.audio[0].channels = 6, false),
        (
            Check::Loudness { target_lufs: -23.0, tolerance_lu: 1.0, true_peak_dbtp: -1.0 },
            |m| m.audio[0].lufs = Some(-24.2),
            false,
        ),
        (
            Check::MinRungs { value: 6 },
            |m| {
                m.video.pop();
            },
            true,
        ),
        (Check::AlignedKeyframes, |m| m.hls.as_mut().unwrap().keyframes_aligned = false, true),
        (Check::MaxSegmentSeconds { value: 6.0 }, |m| m.hls.as_mut().unwrap().longest_segment_s = 6.1, true),
        (
            Check::PeakToAverage { value: 2.0 },
            |m| m.hls.as_mut().unwrap().rungs[0].measured_peak = 9_000_000,
            true,
        ),
        (Check::HasIFramePlaylists, |m| m.hls.as_mut().unwrap().i_frame_playlists = 5, true),
        (Check::MinRungs { value: 1 }, |m| m.hls = None, true),
    ]
}

#[test]
fn every_check_passes_and_fails() {
    for (check, spoil, hls) in [file_trials(), rate_trials(), sound_and_hls_trials()].concat() {
        let mut case = if hls { Case::hls() } else { Case::mp4() };
        case.measured.timecode = Some("00:00:00:00".to_owned());
        case.profile.rule = vec![sample::rule(check.clone())];
        let result = |case: &Case| check::rules(&case.profile, "main", &case.measured).remove(0);
        assert_eq!(result(&case).verdict, Outcome::Pass, "{check:?}: {:?}", result(&case));
        spoil(&mut case.measured);
        assert_eq!(result(&case).verdict, Outcome::Fail, "{check:?}: {:?}", result(&case));
        case.profile.rule[0].severity = Severity::Warn;
        assert_eq!(result(&case).verdict, Outcome::Warn, "{check:?}");
    }
}

#[test]
fn every_kind_of_check_has_a_trial() {
    let kind = |check: &Check| serde_json::to_value(check).unwrap()["kind"].as_str().unwrap().to_owned();
    let tried: BTreeSet<String> = [file_trials(), rate_trials(), sound_and_hls_trials()]
        .concat()
        .iter()
        .map(|trial| kind(&trial.0))
        .collect();
    let schema = spillway_profile::json_schema();
    let schema = serde_json::to_value(schema).unwrap();
    let kinds: BTreeSet<String> = schema["$defs"]["Check"]["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| kind["properties"]["kind"]["const"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(tried, kinds);
}

#[test]
fn what_cannot_be_established_is_noted() {
    let mut case = Case::mp4();
    case.profile.rule = vec![sample::rule(Check::MaxBFrames { value: 2 })];
    case.measured.video[0].b_frames = None;
    assert_eq!(check::rules(&case.profile, "main", &case.measured)[0].verdict, Outcome::Warn);
}

#[test]
fn rules_of_other_outputs_do_not_apply_and_citations_come_along() {
    let mut case = Case::mp4();
    let mut rule = sample::rule(Check::HasAudio);
    rule.output = Some("other".to_owned());
    case.profile.rule = vec![rule.clone()];
    assert!(check::rules(&case.profile, "main", &case.measured).is_empty());
    rule.output = Some("main".to_owned());
    rule.source = Some("spec".to_owned());
    let spec =
        Citation { title: "Spec".to_owned(), url: "https://x".to_owned(), checked: "2026-01-01".to_owned() };
    case.profile.sources = BTreeMap::from([("spec".to_owned(), spec.clone())]);
    case.profile.rule = vec![rule];
    assert_eq!(check::rules(&case.profile, "main", &case.measured)[0].source, Some(spec));
}
