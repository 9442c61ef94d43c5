//! What a file is known by: its content, whatever its name, its times and its inode.

use std::{fs, time::SystemTime};

use super::site::Site;
use crate::watch::{ArrivalReason, ArrivalState, WatchError};

fn touch(path: &std::path::Path, s: u64) {
    let file = fs::File::options().append(true).open(path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(s)).unwrap();
}

#[test]
fn the_same_content_under_another_name_is_passed_over() {
    let site = Site::new();
    site.put("a.mov", "one");
    let mut shift = site.watch();
    shift.take_in();
    site.put("b.mov", "one");
    shift.take_in();
    assert_eq!(site.state("b.mov"), ArrivalState::Skipped);
    let job = site.arrival("a.mov").jobs[0].id;
    assert_eq!(site.reason("b.mov"), ArrivalReason::Same { path: "a.mov".into(), job: Some(job) });
    site.work();
    site.put("c.mov", "one");
    shift.take_in();
    assert_eq!(site.state("c.mov"), ArrivalState::Skipped);
    assert_eq!(site.jobs(), ["a.mov"]);
    assert_eq!(site.announced(), ["arrival.skipped", "arrival.skipped"]);
}

#[test]
fn two_that_arrive_together_are_one_job() {
    let site = Site::new();
    site.put("a.mov", "one");
    site.put("b.mov", "one");
    let mut shift = site.watch();
    shift.take_in();
    assert_eq!(site.jobs().len(), 1);
    assert_eq!(site.view().counts.skipped, 1);
}

#[test]
fn the_same_samples_are_not_the_same_content() {
    let site = Site::new();
    let text = |middle: char| {
        let mut text: Vec<u8> = (0_u32..12 << 20).map(|n| b'a' + (n >> 8 & 15) as u8).collect();
        text[(5 << 20) + 12_345] = middle as u8;
        text
    };
    let path = site.root.join("a.mov");
    fs::write(&path, text('x')).unwrap();
    let mut shift = site.watch();
    shift.take_in();
    site.work();
    fs::write(site.root.join("b.mov"), text('y')).unwrap();
    shift.pass(20_000);
    shift.take_in();
    assert_eq!(site.state("b.mov"), ArrivalState::AtWork);
}

#[test]
fn a_touch_changes_nothing_and_new_content_is_a_new_job() {
    let site = Site::new();
    let path = site.put("a.mov", "one");
    let mut shift = site.watch();
    shift.take_in();
    site.work();
    touch(&path, 1_000_000);
    shift.take_in();
    assert_eq!((site.state("a.mov"), site.jobs().len()), (ArrivalState::Delivered, 1));
    site.put("a.mov", "two");
    shift.take_in();
    assert_eq!((site.state("a.mov"), site.jobs().len()), (ArrivalState::AtWork, 2));
    site.work();
    site.put("a.mov", "one");
    shift.take_in();
    assert_eq!((site.state("a.mov"), site.jobs().len()), (ArrivalState::Skipped, 2), "delivered before");
}

#[test]
fn a_renamed_file_keeps_its_jobs() {
    let site = Site::new();
    site.put("a.mov", "one");
    let mut shift = site.watch();
    shift.take_in();
    fs::create_dir(site.root.join("new")).unwrap();
    fs::rename(site.root.join("a.mov"), site.root.join("new/b.mov")).unwrap();
    shift.take_in();
    assert_eq!(site.arrivals().len(), 1);
    assert_eq!(site.jobs(), ["new/b.mov"]);
    site.work();
    assert_eq!(site.state("new/b.mov"), ArrivalState::Delivered);
    assert_eq!(site.announced().len(), 0);
}

#[test]
fn a_file_that_comes_back_is_known() {
    let site = Site::new();
    site.put("a.mov", "one");
    let mut shift = site.watch();
    shift.take_in();
    site.work();
    fs::remove_file(site.root.join("a.mov")).unwrap();
    shift.take_in();
    assert_eq!(site.state("a.mov"), ArrivalState::Gone);
    site.put("a.mov", "one");
    shift.take_in();
    assert_eq!((site.state("a.mov"), site.jobs().len()), (ArrivalState::Delivered, 1));
}

#[test]
fn what_was_taken_is_known_after_its_jobs_are_removed_and_after_a_start() {
    let site = Site::new();
    site.put("a.mov", "one");
    site.watch().take_in();
    site.work();
    let job = site.arrival("a.mov").jobs[0].id;
    site.engine.remove(job).unwrap();
    site.put("b.mov", "one");
    let mut shift = site.watch();
    shift.take_in();
    assert_eq!(site.reason("b.mov"), ArrivalReason::Same { path: "a.mov".into(), job: None });
    assert_eq!(site.state("a.mov"), ArrivalState::Delivered);
    assert_eq!(site.jobs().len(), 0);
}

#[test]
fn somebody_may_wish_it_once_more() {
    let site = Site::new();
    site.put("a.mov", "one");
    let mut shift = site.watch();
    shift.take_in();
    let first = site.arrival("a.mov").id;
    assert!(matches!(site.engine.deliver_again(first), Err(WatchError::NotPossible(_))));
    site.work();
    site.put("b.mov", "one");
    shift.take_in();
    let second = site.arrival("b.mov").id;
    site.engine.deliver_again(first).unwrap();
    site.engine.deliver_again(second).unwrap();
    shift.pass(8_000);
    assert_eq!(site.jobs(), ["a.mov", "a.mov", "b.mov"]);
    site.work();
    assert_eq!(site.arrival("a.mov").jobs.len(), 2);
    shift.take_in();
    assert_eq!(site.jobs().len(), 3);
}

#[test]
fn what_was_passed_over_is_taken_when_the_other_one_loses_its_source() {
    let site = Site::new();
    site.put("a.mov", "one");
    site.put("b.mov", "one");
    let mut shift = site.watch();
    shift.take_in();
    let taken = site.jobs().remove(0);
    let other = if taken == "a.mov" { "b.mov" } else { "a.mov" };
    site.put(&taken, "two");
    site.work();
    shift.take_in();
    shift.pass(40_000);
    site.work();
    assert_eq!((site.state(&taken), site.state(other)), (ArrivalState::Delivered, ArrivalState::Delivered));
    assert_eq!(site.delivered_jobs(), 2);
}
