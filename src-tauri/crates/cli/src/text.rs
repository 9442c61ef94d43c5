//! Values in words: paths, sizes, times, money. Pure.

use std::{fmt::Write, path::Path};

/// A path for people: lossy where it is not text, and without characters that could act on a terminal.
pub(crate) fn path(path: &Path) -> String {
    escape(&path.to_string_lossy())
}

/// The last part of a path for people.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| self::path(path), |name| escape(&name.to_string_lossy()))
}

/// Text without control characters and without characters that reverse the direction of writing.
pub(crate) fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, c| {
        if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
        safe
    })
}

/// As [`escape`], with line ends kept.
pub(crate) fn escape_lines(text: &str) -> String {
    text.lines().map(escape).collect::<Vec<_>>().join("\n")
}

/// A size, in decimal units as file managers and price lists count.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if count < 1_000 {
        return format!("{count} B");
    }
    let mut size = approximate(count);
    let mut unit = "B";
    for larger in UNITS {
        if size < 999.5 {
            break;
        }
        size /= 1_000.0;
        unit = larger;
    }
    if size < 9.995 { format!("{size:.2} {unit}") } else { format!("{size:.1} {unit}") }
}

/// A count as floating point, for figures that people read.
#[expect(clippy::cast_precision_loss, reason = "figures for people carry three digits")]
pub(crate) fn approximate(count: u64) -> f64 {
    count as f64
}

/// A bit rate.
pub(crate) fn bit_rate(bits_per_second: u64) -> String {
    let rate = approximate(bits_per_second);
    if rate < 1e6 { format!("{:.0} kbit/s", rate / 1e3) } else { format!("{:.1} Mbit/s", rate / 1e6) }
}

/// A speed in multiples of playing time: `0.04x`, `1.8x`, `12x`.
pub(crate) fn speed(times: f64) -> String {
    match times {
        ..0.095 => format!("{times:.2}x"),
        ..9.95 => format!("{times:.1}x"),
        _ => format!("{times:.0}x"),
    }
}

/// A stretch of working time: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 07 min`.
pub(crate) fn span(milliseconds: i64) -> String {
    let ms = milliseconds.max(0);
    match ms / 1_000 {
        0..10 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        seconds @ 10..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {:02} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// A running time of media: `00:01:02.345`.
pub(crate) fn running_time(milliseconds: i64) -> String {
    let ms = milliseconds.unsigned_abs();
    let sign = if milliseconds < 0 { "-" } else { "" };
    format!("{sign}{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000)
}

/// Millionths of a US dollar as dollars.
pub(crate) fn dollars(microdollars: i64) -> String {
    let (sign, amount) = (if microdollars < 0 { "-" } else { "" }, microdollars.unsigned_abs());
    let mut text = format!("{sign}${}.{:06}", amount / 1_000_000, amount % 1_000_000);
    while text.ends_with('0')
        && !text.ends_with(".00")
        && text.rfind('.').is_some_and(|dot| text.len() - dot > 3)
    {
        text.pop();
    }
    text
}

/// A moment in local time, to the second.
pub(crate) fn moment(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds).map_or_else(
        |_| format!("{milliseconds} ms"),
        |stamp| stamp.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// A number of things.
pub(crate) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// `1 segment`, `2 segments`.
pub(crate) fn plural(count: u64, one: &str) -> String {
    let mut text = format!("{count} {one}");
    if count != 1 {
        text.push('s');
    }
    text
}

/// Columns as wide as their widest cell, two blanks between, the last one ragged; the first row is the head.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| console::measure_text_width(cell)).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let blanks = width.saturating_sub(console::measure_text_width(cell)) + 2;
            // Writing to a String cannot fail.
            let _ = write!(line, "{cell}{:blanks$}", "");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_can_act_on_a_terminal() {
        assert_eq!(escape("a\u{1b}[31mb\nc"), "a\\u{1b}[31mb\\nc");
        assert_eq!(escape("gpj.\u{202e}vom"), "gpj.\\u{202e}vom");
        assert_eq!(escape("Zürich – 東京.mov"), "Zürich – 東京.mov");
        assert_eq!(escape_lines("a\n\u{7}b"), "a\n\\u{7}b");
    }

    #[test]
    fn sizes_and_rates_carry_three_digits() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_000), "1.00 kB");
        assert_eq!(bytes(999_999), "1.00 MB");
        assert_eq!(bytes(123_456_789), "123.5 MB");
        assert_eq!(bytes(u64::MAX), "18446.7 PB");
        assert_eq!(bit_rate(128_000), "128 kbit/s");
        assert_eq!(bit_rate(8_250_000), "8.2 Mbit/s");
    }

    #[test]
    fn speeds_carry_two_digits() {
        let said = [0.04, 0.1, 1.84, 9.96, 42.4].map(speed);
        assert_eq!(said, ["0.04x", "0.1x", "1.8x", "10x", "42x"]);
    }

    #[test]
    fn times_read_as_people_say_them() {
        assert_eq!(span(-5), "0.0 s");
        assert_eq!(span(450), "0.4 s");
        assert_eq!(span(59_999), "59 s");
        assert_eq!(span(185_000), "3 min 05 s");
        assert_eq!(span(7_620_000), "2 h 07 min");
        assert_eq!(running_time(3_723_004), "01:02:03.004");
        assert_eq!(running_time(-40), "-00:00:00.040");
    }

    #[test]
    fn money_is_exact() {
        assert_eq!(dollars(0), "$0.00");
        assert_eq!(dollars(1_500_000), "$1.50");
        assert_eq!(dollars(-12_345), "-$0.012345");
        assert_eq!(dollars(7_000), "$0.007");
    }

    #[test]
    fn columns_line_up_whatever_the_script() {
        let rows = [["name", "x"], ["東京", "y"]].map(|row| row.map(String::from).to_vec());
        assert_eq!(table(&rows), "name  x\n東京  y\n");
    }
}
