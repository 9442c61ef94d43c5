//! Moments and days as users type them.

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

use crate::exit::CommandError;

/// `--deadline`: a local date and time, an RFC 3339 moment, or `+` and a length of time from `now_ms` on.
pub(crate) fn deadline(text: &str, now_ms: i64) -> Result<i64, CommandError> {
    let wrong = || {
        CommandError::usage(
            format!("\"{}\" is no moment.", crate::text::escape(text)),
            "Like this: --deadline 2026-11-23T18:00, or from now on --deadline +90m.",
        )
    };
    if let Some(length) = text.strip_prefix('+') {
        let length: SignedDuration = length.parse().map_err(|_| wrong())?;
        let ms = i64::try_from(length.as_millis()).map_err(|_| wrong())?;
        return now_ms.checked_add(ms).ok_or_else(wrong);
    }
    let stamp = text.parse::<Timestamp>().or_else(|_| {
        let local: civil::DateTime = text.parse()?;
        Ok::<_, jiff::Error>(local.to_zoned(TimeZone::system())?.timestamp())
    });
    stamp.map(Timestamp::as_millisecond).map_err(|_| wrong())
}

/// Midnight (UTC) at the beginning of a day.
pub(crate) fn day(text: &str) -> Result<i64, CommandError> {
    let date = text.parse::<civil::Date>().and_then(|date| date.to_zoned(TimeZone::UTC));
    date.map(|midnight| midnight.timestamp().as_millisecond()).map_err(|_| {
        CommandError::usage(
            format!("\"{}\" is no day.", crate::text::escape(text)),
            "Like this: --since 2026-11-01.",
        )
    })
}

/// Beginning of the month (UTC) that this moment lies in.
pub(crate) fn month(now_ms: i64) -> i64 {
    let stamp = Timestamp::from_millisecond(now_ms).unwrap_or_default();
    let first = stamp.to_zoned(TimeZone::UTC).date().first_of_month();
    first.to_zoned(TimeZone::UTC).map_or(now_ms, |midnight| midnight.timestamp().as_millisecond())
}

/// Now, ms UTC.
pub(crate) fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_three_ways() {
        assert_eq!(deadline("+90m", 1_000).unwrap(), 5_401_000);
        assert_eq!(deadline("+2h", 0).unwrap(), 7_200_000);
        assert_eq!(deadline("2026-11-23T18:00:00Z", 0).unwrap(), 1_795_456_800_000);
        let local = deadline("2026-11-23T18:00", 0).unwrap();
        assert!((local - 1_795_456_800_000).abs() <= 14 * 3_600_000);
        for wrong in ["tomorrow", "+", "+x", "2026-13-01T00:00", ""] {
            assert!(deadline(wrong, 0).is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_begin_at_midnight_and_months_on_the_first() {
        let day_ms = day("2026-11-22").unwrap();
        assert_eq!(day_ms % 86_400_000, 0);
        assert_eq!(month(day_ms + 5), day("2026-11-01").unwrap());
        assert!(day("22.11.2026").is_err());
    }
}
