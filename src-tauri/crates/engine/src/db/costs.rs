//! Sums of the ledger, and of what was delivered beside it.

use rusqlite::{Connection, OptionalExtension, params};

use super::{codec::Word, ledger::spent_of_profile};
use crate::{
    cost::{CostBy, CostRow, CostSpan, DayCosts, PartnerCosts},
    error::EngineError,
};

/// What a day had of encoding.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DayWork {
    /// Thousandths of normalised minutes that the cloud encoded.
    pub(crate) milliminutes: i64,
    /// Playing time that this machine delivered of what it encoded, ms.
    pub(crate) local_ms: i64,
}

/// Cloud and machine charges of a span, in millionths of a US dollar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) cloud_settled: i64,
    pub(crate) cloud_reserved: i64,
    pub(crate) machine: i64,
}

fn ends(span: CostSpan) -> [i64; 2] {
    [span.since_ms.unwrap_or(i64::MIN), span.until_ms.unwrap_or(i64::MAX)]
}

/// By day oldest first, otherwise dearest first.
pub(crate) fn cost_rows(sql: &Connection, by: CostBy, span: CostSpan) -> Result<Vec<CostRow>, EngineError> {
    let (key, order) = match by {
        CostBy::Day => ("date(at_ms / 1000.0, 'unixepoch')", "key"),
        CostBy::Profile => ("profile_id", "settled + reserved DESC, key"),
        CostBy::Partner => ("partner", "settled + reserved DESC, key"),
        CostBy::Engine => ("engine", "settled + reserved DESC, key"),
        CostBy::Resource => ("resource", "settled + reserved DESC, key"),
    };
    let text = format!(
        "SELECT {key} AS key, count(DISTINCT job) AS jobs,
           coalesce(sum(estimate_microusd) FILTER (WHERE state = 'settled'), 0) AS estimate,
           coalesce(sum(amount_microusd) FILTER (WHERE state = 'settled'), 0) AS settled,
           coalesce(sum(amount_microusd) FILTER (WHERE state = 'reserved'), 0) AS reserved
         FROM ledger WHERE at_ms >= ?1 AND at_ms < ?2 AND state <> 'void' GROUP BY 1 ORDER BY {order}"
    );
    let mut statement = sql.prepare_cached(&text)?;
    let rows = statement.query_map(ends(span), |row| {
        Ok(CostRow {
            key: row.get("key")?,
            jobs: row.get("jobs")?,
            estimate_microusd: row.get("estimate")?,
            settled_microusd: row.get("settled")?,
            reserved_microusd: row.get("reserved")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Per day, partner and engine, oldest first; reserved charges included.
pub(crate) fn cost_days(sql: &Connection, span: CostSpan) -> Result<Vec<DayCosts>, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT date(at_ms / 1000.0, 'unixepoch') AS day, partner, engine, sum(amount_microusd) AS microusd
         FROM ledger WHERE at_ms >= ?1 AND at_ms < ?2 AND state <> 'void'
         GROUP BY day, partner, engine ORDER BY day, partner, engine",
    )?;
    let rows = statement.query_map(ends(span), |row| {
        Ok(DayCosts {
            day: row.get("day")?,
            partner: row.get("partner")?,
            engine: row.get::<_, Word<_>>("engine")?.0,
            microusd: row.get("microusd")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Per partner, dearest first: charges that arose, and jobs that were delivered.
pub(crate) fn cost_partners(sql: &Connection, span: CostSpan) -> Result<Vec<PartnerCosts>, EngineError> {
    let mut statement = sql.prepare_cached(
        "WITH charged AS (
           SELECT partner,
             coalesce(sum(amount_microusd) FILTER (WHERE engine = 'local'), 0) AS local,
             coalesce(sum(amount_microusd) FILTER (WHERE engine = 'cloud' AND state = 'settled'), 0) AS cloud,
             coalesce(sum(estimate_microusd) FILTER (WHERE engine = 'cloud' AND state = 'settled'), 0) AS estimate,
             coalesce(sum(amount_microusd) FILTER (WHERE state = 'reserved'), 0) AS reserved
           FROM ledger WHERE at_ms >= ?1 AND at_ms < ?2 AND state <> 'void' GROUP BY partner),
         made AS (
           SELECT j.partner, sum(j.engine = 'local') AS local_jobs, sum(j.engine = 'cloud') AS cloud_jobs,
             sum((SELECT coalesce(sum(o.duration_ms), 0) FROM output o
                  WHERE o.job = j.num AND o.role = 'media' AND o.state = 'placed')) AS output_ms
           FROM job j WHERE j.state = 'delivered' AND j.ended_ms >= ?1 AND j.ended_ms < ?2 GROUP BY j.partner),
         named AS (SELECT partner FROM charged UNION SELECT partner FROM made)
         SELECT n.partner, coalesce(m.local_jobs, 0) AS local_jobs, coalesce(m.cloud_jobs, 0) AS cloud_jobs,
           coalesce(m.output_ms, 0) AS output_ms, coalesce(c.local, 0) AS local, coalesce(c.cloud, 0) AS cloud,
           coalesce(c.estimate, 0) AS estimate, coalesce(c.reserved, 0) AS reserved
         FROM named n LEFT JOIN charged c ON c.partner = n.partner LEFT JOIN made m ON m.partner = n.partner
         ORDER BY coalesce(c.local, 0) + coalesce(c.cloud, 0) + coalesce(c.reserved, 0) DESC, n.partner",
    )?;
    let rows = statement.query_map(ends(span), |row| {
        Ok(PartnerCosts {
            partner: row.get("partner")?,
            local_jobs: row.get("local_jobs")?,
            cloud_jobs: row.get("cloud_jobs")?,
            output_ms: row.get("output_ms")?,
            local_microusd: row.get("local")?,
            cloud_microusd: row.get("cloud")?,
            estimate_microusd: row.get("estimate")?,
            reserved_microusd: row.get("reserved")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What was spent in a span.
pub(crate) fn spent(sql: &Connection, span: CostSpan) -> Result<Spent, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT coalesce(sum(amount_microusd) FILTER (WHERE engine = 'cloud' AND state = 'settled'), 0),
           coalesce(sum(amount_microusd) FILTER (WHERE engine = 'cloud' AND state = 'reserved'), 0),
           coalesce(sum(amount_microusd) FILTER (WHERE engine = 'local'), 0)
         FROM ledger WHERE at_ms >= ?1 AND at_ms < ?2",
    )?;
    Ok(statement.query_row(ends(span), |row| {
        Ok(Spent { cloud_settled: row.get(0)?, cloud_reserved: row.get(1)?, machine: row.get(2)? })
    })?)
}

/// What each day with any work encoded, by both engines.
pub(crate) fn days_of_work(sql: &Connection, span: CostSpan) -> Result<Vec<DayWork>, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT sum(milliminutes), sum(ms) FROM (
           SELECT at_ms, milliminutes, 0 AS ms FROM ledger
           WHERE resource = 'transcode' AND state = 'settled' AND at_ms >= ?1 AND at_ms < ?2
           UNION ALL
           SELECT j.ended_ms, 0, o.duration_ms FROM job j JOIN output o ON o.job = j.num
           WHERE j.engine = 'local' AND j.state = 'delivered' AND j.frame_rate IS NOT NULL
             AND j.ended_ms >= ?1 AND j.ended_ms < ?2 AND o.role = 'media' AND o.state = 'placed')
         GROUP BY date(at_ms / 1000.0, 'unixepoch')",
    )?;
    let rows = statement
        .query_map(ends(span), |row| Ok(DayWork { milliminutes: row.get(0)?, local_ms: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When anything was first charged or delivered, ms UTC.
pub(crate) fn first_of_all(sql: &Connection) -> Result<Option<i64>, EngineError> {
    Ok(sql
        .prepare_cached(
            "SELECT min(at) FROM (SELECT min(at_ms) AS at FROM ledger
             UNION ALL SELECT min(ended_ms) FROM job WHERE state = 'delivered')",
        )?
        .query_row([], |row| row.get(0))
        .optional()?
        .flatten())
}

/// Profiles with charges or jobs in a span, each with the newest form of its document's monthly limit (US dollars)
/// and what it has spent in the span, in millionths of a US dollar.
pub(crate) fn profile_limits(
    sql: &Connection,
    span: (i64, i64),
) -> Result<Vec<(String, f64, i64)>, EngineError> {
    let mut statement = sql.prepare_cached(
        "SELECT profile_id, profile ->> '$.budget.per_month_usd' AS usd FROM job
         WHERE num IN (SELECT max(num) FROM job GROUP BY profile_id)
           AND profile ->> '$.budget.per_month_usd' IS NOT NULL ORDER BY profile_id",
    )?;
    let limits =
        statement.query_map(params![], |row| Ok((row.get::<_, String>(0)?, row.get::<_, f64>(1)?)))?;
    let mut rows = Vec::new();
    for limit in limits {
        let (profile, usd) = limit?;
        let spent = spent_of_profile(sql, &profile, span)?;
        rows.push((profile, usd, spent));
    }
    Ok(rows)
}
