//! Whatever is cut, a decoder gives exactly the source's pictures of that stretch.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::Command,
};

use super::*;
use crate::{
    boxes::Layout,
    index::FrameIndex,
    segment::tests::make,
    stitch::fixture::{go, tool},
    task::IndexMethod,
    types::MediaCode,
};

/// Name, filter, encoder options.
const SOURCES: [(&str, &str, &str); 13] = [
    ("b-frames.mp4", PICTURE, "-c:v libx264 -g 20 -bf 3 -x264-params b-pyramid=normal:scenecut=0"),
    ("open-gop.mov", PICTURE, "-c:v libx264 -g 20 -x264-params open-gop=1:bframes=3:b-adapt=0:scenecut=0"),
    ("open-gop.ts", PICTURE, "-c:v libx264 -g 20 -x264-params open-gop=1:bframes=3:b-adapt=0:scenecut=0"),
    ("open-gop-hevc.mp4", PICTURE, HEVC),
    ("open-gop-hevc.ts", PICTURE, HEVC),
    ("mpeg2.ts", PICTURE, "-c:v mpeg2video -g 15 -bf 2 -b:v 2M -output_ts_offset 5000"),
    ("mpeg2.mov", PICTURE, "-c:v mpeg2video -g 15 -bf 2 -b:v 2M"),
    ("mpeg2.mxf", PICTURE, "-c:v mpeg2video -g 15 -bf 2 -b:v 2M"),
    ("prores.mov", PICTURE, "-c:v prores_ks -profile:v lt"),
    ("dnxhr.mxf", "testsrc2=s=256x120:r=24000/1001:d=3", "-c:v dnxhd -profile:v dnxhr_lb -pix_fmt yuv422p"),
    ("interlaced.ts", PICTURE, "-c:v libx264 -g 20 -flags +ildct+ilme -x264-params interlaced=1:bframes=2"),
    (
        "vp9.mkv",
        PICTURE,
        "-c:v libvpx-vp9 -g 20 -deadline realtime -cpu-used 8 -auto-alt-ref 1 -lag-in-frames 12",
    ),
    (
        "variable.mkv",
        "testsrc2=s=192x128:r=30:d=5,select='not(mod(n\\,3))+gt(mod(n\\,7)\\,4)'",
        "-vsync vfr -c:v libx264 -g 20 -bf 2",
    ),
];
const PICTURE: &str = "testsrc2=s=192x128:r=25:d=4";
const HEVC: &str = "-c:v libx265 -x265-params open-gop=1:keyint=20:bframes=4:log-level=none";

fn index_of(path: &Path) -> (usize, FrameIndex) {
    let (probe, input) = crate::probe::probe(path).unwrap();
    drop(input);
    let stream = probe.video.iter().find(|video| video.decodable).unwrap().index;
    let reopen = || crate::open::open(path);
    (stream, crate::scan::scan(&probe, &reopen, IndexMethod::Auto, &mut go).unwrap().0)
}

/// A hash of each picture that FFmpeg's command line decodes.
fn pictures(path: &Path, stream: usize) -> Vec<String> {
    let output = Command::new("ffmpeg")
        .args(["-v", "quiet", "-noautorotate", "-i", path.to_str().unwrap()])
        .args(["-map", &format!("0:{stream}"), "-fps_mode", "passthrough", "-f", "framemd5", "-"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.rsplit(',').next().unwrap().trim().to_owned()).collect()
}

/// From keyframe to keyframe, from the middle of a group to that of another, and to the end.
fn stretches(index: &FrameIndex) -> Vec<(u64, Option<u64>, u64, u64)> {
    let frames = index.frames.len() as u64;
    let keys: Vec<u64> = (0..).zip(&index.frames).filter(|(_, f)| f.key).map(|(n, _)| n).collect();
    let key = |n: usize| keys.get(n).copied();
    let mut list = vec![(keys[0], None, keys[0], frames - keys[0])];
    for n in [0, 1, keys.len() / 2, keys.len().saturating_sub(2)] {
        let Some(from) = key(n) else { continue };
        let until = key(n + 1);
        list.push((from, until, from, until.unwrap_or(frames) - from));
        let later = key(n + 2);
        let (first, end) = (from + 1, later.unwrap_or(frames) - 1);
        if first < end {
            list.push((from, later, first, end - first));
        }
    }
    list
}

fn task(source: &Path, stream: usize, index: &FrameIndex, at: (u64, Option<u64>, u64, u64)) -> CutTask {
    let pts = |n: u64| index.frames[usize::try_from(n).unwrap()].pts;
    let codec = crate::open::open(source).unwrap().stream(stream).unwrap().params().codec();
    let out = source.parent().unwrap().join("cut").with_extension(CutTask::extension(&codec));
    let (from, until, first, count) = at;
    let until = until.map(pts);
    CutTask { source: source.to_path_buf(), stream, from: pts(from), until, first: pts(first), count, out }
}

/// Cuts a source everywhere and compares.
fn check(source: &Path) {
    let (stream, index) = index_of(source);
    let all = pictures(source, stream);
    assert_eq!(all.len(), index.frames.len(), "{}", source.display());
    let ordinal = |n: u64| usize::try_from(n).unwrap();
    for at in stretches(&index) {
        let name = format!("{} {at:?}", source.display());
        let task = task(source, stream, &index, at);
        let done = cut(&task, &mut go).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(done.count, at.3, "{name}");
        assert_eq!(done.before, at.2 - at.0, "{name}");
        let found = pictures(&task.out, 0);
        assert_eq!(found.len() as u64, done.before + done.count + done.after, "{name}: {done:?}");
        let expected = &all[ordinal(at.0)..ordinal(at.0) + found.len()];
        assert!(found == expected, "{name}: other pictures");
        let rest = index.frames.len() as u64 - at.2 - at.3;
        assert!(if at.1.is_some() { done.after <= rest } else { done.after == rest }, "{name}");
        sound(&task.out, &name);
        assert_eq!(done.bytes, std::fs::metadata(&task.out).unwrap().len());
    }
}

/// Begins at zero, by presentation time, without an edit list.
fn sound(path: &Path, name: &str) {
    let fields = ["-v", "quiet", "-show_entries", "stream=start_pts", "-of", "csv=p=0"];
    let start = tool("ffprobe", &[&fields[..], &[path.to_str().unwrap()]].concat());
    assert_eq!(start.trim().trim_end_matches(','), "0", "{name}");
    if path.extension().is_some_and(|e| e == "mov") {
        assert_eq!(Layout::read(path).unwrap().edit_lists, 0, "{name}");
    }
}

#[test]
fn a_cut_decodes_to_the_pictures_of_its_stretch() {
    crate::ff::quiet();
    let folder = tempfile::tempdir().unwrap();
    for (name, filter, options) in SOURCES {
        check(&make(folder.path(), name, filter, options));
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|n| n.to_string_lossy().contains(".part")), "{left:?}");
}

#[test]
fn an_open_group_at_the_end_brings_its_keyframe() {
    let folder = tempfile::tempdir().unwrap();
    let (name, filter, options) = SOURCES[1];
    let source = make(folder.path(), name, filter, options);
    let (stream, index) = index_of(&source);
    let mut after = Vec::new();
    for at in stretches(&index) {
        after.push(cut(&task(&source, stream, &index, at), &mut go).unwrap().after);
    }
    assert!(after.contains(&1), "{after:?}");
}

/// A stretch of constant rate stands on the exact grid, also where the source's clock is coarse.
#[test]
fn a_coarse_clock_is_made_even() {
    let folder = tempfile::tempdir().unwrap();
    let rate = "testsrc2=s=192x128:r=24000/1001:d=3";
    let source = make(folder.path(), "coarse.mkv", rate, "-c:v libx264 -g 12 -bf 2");
    let (stream, index) = index_of(&source);
    let task = task(&source, stream, &index, (12, Some(48), 12, 36));
    assert_eq!(cut(&task, &mut go).unwrap().after, 0);
    let out = task.out.to_str().unwrap();
    let fields = "stream=r_frame_rate,avg_frame_rate,duration_ts,time_base";
    let text = tool("ffprobe", &["-v", "error", "-show_entries", fields, "-of", "csv=p=0", out]);
    assert_eq!(text.trim(), "24000/1001,24000/1001,1/24000,36036");
}

/// An edit list hides the first pictures, of which the keyframe is one.
#[test]
fn hidden_pictures_before_the_first_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let whole = make(folder.path(), "whole.mp4", PICTURE, "-c:v libx264 -g 50 -bf 2");
    let source = folder.path().join("edited.mp4");
    let arguments = ["-v", "error", "-ss", "0.4", "-i", whole.to_str().unwrap(), "-c", "copy"];
    tool("ffmpeg", &[&arguments[..], &[source.to_str().unwrap()]].concat());
    let (stream, index) = index_of(&source);
    assert!(!index.frames[0].key, "the source has an edit list");
    let pictures_of_source = pictures(&source, stream);
    let task = task(&source, stream, &index, (0, None, 0, index.frames.len() as u64));
    let done = cut(&task, &mut go).unwrap();
    assert_eq!((done.before, done.after), (10, 0));
    assert_eq!(pictures(&task.out, 0)[10..], pictures_of_source);
    assert_eq!(pictures(&task.out, 0), pictures(&whole, 0));
}

#[test]
fn what_is_not_there_is_refused_and_cancel_is_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let (name, filter, options) = SOURCES[0];
    let source = make(folder.path(), name, filter, options);
    let (stream, index) = index_of(&source);
    let good = task(&source, stream, &index, (20, Some(40), 20, 20));
    let code = |task: &CutTask| cut(task, &mut go).map_err(|error| error.code);
    assert_eq!(code(&CutTask { from: good.from + 1, ..good.clone() }), Err(MediaCode::FrameMismatch));
    assert_eq!(code(&CutTask { first: good.first + 1, ..good.clone() }), Err(MediaCode::FrameMismatch));
    assert_eq!(code(&CutTask { count: 21, ..good.clone() }), Err(MediaCode::FrameMismatch));
    let stopped = cut(&good, &mut |_| ControlFlow::Break(()));
    assert_eq!(stopped.map_err(|error| error.code), Err(MediaCode::Cancelled));
    assert!(!good.out.exists());
}

/// With `SPILLWAY_MEDIA` set to a folder of clips: each is cut exactly, or refused.
#[test]
fn clips_of_a_folder_are_cut_exactly_or_refused() {
    let Some(folder) = std::env::var_os("SPILLWAY_MEDIA") else { return };
    crate::ff::quiet();
    let work = tempfile::tempdir().unwrap();
    let mut clips: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    clips.sort();
    for clip in clips {
        let Ok((probe, input)) = crate::probe::probe(&clip) else { continue };
        drop(input);
        let Some(stream) = probe.video.iter().find(|video| video.decodable).map(|video| video.index) else {
            continue;
        };
        let reopen = || crate::open::open(&clip);
        let Ok((index, summary)) = crate::scan::scan(&probe, &reopen, IndexMethod::Auto, &mut go) else {
            continue;
        };
        if summary.damaged > 0 || summary.keyframes == 0 {
            continue;
        }
        let decode =
            ["-v", "error", "-i", clip.to_str().unwrap(), "-map", &format!("0:{stream}"), "-f", "null", "-"];
        if !Command::new("ffmpeg").args(decode).output().unwrap().stderr.is_empty() {
            // Concealed damage looks different from place to place.
            continue;
        }
        let all = pictures(&clip, stream);
        for at in stretches(&index) {
            let name = format!("{} {at:?}", clip.display());
            let mut task = task(&clip, stream, &index, at);
            task.out = work.path().join(task.out.file_name().unwrap());
            match cut(&task, &mut go) {
                Ok(done) => {
                    let found = pictures(&task.out, 0);
                    assert_eq!(found.len() as u64, done.before + done.count + done.after, "{name}: {done:?}");
                    let place = |n: u64| usize::try_from(n).unwrap();
                    let wanted = &found[place(done.before)..place(done.before + done.count)];
                    let expected = &all[place(at.2)..place(at.2 + at.3)];
                    assert!(wanted == expected, "{name}: other pictures");
                    sound(&task.out, &name);
                }
                Err(error) => println!("{name}: {:?} {error}", error.code),
            }
        }
    }
}
