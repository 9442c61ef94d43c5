//! Joining packet files, or a source's own packets, into one MP4 or MOV file. Packets only.

mod edits;
mod order;
mod picture;
mod reserve;
mod seal;
mod sound;
mod source;
mod ticker;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

pub(crate) use order::{Delay, Order};
pub(crate) use picture::Picture;
pub(crate) use seal::{hash, seal};
pub(crate) use sound::Sound;
use source::Copied;
pub(crate) use ticker::Ticker;

use crate::{
    ff::{Input, Muxer, Packet, Params, SideData},
    index::{Frame, FrameIndex},
    language::for_muxer,
    part::sync_folder,
    task::{FilesDone, Progress, StitchTask, VideoInput},
    types::{ColorTags, MediaCode, MediaError, Ratio, rescale},
};

const MICROSECONDS: Ratio = Ratio::new(1, 1_000_000);
const MILLISECONDS: Ratio = Ratio::new(1, 1_000);

/// Writes the file of the task, synced and hashed.
pub(crate) fn stitch(
    task: &StitchTask,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<FilesDone, MediaError> {
    join(task, reserve::LARGE_BYTES, progress)
}

/// As [`stitch`]; from `large` bytes of media on, room for the index is left at the start.
fn join(
    task: &StitchTask,
    large: u64,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<FilesDone, MediaError> {
    let mut ticker = Ticker::new(progress);
    ticker.report()?;
    let mut video = Video::open(task, &mut ticker)?;
    let mut sounds = task.audio.iter().map(|path| Sound::open(path)).collect::<Result<Vec<_>, _>>()?;
    if !task.edit_list {
        sounds.iter().enumerate().try_for_each(|(n, sound)| starts_at_zero(n, sound))?;
    }
    // Priming of sound that starts late, by track.
    let late: Vec<u32> = sounds.iter().map(|s| if s.start() > Some(0) { s.priming() } else { 0 }).collect();
    ticker.expect(video.order().len() as u64);
    let mut muxer = Muxer::create(if task.quicktime { "mov" } else { "mp4" }, &task.out)?;
    let room = reserve::index_room(task, &video, &sounds, large)?;
    for (key, value) in muxer_options(task, room, &video.params().color(), video.base(), &sounds) {
        muxer.option(key, &value);
    }
    let tracks = describe(task, &mut muxer, &video, &sounds)?;
    muxer.start()?;
    interleave(&mut muxer, &tracks, &mut video, &mut sounds, &mut ticker)?;
    ticker.report()?;
    muxer.finish()?;
    for ((priming, track), sound) in
        late.iter().zip(&tracks.audio).zip(&sounds).filter(|((priming, _), _)| **priming > 0)
    {
        edits::hide_priming(&task.out, *track, *priming, sound.params().sample_rate())?;
    }
    let file = seal(&task.out, String::new(), &mut ticker)?;
    sync_folder(&task.out)?;
    Ok(FilesDone {
        files: vec![file],
        frames: video.shown(),
        duration_ms: rescale(video.order().end(), video.base(), MILLISECONDS),
    })
}

/// Where the picture comes from.
enum Video {
    Parts(Picture),
    Source(Copied),
}

impl Video {
    fn open(task: &StitchTask, ticker: &mut Ticker<'_>) -> Result<Self, MediaError> {
        let delay = if task.edit_list { Delay::Frames } else { Delay::Grid };
        match &task.video {
            VideoInput::Parts { paths, schedule } => {
                Picture::open(paths, schedule, 1, delay, ticker).map(Self::Parts)
            }
            VideoInput::Source { path, stream, schedule } => {
                Copied::open(path, *stream, schedule, task.zero, delay, ticker).map(Self::Source)
            }
        }
    }

    fn params(&self) -> &Params {
        match self {
            Self::Parts(v) => &v.params,
            Self::Source(v) => &v.params,
        }
    }

    fn side_data(&self) -> &[SideData] {
        match self {
            Self::Parts(v) => &v.side_data,
            Self::Source(v) => &v.side_data,
        }
    }

    fn base(&self) -> Ratio {
        match self {
            Self::Parts(v) => v.base,
            Self::Source(v) => v.base,
        }
    }

    fn order(&self) -> &Order {
        match self {
            Self::Parts(v) => &v.order,
            Self::Source(v) => &v.order,
        }
    }

    fn shown(&self) -> u64 {
        match self {
            Self::Parts(v) => v.order.len() as u64,
            Self::Source(v) => v.shown,
        }
    }

    fn next(&mut self, packet: &mut Packet) -> Result<Option<usize>, MediaError> {
        match self {
            Self::Parts(v) => v.next(packet),
            Self::Source(v) => v.next(packet),
        }
    }
}

/// Without an edit list every track starts at zero, wherever its first packet would belong.
fn starts_at_zero(track: usize, sound: &Sound) -> Result<(), MediaError> {
    let Some(start) = sound.start() else { return Ok(()) };
    let tolerance = i64::from(sound.params().frame_size().max(1)) / 2;
    if rescale(
        start,
        sound.base(),
        Ratio::new(1, i32::try_from(sound.params().sample_rate()).unwrap_or(48_000)),
    )
    .abs()
        > tolerance
    {
        let message = format!(
            "audio track {} starts at {start} and not with the picture; that needs an edit list",
            track + 1
        );
        return Err(MediaError::new(MediaCode::Refused, message));
    }
    Ok(())
}

/// Numbers of the muxer's streams.
struct Tracks {
    video: usize,
    audio: Vec<usize>,
}

fn describe(
    task: &StitchTask,
    muxer: &mut Muxer,
    video: &Video,
    sounds: &[Sound],
) -> Result<Tracks, MediaError> {
    let params = video.params();
    let stream = muxer.add(&tagged(params)?, video.base())?;
    muxer.rate(stream, rate_of(video.order(), video.base()));
    muxer.mark_default(stream);
    for side in video.side_data() {
        muxer.side_data(stream, side);
    }
    if task.rotation != 0 {
        muxer.side_data(stream, &SideData::rotation(task.rotation));
    }
    if let Some(language) = &task.language {
        muxer.stream_tag(stream, "language", &for_muxer(language, task.quicktime));
    }
    // A timecode track needs an edit list of its own.
    if let Some(timecode) = task.timecode.as_deref().filter(|_| task.edit_list) {
        muxer.stream_tag(stream, "timecode", timecode);
    }
    let mut audio = Vec::with_capacity(sounds.len());
    for (n, sound) in sounds.iter().enumerate() {
        let mut params = sound.params().duplicate();
        params.set_tag(None);
        let stream = muxer.add(&params, sound.base())?;
        if n == 0 {
            muxer.mark_default(stream);
        }
        if let Some(language) = sound.language() {
            muxer.stream_tag(stream, "language", &for_muxer(&language, task.quicktime));
        }
        audio.push(stream);
    }
    for (key, value) in &task.tags {
        muxer.tag(key, value);
    }
    chapters(task, muxer, rescale(video.order().end(), video.base(), MILLISECONDS))?;
    Ok(Tracks { video: stream, audio })
}

fn muxer_options(
    task: &StitchTask,
    room: Option<u64>,
    color: &ColorTags,
    base: Ratio,
    sounds: &[Sound],
) -> Vec<(&'static str, String)> {
    let mut flags = Vec::new();
    let mut options = Vec::new();
    match room {
        Some(room) => options.push(("moov_size", room.to_string())),
        None if task.fast_start => flags.push("+faststart"),
        None => {}
    }
    if color.primaries.is_some() || color.transfer.is_some() || color.matrix.is_some() {
        flags.push("+write_colr");
    }
    if task.edit_list {
        // Edit lists count in this unit: the first track's samples, so that priming and padding of
        // its sound come out to the sample.
        let rate = sounds.first().map_or(base.den, |s| i32::try_from(s.params().sample_rate()).unwrap_or(0));
        if rate >= 1_000 {
            options.push(("movie_timescale", rate.to_string()));
        }
    } else {
        flags.push("+negative_cts_offsets");
        options.push(("use_editlist", "0".into()));
    }
    options.push(("movflags", flags.concat()));
    options
}

/// Sample entry codes: parameter sets of HEVC belong into the sample entry (`hvc1`), which Apple's
/// players insist on.
pub(crate) fn tagged(params: &Params) -> Result<Params, MediaError> {
    let mut params = params.duplicate();
    let tag = params.tag();
    if params.codec() == "hevc" && tag != "dvh1" {
        params.set_tag(Some(*b"hvc1"));
    }
    if params.extradata().is_empty() && matches!(params.codec().as_str(), "h264" | "hevc") {
        return Err(MediaError::new(MediaCode::Unstitchable, "the picture stream has no parameter sets"));
    }
    Ok(params)
}

/// The rate for header fields and timecode: exact for constant timing, else the average, taken to a
/// standard rate when it is within half a percent of one.
pub(crate) fn rate_of(order: &Order, base: Ratio) -> Ratio {
    let frames =
        order.times().iter().map(|time| Frame { pts: *time, time: *time, bytes: 0, key: false }).collect();
    let index = FrameIndex { time_base: base, frames, end: order.end() };
    index.constant_rate().unwrap_or_else(|| {
        let span = order.end() - order.times().first().copied().unwrap_or(0);
        #[allow(clippy::cast_precision_loss, reason = "an average for header fields")]
        let average = order.len() as f64 / (span as f64 * base.as_f64());
        nearest_rate(average)
    })
}

fn nearest_rate(average: f64) -> Ratio {
    let distance = |rate: &Ratio| (rate.as_f64() - average).abs();
    Ratio::STANDARD_RATES
        .into_iter()
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
        .filter(|rate| distance(rate) < average * 0.005)
        .unwrap_or_else(|| {
            #[allow(clippy::cast_possible_truncation, reason = "clamped to a range that fits")]
            let thousandths = (average * 1_000.0).round().clamp(1.0, 1e9) as i32;
            Ratio::new(thousandths, 1_000)
        })
}

/// Copies chapters, shifted to the output's timeline; what lies outside of it is left out.
fn chapters(task: &StitchTask, muxer: &mut Muxer, duration_ms: i64) -> Result<(), MediaError> {
    let Some(path) = &task.chapters_from else { return Ok(()) };
    let zero = rescale(task.zero.ticks, task.zero.base, MILLISECONDS);
    let mut id = 0;
    for chapter in Input::open(path)?.chapters() {
        let at = |ticks| {
            rescale(ticks, chapter.time_base, MILLISECONDS).saturating_sub(zero).clamp(0, duration_ms)
        };
        let (start, end) = (at(chapter.start), at(chapter.end));
        if end > start {
            id += 1;
            muxer.chapter(id, start, end, &chapter.title);
        }
    }
    Ok(())
}

/// Writes all packets in the order of their decode times.
fn interleave(
    muxer: &mut Muxer,
    tracks: &Tracks,
    video: &mut Video,
    sounds: &mut [Sound],
    ticker: &mut Ticker<'_>,
) -> Result<(), MediaError> {
    let base = video.base();
    let mut packet = Packet::new();
    let mut place = video.next(&mut packet)?;
    loop {
        let picture = place.map(|n| rescale(video.order().file_time(n), base, MICROSECONDS));
        match earliest_before(sounds, picture) {
            Some(n) => {
                let Some(mut packet) = sounds[n].next()? else { continue };
                packet.set_stream(tracks.audio[n]);
                packet.rescale(sounds[n].base(), muxer.time_base(tracks.audio[n]));
                muxer.write(&mut packet)?;
                ticker.alive()?;
            }
            None if place.is_some() => {
                packet.set_stream(tracks.video);
                packet.rescale(base, muxer.time_base(tracks.video));
                muxer.write(&mut packet)?;
                ticker.step()?;
                place = video.next(&mut packet)?;
            }
            None => return Ok(()),
        }
    }
}

/// The track whose next packet comes first, if it comes before the picture's (in µs).
fn earliest_before(sounds: &[Sound], picture: Option<i64>) -> Option<usize> {
    let times =
        sounds.iter().enumerate().filter_map(|(n, s)| Some((rescale(s.peek()?, s.base(), MICROSECONDS), n)));
    times.min().filter(|(time, _)| picture.is_none_or(|picture| *time < picture)).map(|(_, n)| n)
}
