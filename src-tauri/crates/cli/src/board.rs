//! What is known of the jobs on show: a fold over the engine's feed. Pure; time comes in as an argument.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use spillway_engine::model::{Event, EventBody, Feed, JobDetail, JobId, JobState, StepKind, StepState, Wish};

use crate::text;

/// Speed is taken over so much of the recent past.
const WINDOW: Duration = Duration::from_secs(20);
/// Speed is said only after so much of it.
const SETTLED: Duration = Duration::from_secs(2);
/// Share of the whole that encoding stands for; the rest goes by steps.
const ENCODING: f64 = 0.95;

/// All jobs on show, in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Board {
    rows: Vec<Row>,
}

/// One job.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its id.
    pub(crate) id: JobId,
    /// File name of the source, safe to print.
    pub(crate) name: String,
    /// Profile id.
    pub(crate) profile: String,
    /// State.
    pub(crate) state: JobState,
    /// Wish.
    pub(crate) wish: Wish,
    /// Frames to encode for each second of playing time.
    frame_rate: Option<f64>,
    cells: BTreeMap<u32, Cell>,
    samples: VecDeque<(Duration, u64)>,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    /// What it does.
    pub(crate) kind: StepKind,
    /// Where it stands.
    pub(crate) state: StepState,
    frames: u64,
    done: u64,
}

impl Board {
    /// Takes over what the journal's rows say of a job; progress of running steps is kept.
    pub(crate) fn seed(&mut self, detail: &JobDetail) {
        let job = &detail.job;
        let cells = detail.steps.iter().map(|step| {
            let done = if settled(step.state) { step.frames } else { 0 };
            (step.ord, Cell { kind: step.kind, state: step.state, frames: step.frames, done })
        });
        let mut row = Row {
            id: job.id,
            name: text::name(&job.source),
            profile: text::escape(&job.profile),
            state: job.state,
            wish: job.wish,
            frame_rate: detail.frame_rate,
            cells: cells.collect(),
            samples: VecDeque::new(),
        };
        match self.rows.iter_mut().find(|known| known.id == job.id) {
            Some(known) => {
                for (ord, cell) in &mut row.cells {
                    if cell.state == StepState::Running {
                        cell.done = known.cells.get(ord).map_or(0, |before| before.done);
                    }
                }
                row.samples = std::mem::take(&mut known.samples);
                *known = row;
            }
            None => self.rows.push(row),
        }
    }

    /// Applies one message of the feed, seen at `now`.
    pub(crate) fn apply(&mut self, feed: &Feed, now: Duration) {
        match feed {
            Feed::Event(event) => self.apply_event(event),
            Feed::Revisions(_) => {}
            Feed::Progress { job, ord, done, total } => {
                let Some(row) = self.row_mut(*job) else { return };
                if let Some(cell) = row.cells.get_mut(ord)
                    && cell.state == StepState::Running
                    && *total > 0
                {
                    cell.done = scaled(cell.frames, *done, *total);
                }
                row.sample(now);
            }
        }
    }

    /// The row of a job.
    pub(crate) fn row(&self, job: JobId) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == job)
    }

    /// All rows.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Forgets a job.
    pub(crate) fn remove(&mut self, job: JobId) {
        self.rows.retain(|row| row.id != job);
    }

    fn row_mut(&mut self, job: JobId) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.id == job)
    }

    fn apply_event(&mut self, event: &Event) {
        let Some(row) = self.row_mut(event.job) else { return };
        match &event.body {
            EventBody::Job { state, .. } => row.state = *state,
            EventBody::Wished { wish } => row.wish = *wish,
            EventBody::Step { ord, kind, state, frames, .. } => {
                let done = if settled(*state) { *frames } else { 0 };
                row.cells.insert(*ord, Cell { kind: *kind, state: *state, frames: *frames, done });
            }
            EventBody::Submitted
            | EventBody::Planned { .. }
            | EventBody::Recovered { .. }
            | EventBody::Routed { .. }
            | EventBody::Charged { .. }
            | EventBody::Moved { .. }
            | EventBody::Dismissed
            | EventBody::Removed => {}
        }
    }
}

impl Row {
    /// The segments in order.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &Cell> {
        self.cells.values().filter(|cell| cell.kind == StepKind::Segment)
    }

    /// How much of the job is done, 0 to 1; `None` before there is a plan.
    pub(crate) fn fraction(&self) -> Option<f64> {
        if self.state == JobState::Delivered {
            return Some(1.0);
        }
        if !self.cells.values().any(|cell| cell.kind == StepKind::Stitch) {
            return None;
        }
        let steps = self.cells.values().filter(|cell| cell.kind != StepKind::Segment);
        let (done, all) = steps.fold((0.0, 0.0), |(done, all), cell| {
            (done + f64::from(u8::from(settled(cell.state))), all + 1.0)
        });
        let by_steps = if all > 0.0 { done / all } else { 0.0 };
        let frames: u64 = self.segments().map(|cell| cell.frames).sum();
        if frames == 0 {
            return Some(by_steps);
        }
        let encoded = text::approximate(self.frames_done()) / text::approximate(frames);
        Some(ENCODING * encoded + (1.0 - ENCODING) * by_steps)
    }

    /// Frames encoded per second of late; `None` until it can be told.
    pub(crate) fn frames_per_second(&self) -> Option<f64> {
        let ((from, first), (to, last)) = (self.samples.front()?, self.samples.back()?);
        let time = to.checked_sub(*from).filter(|time| *time >= SETTLED)?;
        let frames = last.checked_sub(*first).filter(|frames| *frames > 0)?;
        Some(text::approximate(frames) / time.as_secs_f64())
    }

    /// Speed of late in multiples of playing time; `None` until it can be told.
    pub(crate) fn speed(&self) -> Option<f64> {
        Some(self.frames_per_second()? / self.frame_rate.filter(|rate| *rate > 0.0)?)
    }

    /// Time until the last frame is encoded, at the speed of late.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        let frames: u64 = self.segments().map(|cell| cell.frames).sum();
        let left = frames.checked_sub(self.frames_done()).filter(|left| *left > 0)?;
        Duration::try_from_secs_f64(text::approximate(left) / self.frames_per_second()?).ok()
    }

    /// What happens now, in a word or two.
    pub(crate) fn phase(&self) -> &'static str {
        match (self.state, self.wish) {
            (JobState::Delivered, _) => return "delivered",
            (JobState::Failed, _) => return "failed",
            (JobState::Cancelled, _) => return "cancelled",
            (JobState::Queued | JobState::Running, Wish::Pause) => return "paused",
            (JobState::Queued | JobState::Running, Wish::Cancel) => return "stopping",
            (JobState::Queued, Wish::Run) => return "queued",
            (JobState::Running, Wish::Run) => {}
        }
        let any = |kind, state| self.cells.values().any(|cell| cell.kind == kind && cell.state == state);
        let order = [
            (StepKind::Segment, "encoding"),
            (StepKind::Audio, "encoding audio"),
            (StepKind::Deliver, "delivering"),
            (StepKind::Verify, "verifying"),
            (StepKind::Stitch, "joining"),
            (StepKind::Download, "downloading"),
            (StepKind::Upload, "uploading"),
            (StepKind::Inspect, "inspecting"),
            (StepKind::Hash, "hashing the source"),
            (StepKind::Tidy, "tidying up"),
            (StepKind::Clear, "clearing the bucket"),
        ];
        if let Some((_, word)) = order.iter().find(|(kind, _)| any(*kind, StepState::Running)) {
            return word;
        }
        if self.cells.values().any(|cell| cell.state == StepState::Waiting) {
            return "waits before the next try";
        }
        "waits for a worker"
    }

    /// Whether it will change no more by itself.
    pub(crate) fn ended(&self) -> bool {
        matches!(self.state, JobState::Delivered | JobState::Failed | JobState::Cancelled)
    }

    fn frames_done(&self) -> u64 {
        self.segments().map(|cell| cell.done).sum()
    }

    fn sample(&mut self, now: Duration) {
        let frames = self.frames_done();
        // A failed try takes its frames back: speed starts anew.
        if self.samples.back().is_some_and(|(_, last)| *last > frames) {
            self.samples.clear();
        }
        self.samples.push_back((now, frames));
        while self.samples.front().is_some_and(|(at, _)| now.saturating_sub(*at) > WINDOW) {
            self.samples.pop_front();
        }
    }
}

fn settled(state: StepState) -> bool {
    matches!(state, StepState::Done | StepState::Skipped)
}

/// `frames × done / total`, at most `frames`.
fn scaled(frames: u64, done: u64, total: u64) -> u64 {
    let part = u128::from(frames) * u128::from(done.min(total)) / u128::from(total.max(1));
    u64::try_from(part).unwrap_or(frames)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::PathBuf;

    use spillway_engine::model::{JobExtras, JobView, StepCounts, StepView};

    use super::*;

    pub(crate) fn job_id(number: u128) -> JobId {
        format!("{number:032x}").parse().unwrap()
    }

    pub(crate) fn view(id: JobId) -> JobView {
        JobView {
            id,
            source: PathBuf::from("/in/master.mov"),
            profile: "web".into(),
            partner: "Web".into(),
            engine: spillway_engine::route::EngineKind::Local,
            engine_wish: spillway_engine::route::EngineWish::Auto,
            route: None,
            state: JobState::Running,
            wish: Wish::Run,
            priority: 0,
            created_ms: 1_000,
            started_ms: Some(2_000),
            ended_ms: None,
            out_dir: PathBuf::from("/out"),
            extras: JobExtras::default(),
            steps: StepCounts::default(),
            error: None,
            outputs: vec![],
            receipt: None,
            cost_microusd: 0,
        }
    }

    pub(crate) fn step(ord: u32, kind: StepKind, state: StepState, frames: u64) -> StepView {
        StepView {
            ord,
            kind,
            label: format!("{kind:?}"),
            state,
            attempt: 0,
            due_ms: None,
            frames,
            attempts: vec![],
        }
    }

    pub(crate) fn board(steps: Vec<StepView>) -> Board {
        let mut board = Board::default();
        board.seed(&detail(steps));
        board
    }

    pub(crate) fn detail(steps: Vec<StepView>) -> JobDetail {
        let rate = Some(25.0);
        JobDetail { job: view(job_id(1)), steps, findings: vec![], frame_rate: rate, events: vec![] }
    }

    fn two_segments() -> Board {
        board(vec![
            step(0, StepKind::Inspect, StepState::Done, 0),
            step(1, StepKind::Segment, StepState::Done, 100),
            step(2, StepKind::Segment, StepState::Running, 300),
            step(3, StepKind::Stitch, StepState::Blocked, 0),
        ])
    }

    fn progress(board: &mut Board, done: u64, total: u64, at_ms: u64) {
        let feed = Feed::Progress { job: job_id(1), ord: 2, done, total };
        board.apply(&feed, Duration::from_millis(at_ms));
    }

    #[test]
    fn frames_decide_how_far_a_job_is() {
        let mut board = two_segments();
        let fraction = |board: &Board| board.rows()[0].fraction().unwrap();
        assert!((fraction(&board) - (0.95 * 0.25 + 0.05 * 0.5)).abs() < 1e-9);
        progress(&mut board, 150, 300, 0);
        assert!((fraction(&board) - (0.95 * 0.625 + 0.05 * 0.5)).abs() < 1e-9);
    }

    #[test]
    fn without_a_plan_nothing_is_claimed() {
        let board = board(vec![step(0, StepKind::Inspect, StepState::Running, 0)]);
        assert_eq!(board.rows()[0].fraction(), None);
        assert_eq!(board.rows()[0].phase(), "inspecting");
    }

    #[test]
    fn speed_and_time_left_come_from_the_recent_past() {
        let mut board = two_segments();
        for (done, at_ms) in [(0, 0), (50, 1_000), (100, 2_000)] {
            progress(&mut board, done, 300, at_ms);
        }
        let row = &board.rows()[0];
        assert!((row.frames_per_second().unwrap() - 50.0).abs() < 1e-9);
        assert!((row.speed().unwrap() - 2.0).abs() < 1e-9);
        assert_eq!(row.time_left(), Some(Duration::from_secs(4)));
    }

    #[test]
    fn a_new_try_starts_the_speed_anew() {
        let mut board = two_segments();
        for (done, at_ms) in [(0, 0), (100, 2_000), (10, 3_000)] {
            progress(&mut board, done, 300, at_ms);
        }
        assert_eq!(board.rows()[0].frames_per_second(), None);
    }

    #[test]
    fn progress_beyond_the_promise_stays_within_the_step() {
        let mut board = two_segments();
        progress(&mut board, u64::MAX, 300, 0);
        assert!(board.rows()[0].fraction().unwrap() <= 1.0);
        progress(&mut board, 5, 0, 0);
        assert!(board.rows()[0].fraction().unwrap() <= 1.0);
    }

    #[test]
    fn reading_the_rows_again_keeps_running_progress() {
        let mut board = two_segments();
        progress(&mut board, 150, 300, 0);
        let before = board.rows()[0].fraction();
        let steps = vec![
            step(0, StepKind::Inspect, StepState::Done, 0),
            step(1, StepKind::Segment, StepState::Done, 100),
            step(2, StepKind::Segment, StepState::Running, 300),
            step(3, StepKind::Stitch, StepState::Blocked, 0),
        ];
        board.seed(&detail(steps));
        assert_eq!(board.rows()[0].fraction(), before);
        assert_eq!(board.rows().len(), 1);
    }

    #[test]
    fn wishes_show_before_the_runner_obeys() {
        let mut board = two_segments();
        let event = Event { seq: 1, at_ms: 0, job: job_id(1), body: EventBody::Wished { wish: Wish::Pause } };
        board.apply(&Feed::Event(event), Duration::ZERO);
        assert_eq!(board.rows()[0].phase(), "paused");
    }
}
