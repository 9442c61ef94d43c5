//! Which settings the simulator honours. Anything else fails its job with error 1040, so that nobody takes a file
//! for what the service would have made.

use serde_json::Value;

/// Any value.
const ANY: &[&str] = &[];

/// Settings by their place, `*` standing for a place in a list or a name in a map; and their values, [`ANY`] for
/// all. Those marked so are taken and change nothing that this simulator can show.
const HONOURED: &[(&str, &[&str])] = &[
    ("timecodeConfig/source", ANY),
    // No time codes are written.
    ("timecodeConfig/start", ANY),
    ("inputs/*/fileInput", ANY),
    ("inputs/*/timecodeSource", &["ZEROBASED", "EMBEDDED"]),
    ("inputs/*/inputClippings/*/startTimecode", ANY),
    ("inputs/*/inputClippings/*/endTimecode", ANY),
    ("inputs/*/crop/*", ANY),
    ("inputs/*/videoSelector/colorSpace", &["FOLLOW", "REC_601", "REC_709", "HDR10", "HLG_2020"]),
    ("inputs/*/videoSelector/colorSpaceUsage", ANY),
    ("inputs/*/videoSelector/rotate", ANY),
    ("inputs/*/videoSelector/alphaBehavior", &["DISCARD"]),
    ("inputs/*/videoSelector/padVideo", &["DISABLED"]),
    ("inputs/*/videoSelector/sampleRange", ANY),
    ("inputs/*/videoSelector/embeddedTimecodeOverride", &["NONE"]),
    ("inputs/*/audioSelectors/*/defaultSelection", ANY),
    ("inputs/*/audioSelectors/*/selectorType", &["TRACK"]),
    ("inputs/*/audioSelectors/*/tracks/*", ANY),
    ("inputs/*/audioSelectors/*/offset", &["0"]),
    // Programs of transport streams: the first, as by default.
    ("inputs/*/audioSelectors/*/programSelection", &["0", "1"]),
    ("inputs/*/filterEnable", &["AUTO", "DISABLE"]),
    ("inputs/*/filterStrength", &["0"]),
    ("inputs/*/deblockFilter", &["DISABLED"]),
    ("inputs/*/denoiseFilter", &["DISABLED"]),
    ("inputs/*/inputScanType", &["AUTO"]),
    // Changes nothing here.
    ("inputs/*/psiControl", ANY),
    // Changes the bill.
    ("inputs/*/advancedInputFilter", ANY),
    ("outputGroups/*/name", ANY),
    ("outputGroups/*/customName", ANY),
    ("outputGroups/*/outputGroupSettings/type", &["FILE_GROUP_SETTINGS"]),
    ("outputGroups/*/outputGroupSettings/fileGroupSettings/destination", ANY),
    // How the bucket keeps a file does not show in it.
    ("outputGroups/*/outputGroupSettings/fileGroupSettings/destinationSettings/s3Settings/storageClass", ANY),
    ("outputGroups/*/outputGroupSettings/fileGroupSettings/destinationSettings/s3Settings/encryption/*", ANY),
    (
        "outputGroups/*/outputGroupSettings/fileGroupSettings/destinationSettings/s3Settings/accessControl/*",
        ANY,
    ),
];

/// The same, of an output.
const OUTPUT: &[(&str, &[&str])] = &[
    ("nameModifier", ANY),
    ("extension", ANY),
    ("containerSettings/container", &["MP4", "MOV"]),
    ("containerSettings/mp4Settings/moovPlacement", ANY),
    ("containerSettings/mp4Settings/audioDuration", ANY),
    // Details of boxes, which change neither pictures nor times.
    ("containerSettings/mp4Settings/cslgAtom", ANY),
    ("containerSettings/mp4Settings/cttsVersion", ANY),
    ("containerSettings/mp4Settings/freeSpaceBox", ANY),
    ("containerSettings/movSettings/clapAtom", ANY),
    ("containerSettings/movSettings/cslgAtom", ANY),
    ("containerSettings/movSettings/mpeg2FourCCControl", ANY),
    ("containerSettings/movSettings/paddingControl", ANY),
    ("containerSettings/movSettings/reference", &["SELF_CONTAINED"]),
    ("videoDescription/width", ANY),
    ("videoDescription/height", ANY),
    ("videoDescription/crop/*", ANY),
    ("videoDescription/scalingBehavior", &["DEFAULT", "STRETCH_TO_OUTPUT", "FILL"]),
    // How the scaler does it.
    ("videoDescription/antiAlias", ANY),
    ("videoDescription/sharpness", ANY),
    ("videoDescription/colorMetadata", ANY),
    ("videoDescription/timecodeInsertion", &["DISABLED"]),
    ("videoDescription/timecodeTrack", &["DISABLED"]),
    ("videoDescription/dropFrameTimecode", ANY),
    ("videoDescription/afdSignaling", &["NONE"]),
    ("videoDescription/respondToAfd", &["NONE"]),
    ("videoDescription/chromaPositionMode", ANY),
    ("videoDescription/videoPreprocessors/deinterlacer/algorithm", ANY),
    ("videoDescription/videoPreprocessors/deinterlacer/control", ANY),
    ("videoDescription/videoPreprocessors/deinterlacer/mode", &["DEINTERLACE"]),
    ("videoDescription/videoPreprocessors/colorCorrector/colorSpaceConversion", &["NONE", "FORCE_709"]),
    ("videoDescription/videoPreprocessors/colorCorrector/hdrToSdrToneMapper", ANY),
    (
        "videoDescription/videoPreprocessors/colorCorrector/sampleRangeConversion",
        &["NONE", "LIMITED_RANGE_SQUEEZE"],
    ),
    ("videoDescription/videoPreprocessors/colorCorrector/brightness", &["50"]),
    ("videoDescription/videoPreprocessors/colorCorrector/contrast", &["50"]),
    ("videoDescription/videoPreprocessors/colorCorrector/saturation", &["50"]),
    ("videoDescription/videoPreprocessors/colorCorrector/hue", &["0"]),
    ("videoDescription/codecSettings/codec", &["H_264", "H_265", "PRORES"]),
    ("audioDescriptions/*/audioSourceName", ANY),
    ("audioDescriptions/*/audioType", ANY),
    ("audioDescriptions/*/audioTypeControl", ANY),
    ("audioDescriptions/*/languageCode", ANY),
    ("audioDescriptions/*/languageCodeControl", ANY),
    ("audioDescriptions/*/streamName", ANY),
    ("audioDescriptions/*/codecSettings/codec", &["AAC"]),
    ("audioDescriptions/*/codecSettings/aacSettings/bitrate", ANY),
    ("audioDescriptions/*/codecSettings/aacSettings/sampleRate", ANY),
    (
        "audioDescriptions/*/codecSettings/aacSettings/codingMode",
        &["CODING_MODE_1_0", "CODING_MODE_2_0", "CODING_MODE_5_1"],
    ),
    ("audioDescriptions/*/codecSettings/aacSettings/codecProfile", &["LC"]),
    ("audioDescriptions/*/codecSettings/aacSettings/rateControlMode", &["CBR"]),
    ("audioDescriptions/*/codecSettings/aacSettings/rawFormat", &["NONE"]),
    ("audioDescriptions/*/codecSettings/aacSettings/specification", &["MPEG4"]),
    ("audioDescriptions/*/codecSettings/aacSettings/audioDescriptionBroadcasterMix", &["NORMAL"]),
];

/// The same, of the settings of any codec of pictures.
const CODEC: &[(&str, &[&str])] = &[
    ("framerateControl", ANY),
    ("framerateConversionAlgorithm", &["DUPLICATE_DROP", "MAINTAIN_FRAME_COUNT"]),
    ("framerateNumerator", ANY),
    ("framerateDenominator", ANY),
    ("parControl", ANY),
    ("parNumerator", ANY),
    ("parDenominator", ANY),
    ("interlaceMode", &["PROGRESSIVE", "TOP_FIELD", "BOTTOM_FIELD"]),
    ("scanTypeConversionMode", &["INTERLACED"]),
    ("slowPal", &["DISABLED"]),
    ("telecine", &["NONE"]),
    ("codecProfile", ANY),
];

/// The same, of H.264 and H.265.
const DELIVERY: &[(&str, &[&str])] = &[
    ("codecLevel", ANY),
    ("rateControlMode", ANY),
    ("bitrate", ANY),
    ("maxBitrate", ANY),
    ("qvbrSettings/qvbrQualityLevel", ANY),
    ("qvbrSettings/qvbrQualityLevelFineTune", ANY),
    ("hrdBufferSize", ANY),
    ("gopSize", ANY),
    ("gopSizeUnits", ANY),
    ("gopClosedCadence", &["0", "1"]),
    ("gopBReference", ANY),
    ("minIInterval", ANY),
    ("sceneChangeDetect", ANY),
    ("numberBFramesBetweenReferenceFrames", ANY),
    ("numberReferenceFrames", ANY),
    ("dynamicSubGop", ANY),
    ("slices", ANY),
    ("qualityTuningLevel", ANY),
    // Where the quality goes within a picture, and how full a decoder's buffer is.
    ("adaptiveQuantization", ANY),
    ("spatialAdaptiveQuantization", ANY),
    ("temporalAdaptiveQuantization", ANY),
    ("flickerAdaptiveQuantization", ANY),
    ("softness", ANY),
    ("hrdBufferInitialFillPercentage", ANY),
    ("hrdBufferFinalFillPercentage", ANY),
    ("saliencyAwareEncoding", &["DISABLED"]),
    // Neither encoder here writes any.
    ("endOfStreamMarkers", ANY),
    ("unregisteredSeiTimecode", &["DISABLED"]),
    ("entropyEncoding", ANY),
    ("explicitWeightedPrediction", ANY),
    ("repeatPps", &["DISABLED"]),
    ("syntax", &["DEFAULT"]),
    ("fieldEncoding", &["MBAFF", "PAFF"]),
    ("writeMp4PackagingType", &["AVC1", "HVC1", "HEV1"]),
    ("alternateTransferFunctionSei", &["DISABLED"]),
    ("sampleAdaptiveOffsetFilterMode", ANY),
    ("temporalIds", &["DISABLED"]),
    ("tiles", &["DISABLED"]),
    ("deblocking", ANY),
    ("treeBlockSize", ANY),
];

/// The first setting of a job that is not honoured.
pub(crate) fn refused(request: &Value) -> Option<String> {
    if !request["hopDestinations"].is_null() {
        return Some("/hopDestinations".to_owned());
    }
    let mut leaves = Vec::new();
    collect(&request["settings"], String::new(), String::new(), &mut leaves);
    let refused = leaves.into_iter().find(|(_, pattern, value)| !honoured(pattern, value));
    refused.map(|(path, _, value)| if value.is_empty() { path } else { format!("{path}: {value}") })
}

fn honoured(pattern: &str, value: &str) -> bool {
    let within = |table: &[(&str, &[&str])], name: &str| {
        table
            .iter()
            .any(|(known, values)| same(known, name) && (values.is_empty() || values.contains(&value)))
    };
    let Some(output) = pattern.strip_prefix("outputGroups/*/outputs/*/") else {
        return within(HONOURED, pattern);
    };
    let codec = output.strip_prefix("videoDescription/codecSettings/").and_then(|rest| rest.split_once('/'));
    match codec {
        Some(("proresSettings", name)) => within(CODEC, name) || name == "chromaSampling",
        Some(("h264Settings" | "h265Settings", name)) => within(CODEC, name) || within(DELIVERY, name),
        _ => within(OUTPUT, output),
    }
}

/// Equal, a `*` at the end of the known one standing for any one name.
fn same(known: &str, name: &str) -> bool {
    known == name
        || known.strip_suffix('*').is_some_and(|start| {
            name.strip_prefix(start).is_some_and(|rest| !rest.is_empty() && !rest.contains('/'))
        })
}

/// All values with their paths, as they are and with `*` for places in lists and names of selectors.
fn collect(value: &Value, path: String, pattern: String, leaves: &mut Vec<(String, String, String)>) {
    let joined = |pattern: &str, name: &str| {
        if pattern.is_empty() { name.to_owned() } else { format!("{pattern}/{name}") }
    };
    match value {
        Value::Object(fields) => {
            let named = pattern.ends_with("Selectors");
            for (name, inside) in fields {
                let place = if named { "*" } else { name };
                collect(inside, format!("{path}/{name}"), joined(&pattern, place), leaves);
            }
        }
        Value::Array(items) => {
            for (at, inside) in items.iter().enumerate() {
                collect(inside, format!("{path}/{at}"), joined(&pattern, "*"), leaves);
            }
        }
        Value::String(text) => leaves.push((path, pattern, text.clone())),
        other => leaves.push((path, pattern, other.to_string())),
    }
}
