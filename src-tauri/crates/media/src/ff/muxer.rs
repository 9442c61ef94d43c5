//! Muxers.

use std::{ffi::CString, path::Path, ptr};

use ffmpeg_next::ffi;

use super::{Dict, Fault, Packet, Params, SideData, input::url_of};
use crate::types::{MediaCode, MediaError, Ratio};

/// A file being written.
pub(crate) struct Muxer {
    context: *mut ffi::AVFormatContext,
    options: Dict,
    header: bool,
}

impl Muxer {
    /// Creates a file of this format (`mp4`, `mov`); nothing is written before [`Self::start`].
    pub(crate) fn create(format: &str, path: &Path) -> Result<Self, MediaError> {
        let url = url_of(path)?;
        let name =
            CString::new(format).map_err(|_| MediaError::new(MediaCode::Internal, "NUL in a format name"))?;
        let mut context = ptr::null_mut();
        // SAFETY: both strings are valid for the call.
        let made = unsafe {
            ffi::avformat_alloc_output_context2(&raw mut context, ptr::null(), name.as_ptr(), url.as_ptr())
        };
        Fault::check(made)
            .map_err(|f| f.during(&format!("preparing the {format} file"), MediaCode::Unsupported))?;
        let muxer = Self { context, options: Dict::new(), header: false };
        // SAFETY: fresh context without I/O.
        let opened =
            unsafe { ffi::avio_open(&raw mut (*context).pb, url.as_ptr(), ffi::AVIO_FLAG_WRITE as i32) };
        Fault::check(opened).map_err(|f| f.during("creating the file", MediaCode::Io))?;
        Ok(muxer)
    }

    /// Sets a muxer option.
    pub(crate) fn option(&mut self, key: &str, value: &str) {
        self.options.set(key, value);
    }

    /// Adds a stream; returns its number.
    pub(crate) fn add(&mut self, params: &Params, time_base: Ratio) -> Result<usize, MediaError> {
        // SAFETY: valid context; the stream belongs to it.
        unsafe {
            let stream = ffi::avformat_new_stream(self.context, ptr::null());
            assert!(!stream.is_null(), "out of memory for a stream");
            let copied = ffi::avcodec_parameters_copy((*stream).codecpar, params.0);
            Fault::check(copied).map_err(|f| f.during("describing a stream", MediaCode::Internal))?;
            (*stream).time_base = time_base.into();
            (*stream).sample_aspect_ratio = (*params.0).sample_aspect_ratio;
            Ok(usize::try_from((*stream).index).unwrap_or(0))
        }
    }

    fn stream_mut(&mut self, stream: usize) -> &mut ffi::AVStream {
        // SAFETY: stream numbers come from `add`.
        unsafe { &mut **(*self.context).streams.add(stream) }
    }

    /// Frame rate as header information.
    pub(crate) fn rate(&mut self, stream: usize, rate: Ratio) {
        let stream = self.stream_mut(stream);
        stream.avg_frame_rate = rate.into();
        stream.r_frame_rate = rate.into();
    }

    /// Marks a stream as the default of its kind.
    pub(crate) fn mark_default(&mut self, stream: usize) {
        self.stream_mut(stream).disposition |= ffi::AV_DISPOSITION_DEFAULT as i32;
    }

    /// A tag of a stream (`language`, `timecode` …).
    pub(crate) fn stream_tag(&mut self, stream: usize, key: &str, value: &str) {
        if let (Ok(key), Ok(value)) = (CString::new(key), CString::new(value)) {
            let metadata = &raw mut self.stream_mut(stream).metadata;
            // SAFETY: strings are copied.
            unsafe { ffi::av_dict_set(metadata, key.as_ptr(), value.as_ptr(), 0) };
        }
    }

    /// A tag of the file.
    pub(crate) fn tag(&mut self, key: &str, value: &str) {
        if let (Ok(key), Ok(value)) = (CString::new(key), CString::new(value)) {
            // SAFETY: valid context; strings are copied.
            unsafe { ffi::av_dict_set(&raw mut (*self.context).metadata, key.as_ptr(), value.as_ptr(), 0) };
        }
    }

    /// Stream-wide side data (display matrix, HDR).
    pub(crate) fn side_data(&mut self, stream: usize, side: &SideData) {
        let stream = self.stream_mut(stream);
        // SAFETY: the returned buffer holds as many bytes as asked for.
        unsafe {
            let target = ffi::av_stream_new_side_data(stream, side.kind, side.data.len());
            if !target.is_null() {
                ptr::copy_nonoverlapping(side.data.as_ptr(), target, side.data.len());
            }
        }
    }

    /// Adds a chapter (times in ms).
    pub(crate) fn chapter(&mut self, id: i64, start_ms: i64, end_ms: i64, title: &str) {
        // SAFETY: allocated with FFmpeg's allocator and handed to the context, which frees it.
        unsafe {
            let chapter = ffi::av_mallocz(size_of::<ffi::AVChapter>()).cast::<ffi::AVChapter>();
            assert!(!chapter.is_null(), "out of memory for a chapter");
            (*chapter).id = id;
            (*chapter).time_base = ffi::AVRational { num: 1, den: 1000 };
            (*chapter).start = start_ms;
            (*chapter).end = end_ms;
            let mut tags = Dict::new();
            tags.set("title", title);
            (*chapter).metadata = tags.release();
            let context = &mut *self.context;
            let count = context.nb_chapters as usize;
            let list =
                ffi::av_realloc_array(context.chapters.cast(), count + 1, size_of::<*mut ffi::AVChapter>())
                    .cast::<*mut ffi::AVChapter>();
            assert!(!list.is_null(), "out of memory for a chapter");
            *list.add(count) = chapter;
            context.chapters = list;
            context.nb_chapters += 1;
        }
    }

    /// Writes the header. Options that the muxer does not know are an error.
    pub(crate) fn start(&mut self) -> Result<(), MediaError> {
        // SAFETY: valid context with open I/O.
        let written = unsafe { ffi::avformat_write_header(self.context, self.options.as_mut()) };
        Fault::check(written).map_err(|f| f.during("writing the header", MediaCode::Refused))?;
        self.header = true;
        self.options.all_used("the muxer")
    }

    /// Timebase that the muxer chose for a stream; packets must be in it.
    pub(crate) fn time_base(&self, stream: usize) -> Ratio {
        // SAFETY: stream numbers come from `add`.
        unsafe { (**(*self.context).streams.add(stream)).time_base }.into()
    }

    /// Writes a packet; the caller interleaves.
    pub(crate) fn write(&mut self, packet: &mut Packet) -> Result<(), MediaError> {
        // SAFETY: header written, valid packet.
        let written = unsafe { ffi::av_write_frame(self.context, packet.0) };
        Fault::check(written).map(|_| ()).map_err(|f| f.during("writing", MediaCode::Io))
    }

    /// Ends the current fragment (fragmented MP4 with custom fragments).
    pub(crate) fn flush(&mut self) -> Result<(), MediaError> {
        // SAFETY: header written; null flushes.
        let flushed = unsafe { ffi::av_write_frame(self.context, ptr::null_mut()) };
        Fault::check(flushed).map_err(|f| f.during("writing", MediaCode::Io))?;
        // SAFETY: open I/O.
        unsafe { ffi::avio_flush((*self.context).pb) };
        self.io_error()
    }

    /// Bytes written so far.
    pub(crate) fn position(&self) -> u64 {
        // SAFETY: open I/O; seeking by 0 from the current position tells it.
        u64::try_from(unsafe { ffi::avio_seek((*self.context).pb, 0, 1) }).unwrap_or(0)
    }

    fn io_error(&self) -> Result<(), MediaError> {
        // SAFETY: open I/O.
        let error = unsafe { (*(*self.context).pb).error };
        Fault::check(error).map(|_| ()).map_err(|f| f.during("writing", MediaCode::Io))
    }

    /// Writes the trailer and closes the file; the caller syncs it.
    pub(crate) fn finish(mut self) -> Result<(), MediaError> {
        // SAFETY: header written.
        let written = unsafe { ffi::av_write_trailer(self.context) };
        self.header = false;
        Fault::check(written).map_err(|f| f.during("writing the index", MediaCode::Io))?;
        self.io_error()?;
        // SAFETY: open I/O, closed once; the pointer is nulled.
        let closed = unsafe { ffi::avio_closep(&raw mut (*self.context).pb) };
        Fault::check(closed).map(|_| ()).map_err(|f| f.during("closing the file", MediaCode::Io))
    }
}

impl Drop for Muxer {
    fn drop(&mut self) {
        // SAFETY: closes I/O that is still open and frees the context. The trailer is not written:
        // an unfinished file stays unreadable on purpose.
        unsafe {
            if !(*self.context).pb.is_null() {
                ffi::avio_closep(&raw mut (*self.context).pb);
            }
            ffi::avformat_free_context(self.context);
        }
    }
}
