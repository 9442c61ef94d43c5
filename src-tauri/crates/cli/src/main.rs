//! The command line of Spillway. Decides nothing: each verb is a few lines into the engine.

mod args;
mod board;
mod cloud;
mod costs;
mod deliver;
mod doctor;
mod documents;
mod draw;
mod estimate;
mod exit;
mod explain;
mod follow;
mod hold;
mod job;
mod jobs;
mod lines;
mod moment;
mod notify;
mod out;
mod plain;
mod probe;
mod profile;
mod profiles;
mod run;
mod service;
mod settings;
mod stop;
mod summary;
mod text;
mod verify;
mod watch;
mod wish;

use std::{ffi::OsString, io, process::ExitCode};

use args::{Arguments, Common, LogForm, Verb};
use clap::Parser;
use exit::{CommandError, Exit};
use out::Out;
use spillway_engine::{Engine, catalog, model::Wish};
use spillway_profile::Profile;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log(&arguments);
    let out = Out::new(&arguments.common, &variable);
    let code = perform(&arguments, &out).unwrap_or_else(|error| {
        out.note(&error.words(out.note_paint()));
        error.exit().into()
    });
    match out.finish() {
        Ok(()) => code,
        Err(error) => {
            Out::new(&arguments.common, &variable)
                .note(&format!("error: results could not be written: {error}"));
            Exit::Environment.into()
        }
    }
}

fn perform(arguments: &Arguments, out: &Out) -> Result<ExitCode, CommandError> {
    let session = Session { common: &arguments.common, out };
    let exit = match &arguments.verb {
        Verb::Deliver(what) => deliver::deliver(&session, what),
        Verb::Submit(what) => deliver::submit(&session, what),
        Verb::Run(how) => run::run(&session, how),
        Verb::Jobs(which) => jobs::jobs(&session, which),
        Verb::Job(which) => job::job(&session, which),
        Verb::Retry(which) => wish::retry(&session, which),
        Verb::Cancel(which) => wish::wish(&session, which, Wish::Cancel),
        Verb::Pause(which) => wish::wish(&session, which, Wish::Pause),
        Verb::Resume(which) => wish::wish(&session, which, Wish::Run),
        Verb::Remove(which) => wish::remove(&session, which),
        Verb::Profiles => profiles::profiles(&session),
        Verb::Profile(what) => profile::profile(&session, what),
        Verb::Probe(what) => probe::probe(&session, what),
        Verb::Verify(what) => verify::verify(&session, what),
        Verb::Watch(what) => watch::watch(&session, what),
        Verb::Notify(what) => notify::notify(&session, what),
        Verb::Estimate(what) => estimate::estimate(&session, what),
        Verb::Costs(what) => costs::costs(&session, what),
        Verb::Cloud(what) => cloud::cloud(&session, what),
        Verb::Doctor => doctor::doctor(&session),
        Verb::Worker => return Ok(worker()),
    };
    exit.map(ExitCode::from)
}

/// What every verb is given.
struct Session<'a> {
    common: &'a Common,
    out: &'a Out,
}

impl Session<'_> {
    /// The engine on the data folder; `workers`: what the command line says.
    fn engine(&self, workers: Option<u32>) -> Result<Engine, CommandError> {
        Ok(Engine::open(settings::load(self.common, workers, &variable)?)?)
    }

    /// The profile that a name stands for.
    fn profile(&self, name: &str) -> Result<Profile, CommandError> {
        Ok(catalog::find(&settings::data_dir(self.common, &variable)?, name)?.profile)
    }
}

fn worker() -> ExitCode {
    let status = spillway_media::process::worker_main();
    u8::try_from(status).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// The only look at the process's environment.
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn log(arguments: &Arguments) {
    let form = if let Verb::Run(how) = &arguments.verb { how.log } else { None };
    let level = match (arguments.common.verbose, form) {
        (0, None) => tracing::Level::WARN,
        (0, Some(_)) | (1, None) => tracing::Level::INFO,
        (1.., Some(_)) | (2.., None) => tracing::Level::DEBUG,
    };
    let log = tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr).with_target(false);
    match form {
        Some(LogForm::Json) => log.json().flatten_event(true).with_current_span(false).init(),
        // A terminal's colours have no place in a log file.
        Some(LogForm::Text) => log.with_ansi(false).init(),
        None => log.init(),
    }
}
