//! Built-in rules of audio tracks.

use spillway_media::{
    measured::{Measured, MeasuredAudio},
    task::{AudioDone, AudioTask, InspectDone, Time},
    types::{Ratio, rescale},
};
use spillway_profile::{AudioCodec, Loudness};

use super::{
    Outcome, RuleResult,
    line::{Part, State, line, shown, some},
};
use crate::plan::{
    OutputPlan,
    number::{approx_i, ticks},
};

struct Track<'a> {
    place: String,
    task: &'a AudioTask,
    done: Option<&'a AudioDone>,
    found: &'a MeasuredAudio,
}

/// Form, place in time and loudness of every track.
pub(super) fn planned(
    plan: &OutputPlan,
    source: &InspectDone,
    audio: &[AudioDone],
    measured: &Measured,
) -> Vec<RuleResult> {
    let tracks: Vec<Track<'_>> = plan
        .audio
        .iter()
        .zip(&measured.audio)
        .enumerate()
        .map(|(n, (track, found))| Track {
            place: track.id.clone(),
            task: &track.task,
            done: audio.get(n),
            found,
        })
        .collect();
    let fail = Outcome::Fail;
    [
        line("audio-format", "Audio format", fail, &some(&tracks, |track| format(track, source))),
        line(
            "audio-sync",
            "Audio starts where it should",
            fail,
            &some(&tracks, |track| sync(track, plan, source)),
        ),
        line("audio-complete", "All of the audio is there", fail, &some(&tracks, complete)),
        line(
            "durations-agree",
            "Audio ends with the picture",
            fail,
            &some(&tracks, |track| ends(track, measured)),
        ),
        line("audio-times-rise", "Audio times rise", fail, &some(&tracks, |track| Some(times_rise(track)))),
        line(
            "audio-decodes",
            "Audio decodes without errors",
            fail,
            &some(&tracks, |track| Some(decodes(track))),
        ),
        line("audio-language", "Audio language", Outcome::Warn, &some(&tracks, language)),
        line("loudness", "Loudness", fail, &some(&tracks, loudness)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// FFmpeg's name of a codec.
pub(super) fn codec_name(codec: AudioCodec) -> &'static str {
    match codec {
        AudioCodec::Aac => "aac",
        AudioCodec::PcmS16le => "pcm_s16le",
        AudioCodec::PcmS24le => "pcm_s24le",
    }
}

fn format(track: &Track<'_>, source: &InspectDone) -> Option<Part> {
    let task = track.task;
    let from = source.probe.audio.iter().find(|stream| stream.index == task.stream)?;
    let codec: &str = match task.codec {
        Some(codec) => codec_name(codec),
        None => &from.codec,
    };
    let channels = task.channels.unwrap_or(from.channels);
    let words = |codec: &str, hz: u32, channels: u32| format!("{codec}, {hz} Hz, {channels} channels");
    let found = track.found;
    Some(Part::of(
        &track.place,
        words(codec, task.sample_rate, channels),
        words(&found.codec, found.sample_rate, found.channels),
        (codec, task.sample_rate, channels) == (found.codec.as_str(), found.sample_rate, found.channels),
    ))
}

/// Samples from time zero to the first picture, at `rate`.
fn picture_offset(zero: Time, source: &InspectDone, rate: u32) -> Option<i64> {
    let first = source.index.as_ref()?.first;
    let samples = Ratio::new(1, i32::try_from(rate.max(1)).ok()?);
    Some(rescale(first.saturating_sub(zero.ticks), zero.base, samples))
}

/// Start in relation to the first picture, within one codec frame.
fn sync(track: &Track<'_>, plan: &OutputPlan, source: &InspectDone) -> Option<Part> {
    let rate = track.found.sample_rate.max(1);
    let offset = picture_offset(plan.zero, source, rate)?;
    let wanted = match (track.task.fill, track.done) {
        (Some(_), _) => 0,
        (None, Some(done)) => done.start_sample - offset,
        (None, None) => return None,
    };
    let tolerance = i64::from(track.found.frame_samples.max(1_024));
    let ms = |samples: i64| format!("{} ms", shown(approx_i(samples) * 1_000.0 / f64::from(rate)));
    Some(Part::of(
        &track.place,
        format!("{} after the picture, within {}", ms(wanted), ms(tolerance)),
        ms(track.found.start_sample),
        track.found.start_sample.saturating_sub(wanted).abs() <= tolerance,
    ))
}

/// As many samples as the audio step made, within one codec frame.
fn complete(track: &Track<'_>) -> Option<Part> {
    let done = track.done?;
    let tolerance = u64::from(track.found.frame_samples.max(1_024));
    Some(Part::of(
        &track.place,
        format!("{} samples, within {tolerance}", done.samples),
        track.found.samples.to_string(),
        track.found.samples.abs_diff(done.samples) <= tolerance,
    ))
}

/// Seconds from the first picture to the end of the picture.
pub(super) fn picture_seconds(measured: &Measured) -> Option<f64> {
    let video = measured.video.first()?;
    Some(approx_i(video.end.saturating_sub(video.first)) * video.time_base.as_f64())
}

/// Where sound fills the picture: ends within a picture frame or a codec frame of it.
fn ends(track: &Track<'_>, measured: &Measured) -> Option<Part> {
    track.task.fill?;
    end_part(&track.place, track.found, measured)
}

pub(super) fn end_part(place: &str, found: &MeasuredAudio, measured: &Measured) -> Option<Part> {
    let picture = picture_seconds(measured)?;
    let rate = f64::from(found.sample_rate.max(1));
    let sound = approx_i(found.start_sample.saturating_add(ticks(found.samples))) / rate;
    let frame = measured.video.first().map_or(0.0, |video| 1.0 / video.average_rate.max(1.0));
    let tolerance = frame.max(f64::from(found.frame_samples) / rate).max(0.001);
    Some(Part::of(
        place,
        format!("{} s, within {} s", shown(picture), shown(tolerance)),
        format!("{} s", shown(sound)),
        (picture - sound).abs() <= tolerance + 0.000_5,
    ))
}

fn times_rise(track: &Track<'_>) -> Part {
    let words = |rise| if rise { "strictly rising" } else { "not strictly rising" };
    Part::of(&track.place, words(true), words(track.found.times_rise), track.found.times_rise)
}

fn decodes(track: &Track<'_>) -> Part {
    let errors = track.found.decode_errors;
    Part::of(&track.place, "0 errors", format!("{errors} errors"), errors == 0)
}

fn language(track: &Track<'_>) -> Option<Part> {
    let wanted = track.task.language.as_deref()?;
    let found = track.found.language.as_deref();
    Some(Part::of(&track.place, wanted, found.unwrap_or("none"), found == Some(wanted)))
}

fn loudness(track: &Track<'_>) -> Option<Part> {
    Some(loudness_part(&track.place, track.task.loudness?, track.found))
}

/// Integrated loudness and true peak against a target.
pub(super) fn loudness_part(place: &str, target: Loudness, found: &MeasuredAudio) -> Part {
    let expected = format!(
        "{} LUFS ±{} LU, true peak at most {} dBTP",
        shown(target.target_lufs),
        shown(target.tolerance_lu),
        shown(target.true_peak_dbtp)
    );
    let Some(lufs) = found.lufs else {
        return Part::of(place, expected, "not measurable (silence)", State::Unknown);
    };
    let peak = found.true_peak_dbtp;
    // Meters round to a tenth; a hundredth is below every meter's own accuracy.
    let level = (lufs - target.target_lufs).abs() <= target.tolerance_lu + 0.01;
    let below = peak.is_none_or(|peak| peak <= target.true_peak_dbtp + 0.01);
    let measured = match peak {
        Some(peak) => format!("{lufs:.1} LUFS, true peak {peak:.1} dBTP"),
        None => format!("{lufs:.1} LUFS"),
    };
    let state = if level && below && peak.is_none() { State::Unknown } else { (level && below).into() };
    Part::of(place, expected, measured, state)
}
