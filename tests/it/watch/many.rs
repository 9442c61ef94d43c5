//! Many files at once.

use std::{
    fs::{self, File},
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::Value;

use super::Watched;

/// Files that the folder counts, whatever their state.
fn counted(watch: &Value) -> u64 {
    let counts = watch["counts"].as_object().unwrap();
    counts.values().filter_map(Value::as_u64).sum()
}

#[test]
fn ten_thousand_files_at_once_are_all_found_though_the_system_lost_count() {
    const FILES: usize = 10_000;
    let mut watched = Watched::new(&[]);
    // There before anybody watches, so that each change in them is told.
    for folder in 0..10 {
        fs::create_dir(watched.inbox().join(format!("{folder}"))).unwrap();
    }
    watched.start();
    watched.until("watching", |shown| shown.watch()["state"]["state"] == "watching");
    let running = watched.running.as_ref().unwrap();
    // Whoever sleeps hears nothing: the system's queue holds 16384 events.
    running.signal(Signal::STOP);
    for n in 0..FILES {
        fs::write(watched.inbox().join(format!("{}/{n}.mov", n % 10)), format!("no film, number {n}"))
            .unwrap();
    }
    for n in 0..FILES {
        // Events for a queue that is full already, of files that are there already.
        let _touched = File::options().append(true).open(watched.inbox().join(format!("{}/{n}.mov", n % 10)));
    }
    running.signal(Signal::CONT);
    let begin = Instant::now();
    watched.until("one shown", |shown| !shown.files().is_empty());
    println!("first row after {:?}", begin.elapsed());
    let shown = watched.until("all shown", |shown| counted(shown.watch()) >= FILES as u64);
    println!("all {FILES} rows after {:?}", begin.elapsed());
    assert_eq!(counted(shown.watch()), FILES as u64, "none twice");
    assert!(watched.log().contains("the system lost count of changes"), "the queue did overflow");
    assert!(watched.jobs().is_empty());
    running.signal(Signal::TERM);
    let asked = Instant::now();
    let said = watched.running.unwrap().output();
    println!("gone after {:?}", asked.elapsed());
    assert_eq!(said.code, Some(0));
}

/// With `SPILLWAY_FILES=100000`: what a large tree costs. The files are empty, so that nothing but looking at
/// them costs anything.
#[test]
fn a_large_tree_costs_little() {
    let Some(files) = std::env::var("SPILLWAY_FILES").ok().and_then(|n| n.parse::<u64>().ok()) else {
        return;
    };
    let watched = Watched::new(&[]);
    for n in 0..files {
        let folder = watched.inbox().join(format!("{}", n / 1_000));
        fs::create_dir_all(&folder).unwrap();
        File::create(folder.join(format!("{n}.mov"))).unwrap();
    }
    let mut watched = watched;
    let begin = Instant::now();
    watched.start();
    watched.until("one shown", |shown| !shown.files().is_empty());
    println!("first row after {:?}", begin.elapsed());
    watched.until("all shown", |shown| counted(shown.watch()) >= files);
    println!("all {files} rows after {:?}", begin.elapsed());
    let shown = watched.until("all settled", |shown| shown.watch()["counts"]["held"] == files);
    println!("all looked into after {:?}", begin.elapsed());
    println!("the last scan took {} ms", shown.watch()["scan_took_ms"]);
    let id = watched.running.as_ref().unwrap().id();
    let before = cpu_ticks(id);
    // Measured over a while in which nothing happens but looks that are due.
    std::thread::sleep(Duration::from_secs(30));
    println!("idle: {} ticks of CPU in 30 s of 100 a second", cpu_ticks(id) - before);
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    println!(
        "{}",
        status
            .lines()
            .filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS"))
            .collect::<Vec<_>>()
            .join(" ")
    );
}

/// CPU time of a process so far, in ticks.
fn cpu_ticks(id: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}
