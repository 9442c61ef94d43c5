//! What goes back: a document, or a refusal in the service's form.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Response, Uri};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::validate::Violation;

/// An answer that says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: u16,
    /// Name of the error, in the header `x-amzn-errortype`.
    kind: String,
    message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, kind: kind.into(), message: message.into() }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequestException", message)
    }

    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Self::new(404, "NotFoundException", message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, "ConflictException", message)
    }

    pub(crate) fn quota(message: impl Into<String>) -> Self {
        Self::new(402, "ServiceQuotaExceededException", message)
    }

    /// All that is wrong, in one message.
    pub(crate) fn of(violations: &[Violation]) -> Self {
        let all: Vec<String> = violations.iter().map(Violation::to_string).collect();
        Self::bad(all.join("; "))
    }

    pub(crate) fn response(&self) -> Response<Full<Bytes>> {
        let mut response = response(self.status, &json!({ "message": self.message }));
        if let Ok(kind) = self.kind.parse() {
            response.headers_mut().insert("x-amzn-errortype", kind);
        }
        response
    }
}

pub(crate) fn response(status: u16, document: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(document.to_string())));
    *response.status_mut() = status.try_into().unwrap_or_default();
    response
        .headers_mut()
        .insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    let id = uuid::Uuid::now_v7().to_string();
    if let Ok(id) = id.parse() {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

/// Pairs of the query, decoded.
pub(crate) fn query(uri: &Uri) -> Vec<(String, String)> {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key), decoded(value))
        })
        .collect()
}

pub(crate) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
