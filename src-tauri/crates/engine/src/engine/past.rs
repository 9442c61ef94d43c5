//! What is known of deliveries: history, receipts, files.

use std::io;

use super::Engine;
use crate::{
    db,
    error::EngineError,
    history::{HistoryPage, HistoryQuery, csv},
    model::{JobId, StepParts},
    receipt::Receipt,
};

impl Engine {
    /// A page of the history, with sums over everything found.
    ///
    /// # Errors
    /// Those of the database.
    pub fn history(&self, query: &HistoryQuery) -> Result<HistoryPage, EngineError> {
        db::at_once(&self.lock(), |sql| db::history_page(sql, query))
    }

    /// Writes everything found (offset and limit do not count) as CSV: a row of headings, times as ISO 8601
    /// in UTC. Says how many jobs were written.
    ///
    /// # Errors
    /// [`EngineError::Export`] when it cannot be written, and those of the database.
    pub fn history_csv(&self, query: &HistoryQuery, out: &mut dyn io::Write) -> Result<u64, EngineError> {
        // A connection of its own: a slow disk must not hold up requests.
        let connection = db::open(&self.config.data_dir)?;
        let mut table = csv::Table::begin(out).map_err(EngineError::Export)?;
        let mut outcome = Ok(());
        db::each_history(&connection, query, &mut |row| {
            outcome = table.row(&row);
            outcome.is_ok()
        })?;
        outcome.and_then(|()| table.end()).map_err(EngineError::Export)
    }

    /// The receipt of a delivered job, from the database: it is there when its file has been removed.
    ///
    /// # Errors
    /// [`EngineError::NotPossible`] when nothing was delivered, [`EngineError::NoSuchJob`], and those of
    /// the database.
    pub fn receipt(&self, id: JobId) -> Result<Receipt, EngineError> {
        let (state, receipt) = db::receipt(&self.lock(), id)?;
        let why = "there is a receipt only once everything is delivered";
        receipt.ok_or(EngineError::NotPossible { id, state, why })
    }

    /// What each step of a job left in the work folder.
    ///
    /// # Errors
    /// Those of the database.
    pub fn step_parts(&self, id: JobId) -> Result<Vec<StepParts>, EngineError> {
        db::step_parts(&self.lock(), id)
    }
}
