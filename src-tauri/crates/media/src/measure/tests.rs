use std::path::{Path, PathBuf};

use super::measure;
use crate::{
    ff::{Next, Packet},
    measured::Measured,
    package::{package, tests::ladder},
    part::{PartReader, PartWriter},
    stitch::{
        fixture::{Recipe, encode, go, source, task as stitch_task, tone, tool, write_schedule},
        stitch,
    },
    task::{MeasureTask, StitchTask},
    types::{FieldOrder, MediaCode, Ratio},
};

fn plain(path: &Path) -> MeasureTask {
    MeasureTask {
        path: path.to_path_buf(),
        seams_ms: Vec::new(),
        decode_all: false,
        loudness: false,
        hash: false,
    }
}

fn measured(task: &MeasureTask) -> Measured {
    measure(task, &mut go).unwrap()
}

/// Three segments of 25, 15 and 20 frames with a tone, stitched.
fn movie(folder: &Path, change: impl FnOnce(&mut StitchTask)) -> (PathBuf, String) {
    let recipe = Recipe::constant(Ratio::new(25, 1), &[25, 15, 20]);
    let (src, schedule) = (source(folder, 60), write_schedule(folder, &recipe));
    let parts = encode(folder, &src, &schedule, "v", &recipe);
    let mut task = stitch_task(folder, &parts, &schedule);
    task.audio = vec![tone(folder, "a", 2.4, true, Some("fra"))];
    change(&mut task);
    let done = stitch(&task, &mut go).unwrap();
    (task.out, done.files[0].sha256.clone())
}

#[test]
fn a_stitched_file_measures_as_it_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let (path, sha256) = movie(folder.path(), |task| {
        task.timecode = Some("10:00:00:00".into());
        task.rotation = 270;
    });
    let task = MeasureTask { seams_ms: vec![1000, 1600], loudness: true, hash: true, ..plain(&path) };
    let found = measured(&task);
    assert_eq!(found.faults, [""; 0]);
    assert_eq!((found.container.as_str(), found.moov_first), ("mp4", Some(true)));
    assert_eq!(found.timecode.as_deref(), Some("10:00:00:00"));
    assert_eq!(found.files[0].sha256, sha256);
    let video = &found.video[0];
    assert_eq!((video.frames, video.first, video.end), (60, 0, 60 * 512));
    assert_eq!(video.times_us, (0..60).map(|n| n * 40_000).collect::<Vec<_>>());
    assert_eq!(video.constant_rate, Some(Ratio::new(25, 1)));
    assert_eq!(video.keyframes, [0, 12, 24, 25, 37, 40, 52]);
    assert_eq!((video.open_gops, video.longest_gop, video.parameter_set_changes), (0, 12, 0));
    assert!(video.b_frames.is_some_and(|run| (1..=3).contains(&run)), "{:?}", video.b_frames);
    assert!(video.times_rise);
    assert_eq!((video.decode_errors, video.rotation, video.field_order), (0, 270, FieldOrder::Progressive));
    // Frames 24 to 37 and 37 to 52: from the keyframe before each join to twelve frames behind it.
    assert_eq!(video.decoded, 29);
    let bytes = tool(
        "ffprobe",
        &[
            "-v",
            "error",
            "-select_streams",
            "v",
            "-show_entries",
            "packet=size",
            "-of",
            "csv=p=0",
            path.to_str().unwrap(),
        ],
    );
    let sizes: Vec<u64> = bytes.lines().map(|line| line.trim_end_matches(',').parse().unwrap()).collect();
    assert_eq!(video.bytes, sizes.iter().sum::<u64>());
    assert!(video.peak_bit_rate >= video.bit_rate);
    let audio = &found.audio[0];
    assert_eq!((audio.start_sample, audio.samples, audio.frame_samples), (0, 115_200, 1024));
    assert_eq!((audio.language.as_deref(), audio.profile.as_deref()), (Some("fra"), Some("LC")));
    // An eighth of full scale, spread over two channels.
    assert!(audio.true_peak_dbtp.is_some_and(|peak| (-21.6..-20.6).contains(&peak)), "{audio:?}");
    assert!(audio.lufs.is_some_and(|lufs| (-23.0..-20.0).contains(&lufs)), "{audio:?}");
    assert_eq!(audio.decode_errors, 0);
}

/// The same packets, later by so many samples.
fn delayed(part: &Path, samples: i64) -> PathBuf {
    let mut reader = PartReader::open(part).unwrap();
    let path = part.with_extension("late");
    let mut writer = PartWriter::create(&path, &reader.params, reader.time_base, &reader.side_data).unwrap();
    let mut packet = Packet::new();
    while reader.next(&mut packet).unwrap() == Next::Item {
        let later = |time: Option<i64>| time.map(|time| time + samples);
        packet.set_times(later(packet.pts()), later(packet.dts()), packet.duration());
        writer.write(&packet).unwrap();
    }
    writer.finish(reader.end().unwrap() + samples).unwrap();
    path
}

#[test]
fn late_audio_stays_late_to_the_sample() {
    let folder = tempfile::tempdir().unwrap();
    for quicktime in [false, true] {
        let (path, _) = movie(folder.path(), |task| {
            task.quicktime = quicktime;
            task.audio = task.audio.iter().map(|part| delayed(part, 12_345)).collect();
        });
        let audio = &measured(&plain(&path)).audio[0];
        assert_eq!((audio.start_sample, audio.samples), (12_345, 115_200));
    }
}

#[test]
fn everything_is_decoded_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = movie(folder.path(), |task| {
        task.audio.clear();
        task.edit_list = false;
    });
    let task = MeasureTask { decode_all: true, ..plain(&path) };
    let found = measured(&task);
    assert_eq!(found.edit_lists, Some(0));
    assert_eq!((found.video[0].decoded, found.video[0].decode_errors, found.video[0].first), (60, 0, 0));

    // Damage in the middle of the media: the count still fits, decoding does not.
    let mut bytes = std::fs::read(&path).unwrap();
    let mdat = bytes.windows(4).position(|w| w == b"mdat").unwrap();
    let middle = mdat + (bytes.len() - mdat) / 2;
    bytes[middle..middle + 400].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let found = measured(&task);
    assert_eq!(found.video[0].frames, 60);
    assert!(found.video[0].decode_errors > 0);
    assert!(!found.faults.is_empty());
}

#[test]
fn variable_times_end_where_the_last_frame_ends() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut recipe = Recipe::constant(Ratio::new(25, 1), &[20, 11]);
    recipe.base = Ratio::new(1, 30_000);
    recipe.times = (0..31).map(|n| n * 1_000 + (n % 4) * 111).collect();
    recipe.end = recipe.times[30] + 2_345;
    let (src, schedule) = (source(folder, 31), write_schedule(folder, &recipe));
    let parts = encode(folder, &src, &schedule, "v", &recipe);
    for edit_list in [true, false] {
        let task = StitchTask { edit_list, ..stitch_task(folder, &parts, &schedule) };
        stitch(&task, &mut go).unwrap();
        let found = measured(&plain(&task.out));
        let video = &found.video[0];
        assert_eq!(
            (video.first, video.end, video.constant_rate),
            (0, recipe.end, None),
            "edit list: {edit_list}"
        );
        let expected: Vec<i64> = recipe
            .times
            .iter()
            .map(|t| crate::types::rescale(*t, recipe.base, super::MICROSECONDS))
            .collect();
        assert_eq!(video.times_us, expected);
    }
}

#[test]
fn open_gops_and_changing_headers_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("open.mkv");
    tool(
        "ffmpeg",
        &[
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=192x108:rate=25",
            "-frames:v",
            "60",
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-x264-params",
            "open-gop=1:keyint=12:min-keyint=12:scenecut=0:bframes=2",
            path.to_str().unwrap(),
        ],
    );
    let found = measured(&MeasureTask { decode_all: true, ..plain(&path) });
    assert_eq!((found.container.as_str(), found.edit_lists), ("matroska,webm", None));
    assert!(found.video[0].open_gops >= 3, "{:?}", found.video[0].open_gops);
    assert_eq!(found.video[0].decode_errors, 0);
    assert_eq!(found.video[0].decoded, 60);
}

#[test]
fn a_packaged_ladder_measures_clean() {
    let folder = tempfile::tempdir().unwrap();
    let task = ladder(folder.path());
    let done = package(&task, &mut go).unwrap();
    for path in [task.out.clone(), task.out.join("show.m3u8")] {
        let found =
            measured(&MeasureTask { seams_ms: vec![960, 1920], hash: true, loudness: true, ..plain(&path) });
        assert_eq!(found.faults, [""; 0]);
        let mut expected = done.files.clone();
        expected.sort_by(|a, b| a.path.cmp(&b.path));
        let mut listed = found.files.clone();
        listed.sort_by(|a, b| a.path.cmp(&b.path));
        assert_eq!(listed, expected);
        let rungs: Vec<_> =
            found.video.iter().map(|v| (v.id.as_str(), v.frames, v.longest_gop, v.open_gops)).collect();
        assert_eq!(rungs, [("high", 70, 6, 0), ("mid one", 70, 6, 0), ("low", 35, 3, 0)]);
        for video in &found.video {
            let end_us = crate::types::rescale(video.end - video.first, video.time_base, super::MICROSECONDS);
            assert_eq!((video.first, end_us, video.decode_errors), (0, 2_800_000, 0), "{}", video.id);
            assert!(video.decoded > 10);
        }
        let sounds: Vec<_> = found
            .audio
            .iter()
            .map(|a| (a.id.as_str(), a.start_sample, a.samples, a.language.as_deref()))
            .collect();
        assert_eq!(sounds, [("en", 0, 134_400, Some("eng")), ("de", 0, 134_400, Some("deu"))]);
        let hls = found.hls.unwrap();
        assert!(hls.segments_start_idr && hls.keyframes_aligned);
        assert_eq!((hls.i_frame_playlists, hls.target_seconds), (3, 1));
        for rung in &hls.rungs {
            assert_eq!(
                (rung.declared_peak, rung.declared_average),
                (rung.measured_peak, rung.measured_average)
            );
        }
    }
}

#[test]
fn what_a_package_says_wrongly_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let task = ladder(folder.path());
    package(&task, &mut go).unwrap();
    let faults = || measured(&plain(&task.out)).faults.join("\n");
    let edit = |name: &str, from: &str, to: &str| {
        let path = task.out.join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        (path, text)
    };
    let undo = |(path, text): (PathBuf, String)| std::fs::write(path, text).unwrap();

    let old = edit("show.m3u8", "BANDWIDTH=", "BANDWIDTH=1,X-OLD=");
    assert!(faults().contains("BANDWIDTH declares 1"));
    undo(old);
    let old = edit("high/playlist.m3u8", "#EXTINF:0.480000", "#EXTINF:0.440000");
    assert!(faults().contains("high: segment 1 lasts 480000"));
    undo(old);
    let old = edit("low/iframes.m3u8", "@0", "@4");
    assert!(faults().contains("low: I-frame 1 does not decode"));
    undo(old);
    let old = edit("en/playlist.m3u8", "#EXT-X-ENDLIST\n", "");
    assert!(faults().contains("en: the playlist has no #EXT-X-ENDLIST"));
    undo(old);
    assert_eq!(faults(), "");

    let old = edit("high/playlist.m3u8", "seg00002.m4s", "../../source.mp4");
    assert_eq!(measure(&plain(&task.out), &mut go).unwrap_err().code, MediaCode::Playlist);
    undo(old);
    // A segment of another rung in the place of this one's.
    std::fs::copy(task.out.join("mid one/seg00002.m4s"), task.out.join("high/seg00002.m4s")).unwrap();
    let found = measured(&MeasureTask { decode_all: true, ..plain(&task.out) });
    assert!(
        found.video[0].decode_errors > 0 || found.video[0].parameter_set_changes > 0,
        "{:?}",
        found.faults
    );
}

#[test]
fn broken_files_give_answers_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = movie(folder.path(), |task| task.edit_list = true);
    let good = std::fs::read(&path).unwrap();
    let broken = folder.path().join("broken.mp4");
    let mut answers = 0;
    for step in 0..40usize {
        let mut bytes = good.clone();
        if step % 2 == 0 {
            bytes.truncate(good.len() * step / 40);
        } else {
            // Deterministic damage all over the index.
            for n in 0..20 {
                let at = (step * 7_919 + n * 104_729) % 4_000.min(bytes.len());
                bytes[at] ^= u8::try_from(step * 37 % 255 + 1).unwrap();
            }
        }
        std::fs::write(&broken, bytes).unwrap();
        let task =
            MeasureTask { seams_ms: vec![1000, 9_000_000, -5], decode_all: step % 3 == 0, ..plain(&broken) };
        answers += u32::from(measure(&task, &mut go).is_ok());
    }
    assert!(answers > 0, "some of them can still be measured");
}
