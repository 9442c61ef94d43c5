//! File names: templates, the partner's character rules, and what every file system needs.
//!
//! A template is text with tokens in braces: `{title}` (the source's file name without extension),
//! `{profile}`, `{partner}`, `{output}` (ids and name), `{date}` (of submission), `{job}` (short id).
//! `{{` and `}}` stand for the braces themselves. All tokens are known at submission, before the source
//! is read, because names are reserved then.

mod clean;
mod template;

use unicode_normalization::UnicodeNormalization as _;

use crate::Delivery;
pub(crate) use template::{Template, Token};

/// What the tokens of a template stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameParts<'a> {
    /// File name of the source without extension; invalid UTF-8 made lossy by the caller.
    pub title: &'a str,
    /// Profile id.
    pub profile: &'a str,
    /// Partner name.
    pub partner: &'a str,
    /// Output id.
    pub output: &'a str,
    /// Day of submission, `YYYY-MM-DD`.
    pub date: &'a str,
    /// Short id of the job.
    pub job: &'a str,
}

/// Why a template gives no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// `{…}` holds a word that is no token.
    #[error("unknown token {{{token}}} in the name template")]
    UnknownToken {
        /// The word.
        token: String,
        /// The nearest token, or the list of them.
        suggestion: Option<String>,
    },
    /// A single brace.
    #[error("a \"{brace}\" without its counterpart; write it twice for the character itself")]
    LooseBrace {
        /// The brace.
        brace: char,
    },
    /// Nothing in it.
    #[error("the name template is empty")]
    Empty,
    /// Even with the title left out the name is too long.
    #[error("the name needs {needed} bytes without the title, and only {limit} are allowed")]
    TooLong {
        /// Bytes of the shortest name.
        needed: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Not letters and digits.
    #[error("\"{extension}\" is no file extension")]
    Extension {
        /// The extension.
        extension: String,
    },
}

/// The name of a file (or of a folder, with an empty extension) from a template.
///
/// Whatever the title is, the result is a safe name of at most `max_name_bytes`: the title is shortened,
/// the rest of the template stays whole.
pub fn resolve(
    template: &str,
    parts: &NameParts<'_>,
    delivery: &Delivery,
    extension: &str,
) -> Result<String, NameError> {
    if !extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(NameError::Extension { extension: extension.to_owned() });
    }
    let template = Template::parse(template)?;
    let suffix = if extension.is_empty() { String::new() } else { format!(".{extension}") };
    let limit = delivery.max_name_bytes.min(255);
    let mut title = clean::title(parts.title, delivery);
    loop {
        let stem = clean::name(&template.fill(parts, &title), delivery);
        let needed = stem.len() + suffix.len();
        if needed <= limit {
            return Ok(stem + &suffix);
        }
        if title.is_empty() {
            return Err(NameError::TooLong { needed, limit });
        }
        // A title used twice shrinks twice as fast; the next round gives nothing back, which is fine.
        clean::shorten(&mut title, needed - limit);
    }
}

/// The folders of `delivery.folder`, outermost first; empty when it is empty. A `/` separates folders
/// only in the template itself: one inside a title becomes part of the name.
pub fn resolve_folder(parts: &NameParts<'_>, delivery: &Delivery) -> Result<Vec<String>, NameError> {
    if delivery.folder.is_empty() {
        return Ok(Vec::new());
    }
    delivery.folder.split('/').map(|template| resolve(template, parts, delivery, "")).collect()
}

/// Two names with the same key are the same file on a case-insensitive file system (APFS, NTFS, SMB).
pub fn collision_key(name: &str) -> String {
    // Down, up and down again: ẞ, ß and ss meet only at the end.
    let folded =
        name.nfc().flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    folded.nfc().collect()
}

/// `name_2.ext` for the second of a name, shortened to the profile's limit like any other name.
pub fn numbered(name: &str, n: u32, delivery: &Delivery) -> String {
    let (stem, extension) = split_extension(name);
    let joint = clean::substitute(delivery).map_or_else(String::new, String::from);
    let tail = if extension.is_empty() { format!("{joint}{n}") } else { format!("{joint}{n}.{extension}") };
    let room = delivery.max_name_bytes.min(255).saturating_sub(tail.len());
    let mut stem = stem.to_owned();
    if stem.len() > room {
        let excess = stem.len() - room;
        clean::shorten(&mut stem, excess);
    }
    stem + &tail
}

/// Splits at the last full stop when what follows looks like an extension; `v1.2` has none.
fn split_extension(name: &str) -> (&str, &str) {
    match name.rsplit_once('.') {
        Some((stem, extension))
            if !stem.is_empty()
                && extension.len() <= 5
                && extension.starts_with(|c: char| c.is_ascii_alphabetic())
                && extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            (stem, extension)
        }
        _ => (name, ""),
    }
}

#[cfg(test)]
mod tests;
