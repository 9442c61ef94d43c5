//! `deliver` and `submit`.

use spillway_engine::{
    model::{JobExtras, JobState, JobView, SubmitRequest},
    route::EngineWish,
};

use crate::{
    Session,
    args::{Delivery, EngineChoice},
    documents::JobsDocument,
    draw::Glyphs,
    exit::{CommandError, Exit},
    explain,
    follow::{Follow, Scope},
    jobs, moment, stop, text, variable,
};

/// Submits and sees it through.
pub(crate) fn deliver(session: &Session<'_>, what: &Delivery) -> Result<Exit, CommandError> {
    let request = request(session, what)?;
    let engine = session.engine(what.workers)?;
    let stop = stop::on_signal()?;
    let seen = engine.last_seq()?;
    let ids = engine.submit(request)?;
    let follow = Follow::new(&engine, session.out, Scope::Jobs(ids), seen, Glyphs::of(&variable))?;
    follow.see_through(false, &stop)
}

/// Submits only.
pub(crate) fn submit(session: &Session<'_>, what: &Delivery) -> Result<Exit, CommandError> {
    let request = request(session, what)?;
    let engine = session.engine(what.workers)?;
    let ids = engine.submit(request)?;
    let jobs =
        ids.into_iter().map(|id| Ok(engine.job(id)?.job)).collect::<Result<Vec<JobView>, CommandError>>()?;
    let refused: Vec<&JobView> = jobs.iter().filter(|job| job.state == JobState::Failed).collect();
    if session.out.json() {
        session.out.document(&JobsDocument::new(&jobs));
    } else {
        let row = |job: &JobView| {
            let state = jobs::state(job, session.out.paint());
            vec![job.id.to_string(), state, text::name(&job.source), text::escape(&job.profile)]
        };
        session.out.result(&text::table(&jobs.iter().map(row).collect::<Vec<_>>()));
    }
    for failure in refused.iter().filter_map(|job| job.error.as_ref()) {
        session.out.note(&explain::failure(failure, session.out.note_paint()));
    }
    if refused.len() < jobs.len() {
        session.out.note("Queued. `spillway run` works through the queue.");
    }
    Ok(if refused.is_empty() { Exit::Done } else { Exit::Faults })
}

fn request(session: &Session<'_>, what: &Delivery) -> Result<SubmitRequest, CommandError> {
    let engine = match what.engine {
        EngineChoice::Auto => EngineWish::Auto,
        EngineChoice::Local => EngineWish::Local,
        EngineChoice::Cloud => EngineWish::Cloud,
    };
    let deadline_ms =
        what.deadline.as_deref().map(|text| moment::deadline(text, moment::now())).transpose()?;
    let profiles = what.profiles.iter().map(|name| session.profile(name));
    let out_dir = what
        .out
        .as_deref()
        .map(std::path::absolute)
        .transpose()
        .map_err(|error| CommandError::environment("The folder for the results is not usable.", error))?;
    Ok(SubmitRequest {
        sources: what.files.clone(),
        profiles: profiles.collect::<Result<_, CommandError>>()?,
        out_dir,
        engine,
        priority: 0,
        extras: JobExtras { deadline_ms, ..JobExtras::default() },
    })
}
