//! An end to every try: some calls of the system and of libraries (looking up a name, a server that answers one
//! byte at a time) cannot be interrupted, so they run on a thread that may be left behind.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use crate::model::{Limits, NotTaken, Taken};

/// How soon somebody who cancels is heard.
pub(crate) const HEARD: Duration = Duration::from_millis(50);

/// Does the work until it is done, cancelled or out of time. Work left behind is told by the flag that it gets.
pub(crate) fn bounded(
    limits: &Limits,
    cancel: &AtomicBool,
    work: impl FnOnce(&AtomicBool) -> Result<Taken, NotTaken> + Send + 'static,
) -> Result<Taken, NotTaken> {
    let given_up = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&given_up);
    let (done, result) = mpsc::channel();
    let thread = thread::Builder::new().name("notification".to_owned()).spawn(move || {
        // Nobody listens any more once it was left behind.
        let _ = done.send(work(&told));
    });
    if let Err(error) = thread {
        return Err(NotTaken::later(format!("no thread could be started: {error}")));
    }
    let start = Instant::now();
    let end = loop {
        let left = limits.total.saturating_sub(start.elapsed());
        match result.recv_timeout(left.min(HEARD)) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Disconnected) => break NotTaken::later("the try ended without a result"),
            Err(RecvTimeoutError::Timeout) if cancel.load(Ordering::SeqCst) => break cancelled(),
            Err(RecvTimeoutError::Timeout) if left.is_zero() => break too_slow(limits.total),
            Err(RecvTimeoutError::Timeout) => {}
        }
    };
    given_up.store(true, Ordering::SeqCst);
    Err(end)
}

/// What a cancelled try ends with.
pub(crate) fn cancelled() -> NotTaken {
    NotTaken::later("the try was cancelled")
}

/// What a try ends with that took too long.
pub(crate) fn too_slow(total: Duration) -> NotTaken {
    NotTaken::later(format!("no answer within {} s", total.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            atomic::{AtomicBool, Ordering},
            mpsc,
        },
        time::Duration,
    };

    use super::bounded;
    use crate::model::{Again, Limits, Taken};

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn work_that_never_ends_is_left_behind_and_told() {
        for (total, cancel, why) in
            [(HOUR, true, "the try was cancelled"), (Duration::ZERO, false, "no answer within 0 s")]
        {
            let (left, behind) = mpsc::channel();
            let limits = Limits { connect: HOUR, total };
            let result = bounded(&limits, &AtomicBool::new(cancel), move |given_up| {
                while !given_up.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
                left.send(()).expect("the test waits");
                Ok(Taken { said: String::new() })
            });
            let trouble = result.expect_err("it never ended by itself");
            assert_eq!((trouble.why.as_str(), trouble.again), (why, Again::Later));
            behind.recv_timeout(HOUR).expect("the work ended");
        }
    }

    #[test]
    fn a_panic_is_a_failed_try() {
        let limits = Limits { connect: HOUR, total: HOUR };
        let result = bounded(&limits, &AtomicBool::new(false), |_| panic!("on purpose"));
        assert_eq!(result.expect_err("no result").again, Again::Later);
    }
}
