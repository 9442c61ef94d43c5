//! Drives that vanish, hang and come back.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
};

use super::site::Site;
use crate::{
    Until,
    model::{EventBody, Feed, JobState, StepState},
    watch::{ArrivalState, Mount, Sight, UnreachableReason, WatchState, ground::Root},
};

fn mount(point: &str, source: &str) -> Mount {
    Mount { mount_point: point.into(), file_system: "ext4".into(), source: source.into(), network: false }
}

fn root(mount: Mount, dev: u64, empty: bool) -> Root {
    Root { mount: Some(mount), dev, empty }
}

fn why(site: &Site) -> Option<UnreachableReason> {
    match site.view().state {
        WatchState::Unreachable { why, .. } => Some(why),
        _ => None,
    }
}

/// Takes a drive away, or brings it back.
type Set<'a> = Box<dyn Fn(bool) + 'a>;

/// Everything that may be wrong with a drive, one after another.
fn troubles(site: &Site) -> Vec<(&'static str, Set<'_>)> {
    let drive = &site.drive;
    let good = || *drive.root.lock().unwrap() = Some(root(mount("/mnt/nas", "//nas/share"), 7, false));
    vec![
        (
            "missing",
            Box::new(move |away| {
                *drive.trouble.lock().unwrap() = away.then_some(UnreachableReason::Missing);
            }),
        ),
        (
            "forbidden",
            Box::new(move |away| {
                *drive.trouble.lock().unwrap() = away.then_some(UnreachableReason::Forbidden);
            }),
        ),
        (
            "not mounted",
            Box::new(move |away| {
                good();
                if away {
                    *drive.root.lock().unwrap() = Some(root(mount("/", "/dev/sda1"), 1, true));
                }
            }),
        ),
        (
            "empty",
            Box::new(move |away| {
                good();
                if away {
                    *drive.root.lock().unwrap() = Some(root(mount("/mnt/nas", "tmpfs"), 9, true));
                }
            }),
        ),
    ]
}

#[test]
fn nothing_is_lost_and_nothing_repeated_while_a_drive_is_away() {
    let site = Site::new();
    *site.drive.root.lock().unwrap() = Some(root(mount("/mnt/nas", "//nas/share"), 7, false));
    site.put("a.mov", "one");
    site.put("b.mov", "PARTIAL");
    let mut shift = site.watch();
    shift.take_in();
    site.work();
    let before = site.arrivals();
    let mut told = site.announced();
    for (name, set) in troubles(&site) {
        set(true);
        shift.take_in();
        assert!(why(&site).is_some(), "{name}: {:?}", site.view().state);
        shift.pass(600_000);
        let states = |rows: &[crate::watch::ArrivalView]| {
            rows.iter().map(|row| (row.path.clone(), row.state)).collect::<Vec<_>>()
        };
        assert_eq!(states(&site.arrivals()), states(&before), "{name}");
        set(false);
        shift.pass(61_000);
        assert_eq!(why(&site), None, "{name}");
        told.extend(["watch.unreachable".to_owned(), "watch.reachable".to_owned()]);
        assert_eq!(site.announced(), told, "{name}");
        shift.take_in();
        assert_eq!(states(&site.arrivals()), states(&before), "{name}");
        assert_eq!(site.jobs(), ["a.mov"], "{name}");
    }
}

#[test]
fn a_job_waits_for_the_drive_of_its_source() {
    let site = Site::new();
    let source = site.put("a.mov", "one");
    let mut shift = site.watch();
    shift.take_in();
    let aside = site.stage.path("aside.mov");
    fs::rename(&source, &aside).unwrap();
    *site.drive.trouble.lock().unwrap() = Some(UnreachableReason::Missing);
    shift.take_in();
    let id = site.arrival("a.mov").jobs[0].id;
    let mut failed_tries = 0;
    let mut hear = |feed: &Feed| {
        if let Feed::Event(event) = feed
            && matches!(event.body, EventBody::Step { state: StepState::Waiting, .. })
        {
            failed_tries += 1;
            if failed_tries == 10 {
                fs::rename(&aside, &source).unwrap();
            }
        }
    };
    site.engine.run(Until::Jobs(vec![id]), &AtomicBool::new(false), &mut hear).unwrap();
    assert!(failed_tries >= 10, "more often than tries that count");
    assert_eq!(site.engine.job(id).unwrap().job.state, JobState::Delivered);
}

#[test]
fn other_inode_numbers_are_no_news() {
    let site = Site::new();
    for n in 0..20 {
        site.put(&format!("{n}.mov"), &format!("content {n}"));
    }
    let mut shift = site.watch();
    shift.take_in();
    *site.drive.inodes.lock().unwrap() = 1_000_000;
    shift.take_in();
    shift.pass(60_000);
    assert_eq!(site.jobs().len(), 20);
    assert_eq!(site.view().counts.at_work, 20);
    assert_eq!(site.stage.count("complete"), 20, "nothing is read again that is known");
}

#[test]
fn an_empty_folder_on_its_own_drive_is_an_empty_folder() {
    let site = Site::new();
    site.put("a.mov", "one");
    let mut shift = site.watch();
    shift.take_in();
    fs::remove_file(site.root.join("a.mov")).unwrap();
    shift.take_in();
    assert_eq!(why(&site), None);
    assert_eq!(site.state("a.mov"), ArrivalState::Gone);
}

#[test]
fn a_drive_that_hangs_holds_nobody_up() {
    let site = Site::new();
    let calm = Site::new();
    calm.put("b.mov", "two");
    site.put("a.mov", "one");
    site.drive.hangs.store(true, Ordering::SeqCst);
    let mut shift = site.watch_by(Sight::Apart);
    shift.turn();
    // The listening is over at some moment; the scan then hangs.
    for _ in 0..1_000_000 {
        let (idle, _) = shift.turn();
        site.stage.clock.0.fetch_add(100, Ordering::SeqCst);
        if idle || why(&site).is_some() {
            break;
        }
        std::thread::yield_now();
    }
    assert_eq!(why(&site), Some(UnreachableReason::Hangs));
    let (idle, _) = shift.turn();
    assert!(idle, "nobody waits for it");
    drop(shift);
    let mut shift = site.watch();
    site.drive.hangs.store(false, Ordering::SeqCst);
    shift.pass(70_000);
    assert_eq!(why(&site), None);
    assert_eq!(site.jobs(), ["a.mov"]);
}

#[test]
fn a_clock_that_is_set_starts_nothing_early_and_keeps_nothing_waiting() {
    for jump in [-3_600_000, 3_600_000] {
        let site = Site::new();
        site.put("a.mov", "one");
        let mut shift = site.watch();
        shift.pass(1_000);
        site.stage.set_clock(jump);
        shift.pass(3_000);
        assert_eq!(site.jobs().len(), 0, "{jump}");
        shift.pass(3_000);
        assert_eq!(site.jobs().len(), 1, "{jump}");
    }
}

#[test]
fn the_real_folder_answers_for_itself() {
    let site = Site::new();
    let rows = crate::db::watches(&crate::db::open(&site.engine.config().data_dir).unwrap()).unwrap();
    let ground = crate::watch::lay::lay(site.engine.config(), &rows[0]).unwrap();
    assert!(ground.root().unwrap().empty);
    fs::remove_dir(&site.root).unwrap();
    assert_eq!(ground.root(), Err(UnreachableReason::Missing));
}
