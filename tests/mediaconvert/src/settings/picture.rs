//! Filters: which frames, when, of which size, shape and colour.

use serde_json::Value;

use super::{clip::Range, codec::first_field, number, unsupported};
use crate::{
    transcode::probe::{Colour, Video, value},
    work::Failure,
};

/// Frames a second, and which ones.
pub(crate) struct Rate {
    pub(crate) target: (u32, u32),
    /// How many frames there will be.
    pub(crate) frames: u64,
    step: Step,
}

enum Step {
    /// Every n-th, from the first.
    Every(u64),
    /// Dropped and shown twice, to fit.
    Fit,
}

/// Size of the result.
pub(crate) struct Frame {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Shape of a pixel.
    aspect: (u32, u32),
    /// Filters that lead there from the cropped picture.
    filters: Vec<String>,
    /// Which field is first, of pictures in fields.
    field: Option<&'static str>,
}

impl Rate {
    /// What becomes of so many frames.
    pub(crate) fn of(settings: &Value, video: &Video, frames: u64) -> Result<Self, Failure> {
        let source = video.rate;
        if settings["framerateControl"] != "SPECIFIED" {
            return Ok(Self { target: source, frames, step: Step::Every(1) });
        }
        let both = (number(&settings["framerateNumerator"]), number(&settings["framerateDenominator"]));
        let (Some(numerator), Some(denominator)) = both else { return Err(unsupported("framerateControl")) };
        let target = (numerator, denominator);
        if settings["framerateConversionAlgorithm"] == "MAINTAIN_FRAME_COUNT" {
            return Ok(Self { target, frames, step: Step::Every(1) });
        }
        let (have, want) =
            (u64::from(source.0) * u64::from(denominator), u64::from(numerator) * u64::from(source.1));
        // What a container tells of a short input is near its rate, not always equal.
        let ratio = value(source) / value(target);
        if ratio > 0.99 && (ratio - ratio.round()).abs() < 0.01 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number")]
            let every = ratio.round() as u64;
            return Ok(Self { target, frames: frames.div_ceil(every), step: Step::Every(every) });
        }
        // The filter rounds to the nearest.
        let frames = (frames * want + have / 2) / have;
        Ok(Self { target, frames, step: Step::Fit })
    }
}

/// Size of the result, and how to get there.
pub(crate) fn frame(
    input: &Value,
    description: &Value,
    settings: &Value,
    video: &Video,
) -> Result<Frame, Failure> {
    let turned = turn(input, video)? % 180 != 0;
    let (mut width, mut height) =
        if turned { (video.height, video.width) } else { (video.width, video.height) };
    let mut aspect = if turned { (video.aspect.1, video.aspect.0) } else { video.aspect };
    if let Some(crop) = crop(input, description)? {
        if crop.0 + crop.2 > width || crop.1 + crop.3 > height {
            return Err((1040, "Invalid settings: the crop is larger than the picture".to_owned()));
        }
        (width, height) = (crop.2, crop.3);
    }
    let shape = f64::from(width) * value(aspect) / f64::from(height);
    if settings["parControl"] == "SPECIFIED" {
        let par = (number(&settings["parNumerator"]), number(&settings["parDenominator"]));
        let (Some(numerator), Some(denominator)) = par else { return Err(unsupported("parControl")) };
        aspect = (numerator, denominator);
    }
    let even = |size: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes are small")]
        let half = (size / 2.0).round().max(1.0) as u32;
        2 * half
    };
    let asked = (number(&description["width"]), number(&description["height"]));
    let (to_width, to_height) = match asked {
        (Some(width), Some(height)) => (width, height),
        (Some(width), None) => (width, even(f64::from(width) * value(aspect) / shape)),
        (None, Some(height)) => (even(f64::from(height) * shape / value(aspect)), height),
        (None, None) => (width, height),
    };
    if to_width % 2 != 0 || to_height % 2 != 0 {
        return Err((1040, format!("Invalid settings: {to_width}x{to_height} is not even")));
    }
    let field = first_field(settings);
    let frame = |filters| Frame { width: to_width, height: to_height, aspect, filters, field };
    // The picture in the pixels of the result, as large as fits.
    let wide = shape / value(aspect);
    let fits = f64::from(to_width) / f64::from(to_height);
    if description["scalingBehavior"] == "STRETCH_TO_OUTPUT" || (wide / fits - 1.0).abs() < 0.002 {
        return Ok(frame(vec![format!("scale={to_width}:{to_height}:flags=bicubic")]));
    }
    let fill = description["scalingBehavior"] == "FILL";
    let (inner_width, inner_height) = if (wide > fits) == fill {
        (even(f64::from(to_height) * wide), to_height)
    } else {
        (to_width, even(f64::from(to_width) / wide))
    };
    let edge = if fill { "crop" } else { "pad" };
    let place = if fill { "" } else { ":-1:-1:black" };
    Ok(frame(vec![
        format!("scale={inner_width}:{inner_height}:flags=bicubic"),
        format!("{edge}={to_width}:{to_height}{place}"),
    ]))
}

/// All filters, in their order.
pub(crate) fn filters(
    input: &Value,
    description: &Value,
    video: &Video,
    clips: &[Range],
    frame: &Frame,
    rate: &Rate,
    format: &str,
) -> Result<String, Failure> {
    let mut chain = Vec::new();
    match clips {
        [] => {}
        [one] => chain.push(format!("trim=start_frame={}:end_frame={}", one.first, one.last + 1)),
        many => {
            let wanted: Vec<String> =
                many.iter().map(|one| format!("between(n,{},{})", one.first, one.last)).collect();
            chain.push(format!("select='{}'", wanted.join("+")));
        }
    }
    match turn(input, video)? {
        90 => chain.push("transpose=clock".to_owned()),
        180 => chain.push("hflip,vflip".to_owned()),
        270 => chain.push("transpose=cclock".to_owned()),
        _ => {}
    }
    let before = &description["videoPreprocessors"];
    if !before["deinterlacer"].is_null() {
        let which =
            if before["deinterlacer"]["control"] == "FORCE_ALL_FRAMES" { "all" } else { "interlaced" };
        chain.push(format!("bwdif=mode=send_frame:deint={which}"));
    }
    if let Some((x, y, width, height)) = crop(input, description)? {
        chain.push(format!("crop={width}:{height}:{x}:{y}:exact=1"));
    }
    if let Step::Every(every @ 2..) = rate.step {
        chain.push(format!("select='not(mod(n,{every}))'"));
    }
    let source = source_colour(input, video);
    let force = before["colorCorrector"]["colorSpaceConversion"] == "FORCE_709";
    let mut colour = if force { bt709() } else { source.clone() };
    let squeeze = before["colorCorrector"]["sampleRangeConversion"] == "LIMITED_RANGE_SQUEEZE";
    if force && source != colour {
        chain.extend(to_709(&source));
    } else if squeeze && source.range == "pc" {
        chain.push("scale=in_range=full:out_range=limited".to_owned());
        "tv".clone_into(&mut colour.range);
    }
    // Fields are scaled each by itself.
    let fields = |filter: &String| {
        if filter.starts_with("scale=") && frame.field.is_some() {
            format!("{filter}:interl=1")
        } else {
            filter.clone()
        }
    };
    chain.extend(frame.filters.iter().map(fields));
    chain.push(format!("format={format}"));
    chain.push(format!("setsar={}/{}", frame.aspect.0, frame.aspect.1));
    chain.push(tags(if description["colorMetadata"] == "IGNORE" { Colour::default() } else { colour }));
    chain.extend(frame.field.map(|field| format!("setfield={field}")));
    chain.push(times(video, rate));
    Ok(chain.join(","))
}

/// Frames at even distances, whatever their times were: in the input they may begin anywhere.
fn times(video: &Video, rate: &Rate) -> String {
    let (numerator, denominator) = rate.target;
    match rate.step {
        Step::Every(_) => format!("settb={denominator}/{numerator},setpts=N,fps={numerator}/{denominator}"),
        Step::Fit => {
            let source = video.rate;
            format!("settb={}/{},setpts=N,fps={numerator}/{denominator}", source.1, source.0)
        }
    }
}

fn turn(input: &Value, video: &Video) -> Result<i64, Failure> {
    match input["videoSelector"]["rotate"].as_str() {
        None | Some("DEGREE_0") => Ok(0),
        Some("DEGREES_90") => Ok(90),
        Some("DEGREES_180") => Ok(180),
        Some("DEGREES_270") => Ok(270),
        Some("AUTO") => Ok(if video.turn % 90 == 0 { video.turn } else { 0 }),
        Some(other) => Err(unsupported(&format!("rotate {other}"))),
    }
}

/// Place and size that are kept. The input's stands above the output's (model's text of Crop).
fn crop(input: &Value, description: &Value) -> Result<Option<(u32, u32, u32, u32)>, Failure> {
    let crop = if input["crop"].is_null() { &description["crop"] } else { &input["crop"] };
    if crop.is_null() {
        return Ok(None);
    }
    let part = |name: &str| number(&crop[name]).ok_or_else(|| unsupported(&format!("a crop without {name}")));
    Ok(Some((part("x")?, part("y")?, part("width")?, part("height")?)))
}

fn source_colour(input: &Value, video: &Video) -> Colour {
    let selector = &input["videoSelector"];
    let told = &video.colour;
    let untagged = |tag: &str| matches!(tag, "" | "unknown" | "reserved");
    let named = match selector["colorSpace"].as_str() {
        Some("REC_601") => Some(("smpte170m", "smpte170m", "smpte170m")),
        Some("REC_709") => Some(("bt709", "bt709", "bt709")),
        Some("HDR10") => Some(("bt2020", "smpte2084", "bt2020nc")),
        Some("HLG_2020") => Some(("bt2020", "arib-std-b67", "bt2020nc")),
        _ => None,
    };
    let force = selector["colorSpaceUsage"] != "FALLBACK";
    let range = match selector["sampleRange"].as_str() {
        Some("FULL_RANGE") => "pc",
        Some("LIMITED_RANGE") => "tv",
        _ if told.range == "pc" => "pc",
        _ => "tv",
    };
    let pick = |tag: &str, named: Option<&str>| match named {
        Some(named) if force || untagged(tag) => named.to_owned(),
        _ if untagged(tag) => String::new(),
        _ => tag.to_owned(),
    };
    Colour {
        primaries: pick(&told.primaries, named.map(|named| named.0)),
        transfer: pick(&told.transfer, named.map(|named| named.1)),
        matrix: pick(&told.matrix, named.map(|named| named.2)),
        range: range.to_owned(),
    }
}

fn bt709() -> Colour {
    let name = "bt709".to_owned();
    Colour { primaries: name.clone(), transfer: name.clone(), matrix: name, range: "tv".to_owned() }
}

/// Filters from any colours to those of high definition; from more than they hold with a tone map.
fn to_709(source: &Colour) -> Vec<String> {
    let or_709 = |tag: &str| if tag.is_empty() { "bt709".to_owned() } else { tag.to_owned() };
    let (primaries, transfer, matrix) =
        (or_709(&source.primaries), or_709(&source.transfer), or_709(&source.matrix));
    let from = format!("pin={primaries}:tin={transfer}:min={matrix}:rin={}", source.range);
    if ["smpte2084", "arib-std-b67"].contains(&source.transfer.as_str()) {
        return vec![
            format!("zscale={from}:t=linear:npl=100"),
            "format=gbrpf32le".to_owned(),
            "zscale=p=bt709".to_owned(),
            "tonemap=hable:desat=0".to_owned(),
            "zscale=t=bt709:m=bt709:r=tv".to_owned(),
        ];
    }
    vec![format!("zscale={from}:p=bt709:t=bt709:m=bt709:r=tv")]
}

fn tags(colour: Colour) -> String {
    let or_unknown = |tag: String| if tag.is_empty() { "unknown".to_owned() } else { tag };
    let range = if colour.range.is_empty() { "unknown".to_owned() } else { colour.range };
    format!(
        "setparams=color_primaries={}:color_trc={}:colorspace={}:range={range}",
        or_unknown(colour.primaries),
        or_unknown(colour.transfer),
        or_unknown(colour.matrix)
    )
}
