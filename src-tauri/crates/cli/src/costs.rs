//! `costs`: what was spent.

use serde::Serialize;
use spillway_engine::cost::{CostBy, CostRow, CostSpan, CostsPage};

use crate::{
    Session,
    args::cloud::{Costs, Group},
    exit::{CommandError, Exit},
    moment,
    out::Paint,
    text,
};

/// `costs --json`.
#[derive(Serialize)]
struct Document<'a> {
    span: CostSpan,
    rows: &'a [CostRow],
    page: &'a CostsPage,
}

/// Sums, or every charge.
pub(crate) fn costs(session: &Session<'_>, what: &Costs) -> Result<Exit, CommandError> {
    let span = span(what, moment::now())?;
    let engine = session.engine(None)?;
    if what.csv {
        session.out.result(&engine.costs_csv(span)?);
        return Ok(Exit::Done);
    }
    let by = match what.by {
        Group::Day => CostBy::Day,
        Group::Profile => CostBy::Profile,
        Group::Partner => CostBy::Partner,
        Group::Engine => CostBy::Engine,
        Group::Resource => CostBy::Resource,
    };
    let (rows, page) = (engine.costs(by, span)?, engine.costs_page(span)?);
    if session.out.json() {
        session.out.document(&Document { span, rows: &rows, page: &page });
    } else if rows.is_empty() {
        session.out.result(month(&page).as_str());
        session.out.note("Nothing was charged in this time.");
    } else {
        session.out.result(&format!("{}\n{}", table(&rows, session.out.paint()), foot(&page)));
    }
    Ok(Exit::Done)
}

fn span(what: &Costs, now_ms: i64) -> Result<CostSpan, CommandError> {
    if what.all {
        return Ok(CostSpan::default());
    }
    let since_ms = match &what.since {
        Some(day) => moment::day(day)?,
        None => moment::month(now_ms),
    };
    let until_ms = what.until.as_deref().map(moment::day).transpose()?;
    if until_ms.is_some_and(|until| until <= since_ms) {
        return Err(CommandError::usage("The span ends before it begins.", ""));
    }
    Ok(CostSpan { since_ms: Some(since_ms), until_ms })
}

fn table(rows: &[CostRow], paint: Paint) -> String {
    let head = ["", "jobs", "estimate", "settled", "reserved"].map(|title| paint.strong(title));
    let mut lines = vec![head.to_vec()];
    let line = |key: &str, jobs: String, row: [i64; 3]| {
        let mut cells = vec![text::escape(key), jobs];
        cells.extend(row.map(text::dollars));
        cells
    };
    for row in rows {
        let sums = [row.estimate_microusd, row.settled_microusd, row.reserved_microusd];
        lines.push(line(&row.key, row.jobs.to_string(), sums));
    }
    let sum = |part: fn(&CostRow) -> i64| rows.iter().map(part).sum::<i64>();
    let all =
        [sum(|row| row.estimate_microusd), sum(|row| row.settled_microusd), sum(|row| row.reserved_microusd)];
    lines.push(line("in all", String::new(), all));
    text::table(&lines)
}

fn month(page: &CostsPage) -> String {
    let month = &page.month;
    let spent = text::dollars(month.settled_microusd + month.reserved_microusd);
    let limit = month.limit_microusd.map_or_else(
        || "no limit is set".to_owned(),
        |limit| format!("at most {} are allowed", text::dollars(limit)),
    );
    format!("{}: {spent} in the cloud, {limit}.", month.month)
}

fn foot(page: &CostsPage) -> String {
    let mut lines = vec![month(page)];
    for budget in &page.month.profiles {
        lines.push(format!(
            "  {}: {} of {}",
            text::escape(&budget.profile),
            text::dollars(budget.spent_microusd),
            text::dollars(budget.limit_microusd)
        ));
    }
    let against = &page.comparison;
    if against.output_hours > 0.0 {
        lines.push(format!(
            "A dedicated encoder around the clock (${}/h, {} of them, HD at {} times playing time) would have cost {}; {} were spent.",
            against.usd_per_hour,
            against.machines,
            against.speed,
            text::dollars(against.dedicated_microusd),
            text::dollars(against.spent_microusd)
        ));
        if let Some(hours) = against.break_even_hours {
            lines
                .push(format!("From about {hours:.0} playing hours a month on it would be the cheaper one."));
        }
    }
    lines.push(format!("Prices of {}.", text::escape(&page.price_book)));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Costs {
        Costs { by: Group::Day, since: None, until: None, all: false, csv: false }
    }

    #[test]
    fn a_span_begins_with_the_month_unless_said_otherwise() {
        let now = moment::day("2026-11-22").unwrap();
        assert_eq!(span(&asked(), now).unwrap().since_ms, Some(moment::day("2026-11-01").unwrap()));
        assert_eq!(span(&Costs { all: true, ..asked() }, now).unwrap(), CostSpan::default());
        let backwards =
            Costs { since: Some("2026-11-02".into()), until: Some("2026-11-01".into()), ..asked() };
        assert!(span(&backwards, now).is_err());
    }

    #[test]
    fn sums_are_added_up() {
        let row = |key: &str, settled| CostRow {
            key: key.into(),
            jobs: 2,
            estimate_microusd: settled,
            settled_microusd: settled,
            reserved_microusd: 0,
        };
        let said = table(&[row("2026-11-01", 1_250_000), row("2026-11-02", 250_000)], Paint::PLAIN);
        assert!(said.lines().last().unwrap().contains("$1.50"), "{said}");
    }
}
