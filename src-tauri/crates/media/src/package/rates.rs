//! Bit rates as HLS counts them.

/// Size and length of a segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Weight {
    /// Bytes.
    pub(crate) bytes: u64,
    /// Seconds.
    pub(crate) seconds: f64,
}

/// Highest bit rate of any run of segments between 0.5 and 1.5 target durations long (RFC 8216,
/// 4.3.4.2), in bit/s; of the whole when it is shorter than that.
pub(crate) fn peak(segments: &[Weight], target: f64) -> u64 {
    let mut highest: Option<u64> = None;
    for start in 0..segments.len() {
        let mut sum = Weight { bytes: 0, seconds: 0.0 };
        for segment in &segments[start..] {
            sum.bytes += segment.bytes;
            sum.seconds += segment.seconds;
            if sum.seconds > target * 1.5 {
                break;
            }
            if sum.seconds >= target * 0.5 {
                highest = highest.max(Some(rate(sum)));
            }
        }
    }
    highest.unwrap_or_else(|| average(segments))
}

/// Average bit rate in bit/s.
pub(crate) fn average(segments: &[Weight]) -> u64 {
    let bytes = segments.iter().map(|s| s.bytes).sum();
    rate(Weight { bytes, seconds: segments.iter().map(|s| s.seconds).sum() })
}

fn rate(weight: Weight) -> u64 {
    if weight.seconds <= 0.0 {
        return 0;
    }
    #[allow(clippy::cast_precision_loss, reason = "sizes below 2^53")]
    let rate = (weight.bytes as f64 * 8.0 / weight.seconds).ceil();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, saturates")]
    let rate = rate as u64;
    rate
}

#[cfg(test)]
mod tests {
    use super::*;

    fn w(bytes: u64, seconds: f64) -> Weight {
        Weight { bytes, seconds }
    }

    #[test]
    fn a_short_tail_is_judged_with_its_neighbour() {
        let segments = [w(6000, 6.0), w(6000, 6.0), w(2000, 0.1)];
        assert_eq!(peak(&segments, 6.0), 10_492);
        assert_eq!(average(&segments), 9_257);
    }

    #[test]
    fn short_streams_are_judged_whole() {
        assert_eq!(peak(&[w(1000, 1.0)], 6.0), 8000);
        assert_eq!(peak(&[], 6.0), 0);
    }
}
