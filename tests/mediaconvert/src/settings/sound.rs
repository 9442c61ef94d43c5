//! Sound: AAC of the streams that the descriptions name.

use serde_json::Value;

use super::{clip::Range, number, unsupported};
use crate::{jobs::array, transcode::probe::value, work::Failure};

/// Words for all sound of an output; `rate` is that of the input's pictures, with their first second.
pub(crate) fn words(
    input: &Value,
    output: &Value,
    streams: usize,
    rate: Option<((u32, u32), f64)>,
    clips: &[Range],
) -> Result<Vec<String>, Failure> {
    let mut words = Vec::new();
    for (place, description) in array(&output["audioDescriptions"]).iter().enumerate() {
        let settings = &description["codecSettings"]["aacSettings"];
        if settings.is_null() {
            return Err(unsupported("sound without aacSettings"));
        }
        let track = track(input, description)?;
        if usize::try_from(track).map_or(true, |track| track >= streams) {
            return Err((1021, format!("No audio stream {} in the input.", track + 1)));
        }
        words.extend(["-map".to_owned(), format!("0:a:{track}")]);
        words.extend([format!("-c:a:{place}"), "aac".to_owned()]);
        let mut say = |name: &str, number: u32| words.extend([format!("{name}:{place}"), number.to_string()]);
        say("-b:a", number(&settings["bitrate"]).unwrap_or(96_000));
        say("-ar:a", number(&settings["sampleRate"]).unwrap_or(48_000));
        let channels = match settings["codingMode"].as_str() {
            Some("CODING_MODE_1_0") => 1,
            Some("CODING_MODE_5_1") => 6,
            _ => 2,
        };
        say("-ac:a", channels);
        words.extend([format!("-filter:a:{place}"), filters(rate, clips)?]);
    }
    if words.is_empty() {
        words.push("-an".to_owned());
    }
    Ok(words)
}

/// The place of the stream among all sound.
fn track(input: &Value, description: &Value) -> Result<u32, Failure> {
    let selectors = &input["audioSelectors"];
    let named = description["audioSourceName"].as_str();
    let selector = match named {
        Some(name) => &selectors[name],
        None => {
            selectors.as_object().into_iter().flatten().next().map_or(&Value::Null, |(_, selector)| selector)
        }
    };
    if selector.is_null() {
        let name = named.unwrap_or("Audio Selector 1");
        return Err((1040, format!("Invalid settings: there is no audio selector {name}")));
    }
    match array(&selector["tracks"]) {
        [] => Ok(0),
        [one] => Ok(number(one).unwrap_or(1).saturating_sub(1)),
        _ => Err(unsupported("audioSelectors with several tracks")),
    }
}

/// The sound of the frames that are kept, from the time of the first picture.
fn filters(rate: Option<((u32, u32), f64)>, clips: &[Range]) -> Result<String, Failure> {
    let Some((rate, start)) = rate else { return Ok("aresample=async=1:first_pts=0".to_owned()) };
    let second = |frame: u64| {
        #[expect(clippy::cast_precision_loss, reason = "no input has so many frames")]
        let frames = frame as f64;
        start + frames / value(rate)
    };
    let (trim, from) = match clips {
        [] => (String::new(), start),
        [one] => {
            let (from, to) = (second(one.first), second(one.last + 1));
            (format!("atrim=start={from:.6}:end={to:.6},"), from)
        }
        _ => return Err(unsupported("sound with several clippings")),
    };
    Ok(format!("{trim}asetpts=PTS-{from:.6}/TB,aresample=async=1:first_pts=0"))
}
