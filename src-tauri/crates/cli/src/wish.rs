//! `cancel`, `pause`, `resume`, `retry`, `remove`: what somebody wants of jobs.

use spillway_engine::{
    Engine, EngineError,
    model::{JobId, JobView, Wish},
};

use crate::{
    Session,
    args::JobNames,
    documents::JobsDocument,
    exit::{CommandError, Exit},
    jobs, text,
};

/// Writes a wish; whoever runs the queue obeys within a second.
pub(crate) fn wish(session: &Session<'_>, which: &JobNames, wish: Wish) -> Result<Exit, CommandError> {
    each(session, which, |engine, id| engine.wish(id, wish))
}

/// Takes jobs up again.
pub(crate) fn retry(session: &Session<'_>, which: &JobNames) -> Result<Exit, CommandError> {
    each(session, which, Engine::retry)
}

/// Takes jobs off the list.
pub(crate) fn remove(session: &Session<'_>, which: &JobNames) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    let ids = find(&engine, which)?;
    let mut removed = Vec::new();
    for id in ids {
        let job = engine.job(id)?.job;
        engine.remove(id)?;
        removed.push(job);
    }
    show(session, &removed, Some("removed"));
    Ok(Exit::Done)
}

fn each(
    session: &Session<'_>,
    which: &JobNames,
    act: impl Fn(&Engine, JobId) -> Result<(), EngineError>,
) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    let mut jobs = Vec::new();
    for id in find(&engine, which)? {
        act(&engine, id)?;
        jobs.push(engine.job(id)?.job);
    }
    show(session, &jobs, None);
    Ok(Exit::Done)
}

/// All names are looked up before anything is done: a slip in one changes nothing.
fn find(engine: &Engine, which: &JobNames) -> Result<Vec<JobId>, CommandError> {
    which.ids.iter().map(|id| Ok(engine.find_job(id)?)).collect()
}

fn show(session: &Session<'_>, jobs: &[JobView], word: Option<&str>) {
    if session.out.json() {
        session.out.document(&JobsDocument::new(jobs));
        return;
    }
    let row = |job: &JobView| {
        let state = word.map_or_else(|| jobs::state(job, session.out.paint()), str::to_owned);
        vec![job.id.to_string(), state, text::name(&job.source), text::escape(&job.profile)]
    };
    session.out.result(&text::table(&jobs.iter().map(row).collect::<Vec<_>>()));
}
