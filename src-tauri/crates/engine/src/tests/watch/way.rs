//! The way of a file: from its arrival to its delivery, and what may stop it.

use std::{fs, path::PathBuf, sync::atomic::AtomicBool};

use super::site::{Site, settings};
use crate::{
    Until,
    model::JobState,
    watch::{
        AfterDelivery, ArrivalReason, ArrivalState, Hours, NewWatch, WatchError, WatchSettings, WatchState,
        Weekday,
    },
};

#[test]
fn a_file_that_arrives_is_delivered() {
    let site = Site::new();
    site.put("sub/a.mov", "one");
    let mut shift = site.watch();
    shift.settle();
    assert_eq!(site.reason("sub/a.mov"), ArrivalReason::New);
    shift.pass(4_900);
    assert_eq!(site.state("sub/a.mov"), ArrivalState::Waiting, "its settle time is not over");
    shift.pass(200);
    assert_eq!(site.state("sub/a.mov"), ArrivalState::AtWork);
    site.work();
    assert_eq!(site.state("sub/a.mov"), ArrivalState::Delivered);
    assert!(shift.pass(1_000), "nothing is left to do");
    assert!(site.stage.path("box-delivered/sub/a_partner.mp4").is_file());
    let view = site.view();
    assert_eq!((view.counts.delivered, view.counts.waiting), (1, 0));
    assert!(view.scanned_ms.is_some());
    assert_eq!(view.state, WatchState::Watching);
}

#[test]
fn the_engine_looks_after_its_folders_while_it_runs() {
    let site = Site::new();
    site.put("a.mov", "one");
    site.put("b.mov", "two");
    site.engine.run(Until::Idle, &AtomicBool::new(false), &mut |_| {}).unwrap();
    assert_eq!(site.delivered_jobs(), 2);
    assert_eq!(site.view().state, WatchState::Watching);
    assert_eq!(site.view().counts.delivered, 2);
}

#[test]
fn a_growing_file_waits_and_begins_when_it_is_still() {
    let site = Site::new();
    site.drive.is_deaf.store(true, std::sync::atomic::Ordering::SeqCst);
    let mut shift = site.watch();
    let mut text = String::from("x");
    for _ in 0..20 {
        text.push_str("more and more");
        site.put("a.mov", &text);
        shift.take_in_now();
        assert_eq!(site.jobs().len(), 0);
    }
    let changed = site.now() - 500;
    let starts = shift.starts(10_000, 100);
    assert!(matches!(site.view().state, WatchState::Polling { every_s: 10, .. }));
    let waited = starts["a.mov"] - changed;
    assert!((5_000..=7_100).contains(&waited), "{waited}");
}

#[test]
fn jobs_get_what_the_sidecar_says() {
    let site = Site::new();
    site.put("a.mov", "one");
    site.put(
        "a.mov.spillway.toml",
        "profiles = [\"second\"]\ntitle = \"The Title\"\npriority = 7\n[metadata]\nhouse = \"H-1\"\n",
    );
    let mut shift = site.watch();
    shift.take_in();
    let job = &site.engine.jobs(&crate::model::JobFilter::default()).unwrap()[0];
    assert_eq!((job.profile.as_str(), job.priority), ("second", 7));
    assert_eq!(job.extras.title.as_deref(), Some("The Title"));
    assert_eq!(job.extras.metadata["house"], "H-1");
    assert_eq!(job.extras.watch, Some(site.id));
    site.work();
    assert!(site.stage.path("box-delivered/The Title_second.mp4").is_file());
}

#[test]
fn a_source_is_moved_when_all_of_it_is_delivered() {
    let after = AfterDelivery::Move { folder: PathBuf::from("done") };
    let profiles = vec!["partner".to_owned(), "second".to_owned()];
    let site = Site::with(WatchSettings { profiles, after, ..settings() });
    let source = site.put("a.mov", "one");
    site.put("a.mov.spillway.json", "{}");
    site.put("done/a.mov", "earlier");
    let mut shift = site.watch();
    shift.take_in();
    assert_eq!(site.jobs().len(), 2, "what is done already is no arrival");
    shift.pass(60_000);
    assert!(source.exists(), "no job has ended yet");
    site.work();
    shift.pass(1_000);
    let to = site.root.join("done/a (2).mov");
    assert_eq!(site.reason("a.mov"), ArrivalReason::Moved { to: to.clone() });
    assert!(to.is_file() && !source.exists() && site.root.join("done/a.mov.spillway.json").is_file());
    let jobs = site.engine.jobs(&crate::model::JobFilter::default()).unwrap();
    assert!(jobs.iter().all(|job| job.source == to), "jobs find their source");
    shift.take_in();
    assert_eq!(site.state("a.mov"), ArrivalState::Delivered, "leaving is not being gone");
    assert_eq!(site.jobs().len(), 2);
}

#[test]
fn a_source_stays_while_one_of_its_jobs_failed() {
    let after = AfterDelivery::Move { folder: PathBuf::from("done") };
    let site = Site::with(WatchSettings { after, ..settings() });
    let source = site.put("a.mov", "one");
    site.stage.hands.refuse.store(true, std::sync::atomic::Ordering::SeqCst);
    let mut shift = site.watch();
    shift.take_in();
    site.work();
    shift.pass(60_000);
    assert_eq!(site.state("a.mov"), ArrivalState::Failed);
    assert!(source.exists());
    site.stage.hands.refuse.store(false, std::sync::atomic::Ordering::SeqCst);
    let job = site.arrival("a.mov").jobs[0].id;
    site.engine.retry(job).unwrap();
    assert_eq!(site.state("a.mov"), ArrivalState::AtWork);
    site.work();
    shift.pass(1_000);
    assert!(!source.exists() && site.root.join("done/a.mov").is_file());
}

#[test]
fn work_starts_in_its_hours_across_the_change_of_clocks() {
    // 2026-03-27 (Friday) to 2026-04-02; Berlin's clocks go forward on the 29th.
    let start: jiff::Timestamp = "2026-03-27T12:00:00Z".parse().unwrap();
    let days = vec![
        Weekday::Mon,
        Weekday::Tue,
        Weekday::Wed,
        Weekday::Thu,
        Weekday::Fri,
        Weekday::Sat,
        Weekday::Sun,
    ];
    let hours = vec![Hours { days, from_minute: 20 * 60, to_minute: 6 * 60 }];
    let site = Site::with(WatchSettings { hours, ..settings() });
    site.stage.clock.0.store(start.as_millisecond(), std::sync::atomic::Ordering::SeqCst);
    let mut shift = site.watch();
    let mut begun = Vec::new();
    for day in 0..7 {
        let name = format!("{day}.mov");
        site.put(&name, &format!("content {day}"));
        let before = site.now();
        let starts = shift.starts(86_400_000, 600_000);
        assert!(starts[&name] > before);
        let at = jiff::Timestamp::from_millisecond(starts[&name]).unwrap();
        let local = at.to_zoned(jiff::tz::TimeZone::get("Europe/Berlin").unwrap());
        begun.push((local.hour(), local.minute() / 20));
        if day == 0 {
            assert!(site.view().closed_until_ms.is_some());
        }
    }
    assert_eq!(begun, vec![(20, 0); 7], "at eight in the evening, whatever the offset");
}

#[test]
fn a_folder_can_be_held_edited_and_forgotten() {
    let site = Site::new();
    site.put("a.mov", "one");
    site.engine.pause_watch(site.id, true).unwrap();
    let mut shift = site.watch();
    shift.pass(60_000);
    assert_eq!(site.arrivals().len(), 0);
    assert_eq!(site.view().state, WatchState::Paused);
    site.engine.pause_watch(site.id, false).unwrap();
    let profiles = vec!["second".to_owned()];
    site.engine.edit_watch(site.id, WatchSettings { profiles, ..settings() }).unwrap();
    shift.take_in();
    assert_eq!(site.arrival("a.mov").jobs[0].profile, "second");
    site.engine.remove_watch(site.id).unwrap();
    shift.pass(1_000);
    assert_eq!(site.jobs().len(), 1, "jobs stay");
    assert!(matches!(site.engine.scan_watch(site.id), Err(WatchError::NoSuchWatch(_))));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let site = Site::new();
    let refused = |place: &str, settings: WatchSettings| {
        site.engine.add_watch(NewWatch { place: site.stage.path(place), settings }).unwrap_err()
    };
    assert!(matches!(refused("box", settings()), WatchError::Already(_)));
    assert!(matches!(refused("nowhere", settings()), WatchError::NotAFolder(_)));
    fs::create_dir(site.stage.path("new")).unwrap();
    let none = WatchSettings { profiles: vec![], ..settings() };
    assert!(matches!(refused("new", none), WatchError::NoProfile));
    let unknown = WatchSettings { profiles: vec!["nobody".into()], ..settings() };
    assert!(matches!(refused("new", unknown), WatchError::Profile { .. }));
    let itself = WatchSettings { out_dir: Some(site.stage.path("new")), ..settings() };
    assert!(matches!(refused("new", itself), WatchError::OutputIsRoot { .. }));
    for settle_s in [0, 86_401] {
        let hasty = WatchSettings { settle_s, ..settings() };
        assert!(matches!(refused("new", hasty), WatchError::Settle(_)));
    }
    let bucket = NewWatch {
        place: "s3://masters/in/".into(),
        settings: WatchSettings {
            out_dir: Some(site.stage.path("out")),
            after: AfterDelivery::Move { folder: "done".into() },
            ..settings()
        },
    };
    assert!(matches!(site.engine.add_watch(bucket).unwrap_err(), WatchError::Finished { .. }));
    assert_eq!(site.engine.watches().unwrap().len(), 1, "nothing was changed");
    let by_id = site.engine.find_watch(&site.id.to_string()[20..]).unwrap();
    assert_eq!(by_id.id, site.id);
    assert_eq!(site.engine.find_watch(site.root.to_str().unwrap()).unwrap().id, site.id);
    assert!(matches!(site.engine.find_watch("/nowhere"), Err(WatchError::NoSuchWatch(_))));
}

#[test]
fn results_below_the_watched_folder_are_no_arrivals() {
    let site = Site::new();
    let out = site.stage.path("").canonicalize().unwrap();
    // Mirrored into the folder above, `box/a.mov` would come back to where it was taken from.
    site.engine.edit_watch(site.id, WatchSettings { out_dir: Some(out), ..settings() }).unwrap();
    site.put("box/a.mov", "one");
    let mut shift = site.watch();
    shift.take_in();
    site.work();
    assert!(site.root.join("a_partner.mp4").is_file(), "{:?}", site.jobs());
    shift.take_in();
    shift.take_in();
    assert_eq!(site.jobs(), ["box/a.mov"]);
    assert_eq!(site.arrivals().len(), 1);
    assert_eq!(site.engine.job(site.arrival("box/a.mov").jobs[0].id).unwrap().job.state, JobState::Delivered);
}
