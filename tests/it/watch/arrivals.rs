//! Ways in which files arrive.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::fs::FallocateFlags;

use super::{SETTLE_S, Watched, append, now_ms, slices, written_ms};
use crate::{
    kit::files_below,
    media::{clip, make},
};

/// Small clips whose containers keep what they need to know at the beginning, at the end, and all over.
fn clips(folder: &Path) -> Vec<PathBuf> {
    let picture = "-f lavfi -i testsrc2=s=160x90:r=25:d=2 -f lavfi -i sine=r=48000:d=2";
    let h264 = "-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p -c:a aac";
    [
        ("end.mp4", format!("{picture} {h264}")),
        ("start.mp4", format!("{picture} {h264} -movflags +faststart")),
        ("fragments.mp4", format!("{picture} {h264} -movflags +frag_keyframe+empty_moov")),
        ("quick.mov", format!("{picture} -c:v prores_ks -profile:v 0 -c:a pcm_s16le")),
        ("matroska.mkv", format!("{picture} {h264}")),
        ("stream.ts", format!("{picture} {h264}")),
        ("material.mxf", format!("{picture} -c:v mpeg2video -pix_fmt yuv422p -c:a pcm_s16le")),
        ("old.avi", format!("{picture} -c:v mpeg4 -c:a pcm_s16le")),
    ]
    .into_iter()
    .map(|(name, arguments)| make(folder, name, &arguments))
    .collect()
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

#[test]
fn files_that_arrive_in_slices_start_once_and_whole() {
    let watched = Watched::started(&[]);
    let clips = clips(&watched.workshop());
    let contents: Vec<Vec<u8>> = clips.iter().map(|path| fs::read(path).unwrap()).collect();
    // As many slices as the clip's number and more; each is seen before the next comes.
    let counts: Vec<usize> = (0..clips.len()).map(|n| 1 + n * 19 / (clips.len() - 1)).collect();
    for round in 0..20 {
        let mut grown = Vec::new();
        for ((path, bytes), count) in clips.iter().zip(&contents).zip(&counts) {
            let Some(slice) = slices(bytes, *count).get(round).copied() else { continue };
            let target = watched.inbox().join(name(path));
            append(&target, slice);
            grown.push((name(path), fs::metadata(&target).unwrap().len()));
        }
        watched.until("seen", |shown| {
            let seen = |(name, bytes): &(&str, u64)| shown.file(name).is_some_and(|f| f["bytes"] == *bytes);
            grown.iter().all(seen)
        });
    }
    watched.until_delivered(clips.len());
    for path in &clips {
        watched.assert_not_early(name(path), written_ms(&watched.inbox().join(name(path))), SETTLE_S);
    }
    assert_eq!(watched.movies().len(), clips.len());
}

#[test]
fn a_copy_that_stalls_for_long_is_known_to_be_half_there() {
    let watched = Watched::started(&["--settle", "1"]);
    let all = clips(&watched.workshop());
    // Transport streams and AVI without its index cannot say where they end.
    let clips: Vec<&PathBuf> = all
        .iter()
        .filter(|path| {
            ["end.mp4", "start.mp4", "quick.mov", "matroska.mkv", "material.mxf"].contains(&name(path))
        })
        .collect();
    for path in &clips {
        let bytes = fs::read(path).unwrap();
        append(&watched.inbox().join(name(path)), &bytes[..bytes.len() * 2 / 3]);
    }
    watched.until("held", |shown| clips.iter().all(|path| shown.is(name(path), "state", "held")));
    assert!(watched.jobs().is_empty(), "{:#?}", watched.jobs());
    let shown = watched.shown();
    for path in &clips {
        let reason = &shown.file(name(path)).unwrap()["reason"];
        let told = ["incomplete", "not-media", "unreadable"];
        assert!(told.iter().any(|word| reason["reason"] == **word), "{reason:#}");
        assert!(reason["why"].as_str().is_some_and(|why| why.len() > 10), "{reason:#}");
        let bytes = fs::read(path).unwrap();
        append(&watched.inbox().join(name(path)), &bytes[bytes.len() * 2 / 3..]);
    }
    watched.until_delivered(clips.len());
    for path in &clips {
        watched.assert_not_early(name(path), written_ms(&watched.inbox().join(name(path))), 1);
    }
}

#[test]
fn space_that_is_reserved_before_it_is_filled_is_no_file_yet() {
    let watched = Watched::started(&["--settle", "1"]);
    for (name, faststart) in [("late.mp4", false), ("early.mp4", true)] {
        let flags = if faststart { "-movflags +faststart" } else { "" };
        let arguments = format!(
            "-f lavfi -i testsrc2=s=160x90:r=25:d=2 -c:v libx264 -preset ultrafast -pix_fmt yuv420p {flags}"
        );
        let bytes = fs::read(make(&watched.workshop(), name, &arguments)).unwrap();
        let target = watched.inbox().join(name);
        let file = File::create(&target).unwrap();
        rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, bytes.len() as u64).unwrap();
        // Nothing of it, then its first half, each for as long as it takes to be found wanting.
        for (from, to) in [(0, 0), (0, bytes.len() / 2)] {
            file.write_all_at(&bytes[from..to], from as u64).unwrap();
            let written = written_ms(&target);
            let wanting = |shown: &super::Shown| {
                let Some(row) = shown.file(name) else { return false };
                let known = row["changed_ms"].as_i64().unwrap() >= written - 20;
                known && (row["state"] == "held" || row["reason"]["reason"] == "being-written")
            };
            watched.until("found wanting", wanting);
        }
        file.write_all_at(&bytes[bytes.len() / 2..], (bytes.len() / 2) as u64).unwrap();
        drop(file);
        watched.until("delivered", |shown| shown.is(name, "state", "delivered"));
        watched.assert_not_early(name, written_ms(&target), 1);
    }
}

#[test]
fn a_file_that_is_renamed_into_place_starts_after_its_settle_time() {
    let watched = Watched::started(&[]);
    let source = clip(&watched.workshop(), "a.mp4", 2);
    for (number, temporary) in [".a1.mp4.Xq81Za", "a2.mp4.part", "a3.mp4.tmp", "~$a4.mp4"].iter().enumerate()
    {
        let name = format!("a{}.mp4", number + 1);
        let (hidden, target) = (watched.inbox().join(temporary), watched.inbox().join(&name));
        // Another file each time, or they would be recognised.
        let mut bytes = fs::read(&source).unwrap();
        bytes.extend_from_slice(&free_box(number));
        append(&hidden, &bytes[..bytes.len() / 2]);
        append(&hidden, &bytes[bytes.len() / 2..]);
        fs::rename(&hidden, &target).unwrap();
        let renamed = now_ms();
        watched.until("delivered", |shown| shown.is(&name, "state", "delivered"));
        watched.assert_not_early(&name, renamed, SETTLE_S);
    }
    let shown = watched.shown();
    assert_eq!(shown.files().len(), 4, "temporary names are no files: {:#}", shown.0);
}

/// An empty box that players pass over, different for every number.
fn free_box(number: usize) -> Vec<u8> {
    let mut bytes = 16_u32.to_be_bytes().to_vec();
    bytes.extend_from_slice(b"free");
    bytes.extend_from_slice(&(number as u64).to_be_bytes());
    bytes
}

#[test]
fn rsync_delivers_a_tree_that_is_mirrored() {
    if Command::new("rsync").arg("--version").output().is_err() {
        eprintln!("not checked: there is no rsync here");
        return;
    }
    let watched = Watched::started(&[]);
    let workshop = watched.workshop();
    fs::create_dir_all(workshop.join("reel 1/deep")).unwrap();
    clip(&workshop.join("reel 1/deep"), "a.mp4", 2);
    clip(&workshop, "b.mp4", 1);
    let from = format!("{}/", workshop.display());
    let copied = Command::new("rsync").args(["-rt", "--bwlimit=200"]).arg(from).arg(watched.inbox()).status();
    assert!(copied.unwrap().success());
    watched.until_delivered(2);
    let movies = watched.movies();
    assert!(movies.iter().any(|name| name.starts_with("reel 1/deep/")), "{movies:?}");
    assert_eq!(watched.jobs().len(), 2);
}

#[test]
fn the_same_content_is_known_and_other_content_is_not() {
    let watched = Watched::started(&["--settle", "1"]);
    let first = clip(&watched.workshop(), "a.mp4", 1);
    let second = clip(&watched.workshop(), "b.mp4", 2);
    let inbox = watched.inbox();
    fs::copy(&first, inbox.join("a.mp4")).unwrap();
    watched.until("delivered", |shown| shown.is("a.mp4", "state", "delivered"));
    // Under another name, and touched.
    fs::copy(&first, inbox.join("again.mp4")).unwrap();
    watched.until("passed over", |shown| shown.is("again.mp4", "state", "skipped"));
    File::options()
        .write(true)
        .open(inbox.join("a.mp4"))
        .unwrap()
        .set_modified(std::time::SystemTime::now())
        .unwrap();
    // Other content under the old name.
    fs::copy(&second, inbox.join("new.part")).unwrap();
    fs::rename(inbox.join("new.part"), inbox.join("a.mp4")).unwrap();
    watched.until("delivered again", |shown| {
        shown.file("a.mp4").is_some_and(|file| {
            file["state"] == "delivered" && file["jobs"].as_array().is_some_and(|jobs| jobs.len() == 2)
        })
    });
    assert_eq!(watched.jobs().len(), 2);
    let again = inbox.join("again.mp4");
    let said = watched.spillway.run(["watch".as_ref(), "again".as_ref(), again.as_os_str()]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    watched.until("delivered once more", |shown| shown.is("again.mp4", "state", "delivered"));
    assert_eq!(watched.jobs().len(), 3);
}

/// Every real clip from the folder named by `SPILLWAY_MEDIA`, in 1 to 20 slices: none is taken before it is all
/// there, each is taken at most once.
#[test]
fn real_clips_in_slices_are_never_taken_half() {
    let Some(folder) = std::env::var_os("SPILLWAY_MEDIA").map(PathBuf::from) else { return };
    let mut watched = Watched::new(&["--settle", "3"]);
    watched.start();
    let is_clip = |name: &String| !name.contains('/') && !name.ends_with(".tsv");
    let names: Vec<String> = files_below(&folder).into_iter().filter(is_clip).collect();
    for (number, name) in names.iter().enumerate() {
        let bytes = fs::read(folder.join(name)).unwrap();
        let target = watched.inbox().join(name);
        for slice in slices(&bytes, 1 + number % 20) {
            append(&target, slice);
            let length = fs::metadata(&target).unwrap().len();
            watched.until("seen", |shown| shown.file(name).is_some_and(|file| file["bytes"] == length));
            if length < bytes.len() as u64 {
                let shown = watched.shown();
                assert!(
                    shown.file(name).unwrap()["jobs"].as_array().unwrap().is_empty(),
                    "{name} at {length}"
                );
            }
        }
        let decided = watched.until("decided", |shown| {
            shown
                .file(name)
                .is_some_and(|file| file["state"] == "held" || !file["jobs"].as_array().unwrap().is_empty())
        });
        let jobs = decided.file(name).unwrap()["jobs"].as_array().unwrap().clone();
        if let [job] = jobs.as_slice() {
            watched.assert_not_early(name, written_ms(&target), 3);
            // What it would make of it is another test's.
            watched.spillway.run(["cancel", job["id"].as_str().unwrap()]);
        } else {
            println!("{name}: {:#}", decided.file(name).unwrap()["reason"]);
            assert!(jobs.is_empty());
        }
    }
}
