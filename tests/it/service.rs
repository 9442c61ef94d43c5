//! `run --log`: the engine as a service that nobody looks at.

use std::{
    os::unix::net::UnixDatagram,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    kit::{Running, Spillway},
    media,
};

/// Long enough for a busy machine; what is waited for comes within a second or two.
const PATIENCE: Duration = Duration::from_mins(2);
/// A service that was asked to end has to be gone by then.
const GOODBYE: Duration = Duration::from_secs(10);

fn service(spillway: &Spillway, socket: &Path, form: &str) -> Running {
    let mut command = spillway.command();
    command.args(["run", "--log", form]).env("NOTIFY_SOCKET", socket);
    Running::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))
}

fn told(socket: &UnixDatagram) -> String {
    let mut bytes = [0; 256];
    let length = socket.recv(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
}

#[test]
fn whoever_started_it_hears_that_it_is_ready_and_that_it_leaves() {
    let spillway = Spillway::new();
    let path = spillway.inbox().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let running = service(&spillway, &path, "json");
    assert_eq!(told(&socket), "READY=1");

    let source = media::clip(&spillway.inbox(), "master.mov", 2);
    let out = spillway.out();
    let submitted = spillway.run([
        "submit".as_ref(),
        source.as_os_str(),
        "-p".as_ref(),
        "web-mp4".as_ref(),
        "-o".as_ref(),
        out.as_os_str(),
    ]);
    assert_eq!(submitted.code, Some(0), "{}", submitted.stderr);
    let begin = Instant::now();
    while !spillway.delivered().iter().any(|name| name.ends_with(".json")) {
        assert!(begin.elapsed() < PATIENCE, "not delivered");
        std::thread::yield_now();
    }

    running.signal(Signal::TERM);
    let asked = Instant::now();
    assert_eq!(told(&socket), "STOPPING=1");
    let said = running.output();
    assert!(asked.elapsed() < GOODBYE, "{:?}", asked.elapsed());
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stdout.is_empty(), "{}", said.stdout);
    let lines: Vec<Value> = said.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let delivered: Vec<&Value> = lines.iter().filter(|line| line["message"] == "job delivered").collect();
    assert_eq!(delivered.len(), 1, "{}", said.stderr);
    assert_eq!(delivered[0]["profile"], "web-mp4");
    assert!(delivered[0]["wall_ms"].as_i64().unwrap() > 0);
    assert!(lines.iter().all(|line| line["timestamp"].is_string() && line["level"].is_string()));
}

#[test]
fn a_service_that_is_asked_to_end_in_the_middle_gives_the_segments_back() {
    let spillway = Spillway::new();
    let source = media::clip(&spillway.inbox(), "master.mov", 60);
    let out = spillway.out();
    spillway.run([
        "submit".as_ref(),
        source.as_os_str(),
        "-p".as_ref(),
        "web-mp4".as_ref(),
        "-o".as_ref(),
        out.as_os_str(),
    ]);
    let path = spillway.inbox().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let running = service(&spillway, &path, "text");
    assert_eq!(told(&socket), "READY=1");
    let begin = Instant::now();
    while !spillway.run(["jobs"]).stdout.contains("running") {
        assert!(begin.elapsed() < PATIENCE, "never started");
    }
    running.signal(Signal::TERM);
    let asked = Instant::now();
    let said = running.output();
    assert!(asked.elapsed() < GOODBYE, "{:?}", asked.elapsed());
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(!said.stderr.contains('\u{1b}'), "a log file has no colours: {}", said.stderr);
    // The next one goes on, and what was counted against the steps is nothing.
    let rest = spillway.run(["run", "--until-idle", "--json"]);
    assert_eq!(rest.code, Some(0), "{}", rest.stderr);
    let jobs = spillway.run(["jobs", "--json"]);
    let jobs: Value = serde_json::from_str(&jobs.stdout).unwrap();
    assert_eq!(jobs["jobs"][0]["state"], "delivered");
}

#[test]
fn the_unit_for_systemd_is_sound() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("service/spillway@.service");
    let text = std::fs::read_to_string(unit).unwrap();
    let folder = tempfile::tempdir().unwrap();
    // Its checker wants the program to be there.
    let copy = folder.path().join("spillway@.service");
    std::fs::write(&copy, text.replace("/usr/bin/spillway", env!("CARGO_BIN_EXE_spillway"))).unwrap();
    let arguments = text.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/spillway ")).unwrap();
    let help = Command::new(env!("CARGO_BIN_EXE_spillway"))
        .args(arguments.split(' '))
        .arg("--help")
        .output()
        .unwrap();
    assert!(help.status.success(), "the command line takes what the unit says");
    let checked = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&copy).output();
    let checked = match checked {
        Ok(checked) => checked,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => panic!("{error}"),
    };
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success() && !said.contains("spillway@"), "{said}");
}
