//! Finding every frame of a source: from its packets, or by decoding everything once.

use std::ops::ControlFlow;

use crate::{
    facts::Probe,
    ff::{Decoder, Frame as Picture, Input, Next, Packet, take_errors},
    index::{Frame, FrameIndex},
    task::{IndexMethod, IndexSummary, Progress},
    types::{MediaCode, MediaError, Ratio, rescale},
};

const DAMAGE_SPOTS: usize = 20;
const MICROSECONDS: Ratio = Ratio::new(1, 1_000_000);

/// How far an index is, and whether to go on.
pub(crate) type OnProgress<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

/// Indexes the first decodable picture stream.
///
/// `reopen` gives a fresh input at the file's beginning: a demuxer that has looked ahead is not at
/// its first packet any more.
pub(crate) fn scan(
    probe: &Probe,
    reopen: &dyn Fn() -> Result<Input, MediaError>,
    method: IndexMethod,
    progress: OnProgress<'_>,
) -> Result<(FrameIndex, IndexSummary), MediaError> {
    let video = probe.video.iter().find(|v| v.decodable).ok_or_else(|| no_picture(probe, reopen))?;
    let mut scan = Scan { stream: video.index, bytes: probe.bytes, progress };
    if method == IndexMethod::Auto
        && trusted(&probe.format)
        && let Some(index) = scan.packets(&mut reopen()?, probe)?
    {
        let summary = summary(&index, IndexMethod::Auto, 0, Vec::new());
        return Ok((index, summary));
    }
    let (index, damage) = scan.decode(&mut reopen()?)?;
    let spots = damage.spots.iter().map(|t| rescale(t - index.frames[0].time, index.time_base, MILLISECONDS));
    let summary = summary(&index, IndexMethod::Decode, damage.count, spots.collect());
    Ok((index, summary))
}

const MILLISECONDS: Ratio = Ratio::new(1, 1_000);

fn no_picture(probe: &Probe, reopen: &dyn Fn() -> Result<Input, MediaError>) -> MediaError {
    if let (Some(video), Ok(input)) = (probe.video.first(), reopen())
        && let Err(truncated) = complete(&input.table(video.index), 0, probe, i64::MIN, &input)
    {
        return truncated;
    }
    match probe.video.first() {
        None => MediaError::new(MediaCode::NoVideo, "there is no picture stream"),
        Some(video) if video.codec == "none" || video.codec == "unknown" => MediaError::new(
            MediaCode::Unsupported,
            format!("the picture's codec {} is not known to this build", video.tag),
        ),
        Some(video) => MediaError::new(
            MediaCode::ZeroFrames,
            format!("no frame of the {} picture could be decoded", video.codec),
        ),
    }
}

/// Containers whose packets say reliably which frames there are.
pub(crate) fn trusted(format: &str) -> bool {
    format.split(',').any(|name| matches!(name, "mov" | "matroska" | "mxf"))
}

fn summary(index: &FrameIndex, method: IndexMethod, damaged: u64, damaged_at_ms: Vec<i64>) -> IndexSummary {
    IndexSummary {
        method,
        frames: index.frames.len() as u64,
        keyframes: index.frames.iter().filter(|f| f.key).count() as u64,
        first: index.frames.first().map_or(0, |f| f.time),
        end: index.end,
        constant_rate: index.constant_rate(),
        damaged,
        damaged_at_ms,
    }
}

struct Scan<'a> {
    stream: usize,
    bytes: u64,
    progress: OnProgress<'a>,
}

#[derive(Default)]
struct Damage {
    count: u64,
    spots: Vec<i64>,
}

impl Scan<'_> {
    fn tick(&mut self, read: u64) -> Result<(), MediaError> {
        match (self.progress)(Progress { done: read.min(self.bytes), total: self.bytes }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(MediaError::new(MediaCode::Cancelled, "stopped")),
        }
    }

    /// Index from packets; `None` when they do not tell.
    fn packets(&mut self, input: &mut Input, probe: &Probe) -> Result<Option<FrameIndex>, MediaError> {
        let table = input.table(self.stream);
        let time_base = input.stream(self.stream)?.time_base();
        let bases: Vec<Ratio> = input.streams().map(|s| s.time_base()).collect();
        let mut packet = Packet::new();
        let mut frames = Vec::new();
        let (mut seen, mut read, mut reached_us, mut last_duration) = (0usize, 0u64, i64::MIN, 0);
        let mut sound = true;
        while input.read(&mut packet)? == Next::Item {
            read += packet.data().len() as u64;
            self.tick(read)?;
            if let (Some(base), Some(t)) = (bases.get(packet.stream()), packet.pts().or(packet.dts())) {
                reached_us = reached_us.max(rescale(t + packet.duration(), *base, MICROSECONDS));
            }
            if packet.stream() != self.stream {
                continue;
            }
            seen += 1;
            sound &= !packet.is_corrupt() && packet.pts().is_some() && (seen > 1 || packet.is_key());
            if !packet.is_discarded() {
                let pts = packet.pts().unwrap_or_default();
                let bytes = u32::try_from(packet.data().len()).unwrap_or(u32::MAX);
                frames.push((Frame { pts, time: pts, bytes, key: packet.is_key() }, packet.duration()));
            }
        }
        complete(&table, seen, probe, reached_us, input)?;
        frames.sort_by_key(|(frame, _)| frame.pts);
        sound &= frames.windows(2).all(|w| w[0].0.pts < w[1].0.pts);
        if frames.is_empty() || !sound {
            return Ok(None);
        }
        if let Some((_, duration)) = frames.last() {
            last_duration = *duration;
        }
        let frames: Vec<Frame> = frames.into_iter().map(|(frame, _)| frame).collect();
        let end = end_of(&frames, last_duration, time_base, input.stream(self.stream)?.average_rate());
        Ok(Some(FrameIndex { time_base, frames, end }))
    }

    /// Index by decoding everything, first packet to last.
    fn decode(&mut self, input: &mut Input) -> Result<(FrameIndex, Damage), MediaError> {
        input.select(&[self.stream]);
        let (params, time_base, rate) = {
            let stream = input.stream(self.stream)?;
            (stream.params(), stream.time_base(), stream.average_rate().or(stream.nominal_rate()))
        };
        // One thread, as segments decode: with frame threads a damaged stream gives other frames.
        let mut decoder = Decoder::open(&params, time_base, 1)?;
        let mut found = Found { step: frame_ticks(rate, time_base), ..Found::default() };
        let mut packet = Packet::new();
        let mut read = 0;
        take_errors();
        loop {
            let next = input.read(&mut packet)?;
            read += packet.data().len() as u64;
            if next == Next::Item && packet.stream() != self.stream {
                continue;
            }
            found.note_duration(&packet);
            let given = (next == Next::Item).then_some(&packet);
            loop {
                // A packet that cannot be decoded is damage, not the end.
                let taken = decoder.send(given).unwrap_or_else(|_| {
                    found.damaged();
                    true
                });
                found.drain(&mut decoder, u32::try_from(packet.data().len()).unwrap_or(u32::MAX))?;
                self.tick(read)?;
                if taken {
                    break;
                }
            }
            if next == Next::End {
                break;
            }
        }
        if found.frames.is_empty() {
            return Err(MediaError::new(MediaCode::ZeroFrames, "no frame of the picture could be decoded"));
        }
        if found.damage.count * 2 >= found.frames.len() as u64 && found.damage.count > 1 {
            let message = format!("{} of {} frames are damaged", found.damage.count, found.frames.len());
            return Err(MediaError::new(MediaCode::Damaged, message));
        }
        let end = end_of(&found.frames, found.last_duration, time_base, rate);
        Ok((FrameIndex { time_base, frames: found.frames, end }, found.damage))
    }
}

/// Frames found by decoding.
#[derive(Default)]
struct Found {
    frames: Vec<Frame>,
    damage: Damage,
    size: Option<(u32, u32)>,
    step: i64,
    last_duration: i64,
    last_time: i64,
}

impl Found {
    /// Keeps the duration of the packet that is presented last.
    fn note_duration(&mut self, packet: &Packet) {
        if let Some(time) = packet.pts().or(packet.dts())
            && (self.last_duration == 0 || time >= self.last_time)
        {
            (self.last_time, self.last_duration) = (time, packet.duration());
        }
    }

    fn damaged(&mut self) {
        self.damage.count += 1;
        if let Some(last) = self.frames.last()
            && self.damage.spots.len() < DAMAGE_SPOTS
            && self.damage.spots.last() != Some(&last.time)
        {
            self.damage.spots.push(last.time);
        }
    }

    fn drain(&mut self, decoder: &mut Decoder, bytes: u32) -> Result<(), MediaError> {
        let mut picture = Picture::new();
        loop {
            match decoder.receive(&mut picture) {
                Ok(Next::Item) => self.add(&picture, bytes)?,
                Ok(_) => return Ok(()),
                Err(_) => {
                    self.damaged();
                    return Ok(());
                }
            }
        }
    }

    fn add(&mut self, picture: &Picture, bytes: u32) -> Result<(), MediaError> {
        let size = (picture.width(), picture.height());
        let last = self.frames.last().map(|f| f.time);
        if *self.size.get_or_insert(size) != size {
            let message = "the picture changes its size midway; each size needs a delivery of its own";
            return Err(MediaError::new(MediaCode::SizeChanged, message));
        }
        let guess = last.map_or(0, |t| t + self.step);
        let pts = picture.best_effort_pts().unwrap_or(guess);
        // A repeated time moves by a tick; a clock that jumped back goes on at the usual pace.
        let time = last.map_or(pts, |t| match t - pts {
            n if n < 0 => pts,
            n if n > 10 * self.step => t + self.step,
            _ => t + 1,
        });
        self.frames.push(Frame { pts, time, bytes, key: picture.is_key() });
        if picture.is_damaged() {
            self.damaged();
        }
        Ok(())
    }
}

/// Ticks of one frame at this rate, at least 1.
fn frame_ticks(rate: Option<Ratio>, time_base: Ratio) -> i64 {
    rate.map_or(1, |rate| rescale(1, rate.inverse(), time_base)).max(1)
}

/// End of the last frame: its stated duration when plausible, else the step before it, else the rate's.
fn end_of(frames: &[Frame], stated: i64, time_base: Ratio, rate: Option<Ratio>) -> i64 {
    let Some(last) = frames.last() else { return 0 };
    let before = frames.len().checked_sub(2).and_then(|n| frames.get(n)).map(|f| last.time - f.time);
    let typical = frame_ticks(rate, time_base);
    let stated = (stated > 0).then_some(stated);
    let plausible = stated.filter(|d| before.is_none_or(|b| *d <= b.max(typical).saturating_mul(4)));
    last.time + plausible.or(before).unwrap_or(typical).max(1)
}

/// Refuses files that hold clearly less than their header promises.
fn complete(
    table: &[crate::ff::TableEntry],
    seen: usize,
    probe: &Probe,
    reached_us: i64,
    input: &Input,
) -> Result<(), MediaError> {
    let size = i64::try_from(probe.bytes).unwrap_or(i64::MAX);
    let missing = table.iter().filter(|e| e.pos.saturating_add(i64::from(e.size)) > size).count();
    if missing > 0 && seen < table.len() {
        let message = format!(
            "the file ends before its media: {missing} of {} pictures lie beyond its end; usually a copy that stopped",
            table.len()
        );
        return Err(MediaError::new(MediaCode::Truncated, message));
    }
    let start = input.start_us().unwrap_or(0);
    let Some(declared) = probe.duration_us else { return Ok(()) };
    let found = if reached_us == i64::MIN { 0 } else { (reached_us - start).max(0) };
    if declared - found > 2_000_000 && found < declared / 10 * 9 {
        let message = format!(
            "the header promises {:.1} s, the file holds {:.1} s; usually a copy that stopped",
            seconds(declared),
            seconds(found)
        );
        return Err(MediaError::new(MediaCode::Truncated, message));
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "for people")]
fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use std::{path::Path, process::Command};

    use super::*;

    fn frames(times: &[i64]) -> Vec<Frame> {
        times.iter().map(|t| Frame { pts: *t, time: *t, bytes: 1, key: true }).collect()
    }

    #[test]
    fn the_last_frame_ends_where_its_duration_says_unless_that_is_absurd() {
        let base = Ratio::new(1, 1000);
        let rate = Some(Ratio::new(25, 1));
        assert_eq!(end_of(&frames(&[0, 40, 80]), 40, base, rate), 120);
        assert_eq!(end_of(&frames(&[0, 40, 80]), 0, base, rate), 120);
        assert_eq!(end_of(&frames(&[0, 40, 80]), 3_600_000, base, rate), 120);
        assert_eq!(end_of(&frames(&[7]), 0, base, rate), 47);
        assert_eq!(end_of(&[], 0, base, rate), 0);
    }

    /// Frames by FFmpeg's own count.
    fn counted(path: &Path) -> Option<u64> {
        let out = Command::new("ffprobe")
            .args(["-v", "quiet", "-count_frames", "-select_streams", "V:0"])
            .args(["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"])
            .arg(path)
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        text.lines().find_map(|line| line.trim().trim_end_matches(',').parse().ok())
    }

    /// With `SPILLWAY_MEDIA` set to a folder of clips: both ways of indexing agree with FFmpeg's count.
    #[test]
    fn clips_of_a_folder_have_as_many_frames_as_ffprobe_counts() {
        let Some(folder) = std::env::var_os("SPILLWAY_MEDIA") else { return };
        crate::ff::quiet();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let Ok((probe, input)) = crate::probe::probe(&path) else { continue };
            drop(input);
            for method in [IndexMethod::Auto, IndexMethod::Decode] {
                match scan(&probe, &|| crate::open::open(&path), method, &mut |_| ControlFlow::Continue(())) {
                    Ok((index, summary)) => {
                        assert_eq!(Some(summary.frames), counted(&path), "{}", path.display());
                        assert!(index.frames.windows(2).all(|w| w[0].time < w[1].time));
                    }
                    Err(error) => println!("{}: {:?} {error}", path.display(), error.code),
                }
            }
        }
    }
}
