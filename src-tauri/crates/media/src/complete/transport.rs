//! MPEG transport streams (ISO/IEC 13818-1), with 188, 192 (M2TS) or 204 bytes to a packet.

use super::{
    Structure,
    bytes::{Bytes, hollow, shortage},
};
use crate::types::MediaError;

const SYNC: u8 = 0x47;
/// Bytes of a packet, and where its sync byte stands.
const GRIDS: [(usize, usize); 3] = [(188, 0), (192, 4), (204, 0)];
/// Packets that have to agree on a grid.
const AGREE: usize = 8;
/// Places between begin and end that are looked at.
const SPOTS: u64 = 32;
/// No stretch of a stream is so long without a sync byte.
const SPOT_BYTES: u64 = 1024;

/// Bytes of a packet and the place of its sync byte, when this is the beginning of a transport stream.
pub(super) fn packet_size(head: &[u8]) -> Option<(usize, usize)> {
    GRIDS.into_iter().find(|(size, sync)| {
        (0..head.len().min(4 * size)).any(|phase| {
            let syncs = head.get(phase + sync..).unwrap_or_default().iter().step_by(*size).take(AGREE);
            let enough = head.len() >= phase + size * AGREE || (phase == 0 && head.len() >= 2 * size);
            enough && syncs.clone().all(|byte| *byte == SYNC)
        })
    })
}

pub(super) fn structure(file: &mut Bytes<'_>, head: &[u8]) -> Result<Structure, MediaError> {
    let Some((size, sync)) = packet_size(head) else { return Ok(Structure::Unknown) };
    let tail = file.tail(size * 64)?;
    if tail.iter().rev().take_while(|byte| **byte == 0).count() >= size {
        return Ok(Structure::Missing(hollow(file.size - file.zeros_at_end(file.size.min(1 << 20))?)));
    }
    for spot in 1..SPOTS {
        let at = file.size / SPOTS * spot;
        if at + SPOT_BYTES <= file.size && file.is_zero(at, SPOT_BYTES)? {
            return Ok(Structure::Missing(hollow(at)));
        }
    }
    let packets = AGREE.min(tail.len() / size - 1).max(1);
    let rest = (0..size).find(|rest| {
        (1..=packets)
            .all(|n| tail.len().checked_sub(rest + n * size).is_some_and(|at| tail[at + sync] == SYNC))
    });
    Ok(match rest {
        Some(0) => Structure::Whole,
        Some(rest) if tail.get(tail.len() - rest + sync).is_none_or(|byte| *byte == SYNC) => {
            Structure::Missing(shortage(file.size + (size - rest) as u64, file.size))
        }
        _ => Structure::Unknown,
    })
}
