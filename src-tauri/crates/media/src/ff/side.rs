//! Side data of packets and streams: what travels beside the coded media.

use std::ptr;

use ffmpeg_next::ffi;
use serde::{Deserialize, Serialize};

use crate::types::Hdr;

/// Side data by FFmpeg's number and bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::unsafe_derive_deserialize, reason = "the only field with rules is checked as it is read")]
pub(crate) struct SideData {
    #[serde(with = "kind_as_number")]
    pub(super) kind: ffi::AVPacketSideDataType,
    pub(super) data: Vec<u8>,
}

impl SideData {
    /// Rebuilds side data from its number and bytes; `None`: not known to this build.
    pub(crate) fn from_number(kind: u32, data: Vec<u8>) -> Option<Self> {
        (kind < ffi::AVPacketSideDataType::AV_PKT_DATA_NB as u32).then(|| {
            // SAFETY: the enumeration is contiguous from 0 to NB, and the number is below that.
            let kind = unsafe { std::mem::transmute::<u32, ffi::AVPacketSideDataType>(kind) };
            Self { kind, data }
        })
    }

    /// FFmpeg's number of this kind.
    pub(crate) fn kind_number(&self) -> u32 {
        self.kind as u32
    }

    /// The payload.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.data
    }

    /// Samples to leave out at the start and the end of this packet (priming and padding).
    pub(crate) fn skip_samples(start: u32, end: u32) -> Self {
        let mut data = Vec::with_capacity(10);
        data.extend_from_slice(&start.to_le_bytes());
        data.extend_from_slice(&end.to_le_bytes());
        data.extend_from_slice(&[0, 0]);
        Self { kind: ffi::AVPacketSideDataType::AV_PKT_DATA_SKIP_SAMPLES, data }
    }

    /// Start and end samples, when this is skip-samples data.
    pub(crate) fn as_skip_samples(&self) -> Option<(u32, u32)> {
        if self.kind != ffi::AVPacketSideDataType::AV_PKT_DATA_SKIP_SAMPLES || self.data.len() < 8 {
            return None;
        }
        let word = |at: usize| self.data[at..at + 4].try_into().map(u32::from_le_bytes).ok();
        Some((word(0)?, word(4)?))
    }

    /// The ISO 639-2 language of a stream, carried as a metadata string.
    pub(crate) fn language(code: &str) -> Self {
        Self {
            kind: ffi::AVPacketSideDataType::AV_PKT_DATA_STRINGS_METADATA,
            data: format!("language\0{code}\0").into_bytes(),
        }
    }

    /// The language, when this is a list of metadata strings that names one.
    pub(crate) fn as_language(&self) -> Option<String> {
        if self.kind != ffi::AVPacketSideDataType::AV_PKT_DATA_STRINGS_METADATA {
            return None;
        }
        let mut strings = self.data.split(|byte| *byte == 0);
        while let (Some(key), Some(value)) = (strings.next(), strings.next()) {
            if key == b"language" {
                return String::from_utf8(value.to_vec()).ok();
            }
        }
        None
    }

    /// The matrix that turns or mirrors the picture for display.
    pub(crate) fn is_display_matrix(&self) -> bool {
        self.kind == ffi::AVPacketSideDataType::AV_PKT_DATA_DISPLAYMATRIX
    }

    /// How a packet is encrypted.
    pub(crate) fn is_encryption_info(&self) -> bool {
        self.kind == ffi::AVPacketSideDataType::AV_PKT_DATA_ENCRYPTION_INFO
    }

    /// New codec extradata in the middle of a stream.
    pub(crate) fn is_new_extradata(&self) -> bool {
        self.kind == ffi::AVPacketSideDataType::AV_PKT_DATA_NEW_EXTRADATA
    }

    /// Mastering display for a muxer.
    pub(crate) fn mastering(hdr: &Hdr) -> Option<Self> {
        if hdr.primaries.is_none() && hdr.luminance.is_none() {
            return None;
        }
        let ratio = |num: u32, den: i32| ffi::AVRational { num: i32::try_from(num).unwrap_or(i32::MAX), den };
        let mut meta = MasteringDisplay::default();
        if let Some(points) = hdr.primaries {
            for (target, point) in meta.display_primaries.iter_mut().zip(points) {
                *target = [ratio(point[0], 50_000), ratio(point[1], 50_000)];
            }
            meta.white_point = [ratio(points[3][0], 50_000), ratio(points[3][1], 50_000)];
            meta.has_primaries = 1;
        }
        if let Some([least, most]) = hdr.luminance {
            meta.min_luminance = ratio(least, 10_000);
            meta.max_luminance = ratio(most, 10_000);
            meta.has_luminance = 1;
        }
        Some(Self {
            kind: ffi::AVPacketSideDataType::AV_PKT_DATA_MASTERING_DISPLAY_METADATA,
            data: bytes_of(&meta),
        })
    }

    /// Content light level for a muxer.
    pub(crate) fn content_light(hdr: &Hdr) -> Option<Self> {
        let [cll, fall] = hdr.content_light?;
        let meta = ContentLight { max_cll: cll, max_fall: fall };
        Some(Self { kind: ffi::AVPacketSideDataType::AV_PKT_DATA_CONTENT_LIGHT_LEVEL, data: bytes_of(&meta) })
    }

    /// Display matrix for a clockwise turn in degrees.
    pub(crate) fn rotation(clockwise: u32) -> Self {
        let mut matrix = [0i32; 9];
        // SAFETY: the matrix has nine elements. Setting counts clockwise, unlike getting.
        unsafe { ffi::av_display_rotation_set(matrix.as_mut_ptr(), f64::from(clockwise)) };
        Self {
            kind: ffi::AVPacketSideDataType::AV_PKT_DATA_DISPLAYMATRIX,
            data: matrix.iter().flat_map(|n| n.to_ne_bytes()).collect(),
        }
    }
}

/// `AVMasteringDisplayMetadata` (`libavutil/mastering_display_metadata.h`), which the bindings leave out.
#[repr(C)]
#[derive(Clone, Copy)]
struct MasteringDisplay {
    display_primaries: [[ffi::AVRational; 2]; 3],
    white_point: [ffi::AVRational; 2],
    min_luminance: ffi::AVRational,
    max_luminance: ffi::AVRational,
    has_primaries: i32,
    has_luminance: i32,
}

impl Default for MasteringDisplay {
    fn default() -> Self {
        let unset = ffi::AVRational { num: 0, den: 1 };
        Self {
            display_primaries: [[unset; 2]; 3],
            white_point: [unset; 2],
            min_luminance: unset,
            max_luminance: unset,
            has_primaries: 0,
            has_luminance: 0,
        }
    }
}

/// `AVContentLightMetadata` (`libavutil/mastering_display_metadata.h`), which the bindings leave out.
#[repr(C)]
#[derive(Clone, Copy)]
struct ContentLight {
    max_cll: u32,
    max_fall: u32,
}

fn bytes_of<T>(value: &T) -> Vec<u8> {
    // SAFETY: T is a plain C structure made of integers without padding that matters to its reader.
    unsafe { std::slice::from_raw_parts(ptr::from_ref(value).cast::<u8>(), size_of::<T>()) }.to_vec()
}

mod kind_as_number {
    use ffmpeg_next::ffi::AVPacketSideDataType as Kind;
    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(kind: &Kind, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u32(*kind as u32)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Kind, D::Error> {
        let number = u32::deserialize(d)?;
        if number >= Kind::AV_PKT_DATA_NB as u32 {
            return Err(serde::de::Error::custom("unknown side data"));
        }
        // SAFETY: the enumeration is contiguous from 0 to NB.
        Ok(unsafe { std::mem::transmute::<u32, Kind>(number) })
    }
}

/// Static HDR metadata from side data bytes.
pub(super) fn hdr_from(mastering: Option<&[u8]>, light: Option<&[u8]>, dolby_vision: bool) -> Option<Hdr> {
    let mut hdr = Hdr { dolby_vision, ..Hdr::default() };
    if let Some(bytes) = mastering.filter(|b| b.len() >= size_of::<MasteringDisplay>()) {
        // SAFETY: at least as many bytes as the structure; read unaligned.
        let meta = unsafe { ptr::read_unaligned(bytes.as_ptr().cast::<MasteringDisplay>()) };
        let scaled = |r: ffi::AVRational, unit: i64| {
            if r.den == 0 {
                0
            } else {
                u32::try_from((i64::from(r.num) * unit + i64::from(r.den) / 2) / i64::from(r.den))
                    .unwrap_or(0)
            }
        };
        if meta.has_primaries != 0 {
            let p = meta.display_primaries;
            let point = |c: [ffi::AVRational; 2]| [scaled(c[0], 50_000), scaled(c[1], 50_000)];
            hdr.primaries = Some([point(p[0]), point(p[1]), point(p[2]), point(meta.white_point)]);
        }
        if meta.has_luminance != 0 {
            hdr.luminance = Some([scaled(meta.min_luminance, 10_000), scaled(meta.max_luminance, 10_000)]);
        }
    }
    if let Some(bytes) = light.filter(|b| b.len() >= size_of::<ContentLight>()) {
        // SAFETY: at least as many bytes as the structure; read unaligned.
        let meta = unsafe { ptr::read_unaligned(bytes.as_ptr().cast::<ContentLight>()) };
        hdr.content_light = Some([meta.max_cll, meta.max_fall]);
    }
    (hdr != Hdr::default()).then_some(hdr)
}
