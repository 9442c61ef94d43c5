//! Signature Version 4: whether a request was signed by somebody known, over what it really says.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use hyper::http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::reply::Refusal;

const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Who may call.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Access key.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

/// Refuses a request whose signature is missing, not of this service, or wrong.
pub(crate) fn check(keys: &Keys, request: &Parts, body: &[u8]) -> Result<(), Refusal> {
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let Some(signed) = header("authorization").and_then(|text| text.strip_prefix("AWS4-HMAC-SHA256 ")) else {
        return Err(Refusal::new(403, "MissingAuthenticationTokenException", "Missing Authentication Token"));
    };
    let field = |name: &str| {
        let fields = signed.split(',').map(str::trim);
        fields.filter_map(|one| one.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let incomplete = || Refusal::new(403, "IncompleteSignatureException", "The signature is not complete.");
    let names = field("SignedHeaders").ok_or_else(incomplete)?;
    let signature = field("Signature").ok_or_else(incomplete)?;
    let credential = field("Credential").ok_or_else(incomplete)?;
    let (id, scope) = credential.split_once('/').ok_or_else(incomplete)?;
    let parts: Vec<&str> = scope.split('/').collect();
    let [day, region, "mediaconvert", "aws4_request"] = parts[..] else {
        let text = "Credential should be scoped to correct service: 'mediaconvert'.";
        return Err(Refusal::new(403, "InvalidSignatureException", text));
    };
    if id != keys.id {
        let text = "The security token included in the request is invalid.";
        return Err(Refusal::new(403, "UnrecognizedClientException", text));
    }
    let when = header("x-amz-date").ok_or_else(incomplete)?;

    let mut canonical = format!("{}\n{}\n{}\n", request.method, path(request), query(request));
    for name in names.split(';') {
        let value = header(name).ok_or_else(incomplete)?;
        let value: Vec<&str> = value.split_whitespace().collect();
        let _ = writeln!(canonical, "{name}:{}", value.join(" "));
    }
    let _ = write!(canonical, "\n{names}\n{}", hex(&Sha256::digest(body)));
    let text = format!("AWS4-HMAC-SHA256\n{when}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let key = ["mediaconvert", "aws4_request"]
        .iter()
        .fold(mac(&mac(format!("AWS4{}", keys.secret).as_bytes(), day), region), |key, word| mac(&key, word));
    if hex(&mac(&key, &text)) != signature {
        let text = "The request signature we calculated does not match the signature you provided.";
        return Err(Refusal::new(403, "InvalidSignatureException", text));
    }
    Ok(())
}

/// Of every service but S3, the path is encoded once more than on the wire.
fn path(request: &Parts) -> String {
    let segments =
        request.uri.path().split('/').map(|segment| utf8_percent_encode(segment, PLAIN).to_string());
    segments.collect::<Vec<_>>().join("/")
}

fn query(request: &Parts) -> String {
    let mut pairs: Vec<String> = crate::reply::query(&request.uri)
        .into_iter()
        .map(|(key, value)| {
            format!("{}={}", utf8_percent_encode(&key, PLAIN), utf8_percent_encode(&value, PLAIN))
        })
        .collect();
    pairs.sort();
    pairs.join("&")
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
