//! What Spillway sees in a source file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::types::{ColorTags, FieldOrder, Hdr, Ratio};

/// A file as the demuxer and the first decoded frames describe it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// Container by the demuxer's name, e.g. `mov,mp4,m4a,3gp,3g2,mj2`.
    pub format: String,
    /// File size in bytes.
    pub bytes: u64,
    /// Declared duration in µs.
    pub duration_us: Option<i64>,
    /// Picture streams, cover art left out; the first is used.
    pub video: Vec<VideoStream>,
    /// Audio streams.
    pub audio: Vec<AudioStream>,
    /// Subtitle and data streams, chapters counted in `chapters`.
    pub other: Vec<OtherStream>,
    /// Number of chapters.
    pub chapters: u32,
    /// Container tags worth carrying: `title`, `creation_time`, … (no location).
    pub tags: BTreeMap<String, String>,
    /// Start timecode, e.g. `01:00:00:00` or `01:00:00;00` (drop frame).
    pub timecode: Option<String>,
    /// Findings while opening, each one English sentence.
    pub notes: Vec<String>,
}

/// A picture stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoStream {
    /// Stream number in the file.
    pub index: usize,
    /// FFmpeg's codec name, e.g. `h264`.
    pub codec: String,
    /// Codec profile by FFmpeg's name, e.g. `High`.
    pub profile: Option<String>,
    /// Codec level as the codec numbers it (H.264: 41 is 4.1; HEVC: 123 is 4.1).
    pub level: Option<i32>,
    /// Four-character code of the sample entry.
    pub tag: String,
    /// Coded width in pixels.
    pub width: u32,
    /// Coded height in pixels.
    pub height: u32,
    /// FFmpeg's pixel format name.
    pub pixel_format: String,
    /// Bits per component.
    pub bit_depth: u32,
    /// Sample aspect ratio; 1:1 when not stated.
    pub sample_aspect: Ratio,
    /// Clockwise turn that a player must apply: 0, 90, 180 or 270.
    pub rotation: u32,
    /// From the first decoded frames, not from the header alone.
    pub field_order: FieldOrder,
    /// Unit of the stream's timestamps, in seconds.
    pub time_base: Ratio,
    /// Average frame rate by the header.
    pub average_rate: Option<Ratio>,
    /// Lowest common rate by the header (`r_frame_rate`).
    pub nominal_rate: Option<Ratio>,
    /// First timestamp by the header, in ticks.
    pub start: Option<i64>,
    /// Bit rate in bit/s.
    pub bit_rate: Option<u64>,
    /// As tagged, from the first frame where the header is silent.
    pub color: ColorTags,
    /// HDR metadata, from stream and first frame.
    pub hdr: Option<Hdr>,
    /// CEA-608/708 captions were seen in the first frames.
    pub captions: bool,
    /// The picture has an alpha channel.
    pub alpha: bool,
    /// ISO 639-2 language.
    pub language: Option<String>,
    /// False: no frame came out of the decoder.
    pub decodable: bool,
}

/// An audio stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudioStream {
    /// Stream number in the file.
    pub index: usize,
    /// FFmpeg's codec name, e.g. `aac`.
    pub codec: String,
    /// Codec profile by FFmpeg's name, e.g. `LC`.
    pub profile: Option<String>,
    /// Hz.
    pub sample_rate: u32,
    /// Number of channels.
    pub channels: u32,
    /// FFmpeg's description, e.g. `5.1(side)`.
    pub layout: String,
    /// Unit of the stream's timestamps, in seconds.
    pub time_base: Ratio,
    /// First timestamp by the header, in ticks.
    pub start: Option<i64>,
    /// Duration by the header, in ticks.
    pub duration: Option<i64>,
    /// Bit rate in bit/s.
    pub bit_rate: Option<u64>,
    /// ISO 639-2 language.
    pub language: Option<String>,
    /// Handler or title tag.
    pub title: Option<String>,
    /// Marked as default.
    pub default: bool,
    /// False: no sample came out of the decoder.
    pub decodable: bool,
}

/// A stream that is neither picture nor audio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherStream {
    /// Stream number in the file.
    pub index: usize,
    /// `subtitle`, `data` or `attachment`.
    pub kind: String,
    /// FFmpeg's codec name, or the four-character code.
    pub codec: String,
    /// ISO 639-2 language.
    pub language: Option<String>,
}
