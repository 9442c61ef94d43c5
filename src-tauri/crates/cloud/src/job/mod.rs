//! Settings of MediaConvert jobs: from what is to be made of a stretch to the document that `CreateJob` takes. Pure.
//!
//! Three layers, the later over the earlier: Spillway's own defaults and what a template tunes; what the profile
//! says; what a stretch needs so that it can be joined to its neighbours. Everything that ends up in a stream's
//! parameter sets is said explicitly, because one chunk's must equal the next one's byte for byte.

mod avc;
mod chunk;
mod hevc;
mod import;
mod level;
mod limits;
mod picture;
mod prores;
mod quality;
mod source;
mod template;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use spillway_media::{
    task::Treatment,
    task::VideoSettings,
    types::{FieldOrder, Ratio},
};
use spillway_profile::{MediaConvert, RateControl, VideoCodec};

pub use chunk::counting_rate;
pub use import::{Imported, Unmapped, import};
pub use limits::UNSUPPORTED_IDS;
pub use template::{TemplateError, parse_template, wire};

use limits::Limits;
use template::{Base, lay_over};

/// Everything that the settings of an output's jobs depend on.
#[derive(Debug, Clone, PartialEq)]
pub struct JobSpec<'a> {
    /// What only MediaConvert reads of the profile.
    pub options: &'a MediaConvert,
    /// Settings of the template in the account that the profile names, in the spelling of the wire; `None`: there is
    /// none, or it is the one in `options`.
    pub template: Option<&'a Value>,
    /// Pixel work before scaling.
    pub treatment: &'a Treatment,
    /// The source as it is decoded.
    pub source: SourceSpec,
    /// Renditions, largest first.
    pub renditions: Vec<RenditionSpec<'a>>,
}

/// What the settings need to know of the source.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceSpec {
    /// FFmpeg's codec name, e.g. `prores`.
    pub codec: String,
    /// Coded size in pixels, before any turn.
    pub width: u32,
    /// Coded size in pixels, before any turn.
    pub height: u32,
    /// Exact rate; `None`: variable.
    pub rate: Option<Ratio>,
    /// CEA-608/708 captions are in it and must be carried.
    pub carries_captions: bool,
}

/// See [`JobSpec`].
#[derive(Debug, Clone, PartialEq)]
pub struct RenditionSpec<'a> {
    /// Rung id, or the output id: `nameModifier` is `-ID`.
    pub id: &'a str,
    /// Every n-th frame of the source.
    pub every: u32,
    /// Settings, fully resolved for the local encoder.
    pub video: &'a VideoSettings,
    /// As the profile says it.
    pub rate: Option<RateControl>,
}

/// Settings without what differs from chunk to chunk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompiledJob {
    /// `settings` of `CreateJob`, without the input's address, its clipping, and the destination.
    pub settings: Value,
    /// One per rendition, in their order: what it costs by, and the name of its file.
    pub outputs: Vec<CompiledOutput>,
    /// Rate that timecodes of clips count by; `None`: variable, no timecode names a picture.
    #[serde(default)]
    pub source_rate: Option<Ratio>,
    /// Places of the template that have no say, because the profile or Spillway itself decides there.
    #[serde(default)]
    pub ignored: Vec<String>,
}

/// See [`CompiledJob`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompiledOutput {
    /// Rung id, or the output id.
    pub id: String,
    /// What stands behind the destination's base name in the file's name, e.g. `-1080p.mp4`.
    pub suffix: String,
    /// What its price depends on.
    pub billed: crate::price::BilledOutput,
}

/// Something that MediaConvert cannot do as the profile or the source asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Unsupported {
    /// Stable short name, one of [`UNSUPPORTED_IDS`].
    pub id: String,
    /// The output or rendition; empty: all of it.
    pub of: String,
    /// One English sentence.
    pub text: String,
    /// Names and figures inside `text`.
    pub values: std::collections::BTreeMap<String, String>,
}

/// Which part of a file is wanted: first and last picture, counted from 0, at the source's rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clip {
    /// First wanted picture.
    pub first: u64,
    /// Last wanted picture.
    pub last: u64,
}

/// Compiles the settings.
///
/// # Errors
/// Everything that cannot be expressed, not only the first.
pub fn compile(spec: &JobSpec<'_>) -> Result<CompiledJob, Vec<Unsupported>> {
    let mut limits = Limits::default();
    let own = own_template(spec, &mut limits);
    let mut base = Base::of(spec.template.or(own.as_ref()), &mut limits);
    let mut input = base.input();
    lay_over(&mut input, source::input(spec, &mut limits));
    let professional_job = template::professional_input(&input);
    let (mut documents, mut outputs) = (Vec::new(), Vec::new());
    for (at, rendition) in spec.renditions.iter().enumerate() {
        let (document, billed) = output(spec, rendition, &base.output(at, rendition.id), &mut limits);
        let suffix = format!("-{}.{}", rendition.id, extension(rendition.video.codec));
        let billed = crate::price::BilledOutput {
            professional_job: billed.professional_job || professional_job,
            ..billed
        };
        documents.push(document);
        outputs.push(CompiledOutput { id: rendition.id.to_owned(), suffix, billed });
    }
    let ignored = base.ignored();
    let settings = json!({
        "timecodeConfig": { "source": "ZEROBASED" },
        "inputs": [input],
        "outputGroups": [{
            "name": "File Group",
            "outputGroupSettings": { "type": "FILE_GROUP_SETTINGS", "fileGroupSettings": {} },
            "outputs": documents,
        }],
    });
    limits.into_result(CompiledJob { settings, outputs, source_rate: spec.source.rate, ignored })
}

/// The template that is part of the profile.
fn own_template(spec: &JobSpec<'_>, limits: &mut Limits) -> Option<Value> {
    let text = spec.options.template_json.as_deref().filter(|_| spec.template.is_none())?;
    let refused = |error: TemplateError| limits.add(&limits::TEMPLATE, "", [error.to_string()]);
    parse_template(text).map_err(refused).ok()
}

/// One output of the group, and what it is billed by, read from the finished document.
fn output(
    spec: &JobSpec<'_>,
    rendition: &RenditionSpec<'_>,
    template: &Value,
    limits: &mut Limits,
) -> (Value, crate::price::BilledOutput) {
    let video = rendition.video;
    let (codec, key) = names(video.codec);
    let tuned = template::tuning(template, codec, key);
    let settings = match video.codec {
        VideoCodec::H264 => avc::settings(spec, rendition, &tuned, limits),
        VideoCodec::Hevc => hevc::settings(spec, rendition, &tuned, limits),
        VideoCodec::Prores => prores::settings(spec, rendition, limits),
    };
    let mut description = template::description(template);
    lay_over(&mut description, picture::description(spec, rendition, limits));
    description["codecSettings"] = json!({ "codec": codec, key: settings });
    let container = match video.codec {
        VideoCodec::Prores => json!({ "container": "MOV", "movSettings": {} }),
        VideoCodec::H264 | VideoCodec::Hevc => json!({ "container": "MP4", "mp4Settings": {} }),
    };
    let document = json!({
        "nameModifier": format!("-{}", rendition.id),
        "extension": extension(video.codec),
        "containerSettings": container,
        "videoDescription": description,
    });
    let billed = billed(&document, key);
    (document, billed)
}

/// MediaConvert's name of a codec, and of the member that holds its settings.
fn names(codec: VideoCodec) -> (&'static str, &'static str) {
    match codec {
        VideoCodec::H264 => ("H_264", "h264Settings"),
        VideoCodec::Hevc => ("H_265", "h265Settings"),
        VideoCodec::Prores => ("PRORES", "proresSettings"),
    }
}

fn extension(codec: VideoCodec) -> &'static str {
    if codec == VideoCodec::Prores { "mov" } else { "mp4" }
}

fn billed(output: &Value, key: &str) -> crate::price::BilledOutput {
    let video = &output["videoDescription"];
    let settings = &video["codecSettings"][key];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let side =
        |name: &str| video[name].as_u64().and_then(|side| u32::try_from(side).ok()).unwrap_or_default();
    let number = |name: &str| settings[name].as_f64().unwrap_or(1.0);
    crate::price::BilledOutput {
        codec: text(&video["codecSettings"]["codec"]),
        width: side("width"),
        height: side("height"),
        frame_rate: number("framerateNumerator") / number("framerateDenominator"),
        quality: text(&settings["qualityTuningLevel"]),
        container: text(&output["containerSettings"]["container"]),
        rate_control: text(&settings["rateControlMode"]),
        // "Outputs that use this feature incur pro-tier pricing" (service model, H264Settings).
        professional_job: settings.get("bandwidthReductionFilter").is_some(),
    }
}

/// What all three codecs have in common: rate, pixel shape, fields or frames.
fn common(spec: &JobSpec<'_>, rendition: &RenditionSpec<'_>, limits: &mut Limits) -> Value {
    let video = rendition.video;
    let rate = video.frame_rate.unwrap_or(video.nominal_rate);
    let cadence = cadence(spec, rendition, rate, limits);
    if rate.num <= 0 || rate.den <= 0 || rate.as_f64() > MOST_FRAMES_A_SECOND {
        let values = [format!("{:.3}", rate.as_f64()), MOST_FRAMES_A_SECOND.to_string()];
        limits.add(&limits::FRAME_RATE, rendition.id, values);
    }
    json!({
        "framerateControl": "SPECIFIED",
        "framerateNumerator": rate.num,
        "framerateDenominator": rate.den,
        "framerateConversionAlgorithm": cadence,
        "parControl": "SPECIFIED",
        "parNumerator": video.sample_aspect.num,
        "parDenominator": video.sample_aspect.den,
        "interlaceMode": match video.field_order {
            FieldOrder::Progressive => "PROGRESSIVE",
            FieldOrder::TopFirst => "TOP_FIELD",
            FieldOrder::BottomFirst => "BOTTOM_FIELD",
        },
        "slowPal": "DISABLED",
        "telecine": "NONE",
    })
}

/// How source pictures become output pictures: each once, or every second one. The plan repeats or leaves out single
/// pictures of a variable source to make it even; the service would choose others.
fn cadence(
    spec: &JobSpec<'_>,
    rendition: &RenditionSpec<'_>,
    rate: Ratio,
    limits: &mut Limits,
) -> Option<&'static str> {
    let video = rendition.video;
    let Some(source) = spec.source.rate else {
        if video.frame_rate.is_some() {
            limits.add(&limits::UNEVEN, rendition.id, []);
        } else if rendition.every > 1 {
            limits.add(&limits::EVERY, rendition.id, [rendition.every.to_string()]);
        }
        return Some("MAINTAIN_FRAME_COUNT");
    };
    // The plan may have halved the rate already, before a rung leaves out every second picture once more.
    let every = (1..=64).find(|every| same_rate(rate, source, *every));
    match every {
        Some(1) if rendition.every == 1 => Some("MAINTAIN_FRAME_COUNT"),
        Some(2) if rendition.every <= 2 && video.field_order == FieldOrder::Progressive => {
            Some("DUPLICATE_DROP")
        }
        every => {
            let every = every.map_or_else(|| rendition.every.to_string(), |every| every.to_string());
            limits.add(&limits::EVERY, rendition.id, [every]);
            None
        }
    }
}

/// The pricing page knows frame rates up to this one; nothing faster can be priced.
const MOST_FRAMES_A_SECOND: f64 = 120.0;

/// Whether `rate` × `times` is `other`.
fn same_rate(rate: Ratio, other: Ratio, times: i64) -> bool {
    i64::from(rate.num) * times * i64::from(other.den) == i64::from(other.num) * i64::from(rate.den)
}
