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
    route::{self, Case, EngineKind, EngineWish, Offload, Survey},
    sheet::{
        Look, Offer, Rehearsal, RehearsedJob,
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
        // What takes long comes before the database is held.
        let made: Vec<_> = profiles.iter().map(|profile| seen.made(profile, self.craft.as_ref())).collect();
        let offers = self.offers(&seen, profiles, &made).map_err(|error| unread(&source, &error))?;
        Ok(Look { offers, facts: facts(&seen.probe, &seen.summary, &seen.index) })
    }

    fn offers(
        &self,
        seen: &Seen,
        profiles: &[Profile],
        made: &[Arc<Made>],
    ) -> Result<Vec<Offer>, EngineError> {
        let paces = self.paces()?;
        self.surveyed(|tx, survey| {
            let each = profiles.iter().zip(made).map(|(profile, made)| {
                let engines = match &made.offload {
                    Some(offload) => route::offers(tx, survey, &case(seen, profile, None, made, offload))?.0,
                    None => Vec::new(),
                };
                Ok(Offer { engines, ..offer(profile, made, &paces, self.workers()) })
            });
            each.collect()
        })
    }

    /// Looks at prices, budgets and the queue as they are at one moment; changes nothing.
    pub(super) fn surveyed<T>(
        &self,
        work: impl FnOnce(&Tx<'_>, &Survey<'_>) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let mut connection = self.lock();
        let tx = Tx::begin(&mut connection, self.clock.now_ms())?;
        work(&tx, &Survey::new(&self.config, self.foresight()))
    }

    pub(super) fn seen(&self, source: &Path) -> Result<Arc<Seen>, Box<Failure>> {
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
        self.route_all(&tx, &mut jobs, &ids)?;
        let forecast = self.foresight().forecast(tx.reader(), &paces, now_ms)?;
        // Nothing of it is kept.
        drop(tx);
        drop(connection);
        for (job, id) in jobs.iter_mut().zip(&ids) {
            let end = forecast.iter().find(|forecast| forecast.job == *id);
            let end = end.map(|forecast| forecast.finish_ms).filter(|_| job.failure.is_none());
            job.finish_ms = job.finish_ms.or(end);
        }
        folders.sort();
        folders.dedup();
        Ok(Rehearsal {
            finish_ms: jobs.iter().filter_map(|job| job.finish_ms).max(),
            cost: jobs.iter().filter_map(|job| job.cost).sum(),
            bytes_needed,
            bytes_free: folders.iter().filter_map(|folder| files::free_bytes(folder).ok()).min(),
            jobs,
        })
    }

    /// Which engine would do each job, and when it would be through in the cloud: decided in the order of the queue,
    /// as it will be; what spills makes room here for what comes behind it. Of sources that nobody has looked at
    /// nothing is said.
    fn route_all(&self, tx: &Tx<'_>, jobs: &mut [RehearsedJob], ids: &[JobId]) -> Result<(), EngineError> {
        let survey = Survey::new(&self.config, self.foresight());
        for (rehearsed, id) in jobs.iter_mut().zip(ids).filter(|(job, _)| job.failure.is_none()) {
            let job = tx.job_by_id(*id)?;
            let seen = job.identity.and_then(|identity| self.looks.held(&job.source, &identity));
            let Some(seen) = seen else { continue };
            let Some(made) = seen.known(&job.profile) else { continue };
            let Some(offload) = &made.offload else { continue };
            let asked = Case {
                wish: job.engine_wish,
                deadline_ms: job.extras.deadline_ms,
                ..case(&seen, &job.profile, Some(*id), &made, offload)
            };
            let (offers, decided) = route::offers(tx, &survey, &asked)?;
            if let Ok(route) = &decided {
                rehearsed.cost =
                    offers.iter().find(|offer| offer.engine == route.engine).and_then(|offer| offer.cost);
                if route.engine == EngineKind::Cloud {
                    tx.promise(job.key.num, rehearsed.cost.map_or(0, |cost| cost.high_microusd))?;
                    rehearsed.finish_ms = route::finish_there(tx, &survey, &asked)?;
                    survey.spill(tx, *id)?;
                }
            }
            rehearsed.route = decided.ok();
        }
        Ok(())
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

/// A file that is not in the queue, or is only tried out.
pub(super) fn case<'a>(
    seen: &Seen,
    profile: &'a Profile,
    job: Option<JobId>,
    made: &'a Made,
    offload: &'a Offload,
) -> Case<'a> {
    Case {
        wish: EngineWish::Auto,
        profile,
        deadline_ms: None,
        job,
        source_bytes: seen.identity.bytes,
        local: &made.loads,
        offload: offload.as_ref(),
    }
}

/// The database did not answer.
pub(super) fn unread(source: &Path, error: &EngineError) -> Box<Failure> {
    Box::new(Failure::new(Code::Internal, source, "The job list could not be read.").detail(error))
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
        engines: Vec::new(),
    }
}

/// Jobs know their sources as absolute paths; whoever asked knows them as asked.
fn restore_sources(jobs: &mut [RehearsedJob], request: &SubmitRequest) {
    let count = request.sources.len() * request.profiles.len();
    let first = jobs.len().saturating_sub(count);
    let asked = request.sources.iter().flat_map(|source| request.profiles.iter().map(move |_| source));
    for (job, source) in jobs[first..].iter_mut().zip(asked) {
        job.source.clone_from(source);
    }
}
