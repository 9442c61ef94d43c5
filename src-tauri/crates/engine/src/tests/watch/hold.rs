//! Files that need attention: looked at again and again, and at once when something changes.

use std::fs;

use super::site::{Site, settings};
use crate::watch::{ArrivalReason, ArrivalState, SidecarRule, WatchSettings};

#[test]
fn what_is_incomplete_is_looked_at_until_it_is_whole() {
    let site = Site::new();
    site.put("a.mov", "PARTIAL");
    let mut shift = site.watch();
    shift.take_in();
    assert_eq!(site.state("a.mov"), ArrivalState::Held);
    assert!(matches!(site.reason("a.mov"), ArrivalReason::Incomplete { .. }));
    assert_eq!(site.announced(), ["arrival.held"]);
    shift.pass(3_600_000);
    assert_eq!(site.announced().len(), 1, "told once");
    assert!(site.stage.count("complete") >= 5, "looked at again all the same");
    assert!(site.arrival("a.mov").next_look_ms.unwrap() > site.now());
    site.put("a.mov", "whole now");
    shift.take_in();
    assert_eq!(site.state("a.mov"), ArrivalState::AtWork);
}

#[test]
fn what_is_incomplete_is_taken_as_it_is_when_somebody_says_so() {
    let site = Site::new();
    site.put("a.mov", "PARTIAL");
    let mut shift = site.watch();
    shift.take_in();
    site.engine.deliver_again(site.arrival("a.mov").id).unwrap();
    shift.take_in();
    assert_eq!(site.state("a.mov"), ArrivalState::AtWork);
    site.work();
    assert_eq!(site.delivered_jobs(), 1);
    // Said of this content only.
    site.put("a.mov", "PARTIAL again");
    shift.take_in();
    assert!(matches!(site.reason("a.mov"), ArrivalReason::Incomplete { .. }));
}

#[test]
fn what_is_no_media_file_or_empty_says_so() {
    let site = Site::new();
    site.put("a.mov", "NOT-MEDIA");
    site.put("b.mov", "");
    let mut shift = site.watch();
    shift.take_in();
    assert!(matches!(site.reason("a.mov"), ArrivalReason::NotMedia { .. }));
    assert_eq!(site.reason("b.mov"), ArrivalReason::Empty);
    assert_eq!(site.view().counts.held, 2);
    fs::remove_file(site.root.join("a.mov")).unwrap();
    shift.take_in();
    assert_eq!(site.arrivals().len(), 1, "nothing is to be remembered of it");
}

#[test]
fn a_broken_sidecar_holds_its_file_until_it_is_mended() {
    let site = Site::new();
    site.put("a.mov", "one");
    site.put("a.mov.spillway.toml", "profiles = 3");
    let mut shift = site.watch();
    shift.take_in();
    assert!(matches!(site.reason("a.mov"), ArrivalReason::BadSidecar { .. }));
    site.put("a.mov.spillway.toml", "profiles = [\"nobody\"]");
    shift.pass(120_000);
    assert!(matches!(site.reason("a.mov"), ArrivalReason::NoProfile { .. }), "{:?}", site.reason("a.mov"));
    site.put("a.mov.spillway.toml", "");
    shift.pass(700_000);
    assert_eq!(site.state("a.mov"), ArrivalState::AtWork);
}

#[test]
fn a_file_waits_for_a_sidecar_that_is_required() {
    let site = Site::with(WatchSettings { sidecar: SidecarRule::Required, ..settings() });
    site.put("a.mov", "one");
    let mut shift = site.watch();
    shift.take_in();
    assert_eq!(
        (site.state("a.mov"), site.reason("a.mov")),
        (ArrivalState::Waiting, ArrivalReason::NoSidecar)
    );
    site.put("a.mov.spillway.json", "{}");
    shift.pass(61_000);
    assert_eq!(site.state("a.mov"), ArrivalState::AtWork);
}

#[test]
fn an_output_folder_that_cannot_be_used_holds_files_until_it_can() {
    let site = Site::new();
    site.put("a.mov", "one");
    fs::write(site.stage.path("box-delivered"), "a file where the folder should be").unwrap();
    let mut shift = site.watch();
    shift.take_in();
    assert!(matches!(site.reason("a.mov"), ArrivalReason::NoOutput { .. }), "{:?}", site.reason("a.mov"));
    fs::remove_file(site.stage.path("box-delivered")).unwrap();
    shift.pass(60_000);
    assert_eq!(site.state("a.mov"), ArrivalState::AtWork);
}
