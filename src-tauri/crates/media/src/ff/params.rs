//! Codec parameters: owned, and convertible to plain values for packet files and facts.

use std::{ffi::CString, ptr};

use ffmpeg_next::ffi;
use serde::{Deserialize, Serialize};

use super::{Fault, names, text};
use crate::types::{ColorTags, Ratio};

/// An owned `AVCodecParameters`.
#[derive(Debug)]
pub(crate) struct Params(pub(super) *mut ffi::AVCodecParameters);

/// Description of a layout; unordered channels get the default layout of their number.
pub(super) fn layout_name(layout: &ffi::AVChannelLayout) -> String {
    let mut buffer = [0u8; 128];
    // SAFETY: a plain C structure for which all zero is valid.
    let mut fallback: ffi::AVChannelLayout = unsafe { std::mem::zeroed() };
    let unordered = layout.order == ffi::AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC;
    // SAFETY: writes at most the buffer's length, null-terminated.
    unsafe {
        if unordered {
            ffi::av_channel_layout_default(&raw mut fallback, layout.nb_channels);
        }
        let source = if unordered { &raw const fallback } else { ptr::from_ref(layout) };
        ffi::av_channel_layout_describe(source, buffer.as_mut_ptr().cast(), buffer.len());
        text(buffer.as_ptr().cast()).unwrap_or_default()
    }
}

/// Plain values of codec parameters, as stored in packet files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plain {
    pub(crate) audio: bool,
    pub(crate) codec: String,
    pub(crate) tag: u32,
    pub(crate) extradata: Vec<u8>,
    pub(crate) format: i32,
    pub(crate) bit_rate: i64,
    pub(crate) bits_per_coded_sample: i32,
    pub(crate) bits_per_raw_sample: i32,
    pub(crate) profile: i32,
    pub(crate) level: i32,
    pub(crate) width: i32,
    pub(crate) height: i32,
    pub(crate) sample_aspect: (i32, i32),
    pub(crate) field_order: u32,
    pub(crate) color: ColorTags,
    pub(crate) video_delay: i32,
    pub(crate) layout: String,
    pub(crate) sample_rate: i32,
    pub(crate) block_align: i32,
    pub(crate) frame_size: i32,
    pub(crate) initial_padding: i32,
}

impl Params {
    pub(crate) fn new() -> Self {
        // SAFETY: allocation; a null result is caught below.
        let params = unsafe { ffi::avcodec_parameters_alloc() };
        assert!(!params.is_null(), "out of memory for codec parameters");
        Self(params)
    }

    /// A copy of parameters that somebody else owns.
    pub(super) fn copy_of(source: *const ffi::AVCodecParameters) -> Self {
        let params = Self::new();
        // SAFETY: both are valid; the copy owns its own extradata.
        unsafe { ffi::avcodec_parameters_copy(params.0, source) };
        params
    }

    /// A copy with its own extradata.
    pub(crate) fn duplicate(&self) -> Self {
        Self::copy_of(self.0)
    }

    pub(super) fn raw(&self) -> &ffi::AVCodecParameters {
        // SAFETY: never null, owned by self.
        unsafe { &*self.0 }
    }

    pub(super) fn raw_mut(&mut self) -> &mut ffi::AVCodecParameters {
        // SAFETY: never null, owned by self.
        unsafe { &mut *self.0 }
    }

    pub(crate) fn is_video(&self) -> bool {
        self.raw().codec_type == ffi::AVMediaType::AVMEDIA_TYPE_VIDEO
    }

    pub(crate) fn is_audio(&self) -> bool {
        self.raw().codec_type == ffi::AVMediaType::AVMEDIA_TYPE_AUDIO
    }

    pub(crate) fn is_subtitle(&self) -> bool {
        self.raw().codec_type == ffi::AVMediaType::AVMEDIA_TYPE_SUBTITLE
    }

    pub(crate) fn is_attachment(&self) -> bool {
        self.raw().codec_type == ffi::AVMediaType::AVMEDIA_TYPE_ATTACHMENT
    }

    /// FFmpeg's codec name; `none` when unknown.
    pub(crate) fn codec(&self) -> String {
        // SAFETY: returns a static string.
        text(unsafe { ffi::avcodec_get_name(self.raw().codec_id) }).unwrap_or_default()
    }

    pub(crate) fn profile(&self) -> Option<String> {
        // SAFETY: returns a static string or null.
        text(unsafe { ffi::avcodec_profile_name(self.raw().codec_id, self.raw().profile) })
    }

    pub(crate) fn level(&self) -> Option<i32> {
        Some(self.raw().level).filter(|l| *l > 0)
    }

    /// Four-character code, unprintable bytes as dots.
    pub(crate) fn tag(&self) -> String {
        let bytes = self.raw().codec_tag.to_le_bytes();
        bytes.iter().map(|b| if b.is_ascii_graphic() { char::from(*b) } else { '.' }).collect()
    }

    /// Sets the four-character code; 0 lets the muxer choose.
    pub(crate) fn set_tag(&mut self, tag: Option<[u8; 4]>) {
        self.raw_mut().codec_tag = tag.map_or(0, u32::from_le_bytes);
    }

    pub(crate) fn width(&self) -> u32 {
        u32::try_from(self.raw().width).unwrap_or(0)
    }

    pub(crate) fn height(&self) -> u32 {
        u32::try_from(self.raw().height).unwrap_or(0)
    }

    pub(crate) fn pixel_format(&self) -> Option<String> {
        // SAFETY: for pictures the format field holds a pixel format.
        names::pixel_format(unsafe { std::mem::transmute::<i32, ffi::AVPixelFormat>(self.raw().format) })
    }

    pub(crate) fn sample_aspect(&self) -> Ratio {
        let r: Ratio = self.raw().sample_aspect_ratio.into();
        if r.num <= 0 { Ratio::new(1, 1) } else { r }
    }

    pub(crate) fn field_order(&self) -> ffi::AVFieldOrder {
        self.raw().field_order
    }

    pub(crate) fn color(&self) -> ColorTags {
        let raw = self.raw();
        ColorTags {
            primaries: names::primaries(raw.color_primaries),
            transfer: names::transfer(raw.color_trc),
            matrix: names::matrix(raw.color_space),
            range: names::range(raw.color_range),
            chroma_location: names::chroma(raw.chroma_location),
        }
    }

    pub(crate) fn sample_rate(&self) -> u32 {
        u32::try_from(self.raw().sample_rate).unwrap_or(0)
    }

    pub(crate) fn channels(&self) -> u32 {
        u32::try_from(self.raw().ch_layout.nb_channels).unwrap_or(0)
    }

    pub(crate) fn layout(&self) -> String {
        layout_name(&self.raw().ch_layout)
    }

    /// Samples per packet for codecs with a fixed size, else 0.
    pub(crate) fn frame_size(&self) -> u32 {
        u32::try_from(self.raw().frame_size).unwrap_or(0)
    }

    /// Samples that the encoder put in front (priming).
    pub(crate) fn initial_padding(&self) -> u32 {
        u32::try_from(self.raw().initial_padding).unwrap_or(0)
    }

    pub(crate) fn set_initial_padding(&mut self, samples: u32) {
        self.raw_mut().initial_padding = i32::try_from(samples).unwrap_or(0);
    }

    pub(crate) fn bit_rate(&self) -> Option<u64> {
        u64::try_from(self.raw().bit_rate).ok().filter(|b| *b > 0)
    }

    pub(crate) fn extradata(&self) -> &[u8] {
        let raw = self.raw();
        if raw.extradata.is_null() || raw.extradata_size <= 0 {
            return &[];
        }
        // SAFETY: extradata points to extradata_size bytes.
        unsafe { std::slice::from_raw_parts(raw.extradata, raw.extradata_size.unsigned_abs() as usize) }
    }

    pub(crate) fn set_extradata(&mut self, data: &[u8]) {
        // SAFETY: frees what the parameters own, and nulls the pointer.
        unsafe { ffi::av_freep((&raw mut self.raw_mut().extradata).cast()) };
        self.raw_mut().extradata_size = 0;
        if data.is_empty() {
            return;
        }
        // SAFETY: allocated with FFmpeg's allocator and padding, freed with the parameters.
        unsafe {
            let buffer =
                ffi::av_mallocz(data.len() + ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize).cast::<u8>();
            assert!(!buffer.is_null(), "out of memory for extradata");
            ptr::copy_nonoverlapping(data.as_ptr(), buffer, data.len());
            self.raw_mut().extradata = buffer;
            self.raw_mut().extradata_size = i32::try_from(data.len()).unwrap_or(0);
        }
    }

    pub(crate) fn to_plain(&self) -> Plain {
        let raw = self.raw();
        Plain {
            audio: self.is_audio(),
            codec: self.codec(),
            tag: raw.codec_tag,
            extradata: self.extradata().to_vec(),
            format: raw.format,
            bit_rate: raw.bit_rate,
            bits_per_coded_sample: raw.bits_per_coded_sample,
            bits_per_raw_sample: raw.bits_per_raw_sample,
            profile: raw.profile,
            level: raw.level,
            width: raw.width,
            height: raw.height,
            sample_aspect: (raw.sample_aspect_ratio.num, raw.sample_aspect_ratio.den),
            field_order: raw.field_order as u32,
            color: self.color(),
            video_delay: raw.video_delay,
            layout: if self.is_audio() { self.layout() } else { String::new() },
            sample_rate: raw.sample_rate,
            block_align: raw.block_align,
            frame_size: raw.frame_size,
            initial_padding: raw.initial_padding,
        }
    }

    /// Rebuilds parameters; `Err` when the codec or layout is unknown to this build.
    pub(crate) fn from_plain(plain: &Plain) -> Result<Self, Fault> {
        let mut params = Self::new();
        let name = CString::new(plain.codec.as_str()).map_err(|_| Fault(ffi::AVERROR_INVALIDDATA))?;
        // SAFETY: the name is a valid C string for the duration of the call.
        let descriptor = unsafe { ffi::avcodec_descriptor_get_by_name(name.as_ptr()) };
        if descriptor.is_null() || plain.field_order > ffi::AVFieldOrder::AV_FIELD_BT as u32 {
            return Err(Fault(ffi::AVERROR_INVALIDDATA));
        }
        params.set_extradata(&plain.extradata);
        let raw = params.raw_mut();
        // SAFETY: descriptors are static.
        raw.codec_id = unsafe { (*descriptor).id };
        raw.codec_type = if plain.audio {
            ffi::AVMediaType::AVMEDIA_TYPE_AUDIO
        } else {
            ffi::AVMediaType::AVMEDIA_TYPE_VIDEO
        };
        raw.codec_tag = plain.tag;
        raw.format = plain.format;
        raw.bit_rate = plain.bit_rate;
        raw.bits_per_coded_sample = plain.bits_per_coded_sample;
        raw.bits_per_raw_sample = plain.bits_per_raw_sample;
        raw.profile = plain.profile;
        raw.level = plain.level;
        raw.width = plain.width;
        raw.height = plain.height;
        raw.sample_aspect_ratio = ffi::AVRational { num: plain.sample_aspect.0, den: plain.sample_aspect.1 };
        // SAFETY: the value was checked against the last member of the contiguous enumeration.
        raw.field_order = unsafe { std::mem::transmute::<u32, ffi::AVFieldOrder>(plain.field_order) };
        let tags = &plain.color;
        if let Some(v) = tags.primaries.as_deref().and_then(names::find_primaries) {
            raw.color_primaries = v;
        }
        if let Some(v) = tags.transfer.as_deref().and_then(names::find_transfer) {
            raw.color_trc = v;
        }
        if let Some(v) = tags.matrix.as_deref().and_then(names::find_matrix) {
            raw.color_space = v;
        }
        if let Some(v) = tags.range.as_deref().and_then(names::find_range) {
            raw.color_range = v;
        }
        if let Some(v) = tags.chroma_location.as_deref().and_then(names::find_chroma) {
            raw.chroma_location = v;
        }
        raw.video_delay = plain.video_delay;
        raw.sample_rate = plain.sample_rate;
        raw.block_align = plain.block_align;
        raw.frame_size = plain.frame_size;
        raw.initial_padding = plain.initial_padding;
        if plain.audio {
            set_layout(&mut raw.ch_layout, &plain.layout).ok_or(Fault(ffi::AVERROR_INVALIDDATA))?;
        }
        Ok(params)
    }
}

/// Sets a layout from its description.
pub(super) fn set_layout(target: &mut ffi::AVChannelLayout, name: &str) -> Option<()> {
    let name = CString::new(name).ok()?;
    // SAFETY: the target is valid and released first; the name is a valid C string.
    let result = unsafe {
        ffi::av_channel_layout_uninit(target);
        ffi::av_channel_layout_from_string(target, name.as_ptr())
    };
    (result == 0).then_some(())
}

impl Drop for Params {
    fn drop(&mut self) {
        // SAFETY: frees what this owner holds.
        unsafe { ffi::avcodec_parameters_free(&raw mut self.0) };
    }
}
