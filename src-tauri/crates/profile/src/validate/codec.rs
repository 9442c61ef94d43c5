//! What the encoders and their standards take: profiles, levels, presets, pixel formats.

use super::Checks;
use crate::error::{Path, propose};
use crate::{RateControl, Rung, Size, Video, VideoCodec};

/// Codec profiles and the pixel formats each can hold.
type Profiles = &'static [(&'static str, &'static [&'static str])];

const H264: Profiles = &[
    ("baseline", &["yuv420p"]),
    ("main", &["yuv420p"]),
    ("high", &["yuv420p"]),
    ("high10", &["yuv420p", "yuv420p10le"]),
    ("high422", &["yuv420p", "yuv420p10le", "yuv422p", "yuv422p10le"]),
    ("high444", &["yuv420p", "yuv420p10le", "yuv422p", "yuv422p10le", "yuv444p", "yuv444p10le"]),
];
const HEVC: Profiles = &[
    ("main", &["yuv420p"]),
    ("main10", &["yuv420p10le"]),
    ("main12", &["yuv420p12le"]),
    ("main422-10", &["yuv422p10le"]),
    ("main422-12", &["yuv422p12le"]),
    ("main444-8", &["yuv444p"]),
    ("main444-10", &["yuv444p10le"]),
    ("main444-12", &["yuv444p12le"]),
];
const PRORES: Profiles = &[
    ("proxy", &["yuv422p10le"]),
    ("lt", &["yuv422p10le"]),
    ("standard", &["yuv422p10le"]),
    ("hq", &["yuv422p10le"]),
    ("4444", &["yuv444p10le", "yuva444p10le"]),
    ("4444xq", &["yuv444p10le", "yuva444p10le"]),
];

/// Speed presets of x264 and x265.
const PRESETS: &[&str] = &[
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
    "placebo",
];
const H264_TUNES: &[&str] =
    &["film", "animation", "grain", "stillimage", "psnr", "ssim", "fastdecode", "zerolatency"];
const HEVC_TUNES: &[&str] = &["animation", "grain", "psnr", "ssim", "fastdecode", "zerolatency"];

const HEVC_LEVELS: &[&str] = &["1", "2", "2.1", "3", "3.1", "4", "4.1", "5", "5.1", "5.2", "6", "6.1", "6.2"];

/// H.264 levels (Rec. H.264 table A-1): name, macroblocks a second, macroblocks a frame, and the
/// highest bit rate in kbit/s of the Baseline and Main profiles (High may have a quarter more).
const H264_LEVELS: &[(&str, u32, u32, u32)] = &[
    ("1", 1_485, 99, 64),
    ("1b", 1_485, 99, 128),
    ("1.1", 3_000, 396, 192),
    ("1.2", 6_000, 396, 384),
    ("1.3", 11_880, 396, 768),
    ("2", 11_880, 396, 2_000),
    ("2.1", 19_800, 792, 4_000),
    ("2.2", 20_250, 1_620, 4_000),
    ("3", 40_500, 1_620, 10_000),
    ("3.1", 108_000, 3_600, 14_000),
    ("3.2", 216_000, 5_120, 20_000),
    ("4", 245_760, 8_192, 20_000),
    ("4.1", 245_760, 8_192, 50_000),
    ("4.2", 522_240, 8_704, 50_000),
    ("5", 589_824, 22_080, 135_000),
    ("5.1", 983_040, 36_864, 240_000),
    ("5.2", 2_073_600, 36_864, 240_000),
    ("6", 4_177_920, 139_264, 240_000),
    ("6.1", 8_355_840, 139_264, 480_000),
    ("6.2", 16_711_680, 139_264, 800_000),
];

pub(super) fn check(checks: &mut Checks, video: &Video, at: &Path) {
    coding_profile(checks, video, video.profile.as_deref(), at);
    if let Some(level) = &video.level {
        self::level(checks, video.codec, level, &at.key("level"));
    }
    let (presets, tunes): (&[&str], &[&str]) = match video.codec {
        VideoCodec::H264 => (PRESETS, H264_TUNES),
        VideoCodec::Hevc => (PRESETS, HEVC_TUNES),
        VideoCodec::Prores => (&[], &[]),
    };
    for (key, given, known) in [("preset", &video.preset, presets), ("tune", &video.tune, tunes)] {
        match given {
            Some(_) if known.is_empty() => checks.add(&at.key(key), format!("prores has no {key}"), None),
            Some(name) => checks.known(key, name, known, &at.key(key)),
            None => {}
        }
    }
    if let (Some(level), Size::Fit { width, height }) = (&video.level, video.size) {
        let load = Load { width, height, frame_rate: video.frame_rate.max, rate: video.rate };
        limits(checks, video.codec, level, &load, &at.key("level"));
    }
}

/// What a rung overrides.
pub(super) fn rung(checks: &mut Checks, video: &Video, rung: &Rung, at: &Path) {
    if rung.profile.is_some() {
        coding_profile(checks, video, rung.profile.as_deref(), at);
    }
    if let Some(level) = &rung.level {
        self::level(checks, video.codec, level, &at.key("level"));
    }
    if let Some(level) = rung.level.as_ref().or(video.level.as_ref()) {
        let slowest = [rung.max_frame_rate, video.frame_rate.max].into_iter().flatten().reduce(f64::min);
        let load =
            Load { width: rung.width, height: rung.height, frame_rate: slowest, rate: Some(rung.rate) };
        limits(checks, video.codec, level, &load, &at.key("level"));
    }
}

fn coding_profile(checks: &mut Checks, video: &Video, profile: Option<&str>, at: &Path) {
    let profiles = match video.codec {
        VideoCodec::H264 => H264,
        VideoCodec::Hevc => HEVC,
        VideoCodec::Prores => PRORES,
    };
    let format = video.pixel_format.as_str();
    let holding = |format: &str| {
        let names = profiles.iter().filter(|(_, formats)| formats.contains(&format)).map(|(name, _)| *name);
        names.collect::<Vec<_>>()
    };
    let fitting = holding(format);
    if fitting.is_empty() {
        let all = profiles.iter().flat_map(|(_, formats)| *formats).copied();
        let known: std::collections::BTreeSet<&str> = all.collect();
        let message = format!("pixel format \"{format}\" can't be encoded with this codec");
        checks.add(&at.key("pixel_format"), message, propose(format, known));
    }
    let Some(name) = profile else { return };
    let names: Vec<&str> = profiles.iter().map(|(name, _)| *name).collect();
    if !names.contains(&name) {
        checks.known("codec profile", name, &names, &at.key("profile"));
    } else if !fitting.is_empty() && !fitting.contains(&name) {
        let message = format!("codec profile \"{name}\" can't hold {format} pictures");
        checks.add(&at.key("profile"), message, Some(format!("for {format}: {}", fitting.join(", "))));
    }
}

fn level(checks: &mut Checks, codec: VideoCodec, level: &str, at: &Path) {
    match codec {
        VideoCodec::H264 => {
            let names: Vec<&str> = H264_LEVELS.iter().map(|(name, ..)| *name).collect();
            checks.known("level", trim_zero(level), &names, at);
        }
        VideoCodec::Hevc => checks.known("level", trim_zero(level), HEVC_LEVELS, at),
        VideoCodec::Prores => checks.add(at, "prores has no levels", None),
    }
}

/// `4.0` is `4`.
fn trim_zero(level: &str) -> &str {
    level.strip_suffix(".0").unwrap_or(level)
}

/// The most that an output demands of a decoder.
struct Load {
    width: u32,
    height: u32,
    frame_rate: Option<f64>,
    rate: Option<RateControl>,
}

/// A declared level that the largest picture can't keep would be a lie in every file.
fn limits(checks: &mut Checks, codec: VideoCodec, level: &str, load: &Load, at: &Path) {
    let known = H264_LEVELS.iter().find(|(name, ..)| *name == trim_zero(level));
    let Some((_, per_second, per_frame, kbps)) = known.filter(|_| codec == VideoCodec::H264) else { return };
    let blocks = load.width.div_ceil(16) * load.height.div_ceil(16);
    let Load { width, height, .. } = load;
    let message = format!("level {level} ends below pictures of {width}x{height}");
    checks.expect(blocks <= *per_frame, at, message);
    if let Some(frame_rate) = load.frame_rate {
        let good = f64::from(blocks) * frame_rate <= f64::from(*per_second);
        checks.expect(
            good,
            at,
            format!("level {level} ends below {width}x{height} at {frame_rate} frames per second"),
        );
    }
    if let Some(RateControl::CappedCrf { max_kbps, .. }) = load.rate {
        let most = kbps + kbps / 4;
        checks.expect(max_kbps <= most, at, format!("level {level} ends at {most} kbit/s, below {max_kbps}"));
    }
}
