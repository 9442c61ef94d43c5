//! The input: how MediaConvert is to read the chunk.

use serde_json::{Value, json};
use spillway_media::types::ColorTags;

use super::{
    JobSpec,
    limits::{self, Limits},
};

/// Codecs that MediaConvert decodes, by FFmpeg's names. From the pages "Supported input codecs and containers" and
/// "Supported containers and codecs reference tables" of its user guide (copy of unknown age, seen 2026-11-22);
/// AVC-Intra, XAVC and XDCAM are H.264 and MPEG-2 to FFmpeg.
const DECODED: &[&str] = &[
    "av1",
    "dnxhd",
    "dvvideo",
    "gif",
    "h261",
    "h263",
    "h264",
    "hevc",
    "hq_hqa",
    "jpeg2000",
    "mpeg1video",
    "mpeg2video",
    "mpeg4",
    "prores",
    "qtrle",
    "rawvideo",
    "v210",
    "vc1",
    "vp8",
    "vp9",
    "wmv3",
];

/// `inputs[0]` without address and clipping. There is no sound in it: Spillway makes that itself, from the whole file.
pub(super) fn input(spec: &JobSpec<'_>, limits: &mut Limits) -> Value {
    if spec.source.carries_captions {
        limits.add(&limits::CAPTIONS, "", []);
    }
    if !DECODED.contains(&spec.source.codec.as_str()) {
        limits.add(&limits::INPUT_CODEC, "", [spec.source.codec.clone()]);
    }
    let rotate = match spec.treatment.rotate {
        0 => "DEGREE_0",
        90 => "DEGREES_90",
        180 => "DEGREES_180",
        270 => "DEGREES_270",
        other => {
            limits.add(&limits::ROTATION, "", [other.to_string()]);
            "DEGREE_0"
        }
    };
    let color = &spec.treatment.source_color;
    let Some(space) = color_space(color) else {
        limits.add(&limits::COLOR, "", words(color));
        return Value::Null;
    };
    json!({
        "timecodeSource": "ZEROBASED",
        "videoSelector": {
            // The plan has filled in what the file leaves open; MediaConvert must not guess otherwise.
            "colorSpace": space,
            "colorSpaceUsage": "FORCE",
            "sampleRange": if full_range(color) { "FULL_RANGE" } else { "LIMITED_RANGE" },
            "rotate": rotate,
        },
    })
}

/// MediaConvert's name for the colours, `None` where it has none. BT.601 of 625 lines is left out: which primaries
/// `REC_601` writes is documented nowhere.
pub(super) fn color_space(tags: &ColorTags) -> Option<&'static str> {
    // The curves of BT.709, BT.601 and BT.2020 SDR are one (H.273 table 3).
    let sdr = ["bt709", "smpte170m", "bt2020-10", "bt2020-12"];
    let [primaries, transfer, matrix] =
        [&tags.primaries, &tags.transfer, &tags.matrix].map(|tag| tag.as_deref().unwrap_or_default());
    match (primaries, transfer, matrix) {
        ("bt709", transfer, "bt709") if sdr.contains(&transfer) => Some("REC_709"),
        ("smpte170m", transfer, "smpte170m" | "bt470bg") if sdr.contains(&transfer) => Some("REC_601"),
        ("bt2020", "smpte2084", "bt2020nc") => Some("HDR10"),
        ("bt2020", "arib-std-b67", "bt2020nc") => Some("HLG_2020"),
        ("smpte432", "iec61966-2-1", "bt709") => Some("P3D65_SDR"),
        ("smpte432", "smpte2084", "bt709") => Some("P3D65_HDR"),
        _ => None,
    }
}

/// Whether samples use the full range.
pub(super) fn full_range(tags: &ColorTags) -> bool {
    tags.range.as_deref() == Some("pc")
}

/// Values of [`limits::COLOR`].
pub(super) fn words(tags: &ColorTags) -> [String; 4] {
    [&tags.primaries, &tags.transfer, &tags.matrix, &tags.range]
        .map(|tag| tag.clone().unwrap_or_else(|| "unset".to_owned()))
}
