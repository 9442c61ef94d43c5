//! A few threads that work off what was asked last first: what has been scrolled away can wait.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

/// Something to do, or to be given up when too much is waiting.
pub(super) trait Chore: Send {
    /// Does it.
    fn perform(self);
    /// Too much is waiting.
    fn give_up(self);
}

/// Takes chores, up to a number of them.
pub(super) struct Pool<C> {
    shared: Arc<Shared<C>>,
    most: usize,
}

struct Shared<C> {
    chores: Mutex<VecDeque<C>>,
    more: Condvar,
}

impl<C: Chore + 'static> Pool<C> {
    /// So many threads; chores beyond `most` push the oldest ones out.
    pub(super) fn new(threads: u32, most: usize) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { chores: Mutex::new(VecDeque::<C>::new()), more: Condvar::new() });
        for number in 0..threads {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name(format!("picture {number}")).spawn(move || {
                loop {
                    let chore = shared.next();
                    // A picture that cannot be made must not end the pictures.
                    if catch_unwind(AssertUnwindSafe(|| chore.perform())).is_err() {
                        tracing::warn!("a picture could not be made: the attempt panicked");
                    }
                }
            })?;
        }
        Ok(Self { shared, most })
    }

    /// Does this next.
    pub(super) fn add(&self, chore: C) {
        let mut chores = self.shared.lock();
        chores.push_back(chore);
        let oldest = if chores.len() > self.most { chores.pop_front() } else { None };
        drop(chores);
        self.shared.more.notify_one();
        if let Some(oldest) = oldest {
            oldest.give_up();
        }
    }
}

impl<C> Shared<C> {
    fn next(&self) -> C {
        let mut chores = self.lock();
        loop {
            match chores.pop_back() {
                Some(chore) => return chore,
                None => chores = self.more.wait(chores).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<C>> {
        self.chores.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver, Sender};

    use super::*;

    struct Told {
        number: u32,
        done: Sender<(u32, bool)>,
        gate: Option<(Sender<()>, Receiver<()>)>,
    }

    impl Chore for Told {
        fn perform(self) {
            if let Some((begun, gate)) = self.gate {
                begun.send(()).unwrap();
                gate.recv().unwrap();
            }
            assert_ne!(self.number, 13, "this one panics");
            self.done.send((self.number, true)).unwrap();
        }
        fn give_up(self) {
            self.done.send((self.number, false)).unwrap();
        }
    }

    #[test]
    fn the_last_asked_is_first_and_the_oldest_gives_way() {
        let (done, all) = mpsc::channel();
        let ((begun, has_begun), (open, gate)) = (mpsc::channel(), mpsc::channel());
        let pool = Pool::new(1, 2).unwrap();
        pool.add(Told { number: 0, done: done.clone(), gate: Some((begun, gate)) });
        has_begun.recv().unwrap();
        for number in 1..=3 {
            pool.add(Told { number, done: done.clone(), gate: None });
        }
        open.send(()).unwrap();
        let seen: Vec<_> = all.iter().take(4).collect();
        assert_eq!(seen, [(1, false), (0, true), (3, true), (2, true)]);
    }

    #[test]
    fn a_panic_ends_one_chore_and_no_more() {
        let (done, all) = mpsc::channel();
        let pool = Pool::new(1, 8).unwrap();
        pool.add(Told { number: 13, done: done.clone(), gate: None });
        pool.add(Told { number: 1, done: done.clone(), gate: None });
        assert_eq!(all.recv().unwrap(), (1, true));
    }
}
