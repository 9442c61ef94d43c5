//! The threads that do the jobs.

use std::{
    io,
    sync::{Arc, PoisonError, atomic::Ordering},
    thread,
    time::Duration,
};

use crate::{
    Media,
    bill::Made,
    faults::What,
    files::{FileError, Files},
    jobs::Job,
    state::{Shared, claimed},
    transcode,
};

/// Why a job failed: the service's code, and its words.
pub(crate) type Failure = (u32, String);

/// Starts them; they end when the simulator stops. One more thread looks at the clock.
pub(crate) fn start(shared: &Arc<Shared>) -> io::Result<()> {
    for _ in 0..shared.options.workers.max(1) {
        let files = Files::new(&shared.options)?;
        let shared = Arc::clone(shared);
        thread::Builder::new().name("transcode".to_owned()).spawn(move || work(&shared, &files))?;
    }
    let shared = Arc::clone(shared);
    thread::Builder::new().name("clock".to_owned()).spawn(move || watch(&shared))?;
    Ok(())
}

/// What is due by the clock happens even when nobody calls.
fn watch(shared: &Shared) {
    loop {
        let state = shared.settled();
        if state.stopped {
            return;
        }
        let nap = Duration::from_millis(20);
        drop(shared.changed.wait_timeout(state, nap).unwrap_or_else(PoisonError::into_inner));
    }
}

fn work(shared: &Shared, files: &Files) {
    while let Some(place) = next(shared) {
        let (request, cancelled, fails) = {
            let state = shared.lock();
            let job = &state.jobs.list[place];
            let fails = matches!(job.fault, Some(What::JobError { .. }));
            (job.request.clone(), Arc::clone(&job.cancelled), fails)
        };
        let show = |phase: &'static str, percent: u32| {
            let mut state = shared.lock();
            let job: &mut Job = &mut state.jobs.list[place];
            (job.phase, job.percent) = (phase, percent);
            !job.cancelled.load(Ordering::Relaxed)
        };
        let result = match &shared.options.media {
            // On demand, and without a trace in the bucket; why is told with the end.
            _ if fails => Err((1999, String::new())),
            Media::Real => transcode::run(files, &request, &show),
            Media::None { duration_ms, file, .. } => {
                place_files(files, claimed(&request, *duration_ms), file.as_deref().unwrap_or_default())
            }
        };
        if !cancelled.load(Ordering::Relaxed) {
            let mut state = shared.settled();
            state.finish(place, result, shared.clock.now());
        }
        // A place in its queue is free.
        drop(shared.settled());
        shared.changed.notify_all();
    }
}

/// The next job; none when there will be no more.
fn next(shared: &Shared) -> Option<usize> {
    let mut state = shared.settled();
    loop {
        if state.stopped {
            return None;
        }
        if let Some(place) = state.work.pop_front() {
            return Some(place);
        }
        state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}

fn place_files(files: &Files, groups: Vec<Vec<Made>>, content: &[u8]) -> Result<Vec<Vec<Made>>, Failure> {
    for made in groups.iter().flatten() {
        files.put(content.to_vec(), &made.place).map_err(|error| not_written(&made.place, &error))?;
    }
    Ok(groups)
}

/// An output that S3 does not take.
pub(crate) fn not_written(place: &str, error: &FileError) -> Failure {
    match error {
        FileError::Denied => (1401, format!("Unable to write to output file [{place}]: [Access Denied]")),
        FileError::Missing => (1401, format!("Unable to write to output file [{place}]: [No such bucket]")),
        FileError::Other(why) => (1517, format!("Unable to write to output file [{place}]: [{why}]")),
    }
}
