//! Everything whose structure says nothing about its end: the last packets as FFmpeg reads them.

use super::{
    Structure,
    bytes::{Bytes, shortage},
};
use crate::{
    ff::{Input, Next, Packet},
    types::MediaError,
};

/// So many zeros at the end are no media, unless it is not compressed.
pub(super) const LONG_ZEROS: u64 = 4096;
/// Bytes read of the end.
const TAIL: u64 = 4 << 20;
/// Packets read of the end.
const MOST_PACKETS: u32 = 20_000;

/// A sequence of DV has 150 blocks of 80 bytes (IEC 61834-2); a frame has 10 of them, or 12 for 50 Hz.
const DV_SEQUENCE: u64 = 150 * 80;

/// What can be told without FFmpeg: DV comes in frames of one size.
pub(super) fn structure(head: &[u8], size: u64) -> Structure {
    let [0x1f, 0x07, 0x00, system] = head.first_chunk::<4>().copied().unwrap_or_default() else {
        return Structure::Unknown;
    };
    let frame = DV_SEQUENCE * if system & 0x80 == 0 { 10 } else { 12 };
    match size.checked_next_multiple_of(frame) {
        Some(whole) if whole > size => Structure::Missing(shortage(whole, size)),
        _ => Structure::Unknown,
    }
}

/// Reads the end of the file; says whether its last packet is cut.
pub(super) fn missing(input: &mut Input, file: &mut Bytes<'_>) -> Result<Option<String>, MediaError> {
    // Where it cannot be found by place, the first packets have told as much as there is.
    if !input.seek_bytes(file.size.saturating_sub(TAIL)) {
        return Ok(None);
    }
    let mut packet = Packet::new();
    let mut cut = false;
    for _ in 0..MOST_PACKETS {
        if input.read(&mut packet)? != Next::Item {
            return Ok(cut.then(|| "Its last packet is cut: the copy stopped, or goes on.".to_owned()));
        }
        cut = packet.is_corrupt();
    }
    Ok(None)
}
