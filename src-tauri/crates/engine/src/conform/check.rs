//! The profile's own rules: every kind of check.

use spillway_media::{
    measured::{Measured, MeasuredAudio, MeasuredHls, MeasuredVideo},
    types::FieldOrder,
};
use spillway_profile::{Check, Loudness, Profile, Severity};

use super::{
    Outcome, RuleResult,
    line::{Part, State, merge, shown, yes},
    picture::{color_words, scan_words},
    sound,
};
use crate::plan::{
    level,
    number::{approx, approx_i},
};

/// Judges all rules of `profile` that apply to `output`.
pub(super) fn rules(profile: &Profile, output: &str, measured: &Measured) -> Vec<RuleResult> {
    let applies = |id: &Option<String>| id.as_deref().is_none_or(|id| id == output);
    profile
        .rule
        .iter()
        .filter(|rule| applies(&rule.output))
        .filter_map(|rule| {
            let miss = match rule.severity {
                Severity::Warn => Outcome::Warn,
                Severity::Fail => Outcome::Fail,
            };
            let mut result = merge(&rule.id, title(&rule.check), miss, &parts(&rule.check, measured))?;
            result.check = kind(&rule.check);
            result.source = rule.source.as_ref().and_then(|key| profile.sources.get(key)).cloned();
            Some(result)
        })
        .collect()
}

/// The check's name in a profile.
fn kind(check: &Check) -> Option<String> {
    serde_json::to_value(check).ok()?.get("kind")?.as_str().map(str::to_owned)
}

/// What a check asks, in words.
fn title(check: &Check) -> &'static str {
    match check {
        Check::Container { .. } => "File format",
        Check::MoovFirst => "Index before media",
        Check::NoEditList => "No edit lists",
        Check::VideoCodec { .. } => "Video codec",
        Check::VideoProfile { .. } => "Codec profile",
        Check::MaxLevel { .. } => "Codec level",
        Check::CodecTag { .. } => "Sample entry",
        Check::PixelFormat { .. } => "Pixel format",
        Check::MaxSize { .. } => "Picture size",
        Check::Progressive => "Progressive frames",
        Check::SquarePixels => "Square pixels",
        Check::NoRotation => "No rotation flag",
        Check::ConstantFrameRate => "Constant frame rate",
        Check::FrameRate { .. } => "Frame rate",
        Check::MaxGopSeconds { .. } | Check::MaxGopRateFraction { .. } => "Distance of keyframes",
        Check::ClosedGop => "Closed GOPs",
        Check::MaxBFrames { .. } => "Consecutive B-frames",
        Check::VideoBitRate { .. } => "Video bit rate",
        Check::ColorTagged => "Colour is tagged",
        Check::Bt709 => "BT.709 colour",
        Check::HasAudio => "Audio is there",
        Check::AudioCodec { .. } => "Audio codec",
        Check::AudioSampleRate { .. } => "Audio sample rate",
        Check::AudioChannels { .. } => "Audio channels",
        Check::Loudness { .. } => "Loudness",
        Check::HasTimecode => "Timecode track",
        Check::MaxDuration { .. } => "Duration",
        Check::MaxBytes { .. } => "Size of the output",
        Check::MinRungs { .. } => "Number of renditions",
        Check::AlignedKeyframes => "Aligned keyframes",
        Check::MaxSegmentSeconds { .. } => "Length of segments",
        Check::PeakToAverage { .. } => "Peak against average bit rate",
        Check::HasIFramePlaylists => "I-frame playlists",
    }
}

fn parts(check: &Check, measured: &Measured) -> Vec<Part> {
    let file = || file_parts(check, measured);
    file()
        .or_else(|| picture_parts(check, measured))
        .or_else(|| sound_parts(check, measured))
        .or_else(|| hls_parts(check, measured))
        .unwrap_or_default()
}

/// Checks of the output as a whole; `None`: not one of these.
fn file_parts(check: &Check, measured: &Measured) -> Option<Vec<Part>> {
    let whole =
        |expected: String, found: String, state: State| Some(vec![Part::whole(expected, found, state)]);
    let hls = measured.container == "hls";
    match check {
        Check::Container { any_of } => whole(
            any_of.join(" or "),
            measured.container.clone(),
            any_of.contains(&measured.container).into(),
        ),
        Check::MoovFirst => {
            let (found, state) = match measured.moov_first {
                Some(true) => ("yes", State::Met),
                Some(false) => ("no, after the media", State::Missed),
                None if hls => ("does not apply to HLS", State::Met),
                None => ("not an MP4 or MOV file", State::Missed),
            };
            whole("yes".to_owned(), found.to_owned(), state)
        }
        Check::NoEditList => {
            let (found, state) = match measured.edit_lists {
                Some(n) => (format!("{n} tracks have one"), (n == 0).into()),
                None if hls => ("does not apply to HLS".to_owned(), State::Met),
                None => ("not an MP4 or MOV file".to_owned(), State::Missed),
            };
            whole("none".to_owned(), found, state)
        }
        Check::HasTimecode => {
            let found = measured.timecode.clone();
            let state = found.is_some().into();
            whole("there".to_owned(), found.unwrap_or_else(|| "none".to_owned()), state)
        }
        Check::MaxDuration { seconds } => {
            let found = measured.video.iter().map(seconds_of).fold(0.0, f64::max);
            let state = State::from(found <= *seconds + 0.001);
            whole(format!("at most {} s", shown(*seconds)), format!("{} s", shown(found)), state)
        }
        Check::MaxBytes { value } => {
            let found: u64 = measured.files.iter().map(|file| file.bytes).sum();
            whole(format!("at most {value} bytes"), format!("{found} bytes"), (found <= *value).into())
        }
        Check::HasAudio => {
            let found = measured.audio.len();
            whole("at least one track".to_owned(), format!("{found} tracks"), (found > 0).into())
        }
        _ => None,
    }
}

/// Checks of each picture; a file without one misses them.
fn picture_parts(check: &Check, measured: &Measured) -> Option<Vec<Part>> {
    let each = |part: &dyn Fn(&MeasuredVideo) -> (String, String, State)| {
        let parts: Vec<Part> = measured
            .video
            .iter()
            .map(|video| {
                let (expected, found, state) = part(video);
                Part::of(&video.id, expected, found, state)
            })
            .collect();
        Some(if parts.is_empty() { vec![Part::whole("a picture", "none", false)] } else { parts })
    };
    match check {
        Check::VideoCodec { any_of } => each(&|v| one_of(any_of, &v.codec)),
        Check::VideoProfile { any_of } => each(&|v| one_of(any_of, v.profile.as_deref().unwrap_or("none"))),
        Check::MaxLevel { value } => each(&|v| max_level(v, value)),
        Check::CodecTag { any_of } => each(&|v| one_of(any_of, &v.tag)),
        Check::PixelFormat { any_of } => each(&|v| one_of(any_of, &v.pixel_format)),
        Check::MaxSize { width, height } => each(&|v| max_size(v, *width, *height)),
        Check::Progressive => each(&|v| {
            let met = v.field_order == FieldOrder::Progressive;
            ("progressive".to_owned(), scan_words(v.field_order).to_owned(), met.into())
        }),
        Check::SquarePixels => each(&|v| {
            let ratio = v.sample_aspect;
            ("1:1".to_owned(), format!("{}:{}", ratio.num, ratio.den), (ratio.num == ratio.den).into())
        }),
        Check::NoRotation => {
            each(&|v| ("none".to_owned(), format!("{}°", v.rotation), (v.rotation % 360 == 0).into()))
        }
        Check::ColorTagged => each(&|v| {
            let tags = [&v.color.primaries, &v.color.transfer, &v.color.matrix];
            let met = tags.iter().all(|tag| tag.as_deref().is_some_and(|tag| tag != "unknown"));
            ("primaries, transfer and matrix".to_owned(), color_words(&v.color), met.into())
        }),
        Check::Bt709 => each(&|v| {
            let tags = [&v.color.primaries, &v.color.transfer, &v.color.matrix];
            let met = tags.iter().all(|tag| tag.as_deref() == Some("bt709"));
            ("bt709/bt709/bt709".to_owned(), color_words(&v.color), met.into())
        }),
        _ => rate_parts(check, &each),
    }
}

type EachPicture<'a> = &'a dyn Fn(&dyn Fn(&MeasuredVideo) -> (String, String, State)) -> Option<Vec<Part>>;

/// Checks of frame rate, GOP and bit rate.
fn rate_parts(check: &Check, each: EachPicture<'_>) -> Option<Vec<Part>> {
    match check {
        Check::ConstantFrameRate => each(&|v| {
            let found = v.constant_rate.map_or_else(
                || format!("variable, {} on average", shown(v.average_rate)),
                |rate| format!("constant, {}", shown(rate.as_f64())),
            );
            ("constant".to_owned(), found, v.constant_rate.is_some().into())
        }),
        Check::FrameRate { min, max } => each(&|v| {
            let rate = frame_rate(v);
            let met = (min - 1e-3..=max + 1e-3).contains(&rate);
            (format!("{} to {}", shown(*min), shown(*max)), shown(rate), met.into())
        }),
        Check::MaxGopSeconds { value } => each(&|v| {
            // Profiles state seconds, encoders count frames: half a frame is rounding.
            let found = gop_seconds(v);
            let met = found <= value + 0.5 / frame_rate(v).max(1.0);
            (format!("at most {} s", shown(*value)), format!("{} s", shown(found)), met.into())
        }),
        Check::MaxGopRateFraction { value } => each(&|v| {
            let most = (value * frame_rate(v)).round().max(1.0);
            let met = approx(v.longest_gop) <= most;
            (format!("at most {} frames", shown(most)), format!("{} frames", v.longest_gop), met.into())
        }),
        Check::ClosedGop => {
            each(&|v| ("0 open".to_owned(), format!("{} open", v.open_gops), (v.open_gops == 0).into()))
        }
        Check::MaxBFrames { value } => each(&|v| {
            let expected = format!("at most {value}");
            match v.b_frames {
                Some(found) => (expected, found.to_string(), (found <= *value).into()),
                None => (expected, "not established".to_owned(), State::Unknown),
            }
        }),
        Check::VideoBitRate { min_kbps, max_kbps } => each(&|v| {
            let kbit = approx(v.bit_rate) / 1_000.0;
            let met = min_kbps.is_none_or(|min| kbit >= f64::from(min))
                && max_kbps.is_none_or(|max| kbit <= f64::from(max));
            let expected = match (min_kbps, max_kbps) {
                (Some(min), Some(max)) => format!("{min} to {max} kbit/s"),
                (Some(min), None) => format!("at least {min} kbit/s"),
                (None, Some(max)) => format!("at most {max} kbit/s"),
                (None, None) => "any".to_owned(),
            };
            (expected, format!("{} kbit/s", shown(kbit.round())), met.into())
        }),
        _ => None,
    }
}

/// Checks of each audio track; without tracks there is nothing to judge (`has-audio` asks for one).
fn sound_parts(check: &Check, measured: &Measured) -> Option<Vec<Part>> {
    let each = |part: &dyn Fn(&MeasuredAudio) -> Part| {
        let parts: Vec<Part> = measured.audio.iter().map(part).collect();
        Some(if parts.is_empty() {
            vec![Part::whole("holds for every track", "no audio", true)]
        } else {
            parts
        })
    };
    let numbers = |any_of: &[u32]| any_of.iter().map(u32::to_string).collect::<Vec<_>>().join(" or ");
    match check {
        Check::AudioCodec { any_of } => each(&|a| {
            let (expected, found, state) = one_of(any_of, &a.codec);
            Part::of(&a.id, expected, found, state)
        }),
        Check::AudioSampleRate { any_of } => each(&|a| {
            let met = any_of.contains(&a.sample_rate);
            Part::of(&a.id, format!("{} Hz", numbers(any_of)), format!("{} Hz", a.sample_rate), met)
        }),
        Check::AudioChannels { any_of } => {
            each(&|a| Part::of(&a.id, numbers(any_of), a.channels.to_string(), any_of.contains(&a.channels)))
        }
        &Check::Loudness { target_lufs, tolerance_lu, true_peak_dbtp } => {
            each(&|a| sound::loudness_part(&a.id, Loudness { target_lufs, true_peak_dbtp, tolerance_lu }, a))
        }
        _ => None,
    }
}

/// Checks that only HLS folders can meet.
fn hls_parts(check: &Check, measured: &Measured) -> Option<Vec<Part>> {
    let with = |part: &dyn Fn(&MeasuredHls) -> Vec<Part>| {
        Some(measured.hls.as_ref().map_or_else(|| vec![Part::whole("an HLS folder", "not HLS", false)], part))
    };
    match check {
        Check::MinRungs { value } => with(&|_| {
            let found = measured.video.len();
            vec![Part::whole(
                format!("at least {value}"),
                found.to_string(),
                found as u64 >= u64::from(*value),
            )]
        }),
        Check::AlignedKeyframes => {
            with(&|hls| vec![Part::whole("yes", yes(hls.keyframes_aligned), hls.keyframes_aligned)])
        }
        Check::MaxSegmentSeconds { value } => with(&|hls| {
            let found = hls.longest_segment_s;
            vec![Part::whole(
                format!("at most {} s", shown(*value)),
                format!("{} s", shown(found)),
                found <= value + 0.001,
            )]
        }),
        Check::PeakToAverage { value } => with(&|hls| {
            let part = |rung: &spillway_media::measured::MeasuredRung| {
                let ratio = approx(rung.measured_peak) / approx(rung.measured_average.max(1));
                Part::of(
                    &rung.id,
                    format!("at most {}", shown(*value)),
                    format!("{ratio:.2}"),
                    ratio <= *value,
                )
            };
            hls.rungs.iter().map(part).collect()
        }),
        Check::HasIFramePlaylists => with(&|hls| {
            let (found, rungs) = (u64::from(hls.i_frame_playlists), measured.video.len() as u64);
            vec![Part::whole(
                format!("{rungs}, one per rendition"),
                found.to_string(),
                found >= rungs && found > 0,
            )]
        }),
        _ => None,
    }
}

fn one_of(any_of: &[String], found: &str) -> (String, String, State) {
    (any_of.join(" or "), found.to_owned(), any_of.iter().any(|name| name == found).into())
}

fn max_level(video: &MeasuredVideo, value: &str) -> (String, String, State) {
    let expected = format!("at most {value}");
    match (level::number(&video.codec, value), video.level) {
        (Some(most), Some(found)) => (expected, level::name(&video.codec, found), (found <= most).into()),
        (None, _) => (expected, format!("{} has no such levels", video.codec), State::Unknown),
        (_, None) => (expected, "not stated".to_owned(), State::Unknown),
    }
}

fn max_size(video: &MeasuredVideo, width: u32, height: u32) -> (String, String, State) {
    let met = video.width.max(video.height) <= width.max(height)
        && video.width.min(video.height) <= width.min(height);
    (
        format!("within {width} × {height}, either way round"),
        format!("{} × {}", video.width, video.height),
        met.into(),
    )
}

fn frame_rate(video: &MeasuredVideo) -> f64 {
    video.constant_rate.map_or(video.average_rate, spillway_media::types::Ratio::as_f64)
}

fn seconds_of(video: &MeasuredVideo) -> f64 {
    approx_i(video.end.saturating_sub(video.first)) * video.time_base.as_f64()
}

/// Longest distance of keyframes in seconds: by the frames' own times where they are known.
pub(super) fn gop_seconds(video: &MeasuredVideo) -> f64 {
    let time = |n: u64| usize::try_from(n).ok().and_then(|n| video.times_us.get(n)).copied();
    let times: Option<Vec<i64>> = video.keyframes.iter().map(|n| time(*n)).collect();
    let exact = times.filter(|times| !times.is_empty()).map(|mut times| {
        times.push(spillway_media::types::rescale(
            video.end.saturating_sub(video.first),
            video.time_base,
            spillway_media::types::Ratio::new(1, 1_000_000),
        ));
        times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0)
    });
    match exact {
        Some(us) => approx_i(us) / 1_000_000.0,
        None => approx(video.longest_gop) / frame_rate(video).max(0.001),
    }
}
