//! The feed's thread: takes in what happens, tells it in order.

use std::{
    ops::ControlFlow,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender},
    time::{Duration, Instant},
};

use spillway_engine::{
    EngineError,
    live::{Hold, JobForecast, Runner},
    model::{Event, EventBody, JobId, JobState},
};

use super::{Board, Input, Listener, Onlooker, Source, board::Follow, news::News, pace::Pace};
use crate::message::Message;

/// Between two forecasts.
const FORECAST_EVERY: Duration = Duration::from_secs(2);
/// Inputs taken at once: jobs that many of them are about are read once.
const AT_ONCE: usize = 1_000;

/// See the module.
pub(super) struct Line<S> {
    source: S,
    onlooker: Box<dyn Onlooker>,
    board: Board,
    pace: Pace,
    news: News,
    /// What the queue waits for, as last told.
    hold: Option<Hold>,
    runner: Runner,
    seq: i64,
    listener: Option<Listener>,
    /// Entries up to here are known to the listener.
    told: i64,
    /// Opened while nobody was listening.
    kept: Option<JobId>,
    forecast: Forecast,
}

/// What was told of the future.
#[derive(Default)]
struct Forecast {
    told_at: Option<Instant>,
    told: Vec<JobForecast>,
    /// Something happened since.
    changed: bool,
}

/// What a batch of inputs leaves to be done.
#[derive(Default)]
struct Left {
    jobs: Vec<JobId>,
    ended: Vec<JobId>,
    /// What the queue waits for may have changed.
    hold: bool,
}

impl Left {
    fn job(&mut self, id: JobId) {
        if !self.jobs.contains(&id) {
            self.jobs.push(id);
        }
    }
}

impl<S: Source> Line<S> {
    /// Knows the queue as it stands, and tells it to nobody yet.
    pub(super) fn new(source: S, onlooker: Box<dyn Onlooker>) -> Result<Self, EngineError> {
        let snapshot = source.snapshot()?;
        let mut board = Board::default();
        board.reset(&snapshot);
        Ok(Self {
            source,
            onlooker,
            board,
            pace: Pace::default(),
            news: News::default(),
            hold: snapshot.hold,
            runner: Runner::Stopped { why: None },
            seq: snapshot.seq,
            listener: None,
            told: snapshot.seq,
            kept: None,
            forecast: Forecast::default(),
        })
    }

    /// Entries after this one have to be heard.
    pub(super) fn seq(&self) -> i64 {
        self.seq
    }

    /// Until the end.
    pub(super) fn run(mut self, inputs: &Receiver<Input>) {
        loop {
            let now = Instant::now();
            let first = match self.due(now) {
                None => inputs.recv().map(Some).ok(),
                Some(due) => match inputs.recv_timeout(due.saturating_duration_since(now)) {
                    Ok(input) => Some(Some(input)),
                    Err(RecvTimeoutError::Timeout) => Some(None),
                    Err(RecvTimeoutError::Disconnected) => None,
                },
            };
            let Some(first) = first else { return };
            let batch = first.into_iter().chain(inputs.try_iter().take(AT_ONCE)).collect();
            if self.take(batch, Instant::now()).is_break() {
                return;
            }
        }
    }

    /// When there is something to tell without further news.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let listened = self.listener.is_some();
        let forecast = (listened && self.forecast.changed)
            .then(|| self.forecast.told_at.map_or(now, |told| told + FORECAST_EVERY));
        let progress = listened.then(|| self.pace.due(now)).flatten();
        let news = listened.then(|| self.news.due(now)).flatten();
        [forecast, progress, news, self.onlooker.due(now)].into_iter().flatten().min()
    }

    /// Takes in what came, and tells what is to be told now.
    pub(super) fn take(&mut self, batch: Vec<Input>, now: Instant) -> ControlFlow<()> {
        let mut left = Left::default();
        for input in batch {
            match input {
                Input::Event(event) => self.event(event, &mut left),
                Input::Progress(step) => {
                    self.board.further(step);
                    self.pace.note(step);
                    self.forecast.changed = true;
                }
                Input::Revisions(revisions) => {
                    let changed = self.news.note(revisions);
                    left.hold |= changed.hold;
                    if changed.watches {
                        self.onlooker.watches_changed();
                    }
                }
                Input::Runner(runner) => {
                    if self.runner != runner {
                        self.runner = runner.clone();
                        self.tell(Message::Runner { runner });
                    }
                }
                Input::Subscribe(listener, answer) => self.subscribe(listener, &answer),
                Input::Unsubscribe => self.listener = None,
                Input::Post(message) => self.post(message),
                Input::End => return ControlFlow::Break(()),
            }
        }
        self.finish(left, now);
        ControlFlow::Continue(())
    }

    fn event(&mut self, event: Event, left: &mut Left) {
        self.forecast.changed = true;
        if let EventBody::Job { state: JobState::Delivered | JobState::Failed, .. } = event.body {
            left.ended.push(event.job);
        }
        match self.board.see(&event) {
            Follow::Nothing => {}
            Follow::Job => left.job(event.job),
            Follow::Gone => left.jobs.retain(|id| *id != event.job),
        }
        match event.body {
            EventBody::Step { ord, .. } => self.pace.forget(event.job, ord),
            EventBody::Job { .. } | EventBody::Removed => self.pace.forget_job(event.job),
            _ => {}
        }
        if event.seq > self.told {
            self.told = event.seq;
            self.tell(Message::Event { event });
        }
    }

    /// The snapshot is read here, between two batches: whatever it contains is skipped afterwards, and
    /// whatever it does not contain has not been heard yet.
    fn subscribe(&mut self, listener: Listener, answer: &SyncSender<Result<(), EngineError>>) {
        let result = self.source.snapshot().map(|snapshot| {
            self.board.reset(&snapshot);
            self.hold.clone_from(&snapshot.hold);
            self.news.begin_anew();
            self.told = snapshot.seq;
            self.listener = Some(listener);
            self.forecast = Forecast { changed: true, ..Forecast::default() };
            let runner = self.runner.clone();
            self.tell(Message::Snapshot { snapshot, runner });
            if let Some(job) = self.kept.take() {
                self.tell(Message::Open { job });
            }
        });
        // Whoever asked may have given up.
        let _ = answer.send(result);
    }

    fn post(&mut self, message: Message) {
        match message {
            Message::Open { job } if self.listener.is_none() => self.kept = Some(job),
            message => self.tell(message),
        }
    }

    fn finish(&mut self, left: Left, now: Instant) {
        for id in left.jobs {
            match self.source.live_job(id) {
                Ok(job) => {
                    self.board.put(job.clone());
                    self.tell(Message::Job { job });
                }
                // Removed while the news of it was on its way; that it is gone comes next.
                Err(EngineError::NoSuchJob(_)) => self.board.remove(id),
                Err(error) => tracing::warn!("a job could not be read: {error}"),
            }
        }
        for id in left.ended {
            if let Some(job) = self.board.job(id) {
                self.onlooker.ended(job, now);
            }
        }
        let steps = if self.listener.is_some() { self.pace.take(now) } else { Vec::new() };
        if !steps.is_empty() {
            self.tell(Message::Progress { steps });
        }
        if left.hold {
            self.look_at_hold();
        }
        let revisions = if self.listener.is_some() { self.news.take(now) } else { None };
        if let Some(revisions) = revisions {
            self.tell(Message::Revisions { revisions });
        }
        self.look_ahead(now);
        self.onlooker.look(&self.board, now);
    }

    fn look_at_hold(&mut self) {
        match self.source.hold() {
            Ok(hold) if hold == self.hold => {}
            Ok(hold) => {
                self.hold.clone_from(&hold);
                self.tell(Message::Hold { hold });
            }
            Err(error) => tracing::warn!("what the queue waits for could not be read: {error}"),
        }
    }

    fn look_ahead(&mut self, now: Instant) {
        let due = self.forecast.told_at.is_none_or(|told| told + FORECAST_EVERY <= now);
        if self.listener.is_none() || !self.forecast.changed || !due {
            return;
        }
        self.forecast.changed = false;
        if !self.board.tally().live() {
            return;
        }
        self.forecast.told_at = Some(now);
        match self.source.forecast() {
            Ok(jobs) if jobs == self.forecast.told => {}
            Ok(jobs) => {
                self.forecast.told.clone_from(&jobs);
                self.tell(Message::Forecast { jobs });
            }
            Err(error) => tracing::warn!("no forecast could be made: {error}"),
        }
    }

    fn tell(&mut self, message: Message) {
        if let Some(listener) = &mut self.listener
            && !listener(message)
        {
            self.listener = None;
        }
    }
}
