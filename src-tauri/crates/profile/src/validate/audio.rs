//! Audio programmes.

use super::Checks;
use crate::error::Path;
use crate::{Audio, AudioCodec, Channels, Container, Loudness};

/// Rates that AAC-LC has an index for.
const AAC_RATES: [u32; 12] =
    [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000];

pub(super) fn check(checks: &mut Checks, audio: &Audio, container: Container, at: &Path) {
    checks.id(&audio.id, &at.key("id"));
    match audio.codec {
        AudioCodec::Aac => aac(checks, audio, at),
        AudioCodec::PcmS16le | AudioCodec::PcmS24le => pcm(checks, audio, container, at),
    }
    if let Some(loudness) = audio.loudness {
        self::loudness(checks, loudness, &at.key("loudness"));
        let message = "copied audio keeps its loudness: choose pass_through or loudness";
        checks.expect(!audio.pass_through, &at.key("pass_through"), message);
    }
}

fn aac(checks: &mut Checks, audio: &Audio, at: &Path) {
    if let Some(rate) = audio.sample_rate_hz {
        let good = AAC_RATES.contains(&rate);
        checks.expect(good, &at.key("sample_rate_hz"), format!("aac has no sample rate of {rate} Hz"));
    }
    let Some(kbps) = audio.bit_rate_kbps else {
        let message = format!("audio \"{}\": aac needs a bit rate", audio.id);
        return checks.add(at, message, Some("for example: bit_rate_kbps = 192".to_owned()));
    };
    // A frame of 1024 samples holds at most 6144 bits per channel (ISO/IEC 14496-3).
    let two_channels = 2 * 6 * audio.sample_rate_hz.unwrap_or(48_000) / 1000;
    let most = if audio.channels == Channels::Keep { two_channels * 4 } else { two_channels };
    let good = (16..=most).contains(&kbps);
    checks.expect(good, &at.key("bit_rate_kbps"), format!("aac takes 16 to {most} kbit/s here, not {kbps}"));
}

fn pcm(checks: &mut Checks, audio: &Audio, container: Container, at: &Path) {
    let good = container == Container::Mov;
    checks.expect(good, &at.key("codec"), "pcm goes into mov files only; use aac");
    let none = audio.bit_rate_kbps.is_none();
    checks.expect(none, &at.key("bit_rate_kbps"), "pcm has no bit rate of its own");
    if let Some(rate) = audio.sample_rate_hz {
        let good = (8_000..=192_000).contains(&rate);
        checks.expect(good, &at.key("sample_rate_hz"), format!("{rate} Hz is no usual sample rate"));
    }
}

/// Also used for the rule of the same name.
pub(super) fn loudness(checks: &mut Checks, loudness: Loudness, at: &Path) {
    let Loudness { target_lufs, true_peak_dbtp, tolerance_lu } = loudness;
    checks.within("the loudness target", target_lufs, (-40.0, -5.0), " LUFS", &at.key("target_lufs"));
    checks.within("the true peak", true_peak_dbtp, (-20.0, 0.0), " dBTP", &at.key("true_peak_dbtp"));
    checks.within("the tolerance", tolerance_lu, (0.1, 5.0), " LU", &at.key("tolerance_lu"));
}
