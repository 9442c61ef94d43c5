//! `h265Settings`.

use serde_json::{Value, json};

use super::{
    JobSpec, RenditionSpec,
    avc::{Tune, b_frames, gop, no_level, pixel_format},
    common,
    limits::{self, Limits},
    quality,
    template::{Tuning, lay_over},
};

/// Profiles that every account has, with MediaConvert's names (the tier follows them) and their pixel format.
/// "4:2:2 profiles are only available with the HEVC 4:2:2 License" (service model).
const PROFILES: [(&str, &str, &str); 2] = [("main", "MAIN", "yuv420p"), ("main10", "MAIN10", "yuv420p10le")];

/// B-frames in a row that the service takes (service model), and how many it is told where the profile leaves it
/// open: as many as x265 uses at most, less the one that would break its pyramid of three.
const B_FRAMES: (u32, u32) = (7, 3);

/// All settings of an HEVC output.
pub(super) fn settings(
    spec: &JobSpec<'_>,
    rendition: &RenditionSpec<'_>,
    tuned: &Tuning,
    limits: &mut Limits,
) -> Value {
    let video = rendition.video;
    let by_format = PROFILES.iter().find(|(.., format)| *format == video.pixel_format);
    let profile = match &video.profile {
        Some(given) => PROFILES.iter().find(|(name, ..)| name == given),
        None => by_format,
    };
    match (profile, &video.profile) {
        (Some((_, _, format)), _) if *format == video.pixel_format => {}
        (None, Some(given)) => {
            limits.add(&limits::CODEC_PROFILE, rendition.id, ["HEVC".to_owned(), given.clone()]);
        }
        _ => pixel_format("HEVC", rendition, limits),
    }
    let (_, wire, _) = profile.copied().unwrap_or(PROFILES[0]);
    let tune = Tune::of(rendition, limits);
    let b_frames = b_frames(rendition, tuned, B_FRAMES, (false, tune), limits);
    let mut all = defaults();
    lay_over(&mut all, tuned.settings.clone());
    lay_over(&mut all, common(spec, rendition, limits));
    lay_over(&mut all, gop(rendition, b_frames));
    match quality::budget(video, tuned.level.as_deref(), 4) {
        Some(budget) => {
            let high = budget.level.needs_high_tier(budget.ceiling, budget.buffer);
            all["codecLevel"] = json!(budget.level.wire());
            all["codecProfile"] = json!(format!("{wire}_{}", if high { "HIGH" } else { "MAIN" }));
            lay_over(&mut all, quality::settings(video, &budget, spec.options.quality));
        }
        None => no_level("HEVC", rendition, limits),
    }
    let cheap = tune == Tune::FastDecode;
    lay_over(
        &mut all,
        json!({
            "deblocking": if cheap { "DISABLED" } else { "ENABLED" },
            "sampleAdaptiveOffsetFilterMode": if cheap { "OFF" } else { "DEFAULT" },
            "alternateTransferFunctionSei": "DISABLED",
            "tiles": "DISABLED",
            "treeBlockSize": "TREE_SIZE_32X32",
            "temporalIds": "DISABLED",
            "endOfStreamMarkers": "SUPPRESS",
            "writeMp4PackagingType": "HVC1",
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
        "unregisteredSeiTimecode": "DISABLED",
    })
}
