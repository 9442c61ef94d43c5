//! A frame as a JPEG picture: as a viewer would see it, scaled to fit.

use std::{fs::File, io::Write, path::Path};

use crate::{
    facts::VideoStream,
    ff::{Frame, Graph, Next, Packet, VideoEncoder},
    part::sync_folder,
    segment::{format_of, tone_map},
    types::{ColorTags, MediaCode, MediaError, Ratio},
};

/// JPEG quality on FFmpeg's scale of 2 to 31: no visible blocks, a tenth of a megabyte at 540 lines.
const QUALITY: u8 = 3;
/// Widest picture, in multiples of the height asked for.
const WIDEST: u32 = 4;
/// Sizes that are asked for.
const HEIGHTS: std::ops::RangeInclusive<u32> = 16..=4_320;
/// Columns and rows on which the brightness is measured.
const PROBE: (u32, u32) = (96, 54);

/// A finished picture.
pub(super) struct Jpeg {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) data: Vec<u8>,
}

/// The picture of a frame, at most `height` lines high, with square pixels, turned upright.
pub(super) fn still(frame: &Frame, facts: &VideoStream, height: u32) -> Result<Jpeg, MediaError> {
    let (width, height) = size(frame, facts, height);
    let mut input = frame.share();
    let color = color_of(facts, input.height());
    input.set_color(&color);
    input.set_pts(0);
    let hdr = color.transfer.as_deref().filter(|name| matches!(*name, "smpte2084" | "arib-std-b67"));
    let toned = hdr.and_then(|transfer| {
        // A mixture of tags that the converter does not know is shown as it is.
        scaled(&input, &chain(&input, facts, (width, height), Some(&tone_map(&color, transfer)))).ok()
    });
    let picture = match toned {
        Some(picture) => picture,
        None => scaled(&input, &chain(&input, facts, (width, height), None))?,
    };
    Ok(Jpeg { width: picture.width(), height: picture.height(), data: encode(picture)? })
}

/// Spread of the brightness: standard deviation on a scale of 0 to 255.
pub(super) fn detail(frame: &Frame) -> Result<f64, MediaError> {
    let mut input = frame.share();
    input.set_pts(0);
    let (width, height) = PROBE;
    let small = scaled(&input, &format!("scale=w={width}:h={height}:flags=area,format=gray"))?;
    let (mut sum, mut squares) = (0u64, 0u64);
    for line in 0..height as usize {
        for value in small.line(0, line, width as usize) {
            sum += u64::from(*value);
            squares += u64::from(*value) * u64::from(*value);
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "sums of some thousand bytes")]
    let [sum, squares, count] = [sum, squares, u64::from(width * height)].map(|n| n as f64);
    let mean = sum / count;
    Ok((squares / count - mean * mean).max(0.0).sqrt())
}

/// Filters from a decoded frame to what a JPEG file holds: fields become one whole picture, light
/// comes last but the turn, so that there is little left to convert.
fn chain(frame: &Frame, facts: &VideoStream, size: (u32, u32), light: Option<&str>) -> String {
    let mut filters = Vec::new();
    if frame.is_interlaced() && frame.height() >= 32 {
        filters.push("field=type=top".to_owned());
    }
    let (width, height) = if facts.rotation % 180 == 90 { (size.1, size.0) } else { size };
    filters.push(format!("scale=w={width}:h={height}:flags=area+accurate_rnd,setsar=1"));
    filters.extend(light.map(str::to_owned));
    match facts.rotation {
        90 => filters.push("transpose=clock".into()),
        180 => filters.push("hflip,vflip".into()),
        270 => filters.push("transpose=cclock".into()),
        _ => {}
    }
    // JFIF pictures are BT.601 in full range.
    filters.push("scale=out_color_matrix=bt601:out_range=full:flags=area,format=yuvj420p".into());
    filters.join(",")
}

/// Size of the upright picture with square pixels: as large as it is, or as is asked for.
fn size(frame: &Frame, facts: &VideoStream, height: u32) -> (u32, u32) {
    let aspect = [facts.sample_aspect, frame.sample_aspect()]
        .into_iter()
        .find(|aspect| aspect.num > 0 && aspect.den > 0 && *aspect != Ratio::new(1, 1))
        .map_or(1.0, Ratio::as_f64);
    let aspect = if (0.1..=10.0).contains(&aspect) { aspect } else { 1.0 };
    let (wide, high) = (f64::from(frame.width().max(1)) * aspect, f64::from(frame.height().max(1)));
    let (wide, high) = if facts.rotation % 180 == 90 { (high, wide) } else { (wide, high) };
    let most = height.clamp(*HEIGHTS.start(), *HEIGHTS.end());
    let factor = (f64::from(most) / high).min(f64::from(most * WIDEST) / wide).min(1.0);
    (pixels(wide * factor), pixels(high * factor))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 2 and 17 280")]
fn pixels(length: f64) -> u32 {
    length.round().clamp(2.0, f64::from(HEIGHTS.end() * WIDEST)) as u32
}

/// What is not stated is taken from the size, as players do (ITU-R BT.709 for HD, BT.601 below).
fn color_of(facts: &VideoStream, height: u32) -> ColorTags {
    let mut color = facts.color.clone();
    let guess = if height > 576 { "bt709" } else { "smpte170m" };
    color.matrix.get_or_insert_with(|| guess.to_owned());
    color.range.get_or_insert_with(|| "tv".to_owned());
    color
}

fn scaled(frame: &Frame, chain: &str) -> Result<Frame, MediaError> {
    let mut graph = Graph::video(&format_of(frame), chain)?;
    graph.send(Some(frame))?;
    graph.send(None)?;
    let mut picture = Frame::new();
    if graph.receive(&mut picture)? != Next::Item {
        return Err(MediaError::new(MediaCode::Internal, "the filters gave no picture"));
    }
    Ok(picture)
}

fn encode(mut picture: Frame) -> Result<Vec<u8>, MediaError> {
    picture.set_pts(0);
    picture.set_quality(QUALITY);
    picture.reset_picture_type();
    let mut encoder = VideoEncoder::jpeg(picture.width(), picture.height())?;
    let mut packet = Packet::new();
    encoder.send(Some(&picture))?;
    encoder.send(None)?;
    if encoder.receive(&mut packet)? != Next::Item {
        return Err(MediaError::new(MediaCode::Internal, "the encoder gave no picture"));
    }
    Ok(packet.data().to_vec())
}

/// Writes the file whole and durably, or not at all.
pub(super) fn write(path: &Path, data: &[u8]) -> Result<(), MediaError> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(data)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    });
    if written.is_err() {
        // The first error is the one to tell; what could not be written may not be removable either.
        let _removed = std::fs::remove_file(&temporary);
    }
    written?;
    sync_folder(path)
}
