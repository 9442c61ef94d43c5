//! Reading structure and end of files that have arrived: worker processes, few at a time, beside the queue's.

use std::{path::Path, sync::Arc};

use spillway_media::{
    process::WorkerFailure,
    task::{CompleteTask, Completeness, Limits, Outcome, Task},
    types::MediaCode,
};

use super::eye::{Answer, Eye, Said, Verdict, Wanted, Wire};
use crate::{Config, failure, steps::Craft};

/// Workers at a time.
const AT_ONCE: usize = 2;

/// Workers that read arrived files.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    active: usize,
}

impl Checks {
    /// How many more may be begun.
    pub(crate) fn room(&self) -> usize {
        AT_ONCE - self.active.min(AT_ONCE)
    }

    /// One of them is through.
    pub(crate) fn ended(&mut self) {
        self.active = self.active.saturating_sub(1);
    }

    /// Begins one.
    pub(crate) fn begin(
        &mut self,
        config: &Config,
        craft: &Arc<dyn Craft>,
        wire: &Wire,
        eye: &mut Eye,
        file: Wanted,
    ) {
        let source = eye.ground.file(super::ArrivalId(file.num), &file.entry.path);
        let limits = Limits {
            memory_bytes: config.worker_memory_bytes,
            file_bytes: 0,
            nice: config.nice,
            writable: Vec::new(),
            readable: vec![source.clone()],
        };
        let (craft, stop, mouth) = (Arc::clone(craft), eye.stop(), wire.clone());
        let (num, watch, epoch) = (file.num, eye.watch, eye.epoch);
        eye.lend(num);
        self.active += 1;
        let begun = wire.go("check", move || {
            let task = Task::Complete(CompleteTask { source: source.clone() });
            let answered = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                craft.work(task, limits, &stop, &mut |_| {})
            }));
            let verdict = match answered {
                Ok(answer) => verdict(answer, &source),
                Err(_) => Verdict::Unreadable("Inside Spillway: reading it panicked.".to_owned()),
            };
            // Nobody listens once nobody looks after the place.
            let _ = mouth.say(Said { watch, epoch, lane: None, answer: Answer::Checked { file, verdict } });
        });
        if let Err(error) = begun {
            tracing::warn!(%error, "a thread could not be started");
            eye.release(num);
            self.ended();
        }
    }
}

fn verdict(answer: Result<Outcome, WorkerFailure>, source: &Path) -> Verdict {
    match answer {
        Ok(Outcome::Complete(Completeness::Whole)) => Verdict::Whole,
        Ok(Outcome::Complete(Completeness::Incomplete { why })) => Verdict::Incomplete(why),
        Ok(Outcome::Complete(Completeness::NotMedia { why })) => Verdict::NotMedia(why),
        Ok(_) => Verdict::Unreadable("Inside Spillway: a worker gave another answer.".to_owned()),
        Err(WorkerFailure::Task(error)) if error.code == MediaCode::Empty => {
            Verdict::Incomplete("It is empty.".to_owned())
        }
        Err(error) => Verdict::Unreadable(failure::of_worker(&error, source).failure.why),
    }
}
