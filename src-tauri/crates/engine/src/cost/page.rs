//! What the Costs place shows, from the ledger.

use rusqlite::Connection;

use super::{
    Comparison, CostSpan, CostsPage, MonthCosts, ProfileBudget, budget::microusd, month, month_name,
    price_book,
};
use crate::{Config, db, error::EngineError};

const HOUR_MS: f64 = 3_600_000.0;
/// Hours of an average month.
const MONTH_HOURS: f64 = 730.0;
/// Thousandths of normalised minutes of an hour of HD: it counts twice.
const HD_HOUR: f64 = 120_000.0;

/// Everything, from what this connection sees.
pub(crate) fn page(
    sql: &Connection,
    config: &Config,
    now_ms: i64,
    span: CostSpan,
) -> Result<CostsPage, EngineError> {
    let book = price_book(&config.data_dir)?;
    let (usd_per_hour, speed) = (
        config.cost.dedicated_usd_per_hour.unwrap_or(book.dedicated().usd_per_hour),
        config.cost.dedicated_speed.unwrap_or(book.dedicated().speed),
    );
    let from = match span.since_ms {
        Some(since) => since,
        None => db::first_of_all(sql)?.unwrap_or(now_ms),
    };
    let hours = hours(from, span.until_ms.unwrap_or(now_ms).min(now_ms));
    let spent = db::spent(sql, span)?;
    Ok(CostsPage {
        month: month_costs(sql, config, now_ms)?,
        days: db::cost_days(sql, span)?,
        partners: db::cost_partners(sql, span)?,
        comparison: compare(&db::days_of_work(sql, span)?, spent, hours, usd_per_hour, speed),
        price_book: book.date().to_owned(),
    })
}

fn month_costs(sql: &Connection, config: &Config, now_ms: i64) -> Result<MonthCosts, EngineError> {
    let (from, to) = month(now_ms);
    let spent = db::spent(sql, CostSpan { since_ms: Some(from), until_ms: Some(to) })?;
    let profiles = db::profile_limits(sql, (from, to))?.into_iter().map(|(profile, usd, spent_microusd)| {
        ProfileBudget { profile, spent_microusd, limit_microusd: microusd(usd) }
    });
    Ok(MonthCosts {
        month: month_name(now_ms),
        settled_microusd: spent.cloud_settled,
        reserved_microusd: spent.cloud_reserved,
        limit_microusd: config.cost.month_usd.map(microusd),
        profiles: profiles.collect(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn hours(from_ms: i64, to_ms: i64) -> f64 {
    to_ms.saturating_sub(from_ms).max(0) as f64 / HOUR_MS
}

/// What enough encoders for the busiest day would have cost, had they run all the time. What this machine encoded
/// counts as HD.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "for people"
)]
fn compare(
    days: &[db::DayWork],
    spent: db::Spent,
    span_hours: f64,
    usd_per_hour: f64,
    speed: f64,
) -> Comparison {
    let cloud_hours = |day: &db::DayWork| day.milliminutes as f64 / HD_HOUR;
    let encoded = |day: &db::DayWork| cloud_hours(day) + day.local_ms as f64 / HOUR_MS;
    let busiest = days.iter().map(encoded).fold(0.0, f64::max);
    let machines = if speed > 0.0 { (busiest / (24.0 * speed)).ceil().max(1.0) } else { 1.0 };
    let in_cloud: f64 = days.iter().map(cloud_hours).sum();
    let cloud_usd = spent.cloud_settled as f64 / 1e6;
    let per_hour = (in_cloud > 0.0 && cloud_usd > 0.0).then(|| cloud_usd / in_cloud);
    Comparison {
        span_hours,
        output_hours: days.iter().map(encoded).sum(),
        usd_per_hour,
        speed,
        machines: machines as u32,
        dedicated_microusd: microusd(machines * span_hours * usd_per_hour),
        spent_microusd: spent.cloud_settled + spent.cloud_reserved + spent.machine,
        break_even_hours: per_hour.map(|per_hour| MONTH_HOURS * usd_per_hour / per_hour),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(hd_hours: i64, local_hours: i64) -> db::DayWork {
        db::DayWork { milliminutes: hd_hours * 120_000, local_ms: local_hours * 3_600_000 }
    }

    #[test]
    fn an_idle_machine_is_dearer_than_the_cloud_and_a_busy_one_is_not() {
        let spent = |hours| db::Spent { cloud_settled: hours * 900_000, ..db::Spent::default() };
        let month = |hours| compare(&[day(hours, 0)], spent(hours), 730.0, 0.68, 100.0);
        let [idle, busy] = [82, 600].map(month);
        assert_eq!(idle.dedicated_microusd, 496_400_000, "c6i.4xlarge for a month");
        assert!((idle.break_even_hours.unwrap() - 551.6).abs() < 0.1);
        assert_eq!(idle.spent_microusd * 1_000 / idle.dedicated_microusd, 148, "85 % less");
        assert!(busy.spent_microusd > busy.dedicated_microusd);
    }

    #[test]
    fn the_busiest_day_says_how_many_machines_there_have_to_be() {
        let with = |days: &[db::DayWork]| compare(days, db::Spent::default(), 48.0, 1.0, 2.0);
        assert_eq!(
            [with(&[]).machines, with(&[day(24, 24)]).machines, with(&[day(0, 1), day(49, 0)]).machines],
            [1, 1, 2]
        );
        assert_eq!(with(&[day(0, 1), day(49, 0)]).dedicated_microusd, 96_000_000);
        assert_eq!(with(&[day(0, 5)]).break_even_hours, None, "nothing to tell by");
    }
}
