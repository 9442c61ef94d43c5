//! An e-mail of plain text: the JSON is for machines, and attachments make filters of mail servers suspicious.
//!
//! Taken is a letter that the server accepts for at least one receiver; the words name those it refused for good.
//! With a passing refusal (4xx) nothing is sent yet. What a person has to mend (login, TLS, sender) is tried again
//! at long intervals; a letter that is refused for good for every receiver, or for its content, never.

use std::{
    error::Error as _,
    time::{Duration, UNIX_EPOCH},
};

use lettre::{
    Address,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{CertificateStore, SmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailParameter},
    },
};

use crate::{
    Limits, Message, NotTaken, Secret, Security, Taken,
    trust::{Trust, bad_certificate},
    words::{one_line, saying},
};

/// The last millisecond that the date of a letter can show.
const LAST_DATE_MS: i64 = 253_402_300_799_000;

/// Who carries it.
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    /// User and password.
    pub(crate) login: Option<(String, Secret)>,
}

/// A letter, ready to be sent.
pub(crate) struct Letter {
    from: Address,
    to: Vec<Address>,
    bytes: Vec<u8>,
}

/// Writes the letter.
pub(crate) fn letter(from: &str, to: &[String], message: &Message) -> Result<Letter, NotTaken> {
    let from = mailbox(from)?;
    let to: Vec<Mailbox> = to.iter().map(|to| mailbox(to)).collect::<Result<_, _>>()?;
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let id: String = message.id.chars().filter(|c| word(*c)).collect();
    let created_ms = message.created_ms.clamp(0, LAST_DATE_MS).unsigned_abs();
    let mut builder = lettre::Message::builder()
        .from(from.clone())
        .subject(one_line(&message.subject))
        .date(UNIX_EPOCH + Duration::from_millis(created_ms))
        .message_id(Some(format!("<{id}@{}>", from.email.domain())))
        .header(ContentType::TEXT_PLAIN);
    for (name, value) in [
        // Says to programs that answer by themselves that nobody reads their answers (RFC 3834).
        (HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()),
        (HeaderName::new_from_ascii_str("Spillway-Id"), id.clone()),
        (HeaderName::new_from_ascii_str("Spillway-Topic"), one_line(&message.topic)),
        (HeaderName::new_from_ascii_str("Spillway-Sequence"), message.sequence.to_string()),
    ] {
        builder = builder.raw_header(HeaderValue::new(name, value));
    }
    for to in &to {
        builder = builder.to(to.clone());
    }
    let letter = builder
        .body(message.text.clone())
        .map_err(|error| NotTaken::to_mend(format!("no letter can be written: {error}")))?;
    Ok(Letter {
        from: from.email,
        to: to.into_iter().map(|to| to.email).collect(),
        bytes: letter.formatted(),
    })
}

fn mailbox(text: &str) -> Result<Mailbox, NotTaken> {
    text.parse().map_err(|error| NotTaken::to_mend(format!("{} is no address: {error}", one_line(text))))
}

/// Hands the letter over.
pub(crate) fn deliver(
    server: &Server,
    letter: &Letter,
    limits: Limits,
    trust: &Trust,
) -> Result<Taken, NotTaken> {
    let mut line = connect(server, limits, trust)?;
    let taken = hand_over(&mut line, letter);
    // The letter is in other hands, or not: a farewell changes nothing.
    let _ = line.quit();
    taken
}

fn connect(server: &Server, limits: Limits, trust: &Trust) -> Result<SmtpConnection, NotTaken> {
    let hello = ClientId::default();
    let before = |error: Error| trouble(&error, Stage::Before);
    let tls = match server.security {
        Security::None => None,
        Security::Tls | Security::StartTls => Some(tls(&server.host, trust).map_err(before)?),
    };
    let at_once = tls.as_ref().filter(|_| server.security == Security::Tls);
    let address = (server.host.as_str(), server.port);
    let mut line =
        SmtpConnection::connect(address, Some(limits.connect), &hello, at_once, None).map_err(before)?;
    line.set_timeout(Some(limits.total))
        .map_err(|error| NotTaken::later(format!("the connection failed: {error}")))?;
    if let Some(tls) = tls.as_ref().filter(|_| server.security == Security::StartTls) {
        if !line.can_starttls() {
            return Err(NotTaken::to_mend("the mail server does not offer STARTTLS"));
        }
        line.starttls(tls, &hello).map_err(before)?;
    }
    if let Some((user, password)) = &server.login
        && line.is_encrypted()
    {
        let credentials = Credentials::new(user.clone(), password.reveal().to_owned());
        line.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).map_err(before)?;
    }
    Ok(line)
}

fn tls(host: &str, trust: &Trust) -> Result<TlsParameters, Error> {
    let builder = TlsParameters::builder(host.to_owned());
    match trust {
        Trust::System => builder.certificate_store(CertificateStore::Default).build(),
        #[cfg(test)]
        Trust::Only(certificate) => builder
            .certificate_store(CertificateStore::None)
            .add_root_certificate(lettre::transport::smtp::client::Certificate::from_der(
                certificate.clone(),
            )?)
            .build(),
    }
}

fn hand_over(line: &mut SmtpConnection, letter: &Letter) -> Result<Taken, NotTaken> {
    let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    let mut options = Vec::new();
    if !is_ascii(&letter.from) || !letter.to.iter().all(is_ascii) {
        if !line.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(NotTaken::to_mend("the mail server takes addresses in plain ASCII only"));
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    line.command(Mail::new(Some(letter.from.clone()), options))
        .map_err(|error| trouble(&error, Stage::Before))?;
    let mut refused = Vec::new();
    for to in &letter.to {
        if let Err(error) = line.command(Rcpt::new(to.clone(), Vec::new())) {
            let why = trouble(&error, Stage::Letter);
            if !error.is_permanent() {
                return Err(NotTaken { why: format!("{to}: {}", why.why), ..why });
            }
            refused.push((to, why));
        }
    }
    if let [(_, first), ..] = refused.as_slice()
        && refused.len() == letter.to.len()
    {
        let why = format!("no receiver is accepted: {}", names(&refused));
        return Err(NotTaken { why, again: first.again });
    }
    line.command(Data).map_err(|error| trouble(&error, Stage::Letter))?;
    let answer = line.message(&letter.bytes).map_err(|error| trouble(&error, Stage::Letter))?;
    let said = saying(&answer.message().collect::<Vec<_>>().join(" "));
    if refused.is_empty() {
        return Ok(Taken { said: format!("answered {}{said}", answer.code()) });
    }
    Ok(Taken { said: format!("answered {}{said}; but refused {}", answer.code(), names(&refused)) })
}

fn names(refused: &[(&Address, NotTaken)]) -> String {
    let each: Vec<String> = refused.iter().map(|(to, why)| format!("{to} ({})", why.why)).collect();
    one_line(&each.join(", "))
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The connection, the login or the sender: a person can mend that.
    Before,
    /// The receivers or the letter.
    Letter,
}

fn trouble(error: &Error, stage: Stage) -> NotTaken {
    let said = error.source().map(|source| one_line(&source.to_string())).unwrap_or_default();
    if let Some(code) = error.status() {
        let why = format!("answered {code}{}", saying(&said));
        return match (error.is_permanent(), stage, u16::from(code)) {
            (false, ..) => NotTaken::later(why),
            // The server wants a login, or another one.
            (true, Stage::Letter, 530 | 534 | 535 | 538) | (true, Stage::Before, _) => NotTaken::to_mend(why),
            (true, Stage::Letter, _) => NotTaken::never(why),
        };
    }
    let failed = error.source().and_then(|source| source.downcast_ref());
    if let Some(trouble) = failed.and_then(bad_certificate) {
        return trouble;
    }
    if error.is_timeout() {
        return NotTaken::later("the mail server does not answer");
    }
    if error.is_client() || error.is_tls() {
        return NotTaken::to_mend(said);
    }
    if error.is_response() {
        return NotTaken::later(format!("what answers there does not speak SMTP: {said}"));
    }
    NotTaken::later(format!("the connection failed: {said}"))
}
