//! The queue as the feed knows it: for what follows an entry, the tray, and the words of notifications.

use std::collections::{HashMap, VecDeque};

use spillway_engine::{
    live::{LiveJob, Snapshot},
    model::{Event, EventBody, JobId, JobState, StepState, Wish},
};

use crate::message::StepProgress;

/// The whole of a step's work, in parts of which its share is counted.
const WHOLE: u64 = 10_000;

/// Ended jobs that are remembered: somebody may still do something with them.
const ENDED_KEPT: usize = 500;

/// Jobs on the queue page.
#[derive(Debug, Default)]
pub(crate) struct Board {
    jobs: HashMap<JobId, LiveJob>,
    ended: VecDeque<JobId>,
    progress: HashMap<(JobId, u32), (u64, u64)>,
}

/// How the queue stands, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Jobs at work.
    pub(crate) running: u32,
    /// Jobs that wait for their turn.
    pub(crate) waiting: u32,
    /// Jobs that somebody holds.
    pub(crate) paused: u32,
    /// Steps at work.
    pub(crate) steps: u32,
    /// How far jobs at work and waiting are together; `None`: there are none.
    pub(crate) percent: Option<u8>,
}

impl Tally {
    /// Jobs that somebody works on, or is about to.
    pub(crate) fn live(self) -> bool {
        self.running + self.waiting > 0
    }
}

/// What a journal entry asks for besides being told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    /// Nothing.
    Nothing,
    /// The job in full.
    Job,
    /// The job is gone from the page.
    Gone,
}

impl Board {
    /// Forgets what was known.
    pub(super) fn reset(&mut self, snapshot: &Snapshot) {
        self.jobs.clear();
        self.ended.clear();
        for live in &snapshot.jobs {
            self.put(live.clone());
        }
        let jobs = &self.jobs;
        self.progress.retain(|(job, _), _| jobs.contains_key(job));
    }

    /// A job in full.
    pub(super) fn put(&mut self, live: LiveJob) {
        let id = live.job.id;
        self.ended.retain(|ended| *ended != id);
        if live.job.state.ended() {
            self.ended.push_back(id);
            if self.ended.len() > ENDED_KEPT
                && let Some(oldest) = self.ended.pop_front()
            {
                self.remove(oldest);
            }
        }
        self.jobs.insert(id, live);
    }

    /// A job that is gone.
    pub(super) fn remove(&mut self, id: JobId) {
        self.jobs.remove(&id);
        self.ended.retain(|ended| *ended != id);
        self.progress.retain(|(job, _), _| *job != id);
    }

    /// A job as last known.
    pub(crate) fn job(&self, id: JobId) -> Option<&LiveJob> {
        self.jobs.get(&id)
    }

    /// Takes in an entry; says what else it asks for.
    pub(super) fn see(&mut self, event: &Event) -> Follow {
        match &event.body {
            EventBody::Step { ord, state, attempt, due_ms, .. } => {
                if *state != StepState::Running {
                    self.progress.remove(&(event.job, *ord));
                }
                let cells = self.jobs.get_mut(&event.job).map(|live| &mut live.cells);
                let cell = cells.and_then(|cells| cells.iter_mut().find(|cell| cell.ord == *ord));
                let Some(cell) = cell else { return Follow::Job };
                (cell.state, cell.attempt, cell.due_ms) = (*state, *attempt, *due_ms);
                Follow::Nothing
            }
            EventBody::Wished { wish } => match self.jobs.get_mut(&event.job) {
                Some(live) => {
                    live.job.wish = *wish;
                    Follow::Nothing
                }
                None => Follow::Job,
            },
            EventBody::Removed | EventBody::Dismissed => {
                self.remove(event.job);
                Follow::Gone
            }
            EventBody::Charged { cost_microusd } => match self.jobs.get_mut(&event.job) {
                Some(live) => {
                    live.job.cost_microusd = *cost_microusd;
                    Follow::Nothing
                }
                None => Follow::Job,
            },
            EventBody::Submitted
            | EventBody::Routed { .. }
            | EventBody::Job { .. }
            | EventBody::Planned { .. }
            | EventBody::Recovered { .. }
            | EventBody::Moved { .. } => Follow::Job,
        }
    }

    /// A running step got further.
    pub(super) fn further(&mut self, step: StepProgress) {
        self.progress.insert((step.job, step.ord), (step.done, step.total));
    }

    /// How everything stands.
    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        let (mut done, mut total) = (0_u128, 0_u128);
        for live in self.jobs.values().filter(|live| !live.job.state.ended()) {
            match (live.job.state, live.job.wish) {
                (_, Wish::Pause) => tally.paused += 1,
                (JobState::Running, _) => tally.running += 1,
                _ => tally.waiting += 1,
            }
            for cell in &live.cells {
                let running = cell.state == StepState::Running;
                tally.steps += u32::from(running);
                if live.job.wish != Wish::Pause {
                    let weight = u128::from(cell.frames.max(1));
                    total += weight * u128::from(WHOLE);
                    done += weight * u128::from(self.share(live.job.id, cell.ord, cell.state));
                }
            }
        }
        tally.percent = (total > 0 && tally.live()).then(|| u8::try_from(done * 100 / total).unwrap_or(100));
        tally
    }

    /// How much of a step is done, of [`WHOLE`].
    fn share(&self, job: JobId, ord: u32, state: StepState) -> u64 {
        match state {
            StepState::Done | StepState::Skipped => WHOLE,
            StepState::Running => match self.progress.get(&(job, ord)) {
                Some((done, total)) if *total > 0 => {
                    let part = u128::from(*done.min(total)) * u128::from(WHOLE) / u128::from(*total);
                    u64::try_from(part).unwrap_or(WHOLE)
                }
                _ => 0,
            },
            StepState::Blocked | StepState::Ready | StepState::Waiting | StepState::Failed => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use spillway_engine::model::StepKind;

    use super::*;
    use crate::feed::fixture::{event, live};

    #[test]
    fn a_step_that_is_known_needs_no_more_and_any_other_asks_for_the_job() {
        let mut board = Board::default();
        let job = live(1, 2);
        let id = job.job.id;
        let step = |ord| {
            let (label, failure) = ("segment".to_owned(), None);
            let (kind, state) = (StepKind::Segment, StepState::Done);
            EventBody::Step { ord, kind, label, state, attempt: 1, frames: 50, failure, due_ms: None }
        };
        assert_eq!(board.see(&event(1, id, step(0))), Follow::Job, "the job is not known");
        board.put(job);
        assert_eq!(board.see(&event(2, id, step(1))), Follow::Nothing);
        assert_eq!(board.job(id).unwrap().cells[1].state, StepState::Done);
        assert_eq!(board.see(&event(3, id, step(7))), Follow::Job, "there are more steps than were known");
        assert_eq!(board.see(&event(4, id, EventBody::Removed)), Follow::Gone);
        assert!(board.job(id).is_none());
    }

    #[test]
    fn what_is_taken_off_the_page_is_not_told_in_full_again() {
        for body in [EventBody::Dismissed, EventBody::Removed] {
            let mut board = Board::default();
            let job = live(1, 2);
            let id = job.job.id;
            board.put(job);
            assert_eq!(board.see(&event(1, id, body)), Follow::Gone);
            assert!(board.job(id).is_none());
        }
    }

    #[test]
    fn percent_counts_frames_done_and_the_running_share() {
        let mut board = Board::default();
        let mut job = live(1, 4);
        job.job.state = JobState::Running;
        job.cells[0].state = StepState::Done;
        job.cells[1].state = StepState::Running;
        let id = job.job.id;
        board.put(job);
        assert_eq!(board.tally().percent, Some(25));
        board.further(StepProgress { job: id, ord: 1, done: 50, total: 100 });
        assert_eq!(board.tally().percent, Some(37));
        board.further(StepProgress { job: id, ord: 1, done: 900, total: 100 });
        let tally = board.tally();
        assert_eq!((tally.running, tally.steps, tally.percent), (1, 1, Some(50)));
    }

    #[test]
    fn paused_and_ended_jobs_are_not_live() {
        let mut board = Board::default();
        let (mut paused, mut ended) = (live(1, 1), live(2, 1));
        paused.job.wish = Wish::Pause;
        ended.job.state = JobState::Delivered;
        board.put(paused);
        board.put(ended);
        let tally = board.tally();
        assert_eq!((tally.running, tally.waiting, tally.paused, tally.percent), (0, 0, 1, None));
        assert!(!tally.live());
    }
}
