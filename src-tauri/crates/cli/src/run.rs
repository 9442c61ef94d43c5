//! `run`: the engine without a window.

use crate::{
    Session,
    args::Run,
    draw::Glyphs,
    exit::{CommandError, Exit},
    follow::{Follow, Scope},
    service, stop, variable,
};

/// Works through the queue, and looks after watched folders.
pub(crate) fn run(session: &Session<'_>, how: &Run) -> Result<Exit, CommandError> {
    let engine = session.engine(how.workers)?;
    let seen = engine.last_seq()?;
    if how.log.is_some() {
        return service::serve(&engine, seen, how.until_idle);
    }
    let stop = stop::on_signal()?;
    let follow = Follow::new(&engine, session.out, Scope::Everything, seen, Glyphs::of(&variable))?;
    follow.see_through(how.until_idle, &stop)
}
