//! Pass-through: the source's own picture packets, rebased.

use std::path::Path;

use super::{
    Ticker,
    order::{Delay, Order},
};
use crate::{
    ff::{Input, Next, Packet, Params, SideData},
    schedule,
    task::Time,
    types::{MediaCode, MediaError, Ratio, rescale},
};

/// A picture stream copied from its source.
pub(crate) struct Copied {
    input: Input,
    stream: usize,
    /// Description of the stream.
    pub(crate) params: Params,
    /// Side data of the whole stream, the display matrix left out.
    pub(crate) side_data: Vec<SideData>,
    /// Unit of all times, in seconds.
    pub(crate) base: Ratio,
    /// Times of the whole stream, relative to zero.
    pub(crate) order: Order,
    /// Frames that are presented; the rest is only there to start decoding.
    pub(crate) shown: u64,
    zero: i64,
    /// By position in the file.
    keep: Vec<bool>,
    read: usize,
    decoded: usize,
}

/// What the first pass notes of each packet.
struct Seen {
    pts: i64,
    key: bool,
}

impl Copied {
    /// Finds out which packets to copy, and in what order they are presented.
    pub(crate) fn open(
        path: &Path,
        stream: usize,
        schedule: &Path,
        zero: Time,
        delay: Delay,
        ticker: &mut Ticker<'_>,
    ) -> Result<Self, MediaError> {
        let mut input = open_stream(path, stream)?;
        let base = input.stream(stream)?.time_base();
        let seen = survey(&mut input, stream, ticker)?;
        let (header, entries) = schedule::read(schedule, 0, u64::MAX)?;
        let mut wanted: Vec<i64> = entries.iter().map(|entry| entry.source).collect();
        wanted.sort_unstable();
        drop(entries);
        let keep = choose(&seen, &wanted, delay)?;
        let zero = rescale(zero.ticks, zero.base, base);
        let kept: Vec<i64> =
            seen.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(seen, _)| seen.pts - zero).collect();
        let mut times = kept.clone();
        times.sort_unstable();
        let mut order = Order::new(times, rescale(header.end, header.out_base, base), delay)?;
        for (decoded, pts) in kept.iter().enumerate() {
            if let Some(place) = order.place(*pts) {
                order.learn(decoded, place);
            }
        }
        let input = open_stream(path, stream)?;
        let found = input.stream(stream)?;
        let mut params = found.params();
        tag_for_copy(&mut params, &input.format());
        let side_data = found.side_data().into_iter().filter(|side| !side.is_display_matrix()).collect();
        Ok(Self {
            stream,
            params,
            side_data,
            base,
            order,
            shown: wanted.len() as u64,
            zero,
            keep,
            read: 0,
            decoded: 0,
            input,
        })
    }

    /// As [`super::Picture::next`].
    pub(crate) fn next(&mut self, packet: &mut Packet) -> Result<Option<usize>, MediaError> {
        let changed =
            || MediaError::new(MediaCode::SourceChanged, "the source gave other packets when read again");
        while self.input.read(packet)? == Next::Item {
            if packet.stream() != self.stream {
                continue;
            }
            self.read += 1;
            if !self.keep.get(self.read - 1).copied().ok_or_else(changed)? {
                continue;
            }
            let n = self.decoded;
            let pts = packet.pts().map(|pts| pts - self.zero);
            let place = pts.and_then(|pts| self.order.place(pts)).ok_or_else(changed)?;
            packet.set_times(pts, Some(self.order.decode_time(n)), self.order.packet_duration(n, place));
            if packet.dts() > pts {
                return Err(changed());
            }
            self.decoded += 1;
            return Ok(Some(n));
        }
        if self.decoded == self.order.len() { Ok(None) } else { Err(changed()) }
    }
}

fn open_stream(path: &Path, stream: usize) -> Result<Input, MediaError> {
    let mut input = Input::open(path)?;
    input.stream(stream)?;
    input.select(&[stream]);
    Ok(input)
}

fn survey(input: &mut Input, stream: usize, ticker: &mut Ticker<'_>) -> Result<Vec<Seen>, MediaError> {
    let mut packet = Packet::new();
    let mut seen = Vec::new();
    while input.read(&mut packet)? == Next::Item {
        ticker.alive()?;
        if packet.stream() != stream {
            continue;
        }
        let pts = packet.pts().ok_or_else(|| cannot("a packet has no presentation time"))?;
        seen.push(Seen { pts, key: packet.is_key() });
    }
    Ok(seen)
}

/// Which packets go into the output: all that present a wanted frame, and before them what decoding
/// needs. `wanted` is sorted.
fn choose(seen: &[Seen], wanted: &[i64], delay: Delay) -> Result<Vec<bool>, MediaError> {
    let is_wanted = |pts: i64| wanted.binary_search(&pts).is_ok();
    let count = seen.iter().filter(|s| is_wanted(s.pts)).count();
    if count != wanted.len() || count == 0 {
        let message = format!("{count} of the {} planned frames are packets of the source", wanted.len());
        return Err(MediaError::new(MediaCode::FrameMismatch, message));
    }
    let first_wanted = seen.iter().position(|s| is_wanted(s.pts)).unwrap_or(0);
    let last_wanted = seen.iter().rposition(|s| is_wanted(s.pts)).unwrap_or(0);
    let start = seen[..=first_wanted]
        .iter()
        .rposition(|s| s.key)
        .ok_or_else(|| cannot("the first frame needs a keyframe that is not there"))?;
    let mut keep = vec![false; seen.len()];
    for (n, packet) in seen.iter().enumerate().take(last_wanted + 1).skip(start) {
        if is_wanted(packet.pts) {
            keep[n] = true;
        } else if packet.pts < seen[start].pts {
            // Leading pictures of an open GOP: they need what comes before, and nothing needs them.
        } else if packet.pts < wanted[0] && delay == Delay::Frames {
            keep[n] = true;
        } else if packet.pts < wanted[0] {
            return Err(cannot("the first frame is no keyframe, which needs an edit list"));
        } else {
            return Err(cannot("frames in the middle are hidden by an edit list"));
        }
    }
    Ok(keep)
}

fn cannot(why: &str) -> MediaError {
    MediaError::new(MediaCode::Unstitchable, format!("the picture cannot be copied without encoding: {why}"))
}

/// Sample entry codes of other containers mean nothing to the MP4 family.
fn tag_for_copy(params: &mut Params, format: &str) {
    if !format.contains("mov") {
        params.set_tag(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(list: &[(i64, bool)]) -> Vec<Seen> {
        list.iter().map(|(pts, key)| Seen { pts: *pts, key: *key }).collect()
    }

    #[test]
    fn everything_wanted_is_kept() {
        let all = seen(&[(0, true), (3, false), (1, false), (2, false)]);
        assert_eq!(choose(&all, &[0, 1, 2, 3], Delay::Grid), Ok(vec![true; 4]));
    }

    #[test]
    fn pre_roll_stays_only_behind_an_edit_list() {
        let all = seen(&[(0, true), (1, false), (2, false), (3, false)]);
        assert_eq!(choose(&all, &[2, 3], Delay::Frames), Ok(vec![true; 4]));
        assert_eq!(choose(&all, &[2, 3], Delay::Grid).unwrap_err().code, MediaCode::Unstitchable);
        let keyed = seen(&[(0, true), (1, false), (2, true), (3, false)]);
        assert_eq!(choose(&keyed, &[2, 3], Delay::Grid), Ok(vec![false, false, true, true]));
    }

    #[test]
    fn leading_pictures_and_the_tail_are_left_out() {
        let all = seen(&[(1, false), (4, true), (2, false), (3, false), (5, false), (6, false)]);
        assert_eq!(choose(&all, &[4, 5], Delay::Grid), Ok(vec![false, true, false, false, true, false]));
    }

    #[test]
    fn holes_and_missing_frames_are_refused() {
        let all = seen(&[(0, true), (1, false), (2, false)]);
        assert_eq!(choose(&all, &[0, 2], Delay::Frames).unwrap_err().code, MediaCode::Unstitchable);
        assert_eq!(choose(&all, &[0, 1, 5], Delay::Frames).unwrap_err().code, MediaCode::FrameMismatch);
    }
}
