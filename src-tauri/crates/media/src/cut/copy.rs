//! Writing the chosen packets, with times that begin at zero.

use std::path::Path;

use super::{Stretch, packets::Packets, select::Selection};
use crate::{
    ff::{Muxer, Packet, Params, SideData},
    index::{Frame, FrameIndex},
    scan::trusted,
    stitch::{Delay, Order, Ticker, rate_of},
    task::CutTask,
    types::{MediaCode, MediaError, Ratio},
};

/// Largest numerator and denominator of a rate whose grid the times are put on.
const LARGEST_RATE_TERM: i32 = 1_000_000;

/// Writes the file; gives whether the source's packets say reliably which pictures there are.
pub(super) fn copy(
    task: &CutTask,
    stretch: &Stretch,
    chosen: &Selection,
    out: &Path,
    ticker: &mut Ticker<'_>,
) -> Result<bool, MediaError> {
    let mut packets = Packets::open(&task.source, task.stream, stretch.landing)?.ok_or_else(changed)?;
    for _ in 0..stretch.skip {
        ticker.alive()?;
        packets.next()?.ok_or_else(changed)?;
    }
    let (mut params, source_base, side_data, format) = {
        let input = packets.input();
        let stream = input.stream(task.stream)?;
        (stream.params(), stream.time_base(), stream.side_data(), input.format())
    };
    let codec = params.codec();
    tag(&mut params, &codec, &format);
    let clock = Clock::new(stretch, chosen, source_base)?;
    let mut file = File::create(out, &params, &side_data, clock)?;
    let mut whole: Option<(usize, Packet)> = None;
    let end = chosen.keep.iter().rposition(|keep| *keep).map_or(0, |last| last + 1);
    for (n, keep) in chosen.keep.iter().enumerate().take(end) {
        let row = packets.next()?.ok_or_else(changed)?;
        if row != stretch.rows[n] {
            return Err(changed());
        }
        if !keep {
            continue;
        }
        if row.joined {
            let (first, packet) = whole.take().ok_or_else(changed)?;
            whole = Some((first, joined(&packet, &packets.packet)));
            continue;
        }
        if let Some((row, packet)) = whole.replace((n, packets.packet.clone())) {
            file.write(stretch.rows[row].pts, packet)?;
            ticker.step()?;
        }
    }
    if let Some((row, packet)) = whole {
        file.write(stretch.rows[row].pts, packet)?;
    }
    file.muxer.finish()?;
    Ok(trusted(&format))
}

fn changed() -> MediaError {
    MediaError::new(MediaCode::SourceChanged, "the source gave other packets when read again")
}

/// Both fields of a picture, as `QuickTime` keeps them: in one sample.
fn joined(first: &Packet, second: &Packet) -> Packet {
    let mut packet = Packet::with_data(&[first.data(), second.data()].concat());
    packet.set_key(first.is_key());
    packet
}

/// The sample entry's code: that of the source where it means the same, else the muxer chooses. Dolby Vision's are for
/// files that say more about it.
fn tag(params: &mut Params, codec: &str, format: &str) {
    match (codec, params.tag().as_str()) {
        ("hevc", "dvh1" | "hvc1") => params.set_tag(Some(*b"hvc1")),
        ("hevc" | "h264", _) => params.set_tag(None),
        ("prores", _) => {}
        _ if format.contains("mov") => {}
        _ => params.set_tag(None),
    }
}

/// Times of the file: on the exact grid of the rate where the pictures are evenly spaced, so that a coarse clock of
/// the source does not make them look uneven; else the source's ticks.
struct Clock {
    base: Ratio,
    /// Times in the source, rising: the n-th is shown at the n-th time of `order`.
    source: Vec<i64>,
    order: Order,
}

impl Clock {
    fn new(stretch: &Stretch, chosen: &Selection, source_base: Ratio) -> Result<Self, MediaError> {
        let source = chosen.times.clone();
        let (first, last) = source.first().zip(source.last()).map_or((0, 0), |(a, b)| (*a, *b));
        let step = source.len().checked_sub(2).map_or(0, |n| last - source[n]);
        let plausible =
            chosen.last_duration > 0 && (step == 0 || chosen.last_duration <= step.saturating_mul(4));
        let end = last.saturating_add(if plausible { chosen.last_duration } else { step }.max(1));
        let frames = source.iter().map(|t| Frame { pts: *t, time: *t, bytes: 0, key: false }).collect();
        let index = FrameIndex { time_base: source_base, frames, end };
        let rate = index.constant_rate().filter(|r| r.num.max(r.den) <= LARGEST_RATE_TERM);
        let (base, times, end) = match rate {
            Some(rate) if source.len() > 1 => {
                let count = i64::try_from(source.len()).unwrap_or(i64::MAX);
                (rate.inverse(), (0..count).collect(), count)
            }
            _ => (source_base, source.iter().map(|t| t - first).collect(), end - first),
        };
        let mut clock = Self { base, source, order: Order::new(times, end, Delay::Grid)? };
        let leaders = stretch.rows.iter().zip(&chosen.keep).filter(|(row, keep)| **keep && !row.joined);
        for (decoded, (row, _)) in leaders.enumerate() {
            let place = clock.place(row.pts)?;
            clock.order.learn(decoded, place);
        }
        Ok(clock)
    }

    fn place(&self, pts: Option<i64>) -> Result<usize, MediaError> {
        pts.and_then(|pts| self.source.binary_search(&pts).ok()).ok_or_else(changed)
    }
}

struct File {
    muxer: Muxer,
    clock: Clock,
    written: usize,
}

impl File {
    fn create(out: &Path, params: &Params, side_data: &[SideData], clock: Clock) -> Result<Self, MediaError> {
        let quicktime = CutTask::extension(&params.codec()) == "mov";
        let mut muxer = Muxer::create(if quicktime { "mov" } else { "matroska" }, out)?;
        if quicktime {
            // No edit list, and yet the first picture at zero: decode times are the presentation grid.
            muxer.option("use_editlist", "0");
            let color = params.color();
            let tagged = color.primaries.is_some() || color.transfer.is_some() || color.matrix.is_some();
            let flags = if tagged { "+negative_cts_offsets+write_colr" } else { "+negative_cts_offsets" };
            muxer.option("movflags", flags);
        } else {
            // Matroska has presentation times only; a shift for the sake of decode times would delay the picture.
            muxer.option("avoid_negative_ts", "disabled");
        }
        let stream = muxer.add(params, clock.base)?;
        muxer.rate(stream, rate_of(&clock.order, clock.base));
        // A turn of the picture is a setting of the encoder, not of its input.
        for side in side_data.iter().filter(|side| !side.is_display_matrix()) {
            muxer.side_data(stream, side);
        }
        muxer.start()?;
        Ok(Self { muxer, clock, written: 0 })
    }

    fn write(&mut self, pts: Option<i64>, mut packet: Packet) -> Result<(), MediaError> {
        let place = self.clock.place(pts)?;
        let order = &self.clock.order;
        let n = self.written;
        let time = order.times().get(place).copied();
        packet.set_times(time, Some(order.decode_time(n)), order.packet_duration(n, place));
        packet.set_stream(0);
        packet.rescale(self.clock.base, self.muxer.time_base(0));
        self.written += 1;
        self.muxer.write(&mut packet)
    }
}
