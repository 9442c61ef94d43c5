//! A picture stream, from its packets.

use sha2::{Digest, Sha256};

use super::MICROSECONDS;
use crate::{
    facts::VideoStream,
    ff::{Input, Packet, SideData},
    index::{Frame, FrameIndex},
    language,
    measured::MeasuredVideo,
    nal::{self, Framing, Kind},
    part::hex,
    types::{MediaCode, MediaError, Ratio, rescale},
};

/// Frames of one stream that are looked at: a day at 60 a second is more.
const MOST_FRAMES: usize = 5_000_000;
/// Frames for which presentation times are listed.
const MOST_LISTED: usize = 20_000;

/// One packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) pts: i64,
    pub(super) dts: i64,
    pub(super) position: u64,
    pub(super) duration: i64,
    pub(super) bytes: u32,
    pub(super) key: bool,
    /// A keyframe that nothing after it looks behind; known for H.264 and HEVC, else taken on trust.
    pub(super) idr: bool,
    /// Not hidden by an edit list.
    pub(super) shown: bool,
}

/// Collects the packets of a stream.
pub(super) struct VideoScan<'a> {
    facts: &'a VideoStream,
    pub(super) stream: usize,
    pub(super) base: Ratio,
    codec: Option<nal::Codec>,
    framing: Framing,
    sets: Vec<Vec<u8>>,
    rows: Vec<Row>,
    untimed: u64,
    set_changes: u64,
}

/// What came of it.
pub(super) struct VideoFound {
    pub(super) measured: MeasuredVideo,
    /// Packets in file order.
    pub(super) rows: Vec<Row>,
    /// Presentation times of shown frames, rising.
    pub(super) times: Vec<i64>,
}

impl<'a> VideoScan<'a> {
    pub(super) fn new(input: &Input, facts: &'a VideoStream) -> Result<Self, MediaError> {
        let stream = input.stream(facts.index)?;
        let params = stream.params();
        let codec = nal::Codec::named(&facts.codec);
        let extradata = params.extradata();
        let sets = codec.map_or_else(Vec::new, |c| nal::parameter_sets(c, extradata));
        Ok(Self {
            facts,
            stream: facts.index,
            base: stream.time_base(),
            codec,
            framing: codec.map_or(Framing::StartCodes, |c| Framing::of(c, extradata)),
            sets: sets.into_iter().map(<[u8]>::to_vec).collect(),
            rows: Vec::new(),
            untimed: 0,
            set_changes: 0,
        })
    }

    pub(super) fn add(&mut self, packet: &Packet) -> Result<(), MediaError> {
        if self.rows.len() == MOST_FRAMES {
            let message = format!("a picture stream has more than {MOST_FRAMES} frames");
            return Err(MediaError::new(MediaCode::TooLarge, message));
        }
        let Some(pts) = packet.pts().or(packet.dts()) else {
            self.untimed += 1;
            return Ok(());
        };
        let idr = self.look(packet);
        self.rows.push(Row {
            pts,
            dts: packet.dts().unwrap_or(pts),
            position: packet.position().unwrap_or(u64::MAX),
            duration: packet.duration(),
            bytes: u32::try_from(packet.data().len()).unwrap_or(u32::MAX),
            key: packet.is_key(),
            idr,
            shown: !packet.is_discarded(),
        });
        Ok(())
    }

    /// Whether it is an IDR picture; counts parameter sets that the header does not have.
    fn look(&mut self, packet: &Packet) -> bool {
        let mut changed = packet.side_data().iter().any(SideData::is_new_extradata);
        let mut idr = self.codec.is_none() && packet.is_key();
        if let Some(codec) = self.codec {
            for unit in self.framing.units(packet.data()) {
                match codec.kind(unit) {
                    Kind::Idr => idr = true,
                    Kind::ParameterSet | Kind::SequenceSet => {
                        changed |= !self.sets.iter().any(|set| set == unit);
                    }
                    Kind::Slice | Kind::Other => {}
                }
            }
        }
        self.set_changes += u64::from(changed);
        idr && packet.is_key()
    }

    /// Sums up. `stated`: the duration that the container states, where it can be trusted to.
    pub(super) fn finish(self, stated: Option<i64>) -> (VideoFound, Vec<String>) {
        let mut times: Vec<i64> = self.rows.iter().filter(|row| row.shown).map(|row| row.pts).collect();
        times.sort_unstable();
        let mut faults = Vec::new();
        let name = format!("Picture stream {}", self.stream);
        if times.is_empty() {
            faults.push(format!("{name} has no frames."));
        }
        if self.untimed > 0 {
            faults.push(format!("{name}: {} packets have no time and were left out.", self.untimed));
        }
        let doubled = times.windows(2).filter(|pair| pair[0] == pair[1]).count();
        if doubled > 0 {
            faults.push(format!("{name}: {doubled} frames have the presentation time of another."));
        }
        let falls = self.rows.windows(2).filter(|pair| pair[1].dts < pair[0].dts).count();
        if falls > 0 {
            faults.push(format!("{name}: decode times fall {falls} times."));
        }
        if self.rows.iter().any(|row| row.pts < row.dts) {
            faults.push(format!("{name}: frames are presented before they are decoded."));
        }
        let first = times.first().copied().unwrap_or(0);
        let end = self.end(&times, stated);
        let keys = key_places(&self.rows, &times);
        let mut measured = self.facts_measured();
        measured.frames = times.len() as u64;
        measured.first = first;
        measured.end = end;
        measured.times_sha256 = times_hash(&times);
        if times.len() <= MOST_LISTED {
            measured.times_us =
                times.iter().map(|t| rescale(t.saturating_sub(first), self.base, MICROSECONDS)).collect();
        }
        measured.times_rise = doubled == 0 && falls == 0;
        measured.constant_rate = constant_rate(&times, end, self.base);
        let seconds = rescale_f64(end.saturating_sub(first), self.base);
        measured.average_rate = ratio_or_zero(times.len() as u64, seconds);
        measured.longest_gop = longest_gop(&keys, times.len() as u64);
        measured.keyframes = keys;
        measured.open_gops = open_gops(&self.rows);
        measured.b_frames = Some(longest_b_run(&self.rows));
        measured.bytes = self.rows.iter().map(|row| u64::from(row.bytes)).sum();
        measured.bit_rate = rounded(ratio_or_zero(measured.bytes * 8, seconds));
        measured.peak_bit_rate = peak(&self.rows, self.base).max(measured.bit_rate);
        measured.parameter_set_changes = self.set_changes;
        (VideoFound { measured, rows: self.rows, times }, faults)
    }

    /// End of the last frame. A packet's own duration is a decode duration where frames are reordered,
    /// so what the container states comes first, then the end of decoding shifted like the start.
    fn end(&self, times: &[i64], stated: Option<i64>) -> i64 {
        let (Some(first), Some(last)) = (times.first(), times.last()) else { return 0 };
        let before = times.len().checked_sub(2).and_then(|n| times.get(n)).map_or(1, |t| last - t).max(1);
        let own = self.rows.iter().find(|row| row.pts == *last).map_or(0, |row| row.duration);
        let decoded = self.rows.first().zip(self.rows.last()).filter(|(_, end)| end.duration > 0);
        let decoded = decoded.map(|(start, end)| end.dts + end.duration + (start.pts - start.dts));
        let reordered = self.rows.iter().any(|row| row.pts != row.dts);
        let stated = stated.map(|duration| first.saturating_add(duration));
        let candidates = [stated, decoded.filter(|_| reordered), Some(last.saturating_add(own))];
        let sound = |end: &i64| *end > *last && *end - *last <= before.saturating_mul(100).max(own);
        candidates.into_iter().flatten().find(sound).unwrap_or(last.saturating_add(before))
    }

    fn facts_measured(&self) -> MeasuredVideo {
        let facts = self.facts;
        MeasuredVideo {
            id: "video".into(),
            codec: facts.codec.clone(),
            profile: facts.profile.clone(),
            level: facts.level,
            tag: facts.tag.clone(),
            width: facts.width,
            height: facts.height,
            pixel_format: facts.pixel_format.clone(),
            sample_aspect: facts.sample_aspect,
            rotation: facts.rotation,
            field_order: facts.field_order,
            color: facts.color.clone(),
            hdr: facts.hdr.clone(),
            captions: facts.captions,
            language: language::of_stream(facts.language.clone()),
            time_base: self.base,
            frames: 0,
            first: 0,
            end: 0,
            times_sha256: String::new(),
            times_us: Vec::new(),
            times_rise: false,
            constant_rate: None,
            average_rate: 0.0,
            keyframes: Vec::new(),
            open_gops: 0,
            longest_gop: 0,
            b_frames: None,
            bytes: 0,
            bit_rate: 0,
            peak_bit_rate: 0,
            decoded: 0,
            decode_errors: 0,
            parameter_set_changes: 0,
        }
    }
}

fn times_hash(times: &[i64]) -> String {
    let first = times.first().copied().unwrap_or(0);
    let mut digest = Sha256::new();
    for time in times {
        digest.update(time.saturating_sub(first).to_le_bytes());
    }
    hex(&digest.finalize())
}

fn constant_rate(times: &[i64], end: i64, base: Ratio) -> Option<Ratio> {
    let frames = times.iter().map(|time| Frame { pts: *time, time: *time, bytes: 0, key: false }).collect();
    FrameIndex { time_base: base, frames, end }.constant_rate()
}

/// Ordinals of shown keyframes in presentation order.
fn key_places(rows: &[Row], times: &[i64]) -> Vec<u64> {
    let keys = rows.iter().filter(|row| row.key && row.shown);
    let mut places: Vec<u64> =
        keys.filter_map(|row| times.binary_search(&row.pts).ok()).map(|n| n as u64).collect();
    places.sort_unstable();
    places
}

fn longest_gop(keys: &[u64], frames: u64) -> u64 {
    let starts = [0].into_iter().chain(keys.iter().copied());
    let ends = keys.iter().copied().chain([frames]);
    starts.zip(ends).map(|(start, end)| end.saturating_sub(start)).max().unwrap_or(0)
}

/// Keyframes that are not IDR, or behind which packets follow that are presented before them.
fn open_gops(rows: &[Row]) -> u64 {
    let mut open = 0;
    let mut key: Option<(i64, bool)> = None;
    for row in rows {
        if row.key {
            open += u64::from(key.is_some_and(|(_, counted)| counted));
            key = Some((row.pts, !row.idr));
        } else if let Some((pts, counted)) = &mut key {
            *counted |= row.pts < *pts;
        }
    }
    open + u64::from(key.is_some_and(|(_, counted)| counted))
}

/// Longest run, in presentation order, of frames that are decoded after one presented later.
fn longest_b_run(rows: &[Row]) -> u32 {
    let mut latest = i64::MIN;
    let mut marked: Vec<(i64, bool)> = Vec::with_capacity(rows.len());
    for row in rows {
        marked.push((row.pts, row.pts < latest));
        latest = latest.max(row.pts);
    }
    marked.sort_unstable();
    let (mut run, mut longest) = (0, 0);
    for (_, b) in marked {
        run = if b { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Highest bit rate of any second, each frame counting where it is presented.
fn peak(rows: &[Row], base: Ratio) -> u64 {
    let mut sizes: Vec<(i64, u64)> = rows.iter().map(|row| (row.pts, u64::from(row.bytes))).collect();
    sizes.sort_unstable();
    let second = rescale(1, Ratio::new(1, 1), base).max(1);
    let (mut start, mut sum, mut most) = (0, 0, 0);
    for n in 0..sizes.len() {
        sum += sizes[n].1;
        while sizes[n].0.saturating_sub(sizes[start].0) >= second {
            sum -= sizes[start].1;
            start += 1;
        }
        most = most.max(sum);
    }
    // A stream shorter than a second has no second to be judged by.
    let span = sizes.last().zip(sizes.first()).map_or(0, |(last, first)| last.0.saturating_sub(first.0));
    if span < second / 2 { 0 } else { most * 8 }
}

#[allow(clippy::cast_precision_loss, reason = "for rates, not for times")]
fn rescale_f64(ticks: i64, base: Ratio) -> f64 {
    ticks as f64 * base.as_f64()
}

#[allow(clippy::cast_precision_loss, reason = "for rates, not for counts")]
pub(super) fn ratio_or_zero(amount: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { amount as f64 / seconds } else { 0.0 }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; saturates")]
pub(super) fn rounded(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets in decoding order: time, keyframe, IDR.
    fn rows(list: &[(i64, bool, bool)]) -> Vec<Row> {
        let row = |n: usize, (pts, key, idr): (i64, bool, bool)| Row {
            pts,
            dts: i64::try_from(n).unwrap() - 2,
            position: 0,
            duration: 1,
            bytes: 100,
            key,
            idr,
            shown: true,
        };
        list.iter().enumerate().map(|(n, one)| row(n, *one)).collect()
    }

    #[test]
    fn closed_and_open_gops_are_told_apart() {
        let p = |t| (t, false, false);
        let closed = rows(&[(0, true, true), p(2), p(1), (3, true, true), p(5), p(4)]);
        assert_eq!((open_gops(&closed), longest_b_run(&closed)), (0, 1));
        let recovery = rows(&[(0, true, true), p(1), (2, true, false), p(3)]);
        assert_eq!(open_gops(&recovery), 1);
        let leading = rows(&[(0, true, true), (4, true, true), p(1), p(2), p(3)]);
        assert_eq!((open_gops(&leading), longest_b_run(&leading)), (1, 3));
    }

    #[test]
    fn gops_are_measured_to_both_ends() {
        assert_eq!(longest_gop(&[0, 4, 10], 12), 6);
        assert_eq!(longest_gop(&[0, 4], 30), 26);
        assert_eq!(longest_gop(&[], 9), 9);
        assert_eq!(longest_gop(&[0, 1, 2], 3), 1);
    }

    #[test]
    fn the_worst_second_is_found() {
        let mut list = rows(&(0..100).map(|n| (n, n == 0, n == 0)).collect::<Vec<_>>());
        list[60].bytes = 1_000;
        assert_eq!(peak(&list, Ratio::new(1, 25)), (24 * 100 + 1_000) * 8);
    }
}
