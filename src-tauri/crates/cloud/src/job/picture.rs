//! The picture of an output before it is encoded: size, crop, fields, colour.

use serde_json::{Value, json};
use spillway_media::types::FieldOrder;
use spillway_profile::VideoCodec;

use super::{
    JobSpec, RenditionSpec,
    limits::{self, Limits},
    source,
};

/// Sides that the service takes, in pixels (service model, `VideoDescription`).
const SIDES: std::ops::RangeInclusive<u32> = 32..=8192;

/// `videoDescription` without its codec settings.
pub(super) fn description(spec: &JobSpec<'_>, rendition: &RenditionSpec<'_>, limits: &mut Limits) -> Value {
    let video = rendition.video;
    let sides = [video.width, video.height];
    if !sides.iter().all(|side| SIDES.contains(side) && side.is_multiple_of(2)) {
        let values = [codec(video.codec).to_owned(), video.width.to_string(), video.height.to_string()];
        limits.add(&limits::SIZE, rendition.id, values);
    }
    let mut description = json!({
        "width": video.width,
        "height": video.height,
        "respondToAfd": "NONE",
        "afdSignaling": "NONE",
        "scalingBehavior": "STRETCH_TO_OUTPUT",
        "sharpness": 50,
        "antiAlias": "ENABLED",
        "timecodeInsertion": "DISABLED",
        "colorMetadata": "INSERT",
        "videoPreprocessors": preprocessors(spec, rendition, limits),
    });
    if let Some(crop) = crop(spec, rendition, limits) {
        description["crop"] = crop;
    }
    // Elsewhere the service's own choice follows from the source, the same in every chunk.
    match video.color.chroma_location.as_deref() {
        Some("topleft") if video.codec != VideoCodec::Prores => {
            description["chromaPositionMode"] = json!("FORCE_TOP_LEFT");
        }
        Some("center") if video.codec != VideoCodec::Prores => {
            description["chromaPositionMode"] = json!("FORCE_CENTER");
        }
        _ => {}
    }
    description
}

/// The rectangle of the source that is shown where the last column or row is left out. MediaConvert crops before it
/// scales, so only an unscaled, unturned picture can be cropped exactly.
fn crop(spec: &JobSpec<'_>, rendition: &RenditionSpec<'_>, limits: &mut Limits) -> Option<Value> {
    let video = rendition.video;
    if (video.scale_width, video.scale_height) == (video.width, video.height) {
        return None;
    }
    let unscaled = (video.scale_width, video.scale_height) == (spec.source.width, spec.source.height)
        && spec.treatment.rotate == 0;
    let even = [video.width, video.height].iter().all(|side| side.is_multiple_of(2));
    if !(unscaled && even) {
        let values = [video.scale_width, video.scale_height, video.width, video.height];
        limits.add(&limits::CROP, rendition.id, values.map(|side| side.to_string()));
        return None;
    }
    Some(json!({ "x": 0, "y": 0, "width": video.width, "height": video.height }))
}

fn preprocessors(spec: &JobSpec<'_>, rendition: &RenditionSpec<'_>, limits: &mut Limits) -> Value {
    let video = rendition.video;
    let mut preprocessors = json!({ "colorCorrector": color(spec, rendition, limits) });
    if spec.treatment.deinterlace.is_some() {
        // All frames, one frame per frame, as bwdif does it here: what flags say of single frames is often wrong.
        preprocessors["deinterlacer"] =
            json!({ "mode": "DEINTERLACE", "algorithm": "INTERPOLATE", "control": "FORCE_ALL_FRAMES" });
    }
    let interlaced = video.field_order != FieldOrder::Progressive;
    if interlaced
        && (video.codec == VideoCodec::Hevc || spec.treatment.rotate != 0 || spec.source.rate.is_none())
    {
        limits.add(&limits::INTERLACED, rendition.id, [codec(video.codec).to_owned()]);
    }
    preprocessors
}

/// Colours change through tone mapping and from full to limited range only, as they do here.
fn color(spec: &JobSpec<'_>, rendition: &RenditionSpec<'_>, limits: &mut Limits) -> Value {
    let (from, to) = (&spec.treatment.source_color, &rendition.video.color);
    let transfer = to.transfer.as_deref().unwrap_or_default();
    if rendition.video.hdr.is_some() || matches!(transfer, "smpte2084" | "arib-std-b67") {
        let name = if transfer == "arib-std-b67" { "HLG" } else { "PQ" };
        limits.add(&limits::HDR, rendition.id, [name.to_owned()]);
    }
    let (from_space, to_space) = (source::color_space(from), source::color_space(to));
    let mapped = spec.treatment.tone_map.is_some();
    let same = from_space == to_space || (mapped && to_space == Some("REC_709"));
    let squeezed = source::full_range(from) && !source::full_range(to);
    let stretched = !source::full_range(from) && source::full_range(to);
    if to_space.is_none() || !same || stretched {
        limits.add(&limits::COLOR, rendition.id, source::words(to));
    }
    let mut corrector = json!({
        "colorSpaceConversion": if mapped { "FORCE_709" } else { "NONE" },
        "sampleRangeConversion": if squeezed { "LIMITED_RANGE_SQUEEZE" } else { "NONE" },
    });
    if mapped {
        // The one that MediaConvert takes for HLG anyway, and the nearer one to what is done here.
        corrector["hdrToSdrToneMapper"] = json!("PRESERVE_DETAILS");
    }
    corrector
}

/// A codec's name in sentences.
pub(super) fn codec(codec: VideoCodec) -> &'static str {
    match codec {
        VideoCodec::H264 => "H.264",
        VideoCodec::Hevc => "HEVC",
        VideoCodec::Prores => "ProRes",
    }
}
