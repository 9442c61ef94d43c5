//! HTTP POST of the JSON, signed.
//!
//! Taken is what is answered with 2xx. A redirect is not followed: it would carry the message to somebody nobody
//! named. What a person has to mend (redirects, 401, 404 and their like) is tried again at long intervals; 410
//! (gone) never.

use std::{io::Read, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use ureq::{
    Agent, Body, Error,
    http::{HeaderMap, Response, header},
    tls::{RootCerts, TlsConfig},
};

use crate::{
    Again, Limits, MENDING, Message, NotTaken, Secret, Taken,
    trust::{Trust, bad_certificate, provider},
    words::saying,
};

/// Most that is read of an answer, in bytes.
const ANSWER: u64 = 4 << 10;

/// Longest pause that a server can ask for.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);

/// Posts the message.
pub(crate) fn post(
    url: &str,
    secret: Option<&Secret>,
    message: &Message,
    limits: Limits,
    trust: &Trust,
) -> Result<Taken, NotTaken> {
    let seconds = message.tried_ms.div_euclid(1_000).to_string();
    let mut request = agent(limits, trust)
        .post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header("Spillway-Id", &message.id)
        .header("Spillway-Topic", &message.topic)
        .header("Spillway-Sequence", message.sequence.to_string())
        .header("Spillway-Timestamp", &seconds);
    if let Some(secret) = secret {
        let signature = signature(secret, &seconds, &message.body)
            .ok_or_else(|| NotTaken::to_mend("the secret cannot be used for signatures"))?;
        request = request.header("Spillway-Signature", format!("v1={signature}"));
    }
    let response = request.send(message.body.as_bytes()).map_err(|error| trouble(&error, limits))?;
    judge(response)
}

fn agent(limits: Limits, trust: &Trust) -> Agent {
    let roots = match trust {
        Trust::System => RootCerts::PlatformVerifier,
        #[cfg(test)]
        Trust::Only(certificate) => {
            RootCerts::new_with_certs(&[ureq::tls::Certificate::from_der(certificate).to_owned()])
        }
    };
    Agent::config_builder()
        .tls_config(
            TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider()).build(),
        )
        // What the environment says of proxies is for programs that people start.
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .timeout_global(Some(limits.total))
        .timeout_connect(Some(limits.connect))
        .user_agent(concat!("Spillway/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}

/// HMAC-SHA-256 of `seconds.body`, in hexadecimal digits.
fn signature(secret: &Secret, seconds: &str, body: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).ok()?;
    mac.update(seconds.as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    Some(mac.finalize().into_bytes().iter().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}")))
}

fn judge(response: Response<Body>) -> Result<Taken, NotTaken> {
    let (parts, body) = response.into_parts();
    let status = parts.status;
    let answer = format!(
        "HTTP {}{}",
        status.as_u16(),
        status.canonical_reason().map(|reason| format!(" {reason}")).unwrap_or_default()
    );
    if status.is_success() {
        return Ok(Taken { said: format!("answered {answer}") });
    }
    if status.is_redirection() {
        return Err(NotTaken::to_mend(format!("answered {answer}: redirects are not followed")));
    }
    let why = format!("answered {answer}{}", saying(&text(&parts.headers, body)));
    let again = match status.as_u16() {
        408 | 425 | 429 | 500.. => pause(&parts.headers).map_or(Again::Later, Again::After),
        410 => Again::Never,
        _ => Again::After(MENDING),
    };
    Err(NotTaken { why, again })
}

/// What the answer says to people; markup is not for them.
fn text(headers: &HeaderMap, body: Body) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("text/plain") && !kind.contains("json") {
        return String::new();
    }
    let mut text = Vec::new();
    // The status is the answer; what was read of the words is enough.
    let _ = body.into_reader().take(ANSWER).read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Seconds that the server asks to wait. Its dates are not read: they depend on two clocks.
fn pause(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_PAUSE))
}

/// Words without the address: its path is often a key.
fn trouble(error: &Error, limits: Limits) -> NotTaken {
    match error {
        Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            NotTaken::later(format!("cannot be reached within {} s", limits.connect.as_secs_f64()))
        }
        Error::Timeout(_) => crate::bounded::too_slow(limits.total),
        Error::HostNotFound => NotTaken::later("the name of the host cannot be found"),
        Error::ConnectionFailed => NotTaken::later("cannot be reached"),
        Error::BadUri(_) | Error::Http(_) => NotTaken::to_mend("the address makes no sense"),
        Error::Io(error) => bad_certificate(error)
            .unwrap_or_else(|| NotTaken::later(format!("the connection failed: {error}"))),
        Error::Rustls(error) => NotTaken::later(format!("TLS failed: {error}")),
        Error::Protocol(_) => NotTaken::later("what answers there does not speak HTTP"),
        Error::LargeResponseHeader(..) => NotTaken::later("its answer is too long"),
        other => NotTaken::later(format!("the connection failed: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::signature;
    use crate::Secret;

    #[test]
    fn signatures_are_those_that_others_compute() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac Jefe
        assert_eq!(
            signature(&Secret::new("Jefe"), "1700000000", r#"{"a":1}"#).as_deref(),
            Some("fa5f6481efc59da48b19c9dc10196c9953e5651f8304b3a318b6b87d70272e0a")
        );
    }
}
