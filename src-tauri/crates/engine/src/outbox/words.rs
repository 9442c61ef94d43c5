//! A message in words: one line, and a plain text for mail. Pure.

use std::{fmt::Write, path::Path};

use super::{
    Topic,
    event::{JobNews, moment},
    told,
};
use crate::db::Announcement;

/// What people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// Of what: a file name, or a watched folder.
    pub(super) subject: String,
    /// One line: what happened to it.
    pub(super) title: String,
    /// Several lines: what happened, and what to do.
    pub(super) text: String,
}

/// About a job.
pub(super) fn of_job(news: &JobNews<'_>) -> Words {
    let job = &news.job.job;
    let name = line(&file_name(&job.source));
    let percent = told::done(news.job, news.state).percent;
    let (title, sentence) = match news.topic {
        Topic::JobSubmitted => ("accepted", "was accepted into the queue.".to_owned()),
        Topic::JobStarted => ("started", "is being worked on.".to_owned()),
        Topic::JobProgress => ("in progress", format!("is {percent} % done.")),
        Topic::JobDelivered => ("delivered", "is delivered: every file was read back and proven.".to_owned()),
        Topic::JobFailed => ("failed", "was not delivered.".to_owned()),
        Topic::JobCancelled => ("cancelled", "was cancelled. What was delivered before stays.".to_owned()),
        Topic::JobHeld => ("held", "is held. What is done of it stays done.".to_owned()),
        Topic::JobResumed => ("goes on", "goes on.".to_owned()),
        Topic::WatchUnreachable
        | Topic::WatchReachable
        | Topic::ArrivalHeld
        | Topic::ArrivalSkipped
        | Topic::Test => ("changed", "has changed.".to_owned()),
    };
    let partner = line(&job.partner);
    let mut text = format!("\u{201c}{name}\u{201d} for {partner} {sentence}\n\n");
    if let Some(failure) = news.failure {
        put(&mut text, "What", &format!("{} ({})", failure.what, failure.code));
        put(&mut text, "Why", &failure.why);
        put(&mut text, "Material", &failure.safe);
        put(&mut text, "Next", &failure.next);
        put(&mut text, "Or", &failure.otherwise);
        text.push('\n');
    }
    put(&mut text, "File", &job.source.to_string_lossy());
    put(&mut text, "Profile", &job.profile);
    if news.topic == Topic::JobDelivered {
        for output in &job.outputs {
            put(&mut text, "Output", &output.path.to_string_lossy());
        }
        if let Some(receipt) = &job.receipt {
            put(&mut text, "Receipt", &receipt.to_string_lossy());
        }
    }
    if let Some(deadline) = job.extras.deadline_ms {
        let late = if news.at_ms > deadline { " (late)" } else { "" };
        put(&mut text, "Deadline", &format!("{}{late}", moment(deadline)));
    }
    for (name, value) in &job.extras.metadata {
        put(&mut text, name, value);
    }
    put(&mut text, "Job", &job.id.to_string());
    put(&mut text, "Time", &moment(news.at_ms));
    Words { title: format!("Spillway: {name} for {partner} {title}"), subject: name, text }
}

/// About a watched folder, or a file in one.
pub(super) fn of_watch(news: &Announcement) -> Words {
    let place = line(&news.place);
    let subject =
        news.arrival.as_deref().map_or_else(|| place.clone(), |path| line(&file_name(path.as_ref())));
    let (title, sentence) = match news.topic {
        Topic::WatchUnreachable => (
            format!("watched folder {place} cannot be reached"),
            "The folder cannot be reached. Nothing of it is forgotten; Spillway looks again by itself and goes on \
             when it is back."
                .to_owned(),
        ),
        Topic::WatchReachable => {
            (format!("watched folder {place} is back"), "The folder is back. Work on its files goes on.".to_owned())
        }
        Topic::ArrivalHeld => (
            format!("{subject} needs attention"),
            format!(
                "\u{201c}{subject}\u{201d} needs attention before it can be delivered. Spillway looks at it again when it \
                 changes."
            ),
        ),
        _ => (
            format!("{subject} was delivered before"),
            format!("\u{201c}{subject}\u{201d} has the content of a file that was taken before, and was passed over."),
        ),
    };
    let mut text = format!("{sentence}\n\n");
    put(&mut text, "Folder", &place);
    if let Some(path) = &news.arrival {
        put(&mut text, "File", path);
    }
    why(&mut text, &news.body);
    put(&mut text, "Time", &moment(news.at_ms));
    Words { subject, title: format!("Spillway: {title}"), text }
}

/// About nothing: somebody tries the channel.
pub(super) fn of_test(channel: &str, at_ms: i64) -> Words {
    let name = line(channel);
    let mut text = format!("Somebody tries the channel \u{201c}{name}\u{201d}. It works.\n\n");
    put(&mut text, "Time", &moment(at_ms));
    Words { title: format!("Spillway: test of {name}"), subject: name, text }
}

/// What a reason says of itself, whichever reason it is.
fn why(text: &mut String, body: &serde_json::Value) {
    let Some(parts) = body.as_object() else { return };
    for (name, value) in parts {
        match value {
            serde_json::Value::String(value) => put(text, name, value),
            serde_json::Value::Number(value) => put(text, name, &value.to_string()),
            serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Array(_)
            | serde_json::Value::Object(_) => {}
        }
    }
}

fn put(text: &mut String, name: &str, value: &str) {
    let value = line(value);
    if !value.is_empty() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}: {value}", line(name));
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Without line ends and other control characters, which could end a header or act on a terminal.
fn line(text: &str) -> String {
    let bad = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if bad(c) { ' ' } else { c }).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_name_ends_a_line_or_turns_it_round() {
        assert_eq!(line("a\r\nBcc: x\u{202e}gpj\u{7}"), "a  Bcc: x gpj");
        let mut text = String::new();
        put(&mut text, "File", "a\nb");
        put(&mut text, "Empty", " ");
        assert_eq!(text, "File: a b\n");
    }

    #[test]
    fn a_held_file_says_why_and_where() {
        let news = Announcement {
            seq: 1,
            at_ms: 0,
            topic: Topic::ArrivalHeld,
            watch: "w".into(),
            place: "/in".into(),
            arrival: Some("day/a.mov".into()),
            body: json!({"reason": "incomplete", "why": "The end of the file is missing."}),
        };
        let words = of_watch(&news);
        assert_eq!(
            (words.subject.as_str(), words.title.as_str()),
            ("a.mov", "Spillway: a.mov needs attention")
        );
        for part in ["Folder: /in\n", "File: day/a.mov\n", "why: The end of the file is missing.\n"] {
            assert!(words.text.contains(part), "{}", words.text);
        }
    }
}
