//! From the engine to the window: one ordered stream, whoever is listening.

mod board;
#[cfg(test)]
pub(crate) mod fixture;
mod line;
mod news;
mod pace;
#[cfg(test)]
mod tests;

use std::{
    sync::mpsc::{self, Sender, SyncSender},
    thread,
    time::Instant,
};

use spillway_engine::{
    EngineError,
    live::{Hold, JobForecast, LiveJob, Runner, Snapshot},
    model::{Event, Feed as Entry, Heard, JobId, Revisions},
};

pub(crate) use board::{Board, Tally};
use line::Line;

use crate::message::{Message, StepProgress};

/// Where messages go; says whether anybody is still there.
pub type Listener = Box<dyn FnMut(Message) -> bool + Send>;

/// What the feed asks the engine.
pub trait Source: Send {
    /// How everything stands.
    fn snapshot(&self) -> Result<Snapshot, EngineError>;
    /// A job in full.
    fn live_job(&self, id: JobId) -> Result<LiveJob, EngineError>;
    /// When everything will probably be through.
    fn forecast(&self) -> Result<Vec<JobForecast>, EngineError>;
    /// What the queue waits for.
    fn hold(&self) -> Result<Option<Hold>, EngineError>;
}

/// Somebody beside the window who looks at the queue: tray, notifications.
pub(crate) trait Onlooker: Send {
    /// A job was delivered or failed.
    fn ended(&mut self, live: &LiveJob, now: Instant);
    /// Something may have changed, or [`Onlooker::due`] has come.
    fn look(&mut self, board: &Board, now: Instant);
    /// Watched folders changed.
    fn watches_changed(&mut self);
    /// When it wants to look without a change.
    fn due(&self, now: Instant) -> Option<Instant>;
}

/// What comes into the feed.
#[expect(clippy::large_enum_variant, reason = "taken out again at once, never kept in numbers")]
pub(crate) enum Input {
    /// A journal entry; every one once, in order.
    Event(Event),
    /// A running step got further.
    Progress(StepProgress),
    /// Something beside the queue changed.
    Revisions(Revisions),
    /// Somebody else works through the queue now, or nobody.
    Runner(Runner),
    /// Somebody listens, instead of whoever did.
    Subscribe(Listener, SyncSender<Result<(), EngineError>>),
    /// Whoever listened is gone.
    Unsubscribe,
    /// Something that is no news of the engine.
    Post(Message),
    /// No more.
    End,
}

/// The way into the feed's thread.
#[derive(Clone)]
pub struct Feed {
    inputs: Sender<Input>,
}

impl Feed {
    /// Starts the thread. Returns the sequence number from which on it has to hear of journal entries.
    ///
    /// # Errors
    /// Those of the engine, and of starting a thread.
    pub fn start(source: impl Source + 'static) -> Result<(Self, i64), EngineError> {
        Self::watched(source, Box::new(Nobody))
    }

    /// As [`Feed::start`], with somebody who looks on.
    pub(crate) fn watched(
        source: impl Source + 'static,
        onlooker: Box<dyn Onlooker>,
    ) -> Result<(Self, i64), EngineError> {
        let (inputs, received) = mpsc::channel();
        let line = Line::new(source, onlooker)?;
        let seq = line.seq();
        thread::Builder::new()
            .name("feed".to_owned())
            .spawn(move || line.run(&received))
            .map_err(EngineError::Thread)?;
        Ok((Self { inputs }, seq))
    }

    /// What the engine tells.
    pub fn hear(&self, heard: &Heard<'_>) {
        self.send(match heard {
            Heard::Runner(runner) => Input::Runner((*runner).clone()),
            Heard::Feed(Entry::Event(event)) => Input::Event(event.clone()),
            Heard::Feed(Entry::Progress { job, ord, done, total }) => {
                Input::Progress(StepProgress { job: *job, ord: *ord, done: *done, total: *total })
            }
            Heard::Feed(Entry::Revisions(revisions)) => Input::Revisions(*revisions),
        });
    }

    /// Nobody works through the queue, for this reason.
    pub(crate) fn stopped(&self, why: Option<String>) {
        self.send(Input::Runner(Runner::Stopped { why }));
    }

    /// Sends everything to this listener from now on, beginning with a snapshot.
    ///
    /// # Errors
    /// Those of reading the snapshot.
    pub fn subscribe(&self, listener: Listener) -> Result<(), EngineError> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.send(Input::Subscribe(listener, answer));
        // The thread ends with the program only: then nobody waits for a snapshot.
        answered.recv().unwrap_or(Ok(()))
    }

    /// Whoever listened is gone.
    pub(crate) fn unsubscribe(&self) {
        self.send(Input::Unsubscribe);
    }

    /// Something that is no news of the engine.
    pub(crate) fn post(&self, message: Message) {
        self.send(Input::Post(message));
    }

    /// Ends the thread.
    pub fn end(&self) {
        self.send(Input::End);
    }

    fn send(&self, input: Input) {
        // After the end of the thread nothing is to be told to anybody.
        let _ = self.inputs.send(input);
    }
}

/// No onlooker.
struct Nobody;

impl Onlooker for Nobody {
    fn ended(&mut self, _: &LiveJob, _: Instant) {}
    fn look(&mut self, _: &Board, _: Instant) {}
    fn watches_changed(&mut self) {}
    fn due(&self, _: Instant) -> Option<Instant> {
        None
    }
}
