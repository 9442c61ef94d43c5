//! An HLS folder: playlists against media.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use super::{
    MICROSECONDS, files,
    playlist::{self, Entry, Media, is_multivariant, resolve, text_of},
    streams::{self, Found},
    video::VideoFound,
};
use crate::{
    boxes::{self, Atom},
    ff::{ChainReader, Decoder, Frame, Input, Next, Packet},
    language,
    measured::{Measured, MeasuredHls, MeasuredRung},
    package::{Weight, average, peak},
    probe::describe,
    stitch::Ticker,
    task::MeasureTask,
    types::{MediaCode, MediaError, rescale},
};

/// I-frames decoded of one playlist unless everything is.
const I_FRAMES_TRIED: usize = 60;
/// Times may differ by so much between playlist and media, in µs.
const TOLERANCE_US: i64 = 1_500;

/// Measures all rungs and renditions of a folder or of its multivariant playlist.
pub(super) fn measure(task: &MeasureTask, ticker: &mut Ticker<'_>) -> Result<Measured, MediaError> {
    let main = main_playlist(&task.path)?;
    let root = main.parent().unwrap_or(Path::new(".")).to_path_buf();
    let text = text_of(&main)?;
    let mut folder = Folder { root: &root, main: &main, task, faults: Vec::new() };
    let list = if is_multivariant(&text) {
        playlist::multivariant(&text)?
    } else {
        let name =
            main.file_name().map(|name| crate::package::escaped(&name.to_string_lossy())).unwrap_or_default();
        playlist::Multivariant { variants: vec![Entry::plain(name)], ..Default::default() }
    };
    let mut audio = Vec::new();
    for entry in &list.audio {
        audio.push(folder.track(entry, ticker)?);
    }
    let mut rungs = Vec::new();
    for entry in &list.variants {
        rungs.push(folder.track(entry, ticker)?);
    }
    let mut i_frame_playlists = 0;
    for entry in &list.i_frames {
        folder.i_frames(entry, &rungs, ticker)?;
        i_frame_playlists += 1;
    }
    let hls = MeasuredHls { i_frame_playlists, ..folder.summary(&list.variants, &rungs, &audio) };
    let files = files::list(&root, task.hash, &mut folder.faults, ticker)?;
    let mut measured = Measured { container: "hls".into(), files, hls: Some(hls), ..Measured::default() };
    for rung in &mut rungs {
        measured.audio.append(&mut rung.found.audio);
    }
    let zero = rungs
        .iter()
        .flat_map(|rung| &rung.found.video)
        .map(|v| (v.measured.first, v.measured.time_base))
        .next();
    for track in audio {
        for mut sound in track.found.audio {
            // Read alone, its start was counted from zero; the picture starts where it does.
            if let Some((first, base)) = zero {
                let unit =
                    crate::types::Ratio::new(1, i32::try_from(sound.sample_rate.max(1)).unwrap_or(48_000));
                sound.start_sample -= rescale(first, base, unit);
            }
            sound.id.clone_from(&track.id);
            sound.language = track.language.clone().or(sound.language);
            measured.audio.push(sound);
        }
    }
    for rung in rungs {
        measured.video.extend(rung.found.video.into_iter().take(1).map(|v| v.measured));
    }
    measured.faults = folder.faults;
    Ok(measured)
}

/// The playlist itself, or the only one on the folder's first level.
pub(super) fn main_playlist(path: &Path) -> Result<PathBuf, MediaError> {
    if path.is_file() {
        return Ok(path.to_path_buf());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "m3u8") {
            found.push(path);
        }
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(MediaError::new(MediaCode::NotMedia, "the folder holds no HLS playlist")),
        _ => Err(MediaError::new(
            MediaCode::NotMedia,
            "the folder holds several HLS playlists on its first level",
        )),
    }
}

/// A folder being measured.
struct Folder<'a> {
    root: &'a Path,
    main: &'a Path,
    task: &'a MeasureTask,
    faults: Vec<String>,
}

/// One media playlist with its media.
struct Track {
    id: String,
    language: Option<String>,
    path: PathBuf,
    media: Media,
    weights: Vec<Weight>,
    /// Every segment starts with a fragment whose first picture is an IDR.
    starts_idr: bool,
    found: Found,
}

impl Track {
    fn video(&self) -> Option<&VideoFound> {
        self.found.video.first()
    }

    /// Presentation times of keyframes in µs.
    fn keys_us(&self) -> Vec<i64> {
        let Some(video) = self.video() else { return Vec::new() };
        let times =
            video.measured.keyframes.iter().filter_map(|n| video.times.get(usize::try_from(*n).ok()?));
        times.map(|time| rescale(*time, video.measured.time_base, MICROSECONDS)).collect()
    }
}

impl Folder<'_> {
    fn track(&mut self, entry: &Entry, ticker: &mut Ticker<'_>) -> Result<Track, MediaError> {
        let path = resolve(self.root, self.main, &entry.uri)?;
        let id = id_of(self.root, &path);
        let within = |e: MediaError| MediaError { message: format!("{id}: {}", e.message), ..e };
        let media = playlist::media(&text_of(&path)?).map_err(within)?;
        let mut paths = Vec::new();
        if let Some(map) = &media.map {
            paths.push(resolve(self.root, &path, map)?);
        }
        for segment in &media.segments {
            if segment.range.is_some() {
                return Err(within(MediaError::new(
                    MediaCode::Unsupported,
                    "segments as byte ranges are not supported",
                )));
            }
            paths.push(resolve(self.root, &path, &segment.uri)?);
        }
        if media.segments.is_empty() {
            return Err(within(MediaError::new(MediaCode::ZeroFrames, "the playlist has no segments")));
        }
        let sizes = paths
            .iter()
            .map(|path| Ok(std::fs::metadata(path)?.len()))
            .collect::<Result<Vec<_>, MediaError>>()?;
        let reopen = || Input::open_chain(ChainReader::new(&paths)?);
        let (probe, locked) = describe(&mut reopen().map_err(within)?, sizes.iter().sum())?;
        if locked {
            return Err(within(MediaError::new(MediaCode::Encrypted, "the media is encrypted")));
        }
        let mut found = streams::measure(&reopen, &probe, self.task, ticker).map_err(within)?;
        found.video.iter_mut().for_each(|video| video.measured.id.clone_from(&id));
        self.faults.extend(found.faults.iter().map(|fault| format!("{id}: {fault}")));
        let lead = usize::from(media.map.is_some());
        let weights = media.segments.iter().zip(&sizes[lead..]);
        let weights = weights.map(|(s, bytes)| Weight { bytes: *bytes, seconds: s.seconds }).collect();
        self.playlist_faults(&id, &media);
        let language = entry.get("LANGUAGE").map(language::from_tag);
        let mut track = Track { id, language, path, media, weights, starts_idr: true, found };
        track.starts_idr = self.segments(&track, &paths, lead, &sizes)?;
        Ok(track)
    }

    fn playlist_faults(&mut self, id: &str, media: &Media) {
        if !media.ended {
            self.faults.push(format!("{id}: the playlist has no #EXT-X-ENDLIST."));
        }
        let target = f64::from(media.target_seconds);
        for (n, segment) in media.segments.iter().enumerate() {
            if segment.seconds.round() > target {
                let place = n + 1;
                self.faults
                    .push(format!("{id}: segment {place} is longer than the target duration of {target} s."));
            }
        }
    }

    /// Checks the start of every segment and its duration against the playlist.
    fn segments(
        &mut self,
        track: &Track,
        paths: &[PathBuf],
        lead: usize,
        sizes: &[u64],
    ) -> Result<bool, MediaError> {
        if track.media.map.is_some() {
            for (n, path) in paths.iter().enumerate().skip(lead) {
                if !starts_with_fragment(path)? {
                    self.faults.push(format!(
                        "{}: segment {} does not start with a movie fragment.",
                        track.id,
                        n + 1 - lead
                    ));
                }
            }
        }
        let Some(video) = track.video() else { return Ok(true) };
        let mut start: u64 = sizes[..lead].iter().sum();
        let mut all_idr = true;
        let mut begins = Vec::new();
        for (n, size) in sizes[lead..].iter().enumerate() {
            let at = video.rows.partition_point(|row| row.position < start);
            let first = video.rows.get(at).filter(|row| row.position < start + size);
            if !first.is_some_and(|row| row.key && row.idr) {
                all_idr = false;
                self.faults.push(format!(
                    "{}: segment {} does not start with an IDR picture.",
                    track.id,
                    n + 1
                ));
            }
            begins.push(first.map(|row| rescale(row.pts, video.measured.time_base, MICROSECONDS)));
            start += size;
        }
        begins.push(Some(rescale(video.measured.end, video.measured.time_base, MICROSECONDS)));
        for (n, (pair, segment)) in begins.windows(2).zip(&track.media.segments).enumerate() {
            let (Some(from), Some(to)) = (pair[0], pair[1]) else { continue };
            let declared = micros(segment.seconds);
            if (to - from - declared).abs() > TOLERANCE_US {
                self.faults.push(format!(
                    "{}: segment {} lasts {} µs, the playlist says {declared} µs.",
                    track.id,
                    n + 1,
                    to - from
                ));
            }
        }
        Ok(all_idr)
    }

    fn summary(&mut self, variants: &[Entry], rungs: &[Track], audio: &[Track]) -> MeasuredHls {
        let all = || rungs.iter().chain(audio);
        let target = all().map(|track| track.media.target_seconds).max().unwrap_or(0);
        let seconds = f64::from(target);
        let longest = all().flat_map(|track| &track.media.segments).map(|s| s.seconds).fold(0.0, f64::max);
        let audio_peak = audio.iter().map(|track| peak(&track.weights, seconds)).max().unwrap_or(0);
        let audio_average = audio.iter().map(|track| average(&track.weights)).max().unwrap_or(0);
        let mut measured = Vec::new();
        for (entry, rung) in variants.iter().zip(rungs) {
            measured.push(MeasuredRung {
                id: rung.id.clone(),
                declared_peak: entry.number("BANDWIDTH"),
                declared_average: entry.number("AVERAGE-BANDWIDTH"),
                measured_peak: peak(&rung.weights, seconds) + audio_peak,
                measured_average: average(&rung.weights) + audio_average,
                codecs: entry.get("CODECS").unwrap_or_default().to_owned(),
            });
        }
        for rung in &measured {
            if rung.declared_peak > 0 && rung.measured_peak > rung.declared_peak {
                self.faults.push(format!(
                    "{}: segments need {} bit/s, BANDWIDTH declares {}.",
                    rung.id, rung.measured_peak, rung.declared_peak
                ));
            }
        }
        MeasuredHls {
            target_seconds: target,
            longest_segment_s: longest,
            segments_start_idr: rungs.iter().all(|rung| rung.starts_idr),
            keyframes_aligned: aligned(rungs),
            i_frame_playlists: 0,
            rungs: measured,
        }
    }

    /// Checks that every byte range of an I-frame playlist is one fragment's start up to the end of its
    /// first picture, and that pictures decode from it alone.
    fn i_frames(
        &mut self,
        entry: &Entry,
        rungs: &[Track],
        ticker: &mut Ticker<'_>,
    ) -> Result<(), MediaError> {
        let path = resolve(self.root, self.main, &entry.uri)?;
        let id = id_of(self.root, &path);
        let media = playlist::media(&text_of(&path)?)?;
        if !media.i_frames_only {
            self.faults.push(format!("{id}: the I-frame playlist does not say #EXT-X-I-FRAMES-ONLY."));
        }
        let rung = rungs.iter().find(|rung| rung.path.parent() == path.parent());
        if let Some(rung) = rung {
            let (frames, total) = (sum(&media), sum(&rung.media));
            if (frames - total).abs() > 0.01 {
                self.faults.push(format!("{id}: I-frames cover {frames:.3} s of {total:.3} s."));
            }
        }
        let init = media.map.as_deref().map(|map| resolve(self.root, &path, map)).transpose()?;
        let input =
            init.map(|init| Input::open_chain(ChainReader::new(&[init, self.first_file(&path, &media)?])?));
        let input = input.transpose()?;
        let step =
            if self.task.decode_all { 1 } else { media.segments.len().div_ceil(I_FRAMES_TRIED).max(1) };
        for (n, segment) in media.segments.iter().enumerate() {
            ticker.alive()?;
            let file = resolve(self.root, &path, &segment.uri)?;
            let sample = first_sample(&file, segment.range)?;
            let good = match (&sample, &input) {
                (Some(sample), Some(input)) if n % step == 0 => decodes(input, sample)?,
                (sample, _) => sample.is_some(),
            };
            if !good {
                self.faults.push(format!("{id}: I-frame {} does not decode from its byte range.", n + 1));
            }
        }
        Ok(())
    }

    fn first_file(&self, path: &Path, media: &Media) -> Result<PathBuf, MediaError> {
        let none = || MediaError::new(MediaCode::ZeroFrames, "an I-frame playlist is empty");
        resolve(self.root, path, &media.segments.first().ok_or_else(none)?.uri)
    }
}

fn sum(media: &Media) -> f64 {
    media.segments.iter().map(|segment| segment.seconds).sum()
}

#[allow(clippy::cast_possible_truncation, reason = "seconds of a segment")]
fn micros(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}

/// Folder of the playlist, `video` when it has none of its own.
fn id_of(root: &Path, playlist: &Path) -> String {
    let below = playlist.parent().and_then(|folder| folder.strip_prefix(root).ok());
    let name = below.map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
    if name.is_empty() { "video".to_owned() } else { name }
}

/// Keyframes of all rungs stand at the times of the first rung's.
fn aligned(rungs: &[Track]) -> bool {
    let Some((first, others)) = rungs.split_first() else { return true };
    let keys = first.keys_us();
    others.iter().all(|rung| {
        let other = rung.keys_us();
        other.len() == keys.len() && keys.iter().zip(&other).all(|(a, b)| (a - b).abs() <= TOLERANCE_US)
    })
}

/// Boxes that may precede a fragment in a segment.
fn is_preamble(atom: &Atom) -> bool {
    matches!(&atom.kind, b"styp" | b"sidx" | b"prft" | b"emsg" | b"ssix")
}

fn starts_with_fragment(path: &Path) -> Result<bool, MediaError> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let atoms = boxes::children(&mut file, 0, size)?;
    Ok(atoms.iter().find(|atom| !is_preamble(atom)).is_some_and(|atom| &atom.kind == b"moof"))
}

/// The bytes of the first sample in a byte range; `None` when the range does not hold it.
fn first_sample(path: &Path, range: Option<(u64, u64)>) -> Result<Option<Vec<u8>>, MediaError> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let Some((length, start)) =
        range.filter(|(length, start)| start.checked_add(*length).is_some_and(|end| end <= size))
    else {
        return Ok(None);
    };
    let Some(span) = boxes::first_sample(&mut file, start, size)? else { return Ok(None) };
    if span.end > start + length {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(span.start))?;
    let mut bytes = Vec::new();
    file.take(span.end - span.start).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Whether a picture comes out of this sample alone, undamaged.
fn decodes(input: &Input, sample: &[u8]) -> Result<bool, MediaError> {
    let Some(stream) = input.streams().find(|stream| stream.params().is_video()) else { return Ok(false) };
    let mut decoder = Decoder::open(&stream.params(), stream.time_base(), 1)?;
    let mut packet = Packet::with_data(sample);
    packet.set_times(Some(0), Some(0), 1);
    packet.set_key(true);
    if decoder.send(Some(&packet)).is_err() || decoder.send(None).is_err() {
        return Ok(false);
    }
    let mut frame = Frame::new();
    Ok(matches!(decoder.receive(&mut frame), Ok(Next::Item)) && !frame.is_damaged())
}
