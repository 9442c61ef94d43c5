//! MXF (SMPTE ST 377-1): partitions of packets with a key and a length.

use super::{
    Structure,
    bytes::{Bytes, big, hollow, shortage},
};
use crate::types::MediaError;

/// First bytes of every universal label.
const LABEL: [u8; 4] = [0x06, 0x0e, 0x2b, 0x34];
/// A partition pack, up to its kind: 2 header, 3 body, 4 footer.
const PARTITION: [u8; 13] = [0x06, 0x0e, 0x2b, 0x34, 0x02, 0x05, 0x01, 0x01, 0x0d, 0x01, 0x02, 0x01, 0x01];
const FOOTER: u8 = 4;
/// The random index pack at the very end.
const INDEX_KIND: u8 = 0x11;
#[cfg(test)]
pub(super) const INDEX: [u8; 14] =
    [0x06, 0x0e, 0x2b, 0x34, 0x02, 0x05, 0x01, 0x01, 0x0d, 0x01, 0x02, 0x01, 0x01, INDEX_KIND];

/// What tells a fill item: bytes 9 to 12 of its key.
pub(super) const FILL: [u8; 4] = [0x03, 0x01, 0x02, 0x10];

struct Packet {
    key: [u8; 16],
    body: u64,
    end: u64,
}

impl Packet {
    fn is(&self, kind: u8) -> bool {
        self.key[..13] == PARTITION && self.key[13] == kind
    }

    /// A fill item (ST 377-1, 6.3.3): nothing but room.
    fn is_fill(&self) -> bool {
        self.key[8..12] == FILL
    }
}

/// Where the header partition begins; up to 64 KiB may stand before it.
pub(super) fn header_at(head: &[u8]) -> Option<usize> {
    head.windows(16).position(|key| key[..13] == PARTITION && key[13] == 2)
}

pub(super) fn structure(file: &mut Bytes<'_>, head: &[u8]) -> Result<Structure, MediaError> {
    let start = header_at(head).unwrap_or(0) as u64;
    let Ok(header) = packet(file, start)? else {
        return Ok(Structure::Missing(shortage(start + 200, file.size)));
    };
    let fields = file.read(header.body, 64)?;
    let footer = fields.get(24..32).map_or(0, big);
    if footer == 0 {
        let closed = matches!(header.key[14], 2 | 4);
        return to_end(file, start, closed);
    }
    let at = start.saturating_add(footer);
    if at.saturating_add(20) > file.size {
        return Ok(Structure::Missing(format!(
            "The index at the end (footer partition) is missing. {}",
            shortage(at.saturating_add(200), file.size)
        )));
    }
    match packet(file, at)? {
        Ok(found) if found.is(FOOTER) => {
            let fields = file.read(found.body, 64)?;
            let parts = fields.get(32..48).map_or(0, |f| big(&f[..8]).saturating_add(big(&f[8..])));
            let end = found.end.saturating_add(parts);
            if end > file.size {
                return Ok(Structure::Missing(shortage(end, file.size)));
            }
            to_end(file, at, true)
        }
        Ok(_) if file.is_zero(at.saturating_add(16), 4096)? => Ok(Structure::Missing(hollow(at))),
        Ok(_) => Ok(Structure::Unknown),
        Err(stopped) => Ok(stopped),
    }
}

/// Walks packets to the end of the file. Without a footer the file is whole only when its header says
/// that it was closed.
fn to_end(file: &mut Bytes<'_>, start: u64, closed: bool) -> Result<Structure, MediaError> {
    let (mut at, mut footer, mut last) = (start, false, None);
    while at < file.size {
        match packet(file, at)? {
            Ok(found) if found.end > file.size => {
                return Ok(Structure::Missing(shortage(found.end, file.size)));
            }
            Ok(found) => {
                footer |= found.is(FOOTER);
                at = found.end;
                last = Some(found);
            }
            Err(stopped) => return Ok(stopped),
        }
    }
    if !closed && !footer {
        return Ok(Structure::Missing(
            "The index at the end (footer partition) is missing: it is still being recorded or copied."
                .to_owned(),
        ));
    }
    let Some(last) = last else { return Ok(Structure::Unknown) };
    let tail = last.end.saturating_sub(if last.is(INDEX_KIND) { 4 } else { 8 }).max(last.body);
    let zeros = !last.is_fill() && tail < last.end && file.is_zero(tail, last.end - tail)?;
    Ok(if zeros { Structure::Missing(hollow(last.body)) } else { Structure::Whole })
}

/// The packet at a place, or what its absence means.
fn packet(file: &mut Bytes<'_>, at: u64) -> Result<Result<Packet, Structure>, MediaError> {
    let bytes = file.read(at, 25)?;
    if !bytes.starts_with(&LABEL) {
        let begun = bytes.len() < 4 && LABEL.starts_with(&bytes);
        return Ok(Err(if begun {
            Structure::Missing(shortage(at + 20, file.size))
        } else if file.is_zero(at.saturating_add(16), 4096)? {
            Structure::Missing(hollow(at))
        } else {
            Structure::Unknown
        }));
    }
    let cut = || Structure::Missing(shortage(at + 25, at + bytes.len() as u64));
    let (Some(key), Some(first)) = (bytes.first_chunk::<16>(), bytes.get(16)) else { return Ok(Err(cut())) };
    // Lengths of ASN.1's basic encoding: short, or the number of bytes that hold it.
    let (header, length) = if *first < 0x80 {
        (17, u64::from(*first))
    } else {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 8 {
            return Ok(Err(Structure::Unknown));
        }
        let Some(length) = bytes.get(17..17 + count) else { return Ok(Err(cut())) };
        (17 + count as u64, big(length))
    };
    let body = at + header;
    Ok(Ok(Packet { key: *key, body, end: body.saturating_add(length) }))
}
