//! Pictures whose two fields are coded apart (PAFF) and come in a packet each: telling the second from the first. Only
//! H.264 has them here: in MPEG-2 both fields come in one packet, and HEVC's fields are pictures of their own.

use crate::nal::{Codec, Framing, Kind, parameter_sets, unescaped};

/// Bytes of a slice that are enough for its header's first fields.
const SLICE_BYTES: usize = 32;
/// Bytes of a sequence parameter set that are looked at.
const SET_BYTES: usize = 1_024;

/// Follows a stream, packet by packet.
pub(super) struct FieldPairs {
    framing: Framing,
    /// `None`: not H.264.
    codec: Option<Codec>,
    /// How to read slice headers; `None`: no parameter set yet, or frames only.
    headers: Option<Headers>,
    /// The first field that waits for its second.
    open: Option<Field>,
}

/// What of the sequence parameter set is needed to read a slice header (ITU-T H.264, 7.3.2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Headers {
    frame_num_bits: u32,
    separate_planes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    frame_num: u32,
    bottom: bool,
}

impl FieldPairs {
    pub(super) fn new(codec: &str, extradata: &[u8]) -> Self {
        let codec = Codec::named(codec).filter(|codec| *codec == Codec::H264);
        let mut pairs = Self {
            framing: codec.map_or(Framing::StartCodes, |codec| Framing::of(codec, extradata)),
            codec,
            headers: None,
            open: None,
        };
        for set in codec.map(|codec| parameter_sets(codec, extradata)).unwrap_or_default() {
            pairs.learn(set);
        }
        pairs
    }

    /// Whether this packet is the second field of the picture that the packet before it began.
    pub(super) fn is_second(&mut self, data: &[u8]) -> bool {
        let Some(codec) = self.codec else { return false };
        // Frames are by far the usual case: then only parameter sets matter, and those are found fast enough.
        let mut second = None;
        for unit in self.framing.units(data) {
            match codec.kind(unit) {
                Kind::SequenceSet => self.learn(unit),
                Kind::Idr | Kind::Slice => {
                    let field = self.headers.and_then(|headers| headers.field(unit));
                    let pairs = field.is_some_and(|field| self.completes(field));
                    second = second.or(Some(pairs));
                    match (field, self.open) {
                        (Some(field), Some(open)) if field == open => {}
                        (Some(_), _) if pairs => self.open = None,
                        // More slices of a field that is paired already.
                        (Some(_), None) if second == Some(true) => {}
                        (field, _) => self.open = field,
                    }
                }
                Kind::ParameterSet | Kind::Other => {}
            }
        }
        second.unwrap_or(false)
    }

    fn completes(&self, field: Field) -> bool {
        self.open.is_some_and(|open| open.frame_num == field.frame_num && open.bottom != field.bottom)
    }

    fn learn(&mut self, unit: &[u8]) {
        if self.codec.is_some_and(|codec| codec.kind(unit) == Kind::SequenceSet) {
            self.headers = Headers::read(&unescaped(unit, SET_BYTES));
        }
    }
}

impl Headers {
    /// From a sequence parameter set; `None` when it says that there are only frames, or does not make sense.
    fn read(set: &[u8]) -> Option<Self> {
        const WITH_CHROMA: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];
        let mut bits = Bits { data: set, at: 8 };
        let profile = bits.take(8)?;
        bits.take(16)?;
        bits.golomb()?;
        let mut separate_planes = false;
        if WITH_CHROMA.contains(&profile) {
            let chroma = bits.golomb()?;
            separate_planes = chroma == 3 && bits.take(1)? == 1;
            bits.golomb()?;
            bits.golomb()?;
            bits.take(1)?;
            if bits.take(1)? == 1 {
                for list in 0..if chroma == 3 { 12 } else { 8 } {
                    bits.scaling_list(if list < 6 { 16 } else { 64 })?;
                }
            }
        }
        let frame_num_bits = bits.golomb()?.checked_add(4).filter(|bits| *bits <= 16)?;
        match bits.golomb()? {
            0 => {
                bits.golomb()?;
            }
            1 => {
                bits.take(1)?;
                bits.golomb()?;
                bits.golomb()?;
                for _ in 0..bits.golomb()?.min(255) {
                    bits.golomb()?;
                }
            }
            _ => {}
        }
        bits.golomb()?;
        bits.take(1)?;
        bits.golomb()?;
        bits.golomb()?;
        (bits.take(1)? == 0).then_some(Self { frame_num_bits, separate_planes })
    }

    /// The field that a slice belongs to; `None`: a frame, or it does not make sense.
    fn field(self, slice: &[u8]) -> Option<Field> {
        let plain = unescaped(slice, SLICE_BYTES);
        let mut bits = Bits { data: &plain, at: 8 };
        bits.golomb()?;
        bits.golomb()?;
        bits.golomb()?;
        if self.separate_planes {
            bits.take(2)?;
        }
        let frame_num = bits.take(self.frame_num_bits)?;
        if bits.take(1)? == 0 {
            return None;
        }
        Some(Field { frame_num, bottom: bits.take(1)? == 1 })
    }
}

/// Bits from the first on.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.data.get(self.at / 8)?;
            value = (value << 1) | u32::from((byte >> (7 - self.at % 8)) & 1);
            self.at += 1;
        }
        Some(value)
    }

    /// An Exp-Golomb code (ITU-T H.264, 9.1), as the number that it stands for when unsigned.
    fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1u32 << zeros) - 1 + self.take(zeros)?)
    }

    /// Passes over a scaling list, if there is one (ITU-T H.264, 7.3.2.1.1.1).
    fn scaling_list(&mut self, size: usize) -> Option<()> {
        if self.take(1)? == 0 {
            return Some(());
        }
        let (mut last, mut next) = (8i64, 8i64);
        for _ in 0..size {
            if next != 0 {
                let code = i64::from(self.golomb()?);
                let delta = if code % 2 == 1 { (code + 1) / 2 } else { -(code / 2) };
                next = (last + delta + 256).rem_euclid(256);
            }
            last = if next == 0 { last } else { next };
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Writes bits; numbers as Exp-Golomb codes.
    #[derive(Default)]
    struct Writer(Vec<bool>);

    impl Writer {
        fn bits(mut self, value: u32, count: u32) -> Self {
            self.0.extend((0..count).rev().map(|n| value >> n & 1 == 1));
            self
        }

        fn golomb(self, value: u32) -> Self {
            let zeros = (value + 1).ilog2();
            self.bits(0, zeros).bits(value + 1, zeros + 1)
        }

        fn bytes(mut self) -> Vec<u8> {
            self.0.push(true);
            self.0.resize(self.0.len().next_multiple_of(8), false);
            self.0.chunks(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
        }
    }

    /// A sequence parameter set of the main profile with 6 bits of frame number.
    fn set(frames_only: bool) -> Vec<u8> {
        let head = Writer::default().bits(0x67, 8).bits(77, 8).bits(0, 8).bits(40, 8).golomb(0);
        let order = head.golomb(2).golomb(0).golomb(3).golomb(4).bits(0, 1);
        order.golomb(119).golomb(33).bits(u32::from(frames_only), 1).bytes()
    }

    fn slice(first: u32, frame_num: u32, bottom: Option<bool>) -> Vec<u8> {
        let head = Writer::default().bits(0x41, 8).golomb(first).golomb(5).golomb(0).bits(frame_num, 6);
        match bottom {
            None => head.bits(0, 1).bytes(),
            Some(bottom) => head.bits(1, 1).bits(u32::from(bottom), 1).bytes(),
        }
    }

    fn packet(units: &[Vec<u8>]) -> Vec<u8> {
        units.iter().flat_map(|unit| [&[0, 0, 1][..], unit].concat()).collect()
    }

    #[test]
    fn second_fields_are_told_from_first_ones() {
        let mut pairs = FieldPairs::new("h264", &packet(&[set(false)]));
        let (top, bottom) = (Some(false), Some(true));
        let stream = [
            (packet(&[slice(0, 1, top), slice(9, 1, top)]), false),
            (packet(&[slice(0, 1, bottom), slice(9, 1, bottom)]), true),
            (packet(&[slice(0, 1, top)]), false),
            (packet(&[slice(0, 1, bottom)]), true),
            (packet(&[slice(0, 2, None)]), false),
            (packet(&[slice(0, 3, bottom)]), false),
            (packet(&[slice(0, 4, top)]), false),
            (packet(&[slice(0, 4, bottom)]), true),
            // Both fields in one packet, then again one of a pair each.
            (packet(&[slice(0, 5, top), slice(0, 5, bottom)]), false),
            (packet(&[slice(0, 5, top)]), false),
            (packet(&[slice(0, 5, bottom)]), true),
        ];
        for (n, (data, second)) in stream.iter().enumerate() {
            assert_eq!(pairs.is_second(data), *second, "packet {n}");
        }
    }

    #[test]
    fn frames_only_and_other_codecs_have_no_pairs() {
        for (codec, frames_only) in [("h264", true), ("hevc", false), ("mpeg2video", false)] {
            let mut pairs = FieldPairs::new(codec, &packet(&[set(frames_only)]));
            assert!(!pairs.is_second(&packet(&[slice(0, 1, Some(false))])));
            assert!(!pairs.is_second(&packet(&[slice(0, 1, Some(true))])), "{codec}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(extradata in prop::collection::vec(any::<u8>(), 0..80), data in prop::collection::vec(any::<u8>(), 0..80)) {
            let mut pairs = FieldPairs::new("h264", &extradata);
            let _one = pairs.is_second(&data);
            let _two = pairs.is_second(&packet(&[set(false), data]));
        }
    }
}
