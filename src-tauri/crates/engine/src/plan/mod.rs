//! From profile and source facts to the complete plan of a job. Pure: same inputs, same plan, on any
//! machine with any number of workers.

mod audio;
pub(crate) mod carriage;
mod chunks;
pub(crate) mod color;
pub(crate) mod copy;
mod estimate;
pub(crate) mod finding;
mod geometry;
mod ladder;
pub(crate) mod level;
mod make;
pub(crate) mod nominal;
pub(crate) mod number;
mod picture;
pub(crate) mod pixel;
#[cfg(test)]
pub(crate) mod sample;
mod segments;
mod timecode;
mod timing;

pub(crate) use chunks::{Chunked, chunks};
pub(crate) use estimate::picture_bytes;
pub use finding::{FINDING_IDS, Finding};
pub use make::plan;

use serde::{Deserialize, Serialize};
use spillway_media::{
    facts::Probe,
    index::FrameIndex,
    schedule,
    task::{IndexSummary, Time, Treatment, VideoSettings},
    types::Ratio,
};
use spillway_profile::{Container, Loss};

/// What became of something that the source carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Carriage {
    /// What, e.g. `timecode`.
    pub what: Loss,
    /// Kept as it is, changed, or lost.
    pub fate: Fate,
    /// One sentence: from what to what.
    pub text: String,
}

/// See [`Carriage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Kept.
    Carried,
    /// Changed in a way that the profile declares.
    Converted,
    /// Lost, and the profile declares it.
    Lost,
}

/// Everything a job will do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobPlan {
    /// One per output of the profile.
    pub outputs: Vec<OutputPlan>,
    /// Warnings and notes.
    pub findings: Vec<Finding>,
    /// Estimated bytes of temporary data and outputs.
    pub bytes_needed: u64,
    /// With the cloud engine: its side of the plan. The segments of the outputs are its chunks then.
    #[serde(default)]
    pub cloud: Option<CloudPlan>,
}

/// What the cloud engine does of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CloudPlan {
    /// What tells its objects and files from those of other plans of the job.
    #[serde(default)]
    pub generation: i64,
    /// Extension of the files that chunks are cut into.
    #[serde(default)]
    pub extension: String,
    /// One per output of the plan; `None`: its picture is copied here.
    pub outputs: Vec<Option<CloudOutput>>,
}

/// See [`CloudPlan`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CloudOutput {
    /// Settings of its jobs.
    pub job: spillway_cloud::job::CompiledJob,
    /// Queue, priority and tags, as the profile has them.
    pub options: spillway_profile::MediaConvert,
    /// One per segment.
    pub chunks: Vec<ChunkPlan>,
}

/// Where a chunk is cut out of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkPlan {
    /// Presentation time of the keyframe to begin with, in ticks of the source stream.
    pub from: i64,
    /// Presentation time of the keyframe to end before; `None`: to the end.
    pub until: Option<i64>,
    /// First wanted picture, in ticks.
    pub first: i64,
    /// Wanted pictures.
    pub count: u64,
}

impl JobPlan {
    /// Frames to encode for each second of playing time, all outputs together; `None`: nothing is encoded.
    pub(crate) fn encoded_rate(&self) -> Option<f64> {
        let rate: f64 = self.outputs.iter().filter_map(OutputPlan::encoded_rate).sum();
        (rate > 0.0).then_some(rate)
    }
}

impl OutputPlan {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people, exact far beyond any length")]
    fn encoded_rate(&self) -> Option<f64> {
        let VideoPlan::Encode { segments, .. } = &self.video else { return None };
        let frames: u64 = segments.iter().map(|range| range.count).sum();
        let ticks = self.end.checked_sub(self.first).filter(|ticks| *ticks > 0)?;
        Some(frames as f64 / (ticks as f64 * self.time_base.as_f64()))
    }
}

/// Everything about one output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutputPlan {
    /// Output id.
    pub id: String,
    /// File format.
    pub container: Container,
    /// Stream number of the picture.
    pub stream: usize,
    /// Time zero of the output on the source's timeline: the first picture, or earlier (by whole
    /// frames at constant rates) where kept sound begins before it.
    pub zero: Time,
    /// End of the picture on the source's timeline.
    pub picture_end: Time,
    /// How the picture is made.
    pub video: VideoPlan,
    /// Frames per HLS segment and per GOP, in schedule frames; `None` unless HLS.
    pub hls: Option<HlsPlan>,
    /// Audio tracks in order.
    pub audio: Vec<AudioPlan>,
    /// MP4/MOV: `moov` first.
    pub fast_start: bool,
    /// MP4/MOV: edit list allowed.
    pub edit_list: bool,
    /// Timecode to write.
    pub timecode: Option<String>,
    /// Rotation to flag, clockwise degrees.
    pub rotation: u32,
    /// Picture language.
    pub language: Option<String>,
    /// Container tags.
    pub tags: Vec<(String, String)>,
    /// Whether chapters are carried.
    pub chapters: bool,
    /// What became of what the source carries.
    pub carriage: Vec<Carriage>,
    /// Frames that the output must have (of the largest rendition).
    pub frames: u64,
    /// Unit of output times.
    pub time_base: Ratio,
    /// Exact output rate; `None`: variable.
    pub rate: Option<Ratio>,
    /// Time of the first frame in output ticks: 0, except where kept sound begins before the picture.
    #[serde(default)]
    pub first: i64,
    /// End of the last frame in output ticks.
    pub end: i64,
    /// Variable rate only: how long each frame of the schedule is shown, in output ticks, so that the
    /// finished file's times can be judged without the schedule. Empty for constant rates.
    #[serde(default)]
    pub frame_ticks: Vec<i64>,
}

/// How the picture of an output is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "one per output, never in bulk")]
pub enum VideoPlan {
    /// The source's packets, untouched.
    Copy,
    /// Encoded in segments.
    Encode {
        /// Pixel work before scaling.
        treatment: Treatment,
        /// Renditions, largest first; the paths are filled in by the engine.
        renditions: Vec<RenditionPlan>,
        /// Segments in order; they cover the schedule without gap or overlap.
        segments: Vec<Range>,
        /// Damaged source: decode from the first packet, one segment.
        linear: bool,
        /// Encoder threads per rendition, same for all segments.
        threads: u32,
    },
}

/// See [`VideoPlan::Encode`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenditionPlan {
    /// Rung id, or the output id.
    pub id: String,
    /// Settings.
    pub video: VideoSettings,
    /// Every n-th frame of the schedule.
    pub every: u32,
}

/// A segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// First frame, ordinal in the schedule.
    pub first: u64,
    /// Frames.
    pub count: u64,
    /// Expected work, in source bytes: larger ones are started first.
    pub weight: u64,
}

/// HLS grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HlsPlan {
    /// Schedule frames per segment.
    pub segment_frames: u64,
    /// Schedule frames per GOP.
    pub gop_frames: u64,
    /// Write I-frame playlists.
    pub i_frame_playlists: bool,
}

/// An audio track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudioPlan {
    /// Programme id; with several streams `id-2`, `id-3` …
    pub id: String,
    /// The worker's task; `out` is filled in by the engine.
    pub task: spillway_media::task::AudioTask,
}

/// The plan, and the frame schedule of each output (in the order of `plan.outputs`).
#[derive(Debug)]
pub struct Planned {
    /// To be stored as JSON.
    pub plan: JobPlan,
    /// To be written to files.
    pub schedules: Vec<Schedule>,
}

/// A frame schedule in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Unit of source times.
    pub source_base: Ratio,
    /// Unit of output times.
    pub out_base: Ratio,
    /// End of the last frame in output ticks.
    pub end: i64,
    /// Frames.
    pub entries: Vec<schedule::Entry>,
}

/// What is known of a source when planning starts.
#[derive(Debug)]
pub struct SourceFacts<'a> {
    /// Absolute path.
    pub path: &'a std::path::Path,
    /// What the file holds.
    pub probe: &'a Probe,
    /// Key figures of the index.
    pub summary: &'a IndexSummary,
    /// All frames.
    pub index: &'a FrameIndex,
    /// True after segment decoding disagreed with the index: one linear segment.
    pub linear: bool,
}
