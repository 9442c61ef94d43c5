//! Decoders.

use std::ptr;

use ffmpeg_next::ffi;

use super::{Dict, Fault, Frame, Next, Packet, Params};
use crate::types::{MediaCode, MediaError, Ratio};

/// An open decoder.
pub(crate) struct Decoder(*mut ffi::AVCodecContext);

impl Decoder {
    /// Opens the decoder for these parameters; `time_base` is that of the packets.
    pub(crate) fn open(params: &Params, time_base: Ratio, threads: u32) -> Result<Self, MediaError> {
        // SAFETY: look-up by number.
        let codec = unsafe { ffi::avcodec_find_decoder(params.raw().codec_id) };
        if codec.is_null() {
            let name = params.codec();
            return Err(MediaError::new(
                MediaCode::Unsupported,
                format!("no decoder for {name} in this build"),
            ));
        }
        // SAFETY: allocation; a null result is caught below.
        let decoder = Self(unsafe { ffi::avcodec_alloc_context3(codec) });
        assert!(!decoder.0.is_null(), "out of memory for a decoder");
        // SAFETY: both are valid.
        let copied = unsafe { ffi::avcodec_parameters_to_context(decoder.0, params.0) };
        Fault::check(copied).map_err(|f| f.during("preparing the decoder", MediaCode::Damaged))?;
        let mut options = Dict::new();
        options.set("threads", &threads.to_string());
        // SAFETY: allocated context.
        unsafe { (*decoder.0).pkt_timebase = time_base.into() };
        // SAFETY: allocated context, matching codec.
        let opened = unsafe { ffi::avcodec_open2(decoder.0, codec, options.as_mut()) };
        Fault::check(opened).map_err(|f| f.during("opening the decoder", MediaCode::Unsupported))?;
        Ok(decoder)
    }

    /// Puts a packet in; `None` marks the end. `false`: take frames first, then put it in again.
    pub(crate) fn send(&mut self, packet: Option<&Packet>) -> Result<bool, Fault> {
        // SAFETY: open decoder, valid packet or null.
        let result =
            unsafe { ffi::avcodec_send_packet(self.0, packet.map_or(ptr::null(), |p| p.0.cast_const())) };
        Ok(Fault::step(result)? != Next::More)
    }

    /// Takes a frame out.
    pub(crate) fn receive(&mut self, frame: &mut Frame) -> Result<Next, Fault> {
        // SAFETY: open decoder, valid frame.
        Fault::step(unsafe { ffi::avcodec_receive_frame(self.0, frame.0) })
    }

    /// Forgets everything, after a seek.
    pub(crate) fn flush(&mut self) {
        // SAFETY: open decoder.
        unsafe { ffi::avcodec_flush_buffers(self.0) };
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: frees what this owner holds.
        unsafe { ffi::avcodec_free_context(&raw mut self.0) };
    }
}
