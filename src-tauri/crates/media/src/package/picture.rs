//! One rung of the ladder.

use super::{MICROSECONDS, Segment, codecs::codecs, playlist::Entry, segment_name, track::TrackWriter};
use crate::{
    ff::{Packet, Params},
    nal,
    stitch::{Delay, Order, Picture, Ticker, rate_of, tagged},
    task::{FileInfo, PackageTask, RungInput},
    types::{MediaCode, MediaError, Ratio, rescale},
};

/// Packets looked into for captions.
const CAPTION_PACKETS: usize = 300;

/// What the playlists need to know of a written rung.
pub(super) struct Rung {
    pub(super) segments: Vec<Segment>,
    /// Start of each segment in µs.
    pub(super) starts_us: Vec<i64>,
    pub(super) i_frames: Vec<Entry>,
    pub(super) files: Vec<FileInfo>,
    pub(super) codecs: String,
    pub(super) resolution: (u32, u32),
    pub(super) rate: Ratio,
    pub(super) range: &'static str,
    pub(super) captions: bool,
    pub(super) frames: u64,
}

/// Writes the media files of a rung into its folder.
pub(super) fn write_rung(
    task: &PackageTask,
    input: &RungInput,
    ticker: &mut Ticker<'_>,
) -> Result<Rung, MediaError> {
    let within = |e: MediaError| MediaError { message: format!("rung {}: {}", input.id, e.message), ..e };
    let mut picture =
        Picture::open(&input.paths, &task.schedule, input.every, Delay::Grid, ticker).map_err(within)?;
    let folder = task.out.join(&input.id);
    std::fs::create_dir(&folder)?;
    let params = tagged(&picture.params)?;
    let rate = rate_of(&picture.order, picture.base);
    let mut writer =
        TrackWriter::create(&folder, &params, picture.base, &picture.side_data, Some(rate), None, false)?;
    let grid = task.segment_frames / u64::from(input.every.max(1));
    let mut packet = Packet::new();
    let mut keys = Vec::new();
    let mut captions = false;
    while let Some(n) = picture.next(&mut packet).map_err(within)? {
        let starts_segment = (n as u64).is_multiple_of(grid);
        if packet.is_key() {
            writer.cut()?;
            keys.push(n);
        } else if starts_segment {
            let message = format!("rung {}: frame {n} starts a segment and is not a keyframe", input.id);
            return Err(MediaError::new(MediaCode::Unstitchable, message));
        }
        captions |= n < CAPTION_PACKETS && nal::has_captions(packet.data());
        // Fragments take the duration of their last sample from the packet, and it counts in decode time.
        packet.set_times(packet.pts(), packet.dts(), picture.order.decode_step(n));
        writer.write(&mut packet)?;
        ticker.step()?;
    }
    let track = writer.finish()?;
    let fragments = track.fragments()?;
    if fragments.len() != keys.len() {
        return Err(MediaError::new(MediaCode::Internal, "the muxer did not write one fragment per GOP"));
    }
    let (order, base) = (&picture.order, picture.base);
    let mut rung = Rung {
        segments: Vec::new(),
        starts_us: Vec::new(),
        i_frames: Vec::new(),
        files: vec![track.write_init(&format!("{}/init.mp4", input.id), ticker)?],
        codecs: codecs(&params)?,
        resolution: display_size(&params),
        rate,
        range: range_of(&params),
        captions,
        frames: order.len() as u64,
    };
    let mut at = 0;
    while at < keys.len() {
        let next_start = (keys[at] as u64 / grid + 1) * grid;
        let end = at + keys[at..].iter().take_while(|key| (**key as u64) < next_start).count();
        let (first, name) = (fragments[at], segment_name(rung.segments.len()));
        let relative = format!("{}/{name}", input.id);
        let info = track.copy(first.start, fragments[end - 1].end, &name, &relative, ticker)?;
        for n in at..end {
            let range =
                (fragments[n].first_sample_end - fragments[n].start, fragments[n].start - first.start);
            let next = keys.get(n + 1).copied().unwrap_or(order.len());
            let duration_us = time_us(order, base, next) - time_us(order, base, keys[n]);
            rung.i_frames.push(Entry { name: name.clone(), duration_us, range: Some(range) });
        }
        let start_us = time_us(order, base, keys[at]);
        let end_us = time_us(order, base, keys.get(end).copied().unwrap_or(order.len()));
        rung.starts_us.push(start_us);
        rung.segments.push(Segment { name, bytes: info.bytes, duration_us: end_us - start_us });
        rung.files.push(info);
        at = end;
    }
    track.remove()?;
    Ok(rung)
}

/// When the frame is presented; behind the last: the end.
fn time_us(order: &Order, base: Ratio, place: usize) -> i64 {
    rescale(order.times().get(place).copied().unwrap_or(order.end()), base, MICROSECONDS)
}

/// With square pixels, height kept.
fn display_size(params: &Params) -> (u32, u32) {
    let aspect = params.sample_aspect();
    let width = rescale(i64::from(params.width()), aspect, Ratio::new(1, 1));
    (u32::try_from(width).unwrap_or(params.width()), params.height())
}

fn range_of(params: &Params) -> &'static str {
    match params.color().transfer.as_deref() {
        Some("smpte2084") => "PQ",
        Some("arib-std-b67") => "HLG",
        _ => "SDR",
    }
}
