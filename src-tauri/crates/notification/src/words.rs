//! What others say, fit to be shown and kept.

/// Longest answer that is kept, in characters.
const LONGEST: usize = 300;

/// Where something was cut off.
pub(crate) const CUT: &str = "…";

/// One line without control characters, cut where it gets too long; nothing when nothing was said.
pub(crate) fn one_line(said: &str) -> String {
    let mut line = String::new();
    for (count, word) in said.split_whitespace().flat_map(|word| [" ", word]).skip(1).enumerate() {
        // Enough words that none of them can matter any more.
        if count > 2 * LONGEST {
            break;
        }
        line.extend(word.chars().map(|c| if is_odd(c) { char::REPLACEMENT_CHARACTER } else { c }));
    }
    match line.char_indices().nth(LONGEST) {
        None => line,
        Some((end, _)) => format!("{}{CUT}", &line[..end]),
    }
}

/// Characters that change what is around them on a terminal or in a log.
fn is_odd(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `, and said: …`, or nothing.
pub(crate) fn saying(said: &str) -> String {
    let said = one_line(said);
    if said.is_empty() { said } else { format!(", and said: {said}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LONGEST, is_odd, one_line, saying};

    proptest! {
        #[test]
        fn whatever_is_said_fits_on_a_line(said in any::<String>()) {
            let line = one_line(&said);
            prop_assert!(line.chars().count() <= LONGEST + 1);
            prop_assert!(!line.chars().any(is_odd));
        }
    }

    #[test]
    fn words_stay_as_they_are() {
        assert_eq!(one_line(" disk\r\n  full \u{1b}[31m"), "disk full \u{fffd}[31m");
        assert_eq!(saying("\n"), "");
        assert_eq!(saying("no"), ", and said: no");
        assert!(one_line(&"long ".repeat(1_000)).ends_with('…'));
    }
}
