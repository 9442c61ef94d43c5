//! Following many jobs with few calls: pages of lists, never one call per job.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::AtomicBool,
};

use spillway_cloud::{
    CloudError,
    convert::{RemoteJob, RemoteStatus},
};

use super::CloudAccess;

/// Jobs on a page, by the service's rule.
const PAGE: usize = 20;
/// Pages of finished jobs beyond those that would hold all that are looked for.
const SPARE_PAGES: usize = 3;
/// Jobs asked for one by one in a round, when no list has them.
const SINGLE: usize = 5;
/// Pause between rounds in ms: with so many jobs or fewer …
const FEW: usize = 20;
const SHORTEST_MS: i64 = 5_000;
/// … and with so many or more.
const MANY: usize = 1_000;
const LONGEST_MS: i64 = 60_000;

/// Jobs of a queue that are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) queue: Option<String>,
    pub(super) ids: BTreeSet<String>,
    /// Nothing older than this is looked for, ms UTC of the service's clock, give or take.
    pub(super) since_ms: i64,
}

/// What was found; `None`: the service does not know the job any more.
pub(super) type Found = BTreeMap<String, Option<RemoteJob>>;

/// Pause before the next round, ms.
pub(super) fn pause_ms(jobs: usize) -> i64 {
    let above = jobs.clamp(FEW, MANY) - FEW;
    let above = i64::try_from(above).unwrap_or(i64::MAX);
    let span = i64::try_from(MANY - FEW).unwrap_or(1);
    SHORTEST_MS + above * (LONGEST_MS - SHORTEST_MS) / span
}

/// One round. Lists are read in the order in which a job moves through them, so that none slips by.
pub(super) fn round(
    cloud: &dyn CloudAccess,
    asked: &[Asked],
    cancel: &AtomicBool,
) -> Result<Found, CloudError> {
    let mut found = Found::new();
    for asked in asked {
        let mut missing = asked.ids.clone();
        for status in [RemoteStatus::Submitted, RemoteStatus::Progressing] {
            pages(cloud, asked, status, None, &mut missing, &mut found, cancel)?;
        }
        for status in [RemoteStatus::Complete, RemoteStatus::Error, RemoteStatus::Canceled] {
            let most = missing.len().div_ceil(PAGE) + SPARE_PAGES;
            pages(cloud, asked, status, Some(most), &mut missing, &mut found, cancel)?;
        }
        for id in missing.into_iter().take(SINGLE) {
            let job = cloud.remote_job(&id, cancel)?;
            found.insert(id, job);
        }
    }
    Ok(found)
}

fn pages(
    cloud: &dyn CloudAccess,
    asked: &Asked,
    status: RemoteStatus,
    most: Option<usize>,
    missing: &mut BTreeSet<String>,
    found: &mut Found,
    cancel: &AtomicBool,
) -> Result<(), CloudError> {
    let mut from: Option<String> = None;
    let mut read = 0;
    while !missing.is_empty() && most.is_none_or(|most| read < most) {
        let page = cloud.jobs_page(asked.queue.as_deref(), status, from.as_deref(), cancel)?;
        read += 1;
        // Newest first: behind somebody else's old jobs there is none of ours.
        let old = page.jobs.last().and_then(|job| job.created_ms).is_some_and(|ms| ms < asked.since_ms);
        for job in page.jobs {
            if missing.remove(&job.id) {
                found.insert(job.id.clone(), Some(job));
            }
        }
        from = page.next;
        if from.is_none() || old {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_with_the_number_of_jobs() {
        assert_eq!([0, 1, 20].map(pause_ms), [5_000; 3]);
        assert_eq!([1_000, 100_000].map(pause_ms), [60_000; 2]);
        let pauses: Vec<i64> = (0..1_200).map(pause_ms).collect();
        assert!(pauses.is_sorted());
    }
}
