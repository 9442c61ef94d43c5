//! Functions of the engine's own that the schema calls.

use std::path::Path;

use rusqlite::{Connection, functions::FunctionFlags};
use spillway_profile::naming;

use crate::error::EngineError;

/// Makes them known to a connection; without them no job can be written.
pub(super) fn register(connection: &Connection) -> Result<(), EngineError> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection
        .create_scalar_function("folded", 1, flags, |context| Ok(folded(context.get_raw(0).as_str()?)))?;
    connection.create_scalar_function("file_name", 1, flags, |context| {
        let path = Path::new(context.get_raw(0).as_str()?);
        Ok(path.file_name().unwrap_or_default().to_string_lossy().into_owned())
    })?;
    Ok(())
}

/// Text as it is searched: letters in one case, accents in one form.
pub(crate) fn folded(text: &str) -> String {
    naming::collision_key(text)
}
