//! Work that many ask for at once is done once, and only so many pieces of it at a time.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
};

use crate::failure::{Code, Failure};

type Answer<T> = Arc<OnceLock<Result<T, Box<Failure>>>>;

/// Lets callers through: those who ask for the same wait for one of them to do it.
#[derive(Debug)]
pub(crate) struct Gate<T> {
    seats: usize,
    state: Mutex<State<T>>,
    turn: Condvar,
}

#[derive(Debug)]
struct State<T> {
    busy: usize,
    under_way: HashMap<String, Answer<T>>,
}

impl<T: Clone> Gate<T> {
    /// At most `seats` pieces of work at a time.
    pub(crate) fn new(seats: usize) -> Self {
        let state = Mutex::new(State { busy: 0, under_way: HashMap::new() });
        Self { seats, state, turn: Condvar::new() }
    }

    /// What is `held` already, or the result of somebody who makes it right now, or of `make`. `about`
    /// is the file that a failure names.
    pub(crate) fn once(
        &self,
        key: &str,
        about: &Path,
        held: impl Fn() -> Option<T>,
        make: impl FnOnce() -> Result<T, Box<Failure>>,
    ) -> Result<T, Box<Failure>> {
        let mut state = self.lock();
        loop {
            if let Some(found) = held() {
                return Ok(found);
            }
            if let Some(answer) = state.under_way.get(key).cloned() {
                loop {
                    if let Some(answer) = answer.get() {
                        return answer.clone();
                    }
                    state = self.wait(state);
                }
            }
            if state.busy < self.seats {
                break;
            }
            state = self.wait(state);
        }
        state.busy += 1;
        let answer = Answer::default();
        state.under_way.insert(key.to_owned(), Arc::clone(&answer));
        drop(state);
        let seat = Seat { gate: self, key, about, answer };
        let result = make();
        seat.leave(result)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State<T>>) -> MutexGuard<'a, State<T>> {
        self.turn.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}

/// A seat taken; given back also when the work panics, so that nobody waits for ever.
struct Seat<'a, T: Clone> {
    gate: &'a Gate<T>,
    key: &'a str,
    about: &'a Path,
    answer: Answer<T>,
}

impl<T: Clone> Seat<'_, T> {
    fn leave(self, result: Result<T, Box<Failure>>) -> Result<T, Box<Failure>> {
        self.answer.get_or_init(|| result).clone()
    }
}

impl<T: Clone> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        self.answer.get_or_init(|| {
            let why = "Inside Spillway: the work broke off.";
            Err(Box::new(Failure::new(Code::Internal, self.about, why)))
        });
        let mut state = self.gate.lock();
        state.busy -= 1;
        state.under_way.remove(self.key);
        drop(state);
        self.gate.turn.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::{
            Barrier,
            atomic::{AtomicUsize, Ordering},
        },
    };

    use super::*;

    #[test]
    fn many_who_ask_for_the_same_get_one_result() {
        let gate = Gate::new(2);
        let made = AtomicUsize::new(0);
        let store = Mutex::new(None);
        let start = Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    start.wait();
                    let result = gate.once(
                        "a",
                        Path::new("/a"),
                        || *store.lock().unwrap(),
                        || {
                            let n = made.fetch_add(1, Ordering::SeqCst);
                            *store.lock().unwrap() = Some(n);
                            Ok(n)
                        },
                    );
                    assert_eq!(result.unwrap(), 0);
                });
            }
        });
        assert_eq!(made.into_inner(), 1);
    }

    #[test]
    fn no_more_than_its_seats_are_at_work() {
        let gate: Gate<()> = Gate::new(2);
        let (busy, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for n in 0..12 {
                let (gate, busy, most) = (&gate, &busy, &most);
                scope.spawn(move || {
                    gate.once(
                        &n.to_string(),
                        Path::new("/a"),
                        || None,
                        || {
                            most.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                            std::thread::yield_now();
                            busy.fetch_sub(1, Ordering::SeqCst);
                            Ok(())
                        },
                    )
                });
            }
        });
        assert!(most.into_inner() <= 2);
    }

    #[test]
    fn a_panic_gives_the_seat_back() {
        let gate: Gate<()> = Gate::new(1);
        let broken = || gate.once("a", Path::new("/a"), || None, || panic!("scripted"));
        assert!(catch_unwind(AssertUnwindSafe(broken)).is_err());
        gate.once("a", Path::new("/a"), || None, || Ok(())).unwrap();
    }

    #[test]
    fn a_failure_is_told_and_tried_again_by_the_next() {
        let gate = Gate::new(1);
        let fails = || Err(Box::new(Failure::new(Code::Io, Path::new("/a"), "No.")));
        assert_eq!(gate.once("a", Path::new("/a"), || None::<u8>, fails).unwrap_err().why, "No.");
        assert_eq!(gate.once("a", Path::new("/a"), || None, || Ok(1_u8)).unwrap(), 1);
    }
}
