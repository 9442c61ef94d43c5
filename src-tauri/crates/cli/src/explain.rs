//! A failure in words: all ten parts, in the order in which a reader needs them. Pure.

use spillway_engine::failure::{Code, Failure};

use crate::{out::Paint, text};

/// The stable text of a code, e.g. `MED-04`.
pub(crate) fn code(code: Code) -> String {
    // The serialized form is the one place where codes are spelled.
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(code)) => code,
        Ok(_) | Err(_) => format!("{code:?}"),
    }
}

/// The whole message.
pub(crate) fn failure(failure: &Failure, paint: Paint) -> String {
    let mut lines = vec![format!(
        "{} {}",
        paint.bad(&format!("error[{}]:", code(failure.code))),
        paint.strong(&text::escape(&failure.what))
    )];
    let spent = match failure.spent_microusd {
        0 => "nothing".to_owned(),
        amount => text::dollars(amount),
    };
    let waiting = if failure.waiting_helps { "may help" } else { "does not help" };
    let parts = [
        ("why", failure.why.as_str()),
        ("done so far", &failure.did),
        ("material", &failure.safe),
        ("spent", &spent),
        ("next", &failure.next),
        ("or", &failure.otherwise),
        ("waiting", waiting),
    ];
    for (label, part) in parts.into_iter().filter(|(_, part)| !part.trim().is_empty()) {
        let label = paint.faint(&format!("{label:>13}"));
        lines.push(format!("{label}  {}", text::escape(part)));
    }
    if !failure.details.trim().is_empty() {
        let label = paint.faint(&format!("{:>13}", "details"));
        let details = text::escape_lines(failure.details.trim()).replace('\n', &format!("\n{:15}", ""));
        lines.push(format!("{label}  {details}"));
    }
    lines.join("\n")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn sample() -> Failure {
        Failure {
            code: Code::Playlist,
            what: "clip.mp4 was not delivered.".into(),
            why: "It is a list.".into(),
            did: "Looked at it once.".into(),
            safe: "The source is untouched.".into(),
            spent_microusd: 1_500_000,
            next: "Give the movie itself.".into(),
            otherwise: String::new(),
            waiting_helps: false,
            details: "line 1\nline \u{1b}2".into(),
        }
    }

    #[test]
    fn every_part_that_says_something_is_there() {
        let expected = "\
error[SEC-01]: clip.mp4 was not delivered.
          why  It is a list.
  done so far  Looked at it once.
     material  The source is untouched.
        spent  $1.50
         next  Give the movie itself.
      waiting  does not help
      details  line 1
               line \\u{1b}2";
        assert_eq!(failure(&sample(), Paint::PLAIN), expected);
    }
}
