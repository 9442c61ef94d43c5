//! `h264Settings`.

use serde_json::{Value, json};
use spillway_media::types::FieldOrder;

use super::{
    JobSpec, RenditionSpec, common,
    limits::{self, Limits},
    quality,
    template::{Tuning, lay_over},
};

/// Profiles that every account has: MediaConvert's names, and four times what their bit rates exceed Main's by.
/// "High 4:2:2 and 10-bit profiles are only available with the AVC-I License" (service model).
const PROFILES: [(&str, &str, u64); 3] =
    [("baseline", "BASELINE", 4), ("main", "MAIN", 4), ("high", "HIGH", 5)];

/// B-frames in a row that the service takes (service model), and how many it is told where the profile leaves it
/// open: as many as x264 uses.
const B_FRAMES: (u32, u32) = (7, 3);

/// All settings of an H.264 output.
pub(super) fn settings(
    spec: &JobSpec<'_>,
    rendition: &RenditionSpec<'_>,
    tuned: &Tuning,
    limits: &mut Limits,
) -> Value {
    let video = rendition.video;
    let given = video.profile.as_deref().or_else(|| tuned.profile(&PROFILES)).unwrap_or("high");
    let profile = PROFILES.iter().find(|(name, ..)| *name == given);
    if profile.is_none() {
        limits.add(&limits::CODEC_PROFILE, rendition.id, ["H.264".to_owned(), given.to_owned()]);
    } else if video.pixel_format != "yuv420p" {
        pixel_format("H.264", rendition, limits);
    }
    let (_, wire, quarters) = profile.copied().unwrap_or(PROFILES[2]);
    let tune = Tune::of(rendition, limits);
    let b_frames = b_frames(rendition, tuned, B_FRAMES, (wire == "BASELINE", tune), limits);
    let mut all = defaults();
    lay_over(&mut all, tuned.settings.clone());
    lay_over(&mut all, common(spec, rendition, limits));
    lay_over(&mut all, gop(rendition, b_frames));
    match quality::budget(video, tuned.level.as_deref(), quarters) {
        Some(budget) => {
            all["codecLevel"] = json!(budget.level.wire());
            lay_over(&mut all, quality::settings(video, &budget, spec.options.quality));
        }
        None => no_level("H.264", rendition, limits),
    }
    let interlaced = video.field_order != FieldOrder::Progressive;
    let plain = wire == "BASELINE" || tune == Tune::FastDecode;
    lay_over(
        &mut all,
        json!({
            "codecProfile": wire,
            "entropyEncoding": if plain { "CAVLC" } else { "CABAC" },
            // As x264 does it; field pictures of their own would be two packets a frame.
            "fieldEncoding": if interlaced { "MBAFF" } else { "PAFF" },
            "explicitWeightedPrediction": "DISABLED",
            "endOfStreamMarkers": "SUPPRESS",
            "writeMp4PackagingType": "AVC1",
        }),
    );
    all
}

/// What a template may change.
fn defaults() -> Value {
    json!({
        // AUTO could choose other parameter sets for another chunk.
        "adaptiveQuantization": "HIGH",
        "spatialAdaptiveQuantization": "ENABLED",
        "temporalAdaptiveQuantization": "ENABLED",
        "flickerAdaptiveQuantization": "ENABLED",
        "numberReferenceFrames": 3,
        "slices": 1,
        "softness": 0,
        "syntax": "DEFAULT",
        "repeatPps": "DISABLED",
        "unregisteredSeiTimecode": "DISABLED",
    })
}

/// What of x264's and x265's tunings there is a counterpart for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tune {
    /// None asked for.
    None,
    /// Cheap to decode.
    FastDecode,
    /// No picture waits for a later one.
    ZeroLatency,
}

impl Tune {
    /// Tunings for a kind of picture change how it looks, and are told to people.
    pub(super) fn of(rendition: &RenditionSpec<'_>, limits: &mut Limits) -> Self {
        match rendition.video.tune.as_deref() {
            None => Self::None,
            Some("fastdecode") => Self::FastDecode,
            Some("zerolatency") => Self::ZeroLatency,
            Some(other) => {
                limits.add(&limits::TUNE, rendition.id, [other.to_owned()]);
                Self::None
            }
        }
    }
}

/// B-frames in a row: as the profile says, else as the template, else `usual`; never as many as a GOP.
pub(super) fn b_frames(
    rendition: &RenditionSpec<'_>,
    tuned: &Tuning,
    (most, usual): (u32, u32),
    (without, tune): (bool, Tune),
    limits: &mut Limits,
) -> u32 {
    let video = rendition.video;
    if let Some(asked) = video.b_frames.filter(|asked| *asked > most) {
        limits.add(&limits::B_FRAMES, rendition.id, [asked.to_string(), most.to_string()]);
    }
    if without || tune == Tune::ZeroLatency {
        return 0;
    }
    let open = tuned.b_frames.filter(|frames| *frames <= most).unwrap_or(usual);
    video.b_frames.unwrap_or(open).min(video.gop.saturating_sub(1)).min(most)
}

/// Keyframes: closed, at a fixed cadence, and nowhere else where the profile wants them on a grid.
pub(super) fn gop(rendition: &RenditionSpec<'_>, b_frames: u32) -> Value {
    let video = rendition.video;
    let fixed = video.fixed_gop || video.gop <= 1;
    json!({
        "gopSize": video.gop.max(1),
        "gopSizeUnits": "FRAMES",
        "gopClosedCadence": 1,
        // Between two keyframes at scene changes x264 leaves a tenth of the longest distance.
        "minIInterval": if fixed { 0 } else { (video.gop / 10).clamp(1, 30) },
        "sceneChangeDetect": if fixed { "DISABLED" } else { "TRANSITION_DETECTION" },
        "dynamicSubGop": "STATIC",
        "numberBFramesBetweenReferenceFrames": b_frames,
        "gopBReference": if b_frames > 1 { "ENABLED" } else { "DISABLED" },
    })
}

/// Tells that the service has no such level, or none for the picture.
pub(super) fn no_level(codec: &str, rendition: &RenditionSpec<'_>, limits: &mut Limits) {
    let video = rendition.video;
    if let Some(level) = &video.level {
        limits.add(&limits::LEVEL, rendition.id, [codec.to_owned(), level.clone()]);
    } else {
        let values = [codec.to_owned(), video.width.to_string(), video.height.to_string()];
        limits.add(&limits::SIZE, rendition.id, values);
    }
}

/// Tells that the pixel format cannot be made.
pub(super) fn pixel_format(codec: &str, rendition: &RenditionSpec<'_>, limits: &mut Limits) {
    let format = &rendition.video.pixel_format;
    limits.add(&limits::PIXEL_FORMAT, rendition.id, [codec.to_owned(), format.clone()]);
}
