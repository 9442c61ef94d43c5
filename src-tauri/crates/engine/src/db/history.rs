//! Searching the history. It is a scan over a narrow table: some ten milliseconds for 100 000 jobs, for
//! words of any length in any script.

use rusqlite::{Connection, Row, params_from_iter, types::Value};

use super::{
    codec::{Json, Text, Word, unsigned},
    function::folded,
};
use crate::{
    error::EngineError,
    failure::Failure,
    history::{HistoryPage, HistoryQuery, HistoryRow, HistorySort, HistoryTotals},
    model::JobId,
};

/// SQLite compares with no longer patterns, and no name is that long.
const LONGEST_PATTERN: usize = 50_000;
/// SQLite's conditions may not be nested without end: further words are compared in a loop.
const WORDS_APART: usize = 32;

const ROW: &str =
    "SELECT j.id, j.source, j.profile_id, j.partner, j.engine, j.state, j.created_ms, j.started_ms,
                   j.ended_ms, j.error, h.outputs, h.bytes, h.duration_ms, h.cost";

/// A page, and sums over everything found; to be called inside one read transaction.
pub(crate) fn page(sql: &Connection, query: &HistoryQuery) -> Result<HistoryPage, EngineError> {
    let found = Condition::of(query)?;
    let totals = totals(sql, &found)?;
    Ok(HistoryPage { rows: rows(sql, query, &found, totals.jobs)?, totals, partners: partners(sql)? })
}

/// Every job found, in order, one by one; `false` ends it.
pub(crate) fn each(
    sql: &Connection,
    query: &HistoryQuery,
    take: &mut dyn FnMut(HistoryRow) -> bool,
) -> Result<(), EngineError> {
    let found = Condition::of(query)?;
    let text = format!(
        "{ROW} FROM history h CROSS JOIN job j ON j.num = h.job WHERE {} ORDER BY h.job {}",
        found.text,
        direction(query.sort, false)
    );
    let mut statement = sql.prepare(&text)?;
    for job in statement.query_map(params_from_iter(&found.values), row)? {
        if !take(job?) {
            return Ok(());
        }
    }
    Ok(())
}

/// What a query asks for, as a condition on `history h` and the values in it.
struct Condition {
    text: String,
    values: Vec<Value>,
    /// Whether it looks at nothing but states and partners, for which sums are kept.
    summed: bool,
}

impl Condition {
    fn of(query: &HistoryQuery) -> Result<Self, EngineError> {
        let mut found = Self { text: String::from("1"), values: Vec::new(), summed: true };
        if !query.states.is_empty() {
            let states = serde_json::to_string(&query.states)?;
            found.and("h.state IN (SELECT value FROM json_each(?))", states);
        }
        if !query.partners.is_empty() {
            let partners = serde_json::to_string(&query.partners)?;
            found.and("h.partner IN (SELECT value FROM json_each(?))", partners);
        }
        found.summed = query.from_ms.is_none() && query.to_ms.is_none() && query.text.trim().is_empty();
        if let Some(from) = query.from_ms {
            found.and("h.created_ms >= ?", from);
        }
        if let Some(to) = query.to_ms {
            found.and("h.created_ms < ?", to);
        }
        found.words(&query.text)?;
        Ok(found)
    }

    fn words(&mut self, text: &str) -> Result<(), EngineError> {
        let mut patterns: Vec<String> = text.split_whitespace().map(|word| pattern(&folded(word))).collect();
        // The longest first: mostly it is the rarest.
        patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.len()));
        patterns.dedup();
        if patterns.iter().any(|pattern| pattern.len() > LONGEST_PATTERN || pattern.contains('\0')) {
            self.text.push_str(" AND 0");
            return Ok(());
        }
        let rest = patterns.split_off(patterns.len().min(WORDS_APART));
        for pattern in patterns {
            self.and("h.text LIKE ? ESCAPE '\\'", pattern);
        }
        if !rest.is_empty() {
            let rest = serde_json::to_string(&rest)?;
            self.and(
                "NOT EXISTS (SELECT 1 FROM json_each(?) w WHERE h.text NOT LIKE w.value ESCAPE '\\')",
                rest,
            );
        }
        Ok(())
    }

    fn and(&mut self, text: &str, value: impl Into<Value>) {
        self.text.push_str(" AND ");
        self.text.push_str(text);
        self.values.push(value.into());
    }
}

/// A pattern of `LIKE` that finds a word anywhere.
fn pattern(word: &str) -> String {
    let mut pattern = String::from("%");
    for letter in word.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// Row numbers rise with age; `back` reads from the other end.
fn direction(sort: HistorySort, back: bool) -> &'static str {
    if (sort == HistorySort::Newest) == back { "ASC" } else { "DESC" }
}

fn totals(sql: &Connection, found: &Condition) -> Result<HistoryTotals, EngineError> {
    let (table, jobs) = if found.summed { ("history_sum", "sum(jobs)") } else { ("history", "count(*)") };
    let text = format!(
        "SELECT coalesce({jobs}, 0) AS jobs, coalesce(sum(delivered), 0) AS delivered, coalesce(sum(failed), 0) AS failed,
         coalesce(sum(cancelled), 0) AS cancelled, coalesce(sum(bytes), 0) AS bytes,
         coalesce(sum(duration_ms), 0) AS duration_ms, coalesce(sum(work_ms), 0) AS work_ms,
         coalesce(sum(cost), 0) AS cost FROM {table} h WHERE {}",
        found.text
    );
    Ok(sql.prepare_cached(&text)?.query_row(params_from_iter(&found.values), |row| {
        Ok(HistoryTotals {
            jobs: unsigned(row, "jobs")?,
            delivered: unsigned(row, "delivered")?,
            failed: unsigned(row, "failed")?,
            cancelled: unsigned(row, "cancelled")?,
            bytes: unsigned(row, "bytes")?,
            duration_ms: row.get("duration_ms")?,
            work_ms: row.get("work_ms")?,
            cost_microusd: row.get("cost")?,
        })
    })?)
}

/// The rows of a page out of `jobs` found. A page in the second half is read from the end.
fn rows(
    sql: &Connection,
    query: &HistoryQuery,
    found: &Condition,
    jobs: u64,
) -> Result<Vec<HistoryRow>, EngineError> {
    let left = jobs.saturating_sub(query.offset.into());
    let count = left.min(query.limit.into());
    if count == 0 {
        return Ok(Vec::new());
    }
    let back = u64::from(query.offset) > jobs / 2;
    let offset = if back { left - count } else { query.offset.into() };
    let direction = direction(query.sort, back);
    let text = format!(
        "{ROW} FROM (SELECT job FROM history h WHERE {} ORDER BY h.job {direction} LIMIT ? OFFSET ?) p
         CROSS JOIN history h ON h.job = p.job CROSS JOIN job j ON j.num = p.job ORDER BY p.job {direction}",
        found.text
    );
    let place = [count, offset].map(|number| Value::from(number.cast_signed()));
    let values = found.values.iter().chain(&place);
    let mut rows: Vec<HistoryRow> =
        sql.prepare_cached(&text)?.query_map(params_from_iter(values), row)?.collect::<Result<_, _>>()?;
    if back {
        rows.reverse();
    }
    Ok(rows)
}

/// Every partner, by name.
fn partners(sql: &Connection) -> Result<Vec<String>, EngineError> {
    let mut statement = sql.prepare_cached("SELECT DISTINCT partner FROM history_sum ORDER BY partner")?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

fn row(row: &Row<'_>) -> rusqlite::Result<HistoryRow> {
    let error = row.get::<_, Option<Json<Failure>>>("error")?.map(|json| json.0);
    Ok(HistoryRow {
        id: row.get::<_, Text<JobId>>("id")?.0,
        source: row.get("source")?,
        profile: row.get("profile_id")?,
        partner: row.get("partner")?,
        engine: row.get("engine")?,
        state: row.get::<_, Word<_>>("state")?.0,
        created_ms: row.get("created_ms")?,
        started_ms: row.get("started_ms")?,
        ended_ms: row.get("ended_ms")?,
        outputs: row.get("outputs")?,
        bytes: unsigned(row, "bytes")?,
        duration_ms: row.get("duration_ms")?,
        cost_microusd: row.get("cost")?,
        error_code: error.as_ref().map(|failure| failure.code),
        error_what: error.map(|failure| failure.what),
    })
}
