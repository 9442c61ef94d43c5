//! Everything that commands and the window's surroundings share.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use spillway_engine::{
    Engine, EngineError,
    live::Hold,
    settings::{self, Settings},
    sheet,
};
use tauri::AppHandle;
use tokio::sync::Semaphore;

use crate::{
    commands::window::DropPurpose,
    drops::{self, Dropped},
    error::CommandError,
    feed::{Feed, Listener, Source},
    message::Message,
    place::{self, Place},
    seat::Seat,
    sheets::{Addition, Habits, Sheets},
    tray::Tray,
    window,
    words::Tongue,
    work::Work,
};

/// Files that are looked into at a time.
const LOOKS: usize = 2;
/// What is at work is given back within this time, or the process ends without.
const COMING_TO_REST: Duration = Duration::from_secs(9);

/// See the module.
pub(crate) struct Shell {
    place: Place,
    seat: Seat,
    settings: RwLock<Settings>,
    /// Held while settings are changed.
    changing: Mutex<()>,
    feed: Feed,
    work: Work,
    sheets: Mutex<Sheets>,
    /// Looking into a file takes a worker of its own.
    pub(crate) looks: Semaphore,
    tray: Option<Tray>,
    /// The window has been shown, or is not to be shown by itself.
    shown: AtomicBool,
    subscribed: AtomicBool,
    /// Something written on the page has not been saved.
    unsaved: AtomicBool,
    /// What folders dropped on the window are for.
    drop: Mutex<DropPurpose>,
    leaving: AtomicBool,
}

/// What a shell is made of.
pub(crate) struct Parts {
    pub(crate) place: Place,
    pub(crate) seat: Seat,
    pub(crate) settings: Settings,
    pub(crate) feed: Feed,
    pub(crate) work: Work,
    pub(crate) tray: Option<Tray>,
    /// Begin in the tray.
    pub(crate) hidden: bool,
    /// Number of the first sheet.
    pub(crate) first_sheet: u32,
}

impl Shell {
    /// Puts it together.
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { place, seat, settings, feed, work, tray, hidden, first_sheet } = parts;
        // Without a tray a hidden window could never be found again.
        let shown = AtomicBool::new(hidden && tray.is_some());
        let (sheets, looks) = (Mutex::new(Sheets::new(first_sheet)), Semaphore::new(LOOKS));
        let (settings, changing) = (RwLock::new(settings), Mutex::new(()));
        let [subscribed, unsaved, leaving] = [const { AtomicBool::new(false) }; 3];
        Self {
            place,
            seat,
            settings,
            changing,
            feed,
            work,
            sheets,
            looks,
            tray,
            shown,
            subscribed,
            unsaved,
            drop: Mutex::default(),
            leaving,
        }
    }

    /// The engine.
    pub(crate) fn engine(&self) -> Arc<Engine> {
        self.seat.engine()
    }

    /// What the queue waits for.
    pub(crate) fn hold(&self) -> Result<Option<Hold>, EngineError> {
        self.seat.hold()
    }

    /// Where it is at home.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// The way into the feed.
    pub(crate) fn feed(&self) -> &Feed {
        &self.feed
    }

    /// The tray icon.
    pub(crate) fn tray(&self) -> Option<&Tray> {
        self.tray.as_ref()
    }

    /// The open sheet.
    pub(crate) fn sheets(&self) -> MutexGuard<'_, Sheets> {
        self.sheets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The settings as they hold.
    pub(crate) fn settings(&self) -> Settings {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The language of everything outside the window.
    pub(crate) fn tongue(&self) -> Tongue {
        Tongue::of(self.settings().desktop.language, &place::variable)
    }

    /// Changes settings, and works by them at once.
    pub(crate) fn change_settings(&self, change: impl FnOnce(&mut Settings)) -> Result<(), CommandError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.settings();
        let mut settings = before.clone();
        change(&mut settings);
        if settings == before {
            return Ok(());
        }
        let config = self.place.config(&settings)?;
        settings::save(&self.place.data_dir, &settings)?;
        if place::limits_differ(self.engine().config(), &config) {
            self.seat.put(Engine::open(config)?);
            self.work.restart();
        }
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
        self.feed.post(Message::Settings);
        Ok(())
    }

    /// Remembers what was decided on a sheet. The work is under way: trouble here is told to nobody but
    /// the log.
    pub(crate) fn remember(&self, habits: Habits) {
        let Habits { profiles, out_dir } = habits;
        let remembered = self.change_settings(|settings| {
            (settings.desktop.profiles, settings.desktop.out_dir) = (profiles, out_dir);
        });
        if let Err(error) = remembered {
            tracing::warn!("the choice could not be remembered: {}", error.message);
        }
    }

    /// Puts files and folders on the sheet, and shows it. Reads folders: not for the main thread.
    pub(crate) fn bring_in(&self, paths: &[PathBuf], profiles: Vec<String>) {
        let addition = Addition::new(sheet::collect(paths), profiles);
        let desktop = self.settings().desktop;
        let habits = || Habits { profiles: desktop.profiles, out_dir: desktop.out_dir };
        // Posted under the lock: whoever adds next is told of next.
        let mut sheets = self.sheets();
        let sheet = sheets.add(addition, habits);
        self.feed.post(Message::Sheet { sheet });
    }

    /// Takes in what was dropped on the window. Asks the disk: not for the main thread.
    pub(crate) fn take_in(&self, paths: Vec<PathBuf>, purpose: DropPurpose) {
        let Dropped { folders, masters } = drops::sorted(paths, purpose);
        if !folders.is_empty() {
            self.feed.post(Message::WatchFolders { folders });
        }
        if !masters.is_empty() {
            self.bring_in(&masters, Vec::new());
        }
    }

    /// Begins to tell the window everything: how things stand, then the sheet that is open, then news.
    pub(crate) fn subscribe(&self, listener: Listener) -> Result<(), CommandError> {
        let sheets = self.sheets();
        self.feed.subscribe(listener)?;
        if let Some(sheet) = sheets.open() {
            self.feed.post(Message::Sheet { sheet });
        }
        drop(sheets);
        self.subscribed.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// The page is gone, or loads anew.
    pub(crate) fn unsubscribe(&self) {
        self.subscribed.store(false, Ordering::SeqCst);
        self.unsaved.store(false, Ordering::SeqCst);
        self.set_drop(DropPurpose::Deliver);
        self.feed.unsubscribe();
    }

    /// Whether something written on the page has not been saved.
    pub(crate) fn unsaved(&self) -> bool {
        self.unsaved.load(Ordering::SeqCst)
    }

    /// Remembers whether something written on the page has not been saved.
    pub(crate) fn set_unsaved(&self, unsaved: bool) {
        self.unsaved.store(unsaved, Ordering::SeqCst);
    }

    /// What folders dropped on the window are for from now on.
    pub(crate) fn set_drop(&self, purpose: DropPurpose) {
        *self.drop.lock().unwrap_or_else(PoisonError::into_inner) = purpose;
    }

    /// What folders dropped on the window are for.
    pub(crate) fn drop_purpose(&self) -> DropPurpose {
        *self.drop.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is a page that listens.
    pub(crate) fn subscribed(&self) -> bool {
        self.subscribed.load(Ordering::SeqCst)
    }

    /// Whether this process works through the queue.
    pub(crate) fn works_here(&self) -> bool {
        self.work.here()
    }

    /// Shows the window once its page runs, unless it was begun hidden. `false`: it was shown before.
    pub(crate) fn first_show(&self, app: &AppHandle) -> bool {
        let first = !self.shown.swap(true, Ordering::SeqCst);
        if first {
            window::show(app);
        }
        first
    }

    /// Shows the window because somebody wants to see it.
    pub(crate) fn show(&self, app: &AppHandle) {
        self.shown.store(true, Ordering::SeqCst);
        window::show(app);
    }

    /// Whether Spillway is ending.
    pub(crate) fn leaving(&self) -> bool {
        self.leaving.load(Ordering::SeqCst)
    }

    /// Gives back what is at work. `false`: somebody else is at it already.
    pub(crate) fn come_to_rest(&self) -> bool {
        if self.leaving.swap(true, Ordering::SeqCst) {
            return false;
        }
        self.work.stop(COMING_TO_REST);
        self.feed.end();
        true
    }
}
