//! Drives that come and go, in a namespace of their own: whoever is not allowed one checks nothing here.

use std::process::{Command, Stdio};

use super::Watched;
use crate::{kit::Running, media::clip};

/// A watched folder on a drive of its own.
struct Drive {
    watched: Watched,
    /// A process in the namespace, which ends with its input.
    namespace: Running,
}

impl Drive {
    /// `None` where this user may not mount.
    fn new() -> Option<Self> {
        let allowed =
            Command::new("unshare").args(["-m", "true"]).output().is_ok_and(|it| it.status.success());
        if !allowed || !rustix::process::geteuid().is_root() {
            eprintln!("not checked: this user may not mount anything");
            return None;
        }
        let watched = Watched { spillway: crate::kit::Spillway::new(), running: None };
        let mut command = Command::new("unshare");
        command.args(["-m", "--propagation", "private", "sleep", "infinity"]).stdin(Stdio::null());
        let mut drive = Self { watched, namespace: Running::start(&mut command) };
        drive.until_apart();
        drive.mount();
        let added = drive.watched.add(&mut drive.inside(env!("CARGO_BIN_EXE_spillway")), &["--settle", "1"]);
        assert_eq!(added.code, Some(0), "{}", added.stderr);
        let mut command = drive.inside(env!("CARGO_BIN_EXE_spillway"));
        drive.watched.running = Some(Running::start(drive.watched.service(&mut command)));
        Some(drive)
    }

    /// Waits until the namespace is another than ours.
    fn until_apart(&self) {
        let of = |id: &str| std::fs::read_link(format!("/proc/{id}/ns/mnt")).unwrap();
        let begin = std::time::Instant::now();
        while of(&self.namespace.id().to_string()) == of("self") {
            assert!(begin.elapsed() < super::PATIENCE);
            std::thread::yield_now();
        }
    }

    /// A command that sees the drive.
    fn inside(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-m", "-t", &self.namespace.id().to_string(), "--", program]);
        command.env("SPILLWAY_DATA_DIR", self.watched.spillway.data()).env("NO_COLOR", "1");
        command.env_remove("SPILLWAY_FAULT").stdin(Stdio::null());
        command
    }

    fn does(&self, program: &str, arguments: &[&str]) {
        let output = self.inside(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn mount(&self) {
        let inbox = self.watched.inbox();
        self.does("mount", &["-t", "tmpfs", "-o", "size=64m", "drive", inbox.to_str().unwrap()]);
    }

    /// As when a cable is pulled: whoever has something open keeps it.
    fn unmount(&self) {
        self.does("umount", &["-l", self.watched.inbox().to_str().unwrap()]);
    }

    fn copy(&self, from: &std::path::Path, name: &str) {
        let to = self.watched.inbox().join(name);
        self.does("cp", &[from.to_str().unwrap(), to.to_str().unwrap()]);
    }

    fn until_unreachable(&self, because: &str) {
        self.watched.until(because, |shown| {
            let state = &shown.watch()["state"];
            state["state"] == "unreachable" && state["why"]["because"] == because
        });
    }
}

#[test]
fn a_drive_that_goes_and_comes_back_with_other_numbers_loses_and_repeats_nothing() {
    let Some(drive) = Drive::new() else { return };
    let watched = &drive.watched;
    let (first, second) = (clip(&watched.workshop(), "a.mp4", 1), clip(&watched.workshop(), "b.mp4", 2));
    drive.copy(&first, "a.mp4");
    watched.until("delivered", |shown| shown.is("a.mp4", "state", "delivered"));

    // Its folder is still there, empty, on another drive.
    drive.unmount();
    drive.until_unreachable("not-mounted");
    assert!(watched.shown().is("a.mp4", "state", "delivered"), "nothing is forgotten");

    // A drive that has lost everything.
    drive.mount();
    drive.until_unreachable("came-back-empty");
    assert!(watched.shown().is("a.mp4", "state", "delivered"));

    // Back again, restored from elsewhere: other numbers, other times.
    for number in 0..5 {
        drive.copy(&second, &format!("number {number}.txt"));
    }
    drive.copy(&second, "b.mp4");
    drive.copy(&first, "a.mp4");
    watched.until("reachable", |shown| shown.watch()["state"]["state"] == "watching");
    watched.until("delivered", |shown| shown.is("b.mp4", "state", "delivered"));
    let shown = watched.until("looked at", |shown| {
        shown.file("a.mp4").is_some_and(|file| file["state"] == "delivered" || file["state"] == "skipped")
    });
    assert_eq!(shown.files().len(), 2, "{:#}", shown.0);
    assert_eq!(watched.jobs().len(), 2, "nothing is repeated");
    assert_eq!(watched.movies().len(), 2);
}

#[test]
fn a_folder_that_is_taken_away_is_waited_for() {
    let watched = Watched::started(&["--settle", "1"]);
    let (inbox, away) = (watched.inbox(), watched.inbox().with_file_name("away"));
    let first = clip(&watched.workshop(), "a.mp4", 1);
    std::fs::copy(&first, inbox.join("a.mp4")).unwrap();
    watched.until("delivered", |shown| shown.is("a.mp4", "state", "delivered"));
    std::fs::rename(&inbox, &away).unwrap();
    watched.until("missing", |shown| shown.watch()["state"]["why"]["because"] == "missing");
    assert!(watched.shown().is("a.mp4", "state", "delivered"));
    // What arrives while it is away is found when it is back, and so is what arrives then.
    std::fs::copy(clip(&watched.workshop(), "b.mp4", 2), away.join("b.mp4")).unwrap();
    std::fs::rename(&away, &inbox).unwrap();
    watched.until("delivered", |shown| shown.is("b.mp4", "state", "delivered"));
    std::fs::copy(clip(&watched.workshop(), "c.mp4", 3), inbox.join("c.mp4")).unwrap();
    watched.until("delivered", |shown| shown.is("c.mp4", "state", "delivered"));
    assert_eq!(watched.jobs().len(), 3);
}
