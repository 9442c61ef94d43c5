//! Audio programmes of a template's output.

use spillway_profile::{Audio, AudioCodec, AudioFit, Channels, Container, Loudness, SelectAudio};

use super::read::Read;

/// One programme for each audio description that a profile can say.
pub(super) fn programmes(output: &Read<'_>, container: Container) -> Vec<Audio> {
    let mut made: Vec<Audio> = Vec::new();
    for description in output.at("audioDescriptions").items() {
        match programme(&description, container) {
            Some(audio) => made.push(audio),
            None => description.note("A profile makes AAC, and PCM in MOV files."),
        }
    }
    super::unique(&mut made, |audio| &mut audio.id);
    made
}

fn programme(description: &Read<'_>, container: Container) -> Option<Audio> {
    let codec = description.at("codecSettings");
    let wav = codec.at("wavSettings/bitDepth").whole().or(codec.at("aiffSettings/bitDepth").whole());
    let (compression, key) = match codec.at("codec").text()? {
        "AAC" => (AudioCodec::Aac, "aacSettings"),
        "WAV" | "AIFF" if container == Container::Mov => {
            let key = if codec.exists("aiffSettings") { "aiffSettings" } else { "wavSettings" };
            (if wav == Some(16) { AudioCodec::PcmS16le } else { AudioCodec::PcmS24le }, key)
        }
        _ => return None,
    };
    let settings = codec.at(key);
    let mode = settings.at("codingMode");
    let channels = match (mode.text(), settings.at("channels").whole()) {
        (Some("CODING_MODE_2_0"), _) | (None, Some(2)) => Channels::Stereo,
        (Some("CODING_MODE_1_0"), _) | (None, Some(1)) => Channels::StereoOrLess,
        _ => Channels::Keep,
    };
    let aac = compression == AudioCodec::Aac;
    let profile = settings.at("codecProfile");
    if matches!(profile.text(), Some(name) if name != "LC") {
        profile.note("AAC is made in the LC profile.");
    }
    let sample_rate_hz = rate(&settings);
    let most = if channels == Channels::Keep { 8 } else { 2 } * 6 * sample_rate_hz.unwrap_or(48_000) / 1_000;
    let bits = settings.at("bitrate");
    let bit_rate_kbps = aac.then(|| bits.whole().map_or(160, |bits| bits / 1_000).clamp(16, most));
    Some(Audio {
        id: "audio".to_owned(),
        codec: compression,
        bit_rate_kbps,
        sample_rate_hz,
        channels,
        select: SelectAudio::First,
        fit: AudioFit::Picture,
        loudness: loudness(description),
        pass_through: false,
    })
}

fn rate(settings: &Read<'_>) -> Option<u32> {
    let place = settings.at("sampleRate");
    let rate = place.whole()?;
    let usual =
        [8_000, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000].contains(&rate);
    if !usual {
        place.note("The source's rate is kept.");
    }
    usual.then_some(rate)
}

fn loudness(description: &Read<'_>) -> Option<Loudness> {
    let settings = description.at("audioNormalizationSettings");
    let algorithm = settings.at("algorithm");
    let name = algorithm.text()?;
    if settings.at("algorithmControl").is("MEASURE_ONLY") {
        settings.at("algorithmControl").note("The loudness of every track is measured anyway.");
        return None;
    }
    if name != "ITU_BS_1770_4" {
        algorithm.note("Loudness is measured by ITU-R BS.1770-4.");
    }
    // The service's own targets (service model, `AudioNormalizationSettings`).
    let usual = if name == "ITU_BS_1770_1" { -24.0 } else { -23.0 };
    let target = settings.at("targetLkfs").number().unwrap_or(usual);
    let peak = settings.at("truePeakLimiterThreshold").number();
    Some(Loudness {
        target_lufs: target.clamp(-40.0, -5.0),
        true_peak_dbtp: peak.unwrap_or(-1.0).clamp(-20.0, 0.0),
        tolerance_lu: 1.0,
    })
}
