//! What the world beside the window sees of the queue: tray icon, notifications, a machine that stays awake.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use spillway_engine::{live::LiveJob, model::JobId};
use tauri::{AppHandle, Manager};
use tauri_plugin_notification::NotificationExt;

use crate::{
    awake::Awake,
    feed::{Board, Onlooker},
    folders::Folders,
    message::Message,
    notices::{Notice, Notices},
    shell::Shell,
    tray::Shown,
    window,
};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);
/// Notifications that still lead to their job when they are clicked.
const REMEMBERED: usize = 100;

/// See the module.
pub(crate) struct Surroundings {
    app: AppHandle,
    notices: Notices,
    folders: Folders,
    awake: Awake,
    shown: Option<Shown>,
    looked: Option<Instant>,
    /// A look is due that came too early.
    missed: bool,
    number: i32,
}

/// Jobs of notifications that were shown, by number.
#[derive(Default)]
pub(crate) struct Clickable(Mutex<VecDeque<(i32, Option<JobId>)>>);

impl Surroundings {
    /// Nothing shown yet.
    pub(crate) fn new(app: &AppHandle) -> Self {
        Self {
            app: app.clone(),
            notices: Notices::default(),
            folders: Folders::default(),
            awake: Awake::new(),
            shown: None,
            looked: None,
            missed: false,
            number: 0,
        }
    }

    fn notify(&mut self, notice: Notice) {
        self.number = self.number.wrapping_add(1);
        self.app.state::<Clickable>().remember(self.number, notice.job);
        let builder = self.app.notification().builder().id(self.number);
        if let Err(error) = builder.title(notice.title).body(notice.text).show() {
            tracing::warn!("a notification could not be shown: {error}");
        }
    }

    fn look_at_folders(&mut self, shell: &Shell, now: Instant) {
        let views = match shell.engine().watches() {
            Ok(views) => views,
            Err(error) => {
                tracing::warn!("watched folders could not be read: {error}");
                self.folders.put_off(now);
                return;
            }
        };
        let news = self.folders.look(&views, shell.tongue(), now);
        // The window in front shows it already.
        if window::in_front(&self.app) || !shell.settings().desktop.notify_failed {
            return;
        }
        for notice in news {
            self.notify(notice);
        }
    }

    fn show(&mut self, board: &Board, shell: &Shell) {
        let tally = board.tally();
        self.awake.set(tally.steps > 0 && shell.settings().desktop.keep_awake);
        let shown = Shown { tally, tongue: shell.tongue() };
        if self.shown == Some(shown) {
            return;
        }
        self.shown = Some(shown);
        let app = self.app.clone();
        // Not waited for: the main thread may be waiting for the feed.
        let handed = self.app.run_on_main_thread(move || {
            let shell = app.state::<Shell>();
            if let Some(Err(error)) = shell.tray().map(|tray| tray.show(shown)) {
                tracing::warn!("the tray icon could not be changed: {error}");
            }
        });
        if let Err(error) = handed {
            tracing::warn!("the tray icon could not be changed: {error}");
        }
    }
}

impl Onlooker for Surroundings {
    fn ended(&mut self, live: &LiveJob, now: Instant) {
        self.notices.note(live, now);
    }

    fn look(&mut self, board: &Board, now: Instant) {
        let app = self.app.clone();
        // Until everything is in place there is nobody to show anything to.
        let Some(shell) = app.try_state::<Shell>() else { return };
        if self.notices.due().is_some_and(|due| due <= now) {
            let (settings, tongue) = (shell.settings(), shell.tongue());
            let seen = window::in_front(&app);
            for notice in self.notices.take(&settings.desktop, seen, tongue, now) {
                self.notify(notice);
            }
        }
        if self.folders.due(now).is_some_and(|due| due <= now) {
            self.look_at_folders(&shell, now);
        }
        self.missed = self.looked.is_some_and(|looked| looked + EVERY > now);
        if !self.missed {
            self.looked = Some(now);
            self.show(board, &shell);
        }
    }

    fn watches_changed(&mut self) {
        self.folders.note();
    }

    fn due(&self, now: Instant) -> Option<Instant> {
        // Before everything is in place they cannot be read: that would be asked for without end.
        let folders = self.app.try_state::<Shell>().and_then(|_| self.folders.due(now));
        let look = self.looked.filter(|_| self.missed).map(|looked| looked + EVERY);
        [look, self.notices.due(), folders].into_iter().flatten().min()
    }
}

impl Clickable {
    fn remember(&self, number: i32, job: Option<JobId>) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shown.push_back((number, job));
        if shown.len() > REMEMBERED {
            shown.pop_front();
        }
    }

    fn job(&self, number: i32) -> Option<JobId> {
        let shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shown.iter().find(|(known, _)| *known == number).and_then(|(_, job)| *job)
    }
}

/// Lets a click on a notification lead to its job. As far as the system reports clicks: on Linux the
/// notification server does where it offers actions; toasts of Windows only while they are on screen.
pub(crate) fn follow_clicks(app: &AppHandle) {
    app.manage(Clickable::default());
    let handle = app.clone();
    let listening = app.notification().on_action(move |action| {
        let Some(shell) = handle.try_state::<Shell>() else { return };
        let number = action.notification().map(tauri_plugin_notification::ActiveNotification::id);
        if let Some(job) = number.and_then(|number| handle.state::<Clickable>().job(number)) {
            shell.feed().post(Message::Open { job });
        }
        shell.show(&handle);
    });
    if let Err(error) = listening {
        tracing::warn!("clicks on notifications lead nowhere: {error}");
    }
}
