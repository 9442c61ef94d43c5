//! Which journal entries are told to others, and as what. Pure.

use super::{ChannelSettings, Topic};
use crate::{
    live::LiveJob,
    model::{EventBody, JobState, StepKind, StepState, Wish},
};

/// What a channel is told that names no topics.
const USUAL: [Topic; 7] = [
    Topic::JobSubmitted,
    Topic::JobDelivered,
    Topic::JobFailed,
    Topic::JobCancelled,
    Topic::WatchUnreachable,
    Topic::WatchReachable,
    Topic::ArrivalHeld,
];

impl ChannelSettings {
    /// Whether the channel is told of this, by topic.
    pub(crate) fn wants(&self, topic: Topic) -> bool {
        if self.topics.is_empty() { USUAL.contains(&topic) } else { self.topics.contains(&topic) }
    }

    /// Whether it is told of jobs of a profile; `None`: of what concerns no job.
    pub(crate) fn concerns(&self, profile: Option<&str>) -> bool {
        self.profiles.is_empty() || profile.is_some_and(|id| self.profiles.iter().any(|one| one == id))
    }
}

/// The topic of a journal entry. A step that is done may be progress or not: that depends on what was told before.
pub(super) fn topic(body: &EventBody) -> Option<Topic> {
    match body {
        EventBody::Submitted => Some(Topic::JobSubmitted),
        EventBody::Job { state, .. } => Some(match state {
            // Taken up again after it failed.
            JobState::Queued => Topic::JobResumed,
            JobState::Running => Topic::JobStarted,
            JobState::Delivered => Topic::JobDelivered,
            JobState::Failed => Topic::JobFailed,
            JobState::Cancelled => Topic::JobCancelled,
        }),
        EventBody::Wished { wish: Wish::Pause } => Some(Topic::JobHeld),
        EventBody::Wished { wish: Wish::Run } => Some(Topic::JobResumed),
        EventBody::Step { kind: StepKind::Segment, state: StepState::Done, .. } => Some(Topic::JobProgress),
        // A cancellation is told of when it has happened.
        EventBody::Wished { wish: Wish::Cancel }
        | EventBody::Step { .. }
        | EventBody::Planned { .. }
        | EventBody::Recovered { .. }
        | EventBody::Routed { .. }
        | EventBody::Charged { .. }
        | EventBody::Moved { .. }
        | EventBody::Dismissed
        | EventBody::Removed => None,
    }
}

/// How far a job is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Done {
    /// 0 to 100; 100 for delivered jobs only.
    pub(super) percent: u8,
    /// Segments that are finished.
    pub(super) encoded: u64,
    /// Segments in all.
    pub(super) segments: u64,
}

/// By frames encoded; by steps where nothing is encoded.
pub(super) fn done(job: &LiveJob, state: JobState) -> Done {
    let segments = job.cells.iter().filter(|cell| cell.kind == StepKind::Segment);
    let finished = |state| matches!(state, StepState::Done | StepState::Skipped);
    let (mut total, mut made, mut count, mut ready) = (0_u64, 0_u64, 0, 0);
    for cell in segments {
        count += 1;
        total = total.saturating_add(cell.frames);
        if finished(cell.state) {
            ready += 1;
            made = made.saturating_add(cell.frames);
        }
    }
    if total == 0 {
        (made, total) = (u64::from(job.job.steps.done), u64::from(job.job.steps.total));
    }
    let share = u128::from(made) * 100 / u128::from(total.max(1));
    let percent = match state {
        JobState::Delivered => 100,
        JobState::Queued | JobState::Running | JobState::Failed | JobState::Cancelled => {
            u8::try_from(share.min(99)).unwrap_or(99)
        }
    };
    Done { percent, encoded: ready, segments: count }
}
