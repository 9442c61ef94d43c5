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
    menu::{Menu, MenuItem, PredefinedMenuItem},
    tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent},
};

use crate::{closing, feed::Tally, shell::Shell, words::Tongue};

const ICON: &[u8] = include_bytes!("../../icons/32x32.png");
/// Colour of the mark on the icon while steps are at work.
const MARK: [u8; 4] = [0xff, 0xb0, 0x20, 0xff];

/// See the module.
pub(crate) struct Tray {
    icon: TrayIcon,
    standing: MenuItem<Wry>,
    show: MenuItem<Wry>,
    pause: MenuItem<Wry>,
    resume: MenuItem<Wry>,
    quit: MenuItem<Wry>,
    idle: Image<'static>,
    working: Image<'static>,
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
        let idle = Image::from_bytes(ICON)?.to_owned();
        let (width, height) = (idle.width(), idle.height());
        let working = Image::new_owned(marked(idle.rgba(), width, height), width, height);
        let icon = TrayIconBuilder::with_id("main")
            .icon(idle.clone())
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
        Ok(Self { icon, standing, show, pause, resume, quit, idle, working })
    }

    /// Shows how the queue stands. Main thread.
    pub(crate) fn show(&self, shown: Shown) -> tauri::Result<()> {
        let Shown { tally, tongue } = shown;
        let standing = tongue.standing(tally);
        self.icon.set_tooltip(Some(format!("Spillway: {standing}")))?;
        let picture = if tally.steps > 0 { &self.working } else { &self.idle };
        self.icon.set_icon(Some(picture.clone()))?;
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

/// The picture with a round mark in its lower right corner, a third of its size.
fn marked(rgba: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut marked = rgba.to_vec();
    let radius = i64::from(width.min(height)) / 6;
    let middle = (i64::from(width) - radius - 1, i64::from(height) - radius - 1);
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (i64::from(x), i64::from(y))));
    for (pixel, (x, y)) in marked.chunks_exact_mut(4).zip(places) {
        if (x - middle.0).pow(2) + (y - middle.1).pow(2) <= radius.pow(2) {
            pixel.copy_from_slice(&MARK);
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_in_the_lower_right_corner_and_nowhere_else() {
        let (width, height) = (32_u32, 32_u32);
        let plain = vec![0_u8; 32 * 32 * 4];
        let marked = marked(&plain, width, height);
        assert_eq!(marked.len(), plain.len());
        let changed: Vec<_> = (0..32 * 32_usize)
            .filter(|pixel| marked[pixel * 4..pixel * 4 + 4] != [0; 4])
            .map(|pixel| (pixel % 32, pixel / 32))
            .collect();
        assert!((60..=100).contains(&changed.len()), "{}", changed.len());
        assert!(changed.iter().all(|(x, y)| *x >= 20 && *y >= 20));
    }
}
