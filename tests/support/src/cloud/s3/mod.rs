//! An S3 server in this process, its buckets folders, that misbehaves when told so.

mod bucket;
mod service;
#[cfg(test)]
mod tests;
mod uploads;

use std::{
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
};

use hyper::{
    Request,
    body::Incoming,
    service::{Service, service_fn},
};
use hyper_util::{rt::TokioExecutor, rt::TokioIo, server::conn::auto::Builder};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub use uploads::{Sent, UploadFault};

use super::{KEY_ID, KEY_SECRET, Owner};
use bucket::Buckets;
use service::Misbehaving;
use uploads::{Cut, Uploads};

/// A part of an object that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its key.
    pub key: String,
    /// First byte.
    pub first: u64,
    /// Last byte, when a range was asked.
    pub last: Option<u64>,
    /// The how-manieth request for content it is, from 0.
    pub number: usize,
}

/// What goes wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// 503 `SlowDown`.
    SlowDown,
    /// 500 `InternalError`.
    Internal,
    /// 403 `AccessDenied`.
    Forbidden,
    /// The connection is reset after so many bytes of the body.
    Reset(usize),
    /// The body is announced and sent with so many bytes less.
    Short(usize),
    /// Everything is sent, whatever range was asked.
    Everything,
    /// A bit of the byte at this place of the answer is turned.
    Altered(usize),
    /// The answer carries another `ETag`.
    OtherTag,
}

type Script = Box<dyn FnMut(&Asked) -> Fault + Send>;

/// A server; it ends with the value.
pub struct S3Server {
    endpoint: String,
    owner: Owner,
    state: Arc<State>,
    runtime: Option<Runtime>,
    _folder: TempDir,
}

struct State {
    script: Mutex<Script>,
    asked: Mutex<Vec<Asked>>,
    uploads: Uploads,
    buckets: Buckets,
}

/// Starts one on a free port of loopback.
///
/// # Panics
/// When it cannot be started.
#[expect(clippy::unwrap_used, reason = "tests end when their servers do not start")]
pub fn start_s3() -> S3Server {
    let folder = tempfile::tempdir().unwrap();
    let state = Arc::new(State {
        script: Mutex::new(Box::new(|_| Fault::None)),
        asked: Mutex::default(),
        uploads: Uploads::default(),
        buckets: Buckets::default(),
    });
    let files = FileSystem::new(folder.path()).unwrap();
    let mut service = S3ServiceBuilder::new(Misbehaving {
        files,
        folder: folder.path().to_owned(),
        state: Arc::clone(&state),
    });
    service.set_auth(SimpleAuth::from_single(KEY_ID, KEY_SECRET));
    let service = service.build();

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        while let Ok((stream, _)) = listener.accept().await {
            let service = service.clone();
            let cut = Cut::default();
            let end = cut.clone();
            let service = service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(cut.clone());
                Service::call(&service, request)
            });
            tokio::spawn(async move {
                let server = Builder::new(TokioExecutor::new());
                tokio::select! {
                    // A connection that the script resets ends in an error.
                    _ = server.serve_connection(TokioIo::new(stream), service) => {}
                    () = end.0.notified() => {}
                }
            });
        }
    });
    let owner = Owner::of(&endpoint);
    S3Server { endpoint, owner, state, runtime: Some(runtime), _folder: folder }
}

impl S3Server {
    /// Its address.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Who fills it.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// From now on, every request for content is answered as the script says.
    pub fn script(&self, script: impl FnMut(&Asked) -> Fault + Send + 'static) {
        *self.state.script.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(script);
    }

    /// From now on, all content that is sent fares as the script says.
    pub fn script_uploads(&self, script: impl FnMut(&Sent) -> UploadFault + Send + 'static) {
        *self.state.uploads.script.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(script));
    }

    /// All content that was sent since the last call: each part, how much of it came, and whether it was kept.
    pub fn take_sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.state.uploads.sent())
    }

    /// Uploads that are neither completed nor given up: bucket, key, identifier.
    pub fn open_uploads(&self) -> Vec<(String, String, String)> {
        let begun = self.state.uploads.begun();
        begun.iter().map(|(id, one)| (one.bucket.clone(), one.key.clone(), id.clone())).collect()
    }

    /// Every request for content since the last call.
    pub fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
