//! `verify FILE -p PROFILE`: does a file obey?

use crate::{
    Session, args,
    exit::{CommandError, Exit},
    text,
};

/// Judges a file.
pub(crate) fn verify(session: &Session<'_>, what: &args::Verify) -> Result<Exit, CommandError> {
    let profile = session.profile(&what.profile)?.profile;
    let file = std::path::absolute(&what.file)
        .map_err(|error| CommandError::environment("The file's name is not usable.", error))?;
    let verdict = session.engine(None)?.verify_file(&file, &profile, what.output.as_deref())?;
    let _ = (verdict, text::path(&file));
    Ok(Exit::Done)
}
