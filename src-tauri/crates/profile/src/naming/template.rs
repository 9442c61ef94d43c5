//! Templates: text with tokens in braces.

use super::{NameError, NameParts};
use crate::error::propose;

/// A parsed template.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    Token(Token),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    Title,
    Profile,
    Partner,
    Output,
    Date,
    Job,
}

const TOKENS: [(&str, Token); 6] = [
    ("title", Token::Title),
    ("profile", Token::Profile),
    ("partner", Token::Partner),
    ("output", Token::Output),
    ("date", Token::Date),
    ("job", Token::Job),
];

impl Template {
    pub(crate) fn parse(text: &str) -> Result<Self, NameError> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let tail = &rest[at..];
            let brace = if tail.starts_with('{') { '{' } else { '}' };
            let after = &tail[1..];
            if after.starts_with(brace) {
                literal.push(brace);
                rest = &after[1..];
                continue;
            }
            let end = after.find('}').filter(|_| brace == '{').ok_or(NameError::LooseBrace { brace })?;
            if !literal.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut literal)));
            }
            pieces.push(Piece::Token(token(&after[..end])?));
            rest = &after[end + 1..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        if pieces.is_empty() { Err(NameError::Empty) } else { Ok(Self(pieces)) }
    }

    /// The text with `title` in place of the parts' own.
    pub(crate) fn fill(&self, parts: &NameParts<'_>, title: &str) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Token(Token::Title) => title,
            Piece::Token(Token::Profile) => parts.profile,
            Piece::Token(Token::Partner) => parts.partner,
            Piece::Token(Token::Output) => parts.output,
            Piece::Token(Token::Date) => parts.date,
            Piece::Token(Token::Job) => parts.job,
        });
        pieces.collect()
    }

    pub(crate) fn uses(&self, token: Token) -> bool {
        self.0.contains(&Piece::Token(token))
    }
}

fn token(word: &str) -> Result<Token, NameError> {
    let known = TOKENS.iter().find(|(name, _)| *name == word);
    known.map(|(_, token)| *token).ok_or_else(|| NameError::UnknownToken {
        token: word.to_owned(),
        suggestion: propose(word, TOKENS.iter().map(|(name, _)| *name)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_text_and_escapes() {
        let template = Template::parse("{{{title}}}_{date}").unwrap();
        let parts =
            NameParts { title: "T", profile: "p", partner: "P", output: "o", date: "2026-11-22", job: "j" };
        assert_eq!(template.fill(&parts, "x"), "{x}_2026-11-22");
        assert!(template.uses(Token::Title) && !template.uses(Token::Job));
    }

    #[test]
    fn faults() {
        let unknown = Template::parse("{titel}").unwrap_err();
        assert!(
            matches!(unknown, NameError::UnknownToken { suggestion: Some(text), .. } if text.contains("title"))
        );
        assert_eq!(Template::parse("{title"), Err(NameError::LooseBrace { brace: '{' }));
        assert_eq!(Template::parse("title}"), Err(NameError::LooseBrace { brace: '}' }));
        assert_eq!(Template::parse(""), Err(NameError::Empty));
    }
}
