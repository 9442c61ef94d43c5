//! Counters that tell a window what to read again; triggers raise them.

use rusqlite::Connection;

use crate::{error::EngineError, model::Revisions};

/// All of them at one moment.
pub(crate) fn revisions(sql: &Connection) -> Result<Revisions, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT name, value FROM revision UNION ALL SELECT 'costs', value FROM cost_revision",
    )?;
    let mut rows = statement.query([])?;
    let mut revisions = Revisions::default();
    while let Some(row) = rows.next()? {
        let value = row.get("value")?;
        match row.get_ref("name")?.as_str().map_err(rusqlite::Error::from)? {
            "watches" => revisions.watches = value,
            "outbox" => revisions.outbox = value,
            "hold" => revisions.hold = value,
            "costs" => revisions.costs = value,
            // The tables take no other name.
            _ => {}
        }
    }
    Ok(revisions)
}
