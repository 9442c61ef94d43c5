//! Whether the frames that arrived are those that were asked for, in groups that can be joined. Pure.

use crate::{
    task::VideoSettings,
    types::{MediaCode, MediaError},
};

/// A packet that arrived, in decoding order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) pts: i64,
    /// The container calls it a keyframe.
    pub(super) key: bool,
    /// Nothing that is decoded after it refers to anything before it.
    pub(super) idr: bool,
}

/// The place of each packet in presentation order.
///
/// # Errors
/// When there are not `count` frames, or a group of pictures is open, too long or out of its grid.
pub(super) fn places(rows: &[Row], count: usize, asked: &VideoSettings) -> Result<Vec<usize>, MediaError> {
    if rows.len() != count {
        return Err(wrong(format!("{} frames, and {count} were asked for", rows.len())));
    }
    let mut times: Vec<i64> = rows.iter().map(|row| row.pts).collect();
    times.sort_unstable();
    if times.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(wrong("two frames have the same presentation time".into()));
    }
    let places: Vec<usize> = rows.iter().map(|row| times.partition_point(|time| *time < row.pts)).collect();
    let first = rows.first().is_some_and(|row| row.key && row.idr);
    if !first || places.first() != Some(&0) {
        return Err(open("it does not begin with a keyframe that stands alone"));
    }
    groups(rows, &places, asked)?;
    Ok(places)
}

/// Groups are closed, no longer than asked, and on their grid.
fn groups(rows: &[Row], places: &[usize], asked: &VideoSettings) -> Result<(), MediaError> {
    let gop = usize::try_from(asked.gop.max(1)).unwrap_or(usize::MAX);
    let mut last = 0;
    // Pictures decoded before a keyframe are shown before it, and those decoded after it are shown after it,
    // exactly when its place in both orders is the same and no place before it is behind that.
    let mut latest = None;
    for (decoded, (row, place)) in rows.iter().zip(places).enumerate() {
        if row.idr {
            if *place != decoded || latest.is_some_and(|latest| latest > *place) {
                return Err(open(&format!("pictures are shown across the keyframe at frame {place}")));
            }
            let length = place - last;
            if length > gop || (asked.fixed_gop && *place > 0 && length != gop) {
                return Err(distance(length, asked));
            }
            last = *place;
        }
        latest = latest.max(Some(*place));
    }
    let length = rows.len() - last;
    if length > gop { Err(distance(length, asked)) } else { Ok(()) }
}

fn distance(length: usize, asked: &VideoSettings) -> MediaError {
    let most = if asked.fixed_gop { "exactly" } else { "at most" };
    wrong(format!("a keyframe comes after {length} frames, and {most} {} were asked for", asked.gop))
}

fn wrong(message: String) -> MediaError {
    MediaError::new(MediaCode::FrameMismatch, message)
}

fn open(message: &str) -> MediaError {
    MediaError::new(MediaCode::Unstitchable, format!("an open group of pictures: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{stitch::fixture::Recipe, types::Ratio};

    fn asked(gop: u32, fixed_gop: bool) -> VideoSettings {
        VideoSettings { gop, fixed_gop, ..Recipe::constant(Ratio::new(25, 1), &[1]).settings() }
    }

    fn rows(list: &[(i64, bool)]) -> Vec<Row> {
        list.iter().map(|(pts, key)| Row { pts: *pts, key: *key, idr: *key }).collect()
    }

    const CLOSED: [(i64, bool); 7] =
        [(10, true), (14, false), (12, false), (16, true), (22, false), (18, false), (20, false)];

    #[test]
    fn places_are_ranks() {
        assert_eq!(places(&rows(&CLOSED), 7, &asked(4, false)).unwrap(), [0, 2, 1, 3, 6, 4, 5]);
    }

    #[test]
    fn counts_and_distances_are_exact() {
        let refused =
            |rows: &[Row], count, asked: &VideoSettings| places(rows, count, asked).unwrap_err().code;
        let closed = rows(&CLOSED);
        assert_eq!(refused(&closed, 6, &asked(4, false)), MediaCode::FrameMismatch);
        assert_eq!(refused(&closed, 8, &asked(4, false)), MediaCode::FrameMismatch);
        assert_eq!(refused(&closed, 7, &asked(3, false)), MediaCode::FrameMismatch);
        assert_eq!(refused(&closed, 7, &asked(4, true)), MediaCode::FrameMismatch, "off the grid");
        assert!(places(&closed[..5], 5, &asked(3, true)).is_ok(), "a last group may be shorter");
        let mut doubled = closed;
        doubled[2].pts = 14;
        assert_eq!(refused(&doubled, 7, &asked(4, false)), MediaCode::FrameMismatch);
    }

    #[test]
    fn open_groups_are_refused() {
        for list in [
            &[(10, true), (14, true), (12, false)][..],
            &[(12, true), (10, false), (14, false)],
            &[(10, false), (12, true)],
            &[(10, true), (16, false), (12, true), (14, false)],
        ] {
            let error = places(&rows(list), list.len(), &asked(9, false)).unwrap_err();
            assert_eq!(error.code, MediaCode::Unstitchable, "{list:?}");
        }
    }

    #[test]
    fn a_keyframe_of_the_container_alone_is_none() {
        let mut list = rows(&CLOSED);
        list[3].idr = false;
        assert!(places(&list, 7, &asked(7, false)).is_ok());
        assert!(places(&list, 7, &asked(4, false)).is_err());
        list[0].idr = false;
        assert_eq!(places(&list, 7, &asked(7, false)).unwrap_err().code, MediaCode::Unstitchable);
    }
}
