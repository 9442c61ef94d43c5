//! MP4, MOV, M4V, 3GP (ISO/IEC 14496-12; Apple's `QuickTime` File Format).

use super::{
    Structure,
    bytes::{Bytes, amount, big, hollow, shortage},
};
use crate::{
    boxes::{Atom, children, find},
    types::MediaError,
};

/// Zeros behind the last box that are taken for padding, in bytes.
const PADDING: u64 = 64 * 1024;
/// Nothing that is compressed ends in so many zeros.
const ZERO_END: u64 = 64;
/// Boxes that stand outside of others; anything else behind the film is not part of it.
const TOP: [&[u8; 4]; 16] = [
    b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"styp", b"ssix", b"emsg", b"prft", b"free",
    b"skip", b"wide", b"udta", b"uuid", b"meta",
];
/// Boxes of the index that are made of boxes.
const NESTS: [&[u8; 4]; 6] = [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex"];

pub(super) fn is_iso(head: &[u8]) -> bool {
    let known: [&[u8]; 9] = [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp", b"moof"];
    head.get(4..8).is_some_and(|kind| known.contains(&kind))
}

pub(super) fn structure(file: &mut Bytes<'_>) -> Result<Structure, MediaError> {
    let size = file.size;
    let boxes = children(&mut file.file, 0, size)?;
    let end = boxes.last().map_or(0, |last| last.end);
    let has = |kind: &[u8; 4]| boxes.iter().any(|atom| &atom.kind == kind);
    if !has(b"moov") && !has(b"moof") {
        return Ok(Structure::Missing(format!(
            "The index (moov) is missing in the {} that are here: the copy stopped, or goes on.",
            amount(size)
        )));
    }
    if let Some(cut) = boxes.iter().find(|atom| atom.end > size && TOP.contains(&&atom.kind)) {
        // Where the index stands, it knows better than the box around the media how much there has to be.
        let by_index = &cut.kind == b"mdat" && has(b"moov") && !has(b"moof");
        return Ok(if by_index { Structure::Whole } else { Structure::Missing(shortage(cut.end, size)) });
    }
    if let Some(why) = behind(file, end, has(b"moof"))? {
        return Ok(Structure::Missing(why));
    }
    for moov in boxes.iter().filter(|atom| &atom.kind == b"moov") {
        if let Some(at) = hole_in(file, *moov)? {
            return Ok(Structure::Missing(hollow(at)));
        }
    }
    // The last number in either cannot be nothing.
    let length = match boxes.last().map(|last| &last.kind) {
        Some(b"moov") => 12,
        Some(b"mfra") => 4,
        _ => 0,
    };
    if length > 0 && file.zeros_at_end(length)? == length {
        return Ok(Structure::Missing(hollow(end.saturating_sub(length))));
    }
    fragments(file, &boxes)
}

/// What is wrong with the bytes behind the last box.
fn behind(file: &mut Bytes<'_>, end: u64, fragmented: bool) -> Result<Option<String>, MediaError> {
    let rest = file.size.saturating_sub(end);
    if rest == 0 {
        return Ok(None);
    }
    if file.is_zero(end, rest.min(1 << 20))? {
        let padding = if fragmented { 8 } else { PADDING };
        return Ok((rest >= padding).then(|| hollow(end)));
    }
    // Less than a header: the next box has begun.
    Ok((rest < 8).then(|| shortage(end.saturating_add(8), file.size)))
}

/// Where zeros stand in the index instead of boxes.
fn hole_in(file: &mut Bytes<'_>, parent: Atom) -> Result<Option<u64>, MediaError> {
    let inside = children(&mut file.file, parent.body, parent.end)?;
    let end = inside.last().map_or(parent.body, |last| last.end);
    // Eight and more: a list of QuickTime's may end with a zero of four bytes.
    if end.saturating_add(8) <= parent.end && file.is_zero(end, (parent.end - end).min(4096))? {
        return Ok(Some(end));
    }
    for atom in inside.into_iter().filter(|atom| NESTS.contains(&&atom.kind)) {
        if let Some(at) = hole_in(file, atom)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// A film in fragments may end behind each of them, but not inside of one.
fn fragments(file: &mut Bytes<'_>, boxes: &[Atom]) -> Result<Structure, MediaError> {
    for sidx in boxes.iter().filter(|atom| &atom.kind == b"sidx") {
        if let Some(end) = referenced(file, *sidx)?.filter(|end| *end > file.size) {
            return Ok(Structure::Missing(shortage(end, file.size)));
        }
    }
    let Some(last) = boxes.iter().rposition(|atom| &atom.kind == b"moof") else {
        return unfragmented(file, boxes);
    };
    let Some(mdat) = boxes[last..].iter().find(|atom| &atom.kind == b"mdat") else {
        return Ok(Structure::Missing(
            "The last fragment has no media yet: the copy stopped, or goes on.".to_owned(),
        ));
    };
    let tail = mdat.end.saturating_sub(ZERO_END);
    if tail >= mdat.body && file.is_zero(tail, ZERO_END)? {
        return Ok(Structure::Suspicious(hollow(boxes[last].start)));
    }
    Ok(Structure::Whole)
}

/// Whether fragments are announced that have not come; whether there are samples is asked elsewhere.
fn unfragmented(file: &mut Bytes<'_>, boxes: &[Atom]) -> Result<Structure, MediaError> {
    let Some(moov) = boxes.iter().find(|atom| &atom.kind == b"moov") else { return Ok(Structure::Whole) };
    let announced = find(&mut file.file, *moov, *b"mvex")?.is_some();
    if announced && !boxes.iter().any(|atom| &atom.kind == b"mdat") {
        return Ok(Structure::Missing(
            "The header is here, but no fragment of the film yet: the copy stopped, or goes on.".to_owned(),
        ));
    }
    Ok(Structure::Whole)
}

/// Where the media that a segment index refers to ends (14496-12, 8.16.3).
fn referenced(file: &mut Bytes<'_>, sidx: Atom) -> Result<Option<u64>, MediaError> {
    let length = usize::try_from(sidx.end - sidx.body).unwrap_or(0).min(1 << 20);
    let bytes = file.read(sidx.body, length)?;
    let (offset, list) = match bytes.first() {
        Some(0) => (bytes.get(16..20), 20),
        Some(1) => (bytes.get(20..28), 28),
        _ => return Ok(None),
    };
    let (Some(offset), Some(count)) = (offset, bytes.get(list + 2..list + 4)) else { return Ok(None) };
    let entries = bytes[list + 4..].chunks_exact(12).take(usize::try_from(big(count)).unwrap_or(0));
    let media: u64 = entries.map(|entry| big(&entry[..4]) & 0x7fff_ffff).sum();
    Ok(sidx.end.checked_add(big(offset)).and_then(|start| start.checked_add(media)))
}
