//! The icon in the system's tray: how the queue stands, and the way back to the window.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use spillway_engine::{
    EngineError,
    model::{JobFilter, JobState, Wish},
};
use tauri::{
    AppHandle, Manager, Wry,
    image::Image,
    include_image,
    menu::{Menu, MenuItem, PredefinedMenuItem},
    tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent},
};

use crate::{closing, feed::Tally, shell::Shell, words::Tongue};

/// Nothing is at work.
const IDLE: Image<'static> = include_image!("../icons/tray.png");
/// Steps are at work.
const WORKING: Image<'static> = include_image!("../icons/tray-working.png");

/// See the module.
pub(crate) struct Tray {
    icon: TrayIcon,
    standing: MenuItem<Wry>,
    show: MenuItem<Wry>,
    pause: MenuItem<Wry>,
    resume: MenuItem<Wry>,
    quit: MenuItem<Wry>,
}

/// What the icon shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The queue.
    pub(crate) tally: Tally,
    /// In this language.
    pub(crate) tongue: Tongue,
}

impl Tray {
    /// Puts the icon into the tray, where the system has one. Main thread.
    pub(crate) fn make(app: &AppHandle, tongue: Tongue) -> Option<Self> {
        // The library behind it panics where a system library is missing; that is a system without a
        // tray, no more. Nobody needs to read of that panic.
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let made = catch_unwind(AssertUnwindSafe(|| Self::build(app, tongue)));
        std::panic::set_hook(hook);
        match made {
            Ok(Ok(tray)) => Some(tray),
            Ok(Err(error)) => {
                tracing::warn!("there is no tray icon: {error}");
                None
            }
            Err(_) => {
                tracing::warn!("there is no tray icon: the system's library for it is missing");
                None
            }
        }
    }

    fn build(app: &AppHandle, tongue: Tongue) -> tauri::Result<Self> {
        let item = |id: &str, text: String, enabled| MenuItem::with_id(app, id, text, enabled, None::<&str>);
        let standing = item("standing", tongue.standing(Tally::default()), false)?;
        let (show, quit) = (item("show", tongue.show_window(), true)?, item("quit", tongue.quit(), true)?);
        let pause = item("pause", tongue.pause_all(), false)?;
        let resume = item("resume", tongue.resume_all(), false)?;
        let line = || PredefinedMenuItem::separator(app);
        let (above, below) = (line()?, line()?);
        let menu = Menu::with_items(app, &[&standing, &above, &show, &pause, &resume, &below, &quit])?;
        let icon = TrayIconBuilder::with_id("main")
            .icon(IDLE)
            .tooltip("Spillway")
            .menu(&menu)
            .show_menu_on_left_click(false)
            .on_menu_event(|app, event| chosen(app, event.id().as_ref()))
            .on_tray_icon_event(|icon, event| {
                if let TrayIconEvent::Click {
                    button: MouseButton::Left,
                    button_state: MouseButtonState::Up,
                    ..
                } = event
                {
                    chosen(icon.app_handle(), "show");
                }
            })
            .build(app)?;
        Ok(Self { icon, standing, show, pause, resume, quit })
    }

    /// Shows how the queue stands. Main thread.
    pub(crate) fn show(&self, shown: Shown) -> tauri::Result<()> {
        let Shown { tally, tongue } = shown;
        let standing = tongue.standing(tally);
        self.icon.set_tooltip(Some(format!("Spillway: {standing}")))?;
        self.icon.set_icon(Some(if tally.steps > 0 { WORKING } else { IDLE }))?;
        self.standing.set_text(standing)?;
        self.show.set_text(tongue.show_window())?;
        self.quit.set_text(tongue.quit())?;
        self.pause.set_text(tongue.pause_all())?;
        self.resume.set_text(tongue.resume_all())?;
        self.pause.set_enabled(tally.live())?;
        self.resume.set_enabled(tally.paused > 0)
    }
}

/// Somebody chose an item.
fn chosen(app: &AppHandle, item: &str) {
    let Some(shell) = app.try_state::<Shell>() else { return };
    match item {
        "show" => shell.show(app),
        "pause" => wish_all(app, Wish::Pause),
        "resume" => wish_all(app, Wish::Run),
        "quit" => closing::quit(app),
        _ => {}
    }
}

/// Wishes the same of every job that has not ended, away from the main thread.
fn wish_all(app: &AppHandle, wish: Wish) {
    let app = app.clone();
    let wishing = thread::Builder::new().name("wish".to_owned()).spawn(move || {
        if let Err(error) = wish_each(&app.state::<Shell>(), wish) {
            tracing::warn!("not every job could be told: {error}");
        }
    });
    if let Err(error) = wishing {
        tracing::warn!("a thread could not be started: {error}");
    }
}

fn wish_each(shell: &Shell, wish: Wish) -> Result<(), EngineError> {
    let engine = shell.engine();
    for state in [JobState::Running, JobState::Queued] {
        for job in engine.jobs(&JobFilter { state: Some(state), ..JobFilter::default() })? {
            match engine.wish(job.id, wish) {
                // It ended, or was removed, in the meantime.
                Ok(()) | Err(EngineError::NotPossible { .. } | EngineError::NoSuchJob(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}
