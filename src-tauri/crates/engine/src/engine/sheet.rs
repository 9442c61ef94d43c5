//! Before the start: looking at files, trying a submission out, submitting.

use std::{fs, path::Path, sync::Arc};

use spillway_media::{
    index::FrameIndex,
    task::{IndexMethod, InspectTask, Outcome, Task},
};
use spillway_profile::Profile;

use super::{
    Engine,
    look::{Reach, absolute, unexpected},
};
use crate::{
    db::Tx,
    error::EngineError,
    failure::{Code, Failure},
    files,
    forecast::{self, Paces},
    model::{JobId, SubmitRequest},
    sheet::{
        Look, Offer, Rehearsal,
        facts::facts,
        looks::{Made, Seen},
    },
    steps::source::Identity,
    submit::{self, rehearse},
};

impl Engine {
    /// What is in a file, and what each profile would make of it. A worker looks once at each version
    /// of a file, in the way a job does; another look and other profiles cost nothing then.
    ///
    /// # Errors
    /// Why it can be no source.
    pub fn look(&self, path: &Path, profiles: &[Profile]) -> Result<Look, Box<Failure>> {
        let source = absolute(path)?;
        let seen = self.seen(&source)?;
        let paces = self.paces().map_err(|error| {
            let why = "The job list could not be read.";
            Box::new(Failure::new(Code::Internal, &source, why).detail(error))
        })?;
        let offers = profiles.iter().map(|profile| {
            let made = seen.made(profile, self.craft.as_ref());
            offer(profile, &made, &paces, self.workers())
        });
        Ok(Look { offers: offers.collect(), facts: facts(&seen.probe, &seen.summary, &seen.index) })
    }

    fn seen(&self, source: &Path) -> Result<Arc<Seen>, Box<Failure>> {
        let identity = Identity::of(source)?;
        let key = format!("{identity:?} {}", source.display());
        self.looking.once(
            &key,
            source,
            || self.looks.held(source, &identity),
            || {
                let seen = Arc::new(self.inspect(source, identity, &key)?);
                self.looks.keep(Arc::clone(&seen));
                Ok(seen)
            },
        )
    }

    fn inspect(&self, source: &Path, identity: Identity, key: &str) -> Result<Seen, Box<Failure>> {
        let folder = self.config.data_dir.join("looks");
        // Several processes may look at the same file.
        let name = format!("{}-{}.index", files::hash_bytes(key.as_bytes()), std::process::id());
        let path = folder.join(name);
        let own = |error: std::io::Error| {
            Box::new(Failure::new(Code::Io, source, format!("{}: {error}.", path.display())))
        };
        fs::create_dir_all(&folder).map_err(own)?;
        let task = InspectTask {
            source: source.to_path_buf(),
            index: Some(path.clone()),
            method: IndexMethod::Auto,
        };
        let reach = Reach { readable: &[source], writable: &[&folder], file_bytes: 0 };
        let answer = self.ask_with(source, Task::Inspect(task), &reach);
        let index = answer.is_ok().then(|| FrameIndex::read(&path));
        files::remove(&path).map_err(own)?;
        let (done, index) = match (answer?, index) {
            (Outcome::Inspect(done), Some(index)) => (done, index.map_err(own)?),
            (other, _) => return Err(unexpected(source, &other)),
        };
        identity.check(source)?;
        let Some(summary) = done.index else {
            return Err(Box::new(Failure::new(Code::Internal, source, "The worker made no index.")));
        };
        Ok(Seen::new(source.to_path_buf(), identity, done.probe, summary, index))
    }

    /// What a submission of all requests would lead to: it is made in earnest and taken back, so that
    /// names and collisions are those of a submission.
    ///
    /// # Errors
    /// Those of the database.
    pub fn rehearse(&self, requests: &[SubmitRequest]) -> Result<Rehearsal, EngineError> {
        // What takes long comes before the database is held.
        let bytes_needed = self.known_bytes(requests);
        let paces = self.paces()?;
        let now_ms = self.clock.now_ms();
        let mut connection = self.lock();
        let tx = Tx::begin(&mut connection, now_ms)?;
        let (mut jobs, mut ids, mut folders) = (Vec::new(), Vec::new(), Vec::new());
        for request in requests {
            for id in submit::submit(&tx, request.clone())? {
                let job = tx.job_by_id(id)?;
                jobs.push(rehearse::job(&tx, &job)?);
                folders.push(job.out_dir);
                ids.push(id);
            }
            restore_sources(&mut jobs, request);
        }
        let forecast = self.forecast_in(tx.reader(), &paces, now_ms)?;
        // Nothing of it is kept.
        drop(tx);
        drop(connection);
        for (job, id) in jobs.iter_mut().zip(&ids) {
            let end = forecast.iter().find(|forecast| forecast.job == *id);
            job.finish_ms = end.map(|forecast| forecast.finish_ms).filter(|_| job.failure.is_none());
        }
        folders.sort();
        folders.dedup();
        Ok(Rehearsal {
            finish_ms: jobs.iter().filter_map(|job| job.finish_ms).max(),
            bytes_needed,
            bytes_free: folders.iter().filter_map(|folder| files::free_bytes(folder).ok()).min(),
            jobs,
        })
    }

    /// Makes the jobs of all requests in one transaction; see [`Self::submit`].
    ///
    /// # Errors
    /// Those of the database.
    pub fn submit_all(&self, requests: Vec<SubmitRequest>) -> Result<Vec<JobId>, EngineError> {
        self.write(|tx| {
            let mut ids = Vec::new();
            for request in requests {
                ids.extend(submit::submit(tx, request)?);
            }
            Ok(ids)
        })
    }

    /// Plans what was looked at; gives the bytes that it all needs.
    fn known_bytes(&self, requests: &[SubmitRequest]) -> u64 {
        let mut bytes = 0_u64;
        for request in requests {
            for source in &request.sources {
                let Ok(source) = std::path::absolute(source) else { continue };
                let Ok(identity) = Identity::of(&source) else { continue };
                let Some(seen) = self.looks.held(&source, &identity) else { continue };
                for profile in &request.profiles {
                    let made = seen.made(profile, self.craft.as_ref());
                    bytes = bytes.saturating_add(made.bytes_needed);
                }
            }
        }
        bytes
    }
}

fn offer(profile: &Profile, made: &Made, paces: &Paces, workers: usize) -> Offer {
    let stops = made.failure.is_some();
    let (work_ms, measured) = forecast::alone(&made.loads, &profile.id, paces, workers);
    Offer {
        profile: profile.id.clone(),
        verdict: made.verdict,
        findings: made.findings.clone(),
        failure: made.failure.clone(),
        segments: made.segments,
        bytes_needed: made.bytes_needed,
        work_ms: (!stops).then_some(work_ms),
        measured: measured && !stops,
    }
}

/// Jobs know their sources as absolute paths; whoever asked knows them as asked.
fn restore_sources(jobs: &mut [crate::sheet::RehearsedJob], request: &SubmitRequest) {
    let count = request.sources.len() * request.profiles.len();
    let first = jobs.len().saturating_sub(count);
    let asked = request.sources.iter().flat_map(|source| request.profiles.iter().map(move |_| source));
    for (job, source) in jobs[first..].iter_mut().zip(asked) {
        job.source.clone_from(source);
    }
}
