//! What the sample table of an MP4 or MOV file points to, as FFmpeg read it.

use std::ops::Range;

use super::{
    bytes::{Bytes, hollow, shortage},
    is_raw,
};
use crate::{
    facts::Probe,
    ff::{Input, TableEntry},
    types::MediaError,
};

/// Bytes read of a sample.
const LOOK: u64 = 64 * 1024;
/// Smaller holes than this are not looked for.
const HOLE_BYTES: u64 = 4096;
/// Holes looked at.
const MOST_HOLES: usize = 256;

/// What of the table's media is missing.
pub(super) fn missing(
    input: &Input,
    probe: &Probe,
    file: &mut Bytes<'_>,
) -> Result<Option<String>, MediaError> {
    let tables: Vec<_> =
        input.streams().map(|stream| (stream.index(), input.table(stream.index()))).collect();
    let end =
        tables.iter().flat_map(|(_, table)| table).filter_map(|entry| place(*entry)).map(|s| s.end).max();
    if let Some(end) = end.filter(|end| *end > file.size) {
        return Ok(Some(shortage(end, file.size)));
    }
    let holes = holes(file);
    for (stream, table) in tables.iter().filter(|(stream, _)| is_compressed(probe, *stream)) {
        let places = table.iter().filter_map(|entry| place(*entry));
        // The last in the file, not in time.
        let last = places.clone().max_by_key(|sample| sample.end);
        if let Some(last) = last.filter(|last| last.end <= file.size)
            && has_no_end(file, &last, &codec(probe, *stream))?
        {
            return Ok(Some(hollow(last.start)));
        }
        if let Some(hidden) = places.clone().find(|sample| in_hole(&holes, sample))
            && file.is_zero(hidden.start, (hidden.end - hidden.start).min(LOOK))?
        {
            return Ok(Some(hollow(hidden.start)));
        }
    }
    Ok(None)
}

/// Samples of no size are placeholders.
fn place(entry: TableEntry) -> Option<Range<u64>> {
    let (start, size) = (u64::try_from(entry.pos).ok()?, u64::try_from(entry.size).ok()?);
    (size > 0).then(|| start..start.saturating_add(size))
}

fn codec(probe: &Probe, stream: usize) -> String {
    let video = probe.video.iter().find(|v| v.index == stream).map(|v| v.codec.clone());
    let audio = || probe.audio.iter().find(|a| a.index == stream).map(|a| a.codec.clone());
    video.or_else(audio).unwrap_or_default()
}

/// Pictures and sound whose codec never gives zeros; text, data and timecode may be.
fn is_compressed(probe: &Probe, stream: usize) -> bool {
    let codec = codec(probe, stream);
    !codec.is_empty() && !is_raw(&codec)
}

/// Whether zeros stand at the end of a compressed sample that cannot end so.
fn has_no_end(file: &mut Bytes<'_>, sample: &Range<u64>, codec: &str) -> Result<bool, MediaError> {
    let size = sample.end - sample.start;
    // H.264 and HEVC end their units with a one bit; others may fill up a frame.
    let tail = if matches!(codec, "h264" | "hevc") { 16.min(size) } else { size - size / 8 };
    let tail = tail.min(LOOK);
    file.is_zero(sample.end - tail, tail)
}

/// Where the file system has stored nothing. Only a hint: the zeros there are read and judged. None
/// where the system cannot tell.
fn holes(file: &Bytes<'_>) -> Vec<Range<u64>> {
    use rustix::fs::{SeekFrom, seek};
    let mut found: Vec<Range<u64>> = Vec::new();
    let mut at = 0;
    while at < file.size && found.len() < MOST_HOLES {
        let Ok(start) = seek(&file.file, SeekFrom::Hole(at)) else { break };
        if start >= file.size {
            break;
        }
        let end = seek(&file.file, SeekFrom::Data(start)).unwrap_or(file.size);
        if end - start >= HOLE_BYTES {
            found.push(start..end);
        }
        at = end;
    }
    found
}

fn in_hole(holes: &[Range<u64>], sample: &Range<u64>) -> bool {
    let after = holes.partition_point(|hole| hole.end <= sample.start);
    holes.get(after).is_some_and(|hole| hole.start <= sample.start && sample.end <= hole.end)
}
