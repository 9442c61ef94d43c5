//! Conformance rules: references, values, and rules that the profile's own outputs can't obey.

use super::{Checks, audio};
use crate::error::{Path, propose};
use crate::{
    AudioCodec, Check, Container, EditList, Loudness, Output, Profile, Rule, Severity, Timecode, VideoCodec,
};

pub(super) fn check(checks: &mut Checks, profile: &Profile, at: &Path) {
    checks.unique("rule", profile.rule.iter().map(|rule| rule.id.clone()), |n| at.index(n).key("id"));
    for (n, rule) in profile.rule.iter().enumerate() {
        let at = at.index(n);
        checks.id(&rule.id, &at.key("id"));
        references(checks, profile, rule, &at);
        values(checks, &rule.check, &at.key("check"));
        for output in profile.output.iter().filter(|output| applies(rule, output)) {
            contradiction(checks, rule, output, &at.key("check"));
        }
        let useless = rule.check.is_hls_only()
            && !profile
                .output
                .iter()
                .any(|output| applies(rule, output) && output.container == Container::Hls);
        checks.expect(
            !useless,
            &at.key("check"),
            format!("rule \"{}\" is about hls, and no such output is made", rule.id),
        );
    }
}

fn applies(rule: &Rule, output: &Output) -> bool {
    rule.output.as_ref().is_none_or(|id| *id == output.id)
}

fn references(checks: &mut Checks, profile: &Profile, rule: &Rule, at: &Path) {
    if let Some(source) = rule.source.as_ref().filter(|source| !profile.sources.contains_key(*source)) {
        let known = profile.sources.keys().map(String::as_str);
        checks.add(&at.key("source"), format!("there is no source \"{source}\""), propose(source, known));
    }
    let outputs = || profile.output.iter().map(|output| output.id.as_str());
    if let Some(output) = rule.output.as_ref().filter(|output| !outputs().any(|id| id == output.as_str())) {
        checks.add(&at.key("output"), format!("there is no output \"{output}\""), propose(output, outputs()));
    }
}

fn values(checks: &mut Checks, check: &Check, at: &Path) {
    let list_is_empty = match check {
        Check::Container { any_of }
        | Check::VideoCodec { any_of }
        | Check::VideoProfile { any_of }
        | Check::CodecTag { any_of }
        | Check::PixelFormat { any_of }
        | Check::AudioCodec { any_of } => any_of.is_empty(),
        Check::AudioSampleRate { any_of } | Check::AudioChannels { any_of } => any_of.is_empty(),
        _ => false,
    };
    checks.expect(!list_is_empty, &at.key("any_of"), "any_of must name at least one");
    match check {
        Check::Container { any_of } => {
            for name in any_of {
                checks.known("container", name, &["mp4", "mov", "hls"], &at.key("any_of"));
            }
        }
        Check::VideoCodec { any_of } => {
            for name in any_of {
                // Others exist and may be demanded of foreign files; a slip of the pen is caught.
                let known = ["h264", "hevc", "prores", "av1", "vp9", "mpeg2video", "dnxhd"];
                checks.known("video codec", name, &known, &at.key("any_of"));
            }
        }
        Check::CodecTag { any_of } => {
            let good = any_of.iter().all(|tag| tag.chars().count() == 4);
            checks.expect(good, &at.key("any_of"), "a codec tag has four characters");
        }
        Check::MaxLevel { value } => {
            let good = value.parse::<f64>().is_ok_and(|level| (1.0..10.0).contains(&level));
            checks.expect(good, &at.key("value"), format!("\"{value}\" is no level, e.g. \"4.2\""));
        }
        Check::FrameRate { min, max } => {
            let good = *min >= 0.0 && min <= max && max.is_finite();
            checks.expect(good, at, "a frame rate rule needs 0 <= min <= max");
        }
        Check::VideoBitRate { min_kbps, max_kbps } => {
            checks.expect(
                min_kbps.is_some() || max_kbps.is_some(),
                at,
                "a bit rate rule needs min_kbps or max_kbps",
            );
            let ordered = min_kbps.zip(*max_kbps).is_none_or(|(min, max)| min <= max);
            checks.expect(ordered, at, "min_kbps is above max_kbps");
        }
        Check::MaxGopSeconds { value }
        | Check::MaxGopRateFraction { value }
        | Check::MaxSegmentSeconds { value } => {
            checks.expect(*value > 0.0 && value.is_finite(), &at.key("value"), "the limit must be positive");
        }
        Check::PeakToAverage { value } => {
            checks.expect(
                *value >= 1.0 && value.is_finite(),
                &at.key("value"),
                "no peak lies below the average: 1 or more",
            );
        }
        Check::MaxDuration { seconds } => {
            checks.expect(
                *seconds > 0.0 && seconds.is_finite(),
                &at.key("seconds"),
                "the limit must be positive",
            );
        }
        Check::Loudness { target_lufs, tolerance_lu, true_peak_dbtp } => {
            let (target_lufs, tolerance_lu, true_peak_dbtp) = (*target_lufs, *tolerance_lu, *true_peak_dbtp);
            audio::loudness(checks, Loudness { target_lufs, true_peak_dbtp, tolerance_lu }, at);
        }
        _ => {}
    }
}

/// A rule that fails whatever the source is: found here, not after hours of encoding.
fn contradiction(checks: &mut Checks, rule: &Rule, output: &Output, at: &Path) {
    if rule.severity != Severity::Fail {
        return;
    }
    let reason = match &rule.check {
        Check::Container { any_of } => clash(output.container.name(), any_of),
        Check::VideoCodec { any_of } => clash(video_codec(output.video.codec), any_of),
        Check::PixelFormat { any_of } => clash(&output.video.pixel_format, any_of),
        Check::AudioCodec { any_of } => {
            output.audio.iter().find_map(|audio| clash(audio_codec(audio.codec), any_of))
        }
        Check::AudioSampleRate { any_of } => {
            let rates = output.audio.iter().filter_map(|audio| audio.sample_rate_hz);
            rates.filter(|rate| !any_of.contains(rate)).map(|rate| format!("{rate} Hz")).next()
        }
        Check::MoovFirst => says(!output.fast_start, "fast_start = false"),
        Check::NoEditList => says(output.edit_list == EditList::Allow, "edit_list = \"allow\""),
        Check::HasAudio => says(output.audio.is_empty(), "no audio"),
        Check::HasTimecode => says(output.timecode == Timecode::Drop, "timecode = \"drop\""),
        Check::MaxGopSeconds { value } => {
            let made = output.video.gop.seconds;
            says(output.video.codec != VideoCodec::Prores && made > *value, &format!("gop.seconds = {made}"))
        }
        Check::MaxBFrames { value } => {
            let more = output.video.gop.b_frames.filter(|frames| frames > value);
            more.map(|frames| format!("gop.b_frames = {frames}"))
        }
        Check::MinRungs { value } => {
            let rungs = output.video.rung.len();
            says(rungs < *value as usize, &format!("{rungs} rungs"))
        }
        Check::MaxSegmentSeconds { value } => {
            let made = output.hls.as_ref().map(|hls| hls.segment_seconds);
            made.filter(|made| made > value).map(|made| format!("hls.segment_seconds = {made}"))
        }
        Check::HasIFramePlaylists => {
            let off = output.hls.as_ref().is_some_and(|hls| !hls.i_frame_playlists);
            says(off, "hls.i_frame_playlists = false")
        }
        // These depend on the source too.
        _ => None,
    };
    if let Some(reason) = reason {
        let message =
            format!("rule \"{}\" fails for every source: output \"{}\" has {reason}", rule.id, output.id);
        checks.add(at, message, None);
    }
}

fn clash(made: &str, allowed: &[String]) -> Option<String> {
    (!allowed.iter().any(|name| name == made)).then(|| made.to_owned())
}

fn says(wrong: bool, reason: &str) -> Option<String> {
    wrong.then(|| reason.to_owned())
}

fn video_codec(codec: VideoCodec) -> &'static str {
    match codec {
        VideoCodec::H264 => "h264",
        VideoCodec::Hevc => "hevc",
        VideoCodec::Prores => "prores",
    }
}

fn audio_codec(codec: AudioCodec) -> &'static str {
    match codec {
        AudioCodec::Aac => "aac",
        AudioCodec::PcmS16le => "pcm_s16le",
        AudioCodec::PcmS24le => "pcm_s24le",
    }
}

impl Check {
    fn is_hls_only(&self) -> bool {
        matches!(
            self,
            Self::MinRungs { .. }
                | Self::AlignedKeyframes
                | Self::MaxSegmentSeconds { .. }
                | Self::PeakToAverage { .. }
                | Self::HasIFramePlaylists
        )
    }
}
