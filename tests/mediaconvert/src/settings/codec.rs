//! Encoders and their options.

use serde_json::Value;

use super::{number, unsupported};
use crate::{transcode::probe::value, work::Failure};

/// Longer than any group: then the encoder makes none by itself. Encoders halve it for the least length.
const ENDLESS: u32 = 1_000_000;

/// Pixels of a codec's profile.
pub(crate) fn pixel_format(codec: &str, settings: &Value) -> Result<&'static str, Failure> {
    let profile = settings["codecProfile"].as_str().unwrap_or_default();
    let format = match (codec, profile) {
        ("H_264", "" | "BASELINE" | "MAIN" | "HIGH") | ("H_265", "" | "MAIN_MAIN" | "MAIN_HIGH") => "yuv420p",
        ("H_264", "HIGH_10BIT") | ("H_265", "MAIN10_MAIN" | "MAIN10_HIGH") => "yuv420p10le",
        ("H_264", "HIGH_422") | ("H_265", "MAIN_422_8BIT_MAIN" | "MAIN_422_8BIT_HIGH") => "yuv422p",
        ("PRORES", "APPLE_PRORES_4444" | "APPLE_PRORES_4444_XQ") => {
            if settings["chromaSampling"] == "SUBSAMPLE_TO_422" { "yuv422p10le" } else { "yuv444p10le" }
        }
        ("PRORES", _)
        | ("H_264", "HIGH_422_10BIT")
        | ("H_265", "MAIN_422_10BIT_MAIN" | "MAIN_422_10BIT_HIGH") => "yuv422p10le",
        _ => return Err(unsupported(&format!("{codec} with codecProfile {profile}"))),
    };
    Ok(format)
}

/// All words for an encoder.
pub(crate) fn words(
    codec: &str,
    settings: &Value,
    description: &Value,
    rate: (u32, u32),
) -> Result<Vec<String>, Failure> {
    // Where the samples of colour are, as both encoders number it.
    let position = match description["chromaPositionMode"].as_str() {
        Some("FORCE_TOP_LEFT") => Some("chromaloc=2".to_owned()),
        Some("FORCE_CENTER") => Some("chromaloc=1".to_owned()),
        _ => None,
    };
    match codec {
        "H_264" => h264(settings, rate, position),
        "H_265" => h265(settings, rate, position),
        _ => Ok(prores(settings)),
    }
}

/// Which field of a frame is first; none of whole frames.
pub(crate) fn first_field(settings: &Value) -> Option<&'static str> {
    match settings["interlaceMode"].as_str() {
        Some("TOP_FIELD") => Some("tff"),
        Some("BOTTOM_FIELD") => Some("bff"),
        _ => None,
    }
}

fn h264(settings: &Value, rate: (u32, u32), position: Option<String>) -> Result<Vec<String>, Failure> {
    let mut words = owned(&["-c:v", "libx264", "-preset", preset(settings)]);
    let profile = match settings["codecProfile"].as_str() {
        Some("BASELINE") => "baseline",
        Some("HIGH") => "high",
        Some("HIGH_10BIT") => "high10",
        Some("HIGH_422" | "HIGH_422_10BIT") => "high422",
        _ => "main",
    };
    words.extend(owned(&["-profile:v", profile]));
    words.extend(level(settings).map(|level| ["-level:v".to_owned(), level]).into_iter().flatten());
    let mut params = picture_group(settings, rate, &mut words);
    if profile != "baseline" {
        params.push(format!("cabac={}", u8::from(settings["entropyEncoding"] != "CAVLC")));
        params.push(format!(
            "weightp={}",
            if settings["explicitWeightedPrediction"] == "ENABLED" { 2 } else { 0 }
        ));
    }
    params.push(format!(
        "b-pyramid={}",
        if settings["gopBReference"] == "DISABLED" { "none" } else { "normal" }
    ));
    params.extend(number(&settings["slices"]).map(|slices| format!("slices={slices}")));
    params.extend(position);
    if let Some(field) = first_field(settings) {
        words.extend(owned(&["-flags:v", "+ildct+ilme"]));
        params.push(format!("{field}=1"));
    }
    rate_control(settings, &mut words)?;
    if settings["rateControlMode"] == "CBR" {
        params.push("nal-hrd=cbr".to_owned());
    }
    words.extend(["-x264-params".to_owned(), params.join(":")]);
    Ok(words)
}

fn h265(settings: &Value, rate: (u32, u32), position: Option<String>) -> Result<Vec<String>, Failure> {
    if first_field(settings).is_some() {
        return Err(unsupported("h265Settings/interlaceMode: fields"));
    }
    let mut words = owned(&["-c:v", "libx265", "-preset", preset(settings)]);
    let profile = settings["codecProfile"].as_str().unwrap_or("MAIN_MAIN");
    let name = match profile {
        "MAIN_MAIN" | "MAIN_HIGH" => "main",
        "MAIN10_MAIN" | "MAIN10_HIGH" => "main10",
        "MAIN_422_8BIT_MAIN" | "MAIN_422_8BIT_HIGH" | "MAIN_422_10BIT_MAIN" | "MAIN_422_10BIT_HIGH" => {
            "main422-10"
        }
        other => return Err(unsupported(&format!("codecProfile {other}"))),
    };
    // x265 has that profile for 10 bits alone.
    if !profile.contains("422_8BIT") {
        words.extend(owned(&["-profile:v", name]));
    }
    let mut params = picture_group(settings, rate, &mut words);
    params.extend(level(settings).map(|level| format!("level-idc={level}")));
    params.push(format!("high-tier={}", u8::from(profile.ends_with("_HIGH"))));
    params.push(format!("b-pyramid={}", u8::from(settings["gopBReference"] != "DISABLED")));
    params.extend(number(&settings["slices"]).map(|slices| format!("slices={slices}")));
    params.extend(position);
    params.push(format!("deblock={}", if settings["deblocking"] == "DISABLED" { "false" } else { "0,0" }));
    params.push(format!("sao={}", u8::from(settings["sampleAdaptiveOffsetFilterMode"] != "OFF")));
    params.push(format!("ctu={}", if settings["treeBlockSize"] == "TREE_SIZE_32X32" { 32 } else { 64 }));
    params.push("repeat-headers=0:log-level=error".to_owned());
    rate_control(settings, &mut words)?;
    if settings["rateControlMode"] == "CBR" {
        params.push("strict-cbr=1".to_owned());
    }
    words.extend(["-x265-params".to_owned(), params.join(":")]);
    // The model's text of WriteMp4PackagingType: HEV1 unless said.
    let tag = if settings["writeMp4PackagingType"] == "HVC1" { "hvc1" } else { "hev1" };
    words.extend(owned(&["-tag:v", tag]));
    Ok(words)
}

fn prores(settings: &Value) -> Vec<String> {
    let profile = match settings["codecProfile"].as_str() {
        Some("APPLE_PRORES_422_PROXY") => "0",
        Some("APPLE_PRORES_422_LT") => "1",
        Some("APPLE_PRORES_422_HQ") => "3",
        Some("APPLE_PRORES_4444") => "4",
        Some("APPLE_PRORES_4444_XQ") => "5",
        _ => "2",
    };
    let mut words = owned(&["-c:v", "prores_ks", "-profile:v", profile, "-vendor", "apl0"]);
    if first_field(settings).is_some() {
        words.extend(owned(&["-flags:v", "+ildct"]));
    }
    words
}

/// Effort, not quality: the service's encoder is another one.
fn preset(settings: &Value) -> &'static str {
    match settings["qualityTuningLevel"].as_str() {
        Some("SINGLE_PASS") => "superfast",
        Some("MULTI_PASS_HQ") => "faster",
        _ => "veryfast",
    }
}

fn level(settings: &Value) -> Option<String> {
    let name = settings["codecLevel"].as_str()?.strip_prefix("LEVEL_")?;
    Some(name.replace('_', "."))
}

/// Cadence, closure and order of the pictures, in the words that both encoders share.
fn picture_group(settings: &Value, rate: (u32, u32), words: &mut Vec<String>) -> Vec<String> {
    let size = settings["gopSize"].as_f64();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a group has few frames")]
    let whole = |frames: f64| frames.round().max(1.0) as u32;
    let length = match (settings["gopSizeUnits"].as_str(), size) {
        (Some("FRAMES"), Some(size)) => whole(size),
        (Some("SECONDS"), Some(size)) => whole(size * value(rate)),
        // The service chooses; two seconds are what it recommends.
        _ => whole(2.0 * value(rate)),
    };
    let closed = settings["gopClosedCadence"] != 0;
    let mut params = vec![format!("open-gop={}", u8::from(!closed))];
    let least = number(&settings["minIInterval"]).unwrap_or(0);
    match settings["sceneChangeDetect"].as_str() {
        Some("DISABLED") => params.push(format!("keyint={length}:min-keyint={length}:scenecut=0")),
        // An IDR at scene changes as well, at least so far from the one before.
        _ if least > 0 => params.push(format!("keyint={length}:min-keyint={least}:scenecut=40")),
        // Scene changes get pictures of their own, the cadence of IDRs stays.
        _ => {
            params.push(format!("keyint={ENDLESS}:min-keyint={ENDLESS}:scenecut=40"));
            words.extend(owned(&["-forced-idr", "1", "-force_key_frames"]));
            words.push(format!("expr:not(mod(n,{length}))"));
        }
    }
    params.extend(
        number(&settings["numberBFramesBetweenReferenceFrames"]).map(|count| format!("bframes={count}")),
    );
    params.extend(number(&settings["numberReferenceFrames"]).map(|count| format!("ref={count}")));
    params.push(format!("b-adapt={}", u8::from(settings["dynamicSubGop"] == "ADAPTIVE")));
    params
}

fn rate_control(settings: &Value, words: &mut Vec<String>) -> Result<(), Failure> {
    let (bitrate, most) = (number(&settings["bitrate"]), number(&settings["maxBitrate"]));
    let buffer = number(&settings["hrdBufferSize"]);
    let mut say = |name: &str, bits: u32| words.extend([name.to_owned(), bits.to_string()]);
    let (ceiling, crf) = match (settings["rateControlMode"].as_str(), bitrate, most) {
        (Some("QVBR"), _, Some(most)) => {
            let fine = settings["qvbrSettings"]["qvbrQualityLevelFineTune"].as_f64().unwrap_or(0.0);
            let level = settings["qvbrSettings"]["qvbrQualityLevel"].as_f64().unwrap_or(7.0) + fine;
            // Level 7, for what is watched on large screens, is near x264's usual 23; a level is two steps.
            (most, Some(37.0 - 2.0 * level))
        }
        (Some("CBR"), Some(bitrate), _) => {
            say("-b:v", bitrate);
            say("-minrate:v", bitrate);
            (bitrate, None)
        }
        (Some("VBR") | None, Some(bitrate), most) => {
            say("-b:v", bitrate);
            (most.unwrap_or(bitrate.saturating_mul(2)), None)
        }
        (mode, ..) => {
            return Err(unsupported(&format!("rateControlMode {} as it is", mode.unwrap_or_default())));
        }
    };
    say("-maxrate:v", ceiling);
    say("-bufsize:v", buffer.filter(|bits| *bits > 0).unwrap_or(ceiling.saturating_mul(2)));
    words.extend(crf.map(|crf| ["-crf".to_owned(), crf.to_string()]).into_iter().flatten());
    Ok(())
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
