//! A job's live line: name, profile, segment map, percent, speed, time left. Pure.

use spillway_engine::model::StepState;

use crate::{
    board::{Cell, Row},
    text,
};

/// Most cells of a segment map; more segments share cells.
const MAP_CELLS: usize = 24;
/// Names longer than this are cut, in columns.
const NAME_COLUMNS: usize = 30;

/// The characters of segment maps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Glyphs {
    done: char,
    running: char,
    ready: char,
    waiting: char,
    failed: char,
    cut: &'static str,
}

impl Glyphs {
    /// For terminals that show Unicode.
    pub(crate) const UNICODE: Self =
        Self { done: '▪', running: '▸', ready: '·', waiting: '↻', failed: '✗', cut: "…" };
    /// For all others.
    pub(crate) const ASCII: Self =
        Self { done: '#', running: '>', ready: '.', waiting: '~', failed: 'x', cut: "~" };

    /// By what the environment says of the character set, in the order in which POSIX reads it.
    pub(crate) fn of(variable: &dyn Fn(&str) -> Option<std::ffi::OsString>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let Some(locale) = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")) else {
            return if cfg!(unix) { Self::ASCII } else { Self::UNICODE };
        };
        let locale = locale.to_string_lossy().to_lowercase();
        if locale.contains("utf-8") || locale.contains("utf8") { Self::UNICODE } else { Self::ASCII }
    }

    fn of_state(self, state: StepState) -> char {
        match state {
            StepState::Done | StepState::Skipped => self.done,
            StepState::Running => self.running,
            StepState::Blocked | StepState::Ready => self.ready,
            StepState::Waiting => self.waiting,
            StepState::Failed => self.failed,
        }
    }
}

/// A cell per segment. When segments share a cell it shows the one that most deserves a look; it
/// counts as done only when all of them are.
pub(crate) fn segment_map<'a>(cells: impl Iterator<Item = &'a Cell>, glyphs: Glyphs) -> String {
    let states: Vec<StepState> = cells.map(|cell| cell.state).collect();
    let shown = states.len().min(MAP_CELLS);
    let share = |n: usize| n * states.len() / shown.max(1);
    (0..shown)
        .filter_map(|n| states[share(n)..share(n + 1)].iter().copied().max_by_key(|state| interest(*state)))
        .map(|state| glyphs.of_state(state))
        .collect()
}

fn interest(state: StepState) -> u8 {
    match state {
        StepState::Failed => 4,
        StepState::Waiting => 3,
        StepState::Running => 2,
        StepState::Blocked | StepState::Ready => 1,
        StepState::Done | StepState::Skipped => 0,
    }
}

/// Columns that the names and profiles of these rows need.
pub(crate) fn columns<'a>(rows: impl Iterator<Item = &'a Row>) -> (usize, usize) {
    rows.fold((0, 0), |(name, profile), row| {
        let wide = console::measure_text_width(&row.name).min(NAME_COLUMNS);
        (name.max(wide), profile.max(console::measure_text_width(&row.profile)))
    })
}

/// The line, without colours.
pub(crate) fn line(row: &Row, (name_columns, profile_columns): (usize, usize), glyphs: Glyphs) -> String {
    let name = console::truncate_str(&row.name, name_columns, glyphs.cut);
    let name = console::pad_str(&name, name_columns, console::Alignment::Left, None);
    let profile = console::pad_str(&row.profile, profile_columns, console::Alignment::Left, None);
    let mut parts = vec![format!("{name}  {profile}")];
    let map = segment_map(row.segments(), glyphs);
    if !map.is_empty() {
        parts.push(map);
    }
    if let Some(fraction) = row.fraction() {
        parts.push(format!("{:>3.0} %", (fraction * 100.0).floor()));
    }
    parts.push(row.phase().to_owned());
    if let Some(frames) = row.frames_per_second() {
        parts.push(format!("{frames:.0} fps"));
    }
    if let Some(speed) = row.speed() {
        parts.push(text::speed(speed));
    }
    if let Some(left) = row.time_left() {
        parts.push(format!("{} left", text::span(i64::try_from(left.as_millis()).unwrap_or(i64::MAX))));
    }
    parts.join("  ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use spillway_engine::model::{Feed, StepKind};

    use super::*;
    use crate::board::tests::{board, detail, job_id, step};

    fn map_of(states: &[StepState], glyphs: Glyphs) -> String {
        let steps = (0..).zip(states).map(|(ord, state)| step(ord, StepKind::Segment, *state, 10)).collect();
        segment_map(board(steps).rows()[0].segments(), glyphs)
    }

    #[test]
    fn a_cell_for_each_segment() {
        use StepState::{Done, Failed, Ready, Running, Waiting};
        let states = [Done, Running, Waiting, Failed, Ready];
        assert_eq!(map_of(&states, Glyphs::UNICODE), "▪▸↻✗·");
        assert_eq!(map_of(&states, Glyphs::ASCII), "#>~x.");
        assert_eq!(map_of(&[], Glyphs::ASCII), "");
    }

    #[test]
    fn many_segments_share_cells_and_a_failure_is_never_hidden() {
        for count in [25, 47, 100, 1_000] {
            for failed in [0, count / 2, count - 1] {
                let mut states = vec![StepState::Done; count];
                states[failed] = StepState::Failed;
                let map = map_of(&states, Glyphs::ASCII);
                assert_eq!(map.len(), MAP_CELLS);
                assert_eq!(map.matches('x').count(), 1, "{count} segments, {failed} failed: {map}");
            }
        }
    }

    #[test]
    fn a_shared_cell_is_done_only_when_all_are() {
        let mut states = vec![StepState::Done; 100];
        states[99] = StepState::Ready;
        assert!(map_of(&states, Glyphs::ASCII).ends_with('.'));
    }

    #[test]
    fn long_names_are_cut_to_their_column() {
        let mut board = board(vec![step(0, StepKind::Inspect, StepState::Running, 0)]);
        let id = board.rows()[0].id;
        let mut job = crate::board::tests::view(id);
        job.source = format!("/in/{}.mov", "n".repeat(100)).into();
        board.seed(&spillway_engine::model::JobDetail { job, ..detail(vec![]) });
        let row = &board.rows()[0];
        let line = line(row, columns(board.rows().iter()), Glyphs::ASCII);
        assert!(line.starts_with(&format!("{}~  web  ", "n".repeat(NAME_COLUMNS - 1))), "{line}");
    }

    #[test]
    fn speed_is_said_in_frames_and_in_playing_time() {
        let mut board = board(vec![step(0, StepKind::Segment, StepState::Running, 900)]);
        for (done, seconds) in [(0, 0), (135, 3)] {
            let feed = Feed::Progress { job: job_id(1), ord: 0, done, total: 900 };
            board.apply(&feed, Duration::from_secs(seconds));
        }
        let line = line(&board.rows()[0], (10, 3), Glyphs::ASCII);
        assert!(line.ends_with("encoding  45 fps  1.8x  17 s left"), "{line}");
    }

    #[test]
    fn the_character_set_follows_the_locale() {
        let glyphs = |set: &'static [(&str, &str)]| {
            Glyphs::of(&move |name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
            })
            .done
        };
        assert_eq!(glyphs(&[("LANG", "en_GB.UTF-8")]), '▪');
        assert_eq!(glyphs(&[("LANG", "en_GB.UTF-8"), ("LC_ALL", "C")]), '#');
        assert_eq!(glyphs(&[("LC_ALL", ""), ("LANG", "C.utf8")]), '▪');
    }
}
