//! The connection: made at the first use, shared by all that is asked.

use std::{
    fmt,
    future::Future,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::region::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider, retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::config::{ResponseChecksumValidation, StalledStreamProtectionConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use tokio::runtime::{Builder, Runtime};

use crate::{CloudError, CloudSettings, limit::Calls, transfer::Pace};

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

/// S3, SQS and MediaConvert as one set of credentials sees them. Clones share their connection.
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
    calls: Arc<Calls>,
    pace: Arc<Pace>,
    line: Mutex<Option<Arc<Line>>>,
}

/// Sizes and pauses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Bytes of a range of a download.
    pub(crate) range_bytes: u64,
    /// Ranges on their way at a time; so many, and one being written, are held in memory.
    pub(crate) parallel: usize,
    /// Bytes of a part of an upload; more, when there would be too many. S3 takes no part below 5 MiB but the last.
    pub(crate) part_bytes: u64,
    /// Parts on their way at a time; so many, and one being read, are held in memory.
    pub(crate) parts: usize,
    /// First pause before something is tried again; doubles.
    pub(crate) pause: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            range_bytes: 8 << 20,
            parallel: 4,
            part_bytes: 8 << 20,
            parts: 3,
            pause: Duration::from_millis(500),
        }
    }
}

/// Threads and clients.
pub(crate) struct Line {
    runtime: Option<Runtime>,
    settings: CloudSettings,
    found: SdkConfig,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    sender: OnceLock<aws_sdk_s3::Client>,
    mediaconvert: OnceLock<aws_sdk_mediaconvert::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
    pub(crate) bounds: Bounds,
    /// Turns of calls to MediaConvert.
    pub(crate) calls: Arc<Calls>,
    /// Turns of bytes.
    pub(crate) pace: Arc<Pace>,
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
        let endpoints = [
            ("s3_endpoint", &settings.s3_endpoint),
            ("sqs_endpoint", &settings.sqs_endpoint),
            ("mediaconvert_endpoint", &settings.mediaconvert_endpoint),
            ("iam_endpoint", &settings.iam_endpoint),
            ("sts_endpoint", &settings.sts_endpoint),
        ];
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
        let shared = Shared {
            settings: settings.clone(),
            keys,
            bounds,
            calls: Arc::new(Calls::per_minute(settings.calls_per_minute)),
            pace: Arc::new(Pace::of(settings.bandwidth_mbps)),
            line: Mutex::new(None),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// What was set.
    pub(crate) fn settings(&self) -> &CloudSettings {
        &self.shared.settings
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
    /// Region that is asked.
    pub(crate) fn region(&self) -> &str {
        self.found.region().map_or(USUAL_REGION, Region::as_ref)
    }

    /// S3 for content: as long as bytes move it waits, which is watched elsewhere; nothing is tried twice here.
    pub(crate) fn sender(&self) -> &aws_sdk_s3::Client {
        self.sender.get_or_init(|| {
            let config = self.s3.config().to_builder();
            let config = config.retry_config(RetryConfig::disabled()).timeout_config(
                TimeoutConfig::builder().connect_timeout(CONNECT).disable_read_timeout().build(),
            );
            let config = config.stalled_stream_protection(StalledStreamProtectionConfig::disabled());
            aws_sdk_s3::Client::from_conf(config.build())
        })
    }

    /// MediaConvert; every try takes its own turn, so the SDK makes one only.
    pub(crate) fn mediaconvert(&self) -> &aws_sdk_mediaconvert::Client {
        self.mediaconvert.get_or_init(|| {
            let mut config = aws_sdk_mediaconvert::config::Builder::from(&self.found)
                .retry_config(RetryConfig::disabled());
            if let Some(endpoint) = &self.settings.mediaconvert_endpoint {
                config = config.endpoint_url(endpoint);
            }
            aws_sdk_mediaconvert::Client::from_conf(config.build())
        })
    }

    /// IAM.
    pub(crate) fn iam(&self) -> &aws_sdk_iam::Client {
        self.iam.get_or_init(|| {
            let mut config = aws_sdk_iam::config::Builder::from(&self.found);
            if let Some(endpoint) = &self.settings.iam_endpoint {
                config = config.endpoint_url(endpoint);
            }
            aws_sdk_iam::Client::from_conf(config.build())
        })
    }

    /// STS.
    pub(crate) fn sts(&self) -> &aws_sdk_sts::Client {
        self.sts.get_or_init(|| {
            let mut config = aws_sdk_sts::config::Builder::from(&self.found);
            if let Some(endpoint) = &self.settings.sts_endpoint {
                config = config.endpoint_url(endpoint);
            }
            aws_sdk_sts::Client::from_conf(config.build())
        })
    }

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
        let found = until_cancelled(&runtime, cancel, self.found())?;
        // Of a range, some servers send the checksum of the whole: it is compared here, over the whole.
        let mut s3 = aws_sdk_s3::config::Builder::from(&found)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        if let Some(endpoint) = &self.settings.s3_endpoint {
            s3 = s3.endpoint_url(endpoint).force_path_style(true);
        }
        let mut sqs = aws_sdk_sqs::config::Builder::from(&found);
        if let Some(endpoint) = &self.settings.sqs_endpoint {
            sqs = sqs.endpoint_url(endpoint);
        }
        Ok(Line {
            runtime: Some(runtime),
            settings: self.settings.clone(),
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            sqs: aws_sdk_sqs::Client::from_conf(sqs.build()),
            found,
            sender: OnceLock::new(),
            mediaconvert: OnceLock::new(),
            iam: OnceLock::new(),
            sts: OnceLock::new(),
            bounds: self.bounds,
            calls: Arc::clone(&self.calls),
            pace: Arc::clone(&self.pace),
        })
    }

    /// Credentials, region and the like, as Amazon's own tools would find them.
    async fn found(&self) -> Result<SdkConfig, CloudError> {
        let CloudSettings { region, profile, .. } = &self.settings;
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
        } else if self.settings.has_endpoint() {
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
        Ok(found)
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
