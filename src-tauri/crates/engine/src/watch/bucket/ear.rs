//! Listens to the queue that a bucket tells of its events. A message is deleted when what it tells of is written
//! down, and not before: one that is lost to a crash comes again.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use spillway_cloud::{Note, Queue};

use crate::watch::ground::Told;

/// How long the queue is listened to in one go: what is written down meanwhile is deleted after it.
const WAIT: Duration = Duration::from_secs(5);
/// Pauses after trouble, and after messages that are none of ours.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));
/// How soon an end is noticed in a pause.
const NOTICE: Duration = Duration::from_millis(100);

/// Messages whose files are not all written down yet.
#[derive(Debug, Default)]
pub(super) struct Open {
    /// By receipt: paths that are not written down.
    waiting: BTreeMap<String, Vec<String>>,
    /// To be deleted.
    done: Vec<String>,
}

impl Open {
    fn received(&mut self, receipt: String, paths: &[String]) {
        if paths.is_empty() {
            self.done.push(receipt);
        } else {
            self.waiting.insert(receipt, paths.to_vec());
        }
    }

    /// These paths are written down.
    pub(super) fn written(&mut self, paths: &[String]) {
        let Self { waiting, done } = self;
        waiting.retain(|receipt, missing| {
            missing.retain(|path| !paths.contains(path));
            if missing.is_empty() {
                done.push(receipt.clone());
            }
            !missing.is_empty()
        });
    }
}

/// Ends the listening when it is dropped.
pub(super) struct Ear {
    stop: Arc<AtomicBool>,
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

impl Ear {
    /// Begins to listen. `path`: where an object is, if it is one of the watched place.
    pub(super) fn begin(
        queue: Queue,
        open: Arc<Mutex<Open>>,
        path: impl Fn(&spillway_cloud::ObjectCreated) -> Option<String> + Send + 'static,
        line: Box<dyn Fn(Told) + Send>,
    ) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let listener = Listener { queue, open, stop: Arc::clone(&stop), line };
        thread::Builder::new().name("watch queue".to_owned()).spawn(move || listener.listen(&path))?;
        Ok(Self { stop })
    }
}

struct Listener {
    queue: Queue,
    open: Arc<Mutex<Open>>,
    stop: Arc<AtomicBool>,
    line: Box<dyn Fn(Told) + Send>,
}

impl Listener {
    fn listen(&self, path: &dyn Fn(&spillway_cloud::ObjectCreated) -> Option<String>) {
        let mut pause = PAUSES.0;
        while !self.stop.load(Ordering::Relaxed) {
            let heard = self.queue.receive(WAIT, &self.stop).and_then(|notes| {
                let useful = notes.is_empty() || self.take(notes, path);
                self.delete().map(|()| useful)
            });
            match heard {
                Ok(true) => pause = PAUSES.0,
                Ok(false) => self.rest(&mut pause),
                Err(error) => {
                    if !self.stop.load(Ordering::Relaxed) {
                        tracing::warn!(%error, "the queue of a watched bucket does not answer; it is listed all the same");
                    }
                    self.rest(&mut pause);
                }
            }
        }
    }

    /// Tells of what messages say; whether any was ours. What is not ours stays in the queue.
    fn take(
        &self,
        notes: Vec<Note>,
        path: &dyn Fn(&spillway_cloud::ObjectCreated) -> Option<String>,
    ) -> bool {
        let mut changed = Vec::new();
        let mut ours = false;
        for note in notes.into_iter().filter(|note| !note.other) {
            let paths: Vec<String> = note.objects.iter().filter_map(path).collect();
            if paths.len() < note.objects.len() {
                tracing::debug!("a message about another place was left in the queue");
                changed.extend(paths);
                continue;
            }
            ours = true;
            self.open.lock().unwrap_or_else(PoisonError::into_inner).received(note.receipt, &paths);
            changed.extend(paths);
        }
        if !changed.is_empty() {
            (self.line)(Told::Changed(changed));
        }
        ours
    }

    fn delete(&self) -> Result<(), spillway_cloud::CloudError> {
        let done = std::mem::take(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner).done);
        if done.is_empty() {
            return Ok(());
        }
        // What cannot be deleted comes again, and is recognised.
        self.queue.delete(&done, &self.stop)
    }

    fn rest(&self, pause: &mut Duration) {
        let mut left = *pause;
        while !left.is_zero() && !self.stop.load(Ordering::Relaxed) {
            thread::sleep(NOTICE.min(left));
            left = left.saturating_sub(NOTICE);
        }
        *pause = (*pause * 2).min(PAUSES.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_done_when_all_that_it_tells_of_is_written() {
        let mut open = Open::default();
        open.received("one".into(), &["a".into(), "b".into()]);
        open.received("test".into(), &[]);
        open.received("two".into(), &["b".into()]);
        assert_eq!(open.done, ["test"]);
        open.written(&["b".into()]);
        assert_eq!(open.done, ["test", "two"]);
        open.written(&["a".into(), "c".into()]);
        assert_eq!(open.done, ["test", "two", "one"]);
        assert!(open.waiting.is_empty());
    }
}
