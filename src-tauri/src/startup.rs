//! From the command line to the window, or to the reason why there is none.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use clap::Parser;
use spillway_engine::{
    Engine,
    settings::{Appearance, Settings},
};
use tauri::{App, AppHandle, DragDropEvent, Manager, RunEvent, WindowEvent, Wry};
use tauri_plugin_window_state::StateFlags;

use crate::{
    arguments::Arguments,
    bindings, closing,
    commands::window::DropPurpose,
    feed::Feed,
    message::Message,
    place::{self, Place, StartError},
    preview::{self, Preview},
    seat::Seat,
    shell::{Parts, Shell},
    signals,
    surroundings::{self, Surroundings},
    tray::Tray,
    window,
    words::Tongue,
    work::Work,
};

/// The surroundings are not as needed.
const ENVIRONMENT: u8 = 3;

/// Opens the window, and comes back when Spillway ends.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let level = match arguments.verbose {
        0 => tracing::Level::WARN,
        1 => tracing::Level::INFO,
        _ => tracing::Level::DEBUG,
    };
    tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr).with_target(false).init();
    match open(arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let why = crate::error::sentence(&error.to_string());
            tracing::error!("Spillway cannot start: {why}");
            if !matches!(error, StartError::NoDisplay) {
                say(&why);
            }
            ExitCode::from(ENVIRONMENT)
        }
    }
}

/// What the setup begins with.
struct Begin {
    place: Place,
    settings: Settings,
    engine: Opening,
    arguments: Arguments,
}

/// An engine that is being opened while the window is made: the one does not wait for the other.
type Opening = JoinHandle<Result<Engine, StartError>>;

fn open(arguments: Arguments) -> Result<u8, StartError> {
    display()?;
    let place = Place::of(&arguments)?;
    let settings = place.settings()?;
    let engine = {
        let (place, settings) = (place.clone(), settings.clone());
        let opening = thread::Builder::new().name("engine".to_owned());
        opening.spawn(move || place.open(&settings)).map_err(no_thread)?
    };
    let begin = Begin { place, settings, engine, arguments };
    let failed = Arc::new(Mutex::new(None));
    let context = tauri::generate_context!();
    let bus_name = begin.place.bus_name(&context.config().identifier);
    let app = builder(begin, bus_name, Arc::clone(&failed))?.build(context)?;
    let code = app.run_return(happened);
    match failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) => Err(error),
        None => Ok(u8::try_from(code).unwrap_or(ENVIRONMENT)),
    }
}

/// Whether a window can be opened at all: without this the toolkit would panic.
#[cfg(target_os = "linux")]
fn display() -> Result<(), StartError> {
    gtk::init().map_err(|_| StartError::NoDisplay)
}

/// Whether a window can be opened at all.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "same signature as where there may be no display")]
fn display() -> Result<(), StartError> {
    Ok(())
}

/// Says to somebody who has no terminal why there is no window.
#[cfg(target_os = "linux")]
fn say(why: &str) {
    use gtk::{ButtonsType, DialogFlags, MessageDialog, MessageType, prelude::*};
    let tongue = Tongue::of(spillway_engine::settings::Language::System, &place::variable);
    let title = tongue.cannot_start();
    let parent = None::<&gtk::Window>;
    let dialog =
        MessageDialog::new(parent, DialogFlags::empty(), MessageType::Error, ButtonsType::Close, &title);
    dialog.set_title("Spillway");
    dialog.set_secondary_text(Some(why));
    dialog.run();
}

/// Says to somebody who has no terminal why there is no window.
#[cfg(not(target_os = "linux"))]
fn say(_: &str) {}

fn builder(
    begin: Begin,
    bus_name: String,
    failed: Arc<Mutex<Option<StartError>>>,
) -> Result<tauri::Builder<Wry>, StartError> {
    let preview = Preview::new().map_err(no_thread)?;
    let remembered = begin.place.data_dir.join("window.json");
    Ok(tauri::Builder::default()
        // First: a second start ends here.
        .plugin(
            tauri_plugin_single_instance::Builder::new()
                .dbus_id(bus_name)
                .callback(|app, argv, folder| second(app, argv, Path::new(&folder)))
                .build(),
        )
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
        .plugin(
            tauri_plugin_window_state::Builder::new()
                .with_filename(remembered.to_string_lossy())
                .with_state_flags(StateFlags::all() & !StateFlags::VISIBLE)
                .build(),
        )
        .register_asynchronous_uri_scheme_protocol(preview::SCHEME, move |context, request, responder| {
            preview.answer(&context, &request, responder);
        })
        .invoke_handler(bindings::commands().invoke_handler())
        .setup(move |app| {
            // An error returned from here would be a panic.
            if let Err(error) = set_up(app, begin) {
                *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                app.handle().exit(i32::from(ENVIRONMENT));
            }
            Ok(())
        }))
}

fn set_up(app: &mut App, begin: Begin) -> Result<(), StartError> {
    let Begin { place, settings, engine, arguments } = begin;
    let app = app.handle();
    let io = |what| move |source| StartError::Io { what, source };
    let dark = match settings.desktop.appearance {
        Appearance::System => None,
        Appearance::Light => Some(false),
        Appearance::Dark => Some(true),
    };
    // First of all: the webview starts its processes meanwhile. Nothing from it is heard before this is over.
    window::make(app, &place.data_dir, dark)?;
    let tray = Tray::make(app, Tongue::of(settings.desktop.language, &place::variable));
    tracing::debug!("window made");
    surroundings::follow_clicks(app);
    let seat = Seat::new(engine.join().unwrap_or(Err(StartError::Broken))?);
    tracing::debug!("engine open");
    let (feed, seq) = Feed::watched(seat.clone(), Box::new(Surroundings::new(app)))?;
    let work = Work::start(seat.clone(), feed.clone(), seq)?;
    // Counted in seconds, so that no number comes again while a picture is remembered by it.
    let first_sheet = u32::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default();
    let hidden = arguments.hidden;
    let parts = Parts { place, seat, settings, feed, work, tray, hidden, first_sheet };
    app.manage(Shell::new(parts));
    signals::listen(app).map_err(io("signals cannot be handled"))?;
    window::show_anyway(app);
    // What a start names is to be delivered, whatever the page shows.
    bring_in(app, arguments.files, DropPurpose::Deliver);
    tracing::debug!("set up");
    Ok(())
}

fn no_thread(source: io::Error) -> StartError {
    StartError::Io { what: "no thread can be started", source }
}

/// A second start: its files come here, and the window to the front.
fn second(app: &AppHandle, argv: Vec<String>, folder: &Path) {
    let Some(shell) = app.try_state::<Shell>() else { return };
    shell.show(app);
    match Arguments::of_second(argv, folder) {
        Ok(arguments) => bring_in(app, arguments.files, DropPurpose::Deliver),
        Err(error) => tracing::warn!("a second start was not understood: {error}"),
    }
}

/// Takes files and folders in, away from the main thread.
fn bring_in(app: &AppHandle, paths: Vec<PathBuf>, purpose: DropPurpose) {
    if paths.is_empty() {
        return;
    }
    let app = app.clone();
    let bringing = thread::Builder::new().name("files".to_owned()).spawn(move || {
        app.state::<Shell>().take_in(paths, purpose);
    });
    if let Err(error) = bringing {
        tracing::error!("a thread could not be started: {error}");
    }
}

/// What happens to window and program.
fn happened(app: &AppHandle, event: RunEvent) {
    match event {
        RunEvent::WindowEvent { event: WindowEvent::CloseRequested { api, .. }, .. } => {
            closing::requested(app, &api);
        }
        RunEvent::WindowEvent { event: WindowEvent::DragDrop(event), .. } => held(app, event),
        // The last window is gone: what is at work is given back first.
        RunEvent::ExitRequested { code: None, api, .. } => {
            api.prevent_exit();
            closing::quit(app);
        }
        _ => {}
    }
}

/// Files are held above the window, or dropped.
fn held(app: &AppHandle, event: DragDropEvent) {
    let Some(shell) = app.try_state::<Shell>() else { return };
    let files = match event {
        DragDropEvent::Enter { paths, .. } => u32::try_from(paths.len()).unwrap_or(u32::MAX),
        DragDropEvent::Leave => 0,
        DragDropEvent::Drop { paths, .. } => {
            // As it is now: the page may show something else by the time the disk has answered.
            bring_in(app, paths, shell.drop_purpose());
            0
        }
        _ => return,
    };
    shell.feed().post(Message::Hover { files });
}
