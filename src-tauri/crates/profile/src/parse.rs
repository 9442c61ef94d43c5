//! From text to a checked profile, with every fault located in the text.
//!
//! Three passes, each reporting all it finds before the next may start: TOML syntax, the shape of the
//! document (against the JSON Schema of the types, see `shape`), and meaning (see `validate`).

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Path, ProfileError, ProfileErrors, Step};
use crate::{Profile, shape, validate};

/// A fault with its place as a byte range of the text.
pub(crate) struct Fault {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) suggestion: Option<String>,
}

impl Profile {
    /// Reads and checks a profile. `file` is only used in messages.
    pub fn from_toml(text: &str, file: &str) -> Result<Self, ProfileErrors> {
        read(text).map_err(|faults| report(text, file, faults))
    }
}

fn read(text: &str) -> Result<Profile, Vec<Fault>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(errors.iter().map(from_toml_error).collect());
    }
    let faults = shape::faults(&document);
    if !faults.is_empty() {
        return Err(faults);
    }
    // The shape is right, so this fails only where serde is stricter than the schema (huge numbers).
    let profile: Profile = toml::from_str(text).map_err(|error| vec![from_toml_error(&error)])?;
    let problems = validate::problems(&profile);
    if !problems.is_empty() {
        let faults = problems.into_iter().map(|problem| Fault {
            span: locate(&document, &problem.at),
            message: problem.message,
            suggestion: problem.suggestion,
        });
        return Err(faults.collect());
    }
    Ok(profile)
}

fn from_toml_error(error: &toml::de::Error) -> Fault {
    let message = error.message().trim().replace('\n', ", ");
    // The parser speaks to programmers in the two places where everybody slips.
    let plain = [
        ("invalid basic string", "a text in quotes is not closed on its line"),
        ("string values must be quoted", "a value is missing here, or a text without quotes"),
    ];
    let known = plain.iter().find(|(technical, _)| message.starts_with(technical));
    Fault {
        span: error.span().unwrap_or_default(),
        message: known.map_or(message, |(_, plain)| (*plain).to_owned()),
        suggestion: known.map(|_| "for example: name = \"{title}\"".to_owned()),
    }
}

fn report(text: &str, file: &str, mut faults: Vec<Fault>) -> ProfileErrors {
    faults.sort_by_key(|fault| fault.span.start);
    let errors = faults.into_iter().map(|fault| {
        let (line, column) = position(text, fault.span.start);
        ProfileError { line, column, message: fault.message, suggestion: fault.suggestion }
    });
    ProfileErrors { file: file.to_owned(), errors: errors.collect() }
}

/// Line and column, both from 1, the column in characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The key (or array element) at a path, or the nearest one on the way that the text spells out:
/// what is wrong may be a default that nobody wrote.
fn locate(document: &Spanned<DeTable<'_>>, path: &Path) -> Range<usize> {
    let mut span = 0..0;
    let mut table = Some(document.get_ref());
    let mut value: Option<&Spanned<DeValue<'_>>> = None;
    for step in path.steps() {
        let next = match step {
            Step::Key(key) => {
                table.and_then(|table| table.get_key_value(key.as_str())).map(|(key, value)| {
                    span = key.span();
                    value
                })
            }
            Step::Index(index) => {
                value.and_then(|value| value.as_ref().as_array()?.get(*index)).inspect(|value| {
                    span = value.span();
                })
            }
        };
        let Some(found) = next else { break };
        table = found.as_ref().as_table();
        value = Some(found);
    }
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
id = "t"
version = 1
partner = "Test"
title = "Test"

[[output]]
id = "main"
name = "{title}"
container = "mp4"

[output.video]
codec = "h264"
pixel_format = "yuv420p"
rate = { mode = "crf", crf = 20 }

[[output.audio]]
id = "stereo"
codec = "aac"
bit_rate_kbps = 192
"#;

    #[track_caller]
    fn check(change: (&str, &str), expected: &[&str]) {
        assert!(GOOD.contains(change.0), "the change applies to something");
        let text = GOOD.replacen(change.0, change.1, 1);
        let shown = match Profile::from_toml(&text, "x.toml") {
            Ok(_) => String::new(),
            Err(errors) => errors.to_string(),
        };
        assert_eq!(shown.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn good_text_is_read() {
        let profile = Profile::from_toml(GOOD, "x.toml").unwrap();
        assert_eq!(profile.output[0].audio[0].bit_rate_kbps, Some(192));
    }

    #[test]
    fn syntax_errors_have_a_place() {
        let errors = Profile::from_toml("# é\nid = \"é\nversion = 1\n", "x.toml").unwrap_err();
        let message = "a text in quotes is not closed on its line; for example: name = \"{title}\"";
        assert_eq!(errors.to_string(), format!("x.toml:2:8: {message}"));
    }

    #[test]
    fn unknown_keys_get_the_nearest_one() {
        check(
            ("pixel_format", "presett = \"slow\"\npixel_format"),
            &["x.toml:14:1: unknown key \"presett\" in output.video; did you mean \"preset\"?"],
        );
    }

    #[test]
    fn unknown_values_get_the_nearest_one_or_the_list() {
        check(
            ("\"mp4\"", "\"mp5\""),
            &["x.toml:10:13: unknown value \"mp5\" for output.container; did you mean \"mp4\"?"],
        );
        check(
            ("\"aac\"", "\"opus\""),
            &["x.toml:19:9: unknown value \"opus\" for output.audio.codec; known: aac, pcm-s16le, pcm-s24le"],
        );
        check(
            ("mode = \"crf\"", "mode = \"cfr\""),
            &["x.toml:15:17: unknown value \"cfr\" for output.video.rate.mode; did you mean \"crf\"?"],
        );
    }

    #[test]
    fn wrong_types_show_an_example() {
        check(
            ("192", "\"192\""),
            &[
                "x.toml:20:17: output.audio.bit_rate_kbps needs a whole number, found text; for example: bit_rate_kbps = 192",
            ],
        );
        check(
            ("\"{title}\"", "3"),
            &["x.toml:9:8: output.name needs text, found a whole number; for example: name = \"…\""],
        );
    }

    #[test]
    fn missing_keys_are_reported_where_the_table_starts() {
        check(("codec = \"h264\"\n", ""), &["x.toml:12:1: output.video needs the key \"codec\""]);
    }

    #[test]
    fn all_faults_of_a_pass_are_reported_in_order() {
        check(
            ("version = 1\npartner = \"Test\"", "version = -1\npartnr = \"Test\""),
            &[
                "x.toml:1:1: the profile needs the key \"partner\"",
                "x.toml:3:11: version must not be negative",
                "x.toml:4:1: unknown key \"partnr\"; did you mean \"partner\"?",
            ],
        );
    }

    #[test]
    fn alternatives_are_checked_inside() {
        check(
            (
                "rate = { mode = \"crf\", crf = 20 }",
                "rate = { mode = \"capped-crf\", crf = 20, max_kbp = 9 }",
            ),
            &[
                "x.toml:15:8: output.video.rate needs the key \"max_kbps\"",
                "x.toml:15:8: output.video.rate needs the key \"buffer_kbit\"",
                "x.toml:15:41: unknown key \"max_kbp\" in output.video.rate; did you mean \"max_kbps\"?",
            ],
        );
        check(
            ("pixel_format", "size = { fitt = { width = 1 } }\npixel_format"),
            &[
                "x.toml:14:8: output.video.size needs the key \"fit\"",
                "x.toml:14:10: unknown key \"fitt\" in output.video.size; did you mean \"fit\"?",
            ],
        );
        check(
            (
                "[[output.audio]]",
                "[[rule]]\nid = \"r\"\ncheck = { kind = \"moov-first\", value = 1 }\n[[output.audio]]",
            ),
            &["x.toml:19:32: unknown key \"value\" in rule.check; known: kind"],
        );
    }

    #[test]
    fn meaning_is_located_too() {
        check(
            (
                "bit_rate_kbps = 192\n",
                "loudness = { target_lufs = -90, true_peak_dbtp = -1, tolerance_lu = 1 }\n",
            ),
            &[
                "x.toml:17:1: audio \"stereo\": aac needs a bit rate; for example: bit_rate_kbps = 192",
                "x.toml:20:14: the loudness target must lie between -40 and -5 LUFS, not -90",
            ],
        );
    }
}
