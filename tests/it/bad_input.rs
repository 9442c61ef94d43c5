//! Bad input: each ends its job with a clear code, leaves the source and its neighbours alone, and
//! nothing behind.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    kit::Spillway,
    media::{clip, make, picture_count},
};

/// One file and the code that must come of it.
type Case = (&'static str, fn(&Path) -> PathBuf, &'static str);

fn half_of(path: &Path) -> PathBuf {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    path.into()
}

fn text(folder: &Path, name: &str, content: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    path
}

const CASES: &[Case] = &[
    ("missing", |folder| folder.join("not-there.mov"), "SRC-03"),
    ("empty", |folder| text(folder, "empty.mp4", ""), "ARR-03"),
    ("a folder", |folder| folder.to_path_buf(), "MED-04"),
    ("text", |folder| text(folder, "text.mov", "this is no movie"), "MED-04"),
    (
        "playlist",
        |folder| text(folder, "list.mp4", "#EXTM3U\n#EXTINF:1,\nother.ts\n#EXT-X-ENDLIST\n"),
        "SEC-01",
    ),
    ("concatenation", |folder| text(folder, "list.mov", "ffconcat version 1.0\nfile other.mp4\n"), "SEC-01"),
    ("cut, index last", |folder| half_of(&clip(folder, "cut.mp4", 4)), "ARR-02"),
    (
        "cut, index first",
        |folder| {
            half_of(&make(
                folder,
                "fast.mp4",
                "-f lavfi -i testsrc2=d=4 -c:v libx264 -preset ultrafast -movflags +faststart",
            ))
        },
        "ARR-02",
    ),
    (
        "cut Matroska",
        |folder| half_of(&make(folder, "cut.mkv", "-f lavfi -i testsrc2=d=8 -c:v libx264 -preset ultrafast")),
        "ARR-02",
    ),
    ("sound only", |folder| make(folder, "sound.mp4", "-f lavfi -i sine=d=1 -c:a aac"), "MED-05"),
    (
        "encrypted",
        |folder| {
            let key = "-encryption_scheme cenc-aes-ctr -encryption_key 00112233445566778899aabbccddeeff -encryption_kid 00112233445566778899aabbccddeeff";
            make(
                folder,
                "locked.mp4",
                &format!("-f lavfi -i testsrc2=d=2 -c:v libx264 -preset ultrafast {key}"),
            )
        },
        "MED-03",
    ),
    (
        "size changes midway",
        |folder| {
            let small = make(folder, "a.ts", "-f lavfi -i testsrc2=s=320x180:d=2 -c:v mpeg2video");
            let large = make(folder, "b.ts", "-f lavfi -i testsrc2=s=640x360:d=2 -c:v mpeg2video");
            let joined = folder.join("joined.ts");
            fs::write(&joined, [fs::read(small).unwrap(), fs::read(large).unwrap()].concat()).unwrap();
            joined
        },
        "MED-08",
    ),
];

#[test]
fn each_kind_of_bad_file_has_its_own_words() {
    for (name, make, code) in CASES {
        let spillway = Spillway::new();
        let source = make(&spillway.inbox());
        let before = fs::read(&source).ok();
        let said = spillway.deliver(&source, "web-mp4");
        assert_eq!(said.error(), *code, "{name}: {}\n{}", said.stdout, said.stderr);
        let error = &said.jobs()[0]["error"];
        for part in ["what", "why", "safe", "next"] {
            assert!(!error[part].as_str().unwrap_or_default().is_empty(), "{name}: {part} of {error:#}");
        }
        assert_eq!(fs::read(&source).ok(), before, "{name}: the source is untouched");
        assert_eq!(spillway.delivered(), Vec::<String>::new(), "{name}");
        assert_eq!(spillway.leftovers(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_bad_file_does_not_hold_up_its_neighbours() {
    let spillway = Spillway::new();
    let good = clip(&spillway.inbox(), "good.mp4", 2);
    let bad = text(&spillway.inbox(), "bad.mp4", "no movie");
    let mut command = spillway.command();
    command.arg("deliver").args([&bad, &good]).args(["-p", "web-mp4", "--json", "-o"]).arg(spillway.out());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(
        text.lines().filter(|l| l.contains("\"type\":\"job\"") && l.contains("\"delivered\"")).count(),
        1
    );
    assert_eq!(text.lines().filter(|l| l.contains("\"type\":\"job\"") && l.contains("MED-04")).count(), 1);
}

#[test]
fn an_existing_output_is_never_touched() {
    let spillway = Spillway::new();
    let source = clip(&spillway.inbox(), "clip.mp4", 2);
    let job = spillway.deliver(&source, "web-mp4").delivered();
    let path = crate::kit::output(&job, 0);
    fs::write(&path, "somebody else's file").unwrap();
    assert_eq!(spillway.deliver(&source, "web-mp4").error(), "DST-02");
    assert_eq!(fs::read_to_string(&path).unwrap(), "somebody else's file");
}

#[test]
fn an_output_that_appears_midway_is_not_overwritten() {
    let spillway = Spillway::new();
    let source = clip(&spillway.inbox(), "clip.mp4", 6);
    let other = Spillway::new();
    let name = crate::kit::output(&other.deliver(&source, "web-mp4").delivered(), 0);
    let taken = spillway.out().join(name.file_name().unwrap());
    let submitted = spillway.run([
        "submit".as_ref(),
        source.as_os_str(),
        "-p".as_ref(),
        "web-mp4".as_ref(),
        "-o".as_ref(),
        spillway.out().as_os_str(),
    ]);
    assert_eq!(submitted.code, Some(0), "{}", submitted.stderr);
    fs::write(&taken, "somebody else's file").unwrap();
    assert_eq!(spillway.run(["run", "--until-idle"]).code, Some(1));
    assert_eq!(fs::read_to_string(&taken).unwrap(), "somebody else's file");
    assert!(spillway.run(["jobs", "--json"]).stdout.contains("DST-02"));
}

#[test]
fn odd_names_are_delivered_safely() {
    let names = [
        "-rf.mp4",
        "a:b.mp4",
        "file:x.mp4",
        "pipe:1.mp4",
        "concat:a|b.mp4",
        "%03d.mp4",
        "new\nline.mp4",
        "\u{1f3ac} film.mp4",
        "dots....mp4",
        " space .mp4",
        "quote'\"$(x).mp4",
        "<img onerror=x>.mp4",
        "\u{202e}gpj.mp4",
        "CON.mp4",
    ];
    let spillway = Spillway::new();
    let clip = clip(&spillway.inbox(), "clip.mp4", 1);
    let long = format!("{}.mp4", "\u{1f3ac}".repeat(62));
    for name in names.iter().copied().chain([long.as_str()]) {
        let home = Spillway::new();
        let source = home.inbox().join(name);
        fs::copy(&clip, &source).unwrap();
        let mut command = home.command();
        command.current_dir(home.inbox());
        command.args(["deliver", "-p", "web-mp4", "--json", "-o"]).arg(home.out()).arg("--").arg(name);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{name:?}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let delivered = home.delivered().into_iter().find(|f| f.ends_with(".mp4")).unwrap();
        assert!(delivered.len() <= 255 && !delivered.starts_with(['-', '.', ' ']), "{delivered:?}");
        assert!(!delivered.contains(['\n', ':', '\u{202e}']), "{delivered:?}");
        assert_eq!(picture_count(&home.out().join(delivered)), 25, "{name:?}");
    }
}

#[test]
fn a_source_that_changes_while_it_is_read_is_not_delivered() {
    let spillway = Spillway::new();
    let source = clip(&spillway.inbox(), "clip.mp4", 3);
    let arguments = ["submit".as_ref(), source.as_os_str(), "-p".as_ref(), "web-mp4".as_ref(), "-o".as_ref()];
    let out = spillway.out();
    let submitted = spillway.run(arguments.into_iter().chain([out.as_os_str()]));
    assert_eq!(submitted.code, Some(0), "{}", submitted.stderr);
    let mut bytes = fs::read(&source).unwrap();
    bytes.extend_from_slice(&[0; 64]);
    fs::write(&source, bytes).unwrap();
    assert_eq!(spillway.run(["run", "--until-idle"]).code, Some(1));
    assert!(spillway.run(["jobs", "--json"]).stdout.contains("SRC-01"));
    assert_eq!(spillway.leftovers(), Vec::<String>::new());
}

/// Runs as an ordinary user, for whom permissions mean something.
fn as_nobody(spillway: &Spillway, arguments: &[&std::ffi::OsStr]) -> Option<std::process::Output> {
    if !rustix::process::geteuid().is_root() {
        return Some(spillway.command().args(arguments).output().unwrap());
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(env!("CARGO_BIN_EXE_spillway"));
    command.args(arguments).env("SPILLWAY_DATA_DIR", spillway.data()).env("NO_COLOR", "1");
    command.output().ok()
}

#[test]
fn a_folder_that_may_not_be_written_and_a_file_that_may_not_be_read() {
    let spillway = Spillway::new();
    let source = clip(&spillway.inbox(), "clip.mp4", 1);
    let home = spillway.data();
    fs::create_dir_all(&home).unwrap();
    for path in [home.parent().unwrap(), &home] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    // A build folder that an ordinary user cannot reach leaves nothing to test here.
    let reachable = as_nobody(&spillway, &["--version".as_ref()]);
    if !reachable.is_some_and(|o| o.status.success()) {
        return;
    }
    fs::set_permissions(spillway.out(), fs::Permissions::from_mode(0o555)).unwrap();
    let deliver = |file: &Path| {
        let out = spillway.out();
        let arguments: [&std::ffi::OsStr; 7] = [
            "deliver".as_ref(),
            file.as_os_str(),
            "-p".as_ref(),
            "web-mp4".as_ref(),
            "-o".as_ref(),
            out.as_os_str(),
            "--json".as_ref(),
        ];
        let output = as_nobody(&spillway, &arguments).unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let said = deliver(&source);
    assert!(said.contains("DST-01"), "{said}");
    fs::set_permissions(spillway.out(), fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(&source, fs::Permissions::from_mode(0o000)).unwrap();
    let said = deliver(&source);
    assert!(said.contains("SRC-04"), "{said}");
}

#[test]
fn a_full_disk_holds_the_queue_and_goes_on_when_there_is_room() {
    let spillway = Spillway::new();
    let source = clip(&spillway.inbox(), "clip.mp4", 20);
    let full = spillway.inbox().join("full");
    fs::create_dir(&full).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=96k", "tmpfs"]).arg(&full).status();
    if !mounted.is_ok_and(|s| s.success()) {
        return;
    }
    let mut command = spillway.command();
    command.arg("deliver").arg(&source).args(["-p", "web-mp4", "--json", "-o"]).arg(&full);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let noted = String::from_utf8_lossy(&output.stderr).into_owned();
    let listed = spillway.run(["jobs"]);
    // Nothing is begun while it waits, and nobody waits for ever.
    let other = clip(&spillway.inbox(), "other.mp4", 1);
    let beside = spillway.run(["deliver", "--json", "-p", "web-mp4", &other.to_string_lossy()]);
    let unmounted = Command::new("umount").arg("-l").arg(&full).status();
    assert!(unmounted.unwrap().success());
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("DSK-01") && said.contains("\"type\":\"hold\""), "{said}");
    assert!(said.contains("\"state\":\"running\"") && !said.contains("\"state\":\"failed\""), "{said}");
    assert!(noted.contains("waits for space"), "{noted}");
    assert!(listed.stderr.contains("waits for space"), "{}", listed.stderr);
    assert_eq!(beside.code, Some(1));
    assert!(beside.stdout.contains("\"state\":\"queued\""), "{}", beside.stdout);
    assert_eq!(spillway.run(["run", "--until-idle"]).code, Some(0));
    assert_eq!(picture_count(&full.join("clip.mp4")).max(first_count(&full)), 500);
}

fn first_count(folder: &Path) -> usize {
    let name = crate::kit::files_below(folder).into_iter().find(|f| f.ends_with(".mp4"));
    name.map_or(0, |n| picture_count(&folder.join(n)))
}
