//! Bits for quality: a rate factor as a QVBR level under a ceiling.

use serde_json::{Value, json};
use spillway_media::task::VideoSettings;
use spillway_profile::{QualityTuning, VideoCodec};

use super::level::{self, Level, Load};

/// Level, ceiling and buffer of an output.
pub(super) struct Budget {
    /// Always explicit: `AUTO` may differ between chunks.
    pub level: Level,
    /// Bits a second that are never exceeded.
    pub ceiling: u64,
    /// Bits.
    pub buffer: u64,
}

/// How full the buffer is at the start and the end of each chunk, in percent: equal, so that it stays valid across
/// joins; the same as the local encoders start with.
const FILL: u32 = 90;

/// Level and ceiling. The profile's level is kept and bounds the ceiling; so does the template's where it holds the
/// picture; otherwise the lowest is taken that holds both. `None`: no level of the service holds the picture, or it
/// has none of that name.
pub(super) fn budget(video: &VideoSettings, template: Option<&str>, quarters: u64) -> Option<Budget> {
    let rate = video.frame_rate.unwrap_or(video.nominal_rate).as_f64();
    let load = Load { codec: video.codec, width: video.width, height: video.height, rate, quarters };
    let wanted = match video.vbv {
        Some((max_kbps, _)) => u64::from(max_kbps) * 1_000,
        None => open_ceiling(video, rate),
    };
    let template = || Level::named(video.codec, template?).filter(|level| level.holds(&load));
    let level = match &video.level {
        Some(name) => Level::named(video.codec, name)?,
        None => template().or_else(|| level::lowest(&load, wanted))?,
    };
    let ceiling = wanted.min(level.bits_a_second(&load)).clamp(1_000, MOST_BITS);
    let buffer = match video.vbv {
        Some((_, buffer_kbit)) => u64::from(buffer_kbit) * 1_000,
        None => ceiling * 2,
    };
    Some(Budget { level, ceiling, buffer: buffer.min(level.buffer_bits(&load)).min(MOST_BITS) })
}

/// Most that the service takes as a bit rate or buffer of H.264 (service model); HEVC takes a little more.
const MOST_BITS: u64 = 1_152_000_000;

/// A ceiling that pictures reach only when they are noise: QVBR needs one, a bare rate factor has none. 0.6 bits a
/// pixel at a rate factor of 20 (HEVC: 24), twice as much for every six steps below, as the quantiser works; at
/// least 2 Mbit/s.
fn open_ceiling(video: &VideoSettings, rate: f64) -> u64 {
    let pixels = f64::from(video.width) * f64::from(video.height) * rate.clamp(1.0, 1_000.0);
    let steps = (20.0 - comparable(video)) / 6.0;
    whole(pixels * 0.6 * steps.exp2()).clamp(2_000_000, MOST_BITS)
}

/// The rate factor on the scale of H.264: x265 gives about the same quality four steps higher.
fn comparable(video: &VideoSettings) -> f64 {
    let shift = if video.codec == VideoCodec::Hevc { 4.0 } else { 0.0 };
    // The encoders' own defaults: 23 and 28.
    f64::from(video.crf.unwrap_or(23.0 + if shift > 0.0 { 5.0 } else { 0.0 })) - shift
}

/// Thirds of a QVBR level for a rate factor: level 9 at 18, one level for every three steps, between 1 and 10.
///
/// | rate factor (H.264) | 15 | 17 | 18 | 20 | 21 | 23 | 24 | 27 | 30 |
/// |---|---|---|---|---|---|---|---|---|---|
/// | QVBR level | 10 | 9⅓ | 9 | 8⅓ | 8 | 7⅓ | 7 | 6 | 5 |
///
/// HEVC's are four higher for the same level. The table is Spillway's own: Amazon says what levels suit which
/// screens (7 a phone, 8 to 9 a large screen), not what they measure.
fn thirds(video: &VideoSettings) -> u64 {
    whole((27.0 - (comparable(video) - 18.0)).clamp(3.0, 30.0))
}

/// Rate control of H.264 and HEVC.
pub(super) fn settings(video: &VideoSettings, budget: &Budget, tuning: QualityTuning) -> Value {
    let thirds = thirds(video);
    let fine = [0.0, 0.33, 0.67][usize::from(thirds % 3 == 1) + 2 * usize::from(thirds % 3 == 2)];
    json!({
        "rateControlMode": "QVBR",
        "qvbrSettings": { "qvbrQualityLevel": thirds / 3, "qvbrQualityLevelFineTune": fine },
        "maxBitrate": budget.ceiling,
        "hrdBufferSize": budget.buffer,
        "hrdBufferInitialFillPercentage": FILL,
        "hrdBufferFinalFillPercentage": FILL,
        "qualityTuningLevel": match tuning {
            QualityTuning::SinglePass => "SINGLE_PASS",
            QualityTuning::SinglePassHq => "SINGLE_PASS_HQ",
            QualityTuning::MultiPassHq => "MULTI_PASS_HQ",
        },
    })
}

/// The rate factor that a QVBR level stands for, the other way round.
pub(super) fn factor(codec: VideoCodec, level: f64) -> f64 {
    let shift = if codec == VideoCodec::Hevc { 4.0 } else { 0.0 };
    (18.0 + (27.0 - level * 3.0) + shift).clamp(0.0, 51.0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded below")]
fn whole(number: f64) -> u64 {
    number.round().clamp(0.0, 1e15) as u64
}
