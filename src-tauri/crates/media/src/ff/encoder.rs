//! Encoders.

use std::{ffi::CString, ptr};

use ffmpeg_next::ffi;

use super::{AudioFormat, Dict, Fault, Frame, Next, Packet, Params, names};
use crate::{
    task::VideoSettings,
    types::{FieldOrder, MediaCode, MediaError},
};

/// An open encoder with its context.
struct Encoder(*mut ffi::AVCodecContext);

impl Encoder {
    fn allocate(name: &str) -> Result<(Self, *const ffi::AVCodec), MediaError> {
        let missing = || MediaError::new(MediaCode::Unsupported, format!("this build has no encoder {name}"));
        let c_name = CString::new(name).map_err(|_| missing())?;
        // SAFETY: the name is a valid C string for the duration of the call.
        let codec = unsafe { ffi::avcodec_find_encoder_by_name(c_name.as_ptr()) };
        if codec.is_null() {
            return Err(missing());
        }
        // SAFETY: allocation; a null result is caught below.
        let encoder = Self(unsafe { ffi::avcodec_alloc_context3(codec) });
        assert!(!encoder.0.is_null(), "out of memory for an encoder");
        Ok((encoder, codec))
    }

    fn open(&mut self, codec: *const ffi::AVCodec, options: &mut Dict, name: &str) -> Result<(), MediaError> {
        // SAFETY: allocated context.
        unsafe { (*self.0).flags |= ffi::AV_CODEC_FLAG_GLOBAL_HEADER as i32 };
        // SAFETY: allocated context, matching codec.
        let opened = unsafe { ffi::avcodec_open2(self.0, codec, options.as_mut()) };
        Fault::check(opened)
            .map_err(|f| f.during(&format!("opening the encoder {name}"), MediaCode::Refused))?;
        options.all_used(&format!("the encoder {name}"))
    }

    fn send(&mut self, frame: Option<&Frame>) -> Result<(), MediaError> {
        // SAFETY: open encoder, valid frame or null.
        let result =
            unsafe { ffi::avcodec_send_frame(self.0, frame.map_or(ptr::null(), |f| f.0.cast_const())) };
        Fault::check(result).map(|_| ()).map_err(|f| f.during("encoding", MediaCode::Refused))
    }

    fn receive(&mut self, packet: &mut Packet) -> Result<Next, MediaError> {
        // SAFETY: open encoder, valid packet.
        let result = unsafe { ffi::avcodec_receive_packet(self.0, packet.0) };
        Fault::step(result).map_err(|f| f.during("encoding", MediaCode::Refused))
    }

    fn params(&self) -> Result<Params, MediaError> {
        let params = Params::new();
        // SAFETY: both are valid.
        let result = unsafe { ffi::avcodec_parameters_from_context(params.0, self.0) };
        Fault::check(result).map_err(|f| f.during("describing the stream", MediaCode::Internal))?;
        Ok(params)
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: frees what this owner holds.
        unsafe { ffi::avcodec_free_context(&raw mut self.0) };
    }
}

/// A picture encoder.
pub(crate) struct VideoEncoder(Encoder);

impl VideoEncoder {
    /// Opens encoder `name` with fully resolved settings and the codec's own options.
    pub(crate) fn open(
        name: &str,
        settings: &VideoSettings,
        threads: u32,
        options: &mut Dict,
    ) -> Result<Self, MediaError> {
        let (mut encoder, codec) = Encoder::allocate(name)?;
        let refuse = |what: &str| MediaError::new(MediaCode::Refused, format!("unknown {what}"));
        let format =
            names::find_pixel_format(&settings.pixel_format).ok_or_else(|| refuse("pixel format"))?;
        // SAFETY: allocated context that is not open yet.
        let raw = unsafe { &mut *encoder.0 };
        raw.width = i32::try_from(settings.width).map_err(|_| refuse("width"))?;
        raw.height = i32::try_from(settings.height).map_err(|_| refuse("height"))?;
        raw.pix_fmt = format;
        raw.time_base = settings.time_base.into();
        raw.framerate = settings.frame_rate.unwrap_or(settings.nominal_rate).into();
        raw.sample_aspect_ratio = settings.sample_aspect.into();
        raw.thread_count = i32::try_from(threads).unwrap_or(1);
        raw.field_order = match settings.field_order {
            FieldOrder::Progressive => ffi::AVFieldOrder::AV_FIELD_PROGRESSIVE,
            FieldOrder::TopFirst => ffi::AVFieldOrder::AV_FIELD_TT,
            FieldOrder::BottomFirst => ffi::AVFieldOrder::AV_FIELD_BB,
        };
        if settings.field_order != FieldOrder::Progressive {
            raw.flags |= (ffi::AV_CODEC_FLAG_INTERLACED_DCT | ffi::AV_CODEC_FLAG_INTERLACED_ME) as i32;
        }
        let tags = &settings.color;
        if let Some(v) = tags.primaries.as_deref().and_then(names::find_primaries) {
            raw.color_primaries = v;
        }
        if let Some(v) = tags.transfer.as_deref().and_then(names::find_transfer) {
            raw.color_trc = v;
        }
        if let Some(v) = tags.matrix.as_deref().and_then(names::find_matrix) {
            raw.colorspace = v;
        }
        if let Some(v) = tags.range.as_deref().and_then(names::find_range) {
            raw.color_range = v;
        }
        if let Some(v) = tags.chroma_location.as_deref().and_then(names::find_chroma) {
            raw.chroma_sample_location = v;
        }
        encoder.open(codec, options, name)?;
        Ok(Self(encoder))
    }

    /// Opens the JPEG encoder for one picture of this size, in `yuvj420p`; each frame states its quality.
    pub(crate) fn jpeg(width: u32, height: u32) -> Result<Self, MediaError> {
        let (mut encoder, codec) = Encoder::allocate("mjpeg")?;
        let refuse = |what: &str| MediaError::new(MediaCode::Refused, format!("unknown {what}"));
        // SAFETY: allocated context that is not open yet.
        let raw = unsafe { &mut *encoder.0 };
        raw.width = i32::try_from(width).map_err(|_| refuse("width"))?;
        raw.height = i32::try_from(height).map_err(|_| refuse("height"))?;
        raw.pix_fmt = ffi::AVPixelFormat::AV_PIX_FMT_YUVJ420P;
        raw.color_range = ffi::AVColorRange::AVCOL_RANGE_JPEG;
        raw.time_base = ffi::AVRational { num: 1, den: 1 };
        raw.thread_count = 1;
        raw.flags |= ffi::AV_CODEC_FLAG_QSCALE as i32;
        encoder.open(codec, &mut Dict::new(), "mjpeg")?;
        Ok(Self(encoder))
    }

    pub(crate) fn send(&mut self, frame: Option<&Frame>) -> Result<(), MediaError> {
        self.0.send(frame)
    }

    pub(crate) fn receive(&mut self, packet: &mut Packet) -> Result<Next, MediaError> {
        self.0.receive(packet)
    }

    pub(crate) fn params(&self) -> Result<Params, MediaError> {
        self.0.params()
    }
}

/// A sound encoder.
pub(crate) struct AudioEncoder(Encoder);

impl AudioEncoder {
    /// Opens encoder `name` (`aac`, `pcm_s24le` …) for sound of this format.
    pub(crate) fn open(name: &str, format: &AudioFormat, bit_rate: Option<u64>) -> Result<Self, MediaError> {
        let (mut encoder, codec) = Encoder::allocate(name)?;
        let refuse = |what: &str| MediaError::new(MediaCode::Refused, format!("unknown {what}"));
        // SAFETY: allocated context that is not open yet.
        let raw = unsafe { &mut *encoder.0 };
        raw.sample_rate = i32::try_from(format.sample_rate).map_err(|_| refuse("sample rate"))?;
        raw.sample_fmt = format.sample_format_raw().ok_or_else(|| refuse("sample format"))?;
        raw.time_base = ffi::AVRational { num: 1, den: raw.sample_rate };
        format.write_layout(&mut raw.ch_layout).ok_or_else(|| refuse("channel layout"))?;
        if let Some(rate) = bit_rate {
            raw.bit_rate = i64::try_from(rate).unwrap_or(0);
        }
        raw.thread_count = 1;
        if name == "pcm_s24le" {
            raw.bits_per_raw_sample = 24;
        }
        encoder.open(codec, &mut Dict::new(), name)?;
        Ok(Self(encoder))
    }

    pub(crate) fn send(&mut self, frame: Option<&Frame>) -> Result<(), MediaError> {
        self.0.send(frame)
    }

    pub(crate) fn receive(&mut self, packet: &mut Packet) -> Result<Next, MediaError> {
        self.0.receive(packet)
    }

    pub(crate) fn params(&self) -> Result<Params, MediaError> {
        self.0.params()
    }

    /// Samples per frame that the encoder wants; 0: any number.
    pub(crate) fn frame_size(&self) -> usize {
        // SAFETY: open context.
        usize::try_from(unsafe { (*self.0.0).frame_size }).unwrap_or(0)
    }

    /// Samples of priming in front of the first packet.
    pub(crate) fn initial_padding(&self) -> u32 {
        // SAFETY: open context.
        u32::try_from(unsafe { (*self.0.0).initial_padding }).unwrap_or(0)
    }
}
