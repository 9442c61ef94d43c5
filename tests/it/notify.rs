//! Telling others: a real message broker, a mail server and a web server hear of every job, in order, however often
//! Spillway and the broker die in between.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use sha2::{Digest, Sha256};
use spillway_test_support::{Broker, Letter, start_activemq, start_http_sink, start_smtp_sink};

use crate::{
    kit::{Running, Spillway},
    media::make,
};

const KEY: &str = "open sesame";

/// A finished master that takes a moment to deliver.
fn source(spillway: &Spillway, name: &str) -> PathBuf {
    let what = "-f lavfi -i testsrc2=s=160x90:r=25:d=6 -f lavfi -i sine=r=48000:d=6 -c:v libx264 -preset ultrafast -g 25 -c:a aac";
    make(&spillway.inbox(), name, what)
}

#[track_caller]
fn succeed(spillway: &Spillway, arguments: &[&str]) -> String {
    let said = spillway.run(arguments);
    assert_eq!(said.code, Some(0), "{arguments:?}: {}\n{}", said.stdout, said.stderr);
    said.stdout
}

fn unsent(spillway: &Spillway) -> Value {
    serde_json::from_str(&succeed(spillway, &["notify", "log", "--unsent", "--json"])).unwrap()
}

/// Runs the queue to its end, again and again, until nobody waits for a message any more.
fn run_until_told(spillway: &Spillway) {
    for _ in 0..120 {
        succeed(spillway, &["run", "--until-idle"]);
        if unsent(spillway)["total"] == 0 {
            return;
        }
        // Pauses between tries are Spillway's own.
        std::thread::park_timeout(Duration::from_millis(500));
    }
    panic!("still unsent: {:#}", unsent(spillway));
}

/// HMAC-SHA-256 as a receiver in another language would write it.
fn hmac(key: &[u8], text: &[u8]) -> String {
    assert!(key.len() <= 64, "longer keys are hashed first");
    let pad = |byte: u8| -> Vec<u8> { (0..64).map(|n| key.get(n).copied().unwrap_or(0) ^ byte).collect() };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    let outer = Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize();
    outer.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// Of bodies as they arrived: each job heard of from beginning to end, in order, each message under one id.
fn audit(who: &str, bodies: &[Value], jobs: &BTreeSet<String>) {
    let mut ids = BTreeMap::new();
    for body in bodies {
        let id = ids.entry(body["sequence"].as_i64().unwrap()).or_insert_with(|| body["id"].clone());
        assert_eq!(*id, body["id"], "{who}: a message came under two ids");
    }
    let told: BTreeSet<String> =
        bodies.iter().map(|body| body["job"]["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, *jobs, "{who}");
    for job in jobs {
        let of_job: Vec<&Value> = bodies.iter().filter(|body| body["job"]["id"] == job.as_str()).collect();
        assert!(of_job.is_sorted_by_key(|body| body["sequence"].as_i64()), "{who}: {of_job:#?}");
        let mut topics: Vec<&str> = of_job.iter().map(|body| body["topic"].as_str().unwrap()).collect();
        topics.dedup();
        assert_eq!(topics, ["job.submitted", "job.started", "job.delivered"], "{who}");
        let last = of_job[of_job.len() - 1];
        assert!(Path::new(last["job"]["receipt"].as_str().unwrap()).is_file(), "{who}: {last:#}");
    }
}

fn add_channels(spillway: &Spillway, url: &str, broker: &Broker, smtp_port: u16) {
    let topics = ["--topic", "job.submitted", "--topic", "job.started", "--topic", "job.delivered"];
    let with = |arguments: &[&str]| -> Vec<String> {
        ["notify", "add"].iter().chain(arguments).chain(&topics).map(|word| (*word).to_owned()).collect()
    };
    let key = spillway.inbox().join("key");
    fs::write(&key, format!("{KEY}\n")).unwrap();
    let (at, server) = (format!("{}:{}", broker.host(), broker.port), format!("127.0.0.1:{smtp_port}"));
    let key = key.to_str().unwrap();
    let all = [
        with(&["Web", "--webhook", url, "--secret-file", key]),
        with(&["Monitor", "--stomp", &at, "--destination", "/queue/spillway"]),
        with(&[
            "Desk",
            "--email",
            &server,
            "--security",
            "none",
            "--from",
            "spillway@example.com",
            "--to",
            "desk@example.com",
        ]),
    ];
    for arguments in all {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        succeed(spillway, &arguments);
    }
}

#[test]
fn everybody_hears_of_every_job_across_kills_of_spillway_and_of_the_broker() {
    let spillway = Spillway::new();
    let (http, smtp, mut broker) = (start_http_sink(), start_smtp_sink(), start_activemq());
    add_channels(&spillway, &format!("{}/hook", http.url()), &broker, smtp.port);
    let mut jobs = BTreeSet::new();
    for name in ["a.mp4", "b.mp4", "c.mp4", "d.mp4"] {
        let source = source(&spillway, name);
        let out = spillway.out();
        let arguments =
            ["submit", source.to_str().unwrap(), "-p", "web-mp4", "-o", out.to_str().unwrap(), "--json"];
        let said: Value = serde_json::from_str(&succeed(&spillway, &arguments)).unwrap();
        jobs.insert(said["jobs"][0]["id"].as_str().unwrap().to_owned());
    }
    http.answer(503, &[("Retry-After", "1")], "later");
    for round in 0..6_usize {
        let mut command = spillway.command();
        let mut running = Running::start(command.arg("run").stdout(Stdio::null()).stderr(Stdio::null()));
        if round == 2 {
            broker.kill();
        }
        // Some die before anything was sent, some in the middle of it.
        let heard = http.requests().len();
        for _ in 0..round * 40 {
            if http.requests().len() > heard + round || running.ended() {
                break;
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        running.kill();
        if round == 4 {
            broker.start_again();
        }
    }
    run_until_told(&spillway);
    let requests = http.requests();
    for request in requests.iter().skip(1) {
        let signed = format!("{}.{}", request.headers["spillway-timestamp"], request.body);
        assert_eq!(
            request.headers["spillway-signature"],
            format!("v1={}", hmac(KEY.as_bytes(), signed.as_bytes()))
        );
    }
    // The first was answered with "later", and came again.
    let parsed = |body: &str| -> Value { serde_json::from_str(body).unwrap() };
    audit("web server", &requests.iter().map(|one| parsed(&one.body)).collect::<Vec<_>>(), &jobs);
    // Each at least once: a kill between the sending and its note makes another copy, so all there is is looked at.
    let published = broker.take("/queue/spillway");
    audit("broker", &published.iter().map(|one| parsed(&one.body)).collect::<Vec<_>>(), &jobs);
    let mut letters = smtp.wait_for(12);
    let subjects = |letters: &[Letter]| -> BTreeSet<String> {
        letters.iter().filter_map(|letter| letter.header("Subject")).collect()
    };
    while subjects(&letters).len() < 12 {
        letters = smtp.wait_for(letters.len() + 1);
    }
    assert_eq!(subjects(&letters).len(), 12, "{:#?}", subjects(&letters));
    assert_eq!(spillway.leftovers(), Vec::<String>::new());
}

#[test]
fn a_deliver_command_has_told_of_its_job_when_it_ends() {
    let spillway = Spillway::new();
    let http = start_http_sink();
    succeed(&spillway, &["notify", "add", "web", "--webhook", &http.url()]);
    let job = spillway.deliver(&source(&spillway, "a.mp4"), "web-mp4").delivered();
    let bodies: Vec<Value> =
        http.requests().iter().map(|one| serde_json::from_str(&one.body).unwrap()).collect();
    let topics: Vec<&str> = bodies.iter().map(|body| body["topic"].as_str().unwrap()).collect();
    assert_eq!(topics, ["job.submitted", "job.delivered"]);
    assert_eq!(bodies[1]["job"]["outputs"][0]["path"], job["outputs"][0]["path"]);
}

#[test]
fn a_dead_host_does_not_keep_a_deliver_command_waiting() {
    let spillway = Spillway::new();
    // Taken by nobody from here on.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    succeed(&spillway, &["notify", "add", "dead", "--webhook", &format!("http://127.0.0.1:{port}/")]);
    spillway.deliver(&source(&spillway, "a.mp4"), "web-mp4").delivered();
    let unsent = unsent(&spillway);
    assert_eq!(unsent["total"], 2, "{unsent:#}");
    assert_eq!(unsent["rows"][1]["tries"][0]["taken"], false, "{unsent:#}");
}

#[test]
fn a_command_gets_the_json_and_what_it_asks_for() {
    let spillway = Spillway::new();
    let (hook, heard) = (spillway.inbox().join("hook.sh"), spillway.inbox().join("heard"));
    fs::write(&hook, "#!/bin/sh\nout=$1; shift; { printf '%s\\n' \"$*\"; cat; echo; } >> \"$out\"\n")
        .unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let (hook, file) = (hook.to_str().unwrap(), heard.to_str().unwrap());
    let arguments = ["--argument", file, "--argument", "{topic}", "--argument", "{state} {profile}"];
    let add = ["notify", "add", "hook", "--command", hook, "--topic", "job.delivered"];
    succeed(&spillway, &[&add[..], &arguments[..]].concat());
    spillway.deliver(&source(&spillway, "a.mp4"), "web-mp4").delivered();
    let heard = fs::read_to_string(heard).unwrap();
    let lines: Vec<&str> = heard.lines().collect();
    assert_eq!(lines[0], "job.delivered delivered web-mp4", "{heard}");
    assert_eq!(serde_json::from_str::<Value>(lines[1]).unwrap()["topic"], "job.delivered");
}

#[test]
fn channels_are_kept_from_the_command_line_and_secrets_never_shown() {
    let spillway = Spillway::new();
    let http = start_http_sink();
    let mut command = spillway.command();
    command.env("HOOK_KEY", KEY).args([
        "notify",
        "add",
        "Web",
        "--webhook",
        &http.url(),
        "--secret-env",
        "HOOK_KEY",
    ]);
    assert!(command.output().unwrap().status.success());
    assert!(succeed(&spillway, &["notify", "test", "web"]).contains("taken"));
    assert!(http.requests()[0].headers["spillway-signature"].starts_with("v1="));
    succeed(&spillway, &["notify", "edit", "WEB", "--name", "Hook", "--topic", "job.failed", "--no-secret"]);
    succeed(&spillway, &["notify", "pause", "hook"]);
    for verb in [
        &["notify", "list"][..],
        &["notify", "show", "hook"],
        &["notify", "show", "hook", "--json"],
        &["notify", "log"],
    ] {
        let said = succeed(&spillway, verb);
        assert!(!said.contains(KEY) && !said.is_empty(), "{verb:?}: {said}");
    }
    assert!(succeed(&spillway, &["notify", "list"]).contains("paused"));
    http.answer(500, &[], "no");
    assert_eq!(spillway.run(["notify", "test", "hook"]).code, Some(1));
    for wrong in [
        &["notify", "show", "nobody"][..],
        &["notify", "add", "hook", "--webhook", "http://a"],
        &["notify", "add", "x", "--webhook", "ftp://a"],
        &["notify", "add", "x"],
        &["notify", "again", "999"],
    ] {
        assert_eq!(spillway.run(wrong).code, Some(2), "{wrong:?}");
    }
    succeed(&spillway, &["notify", "remove", "hook"]);
    let left: Value = serde_json::from_str(&succeed(&spillway, &["notify", "list", "--json"])).unwrap();
    assert_eq!(left["channels"].as_array().unwrap().len(), 0);
    let mode = fs::metadata(spillway.data().join("spillway.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}
