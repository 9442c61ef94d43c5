//! Sidecar jobs: a small file beside a master that says what to make of it.

use std::{collections::BTreeMap, fmt};

use jiff::{Timestamp, civil, tz::TimeZone};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, SeqAccess, Visitor},
};

/// What a sidecar job may say, for proposals.
const KEYS: [&str; 5] = ["deadline", "metadata", "priority", "profiles", "title"];
/// How a deadline is written.
const DEADLINE: &str =
    "for example 2026-12-01T18:00:00+01:00, or 2026-12-01T18:00:00 for the time of this machine";

/// What a sidecar job says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sidecar {
    /// Ids of profiles, in place of the folder's.
    pub(crate) profiles: Option<Vec<String>>,
    /// Title.
    pub(crate) title: Option<String>,
    /// Free keys and values.
    pub(crate) metadata: BTreeMap<String, String>,
    /// Priority, in place of the folder's.
    pub(crate) priority: Option<i64>,
    /// When it must be delivered, ms UTC.
    pub(crate) deadline_ms: Option<i64>,
}

/// What is wrong with a sidecar job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub(crate) struct SidecarFault {
    /// One English sentence, with line and column.
    pub(crate) why: String,
}

/// Paths of sidecar jobs of a file, the one that counts first.
pub(crate) fn candidates(path: &str) -> [String; 4] {
    let name_at = path.rfind('/').map_or(0, |slash| slash + 1);
    let stem = match path[name_at..].rfind('.') {
        Some(dot) if dot > 0 => &path[..name_at + dot],
        _ => path,
    };
    [(path, "toml"), (path, "json"), (stem, "toml"), (stem, "json")]
        .map(|(name, kind)| format!("{name}.spillway.{kind}"))
}

/// Reads a sidecar job. `file`: its name, whose extension says how to read it.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(file: &str, text: &str, zone: &TimeZone) -> Result<Sidecar, SidecarFault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let format = if file.to_lowercase().ends_with(".json") { Format::Json } else { Format::Toml };
    let (written, deadline) = match format {
        Format::Json => from_json::<serde_json::Value>(text).map(|written| {
            let deadline = written.deadline.as_ref().map(|it| it.as_str().map(str::to_owned));
            (written.without_deadline(), deadline)
        })?,
        Format::Toml => from_toml::<toml::Value>(text).map(|written| {
            let deadline = written.deadline.as_ref().map(|it| match it {
                toml::Value::String(text) => Some(text.clone()),
                toml::Value::Datetime(time) => Some(time.to_string()),
                _ => None,
            });
            (written.without_deadline(), deadline)
        })?,
    };
    let wrong = |key: &str, why: String| fault(text, format.place_of(key, text), &why);
    if written.profiles.as_ref().is_some_and(|List(profiles)| profiles.is_empty()) {
        return Err(wrong("profiles", "name at least one profile, or leave profiles out".into()));
    }
    if written.title.as_ref().is_some_and(|title| title.trim().is_empty()) {
        return Err(wrong("title", "the title is empty: give one, or leave it out".into()));
    }
    let deadline_ms =
        match deadline {
            None => None,
            Some(text) => Some(text.as_deref().and_then(|text| instant(text, zone)).ok_or_else(|| {
                wrong("deadline", format!("the deadline is no date with a time, {DEADLINE}"))
            })?),
        };
    Ok(Sidecar {
        profiles: written.profiles.map(|List(profiles)| profiles),
        title: written.title,
        metadata: written.metadata,
        priority: written.priority,
        deadline_ms,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Toml,
    Json,
}

impl Format {
    /// Where a key of the outermost table stands, in bytes.
    fn place_of(self, key: &str, text: &str) -> usize {
        match self {
            Self::Toml => {
                let (document, _) = toml::de::DeTable::parse_recoverable(text);
                document.get_ref().get_key_value(key).map_or(0, |(key, _)| key.span().start)
            }
            Self::Json => text.find(&format!("\"{key}\"")).unwrap_or(0),
        }
    }
}

/// A sidecar job as it is written. A deadline has a type of its own in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "D: Deserialize<'de>"))]
struct Written<D> {
    #[serde(default)]
    profiles: Option<List>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    priority: Option<i64>,
    #[serde(default = "none")]
    deadline: Option<D>,
}

fn none<D>() -> Option<D> {
    None
}

impl<D> Written<D> {
    fn without_deadline(self) -> Written<()> {
        let Self { profiles, title, metadata, priority, .. } = self;
        Written { profiles, title, metadata, priority, deadline: None }
    }
}

/// Ids of profiles, each once; one alone needs no list.
struct List(Vec<String>);

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Ids;
        impl<'de> Visitor<'de> for Ids {
            type Value = List;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of profile ids")
            }

            fn visit_str<E>(self, id: &str) -> Result<List, E> {
                Ok(List(vec![id.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List, A::Error> {
                let mut ids: Vec<String> = Vec::new();
                while let Some(id) = list.next_element()? {
                    if !ids.contains(&id) {
                        ids.push(id);
                    }
                }
                Ok(List(ids))
            }
        }
        deserializer.deserialize_any(Ids)
    }
}

fn from_toml<D: DeserializeOwned>(text: &str) -> Result<Written<D>, SidecarFault> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        fault(text, at, &plain_words(error.message()))
    })
}

fn from_json<D: DeserializeOwned>(text: &str) -> Result<Written<D>, SidecarFault> {
    if text.trim_start().starts_with('[') {
        // The reader would take it for values in the order of the keys.
        return Err(fault(text, text.find('[').unwrap_or(0), "a sidecar job is an object, in braces"));
    }
    serde_json::from_str(text).map_err(|error| {
        let full = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = full.strip_suffix(&place).unwrap_or(&full);
        // The reader stands behind what it complains of; an unknown key is better shown itself.
        let at = offset(text, error.line(), error.column());
        let key = unknown_key(message).map(|key| format!("\"{key}\""));
        let at = key.and_then(|key| text[..text.ceil_char_boundary(at + 1)].rfind(&key)).unwrap_or(at);
        fault(text, at, &plain_words(message))
    })
}

/// What the reader says, for people who never heard of types.
fn plain_words(message: &str) -> String {
    if let Some(key) = unknown_key(message) {
        let proposal = spillway_profile::propose(key, KEYS).map(|proposal| format!("; {proposal}"));
        return format!("there is no key “{key}”{}", proposal.unwrap_or_default());
    }
    let types = message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected "));
    let words = match types {
        Some((found, expected)) => format!(
            "{} is needed here, not {}",
            expected
                .replace("a string", "a text in quotes")
                .replace("i64", "a whole number")
                .replace("a map", "a table of keys and texts"),
            found.replace("string", "the text").replace('`', "")
        ),
        None => message.trim().replace('\n', ", "),
    };
    words.replace("duplicate field", "there are two of the key")
}

fn unknown_key(message: &str) -> Option<&str> {
    message.strip_prefix("unknown field `")?.split_once('`').map(|(key, _)| key)
}

/// A time with its offset from UTC, or one of this machine's zone.
fn instant(text: &str, zone: &TimeZone) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    // A day alone says neither its beginning nor its end.
    text.contains(':').then_some(())?;
    let local: civil::DateTime = text.parse().ok()?;
    Some(zone.to_ambiguous_timestamp(local).compatible().ok()?.as_millisecond())
}

fn fault(text: &str, at: usize, why: &str) -> SidecarFault {
    let before = &text[..text.floor_char_boundary(at)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let (line, column) = (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1);
    SidecarFault { why: format!("line {line}, column {column}: {why}") }
}

/// Byte at a line (from 1) and column (in bytes, from 1).
fn offset(text: &str, line: usize, column: usize) -> usize {
    let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let start = starts.take(line.max(1)).last().unwrap_or(0);
    text.floor_char_boundary((start + column.saturating_sub(1)).min(text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    #[track_caller]
    fn wrong(file: &str, text: &str, why: &str) {
        let fault = parse(file, text, &berlin()).unwrap_err();
        assert_eq!(fault.to_string(), why);
    }

    #[test]
    fn both_languages_say_the_same() {
        let toml = "profiles = [\"web\", \"archive\", \"web\"]\ntitle = \"Reel Ä\"\npriority = -3\n\
                    deadline = 2026-12-01T18:00:00+01:00\n[metadata]\nepisode = \"12\"\n";
        let json = "\u{feff}{\"profiles\": [\"web\", \"archive\"], \"title\": \"Reel Ä\", \"priority\": -3,
            \"deadline\": \"2026-12-01T17:00:00Z\", \"metadata\": {\"episode\": \"12\"}}";
        let wanted = Sidecar {
            profiles: Some(vec!["web".into(), "archive".into()]),
            title: Some("Reel Ä".into()),
            metadata: BTreeMap::from([("episode".into(), "12".into())]),
            priority: Some(-3),
            deadline_ms: Some(1_796_144_400_000),
        };
        assert_eq!(parse("a.spillway.toml", toml, &berlin()).unwrap(), wanted);
        assert_eq!(parse("a.spillway.JSON", json, &berlin()).unwrap(), wanted);
        assert_eq!(parse("a.spillway.toml", "", &berlin()).unwrap(), Sidecar::default());
        assert_eq!(parse("a.spillway.json", "{}", &berlin()).unwrap(), Sidecar::default());
        let one = parse("a.spillway.toml", "profiles = \"web\"", &berlin()).unwrap();
        assert_eq!(one.profiles, Some(vec!["web".to_owned()]));
    }

    #[test]
    fn deadlines_without_an_offset_are_of_this_machine() {
        let ms = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        for (written, wanted) in [
            ("2026-12-01T18:00:00", "2026-12-01T17:00:00Z"),
            ("\"2026-12-01 18:00\"", "2026-12-01T17:00:00Z"),
            ("2026-07-01T18:00:00", "2026-07-01T16:00:00Z"),
            ("2026-07-01T18:00:00Z", "2026-07-01T18:00:00Z"),
            ("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),
        ] {
            let sidecar = parse("a.spillway.toml", &format!("deadline = {written}"), &berlin()).unwrap();
            assert_eq!(sidecar.deadline_ms, Some(ms(wanted)), "{written}");
        }
        for written in ["2026-12-01", "\"tomorrow\"", "5", "18:00:00", "\"2026-13-01T18:00:00Z\"", "true"] {
            let why = format!("line 2, column 1: the deadline is no date with a time, {DEADLINE}");
            wrong("a.spillway.toml", &format!("priority = 1\ndeadline = {written}"), &why);
        }
        let why = format!("line 1, column 2: the deadline is no date with a time, {DEADLINE}");
        wrong("a.spillway.json", "{\"deadline\": 5}", &why);
    }

    #[test]
    fn faults_have_a_place_and_a_proposal() {
        let (toml, json) = ("a.spillway.toml", "a.spillway.json");
        let near = "there is no key “titel”; did you mean \"title\"?";
        wrong(toml, "priority = 1\ntitel = \"x\"\n", &format!("line 2, column 1: {near}"));
        wrong(
            json,
            "{\n  \"é\": 1}",
            "line 2, column 3: there is no key “é”; known: deadline, metadata, priority, profiles, title",
        );
        wrong(json, "{\n  \"titel\": \"x\"}", &format!("line 2, column 3: {near}"));
        wrong(toml, "title = 3", "line 1, column 9: a text in quotes is needed here, not integer 3");
        wrong(
            json,
            "{\"priority\": \"high\"}",
            "line 1, column 19: a whole number is needed here, not the text \"high\"",
        );
        wrong(toml, "profiles = []", "line 1, column 1: name at least one profile, or leave profiles out");
        wrong(json, "{\"title\": \" \"}", "line 1, column 2: the title is empty: give one, or leave it out");
        wrong(toml, "profiles = 3", "line 1, column 12: a list of profile ids is needed here, not integer 3");
        for (file, text) in
            [(toml, "title = \"x"), (json, "{\"title\": \"x\""), (json, ""), (json, "[]"), (json, "{} x")]
        {
            let why = parse(file, text, &berlin()).unwrap_err().to_string();
            assert!(why.starts_with("line 1, column ") && why.len() > 20, "{why}");
        }
        assert!(
            parse(toml, "title = \"a\"\ntitle = \"b\"", &berlin()).unwrap_err().why.starts_with("line 2")
        );
        assert!(parse(json, "{\"title\": \"a\", \"title\": \"b\"}", &berlin()).is_err());
    }

    #[test]
    fn the_full_name_counts_before_the_name_without_extension() {
        let wanted = ["a.mov.spillway.toml", "a.mov.spillway.json", "a.spillway.toml", "a.spillway.json"];
        assert_eq!(candidates("x.y/a.mov"), wanted.map(|name| format!("x.y/{name}")));
        assert_eq!(candidates("x.y/a")[2], "x.y/a.spillway.toml");
        assert!(candidates("a.mov").iter().all(|name| crate::watch::pattern::is_sidecar(name)));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "[ {}\\[\\]\"a-z:=,.\n0-9é]{0,40}|.{0,40}", json: bool) {
            let file = if json { "a.spillway.json" } else { "a.spillway.toml" };
            if let Err(fault) = parse(file, &text, &berlin()) {
                prop_assert!(fault.why.starts_with("line "), "{}", fault);
            }
        }
    }
}
