//! `proresSettings`.

use serde_json::{Value, json};

use super::{
    JobSpec, RenditionSpec,
    avc::pixel_format,
    common,
    limits::{self, Limits},
    template::lay_over,
};

/// Kinds of `ProRes` 422, with MediaConvert's names.
const KINDS: [(&str, &str); 4] = [
    ("proxy", "APPLE_PRORES_422_PROXY"),
    ("lt", "APPLE_PRORES_422_LT"),
    ("standard", "APPLE_PRORES_422"),
    ("hq", "APPLE_PRORES_422_HQ"),
];

/// All settings of a `ProRes` output. The codec's own fixed quality: nothing to tune, nothing between pictures.
pub(super) fn settings(spec: &JobSpec<'_>, rendition: &RenditionSpec<'_>, limits: &mut Limits) -> Value {
    let video = rendition.video;
    let given = video.profile.as_deref().unwrap_or("hq");
    let format = video.pixel_format.as_str();
    let kind = KINDS.iter().find(|(name, _)| *name == given);
    if format.starts_with("yuva") {
        limits.add(&limits::ALPHA, rendition.id, [format.to_owned()]);
    } else if format != "yuv422p10le" {
        // 4444 keeps its chroma for sources in 4:4:4 only, and is made in twelve bits (service model).
        pixel_format("ProRes", rendition, limits);
    } else if kind.is_none() {
        limits.add(&limits::CODEC_PROFILE, rendition.id, ["ProRes".to_owned(), given.to_owned()]);
    }
    let mut all = common(spec, rendition, limits);
    let (_, wire) = kind.copied().unwrap_or(KINDS[3]);
    lay_over(&mut all, json!({ "codecProfile": wire }));
    all
}
