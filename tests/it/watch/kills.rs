//! The power fails while files arrive.

use std::{
    fs,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use super::{Watched, append, slices};
use crate::media::clip;

/// A number below `limit`, different each time.
fn below(limit: u64) -> u64 {
    RandomState::new().hash_one(0_u8) % limit
}

#[test]
fn whatever_arrives_is_delivered_once_though_the_engine_is_killed_again_and_again() {
    const FILES: usize = 4;
    let mut watched = Watched::new(&["--settle", "1"]);
    let contents: Vec<Vec<u8>> = (0..FILES)
        .map(|n| {
            fs::read(clip(&watched.workshop(), &format!("{n}.mp4"), u32::try_from(n).unwrap() + 1)).unwrap()
        })
        .collect();
    for round in 0..5 {
        watched.start();
        for (n, bytes) in contents.iter().enumerate() {
            if let Some(slice) = slices(bytes, n + 2).get(round) {
                append(&watched.inbox().join(format!("{n}.mp4")), slice);
            }
        }
        // At any instant: before it has looked, while it looks, decides, encodes, delivers.
        std::thread::sleep(Duration::from_millis(below(4_000)));
        watched.running.take().unwrap().kill();
    }
    for _ in 0..6 {
        watched.start();
        std::thread::sleep(Duration::from_millis(below(3_000)));
        watched.running.take().unwrap().kill();
    }
    let said = watched.spillway.run(["run", "--until-idle"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    watched.until_delivered(FILES);
    let jobs = watched.jobs();
    assert_eq!(jobs.len(), FILES, "{jobs:#?}");
    assert!(jobs.iter().all(|job| job["state"] == "delivered"), "{jobs:#?}");
    assert_eq!(watched.movies().len(), FILES, "{:?}", watched.movies());
    assert_eq!(watched.spillway.leftovers(), Vec::<String>::new());
}

#[test]
fn a_move_after_delivery_is_made_once_though_the_engine_is_killed() {
    let mut watched = Watched::new(&["--settle", "1", "--after", "move", "--done", "done"]);
    let source = clip(&watched.workshop(), "a.mp4", 1);
    let content = fs::read(&source).unwrap();
    fs::write(watched.inbox().join("a.mp4"), &content).unwrap();
    fs::write(watched.inbox().join("a.mp4.spillway.toml"), "title = \"Reel\"\n").unwrap();
    for _ in 0..8 {
        watched.start();
        std::thread::sleep(Duration::from_millis(below(3_000)));
        watched.running.take().unwrap().kill();
    }
    watched.start();
    watched.until("moved", |shown| shown.is("a.mp4", "reason", "moved"));
    assert_eq!(fs::read(watched.inbox().join("done/a.mp4")).unwrap(), content);
    assert!(watched.inbox().join("done/a.mp4.spillway.toml").exists());
    assert!(!watched.inbox().join("a.mp4").exists());
    assert_eq!(fs::read_dir(watched.inbox().join("done")).unwrap().count(), 2);
    assert_eq!(watched.jobs().len(), 1);
}
