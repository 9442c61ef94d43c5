//! The history as a table for other programs.

use std::{borrow::Cow, io};

use jiff::Timestamp;

use super::HistoryRow;

const HEADINGS: [&str; 15] = [
    "job",
    "source",
    "profile",
    "partner",
    "engine",
    "state",
    "submitted",
    "started",
    "ended",
    "outputs",
    "bytes",
    "duration_ms",
    "cost_usd",
    "error_code",
    "error",
];

/// A table that is being written.
pub(crate) struct Table<'a> {
    writer: csv::Writer<&'a mut dyn io::Write>,
    rows: u64,
}

impl<'a> Table<'a> {
    /// Writes the headings.
    pub(crate) fn begin(out: &'a mut dyn io::Write) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(HEADINGS)?;
        Ok(Self { writer, rows: 0 })
    }

    /// Writes a job.
    pub(crate) fn row(&mut self, row: &HistoryRow) -> io::Result<()> {
        let code = row.error_code.map(|code| code.to_string());
        let fields = [
            row.id.to_string(),
            row.source.clone(),
            row.profile.clone(),
            row.partner.clone(),
            row.engine.clone(),
            row.state.to_string(),
            time(Some(row.created_ms)),
            time(row.started_ms),
            time(row.ended_ms),
            row.outputs.to_string(),
            row.bytes.to_string(),
            row.duration_ms.to_string(),
            dollars(row.cost_microusd),
            code.unwrap_or_default(),
            row.error_what.clone().unwrap_or_default(),
        ];
        self.writer.write_record(fields.iter().map(|field| harmless(field).into_owned()))?;
        self.rows += 1;
        Ok(())
    }

    /// Sees everything written; says how many jobs there were.
    pub(crate) fn end(mut self) -> io::Result<u64> {
        self.writer.flush()?;
        Ok(self.rows)
    }
}

/// A spreadsheet takes a cell that begins like this for a formula, whoever named the file.
pub(crate) fn harmless(field: &str) -> Cow<'_, str> {
    match field.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => Cow::Owned(format!("'{field}")),
        _ => Cow::Borrowed(field),
    }
}

/// To the second and below, where there is anything below.
pub(crate) fn time(ms: Option<i64>) -> String {
    ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()).map_or_else(String::new, |time| time.to_string())
}

fn dollars(microusd: i64) -> String {
    let sign = if microusd < 0 { "-" } else { "" };
    let amount = microusd.unsigned_abs();
    format!("{sign}{}.{:06}", amount / 1_000_000, amount % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{failure::Code, model::JobState};

    #[test]
    fn other_programs_read_back_what_was_written_and_take_nothing_for_a_formula() {
        let row = HistoryRow {
            id: "00000000-0000-7000-8000-000000000001".parse().unwrap(),
            source: "/in/a \"b\", c\nd.mov".into(),
            profile: "web".into(),
            partner: "=HYPERLINK(\"x\")".into(),
            engine: "local".into(),
            state: JobState::Failed,
            created_ms: 1_700_000_000_000,
            started_ms: None,
            ended_ms: Some(1_700_000_000_250),
            outputs: 0,
            bytes: 5,
            duration_ms: 40,
            cost_microusd: 1_250_000,
            error_code: Some(Code::DiskFull),
            error_what: Some("@b".into()),
        };
        let mut out = Vec::new();
        let mut table = Table::begin(&mut out).unwrap();
        table.row(&row).unwrap();
        assert_eq!(table.end().unwrap(), 1);
        let mut reader = csv::Reader::from_reader(out.as_slice());
        assert_eq!(reader.headers().unwrap(), &csv::StringRecord::from(HEADINGS.to_vec()));
        let read: Vec<String> =
            reader.records().next().unwrap().unwrap().iter().map(ToOwned::to_owned).collect();
        let wanted = [
            "00000000-0000-7000-8000-000000000001",
            "/in/a \"b\", c\nd.mov",
            "web",
            "'=HYPERLINK(\"x\")",
            "local",
            "failed",
            "2023-11-14T22:13:20Z",
            "",
            "2023-11-14T22:13:20.25Z",
            "0",
            "5",
            "40",
            "1.250000",
            "DSK-01",
            "'@b",
        ];
        assert_eq!(read, wanted);
    }
}
