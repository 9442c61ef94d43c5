//! One chunk: where it lies, which of its pictures are wanted, where the results go.

use serde_json::{Value, json};
use spillway_media::types::Ratio;

use super::{Clip, CompiledJob, Unsupported, limits};

impl CompiledJob {
    /// The whole document for one chunk: `input` and `destination` are `s3://` addresses, `destination` a base name
    /// without extension.
    ///
    /// # Errors
    /// When pictures have to be clipped away that no timecode can name exactly (a variable rate).
    pub fn for_chunk(
        &self,
        input: &str,
        clip: Option<Clip>,
        destination: &str,
    ) -> Result<Value, Unsupported> {
        let mut settings = self.settings.clone();
        settings["inputs"][0]["fileInput"] = json!(input);
        if let Some(clip) = clip {
            let refused = || limits::CLIP.with("", [clip.first.to_string(), clip.last.to_string()]);
            let count = self.source_rate.and_then(counting_rate).ok_or_else(refused)?;
            let start = timecode(clip.first, count).ok_or_else(refused)?;
            let end = timecode(clip.last, count).filter(|_| clip.first <= clip.last).ok_or_else(refused)?;
            settings["inputs"][0]["inputClippings"] = json!([{ "startTimecode": start, "endTimecode": end }]);
        }
        settings["outputGroups"][0]["outputGroupSettings"]["fileGroupSettings"]["destination"] =
            json!(destination);
        Ok(settings)
    }
}

/// Frames that a timecode counts to the second: the rate itself, or the one that 1000/1001 of is the rate. Two
/// digits hold no more than 100 of them.
pub fn counting_rate(rate: Ratio) -> Option<u64> {
    let (num, den) = (i64::from(rate.num), i64::from(rate.den));
    if num <= 0 || den <= 0 {
        return None;
    }
    let exact = |count: i64| num == count * den || num * 1_001 == count * 1_000 * den;
    let count = (num + den - 1) / den;
    (exact(count) && count <= 100).then(|| u64::try_from(count).ok()).flatten()
}

/// Non-drop timecode of a picture, counted from 0; `None` at 24 hours and later.
fn timecode(picture: u64, count: u64) -> Option<String> {
    let (seconds, frame) = (picture / count, picture % count);
    let (minutes, second) = (seconds / 60, seconds % 60);
    let (hour, minute) = (minutes / 60, minutes % 60);
    (hour < 24).then(|| format!("{hour:02}:{minute:02}:{second:02}:{frame:02}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rates_that_timecodes_count() {
        let rate = |num, den| counting_rate(Ratio::new(num, den));
        assert_eq!(rate(25, 1), Some(25));
        assert_eq!(rate(50, 2), Some(25));
        assert_eq!(rate(24_000, 1_001), Some(24));
        assert_eq!(rate(30_000, 1_001), Some(30));
        assert_eq!(rate(60_000, 1_001), Some(60));
        assert_eq!(rate(100, 1), Some(100));
        assert_eq!(rate(120, 1), None);
        assert_eq!(rate(25, 2), None);
        assert_eq!(rate(2_997, 100), None);
        assert_eq!(rate(0, 1), None);
    }

    proptest! {
        #[test]
        fn a_timecode_names_one_picture(picture in 0u64..24 * 3_600 * 24, count in 1u64..=100) {
            let text = timecode(picture, count);
            if let Some(text) = text {
                let parts: Vec<u64> = text.split(':').map(|part| part.parse().unwrap()).collect();
                prop_assert_eq!(((parts[0] * 60 + parts[1]) * 60 + parts[2]) * count + parts[3], picture);
                prop_assert!(parts[0] < 24 && parts[1] < 60 && parts[2] < 60 && parts[3] < count);
            } else {
                prop_assert!(picture >= 24 * 3_600 * count);
            }
        }
    }
}
