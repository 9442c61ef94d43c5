//! Start timecode of an output.

use spillway_media::types::Ratio;
use spillway_profile::{Container, Output, Timecode};

use super::{number::whole, timing::Timing};

/// The timecode to write, if any.
pub(super) fn timecode(output: &Output, source: Option<&str>, timing: &Timing) -> Option<String> {
    if output.container == Container::Hls || output.timecode == Timecode::Drop {
        return None;
    }
    let carried = source.and_then(|text| at_rate(text, timing.nominal, timing.step));
    match output.timecode {
        Timecode::Always => carried.or_else(|| Some("00:00:00:00".to_owned())),
        Timecode::Carry | Timecode::Drop => carried,
    }
}

/// `text` at an output rate of `rate`, which shows every `step`-th source frame: the frame number is
/// counted in output frames, and drop-frame counting stays only where it exists (29.97 and 59.94).
fn at_rate(text: &str, rate: Ratio, step: u64) -> Option<String> {
    let fields: Vec<u64> = text
        .split([':', ';', '.'])
        .map(|field| field.parse().ok().filter(|_| field.len() <= 3))
        .collect::<Option<_>>()?;
    let &[hours, minutes, seconds, mut frame] = fields.as_slice() else { return None };
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let per_second = whole(rate.as_f64()).max(1);
    // A variable source may count more frames in a second than its output has.
    frame = (frame / step.max(1)).min(per_second - 1);
    let drop = text.contains(';') || text.contains('.');
    let separator = if drop && rate.den == 1_001 && per_second.is_multiple_of(30) { ';' } else { ':' };
    Some(format!("{hours:02}:{minutes:02}:{seconds:02}{separator}{frame:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_rate_is_untouched() {
        assert_eq!(at_rate("01:00:00;02", Ratio::new(30_000, 1_001), 1).unwrap(), "01:00:00;02");
        assert_eq!(at_rate("10:58:12:24", Ratio::new(25, 1), 1).unwrap(), "10:58:12:24");
    }

    #[test]
    fn half_rate_halves_the_frame_and_drop_frame_needs_its_rate() {
        assert_eq!(at_rate("01:00:00:49", Ratio::new(25, 1), 2).unwrap(), "01:00:00:24");
        assert_eq!(at_rate("01:00:00:20", Ratio::new(25, 1), 2).unwrap(), "01:00:00:10");
        assert_eq!(at_rate("01:00:00:40", Ratio::new(25, 1), 1).unwrap(), "01:00:00:24");
        assert_eq!(at_rate("01:00:00;02", Ratio::new(25, 1), 1).unwrap(), "01:00:00:02");
    }

    #[test]
    fn nonsense_is_not_carried() {
        for text in ["", "1:2:3", "aa:00:00:00", "25:00:00:00", "00:61:00:00", "00:00:00:00:00"] {
            assert_eq!(at_rate(text, Ratio::new(25, 1), 1), None, "{text}");
        }
    }
}
