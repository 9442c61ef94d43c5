//! S3, as the role of a job sees it.

use std::{
    io::{self, Write},
    path::Path,
};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    primitives::ByteStream,
};
use tokio::runtime::{Builder, Runtime};

use crate::{Options, names};

/// A client with its own thread's runtime.
pub(crate) struct Files {
    runtime: Runtime,
    client: Client,
}

/// Why an object was not read or written.
#[derive(Debug)]
pub(crate) enum FileError {
    /// It is not there.
    Missing,
    /// The role may not.
    Denied,
    /// Anything else.
    Other(String),
}

impl Files {
    pub(crate) fn new(options: &Options) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let store = &options.store;
        let keys = &store.keys;
        let keys = aws_sdk_s3::config::Credentials::new(&keys.id, &keys.secret, None, None, "role");
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .region(Region::new(options.region.clone()))
            .credentials_provider(keys)
            .endpoint_url(&store.endpoint);
        let config = runtime.block_on(loader.load());
        let config = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        Ok(Self { runtime, client: Client::from_conf(config) })
    }

    /// Copies an object to a file.
    pub(crate) fn get(&self, address: &str, to: &Path) -> Result<(), FileError> {
        let (bucket, key) = names::object(address).ok_or(FileError::Missing)?;
        let mut file = std::fs::File::create(to).map_err(other)?;
        self.runtime.block_on(async {
            let reply = self
                .client
                .get_object()
                .bucket(bucket)
                .key(key)
                .send()
                .await
                .map_err(|error| sorted(&error))?;
            let mut body = reply.body;
            while let Some(chunk) = body.try_next().await.map_err(other)? {
                file.write_all(&chunk).map_err(other)?;
            }
            file.flush().map_err(other)
        })
    }

    /// Copies a file to an object.
    pub(crate) fn put(&self, content: Vec<u8>, address: &str) -> Result<(), FileError> {
        let (bucket, key) = names::object(address).ok_or(FileError::Missing)?;
        let request = self.client.put_object().bucket(bucket).key(key).body(ByteStream::from(content));
        self.runtime.block_on(request.send()).map(drop).map_err(|error| sorted(&error))
    }
}

fn sorted<E: ProvideErrorMetadata + std::error::Error + 'static, R>(error: &SdkError<E, R>) -> FileError
where
    R: std::fmt::Debug + 'static,
{
    match error.code() {
        Some("NoSuchKey" | "NoSuchBucket" | "NotFound") => FileError::Missing,
        Some("AccessDenied") => FileError::Denied,
        _ => FileError::Other(error.to_string()),
    }
}

fn other(error: impl std::error::Error) -> FileError {
    FileError::Other(error.to_string())
}
