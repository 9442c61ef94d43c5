//! The cloud engine with the real binary, a real S3-compatible server, and a MediaConvert that truly transcodes: same
//! delivery as on this machine, nothing paid for twice whatever dies, nothing left behind, back to this machine where
//! the cloud does not do.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use spillway_cloud::price::{BilledOutput, PriceBook};
use spillway_mediaconvert_simulator::{Bill, Faults, Line, Options, Rule, Simulator, What, When};
use spillway_test_support::cloud::{KEY_ID, KEY_SECRET, REGION, S3Server, start_s3};

use crate::{
    kit::{Running, Said, Spillway, output},
    media::{make, picture_count, picture_times},
};

/// Long enough for a busy machine; nobody waits for it unless the test fails.
const PATIENCE: Duration = Duration::from_mins(8);
const BUCKET: &str = "offload";
const ROLE: &str = "arn:aws:iam::123456789012:role/SpillwayMediaConvert";

/// Both services, and an installation that knows them.
struct Site {
    spillway: Spillway,
    s3: S3Server,
    convert: Simulator,
}

impl Site {
    fn new() -> Self {
        let s3 = start_s3();
        s3.owner().make_bucket(BUCKET);
        let convert = Simulator::start(Options::new(s3.endpoint()).unthrottled()).unwrap();
        Self { spillway: Spillway::new(), s3, convert }
    }

    fn command(&self) -> Command {
        let mut command = self.spillway.command();
        command
            .env("SPILLWAY_CLOUD_REGION", REGION)
            .env("SPILLWAY_CLOUD_BUCKET", BUCKET)
            .env("SPILLWAY_CLOUD_ROLE_ARN", ROLE)
            .env("SPILLWAY_CLOUD_S3_ENDPOINT", self.s3.endpoint())
            .env("SPILLWAY_CLOUD_MEDIACONVERT_ENDPOINT", self.convert.endpoint())
            .env("SPILLWAY_CLOUD_CALLS_PER_MINUTE", "6000")
            .env("AWS_ACCESS_KEY_ID", KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", KEY_SECRET)
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        command
    }

    fn deliver(&self, source: &Path, profile: &str, engine: &str) -> Said {
        said(self.delivery("deliver", source, profile, engine).arg("--json"))
    }

    fn delivery(&self, verb: &str, source: &Path, profile: &str, engine: &str) -> Command {
        let mut command = self.command();
        command.arg(verb).arg(source).args(["-p", profile, "--engine", engine, "-o"]);
        command.arg(self.spillway.out().join(engine));
        command
    }

    fn job(&self, id: &str) -> Value {
        serde_json::from_str(&said(self.command().args(["job", id, "--json"])).stdout).unwrap()
    }

    /// Everything below Spillway's prefix, and uploads that nobody finished.
    fn in_the_bucket(&self) -> Vec<String> {
        let mut left: Vec<String> = self.s3.owner().keys(BUCKET);
        left.extend(self.s3.open_uploads().into_iter().map(|(_, key, _)| format!("{key} (unfinished)")));
        left
    }
}

fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A film of several chunks with sound, cheap to make and to encode.
fn film(folder: &Path, name: &str, seconds: u32) -> PathBuf {
    let arguments = format!(
        "-f lavfi -i testsrc2=s=192x108:r=25:d={seconds} -f lavfi -i sine=f=440:r=48000:d={seconds} \
         -c:v libx264 -preset ultrafast -g 50 -pix_fmt yuv420p -c:a aac -shortest"
    );
    make(folder, name, &arguments)
}

/// How much two films differ, frame by frame: the least PSNR of any frame in dB.
fn least_psnr(one: &Path, other: &Path) -> f64 {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(one)
        .arg("-i")
        .arg(other)
        .args(["-lavfi", "[0:v][1:v]psnr=stats_file=-", "-f", "null", "-"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let figures =
        text.lines().filter_map(|line| line.split("psnr_avg:").nth(1)?.split(' ').next()?.parse().ok());
    figures.fold(f64::INFINITY, f64::min)
}

/// Rules of a receipt with what came of each.
fn verdicts(job: &Value) -> BTreeMap<String, String> {
    let path = job["receipt"].as_str().unwrap_or_else(|| panic!("{job:#}"));
    let receipt: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut verdicts = BTreeMap::new();
    for output in receipt["outputs"].as_array().unwrap() {
        for line in output["rules"].as_array().unwrap() {
            verdicts.insert(line["rule"].to_string(), line["verdict"].to_string());
        }
    }
    assert!(!verdicts.is_empty(), "{receipt:#}");
    verdicts
}

/// Each chunk was charged once, with as many outputs as there are renditions.
#[track_caller]
fn assert_paid_once(bill: &Bill, chunks: usize, renditions: usize) {
    let jobs = bill.jobs_by_input();
    assert_eq!(jobs.len(), chunks, "{jobs:#?}");
    assert!(jobs.values().all(|count| *count == 1), "{jobs:#?}");
    assert_eq!(bill.lines.len(), chunks * renditions, "{bill:#?}");
}

#[test]
fn both_engines_deliver_the_same() {
    let site = Site::new();
    let source = film(&site.spillway.inbox(), "film.mp4", 250);
    let local = site.deliver(&source, "web-mp4", "local").delivered();
    let cloud = site.deliver(&source, "web-mp4", "cloud").delivered();
    assert_eq!((&local["engine"], &cloud["engine"]), (&"local".into(), &"cloud".into()));
    for key in ["frames", "duration_ms"] {
        assert_eq!(local["outputs"][0][key], cloud["outputs"][0][key], "{key}");
    }
    let (here, there) = (output(&local, 0), output(&cloud, 0));
    assert_eq!(picture_count(&there), 6_250);
    assert_eq!(picture_times(&here), picture_times(&there));
    let psnr = least_psnr(&here, &there);
    assert!(psnr > 25.0, "some frame is another one: {psnr} dB");
    assert_eq!(verdicts(&local), verdicts(&cloud));
    let bill = site.convert.bill();
    assert!(bill.lines.len() >= 2, "the film goes in chunks: {bill:#?}");
    assert_paid_once(&bill, bill.lines.len(), 1);
    // What was charged is what the service says, and what was expected.
    let job = site.job(cloud["id"].as_str().unwrap());
    assert!(cloud["cost_usd"].as_f64().unwrap() > 0.0, "{cloud:#}");
    assert_eq!(job["job"]["engine"], "cloud", "{job:#}");
    assert_eq!(site.in_the_bucket(), Vec::<String>::new());
    assert_eq!(site.spillway.leftovers(), Vec::<String>::new());
}

#[test]
fn a_ladder_goes_in_one_job_a_chunk() {
    let site = Site::new();
    let what = "-f lavfi -i testsrc2=s=1280x720:r=25:d=13 -f lavfi -i sine=f=440:r=48000:d=13 -c:v libx264 \
                -preset ultrafast -g 50 -pix_fmt yuv420p -c:a aac";
    let source = make(&site.spillway.inbox(), "film.mp4", what);
    let job = site.deliver(&source, "apple-hls", "cloud").delivered();
    let bill = site.convert.bill();
    let rungs = bill.lines.len();
    assert!(rungs >= 3, "{bill:#?}");
    assert_paid_once(&bill, 1, rungs);
    assert_eq!(job["engine"], "cloud");
    assert_eq!(site.in_the_bucket(), Vec::<String>::new());
}

#[test]
fn whatever_dies_nothing_is_paid_twice() {
    let site = Site::new();
    let source = film(&site.spillway.inbox(), "film.mp4", 250);
    assert_eq!(said(&mut site.delivery("submit", &source, "web-mp4", "cloud")).code, Some(0));
    // The first answer to CreateJob is lost, too.
    let lost = Rule { when: When::Call("CreateJob".into()), what: What::ReplyLost, times: Some(1) };
    site.convert.set_faults(Faults { rules: vec![lost], ..Faults::default() });
    let until = Instant::now() + PATIENCE;
    for round in 0_u32.. {
        assert!(Instant::now() < until, "{:#?}", site.convert.jobs());
        let mut command = site.command();
        let mut running =
            Running::start(command.args(["run", "--until-idle"]).stdout(Stdio::null()).stderr(Stdio::null()));
        // Sooner and later, so that every step is hit; after many rounds it may go on to the end.
        let life = Duration::from_millis(150 + u64::from(round * 7 % 13) * 330);
        let end = Instant::now() + if round < 14 { life } else { PATIENCE };
        while Instant::now() < end && !running.ended() {
            std::thread::park_timeout(Duration::from_millis(20));
        }
        if running.ended() {
            break;
        }
        running.kill();
    }
    let jobs: Value = serde_json::from_str(&said(site.command().args(["jobs", "--json"])).stdout).unwrap();
    assert_eq!(jobs["jobs"][0]["state"], "delivered", "{jobs:#}");
    let bill = site.convert.bill();
    assert_paid_once(&bill, bill.lines.len(), 1);
    assert!(bill.lines.len() >= 2, "{bill:#?}");
    assert_eq!(site.in_the_bucket(), Vec::<String>::new());
    assert_eq!(site.spillway.leftovers(), Vec::<String>::new());
}

#[test]
fn a_failed_chunk_is_retried_alone() {
    let site = Site::new();
    let source = film(&site.spillway.inbox(), "film.mp4", 250);
    let fault = Rule {
        when: When::Job(2),
        what: What::JobError { code: 1999, message: "Unexpected error".into() },
        times: Some(1),
    };
    site.convert.set_faults(Faults { rules: vec![fault], ..Faults::default() });
    site.deliver(&source, "web-mp4", "cloud").delivered();
    let (jobs, bill) = (site.convert.jobs(), site.convert.bill());
    assert_eq!(jobs.len(), bill.lines.len() + 1, "only the failed one was made again");
    assert_paid_once(&bill, bill.lines.len(), 1);
    assert_eq!(site.in_the_bucket(), Vec::<String>::new());
}

#[test]
fn auto_comes_back_to_this_machine_and_says_why() {
    let site = Site::new();
    let source = film(&site.spillway.inbox(), "film.mp4", 12);
    // Nothing is set up.
    let job = site.spillway.run(arguments(&site, &source, "auto")).delivered();
    assert_eq!(job["engine"], "local");
    let shown = said(site.spillway.command().args(["job", job["id"].as_str().unwrap()])).stdout;
    assert!(shown.contains("local: "), "{shown}");
    // It is set up, and refuses the job in a way that only this machine can mend.
    let refused = Rule {
        when: When::Always,
        what: What::JobError { code: 1030, message: "Codec not supported".into() },
        times: None,
    };
    site.convert.set_faults(Faults { rules: vec![refused], ..Faults::default() });
    // Who insists gets the failure.
    let insisted = site.deliver(&source, "web-mp4", "cloud");
    assert_eq!(insisted.error(), "CLD-04", "{}", insisted.stderr);
    assert!(site.convert.bill().lines.is_empty());
    assert_eq!(site.in_the_bucket(), Vec::<String>::new());
}

fn arguments(site: &Site, source: &Path, engine: &str) -> Vec<std::ffi::OsString> {
    let out = site.spillway.out();
    let words: [&OsStr; 9] = [
        "deliver".as_ref(),
        source.as_os_str(),
        "-p".as_ref(),
        "web-mp4".as_ref(),
        "--engine".as_ref(),
        engine.as_ref(),
        "-o".as_ref(),
        out.as_os_str(),
        "--json".as_ref(),
    ];
    words.map(OsStr::to_owned).to_vec()
}

#[test]
fn a_budget_stops_before_anything_is_spent() {
    let site = Site::new();
    let source = film(&site.spillway.inbox(), "film.mp4", 12);
    let mut command = site.delivery("deliver", &source, "web-mp4", "cloud");
    let stopped = said(command.arg("--json").env("SPILLWAY_MONTH_USD", "0.0001"));
    assert_eq!(stopped.error(), "BUD-01", "{}", stopped.stderr);
    assert!(site.convert.jobs().is_empty());
    let mut command = site.delivery("deliver", &source, "web-mp4", "auto");
    command.args(["--json", "--deadline", "+0s"]).env("SPILLWAY_MONTH_USD", "0.0001");
    assert_eq!(said(&mut command).delivered()["engine"], "local");
    assert_eq!(site.in_the_bucket(), Vec::<String>::new());
}

#[test]
fn a_cancelled_job_leaves_nothing_running_and_nothing_lying() {
    let site = Site::new();
    let source = film(&site.spillway.inbox(), "film.mp4", 64);
    site.convert.set_faults(Faults {
        rules: vec![Rule { when: When::Always, what: What::Hung, times: None }],
        ..Faults::default()
    });
    assert_eq!(said(&mut site.delivery("submit", &source, "web-mp4", "cloud")).code, Some(0));
    let mut command = site.command();
    let mut running =
        Running::start(command.args(["run", "--until-idle"]).stdout(Stdio::null()).stderr(Stdio::null()));
    let until = Instant::now() + PATIENCE;
    while site.convert.jobs().is_empty() {
        assert!(Instant::now() < until && !running.ended());
        std::thread::park_timeout(Duration::from_millis(50));
    }
    let jobs: Value = serde_json::from_str(&said(site.command().args(["jobs", "--json"])).stdout).unwrap();
    let id = jobs["jobs"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(said(site.command().args(["cancel", &id])).code, Some(0));
    while !running.ended() {
        assert!(Instant::now() < until, "the queue never gets idle");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    let status = serde_json::to_string(&site.convert.jobs()[0].status).unwrap();
    assert!(status.to_lowercase().contains("cancel"), "{status}");
    assert_eq!(site.in_the_bucket(), Vec::<String>::new());
}

#[test]
fn prices_are_said_before_and_costs_after() {
    let site = Site::new();
    let source = film(&site.spillway.inbox(), "film.mp4", 64);
    let mut command = site.command();
    command.arg("estimate").arg(&source).args(["-p", "web-mp4", "--json"]);
    let estimated: Value = serde_json::from_str(&said(&mut command).stdout).unwrap();
    let engines = estimated["estimates"][0]["engines"].as_array().unwrap();
    let cloud = engines.iter().find(|offer| offer["engine"] == "cloud").unwrap();
    let low = cloud["cost"]["low_microusd"].as_i64().unwrap();
    assert!(low > 0, "{cloud:#}");
    site.deliver(&source, "web-mp4", "cloud").delivered();
    let costs: Value =
        serde_json::from_str(&said(site.command().args(["costs", "--by", "engine", "--json"])).stdout)
            .unwrap();
    let row = costs["rows"].as_array().unwrap().iter().find(|row| row["key"] == "cloud").unwrap();
    assert_eq!(row["settled_microusd"], row["estimate_microusd"], "{costs:#}");
    assert_eq!(row["reserved_microusd"], 0);
    let csv = said(site.command().args(["costs", "--csv"])).stdout;
    assert!(csv.lines().count() >= 2 && csv.contains("web-mp4"), "{csv}");
    let settings = said(site.command().args(["profile", "mediaconvert", "web-mp4"]));
    assert_eq!(settings.code, Some(0), "{}", settings.stderr);
    let compiled: Value = serde_json::from_str(&settings.stdout).unwrap();
    assert!(compiled.as_object().unwrap().values().all(|one| one["outputGroups"].is_array()), "{compiled:#}");
}

/// What the simulator's own facts come to at the shipped prices, in millionths of a US dollar.
fn priced(bill: &Bill) -> i64 {
    let book = PriceBook::shipped();
    let price = |line: &Line| {
        let made = &line.made;
        let (num, den) = made.frame_rate;
        let output = BilledOutput {
            codec: made.codec.clone().unwrap_or_default(),
            width: made.width,
            height: made.height,
            frame_rate: f64::from(num) / f64::from(den),
            quality: made.quality_tuning_level.clone().unwrap_or_default(),
            container: made.container.clone(),
            rate_control: made.rate_control_mode.clone().unwrap_or_default(),
            professional_job: line.accelerated || line.advanced_input_filter,
        };
        let duration_ms = i64::try_from(made.duration_ms).unwrap();
        book.price(&output, duration_ms, REGION, 0).booked_microusd
    };
    bill.lines.iter().map(price).sum()
}

#[test]
fn every_shipped_profile_costs_what_was_said_before() {
    let site = Site::new();
    // Not to be copied by any of them, and accepted by all.
    let what = "-f lavfi -i testsrc2=s=1280x720:r=25:d=11 -f lavfi -i sine=f=440:r=48000:d=11 -c:v mpeg2video \
                -q:v 2 -g 12 -bf 2 -pix_fmt yuv420p -c:a pcm_s16le";
    let source = make(&site.spillway.inbox(), "film.mov", what);
    let mut in_the_cloud = Vec::new();
    for profile in spillway_profile::shipped() {
        let mut command = site.command();
        command.arg("estimate").arg(&source).args(["-p", profile.id, "--json"]);
        let estimated: Value = serde_json::from_str(&said(&mut command).stdout).unwrap();
        let engines = estimated["estimates"][0]["engines"].as_array().unwrap();
        let cloud = engines.iter().find(|offer| offer["engine"] == "cloud").unwrap();
        if !cloud["against"].is_null() {
            println!("{}: {}", profile.id, cloud["against"]["text"]);
            continue;
        }
        let before = priced(&site.convert.bill());
        let job = site.deliver(&source, profile.id, "cloud").delivered();
        let billed = priced(&site.convert.bill()) - before;
        let shown = site.job(job["id"].as_str().unwrap());
        assert_eq!(shown["job"]["engine"], "cloud", "{shown:#}");
        let charges = said(site.command().args(["costs", "--csv", "--all"])).stdout;
        let mut table = csv::Reader::from_reader(charges.as_bytes());
        let head = table.headers().unwrap().clone();
        let column =
            |name: &str| head.iter().position(|title| title == name).unwrap_or_else(|| panic!("{head:?}"));
        let (id, resource) = (column("job"), column("resource"));
        let (estimate, amount) = (column("estimate_microusd"), column("amount_microusd"));
        let (mut expected, mut settled) = (0, 0);
        for row in table.records().map(Result::unwrap) {
            if row[id] == *job["id"].as_str().unwrap() && &row[resource] == "transcode" {
                expected += row[estimate].parse::<i64>().unwrap();
                settled += row[amount].parse::<i64>().unwrap();
            }
        }
        assert!(billed > 0);
        assert_eq!((expected, settled), (billed, billed), "{}", profile.id);
        in_the_cloud.push(profile.id);
    }
    assert!(in_the_cloud.len() >= 4, "{in_the_cloud:?}");
}
