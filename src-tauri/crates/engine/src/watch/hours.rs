//! Hours at which work may start: local time, through changes to and from daylight saving.

use jiff::{
    Timestamp, ToSpan,
    civil::{self, Date},
    tz::{AmbiguousOffset, Offset, TimeZone},
};

use super::{Hours, WatchError, Weekday};

/// Whether work may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Now.
    Open,
    /// Not before.
    Closed {
        /// When it may, ms UTC; `i64::MAX`: never.
        until_ms: i64,
    },
}

const DAY_MINUTES: u16 = 24 * 60;
/// Days ahead that are searched for an opening: one week may lose its span to a change of the clocks.
const DAYS_AHEAD: i64 = 22;
/// Days back on which a span that is open now may have begun.
const DAYS_BACK: i64 = 2;

const WEEK: [(Weekday, &str, &str); 7] = [
    (Weekday::Mon, "mon", "monday"),
    (Weekday::Tue, "tue", "tuesday"),
    (Weekday::Wed, "wed", "wednesday"),
    (Weekday::Thu, "thu", "thursday"),
    (Weekday::Fri, "fri", "friday"),
    (Weekday::Sat, "sat", "saturday"),
    (Weekday::Sun, "sun", "sunday"),
];

/// Reads hours: spans such as `mon-fri 20:00-06:00`, with commas between them. Days are names or ranges with
/// blanks between them; without days a span is of every day. Nothing: always.
///
/// # Errors
/// [`WatchError::Hours`].
pub fn parse_hours(text: &str) -> Result<Vec<Hours>, WatchError> {
    let wrong = |slip: Slip| WatchError::Hours { hours: text.to_owned(), why: slip.to_string() };
    let spans = text.split(',').map(str::trim);
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    spans.map(|span| parse_span(span).map_err(wrong)).collect()
}

/// Hours as people write them: `mon-fri 20:00-06:00, sat-sun 00:00-24:00`.
pub fn hours_text(hours: &[Hours]) -> String {
    let spans = hours.iter().filter(|span| !span.days.is_empty()).map(|span| {
        format!("{} {}-{}", days_text(&span.days), clock(span.from_minute), clock(span.to_minute))
    });
    spans.collect::<Vec<_>>().join(", ")
}

/// Whether hours that did not come from [`parse_hours`] make sense.
///
/// # Errors
/// [`WatchError::Hours`].
pub(crate) fn check_hours(hours: &[Hours]) -> Result<(), WatchError> {
    let wrong = |why: &str| Err(WatchError::Hours { hours: hours_text(hours), why: why.into() });
    for span in hours {
        if span.days.is_empty() {
            return wrong("a span needs a day");
        }
        if span.from_minute >= DAY_MINUTES || span.to_minute > DAY_MINUTES {
            return wrong("a day ends at 24:00");
        }
    }
    Ok(())
}

/// Whether work may start at this time, ms UTC, in this zone. No hours: always.
///
/// A span that begins or ends at an hour that does not exist does so at the next one that does; one that
/// begins or ends at an hour that exists twice holds through both.
pub(crate) fn opening(hours: &[Hours], now_ms: i64, zone: &TimeZone) -> Opening {
    // No schedule holds a file for ever because the clock is absurd.
    let Ok(now) = Timestamp::from_millisecond(now_ms) else { return Opening::Open };
    if hours.is_empty() {
        return Opening::Open;
    }
    let today = now.to_zoned(zone.clone()).date();
    let mut until_ms = i64::MAX;
    for day in -DAYS_BACK..=DAYS_AHEAD {
        let Ok(date) = today.checked_add(day.days()) else { continue };
        let of_day = hours.iter().filter(|span| span.days.contains(&weekday(date)));
        for (start, end) in of_day.filter_map(|span| instants(span, date, zone)) {
            if start >= end {
                continue;
            }
            if start <= now_ms && now_ms < end {
                return Opening::Open;
            }
            if start > now_ms {
                until_ms = until_ms.min(start);
            }
        }
    }
    Opening::Closed { until_ms }
}

/// Beginning and end of the span that begins on a day, ms UTC.
fn instants(span: &Hours, date: Date, zone: &TimeZone) -> Option<(i64, i64)> {
    let last = if span.to_minute > span.from_minute { date } else { date.tomorrow().ok()? };
    Some((
        instant(date, span.from_minute, zone, Edge::Start)?,
        instant(last, span.to_minute, zone, Edge::End)?,
    ))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Start,
    End,
}

/// When the clocks show this, ms UTC.
fn instant(date: Date, minute: u16, zone: &TimeZone, edge: Edge) -> Option<i64> {
    let shown = date.to_datetime(civil::Time::midnight()).checked_add(i64::from(minute).minutes()).ok()?;
    let at = |offset: Offset| offset.to_timestamp(shown).ok().map(Timestamp::as_millisecond);
    match zone.to_ambiguous_timestamp(shown).offset() {
        AmbiguousOffset::Unambiguous { offset } => at(offset),
        AmbiguousOffset::Fold { before, after } => at(if edge == Edge::Start { before } else { after }),
        // With the offset before the change it is after the change, and the other way round.
        AmbiguousOffset::Gap { before, after } => Some(change_between(at(after)?, at(before)?, before, zone)),
    }
}

/// First ms at which the zone no longer has this offset, between one at which it has and one at which not.
fn change_between(mut has: i64, mut has_not: i64, offset: Offset, zone: &TimeZone) -> i64 {
    while has_not - has > 1 {
        let middle = has + (has_not - has) / 2;
        let there = Timestamp::from_millisecond(middle).is_ok_and(|at| zone.to_offset(at) == offset);
        if there { has = middle } else { has_not = middle }
    }
    has_not
}

fn weekday(date: Date) -> Weekday {
    let from_monday = date.weekday().to_monday_zero_offset();
    WEEK[usize::try_from(from_monday).unwrap_or(0) % WEEK.len()].0
}

/// What is wrong with hours as somebody wrote them.
#[derive(Debug, thiserror::Error)]
enum Slip {
    #[error("there is nothing between two commas; for example: mon-fri 20:00-06:00")]
    Nothing,
    #[error("“{0}” is no span of time; for example: mon-fri 20:00-06:00")]
    Span(String),
    #[error("a day begins at 00:00, not at 24:00")]
    Beginning,
    #[error("“{0}” is no day: mon, tue, wed, thu, fri, sat, sun")]
    Day(String),
    #[error("“{0}” is no time of day: 00:00 to 24:00")]
    Time(String),
}

fn parse_span(span: &str) -> Result<Hours, Slip> {
    let mut words: Vec<&str> = span.split_whitespace().collect();
    let Some(times) = words.pop() else {
        return Err(Slip::Nothing);
    };
    let (from, to) =
        times.split_once('-').filter(|_| times.contains(':')).ok_or_else(|| Slip::Span(times.to_owned()))?;
    let (from_minute, to_minute) = (parse_clock(from)?, parse_clock(to)?);
    if from_minute == DAY_MINUTES {
        return Err(Slip::Beginning);
    }
    let mut days: Vec<Weekday> = Vec::new();
    for word in &words {
        days.extend(parse_days(word)?);
    }
    if words.is_empty() {
        days.extend(WEEK.iter().map(|day| day.0));
    }
    days.sort_unstable();
    days.dedup();
    Ok(Hours { days, from_minute, to_minute })
}

/// A day, or a range of days that may go over the end of the week.
fn parse_days(word: &str) -> Result<Vec<Weekday>, Slip> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let (first, last) = (parse_day(first)?, parse_day(last)?);
    let count = (last + WEEK.len() - first) % WEEK.len() + 1;
    Ok(WEEK.iter().cycle().skip(first).take(count).map(|day| day.0).collect())
}

fn parse_day(word: &str) -> Result<usize, Slip> {
    let lower = word.to_lowercase();
    let known = WEEK.iter().position(|(_, short, long)| *short == lower || *long == lower);
    known.ok_or_else(|| Slip::Day(word.to_owned()))
}

fn parse_clock(text: &str) -> Result<u16, Slip> {
    let number = |digits: &str, most: u16| {
        let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse::<u16>().ok()).flatten().filter(|number| *number <= most)
    };
    let minutes = text.split_once(':').and_then(|(hour, minute)| {
        (minute.len() == 2).then_some(())?;
        Some(number(hour, 24)? * 60 + number(minute, 59)?)
    });
    let valid = minutes.filter(|minutes| *minutes <= DAY_MINUTES);
    valid.ok_or_else(|| Slip::Time(text.to_owned()))
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Days in the order of the week, neighbours as ranges.
fn days_text(days: &[Weekday]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut n = 0;
    while n < WEEK.len() {
        let length = WEEK[n..].iter().take_while(|day| days.contains(&day.0)).count();
        match length {
            0 => {}
            1 => words.push(WEEK[n].1.to_owned()),
            _ => words.push(format!("{}-{}", WEEK[n].1, WEEK[n + length - 1].1)),
        }
        n += length.max(1);
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::subsequence};

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[track_caller]
    fn closed_until(hours: &str, name: &str, now: &str, until: &str) {
        let opening = opening(&parse_hours(hours).unwrap(), ms(now), &zone(name));
        assert_eq!(opening, Opening::Closed { until_ms: ms(until) }, "{hours} at {now}");
    }

    #[track_caller]
    fn open(hours: &str, name: &str, from: &str, to: &str) {
        let (hours, zone) = (parse_hours(hours).unwrap(), zone(name));
        let is_open = |at: i64| opening(&hours, at, &zone) == Opening::Open;
        assert!(!is_open(ms(from) - 1), "closed before {from}");
        let last = ms(to) - 1;
        assert!((ms(from)..last).step_by(60_000).chain([last]).all(is_open), "open from {from} to {to}");
        assert!(!is_open(ms(to)), "closed at {to}");
    }

    #[test]
    fn spans_are_read_and_written() {
        for (text, written) in [
            ("mon-fri 20:00-06:00, sat-sun 00:00-24:00", "mon-fri 20:00-06:00, sat-sun 00:00-24:00"),
            ("Monday WED fri-SUN 9:05-17:00", "mon wed fri-sun 09:05-17:00"),
            ("sat-mon 1:00-2:00", "mon sat-sun 01:00-02:00"),
            ("22:00-22:00", "mon-sun 22:00-22:00"),
            (" tue  00:00-00:30 ", "tue 00:00-00:30"),
            ("", ""),
        ] {
            assert_eq!(hours_text(&parse_hours(text).unwrap()), written, "{text}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        for (text, why) in [
            ("mon", "“mon” is no span of time"),
            ("mon-fri", "“mon-fri” is no span of time"),
            ("mon 20:00-25:00", "“25:00” is no time of day"),
            ("mon 20:0-21:00", "“20:0” is no time of day"),
            ("mon 24:00-06:00", "a day begins at 00:00"),
            ("mon 24:01-06:00", "“24:01” is no time of day"),
            ("mo 20:00-21:00", "“mo” is no day"),
            ("mon-tues 20:00-21:00", "“tues” is no day"),
            ("20:00-21:00,", "nothing between two commas"),
            ("mon +2:00-21:00", "“+2:00” is no time of day"),
        ] {
            let shown = parse_hours(text).unwrap_err().to_string();
            assert!(shown.contains(why), "{text}: {shown}");
        }
        let span = |days: Vec<Weekday>, from_minute, to_minute| [Hours { days, from_minute, to_minute }];
        assert!(check_hours(&span(vec![], 0, 60)).is_err());
        assert!(check_hours(&span(vec![Weekday::Mon], 1440, 60)).is_err());
        assert!(check_hours(&span(vec![Weekday::Mon], 0, 1441)).is_err());
        assert!(check_hours(&span(vec![Weekday::Mon], 1439, 1440)).is_ok());
    }

    #[test]
    fn nights_and_weekends() {
        let hours = "mon-fri 20:00-06:00, sat-sun 00:00-24:00";
        // 20 November 2026 is a Friday. The night to Saturday goes on until Sunday ends.
        closed_until(hours, "Europe/Berlin", "2026-11-20T12:00:00Z", "2026-11-20T19:00:00Z");
        open(hours, "Europe/Berlin", "2026-11-20T19:00:00Z", "2026-11-22T23:00:00Z");
        open(hours, "Europe/Berlin", "2026-11-23T19:00:00Z", "2026-11-24T05:00:00Z");
        assert_eq!(opening(&[], 0, &TimeZone::UTC), Opening::Open);
        let never = [Hours { days: vec![], from_minute: 0, to_minute: 1 }];
        assert_eq!(opening(&never, 0, &TimeZone::UTC), Opening::Closed { until_ms: i64::MAX });
        assert_eq!(opening(&never, i64::MAX, &TimeZone::UTC), Opening::Open, "an absurd clock");
    }

    #[test]
    fn an_hour_that_does_not_exist_opens_at_the_next_one() {
        // Clocks go from 02:00 to 03:00 on 29 March 2026 in Berlin, at 01:00 UTC.
        open("02:30-05:00", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z");
        open("22:00-02:30", "Europe/Berlin", "2026-03-28T21:00:00Z", "2026-03-29T01:00:00Z");
        // From 02:00 to 03:00 on 8 March 2026 in New York, at 07:00 UTC.
        open("02:15-04:00", "America/New_York", "2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z");
        // By half an hour, from 02:00 to 02:30, on 4 October 2026 on Lord Howe Island.
        open("02:10-03:00", "Australia/Lord_Howe", "2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z");
        // At midnight, from 00:00 to 01:00, on 24 April 2026 in Cairo.
        open("00:00-02:00", "Africa/Cairo", "2026-04-23T22:00:00Z", "2026-04-23T23:00:00Z");
        // A span within the hour that does not exist is not open that day.
        let next = "2026-03-30T00:10:00Z";
        closed_until("02:10-02:50", "Europe/Berlin", "2026-03-28T12:00:00Z", next);
        // A day that does not exist: 30 December 2011 on Samoa.
        closed_until("fri 09:00-10:00", "Pacific/Apia", "2011-12-29T12:00:00Z", "2012-01-05T19:00:00Z");
    }

    #[test]
    fn an_hour_that_exists_twice_is_open_through_both() {
        // Clocks go from 03:00 to 02:00 on 25 October 2026 in Berlin, at 01:00 UTC.
        open("02:00-03:00", "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z");
        open("02:30-05:00", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T04:00:00Z");
        open("22:00-02:30", "Europe/Berlin", "2026-10-24T20:00:00Z", "2026-10-25T01:30:00Z");
        // From 02:00 to 01:00 on 1 November 2026 in New York, at 06:00 UTC.
        open("01:15-01:45", "America/New_York", "2026-11-01T05:15:00Z", "2026-11-01T06:45:00Z");
    }

    fn any_hours() -> impl Strategy<Value = Vec<Hours>> {
        let days = subsequence(WEEK.map(|day| day.0).to_vec(), 1..=7);
        let span = (days, 0..DAY_MINUTES, 0..=DAY_MINUTES);
        let hours = span.prop_map(|(days, from_minute, to_minute)| Hours { days, from_minute, to_minute });
        prop::collection::vec(hours, 1..4)
    }

    fn any_zone() -> impl Strategy<Value = TimeZone> {
        prop::sample::select(vec![
            "UTC",
            "Europe/Berlin",
            "America/New_York",
            "Australia/Lord_Howe",
            "Asia/Kolkata",
            "America/Sao_Paulo",
            "Africa/Cairo",
            "Pacific/Apia",
            "Pacific/Kiritimati",
            "America/St_Johns",
        ])
        .prop_map(zone)
    }

    proptest! {
        #[test]
        fn text_and_hours_are_the_same(hours in any_hours()) {
            prop_assert_eq!(parse_hours(&hours_text(&hours)).unwrap(), hours.clone());
            prop_assert!(check_hours(&hours).is_ok());
        }

        #[test]
        fn any_text_is_survived(text in "[a-z0-9:, -]{0,20}|.{0,20}") {
            if let Ok(hours) = parse_hours(&text) {
                prop_assert!(check_hours(&hours).is_ok());
            }
        }

        #[test]
        fn it_opens_exactly_when_it_says(
            hours in any_hours(), zone in any_zone(), now in ms("2010-01-01T00:00:00Z")..ms("2037-01-01T00:00:00Z"),
        ) {
            if let Opening::Closed { until_ms } = opening(&hours, now, &zone) {
                prop_assert!(until_ms > now);
                if until_ms < i64::MAX {
                    prop_assert_eq!(opening(&hours, until_ms, &zone), Opening::Open);
                    for at in (0..20).map(|n| now + (until_ms - 1 - now) / 19 * n).chain([until_ms - 1]) {
                        prop_assert_eq!(opening(&hours, at, &zone), Opening::Closed { until_ms });
                    }
                }
            }
        }

        #[test]
        fn without_changes_of_the_clocks_it_is_plain_arithmetic(hours in any_hours(), now in 0..ms("2030-01-01T00:00:00Z")) {
            // 1 January 1970 was a Thursday.
            let minute = now / 60_000 + 3 * i64::from(DAY_MINUTES);
            let is_open = hours.iter().any(|span| {
                (0..=1).any(|back| {
                    let day = minute / i64::from(DAY_MINUTES) - back;
                    let (from, to) = (i64::from(span.from_minute), i64::from(span.to_minute));
                    let length = if to > from { to - from } else { to - from + i64::from(DAY_MINUTES) };
                    let start = day * i64::from(DAY_MINUTES) + from;
                    let begins = span.days.contains(&WEEK[usize::try_from(day % 7).unwrap()].0);
                    begins && (start..start + length).contains(&minute)
                })
            });
            prop_assert_eq!(opening(&hours, now, &TimeZone::UTC) == Opening::Open, is_open);
        }
    }
}
