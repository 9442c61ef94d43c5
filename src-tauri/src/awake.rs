//! Keeps the machine from falling asleep while steps are at work. The system is asked on a thread of its
//! own: its answer may take as long as it likes.

use std::{
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

/// See the module.
pub(crate) struct Awake {
    wish: Option<Sender<bool>>,
    wished: bool,
}

impl Awake {
    /// Keeps nothing awake yet.
    pub(crate) fn new() -> Self {
        let (wish, wishes) = mpsc::channel();
        match thread::Builder::new().name("awake".to_owned()).spawn(move || keep(&wishes)) {
            Ok(_) => Self { wish: Some(wish), wished: false },
            Err(error) => {
                tracing::warn!("the machine may fall asleep: a thread could not be started: {error}");
                Self { wish: None, wished: false }
            }
        }
    }

    /// Whether the machine is to stay awake from now on.
    pub(crate) fn set(&mut self, awake: bool) {
        if self.wished != awake
            && let Some(wish) = &self.wish
        {
            self.wished = awake;
            // The thread lives as long as this does.
            let _ = wish.send(awake);
        }
    }
}

fn keep(wishes: &Receiver<bool>) {
    let mut held = None;
    let mut said = false;
    while let Ok(awake) = wishes.recv() {
        // Only the last of several counts.
        let awake = wishes.try_iter().last().unwrap_or(awake);
        if !awake {
            held = None;
            continue;
        }
        let asked = keepawake::Builder::default()
            .idle(true)
            .reason("Deliveries are being made")
            .app_name("Spillway")
            .app_reverse_domain("studio.spillway.desktop")
            .create();
        match asked {
            Ok(guard) => held = Some(guard),
            Err(error) if !said => {
                said = true;
                tracing::warn!("the machine may fall asleep while deliveries are made: {error}");
            }
            Err(_) => {}
        }
    }
    drop(held);
}
