//! Audio programmes: which streams, in which form, from when to when.

use std::path::PathBuf;

use spillway_media::{
    facts::AudioStream,
    task::{AudioTask, Time},
    types::rescale,
};
use spillway_profile::{
    Audio, AudioCodec, AudioFit, Channels, Container, EditList, Output, SelectAudio, Verdict,
};

use super::{
    AudioPlan, SourceFacts,
    finding::{self, Finding},
    number::approx_i,
};

/// Sample rates of AAC in Hz.
const AAC_RATES: [u32; 12] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000];
/// What AAC gets when the source's rate is none of these.
const AAC_FALLBACK_HZ: u32 = 48_000;
/// Most channels that the AAC encoder lays out.
const AAC_CHANNELS: u32 = 8;
/// Longest priming of common AAC encoders in samples: a header start earlier by no more than this is
/// the encoder's delay, not sound before the picture.
const PRIMING_SAMPLES: i64 = 2_112;

/// The three points that audio is laid out by, all on the source's timeline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// Time zero of the output.
    pub zero: Time,
    /// First picture.
    pub start: Time,
    /// End of the last picture.
    pub end: Time,
}

/// A programme of the profile with the source streams that feed it.
pub(super) struct Programme<'a> {
    /// What the profile asks for.
    pub audio: &'a Audio,
    /// Decodable streams, in track order.
    pub streams: Vec<&'a AudioStream>,
}

/// Chooses the streams of each programme of `output`.
pub(super) fn programmes<'a>(output: &'a Output, streams: &'a [AudioStream]) -> Vec<Programme<'a>> {
    let decodable = || streams.iter().filter(|stream| stream.decodable);
    let choose = |select| match select {
        SelectAudio::All => decodable().collect(),
        SelectAudio::First => {
            decodable().find(|stream| stream.default).or_else(|| decodable().next()).into_iter().collect()
        }
    };
    output.audio.iter().map(|audio| Programme { audio, streams: choose(audio.select) }).collect()
}

/// Whether all sound must begin and end with the picture and start without priming.
pub(super) fn is_strict(output: &Output) -> bool {
    output.edit_list == EditList::Forbid || output.container == Container::Hls
}

/// How long before the first picture kept sound begins, in ticks of the picture's timebase; 0 where
/// nothing does, or where it may not.
pub(super) fn lead(output: &Output, programmes: &[Programme<'_>], start: Time) -> i64 {
    if is_strict(output) {
        return 0;
    }
    let kept = programmes.iter().filter(|programme| programme.audio.fit == AudioFit::Keep);
    let leads = kept.flat_map(|programme| &programme.streams).filter_map(|stream| {
        let lead = start.ticks.saturating_sub(rescale(stream.start?, stream.time_base, start.base));
        let samples = approx_i(lead) * start.base.as_f64() * f64::from(stream.sample_rate);
        (samples > approx_i(PRIMING_SAMPLES)).then_some(lead)
    });
    leads.max().unwrap_or(0)
}

/// The tracks of `output`.
pub(super) fn plans(
    output: &Output,
    programmes: &[Programme<'_>],
    source: &SourceFacts<'_>,
    clock: Clock,
    findings: &mut Vec<Finding>,
) -> Vec<AudioPlan> {
    let mut plans = Vec::new();
    for programme in programmes {
        for (n, stream) in (1..).zip(&programme.streams) {
            let id = if n == 1 { programme.audio.id.clone() } else { format!("{}-{n}", programme.audio.id) };
            let task = task(output, programme.audio, stream, source, clock);
            if task.codec.is_none() {
                let values = [("output", output.id.clone()), ("track", id.clone())];
                findings.push(finding::AUDIO_COPIED.with(Verdict::Pass, values));
            }
            plans.push(AudioPlan { id, task });
        }
    }
    plans
}

fn task(
    output: &Output,
    audio: &Audio,
    stream: &AudioStream,
    source: &SourceFacts<'_>,
    clock: Clock,
) -> AudioTask {
    let strict = is_strict(output);
    let fill = (strict || audio.fit == AudioFit::Picture).then_some((clock.start, clock.end));
    let channels = channels(audio, stream);
    let sample_rate = sample_rate(audio, stream);
    let bit_rate = bit_rate(audio, channels.unwrap_or(stream.channels));
    let copied = fill.is_none() && may_copy(audio, stream, channels, sample_rate, bit_rate);
    AudioTask {
        source: source.path.to_path_buf(),
        stream: stream.index,
        codec: (!copied).then_some(audio.codec),
        bit_rate: if copied { None } else { bit_rate },
        sample_rate,
        channels,
        zero: clock.zero,
        fill,
        no_priming: strict,
        loudness: audio.loudness,
        language: language(stream.language.as_deref()),
        out: PathBuf::new(),
    }
}

/// A language worth writing.
pub(super) fn language(stated: Option<&str>) -> Option<String> {
    stated.filter(|code| !code.is_empty() && *code != "und").map(str::to_owned)
}

/// Channels to make; `None`: as the source.
pub(super) fn channels(audio: &Audio, stream: &AudioStream) -> Option<u32> {
    match audio.channels {
        Channels::Stereo => Some(2),
        Channels::StereoOrLess if stream.channels > 2 => Some(2),
        Channels::Keep if audio.codec == AudioCodec::Aac && stream.channels > AAC_CHANNELS => Some(2),
        Channels::StereoOrLess | Channels::Keep => None,
    }
}

fn sample_rate(audio: &Audio, stream: &AudioStream) -> u32 {
    let wanted = audio.sample_rate_hz.unwrap_or(stream.sample_rate);
    if audio.codec != AudioCodec::Aac || AAC_RATES.contains(&wanted) {
        return wanted.max(1);
    }
    match audio.sample_rate_hz {
        Some(hz) => AAC_RATES.into_iter().min_by_key(|rate| rate.abs_diff(hz)).unwrap_or(AAC_FALLBACK_HZ),
        None => AAC_FALLBACK_HZ,
    }
}

/// In bit/s: as stated, else 64 kbit/s a channel and 96 for mono. PCM has none.
fn bit_rate(audio: &Audio, channels: u32) -> Option<u64> {
    (audio.codec == AudioCodec::Aac).then(|| {
        let kbps =
            audio.bit_rate_kbps.map_or_else(|| u64::from(channels.clamp(1, 16) * 64).max(96), u64::from);
        kbps * 1_000
    })
}

fn may_copy(
    audio: &Audio,
    stream: &AudioStream,
    channels: Option<u32>,
    sample_rate: u32,
    bit_rate: Option<u64>,
) -> bool {
    let same_codec = match audio.codec {
        AudioCodec::Aac => stream.codec == "aac" && stream.profile.as_deref() == Some("LC"),
        AudioCodec::PcmS16le => stream.codec == "pcm_s16le",
        AudioCodec::PcmS24le => stream.codec == "pcm_s24le",
    };
    // Half as much again as asked for is still nearer to the wish than a second generation.
    let modest = match (stream.bit_rate, bit_rate) {
        (Some(has), Some(wanted)) => has.saturating_mul(2) <= wanted.saturating_mul(3),
        _ => true,
    };
    audio.pass_through
        && audio.loudness.is_none()
        && same_codec
        && channels.is_none_or(|n| n == stream.channels)
        && sample_rate == stream.sample_rate
        && modest
}

/// Sound before the first or after the last picture that filling cuts off, in seconds; `None` where
/// the source does not say, or the rest is shorter than a codec frame or two.
pub(super) fn overhang(stream: &AudioStream, clock: Clock) -> Option<f64> {
    const NEGLIGIBLE_S: f64 = 0.1;
    let start = approx_i(stream.start?) * stream.time_base.as_f64();
    let end = start + approx_i(stream.duration?) * stream.time_base.as_f64();
    let at = |time: Time| approx_i(time.ticks) * time.base.as_f64();
    let lead = (at(clock.start) - start).max(0.0);
    let tail = (end - at(clock.end)).max(0.0);
    (lead.max(tail) > NEGLIGIBLE_S).then_some(lead + tail)
}

#[cfg(test)]
mod tests {
    use spillway_media::types::Ratio;

    use super::*;
    use crate::plan::sample;

    fn clock() -> Clock {
        let at = |ticks| Time { ticks, base: Ratio::new(1, 24) };
        Clock { zero: at(0), start: at(0), end: at(240) }
    }

    fn planned(output: &Output, streams: &[AudioStream]) -> Vec<AudioPlan> {
        let sample = sample::Source::new(240);
        let mut findings = Vec::new();
        plans(output, &programmes(output, streams), &sample.facts(), clock(), &mut findings)
    }

    #[test]
    fn all_takes_every_decodable_stream_and_first_the_default() {
        let mut streams = vec![sample::audio(1), sample::audio(2), sample::audio(3)];
        streams[0].decodable = false;
        streams[2].default = true;
        let mut output = sample::mp4_output();
        assert_eq!(planned(&output, &streams)[0].task.stream, 3);
        output.audio[0].select = SelectAudio::All;
        let plans = planned(&output, &streams);
        assert_eq!(plans.iter().map(|p| p.task.stream).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(plans.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["stereo", "stereo-2"]);
    }

    type Change = fn(&mut Output, &mut AudioStream);

    #[test]
    fn copies_only_what_complies() {
        let mut output = sample::mp4_output();
        output.audio[0].pass_through = true;
        output.audio[0].fit = AudioFit::Keep;
        output.audio[0].bit_rate_kbps = Some(128);
        let stream = sample::audio(1);
        assert_eq!(planned(&output, std::slice::from_ref(&stream))[0].task.codec, None);
        let changes: [Change; 7] = [
            |output, _| output.audio[0].fit = AudioFit::Picture,
            |output, _| output.audio[0].pass_through = false,
            |output, _| output.edit_list = EditList::Forbid,
            |_, stream| stream.profile = Some("HE-AAC".to_owned()),
            |_, stream| stream.channels = 6,
            |_, stream| stream.bit_rate = Some(193_000),
            |output, _| output.audio[0].sample_rate_hz = Some(44_100),
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let (mut output, mut stream) = (output.clone(), stream.clone());
            change(&mut output, &mut stream);
            assert_eq!(planned(&output, &[stream])[0].task.codec, Some(AudioCodec::Aac), "change {n}");
        }
    }

    #[test]
    fn rates_and_channels_are_what_the_codec_can() {
        let output = sample::mp4_output();
        let mut stream = sample::audio(1);
        stream.sample_rate = 37_800;
        assert_eq!(sample_rate(&output.audio[0], &stream), 48_000);
        stream.sample_rate = 44_100;
        assert_eq!(sample_rate(&output.audio[0], &stream), 44_100);
        let mut audio = output.audio[0].clone();
        audio.sample_rate_hz = Some(30_000);
        assert_eq!(sample_rate(&audio, &stream), 32_000);
        audio.channels = Channels::StereoOrLess;
        stream.channels = 1;
        assert_eq!(channels(&audio, &stream), None);
        stream.channels = 6;
        assert_eq!(channels(&audio, &stream), Some(2));
    }

    #[test]
    fn only_kept_sound_before_the_picture_leads() {
        let start = Time { ticks: 24, base: Ratio::new(1, 24) };
        let mut output = sample::mp4_output();
        let streams = [sample::audio(1)];
        let of = |output: &Output, streams: &[AudioStream]| lead(output, &programmes(output, streams), start);
        assert_eq!(of(&output, &streams), 0);
        output.audio[0].fit = AudioFit::Keep;
        assert_eq!(of(&output, &streams), 24);
        let mut primed = streams[0].clone();
        primed.start = Some(48_000 - 1_024);
        assert_eq!(of(&output, &[primed]), 0);
        output.edit_list = EditList::Forbid;
        assert_eq!(of(&output, &streams), 0);
    }
}
