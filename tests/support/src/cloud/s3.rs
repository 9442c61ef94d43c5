//! An S3 server in this process, its buckets folders, that misbehaves when told so.

use std::{
    io,
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use hyper_util::{rt::TokioExecutor, rt::TokioIo, server::conn::auto::Builder};
use s3s::{S3, S3Request, S3Response, S3Result, auth::SimpleAuth, dto, s3_error, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{KEY_ID, KEY_SECRET, Owner};

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
}

/// Starts one on a free port of loopback.
///
/// # Panics
/// When it cannot be started.
#[expect(clippy::unwrap_used, reason = "tests end when their servers do not start")]
pub fn start_s3() -> S3Server {
    let folder = tempfile::tempdir().unwrap();
    let state = Arc::new(State { script: Mutex::new(Box::new(|_| Fault::None)), asked: Mutex::default() });
    let files = FileSystem::new(folder.path()).unwrap();
    let mut service = S3ServiceBuilder::new(Misbehaving { files, state: Arc::clone(&state) });
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
            tokio::spawn(async move {
                // A connection that the script resets ends in an error.
                let _ =
                    Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
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

struct Misbehaving {
    files: FileSystem,
    state: Arc<State>,
}

impl Misbehaving {
    fn fault(&self, input: &dto::GetObjectInput) -> Fault {
        let (first, last) = match input.range {
            Some(dto::Range::Int { first, last }) => (first, last),
            Some(dto::Range::Suffix { .. }) | None => (0, None),
        };
        let mut known = self.state.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = Asked { key: input.key.clone(), first, last, number: known.len() };
        known.push(asked.clone());
        drop(known);
        // It may wait for what only this server can answer.
        tokio::task::block_in_place(|| {
            (self.state.script.lock().unwrap_or_else(PoisonError::into_inner))(&asked)
        })
    }

    async fn content(
        &self,
        mut request: S3Request<dto::GetObjectInput>,
        fault: Fault,
    ) -> S3Result<S3Response<dto::GetObjectOutput>> {
        if fault == Fault::Everything {
            request.input.range = None;
        }
        let wanted = request.input.if_match.clone();
        let mut answer = self.files.get_object(request).await?;
        let output = &mut answer.output;
        if let (Some(dto::ETagCondition::ETag(wanted)), Some(there)) = (wanted, &output.e_tag)
            && wanted.value() != there.value()
        {
            return Err(s3_error!(PreconditionFailed));
        }
        if fault == Fault::OtherTag {
            output.e_tag = Some(dto::ETag::Strong("another".to_owned()));
        }
        let mut bytes = Vec::new();
        if let Some(mut body) = output.body.take() {
            while let Some(chunk) = body.next().await {
                bytes.extend_from_slice(&chunk.map_err(|_| s3_error!(InternalError))?);
            }
        }
        let mut reset = false;
        match fault {
            Fault::Reset(after) if after < bytes.len() => {
                bytes.truncate(after);
                reset = true;
            }
            Fault::Short(by) => {
                bytes.truncate(bytes.len().saturating_sub(by));
                output.content_length = i64::try_from(bytes.len()).ok();
            }
            Fault::Altered(at) => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1;
                }
            }
            _ => {}
        }
        let end = reset.then(|| Err(io::Error::from(io::ErrorKind::ConnectionReset)));
        let chunks: Vec<_> = bytes.chunks(16 << 10).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        output.body = Some(dto::StreamingBlob::wrap(stream::iter(chunks.into_iter().chain(end))));
        Ok(answer)
    }
}

#[async_trait]
impl S3 for Misbehaving {
    async fn get_object(
        &self,
        request: S3Request<dto::GetObjectInput>,
    ) -> S3Result<S3Response<dto::GetObjectOutput>> {
        match self.fault(&request.input) {
            Fault::SlowDown => Err(s3_error!(SlowDown)),
            Fault::Internal => Err(s3_error!(InternalError)),
            Fault::Forbidden => Err(s3_error!(AccessDenied)),
            fault => self.content(request, fault).await,
        }
    }

    async fn head_object(
        &self,
        request: S3Request<dto::HeadObjectInput>,
    ) -> S3Result<S3Response<dto::HeadObjectOutput>> {
        self.files.head_object(request).await
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<dto::ListObjectsV2Input>,
    ) -> S3Result<S3Response<dto::ListObjectsV2Output>> {
        let bucket = request.input.bucket.clone();
        let heads = request.clone();
        let mut answer = self.files.list_objects_v2(request).await?;
        // The file system underneath says that keys are encoded, and does not encode them; nor does it tell ETags.
        answer.output.encoding_type = None;
        for object in answer.output.contents.iter_mut().flatten() {
            let Some(key) = object.key.clone() else { continue };
            let input =
                dto::HeadObjectInput { bucket: bucket.clone(), key, ..dto::HeadObjectInput::default() };
            let head = self.files.head_object(heads.clone().map_input(|_| input)).await?;
            object.e_tag = head.output.e_tag;
        }
        Ok(answer)
    }

    async fn create_bucket(
        &self,
        request: S3Request<dto::CreateBucketInput>,
    ) -> S3Result<S3Response<dto::CreateBucketOutput>> {
        self.files.create_bucket(request).await
    }

    async fn put_object(
        &self,
        request: S3Request<dto::PutObjectInput>,
    ) -> S3Result<S3Response<dto::PutObjectOutput>> {
        self.files.put_object(request).await
    }

    async fn delete_object(
        &self,
        request: S3Request<dto::DeleteObjectInput>,
    ) -> S3Result<S3Response<dto::DeleteObjectOutput>> {
        self.files.delete_object(request).await
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<dto::CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<dto::CreateMultipartUploadOutput>> {
        self.files.create_multipart_upload(request).await
    }

    async fn upload_part(
        &self,
        request: S3Request<dto::UploadPartInput>,
    ) -> S3Result<S3Response<dto::UploadPartOutput>> {
        self.files.upload_part(request).await
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<dto::CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<dto::CompleteMultipartUploadOutput>> {
        self.files.complete_multipart_upload(request).await
    }
}
