//! Loudness and true peak of a stream of samples (ITU-R BS.1770-4, EBU R 128).

use ebur128::{Channel, EbuR128, Mode};

use crate::{
    ff::AudioFormat,
    types::{MediaCode, MediaError},
};

/// What a meter read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reading {
    /// Integrated loudness in LUFS; `None`: nothing above the gate (silence, or shorter than 0.4 s).
    pub(crate) lufs: Option<f64>,
    /// Highest true peak of all channels in dBTP; minus infinity for digital silence.
    pub(crate) true_peak_dbtp: f64,
}

/// Measures samples as they come.
pub(crate) struct Meter {
    state: EbuR128,
    channels: u32,
}

impl Meter {
    /// For samples at this rate and in this order of channels.
    pub(crate) fn new(format: &AudioFormat, channels: u32) -> Result<Self, MediaError> {
        let mut state =
            EbuR128::new(channels, format.sample_rate, Mode::I | Mode::TRUE_PEAK).map_err(failed)?;
        if let Some(map) = channel_map(&format.layout) {
            state.set_channel_map(map).map_err(failed)?;
        }
        Ok(Self { state, channels })
    }

    /// One slice per channel.
    pub(crate) fn add_planar(&mut self, planes: &[&[f32]]) -> Result<(), MediaError> {
        self.state.add_frames_planar_f32(planes).map_err(failed)
    }

    /// The channels of each sample side by side.
    pub(crate) fn add_interleaved(&mut self, samples: &[f32]) -> Result<(), MediaError> {
        self.state.add_frames_f32(samples).map_err(failed)
    }

    /// Of all samples so far.
    pub(crate) fn reading(&self) -> Result<Reading, MediaError> {
        let lufs = self.state.loudness_global().map_err(failed)?;
        let mut peak = 0.0f64;
        for channel in 0..self.channels {
            peak = peak.max(self.state.true_peak(channel).map_err(failed)?);
        }
        Ok(Reading { lufs: lufs.is_finite().then_some(lufs), true_peak_dbtp: 20.0 * peak.log10() })
    }
}

fn failed(error: ebur128::Error) -> MediaError {
    MediaError::new(MediaCode::Internal, format!("measuring loudness: {error}"))
}

/// Loudspeaker positions where the meter's own order of channels is not FFmpeg's.
fn channel_map(layout: &str) -> Option<&'static [Channel]> {
    use Channel::{
        Center, Left, LeftSurround, Mm090, Mm135, Mp090, Mp135, Mp180, Right, RightSurround, Unused,
    };
    match layout {
        "2.1" => Some(&[Left, Right, Unused]),
        "3.0" => Some(&[Left, Right, Center]),
        "4.0" => Some(&[Left, Right, Center, Mp180]),
        "quad" | "quad(side)" => Some(&[Left, Right, LeftSurround, RightSurround]),
        "5.0" | "5.0(side)" => Some(&[Left, Right, Center, LeftSurround, RightSurround]),
        "5.1" | "5.1(side)" => Some(&[Left, Right, Center, Unused, LeftSurround, RightSurround]),
        "6.1" => Some(&[Left, Right, Center, Unused, Mp180, Mp090, Mm090]),
        "7.1" => Some(&[Left, Right, Center, Unused, Mp135, Mm135, Mp090, Mm090]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scale_tone_reads_as_the_standard_says() {
        // 997 Hz at 0 dBFS in one front channel: -3.01 LUFS (BS.1770-4).
        let format =
            AudioFormat { sample_rate: 48_000, sample_format: "fltp".into(), layout: "stereo".into() };
        let mut meter = Meter::new(&format, 2).unwrap();
        #[allow(clippy::cast_possible_truncation, reason = "test signal")]
        let left = (0..96_000u32)
            .map(|n| (std::f64::consts::TAU * 997.0 / 48_000.0 * f64::from(n)).sin() as f32)
            .collect::<Vec<f32>>();
        meter.add_planar(&[&left, &vec![0.0; 96_000]]).unwrap();
        let reading = meter.reading().unwrap();
        assert!((reading.lufs.unwrap() + 3.01).abs() < 0.02, "{reading:?}");
        assert!(reading.true_peak_dbtp.abs() < 0.02, "{reading:?}");
    }
}
