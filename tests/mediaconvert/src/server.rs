//! The wire: a request comes, its answer goes, or its connection ends.

use std::{io, net::TcpListener, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, http::request::Parts, service::service_fn};
use hyper_util::{rt::TokioExecutor, rt::TokioIo, server::conn::auto::Builder};
use serde_json::{Map, Value};
use tokio::runtime::Runtime;

use crate::{
    admin, auth,
    faults::What,
    jobs::inputs,
    model::Operation,
    operations::{self, Call},
    reply::{Refusal, decoded, query, response},
    state::Shared,
    validate,
};

/// The connection is closed in place of an answer.
#[derive(Debug, thiserror::Error)]
#[error("the reply is lost")]
struct Lost;

/// Listens on a free port of loopback.
pub(crate) fn listen(shared: &Arc<Shared>) -> io::Result<(String, Runtime)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let guard = runtime.enter();
    let listener = tokio::net::TcpListener::from_std(listener)?;
    drop(guard);
    let shared = Arc::clone(shared);
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let shared = Arc::clone(&shared);
            let service = service_fn(move |request| answer(Arc::clone(&shared), request));
            tokio::spawn(async move {
                let server = Builder::new(TokioExecutor::new());
                // A reply that is lost is an error here.
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Ok((endpoint, runtime))
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Lost> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Lost)?.to_bytes();
    if let Some(path) = parts.uri.path().strip_prefix("/simulator/") {
        return Ok(admin::answer(&shared, &parts.method, path, &body));
    }
    match call(&shared, &parts, &body) {
        Ok(Some((status, document))) => Ok(response(status, &document)),
        Ok(None) => Err(Lost),
        Err(refusal) => Ok(refusal.response()),
    }
}

/// Does a call; nothing when its reply gets lost.
fn call(shared: &Shared, parts: &Parts, body: &[u8]) -> Result<Option<(u16, Value)>, Refusal> {
    auth::check(&shared.options.keys, parts, body)?;
    let path: Vec<String> = parts.uri.path().split('/').skip(1).map(decoded).collect();
    let found = shared.model.operation(parts.method.as_str(), &path);
    let (operation, named) = found.ok_or_else(|| Refusal::missing("There is no such operation."))?;

    let mut state = shared.settled();
    if !state.throttle.take(&operation.name, shared.clock.now()) {
        return Err(Refusal::new(429, "TooManyRequestsException", "Too Many Requests"));
    }
    let document = document(body)?;
    let fault = state.faults.of_call(&operation.name, &inputs(&document));
    if let Some(What::Refused { status, kind }) = &fault {
        return Err(Refusal::new(*status, kind, told(kind)));
    }
    let parameters = parameters(shared, operation, parts, &named)?;
    let call = Call { parameters, body: document };
    let reply = operations::run(shared, &mut state, &operation.name, &operation.input, &call)?;
    drop(state);
    shared.changed.notify_all();
    Ok((fault != Some(What::ReplyLost)).then_some((operation.status, reply)))
}

fn document(body: &[u8]) -> Result<Value, Refusal> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(body)
        .map_err(|error| Refusal::bad(format!("Could not parse the request: {error}")))
}

/// Members of the path and of the query.
fn parameters(
    shared: &Shared,
    operation: &Operation,
    parts: &Parts,
    named: &[(&str, String)],
) -> Result<Map<String, Value>, Refusal> {
    let mut parameters = Map::new();
    let named = named.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    for (name, text) in named.chain(query(&parts.uri)) {
        let value = validate::parameter(&shared.model, &operation.input, &name, &text);
        parameters.insert(name, value.map_err(|violation| Refusal::of(&[violation]))?);
    }
    Ok(parameters)
}

fn told(kind: &str) -> &'static str {
    match kind {
        "ExpiredTokenException" => "The security token included in the request is expired",
        "TooManyRequestsException" => "Too Many Requests",
        "ServiceUnavailableException" => "Service Unavailable",
        _ => "The service failed on demand.",
    }
}
