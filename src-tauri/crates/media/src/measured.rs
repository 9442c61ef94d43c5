//! What reading back a finished output shows; judged elsewhere.

use serde::{Deserialize, Serialize};

use crate::{
    task::FileInfo,
    types::{ColorTags, FieldOrder, Hdr, Ratio},
};

/// Facts about an output, measured from its packets and frames.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// `mp4`, `mov`, `hls`, or the demuxer's name for anything else.
    pub container: String,
    /// All files with sizes, hashes if asked for.
    pub files: Vec<FileInfo>,
    /// MP4/MOV: `moov` before `mdat`.
    pub moov_first: Option<bool>,
    /// MP4/MOV: number of tracks with an `elst` box.
    pub edit_lists: Option<u32>,
    /// Start timecode.
    pub timecode: Option<String>,
    /// Number of chapters.
    pub chapters: u32,
    /// Picture streams; one per rung for HLS, largest first.
    pub video: Vec<MeasuredVideo>,
    /// Audio streams; one per rendition for HLS.
    pub audio: Vec<MeasuredAudio>,
    /// HLS only.
    pub hls: Option<MeasuredHls>,
    /// Faults of structure, each one English sentence with its place; empty: none.
    pub faults: Vec<String>,
}

/// A picture stream, read back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredVideo {
    /// Rung id, or `video`.
    pub id: String,
    /// FFmpeg's codec name.
    pub codec: String,
    /// FFmpeg's profile name.
    pub profile: Option<String>,
    /// Level as the codec numbers it.
    pub level: Option<i32>,
    /// Four-character code.
    pub tag: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// FFmpeg's name.
    pub pixel_format: String,
    /// Sample aspect ratio.
    pub sample_aspect: Ratio,
    /// Clockwise rotation flag in degrees.
    pub rotation: u32,
    /// From the header and the first decoded frames.
    pub field_order: FieldOrder,
    /// Tags.
    pub color: ColorTags,
    /// HDR metadata.
    pub hdr: Option<Hdr>,
    /// CEA-608/708 seen in decoded frames.
    pub captions: bool,
    /// ISO 639-2 language.
    pub language: Option<String>,
    /// Track timebase in seconds.
    pub time_base: Ratio,
    /// Packets = frames.
    pub frames: u64,
    /// First presentation time after edit lists, in ticks.
    pub first: i64,
    /// End of the last frame, in ticks.
    pub end: i64,
    /// SHA-256 over the rising list of presentation times minus the first, as little-endian i64.
    pub times_sha256: String,
    /// Presentation times minus the first, in µs, when there are at most 20 000 frames.
    pub times_us: Vec<i64>,
    /// Presentation times strictly rise and no decode time falls.
    pub times_rise: bool,
    /// Evenly spaced to within a tick.
    pub constant_rate: Option<Ratio>,
    /// Average frames per second.
    pub average_rate: f64,
    /// Keyframe ordinals in presentation order.
    pub keyframes: Vec<u64>,
    /// Keyframes that are not IDR (open GOP); 0 for intra codecs.
    pub open_gops: u64,
    /// Longest distance of keyframes in frames.
    pub longest_gop: u64,
    /// Longest run of B-frames, from the reorder of timestamps; `None`: not established.
    pub b_frames: Option<u32>,
    /// Media bytes.
    pub bytes: u64,
    /// Average bit rate in bit/s.
    pub bit_rate: u64,
    /// Highest bit rate over any second, in bit/s.
    pub peak_bit_rate: u64,
    /// Frames decoded in the check.
    pub decoded: u64,
    /// Errors and damaged frames among them.
    pub decode_errors: u64,
    /// In-band parameter sets that differ from the header's.
    pub parameter_set_changes: u64,
}

/// An audio stream, read back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredAudio {
    /// Rendition id, or `audio1`, `audio2` …
    pub id: String,
    /// FFmpeg's codec name.
    pub codec: String,
    /// FFmpeg's profile name.
    pub profile: Option<String>,
    /// Hz.
    pub sample_rate: u32,
    /// Number of channels.
    pub channels: u32,
    /// FFmpeg's description.
    pub layout: String,
    /// ISO 639-2 language.
    pub language: Option<String>,
    /// First sample that a player presents, relative to the first picture frame, in samples.
    pub start_sample: i64,
    /// Samples per channel presented (edit list and priming applied).
    pub samples: u64,
    /// Samples per codec frame.
    pub frame_samples: u32,
    /// Timestamps strictly rise.
    pub times_rise: bool,
    /// Average bit rate in bit/s.
    pub bit_rate: u64,
    /// Integrated loudness in LUFS, if measured; `None` also for silence.
    pub lufs: Option<f64>,
    /// True peak in dBTP, if measured.
    pub true_peak_dbtp: Option<f64>,
    /// Decode errors, if decoded.
    pub decode_errors: u64,
}

/// An HLS folder, read back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MeasuredHls {
    /// Target duration in seconds, the largest of all playlists.
    pub target_seconds: u32,
    /// Longest segment in seconds.
    pub longest_segment_s: f64,
    /// All segments of all rungs start with an IDR.
    pub segments_start_idr: bool,
    /// Keyframes of all rungs stand at the same times.
    pub keyframes_aligned: bool,
    /// Rungs with an I-frame playlist.
    pub i_frame_playlists: u32,
    /// Per rung: id, declared BANDWIDTH, measured peak segment bit rate, declared AVERAGE-BANDWIDTH,
    /// measured average, all in bit/s and audio included.
    pub rungs: Vec<MeasuredRung>,
}

/// Declared against measured, for one rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredRung {
    /// Rung id.
    pub id: String,
    /// BANDWIDTH in bit/s.
    pub declared_peak: u64,
    /// AVERAGE-BANDWIDTH in bit/s.
    pub declared_average: u64,
    /// Highest segment bit rate, with the largest audio rendition, in bit/s.
    pub measured_peak: u64,
    /// Average bit rate, with the largest audio rendition, in bit/s.
    pub measured_average: u64,
    /// CODECS attribute.
    pub codecs: String,
}
