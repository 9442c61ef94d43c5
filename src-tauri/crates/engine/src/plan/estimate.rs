//! How much disk a job will need; rough, on the safe side.

use spillway_media::task::VideoSettings;
use spillway_profile::VideoCodec;

use super::{
    OutputPlan, SourceFacts, VideoPlan,
    number::{approx, approx_i, whole},
};

/// Bits that a compressed pixel may take at the rate factors people use.
const BITS_PER_PIXEL: f64 = 0.15;
/// `ProRes` 422 HQ takes about 220 Mbit/s at 1920 × 1080 and 29.97 frames per second.
const PRORES_BITS_PER_PIXEL: f64 = 3.6;
const PRORES_4444_BITS_PER_PIXEL: f64 = 8.1;

/// Bytes of temporary data and results of one output: everything exists twice, once as packet files
/// and once as the output.
pub(super) fn bytes(output: &OutputPlan, source: &SourceFacts<'_>) -> u64 {
    let seconds = approx_i(output.end) * output.time_base.as_f64();
    let audio: f64 = output.audio.iter().map(|track| audio_bits_per_second(&track.task)).sum();
    let video = match &output.video {
        VideoPlan::Copy => approx(source.probe.bytes) * 8.0,
        VideoPlan::Encode { renditions, .. } => {
            renditions.iter().map(|r| video_bits_per_second(&r.video) * seconds).sum::<f64>()
        }
    };
    let tables = 64.0 * 8.0 * approx(output.frames);
    whole((video + audio * seconds + tables) / 8.0 * 2.0)
}

/// Bytes of an output's encoded pictures, all renditions together.
pub(crate) fn picture_bytes(output: &OutputPlan) -> u64 {
    let VideoPlan::Encode { renditions, .. } = &output.video else { return 0 };
    let seconds = approx_i(output.end.saturating_sub(output.first)) * output.time_base.as_f64();
    whole(renditions.iter().map(|r| video_bits_per_second(&r.video) * seconds).sum::<f64>() / 8.0)
}

fn video_bits_per_second(video: &VideoSettings) -> f64 {
    let pixels = f64::from(video.width) * f64::from(video.height) * video.nominal_rate.as_f64();
    let free = match video.codec {
        VideoCodec::Prores if video.profile.as_deref().is_some_and(|p| p.starts_with("4444")) => {
            pixels * PRORES_4444_BITS_PER_PIXEL
        }
        VideoCodec::Prores => pixels * PRORES_BITS_PER_PIXEL,
        // Six points of rate factor halve or double the bits.
        VideoCodec::H264 | VideoCodec::Hevc => {
            let crf = f64::from(video.crf.unwrap_or(23.0));
            pixels * BITS_PER_PIXEL * ((23.0 - crf) / 6.0).exp2().clamp(0.1, 40.0)
        }
    };
    video.vbv.map_or(free, |(max_kbps, _)| free.min(f64::from(max_kbps) * 1_000.0))
}

fn audio_bits_per_second(task: &spillway_media::task::AudioTask) -> f64 {
    let pcm = f64::from(task.sample_rate) * f64::from(task.channels.unwrap_or(8)) * 24.0;
    task.bit_rate.map_or(pcm, approx)
}
