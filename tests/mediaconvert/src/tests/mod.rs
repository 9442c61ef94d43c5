//! The simulator as clients see it.

mod bill;
mod boto;
mod calls;
mod faults;
mod media;
mod queues;
mod validation;

use std::{
    future::Future,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use aws_sdk_mediaconvert::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    error::SdkError,
    operation::create_job::{CreateJobError, CreateJobOutput},
    types::{Job, JobSettings},
};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use spillway_test_support::cloud::{KEY_ID, KEY_SECRET, REGION, S3Server, start_s3};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{Media, Options, Simulator};

const ROLE: &str = "arn:aws:iam::111122223333:role/Transcode";
const PATIENCE: Duration = Duration::from_mins(2);

/// Services, a client, and a bucket named `bucket`.
struct Stage {
    s3: S3Server,
    simulator: Simulator,
    client: Client,
    runtime: Runtime,
    folder: TempDir,
}

impl Stage {
    fn new(change: impl FnOnce(&mut Options)) -> Self {
        let s3 = start_s3();
        s3.owner().make_bucket("bucket");
        let mut options = Options::new(s3.endpoint()).unthrottled();
        change(&mut options);
        let simulator = Simulator::start(options).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = client(&simulator, KEY_SECRET);
        Self { s3, simulator, client, runtime, folder: tempfile::tempdir().unwrap() }
    }

    /// Jobs take so many seconds of a clock that stands, and make nothing.
    fn without_media(seconds: f64) -> Self {
        Self::new(|options| {
            options.media = Media::None { seconds, duration_ms: 61_001, file: None };
            options.speed = 0.0;
        })
    }

    fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Sends a request as it is, signed by the official client.
    fn create(&self, request: &Value) -> Result<Job, Box<SdkError<CreateJobError>>> {
        create(&self.runtime, &self.client, request).map(|reply| reply.job.unwrap())
    }

    /// The same, which must be accepted; its identifier.
    fn accepted(&self, request: &Value) -> String {
        self.create(request).unwrap().id.unwrap()
    }

    fn job(&self, id: &str) -> Job {
        self.run(self.client.get_job().id(id).send()).unwrap().job.unwrap()
    }

    /// Puts a file of ffmpeg's making to `s3://bucket/NAME`; its place here.
    fn source(&self, name: &str, words: &[&str]) -> PathBuf {
        let file = self.folder.path().join(name);
        ffmpeg(words, &file);
        self.s3.owner().put("bucket", name, &std::fs::read(&file).unwrap());
        file
    }

    /// An object as a file.
    fn result(&self, key: &str) -> PathBuf {
        let file = self.folder.path().join(key.replace('/', "_"));
        let files = crate::files::Files::new(&Options::new(self.s3.endpoint())).unwrap();
        files.get(&format!("s3://bucket/{key}"), &file).unwrap();
        file
    }

    /// Runs a job to its end.
    fn done(&self, request: &Value) -> Job {
        let id = self.accepted(request);
        assert!(self.simulator.wait_idle(PATIENCE));
        self.job(&id)
    }
}

fn client(simulator: &Simulator, secret: &str) -> Client {
    let config = aws_sdk_mediaconvert::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static(REGION))
        .credentials_provider(Credentials::new(KEY_ID, secret, None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(simulator.endpoint())
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

fn create(
    runtime: &Runtime,
    client: &Client,
    request: &Value,
) -> Result<CreateJobOutput, Box<SdkError<CreateJobError>>> {
    let body = request.to_string();
    let call = client.create_job().role("replaced").settings(JobSettings::builder().build()).customize();
    let call = call.mutate_request(move |http| {
        http.headers_mut().insert("content-length", body.len().to_string());
        *http.body_mut() = SdkBody::from(body.clone());
    });
    runtime.block_on(call.send()).map_err(Box::new)
}

fn ffmpeg(words: &[&str], file: &Path) {
    let done = Command::new("ffmpeg").args(["-v", "error", "-y"]).args(words).arg(file).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// One value that ffprobe tells of the first pictures, with all of them counted.
fn probed(file: &Path, entry: &str) -> String {
    let done = Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-select_streams", "v:0", "-of", "csv=p=0", "-show_entries"])
        .arg(format!("stream={entry}"))
        .arg(file)
        .output()
        .unwrap();
    String::from_utf8(done.stdout).unwrap().trim().trim_end_matches(',').to_owned()
}

/// H.264 as a careful client would ask for it.
fn h264() -> Value {
    json!({
        "codec": "H_264",
        "h264Settings": {
            "rateControlMode": "QVBR",
            "maxBitrate": 5_000_000,
            "qvbrSettings": { "qvbrQualityLevel": 7 },
            "qualityTuningLevel": "SINGLE_PASS",
            "codecProfile": "HIGH",
            "codecLevel": "LEVEL_4",
            "gopSize": 50.0,
            "gopSizeUnits": "FRAMES",
            "gopClosedCadence": 1,
            "minIInterval": 0,
            "sceneChangeDetect": "DISABLED",
            "dynamicSubGop": "STATIC",
            "numberBFramesBetweenReferenceFrames": 2,
            "numberReferenceFrames": 3,
            "interlaceMode": "PROGRESSIVE",
            "parControl": "SPECIFIED",
            "parNumerator": 1,
            "parDenominator": 1,
            "framerateControl": "SPECIFIED",
            "framerateNumerator": 25,
            "framerateDenominator": 1,
            "framerateConversionAlgorithm": "MAINTAIN_FRAME_COUNT",
            "endOfStreamMarkers": "SUPPRESS"
        }
    })
}

fn output(modifier: &str, width: u32, height: u32, codec: &Value) -> Value {
    json!({
        "nameModifier": modifier,
        "containerSettings": { "container": "MP4", "mp4Settings": { "moovPlacement": "PROGRESSIVE_DOWNLOAD" } },
        "videoDescription": {
            "width": width,
            "height": height,
            "scalingBehavior": "DEFAULT",
            "codecSettings": codec
        }
    })
}

/// A request with these outputs, from `s3://bucket/INPUT` to `s3://bucket/out/INPUT...`.
fn request(input: &str, outputs: &[Value]) -> Value {
    json!({
        "role": ROLE,
        "userMetadata": { "chunk": "7" },
        "tags": { "partner": "north" },
        "settings": {
            "timecodeConfig": { "source": "ZEROBASED" },
            "inputs": [{
                "fileInput": format!("s3://bucket/{input}"),
                "timecodeSource": "ZEROBASED",
                "videoSelector": {},
                "audioSelectors": { "Audio Selector 1": { "defaultSelection": "DEFAULT" } }
            }],
            "outputGroups": [{
                "name": "File Group",
                "outputGroupSettings": {
                    "type": "FILE_GROUP_SETTINGS",
                    "fileGroupSettings": { "destination": format!("s3://bucket/out/{}", input.replace('.', "-")) }
                },
                "outputs": outputs
            }]
        }
    })
}

/// The usual one.
fn simple(input: &str) -> Value {
    request(input, &[output("-a", 320, 180, &h264())])
}
