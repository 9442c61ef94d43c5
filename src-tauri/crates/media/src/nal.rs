//! Network abstraction layer units of H.264 and HEVC (ISO/IEC 14496-10 and 23008-2): only as much as
//! is needed to tell IDR pictures, parameter sets and captions.

/// Which of the two codecs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    H264,
    Hevc,
}

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Slice of an IDR picture: nothing before it is needed from here on.
    Idr,
    /// Slice of another picture.
    Slice,
    /// Video, sequence or picture parameter set.
    ParameterSet,
    /// Sequence parameter set.
    SequenceSet,
    Other,
}

impl Codec {
    /// By FFmpeg's codec name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "h264" => Some(Self::H264),
            "hevc" => Some(Self::Hevc),
            _ => None,
        }
    }

    /// What a unit is, from its header.
    pub(crate) fn kind(self, unit: &[u8]) -> Kind {
        let Some(first) = unit.first() else { return Kind::Other };
        match self {
            Self::H264 => match first & 0x1f {
                5 => Kind::Idr,
                1..=4 => Kind::Slice,
                7 => Kind::SequenceSet,
                8 => Kind::ParameterSet,
                _ => Kind::Other,
            },
            Self::Hevc => match (first >> 1) & 0x3f {
                19 | 20 => Kind::Idr,
                0..=31 => Kind::Slice,
                33 => Kind::SequenceSet,
                32 | 34 => Kind::ParameterSet,
                _ => Kind::Other,
            },
        }
    }
}

/// How units are told apart in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Start codes (Annex B).
    StartCodes,
    /// A length of so many bytes before each.
    Lengths(usize),
}

impl Framing {
    /// From the codec's extradata.
    pub(crate) fn of(codec: Codec, extradata: &[u8]) -> Self {
        let at = match codec {
            Codec::H264 => 4,
            Codec::Hevc => 21,
        };
        match extradata.get(at) {
            Some(byte) if extradata[0] == 1 => Self::Lengths(usize::from(byte & 3) + 1),
            _ => Self::StartCodes,
        }
    }

    /// All units of a packet; what does not make sense is left out.
    pub(crate) fn units(self, data: &[u8]) -> Vec<&[u8]> {
        match self {
            Self::StartCodes => by_start_codes(data),
            Self::Lengths(size) => by_lengths(data, size),
        }
    }
}

fn by_lengths(data: &[u8], size: usize) -> Vec<&[u8]> {
    let mut units = Vec::new();
    let mut rest = data;
    while rest.len() > size {
        let (head, tail) = rest.split_at(size);
        let length = head.iter().fold(0usize, |n, byte| (n << 8) | usize::from(*byte));
        let Some(unit) = tail.get(..length) else { break };
        units.push(unit);
        rest = &tail[length..];
    }
    units
}

fn by_start_codes(data: &[u8]) -> Vec<&[u8]> {
    let mut starts = Vec::new();
    let mut at = 0;
    while at + 3 <= data.len() {
        if data[at] == 0 && data[at + 1] == 0 && data[at + 2] == 1 {
            starts.push(at);
            at += 3;
        } else {
            at += 1;
        }
    }
    let ends = starts.iter().skip(1).copied().chain([data.len()]);
    let units = starts.iter().zip(ends).map(|(start, end)| {
        let mut unit = &data[start + 3..end];
        // Zeros before the next start code belong to nobody.
        while let Some((0, shorter)) = unit.split_last() {
            unit = shorter;
        }
        unit
    });
    units.filter(|unit| !unit.is_empty()).collect()
}

/// The parameter sets in extradata, in either form.
pub(crate) fn parameter_sets(codec: Codec, extradata: &[u8]) -> Vec<&[u8]> {
    if extradata.first() != Some(&1) {
        return by_start_codes(extradata);
    }
    match codec {
        Codec::H264 => avcc_sets(extradata).unwrap_or_default(),
        Codec::Hevc => hvcc_sets(extradata).unwrap_or_default(),
    }
}

/// Takes a unit with a two-byte length off the front.
fn sized<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]));
    let unit = rest.get(2..2 + length)?;
    *rest = &rest[2 + length..];
    Some(unit)
}

fn avcc_sets(avcc: &[u8]) -> Option<Vec<&[u8]>> {
    let mut sets = Vec::new();
    let mut rest = avcc.get(6..)?;
    for _ in 0..avcc.get(5)? & 0x1f {
        sets.push(sized(&mut rest)?);
    }
    let (count, mut rest) = rest.split_first()?;
    for _ in 0..*count {
        sets.push(sized(&mut rest)?);
    }
    Some(sets)
}

fn hvcc_sets(hvcc: &[u8]) -> Option<Vec<&[u8]>> {
    let mut sets = Vec::new();
    let mut rest = hvcc.get(23..)?;
    for _ in 0..*hvcc.get(22)? {
        let count = u16::from_be_bytes([*rest.get(1)?, *rest.get(2)?]);
        rest = rest.get(3..)?;
        for _ in 0..count {
            sets.push(sized(&mut rest)?);
        }
    }
    Some(sets)
}

/// Takes out emulation prevention bytes, from at most the first `limit` bytes.
pub(crate) fn unescaped(unit: &[u8], limit: usize) -> Vec<u8> {
    let mut plain = Vec::with_capacity(unit.len().min(limit));
    let mut zeros = 0;
    for byte in unit.iter().take(limit) {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        plain.push(*byte);
    }
    plain
}

/// CEA-608/708 captions in a packet (ATSC A/53 user data in an SEI message).
pub(crate) fn has_captions(data: &[u8]) -> bool {
    data.windows(7).any(|bytes| bytes == b"\xb5\x00\x31GA94")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn start_codes_of_both_lengths_separate_units() {
        let data = [0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 0, 1, 0x65, 3];
        let units = Framing::StartCodes.units(&data);
        assert_eq!(units, [&[0x67, 1][..], &[0x68, 2], &[0x65, 3]]);
        let kinds: Vec<Kind> = units.iter().map(|unit| Codec::H264.kind(unit)).collect();
        assert_eq!(kinds, [Kind::SequenceSet, Kind::ParameterSet, Kind::Idr]);
    }

    #[test]
    fn sets_are_found_in_avcc() {
        let avcc = [1, 100, 0, 31, 0xff, 0xe1, 0, 2, 0x67, 9, 1, 0, 1, 0x68];
        assert_eq!(parameter_sets(Codec::H264, &avcc), [&[0x67, 9][..], &[0x68]]);
        assert_eq!(Framing::of(Codec::H264, &avcc), Framing::Lengths(4));
        assert!(parameter_sets(Codec::H264, &avcc[..9]).is_empty());
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(data in prop::collection::vec(any::<u8>(), 0..200), size in 1usize..5) {
            for codec in [Codec::H264, Codec::Hevc] {
                let _sets = parameter_sets(codec, &data);
                let _units = Framing::of(codec, &data).units(&data);
            }
            let units = Framing::Lengths(size).units(&data);
            prop_assert!(units.iter().map(|unit| unit.len() + size).sum::<usize>() <= data.len());
            prop_assert!(unescaped(&data, 100).len() <= 100);
        }
    }
}
