//! Matroska and `WebM` (RFC 9559, EBML in RFC 8794).

use super::{
    Structure,
    bytes::{Bytes, big, hollow, shortage},
};
use crate::types::MediaError;

pub(super) const MAGIC: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];

const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1f43_b675;
const VOID: u32 = 0xec;
/// What may stand in a segment: seek head, info, tracks, cluster, cues, chapters, attachments, tags.
const TOP: [u32; 10] = [
    0x114d_9b74,
    0x1549_a966,
    0x1654_ae6b,
    CLUSTER,
    0x1c53_bb6b,
    0x1043_a770,
    0x1941_a469,
    0x1254_c367,
    VOID,
    0xbf,
];

struct Element {
    id: u32,
    /// First byte of the header, first after it.
    start: u64,
    body: u64,
    /// First byte behind it; `None`: not known when it was written.
    end: Option<u64>,
}

/// What stands at a place.
enum Here {
    Element(Element),
    /// The header reaches past the end of the file.
    Cut,
    Zeros,
    Noise,
}

pub(super) fn structure(file: &mut Bytes<'_>) -> Result<Structure, MediaError> {
    let segment = match segment(file)? {
        Ok(segment) => segment,
        Err(other) => return Ok(other),
    };
    if let Some(end) = segment.end.filter(|end| *end > file.size) {
        return Ok(Structure::Missing(shortage(end, file.size)));
    }
    let limit = segment.end.unwrap_or(file.size);
    let (mut at, mut last, mut clusters) = (segment.body, None, 0u64);
    while at < limit {
        let element = match look(file, at)? {
            Here::Element(element) => element,
            stopped => return Ok(stop(&stopped, at, file.size)),
        };
        if !TOP.contains(&element.id) {
            let empty = file.is_zero(at + 12, 4096)?;
            return Ok(if empty { Structure::Missing(hollow(at)) } else { Structure::Unknown });
        }
        clusters += u64::from(element.id == CLUSTER);
        at = match element.end {
            Some(end) if end > limit => return Ok(Structure::Missing(shortage(end, file.size))),
            Some(end) => end,
            None => match blocks(file, element.body, limit)? {
                Ok((end, _)) => end,
                Err(stopped) => return Ok(stopped),
            },
        };
        last = Some(Element { end: Some(at), ..element });
    }
    match last {
        Some(last) if clusters > 0 => ending(file, &last),
        _ => Ok(Structure::Missing("The header is here, but no media yet: the copy goes on.".to_owned())),
    }
}

fn segment(file: &mut Bytes<'_>) -> Result<Result<Element, Structure>, MediaError> {
    let mut at = 0;
    loop {
        match look(file, at)? {
            Here::Element(element) if element.id == SEGMENT => return Ok(Ok(element)),
            Here::Element(Element { end: Some(end), .. }) if end < file.size => at = end,
            Here::Element(Element { end: Some(end), .. }) => {
                return Ok(Err(Structure::Missing(shortage(end.saturating_add(12), file.size))));
            }
            stopped => return Ok(Err(stop(&stopped, at, file.size))),
        }
    }
}

fn stop(here: &Here, at: u64, size: u64) -> Structure {
    match here {
        Here::Cut => Structure::Missing(shortage(at.saturating_add(12).max(size + 1), size)),
        Here::Zeros => Structure::Missing(hollow(at)),
        Here::Element(_) | Here::Noise => Structure::Unknown,
    }
}

/// Walks the children of a cluster; gives its end, and the last child's place.
fn blocks(file: &mut Bytes<'_>, start: u64, limit: u64) -> Result<Result<(u64, u64), Structure>, MediaError> {
    let (mut at, mut last) = (start, start);
    while at < limit {
        match look(file, at)? {
            Here::Element(element) if TOP[..8].contains(&element.id) => break,
            Here::Element(Element { end: Some(end), .. }) => {
                if end > limit {
                    return Ok(Err(Structure::Missing(shortage(end, file.size))));
                }
                last = at;
                at = end;
            }
            stopped => return Ok(Err(stop(&stopped, at, file.size))),
        }
    }
    Ok(Ok((at, last)))
}

/// Whether the last element is there and not only reserved.
fn ending(file: &mut Bytes<'_>, last: &Element) -> Result<Structure, MediaError> {
    let end = last.end.unwrap_or(file.size);
    if last.id == VOID {
        return Ok(Structure::Whole);
    }
    if last.id != CLUSTER {
        let zeros = file.is_zero(end.saturating_sub(8).max(last.body), 8)? && last.body < end;
        return Ok(if zeros { Structure::Missing(hollow(last.start)) } else { Structure::Whole });
    }
    match blocks(file, last.body, end)? {
        Ok((_, block)) => {
            let tail = (end - block) - (end - block) / 8;
            let zeros = tail >= 16 && file.is_zero(end - tail, tail)?;
            Ok(if zeros { Structure::Suspicious(hollow(block)) } else { Structure::Whole })
        }
        // Inside of a cluster whose size fits, only zeros mean that something is missing.
        Err(Structure::Missing(why)) if file.zeros_at_end(64)? >= 64 => Ok(Structure::Missing(why)),
        Err(_) => Ok(Structure::Unknown),
    }
}

fn look(file: &mut Bytes<'_>, at: u64) -> Result<Here, MediaError> {
    let bytes = file.read(at, 12)?;
    let Some(first) = bytes.first() else { return Ok(Here::Cut) };
    let id_length = first.leading_zeros() as usize + 1;
    if id_length > 4 {
        return Ok(if file.is_zero(at, 4096)? { Here::Zeros } else { Here::Noise });
    }
    let Some(size_first) = bytes.get(id_length) else { return Ok(Here::Cut) };
    let size_length = size_first.leading_zeros() as usize + 1;
    if size_length > 8 {
        return Ok(if file.is_zero(at + id_length as u64, 4096)? { Here::Zeros } else { Here::Noise });
    }
    let Some(size) = bytes.get(id_length..id_length + size_length) else { return Ok(Here::Cut) };
    let bits = (1u64 << (7 * size_length)) - 1;
    let size = big(size) & bits;
    let body = at + (id_length + size_length) as u64;
    let id = u32::try_from(big(&bytes[..id_length])).unwrap_or(0);
    let end = (size != bits).then(|| body.saturating_add(size));
    Ok(Here::Element(Element { id, start: at, body, end }))
}
