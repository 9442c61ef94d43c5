//! `verify FILE -p PROFILE`: does a file obey?

use serde::Serialize;
use spillway_engine::conform::{Outcome, OutputVerdict, RuleResult};

use crate::{
    Session, args,
    documents::lossy,
    exit::{CommandError, Exit},
    out::Paint,
    text,
};

/// `verify --json`.
#[derive(Serialize)]
struct Document<'a> {
    file: String,
    profile: &'a str,
    output: &'a str,
    verdict: Outcome,
    rules: &'a [RuleResult],
}

/// Judges a file.
pub(crate) fn verify(session: &Session<'_>, what: &args::Verify) -> Result<Exit, CommandError> {
    let profile = session.profile(&what.profile)?;
    if let Some(id) = &what.output
        && !profile.output.iter().any(|output| output.id == *id)
    {
        let known: Vec<&str> = profile.output.iter().map(|output| output.id.as_str()).collect();
        let problem = format!("Profile {} has no output \"{}\".", profile.id, text::escape(id));
        return Err(CommandError::usage(problem, format!("It has: {}.", known.join(", "))));
    }
    let file = std::path::absolute(&what.file)
        .map_err(|error| CommandError::environment("The file's name is not usable.", error))?;
    let verdict = session.engine(None)?.verify_file(&file, &profile, what.output.as_deref())?;
    if session.out.json() {
        session.out.document(&Document {
            file: lossy(&file),
            profile: &profile.id,
            output: &verdict.output,
            verdict: verdict.outcome(),
            rules: &verdict.lines,
        });
    } else {
        let head = format!("{} as {} of {}", text::path(&file), verdict.output, profile.id);
        session.out.result(&format!("{head}\n{}", words(&verdict, session.out.paint())));
    }
    Ok(if verdict.failed() { Exit::Faults } else { Exit::Done })
}

fn words(verdict: &OutputVerdict, paint: Paint) -> String {
    let head = ["verdict", "rule", "expected", "measured"].map(|title| paint.strong(title));
    let mut rows = vec![head.to_vec()];
    rows.extend(verdict.lines.iter().map(|line| {
        let place = line.place.as_ref().map_or(String::new(), |place| format!(" ({place})"));
        vec![
            outcome(line.verdict, paint),
            text::escape(&line.rule),
            text::escape(&line.expected),
            text::escape(&format!("{}{place}", line.measured)),
        ]
    }));
    format!("{}\n{}", text::table(&rows), count(verdict))
}

fn count(verdict: &OutputVerdict) -> String {
    let of = |wanted| text::count(verdict.lines.iter().filter(|line| line.verdict == wanted).count());
    let (met, noted, missed) = (of(Outcome::Pass), of(Outcome::Warn), of(Outcome::Fail));
    format!("{} met, {} noted, {} missed", text::plural(met, "rule"), noted, missed)
}

fn outcome(outcome: Outcome, paint: Paint) -> String {
    match outcome {
        Outcome::Pass => paint.good("pass"),
        Outcome::Warn => paint.odd("warn"),
        Outcome::Fail => paint.bad("FAIL"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_a_row_and_the_sum_is_said() {
        let line = |rule: &str, verdict, place: Option<&str>| RuleResult {
            rule: rule.into(),
            check: None,
            title: String::new(),
            expected: "h264".into(),
            measured: "hevc".into(),
            verdict,
            source: None,
            place: place.map(str::to_owned),
        };
        let verdict = OutputVerdict {
            output: "main".into(),
            lines: vec![
                line("video-codec", Outcome::Fail, Some("1080p")),
                line("moov-first", Outcome::Pass, None),
            ],
        };
        let expected = "\
verdict  rule         expected  measured
FAIL     video-codec  h264      hevc (1080p)
pass     moov-first   h264      hevc

1 rule met, 0 noted, 1 missed";
        assert_eq!(words(&verdict, Paint::PLAIN), expected);
    }
}
