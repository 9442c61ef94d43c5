//! Conformance rules: what a finished output must obey.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One checkable demand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable name for receipts, unique in the profile, e.g. `moov-first`.
    pub id: String,
    /// Output it applies to; absent: all.
    #[serde(default)]
    pub output: Option<String>,
    /// What is measured and compared.
    pub check: Check,
    /// What a miss means.
    #[serde(default)]
    pub severity: Severity,
    /// Key into the profile's `sources`; absent: the house's own rule.
    #[serde(default)]
    pub source: Option<String>,
}

/// What a miss means.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    specta::Type,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Delivered, and noted.
    Warn,
    /// Not delivered.
    #[default]
    Fail,
}

/// What is measured and compared. In TOML: `check = { kind = "max-gop-seconds", value = 2.0 }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "kind")]
pub enum Check {
    /// File format is one of these (`mp4`, `mov`, `hls`).
    Container {
        /// Allowed names.
        any_of: Vec<String>,
    },
    /// `moov` stands before `mdat`.
    MoovFirst,
    /// No edit list (`elst`) in any track.
    NoEditList,
    /// Video codec is one of these (FFmpeg names: `h264`, `hevc`, `prores`).
    VideoCodec {
        /// Allowed names.
        any_of: Vec<String>,
    },
    /// Codec profile is one of these (FFmpeg names, e.g. `High`, `Main 10`, `HQ`).
    VideoProfile {
        /// Allowed names.
        any_of: Vec<String>,
    },
    /// Codec level at most this, e.g. `4.2`.
    MaxLevel {
        /// Highest level.
        value: String,
    },
    /// Four-character code of the sample entry is one of these, e.g. `avc1`, `hvc1`.
    CodecTag {
        /// Allowed codes.
        any_of: Vec<String>,
    },
    /// Pixel format is one of these (FFmpeg names).
    PixelFormat {
        /// Allowed names.
        any_of: Vec<String>,
    },
    /// Coded picture at most this large, either way round.
    MaxSize {
        /// Longer side in pixels.
        width: u32,
        /// Shorter side in pixels.
        height: u32,
    },
    /// Frames, not fields.
    Progressive,
    /// Square pixels.
    SquarePixels,
    /// No rotation flag.
    NoRotation,
    /// Evenly spaced frames (to within a tick of the track's timebase).
    ConstantFrameRate,
    /// Frames per second within these bounds, inclusive.
    FrameRate {
        /// Least.
        min: f64,
        /// Most.
        max: f64,
    },
    /// No two keyframes further apart than this many seconds.
    MaxGopSeconds {
        /// Seconds.
        value: f64,
    },
    /// No two keyframes further apart than this part of the frame rate, in frames, rounded (0.5: half;
    /// 13 frames at 25 per second).
    MaxGopRateFraction {
        /// Fraction.
        value: f64,
    },
    /// Every keyframe starts a closed GOP (IDR).
    ClosedGop,
    /// At most this many consecutive B-frames.
    MaxBFrames {
        /// Frames.
        value: u32,
    },
    /// Average video bit rate within these bounds, in kbit/s.
    VideoBitRate {
        /// Least; absent: none.
        min_kbps: Option<u32>,
        /// Most; absent: none.
        max_kbps: Option<u32>,
    },
    /// Colour primaries, transfer and matrix are all tagged.
    ColorTagged,
    /// SDR BT.709 by its tags.
    Bt709,
    /// At least one audio track.
    HasAudio,
    /// Audio codec is one of these (FFmpeg names).
    AudioCodec {
        /// Allowed names.
        any_of: Vec<String>,
    },
    /// Sample rate is one of these, in Hz.
    AudioSampleRate {
        /// Allowed rates.
        any_of: Vec<u32>,
    },
    /// Number of channels is one of these.
    AudioChannels {
        /// Allowed counts.
        any_of: Vec<u32>,
    },
    /// Integrated loudness within tolerance of the target, true peak under the ceiling.
    Loudness {
        /// LUFS.
        target_lufs: f64,
        /// LU, either way.
        tolerance_lu: f64,
        /// dBTP.
        true_peak_dbtp: f64,
    },
    /// A timecode track is there.
    HasTimecode,
    /// Duration at most this, in seconds.
    MaxDuration {
        /// Seconds.
        seconds: f64,
    },
    /// Size of the output at most this, in bytes.
    MaxBytes {
        /// Bytes.
        value: u64,
    },
    /// HLS: at least this many rungs.
    MinRungs {
        /// Rungs.
        value: u32,
    },
    /// HLS: keyframes of all rungs stand at the same times.
    AlignedKeyframes,
    /// HLS: no segment longer than this, in seconds (EXTINF rounds to at most the target duration).
    MaxSegmentSeconds {
        /// Seconds.
        value: f64,
    },
    /// HLS: peak segment bit rate at most this many times the average.
    PeakToAverage {
        /// Ratio.
        value: f64,
    },
    /// HLS: every rung has an I-frame playlist.
    HasIFramePlaylists,
}
