//! Pictures for the window: `preview://localhost/…`. Made by the engine's workers, never on the main thread.

mod address;
mod pool;

use std::path::PathBuf;

use spillway_engine::model::JobId;
use tauri::{
    AppHandle, Manager, UriSchemeContext, UriSchemeResponder, Wry,
    http::{Request, Response, StatusCode, header},
};

use crate::{
    error::{CommandError, ErrorKind},
    shell::Shell,
    window,
};
use address::{Address, Film};
use pool::{Chore, Pool};

/// Name of the protocol.
pub(crate) const SCHEME: &str = "preview";
/// Pictures made at a time.
const THREADS: u32 = 2;
/// Requests that may wait.
const WAITING: usize = 512;
/// The engine keeps pictures; this saves the way to it while somebody scrolls.
const KEEP: &str = "private, max-age=600";

/// What answers for the protocol.
pub(crate) struct Preview {
    pool: Pool<Wanted>,
}

struct Wanted {
    app: AppHandle,
    address: Address,
    origin: Option<&'static str>,
    responder: UriSchemeResponder,
}

impl Preview {
    /// Starts the threads.
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self { pool: Pool::new(THREADS, WAITING)? })
    }

    /// Answers, later.
    pub(crate) fn answer(
        &self,
        context: &UriSchemeContext<'_, Wry>,
        request: &Request<Vec<u8>>,
        responder: UriSchemeResponder,
    ) {
        let origin = request.headers().get(header::ORIGIN).and_then(|value| value.to_str().ok());
        let origin = origin.and_then(window::own_origin);
        if context.webview_label() != window::LABEL {
            responder.respond(refusal(StatusCode::FORBIDDEN, "Not for this window.", origin));
            return;
        }
        let Some(address) = Address::parse(request.uri().path(), request.uri().query()) else {
            responder.respond(refusal(StatusCode::NOT_FOUND, "There is no such picture.", origin));
            return;
        };
        self.pool.add(Wanted { app: context.app_handle().clone(), address, origin, responder });
    }
}

impl Chore for Wanted {
    fn perform(self) {
        let response = match self.picture() {
            Ok(bytes) => picture(bytes, self.origin),
            Err(error) => refusal(StatusCode::NOT_FOUND, &error.message, self.origin),
        };
        self.responder.respond(response);
    }

    fn give_up(self) {
        let why = "Too many pictures were asked for since.";
        self.responder.respond(refusal(StatusCode::SERVICE_UNAVAILABLE, why, self.origin));
    }
}

impl Wanted {
    fn picture(&self) -> Result<Vec<u8>, CommandError> {
        let shell = self.app.state::<Shell>();
        let film = film(&shell, self.address.film)?;
        let picture = shell.engine().picture(&film, self.address.moment, self.address.height)?;
        std::fs::read(&picture).map_err(|error| CommandError::file(&picture, &error))
    }
}

/// Where a film lies that the window may see.
fn film(shell: &Shell, film: Film) -> Result<PathBuf, CommandError> {
    match film {
        Film::Sheet { sheet, file } => shell.sheets().path(sheet, file),
        Film::Source(job) => Ok(shell.engine().live_job(job)?.job.source),
        Film::Output { job, index } => output(shell, job, index),
    }
}

/// Where an output of a job lies.
pub(crate) fn output(shell: &Shell, job: JobId, index: u32) -> Result<PathBuf, CommandError> {
    let outputs = shell.engine().live_job(job)?.job.outputs;
    let output = usize::try_from(index).ok().and_then(|index| outputs.into_iter().nth(index));
    let missing = || CommandError::new(ErrorKind::File, "The job has not delivered such an output.");
    output.map(|output| output.path).ok_or_else(missing)
}

fn picture(bytes: Vec<u8>, origin: Option<&str>) -> Response<Vec<u8>> {
    respond(StatusCode::OK, content_type(&bytes), KEEP, bytes, origin)
}

fn refusal(status: StatusCode, why: &str, origin: Option<&str>) -> Response<Vec<u8>> {
    respond(status, "text/plain; charset=utf-8", "no-store", why.as_bytes().to_vec(), origin)
}

fn respond(
    status: StatusCode,
    content_type: &'static str,
    keep: &'static str,
    body: Vec<u8>,
    origin: Option<&str>,
) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static(keep));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    if let Some(origin) = origin.and_then(|origin| header::HeaderValue::from_str(origin).ok()) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::VARY, header::HeaderValue::from_static("Origin"));
    }
    response
}

/// By its first bytes, not by its name.
fn content_type(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(b"\x89PNG") {
        "image/png"
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        "image/jpeg"
    } else {
        "application/octet-stream"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_window_s_own_origin_may_read_the_bytes() {
        let allowed = |origin: Option<&str>| {
            let origin = origin.and_then(window::own_origin);
            let response = picture(b"\xff\xd8\xff".to_vec(), origin);
            response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN).cloned()
        };
        assert_eq!(allowed(Some("https://example.com")), None);
        assert_eq!(allowed(Some("null")), None);
        assert_eq!(allowed(None), None);
        assert_eq!(allowed(Some(window::ORIGIN)).unwrap(), window::ORIGIN);
    }

    #[test]
    fn what_is_no_picture_is_not_called_one() {
        assert_eq!(content_type(b"\x89PNG\r\n"), "image/png");
        assert_eq!(content_type(b"\xff\xd8\xff\xe0"), "image/jpeg");
        assert_eq!(content_type(b"root:x:0:0"), "application/octet-stream");
        let refused = refusal(StatusCode::NOT_FOUND, "why", None);
        assert_eq!((refused.status(), refused.body().as_slice()), (StatusCode::NOT_FOUND, b"why".as_slice()));
    }
}
