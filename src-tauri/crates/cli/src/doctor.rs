//! `doctor`: is everything here that Spillway needs?

use crate::{
    Session,
    exit::{CommandError, Exit},
};

/// Shows every check.
pub(crate) fn doctor(session: &Session<'_>) -> Result<Exit, CommandError> {
    let _ = session.engine(None)?.doctor();
    Ok(Exit::Done)
}
