//! The ledger: what was given out and what it cost. Every write is made once, whoever repeats it, and the job's sum
//! moves with it in the same transaction.

use rusqlite::{Connection, OptionalExtension, Row, params};
use spillway_cloud::price::Tier;

use super::{
    Claim, JobKey, JobRow, Tx,
    codec::{Text, Word},
};
use crate::{
    cost::{
        BudgetOf, ChargeState, CostSpan, LedgerLine, NewCharge, OverBudget, Resource, Unit, budget::Limits,
        month,
    },
    error::EngineError,
    model::{EventBody, JobId},
    route::EngineKind,
};

/// A charge that may still change.
struct Standing {
    id: i64,
    state: ChargeState,
    amount_microusd: i64,
}

impl Tx<'_> {
    /// Puts charges of a job down as reserved: their amounts are estimates. Those whose key is on record already are
    /// left as they are, unless void: then they are reserved again.
    pub(crate) fn reserve(&self, job: &JobRow, charges: &[NewCharge]) -> Result<(), EngineError> {
        self.put_down(job, charges, ChargeState::Reserved)
    }

    /// Puts charges of a job down of which nothing is open any more.
    pub(crate) fn charge(&self, job: &JobRow, charges: &[NewCharge]) -> Result<(), EngineError> {
        self.put_down(job, charges, ChargeState::Settled)
    }

    /// What was reserved is known now: quantity and amount take the place of the estimate. A charge that is settled
    /// is left as it is; one that was taken back counts again, for the service has the last word.
    ///
    /// `false`: nothing is on record under this key.
    pub(crate) fn settle(&self, key: &str, actual: &NewCharge) -> Result<bool, EngineError> {
        let Some(standing) = self.standing(key)? else { return Ok(false) };
        if standing.state != ChargeState::Settled {
            self.sql
                .prepare_cached(
                    "UPDATE ledger SET state = 'settled', settled_ms = ?2, quantity = ?3, unit_nanousd = ?4,
                     milliminutes = ?5, amount_microusd = ?6, price_book = ?7 WHERE id = ?1",
                )?
                .execute(params![
                    standing.id,
                    self.now_ms,
                    actual.quantity,
                    actual.unit_nanousd,
                    actual.milliminutes,
                    actual.amount_microusd,
                    actual.price_book
                ])?;
            self.moved(standing.id, actual.amount_microusd - standing.amount_microusd)?;
        }
        Ok(true)
    }

    /// What was reserved is not charged: it failed or was cancelled. A settled charge stays.
    ///
    /// `false`: nothing is on record under this key.
    pub(crate) fn void(&self, key: &str) -> Result<bool, EngineError> {
        let Some(standing) = self.standing(key)? else { return Ok(false) };
        if standing.state == ChargeState::Reserved {
            self.sql
                .prepare_cached(
                    "UPDATE ledger SET state = 'void', settled_ms = ?2, amount_microusd = 0 WHERE id = ?1",
                )?
                .execute(params![standing.id, self.now_ms])?;
            self.moved(standing.id, -standing.amount_microusd)?;
        }
        Ok(true)
    }

    /// Thousandths of normalised minutes of this calendar month (UTC) and price class, reserved ones included, that
    /// were put down before the charge `key`; all of them while it is not on record. So a charge is settled at the
    /// volume that it was estimated at.
    pub(crate) fn month_so_far(&self, tier: Tier, key: Option<&str>) -> Result<i64, EngineError> {
        let booked = match key {
            Some(key) => self.booked_at(key)?,
            None => None,
        };
        let (before, at_ms) = booked.unwrap_or((i64::MAX, self.now_ms));
        self.volume(tier, month(at_ms), before)
    }

    fn volume(&self, tier: Tier, (from, to): (i64, i64), before: i64) -> Result<i64, EngineError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT coalesce(sum(milliminutes), 0) FROM ledger
                 WHERE tier = ?1 AND at_ms >= ?2 AND at_ms < ?3 AND id < ?4 AND state <> 'void'",
            )?
            .query_row(params![Word(tier), from, to, before], |row| row.get(0))?)
    }

    fn booked_at(&self, key: &str) -> Result<Option<(i64, i64)>, EngineError> {
        let mut statement = self.sql.prepare_cached("SELECT id, at_ms FROM ledger WHERE key = ?1")?;
        Ok(statement.query_row([key], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// Whether so much more may be spent in the cloud: settled and reserved charges of the job, of its profile in this
    /// month (both with this machine's), and of the cloud in this month are counted, and what other jobs that are on
    /// their way there will still cost. `job`: `None` for one that is not made yet.
    pub(crate) fn check_budgets(
        &self,
        job: Option<JobId>,
        profile: &str,
        limits: &Limits,
        more_microusd: i64,
    ) -> Result<Result<(), OverBudget>, EngineError> {
        for (which, limit_microusd) in limits.set() {
            let spent_microusd = self.spent(which, job, profile)?;
            let spent_microusd = spent_microusd.saturating_add(self.promised(which, job, profile)?);
            if spent_microusd.saturating_add(more_microusd) > limit_microusd {
                let asked_microusd = more_microusd;
                return Ok(Err(OverBudget { which, limit_microusd, spent_microusd, asked_microusd }));
            }
        }
        Ok(Ok(()))
    }

    fn spent(&self, which: BudgetOf, job: Option<JobId>, profile: &str) -> Result<i64, EngineError> {
        let (from, to) = month(self.now_ms);
        let sum = match which {
            BudgetOf::Job => {
                let Some(job) = job else { return Ok(0) };
                self.sql
                    .prepare_cached("SELECT coalesce(sum(amount_microusd), 0) FROM ledger WHERE job = ?1")?
                    .query_row([job.to_string()], |row| row.get(0))
            }
            BudgetOf::ProfileMonth => spent_of_profile(&self.sql, profile, (from, to)),
            BudgetOf::Month => self
                .sql
                .prepare_cached(
                    "SELECT coalesce(sum(amount_microusd), 0) FROM ledger
                     WHERE engine = 'cloud' AND at_ms >= ?1 AND at_ms < ?2",
                )?
                .query_row([from, to], |row| row.get(0)),
        };
        Ok(sum?)
    }

    /// What other jobs that are in the cloud already will still cost there at most: without it, each job of a burst
    /// would be let in on its own, and all would be stopped half-way.
    fn promised(&self, which: BudgetOf, job: Option<JobId>, profile: &str) -> Result<i64, EngineError> {
        if which == BudgetOf::Job {
            return Ok(0);
        }
        let of_profile = (which == BudgetOf::ProfileMonth).then_some(profile);
        Ok(self
            .sql
            .prepare_cached(
                "SELECT coalesce(sum(max(committed_microusd - cost_microusd, 0)), 0) FROM job
                 WHERE committed_microusd > 0 AND state IN ('queued', 'running')
                 AND (?1 IS NULL OR profile_id = ?1) AND id IS NOT ?2",
            )?
            .query_row(params![of_profile, job.map(|job| job.to_string())], |row| row.get(0))?)
    }

    /// Writes down what the cloud is expected to cost a job at most; 0: it does not go there.
    pub(crate) fn promise(&self, job: i64, microusd: i64) -> Result<(), EngineError> {
        self.sql
            .prepare_cached("UPDATE job SET committed_microusd = ?2 WHERE num = ?1")?
            .execute(params![job, microusd.max(0)])?;
        Ok(())
    }

    /// How long the try took that ends now, ms; `None`: it is not on record.
    pub(crate) fn try_ms(&self, claim: &Claim) -> Result<Option<i64>, EngineError> {
        let mut statement = self.sql.prepare_cached("SELECT started_ms FROM attempt WHERE id = ?1")?;
        let started: Option<i64> = statement.query_row([claim.id], |row| row.get(0)).optional()?;
        Ok(started.map(|started| self.now_ms.saturating_sub(started).max(0)))
    }

    fn put_down(&self, job: &JobRow, charges: &[NewCharge], state: ChargeState) -> Result<(), EngineError> {
        let mut more = 0_i64;
        for new in charges {
            let standing = self.standing(&new.key)?;
            if standing.as_ref().is_some_and(|standing| standing.state != ChargeState::Void) {
                continue;
            }
            if let Some(void) = standing {
                self.sql.prepare_cached("DELETE FROM ledger WHERE id = ?1")?.execute([void.id])?;
            }
            self.insert_charge(job, new, state)?;
            more = more.saturating_add(new.amount_microusd);
        }
        if more == 0 { Ok(()) } else { self.costs_more(job.key, more) }
    }

    fn insert_charge(&self, job: &JobRow, new: &NewCharge, state: ChargeState) -> Result<(), EngineError> {
        let settled = (state == ChargeState::Settled).then_some(self.now_ms);
        self.sql
            .prepare_cached(
                "INSERT INTO ledger (key, at_ms, settled_ms, job, profile_id, partner, engine, resource, item, quantity,
                   unit, unit_nanousd, milliminutes, tier, estimate_microusd, amount_microusd, state, price_book)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15, ?16, ?17)",
            )?
            .execute(params![
                new.key,
                self.now_ms,
                settled,
                job.key.id.to_string(),
                job.profile.id,
                job.profile.partner,
                Word(new.engine),
                Word(new.resource),
                new.item,
                new.quantity,
                Word(new.unit),
                new.unit_nanousd,
                new.milliminutes,
                new.tier.map(Word),
                new.amount_microusd,
                Word(state),
                new.price_book,
            ])?;
        Ok(())
    }

    fn standing(&self, key: &str) -> Result<Option<Standing>, EngineError> {
        let mut statement =
            self.sql.prepare_cached("SELECT id, state, amount_microusd FROM ledger WHERE key = ?1")?;
        let found = statement.query_row([key], |row| {
            Ok(Standing {
                id: row.get("id")?,
                state: row.get::<_, Word<ChargeState>>("state")?.0,
                amount_microusd: row.get("amount_microusd")?,
            })
        });
        Ok(found.optional()?)
    }

    /// A charge has changed by so much: so has its job, if it still is.
    fn moved(&self, charge: i64, by_microusd: i64) -> Result<(), EngineError> {
        let key = self
            .sql
            .prepare_cached("SELECT j.num, j.id FROM ledger l JOIN job j ON j.id = l.job WHERE l.id = ?1")?
            .query_row([charge], |row| {
                Ok(JobKey { num: row.get("num")?, id: row.get::<_, Text<JobId>>("id")?.0 })
            })
            .optional()?;
        key.map_or(Ok(()), |key| self.costs_more(key, by_microusd))
    }

    fn costs_more(&self, key: JobKey, by_microusd: i64) -> Result<(), EngineError> {
        let cost_microusd = self
            .sql
            .prepare_cached(
                "UPDATE job SET cost_microusd = cost_microusd + ?2 WHERE num = ?1 RETURNING cost_microusd",
            )?
            .query_row(params![key.num, by_microusd], |row| row.get(0))?;
        self.tell(key.id, &EventBody::Charged { cost_microusd })
    }
}

const COLUMNS: &str = "at_ms, job, profile_id, partner, engine, resource, item, quantity, unit, unit_nanousd, \
                       estimate_microusd, amount_microusd, state, price_book";

fn line(row: &Row<'_>) -> rusqlite::Result<LedgerLine> {
    Ok(LedgerLine {
        at_ms: row.get("at_ms")?,
        job: row.get::<_, Text<JobId>>("job")?.0,
        profile: row.get("profile_id")?,
        partner: row.get("partner")?,
        engine: row.get::<_, Word<EngineKind>>("engine")?.0,
        resource: row.get::<_, Word<Resource>>("resource")?.0,
        item: row.get("item")?,
        quantity: row.get("quantity")?,
        unit: row.get::<_, Word<Unit>>("unit")?.0,
        unit_nanousd: row.get("unit_nanousd")?,
        estimate_microusd: row.get("estimate_microusd")?,
        amount_microusd: row.get("amount_microusd")?,
        state: row.get::<_, Word<ChargeState>>("state")?.0,
        price_book: row.get("price_book")?,
    })
}

/// Charges of a job, oldest first.
pub(crate) fn ledger_of(sql: &Connection, job: JobId) -> Result<Vec<LedgerLine>, EngineError> {
    let text = format!("SELECT {COLUMNS} FROM ledger WHERE job = ?1 ORDER BY id");
    let mut statement = sql.prepare_cached(&text)?;
    Ok(statement.query_map([job.to_string()], line)?.collect::<Result<_, _>>()?)
}

/// Every charge of a span, oldest first.
pub(crate) fn each_charge(
    sql: &Connection,
    span: CostSpan,
    mut each: impl FnMut(&LedgerLine) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let text = format!("SELECT {COLUMNS} FROM ledger WHERE at_ms >= ?1 AND at_ms < ?2 ORDER BY at_ms, id");
    let mut statement = sql.prepare_cached(&text)?;
    let mut rows =
        statement.query(params![span.since_ms.unwrap_or(i64::MIN), span.until_ms.unwrap_or(i64::MAX)])?;
    while let Some(row) = rows.next()? {
        each(&line(row)?)?;
    }
    Ok(())
}

/// Settled and reserved charges of a profile in a span, in millionths of a US dollar.
pub(super) fn spent_of_profile(
    sql: &Connection,
    profile: &str,
    (from, to): (i64, i64),
) -> rusqlite::Result<i64> {
    sql.prepare_cached(
        "SELECT coalesce(sum(amount_microusd), 0) FROM ledger
         WHERE profile_id = ?1 AND at_ms >= ?2 AND at_ms < ?3",
    )?
    .query_row(params![profile, from, to], |row| row.get(0))
}
