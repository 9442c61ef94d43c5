//! What an encoder elsewhere made of a stretch, checked frame by frame and turned into packet files like those that
//! segments encoded here leave.

mod describe;
mod judge;
#[cfg(test)]
mod tests;
mod units;

use std::ops::ControlFlow;

use judge::Row;
use sha2::{Digest, Sha256};
use units::Stripper;

use crate::{
    ff::{Input, Next, Packet, Params, SideData},
    open::open,
    part::{PartWriter, hex},
    schedule::{self, Entry},
    stitch::{Delay, Order, Ticker},
    task::{PartInfo, Progress, ReceiveTask, ReceivedFile, SegmentDone},
    types::{MediaCode, MediaError, Ratio, rescale},
};

/// Checks and converts. Nothing is written for a file that is not exactly what was asked for.
pub(crate) fn receive(
    task: &ReceiveTask,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<SegmentDone, MediaError> {
    let mut ticker = Ticker::new(progress);
    ticker.report()?;
    let stretch = Stretch::read(task)?;
    let frames = |file: &ReceivedFile| task.count.div_ceil(u64::from(file.rendition.every.max(1)));
    ticker.expect(task.files.iter().map(frames).sum());
    let parts = task
        .files
        .iter()
        .map(|file| {
            one(file, &stretch, &mut ticker).map_err(|error| MediaError {
                message: format!("what came back for {}: {}", file.rendition.id, error.message),
                ..error
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(SegmentDone { parts, damaged: 0 })
}

/// The stretch's slice of the schedule.
struct Stretch {
    first: u64,
    base: Ratio,
    entries: Vec<Entry>,
    /// End of its last frame, in ticks of `base`.
    end: i64,
}

impl Stretch {
    fn read(task: &ReceiveTask) -> Result<Self, MediaError> {
        let (header, mut entries) = schedule::read(&task.schedule, task.first, task.count.saturating_add(1))?;
        let count = usize::try_from(task.count).unwrap_or(usize::MAX);
        if entries.len() < count || count == 0 {
            return Err(MediaError::new(MediaCode::Internal, "the stretch lies beyond the frame schedule"));
        }
        let end = entries.get(count).map_or(header.end, |entry| entry.out);
        entries.truncate(count);
        Ok(Self { first: task.first, base: header.out_base, entries, end })
    }

    /// Times of every n-th frame, in ticks of `base`.
    fn order(&self, every: u32, base: Ratio) -> Result<Order, MediaError> {
        if !self.first.is_multiple_of(u64::from(every)) {
            let message = format!("the stretch begins at frame {}, which a rendition leaves out", self.first);
            return Err(MediaError::new(MediaCode::Internal, message));
        }
        let scaled = |ticks| rescale(ticks, self.base, base);
        let step = usize::try_from(every).unwrap_or(1);
        let times = self.entries.iter().step_by(step).map(|entry| scaled(entry.out)).collect();
        Order::new(times, scaled(self.end), Delay::Frames)
    }
}

fn one(file: &ReceivedFile, stretch: &Stretch, ticker: &mut Ticker<'_>) -> Result<PartInfo, MediaError> {
    let rendition = &file.rendition;
    let mut order = stretch.order(rendition.every.max(1), rendition.video.time_base)?;
    let (mut input, stream) = picture(file)?;
    let params = describe::checked(&input.stream(stream)?.params(), &rendition.video)?;
    same_sets(&params, file.extradata_sha256.as_deref())?;
    let stripper = Stripper::new(&params.codec(), params.extradata());
    let rows = survey(&mut input, stream, &stripper, ticker)?;
    drop(input);
    let places = judge::places(&rows, order.len(), &rendition.video)?;
    for (decoded, place) in places.iter().enumerate() {
        order.learn(decoded, *place);
    }
    let (mut input, stream) = picture(file)?;
    let hdr = rendition.video.hdr.iter();
    let side: Vec<SideData> =
        hdr.flat_map(|hdr| [SideData::mastering(hdr), SideData::content_light(hdr)]).flatten().collect();
    let mut part = PartWriter::create(&rendition.out, &params, rendition.video.time_base, &side)?;
    let mut packet = Packet::new();
    for (n, (row, place)) in rows.iter().zip(&places).enumerate() {
        if !next(&mut input, stream, &mut packet)? || packet.pts() != Some(row.pts) {
            return Err(MediaError::new(MediaCode::SourceChanged, "it gave other packets when read again"));
        }
        let mut clean = Packet::with_data(&stripper.strip(packet.data()));
        let time = order.times().get(*place).copied();
        clean.set_times(time, Some(order.decode_time(n)), order.packet_duration(n, *place));
        clean.set_key(row.idr);
        part.write(&clean)?;
        ticker.step()?;
    }
    part.finish(order.end())
}

/// Opens the file at its one picture stream.
fn picture(file: &ReceivedFile) -> Result<(Input, usize), MediaError> {
    let mut input = open(&file.path)?;
    let found: Vec<usize> = input
        .streams()
        .filter(|stream| stream.params().is_video() && !stream.is_cover_art())
        .map(|stream| stream.index())
        .collect();
    let [stream] = found[..] else {
        let code = if found.is_empty() { MediaCode::NoVideo } else { MediaCode::FrameMismatch };
        return Err(MediaError::new(code, format!("{} picture streams, and not one", found.len())));
    };
    input.select(&[stream]);
    Ok((input, stream))
}

fn next(input: &mut Input, stream: usize, packet: &mut Packet) -> Result<bool, MediaError> {
    while input.read(packet)? == Next::Item {
        if packet.stream() == stream {
            return Ok(true);
        }
    }
    Ok(false)
}

fn survey(
    input: &mut Input,
    stream: usize,
    stripper: &Stripper,
    ticker: &mut Ticker<'_>,
) -> Result<Vec<Row>, MediaError> {
    let mut packet = Packet::new();
    let mut rows = Vec::new();
    while next(input, stream, &mut packet)? {
        ticker.alive()?;
        let n = rows.len();
        let wrong = |what: &str| Err(MediaError::new(MediaCode::FrameMismatch, format!("frame {n} {what}")));
        let Some(pts) = packet.pts() else { return wrong("has no presentation time") };
        if packet.is_discarded() {
            return wrong("is hidden by an edit list");
        }
        if packet.is_corrupt() || packet.data().is_empty() {
            return wrong("is damaged or empty");
        }
        let other = packet.side_data().iter().any(SideData::is_new_extradata);
        if other || !stripper.knows_all_sets(packet.data()) {
            let message = format!("frame {n} brings parameter sets that the file's header does not have");
            return Err(MediaError::new(MediaCode::Unstitchable, message));
        }
        rows.push(Row { pts, key: packet.is_key(), idr: stripper.is_idr(&packet) });
    }
    Ok(rows)
}

/// Stretches can be joined only where their parameter sets are the same, byte for byte.
fn same_sets(params: &Params, others: Option<&str>) -> Result<(), MediaError> {
    let mine = hex(&Sha256::digest(params.extradata()));
    if others.is_none_or(|others| others == mine) {
        return Ok(());
    }
    let message = "its parameter sets differ from those of other stretches of the same rendition";
    Err(MediaError::new(MediaCode::Unstitchable, message))
}
