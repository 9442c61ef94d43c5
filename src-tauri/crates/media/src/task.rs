//! What a worker process can be asked to do, and what it answers. Everything here crosses a pipe.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use spillway_profile::{AudioCodec, VideoCodec};

use crate::{
    facts::Probe,
    measured::Measured,
    types::{ColorTags, FieldOrder, Hdr, MediaError, Ratio},
};

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "kebab-case")]
pub enum Task {
    /// Look into a file; optionally index the frames of its first picture stream.
    Inspect(InspectTask),
    /// Encode one range of frames for every rendition of an output.
    Segment(SegmentTask),
    /// Encode or copy one audio programme, whole.
    Audio(AudioTask),
    /// Join packet files (or copied source packets) into an MP4 or MOV file.
    Stitch(StitchTask),
    /// Join packet files into an HLS folder.
    Package(PackageTask),
    /// Read back a finished output.
    Measure(MeasureTask),
    /// Say whether a file is whole: its structure and its end are there.
    Complete(CompleteTask),
    /// Show one frame as a JPEG file.
    Picture(PictureTask),
    /// Make a sample master: a moving test picture with tones.
    Sample(SampleTask),
    /// Copy a stretch of the picture's packets into a file of its own, for an encoder elsewhere.
    Cut(CutTask),
    /// Turn what an encoder elsewhere made of a stretch into packet files, as [`Task::Segment`] leaves them.
    Receive(ReceiveTask),
    /// Tell which libraries, encoders and filters this build has.
    Doctor {},
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "done", rename_all = "kebab-case")]
pub enum Outcome {
    /// Of [`Task::Inspect`].
    Inspect(InspectDone),
    /// Of [`Task::Segment`] and [`Task::Receive`].
    Segment(SegmentDone),
    /// Of [`Task::Cut`].
    Cut(CutDone),
    /// Of [`Task::Audio`].
    Audio(AudioDone),
    /// Of [`Task::Stitch`], [`Task::Package`] and [`Task::Sample`].
    Files(FilesDone),
    /// Of [`Task::Measure`].
    Measure(Box<Measured>),
    /// Of [`Task::Complete`].
    Complete(Completeness),
    /// Of [`Task::Picture`].
    Picture(PictureDone),
    /// Of [`Task::Doctor`].
    Doctor {
        /// Libraries with versions.
        versions: Vec<(String, String)>,
        /// Encoders and filters that Spillway needs, and whether they are there.
        encoders: Vec<(String, bool)>,
    },
}

/// See [`Task::Inspect`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectTask {
    /// Absolute path.
    pub source: PathBuf,
    /// Where to write the frame index; `None`: probe only.
    pub index: Option<PathBuf>,
    /// How to find the frames.
    pub method: IndexMethod,
}

/// See [`Task::Complete`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompleteTask {
    /// Absolute path.
    pub source: PathBuf,
}

/// Whether a file that has stopped growing is all there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Completeness {
    /// Everything that its structure promises is there, and its end can be read.
    Whole,
    /// Something that its structure promises is missing: it will be looked at again.
    Incomplete {
        /// What is missing, one English sentence: `The index (moov) is missing: the copy stopped, or goes on.`
        why: String,
    },
    /// It is no media file that is opened here, whatever arrives of it yet.
    NotMedia {
        /// Why, one English sentence.
        why: String,
    },
}

/// How the frames of a source are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndexMethod {
    /// From packets (sample table or a demux pass) where the container can be trusted, else by decoding.
    #[default]
    Auto,
    /// By decoding everything once, first packet to last.
    Decode,
}

/// See [`Task::Inspect`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectDone {
    /// What the file holds.
    pub probe: Probe,
    /// What the index holds; `None` when none was asked for.
    pub index: Option<IndexSummary>,
}

/// Key figures of a frame index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndexSummary {
    /// How it was made in the end.
    pub method: IndexMethod,
    /// Frames.
    pub frames: u64,
    /// Keyframes among them.
    pub keyframes: u64,
    /// Time of the first frame, in ticks of the stream's timebase.
    pub first: i64,
    /// End of the last frame, in ticks.
    pub end: i64,
    /// The exact rate when frames are evenly spaced (to within a tick), `None`: variable.
    pub constant_rate: Option<Ratio>,
    /// Frames that the decoder flagged as damaged, or errors it reported. 0 unless decoded.
    pub damaged: u64,
    /// Times of the first damaged spots, in ms from the first frame; at most 20.
    pub damaged_at_ms: Vec<i64>,
}

/// See [`Task::Segment`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentTask {
    /// Absolute path of the source.
    pub source: PathBuf,
    /// Stream number of the picture.
    pub stream: usize,
    /// Frame schedule file of the output (see the `schedule` module).
    pub schedule: PathBuf,
    /// First output frame of this segment, as an ordinal in the schedule.
    pub first: u64,
    /// Number of output frames.
    pub count: u64,
    /// True: decode from the first packet and take frames by ordinal (damaged sources, one segment).
    pub linear: bool,
    /// What happens to the pixels before scaling.
    pub treatment: Treatment,
    /// What to encode; one decode feeds all.
    pub renditions: Vec<Rendition>,
    /// Threads for each encoder and for the decoder; the same for all segments of an output.
    pub threads: u32,
}

/// Pixel work shared by all renditions, in this order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Treatment {
    /// Deinterlace with bwdif, one frame per frame.
    pub deinterlace: Option<FieldOrder>,
    /// HDR to SDR BT.709 (zscale + tonemap), from this transfer (`smpte2084` or `arib-std-b67`).
    pub tone_map: Option<String>,
    /// Clockwise turn in degrees: 0, 90, 180, 270.
    pub rotate: u32,
    /// Colour of the source as decided by the plan (guesses filled in), for correct conversions.
    pub source_color: ColorTags,
}

/// One encoded picture stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rendition {
    /// Rung id, or the output id.
    pub id: String,
    /// Settings of the encoder, fully resolved.
    pub video: VideoSettings,
    /// Take every n-th frame of the schedule (1: all; 2: half the rate).
    pub every: u32,
    /// Packet file to write; written under a temporary name beside it, synced, renamed.
    pub out: PathBuf,
}

/// Fully resolved picture settings; nothing is left for the encoder to guess.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct VideoSettings {
    /// Compression.
    pub codec: VideoCodec,
    /// Codec profile by the encoder's option value, e.g. `high`, `main10`, `hq`.
    pub profile: Option<String>,
    /// Level, e.g. `4.1`.
    pub level: Option<String>,
    /// Encoder preset.
    pub preset: Option<String>,
    /// Encoder tuning.
    pub tune: Option<String>,
    /// FFmpeg's pixel format name.
    pub pixel_format: String,
    /// Scaled width in pixels, before the crop.
    pub scale_width: u32,
    /// Scaled height in pixels, before the crop.
    pub scale_height: u32,
    /// Encoded width in pixels (at most `scale_width`; the last columns are left out).
    pub width: u32,
    /// Encoded height in pixels (at most `scale_height`; the last rows are left out).
    pub height: u32,
    /// Sample aspect ratio to write.
    pub sample_aspect: Ratio,
    /// Timebase of encoder and track, in seconds: 1/rate for constant rates, else the source's.
    pub time_base: Ratio,
    /// Exact rate for constant output, `None` for variable.
    pub frame_rate: Option<Ratio>,
    /// Rate that header fields and rate control may assume, also for variable output.
    pub nominal_rate: Ratio,
    /// Longest keyframe distance in frames; 1: all intra.
    pub gop: u32,
    /// Keyframes only every `gop` frames from the segment's start.
    pub fixed_gop: bool,
    /// Most consecutive B-frames; `None`: encoder's choice.
    pub b_frames: Option<u32>,
    /// Rate factor; `None` for `ProRes`.
    pub crf: Option<f32>,
    /// Ceiling in kbit/s and VBV buffer in kbit.
    pub vbv: Option<(u32, u32)>,
    /// Tags to write.
    pub color: ColorTags,
    /// HDR metadata to write.
    pub hdr: Option<Hdr>,
    /// Fields or frames.
    pub field_order: FieldOrder,
}

/// See [`Task::Segment`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentDone {
    /// One per rendition, in the order asked.
    pub parts: Vec<PartInfo>,
    /// Frames that came out of the decoder flagged damaged, or decode errors.
    pub damaged: u64,
}

/// A finished packet file, with what is needed to trust it later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartInfo {
    /// Where it is.
    pub path: PathBuf,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Packets in it; for pictures: frames.
    pub packets: u64,
    /// SHA-256 of the codec's extradata, lower-case hex.
    pub extradata_sha256: String,
}

/// A point of the source's timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Time {
    /// Ticks.
    pub ticks: i64,
    /// Unit in seconds.
    pub base: Ratio,
}

/// See [`Task::Audio`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudioTask {
    /// Absolute path of the source.
    pub source: PathBuf,
    /// Stream number.
    pub stream: usize,
    /// Compression; `None`: copy the packets.
    pub codec: Option<AudioCodec>,
    /// Bit rate in bit/s for compressed codecs.
    pub bit_rate: Option<u64>,
    /// Hz.
    pub sample_rate: u32,
    /// Channels: 1, 2, or as the source (`None`).
    pub channels: Option<u32>,
    /// Picture start: time zero of the output, on the source's timeline.
    pub zero: Time,
    /// Exact start and end that the audio must fill; `None`: as in the source.
    pub fill: Option<(Time, Time)>,
    /// Leave out encoder priming packets so that no edit list is needed.
    pub no_priming: bool,
    /// Loudness to reach; the worker measures first, then corrects.
    pub loudness: Option<spillway_profile::Loudness>,
    /// ISO 639-2 language to write.
    pub language: Option<String>,
    /// Packet file to write.
    pub out: PathBuf,
}

/// See [`Task::Audio`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudioDone {
    /// The packet file.
    pub part: PartInfo,
    /// Samples per channel from the first to the end of the last, priming left out; gaps that a copy
    /// keeps count as the time they take.
    pub samples: u64,
    /// First sample's time relative to `zero`, in samples.
    pub start_sample: i64,
    /// Samples of silence put in for gaps or to fill, and samples cut.
    pub silence: u64,
    /// Samples cut for overlaps or to fit.
    pub cut: u64,
    /// Integrated loudness of the source in LUFS, if measured.
    pub source_lufs: Option<f64>,
    /// Gain applied in dB.
    pub gain_db: f64,
    /// Decode errors.
    pub damaged: u64,
}

/// See [`Task::Stitch`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StitchTask {
    /// Picture.
    pub video: VideoInput,
    /// Audio packet files in track order.
    pub audio: Vec<PathBuf>,
    /// `mp4` or `mov`.
    pub quicktime: bool,
    /// Index before media.
    pub fast_start: bool,
    /// Whether an edit list may be written.
    pub edit_list: bool,
    /// Start timecode to write as a tmcd track.
    pub timecode: Option<String>,
    /// Clockwise display rotation to flag: 0, 90, 180, 270.
    pub rotation: u32,
    /// ISO 639-2 language of the picture.
    pub language: Option<String>,
    /// Container tags to write.
    pub tags: Vec<(String, String)>,
    /// Copy chapters from this source, shifted by `zero`.
    pub chapters_from: Option<PathBuf>,
    /// Time zero of the output on the source's timeline (for copied packets and chapters).
    pub zero: Time,
    /// File to write (already a temporary name; synced before the answer).
    pub out: PathBuf,
}

/// Where the picture of a stitched file comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VideoInput {
    /// Encoded segments in order.
    Parts {
        /// Packet files.
        paths: Vec<PathBuf>,
        /// Frame schedule with the true presentation times.
        schedule: PathBuf,
    },
    /// The source's own packets (pass-through).
    Source {
        /// Absolute path.
        path: PathBuf,
        /// Stream number.
        stream: usize,
        /// HDR metadata etc. stay as they are.
        schedule: PathBuf,
    },
}

/// See [`Task::Package`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PackageTask {
    /// Rungs, largest first.
    pub rungs: Vec<RungInput>,
    /// Audio group; the first is the default.
    pub audio: Vec<AudioInput>,
    /// Frame schedule with the true presentation times.
    pub schedule: PathBuf,
    /// Frames per HLS segment, in frames of the schedule.
    pub segment_frames: u64,
    /// Frames per GOP, in frames of the schedule.
    pub gop_frames: u64,
    /// Write I-frame playlists.
    pub i_frame_playlists: bool,
    /// File name of the multivariant playlist without extension.
    pub name: String,
    /// Folder to make (already a temporary name; every file and folder synced before the answer).
    pub out: PathBuf,
}

/// A rung of an HLS ladder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RungInput {
    /// Rung id; sub-folder name.
    pub id: String,
    /// Packet files in order.
    pub paths: Vec<PathBuf>,
    /// Every n-th frame of the schedule.
    pub every: u32,
}

/// An audio rendition of an HLS group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudioInput {
    /// Programme id; sub-folder name.
    pub id: String,
    /// Packet file.
    pub path: PathBuf,
    /// ISO 639-2 language.
    pub language: Option<String>,
}

/// See [`Task::Stitch`], [`Task::Package`] and [`Task::Sample`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FilesDone {
    /// Every file written, path relative to `out` (empty for a single file), with its hash.
    pub files: Vec<FileInfo>,
    /// Picture frames written (of the largest rung).
    pub frames: u64,
    /// Duration in ms.
    pub duration_ms: i64,
}

/// A file of an output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct FileInfo {
    /// Relative to the output's root; empty when the output is one file.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
}

/// See [`Task::Measure`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasureTask {
    /// A media file, or an HLS folder (or its multivariant playlist).
    pub path: PathBuf,
    /// Times of the joins to decode across, in ms from the first frame.
    pub seams_ms: Vec<i64>,
    /// Decode every frame instead of the surroundings of seams.
    pub decode_all: bool,
    /// Measure integrated loudness and true peak of every audio track.
    pub loudness: bool,
    /// Hash the files.
    pub hash: bool,
}

/// See [`Task::Picture`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureTask {
    /// Absolute path of a media file, an HLS folder or its playlist.
    pub source: PathBuf,
    /// Which frame.
    pub moment: PictureMoment,
    /// Most pixels from top to bottom; smaller pictures are not enlarged.
    pub height: u32,
    /// JPEG file to write; written under a temporary name beside it, synced, renamed.
    pub out: PathBuf,
}

/// Which frame of a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PictureMoment {
    /// One that shows something: neither black nor flat, some way in.
    Poster,
    /// The one shown at this time from the first frame on, in ms; before the start the first one,
    /// behind the end the last one.
    At(i64),
}

/// See [`Task::Picture`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureDone {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// Time of the frame shown, from the first frame on, in ms.
    pub at_ms: i64,
}

/// See [`Task::Sample`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleTask {
    /// `QuickTime` file to write; written under a temporary name beside it, synced, renamed.
    pub out: PathBuf,
}

/// See [`Task::Cut`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutTask {
    /// Absolute path of the source.
    pub source: PathBuf,
    /// Stream number of the picture.
    pub stream: usize,
    /// Presentation time of the keyframe to begin with, in ticks of the stream's timebase.
    pub from: i64,
    /// Presentation time of the keyframe to end before; `None`: to the end of the stream. Pictures shown before it
    /// that need it (an open GOP) are taken along with it.
    pub until: Option<i64>,
    /// First source picture that is wanted, in ticks; at or after `from`. Those before it are only needed to
    /// decode.
    pub first: i64,
    /// How many source pictures are wanted from there on.
    pub count: u64,
    /// File to write; written under a temporary name beside it, synced, renamed. Its extension is that of
    /// [`CutTask::extension`].
    pub out: PathBuf,
}

impl CutTask {
    /// Extension of the file that a picture of this codec (FFmpeg's name) is cut into: `mov`, or `mkv` for codecs that
    /// `QuickTime` has no place for.
    pub fn extension(codec: &str) -> &'static str {
        match codec {
            "h264" | "hevc" | "mpeg1video" | "mpeg2video" | "mpeg4" | "h263" | "prores" | "dnxhd"
            | "cfhd" | "dvvideo" | "mjpeg" | "jpeg2000" | "v210" | "v410" | "rawvideo" | "qtrle" => "mov",
            _ => "mkv",
        }
    }
}

/// See [`Task::Cut`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutDone {
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Decodable pictures in the file that are shown before the first wanted one.
    pub before: u64,
    /// Wanted pictures, as asked.
    pub count: u64,
    /// Decodable pictures in the file that are shown after the last wanted one.
    pub after: u64,
}

/// See [`Task::Receive`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReceiveTask {
    /// One per rendition, in the order of the output's renditions.
    pub files: Vec<ReceivedFile>,
    /// Frame schedule file of the output: the times come from it, those of the files only order the frames.
    pub schedule: PathBuf,
    /// First frame of the stretch, as an ordinal in the schedule; a multiple of every rendition's `every`.
    pub first: u64,
    /// Frames of the schedule that the stretch stands for.
    pub count: u64,
}

/// See [`ReceiveTask`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReceivedFile {
    /// MP4 or MOV file that arrived.
    pub path: PathBuf,
    /// The rendition that it is to be; `out` is the packet file to write.
    pub rendition: Rendition,
    /// SHA-256 of the extradata that other stretches of this rendition have, lower-case hex; `None`: it is the first.
    pub extradata_sha256: Option<String>,
}

/// How far a worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Frames, packets or ms done; what is counted depends on the task.
    pub done: u64,
    /// Of how many; 0: unknown.
    pub total: u64,
}

/// One line from the engine to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Request {
    /// Do this; sent once.
    Run {
        /// The work.
        task: Box<Task>,
        /// What the process may use.
        limits: Limits,
    },
    /// Stop at the next frame.
    Cancel,
}

/// One line from a worker to the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Reply {
    /// A few times a second; also the heartbeat.
    Progress(Progress),
    /// Finished; last line.
    Done {
        /// What came of it.
        outcome: Box<Outcome>,
    },
    /// Failed; last line.
    Failed {
        /// Why.
        error: MediaError,
    },
}

/// What a worker process may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Address space in bytes; 0: no limit.
    pub memory_bytes: u64,
    /// Largest file it may write, in bytes; 0: no limit.
    pub file_bytes: u64,
    /// Lower CPU priority (nice value, 0 to 19).
    pub nice: i32,
    /// Folders it may write below; everything else is read-only or out of reach where the system
    /// can enforce it (Landlock).
    pub writable: Vec<PathBuf>,
    /// Files and folders it may read, beside system libraries.
    pub readable: Vec<PathBuf>,
}
