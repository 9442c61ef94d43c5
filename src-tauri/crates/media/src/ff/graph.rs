//! Filter graphs: one input, one output, a chain of filters between.

use std::{ffi::CString, ptr};

use ffmpeg_next::ffi;

use super::{Fault, Frame, Next, names, params::set_layout};
use crate::types::{MediaCode, MediaError, Ratio};

/// What a picture graph is fed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VideoFormat {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixel_format: String,
    pub(crate) time_base: Ratio,
    pub(crate) sample_aspect: Ratio,
}

/// Sound as frames carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AudioFormat {
    pub(crate) sample_rate: u32,
    /// E.g. `fltp`.
    pub(crate) sample_format: String,
    /// E.g. `5.1(side)`.
    pub(crate) layout: String,
}

impl AudioFormat {
    pub(super) fn sample_format_raw(&self) -> Option<ffi::AVSampleFormat> {
        let name = CString::new(self.sample_format.as_str()).ok()?;
        // SAFETY: the name is a valid C string for the duration of the call.
        let format = unsafe { ffi::av_get_sample_fmt(name.as_ptr()) };
        (format != ffi::AVSampleFormat::AV_SAMPLE_FMT_NONE).then_some(format)
    }

    pub(super) fn write_layout(&self, target: &mut ffi::AVChannelLayout) -> Option<()> {
        set_layout(target, &self.layout)
    }
}

/// An open filter graph.
pub(crate) struct Graph {
    raw: *mut ffi::AVFilterGraph,
    source: *mut ffi::AVFilterContext,
    sink: *mut ffi::AVFilterContext,
}

impl Graph {
    /// Builds `buffer → chain → buffersink` for pictures; `chain` is FFmpeg's filter syntax.
    pub(crate) fn video(format: &VideoFormat, chain: &str) -> Result<Self, MediaError> {
        let pixel = names::find_pixel_format(&format.pixel_format)
            .ok_or_else(|| MediaError::new(MediaCode::Unsupported, "unknown pixel format"))?;
        let aspect = if format.sample_aspect.num > 0 { format.sample_aspect } else { Ratio::new(0, 1) };
        let arguments = format!(
            "video_size={}x{}:pix_fmt={}:time_base={}/{}:pixel_aspect={}/{}",
            format.width,
            format.height,
            pixel as i32,
            format.time_base.num,
            format.time_base.den,
            aspect.num,
            aspect.den,
        );
        Self::build("buffer", &arguments, "buffersink", chain)
    }

    /// Builds `abuffer → chain → abuffersink` for sound.
    pub(crate) fn audio(format: &AudioFormat, chain: &str) -> Result<Self, MediaError> {
        let arguments = format!(
            "sample_rate={0}:sample_fmt={1}:channel_layout={2}:time_base=1/{0}",
            format.sample_rate, format.sample_format, format.layout
        );
        Self::build("abuffer", &arguments, "abuffersink", chain)
    }

    /// Builds a graph whose filters make the pictures themselves; nothing can be put in.
    pub(crate) fn video_source(chain: &str) -> Result<Self, MediaError> {
        let mut built = Self::empty();
        built.sink = built.add("buffersink", "out", None)?;
        built.configured(chain)
    }

    /// Builds a graph whose filters make the sound themselves; nothing can be put in.
    pub(crate) fn audio_source(chain: &str) -> Result<Self, MediaError> {
        let mut built = Self::empty();
        built.sink = built.add("abuffersink", "out", None)?;
        built.configured(chain)
    }

    fn build(source: &str, arguments: &str, sink: &str, chain: &str) -> Result<Self, MediaError> {
        let mut built = Self::empty();
        built.source = built.add(source, "in", Some(arguments))?;
        built.sink = built.add(sink, "out", None)?;
        built.configured(chain)
    }

    fn empty() -> Self {
        // SAFETY: allocation; a null result is caught below.
        let graph = unsafe { ffi::avfilter_graph_alloc() };
        assert!(!graph.is_null(), "out of memory for a filter graph");
        // SAFETY: valid graph. One thread: segments are the unit of parallelism.
        unsafe { (*graph).nb_threads = 1 };
        Self { raw: graph, source: ptr::null_mut(), sink: ptr::null_mut() }
    }

    fn configured(mut self, chain: &str) -> Result<Self, MediaError> {
        self.parse(chain)?;
        // SAFETY: valid graph.
        let configured = unsafe { ffi::avfilter_graph_config(self.raw, ptr::null_mut()) };
        Fault::check(configured)
            .map_err(|f| f.during(&format!("building the filters {chain}"), MediaCode::Refused))?;
        Ok(self)
    }

    fn add(
        &mut self,
        filter: &str,
        name: &str,
        arguments: Option<&str>,
    ) -> Result<*mut ffi::AVFilterContext, MediaError> {
        let c =
            |t: &str| CString::new(t).map_err(|_| MediaError::new(MediaCode::Internal, "NUL in a filter"));
        let (filter_c, name_c) = (c(filter)?, c(name)?);
        let arguments = arguments.map(c).transpose()?;
        let mut context = ptr::null_mut();
        // SAFETY: all strings are valid for the call; the graph owns the new context.
        let created = unsafe {
            ffi::avfilter_graph_create_filter(
                &raw mut context,
                ffi::avfilter_get_by_name(filter_c.as_ptr()),
                name_c.as_ptr(),
                arguments.as_ref().map_or(ptr::null(), |a| a.as_ptr()),
                ptr::null_mut(),
                self.raw,
            )
        };
        Fault::check(created)
            .map_err(|f| f.during(&format!("making the filter {filter}"), MediaCode::Refused))?;
        Ok(context)
    }

    fn parse(&mut self, chain: &str) -> Result<(), MediaError> {
        let chain_c =
            CString::new(chain).map_err(|_| MediaError::new(MediaCode::Internal, "NUL in a filter chain"))?;
        // SAFETY: in/out structures are allocated here and freed by the parser or below; labels are
        // copies made with FFmpeg's allocator.
        let parsed = unsafe {
            let mut outputs = ptr::null_mut();
            if !self.source.is_null() {
                outputs = ffi::avfilter_inout_alloc();
                assert!(!outputs.is_null(), "out of memory for a filter graph");
                (*outputs).name = ffi::av_strdup(c"in".as_ptr());
                (*outputs).filter_ctx = self.source;
                (*outputs).pad_idx = 0;
                (*outputs).next = ptr::null_mut();
            }
            let mut inputs = ffi::avfilter_inout_alloc();
            assert!(!inputs.is_null(), "out of memory for a filter graph");
            (*inputs).name = ffi::av_strdup(c"out".as_ptr());
            (*inputs).filter_ctx = self.sink;
            (*inputs).pad_idx = 0;
            (*inputs).next = ptr::null_mut();
            let parsed = ffi::avfilter_graph_parse_ptr(
                self.raw,
                chain_c.as_ptr(),
                &raw mut inputs,
                &raw mut outputs,
                ptr::null_mut(),
            );
            ffi::avfilter_inout_free(&raw mut inputs);
            ffi::avfilter_inout_free(&raw mut outputs);
            parsed
        };
        Fault::check(parsed)
            .map(|_| ())
            .map_err(|f| f.during(&format!("reading the filters {chain}"), MediaCode::Refused))
    }

    /// Puts a frame in (it is referenced, not moved); `None` marks the end.
    pub(crate) fn send(&mut self, frame: Option<&Frame>) -> Result<(), MediaError> {
        let keep = ffi::AV_BUFFERSRC_FLAG_KEEP_REF as i32;
        // SAFETY: configured graph; with the keep flag the frame stays ours.
        let result = unsafe {
            ffi::av_buffersrc_add_frame_flags(self.source, frame.map_or(ptr::null_mut(), |f| f.0), keep)
        };
        Fault::check(result).map(|_| ()).map_err(|f| f.during("filtering", MediaCode::Internal))
    }

    /// Takes a frame out.
    pub(crate) fn receive(&mut self, frame: &mut Frame) -> Result<Next, MediaError> {
        frame.clear();
        // SAFETY: configured graph, valid frame.
        let result = unsafe { ffi::av_buffersink_get_frame(self.sink, frame.0) };
        Fault::step(result).map_err(|f| f.during("filtering", MediaCode::Internal))
    }

    /// Timebase of the frames that come out.
    pub(crate) fn time_base(&self) -> Ratio {
        // SAFETY: configured graph.
        unsafe { ffi::av_buffersink_get_time_base(self.sink) }.into()
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        // SAFETY: frees the graph with all its filters.
        unsafe { ffi::avfilter_graph_free(&raw mut self.raw) };
    }
}
