//! Words for settings and rules.

use serde::Serialize;

use crate::{Check, Loss, RateControl};

/// The name that a closed enum has in TOML.
pub(super) fn name_of<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

pub(super) fn rate(rate: &RateControl) -> String {
    match rate {
        RateControl::Crf { crf } => format!("quality {crf} (CRF)"),
        RateControl::CappedCrf { crf, max_kbps, buffer_kbit } => {
            format!("quality {crf} (CRF), at most {max_kbps} kbit/s, buffer {buffer_kbit} kbit")
        }
        RateControl::Codec => "the codec's own quality".to_owned(),
    }
}

pub(super) fn check(check: &Check) -> String {
    match check {
        Check::Container { any_of } => format!("file format {}", any(any_of)),
        Check::MoovFirst => "index before the media".to_owned(),
        Check::NoEditList => "no edit list".to_owned(),
        Check::VideoCodec { any_of } => format!("video codec {}", any(any_of)),
        Check::VideoProfile { any_of } => format!("codec profile {}", any(any_of)),
        Check::MaxLevel { value } => format!("codec level at most {value}"),
        Check::CodecTag { any_of } => format!("codec tag {}", any(any_of)),
        Check::PixelFormat { any_of } => format!("pixel format {}", any(any_of)),
        Check::MaxSize { width, height } => format!("at most {width}x{height} pixels, either way round"),
        Check::Progressive => "frames, not fields".to_owned(),
        Check::SquarePixels => "square pixels".to_owned(),
        Check::NoRotation => "no rotation flag".to_owned(),
        Check::ConstantFrameRate => "evenly spaced frames".to_owned(),
        Check::FrameRate { min, max } => format!("{min} to {max} frames per second"),
        Check::MaxGopSeconds { value } => format!("a keyframe at least every {value} s"),
        Check::MaxGopRateFraction { value } => {
            format!("a keyframe at least every {value} × frame rate frames")
        }
        Check::ClosedGop => "closed GOPs".to_owned(),
        Check::MaxBFrames { value } => format!("at most {value} B-frames in a row"),
        Check::VideoBitRate { min_kbps, max_kbps } => bit_rate(*min_kbps, *max_kbps),
        Check::ColorTagged => "colours are tagged".to_owned(),
        Check::Bt709 => "colours tagged BT.709".to_owned(),
        Check::HasAudio => "at least one audio track".to_owned(),
        Check::AudioCodec { any_of } => format!("audio codec {}", any(any_of)),
        Check::AudioSampleRate { any_of } => format!("sample rate {} Hz", any(any_of)),
        Check::AudioChannels { any_of } => format!("{} audio channels", any(any_of)),
        Check::Loudness { target_lufs, tolerance_lu, true_peak_dbtp } => {
            format!("{target_lufs} LUFS ±{tolerance_lu} LU, true peak at most {true_peak_dbtp} dBTP")
        }
        Check::HasTimecode => "a timecode track".to_owned(),
        Check::MaxDuration { seconds } => format!("at most {seconds} s long"),
        Check::MaxBytes { value } => format!("at most {value} bytes"),
        Check::MinRungs { value } => format!("at least {value} rungs"),
        Check::AlignedKeyframes => "keyframes of all rungs at the same times".to_owned(),
        Check::MaxSegmentSeconds { value } => format!("segments of at most {value} s"),
        Check::PeakToAverage { value } => format!("peak bit rate at most {value} × the average"),
        Check::HasIFramePlaylists => "an I-frame playlist for every rung".to_owned(),
    }
}

fn any<T: ToString>(names: &[T]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

fn bit_rate(min: Option<u32>, max: Option<u32>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!("video bit rate {min} to {max} kbit/s"),
        (Some(min), None) => format!("video bit rate at least {min} kbit/s"),
        (None, Some(max)) => format!("video bit rate at most {max} kbit/s"),
        (None, None) => "any video bit rate".to_owned(),
    }
}

pub(super) fn loss(what: Loss) -> &'static str {
    match what {
        Loss::Timecode => "start timecode",
        Loss::Captions => "CEA-608/708 captions inside the picture",
        Loss::Subtitles => "subtitle streams",
        Loss::Hdr => "HDR",
        Loss::Color => "the source's own colour space and range",
        Loss::AudioChannels => "audio channels beyond those made",
        Loss::AudioStreams => "audio streams beyond those selected",
        Loss::Languages => "stream languages",
        Loss::Chapters => "chapters",
        Loss::Interlacing => "fields (made into frames)",
        Loss::Alpha => "the alpha channel",
        Loss::Precision => "bit depth and chroma resolution beyond the output's",
        Loss::Resolution => "picture size beyond the output's",
        Loss::FrameTiming => "the source's frame times (frames repeated or dropped)",
        Loss::Data => "data streams (telemetry, SCTE-35)",
        Loss::AudioTail => "sound or picture beyond the other's end",
    }
}
