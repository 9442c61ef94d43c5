//! The picture of a template's output.

use spillway_media::types::Ratio;
use spillway_profile::{
    Color, FrameRate, FrameRateMode, Gop, PixelAspect, RateControl, Rotation, Scan, Size, Video, VideoCodec,
};

use super::{super::quality, read::Read};

/// The picture of `output`, one of a ladder's or a file's; `None`: not in a codec that profiles have.
pub(super) fn video(root: &Read<'_>, output: &Read<'_>, ladder: bool) -> Option<Video> {
    let description = output.at("videoDescription");
    let (codec, key) = match description.at("codecSettings/codec").text()? {
        "H_264" => (VideoCodec::H264, "h264Settings"),
        "H_265" => (VideoCodec::Hevc, "h265Settings"),
        "PRORES" if !ladder => (VideoCodec::Prores, "proresSettings"),
        _ => return None,
    };
    let settings = description.at("codecSettings").at(key);
    let (profile, pixel_format) = profile(codec, &settings);
    let level = settings.at("codecLevel").text().and_then(|level| level.strip_prefix("LEVEL_"));
    let size = size(&description);
    let rate = rate(&settings);
    Some(Video {
        codec,
        profile: profile.map(str::to_owned),
        level: level.map(|level| level.replace('_', ".")).filter(|_| codec != VideoCodec::Prores),
        preset: None,
        tune: None,
        pixel_format: pixel_format.to_owned(),
        size,
        frame_rate: frame_rate(&settings, rate, ladder),
        gop: gop(codec, &settings, rate),
        rate: Some(rate_control(codec, &settings)),
        scan: scan(codec, &settings, size),
        rotation: rotation(root),
        pixel_aspect: pixel_aspect(&settings, ladder),
        color: color(&description, ladder),
        pass_through: None,
        rung: Vec::new(),
    })
}

/// Codec profile and pixel format by the encoders' names.
fn profile(codec: VideoCodec, settings: &Read<'_>) -> (Option<&'static str>, &'static str) {
    let place = settings.at("codecProfile");
    let wire = place.text().unwrap_or_default();
    match (codec, wire) {
        (VideoCodec::H264, "BASELINE") => (Some("baseline"), "yuv420p"),
        (VideoCodec::H264, "HIGH") => (Some("high"), "yuv420p"),
        (VideoCodec::H264, "HIGH_10BIT") => (Some("high10"), "yuv420p10le"),
        (VideoCodec::H264, "HIGH_422") => (Some("high422"), "yuv422p"),
        (VideoCodec::H264, "HIGH_422_10BIT") => (Some("high422"), "yuv422p10le"),
        // Main is also the service's own choice where nothing is said.
        (VideoCodec::H264, _) => (Some("main"), "yuv420p"),
        (VideoCodec::Hevc, wire) => {
            if wire.ends_with("_HIGH") {
                place.note("The tier follows from the level and the bit rate.");
            }
            if wire.starts_with("MAIN10") {
                (Some("main10"), "yuv420p10le")
            } else if wire.starts_with("MAIN_422_10BIT") {
                (Some("main422-10"), "yuv422p10le")
            } else {
                if wire.starts_with("MAIN_422_8BIT") {
                    place.note("HEVC in 4:2:2 is made with ten bits only; 4:2:0 is taken.");
                }
                (Some("main"), "yuv420p")
            }
        }
        (VideoCodec::Prores, "APPLE_PRORES_422_PROXY") => (Some("proxy"), "yuv422p10le"),
        (VideoCodec::Prores, "APPLE_PRORES_422_LT") => (Some("lt"), "yuv422p10le"),
        (VideoCodec::Prores, "APPLE_PRORES_422") => (Some("standard"), "yuv422p10le"),
        (VideoCodec::Prores, "APPLE_PRORES_4444") => (Some("4444"), "yuv444p10le"),
        (VideoCodec::Prores, "APPLE_PRORES_4444_XQ") => (Some("4444xq"), "yuv444p10le"),
        (VideoCodec::Prores, _) => (Some("hq"), "yuv422p10le"),
    }
}

fn size(description: &Read<'_>) -> Size {
    let (width, height) = (description.at("width"), description.at("height"));
    match (width.whole(), height.whole()) {
        (Some(width), Some(height)) => Size::Fit { width, height },
        (None, None) => Size::Keep,
        _ => {
            for side in [width, height] {
                side.note("A profile gives both sides of a box, or none; the source's size is kept.");
            }
            Size::Keep
        }
    }
}

/// The rate that the template states.
fn rate(settings: &Read<'_>) -> Option<Ratio> {
    let specified = settings.at("framerateControl").text() == Some("SPECIFIED");
    let side = |name: &str| settings.at(name).whole().and_then(|number| i32::try_from(number).ok());
    let (num, den) = (side("framerateNumerator"), side("framerateDenominator"));
    let den = den.unwrap_or(1);
    num.filter(|num| specified && *num > 0 && den > 0).map(|num| Ratio::new(num, den))
}

/// A profile keeps the source's exact rate, or halves it: it never makes pictures up.
fn frame_rate(settings: &Read<'_>, rate: Option<Ratio>, ladder: bool) -> FrameRate {
    let Some(rate) = rate.map(Ratio::as_f64).filter(|rate| (1.0..=1_000.0).contains(rate)) else {
        let mode = if ladder { FrameRateMode::Constant } else { FrameRateMode::Keep };
        return FrameRate { mode, max: None };
    };
    for part in ["framerateNumerator", "framerateDenominator"] {
        let why = "A profile keeps the source's rate and halves faster ones; it converts to no other rate.";
        settings.at(part).note(why);
    }
    // Thousandths, so that 29.97 is not shown with all its digits.
    FrameRate { mode: FrameRateMode::Constant, max: Some((rate * 1_000.0).ceil() / 1_000.0) }
}

fn gop(codec: VideoCodec, settings: &Read<'_>, rate: Option<Ratio>) -> Gop {
    let fixed = settings.at("sceneChangeDetect").is("DISABLED");
    let b_frames = settings.at("numberBFramesBetweenReferenceFrames").whole();
    let size = settings.at("gopSize");
    let given = size.number();
    let units = settings.at("gopSizeUnits");
    let seconds = match (units.text(), given) {
        (Some("SECONDS"), Some(seconds)) => seconds,
        (Some("FRAMES") | None, Some(frames)) if frames <= 1.0 => 0.0,
        (Some("FRAMES") | None, Some(frames)) => {
            if rate.is_none() {
                size.note("A profile counts in seconds; 25 frames a second are taken.");
            }
            frames / rate.map_or(25.0, Ratio::as_f64)
        }
        _ => {
            if codec != VideoCodec::Prores {
                units.note("A profile gives a distance; two seconds are taken.");
            }
            2.0
        }
    };
    let seconds = (seconds.clamp(0.0, 60.0) * 1_000.0).round() / 1_000.0;
    if codec == VideoCodec::Prores {
        return Gop::default();
    }
    Gop { seconds, fixed, b_frames: if seconds <= 0.0 { Some(0) } else { b_frames } }
}

/// The nearest rate control: quality under a ceiling. A constant or variable bit rate becomes a good quality that
/// may not exceed it.
fn rate_control(codec: VideoCodec, settings: &Read<'_>) -> RateControl {
    if codec == VideoCodec::Prores {
        return RateControl::Codec;
    }
    let mode = settings.at("rateControlMode");
    let kbps = |name: &str| settings.at(name).whole().map(|bits| bits.div_ceil(1_000));
    let qvbr = settings.at("qvbrSettings");
    let level = qvbr.at("qvbrQualityLevel").number();
    let fine = qvbr.at("qvbrQualityLevelFineTune").number().unwrap_or_default();
    let (ceiling, level) = match mode.text() {
        Some("QVBR") => (kbps("maxBitrate"), level.map_or(8.0, |level| level + fine)),
        Some("CBR") => {
            mode.note("Spillway encodes for quality; the bit rate is the most that it may take.");
            (kbps("bitrate"), 9.0)
        }
        _ => {
            mode.note("Spillway encodes for quality; the bit rate is the most that it may take.");
            let average = kbps("bitrate");
            (kbps("maxBitrate").or(average.map(|kbps| kbps.saturating_add(kbps / 2))), 9.0)
        }
    };
    let crf = quality::factor(codec, level);
    // A third of a level is one step of the rate factor: whole numbers.
    #[expect(clippy::cast_possible_truncation, reason = "0 to 51")]
    let crf = crf.round() as f32;
    let Some(max_kbps) = ceiling.filter(|kbps| *kbps > 0) else { return RateControl::Crf { crf } };
    let usual = max_kbps.saturating_add(max_kbps / 2);
    let buffer = kbps("hrdBufferSize").filter(|buffer| u64::from(*buffer) * 2 >= u64::from(max_kbps));
    RateControl::CappedCrf { crf, max_kbps, buffer_kbit: buffer.unwrap_or(usual) }
}

fn scan(codec: VideoCodec, settings: &Read<'_>, size: Size) -> Scan {
    let place = settings.at("interlaceMode");
    match place.text() {
        None | Some("PROGRESSIVE") => Scan::Progressive,
        Some(_) if size == Size::Keep && codec != VideoCodec::Hevc => Scan::Keep,
        Some(_) => {
            place.note("Fields are kept in unscaled H.264 and ProRes only; frames are made.");
            Scan::Progressive
        }
    }
}

fn rotation(root: &Read<'_>) -> Rotation {
    for input in root.at("inputs").items() {
        let place = input.at("videoSelector/rotate");
        if matches!(place.text(), Some(turn) if turn != "AUTO") {
            place.note("A profile turns pictures as their own flag says.");
        }
    }
    Rotation::Apply
}

fn pixel_aspect(settings: &Read<'_>, ladder: bool) -> PixelAspect {
    let specified = settings.at("parControl").is("SPECIFIED");
    let (num, den) = (settings.at("parNumerator"), settings.at("parDenominator"));
    match (specified, num.whole(), den.whole()) {
        (true, Some(a), Some(b)) if a == b => PixelAspect::Square,
        (true, Some(_), Some(_)) => {
            for part in [num, den] {
                part.note("A profile keeps the source's pixel shape, or makes it square.");
            }
            PixelAspect::Keep
        }
        _ if ladder => PixelAspect::Square,
        _ => PixelAspect::Keep,
    }
}

fn color(description: &Read<'_>, ladder: bool) -> Color {
    let place = description.at("videoPreprocessors/colorCorrector/colorSpaceConversion");
    match place.text() {
        Some("FORCE_709") => Color::Sdr,
        None | Some("NONE") if ladder => Color::Sdr,
        None | Some("NONE") => Color::Keep,
        Some(_) => {
            place.note("A profile keeps the source's colours, or makes BT.709 of HDR.");
            Color::Keep
        }
    }
}
