//! Whether the cloud can be used, as it was last seen.

use rusqlite::{OptionalExtension, params};

use super::{Tx, codec::Json};
use crate::{error::EngineError, route::AgainstCloud};

/// So long (ms) what stood against the cloud is believed; then somebody tries again.
const BELIEVED_MS: i64 = 600_000;

impl Tx<'_> {
    /// What stands against using the cloud at all; `None`: nothing, or nobody has tried for a while.
    pub(crate) fn reach(&self) -> Result<Option<AgainstCloud>, EngineError> {
        let found = self
            .sql
            .prepare_cached("SELECT against FROM reach WHERE one = 1 AND checked_ms > ?1")?
            .query_row([self.now_ms.saturating_sub(BELIEVED_MS)], |row| {
                row.get::<_, Option<Json<AgainstCloud>>>(0)
            })
            .optional()?;
        Ok(found.flatten().map(|json| json.0))
    }

    /// Writes down what was seen; `None`: it works.
    pub(crate) fn set_reach(&self, against: Option<&AgainstCloud>) -> Result<(), EngineError> {
        self.sql
            .prepare_cached(
                "INSERT INTO reach (one, against, checked_ms) VALUES (1, ?1, ?2)
                 ON CONFLICT (one) DO UPDATE SET against = ?1, checked_ms = ?2",
            )?
            .execute(params![against.map(Json), self.now_ms])?;
        Ok(())
    }

    /// It works; written down only where something else stood there.
    pub(crate) fn in_reach(&self) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE reach SET against = NULL, checked_ms = ?1 WHERE against IS NOT NULL")?
            .execute([self.now_ms])?;
        Ok(())
    }
}
