//! Passwords and keys.

use std::fmt;

use zeroize::Zeroize;

use crate::words::{CUT, one_line};

/// A password, a pass code or a key for signatures. Shows itself to nobody, and is wiped from memory at the end.
#[derive(Clone)]
pub struct Secret(String);

/// What stands for a secret in words from elsewhere.
const HIDDEN: &str = "[secret]";

/// How many characters of a secret say nothing about it.
const SHORT: usize = 3;

impl Secret {
    /// Keeps it.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself, for the one place that needs it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Words without the secret, should the other side have repeated it.
    pub(crate) fn hide(&self, words: &str) -> String {
        let mut hidden = words.to_owned();
        // As it is, and as it looks in an answer that was made fit to be shown.
        for shown in [self.0.as_str(), &one_line(&self.0)] {
            if !shown.is_empty() {
                hidden = hidden.replace(shown, HIDDEN);
            }
            hidden = hide_where_cut(&hidden, shown);
        }
        hidden
    }
}

/// The answer may have been cut in the middle of the secret.
fn hide_where_cut(words: &str, secret: &str) -> String {
    let mut pieces: Vec<String> = words.split(CUT).map(str::to_owned).collect();
    let last = pieces.len() - 1;
    for piece in &mut pieces[..last] {
        let starts = secret.char_indices().map(|(at, c)| &secret[..at + c.len_utf8()]);
        let cut = starts.skip(SHORT).filter(|start| piece.ends_with(start)).last().map(str::len);
        if let Some(length) = cut {
            piece.truncate(piece.len() - length);
            piece.push_str(HIDDEN);
        }
    }
    pieces.join(CUT)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Secret, one_line};

    #[test]
    fn it_shows_itself_to_nobody() {
        let secret = Secret::new("open sesame");
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)), "Secret Some(\n    Secret,\n)");
        assert_eq!(secret.hide("535 “open sesame” is wrong"), "535 “[secret]” is wrong");
        assert_eq!(secret.hide("said: ope… and open se…"), "said: ope… and [secret]…");
        assert_eq!(Secret::new("").hide("said…"), "said…");
    }

    proptest! {
        #[test]
        fn no_answer_shows_it(secret in "\\PC{0,3}[a-z0-9\t ]{8,30}x", before in "[A-Z ]{0,310}") {
            let answer = crate::words::saying(&format!("{before}{secret} {secret}"));
            let hidden = Secret::new(secret.clone()).hide(&answer);
            let start: String = one_line(&secret).chars().take(4).collect();
            prop_assert!(!hidden.contains(&start), "{}", hidden);
        }
    }
}
