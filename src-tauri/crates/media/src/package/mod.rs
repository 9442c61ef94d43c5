//! Joining packet files into an HLS folder: fragmented MP4, one fragment per GOP, playlists.

mod audio;
mod codecs;
mod picture;
mod playlist;
mod rates;
#[cfg(test)]
pub(crate) mod tests;
mod track;

use std::{fs::File, io::Write, ops::ControlFlow, path::Path};

pub(crate) use playlist::escaped;
pub(crate) use rates::{Weight, average, peak};

use audio::write_audio;
use picture::write_rung;
use playlist::{AudioRendition, Entry, Variant, media, multivariant};

use crate::{
    part::sync_folder,
    stitch::{Ticker, seal},
    task::{FileInfo, FilesDone, PackageTask, Progress},
    types::{MediaCode, MediaError, Ratio, rescale},
};

const MICROSECONDS: Ratio = Ratio::new(1, 1_000_000);

/// Writes the folder of the task, every file and folder synced and hashed.
pub(crate) fn package(
    task: &PackageTask,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<FilesDone, MediaError> {
    let mut ticker = Ticker::new(progress);
    ticker.report()?;
    check(task)?;
    make_folder(&task.out)?;
    let header = crate::schedule::read_header(&task.schedule)?;
    let per_rung = |every: u32| header.count.div_ceil(u64::from(every.max(1)));
    ticker.expect(task.rungs.iter().map(|rung| per_rung(rung.every)).sum());
    let rungs =
        task.rungs.iter().map(|rung| write_rung(task, rung, &mut ticker)).collect::<Result<Vec<_>, _>>()?;
    let Some(largest) = rungs.first() else {
        return Err(MediaError::new(MediaCode::ZeroFrames, "there are no rungs"));
    };
    let boundaries: Vec<i64> = largest.starts_us.clone();
    let sounds = task
        .audio
        .iter()
        .map(|audio| write_audio(task, audio, &boundaries, &mut ticker))
        .collect::<Result<Vec<_>, _>>()?;

    let target = rungs.iter().flat_map(|r| &r.segments).chain(sounds.iter().flat_map(|s| &s.segments));
    let target = target_seconds(target.map(|segment| segment.duration_us));
    let seconds = f64::from(target);
    let audio_rates =
        |of: fn(&[Weight], f64) -> u64| sounds.iter().map(|s| of(&weights(&s.segments), seconds)).max();
    let audio_peak = audio_rates(peak).unwrap_or(0);
    let audio_average = audio_rates(|w, _| average(w)).unwrap_or(0);

    let mut files = Vec::new();
    let mut variants = Vec::new();
    for (input, rung) in task.rungs.iter().zip(&rungs) {
        let w = weights(&rung.segments);
        variants.push(Variant {
            id: input.id.clone(),
            bandwidth: (peak(&w, seconds) + audio_peak, average(&w) + audio_average),
            i_frames: task.i_frame_playlists.then(|| i_frame_rates(&rung.i_frames)),
            codecs: rung.codecs.clone(),
            resolution: rung.resolution,
            rate: rung.rate,
            range: rung.range,
        });
        files.extend(rung.files.iter().cloned());
        files.push(text_file(
            task,
            &input.id,
            "playlist.m3u8",
            &media(target, &entries(&rung.segments)),
            &mut ticker,
        )?);
        if task.i_frame_playlists {
            files.push(text_file(
                task,
                &input.id,
                "iframes.m3u8",
                &media(target, &rung.i_frames),
                &mut ticker,
            )?);
        }
    }
    let mut renditions = Vec::new();
    for (input, sound) in task.audio.iter().zip(&sounds) {
        renditions.push(AudioRendition { id: input.id.clone(), ..sound.rendition.clone() });
        files.extend(sound.files.iter().cloned());
        files.push(text_file(
            task,
            &input.id,
            "playlist.m3u8",
            &media(target, &entries(&sound.segments)),
            &mut ticker,
        )?);
    }
    let captions = rungs.iter().any(|rung| rung.captions);
    let text = multivariant(&variants, &distinct_names(renditions), captions);
    files.insert(0, text_file(task, "", &format!("{}.m3u8", task.name), &text, &mut ticker)?);
    sync_folder(&task.out)?;
    let end_us = rescale(header.end, header.out_base, MICROSECONDS);
    Ok(FilesDone { files, frames: largest.frames, duration_ms: (end_us + 500) / 1_000 })
}

/// A written segment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Segment {
    name: String,
    bytes: u64,
    duration_us: i64,
}

/// File name of the `n`-th segment, counted from 0.
fn segment_name(n: usize) -> String {
    format!("seg{:05}.m4s", n + 1)
}

fn weights(segments: &[Segment]) -> Vec<Weight> {
    segments.iter().map(|s| Weight { bytes: s.bytes, seconds: seconds_of(s.duration_us) }).collect()
}

fn i_frame_rates(entries: &[Entry]) -> (u64, u64) {
    let weight =
        |e: &Entry| Weight { bytes: e.range.map_or(0, |range| range.0), seconds: seconds_of(e.duration_us) };
    let weights: Vec<Weight> = entries.iter().map(weight).collect();
    // Players fetch single I-frames: the largest one decides, not a run of them.
    let single = weights.iter().map(|w| average(std::slice::from_ref(w))).max().unwrap_or(0);
    (single, average(&weights))
}

#[allow(clippy::cast_precision_loss, reason = "durations far below 2^53 µs")]
fn seconds_of(us: i64) -> f64 {
    us as f64 / 1e6
}

fn entries(segments: &[Segment]) -> Vec<Entry> {
    segments.iter().map(|s| Entry { name: s.name.clone(), duration_us: s.duration_us, range: None }).collect()
}

/// No duration, rounded to whole seconds, may be longer.
fn target_seconds(durations_us: impl Iterator<Item = i64>) -> u32 {
    let longest = durations_us.max().unwrap_or(0);
    u32::try_from((longest + 500_000) / 1_000_000).unwrap_or(u32::MAX).max(1)
}

/// Renditions of a group must differ in name.
fn distinct_names(mut renditions: Vec<AudioRendition>) -> Vec<AudioRendition> {
    for n in 1..renditions.len() {
        let taken = |name: &str| renditions[..n].iter().any(|other| other.name == name);
        let plain = renditions[n].name.clone();
        let mut name = plain.clone();
        let mut count = 1;
        while taken(&name) {
            count += 1;
            name = format!("{plain} {count}");
        }
        renditions[n].name = name;
    }
    renditions
}

/// Names become folders and parts of addresses; the grid must hold for every rung.
fn check(task: &PackageTask) -> Result<(), MediaError> {
    let refused = |message: String| Err(MediaError::new(MediaCode::Refused, message));
    let ids: Vec<&str> =
        task.rungs.iter().map(|r| r.id.as_str()).chain(task.audio.iter().map(|a| a.id.as_str())).collect();
    for (n, id) in ids.iter().enumerate() {
        if id.is_empty() || id.starts_with('.') || id.contains(['/', '\\', '\0']) {
            return refused(format!("{id:?} cannot be the name of a folder in the package"));
        }
        if ids[..n].contains(id) {
            return refused(format!("two parts of the package are called {id:?}"));
        }
    }
    if task.name.is_empty() || task.name.starts_with('.') || task.name.contains(['/', '\\', '\0']) {
        return refused(format!("{:?} cannot be the name of the playlist", task.name));
    }
    for rung in &task.rungs {
        let every = u64::from(rung.every.max(1));
        let fits = |frames: u64| frames > 0 && frames.is_multiple_of(every);
        if !fits(task.gop_frames)
            || !fits(task.segment_frames)
            || !task.segment_frames.is_multiple_of(task.gop_frames)
        {
            return refused(format!(
                "segments of {} frames cannot be made of GOPs of {} frames with every {every}. frame",
                task.segment_frames, task.gop_frames
            ));
        }
    }
    Ok(())
}

/// Makes the folder. What an interrupted attempt left under the same temporary name goes first.
fn make_folder(out: &Path) -> Result<(), MediaError> {
    let temporary = out.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    if temporary && out.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
        std::fs::remove_dir_all(out)?;
    }
    std::fs::create_dir(out)?;
    sync_folder(out)
}

/// Writes a playlist and syncs it and its folder, into which nothing is written any more.
fn text_file(
    task: &PackageTask,
    folder: &str,
    name: &str,
    text: &str,
    ticker: &mut Ticker<'_>,
) -> Result<FileInfo, MediaError> {
    let path = task.out.join(folder).join(name);
    let mut file = File::create_new(&path)?;
    file.write_all(text.as_bytes())?;
    let relative = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let info = seal(&path, relative, ticker)?;
    sync_folder(&path)?;
    Ok(info)
}
