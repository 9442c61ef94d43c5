//! MPEG program streams (ISO/IEC 13818-1, 2.5; 11172-1).

use super::{
    Structure,
    bytes::{Bytes, big, hollow, shortage},
};
use crate::types::MediaError;

const PACK: [u8; 4] = [0, 0, 1, 0xba];
/// Bytes looked at of the end: several times the longest packet.
const TAIL: usize = 256 * 1024;
/// Zeros at the end that fill up a sector of a disc, in bytes.
const SECTOR: usize = 2048;

pub(super) fn is_program(head: &[u8]) -> bool {
    head.starts_with(&PACK)
}

/// How a walk over packets ended.
enum Ended {
    There,
    Short(usize),
    Zeros(usize),
    Lost,
}

pub(super) fn structure(file: &mut Bytes<'_>) -> Result<Structure, MediaError> {
    let tail = file.tail(TAIL)?;
    let offset = file.size - tail.len() as u64;
    let packs = tail.windows(4).enumerate().filter(|(_, bytes)| *bytes == PACK);
    for (pack, _) in packs.take(64) {
        match walk(&tail, pack) {
            Ended::There => return Ok(Structure::Whole),
            Ended::Short(end) => return Ok(Structure::Missing(shortage(offset + end as u64, file.size))),
            Ended::Zeros(at) => return Ok(Structure::Missing(hollow(offset + at as u64))),
            // Those four bytes may stand in a picture too.
            Ended::Lost => {}
        }
    }
    Ok(Structure::Unknown)
}

fn walk(bytes: &[u8], start: usize) -> Ended {
    let mut at = start;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest.len() > 3 && rest.iter().all(|byte| *byte == 0) {
            return if rest.len() < SECTOR { Ended::There } else { Ended::Zeros(at) };
        }
        if rest.len() < 14
            && !rest.starts_with(&[0, 0, 1, 0xb9])
            && [0, 0, 1].starts_with(&rest[..rest.len().min(3)])
        {
            return cut(rest, at).unwrap_or(Ended::There);
        }
        let Some([0, 0, 1, kind]) = rest.first_chunk::<4>().copied() else { return Ended::Lost };
        at += match (kind, rest[4] >> 4) {
            (0xb9, _) => 4,
            (0xba, 4..8) => 14 + usize::from(rest[13] & 7),
            (0xba, 2) => 12,
            (0xbb.., _) => 6 + usize::try_from(big(&rest[4..6])).unwrap_or(0),
            _ => return Ended::Lost,
        };
        if at > bytes.len() {
            return Ended::Short(at);
        }
    }
    Ended::There
}

/// A last packet of fewer bytes than a pack header: `Some` when it is not whole.
fn cut(rest: &[u8], at: usize) -> Option<Ended> {
    let needed = match rest.get(3) {
        Some(0xba) if rest.get(4).is_some_and(|byte| byte >> 4 == 2) => 12,
        Some(0xbb..) if rest.len() >= 6 => 6 + usize::try_from(big(&rest[4..6])).unwrap_or(0),
        _ => 14,
    };
    (needed != rest.len()).then_some(Ended::Short(at + needed))
}
