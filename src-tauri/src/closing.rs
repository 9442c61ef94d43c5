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
    /// There is a page that can ask.
    can_ask: bool,
    /// Jobs at work, and jobs that wait, where this process works through the queue: they would stop.
    jobs: (u32, u32),
    /// Something written in the window has not been saved.
    unsaved: bool,
}

fn decide(standing: Standing) -> Close {
    let Standing { stay_in_tray, can_ask, jobs, unsaved } = standing;
    if stay_in_tray {
        Close::Hide
    } else if can_ask && (unsaved || jobs != (0, 0)) {
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
        let stay_in_tray = shell.settings().desktop.stay_in_tray && shell.tray().is_some();
        let (can_ask, unsaved) = (shell.subscribed(), shell.unsaved());
        let jobs = stopping(&shell);
        let standing = Standing { stay_in_tray, can_ask, jobs, unsaved };
        match decide(standing) {
            Close::Quit => leave(&app),
            Close::Hide => window::hide(&app),
            Close::Ask => shell.feed().post(Message::Closing { running: jobs.0, queued: jobs.1 }),
        }
    });
}

/// Jobs at work and jobs that wait, which would stop with this process.
fn stopping(shell: &Shell) -> (u32, u32) {
    if !shell.works_here() {
        return (0, 0);
    }
    // Without a readable journal there is nothing that asking could save.
    live(shell).unwrap_or_else(|error| {
        tracing::warn!("the queue could not be read: {error}");
        (0, 0)
    })
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

    const BUSY: Standing = Standing { stay_in_tray: false, can_ask: true, jobs: (1, 0), unsaved: false };

    #[test]
    fn the_user_is_asked_only_where_work_would_stop() {
        assert_eq!(decide(BUSY), Close::Ask);
        assert_eq!(decide(Standing { jobs: (0, 3), ..BUSY }), Close::Ask);
        assert_eq!(decide(Standing { jobs: (0, 0), ..BUSY }), Close::Quit);
        assert_eq!(decide(Standing { can_ask: false, ..BUSY }), Close::Quit, "nothing is lost by it");
    }

    #[test]
    fn the_user_is_asked_where_something_written_would_be_lost() {
        let idle = Standing { jobs: (0, 0), unsaved: true, ..BUSY };
        assert_eq!(decide(idle), Close::Ask);
        assert_eq!(decide(Standing { can_ask: false, ..idle }), Close::Quit);
        assert_eq!(decide(Standing { stay_in_tray: true, ..idle }), Close::Hide, "the page stays as it is");
    }

    #[test]
    fn in_the_tray_it_goes_on() {
        for jobs in [(0, 0), (2, 1)] {
            assert_eq!(decide(Standing { stay_in_tray: true, jobs, ..BUSY }), Close::Hide);
        }
    }
}
