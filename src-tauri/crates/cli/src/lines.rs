//! The lines drawn on a terminal while jobs run, one for each job at work.

use std::collections::HashMap;

use indicatif::{ProgressBar, ProgressStyle};
use spillway_engine::model::{JobId, JobState};

use crate::{
    board::{Board, Row},
    draw::{self, Glyphs},
    out::{Live, Out},
};

/// Most jobs drawn at a time; the others are counted.
const DRAWN: usize = 12;

/// Live lines.
#[derive(Debug)]
pub(crate) struct Lines {
    glyphs: Glyphs,
    drawn: HashMap<JobId, ProgressBar>,
    others: Option<ProgressBar>,
}

impl Lines {
    /// None yet.
    pub(crate) fn new(glyphs: Glyphs) -> Self {
        Self { glyphs, drawn: HashMap::new(), others: None }
    }

    /// Draws the jobs that are at work.
    pub(crate) fn show(&mut self, out: &Out, board: &Board) {
        if out.live() != Live::Drawn {
            return;
        }
        let rows: Vec<&Row> = board.rows().iter().filter(|row| row.state == JobState::Running).collect();
        let shown = &rows[..rows.len().min(DRAWN)];
        self.drawn.retain(|id, line| {
            let stays = shown.iter().any(|row| row.id == *id);
            if !stays {
                line.finish_and_clear();
                out.lines().remove(line);
            }
            stays
        });
        let columns = draw::columns(shown.iter().copied());
        for row in shown {
            let line = self.drawn.entry(row.id).or_insert_with(|| out.lines().insert(0, blank()));
            line.set_message(draw::line(row, columns, self.glyphs));
        }
        let waiting = board.rows().iter().filter(|row| !row.ended()).count() - shown.len();
        self.count_others(out, waiting);
    }

    fn count_others(&mut self, out: &Out, waiting: usize) {
        if waiting == 0 {
            if let Some(line) = self.others.take() {
                line.finish_and_clear();
                out.lines().remove(&line);
            }
            return;
        }
        let line = self.others.get_or_insert_with(|| out.lines().add(blank()));
        line.set_message(format!("and {waiting} more in the queue"));
    }

    /// Takes all lines away.
    pub(crate) fn clear(&mut self, out: &Out) {
        for line in self.drawn.drain().map(|(_, line)| line).chain(self.others.take()) {
            line.finish_and_clear();
            out.lines().remove(&line);
        }
    }
}

fn blank() -> ProgressBar {
    // Cut at the terminal's edge: a wrapped line could not be drawn over.
    let style = ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::no_length().with_style(style)
}
