//! Crash safety: the engine dies at every named point and at random instants; the next start finishes
//! the job with the same pictures, encodes no finished segment again, delivers exactly once and
//! leaves nothing behind.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    kit::{Running, Spillway},
    media::{make, picture_hashes},
};

/// Times that random instants are drawn; more with the environment variable.
fn random_kills() -> u32 {
    std::env::var("SPILLWAY_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(50)
}

fn source(folder: &Path) -> std::path::PathBuf {
    make(
        folder,
        "crash.mp4",
        "-f lavfi -i testsrc2=s=160x90:r=25:d=24 -f lavfi -i sine=r=48000:d=24 -c:v libx264 -preset ultrafast -g 25 -c:a aac",
    )
}

/// What the interrupted life of a job must come to.
struct Expected {
    pictures: Vec<String>,
}

fn undisturbed(source: &Path) -> Expected {
    let spillway = Spillway::new();
    let job = spillway.deliver(source, "web-mp4").delivered();
    Expected { pictures: picture_hashes(&crate::kit::output(&job, 0)) }
}

/// Runs the queue to its end and checks everything that must hold.
fn finish_and_audit(spillway: &Spillway, expected: &Expected, what: &str) {
    let said = spillway.run(["run", "--until-idle"]);
    assert!(matches!(said.code, Some(0)), "{what}: {:?}\n{}", said.code, said.stderr);
    let jobs = spillway.run(["jobs", "--json"]);
    let jobs: Value = serde_json::from_str(&jobs.stdout).unwrap();
    let jobs = jobs.get("jobs").unwrap_or(&jobs).as_array().unwrap().clone();
    if jobs.is_empty() {
        // Died before the submission was acknowledged: nothing was promised.
        assert_eq!(spillway.delivered(), Vec::<String>::new(), "{what}");
        return;
    }
    assert_eq!(jobs.len(), 1, "{what}");
    assert_eq!(jobs[0]["state"], "delivered", "{what}: {:#}", jobs[0]);
    let id = jobs[0]["id"].as_str().unwrap();
    let detail: Value = serde_json::from_str(&spillway.run(["job", id, "--json"]).stdout).unwrap();
    audit_attempts(&detail, what);
    let delivered = spillway.delivered();
    let movies: Vec<_> = delivered.iter().filter(|f| f.ends_with(".mp4")).collect();
    assert_eq!(movies.len(), 1, "{what}: {delivered:?}");
    assert_eq!(delivered.len(), 3, "{what}: one movie and two receipts: {delivered:?}");
    assert!(picture_hashes(&spillway.out().join(movies[0])) == expected.pictures, "{what}: pictures differ");
    assert_eq!(spillway.leftovers(), Vec::<String>::new(), "{what}");
}

/// Every step finished exactly once, whatever was interrupted.
fn audit_attempts(detail: &Value, what: &str) {
    let steps = detail["steps"].as_array().unwrap();
    assert!(steps.len() > 6, "{what}: {detail:#}");
    for step in steps {
        let mut outcomes: BTreeMap<&str, u32> = BTreeMap::new();
        for attempt in step["attempts"].as_array().unwrap() {
            *outcomes.entry(attempt["outcome"].as_str().unwrap_or("none")).or_default() += 1;
        }
        assert_eq!(outcomes.get("done"), Some(&1), "{what}: {} {outcomes:?}", step["label"]);
        assert_eq!(outcomes.get("failed"), None, "{what}: {} {outcomes:?}", step["label"]);
    }
}

#[test]
fn every_named_point_is_survived() {
    let home = Spillway::new();
    let source = source(&home.inbox());
    let expected = undisturbed(&source);
    let points = spillway_engine::fault::FAULT_POINTS;
    for point in points.iter().filter(|p| !p.starts_with("recover.")) {
        for pass in [1, 4] {
            let spillway = Spillway::new();
            let mut command = spillway.command();
            command.env("SPILLWAY_FAULT", format!("{point}:{pass}"));
            command.arg("deliver").arg(&source).args(["-p", "web-mp4", "-o"]).arg(spillway.out());
            let output = command.output().unwrap();
            let died = output.status.code().is_none();
            assert!(
                died || pass > 1,
                "{point} was never passed: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            if died || pass == 1 {
                finish_and_audit(&spillway, &expected, &format!("{point}:{pass}"));
            }
        }
    }
}

#[test]
fn a_crash_while_recovering_is_survived_too() {
    let home = Spillway::new();
    let source = source(&home.inbox());
    let expected = undisturbed(&source);
    let points = spillway_engine::fault::FAULT_POINTS;
    for first in ["segment.worked", "segment.finished", "stitch.worked", "deliver.intent", "deliver.renamed"]
    {
        for second in points.iter().filter(|p| p.starts_with("recover.")) {
            let spillway = Spillway::new();
            let mut command = spillway.command();
            command.env("SPILLWAY_FAULT", first);
            command.arg("deliver").arg(&source).args(["-p", "web-mp4", "-o"]).arg(spillway.out());
            assert_eq!(command.output().unwrap().status.code(), None, "{first}");
            let mut again = spillway.command();
            again.env("SPILLWAY_FAULT", second).args(["run", "--until-idle"]);
            assert_eq!(again.output().unwrap().status.code(), None, "{first} then {second}");
            finish_and_audit(&spillway, &expected, &format!("{first} then {second}"));
        }
    }
}

#[test]
fn a_kill_at_any_instant_is_survived() {
    let home = Spillway::new();
    let source = source(&home.inbox());
    let start = Instant::now();
    let expected = undisturbed(&source);
    let whole = start.elapsed();
    for n in 0..random_kills() {
        let spillway = Spillway::new();
        let mut child = spillway.start(&source, "web-mp4");
        // Instants spread evenly over the life of a job: the golden ratio leaves no gap.
        let share = f64::from(n) * 0.618_033_988_75 % 1.0;
        wait_until(&mut child, whole.mul_f64(share));
        child.kill();
        finish_and_audit(&spillway, &expected, &format!("kill {n} at {share:.3}"));
    }
}

/// Lets the child live for a while, or until it ends by itself.
fn wait_until(child: &mut Running, span: Duration) {
    let start = Instant::now();
    while start.elapsed() < span && !child.ended() {
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

#[test]
fn a_killed_worker_is_one_failed_attempt() {
    let spillway = Spillway::new();
    let source = source(&spillway.inbox());
    let mut child = spillway.start(&source, "web-mp4");
    let mut killed = 0;
    while killed < 2 && !child.ended() {
        if let Some(worker) = workers_of(child.id()).first() {
            let pid = rustix::process::Pid::from_raw(*worker).unwrap();
            killed += u32::from(rustix::process::kill_process(pid, rustix::process::Signal::KILL).is_ok());
        }
        std::thread::park_timeout(Duration::from_millis(40));
    }
    let said = child.output();
    assert_eq!(said.code, Some(0), "{}\n{}", said.stdout, said.stderr);
    assert!(killed == 0 || said.stdout.contains("ENC-01"), "{}", said.stdout);
    assert_eq!(spillway.leftovers(), Vec::<String>::new());
}

/// Children of a process, by the kernel's list.
fn workers_of(pid: u32) -> Vec<i32> {
    let mut found = Vec::new();
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return found };
    for task in tasks.flatten() {
        let list = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        found.extend(list.split_whitespace().filter_map(|n| n.parse::<i32>().ok()));
    }
    found
}
