//! How a simulator is.

use std::path::{Path, PathBuf};

use spillway_test_support::cloud::{KEY_ID, KEY_SECRET, REGION};

use crate::Keys;

/// All of it.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where inputs and results are.
    pub store: Store,
    /// Who may call.
    pub keys: Keys,
    /// Where it says that it is.
    pub region: String,
    /// The Python environment whose botocore holds the model.
    pub environment: PathBuf,
    /// Calls a second, over all. The published rate is 2.
    pub rate: f64,
    /// Calls at once. The published number is 100.
    pub burst: f64,
    /// Jobs that the account runs at a time. 200 is what is reported of new accounts.
    pub concurrent_jobs: u32,
    /// How long a request token holds, seconds. 60 is published.
    pub token_window: f64,
    /// How many seconds its clock shows in a second.
    pub speed: f64,
    /// Whether jobs make media.
    pub media: Media,
    /// Jobs that are transcoded at a time; others in progress wait for their turn.
    pub workers: usize,
}

/// S3, or what speaks like it.
#[derive(Debug, Clone)]
pub struct Store {
    /// Address.
    pub endpoint: String,
    /// Keys of the role that the jobs name.
    pub keys: Keys,
}

/// What jobs make.
#[derive(Debug, Clone)]
pub enum Media {
    /// What their settings say, with ffmpeg.
    Real,
    /// Nothing: for loads of thousands.
    None {
        /// How long a job takes, seconds of the server's clock.
        seconds: f64,
        /// What its outputs are said to last, milliseconds.
        duration_ms: u64,
        /// What lies at the place of every output; nothing does when there is none.
        file: Option<Vec<u8>>,
    },
}

impl Options {
    /// The published limits, real media, and the keys of the test servers.
    pub fn new(s3_endpoint: &str) -> Self {
        let keys = Keys { id: KEY_ID.to_owned(), secret: KEY_SECRET.to_owned() };
        let parallel = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            store: Store { endpoint: s3_endpoint.to_owned(), keys: keys.clone() },
            keys,
            region: REGION.to_owned(),
            environment: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/moto"),
            rate: 2.0,
            burst: 100.0,
            concurrent_jobs: 200,
            token_window: 60.0,
            speed: 1.0,
            media: Media::Real,
            workers: parallel,
        }
    }

    /// No limit to the calls: for tests that are about something else.
    #[must_use]
    pub fn unthrottled(mut self) -> Self {
        (self.rate, self.burst) = (1e9, 1e9);
        self
    }
}
