//! Which notifications there are: one for each job that ended, or one for many that ended together.

use std::time::{Duration, Instant};

use spillway_engine::{
    live::LiveJob,
    model::{JobId, JobState},
    settings::DesktopSettings,
};

use crate::words::Tongue;

/// Jobs that end within this time are told of together.
const TOGETHER: Duration = Duration::from_secs(2);
/// From so many on there is one notification for all of them.
const MANY: usize = 3;

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// In bold.
    pub(crate) title: String,
    /// Below it.
    pub(crate) text: String,
    /// Shown when it is clicked; `None`: the window as it is.
    pub(crate) job: Option<JobId>,
}

/// Jobs that ended, and were not told of.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    waiting: Vec<LiveJob>,
    first: Option<Instant>,
}

impl Notices {
    /// A job ended.
    pub(crate) fn note(&mut self, live: &LiveJob, now: Instant) {
        self.first.get_or_insert(now);
        self.waiting.retain(|waiting| waiting.job.id != live.job.id);
        self.waiting.push(live.clone());
    }

    /// When those that wait are to be told of.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.first.map(|first| first + TOGETHER)
    }

    /// What is to be shown now. `seen`: the window is in front, and shows it already.
    pub(crate) fn take(
        &mut self,
        settings: &DesktopSettings,
        seen: bool,
        tongue: Tongue,
        now: Instant,
    ) -> Vec<Notice> {
        if self.due().is_none_or(|due| due > now) {
            return Vec::new();
        }
        self.first = None;
        let ended = std::mem::take(&mut self.waiting);
        if seen { Vec::new() } else { decide(&ended, settings, tongue) }
    }
}

fn decide(ended: &[LiveJob], settings: &DesktopSettings, tongue: Tongue) -> Vec<Notice> {
    let wanted: Vec<_> = ended
        .iter()
        .filter(|live| match live.job.state {
            JobState::Delivered => settings.notify_delivered,
            JobState::Failed => settings.notify_failed,
            // Taken up again, or stopped by the user's own hand.
            JobState::Queued | JobState::Running | JobState::Cancelled => false,
        })
        .collect();
    let failed: Vec<_> = wanted.iter().filter(|live| live.job.state == JobState::Failed).collect();
    if wanted.len() >= MANY {
        let (title, text) = tongue.many(wanted.len() - failed.len(), failed.len());
        let job = if let [only] = failed.as_slice() { Some(only.job.id) } else { None };
        return vec![Notice { title, text, job }];
    }
    let one = |live: &&LiveJob| {
        let (title, text) = match live.job.state {
            JobState::Failed => tongue.failed(live),
            _ => tongue.delivered(live),
        };
        Notice { title, text, job: Some(live.job.id) }
    };
    wanted.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::fixture;

    fn ended(number: u128, state: JobState) -> LiveJob {
        let mut live = fixture::live(number, 1);
        live.job.state = state;
        live
    }

    fn shown(states: &[JobState], settings: &DesktopSettings, seen: bool) -> Vec<Notice> {
        let now = Instant::now();
        let mut notices = Notices::default();
        for (number, state) in (1..).zip(states) {
            notices.note(&ended(number, *state), now);
        }
        assert_eq!(notices.take(settings, seen, Tongue::English, now), [], "more may end in a moment");
        let shown = notices.take(settings, seen, Tongue::English, now + TOGETHER);
        assert_eq!(notices.due(), None);
        shown
    }

    #[test]
    fn one_job_is_named_with_its_partner() {
        let [notice] = &shown(&[JobState::Delivered], &DesktopSettings::default(), false)[..] else {
            unreachable!("one job, one notification")
        };
        assert_eq!(notice.title, "Delivered: Reel 1.mov");
        assert!(notice.text.contains("YouTube"), "{}", notice.text);
        assert_eq!(notice.job, Some(fixture::id(1)));
    }

    #[test]
    fn many_are_told_of_at_once_and_lead_to_the_one_that_failed() {
        let states = [JobState::Delivered, JobState::Failed, JobState::Delivered];
        let [notice] = &shown(&states, &DesktopSettings::default(), false)[..] else {
            unreachable!("one notification for all")
        };
        assert_eq!(notice.title, "2 jobs delivered, 1 not delivered");
        assert_eq!(notice.job, Some(fixture::id(2)));
    }

    #[test]
    fn nothing_is_said_that_is_seen_not_wanted_or_the_user_s_own_doing() {
        let all = DesktopSettings::default();
        assert_eq!(shown(&[JobState::Delivered], &all, true), []);
        assert_eq!(shown(&[JobState::Cancelled, JobState::Running], &all, false), []);
        let quiet = DesktopSettings { notify_delivered: false, ..all };
        let told = shown(&[JobState::Delivered, JobState::Failed, JobState::Delivered], &quiet, false);
        assert_eq!(told.iter().map(|notice| notice.job).collect::<Vec<_>>(), [Some(fixture::id(2))]);
    }

    #[test]
    fn a_job_that_is_taken_up_again_at_once_counts_as_it_stands_last() {
        let now = Instant::now();
        let mut notices = Notices::default();
        notices.note(&ended(1, JobState::Failed), now);
        notices.note(&ended(1, JobState::Delivered), now);
        let shown = notices.take(&DesktopSettings::default(), false, Tongue::English, now + TOGETHER);
        assert_eq!(shown.len(), 1);
        assert!(shown[0].title.starts_with("Delivered"));
    }
}
