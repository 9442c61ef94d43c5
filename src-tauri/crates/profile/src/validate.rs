//! Whether a profile makes sense: what the types allow and the world does not.

mod audio;
mod codec;
mod mediaconvert;
mod output;
mod rule;

use std::collections::BTreeSet;

use crate::error::{Path, Problem, propose};
use crate::naming::{NameError, NameParts, Template, Token};
use crate::{Accept, Budget, Citation, Delivery, Output, Profile, Retry, naming};

/// Everything that contradicts itself in a profile; empty when it is good.
pub fn problems(profile: &Profile) -> Vec<Problem> {
    let mut checks = Checks::default();
    let root = Path::default();
    about(&mut checks, profile, &root);
    for (name, citation) in &profile.sources {
        source(&mut checks, citation, &root.key("sources").key(name));
    }
    accept(&mut checks, &profile.accept, &root.key("accept"));
    outputs(&mut checks, profile, &root.key("output"));
    rule::check(&mut checks, profile, &root.key("rule"));
    let losses = profile.may_lose.iter().map(|loss| format!("{loss:?}"));
    checks.unique("loss", losses, |n| root.key("may_lose").index(n));
    delivery(&mut checks, &profile.delivery, &root.key("delivery"));
    names(&mut checks, profile, &root);
    retry(&mut checks, profile.retry, &root.key("retry"));
    budget(&mut checks, profile.budget, &root.key("budget"));
    mediaconvert::check(&mut checks, &profile.mediaconvert, &root.key("mediaconvert"));
    checks.problems
}

/// Collects problems.
#[derive(Default)]
struct Checks {
    problems: Vec<Problem>,
}

impl Checks {
    fn add(&mut self, at: &Path, message: impl Into<String>, suggestion: Option<String>) {
        self.problems.push(Problem { at: at.clone(), message: message.into(), suggestion });
    }

    /// Adds a problem unless `good`.
    fn expect(&mut self, good: bool, at: &Path, message: impl Into<String>) {
        if !good {
            self.add(at, message, None);
        }
    }

    /// Adds a problem unless `value` lies within the bounds.
    fn within(&mut self, what: &str, value: f64, (min, max): (f64, f64), unit: &str, at: &Path) {
        let good = (min..=max).contains(&value);
        self.expect(good, at, format!("{what} must lie between {min} and {max}{unit}, not {value}"));
    }

    /// Adds a problem for a name that is none of the known ones.
    fn known(&mut self, what: &str, name: &str, known: &[&str], at: &Path) {
        if !known.contains(&name) {
            self.add(at, format!("unknown {what} \"{name}\""), propose(name, known.iter().copied()));
        }
    }

    /// Adds a problem for each repeated value.
    fn unique(&mut self, what: &str, values: impl Iterator<Item = String>, at: impl Fn(usize) -> Path) {
        let mut seen = BTreeSet::new();
        for (n, value) in values.enumerate() {
            let message = format!("{what} \"{value}\" is there twice");
            self.expect(seen.insert(value), &at(n), message);
        }
    }

    fn id(&mut self, id: &str, at: &Path) {
        let good = (1..=64).contains(&id.len())
            && id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !id.starts_with('-')
            && !id.ends_with('-')
            && !id.contains("--");
        if !good {
            let message =
                format!("\"{id}\" is no id: lower-case letters, digits and single hyphens, at most 64");
            self.add(at, message, slug(id).map(|slug| format!("did you mean \"{slug}\"?")));
        }
    }
}

/// The id that was probably meant.
fn slug(text: &str) -> Option<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-").to_lowercase();
    (1..=64).contains(&slug.len()).then_some(slug)
}

fn about(checks: &mut Checks, profile: &Profile, root: &Path) {
    checks.id(&profile.id, &root.key("id"));
    checks.expect(profile.version >= 1, &root.key("version"), "versions count from 1");
    for (key, text) in [("partner", &profile.partner), ("title", &profile.title)] {
        let good = !text.trim().is_empty() && !text.contains(char::is_control);
        checks.expect(good, &root.key(key), format!("{key} must be one line of text"));
    }
}

fn source(checks: &mut Checks, citation: &Citation, at: &Path) {
    for (key, text) in [("title", &citation.title), ("url", &citation.url)] {
        checks.expect(!text.trim().is_empty(), &at.key(key), format!("{key} must not be empty"));
    }
    let date = citation.checked.parse::<jiff::civil::Date>();
    // Parsed and printed: jiff also reads forms that people would not recognise as this one.
    if !date.is_ok_and(|date| date.to_string() == citation.checked) {
        let message = format!("\"{}\" is no date", citation.checked);
        checks.add(&at.key("checked"), message, Some("for example: checked = \"2026-11-22\"".to_owned()));
    }
}

fn accept(checks: &mut Checks, accept: &Accept, at: &Path) {
    for (name, least, most) in [
        ("duration_s", accept.min_duration_s, accept.max_duration_s),
        ("frame_rate", accept.min_frame_rate, accept.max_frame_rate),
    ] {
        for (bound, value) in [("min", least), ("max", most)] {
            let good = value.is_none_or(|value| value > 0.0 && value.is_finite());
            let key = format!("{bound}_{name}");
            checks.expect(good, &at.key(&key), format!("{key} must be positive"));
        }
        let ordered = least.zip(most).is_none_or(|(least, most)| least <= most);
        checks.expect(ordered, &at.key(&format!("min_{name}")), format!("min_{name} is above max_{name}"));
    }
}

fn outputs(checks: &mut Checks, profile: &Profile, at: &Path) {
    checks.expect(!profile.output.is_empty(), at, "a profile needs at least one [[output]]");
    let ids = profile.output.iter().map(|output| output.id.clone());
    checks.unique("output", ids, |n| at.index(n).key("id"));
    for (n, output) in profile.output.iter().enumerate() {
        output::check(checks, output, &at.index(n));
    }
}

fn delivery(checks: &mut Checks, delivery: &Delivery, at: &Path) {
    let limit = delivery.max_name_bytes;
    let good = (16..=255).contains(&limit);
    checks.expect(good, &at.key("max_name_bytes"), format!("names are 16 to 255 bytes long, not {limit}"));
    let unsafe_ones = delivery
        .allowed_characters
        .iter()
        .flat_map(|allowed| allowed.chars())
        .find(|c| c.is_control() || "<>:\"/\\|?*".contains(*c) || (delivery.ascii_only && !c.is_ascii()));
    if let Some(c) = unsafe_ones {
        let message = format!("{c:?} can never be allowed in a name");
        checks.add(&at.key("allowed_characters"), message, None);
    }
    let relative = delivery.folder.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let good = delivery.folder.is_empty() || relative;
    checks.expect(good, &at.key("folder"), "the folder is relative, e.g. \"{partner}/{date}\"");
}

/// Templates give names, and no two outputs of a job (or two jobs) the same one.
fn names(checks: &mut Checks, profile: &Profile, root: &Path) {
    let mut taken = BTreeSet::new();
    for (n, output) in profile.output.iter().enumerate() {
        let at = root.key("output").index(n).key("name");
        let sample = sample(profile, output);
        let extension = output.container.extension();
        match naming::resolve(&output.name, &sample, &profile.delivery, extension) {
            Err(error) => template(checks, error, &at),
            Ok(name) => {
                let free = taken.insert(naming::collision_key(&name));
                let fix = "add {output} to the name".to_owned();
                if !free {
                    checks.add(&at, format!("two outputs would both be named \"{name}\""), Some(fix));
                }
            }
        }
        let same_for_all = Template::parse(&output.name)
            .is_ok_and(|template| !template.uses(Token::Title) && !template.uses(Token::Job));
        if same_for_all {
            let fix = "add {title} or {job}".to_owned();
            checks.add(&at, "every source would get the same name", Some(fix));
        }
    }
    if let Some(output) = profile.output.first()
        && let Err(error) = naming::resolve_folder(&sample(profile, output), &profile.delivery)
        && !matches!(error, NameError::Empty)
    {
        template(checks, error, &root.key("delivery").key("folder"));
    }
}

fn sample<'a>(profile: &'a Profile, output: &'a Output) -> NameParts<'a> {
    NameParts {
        title: "t",
        profile: &profile.id,
        partner: &profile.partner,
        output: &output.id,
        date: "2026-11-22",
        job: "0000000000",
    }
}

fn template(checks: &mut Checks, error: NameError, at: &Path) {
    let message = error.to_string();
    let suggestion = if let NameError::UnknownToken { suggestion, .. } = error { suggestion } else { None };
    checks.add(at, message, suggestion);
}

fn retry(checks: &mut Checks, retry: Retry, at: &Path) {
    let good = (1..=100).contains(&retry.max_attempts);
    checks.expect(good, &at.key("max_attempts"), "max_attempts counts the first try: 1 to 100");
    checks.expect(retry.base_ms >= 1, &at.key("base_ms"), "base_ms must be positive");
    checks.expect(retry.base_ms <= retry.cap_ms, &at.key("base_ms"), "base_ms is above cap_ms");
}

fn budget(checks: &mut Checks, budget: Budget, at: &Path) {
    for (key, limit) in [("per_job_usd", budget.per_job_usd), ("per_month_usd", budget.per_month_usd)] {
        let good = limit.is_none_or(|limit| limit > 0.0 && limit.is_finite());
        checks.expect(good, &at.key(key), format!("{key} must be positive; leave it out for no limit"));
    }
    let ordered = budget.per_job_usd.zip(budget.per_month_usd).is_none_or(|(job, month)| job <= month);
    checks.expect(ordered, &at.key("per_job_usd"), "one job may not cost more than a month");
}

#[cfg(test)]
mod tests;
