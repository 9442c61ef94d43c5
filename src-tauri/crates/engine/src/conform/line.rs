//! One line of a verdict, merged from what each rendition or track shows.

use super::{Outcome, RULE_IDS, RuleResult};

/// What one rendition, track or file shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Rendition or track; empty for the whole output.
    pub place: String,
    /// What was expected.
    pub expected: String,
    /// What was measured.
    pub measured: String,
    /// How they compare.
    pub state: State,
}

/// How measured and expected compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// As expected.
    Met,
    /// Otherwise.
    Missed,
    /// Cannot be told: noted, whatever the severity.
    Unknown,
}

impl From<bool> for State {
    fn from(met: bool) -> Self {
        if met { Self::Met } else { Self::Missed }
    }
}

impl Part {
    /// What the output as a whole shows.
    pub(super) fn whole(
        expected: impl Into<String>,
        measured: impl Into<String>,
        state: impl Into<State>,
    ) -> Self {
        Self::of("", expected, measured, state)
    }

    /// What one rendition or track shows.
    pub(super) fn of(
        place: &str,
        expected: impl Into<String>,
        measured: impl Into<String>,
        state: impl Into<State>,
    ) -> Self {
        Self {
            place: place.to_owned(),
            expected: expected.into(),
            measured: measured.into(),
            state: state.into(),
        }
    }
}

/// What every rendition or track shows.
pub(super) fn all<C>(cases: &[C], part: impl Fn(&C) -> Part) -> Vec<Part> {
    cases.iter().map(part).collect()
}

/// What those renditions or tracks show that a rule applies to.
pub(super) fn some<C>(cases: &[C], part: impl Fn(&C) -> Option<Part>) -> Vec<Part> {
    cases.iter().filter_map(part).collect()
}

/// The line of a built-in rule, see [`merge`].
pub(super) fn line(rule: &str, title: &str, miss: Outcome, parts: &[Part]) -> Option<RuleResult> {
    debug_assert!(RULE_IDS.contains(&rule), "{rule} is in the list of rules");
    merge(rule, title, miss, parts)
}

/// Merges `parts` into one line; a miss counts as `miss`. `None` when there is nothing to judge.
pub(super) fn merge(rule: &str, title: &str, miss: Outcome, parts: &[Part]) -> Option<RuleResult> {
    let outcome = |part: &Part| match part.state {
        State::Met => Outcome::Pass,
        State::Missed => miss,
        State::Unknown => Outcome::Warn.min(miss),
    };
    let verdict = parts.iter().map(outcome).max()?;
    let bad: Vec<&str> = parts
        .iter()
        .filter(|part| part.state != State::Met && !part.place.is_empty())
        .map(|part| part.place.as_str())
        .collect();
    let place = (!bad.is_empty() && parts.len() > 1).then(|| bad.join(", "));
    Some(RuleResult {
        rule: rule.to_owned(),
        check: None,
        title: title.to_owned(),
        expected: merged(parts, |part| &part.expected),
        measured: merged(parts, |part| &part.measured),
        verdict,
        source: None,
        place,
    })
}

/// One text when all agree, otherwise each with its place.
fn merged(parts: &[Part], text: fn(&Part) -> &String) -> String {
    match parts {
        [] => String::new(),
        [first, rest @ ..] if rest.iter().all(|part| text(part) == text(first)) => text(first).clone(),
        _ => {
            parts.iter().map(|part| format!("{}: {}", part.place, text(part))).collect::<Vec<_>>().join("; ")
        }
    }
}

/// A number with at most three decimals, without trailing zeros.
pub(super) fn shown(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Bit/s as kbit/s.
pub(super) fn kbps(bits: u64) -> String {
    format!("{} kbit/s", bits.div_ceil(1_000))
}

/// Yes or no, in words.
pub(super) fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_merge_and_different_ones_are_told_apart() {
        let part = |place, measured, met: bool| Part::of(place, "24", measured, met);
        let one = merge("r", "t", Outcome::Fail, &[part("a", "24", true), part("b", "24", true)]).unwrap();
        assert_eq!((one.measured.as_str(), one.verdict, one.place), ("24", Outcome::Pass, None));
        let two = merge("r", "t", Outcome::Fail, &[part("a", "24", true), part("b", "25", false)]).unwrap();
        assert_eq!(two.measured, "a: 24; b: 25");
        assert_eq!((two.verdict, two.place.as_deref()), (Outcome::Fail, Some("b")));
        assert_eq!(merge("r", "t", Outcome::Fail, &[]), None);
    }

    #[test]
    fn what_cannot_be_told_is_a_warning() {
        let part = Part::whole("yes", "not established", State::Unknown);
        assert_eq!(merge("r", "t", Outcome::Fail, &[part]).unwrap().verdict, Outcome::Warn);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(shown(23.976_023), "23.976");
        assert_eq!(shown(25.0), "25");
        assert_eq!(kbps(4_000_100), "4001 kbit/s");
    }
}
