//! Job templates: reading them, the spelling of the wire, and what of them may tune a job.
//!
//! A template is the lowest layer. It may tune the encoder and the filters before it; geometry, timing, keyframes,
//! bit rates, sound, captions and packaging come from the profile, so that both engines make the same. Parts that
//! would paint into the picture or need the whole timeline cannot be honoured in chunks: they are
//! [`Unsupported`](super::Unsupported), and `auto` goes local with that reason. Everything else of a template that
//! has no say is listed in [`CompiledJob::ignored`](super::CompiledJob).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::limits::{self, Limits};

/// Why a text is no job template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Not JSON.
    #[error("line {line}, column {column}: {message}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// JSON of something else.
    #[error("this is no MediaConvert job template: {0}")]
    Shape(String),
    /// A profile made of it would contradict itself; the contradictions.
    #[error("no profile can be made of the template: {0}")]
    Unsound(String),
    /// A template that holds nothing a profile could be made of; the places of what it holds.
    #[error("the template has no output that a profile can describe: {0}")]
    Nothing(String),
}

/// Reads an exported template (`{"Name": …, "Settings": {…}}`), the answer of `GetJobTemplate` or `GetJob`, or bare
/// settings, in the console's spelling or the wire's; gives the settings in the spelling of the wire.
///
/// # Errors
/// When the text is something else.
pub fn parse_template(text: &str) -> Result<Value, TemplateError> {
    let document = whole_document(text)?;
    match document.get("settings") {
        Some(settings) => Ok(settings.clone()),
        None => Ok(document),
    }
}

/// The template around the settings as well, in the spelling of the wire.
pub(super) fn whole_document(text: &str) -> Result<Value, TemplateError> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        TemplateError::Json { line: error.line(), column: error.column(), message }
    })?;
    let mut document = wire(&value);
    for wrapper in ["jobTemplate", "job"] {
        if let Some(inner) = document.get(wrapper).filter(|inner| inner.is_object()) {
            document = inner.clone();
        }
    }
    let shape = |message: &str| Err(TemplateError::Shape(message.to_owned()));
    let settings = match document.get("settings") {
        Some(settings) => settings,
        None => &document,
    };
    let Some(settings) = settings.as_object() else { return shape("its settings are no JSON object") };
    let listed = |key: &str, within: &Map<String, Value>| within.get(key).map(Value::is_array);
    match listed("outputGroups", settings) {
        None => shape("it has no OutputGroups"),
        Some(false) => shape("its OutputGroups are no list"),
        Some(true) if listed("inputs", settings) == Some(false) => shape("its Inputs are no list"),
        Some(true) => Ok(document),
    }
}

/// The same document in the spelling of the wire (`outputGroups`): the console and `CloudFormation` write
/// `OutputGroups`. Every name on the wire is the other one with its first letter in lower case, without exception
/// (read from the service model); names inside the maps that users fill stay as they are.
#[must_use]
pub fn wire(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| {
                let key = lower_first(key);
                let value = match key.as_str() {
                    "audioSelectors"
                    | "audioSelectorGroups"
                    | "captionSelectors"
                    | "dynamicAudioSelectors" => free_keys(value, wire),
                    "tags" | "userMetadata" => free_keys(value, Value::clone),
                    _ => wire(value),
                };
                (key, value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(wire).collect()),
        other => other.clone(),
    }
}

fn free_keys(value: &Value, inside: impl Fn(&Value) -> Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (key.clone(), inside(value))).collect())
        }
        other => other.clone(),
    }
}

fn lower_first(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// Lays `over` over `base`: objects are merged, everything else is replaced.
pub(super) fn lay_over(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                lay_over(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}

/// Members of `Input` that filter the picture before it is encoded.
const INPUT_FILTERS: [&str; 7] = [
    "advancedInputFilter",
    "advancedInputFilterSettings",
    "deblockFilter",
    "denoiseFilter",
    "filterEnable",
    "filterStrength",
    "inputScanType",
];

/// Members of codec settings that tune the encoder and change nothing that the profile says.
const ENCODER_TUNING: [&str; 11] = [
    "adaptiveQuantization",
    "bandwidthReductionFilter",
    "flickerAdaptiveQuantization",
    "numberReferenceFrames",
    "repeatPps",
    "saliencyAwareEncoding",
    "slices",
    "softness",
    "spatialAdaptiveQuantization",
    "temporalAdaptiveQuantization",
    "unregisteredSeiTimecode",
];

/// Parts that paint, mark, or need the whole timeline, below the settings, an input, and a picture's preprocessors.
const WHOLE_JOB_FEATURES: [&str; 9] = [
    "availBlanking",
    "colorConversion3DLUTSettings",
    "esam",
    "kantarWatermark",
    "motionImageInserter",
    "motionImageInserters",
    "nielsenConfiguration",
    "nielsenNonLinearWatermark",
    "timedMetadataInsertion",
];
const INPUT_FEATURES: [&str; 5] =
    ["decryptionSettings", "imageInserter", "multiViewSettings", "videoGenerator", "videoOverlays"];
const PICTURE_FEATURES: [&str; 6] =
    ["dolbyVision", "durationControl", "hdr10Plus", "imageInserter", "partnerWatermarking", "timecodeBurnin"];

/// The lowest layer of a job.
pub(super) struct Base {
    input: Value,
    /// Outputs with a picture, with their place.
    outputs: Vec<(String, Value)>,
    /// Places that have no say.
    ignored: Vec<String>,
    used: BTreeSet<usize>,
}

impl Base {
    /// What of `template` has a say; adds what cannot be honoured to `limits`.
    pub(super) fn of(template: Option<&Value>, limits: &mut Limits) -> Self {
        let mut base = Self {
            input: json!({ "filterEnable": "DISABLE" }),
            outputs: Vec::new(),
            ignored: Vec::new(),
            used: BTreeSet::new(),
        };
        let Some(settings) = template.and_then(Value::as_object) else { return base };
        for (key, value) in settings.iter().filter(|(_, value)| says_something(value)) {
            match key.as_str() {
                "inputs" => base.read_inputs(value, limits),
                "outputGroups" => base.read_groups(value, limits),
                feature if WHOLE_JOB_FEATURES.contains(&feature) => refuse(feature.to_owned(), limits),
                other => base.ignored.push(other.to_owned()),
            }
        }
        base
    }

    fn read_inputs(&mut self, inputs: &Value, limits: &mut Limits) {
        for (at, input) in inputs.as_array().into_iter().flatten().enumerate() {
            let place = format!("inputs/{at}");
            if at > 0 {
                // More than one input is a film put together from several.
                refuse(place, limits);
                continue;
            }
            for (key, value) in
                input.as_object().into_iter().flatten().filter(|(_, value)| says_something(value))
            {
                match key.as_str() {
                    filter if INPUT_FILTERS.contains(&filter) => self.input[filter] = value.clone(),
                    feature if INPUT_FEATURES.contains(&feature) => {
                        refuse(format!("{place}/{feature}"), limits);
                    }
                    other => self.ignored.push(format!("{place}/{other}")),
                }
            }
        }
    }

    fn read_groups(&mut self, groups: &Value, limits: &mut Limits) {
        for (at, group) in groups.as_array().into_iter().flatten().enumerate() {
            let place = format!("outputGroups/{at}");
            let outputs = group["outputs"].as_array().into_iter().flatten();
            let before = self.outputs.len();
            for (number, output) in outputs.enumerate() {
                let place = format!("{place}/outputs/{number}");
                if says_something(&output["videoDescription"]) {
                    picture_features(output, &place, limits);
                    self.outputs.push((place, output.clone()));
                } else {
                    self.ignored.push(place);
                }
            }
            // Packaging is Spillway's own.
            let file = group["outputGroupSettings"]["type"] == "FILE_GROUP_SETTINGS";
            if !file || self.outputs.len() == before {
                self.ignored.push(format!("{place}/outputGroupSettings"));
            }
        }
    }

    /// The input's layer.
    pub(super) fn input(&self) -> Value {
        self.input.clone()
    }

    /// The layer of a rendition: the template's output whose name modifier is the rendition's id, else the one at the
    /// same position among those with a picture; null where there is none.
    pub(super) fn output(&mut self, at: usize, id: &str) -> Value {
        let modifier = |output: &Value| {
            let text = output["nameModifier"].as_str().unwrap_or_default();
            text.trim_start_matches(['-', '_']).eq_ignore_ascii_case(id)
        };
        let named = self.outputs.iter().position(|(_, output)| modifier(output));
        let Some(found) = named.or(Some(at).filter(|at| *at < self.outputs.len())) else {
            return Value::Null;
        };
        self.used.insert(found);
        self.outputs[found].1.clone()
    }

    /// Places that had no say, once all renditions have been looked up.
    pub(super) fn ignored(mut self) -> Vec<String> {
        for (at, (place, output)) in self.outputs.iter().enumerate() {
            if !self.used.contains(&at) {
                self.ignored.push(place.clone());
                continue;
            }
            for part in ["audioDescriptions", "captionDescriptions", "preset", "outputSettings"] {
                if says_something(&output[part]) {
                    self.ignored.push(format!("{place}/{part}"));
                }
            }
        }
        self.ignored
    }
}

fn refuse(path: String, limits: &mut Limits) {
    limits.add(&limits::TEMPLATE_FEATURE, "", [path]);
}

fn picture_features(output: &Value, place: &str, limits: &mut Limits) {
    let preprocessors = &output["videoDescription"]["videoPreprocessors"];
    for feature in PICTURE_FEATURES {
        if says_something(&preprocessors[feature]) {
            refuse(format!("{place}/videoDescription/videoPreprocessors/{feature}"), limits);
        }
    }
    for look in ["brightness", "contrast", "hue", "saturation"] {
        let neutral = if look == "hue" { 0 } else { 50 };
        if preprocessors["colorCorrector"][look].as_i64().is_some_and(|value| value != neutral) {
            refuse(format!("{place}/videoDescription/videoPreprocessors/colorCorrector/{look}"), limits);
        }
    }
}

/// Neither absent nor empty: the console exports empty lists and objects.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    }
}

/// What a template's output leaves for a codec to be tuned with.
#[derive(Debug, Default)]
pub(super) struct Tuning {
    /// Members of the codec's settings.
    pub settings: Value,
    /// Level as in profiles, e.g. `4.1`.
    pub level: Option<String>,
    /// B-frames in a row.
    pub b_frames: Option<u32>,
    profile: Option<String>,
}

impl Tuning {
    /// The codec profile by the name that it has in profiles.
    pub(super) fn profile(&self, known: &[(&'static str, &str, u64)]) -> Option<&'static str> {
        let wire = self.profile.as_deref()?;
        known.iter().find(|(_, name, _)| *name == wire).map(|(name, ..)| *name)
    }
}

/// The part of an output that tunes `codec`; nothing where the template has another one. What the service would
/// choose by itself is left out.
pub(super) fn tuning(output: &Value, codec: &str, key: &str) -> Tuning {
    let codec_settings = &output["videoDescription"]["codecSettings"];
    let settings = &codec_settings[key];
    if codec_settings["codec"] != codec {
        return Tuning { settings: json!({}), ..Tuning::default() };
    }
    let tuning = ENCODER_TUNING.iter().filter_map(|name| {
        let value = settings.get(name).filter(|value| says_something(value) && *value != "AUTO")?;
        Some(((*name).to_owned(), value.clone()))
    });
    let level = settings["codecLevel"].as_str().and_then(|level| level.strip_prefix("LEVEL_"));
    let b_frames = settings["numberBFramesBetweenReferenceFrames"].as_u64();
    Tuning {
        settings: Value::Object(tuning.collect()),
        level: level.map(|level| level.replace('_', ".")),
        b_frames: b_frames.and_then(|frames| u32::try_from(frames).ok()),
        profile: settings["codecProfile"].as_str().map(str::to_owned),
    }
}

/// The part of an output that works on the picture before its codec: noise reduction.
pub(super) fn description(output: &Value) -> Value {
    let reducer = &output["videoDescription"]["videoPreprocessors"]["noiseReducer"];
    if says_something(reducer) {
        json!({ "videoPreprocessors": { "noiseReducer": reducer } })
    } else {
        json!({})
    }
}

/// "Jobs that use this feature incur pro-tier pricing" (service model, `AdvancedInputFilter`).
pub(super) fn professional_input(input: &Value) -> bool {
    input["advancedInputFilter"] == "ENABLED"
}
