mod checks;

use spillway_media::{
    facts::Probe,
    measured::{MeasuredAudio, MeasuredHls, MeasuredRung, MeasuredVideo},
    task::{FileInfo, PartInfo},
    types::{FieldOrder, Hdr, Ratio, rescale},
};
use spillway_profile::find;

use super::{picture::times_digest, *};
use crate::plan::{self, RenditionPlan, VideoPlan, copy::codec_name, sample};

/// A job with an output exactly as planned.
struct Case {
    profile: Profile,
    plan: OutputPlan,
    inspect: InspectDone,
    audio: Vec<AudioDone>,
    measured: Measured,
}

impl Case {
    fn new(profile: Profile, source: sample::Source) -> Self {
        let plan = plan::plan(&profile, &source.facts()).unwrap().plan.outputs.remove(0);
        let inspect = InspectDone { probe: source.probe, index: Some(source.summary) };
        let measured = perfect(&plan, &inspect.probe);
        let audio = measured.audio.iter().map(|track| done(track.samples)).collect();
        Self { profile, plan, inspect, audio, measured }
    }

    fn mp4() -> Self {
        Self::new(sample::profile(sample::mp4_output()), sample::Source::new(480))
    }

    fn hls() -> Self {
        Self::new(sample::profile(sample::hls_output()), sample::Source::new(24 * 40))
    }

    fn verdict(&self) -> OutputVerdict {
        judge(&self.profile, &self.plan, &self.inspect, &self.audio, &self.measured)
    }

    fn bad(&self) -> Vec<String> {
        bad(&self.verdict())
    }
}

fn bad(verdict: &OutputVerdict) -> Vec<String> {
    verdict.lines.iter().filter(|line| line.verdict != Outcome::Pass).map(|line| line.rule.clone()).collect()
}

fn done(samples: u64) -> AudioDone {
    AudioDone {
        part: PartInfo {
            path: "audio".into(),
            bytes: 1,
            sha256: String::new(),
            packets: 1,
            extradata_sha256: String::new(),
        },
        samples,
        start_sample: 0,
        silence: 0,
        cut: 0,
        source_lufs: None,
        gain_db: 0.0,
        damaged: 0,
    }
}

/// What reading back a faultless output of `plan` shows.
fn perfect(plan: &OutputPlan, probe: &Probe) -> Measured {
    let VideoPlan::Encode { renditions, .. } = &plan.video else { panic!("copied") };
    let hls = plan.hls.is_some();
    let video: Vec<MeasuredVideo> = renditions.iter().map(|rendition| picture(plan, rendition)).collect();
    let seconds = plan::number::approx_i(plan.end - plan.first) * plan.time_base.as_f64();
    let audio = plan.audio.iter().map(|track| MeasuredAudio {
        id: track.id.clone(),
        codec: "aac".to_owned(),
        profile: Some("LC".to_owned()),
        sample_rate: track.task.sample_rate,
        channels: 2,
        layout: "stereo".to_owned(),
        language: track.task.language.clone(),
        start_sample: 0,
        samples: plan::number::whole(seconds * f64::from(track.task.sample_rate)),
        frame_samples: 1_024,
        times_rise: true,
        bit_rate: 128_000,
        lufs: Some(-23.0),
        true_peak_dbtp: Some(-3.0),
        decode_errors: 0,
    });
    let rung = |video: &MeasuredVideo| MeasuredRung {
        id: video.id.clone(),
        declared_peak: 6_000_000,
        declared_average: 4_000_000,
        measured_peak: 5_900_000,
        measured_average: 3_900_000,
        codecs: "avc1.640028,mp4a.40.2".to_owned(),
    };
    Measured {
        container: super::file::container_name(plan.container).to_owned(),
        files: vec![FileInfo { path: String::new(), bytes: 1_000_000, sha256: String::new() }],
        moov_first: (!hls).then_some(true),
        edit_lists: (!hls).then_some(0),
        timecode: plan.timecode.clone(),
        chapters: probe.chapters,
        audio: audio.collect(),
        hls: hls.then(|| MeasuredHls {
            target_seconds: 6,
            longest_segment_s: 6.0,
            segments_start_idr: true,
            keyframes_aligned: true,
            i_frame_playlists: u32::try_from(video.len()).unwrap(),
            rungs: video.iter().map(rung).collect(),
        }),
        video,
        faults: vec![],
    }
}

fn picture(plan: &OutputPlan, rendition: &RenditionPlan) -> MeasuredVideo {
    let settings = &rendition.video;
    let base = Ratio::new(1, 12_288);
    let starts: Vec<i64> = if plan.rate.is_some() {
        (0..plan.end - plan.first).collect()
    } else {
        plan.frame_ticks
            .iter()
            .scan(0, |time, length| Some(std::mem::replace(time, *time + length)))
            .collect()
    };
    let every = rendition.every as usize;
    let scaled = |time, to| rescale(time, plan.time_base, to);
    let times: Vec<i64> = starts.iter().step_by(every).map(|time| scaled(*time, base)).collect();
    let frames = times.len() as u64;
    let gop = u64::from(settings.gop).min(48);
    MeasuredVideo {
        id: rendition.id.clone(),
        codec: codec_name(settings.codec).to_owned(),
        profile: Some("High".to_owned()),
        level: Some(40),
        tag: "avc1".to_owned(),
        width: settings.width,
        height: settings.height,
        pixel_format: settings.pixel_format.clone(),
        sample_aspect: settings.sample_aspect,
        rotation: plan.rotation,
        field_order: settings.field_order,
        color: settings.color.clone(),
        hdr: settings.hdr.clone(),
        captions: true,
        language: plan.language.clone(),
        time_base: base,
        frames,
        first: scaled(plan.first, base),
        end: scaled(plan.end, base),
        times_sha256: times_digest(&times),
        times_us: starts.iter().step_by(every).map(|time| scaled(*time, Ratio::new(1, 1_000_000))).collect(),
        times_rise: true,
        constant_rate: settings.frame_rate,
        average_rate: settings.nominal_rate.as_f64(),
        keyframes: (0..frames).filter(|n| n % gop == 0).collect(),
        open_gops: 0,
        longest_gop: gop,
        b_frames: Some(2),
        bytes: 900_000,
        bit_rate: 3_000_000,
        peak_bit_rate: 5_000_000,
        decoded: 50,
        decode_errors: 0,
        parameter_set_changes: 0,
    }
}

/// Keyframes at every segment start too, as the encoder puts them.
fn with_segment_keys(mut case: Case) -> Case {
    let VideoPlan::Encode { segments, .. } = &case.plan.video else { return case };
    for video in &mut case.measured.video {
        video.keyframes.extend(segments.iter().map(|segment| segment.first));
        video.keyframes.sort_unstable();
        video.keyframes.dedup();
    }
    case
}

#[test]
fn what_was_planned_passes() {
    let case = with_segment_keys(Case::mp4());
    assert_eq!(case.bad(), [""; 0], "{:#?}", case.verdict());
    assert_eq!(Case::hls().bad(), [""; 0], "{:#?}", Case::hls().verdict());
}

#[test]
fn every_deviation_is_found_by_its_rule() {
    type Change = fn(&mut Measured);
    let changes: [(&str, Change); 32] = [
        ("container", |m| m.container = "matroska".to_owned()),
        ("structure", |m| m.faults.push("Box 'moov' ends early.".to_owned())),
        ("audio-tracks", |m| m.audio.clear()),
        ("fast-start", |m| m.moov_first = Some(false)),
        ("timecode", |m| m.timecode = Some("01:00:00:00".to_owned())),
        ("frames", |m| m.video[0].frames -= 1),
        ("times-rise", |m| m.video[0].times_rise = false),
        ("picture-times", |m| {
            m.video[0].times_sha256.clear();
            m.video[0].times_us[7] += 20_000;
        }),
        ("picture-times", |m| {
            m.video[0].times_sha256.clear();
            m.video[0].times_us.clear();
        }),
        ("picture-start", |m| {
            m.video[0].first += 512;
            m.video[0].end += 512;
        }),
        ("picture-end", |m| m.video[0].end -= 512),
        ("codec", |m| m.video[0].codec = "hevc".to_owned()),
        ("codec", |m| m.video[0].profile = Some("High 10".to_owned())),
        ("pixel-format", |m| m.video[0].pixel_format = "yuv422p".to_owned()),
        ("size", |m| m.video[0].height = 1_088),
        ("pixel-aspect", |m| m.video[0].sample_aspect = Ratio::new(4, 3)),
        ("rotation", |m| m.video[0].rotation = 90),
        ("scan", |m| m.video[0].field_order = FieldOrder::TopFirst),
        ("color", |m| m.video[0].color.matrix = Some("smpte170m".to_owned())),
        ("color", |m| m.video[0].color.primaries = None),
        ("color", |m| m.video[0].color.range = Some("pc".to_owned())),
        ("segment-idr", |m| m.video[0].keyframes.retain(|n| *n == 0)),
        ("keyframes", |m| m.video[0].longest_gop = 241),
        ("closed-gops", |m| m.video[0].open_gops = 3),
        ("parameter-sets", |m| m.video[0].parameter_set_changes = 1),
        ("seams-decode", |m| m.video[0].decode_errors = 1),
        ("audio-format", |m| m.audio[0].channels = 6),
        ("audio-sync", |m| {
            m.audio[0].start_sample = 4_176;
            m.audio[0].samples -= 4_176;
        }),
        ("audio-complete", |m| m.audio[0].samples -= 24_000),
        ("audio-times-rise", |m| m.audio[0].times_rise = false),
        ("audio-decodes", |m| m.audio[0].decode_errors = 2),
        ("audio-language", |m| m.audio[0].language = None),
    ];
    for (rule, change) in changes {
        let mut case = with_segment_keys(Case::mp4());
        change(&mut case.measured);
        let bad = case.bad();
        assert!(bad.iter().any(|found| found == rule), "{rule}: {bad:?}");
        let wrongly = bad.iter().find(|found| !related(rule).contains(&found.as_str()));
        assert_eq!(wrongly, None, "{rule}: {bad:?}");
    }
}

/// Rules that may well miss together with another.
fn related(rule: &str) -> Vec<&str> {
    let mut rules = vec![rule];
    rules.extend(match rule {
        "audio-sync" | "audio-complete" => ["audio-complete", "durations-agree"].as_slice(),
        "picture-end" | "picture-start" => ["durations-agree"].as_slice(),
        _ => [].as_slice(),
    });
    rules
}

#[test]
fn hls_faults_are_found() {
    type Change = fn(&mut Measured);
    let changes: [(&str, Change); 9] = [
        ("renditions", |m| {
            m.video.pop();
        }),
        ("hls-playlists", |m| m.hls = None),
        ("segments-idr", |m| m.hls.as_mut().unwrap().segments_start_idr = false),
        ("aligned", |m| m.hls.as_mut().unwrap().keyframes_aligned = false),
        ("target-duration", |m| m.hls.as_mut().unwrap().longest_segment_s = 6.6),
        ("segment-length", |m| m.hls.as_mut().unwrap().longest_segment_s = 6.4),
        ("i-frame-playlists", |m| m.hls.as_mut().unwrap().i_frame_playlists = 1),
        ("declared-bit-rates", |m| m.hls.as_mut().unwrap().rungs[2].measured_peak = 7_000_000),
        ("keyframes", |m| m.video[3].keyframes.push(7)),
    ];
    for (rule, change) in changes {
        let mut case = Case::hls();
        change(&mut case.measured);
        assert!(case.bad().iter().any(|found| found == rule), "{rule}: {:?}", case.bad());
    }
}

#[test]
fn only_the_rung_that_misses_is_named() {
    let mut case = Case::hls();
    case.measured.video[1].decode_errors = 1;
    let verdict = case.verdict();
    let line = verdict.lines.iter().find(|line| line.rule == "seams-decode").unwrap();
    assert_eq!((line.verdict, line.place.as_deref()), (Outcome::Fail, Some("720p")));
    assert!(verdict.failed());
}

#[test]
fn a_spent_buffer_is_noted_and_not_fatal() {
    let mut case = Case::hls();
    case.measured.video[0].peak_bit_rate = 18_000_001;
    assert_eq!(case.bad(), ["vbv"]);
    assert!(!case.verdict().failed());
}

#[test]
fn variable_times_are_compared_frame_by_frame() {
    let mut source = sample::Source::new(300);
    source.make_variable();
    let profile = sample::profile(sample::mp4_output());
    let case = with_segment_keys(Case::new(profile, source));
    assert!(case.plan.rate.is_none());
    assert_eq!(case.bad(), [""; 0], "{:#?}", case.verdict());
    let mut case = case;
    case.measured.video[0].times_sha256.clear();
    assert_eq!(case.bad(), [""; 0], "within a tick without the digest");
    case.measured.video[0].times_us[100] += 15_000;
    assert_eq!(case.bad(), ["picture-times"]);
}

#[test]
fn hdr_and_captions_that_were_promised_must_arrive() {
    let mut source = sample::Source::new(480);
    let stream = &mut source.probe.video[0];
    stream.captions = true;
    stream.color.transfer = Some("smpte2084".to_owned());
    stream.hdr =
        Some(Hdr { luminance: Some([50, 10_000_000]), content_light: Some([1_000, 400]), ..Hdr::default() });
    let mut profile = sample::profile(sample::mp4_output());
    profile.output[0].video.color = spillway_profile::Color::Keep;
    profile.output[0].video.pixel_format = "yuv420p10le".to_owned();
    profile.output[0].video.profile = None;
    let mut case = with_segment_keys(Case::new(profile, source));
    assert_eq!(case.bad(), [""; 0], "{:#?}", case.verdict());
    case.measured.video[0].hdr = None;
    case.measured.video[0].captions = false;
    assert_eq!(case.bad(), ["hdr", "captions"]);
}

#[test]
fn loudness_is_judged_where_the_profile_corrects_it() {
    let mut profile = sample::profile(sample::mp4_output());
    profile.output[0].audio[0].loudness =
        Some(spillway_profile::Loudness { target_lufs: -23.0, true_peak_dbtp: -1.0, tolerance_lu: 0.5 });
    let mut case = with_segment_keys(Case::new(profile, sample::Source::new(480)));
    assert_eq!(case.bad(), [""; 0]);
    case.measured.audio[0].lufs = Some(-22.2);
    assert!(case.verdict().failed());
    case.measured.audio[0].lufs = Some(-23.0);
    case.measured.audio[0].true_peak_dbtp = Some(-0.5);
    assert!(case.verdict().failed());
    case.measured.audio[0].lufs = None;
    assert_eq!((case.bad(), case.verdict().failed()), (vec!["loudness".to_owned()], false));
}

#[test]
fn any_file_is_judged_by_an_outputs_settings() {
    type Change = fn(&mut Measured);
    let case = Case::mp4();
    let output = &case.profile.output[0];
    assert_eq!(bad(&judge_file(&case.profile, output, &case.measured)), [""; 0]);
    let changes: [(&str, Change); 10] = [
        ("container", |m| m.container = "avi".to_owned()),
        ("fast-start", |m| m.moov_first = None),
        ("codec", |m| m.video[0].codec = "mpeg4".to_owned()),
        ("pixel-format", |m| m.video[0].pixel_format = "yuv444p".to_owned()),
        ("pixel-aspect", |m| m.video[0].sample_aspect = Ratio::new(4, 3)),
        ("rotation", |m| m.video[0].rotation = 90),
        ("scan", |m| m.video[0].field_order = FieldOrder::TopFirst),
        ("picture", |m| m.video.clear()),
        ("audio-format", |m| m.audio[0].codec = "ac3".to_owned()),
        ("durations-agree", |m| m.audio[0].samples -= 48_000),
    ];
    for (rule, change) in changes {
        let mut measured = case.measured.clone();
        change(&mut measured);
        let bad = bad(&judge_file(&case.profile, output, &measured));
        assert!(bad.iter().any(|found| found == rule), "{rule}: {bad:?}");
    }
}

#[test]
fn a_shipped_ladder_is_judged_with_and_without_a_plan() {
    let profile = find("apple-hls").unwrap().profile().unwrap();
    let case = Case::new(profile, sample::Source::new(24 * 40));
    let mut measured = case.measured.clone();
    for video in &mut measured.video {
        video.level = Some(13);
        video.bit_rate = 100_000;
        video.peak_bit_rate = 200_000;
    }
    let planned = judge(&case.profile, &case.plan, &case.inspect, &case.audio, &measured);
    assert_eq!(bad(&planned), [""; 0], "{planned:#?}");
    let alone = judge_file(&case.profile, &case.profile.output[0], &measured);
    assert_eq!(bad(&alone), [""; 0], "{alone:#?}");
}

#[test]
fn every_rule_in_the_list_is_judged_somewhere_and_the_profiles_own_say_their_kind() {
    let sources = [
        include_str!("../file.rs"),
        include_str!("../picture.rs"),
        include_str!("../settings.rs"),
        include_str!("../sound.rs"),
        include_str!("../hls.rs"),
    ];
    for id in RULE_IDS {
        let quoted = format!("\"{id}\",");
        assert!(sources.iter().any(|source| source.contains(&quoted)), "{id} is judged nowhere");
    }
    let profile = find("apple-hls").unwrap().profile().unwrap();
    let verdict = Case::new(profile, sample::Source::new(24 * 40)).verdict();
    for line in verdict.lines {
        let built_in = RULE_IDS.contains(&line.rule.as_str()) && line.source.is_none();
        assert!(built_in || line.check.is_some(), "{line:?}");
    }
}
