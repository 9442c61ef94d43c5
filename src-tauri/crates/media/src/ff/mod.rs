//! The only place that talks to FFmpeg's C interface: owning wrappers with safe methods.
//!
//! Each type owns one FFmpeg object and frees it once; a borrowed pointer never outlives its owner.

#![allow(
    clippy::cast_possible_wrap,
    clippy::unnecessary_cast,
    reason = "the same constant is signed in one FFmpeg release and unsigned in another"
)]
#![allow(clippy::trivially_copy_pass_by_ref, reason = "a stream reference is one pointer only by chance")]
#![allow(clippy::cast_ptr_alignment, reason = "FFmpeg aligns its buffers for every sample format")]

mod decoder;
mod dict;
mod encoder;
mod error;
mod frame;
mod graph;
mod input;
mod io;
mod log;
mod muxer;
mod packet;
mod params;
mod side;

pub(crate) use decoder::Decoder;
pub(crate) use dict::Dict;
pub(crate) use encoder::{AudioEncoder, VideoEncoder};
pub(crate) use error::{Fault, Next};
pub(crate) use frame::Frame;
pub(crate) use graph::{AudioFormat, Graph, VideoFormat};
pub(crate) use input::{Input, StreamRef, TableEntry};
pub(crate) use io::ChainReader;
pub(crate) use log::{quiet, take_errors};
pub(crate) use muxer::Muxer;
pub(crate) use packet::Packet;
pub(crate) use params::{Params, Plain};
pub(crate) use side::SideData;

use ffmpeg_next::ffi;

use crate::types::Ratio;

/// FFmpeg's marker for an unknown time.
pub(crate) const NO_TIME: i64 = ffi::AV_NOPTS_VALUE;

impl From<ffi::AVRational> for Ratio {
    fn from(r: ffi::AVRational) -> Self {
        Self::new(r.num, if r.den == 0 { 1 } else { r.den })
    }
}

impl From<Ratio> for ffi::AVRational {
    fn from(r: Ratio) -> Self {
        Self { num: r.num, den: r.den }
    }
}

/// Versions of the libraries in use, for receipts and the doctor.
pub(crate) fn versions() -> Vec<(String, String)> {
    let show = |n: u32| format!("{}.{}.{}", n >> 16, (n >> 8) & 0xff, n & 0xff);
    // SAFETY: these functions only return constants.
    let (codec, format, filter, scale, resample, info) = unsafe {
        (
            ffi::avcodec_version(),
            ffi::avformat_version(),
            ffi::avfilter_version(),
            ffi::swscale_version(),
            ffi::swresample_version(),
            ffi::av_version_info(),
        )
    };
    vec![
        ("FFmpeg".into(), text(info).unwrap_or_default()),
        ("libavcodec".into(), show(codec)),
        ("libavformat".into(), show(format)),
        ("libavfilter".into(), show(filter)),
        ("libswscale".into(), show(scale)),
        ("libswresample".into(), show(resample)),
    ]
}

/// Whether this build has an encoder of that name.
pub(crate) fn has_encoder(name: &str) -> bool {
    std::ffi::CString::new(name).is_ok_and(|name| {
        // SAFETY: the name is a valid C string for the duration of the call.
        !unsafe { ffi::avcodec_find_encoder_by_name(name.as_ptr()) }.is_null()
    })
}

/// Whether this build has a filter of that name.
pub(crate) fn has_filter(name: &str) -> bool {
    std::ffi::CString::new(name).is_ok_and(|name| {
        // SAFETY: the name is a valid C string for the duration of the call.
        !unsafe { ffi::avfilter_get_by_name(name.as_ptr()) }.is_null()
    })
}

/// Copies a C string; `None` for null.
fn text(pointer: *const std::ffi::c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: FFmpeg gives null-terminated strings that live at least until the next call.
    Some(unsafe { std::ffi::CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}

/// Names of colour values, pixel formats and profiles.
pub(crate) mod names {
    use std::ffi::CString;

    use ffmpeg_next::ffi;

    use super::text;

    macro_rules! names {
        ($($get:ident / $find:ident : $type:ty, $to:ident, $from:ident;)*) => {$(
            /// Name of a code point, `None` when it means "unspecified".
            pub(crate) fn $get(value: $type) -> Option<String> {
                // SAFETY: returns a pointer to a static string or null.
                let name = text(unsafe { ffi::$to(value) })?;
                (!matches!(name.as_str(), "unknown" | "unspecified" | "reserved")).then_some(name)
            }

            /// Code point of a name; `None` when unknown.
            pub(crate) fn $find(name: &str) -> Option<$type> {
                let name = CString::new(name).ok()?;
                // SAFETY: the name is a valid C string for the duration of the call.
                let value = unsafe { ffi::$from(name.as_ptr()) };
                // SAFETY: a non-negative answer is a valid value of the enumeration.
                (value >= 0).then(|| unsafe { std::mem::transmute(value) })
            }
        )*};
    }

    names! {
        primaries / find_primaries: ffi::AVColorPrimaries, av_color_primaries_name, av_color_primaries_from_name;
        transfer / find_transfer: ffi::AVColorTransferCharacteristic, av_color_transfer_name, av_color_transfer_from_name;
        matrix / find_matrix: ffi::AVColorSpace, av_color_space_name, av_color_space_from_name;
        range / find_range: ffi::AVColorRange, av_color_range_name, av_color_range_from_name;
        chroma / find_chroma: ffi::AVChromaLocation, av_chroma_location_name, av_chroma_location_from_name;
    }

    /// Pixel format by name.
    pub(crate) fn find_pixel_format(name: &str) -> Option<ffi::AVPixelFormat> {
        let name = CString::new(name).ok()?;
        // SAFETY: the name is a valid C string for the duration of the call.
        let format = unsafe { ffi::av_get_pix_fmt(name.as_ptr()) };
        (format != ffi::AVPixelFormat::AV_PIX_FMT_NONE).then_some(format)
    }

    fn describe(name: &str) -> Option<&'static ffi::AVPixFmtDescriptor> {
        let format = find_pixel_format(name)?;
        // SAFETY: descriptors are static; null for unknown formats.
        unsafe { ffi::av_pix_fmt_desc_get(format).as_ref() }
    }

    /// Bits of the first component; 0 when unknown.
    pub(crate) fn bit_depth(name: &str) -> u32 {
        describe(name).and_then(|d| u32::try_from(d.comp[0].depth).ok()).unwrap_or(0)
    }

    /// Whether a pixel format has an alpha channel.
    pub(crate) fn has_alpha(name: &str) -> bool {
        describe(name).is_some_and(|d| d.flags & ffi::AV_PIX_FMT_FLAG_ALPHA as u64 != 0)
    }

    /// Name of a pixel format.
    pub(crate) fn pixel_format(format: ffi::AVPixelFormat) -> Option<String> {
        // SAFETY: returns a pointer to a static string or null.
        text(unsafe { ffi::av_get_pix_fmt_name(format) })
    }
}
