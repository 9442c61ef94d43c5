//! Which packets a stretch needs, and which pictures a decoder gives of them. Pure.

use crate::{
    task::CutTask,
    types::{MediaCode, MediaError},
};

/// What is noted of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) pts: Option<i64>,
    pub(super) dts: Option<i64>,
    pub(super) duration: i64,
    pub(super) key: bool,
    /// Hidden by an edit list of the source.
    pub(super) hidden: bool,
    /// The second field of the picture whose first field is the packet before it.
    pub(super) joined: bool,
}

/// What is copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection {
    /// One per row: goes into the file.
    pub(super) keep: Vec<bool>,
    /// Presentation times of all pictures in the file, rising, in ticks of the source.
    pub(super) times: Vec<i64>,
    /// Duration that the packet shown last states; 0: none.
    pub(super) last_duration: i64,
    /// Pictures before the first wanted one.
    pub(super) before: u64,
    /// Pictures after the last wanted one.
    pub(super) after: u64,
}

/// Shown between the ends of the stretch.
pub(super) fn is_needed(row: &Row, task: &CutTask) -> bool {
    !row.hidden && row.pts.is_some_and(|pts| pts >= task.from && task.until.is_none_or(|until| pts < until))
}

/// Chooses from `rows`, which begin with a keyframe and are in decoding order.
///
/// Everything up to the last needed packet is kept, for it may be referred to; only leading pictures of the first
/// keyframe are not, as they refer to what is not there, and nothing else refers to them.
pub(super) fn choose(rows: &[Row], task: &CutTask) -> Result<Selection, MediaError> {
    let begin = rows.first().and_then(|row| row.pts).ok_or_else(|| no_time(0))?;
    let last =
        rows.iter().rposition(|row| is_needed(row, task)).ok_or_else(|| mismatch("the stretch is empty"))?;
    let mut keep = vec![false; rows.len()];
    let mut pictures = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        if row.joined {
            keep[n] = n > 0 && keep[n - 1];
            continue;
        }
        if n > last {
            break;
        }
        let pts = row.pts.ok_or_else(|| no_time(n))?;
        if pts >= begin {
            keep[n] = true;
            pictures.push((pts, row.hidden, row.duration));
        }
    }
    pictures.sort_unstable();
    if pictures.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(mismatch("two pictures of the stretch have the same presentation time"));
    }
    let before = pictures.partition_point(|(pts, ..)| *pts < task.first);
    let wanted = usize::try_from(task.count).unwrap_or(usize::MAX);
    let found = pictures.get(before..).unwrap_or_default();
    if found.first().is_none_or(|(pts, ..)| *pts != task.first) || wanted == 0 {
        return Err(mismatch("the first wanted picture is not in the stretch"));
    }
    if found.len() < wanted {
        return Err(mismatch(&format!("{} of {wanted} wanted pictures are in the stretch", found.len())));
    }
    if found[..wanted].iter().any(|(_, hidden, _)| *hidden) {
        return Err(mismatch("an edit list hides pictures in the middle of the stretch"));
    }
    Ok(Selection {
        keep,
        before: before as u64,
        after: (found.len() - wanted) as u64,
        last_duration: pictures.last().map_or(0, |(.., duration)| *duration),
        times: pictures.into_iter().map(|(pts, ..)| pts).collect(),
    })
}

fn no_time(n: usize) -> MediaError {
    mismatch(&format!("packet {n} of the stretch has no presentation time"))
}

fn mismatch(why: &str) -> MediaError {
    MediaError::new(MediaCode::FrameMismatch, format!("the picture cannot be cut here: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(pts: i64, key: bool) -> Row {
        Row { pts: Some(pts), dts: None, duration: 1, key, hidden: false, joined: false }
    }

    fn task(from: i64, until: Option<i64>, first: i64, count: u64) -> CutTask {
        CutTask { source: "s".into(), stream: 0, from, until, first, count, out: "o".into() }
    }

    #[test]
    fn leading_pictures_of_the_start_go_and_those_of_the_end_come_along() {
        // I4 b2 b3 P6 b5 I9 b7 b8 P11 b10, with two leading pictures at each keyframe.
        let rows: Vec<Row> = [(4, true), (2, false), (3, false), (6, false), (5, false)]
            .into_iter()
            .chain([(9, true), (7, false), (8, false), (11, false), (10, false)])
            .map(|(pts, key)| row(pts, key))
            .collect();
        let chosen = choose(&rows, &task(4, Some(9), 5, 4)).unwrap();
        assert_eq!(chosen.times, [4, 5, 6, 7, 8, 9]);
        assert_eq!((chosen.before, chosen.after), (1, 1));
        assert_eq!(chosen.keep, [true, false, false, true, true, true, true, true, false, false]);
        assert!(choose(&rows, &task(4, Some(9), 5, 6)).is_err(), "more than there is");
        assert!(choose(&rows, &task(4, Some(9), 2, 2)).is_err(), "what cannot be decoded");
    }

    #[test]
    fn a_closed_end_takes_nothing_along() {
        let rows: Vec<Row> =
            [(0, true), (2, false), (1, false), (3, true), (5, false)].map(|(pts, key)| row(pts, key)).into();
        let chosen = choose(&rows, &task(0, Some(3), 0, 3)).unwrap();
        assert_eq!((chosen.times, chosen.before, chosen.after), (vec![0, 1, 2], 0, 0));
        assert_eq!(choose(&rows, &task(3, None, 3, 2)).unwrap().times.len(), 5, "no start is moved here");
    }

    #[test]
    fn second_fields_follow_their_first() {
        let mut rows: Vec<Row> = [(2, true), (3, false), (0, false), (1, false), (4, false), (5, false)]
            .map(|(p, k)| row(p, k))
            .into();
        for n in [1, 3, 5] {
            rows[n].joined = true;
        }
        let chosen = choose(&rows, &task(2, None, 2, 2)).unwrap();
        assert_eq!(chosen.keep, [true, true, false, false, true, true]);
        assert_eq!(chosen.times, [2, 4]);
    }

    #[test]
    fn hidden_and_doubled_pictures_are_refused_where_they_matter() {
        let mut rows: Vec<Row> = (0..6).map(|n| row(n, n == 0)).collect();
        rows[0].hidden = true;
        rows[1].hidden = true;
        let chosen = choose(&rows, &task(2, None, 2, 4)).unwrap();
        assert_eq!((chosen.before, chosen.times.len()), (2, 6));
        rows[3].hidden = true;
        assert!(choose(&rows, &task(2, None, 2, 4)).is_err());
        rows[3] = row(2, false);
        assert!(choose(&rows, &task(2, None, 2, 4)).is_err());
    }
}
