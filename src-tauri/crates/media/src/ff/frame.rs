//! Decoded pictures and sound.

use ffmpeg_next::ffi;

use super::{NO_TIME, names};
use crate::types::{ColorTags, Hdr, Ratio};

/// An owned `AVFrame`.
#[derive(Debug)]
pub(crate) struct Frame(pub(super) *mut ffi::AVFrame);

impl Frame {
    pub(crate) fn new() -> Self {
        // SAFETY: allocation; a null result is caught below.
        let frame = unsafe { ffi::av_frame_alloc() };
        assert!(!frame.is_null(), "out of memory for a frame header");
        Self(frame)
    }

    pub(crate) fn clear(&mut self) {
        // SAFETY: valid frame.
        unsafe { ffi::av_frame_unref(self.0) };
    }

    fn raw(&self) -> &ffi::AVFrame {
        // SAFETY: never null, owned by self.
        unsafe { &*self.0 }
    }

    fn raw_mut(&mut self) -> &mut ffi::AVFrame {
        // SAFETY: never null, owned by self.
        unsafe { &mut *self.0 }
    }

    /// The decoder's best idea of the presentation time.
    pub(crate) fn best_effort_pts(&self) -> Option<i64> {
        Some(self.raw().best_effort_timestamp).filter(|t| *t != NO_TIME)
    }

    pub(crate) fn pts(&self) -> Option<i64> {
        Some(self.raw().pts).filter(|t| *t != NO_TIME)
    }

    pub(crate) fn set_pts(&mut self, pts: i64) {
        self.raw_mut().pts = pts;
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
        self.raw().sample_aspect_ratio.into()
    }

    pub(crate) fn is_key(&self) -> bool {
        self.raw().key_frame != 0
    }

    pub(crate) fn is_interlaced(&self) -> bool {
        self.raw().interlaced_frame != 0
    }

    pub(crate) fn is_top_first(&self) -> bool {
        self.raw().top_field_first != 0
    }

    /// Flags a picture as fields or frames for the encoder.
    pub(crate) fn set_fields(&mut self, interlaced: bool, top_first: bool) {
        let raw = self.raw_mut();
        raw.interlaced_frame = i32::from(interlaced);
        raw.top_field_first = i32::from(interlaced && top_first);
    }

    /// The decoder met errors in this frame.
    pub(crate) fn is_damaged(&self) -> bool {
        let raw = self.raw();
        raw.flags & ffi::AV_FRAME_FLAG_CORRUPT as i32 != 0 || raw.decode_error_flags != 0
    }

    /// Lets the encoder choose the picture type, instead of repeating the source's.
    pub(crate) fn reset_picture_type(&mut self) {
        self.raw_mut().pict_type = ffi::AVPictureType::AV_PICTURE_TYPE_NONE;
    }

    /// Quality for an encoder with a fixed one, from 2 (best) to 31.
    pub(crate) fn set_quality(&mut self, quality: u8) {
        self.raw_mut().quality = i32::from(quality) * ffi::FF_QP2LAMBDA as i32;
    }

    pub(crate) fn samples(&self) -> usize {
        usize::try_from(self.raw().nb_samples).unwrap_or(0)
    }

    pub(crate) fn sample_rate(&self) -> u32 {
        u32::try_from(self.raw().sample_rate).unwrap_or(0)
    }

    pub(crate) fn channels(&self) -> u32 {
        u32::try_from(self.raw().ch_layout.nb_channels).unwrap_or(0)
    }

    /// Channel layout by FFmpeg's description, e.g. `stereo`; channels without a known order become
    /// the default layout of their number.
    pub(crate) fn layout(&self) -> String {
        super::params::layout_name(&self.raw().ch_layout)
    }

    pub(crate) fn sample_format(&self) -> Option<String> {
        // SAFETY: for sound the format field holds a sample format; returns a static string.
        super::text(unsafe {
            ffi::av_get_sample_fmt_name(std::mem::transmute::<i32, ffi::AVSampleFormat>(self.raw().format))
        })
    }

    /// The samples of one plane as `f32`; only for packed or planar float frames.
    pub(crate) fn plane_f32(&self, plane: usize, len: usize) -> &[f32] {
        let raw = self.raw();
        // SAFETY: extended_data holds one pointer per plane; the caller's length is bounded by the
        // frame's own buffer size for that plane.
        unsafe {
            let pointer = *raw.extended_data.add(plane);
            let bytes = usize::try_from(raw.linesize[0]).unwrap_or(0);
            std::slice::from_raw_parts(pointer.cast::<f32>(), len.min(bytes / 4))
        }
    }

    /// As [`Self::plane_f32`], for writing.
    pub(crate) fn plane_f32_mut(&mut self, plane: usize, len: usize) -> &mut [f32] {
        let raw = self.raw_mut();
        // SAFETY: as plane_f32; the frame is writable because the caller made it so.
        unsafe {
            let pointer = *raw.extended_data.add(plane);
            let bytes = usize::try_from(raw.linesize[0]).unwrap_or(0);
            std::slice::from_raw_parts_mut(pointer.cast::<f32>(), len.min(bytes / 4))
        }
    }

    /// A sound frame with room for `samples` samples; contents undefined.
    pub(crate) fn sound(format: &super::AudioFormat, samples: usize) -> Option<Self> {
        let mut frame = Self::new();
        let raw = frame.raw_mut();
        raw.nb_samples = i32::try_from(samples).ok()?;
        raw.sample_rate = i32::try_from(format.sample_rate).ok()?;
        raw.format = format.sample_format_raw()? as i32;
        format.write_layout(&mut raw.ch_layout)?;
        // SAFETY: format, layout and sample count are set.
        (unsafe { ffi::av_frame_get_buffer(frame.0, 0) } >= 0).then_some(frame)
    }

    /// As [`Self::plane_bytes`], for writing.
    pub(crate) fn plane_bytes_mut(&mut self, plane: usize, len: usize) -> &mut [u8] {
        let raw = self.raw_mut();
        // SAFETY: as plane_f32_mut.
        unsafe {
            let pointer = *raw.extended_data.add(plane);
            let bytes = usize::try_from(raw.linesize[0]).unwrap_or(0);
            std::slice::from_raw_parts_mut(pointer, len.min(bytes))
        }
    }

    /// Bytes of one line of a picture plane.
    pub(crate) fn line(&self, plane: usize, line: usize, len: usize) -> &[u8] {
        let raw = self.raw();
        // SAFETY: the caller stays inside the picture's planes and lines; the length is bounded by
        // the line size.
        unsafe {
            let stride = isize::try_from(raw.linesize[plane]).unwrap_or(0);
            let start = raw.data[plane].offset(stride * isize::try_from(line).unwrap_or(0));
            std::slice::from_raw_parts(start, len.min(stride.unsigned_abs()))
        }
    }

    pub(crate) fn color(&self) -> ColorTags {
        let raw = self.raw();
        ColorTags {
            primaries: names::primaries(raw.color_primaries),
            transfer: names::transfer(raw.color_trc),
            matrix: names::matrix(raw.colorspace),
            range: names::range(raw.color_range),
            chroma_location: names::chroma(raw.chroma_location),
        }
    }

    /// Writes tags; values that are not named stay as they are.
    pub(crate) fn set_color(&mut self, tags: &ColorTags) {
        let raw = self.raw_mut();
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
    }

    fn side(&self, kind: ffi::AVFrameSideDataType) -> Option<&[u8]> {
        // SAFETY: the returned side data belongs to the frame and has size bytes.
        unsafe {
            let side = ffi::av_frame_get_side_data(self.0, kind);
            (!side.is_null()).then(|| std::slice::from_raw_parts((*side).data, (*side).size))
        }
    }

    pub(crate) fn has_captions(&self) -> bool {
        self.side(ffi::AVFrameSideDataType::AV_FRAME_DATA_A53_CC).is_some_and(|cc| !cc.is_empty())
    }

    pub(crate) fn drop_captions(&mut self) {
        // SAFETY: valid frame.
        unsafe { ffi::av_frame_remove_side_data(self.0, ffi::AVFrameSideDataType::AV_FRAME_DATA_A53_CC) };
    }

    /// Static HDR metadata on the frame.
    pub(crate) fn hdr(&self) -> Option<Hdr> {
        let mastering = self.side(ffi::AVFrameSideDataType::AV_FRAME_DATA_MASTERING_DISPLAY_METADATA);
        let light = self.side(ffi::AVFrameSideDataType::AV_FRAME_DATA_CONTENT_LIGHT_LEVEL);
        let dolby = self.side(ffi::AVFrameSideDataType::AV_FRAME_DATA_DOVI_METADATA).is_some();
        super::side::hdr_from(mastering, light, dolby)
    }

    /// A second reference to the same picture.
    pub(crate) fn share(&self) -> Self {
        let copy = Self::new();
        // SAFETY: counts a reference to the same buffers.
        unsafe { ffi::av_frame_ref(copy.0, self.0) };
        copy
    }

    /// Leaves out columns and rows on the right and at the bottom, without copying.
    pub(crate) fn crop_to(&mut self, width: u32, height: u32) {
        let raw = self.raw_mut();
        raw.width = raw.width.min(i32::try_from(width).unwrap_or(i32::MAX));
        raw.height = raw.height.min(i32::try_from(height).unwrap_or(i32::MAX));
    }

    pub(crate) fn set_sample_aspect(&mut self, aspect: Ratio) {
        self.raw_mut().sample_aspect_ratio = aspect.into();
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        // SAFETY: frees what this owner holds.
        unsafe { ffi::av_frame_free(&raw mut self.0) };
    }
}
