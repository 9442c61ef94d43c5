//! Watched folders with the real binary: what arrives in every odd way is delivered once, whole, and not before
//! it is all there.

mod arrivals;
mod kills;
mod many;
mod mounts;

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::Value;

use crate::kit::{Running, Said, Spillway};

/// Long enough for a busy machine; nobody waits for it unless the test fails.
const PATIENCE: Duration = Duration::from_mins(2);
/// Between two questions: the machine has other work.
const PAUSE: Duration = Duration::from_millis(50);
/// Profile of the tests.
const PROFILE: &str = "unattended";
/// Settle time of most tests, in s.
const SETTLE_S: u32 = 2;

/// A watched folder and whoever looks after it.
struct Watched {
    spillway: Spillway,
    running: Option<Running>,
}

impl Watched {
    /// The inbox, watched for one profile; nobody looks after it yet.
    fn new(options: &[&str]) -> Self {
        let watched = Self { spillway: Spillway::new(), running: None };
        let added = watched.add(&mut watched.spillway.command(), options);
        assert_eq!(added.code, Some(0), "{}{}", added.stdout, added.stderr);
        watched
    }

    fn add(&self, command: &mut Command, options: &[&str]) -> Said {
        self.write_profile();
        command.args(["watch", "add"]).arg(self.inbox()).args(["-p", PROFILE, "-o"]).arg(self.spillway.out());
        if !options.contains(&"--settle") {
            command.args(["--settle", &SETTLE_S.to_string()]);
        }
        Running::start(command.args(options).stdout(Stdio::piped()).stderr(Stdio::piped())).output()
    }

    /// As `web-mp4`, but a name that is taken gets a number: nobody is there to be asked.
    fn write_profile(&self) {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles/web-mp4.toml");
        let text =
            fs::read_to_string(shipped).unwrap().replace("id = \"web-mp4\"", &format!("id = \"{PROFILE}\""));
        let profiles = self.spillway.data().join("profiles");
        fs::create_dir_all(&profiles).unwrap();
        fs::write(profiles.join("unattended.toml"), format!("{text}\n[delivery]\nexists = \"version\"\n"))
            .unwrap();
    }

    fn started(options: &[&str]) -> Self {
        let mut watched = Self::new(options);
        watched.start();
        watched
    }

    fn start(&mut self) {
        self.running = Some(Running::start(self.service(&mut self.spillway.command())));
    }

    /// `run --log text`, whose log nobody has to read for it to go on.
    fn service<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let log = File::options().append(true).create(true).open(self.log_path()).unwrap();
        command.args(["run", "--log", "text"]).stdout(Stdio::null()).stderr(log)
    }

    fn log_path(&self) -> PathBuf {
        self.spillway.data().with_file_name("log")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn inbox(&self) -> PathBuf {
        self.spillway.inbox()
    }

    /// A folder beside the inbox, on the same file system, that nobody watches.
    fn workshop(&self) -> PathBuf {
        let folder = self.spillway.data().with_file_name("workshop");
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// The folder and its files, those that are gone too.
    fn shown(&self) -> Shown {
        let inbox = self.inbox();
        let mut arguments = vec!["watch", "show", inbox.to_str().unwrap(), "--json", "--limit", "500"];
        for state in ["waiting", "held", "at-work", "delivered", "failed", "skipped", "gone"] {
            arguments.extend(["--state", state]);
        }
        let said = self.spillway.run(arguments);
        Shown(serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stderr)))
    }

    /// Waits until what is shown is as wanted.
    #[track_caller]
    fn until(&self, what: &str, mut is_so: impl FnMut(&Shown) -> bool) -> Shown {
        let begin = Instant::now();
        loop {
            let shown = self.shown();
            if is_so(&shown) {
                return shown;
            }
            assert!(begin.elapsed() < PATIENCE, "not {what}: {:#}\n{}", shown.0, self.log());
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits until so many files are delivered, and none of them twice.
    #[track_caller]
    fn until_delivered(&self, count: usize) -> Shown {
        let is_delivered = |file: &Value| file["state"] == "delivered";
        let shown = self.until(&format!("{count} delivered"), |shown| {
            shown.files().iter().filter(|file| is_delivered(file)).count() >= count
        });
        for file in shown.files().iter().filter(|file| is_delivered(file)) {
            assert_eq!(file["jobs"].as_array().unwrap().len(), 1, "{file:#}");
        }
        shown
    }

    /// All jobs of the queue.
    fn jobs(&self) -> Vec<Value> {
        let said = self.spillway.run(["jobs", "--json", "--limit", "1000"]);
        let jobs: Value =
            serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stderr));
        jobs["jobs"].as_array().unwrap().clone()
    }

    /// Movies in the output folder.
    fn movies(&self) -> Vec<String> {
        self.spillway.delivered().into_iter().filter(|name| name.ends_with(".mp4")).collect()
    }

    /// A job that was made for a file, and not before the file had been still for its settle time. Says how
    /// long after the last change it was made, in ms.
    #[track_caller]
    fn assert_not_early(&self, name: &str, changed_ms: i64, settle_s: u32) -> i64 {
        let of_file = |job: &&Value| job["source"].as_str().is_some_and(|source| source.ends_with(name));
        let jobs = self.jobs();
        let jobs: Vec<&Value> = jobs.iter().filter(of_file).collect();
        assert_eq!(jobs.len(), 1, "{name}: {jobs:#?}");
        let waited = jobs[0]["created_ms"].as_i64().unwrap() - changed_ms;
        // File systems count time in ticks of a few milliseconds.
        assert!(waited >= i64::from(settle_s) * 1_000 - 20, "{name}: early, after {waited} ms");
        println!("{name}: {waited} ms after its last change");
        if std::env::var_os("SPILLWAY_EXACT_TIMES").is_some() {
            assert!(waited <= i64::from(settle_s) * 1_000 + 2_000, "{name}: late, after {waited} ms");
        }
        waited
    }
}

/// `watch show --json`.
struct Shown(Value);

impl Shown {
    fn files(&self) -> &[Value] {
        self.0["arrivals"].as_array().map_or(&[], Vec::as_slice)
    }

    fn file(&self, path: &str) -> Option<&Value> {
        self.files().iter().find(|file| file["path"] == path)
    }

    fn is(&self, path: &str, key: &str, value: &str) -> bool {
        self.file(path).is_some_and(|file| file[key] == value || file[key]["reason"] == value)
    }

    fn watch(&self) -> &Value {
        &self.0["watch"]
    }
}

fn now_ms() -> i64 {
    ms(SystemTime::now())
}

fn ms(time: SystemTime) -> i64 {
    i64::try_from(time.duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// When a file was last written, ms UTC.
fn written_ms(path: &Path) -> i64 {
    ms(fs::metadata(path).unwrap().modified().unwrap())
}

/// Writes a part of a file, opened and closed as a copy over a network does.
fn append(path: &Path, bytes: &[u8]) {
    File::options().append(true).create(true).open(path).unwrap().write_all(bytes).unwrap();
}

/// So many parts, as even as they come.
fn slices(bytes: &[u8], count: usize) -> Vec<&[u8]> {
    (0..count).map(|n| &bytes[bytes.len() * n / count..bytes.len() * (n + 1) / count]).collect()
}
