//! `CODECS` strings (RFC 6381, ISO/IEC 14496-15 annex E).

use std::fmt::Write as _;

use crate::{
    ff::Params,
    nal::{Codec, Kind, parameter_sets, unescaped},
    types::{MediaCode, MediaError},
};

/// The string of a stream, e.g. `avc1.64001f`, `hvc1.2.4.L123.B0`, `mp4a.40.2`.
pub(crate) fn codecs(params: &Params) -> Result<String, MediaError> {
    let name = params.codec();
    let found = match name.as_str() {
        "h264" => avc(params.extradata()),
        "hevc" => hevc(params.extradata()),
        "aac" => Some(aac(params.profile().as_deref()).to_owned()),
        "ac3" => Some("ac-3".to_owned()),
        "eac3" => Some("ec-3".to_owned()),
        _ => None,
    };
    found.ok_or_else(|| {
        MediaError::new(MediaCode::Unsupported, format!("{name} cannot be declared in an HLS playlist"))
    })
}

/// Audio object types (ISO/IEC 14496-3, table 1.1).
fn aac(profile: Option<&str>) -> &'static str {
    match profile {
        Some("HE-AAC") => "mp4a.40.5",
        Some("HE-AACv2") => "mp4a.40.29",
        _ => "mp4a.40.2",
    }
}

fn sequence_set(codec: Codec, extradata: &[u8]) -> Option<Vec<u8>> {
    let sets = parameter_sets(codec, extradata);
    sets.into_iter().find(|set| codec.kind(set) == Kind::SequenceSet).map(|set| unescaped(set, 64))
}

/// Profile, constraints and level are the three bytes after the unit's header.
fn avc(extradata: &[u8]) -> Option<String> {
    let set = sequence_set(Codec::H264, extradata)?;
    Some(format!("avc1.{:02x}{:02x}{:02x}", set.get(1)?, set.get(2)?, set.get(3)?))
}

/// Profile, tier and level follow two header bytes and one byte of ids (23008-2, 7.3.2.2 and 7.3.3).
fn hevc(extradata: &[u8]) -> Option<String> {
    let set = sequence_set(Codec::Hevc, extradata)?;
    let general = set.get(3..15)?;
    let space = ["", "A", "B", "C"][usize::from(general[0] >> 6)];
    let tier = if general[0] & 0x20 == 0 { 'L' } else { 'H' };
    let compatibility = u32::from_be_bytes([general[1], general[2], general[3], general[4]]).reverse_bits();
    let mut text = format!("hvc1.{space}{}.{compatibility:X}.{tier}{}", general[0] & 0x1f, general[11]);
    let constraints = &general[5..11];
    let used = constraints.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    for byte in &constraints[..used] {
        write!(text, ".{byte:X}").ok()?;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn high_profile_of_h264() {
        let sets = [0, 0, 0, 1, 0x67, 0x64, 0x00, 0x1f, 0xac, 0, 0, 1, 0x68, 0xeb];
        assert_eq!(avc(&sets).as_deref(), Some("avc1.64001f"));
        assert_eq!(avc(&sets[..5]), None);
    }

    #[test]
    fn main_profiles_of_hevc() {
        // An emulation prevention byte stands in the constraint flags.
        let main = [0, 0, 1, 0x42, 1, 1, 0x01, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x5d, 0xa0];
        assert_eq!(hevc(&main).as_deref(), Some("hvc1.1.6.L93.90"));
        let main10 = [0, 0, 1, 0x42, 1, 1, 0x22, 0x20, 0, 0, 3, 0, 0xb0, 0, 0, 3, 0, 0, 3, 0, 0x99, 0xa0];
        assert_eq!(hevc(&main10).as_deref(), Some("hvc1.2.4.H153.B0"));
    }
}
