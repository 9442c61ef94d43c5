//! Prices, and what was spent, as the shells ask for them.

use std::path::Path;

use spillway_profile::Profile;

use super::{
    Engine,
    look::absolute,
    sheet::{case, unread},
};
use crate::{
    cost::{self, CostBy, CostRow, CostSpan, CostsPage, EngineOffer, LedgerLine},
    db,
    error::EngineError,
    failure::{Code, Failure},
    model::JobId,
    route::{self, Case, Route},
};

impl Engine {
    /// What each engine would need and take for a file, and which one `auto` would choose now.
    ///
    /// # Errors
    /// Why the file can be no source, or not of this profile.
    pub fn estimate(
        &self,
        path: &Path,
        profile: &Profile,
        deadline_ms: Option<i64>,
    ) -> Result<(Vec<EngineOffer>, Route), Box<Failure>> {
        let source = absolute(path)?;
        let seen = self.seen(&source)?;
        let made = seen.made(profile, self.craft.as_ref());
        if let Some(failure) = &made.failure {
            return Err(Box::new(failure.clone()));
        }
        let Some(offload) = &made.offload else {
            return Err(Box::new(Failure::new(
                Code::Internal,
                &source,
                "The plan has no way to be carried out.",
            )));
        };
        let asked = Case { deadline_ms, ..case(&seen, profile, None, &made, offload) };
        let (offers, decided) = self
            .surveyed(|tx, survey| route::offers(tx, survey, &asked))
            .map_err(|error| unread(&source, &error))?;
        // Refused: the reason is all there is to say.
        Ok((offers, decided.unwrap_or_else(|refused| refused)))
    }

    /// Charges of a job, oldest first; they outlive it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn ledger(&self, job: JobId) -> Result<Vec<LedgerLine>, EngineError> {
        db::ledger_of(&self.lock(), job)
    }

    /// Sums of the ledger, by key.
    ///
    /// # Errors
    /// Those of the database.
    pub fn costs(&self, by: CostBy, span: CostSpan) -> Result<Vec<CostRow>, EngineError> {
        db::cost_rows(&self.lock(), by, span)
    }

    /// Everything that the Costs place shows.
    ///
    /// # Errors
    /// [`EngineError::PriceBook`], and those of the database.
    pub fn costs_page(&self, span: CostSpan) -> Result<CostsPage, EngineError> {
        let now_ms = self.clock.now_ms();
        db::at_once(&self.lock(), |sql| cost::page(sql, &self.config, now_ms, span))
    }

    /// All charges of a span as CSV (RFC 4180) with a head line.
    ///
    /// # Errors
    /// Those of the database.
    pub fn costs_csv(&self, span: CostSpan) -> Result<String, EngineError> {
        let written = |error: csv::Error| EngineError::io("costs.csv")(error.into());
        let mut table = cost::ChargeTable::begin().map_err(written)?;
        db::each_charge(&self.lock(), span, |line| table.line(line).map_err(written))?;
        table.end().map_err(EngineError::io("costs.csv"))
    }
}
