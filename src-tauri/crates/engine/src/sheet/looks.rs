//! Files that were looked at, kept while the program runs: a second look costs nothing.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use spillway_media::{facts::Probe, index::FrameIndex, task::IndexSummary};
use spillway_profile::{Profile, Verdict};

use crate::{
    failure::Failure,
    forecast::{Load, Shape},
    plan::{Finding, SourceFacts, VideoPlan},
    preflight,
    route::Offload,
    steps::{Craft, source::Identity},
};

/// Files kept at most.
const MOST_FILES: usize = 256;
/// Frames kept at most, all files together; one takes some 32 bytes.
const MOST_FRAMES: usize = 2_000_000;
/// Profiles kept for each file at most.
const MOST_PROFILES: usize = 64;

/// One version of a file with everything that a plan needs.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) path: PathBuf,
    pub(crate) identity: Identity,
    pub(crate) probe: Probe,
    pub(crate) summary: IndexSummary,
    pub(crate) index: FrameIndex,
    made: Mutex<VecDeque<(Profile, Arc<Made>)>>,
}

/// What a profile makes of a file, before any speed is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Made {
    pub(crate) verdict: Verdict,
    pub(crate) findings: Vec<Finding>,
    pub(crate) failure: Option<Failure>,
    pub(crate) segments: u32,
    pub(crate) bytes_needed: u64,
    /// What its steps ask for; empty where it would stop.
    pub(crate) loads: Vec<Load>,
    /// The plan with which the cloud would do it; `None` where it would stop.
    pub(crate) offload: Option<Offload>,
}

impl Seen {
    pub(crate) fn new(
        path: PathBuf,
        identity: Identity,
        probe: Probe,
        summary: IndexSummary,
        index: FrameIndex,
    ) -> Self {
        Self { path, identity, probe, summary, index, made: Mutex::default() }
    }

    /// What `profile` makes of the file.
    pub(crate) fn made(&self, profile: &Profile, craft: &dyn Craft) -> Arc<Made> {
        let held = |made: &VecDeque<(Profile, Arc<Made>)>| {
            made.iter().find(|(known, _)| known == profile).map(|(_, made)| Arc::clone(made))
        };
        if let Some(made) = held(&locked(&self.made)) {
            return made;
        }
        // Outside of the lock: planning a long film takes a while.
        let fresh = Arc::new(self.make(profile, craft));
        let mut made = locked(&self.made);
        if let Some(made) = held(&made) {
            return made;
        }
        if made.len() == MOST_PROFILES {
            made.pop_front();
        }
        made.push_back((profile.clone(), Arc::clone(&fresh)));
        fresh
    }

    /// As [`Self::made`], only where it is known already.
    pub(crate) fn known(&self, profile: &Profile) -> Option<Arc<Made>> {
        locked(&self.made).iter().find(|(known, _)| known == profile).map(|(_, made)| Arc::clone(made))
    }

    fn make(&self, profile: &Profile, craft: &dyn Craft) -> Made {
        let facts = SourceFacts {
            path: &self.path,
            probe: &self.probe,
            summary: &self.summary,
            index: &self.index,
            linear: false,
        };
        match craft.plan(profile, &facts) {
            Ok(planned) => {
                // A template of the account is not asked for here: it changes no times and few prices.
                let offload = craft.offload(profile, &facts, &planned, None);
                let plan = planned.plan;
                let segments = plan.outputs.iter().map(|output| match &output.video {
                    VideoPlan::Encode { segments, .. } => segments.len(),
                    VideoPlan::Copy => 0,
                });
                Made {
                    verdict: worst(&plan.findings),
                    segments: u32::try_from(segments.sum::<usize>()).unwrap_or(u32::MAX),
                    bytes_needed: plan.bytes_needed,
                    loads: Shape::of(&plan, self.identity.bytes).loads(&plan),
                    findings: plan.findings,
                    failure: None,
                    offload: Some(offload),
                }
            }
            Err(failure) => Made {
                verdict: Verdict::Stop,
                findings: preflight::findings(profile, &facts),
                failure: Some(*failure),
                segments: 0,
                bytes_needed: 0,
                loads: Vec::new(),
                offload: None,
            },
        }
    }
}

fn worst(findings: &[Finding]) -> Verdict {
    let rank = |verdict: &Verdict| match verdict {
        Verdict::Pass => 0,
        Verdict::Warn => 1,
        Verdict::Stop => 2,
    };
    findings.iter().map(|finding| finding.verdict).max_by_key(rank).unwrap_or_default()
}

/// The files looked at last.
#[derive(Debug, Default)]
pub(crate) struct Looks(Mutex<VecDeque<Arc<Seen>>>);

impl Looks {
    /// This version of a file, if it was looked at; it counts as looked at again.
    pub(crate) fn held(&self, path: &Path, identity: &Identity) -> Option<Arc<Seen>> {
        let mut looks = locked(&self.0);
        let at = looks.iter().position(|seen| seen.path == path && seen.identity == *identity)?;
        let seen = looks.remove(at)?;
        looks.push_back(Arc::clone(&seen));
        Some(seen)
    }

    /// Keeps a look, in place of one at another version of the same file.
    pub(crate) fn keep(&self, seen: Arc<Seen>) {
        let mut looks = locked(&self.0);
        looks.retain(|other| other.path != seen.path);
        looks.push_back(seen);
        let frames =
            |looks: &VecDeque<Arc<Seen>>| -> usize { looks.iter().map(|seen| seen.index.frames.len()).sum() };
        while looks.len() > MOST_FILES || (looks.len() > 1 && frames(&looks) > MOST_FRAMES) {
            looks.pop_front();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::sample::{self, Source};

    fn seen(path: &str, frames: u64, version: i64) -> Arc<Seen> {
        let Source { probe, summary, index, .. } = Source::new(frames);
        let identity = Identity { bytes: 1, mtime_ns: version, dev: 1, inode: 1 };
        Arc::new(Seen::new(path.into(), identity, probe, summary, index))
    }

    fn craft() -> crate::craft::Workers {
        let silence = std::time::Duration::from_secs(1);
        let supervisor =
            spillway_media::process::Supervisor { program: "unused".into(), arguments: vec![], silence };
        crate::craft::Workers { supervisor }
    }

    #[test]
    fn a_plan_is_made_once_for_each_profile() {
        let seen = seen("/a", 240, 1);
        let profile = sample::profile(sample::mp4_output());
        assert!(seen.known(&profile).is_none());
        let made = seen.made(&profile, &craft());
        assert!(made.failure.is_none() && made.segments > 0 && made.bytes_needed > 0);
        assert!(Arc::ptr_eq(&made, &seen.made(&profile, &craft())));
        assert!(made.loads.iter().any(|load| load.amount > 0.0));
    }

    #[test]
    fn everything_that_speaks_against_a_file_is_found_at_once() {
        let seen = seen("/a", 240, 1);
        let mut profile = sample::profile(sample::mp4_output());
        profile.accept.min_width = Some(4_096);
        profile.accept.min_height = Some(2_160);
        let made = seen.made(&profile, &craft());
        assert_eq!(made.verdict, Verdict::Stop);
        let stops = made.findings.iter().filter(|finding| finding.verdict == Verdict::Stop);
        assert_eq!(stops.count(), 2, "{:?}", made.findings);
        assert!(made.failure.is_some() && made.loads.is_empty());
    }

    #[test]
    fn a_look_is_kept_for_its_version_only() {
        let looks = Looks::default();
        let old = seen("/a", 10, 1);
        looks.keep(Arc::clone(&old));
        assert!(looks.held(&old.path, &old.identity).is_some());
        let new = seen("/a", 10, 2);
        assert!(looks.held(&new.path, &new.identity).is_none());
        looks.keep(Arc::clone(&new));
        assert!(looks.held(&old.path, &old.identity).is_none());
    }

    #[test]
    fn frames_and_files_are_bounded_and_the_last_used_stay() {
        let looks = Looks::default();
        let long = seen("/long", MOST_FRAMES as u64, 1);
        looks.keep(Arc::clone(&long));
        assert!(looks.held(&long.path, &long.identity).is_some(), "one film is kept however long it is");
        looks.keep(seen("/b", 10, 1));
        assert!(looks.held(&long.path, &long.identity).is_none());
        for n in 0..MOST_FILES {
            looks.keep(seen(&format!("/{n}"), 1, 1));
        }
        let first = seen("/0", 1, 1);
        assert!(looks.held(&first.path, &first.identity).is_some());
        looks.keep(seen("/more", 1, 1));
        assert!(looks.held(&first.path, &first.identity).is_some(), "used just now");
        let second = seen("/1", 1, 1);
        assert!(looks.held(&second.path, &second.identity).is_none());
    }
}
