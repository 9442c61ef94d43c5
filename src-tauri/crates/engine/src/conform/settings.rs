//! Any file against the settings of an output, without a plan.

use spillway_media::{
    measured::{Measured, MeasuredAudio, MeasuredVideo},
    types::FieldOrder,
};
use spillway_profile::{
    AudioCodec, AudioFit, Channels, Container, EditList, FrameRateMode, Output, PixelAspect, RateControl,
    Rotation, Rung, Scan, SelectAudio, Size, Timecode, VideoCodec,
};

use super::{
    Outcome, RuleResult,
    check::gop_seconds,
    file, hls,
    line::{Part, all, kbps, line, shown, some},
    picture::scan_words,
    sound, stream,
};
use crate::plan::{
    copy::{codec_name, profile_complies},
    level,
    number::approx,
};

/// What the output's settings demand of a file.
pub(super) fn lines(output: &Output, measured: &Measured) -> Vec<RuleResult> {
    let mut lines = Vec::new();
    lines.extend(file::container(output.container, measured));
    lines.extend(file::structure(measured));
    if output.container == Container::Hls {
        lines.extend(playlists(output, measured));
    } else {
        if output.fast_start {
            lines.extend(file::fast_start(measured));
        }
        if output.edit_list == EditList::Forbid {
            lines.extend(file::no_edit_list(measured));
        }
        if output.timecode == Timecode::Always {
            let found = measured.timecode.as_deref();
            let part = Part::whole("there", found.unwrap_or("none"), found.is_some());
            lines.extend(line("timecode", "Start timecode", Outcome::Fail, &[part]));
        }
    }
    lines.extend(pictures(output, measured));
    lines.extend(sounds(output, measured));
    lines
}

fn playlists(output: &Output, measured: &Measured) -> Vec<RuleResult> {
    let Some(found) = &measured.hls else { return Vec::new() };
    let mut lines = hls::common(found);
    if output.hls.as_ref().is_some_and(|hls| hls.i_frame_playlists) {
        lines.extend(hls::i_frame_playlists(found, measured.video.len()));
    }
    lines
}

struct Case<'a> {
    output: &'a Output,
    found: &'a MeasuredVideo,
    rung: Option<&'a Rung>,
}

fn pictures(output: &Output, measured: &Measured) -> Vec<RuleResult> {
    let rung = |id: &str| output.video.rung.iter().find(|rung| rung.id == id);
    let cases: Vec<Case<'_>> =
        measured.video.iter().map(|found| Case { output, found, rung: rung(&found.id) }).collect();
    let there =
        Part::whole("a picture", format!("{} tracks", measured.video.len()), !measured.video.is_empty());
    let fail = Outcome::Fail;
    [
        line("picture", "A picture is there", fail, &[there]),
        line("times-rise", "Frame times rise", fail, &all(&cases, Case::times_rise)),
        line("codec", "Video codec and profile", fail, &all(&cases, Case::codec)),
        line("level", "Codec level", fail, &some(&cases, Case::level)),
        line("pixel-format", "Pixel format", fail, &all(&cases, Case::pixel_format)),
        line("size", "Picture size", fail, &some(&cases, Case::size)),
        line("pixel-aspect", "Pixel shape", fail, &some(&cases, Case::aspect)),
        line("rotation", "Rotation flag", fail, &some(&cases, Case::rotation)),
        line("scan", "Frames or fields", fail, &some(&cases, Case::scan)),
        line("frame-rate", "Frame rate", fail, &some(&cases, Case::frame_rate)),
        line("keyframes", "Distance of keyframes", fail, &some(&cases, Case::keyframes)),
        line("closed-gops", "Closed GOPs", fail, &some(&cases, Case::closed_gops)),
        line("b-frames", "B-frames", fail, &some(&cases, Case::b_frames)),
        line(
            "parameter-sets",
            "One set of parameters for the whole stream",
            fail,
            &all(&cases, Case::parameter_sets),
        ),
        line("decodes", "Decodes without errors", fail, &all(&cases, Case::decodes)),
        line("average-bit-rate", "Average under the ceiling", Outcome::Warn, &some(&cases, Case::ceiling)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Case<'_> {
    fn part(&self, expected: impl Into<String>, measured: impl Into<String>, met: bool) -> Part {
        Part::of(&self.found.id, expected, measured, met)
    }

    fn times_rise(&self) -> Part {
        let words = |rise| if rise { "strictly rising" } else { "not strictly rising" };
        self.part(words(true), words(self.found.times_rise), self.found.times_rise)
    }

    fn codec(&self) -> Part {
        let video = &self.output.video;
        let wanted = codec_name(video.codec);
        let profile = self.rung.and_then(|rung| rung.profile.as_deref()).or(video.profile.as_deref());
        let found = self.found.profile.as_deref();
        let met = self.found.codec == wanted && profile_complies(video.codec, profile, found);
        self.part(
            format!("{wanted} {}", profile.unwrap_or("any profile")),
            format!("{} {}", self.found.codec, found.unwrap_or("without a profile")),
            met,
        )
    }

    fn level(&self) -> Option<Part> {
        let wanted =
            self.rung.and_then(|rung| rung.level.as_deref()).or(self.output.video.level.as_deref())?;
        let most = level::number(&self.found.codec, wanted)?;
        let found = self.found.level?;
        let words = level::name(&self.found.codec, found);
        Some(self.part(format!("at most {wanted}"), words, found <= most))
    }

    fn pixel_format(&self) -> Part {
        let wanted = &self.output.video.pixel_format;
        self.part(wanted, &self.found.pixel_format, *wanted == self.found.pixel_format)
    }

    fn size(&self) -> Option<Part> {
        let (width, height) = match (self.rung, self.output.video.size) {
            (Some(rung), _) => (rung.width, rung.height),
            (None, Size::Fit { width, height }) => (width, height),
            (None, Size::Keep) => return None,
        };
        let found = self.found;
        let met = found.width.max(found.height) <= width.max(height)
            && found.width.min(found.height) <= width.min(height);
        let words = format!("{} × {}", found.width, found.height);
        Some(self.part(format!("within {width} × {height}, either way round"), words, met))
    }

    fn aspect(&self) -> Option<Part> {
        let ratio = self.found.sample_aspect;
        let words = format!("{}:{}", ratio.num, ratio.den);
        (self.output.video.pixel_aspect == PixelAspect::Square)
            .then(|| self.part("1:1", words, ratio.num == ratio.den))
    }

    fn rotation(&self) -> Option<Part> {
        let found = self.found.rotation;
        (self.output.video.rotation == Rotation::Apply)
            .then(|| self.part("none", format!("{found}°"), found == 0))
    }

    fn scan(&self) -> Option<Part> {
        let found = self.found.field_order;
        (self.output.video.scan == Scan::Progressive)
            .then(|| self.part("progressive", scan_words(found), found == FieldOrder::Progressive))
    }

    fn frame_rate(&self) -> Option<Part> {
        let rule = self.output.video.frame_rate;
        if rule.mode != FrameRateMode::Constant {
            return None;
        }
        let limit = self.rung.and_then(|rung| rung.max_frame_rate).into_iter().chain(rule.max);
        let limit = limit.min_by(f64::total_cmp);
        let rate = self.found.constant_rate;
        let met = rate.is_some_and(|rate| limit.is_none_or(|max| rate.as_f64() <= max + 1e-3));
        let expected =
            limit.map_or_else(|| "constant".to_owned(), |max| format!("constant, at most {}", shown(max)));
        let found = rate.map_or_else(
            || format!("variable, {} on average", shown(self.found.average_rate)),
            |rate| format!("constant, {}", shown(rate.as_f64())),
        );
        Some(self.part(expected, found, met))
    }

    fn keyframes(&self) -> Option<Part> {
        if self.output.video.codec == VideoCodec::Prores {
            return None;
        }
        let seconds = self.output.video.gop.seconds;
        // Profiles state seconds, encoders count frames: half a frame is rounding.
        let slack = 0.5 / self.found.average_rate.max(1.0);
        let limit = seconds.max(1.0 / self.found.average_rate.max(1.0));
        let found = gop_seconds(self.found);
        let expected = format!("at most {} s", shown(limit));
        Some(self.part(expected, format!("{} s", shown(found)), found <= limit + slack))
    }

    fn closed_gops(&self) -> Option<Part> {
        let open = self.found.open_gops;
        (self.output.video.codec != VideoCodec::Prores)
            .then(|| self.part("0 open", format!("{open} open"), open == 0))
    }

    fn b_frames(&self) -> Option<Part> {
        let most = self.output.video.gop.b_frames?;
        let found = self.found.b_frames?;
        Some(self.part(format!("at most {most} in a row"), found.to_string(), found <= most))
    }

    fn parameter_sets(&self) -> Part {
        stream::parameter_sets(&self.found.id, self.found)
    }

    fn decodes(&self) -> Part {
        stream::decodes(&self.found.id, self.found)
    }

    fn ceiling(&self) -> Option<Part> {
        let rate = self.rung.map(|rung| rung.rate).or(self.output.video.rate)?;
        let RateControl::CappedCrf { max_kbps, .. } = rate else { return None };
        let found = self.found.bit_rate;
        let most = u64::from(max_kbps) * 1_000;
        Some(self.part(format!("at most {}", kbps(most)), kbps(found), found <= most))
    }
}

fn sounds(output: &Output, measured: &Measured) -> Vec<RuleResult> {
    if output.audio.is_empty() {
        let found = measured.audio.len();
        let part = Part::whole("0", found.to_string(), found == 0);
        return line("audio-tracks", "Audio tracks", Outcome::Warn, &[part]).into_iter().collect();
    }
    // A programme that takes every stream owns all tracks from its place on.
    let wanted = |n: usize| {
        let all = output.audio.iter().position(|audio| audio.select == SelectAudio::All);
        output.audio.get(all.map_or(n, |all| n.min(all)))
    };
    let pairs: Vec<(&spillway_profile::Audio, &MeasuredAudio)> =
        measured.audio.iter().enumerate().filter_map(|(n, found)| Some((wanted(n)?, found))).collect();
    let each = |part: &dyn Fn(&spillway_profile::Audio, &MeasuredAudio) -> Option<Part>| {
        pairs.iter().filter_map(|(audio, found)| part(audio, found)).collect::<Vec<_>>()
    };
    let fail = Outcome::Fail;
    [
        line("audio-format", "Audio format", fail, &each(&|audio, found| Some(format(audio, found)))),
        line(
            "durations-agree",
            "Audio ends with the picture",
            fail,
            &each(&|audio, found| {
                let filled = audio.fit == AudioFit::Picture || output.edit_list == EditList::Forbid;
                filled.then(|| sound::end_part(&found.id, found, measured)).flatten()
            }),
        ),
        line(
            "audio-times-rise",
            "Audio times rise",
            fail,
            &each(&|_, found| {
                let words = |rise| if rise { "strictly rising" } else { "not strictly rising" };
                Some(Part::of(&found.id, words(true), words(found.times_rise), found.times_rise))
            }),
        ),
        line(
            "loudness",
            "Loudness",
            fail,
            &each(&|audio, found| Some(sound::loudness_part(&found.id, audio.loudness?, found))),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn format(audio: &spillway_profile::Audio, found: &MeasuredAudio) -> Part {
    let codec = sound::codec_name(audio.codec);
    let channels = match audio.channels {
        Channels::Stereo => found.channels == 2,
        Channels::StereoOrLess => found.channels <= 2,
        Channels::Keep => true,
    };
    let rate = audio.sample_rate_hz.is_none_or(|hz| hz == found.sample_rate);
    let bits = match (audio.codec, audio.bit_rate_kbps) {
        // A copied or constant-quality stream may have half as much again.
        (AudioCodec::Aac, Some(most)) => approx(found.bit_rate) <= f64::from(most) * 1_500.0,
        _ => true,
    };
    let words = match audio.channels {
        Channels::Stereo => "2 channels",
        Channels::StereoOrLess => "at most 2 channels",
        Channels::Keep => "any channels",
    };
    let hz = audio.sample_rate_hz.map_or_else(|| "any rate".to_owned(), |hz| format!("{hz} Hz"));
    Part::of(
        &found.id,
        format!("{codec}, {hz}, {words}"),
        format!(
            "{}, {} Hz, {} channels, {}",
            found.codec,
            found.sample_rate,
            found.channels,
            kbps(found.bit_rate)
        ),
        codec == found.codec && channels && rate && bits,
    )
}
