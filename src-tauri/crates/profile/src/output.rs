//! What is made from a source: containers, pictures, ladders, audio.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One deliverable: a file, or an HLS folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Short name inside the profile, e.g. `master`.
    pub id: String,
    /// File name without extension as a naming template, e.g. `{title}_web`; see [`crate::naming`].
    pub name: String,
    /// File format.
    pub container: Container,
    /// The picture.
    pub video: Video,
    /// Audio programmes, in track order; empty: no audio.
    #[serde(default)]
    pub audio: Vec<Audio>,
    /// MP4/MOV: index (`moov`) before the media, so that playback starts while loading.
    #[serde(default = "yes")]
    pub fast_start: bool,
    /// MP4/MOV: whether edit lists may express start offsets and encoder priming.
    #[serde(default)]
    pub edit_list: EditList,
    /// What happens to the source's start timecode.
    #[serde(default)]
    pub timecode: Timecode,
    /// HLS packaging; needed when `container = "hls"`, not allowed otherwise.
    #[serde(default)]
    pub hls: Option<Hls>,
}

fn yes() -> bool {
    true
}

/// File format of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum Container {
    /// ISO base media file, extension `mp4`.
    Mp4,
    /// `QuickTime` movie, extension `mov`.
    Mov,
    /// A folder with an HLS multivariant playlist and fragmented MP4 segments.
    Hls,
}

impl Container {
    /// The name in profiles and rules.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::Hls => "hls",
        }
    }

    /// File extension without the dot; empty for a folder.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::Hls => "",
        }
    }
}

/// Edit-list policy. `YouTube` and Instagram refuse files that have one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum EditList {
    /// Written where timing needs one.
    #[default]
    Allow,
    /// Never: audio is padded or cut to the picture, priming is left out, picture starts at zero.
    Forbid,
}

/// Timecode policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum Timecode {
    /// The source's start timecode in a tmcd track, where the source has one.
    #[default]
    Carry,
    /// As `carry`, and 00:00:00:00 where the source has none.
    Always,
    /// No timecode track.
    Drop,
}

/// The picture of an output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct Video {
    /// Compression.
    pub codec: VideoCodec,
    /// Codec profile by the encoder's name, e.g. `high`, `main10`, `hq`.
    #[serde(default)]
    pub profile: Option<String>,
    /// Codec level, e.g. `4.1`; absent: what the encoder derives.
    #[serde(default)]
    pub level: Option<String>,
    /// Encoder preset, e.g. `medium`.
    #[serde(default)]
    pub preset: Option<String>,
    /// Encoder tuning, e.g. `fastdecode`.
    #[serde(default)]
    pub tune: Option<String>,
    /// Pixel format by FFmpeg's name, e.g. `yuv420p`.
    pub pixel_format: String,
    /// Picture size. With a ladder each rung has its own box, and this must be absent.
    #[serde(default)]
    pub size: Size,
    /// Frame timing.
    #[serde(default)]
    pub frame_rate: FrameRate,
    /// Distance of keyframes.
    #[serde(default)]
    pub gop: Gop,
    /// Bits for quality. With a ladder each rung has its own, and this must be absent.
    #[serde(default)]
    pub rate: Option<RateControl>,
    /// Fields or frames.
    #[serde(default)]
    pub scan: Scan,
    /// What happens to a rotation flag.
    #[serde(default)]
    pub rotation: Rotation,
    /// What happens to non-square pixels.
    #[serde(default)]
    pub pixel_aspect: PixelAspect,
    /// What happens to colour and HDR.
    #[serde(default)]
    pub color: Color,
    /// Copy the source's picture when it already complies; absent: always encode.
    #[serde(default)]
    pub pass_through: Option<PassThrough>,
    /// The ladder, largest rung first; empty: one rendition.
    #[serde(default)]
    pub rung: Vec<Rung>,
}

/// Video compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum VideoCodec {
    /// H.264/AVC by x264.
    H264,
    /// H.265/HEVC by x265.
    Hevc,
    /// Apple `ProRes` by FFmpeg's `prores_ks`.
    Prores,
}

/// Picture size rule. Odd sizes become even by leaving out the last column or row (a crop of one
/// pixel, never a rescale), wherever the pixel format needs it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Size {
    /// The source's own.
    #[default]
    Keep,
    /// As large as fits into a box, never larger than the source; the box turns with portrait pictures.
    Fit {
        /// Box width in pixels.
        width: u32,
        /// Box height in pixels.
        height: u32,
    },
}

/// Frame timing rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields, default)]
pub struct FrameRate {
    /// Keep the source's times or make them even.
    pub mode: FrameRateMode,
    /// Highest rate; a faster source is halved (60 to 30) until it fits. Only with `constant`.
    pub max: Option<f64>,
}

/// See [`FrameRate`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum FrameRateMode {
    /// Every source frame once, at its own time; variable rates stay variable.
    #[default]
    Keep,
    /// Evenly spaced frames: a constant source keeps its exact rate, a variable one gets the nearest
    /// standard rate, frames repeated or dropped by presentation time.
    Constant,
}

/// Keyframe distance. Always closed GOPs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields, default)]
pub struct Gop {
    /// Longest distance of keyframes in seconds; converted to frames at the output's rate, rounded.
    pub seconds: f64,
    /// True: keyframes exactly on that grid and nowhere else. False: also at scene changes.
    pub fixed: bool,
    /// Most consecutive B-frames; absent: the encoder's choice. 0 with `seconds = 0`: all intra.
    pub b_frames: Option<u32>,
}

impl Default for Gop {
    fn default() -> Self {
        Self { seconds: 10.0, fixed: false, b_frames: None }
    }
}

/// How bits are spent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "mode")]
pub enum RateControl {
    /// Constant rate factor, no ceiling.
    Crf {
        /// Rate factor, 0 to 51; lower is better.
        crf: f32,
    },
    /// Constant rate factor under a ceiling (VBV).
    CappedCrf {
        /// Rate factor, 0 to 51; lower is better.
        crf: f32,
        /// Ceiling in kbit/s.
        max_kbps: u32,
        /// VBV buffer in kbit.
        buffer_kbit: u32,
    },
    /// The codec's own fixed quality (`ProRes`).
    Codec,
}

/// Fields or frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum Scan {
    /// Interlaced sources are deinterlaced (one frame per frame, bwdif).
    #[default]
    Progressive,
    /// Interlaced stays interlaced, flagged with its field order.
    Keep,
}

/// Rotation flag (display matrix).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum Rotation {
    /// Turn the pixels, clear the flag.
    #[default]
    Apply,
    /// Leave the pixels, carry the flag.
    Carry,
}

/// Sample aspect ratio.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum PixelAspect {
    /// Stretch the width so that pixels are square.
    #[default]
    Square,
    /// Leave the pixels, carry the ratio.
    Keep,
}

/// Colour handling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum Color {
    /// SDR: HDR sources are tone-mapped to BT.709, full range becomes limited, tags always written.
    #[default]
    Sdr,
    /// Primaries, transfer, matrix, range and HDR metadata as in the source; unset ones get the
    /// value that the picture size implies.
    Keep,
}

/// When the source's own picture is good enough to be copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields, default)]
pub struct PassThrough {
    /// Highest average bit rate in kbit/s that is still copied; absent: any.
    pub max_kbps: Option<u32>,
}

/// One rung of a ladder. Rungs larger than the source are left out, except the smallest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// Short name, used in file names, e.g. `1080p`.
    pub id: String,
    /// Box width in pixels (turned for portrait pictures).
    pub width: u32,
    /// Box height in pixels.
    pub height: u32,
    /// Bits for quality.
    pub rate: RateControl,
    /// Overrides the codec profile of the output.
    #[serde(default)]
    pub profile: Option<String>,
    /// Overrides the codec level of the output.
    #[serde(default)]
    pub level: Option<String>,
    /// Leave out every second frame when the output is faster than this many frames per second.
    #[serde(default)]
    pub max_frame_rate: Option<f64>,
}

/// One audio programme of an output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct Audio {
    /// Short name, used in file names, e.g. `stereo`.
    pub id: String,
    /// Compression.
    pub codec: AudioCodec,
    /// Bit rate in kbit/s; for compressed codecs only.
    #[serde(default)]
    pub bit_rate_kbps: Option<u32>,
    /// Sample rate in Hz; absent: the source's, or the nearest that the codec can.
    #[serde(default)]
    pub sample_rate_hz: Option<u32>,
    /// Channel layout.
    #[serde(default)]
    pub channels: Channels,
    /// Which of the source's audio streams.
    #[serde(default)]
    pub select: SelectAudio,
    /// Start and end in relation to the picture.
    #[serde(default)]
    pub fit: AudioFit,
    /// Loudness target; absent: left as it is.
    #[serde(default)]
    pub loudness: Option<Loudness>,
    /// Copy the source's audio when codec, rate and layout already comply.
    #[serde(default)]
    pub pass_through: bool,
}

/// Audio compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum AudioCodec {
    /// AAC-LC.
    Aac,
    /// Signed 16-bit PCM, little endian.
    PcmS16le,
    /// Signed 24-bit PCM, little endian.
    PcmS24le,
}

/// Channel layout of a programme.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum Channels {
    /// Two channels; more are folded down, mono is doubled.
    #[default]
    Stereo,
    /// As the source.
    Keep,
    /// As the source up to two channels, otherwise folded down to two.
    StereoOrLess,
}

/// Which source streams feed a programme. Streams that cannot be decoded are skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum SelectAudio {
    /// The default stream, or the first.
    #[default]
    First,
    /// Every stream, one track each.
    All,
}

/// Start and end of audio in relation to the picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum AudioFit {
    /// Silence added or samples cut so that it starts and ends with the picture.
    #[default]
    Picture,
    /// Starts and ends when it does in the source.
    Keep,
}

/// Loudness normalisation, measured over the whole programme first (two passes).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct Loudness {
    /// Integrated loudness to reach, in LUFS (ITU-R BS.1770-4 gating), e.g. -23.
    pub target_lufs: f64,
    /// Highest true peak in dBTP, e.g. -1.
    pub true_peak_dbtp: f64,
    /// How far the result may be from the target, in LU; checked in the output.
    pub tolerance_lu: f64,
}

/// HLS packaging (RFC 8216, Apple HLS authoring specification).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct Hls {
    /// Target segment duration in seconds; a whole number of GOPs.
    pub segment_seconds: f64,
    /// Write I-frame playlists for every rung.
    #[serde(default = "yes")]
    pub i_frame_playlists: bool,
}
