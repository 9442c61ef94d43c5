//! AAC as MPEG-TS carries it: every packet has an ADTS header (ISO/IEC 13818-7, 6.2). Packet files hold
//! bare frames with one `AudioSpecificConfig` (ISO/IEC 14496-3, 1.6.2.1) for all, as MP4 wants them.

use crate::{
    ff::{Packet, Params},
    types::{MediaCode, MediaError},
};

/// Bytes of the header before the frame; `None`: no ADTS.
fn header_length(data: &[u8]) -> Option<usize> {
    let syncs = data.len() >= 7 && data[0] == 0xff && data[1] & 0xf6 == 0xf0;
    // Without the "no checksum" flag two bytes of it follow.
    syncs.then_some(if data[1] & 1 == 1 { 7 } else { 9 })
}

/// Gives a stream of ADTS packets the description that bare frames need. True: its packets have to go
/// through [`bare`]; other streams stay as they are.
pub(super) fn describe(first: &Packet, params: &mut Params) -> Result<bool, MediaError> {
    let data = first.data();
    if params.codec() != "aac" || !params.extradata().is_empty() || header_length(data).is_none() {
        return Ok(false);
    }
    let object_type = (data[2] >> 6) + 1;
    let rate_index = (data[2] >> 2) & 0x0f;
    let channels = ((data[2] & 1) << 2) | (data[3] >> 6);
    if channels == 0 {
        let why = "the AAC stream keeps its channel layout in its frames and cannot be copied as it is";
        return Err(MediaError::new(MediaCode::Unsupported, why));
    }
    params.set_extradata(&[(object_type << 3) | (rate_index >> 1), (rate_index << 7) | (channels << 3)]);
    // The tag is that of the transport stream.
    params.set_tag(None);
    Ok(true)
}

/// The packet without its ADTS header, if it has one.
pub(super) fn bare(packet: &Packet) -> Packet {
    let Some(length) = header_length(packet.data()) else { return packet.clone() };
    let mut stripped = Packet::with_data(packet.data().get(length..).unwrap_or_default());
    for side in packet.side_data() {
        stripped.add_side_data(&side);
    }
    stripped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_told_apart() {
        assert_eq!(header_length(&[0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc, 0x21]), Some(7));
        assert_eq!(header_length(&[0xff, 0xf0, 0x50, 0x80, 0x02, 0x1f, 0xfc, 0x21]), Some(9));
        assert_eq!(header_length(&[0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c, 0x00]), None);
        assert_eq!(header_length(&[0xff, 0xf1]), None);
    }
}
