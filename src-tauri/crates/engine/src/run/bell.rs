//! How requests of this process wake whoever works through the queue, or watches, without a poll.

use std::{
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    time::Duration,
};

use super::Wake;

/// Wired to everybody in this process who sleeps.
#[derive(Default)]
pub(crate) struct Bell {
    lines: Mutex<Vec<Sender<Wake>>>,
}

impl Bell {
    /// Wakes them all; those who are gone are forgotten.
    pub(crate) fn ring(&self) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|line| line.send(Wake::Rung).is_ok());
    }

    /// Wakes the receiver of this channel, too.
    pub(super) fn wire(&self, line: Sender<Wake>) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// Somebody who sleeps until it rings.
    pub(crate) fn sleeper(&self) -> Sleeper {
        let (line, wakes) = mpsc::channel();
        self.wire(line);
        Sleeper { wakes }
    }
}

/// See [`Bell::sleeper`].
pub(crate) struct Sleeper {
    wakes: Receiver<Wake>,
}

impl Sleeper {
    /// Sleeps until it has rung since the last time, or until `patience` is over; says whether it rang.
    pub(crate) fn sleep(&self, patience: Duration) -> bool {
        let rang = self.wakes.recv_timeout(patience).is_ok();
        while self.wakes.try_recv().is_ok() {}
        rang
    }
}
