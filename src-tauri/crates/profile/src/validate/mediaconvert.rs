//! What only MediaConvert reads. Whether a template can be used is for the crate that knows MediaConvert; here it is
//! only JSON.

use super::Checks;
use crate::MediaConvert;
use crate::error::Path;

/// Tags that a resource may have, less the ones that Spillway sets itself (AWS allows 50).
const MOST_TAGS: usize = 42;
/// Most characters of a tag's key and value.
const TAG: (usize, usize) = (128, 256);

pub(super) fn check(checks: &mut Checks, options: &MediaConvert, at: &Path) {
    let both = options.template.is_some() && options.template_json.is_some();
    let message = "template names one in the account, template_json holds one: choose one of them";
    checks.expect(!both, &at.key("template_json"), message);
    let texts = [
        ("template", &options.template, "the name of a job template"),
        ("queue", &options.queue, "the name or ARN of a queue"),
    ];
    for (key, text, what) in texts {
        let good =
            text.as_ref().is_none_or(|text| !text.trim().is_empty() && !text.contains(char::is_control));
        checks.expect(good, &at.key(key), format!("{key} must be {what}; leave it out for none"));
    }
    if let Some(text) = &options.template_json
        && let Err(error) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text)
    {
        checks.add(&at.key("template_json"), format!("template_json is no JSON object: {error}"), None);
    }
    let good = (-50..=50).contains(&options.priority);
    let message = format!("priorities lie between -50 and 50, not {}", options.priority);
    checks.expect(good, &at.key("priority"), message);
    tags(checks, options, &at.key("tags"));
}

/// The rules of AWS for tags ("Best Practices for Tagging AWS Resources", and the pattern of most services): letters,
/// digits and spaces of any language and `_.:/=+-@`, keys not of AWS's own.
fn tags(checks: &mut Checks, options: &MediaConvert, at: &Path) {
    let count = options.tags.len();
    let message = format!("at most {MOST_TAGS} tags, beside Spillway's own; here are {count}");
    checks.expect(count <= MOST_TAGS, at, message);
    for (key, value) in &options.tags {
        let at = at.key(key);
        let length = key.chars().count();
        checks.expect(
            (1..=TAG.0).contains(&length) && !key.trim().is_empty(),
            &at,
            format!("keys of tags are 1 to {} characters long, not {length}", TAG.0),
        );
        let length = value.chars().count();
        let message = format!("values of tags are at most {} characters long, not {length}", TAG.1);
        checks.expect(length <= TAG.1, &at, message);
        let own = key.to_lowercase().starts_with("aws:");
        checks.expect(!own, &at, "keys of tags that begin with aws: belong to AWS");
        for text in [key, value] {
            let wrong = text.chars().find(|c| !(c.is_alphanumeric() || *c == ' ' || "_.:/=+-@".contains(*c)));
            if let Some(wrong) = wrong {
                let known = Some("allowed: letters, digits, spaces and _.:/=+-@".to_owned());
                checks.add(&at, format!("tags can't hold {wrong:?}"), known);
            }
        }
    }
}
