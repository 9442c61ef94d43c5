//! `cloud-sim`: S3 and `MediaConvert` on loopback, so that the cloud engine can be tried without an account. It says
//! what to set, and runs until it is stopped; everything it holds is then gone.

use std::io::{self, Read, Write};

use clap::Parser;
use spillway_mediaconvert_simulator::{Media, Options, Simulator};
use spillway_test_support::cloud::{KEY_ID, KEY_SECRET, REGION, start_s3};

const BUCKET: &str = "spillway-cloud-sim";
const ROLE: &str = "arn:aws:iam::111122223333:role/spillway-mediaconvert";

/// S3 and `MediaConvert` on this machine.
#[derive(Parser)]
#[command(name = "cloud-sim")]
struct Arguments {
    /// Calls of MediaConvert a second.
    #[arg(long, default_value_t = 2.0)]
    rate: f64,
    /// Calls of MediaConvert at once.
    #[arg(long, default_value_t = 100.0)]
    burst: f64,
    /// Jobs take so many seconds, and make small files that are no media.
    #[arg(long, value_name = "SECONDS")]
    without_media: Option<f64>,
    /// Jobs at a time, over all queues.
    #[arg(long, default_value_t = 200)]
    concurrent_jobs: u32,
    /// For a program that starts it: says what to set as one line of JSON, and ends when its input is closed.
    #[arg(long)]
    attached: bool,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let s3 = start_s3();
    s3.owner().make_bucket(BUCKET);
    let mut options = Options::new(s3.endpoint());
    (options.rate, options.burst) = (arguments.rate, arguments.burst);
    options.concurrent_jobs = arguments.concurrent_jobs;
    if let Some(seconds) = arguments.without_media {
        options.media = Media::None { seconds, duration_ms: 60_000, file: Some(b"no media\n".to_vec()) };
    }
    let simulator = Simulator::start(options)?;

    let variables = [
        ("AWS_ACCESS_KEY_ID", KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", KEY_SECRET),
        ("SPILLWAY_CLOUD_REGION", REGION),
        ("SPILLWAY_CLOUD_BUCKET", BUCKET),
        ("SPILLWAY_CLOUD_ROLE_ARN", ROLE),
        ("SPILLWAY_CLOUD_QUEUE", "Default"),
        ("SPILLWAY_CLOUD_S3_ENDPOINT", s3.endpoint()),
        ("SPILLWAY_CLOUD_MEDIACONVERT_ENDPOINT", simulator.endpoint()),
    ];
    if arguments.attached {
        let line: serde_json::Map<String, serde_json::Value> =
            variables.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        say(&serde_json::Value::Object(line).to_string())?;
        io::stdin().lock().read_to_end(&mut Vec::new())?;
        return Ok(());
    }
    say("# Paste this where Spillway is to run. These keys open nothing but this program.")?;
    for (name, value) in variables {
        say(&format!("export {name}={value}"))?;
    }
    let endpoint = simulator.endpoint();
    say(&format!(
        "# The bill: curl {endpoint}/simulator/bill (jobs, calls, faults alike). Stop with Ctrl+C."
    ))?;
    loop {
        std::thread::park();
    }
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
