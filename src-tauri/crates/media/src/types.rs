//! Small shared value types: ratios, colour tags, errors.

use serde::{Deserialize, Serialize};

/// A rational number: a timebase (seconds per tick) or a rate (frames per second).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
pub struct Ratio {
    /// Numerator.
    pub num: i32,
    /// Denominator, never 0.
    pub den: i32,
}

impl Ratio {
    /// Frame rates that film, broadcast and the web use.
    pub const STANDARD_RATES: [Self; 8] = [
        Self::new(24_000, 1_001),
        Self::new(24, 1),
        Self::new(25, 1),
        Self::new(30_000, 1_001),
        Self::new(30, 1),
        Self::new(50, 1),
        Self::new(60_000, 1_001),
        Self::new(60, 1),
    ];

    /// `num / den`.
    pub const fn new(num: i32, den: i32) -> Self {
        Self { num, den }
    }

    /// `den / num`.
    #[must_use]
    pub const fn inverse(self) -> Self {
        Self { num: self.den, den: self.num }
    }

    /// As floating point, for people and estimates; never for timestamps.
    pub fn as_f64(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }
}

/// Converts `ticks` of timebase `from` into ticks of `to`, rounded to nearest, ties away from zero.
pub fn rescale(ticks: i64, from: Ratio, to: Ratio) -> i64 {
    let num = i128::from(ticks) * i128::from(from.num) * i128::from(to.den);
    let den = i128::from(from.den) * i128::from(to.num);
    let (num, den) = if den < 0 { (-num, -den) } else { (num, den) };
    let half = den / 2;
    let rounded = if num >= 0 { (num + half) / den } else { (num - half) / den };
    i64::try_from(rounded).unwrap_or(if rounded > 0 { i64::MAX } else { i64::MIN })
}

/// Colour description by FFmpeg's names (ITU-T H.273 code points); `None`: not stated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ColorTags {
    /// E.g. `bt709`, `bt2020`.
    pub primaries: Option<String>,
    /// E.g. `bt709`, `smpte2084`, `arib-std-b67`.
    pub transfer: Option<String>,
    /// E.g. `bt709`, `bt2020nc`.
    pub matrix: Option<String>,
    /// `tv` (limited) or `pc` (full).
    pub range: Option<String>,
    /// E.g. `left`, `topleft`.
    pub chroma_location: Option<String>,
}

/// Static HDR metadata (SMPTE ST 2086, CTA-861.3), in the integer units of HEVC SEI messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Hdr {
    /// Red, green, blue, white point as x, y in units of 0.00002.
    pub primaries: Option<[[u32; 2]; 4]>,
    /// Mastering luminance, least and most, in units of 0.0001 cd/m².
    pub luminance: Option<[u32; 2]>,
    /// `MaxCLL` and `MaxFALL` in cd/m².
    pub content_light: Option<[u32; 2]>,
    /// A Dolby Vision configuration is there.
    pub dolby_vision: bool,
}

/// Scan order of a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum FieldOrder {
    /// Frames.
    #[default]
    Progressive,
    /// Fields, top first.
    TopFirst,
    /// Fields, bottom first.
    BottomFirst,
}

/// Why a media operation did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, specta::Type)]
#[error("{message}")]
pub struct MediaError {
    /// What kind of failure.
    pub code: MediaCode,
    /// One English sentence with the facts, without the file's name.
    pub message: String,
    /// Where in the programme, in ms from its start, where known.
    pub at_ms: Option<i64>,
}

impl MediaError {
    /// An error without a place.
    pub fn new(code: MediaCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), at_ms: None }
    }
}

/// Closed list of failure kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "kebab-case")]
pub enum MediaCode {
    /// No such file.
    NotFound,
    /// Zero bytes.
    Empty,
    /// The file may not be read, or a folder not be written.
    Permission,
    /// No demuxer on the allow-list knows it.
    NotMedia,
    /// A list that points to other files (HLS, concat, SDP …), not a movie.
    Playlist,
    /// Ends before its index or before its declared end.
    Truncated,
    /// Encrypted or scrambled; no key.
    Encrypted,
    /// No picture.
    NoVideo,
    /// No decodable audio where one is needed.
    NoAudio,
    /// Known, but this build has no decoder or encoder for it.
    Unsupported,
    /// A picture stream that gives no frame.
    ZeroFrames,
    /// Larger than the bounds Spillway allocates for.
    TooLarge,
    /// The picture changes its size midway.
    SizeChanged,
    /// Decoding gave other frames than the plan counts on.
    FrameMismatch,
    /// Decoding failed beyond what can be concealed.
    Damaged,
    /// The file changed while it was read.
    SourceChanged,
    /// An encoder or muxer refused its settings.
    Refused,
    /// A finished part is missing or differs from what was recorded.
    PartCorrupt,
    /// Parameter sets of segments differ: they cannot be joined.
    Unstitchable,
    /// No space left.
    DiskFull,
    /// Reading or writing failed.
    Io,
    /// Stopped because it was asked to.
    Cancelled,
    /// A fault of Spillway's own.
    Internal,
}
