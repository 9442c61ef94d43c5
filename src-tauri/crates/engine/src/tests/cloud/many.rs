//! Many chunks and many jobs: calls stay few.

use std::{
    path::Path,
    process::Command,
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use spillway_cloud::CloudSettings;
use spillway_mediaconvert_simulator::{Media, Options, Simulator};
use spillway_test_support::cloud::{KEY_ID, KEY_SECRET, REGION, start_s3};

use super::basic::{engine, set_up, stage};
use crate::{
    Engine, Until,
    clock::{Clock, SystemChance, SystemClock},
    model::{Feed, JobState},
    route::EngineWish,
    tests::stage::{Stage, detail, profile, run},
};

#[test]
fn a_long_job_of_many_chunks_is_followed_with_few_calls() {
    let (mut stage, sky, _) = stage();
    stage.hands.segments = 120;
    let engine = engine(&stage, &sky);
    let id = stage.submit_for(&engine, &[stage.source("a.mov")], profile(), EngineWish::Cloud)[0];
    run(&engine);
    assert_eq!(detail(&engine, id).job.state, JobState::Delivered);
    assert_eq!(sky.bill().len(), 120);
    assert_eq!(sky.count("create"), 120);
    assert_eq!(sky.count("get"), 0, "no job is asked after on its own");
    assert_eq!(sky.left(), Vec::<String>::new());
}

#[test]
fn a_burst_of_jobs_goes_through() {
    let (stage, sky, engine) = stage();
    let sources: Vec<_> = (0..40).map(|n| stage.source(&format!("{n:02}.mov"))).collect();
    let ids = stage.submit_for(&engine, &sources, profile(), EngineWish::Cloud);
    run(&engine);
    for id in ids {
        let job = detail(&engine, id).job;
        assert_eq!(job.state, JobState::Delivered, "{:#?}", job.error);
    }
    assert_eq!(sky.bill().len(), 120);
    assert_eq!(sky.left(), Vec::<String>::new());
}

/// How many times as fast as the world the services, the engine's clock and the rate of calls are: all of them alike,
/// so that every figure is what it would be in the world.
const SPEED: u32 = 20;
const CHUNKS: u64 = 20;
const BUCKET: &str = "films";
/// Calls of an account: 100 at once and 2 a second, by the service's default quotas. Spillway takes 90 and 1.6.
const PUBLISHED_IN_A_MINUTE: usize = 220;
const TAKEN_IN_A_MINUTE: usize = 90 + 96 + 1;

const STAGE: &str = "SPILLWAY_TEST_STAGE";
const CONVERT: &str = "SPILLWAY_TEST_CONVERT";
const STORE: &str = "SPILLWAY_TEST_STORE";
const AT_ONCE: &str = "SPILLWAY_TEST_AT_ONCE";

/// The time of day, sped up.
struct Fast {
    since: Instant,
    start_ms: i64,
}

impl Clock for Fast {
    fn now_ms(&self) -> i64 {
        let passed = i64::try_from(self.since.elapsed().as_micros()).unwrap();
        self.start_ms + passed * i64::from(SPEED) / 1_000
    }

    fn patience(&self, due_ms: Option<i64>, _idle: bool, poll: Duration) -> Duration {
        let left = due_ms.map(|due| u64::try_from(due - self.now_ms()).unwrap_or(0) / u64::from(SPEED));
        poll.min(left.map_or(poll, |ms| Duration::from_millis(ms.max(1))))
    }
}

/// Resident memory of this process.
fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').nth(1).unwrap().parse().unwrap();
    pages * rustix::param::page_size() as u64
}

/// The engine of the process that is measured: what it holds after the first chunks, and at most later on.
fn act_as_engine() -> bool {
    let Some(root) = std::env::var_os(STAGE) else { return false };
    let mut stage = Stage::at(Path::new(&root));
    stage.hands.segments = CHUNKS;
    let mut config = stage.config();
    set_up(&mut config);
    config.poll = Duration::from_millis(50);
    config.cloud = CloudSettings {
        region: Some(REGION.into()),
        bucket: Some(BUCKET.into()),
        s3_endpoint: std::env::var(STORE).ok(),
        mediaconvert_endpoint: std::env::var(CONVERT).ok(),
        max_jobs: std::env::var(AT_ONCE).ok().map(|jobs| jobs.parse().unwrap()),
        transfers: Some(8),
        calls_per_minute: Some(96 * SPEED),
        ..config.cloud
    };
    let clock = Fast { since: Instant::now(), start_ms: SystemClock.now_ms() };
    let engine =
        Engine::with(config, Box::new(stage.hands.clone()), Box::new(clock), Box::new(SystemChance)).unwrap();
    let (mut early, mut most, mut events) = (0, 0, 0_u64);
    let look = &mut |feed: &Feed| {
        if matches!(feed, Feed::Event(_)) {
            events += 1;
            if events.is_multiple_of(64) {
                most = most.max(resident_bytes());
                early = if events <= 1_024 { most } else { early };
            }
        }
    };
    engine.run(Until::Idle, &AtomicBool::new(false), look).unwrap();
    std::fs::write(stage.path("memory"), format!("{early} {} {events}", most.max(resident_bytes()))).unwrap();
    true
}

/// Most jobs that the service had at work at a time, each for `seconds` before it was through.
fn most_at_once(simulator: &Simulator, seconds: f64) -> usize {
    let ends: Vec<f64> = simulator.jobs().iter().filter_map(|job| job.finished).collect();
    ends.iter()
        .map(|end| ends.iter().filter(|other| (**other - end).abs() < seconds / 2.0).count())
        .max()
        .unwrap_or(0)
}

/// So many chunks through the real client, a real S3-compatible server, and a MediaConvert with the published rates.
fn go_through(test: &str, chunks: u64, at_once: u32, seconds: f64) {
    if act_as_engine() {
        return;
    }
    let s3 = start_s3();
    s3.owner().make_bucket(BUCKET);
    let convert = Simulator::start(Options {
        speed: f64::from(SPEED),
        concurrent_jobs: at_once,
        workers: 4,
        media: Media::None { seconds, duration_ms: 400, file: Some(b"0+10\n".to_vec()) },
        ..Options::new(s3.endpoint())
    })
    .unwrap();
    let stage = Stage::new();
    let engine = stage.engine_with(set_up);
    let sources: Vec<_> = (0..chunks / CHUNKS).map(|n| stage.source(&format!("{n:04}.mov"))).collect();
    let ids = stage.submit_for(&engine, &sources, profile(), EngineWish::Cloud);
    let begun = Instant::now();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--test-threads=1", "--include-ignored"]);
    command
        .env(STAGE, stage.path(""))
        .env(STORE, s3.endpoint())
        .env(CONVERT, convert.endpoint())
        .env(AT_ONCE, at_once.to_string())
        .env("AWS_ACCESS_KEY_ID", KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", KEY_SECRET)
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let took = begun.elapsed();
    for id in ids {
        let job = detail(&engine, id).job;
        assert_eq!(job.state, JobState::Delivered, "{:#?}", job.error);
    }
    let calls = convert.calls();
    let memory = std::fs::read_to_string(stage.path("memory")).unwrap();
    let memory: Vec<u64> = memory.split(' ').map(|number| number.parse().unwrap()).collect();
    let grown = memory[1].saturating_sub(memory[0]);
    println!(
        "{chunks} chunks, {} at once at most: {took:?}, {} events, {calls:#?}, {} MiB after 1024 events, {} MiB at most",
        most_at_once(&convert, seconds),
        memory[2],
        memory[0] >> 20,
        memory[1] >> 20,
    );
    assert_eq!(calls.throttled, 0, "{calls:#?}");
    assert!(calls.most_in_a_minute <= TAKEN_IN_A_MINUTE.min(PUBLISHED_IN_A_MINUTE), "{calls:#?}");
    let bill = convert.bill().jobs_by_input();
    assert_eq!(bill.len() as u64, chunks);
    assert!(bill.values().all(|count| *count == 1), "{bill:#?}");
    assert_eq!(calls.operations["CreateJob"].calls, chunks, "{calls:#?}");
    assert!(!calls.operations.contains_key("GetJob"), "no job is asked after on its own: {calls:#?}");
    assert!(grown < 64 << 20, "{grown} bytes more than after the first");
    assert_eq!(s3.owner().keys(BUCKET), Vec::<String>::new());
    assert!(s3.open_uploads().is_empty());
}

#[test]
fn hundreds_of_jobs_stay_under_the_published_rates() {
    go_through("tests::cloud::many::hundreds_of_jobs_stay_under_the_published_rates", 240, 120, 60.0);
}

/// The whole of it: a thousand at work, five thousand waiting.
#[test]
#[ignore = "takes many minutes"]
fn thousands_of_jobs_stay_under_the_published_rates() {
    let chunks = std::env::var("SPILLWAY_CLOUD_JOBS").map_or(6_000, |jobs| jobs.parse().unwrap());
    let at_once = u32::try_from(chunks.min(1_000)).unwrap();
    go_through(
        "tests::cloud::many::thousands_of_jobs_stay_under_the_published_rates",
        chunks,
        at_once,
        900.0,
    );
}
