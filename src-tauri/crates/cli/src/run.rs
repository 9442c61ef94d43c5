//! `run`: the engine without a window.

use crate::{
    Session,
    args::Run,
    draw::Glyphs,
    exit::{CommandError, Exit},
    follow::{Follow, Scope},
    stop, variable,
};

/// Works through the queue.
pub(crate) fn run(session: &Session<'_>, how: &Run) -> Result<Exit, CommandError> {
    let engine = session.engine(how.workers)?;
    let stop = stop::on_signal()?;
    let seen = engine.last_seq()?;
    let follow = Follow::new(&engine, session.out, Scope::Everything, seen, Glyphs::of(&variable))?;
    follow.see_through(how.until_idle, &stop)
}
