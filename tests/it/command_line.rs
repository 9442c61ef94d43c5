//! The contract of the command line: verbs, exit statuses, JSON.

use serde_json::Value;

use crate::{
    kit::Spillway,
    media::{clip, make},
};

#[test]
fn wrong_usage_is_two_and_suggests() {
    let spillway = Spillway::new();
    let source = clip(&spillway.inbox(), "clip.mp4", 1);
    assert_eq!(spillway.run(["no-such-verb"]).code, Some(2));
    let said = spillway.run(["deliver".as_ref(), source.as_os_str(), "-p".as_ref(), "youtub".as_ref()]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("youtube"), "{}", said.stderr);
    assert_eq!(spillway.run(["job", "does-not-exist"]).code, Some(2));
}

#[test]
fn a_wrong_profile_is_told_by_line_and_column() {
    let spillway = Spillway::new();
    let path = spillway.inbox().join("mine.toml");
    let good = spillway.run(["profile", "show", "web-mp4", "--toml"]);
    let text = if good.code == Some(0) { good.stdout } else { String::new() };
    std::fs::write(&path, format!("{text}\n[delivry]\nexists = \"fail\"\n")).unwrap();
    let said = spillway.run(["profile".as_ref(), "check".as_ref(), path.as_os_str()]);
    assert_eq!(said.code, Some(2), "{}{}", said.stdout, said.stderr);
    let all = said.stdout + &said.stderr;
    assert!(all.contains("mine.toml:"), "{all}");
    if !text.is_empty() {
        assert!(all.contains("delivery"), "{all}");
    }
}

#[test]
fn the_last_line_of_a_job_has_the_promised_keys() {
    let spillway = Spillway::new();
    let source = clip(&spillway.inbox(), "clip.mp4", 2);
    let job = spillway.deliver(&source, "web-mp4").delivered();
    let keys = [
        "type", "id", "source", "profile", "engine", "state", "outputs", "receipt", "cost_usd", "wall_ms",
        "error",
    ];
    for key in keys {
        assert!(job.get(key).is_some(), "{key} in {job:#}");
    }
    assert_eq!(job["engine"], "local");
    assert_eq!(job["cost_usd"].as_f64(), Some(0.0));
    for key in ["path", "bytes", "frames", "duration_ms"] {
        assert!(job["outputs"][0].get(key).is_some(), "{key} in {job:#}");
    }
    assert_eq!(job["outputs"][0]["duration_ms"].as_i64(), Some(2000));
}

#[test]
fn verify_finds_what_a_partner_would() {
    let spillway = Spillway::new();
    let source = make(&spillway.inbox(), "other.mp4", "-f lavfi -i testsrc2=s=320x180:d=2 -c:v mpeg4");
    let said = spillway.run([
        "verify".as_ref(),
        source.as_os_str(),
        "-p".as_ref(),
        "youtube".as_ref(),
        "--json".as_ref(),
    ]);
    assert_eq!(said.code, Some(1), "{}{}", said.stdout, said.stderr);
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    assert!(value.to_string().contains("h264"), "{value:#}");
}

#[test]
fn probe_and_doctor_and_profiles_answer() {
    let spillway = Spillway::new();
    let source = clip(&spillway.inbox(), "clip.mp4", 1);
    let probed = spillway.run(["probe".as_ref(), source.as_os_str(), "--json".as_ref()]);
    let value: Value = serde_json::from_str(&probed.stdout).unwrap();
    assert!(value.to_string().contains("\"h264\""), "{value:#}");
    let doctor = spillway.run(["doctor", "--json"]);
    assert_eq!(doctor.code, Some(0), "{}{}", doctor.stdout, doctor.stderr);
    let value: Value = serde_json::from_str(&doctor.stdout).unwrap();
    let names: Vec<&str> =
        value["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
    // Each part of the account is looked at only once there is one.
    let known = spillway_engine::doctor::DOCTOR_CHECKS.iter().filter(|name| !name.starts_with("cloud-"));
    assert_eq!(names, known.copied().collect::<Vec<_>>());
    let profiles = spillway.run(["profiles", "--json"]);
    for id in ["web-mp4", "youtube", "apple-hls", "prores-mezzanine", "hevc-archive", "proxy-edit"] {
        assert!(profiles.stdout.contains(id), "{}", profiles.stdout);
    }
}

#[test]
fn a_broken_pipe_is_no_panic() {
    use std::process::{Command, Stdio};
    let spillway = Spillway::new();
    let script = "\"$0\" profiles | head -c 1 >/dev/null; \"$0\" doctor --json | true";
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_spillway")])
        .env("SPILLWAY_DATA_DIR", spillway.data())
        .stdout(Stdio::null())
        .output()
        .unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}
