//! The connection: made at the first use, shared by all that is asked.

use std::{
    fmt,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aws_config::{
    BehaviorVersion, Region, environment::region::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider, retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::config::ResponseChecksumValidation;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use tokio::runtime::{Builder, Runtime};

use crate::{CloudError, CloudSettings};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest silence of a service. The longest wait for messages of a queue is 20 s.
const SILENCE: Duration = Duration::from_secs(35);
/// How often the SDK tries a request.
const ATTEMPTS: u32 = 3;
/// How soon a wish to cancel is noticed.
const NOTICE: Duration = Duration::from_millis(50);
/// What S3-compatible servers take when nobody says otherwise.
const USUAL_REGION: &str = "us-east-1";

/// S3 and SQS as one set of credentials sees them. Clones share their connection.
#[derive(Clone)]
pub struct Cloud {
    shared: Arc<Shared>,
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

struct Shared {
    settings: CloudSettings,
    keys: Option<SharedCredentialsProvider>,
    bounds: Bounds,
    line: Mutex<Option<Arc<Line>>>,
}

/// Sizes and pauses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Bytes of a range of a download.
    pub(crate) range_bytes: u64,
    /// Ranges on their way at a time; so many, and one being written, are held in memory.
    pub(crate) parallel: usize,
    /// First pause before something is tried again; doubles.
    pub(crate) pause: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { range_bytes: 8 << 20, parallel: 4, pause: Duration::from_millis(500) }
    }
}

/// Threads and clients.
pub(crate) struct Line {
    runtime: Option<Runtime>,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) bounds: Bounds,
}

impl Drop for Line {
    fn drop(&mut self) {
        // An ordinary drop waits for name resolution that hangs.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Cloud {
    /// Nothing is asked of anybody before the first call.
    ///
    /// # Errors
    /// When an endpoint is no `http://` or `https://` address.
    pub fn connect(settings: &CloudSettings) -> Result<Self, CloudError> {
        Self::assembled(settings, None, Bounds::default())
    }

    /// With credentials from `keys` instead of the SDK's chain: for tests.
    pub(crate) fn assembled(
        settings: &CloudSettings,
        keys: Option<SharedCredentialsProvider>,
        bounds: Bounds,
    ) -> Result<Self, CloudError> {
        let endpoints = [("s3_endpoint", &settings.s3_endpoint), ("sqs_endpoint", &settings.sqs_endpoint)];
        for (name, endpoint) in endpoints {
            let Some(endpoint) = endpoint else { continue };
            let host =
                endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://")).unwrap_or("");
            if host.trim_matches('/').is_empty() {
                return Err(CloudError::Setting { name, why: "not an http:// or https:// address" });
            }
            if host.contains('@') {
                return Err(CloudError::Setting { name, why: "an address holds no credentials" });
            }
        }
        let shared = Shared { settings: settings.clone(), keys, bounds, line: Mutex::new(None) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Runs asynchronous work until it ends or is cancelled.
    pub(crate) fn wait<T, W>(
        &self,
        cancel: &AtomicBool,
        work: impl FnOnce(Arc<Line>) -> W,
    ) -> Result<T, CloudError>
    where
        W: Future<Output = Result<T, CloudError>>,
    {
        let line = self.line(cancel)?;
        line.block_on(cancel, work(Arc::clone(&line)))
    }

    fn line(&self, cancel: &AtomicBool) -> Result<Arc<Line>, CloudError> {
        let mut line = self.shared.line.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = line.as_ref() {
            return Ok(Arc::clone(line));
        }
        let made = Arc::new(self.shared.line(cancel)?);
        *line = Some(Arc::clone(&made));
        Ok(made)
    }
}

impl Line {
    fn block_on<T>(
        &self,
        cancel: &AtomicBool,
        work: impl Future<Output = Result<T, CloudError>>,
    ) -> Result<T, CloudError> {
        let Some(runtime) = &self.runtime else { return Err(CloudError::Cancelled) };
        until_cancelled(runtime, cancel, work)
    }
}

impl Shared {
    fn line(&self, cancel: &AtomicBool) -> Result<Line, CloudError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("cloud")
            .enable_all()
            .build()
            .map_err(CloudError::Threads)?;
        let (s3, sqs) = until_cancelled(&runtime, cancel, self.clients())?;
        Ok(Line { runtime: Some(runtime), s3, sqs, bounds: self.bounds })
    }

    async fn clients(&self) -> Result<(aws_sdk_s3::Client, aws_sdk_sqs::Client), CloudError> {
        let CloudSettings { region, profile, s3_endpoint, sqs_endpoint } = &self.settings;
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http)
            .retry_config(
                RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(self.bounds.pause),
            )
            .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).read_timeout(SILENCE).build());
        let mut file = ProfileFileRegionProvider::builder();
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
            file = file.profile_name(profile);
        }
        if let Some(region) = region {
            loader = loader.region(Region::new(region.clone()));
        } else if s3_endpoint.is_some() || sqs_endpoint.is_some() {
            // Without the question to the cloud's own machines, which takes seconds where there is none.
            let chain = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
                .or_else(file.build())
                .or_else(Region::from_static(USUAL_REGION));
            loader = loader.region(chain);
        }
        if let Some(keys) = &self.keys {
            loader = loader.credentials_provider(keys.clone());
        }
        let found = loader.load().await;
        if found.region().is_none() {
            return Err(CloudError::NoRegion);
        }
        // Of a range, some servers send the checksum of the whole: it is compared here, over the whole.
        let mut s3 = aws_sdk_s3::config::Builder::from(&found)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        if let Some(endpoint) = s3_endpoint {
            s3 = s3.endpoint_url(endpoint).force_path_style(true);
        }
        let mut sqs = aws_sdk_sqs::config::Builder::from(&found);
        if let Some(endpoint) = sqs_endpoint {
            sqs = sqs.endpoint_url(endpoint);
        }
        Ok((aws_sdk_s3::Client::from_conf(s3.build()), aws_sdk_sqs::Client::from_conf(sqs.build())))
    }
}

fn until_cancelled<T>(
    runtime: &Runtime,
    cancel: &AtomicBool,
    work: impl Future<Output = Result<T, CloudError>>,
) -> Result<T, CloudError> {
    if cancel.load(Ordering::Relaxed) {
        return Err(CloudError::Cancelled);
    }
    runtime.block_on(async {
        tokio::select! {
            biased;
            result = work => result,
            () = cancelled(cancel) => Err(CloudError::Cancelled),
        }
    })
}

async fn cancelled(cancel: &AtomicBool) {
    while !cancel.load(Ordering::Relaxed) {
        tokio::time::sleep(NOTICE).await;
    }
}
