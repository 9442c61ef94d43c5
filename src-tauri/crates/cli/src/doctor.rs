//! `doctor`: is everything here that Spillway needs?

use serde::Serialize;
use spillway_engine::doctor::{DoctorCheck, Health};

use crate::{
    Session,
    documents::lossy,
    exit::{CommandError, Exit},
    out::Paint,
    settings, text, variable,
};

/// `doctor --json`.
#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    data_dir: String,
    checks: &'a [DoctorCheck],
}

/// Shows every check.
pub(crate) fn doctor(session: &Session<'_>) -> Result<Exit, CommandError> {
    let data_dir = settings::data_dir(session.common, &variable)?;
    let checks = session.engine(None)?.doctor();
    if session.out.json() {
        let version = env!("CARGO_PKG_VERSION");
        session.out.document(&Document { version, data_dir: lossy(&data_dir), checks: &checks });
    } else {
        let words = words(&checks, session.out.paint());
        session.out.result(&format!("Data folder: {}\n\n{words}", text::path(&data_dir)));
    }
    let ill = checks.iter().any(|check| check.verdict == Health::Fail);
    Ok(if ill { Exit::Environment } else { Exit::Done })
}

fn words(checks: &[DoctorCheck], paint: Paint) -> String {
    let mut rows = Vec::new();
    for check in checks {
        let verdict = match check.verdict {
            Health::Ok => paint.good("ok"),
            Health::Warn => paint.odd("warn"),
            Health::Fail => paint.bad("FAIL"),
        };
        rows.push(vec![verdict, text::escape(&check.name), text::escape(&check.text)]);
        if !check.advice.is_empty() {
            rows.push(vec![String::new(), String::new(), format!("> {}", text::escape(&check.advice))]);
        }
    }
    text::table(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_stands_below_what_is_wrong() {
        let check = |name: &str, verdict, advice: &str| DoctorCheck {
            name: name.into(),
            verdict,
            text: format!("{name} is so."),
            advice: advice.into(),
        };
        let checks = [check("database", Health::Ok, ""), check("space", Health::Fail, "Make room.")];
        let expected = "\
ok    database  database is so.
FAIL  space     space is so.
                > Make room.
";
        assert_eq!(words(&checks, Paint::PLAIN), expected);
    }
}
