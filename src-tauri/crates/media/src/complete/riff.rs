//! AVI (with `OpenDML`), WAV, RF64 and BW64 (EBU Tech 3306).

use super::{
    Structure,
    bytes::{Bytes, hollow, little, shortage},
};
use crate::types::MediaError;

/// Chunks looked at.
const MOST_CHUNKS: usize = 4096;
/// Zeros behind the last form that are taken for padding, in bytes.
const PADDING: u64 = 64 * 1024;
/// Nothing that is compressed ends in so many zeros.
const ZERO_END: u64 = 1024;

pub(super) fn is_riff(head: &[u8]) -> bool {
    let kind = head.get(..4).unwrap_or_default();
    matches!(kind, b"RIFF" | b"RF64" | b"BW64")
        && matches!(head.get(8..12), Some(b"AVI " | b"WAVE" | b"AVIX"))
}

pub(super) fn structure(file: &mut Bytes<'_>) -> Result<Structure, MediaError> {
    let (mut at, mut forms) = (0u64, 0);
    while forms < MOST_CHUNKS {
        let head = file.read(at, 12 + 16)?;
        let known = matches!(head.get(..4), Some(b"RIFF" | b"RF64" | b"BW64"));
        if !known || head.len() < 12 {
            break;
        }
        let Some(end) = form_end(at, &head) else { return Ok(Structure::Unknown) };
        // The byte that makes a length even may be left out at the end.
        if end > file.size + 1 {
            return Ok(Structure::Missing(shortage(end, file.size)));
        }
        let inside = chunks(file, at + 12, end.min(file.size), &head[8..12] == b"WAVE")?;
        if inside != Structure::Whole {
            return Ok(inside);
        }
        at = end + end % 2;
        forms += 1;
    }
    let rest = file.size.saturating_sub(at);
    if rest >= PADDING && file.is_zero(at, PADDING)? {
        return Ok(Structure::Missing(hollow(at)));
    }
    Ok(Structure::Whole)
}

/// Where a form ends; `None`: it was never written down.
fn form_end(at: u64, head: &[u8]) -> Option<u64> {
    let short = little(&head[4..8]);
    let length = match (short, head.get(12..16)) {
        (0xffff_ffff, Some(b"ds64")) => little(head.get(20..28)?),
        (0 | 0xffff_ffff, _) => return None,
        _ => short,
    };
    at.checked_add(8)?.checked_add(length)
}

/// The chunks of a form: whether zeros stand where one should.
fn chunks(file: &mut Bytes<'_>, start: u64, end: u64, wave: bool) -> Result<Structure, MediaError> {
    let (mut at, mut last, mut count) = (start, None, 0);
    while at + 8 <= end && count < MOST_CHUNKS {
        let head = file.read(at, 8)?;
        if head.iter().all(|byte| *byte == 0) {
            let hole = end - at >= 16 && file.is_zero(at, (end - at).min(4096))?;
            return Ok(if hole { Structure::Missing(hollow(at)) } else { Structure::Unknown });
        }
        let length = little(&head[4..8]);
        last = Some((head[..4].to_vec(), at));
        at = at.saturating_add(8 + length + length % 2);
        count += 1;
    }
    let Some((kind, from)) = last.filter(|(kind, _)| kind != b"JUNK" && !wave) else {
        return Ok(Structure::Whole);
    };
    let tail = if kind == b"idx1" { 16 } else { ZERO_END };
    if end - from > tail + 8 && file.is_zero(end - tail, tail)? {
        let why = hollow(from);
        return Ok(if kind == b"idx1" { Structure::Missing(why) } else { Structure::Suspicious(why) });
    }
    Ok(Structure::Whole)
}
