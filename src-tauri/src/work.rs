//! The thread that works through the queue, or watches who does.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use spillway_engine::{
    Engine, EngineError,
    live::Runner,
    model::{Event, Feed as Entry, Heard},
};

use crate::{feed::Feed, seat::Seat};

/// After trouble it is tried again so soon.
const AGAIN: Duration = Duration::from_secs(5);

/// See the module.
pub(crate) struct Work {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Ends the lap that is being run.
    stop: Arc<AtomicBool>,
    /// With which it is run.
    engine: Option<Arc<Engine>>,
    /// No further lap.
    leaving: bool,
    /// This process works, it does not only watch.
    here: bool,
    /// The thread has ended.
    over: bool,
}

impl Work {
    /// Begins; the feed hears every journal entry after `seq`.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(crate) fn start(seat: Seat, feed: Feed, seq: i64) -> Result<Self, EngineError> {
        let shared = Arc::new(Shared::default());
        let its = Arc::clone(&shared);
        thread::Builder::new()
            .name("queue".to_owned())
            .spawn(move || {
                its.laps(&seat, &feed, seq);
                let mut state = its.lock();
                (state.over, state.here) = (true, false);
                drop(state);
                its.changed.notify_all();
            })
            .map_err(EngineError::Thread)?;
        Ok(Self { shared })
    }

    /// Gives what is at work back, and goes on with the engine that is in place now.
    pub(crate) fn restart(&self) {
        self.shared.lock().end_lap();
        self.shared.changed.notify_all();
    }

    /// Whether this process works through the queue.
    pub(crate) fn here(&self) -> bool {
        self.shared.lock().here
    }

    /// Gives what is at work back, and waits until it is, at most for `patience`.
    pub(crate) fn stop(&self, patience: Duration) {
        let mut state = self.shared.lock();
        state.leaving = true;
        state.end_lap();
        self.shared.changed.notify_all();
        let until = Instant::now() + patience;
        while !state.over {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                tracing::warn!(
                    "the queue did not come to rest in time; the next start goes on from its journal"
                );
                return;
            }
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl State {
    fn end_lap(&self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(engine) = &self.engine {
            engine.wake();
        }
    }
}

impl Shared {
    fn laps(&self, seat: &Seat, feed: &Feed, mut seq: i64) {
        while let Some((engine, stop)) = self.next_lap(seat) {
            let after = seq;
            let mut hear = |heard: Heard<'_>| {
                match &heard {
                    Heard::Feed(Entry::Event(Event { seq: heard, .. })) => seq = *heard,
                    // Between two laps nobody has stopped; what ends the last one is told below.
                    Heard::Runner(Runner::Stopped { .. }) => return,
                    Heard::Feed(Entry::Progress { .. } | Entry::Revisions(_)) | Heard::Runner(_) => {}
                }
                if let Heard::Runner(runner) = &heard {
                    self.lock().here = **runner == Runner::Here;
                }
                feed.hear(&heard);
            };
            let lap = catch_unwind(AssertUnwindSafe(|| engine.follow(after, &stop, &mut hear)));
            let why = match lap {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => crate::error::sentence(&error.to_string()),
                Err(_) => "Inside Spillway: working through the queue panicked.".to_owned(),
            };
            tracing::error!("the queue stands still: {why}");
            feed.stopped(Some(why));
            self.rest(&stop);
        }
        feed.stopped(None);
    }

    fn next_lap(&self, seat: &Seat) -> Option<(Arc<Engine>, Arc<AtomicBool>)> {
        let mut state = self.lock();
        if state.leaving {
            return None;
        }
        let engine = seat.engine();
        state.stop = Arc::default();
        state.engine = Some(Arc::clone(&engine));
        Some((engine, Arc::clone(&state.stop)))
    }

    /// Waits after trouble, unless something changes.
    fn rest(&self, stop: &AtomicBool) {
        let state = self.lock();
        let waiting = |_: &mut State| !stop.load(Ordering::SeqCst);
        drop(self.changed.wait_timeout_while(state, AGAIN, waiting));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::mpsc};

    use spillway_engine::{
        model::{EventBody, JobExtras, JobState, SubmitRequest},
        settings::{self, Settings},
    };

    use super::*;
    use crate::message::Message;

    fn engine(folder: &Path, workers: u32) -> Engine {
        let settings = Settings::default();
        let program = folder.join("no-worker");
        let config = settings::config(folder, &settings, Some(workers), &|_| None, program, Vec::new());
        Engine::open(config.unwrap()).unwrap()
    }

    /// Everything until a message is what is waited for.
    fn until(told: &mpsc::Receiver<Message>, reached: impl Fn(&Message) -> bool) -> Vec<Message> {
        let mut seen = Vec::new();
        while !seen.last().is_some_and(&reached) {
            seen.push(told.recv_timeout(Duration::from_mins(1)).unwrap());
        }
        seen
    }

    #[test]
    fn another_engine_goes_on_where_the_first_one_was() {
        let folder = tempfile::tempdir().unwrap();
        let seat = Seat::new(engine(folder.path(), 1));
        let (feed, seq) = Feed::start(seat.clone()).unwrap();
        let (tell, told) = mpsc::channel();
        feed.subscribe(Box::new(move |message| tell.send(message).is_ok())).unwrap();
        let work = Work::start(seat.clone(), feed.clone(), seq).unwrap();
        until(&told, |message| matches!(message, Message::Runner { runner: Runner::Here }));

        seat.put(engine(folder.path(), 2));
        work.restart();
        let source = folder.path().join("empty.mov");
        std::fs::write(&source, b"").unwrap();
        let profile = spillway_profile::find("youtube").unwrap().profile().unwrap();
        let (sources, profiles) = (vec![source], vec![profile]);
        let request = SubmitRequest {
            sources,
            profiles,
            out_dir: None,
            priority: 0,
            engine: spillway_engine::route::EngineWish::Auto,
            extras: JobExtras::default(),
        };
        seat.engine().submit(request).unwrap();
        let seen = until(&told, |message| {
            let Message::Event { event } = message else { return false };
            matches!(event.body, EventBody::Job { state: JobState::Failed, .. })
        });
        let entries: Vec<_> = seen
            .iter()
            .filter_map(|message| if let Message::Event { event } = message { Some(event.seq) } else { None })
            .collect();
        assert!(entries.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{entries:?}");
        let stopped =
            |message: &Message| matches!(message, Message::Runner { runner: Runner::Stopped { .. } });
        assert!(!seen.iter().any(stopped), "between two engines nobody has stopped");

        work.stop(Duration::from_mins(1));
        assert!(!work.here());
        let last = until(&told, stopped).pop();
        assert!(matches!(last, Some(Message::Runner { runner: Runner::Stopped { why: None } })));
        feed.end();
    }
}
