//! The server's clock: real time, faster or slower, and moved on by tests.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Seconds since 1970 by it.
#[derive(Debug)]
pub(crate) struct Clock(Mutex<Setting>);

#[derive(Debug)]
struct Setting {
    /// What it showed at `since`, seconds since 1970.
    shown: f64,
    since: Instant,
    speed: f64,
}

impl Clock {
    /// Starts at the real time. With speed 0 it stands until it is moved.
    pub(crate) fn new(speed: f64) -> Self {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(Mutex::new(Setting { shown: real.as_secs_f64(), since: Instant::now(), speed }))
    }

    pub(crate) fn now(&self) -> f64 {
        shown(&self.setting())
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.setting().shown += by.as_secs_f64();
    }

    pub(crate) fn set_speed(&self, speed: f64) {
        let mut setting = self.setting();
        *setting = Setting { shown: shown(&setting), since: Instant::now(), speed };
    }

    fn setting(&self) -> MutexGuard<'_, Setting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shown(setting: &Setting) -> f64 {
    setting.shown + setting.since.elapsed().as_secs_f64() * setting.speed
}
