//! A watched bucket with the real binary: objects become deliveries, once, with a queue of events and without,
//! through kills in the middle of a download.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use serde_json::Value;
use spillway_test_support::cloud::{Fault, KEY_ID, KEY_SECRET, REGION, start_moto, start_s3};

use crate::{
    kit::{Running, Spillway, files_below},
    media::clip,
};

/// Long enough for a busy machine; nobody waits for it unless the test fails.
const PATIENCE: Duration = Duration::from_mins(5);
/// Between two questions: the machine has other work.
const PAUSE: Duration = Duration::from_millis(50);
const BUCKET: &str = "masters";
const PLACE: &str = "s3://masters/in/";
/// Bytes of a range of a download.
const RANGE: usize = 8 << 20;

struct Watched {
    spillway: Spillway,
    endpoint: String,
}

impl Watched {
    fn new(endpoint: &str, options: &[&str]) -> Self {
        let watched = Self { spillway: Spillway::new(), endpoint: endpoint.to_owned() };
        let mut command = watched.command();
        command.args(["watch", "add", PLACE, "-p", "web-mp4", "--settle", "1", "-o"]);
        let added = command.arg(watched.spillway.out()).args(options).output().unwrap();
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        watched
    }

    fn command(&self) -> Command {
        let mut command = self.spillway.command();
        command
            .env("SPILLWAY_CLOUD_REGION", REGION)
            .env("SPILLWAY_CLOUD_S3_ENDPOINT", &self.endpoint)
            .env("SPILLWAY_CLOUD_SQS_ENDPOINT", &self.endpoint)
            .env("AWS_ACCESS_KEY_ID", KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", KEY_SECRET)
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        command
    }

    fn log_path(&self) -> PathBuf {
        self.spillway.data().with_file_name("log")
    }

    fn start(&self) -> Running {
        let log = File::options().append(true).create(true).open(self.log_path()).unwrap();
        let mut command = self.command();
        Running::start(command.args(["run", "--log", "text"]).stdout(Stdio::null()).stderr(log))
    }

    fn shown(&self) -> Value {
        let mut command = self.command();
        command.args(["watch", "show", PLACE, "--json"]);
        let said = command.output().unwrap();
        serde_json::from_slice(&said.stdout).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&said.stderr));
        })
    }

    fn scan(&self) {
        assert!(self.command().args(["watch", "scan", PLACE]).output().unwrap().status.success());
    }

    #[track_caller]
    fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let shown = self.shown();
            if is_so(&shown) {
                return shown;
            }
            let log = fs::read_to_string(self.log_path()).unwrap_or_default();
            assert!(begin.elapsed() < PATIENCE, "not {what}: {shown:#}\n{log}");
            std::thread::sleep(PAUSE);
        }
    }

    fn jobs(&self) -> Vec<Value> {
        let said = self.spillway.run(["jobs", "--json", "--limit", "1000"]);
        let jobs: Value = serde_json::from_str(&said.stdout).unwrap();
        jobs["jobs"].as_array().unwrap().clone()
    }

    fn movies(&self) -> usize {
        self.spillway.delivered().iter().filter(|name| name.ends_with(".mp4")).count()
    }

    /// The partner takes what was delivered: the names are free again.
    fn take_delivered(&self) {
        let out = self.spillway.out();
        fs::rename(&out, out.with_file_name("taken")).unwrap();
        fs::create_dir(&out).unwrap();
    }
}

fn file<'a>(shown: &'a Value, path: &str) -> &'a Value {
    let files = shown["arrivals"].as_array().map_or(&[][..], Vec::as_slice);
    files.iter().find(|file| file["path"] == path).unwrap_or(&Value::Null)
}

fn delivered(shown: &Value, path: &str, jobs: usize) -> bool {
    let file = file(shown, path);
    file["state"] == "delivered" && file["jobs"].as_array().is_some_and(|all| all.len() == jobs)
}

/// A clip, and another one.
fn clips(spillway: &Spillway) -> (Vec<u8>, Vec<u8>) {
    let make = |name, seconds| fs::read(clip(&spillway.inbox(), name, seconds)).unwrap();
    (make("one.mp4", 1), make("two.mp4", 2))
}

#[test]
fn what_the_queue_tells_of_is_delivered_once_and_its_message_deleted() {
    let server = start_moto();
    let owner = server.owner();
    owner.make_bucket(BUCKET);
    let url = owner.make_queue("arrivals");
    owner.tell(BUCKET, &url);
    let watched = Watched::new(server.endpoint(), &["--queue", &url]);
    let (one, two) = clips(&watched.spillway);
    let _running = watched.start();
    // No list comes for minutes after the first: what is found then was told.
    watched.until("watching", |shown| {
        shown["watch"]["state"]["state"] == "watching" && shown["watch"]["scanned_ms"].is_i64()
    });
    owner.put(BUCKET, "in/day 1/a+b.mp4", &one);
    owner.send(&url, "{\"order\": 7}");
    watched.until("delivered", |shown| delivered(shown, "day 1/a+b.mp4", 1));
    assert!(watched.spillway.out().join("day 1").is_dir(), "{:?}", watched.spillway.delivered());

    // The same once more, under its own name and another.
    owner.put(BUCKET, "in/day 1/a+b.mp4", &one);
    owner.put(BUCKET, "in/copy.mp4", &one);
    watched.until("recognised", |shown| file(shown, "copy.mp4")["state"] == "skipped");
    // Something else under the old name.
    assert_eq!(watched.movies(), 1);
    watched.take_delivered();
    owner.put(BUCKET, "in/day 1/a+b.mp4", &two);
    watched.until("delivered again", |shown| delivered(shown, "day 1/a+b.mp4", 2));
    assert_eq!(watched.jobs().len(), 2);
    assert_eq!(watched.movies(), 1);

    let begin = Instant::now();
    while owner.messages(&url) != (1, 0) && owner.messages(&url) != (0, 1) {
        assert!(begin.elapsed() < PATIENCE, "only what is not ours stays: {:?}", owner.messages(&url));
        std::thread::sleep(PAUSE);
    }
    let incoming = || files_below(&watched.spillway.data().join("incoming"));
    let begin = Instant::now();
    while !incoming().is_empty() {
        assert!(begin.elapsed() < PATIENCE, "copies stay: {:?}", incoming());
        std::thread::sleep(PAUSE);
    }
}

#[test]
fn a_kill_in_the_middle_of_a_download_costs_a_few_ranges_at_most() {
    let server = start_s3();
    let owner = server.owner();
    owner.make_bucket(BUCKET);
    let watched = Watched::new(server.endpoint(), &[]);
    let (mut content, _) = clips(&watched.spillway);
    // A box that holds nothing, as editors leave them: the file is large, and quick to work on.
    let free = 12 * RANGE;
    content.extend_from_slice(&u32::try_from(free).unwrap().to_be_bytes());
    content.extend_from_slice(b"free");
    content.resize(content.len() + free - 8, 0);
    owner.put(BUCKET, "in/large.mp4", &content);

    // From the seventh on, answers wait until the engine is dead.
    let (asked, news) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    server.script(move |range| {
        let _ = asked.send(range.number);
        if range.number == 6 {
            let _ = released.recv_timeout(PATIENCE);
        }
        Fault::None
    });
    let mut running = watched.start();
    while news.recv_timeout(PATIENCE).unwrap() < 6 {}
    let ledger = || {
        let incoming = watched.spillway.data().join("incoming");
        let ledger = files_below(&incoming).into_iter().find(|name| name.ends_with(".ranges"))?;
        Some(fs::read_to_string(incoming.join(ledger)).unwrap().lines().count() - 1)
    };
    let begin = Instant::now();
    while ledger().is_none_or(|finished| finished == 0) {
        assert!(begin.elapsed() < PATIENCE);
        std::thread::sleep(PAUSE);
    }
    running.kill();
    let finished = ledger().unwrap();
    release.send(()).unwrap();
    server.script(|_| Fault::None);
    server.take_asked();

    let _running = watched.start();
    watched.until("delivered", |shown| delivered(shown, "large.mp4", 1));
    let ranges = content.len().div_ceil(RANGE);
    let content_asked = server.take_asked().iter().filter(|asked| asked.last.is_some()).count();
    assert_eq!(content_asked, ranges - finished, "of {ranges}, {finished} were here");
    assert_eq!(watched.movies(), 1);
}

#[test]
fn without_a_queue_lists_find_everything() {
    let server = start_s3();
    let owner = server.owner();
    owner.make_bucket(BUCKET);
    let watched = Watched::new(server.endpoint(), &[]);
    let (one, two) = clips(&watched.spillway);
    owner.put(BUCKET, "in/a.mp4", &one);
    owner.put(BUCKET, "out/not-ours.mp4", &two);
    let _running = watched.start();
    let shown = watched.until("delivered", |shown| delivered(shown, "a.mp4", 1));
    assert_eq!(shown["watch"]["state"]["why"]["because"], "bucket", "{shown:#}");
    watched.take_delivered();
    owner.put(BUCKET, "in/b.mp4", &one);
    owner.put(BUCKET, "in/a.mp4", &two);
    watched.scan();
    watched.until("all known", |shown| {
        delivered(shown, "a.mp4", 2) && file(shown, "b.mp4")["state"] == "skipped"
    });
    assert_eq!(watched.jobs().len(), 2);
    assert_eq!(watched.movies(), 1);
}
