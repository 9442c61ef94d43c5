//! The end: what closing the window means, and how everything comes to rest.

use std::thread;

use spillway_engine::{
    EngineError,
    model::{JobFilter, JobState, Wish},
};
use tauri::{AppHandle, CloseRequestApi, Manager};

use crate::{message::Message, shell::Shell, window};

/// What closing the window leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Close {
    /// Spillway ends.
    Quit,
    /// The window hides, the tray icon stays.
    Hide,
    /// The user is asked.
    Ask,
}

/// How things stand when the window is closed.
#[derive(Debug, Clone, Copy)]
struct Standing {
    /// There is a tray icon, and the user wants Spillway to stay there.
    stay_in_tray: bool,
    /// The queue is worked through by this process.
    here: bool,
    /// There is a page that can ask.
    can_ask: bool,
    /// Jobs at work, and jobs that wait.
    jobs: (u32, u32),
}

fn decide(standing: Standing) -> Close {
    let Standing { stay_in_tray, here, can_ask, jobs } = standing;
    if stay_in_tray {
        Close::Hide
    } else if here && can_ask && jobs != (0, 0) {
        Close::Ask
    } else {
        Close::Quit
    }
}

/// Somebody closes the window.
pub(crate) fn requested(app: &AppHandle, request: &CloseRequestApi) {
    let Some(shell) = app.try_state::<Shell>() else { return };
    request.prevent_close();
    if shell.leaving() {
        return;
    }
    let app = app.clone();
    aside("closing", move || {
        let shell = app.state::<Shell>();
        // Without a readable journal there is nothing that asking could save.
        let jobs = live(&shell).unwrap_or_else(|error| {
            tracing::warn!("the queue could not be read: {error}");
            (0, 0)
        });
        let stay_in_tray = shell.settings().desktop.stay_in_tray && shell.tray().is_some();
        let standing = Standing { stay_in_tray, here: shell.works_here(), can_ask: shell.subscribed(), jobs };
        match decide(standing) {
            Close::Quit => leave(&app),
            Close::Hide => window::hide(&app),
            Close::Ask => shell.feed().post(Message::Closing { running: jobs.0, queued: jobs.1 }),
        }
    });
}

/// Jobs at work and jobs that wait, as far as nobody holds them.
fn live(shell: &Shell) -> Result<(u32, u32), EngineError> {
    let engine = shell.engine();
    let count = |state| {
        let jobs = engine.jobs(&JobFilter { state: Some(state), ..JobFilter::default() })?;
        let wanted = jobs.iter().filter(|job| job.wish == Wish::Run).count();
        Ok::<_, EngineError>(u32::try_from(wanted).unwrap_or(u32::MAX))
    };
    Ok((count(JobState::Running)?, count(JobState::Queued)?))
}

/// Gives back what is at work, and ends. Comes back at once.
pub(crate) fn quit(app: &AppHandle) {
    let app = app.clone();
    aside("closing", move || leave(&app));
}

fn leave(app: &AppHandle) {
    window::hide(app);
    // Before everything is in place there is nothing to give back.
    if app.try_state::<Shell>().is_none_or(|shell| shell.come_to_rest()) {
        app.exit(0);
    }
}

fn aside(name: &str, work: impl FnOnce() + Send + 'static) {
    if let Err(error) = thread::Builder::new().name(name.to_owned()).spawn(work) {
        tracing::error!("a thread could not be started: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUSY: Standing = Standing { stay_in_tray: false, here: true, can_ask: true, jobs: (1, 0) };

    #[test]
    fn the_user_is_asked_only_where_work_would_stop() {
        assert_eq!(decide(BUSY), Close::Ask);
        assert_eq!(decide(Standing { jobs: (0, 3), ..BUSY }), Close::Ask);
        assert_eq!(decide(Standing { jobs: (0, 0), ..BUSY }), Close::Quit);
        assert_eq!(decide(Standing { here: false, ..BUSY }), Close::Quit, "somebody else goes on with it");
        assert_eq!(decide(Standing { can_ask: false, ..BUSY }), Close::Quit, "nothing is lost by it");
    }

    #[test]
    fn in_the_tray_it_goes_on() {
        for jobs in [(0, 0), (2, 1)] {
            assert_eq!(decide(Standing { stay_in_tray: true, jobs, ..BUSY }), Close::Hide);
        }
    }
}
