//! Codec parameters: owned, and convertible to plain values for packet files and facts.

use std::{ffi::CString, ptr};

use ffmpeg_next::ffi;
use serde::{Deserialize, Serialize};

use super::{Fault, names, text};
use crate::types::{ColorTags, Hdr, Ratio};

/// An owned `AVCodecParameters`.
#[derive(Debug)]
pub(crate) struct Params(pub(super) *mut ffi::AVCodecParameters);

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
