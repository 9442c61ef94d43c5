//! The account in the cloud, as the shells ask for it: setting it up, what lies in its bucket, settings of its jobs.

use std::{
    collections::{HashMap, hash_map::Entry},
    ops::ControlFlow,
    path::Path,
    sync::atomic::AtomicBool,
};

use serde_json::Value;
use spillway_cloud::{
    Cloud, CloudError,
    job::{Unsupported, parse_template},
    setup::{SetupReport, SetupWish},
};
use spillway_profile::Profile;

use super::{Engine, look::absolute};
use crate::{
    cost::{self, Leftover, Leftovers},
    db,
    error::EngineError,
    failure::{Code, Failure},
    model::JobId,
    plan::{self, SourceFacts, nominal::Nominal},
    remote::{RemoteView, compile::compile_all},
};

/// Objects told of one by one.
const MOST_TOLD: usize = 1_000;
/// A month as prices of storage count it, in ms.
const MONTH_MS: u128 = 730 * 3_600_000;

impl Engine {
    /// MediaConvert jobs of a job, in the order of its steps.
    ///
    /// # Errors
    /// Those of the database.
    pub fn remote_jobs(&self, job: JobId) -> Result<Vec<RemoteView>, EngineError> {
        db::remote_views(&self.lock(), job)
    }

    /// Sets the account up, or checks it. Settings are not written: that is the caller's.
    ///
    /// # Errors
    /// [`EngineError::Cloud`] when no call can be made at all.
    pub fn set_up_cloud(&self, wish: &SetupWish) -> Result<SetupReport, EngineError> {
        Ok(Cloud::connect(&self.config.cloud)?.set_up(wish, &AtomicBool::new(false))?)
    }

    /// What lies in the bucket below Spillway's prefix.
    ///
    /// # Errors
    /// [`EngineError::Cloud`], [`EngineError::PriceBook`], and those of the database.
    pub fn leftovers(&self) -> Result<Leftovers, EngineError> {
        let all = self.lying()?;
        self.told(all)
    }

    /// Removes from the bucket what no job needs any more; what is left and what was removed, as one list each.
    ///
    /// # Errors
    /// [`EngineError::Cloud`], [`EngineError::PriceBook`], and those of the database. What is gone is gone.
    pub fn sweep_cloud(&self) -> Result<(Leftovers, Leftovers), EngineError> {
        let (kept, over): (Vec<Leftover>, Vec<Leftover>) =
            self.lying()?.into_iter().partition(|object| object.in_use);
        let (cloud, bucket) = self.connected()?;
        let never = AtomicBool::new(false);
        let mut folders: Vec<&str> = over.iter().map(|object| folder(&object.key, object.job)).collect();
        folders.sort_unstable();
        folders.dedup();
        for folder in folders {
            cloud.remove_below(&bucket, folder, &never)?;
        }
        Ok((self.told(kept)?, self.told(over)?))
    }

    /// Settings of the MediaConvert jobs that a profile compiles to, for a file, or for a 1080p25 `ProRes` master of
    /// ten minutes: one document per encoded output, with its id.
    ///
    /// # Errors
    /// Why the file can be no source; the inner error: what MediaConvert cannot do of it.
    #[allow(clippy::type_complexity, reason = "two different kinds of no")]
    pub fn mediaconvert_settings(
        &self,
        profile: &Profile,
        source: Option<&Path>,
    ) -> Result<Result<Vec<(String, Value)>, Vec<Unsupported>>, Box<Failure>> {
        let template = self.template_of(profile, source.unwrap_or(Path::new(&profile.id)))?;
        let compiled = |facts: &SourceFacts<'_>| {
            let planned = plan::plan(profile, facts)?;
            let jobs = compile_all(profile, facts, &planned, template.as_ref());
            Ok(jobs.map(|jobs| jobs.into_iter().map(|(id, job)| (id, job.settings)).collect()))
        };
        let Some(path) = source else { return compiled(&Nominal::new().facts()) };
        let seen = self.seen(&absolute(path)?)?;
        compiled(&SourceFacts {
            path: &seen.path,
            probe: &seen.probe,
            summary: &seen.summary,
            index: &seen.index,
            linear: false,
        })
    }

    /// Settings that the profile's own are laid over.
    fn template_of(&self, profile: &Profile, about: &Path) -> Result<Option<Value>, Box<Failure>> {
        let options = &profile.mediaconvert;
        if let Some(text) = &options.template_json {
            let parsed = parse_template(text).map_err(|error| {
                let why = format!("`template_json` of the profile is no job template: {error}.");
                Box::new(Failure::new(Code::NotAccepted, about, why))
            })?;
            return Ok(Some(parsed));
        }
        let Some(name) = &options.template else { return Ok(None) };
        let asked = || Cloud::connect(&self.config.cloud)?.template(name, &AtomicBool::new(false));
        asked().map(Some).map_err(|error| {
            let why = format!("The job template \u{201c}{name}\u{201d} cannot be had: {error}.");
            Box::new(Failure::new(Code::NotAccepted, about, why))
        })
    }

    fn connected(&self) -> Result<(Cloud, String), EngineError> {
        let bucket = self.config.cloud.bucket.clone();
        let missing = CloudError::Setting { name: "bucket", why: "it is not set" };
        Ok((Cloud::connect(&self.config.cloud)?, bucket.ok_or(missing)?))
    }

    /// Everything below the prefix, largest first.
    fn lying(&self) -> Result<Vec<Leftover>, EngineError> {
        let (cloud, bucket) = self.connected()?;
        let (prefix, never) = (self.config.cloud.key_prefix(), AtomicBool::new(false));
        let mut found: Vec<Leftover> = Vec::new();
        let object = |key: String, bytes, stored_ms, unfinished| Leftover {
            job: key.strip_prefix(&prefix).and_then(job_of),
            in_use: false,
            key,
            bytes,
            stored_ms,
            unfinished,
        };
        let mut page = |objects: Vec<spillway_cloud::Object>| {
            found.extend(objects.into_iter().map(|one| object(one.key, one.bytes, one.modified_ms, false)));
            ControlFlow::Continue(())
        };
        cloud.list(&bucket, &prefix, &mut page, &never)?;
        let open = cloud.unfinished(&bucket, &prefix, &never)?;
        found.extend(open.into_iter().map(|one| object(one.key, one.bytes, one.begun_ms, true)));
        self.mark_used(&mut found)?;
        found.sort_by(|one, other| other.bytes.cmp(&one.bytes).then_with(|| one.key.cmp(&other.key)));
        Ok(found)
    }

    fn mark_used(&self, found: &mut [Leftover]) -> Result<(), EngineError> {
        let sql = self.lock();
        let mut known: HashMap<JobId, bool> = HashMap::new();
        for object in found {
            let Some(job) = object.job else { continue };
            object.in_use = match known.entry(job) {
                Entry::Occupied(used) => *used.get(),
                Entry::Vacant(free) => *free.insert(db::unfinished_among(&sql, &[job])? > 0),
            };
        }
        Ok(())
    }

    fn told(&self, mut objects: Vec<Leftover>) -> Result<Leftovers, EngineError> {
        let book = cost::price_book(&self.config.data_dir)?;
        let bytes = objects.iter().map(|object| object.bytes).sum::<u64>();
        let count = objects.len() as u64;
        objects.truncate(MOST_TOLD);
        let region = self.config.cloud.region.as_deref().unwrap_or(book.home_region());
        let monthly = book.storage(u128::from(bytes) * MONTH_MS, region);
        Ok(Leftovers { objects, count, bytes, monthly_microusd: monthly.microusd })
    }
}

/// The job whose folder a key, without the prefix, lies in.
fn job_of(key: &str) -> Option<JobId> {
    key.split('/').next()?.parse().ok()
}

/// What to remove for an object: all of its job, or it alone.
fn folder(key: &str, job: Option<JobId>) -> &str {
    let named = job.and_then(|job| {
        let name = job.to_string();
        key.find(&name).map(|at| &key[..=(at + name.len()).min(key.len() - 1)])
    });
    named.unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_removes_whole_jobs_and_nothing_else() {
        let id = "0192f0c1-2f4b-7e0a-9a53-000000000001";
        let job = job_of(&format!("{id}/0-0/0/00000/in.mov"));
        assert_eq!(job, id.parse().ok());
        assert_eq!(folder(&format!("spillway/{id}/0-0/x"), job), format!("spillway/{id}/"));
        assert_eq!(job_of("notes.txt"), None);
        assert_eq!(folder("spillway/notes.txt", None), "spillway/notes.txt");
    }
}
