//! `jobs`: the list.

use spillway_engine::model::{JobFilter, JobState, JobView, Wish};

use crate::{
    Session,
    args::{Jobs, StateChoice},
    documents::JobsDocument,
    exit::{CommandError, Exit},
    explain, hold,
    out::Paint,
    text,
};

/// Lists jobs, newest first.
pub(crate) fn jobs(session: &Session<'_>, which: &Jobs) -> Result<Exit, CommandError> {
    let filter = JobFilter {
        state: which.state.map(JobState::from),
        profile: which.profile.clone(),
        limit: Some(which.limit),
    };
    let engine = session.engine(None)?;
    let jobs = engine.jobs(&filter)?;
    if session.out.json() {
        session.out.document(&JobsDocument::new(&jobs));
    } else if jobs.is_empty() {
        session.out.note("No jobs.");
    } else {
        session.out.result(&table(&jobs, session.out.paint()));
    }
    if let Some(hold) = engine.hold()? {
        session.out.note(&hold::words(&hold));
    }
    Ok(Exit::Done)
}

fn table(jobs: &[JobView], paint: Paint) -> String {
    let head = ["id", "state", "steps", "submitted", "profile", "source"].map(|title| paint.strong(title));
    let mut rows = vec![head.to_vec()];
    rows.extend(jobs.iter().map(|job| {
        vec![
            job.id.to_string(),
            state(job, paint),
            format!("{}/{}", job.steps.done, job.steps.total),
            text::moment(job.created_ms),
            text::escape(&job.profile),
            text::path(&job.source),
        ]
    }));
    text::table(&rows)
}

/// State of a job, with the reason or the wish that goes with it.
pub(crate) fn state(job: &JobView, paint: Paint) -> String {
    let name = job.state.to_string();
    match (job.state, &job.error, job.wish) {
        (JobState::Failed, Some(failure), _) => paint.bad(&format!("{name} {}", explain::code(failure.code))),
        (JobState::Failed, None, _) => paint.bad(&name),
        (JobState::Delivered, ..) => paint.good(&name),
        (JobState::Cancelled, ..) => paint.odd(&name),
        (JobState::Queued | JobState::Running, _, Wish::Run) => name,
        (JobState::Queued | JobState::Running, _, Wish::Pause) => paint.odd(&format!("{name}, paused")),
        (JobState::Queued | JobState::Running, _, Wish::Cancel) => paint.odd(&format!("{name}, stopping")),
    }
}

impl From<StateChoice> for JobState {
    fn from(choice: StateChoice) -> Self {
        match choice {
            StateChoice::Queued => Self::Queued,
            StateChoice::Running => Self::Running,
            StateChoice::Delivered => Self::Delivered,
            StateChoice::Failed => Self::Failed,
            StateChoice::Cancelled => Self::Cancelled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::tests::{job_id, view};

    #[test]
    fn the_list_names_states_wishes_and_reasons() {
        let mut failed = view(job_id(1));
        failed.state = JobState::Failed;
        failed.error = Some(explain::tests::sample());
        let mut paused = view(job_id(2));
        paused.wish = Wish::Pause;
        let text = table(&[failed, paused], Paint::PLAIN);
        assert!(text.contains("failed SEC-01") && text.contains("running, paused"), "{text}");
        assert_eq!(text.lines().count(), 3);
    }
}
