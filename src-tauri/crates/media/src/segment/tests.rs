//! Frame exactness: whatever the cuts, segments together see exactly the frames of one linear decode.

use std::{
    collections::hash_map::DefaultHasher,
    hash::Hasher,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::Command,
};

use spillway_profile::VideoCodec;

use super::*;
use crate::{
    ff::{Next, Packet},
    index::FrameIndex,
    part::PartReader,
    schedule::Entry,
    task::{IndexMethod, Rendition, Treatment, VideoSettings},
    types::{ColorTags, FieldOrder, Ratio},
};

/// Sources with known trouble, made by the FFmpeg command line: name, filter, encoder options.
const SOURCES: [(&str, &str, &str); 5] = [
    (
        "open-gop.mp4",
        "testsrc2=s=192x108:r=25:d=6",
        "-c:v libx264 -g 24 -x264-params open-gop=1:bframes=3:scenecut=0",
    ),
    (
        "open-gop-hevc.mp4",
        "testsrc2=s=192x108:r=25:d=5",
        "-c:v libx265 -x265-params open-gop=1:keyint=24:log-level=none",
    ),
    ("mpeg2.ts", "testsrc2=s=192x128:r=25:d=5", "-c:v mpeg2video -g 15 -bf 2"),
    ("one-key.mkv", "testsrc2=s=192x108:r=30:d=4", "-c:v libx264 -g 9999 -x264-params scenecut=0"),
    (
        "vfr.mkv",
        "testsrc2=s=192x108:r=30:d=5,select='not(mod(n\\,3))+gt(mod(n\\,7)\\,4)'",
        "-vsync vfr -c:v libx264 -g 20",
    ),
];

pub(crate) fn make(folder: &Path, name: &str, filter: &str, options: &str) -> PathBuf {
    let path = folder.join(name);
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", filter])
        .args(options.split(' '))
        .arg(&path)
        .status()
        .expect("the ffmpeg command line makes test sources");
    assert!(status.success(), "{name}");
    path
}

fn on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn index_of(path: &Path, method: IndexMethod) -> FrameIndex {
    let (probe, input) = crate::probe::probe(path).unwrap();
    drop(input);
    crate::scan::scan(&probe, &|| crate::open::open(path), method, &mut on).unwrap().0
}

fn task(source: &Path, schedule: PathBuf, first: u64, count: u64, linear: bool) -> SegmentTask {
    SegmentTask {
        source: source.into(),
        stream: 0,
        schedule,
        first,
        count,
        linear,
        treatment: Treatment {
            deinterlace: None,
            tone_map: None,
            rotate: 0,
            source_color: ColorTags::default(),
        },
        renditions: vec![],
        threads: 1,
    }
}

fn schedule_of(index: &FrameIndex, folder: &Path) -> (PathBuf, Vec<Entry>) {
    let first = index.frames[0].time;
    let entries: Vec<Entry> = (0u64..)
        .zip(&index.frames)
        .map(|(ordinal, frame)| Entry { ordinal, source: frame.pts, out: frame.time - first })
        .collect();
    let path = folder.join("schedule");
    schedule::write(&path, index.time_base, index.time_base, index.end - first, &entries).unwrap();
    (path, entries)
}

fn pictures(task: &SegmentTask, base: Ratio, entries: &[Entry]) -> Result<Vec<u64>, MediaError> {
    let mut frames = SourceFrames::open(task, base, entries)?;
    let mut hashes = Vec::new();
    while let Some((slots, frame)) = frames.next(&mut || Ok(()))? {
        assert_eq!(slots.map(|s| s.len()), Some(1));
        let mut hash = DefaultHasher::new();
        for line in 0..frame.height() as usize {
            hash.write(frame.line(0, line, frame.width() as usize));
        }
        hashes.push(hash.finish());
    }
    Ok(hashes)
}

#[test]
fn segments_see_the_frames_of_one_linear_decode() {
    let folder = tempfile::tempdir().unwrap();
    for (name, filter, options) in SOURCES {
        let source = make(folder.path(), name, filter, options);
        let index = index_of(&source, IndexMethod::Auto);
        let decoded = index_of(&source, IndexMethod::Decode);
        let times = |i: &FrameIndex| i.frames.iter().map(|f| f.time).collect::<Vec<_>>();
        assert_eq!(times(&index), times(&decoded), "{name}: packets and decoder agree");
        let (path, entries) = schedule_of(&index, folder.path());
        let all = entries.len() as u64;
        let whole = pictures(&task(&source, path.clone(), 0, all, true), index.time_base, &entries).unwrap();
        assert_eq!(whole.len() as u64, all, "{name}");
        for cuts in [2usize, 3, 7] {
            let step = entries.len().div_ceil(cuts);
            let mut seen = Vec::new();
            for (n, slice) in entries.chunks(step).enumerate() {
                let first = (n * step) as u64;
                let task = task(&source, path.clone(), first, slice.len() as u64, false);
                seen.extend(
                    pictures(&task, index.time_base, slice).unwrap_or_else(|e| panic!("{name}: {e}")),
                );
            }
            assert!(seen == whole, "{name}: {cuts} segments differ from one decode");
        }
    }
}

/// AVI has no presentation times, so a seek can land on other times than one linear decode gives:
/// then the segment must fail (and the engine decodes linearly), never show other frames.
#[test]
fn a_container_without_times_is_exact_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let source = make(folder.path(), "mpeg4.avi", "testsrc2=s=192x108:r=25:d=4", "-c:v mpeg4 -g 12 -bf 2");
    let index = index_of(&source, IndexMethod::Auto);
    assert_eq!(index.frames.len(), 100);
    let (path, entries) = schedule_of(&index, folder.path());
    let whole = pictures(&task(&source, path.clone(), 0, 100, true), index.time_base, &entries).unwrap();
    let (first, second) = whole.split_at(50);
    let seek = |from: usize| {
        pictures(
            &task(&source, path.clone(), from as u64, 50, false),
            index.time_base,
            &entries[from..from + 50],
        )
    };
    for (expected, got) in [(first, seek(0)), (second, seek(50))] {
        match got {
            Ok(pictures) => assert!(pictures == expected),
            Err(error) => assert_eq!(error.code, MediaCode::FrameMismatch),
        }
    }
}

fn settings(codec: VideoCodec, base: Ratio) -> VideoSettings {
    VideoSettings {
        codec,
        profile: None,
        level: None,
        preset: (codec != VideoCodec::Prores).then(|| "ultrafast".into()),
        tune: None,
        pixel_format: if codec == VideoCodec::Prores { "yuv422p10le" } else { "yuv420p" }.into(),
        scale_width: 192,
        scale_height: 108,
        width: 192,
        height: 108,
        sample_aspect: Ratio::new(1, 1),
        time_base: base,
        frame_rate: None,
        nominal_rate: Ratio::new(25, 1),
        gop: 24,
        fixed_gop: false,
        b_frames: None,
        crf: (codec != VideoCodec::Prores).then_some(30.0),
        vbv: None,
        color: ColorTags { range: Some("tv".into()), matrix: Some("bt709".into()), ..ColorTags::default() },
        hdr: None,
        field_order: FieldOrder::Progressive,
    }
}

#[test]
fn every_codec_gives_each_time_once_and_equal_parameter_sets() {
    let folder = tempfile::tempdir().unwrap();
    let (name, filter, options) = SOURCES[4];
    let source = make(folder.path(), name, filter, options);
    let index = index_of(&source, IndexMethod::Auto);
    let (schedule, entries) = schedule_of(&index, folder.path());
    let half = entries.len() as u64 / 2;
    for codec in [VideoCodec::H264, VideoCodec::Hevc, VideoCodec::Prores] {
        let mut times = Vec::new();
        let mut headers = Vec::new();
        for (first, count) in [(0, half), (half, entries.len() as u64 - half)] {
            let mut task = task(&source, schedule.clone(), first, count, false);
            let small = VideoSettings {
                scale_width: 96,
                scale_height: 54,
                width: 96,
                height: 54,
                ..settings(codec, index.time_base)
            };
            task.renditions = vec![
                Rendition {
                    id: "a".into(),
                    video: settings(codec, index.time_base),
                    every: 1,
                    out: folder.path().join(format!("{first}.a")),
                },
                Rendition {
                    id: "b".into(),
                    video: small,
                    every: 1,
                    out: folder.path().join(format!("{first}.b")),
                },
            ];
            let done = encode(&task, &mut on).unwrap();
            assert_eq!(done.damaged, 0);
            assert!(done.parts.iter().all(|p| p.packets == count));
            headers.push(done.parts.iter().map(|p| p.extradata_sha256.clone()).collect::<Vec<_>>());
            let mut reader = PartReader::open(&done.parts[0].path).unwrap();
            let mut packet = Packet::new();
            let mut of_part = Vec::new();
            while reader.next(&mut packet).unwrap() == Next::Item {
                of_part.push(packet.pts().unwrap());
            }
            of_part.sort_unstable();
            times.extend(of_part);
        }
        assert_eq!(times, entries.iter().map(|e| e.out).collect::<Vec<_>>(), "{codec:?}");
        assert_eq!(headers[0], headers[1], "{codec:?}: parameter sets of both segments are equal");
    }
}

#[test]
fn a_frame_that_does_not_come_is_an_error_and_cancel_is_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let (name, filter, options) = SOURCES[0];
    let source = make(folder.path(), name, filter, options);
    let index = index_of(&source, IndexMethod::Auto);
    let (_, mut entries) = schedule_of(&index, folder.path());
    let schedule = folder.path().join("schedule");
    let rendition = Rendition {
        id: "a".into(),
        video: settings(VideoCodec::H264, index.time_base),
        every: 1,
        out: folder.path().join("a"),
    };
    let mut task = task(&source, schedule.clone(), 0, 10, false);
    task.renditions = vec![rendition];
    let cancelled = encode(&task, &mut |_| ControlFlow::Break(()));
    assert_eq!(cancelled.map_err(|e| e.code), Err(MediaCode::Cancelled));
    entries[5].source += 1;
    schedule::write(&schedule, index.time_base, index.time_base, index.end, &entries).unwrap();
    assert_eq!(encode(&task, &mut on).map_err(|e| e.code), Err(MediaCode::FrameMismatch));
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|n| n.to_string_lossy().contains(".part")), "{left:?}");
}
