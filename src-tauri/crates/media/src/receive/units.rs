//! Units inside the packets of H.264 and HEVC: what makes a keyframe one, and what does not belong into a joined stream.

use crate::{
    ff::Packet,
    nal::{Codec, Framing, Kind, parameter_sets},
};

/// Looks into packets of one stream; packets of codecs without such units pass as they are.
pub(super) struct Stripper {
    codec: Option<Codec>,
    framing: Framing,
    sets: Vec<Vec<u8>>,
}

impl Stripper {
    pub(super) fn new(codec: &str, extradata: &[u8]) -> Self {
        let codec = Codec::named(codec);
        let sets = codec.map(|codec| parameter_sets(codec, extradata)).unwrap_or_default();
        Self {
            codec,
            framing: codec.map_or(Framing::StartCodes, |codec| Framing::of(codec, extradata)),
            sets: sets.into_iter().map(<[u8]>::to_vec).collect(),
        }
    }

    /// Whether every parameter set in the packet is one of the header's.
    pub(super) fn knows_all_sets(&self, data: &[u8]) -> bool {
        let Some(codec) = self.codec else { return true };
        let is_set = |unit: &[u8]| matches!(codec.kind(unit), Kind::ParameterSet | Kind::SequenceSet);
        let units = self.framing.units(data);
        units.iter().filter(|unit| is_set(unit)).all(|unit| self.sets.iter().any(|set| set == unit))
    }

    /// Whether nothing that comes after needs what comes before.
    pub(super) fn is_idr(&self, packet: &Packet) -> bool {
        let Some(codec) = self.codec else { return packet.is_key() };
        self.framing.units(packet.data()).iter().any(|unit| codec.kind(unit) == Kind::Idr)
    }

    /// The packet without parameter sets, which the header has, and without marks of the stream's end, after which more
    /// will come in the joined one.
    pub(super) fn strip(&self, data: &[u8]) -> Vec<u8> {
        let Some(codec) = self.codec else { return data.to_vec() };
        let goes = |unit: &[u8]| {
            matches!(codec.kind(unit), Kind::ParameterSet | Kind::SequenceSet) || ends_stream(codec, unit)
        };
        let units = self.framing.units(data);
        if !units.iter().any(|unit| goes(unit)) {
            return data.to_vec();
        }
        let mut kept = Vec::with_capacity(data.len());
        for unit in units.into_iter().filter(|unit| !goes(unit)) {
            match self.framing {
                Framing::StartCodes => kept.extend_from_slice(&[0, 0, 0, 1]),
                Framing::Lengths(size) => {
                    let length = (unit.len() as u64).to_be_bytes();
                    kept.extend_from_slice(&length[length.len() - size.min(length.len())..]);
                }
            }
            kept.extend_from_slice(unit);
        }
        kept
    }
}

/// End of sequence or of stream (ITU-T H.264 table 7-1: 10, 11; H.265 table 7-1: 36, 37).
fn ends_stream(codec: Codec, unit: &[u8]) -> bool {
    let Some(first) = unit.first() else { return false };
    match codec {
        Codec::H264 => matches!(first & 0x1f, 10 | 11),
        Codec::Hevc => matches!((first >> 1) & 0x3f, 36 | 37),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AVCC: [u8; 14] = [1, 100, 0, 31, 0xff, 0xe1, 0, 2, 0x67, 9, 1, 0, 1, 0x68];

    fn sized(units: &[&[u8]]) -> Vec<u8> {
        let length = |unit: &[u8]| u32::try_from(unit.len()).unwrap().to_be_bytes();
        units.iter().flat_map(|unit| [&length(unit)[..], unit].concat()).collect()
    }

    #[test]
    fn known_sets_and_ends_go_and_the_rest_stays() {
        let stripper = Stripper::new("h264", &AVCC);
        let packet = sized(&[&[0x67, 9], &[0x68], &[6, 1, 2], &[0x65, 3, 4], &[11]]);
        assert!(stripper.knows_all_sets(&packet));
        assert_eq!(stripper.strip(&packet), sized(&[&[6, 1, 2], &[0x65, 3, 4]]));
        assert!(stripper.is_idr(&Packet::with_data(&packet)));
        let plain = sized(&[&[6, 1, 2], &[0x41, 3, 4]]);
        assert_eq!(stripper.strip(&plain), plain);
        assert!(!stripper.is_idr(&Packet::with_data(&plain)));
        assert!(!stripper.knows_all_sets(&sized(&[&[0x67, 8], &[0x65, 3]])));
    }

    #[test]
    fn other_codecs_pass() {
        let stripper = Stripper::new("prores", &[]);
        let mut packet = Packet::with_data(&[0x67, 1]);
        packet.set_key(true);
        assert!(stripper.is_idr(&packet) && stripper.knows_all_sets(packet.data()));
        assert_eq!(stripper.strip(packet.data()), [0x67, 1]);
    }
}
