//! Facts in words.

use spillway_media::{
    facts::{AudioStream, VideoStream},
    task::{AudioTask, VideoSettings},
    types::{FieldOrder, Ratio},
};
use spillway_profile::{AudioCodec, VideoCodec};

use super::rate;
use crate::plan::number::{approx, approx_i};

/// E.g. `h264 High, 1920 × 1080, 24 frames per second, yuv420p`.
pub(super) fn source_picture(stream: &VideoStream, constant: Option<Ratio>) -> String {
    let timing = constant.map_or_else(
        || "variable frame rate".to_owned(),
        |constant| format!("{} frames per second", rate(constant)),
    );
    let mut facts = vec![
        coding(&stream.codec, stream.profile.as_deref()),
        format!("{} × {}", stream.width, stream.height),
        timing,
        stream.pixel_format.clone(),
    ];
    if stream.field_order != FieldOrder::Progressive {
        facts.push("interlaced".to_owned());
    }
    facts.join(", ")
}

/// E.g. `aac LC, 48000 Hz, 5.1(side), eng`.
pub(super) fn source_audio(stream: &AudioStream) -> String {
    let mut facts = vec![
        coding(&stream.codec, stream.profile.as_deref()),
        format!("{} Hz", stream.sample_rate),
        stream.layout.clone(),
    ];
    facts.extend(stream.language.clone());
    if !stream.decodable {
        facts.push("cannot be decoded".to_owned());
    }
    facts.join(", ")
}

fn coding(codec: &str, profile: Option<&str>) -> String {
    profile.map_or_else(|| codec.to_owned(), |profile| format!("{codec} {profile}"))
}

/// One sentence on how a rendition was encoded.
pub(super) fn rendition(id: &str, video: &VideoSettings, cloud: bool) -> String {
    let codec = match video.codec {
        VideoCodec::H264 => "H.264",
        VideoCodec::Hevc => "HEVC",
        VideoCodec::Prores => "ProRes",
    };
    let quality = match (video.crf, video.vbv) {
        // Its settings are those of the service, made of these.
        _ if cloud => ", by AWS Elemental MediaConvert".to_owned(),
        (Some(crf), Some((max, _))) => format!(", quality {crf}, at most {max} kbit/s"),
        (Some(crf), None) => format!(", quality {crf}"),
        (None, _) => String::new(),
    };
    let rate = video.frame_rate.map_or_else(
        || "variable frame rate".to_owned(),
        |constant| format!("{} frames per second", rate(constant)),
    );
    format!("{id}: {codec}, {} × {}, {rate}{quality}.", video.width, video.height)
}

/// One sentence on how an audio track was made.
pub(super) fn track(task: &AudioTask) -> String {
    let Some(codec) = task.codec else { return "Copied, not re-encoded.".to_owned() };
    let codec = match codec {
        AudioCodec::Aac => "AAC-LC",
        AudioCodec::PcmS16le => "16-bit PCM",
        AudioCodec::PcmS24le => "24-bit PCM",
    };
    let bits = task.bit_rate.map_or_else(String::new, |bits| format!(", {} kbit/s", bits / 1_000));
    let channels = match task.channels {
        Some(1) => "mono".to_owned(),
        Some(2) => "stereo".to_owned(),
        Some(n) => format!("{n} channels"),
        None => "channels as in the source".to_owned(),
    };
    format!("{codec}{bits}, {} Hz, {channels}.", task.sample_rate)
}

/// E.g. `4.1 GB`.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1_000 {
        return format!("{bytes} bytes");
    }
    let mut value = approx(bytes) / 1_000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1_000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// E.g. `00:01:30.500`.
pub(super) fn duration(ms: i64) -> String {
    let ms = ms.max(0);
    format!("{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000)
}

/// E.g. `2026-11-22 14:02:11 UTC`; `unknown` for times that no calendar holds.
pub(super) fn moment(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map_or_else(|_| "unknown".to_owned(), |time| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// Money, e.g. `0.42 USD`; `nothing` for 0.
pub(super) fn money(microusd: i64) -> String {
    if microusd == 0 {
        return "nothing".to_owned();
    }
    format!("{:.2} USD", approx_i(microusd) / 1_000_000.0)
}

/// `1 try`, `2 tries`.
pub(super) fn tries(n: u32) -> String {
    if n == 1 { "1 try".to_owned() } else { format!("{n} tries") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_read_well() {
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(1_000), "1.0 kB");
        assert_eq!(bytes(4_130_000_000), "4.1 GB");
        assert_eq!(bytes(999_999), "1.0 MB");
        assert_eq!(duration(3_690_500), "01:01:30.500");
        assert_eq!(moment(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(moment(i64::MAX), "unknown");
        assert_eq!(money(420_000), "0.42 USD");
        assert_eq!(tries(2), "2 tries");
    }
}
