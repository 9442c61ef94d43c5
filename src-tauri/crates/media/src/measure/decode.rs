//! Decoding what must be seen to be believed: the surroundings of joins, or everything.

use super::{MILLISECONDS, streams::Reopen, video::VideoFound};
use crate::{
    ff::{Decoder, Frame, Input, Next, Packet},
    stitch::Ticker,
    task::MeasureTask,
    types::{MediaError, Ratio, rescale},
};

/// Frames decoded behind a join.
const BEHIND: usize = 12;
/// A GOP before a join that is longer is left out.
const LONGEST_LEAD: usize = 30;
/// Packets read in search of a range beyond its own number before it is given up.
const MOST_STRAY: usize = 600;

/// What decoding showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) decoded: u64,
    pub(super) errors: u64,
    pub(super) faults: Vec<String>,
}

/// Decodes what the task asks for.
pub(super) fn check(
    reopen: Reopen<'_>,
    stream: usize,
    base: Ratio,
    found: &VideoFound,
    task: &MeasureTask,
    ticker: &mut Ticker<'_>,
) -> Result<Check, MediaError> {
    let mut check = Check::default();
    let Some(last) = found.times.len().checked_sub(1) else { return Ok(check) };
    let ranges = if task.decode_all { vec![(0, last)] } else { ranges(found, &task.seams_ms, base) };
    if ranges.is_empty() {
        return Ok(check);
    }
    let mut input = reopen()?;
    input.select(&[stream]);
    let mut decoder = match Decoder::open(&input.stream(stream)?.params(), base, 0) {
        Ok(decoder) => decoder,
        Err(error) => {
            check.errors = 1;
            check.faults.push(format!("Picture stream {stream} cannot be decoded: {error}."));
            return Ok(check);
        }
    };
    for (from, to) in ranges {
        let wanted = (to - from + 1) as u64;
        let back = rescale(10, Ratio::new(1, 1), base);
        let mut run = Run::new(found.times[from], found.times[to]);
        if task.decode_all {
            run.decode(&mut input, &mut decoder, stream, usize::MAX, ticker)?;
        } else {
            // Some demuxers land late or nowhere: once more from further back before it counts.
            for (start, reach) in
                [(run.from, to - from + MOST_STRAY), (run.from.saturating_sub(back), usize::MAX)]
            {
                if !input.seek(stream, start) {
                    input = reopen()?;
                    input.select(&[stream]);
                }
                decoder.flush();
                run = Run::new(run.from, run.to);
                run.decode(&mut input, &mut decoder, stream, reach, ticker)?;
                if run.got >= wanted {
                    break;
                }
            }
        }
        let missing = wanted - run.got.min(wanted);
        check.decoded += run.got;
        check.errors += run.errors + missing;
        if run.errors + missing > 0 {
            let at = rescale(run.from - found.times[0], base, MILLISECONDS);
            let until = rescale(run.to - found.times[0], base, MILLISECONDS);
            check.faults.push(format!(
                "Picture stream {stream}, {at} ms to {until} ms: {} decode errors, {missing} frames missing.",
                run.errors
            ));
        }
    }
    Ok(check)
}

/// Frames to decode for each join, first and last, in order, merged where they overlap.
fn ranges(found: &VideoFound, seams_ms: &[i64], base: Ratio) -> Vec<(usize, usize)> {
    let times = &found.times;
    let keys: Vec<usize> =
        found.measured.keyframes.iter().filter_map(|key| usize::try_from(*key).ok()).collect();
    let mut ranges: Vec<(usize, usize)> = seams_ms
        .iter()
        .map(|ms| {
            let target = times[0].saturating_add(rescale(*ms, MILLISECONDS, base));
            let seam = nearest(times, target);
            let own = keys.iter().rev().find(|key| **key <= seam).copied().unwrap_or(0);
            let before = keys.iter().rev().find(|key| **key < seam).copied().unwrap_or(0);
            let from = if seam - before <= LONGEST_LEAD { before } else { own };
            (from, (seam + BEHIND).min(times.len() - 1))
        })
        .collect();
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let overlaps = next.0 <= kept.1;
        if overlaps {
            kept.1 = kept.1.max(next.1);
        }
        overlaps
    });
    ranges
}

fn nearest(times: &[i64], target: i64) -> usize {
    let after = times.partition_point(|time| *time < target);
    let distance =
        |n: usize| times.get(n).map_or(i64::MAX, |time| time.saturating_sub(target).saturating_abs());
    let before = after.saturating_sub(1);
    if distance(before) <= distance(after) { before } else { after }
}

/// One stretch being decoded.
struct Run {
    from: i64,
    to: i64,
    got: u64,
    errors: u64,
    /// A frame at or behind the end came out.
    past: bool,
}

impl Run {
    fn new(from: i64, to: i64) -> Self {
        Self { from, to, got: 0, errors: 0, past: false }
    }

    fn decode(
        &mut self,
        input: &mut Input,
        decoder: &mut Decoder,
        stream: usize,
        most_packets: usize,
        ticker: &mut Ticker<'_>,
    ) -> Result<(), MediaError> {
        let mut packet = Packet::new();
        let mut packets = 0;
        let mut inside = false;
        while !self.past && packets < most_packets {
            ticker.alive()?;
            if input.read(&mut packet)? != Next::Item {
                break;
            }
            if packet.stream() != stream {
                continue;
            }
            packets += 1;
            // What comes before the first keyframe cannot decode and proves nothing.
            if !inside && !packet.is_key() {
                continue;
            }
            inside = true;
            self.feed(decoder, Some(&packet));
        }
        if !self.past {
            self.feed(decoder, None);
        }
        Ok(())
    }

    fn feed(&mut self, decoder: &mut Decoder, packet: Option<&Packet>) {
        loop {
            match decoder.send(packet) {
                Ok(true) => break,
                Ok(false) => {
                    if self.receive(decoder) == 0 {
                        self.errors += 1;
                        break;
                    }
                }
                Err(_) => {
                    self.errors += 1;
                    break;
                }
            }
        }
        self.receive(decoder);
    }

    /// Takes out what is ready; gives the number of frames.
    fn receive(&mut self, decoder: &mut Decoder) -> u64 {
        let mut frame = Frame::new();
        let mut taken = 0;
        loop {
            match decoder.receive(&mut frame) {
                Ok(Next::Item) => {
                    taken += 1;
                    let time = frame.best_effort_pts().unwrap_or(self.from);
                    self.past |= time >= self.to;
                    if (self.from..=self.to).contains(&time) {
                        self.got += 1;
                        self.errors += u64::from(frame.is_damaged());
                    }
                }
                Ok(Next::More | Next::End) => return taken,
                Err(_) => {
                    self.errors += 1;
                    return taken;
                }
            }
        }
    }
}
