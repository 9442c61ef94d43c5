//! The ledger as a table for other programs.

use super::LedgerLine;
use crate::history::csv::{harmless, time};

const HEADINGS: [&str; 16] = [
    "time",
    "job",
    "profile",
    "partner",
    "engine",
    "resource",
    "item",
    "quantity",
    "unit",
    "unit_usd",
    "estimate_usd",
    "amount_usd",
    "state",
    "price_book",
    "estimate_microusd",
    "amount_microusd",
];

/// A table that is being written.
pub(crate) struct Table(csv::Writer<Vec<u8>>);

impl Table {
    /// With its headings.
    pub(crate) fn begin() -> Result<Self, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(HEADINGS)?;
        Ok(Self(writer))
    }

    pub(crate) fn line(&mut self, line: &LedgerLine) -> Result<(), csv::Error> {
        let fields = [
            time(Some(line.at_ms)),
            line.job.to_string(),
            line.profile.clone(),
            line.partner.clone(),
            line.engine.to_string(),
            word(line.resource),
            line.item.clone(),
            line.quantity.to_string(),
            word(line.unit),
            decimal(line.unit_nanousd, 9),
            decimal(line.estimate_microusd, 6),
            decimal(line.amount_microusd, 6),
            word(line.state),
            line.price_book.clone(),
            line.estimate_microusd.to_string(),
            line.amount_microusd.to_string(),
        ];
        self.0.write_record(fields.iter().map(|field| harmless(field).into_owned()))
    }

    /// All of it.
    pub(crate) fn end(self) -> Result<String, std::io::Error> {
        let bytes = self.0.into_inner().map_err(csv::IntoInnerError::into_error)?;
        String::from_utf8(bytes).map_err(std::io::Error::other)
    }
}

fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(_) | Err(_) => String::new(),
    }
}

/// Exactly: so many places, without zeros at the end.
fn decimal(amount: i64, places: u32) -> String {
    let one = 10_u64.pow(places);
    let (whole, rest) = (amount.unsigned_abs() / one, amount.unsigned_abs() % one);
    let rest = format!("{rest:0width$}", width = places as usize);
    let sign = if amount < 0 { "-" } else { "" };
    let kept = rest.trim_end_matches('0');
    if kept.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{kept}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        assert_eq!(decimal(7_500_000, 9), "0.0075");
        assert_eq!(decimal(-1_250_001, 6), "-1.250001");
        assert_eq!([decimal(0, 6), decimal(3_000_000, 6)], ["0", "3"]);
    }
}
