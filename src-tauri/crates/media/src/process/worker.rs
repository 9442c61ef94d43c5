//! The worker's side: read one task, do it, answer.

use std::{
    io::{BufRead, Write},
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::confine::confine;
use crate::{
    ff,
    task::{InspectDone, InspectTask, Outcome, Progress, Reply, Request, Task},
    types::{MediaCode, MediaError},
};

/// Shortest time between two progress lines.
const REPORT_EVERY: Duration = Duration::from_millis(100);
/// Exit status when standard input closes: the engine is gone.
const ORPHANED: i32 = 86;

/// Runs the worker: one request from standard input, replies to standard output. Gives the exit status.
pub fn worker_main() -> i32 {
    ff::quiet();
    let mut lines = std::io::stdin().lock().lines();
    let request = lines.next().and_then(Result::ok).and_then(|l| serde_json::from_str::<Request>(&l).ok());
    drop(lines);
    let Some(Request::Run { task, limits }) = request else { return ORPHANED };
    let cancelled = Arc::new(AtomicBool::new(false));
    listen(Arc::clone(&cancelled));
    let mut last = Instant::now();
    let mut report = |progress: Progress| {
        if cancelled.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        if last.elapsed() >= REPORT_EVERY {
            last = Instant::now();
            return say(&Reply::Progress(progress));
        }
        ControlFlow::Continue(())
    };
    let result = confine(&limits).and_then(|()| perform(*task, &mut report));
    let last_line = match result {
        Ok(outcome) => Reply::Done { outcome: Box::new(outcome) },
        Err(error) => Reply::Failed { error },
    };
    match say(&last_line) {
        ControlFlow::Continue(()) => 0,
        ControlFlow::Break(()) => ORPHANED,
    }
}

/// Waits for a cancel line; ends the process when the engine is gone.
fn listen(cancelled: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            match line.map(|l| serde_json::from_str::<Request>(&l)) {
                Ok(Ok(Request::Cancel)) => cancelled.store(true, Ordering::Relaxed),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        std::process::exit(ORPHANED);
    });
}

/// Writes one line; `Break` when nobody listens any more.
fn say(reply: &Reply) -> ControlFlow<()> {
    let mut out = std::io::stdout().lock();
    let written = serde_json::to_writer(&mut out, reply)
        .map_err(std::io::Error::from)
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush());
    if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

/// Does a task in this process. Safe to call directly for trusted media, e.g. in tests.
///
/// # Errors
/// Whatever the task meets; a `Break` from `progress` ends it with code `Cancelled`.
pub fn perform(
    task: Task,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Outcome, MediaError> {
    match task {
        Task::Inspect(task) => inspect(&task, progress).map(Outcome::Inspect),
        Task::Segment(task) => crate::segment::encode(&task, progress).map(Outcome::Segment),
        Task::Audio(task) => crate::audio::encode(&task, progress).map(Outcome::Audio),
        Task::Stitch(task) => crate::stitch::stitch(&task, progress).map(Outcome::Files),
        Task::Package(task) => crate::package::package(&task, progress).map(Outcome::Files),
        Task::Measure(task) => {
            crate::measure::measure(&task, progress).map(|m| Outcome::Measure(Box::new(m)))
        }
        Task::Complete(task) => crate::complete::complete(&task, progress).map(Outcome::Complete),
        Task::Picture(task) => crate::picture::picture(&task, progress).map(Outcome::Picture),
        Task::Sample(task) => crate::sample::sample(&task, progress).map(Outcome::Files),
        Task::Cut(task) => crate::cut::cut(&task, progress).map(Outcome::Cut),
        Task::Receive(task) => crate::receive::receive(&task, progress).map(Outcome::Segment),
        Task::Doctor {} => Ok(doctor()),
    }
}

fn inspect(
    task: &InspectTask,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<InspectDone, MediaError> {
    let (probe, input) = crate::probe::probe(&task.source)?;
    drop(input);
    let Some(path) = &task.index else { return Ok(InspectDone { probe, index: None }) };
    let reopen = || crate::open::open(&task.source);
    let (index, summary) = crate::scan::scan(&probe, &reopen, task.method, progress)?;
    index.write(path)?;
    if index.frames.is_empty() {
        return Err(MediaError::new(MediaCode::ZeroFrames, "the picture has no frame"));
    }
    Ok(InspectDone { probe, index: Some(summary) })
}

fn doctor() -> Outcome {
    let encoders = ["libx264", "libx265", "prores_ks", "aac", "pcm_s24le", "pcm_s16le", "mjpeg"];
    let filters = ["scale", "bwdif", "transpose", "zscale", "tonemap", "aresample", "alimiter"];
    let found = encoders.iter().map(|n| ((*n).to_owned(), ff::has_encoder(n)));
    let found = found.chain(filters.iter().map(|n| (format!("filter {n}"), ff::has_filter(n))));
    Outcome::Doctor { versions: ff::versions(), encoders: found.collect() }
}
