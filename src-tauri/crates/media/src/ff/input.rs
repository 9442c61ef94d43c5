//! Opening and reading files, with allow-lists for protocols and demuxers.

use std::{ffi::CString, path::Path, ptr};

use ffmpeg_next::ffi;

use super::{
    ChainReader, Dict, Fault, NO_TIME, Next, Packet, Params, SideData, io::Custom, side::hdr_from, text,
};
use crate::types::{Hdr, MediaCode, MediaError, Ratio};

/// Demuxers that may open a source. Left out on purpose: everything that can point to other files or
/// hosts (hls, dash, concat, sdp, rtsp, image2, lavfi) and text-only formats.
const DEMUXERS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,mxf,avi,dv,h264,hevc,m4v,\
mpegvideo,flv,wav,w64,aiff,caf,mp3,aac,ac3,eac3,dts,flac,ogg,gxf,asf,ivf,yuv4mpegpipe,nut,dnxhd,vc1,\
obu,av1,mpegtsraw";

/// An open file.
pub(crate) struct Input {
    context: *mut ffi::AVFormatContext,
    /// Freed after the context that reads through it.
    _custom: Option<Custom>,
}

/// A stream of an open file.
#[derive(Clone, Copy)]
pub(crate) struct StreamRef<'a> {
    raw: &'a ffi::AVStream,
}

impl Input {
    /// Opens a local file. Streams are known from headers and a first look at the media.
    pub(crate) fn open(path: &Path) -> Result<Self, MediaError> {
        let url = url_of(path)?;
        Self::open_with(&url, None)
    }

    /// Opens files in order as if they were one.
    pub(crate) fn open_chain(reader: ChainReader) -> Result<Self, MediaError> {
        Self::open_with(c"chain.mp4", Some(Custom::new(reader)))
    }

    fn open_with(url: &std::ffi::CStr, custom: Option<Custom>) -> Result<Self, MediaError> {
        let mut options = Dict::new();
        options.set("protocol_whitelist", "file");
        options.set("format_whitelist", DEMUXERS);
        options.set("max_streams", "64");
        // SAFETY: allocation; a null result is caught below.
        let mut context = unsafe { ffi::avformat_alloc_context() };
        assert!(!context.is_null(), "out of memory for a demuxer");
        if let Some(custom) = &custom {
            // SAFETY: the reader outlives the context, which is closed first.
            unsafe {
                (*context).pb = custom.context;
            }
        }
        // SAFETY: valid pointers; on failure FFmpeg frees the context and nulls the pointer.
        let opened = unsafe {
            ffi::avformat_open_input(&raw mut context, url.as_ptr(), ptr::null(), options.as_mut())
        };
        Fault::check(opened).map_err(|f| f.during("opening the file", MediaCode::NotMedia))?;
        let input = Self { context, _custom: custom };
        options.all_used("the demuxer")?;
        // SAFETY: open context, no per-stream options.
        let found = unsafe { ffi::avformat_find_stream_info(input.context, ptr::null_mut()) };
        Fault::check(found).map_err(|f| f.during("reading the streams", MediaCode::NotMedia))?;
        Ok(input)
    }

    fn raw(&self) -> &ffi::AVFormatContext {
        // SAFETY: never null, owned by self.
        unsafe { &*self.context }
    }

    /// Demuxer name.
    pub(crate) fn format(&self) -> String {
        // SAFETY: an open context has an input format with a static name.
        text(unsafe { (*self.raw().iformat).name }).unwrap_or_default()
    }

    pub(crate) fn duration_us(&self) -> Option<i64> {
        Some(self.raw().duration).filter(|d| *d != NO_TIME && *d > 0)
    }

    /// Start of the earliest stream in µs.
    pub(crate) fn start_us(&self) -> Option<i64> {
        Some(self.raw().start_time).filter(|t| *t != NO_TIME)
    }

    pub(crate) fn chapters(&self) -> Vec<Chapter> {
        let raw = self.raw();
        (0..raw.nb_chapters as usize)
            // SAFETY: there are nb_chapters entries.
            .map(|n| unsafe {
                let chapter = &**raw.chapters.add(n);
                Chapter {
                    time_base: chapter.time_base.into(),
                    start: chapter.start,
                    end: chapter.end,
                    title: Dict::entries(chapter.metadata)
                        .into_iter()
                        .find(|(k, _)| k == "title")
                        .map(|(_, v)| v)
                        .unwrap_or_default(),
                }
            })
            .collect()
    }

    pub(crate) fn tags(&self) -> Vec<(String, String)> {
        Dict::entries(self.raw().metadata)
    }

    pub(crate) fn streams(&self) -> impl Iterator<Item = StreamRef<'_>> {
        let raw = self.raw();
        // SAFETY: there are nb_streams entries that live as long as the context.
        (0..raw.nb_streams as usize).map(move |n| StreamRef { raw: unsafe { &**raw.streams.add(n) } })
    }

    pub(crate) fn stream(&self, index: usize) -> Result<StreamRef<'_>, MediaError> {
        self.streams().nth(index).ok_or_else(|| {
            MediaError::new(MediaCode::SourceChanged, format!("stream {index} is not there any more"))
        })
    }

    /// Reads only these streams.
    pub(crate) fn select(&mut self, wanted: &[usize]) {
        let count = self.raw().nb_streams as usize;
        for n in 0..count {
            // SAFETY: there are nb_streams entries.
            unsafe {
                (**(*self.context).streams.add(n)).discard = if wanted.contains(&n) {
                    ffi::AVDiscard::AVDISCARD_DEFAULT
                } else {
                    ffi::AVDiscard::AVDISCARD_ALL
                };
            }
        }
    }

    /// Reads the next packet.
    pub(crate) fn read(&mut self, packet: &mut Packet) -> Result<Next, MediaError> {
        packet.clear();
        // SAFETY: open context, valid packet.
        let result = unsafe { ffi::av_read_frame(self.context, packet.0) };
        match Fault::step(result) {
            Ok(Next::More) => Err(MediaError::new(MediaCode::Io, "the file gave no data")),
            Ok(next) => Ok(next),
            // A demuxer that gives up midway has read what there is; what is missing shows in the count.
            Err(fault) if fault.0 == ffi::AVERROR_INVALIDDATA => Ok(Next::End),
            Err(fault) => Err(fault.during("reading", MediaCode::Io)),
        }
    }

    /// Goes to the keyframe at or before `time` (ticks of the stream).
    pub(crate) fn seek(&mut self, stream: usize, time: i64) -> bool {
        let index = i32::try_from(stream).unwrap_or(0);
        // SAFETY: open context.
        unsafe { ffi::av_seek_frame(self.context, index, time, ffi::AVSEEK_FLAG_BACKWARD as i32) >= 0 }
    }

    /// Goes to a place in the file; false where the format cannot start in the middle.
    pub(crate) fn seek_bytes(&mut self, at: u64) -> bool {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        // SAFETY: open context.
        unsafe { ffi::av_seek_frame(self.context, -1, at, ffi::AVSEEK_FLAG_BYTE as i32) >= 0 }
    }

    /// The demuxer's own table of a stream (sample table), in decoding order; empty when it has none.
    pub(crate) fn table(&self, stream: usize) -> Vec<TableEntry> {
        let Ok(stream) = self.stream(stream) else { return Vec::new() };
        let raw = ptr::from_ref(stream.raw);
        // SAFETY: valid stream; entries are copied before the next call.
        unsafe {
            let count = ffi::avformat_index_get_entries_count(raw);
            (0..count)
                .filter_map(|n| {
                    let entry = ffi::avformat_index_get_entry(raw.cast_mut(), n);
                    (!entry.is_null()).then(|| TableEntry { pos: (*entry).pos, size: (*entry).size() })
                })
                .collect()
        }
    }
}

/// A chapter.
#[derive(Debug, Clone)]
pub(crate) struct Chapter {
    pub(crate) time_base: Ratio,
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) title: String,
}

/// Where a sample lies in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TableEntry {
    pub(crate) pos: i64,
    pub(crate) size: i32,
}

impl StreamRef<'_> {
    pub(crate) fn index(&self) -> usize {
        usize::try_from(self.raw.index).unwrap_or(0)
    }

    pub(crate) fn params(&self) -> Params {
        Params::copy_of(self.raw.codecpar)
    }

    pub(crate) fn time_base(&self) -> Ratio {
        self.raw.time_base.into()
    }

    pub(crate) fn start(&self) -> Option<i64> {
        Some(self.raw.start_time).filter(|t| *t != NO_TIME)
    }

    pub(crate) fn duration(&self) -> Option<i64> {
        Some(self.raw.duration).filter(|t| *t != NO_TIME && *t > 0)
    }

    pub(crate) fn average_rate(&self) -> Option<Ratio> {
        positive(self.raw.avg_frame_rate.into())
    }

    pub(crate) fn nominal_rate(&self) -> Option<Ratio> {
        positive(self.raw.r_frame_rate.into())
    }

    pub(crate) fn is_cover_art(&self) -> bool {
        let art = ffi::AV_DISPOSITION_ATTACHED_PIC | ffi::AV_DISPOSITION_TIMED_THUMBNAILS;
        self.raw.disposition & art as i32 != 0
    }

    pub(crate) fn is_default(&self) -> bool {
        self.raw.disposition & ffi::AV_DISPOSITION_DEFAULT as i32 != 0
    }

    pub(crate) fn tags(&self) -> Vec<(String, String)> {
        Dict::entries(self.raw.metadata)
    }

    pub(crate) fn tag(&self, key: &str) -> Option<String> {
        self.tags().into_iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| v)
    }

    fn side(&self, kind: ffi::AVPacketSideDataType) -> Option<&[u8]> {
        let mut size = 0;
        // SAFETY: the data belongs to the stream and has size bytes.
        unsafe {
            let data = ffi::av_stream_get_side_data(self.raw, kind, &raw mut size);
            (!data.is_null()).then(|| std::slice::from_raw_parts(data, size))
        }
    }

    /// All side data of the stream.
    pub(crate) fn side_data(&self) -> Vec<SideData> {
        let count = usize::try_from(self.raw.nb_side_data).unwrap_or(0);
        (0..count)
            // SAFETY: there are nb_side_data entries, each with size bytes.
            .map(|n| unsafe {
                let entry = &*self.raw.side_data.add(n);
                SideData {
                    kind: entry.type_,
                    data: std::slice::from_raw_parts(entry.data, entry.size).to_vec(),
                }
            })
            .collect()
    }

    /// Clockwise turn for display in degrees, rounded to quarter turns.
    pub(crate) fn rotation(&self) -> u32 {
        let Some(bytes) = self.side(ffi::AVPacketSideDataType::AV_PKT_DATA_DISPLAYMATRIX) else { return 0 };
        if bytes.len() < 36 {
            return 0;
        }
        let mut matrix = [0i32; 9];
        for (n, chunk) in matrix.iter_mut().zip(bytes.chunks_exact(4)) {
            *n = i32::from_ne_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        }
        // SAFETY: nine elements. FFmpeg's angle is counter-clockwise.
        let angle = -unsafe { ffi::av_display_rotation_get(matrix.as_ptr()) };
        if !angle.is_finite() {
            return 0;
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 3 after rem_euclid")]
        let quarters = (angle / 90.0).round().rem_euclid(4.0) as u32;
        quarters * 90
    }

    pub(crate) fn hdr(&self) -> Option<Hdr> {
        hdr_from(
            self.side(ffi::AVPacketSideDataType::AV_PKT_DATA_MASTERING_DISPLAY_METADATA),
            self.side(ffi::AVPacketSideDataType::AV_PKT_DATA_CONTENT_LIGHT_LEVEL),
            self.side(ffi::AVPacketSideDataType::AV_PKT_DATA_DOVI_CONF).is_some(),
        )
    }

    /// The stream is marked as encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.side(ffi::AVPacketSideDataType::AV_PKT_DATA_ENCRYPTION_INIT_INFO).is_some()
    }
}

fn positive(rate: Ratio) -> Option<Ratio> {
    (rate.num > 0 && rate.den > 0).then_some(rate)
}

/// An absolute `file:` URL, so that no name can be taken for an option or a protocol.
pub(super) fn url_of(path: &Path) -> Result<CString, MediaError> {
    use std::os::unix::ffi::OsStrExt;
    let absolute = std::path::absolute(path)?;
    let mut url = b"file:".to_vec();
    url.extend_from_slice(absolute.as_os_str().as_bytes());
    CString::new(url).map_err(|_| MediaError::new(MediaCode::NotFound, "the name contains a NUL byte"))
}

impl Drop for Input {
    fn drop(&mut self) {
        // SAFETY: closes what this owner holds; a custom reader is freed afterwards.
        unsafe { ffi::avformat_close_input(&raw mut self.context) };
    }
}
