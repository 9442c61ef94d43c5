//! Days and months in UTC: money is counted by them, wherever the machine stands.

use jiff::{Timestamp, ToSpan, Zoned, tz::TimeZone};

/// First moment of the calendar month of a time, and of the next one; ms UTC.
pub(crate) fn month(at_ms: i64) -> (i64, i64) {
    let first = utc(at_ms).and_then(|at| at.first_of_month().ok()).and_then(|at| at.start_of_day().ok());
    let next = first.as_ref().and_then(|first| first.checked_add(1.month()).ok());
    // Years that no calendar has: all of time is one month.
    let ms = |at: Option<&Zoned>, otherwise| at.map_or(otherwise, |at| at.timestamp().as_millisecond());
    (ms(first.as_ref(), i64::MIN), ms(next.as_ref(), i64::MAX))
}

/// `YYYY-MM`.
pub(crate) fn month_name(at_ms: i64) -> String {
    utc(at_ms).map(|at| at.strftime("%Y-%m").to_string()).unwrap_or_default()
}

fn utc(at_ms: i64) -> Option<Zoned> {
    Some(Timestamp::from_millisecond(at_ms).ok()?.to_zoned(TimeZone::UTC))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn months_begin_at_midnight_of_their_first_day() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        let last = at("2028-02-29T23:59:59.999Z");
        assert_eq!(month(last), (at("2028-02-01T00:00:00Z"), at("2028-03-01T00:00:00Z")));
        assert_eq!(month(last + 1).0, last + 1);
        assert_eq!(month_name(last), "2028-02");
        assert_eq!(month(at("2026-12-31T12:00:00Z")).1, at("2027-01-01T00:00:00Z"));
    }

    proptest! {
        #[test]
        fn every_moment_lies_in_its_month(at_ms: i64) {
            let (from, to) = month(at_ms);
            prop_assert!(from <= at_ms && (at_ms < to || to == i64::MAX));
        }
    }
}
