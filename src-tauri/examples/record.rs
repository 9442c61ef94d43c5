//! Records what the window is told while real jobs are worked through: two that are delivered, one of them
//! held for a while, and one that fails. The window's own tests fold the recording.
//!
//! `cargo run -p spillway-desktop --example record [MASTER]` writes `ui/src/ipc/fake/recorded-feed.json`.
//! Without a master the sample is made and delivered.

use std::{
    collections::HashSet,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use spillway_desktop::{Message, Seat, feed::Feed};
use spillway_engine::{
    Engine,
    model::{EventBody, JobExtras, JobId, JobState, StepKind, StepState, SubmitRequest, Wish},
    settings::{self, EngineSettings, Settings},
};

/// Where the recording goes, from this package.
const RECORDING: &str = "../ui/src/ipc/fake/recorded-feed.json";
/// Profiles of the jobs that are delivered.
const PROFILES: [&str; 2] = ["web-mp4", "proxy-edit"];
/// How long a message may let wait for itself.
const PATIENCE: Duration = Duration::from_mins(5);

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|verb| verb == "worker") {
        let status = spillway_media::process::worker_main();
        return u8::try_from(status).map_or(ExitCode::FAILURE, ExitCode::from);
    }
    match record() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let written = std::io::Write::write_all(&mut std::io::stderr(), format!("{error}\n").as_bytes());
            drop(written);
            ExitCode::FAILURE
        }
    }
}

fn record() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let root = folder.path().canonicalize()?;
    let engine = open(&root.join("data"))?;
    let (masters, deliveries) = (root.join("masters"), root.join("deliveries"));
    fs::create_dir(&masters)?;
    let reel = masters.join("Harbour at dawn.mov");
    let master = match std::env::args_os().nth(1) {
        Some(master) => PathBuf::from(master),
        None => engine.sample_master().map_err(|failure| failure.what)?,
    };
    fs::copy(master, &reel)?;
    let broken = masters.join("Unfinished upload.mov");
    fs::write(&broken, b"")?;

    let seat = Seat::new(engine);
    let messages = play(&seat, &reel, &broken, &deliveries)?;
    let mut text = serde_json::to_string_pretty(&messages)?;
    for (real, neutral) in [(&masters, "/masters"), (&deliveries, "/deliveries")] {
        text = text.replace(&format!("{}", real.display()), neutral);
    }
    text = text.replace(&format!("{}", root.display()), "/home/editor/.local/share/spillway");
    if [root.as_path(), Path::new(env!("CARGO_MANIFEST_DIR"))]
        .iter()
        .any(|path| text.contains(&path.display().to_string()))
    {
        return Err("a path of this machine is in the recording".into());
    }
    fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(RECORDING), text + "\n")?;
    Ok(())
}

fn open(data_dir: &Path) -> Result<Engine, Box<dyn Error>> {
    let engine = EngineSettings { workers: Some(2), ..EngineSettings::default() };
    let settings = Settings { engine, ..Settings::default() };
    let program = std::env::current_exe()?;
    let config = settings::config(data_dir, &settings, None, &|_| None, program, vec!["worker".into()])?;
    Ok(Engine::open(config)?)
}

/// Works through the jobs, and gives back everything that a window would have been told.
fn play(
    seat: &Seat,
    reel: &Path,
    broken: &Path,
    deliveries: &Path,
) -> Result<Vec<serde_json::Value>, Box<dyn Error>> {
    let engine = seat.engine();
    let (feed, seq) = Feed::start(seat.clone())?;
    let (tell, told) = mpsc::channel();
    let recorded = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&recorded);
    feed.subscribe(Box::new(move |message| {
        let value = serde_json::to_value(&message);
        record.lock().unwrap_or_else(PoisonError::into_inner).push(value);
        tell.send(message).is_ok()
    }))?;
    let stop = AtomicBool::new(false);
    let outcome = thread::scope(|scope| {
        let runner = scope.spawn(|| engine.follow(seq, &stop, &mut |heard| feed.hear(&heard)));
        let outcome = direct(&engine, &told, reel, broken, deliveries);
        stop.store(true, Ordering::SeqCst);
        engine.wake();
        outcome.and(runner.join().map_err(|_| "the runner panicked".into()).and_then(|end| Ok(end?)))
    });
    feed.end();
    outcome?;
    let mut recorded = recorded.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut *recorded).into_iter().collect::<Result<_, _>>()?)
}

/// Does with the jobs what somebody at the window does.
fn direct(
    engine: &Engine,
    told: &mpsc::Receiver<Message>,
    reel: &Path,
    broken: &Path,
    deliveries: &Path,
) -> Result<(), Box<dyn Error>> {
    let request = |source: &Path, profile| -> Result<SubmitRequest, Box<dyn Error>> {
        let shipped = spillway_profile::find(profile).map_err(|_| "no such profile")?;
        let profiles = vec![shipped.profile()?];
        let (sources, out_dir) = (vec![source.to_owned()], Some(deliveries.to_owned()));
        Ok(SubmitRequest {
            sources,
            profiles,
            out_dir,
            priority: 0,
            engine: spillway_engine::route::EngineWish::Auto,
            extras: JobExtras::default(),
        })
    };
    let [first, second] = PROFILES;
    let requests = vec![request(reel, first)?, request(reel, second)?, request(broken, first)?];
    let jobs = engine.submit_all(requests)?;
    let &[held, ..] = jobs.as_slice() else { return Err("no jobs were made".into()) };
    let mut hall = Hall { told, ended: HashSet::new() };
    hall.wait(|_, body| {
        matches!(body, EventBody::Step { kind: StepKind::Segment, state: StepState::Running, .. })
    })?;
    engine.wish(held, Wish::Pause)?;
    hall.wait(|ended, _| jobs.iter().all(|id| *id == held || ended.contains(id)))?;
    engine.wish(held, Wish::Run)?;
    hall.wait(|ended, _| ended.contains(&held))?;
    hall.wait(|_, body| matches!(body, EventBody::Step { kind: StepKind::Tidy, state: StepState::Done, .. }))
}

/// Somebody who reads along.
struct Hall<'a> {
    told: &'a mpsc::Receiver<Message>,
    ended: HashSet<JobId>,
}

impl Hall<'_> {
    /// Until something has happened; jobs that have ended are remembered.
    fn wait(&mut self, reached: impl Fn(&HashSet<JobId>, &EventBody) -> bool) -> Result<(), Box<dyn Error>> {
        loop {
            let Message::Event { event } = self.told.recv_timeout(PATIENCE)? else { continue };
            if let EventBody::Job { state: JobState::Delivered | JobState::Failed, .. } = event.body {
                self.ended.insert(event.job);
            }
            if reached(&self.ended, &event.body) {
                return Ok(());
            }
        }
    }
}
