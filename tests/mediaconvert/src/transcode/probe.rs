//! What an input is, by ffprobe.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::work::Failure;

/// What there is.
pub(crate) struct Probe {
    pub(crate) video: Option<Video>,
    /// Streams of sound.
    pub(crate) sounds: usize,
    /// Length by the container, milliseconds.
    pub(crate) duration_ms: u64,
}

/// The first picture stream.
pub(crate) struct Video {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Shape of a pixel.
    pub(crate) aspect: (u32, u32),
    /// Frames a second.
    pub(crate) rate: (u32, u32),
    pub(crate) frames: u64,
    /// First presentation, seconds.
    pub(crate) start: f64,
    pub(crate) colour: Colour,
    /// Clockwise turn of its display matrix, degrees.
    pub(crate) turn: i64,
}

/// Colour tags by ffmpeg's names.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Colour {
    pub(crate) primaries: String,
    pub(crate) transfer: String,
    pub(crate) matrix: String,
    pub(crate) range: String,
}

/// Looks at a file; `address` is what messages call it.
pub(crate) fn probe(file: &Path, address: &str) -> Result<Probe, Failure> {
    let unreadable =
        |why: &str| (1056, format!("Unable to open input file [{address}]: [Failed probe/open: [{why}]]"));
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-count_packets", "-show_streams", "-show_format", "-print_format", "json"])
        .arg(file)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| (1999, format!("ffprobe did not start: {error}")))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // Of a file that ends within itself the head can be whole.
    if said.contains("partial file") || said.contains("ended prematurely") {
        return Err((1076, format!("Input file [{address}] is truncated.")));
    }
    if !output.status.success() {
        return Err(unreadable("Unknown file format"));
    }
    let document: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| unreadable(&error.to_string()))?;
    let streams = crate::jobs::array(&document["streams"]);
    if streams.is_empty() {
        return Err((1075, format!("Demuxer: [No streams in {address}]")));
    }
    // A cover is a still.
    let still = |stream: &&Value| stream["disposition"]["attached_pic"] == 1;
    let video = streams.iter().find(|stream| stream["codec_type"] == "video" && !still(stream));
    let video = video.map(|stream| read(stream, address)).transpose()?;
    let sounds = streams.iter().filter(|stream| stream["codec_type"] == "audio").count();
    let seconds: f64 =
        document["format"]["duration"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths are positive")]
    let duration_ms = (seconds * 1000.0).round() as u64;
    Ok(Probe { video, sounds, duration_ms })
}

fn read(stream: &Value, address: &str) -> Result<Video, Failure> {
    let word = |name: &str| stream[name].as_str().unwrap_or_default();
    if ["", "unknown", "none"].contains(&word("codec_name")) {
        return Err((1030, format!("Video codec of {address} is not supported.")));
    }
    let size =
        |name: &str| stream[name].as_u64().and_then(|size| u32::try_from(size).ok()).filter(|size| *size > 0);
    let (Some(width), Some(height)) = (size("width"), size("height")) else {
        return Err((1075, format!("Demuxer: [No pictures in {address}]")));
    };
    let (exact, mean) = (fraction(word("r_frame_rate"), '/'), fraction(word("avg_frame_rate"), '/'));
    // Of interlaced pictures the first may be the rate of fields.
    let rate = match (exact, mean) {
        (Some(exact), Some(mean)) if (value(exact) / value(mean) - 1.0).abs() < 0.01 => exact,
        (_, Some(mean)) => mean,
        (exact, None) => exact.unwrap_or((25, 1)),
    };
    let colour = Colour {
        primaries: word("color_primaries").to_owned(),
        transfer: word("color_transfer").to_owned(),
        matrix: word("color_space").to_owned(),
        range: word("color_range").to_owned(),
    };
    let mut sides = crate::jobs::array(&stream["side_data_list"]).iter();
    // ffprobe tells it against the clock.
    let turn = sides.find_map(|side| side["rotation"].as_i64()).unwrap_or(0);
    Ok(Video {
        width,
        height,
        aspect: fraction(word("sample_aspect_ratio"), ':').unwrap_or((1, 1)),
        rate,
        frames: word("nb_read_packets").parse().unwrap_or(0),
        start: word("start_time").parse().unwrap_or(0.0),
        colour,
        turn: (-turn).rem_euclid(360),
    })
}

fn fraction(text: &str, sign: char) -> Option<(u32, u32)> {
    let (numerator, denominator) = text.split_once(sign)?;
    let fraction = (numerator.parse().ok()?, denominator.parse().ok()?);
    (fraction.0 > 0 && fraction.1 > 0).then_some(fraction)
}

pub(crate) fn value(fraction: (u32, u32)) -> f64 {
    f64::from(fraction.0) / f64::from(fraction.1)
}
