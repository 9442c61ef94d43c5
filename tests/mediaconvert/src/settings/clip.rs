//! Clippings: which frames of the input are wanted.

use serde_json::Value;

use crate::{
    jobs::array,
    transcode::probe::{Video, value},
    work::Failure,
};

/// Frames of the input by their places in it, the last one with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Range {
    pub(crate) fn frames(&self) -> u64 {
        self.last - self.first + 1
    }
}

/// The clippings of an input, ascending; none when all of it is wanted.
pub(crate) fn ranges(input: &Value, video: Option<&Video>) -> Result<Vec<Range>, Failure> {
    let clips = array(&input["inputClippings"]);
    if clips.is_empty() {
        return Ok(Vec::new());
    }
    let wrong = |why: String| (1060, format!("Invalid input clipping: [{why}]"));
    // Otherwise they would count from whatever time code is embedded.
    if input["timecodeSource"] != "ZEROBASED" {
        return Err(wrong("timecodeSource is not ZEROBASED".to_owned()));
    }
    let video = video.ok_or_else(|| wrong("the input has no pictures".to_owned()))?;
    let mut ranges: Vec<Range> = Vec::new();
    for clip in clips {
        let place = |name: &str, usual: u64| {
            let Some(text) = clip[name].as_str() else { return Ok(usual) };
            frame(text, video.rate)
                .ok_or_else(|| wrong(format!("{name} {text} is no time code of this rate")))
        };
        let (first, last) =
            (place("startTimecode", 0)?, place("endTimecode", video.frames.saturating_sub(1))?);
        if last < first {
            return Err(wrong("it ends before it starts".to_owned()));
        }
        if last >= video.frames {
            return Err(wrong(format!("frame {last} is not within the {} of the input", video.frames)));
        }
        if ranges.last().is_some_and(|before| first <= before.last) {
            return Err(super::unsupported("/inputs/0/inputClippings: clippings out of order"));
        }
        ranges.push(Range { first, last });
    }
    Ok(ranges)
}

/// Place of a frame by `HH:MM:SS:FF`, counting with the next whole rate; `;` before the frames drops numbers
/// (SMPTE ST 12-1).
fn frame(text: &str, rate: (u32, u32)) -> Option<u64> {
    let parts: Vec<u64> = text.split([':', ';']).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds, frames] = parts[..] else { return None };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rates are small")]
    let nominal = value(rate).round() as u64;
    if frames >= nominal || minutes > 59 || seconds > 59 {
        return None;
    }
    let counted = ((hours * 60 + minutes) * 60 + seconds) * nominal + frames;
    if !text.contains(';') {
        return Some(counted);
    }
    if !nominal.is_multiple_of(30) {
        return None;
    }
    let dropped = nominal / 15;
    let all = hours * 60 + minutes;
    counted.checked_sub(dropped * (all - all / 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_codes_count_frames() {
        assert_eq!(frame("00:00:00:00", (25, 1)), Some(0));
        assert_eq!(frame("00:01:00:24", (25, 1)), Some(1524));
        assert_eq!(frame("00:00:00:25", (25, 1)), None);
        assert_eq!(frame("00:01:00:00", (30000, 1001)), Some(1800));
        assert_eq!(frame("00:01:00;02", (30000, 1001)), Some(1800));
        assert_eq!(frame("00:10:00;00", (30000, 1001)), Some(17982));
        assert_eq!(frame("01:00:00:00", (24000, 1001)), Some(86400));
        assert_eq!(frame("01:00:00", (25, 1)), None);
    }
}
