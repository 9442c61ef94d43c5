use std::path::{Path, PathBuf};

use super::package;
use crate::{
    stitch::fixture::{Recipe, encode, go, source, tone, tool, write_schedule},
    task::{AudioInput, FilesDone, PackageTask, RungInput},
    types::{MediaCode, Ratio},
};

/// A ladder of three rungs, the last at half rate, with two audio renditions.
pub(crate) fn ladder(folder: &Path) -> PackageTask {
    let recipe = |size, every| Recipe {
        size,
        every,
        gop: 6 / every,
        ..Recipe::constant(Ratio::new(25, 1), &[24, 24, 22])
    };
    let src = source(folder, 70);
    let schedule = write_schedule(folder, &recipe((128, 72), 1));
    let rung = |id: &str, size, every| RungInput {
        id: id.into(),
        paths: encode(folder, &src, &schedule, id, &recipe(size, every)),
        every,
    };
    PackageTask {
        rungs: vec![rung("high", (128, 72), 1), rung("mid one", (96, 54), 1), rung("low", (64, 36), 2)],
        audio: vec![
            AudioInput {
                id: "en".into(),
                path: tone(folder, "a", 2.8, false, None),
                language: Some("eng".into()),
            },
            AudioInput {
                id: "de".into(),
                path: tone(folder, "b", 2.8, true, None),
                language: Some("ger".into()),
            },
        ],
        schedule,
        segment_frames: 12,
        gop_frames: 6,
        i_frame_playlists: true,
        name: "show".into(),
        out: folder.join(".show"),
    }
}

fn made(task: &PackageTask) -> FilesDone {
    let done = package(task, &mut go).unwrap();
    let mut on_disk = Vec::new();
    for entry in std::fs::read_dir(&task.out).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            on_disk.extend(std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()));
        } else {
            on_disk.push(path);
        }
    }
    let mut listed: Vec<PathBuf> = done.files.iter().map(|file| task.out.join(&file.path)).collect();
    listed.sort();
    on_disk.sort();
    assert_eq!(listed, on_disk, "exactly the listed files are there");
    for file in &done.files {
        assert_eq!(std::fs::metadata(task.out.join(&file.path)).unwrap().len(), file.bytes);
    }
    done
}

fn lines<'a>(text: &'a str, prefix: &str) -> Vec<&'a str> {
    text.lines().filter_map(|line| line.strip_prefix(prefix)).collect()
}

fn seconds(text: &str) -> f64 {
    lines(text, "#EXTINF:").iter().map(|line| line.trim_end_matches(',').parse::<f64>().unwrap()).sum()
}

fn frames(path: &Path, map: &str) -> Vec<String> {
    let text = tool(
        "ffmpeg",
        &[
            "-v",
            "error",
            "-i",
            path.to_str().unwrap(),
            "-map",
            map,
            "-f",
            "framemd5",
            "-fps_mode",
            "passthrough",
            "-",
        ],
    );
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn a_ladder_is_packaged_for_players() {
    let folder = tempfile::tempdir().unwrap();
    let task = ladder(folder.path());
    let done = made(&task);
    assert_eq!((done.frames, done.duration_ms), (70, 2800));
    assert_eq!(done.files[0].path, "show.m3u8");
    for (id, count) in [("high", 70), ("mid one", 70), ("low", 35)] {
        let playlist = task.out.join(id).join("playlist.m3u8");
        let text = std::fs::read_to_string(&playlist).unwrap();
        assert!((seconds(&text) - 2.8).abs() < 1e-6, "{text}");
        assert_eq!(lines(&text, "#EXTINF:").len(), 6);
        assert_eq!(frames(&playlist, "0:v").len(), count);
        let entries =
            ["-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", playlist.to_str().unwrap()];
        let mut times: Vec<f64> =
            tool("ffprobe", &entries).lines().map(|t| t.trim_end_matches(',').parse().unwrap()).collect();
        times.sort_by(f64::total_cmp);
        #[allow(clippy::cast_precision_loss, reason = "small numbers")]
        let expected = (0..count).map(|n| n as f64 * 2.8 / count as f64);
        assert!(times.iter().zip(expected).all(|(t, e)| (t - e).abs() < 1e-4), "{times:?}");
        let i_frames = std::fs::read_to_string(task.out.join(id).join("iframes.m3u8")).unwrap();
        assert!((seconds(&i_frames) - 2.8).abs() < 1e-6);
        assert_eq!(lines(&i_frames, "#EXT-X-BYTERANGE:").len(), 12);
    }
    for id in ["en", "de"] {
        let playlist = task.out.join(id).join("playlist.m3u8");
        let audio = std::fs::read_to_string(&playlist).unwrap();
        assert!((seconds(&audio) - 2.8).abs() < 1e-4, "{audio}");
        assert_eq!(lines(&audio, "#EXTINF:").len(), 6);
        let entries = [
            "-v",
            "error",
            "-show_entries",
            "stream=start_time",
            "-of",
            "csv=p=0",
            playlist.to_str().unwrap(),
        ];
        let starts = tool("ffprobe", &entries);
        let expected = if id == "en" { "0.000000" } else { "-0.021333" };
        assert_eq!(
            starts.lines().next(),
            Some(expected),
            "{id}: zero is the picture, priming comes before it"
        );
    }
    assert_eq!(frames(&task.out.join("show.m3u8"), "0:v:0").len(), 70);
}

#[test]
fn the_multivariant_playlist_declares_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let task = ladder(folder.path());
    made(&task);
    let text = std::fs::read_to_string(task.out.join("show.m3u8")).unwrap();
    let variants = lines(&text, "#EXT-X-STREAM-INF:");
    assert_eq!(variants.len(), 3);
    assert!(variants[0].contains("RESOLUTION=128x72") && variants[0].contains("FRAME-RATE=25.000"), "{text}");
    assert!(variants[2].contains("FRAME-RATE=12.500"), "{text}");
    assert!(variants[0].contains("CODECS=\"avc1.6400") && variants[0].contains(",mp4a.40.2\""), "{text}");
    assert!(text.contains("NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES"), "{text}");
    assert!(text.contains("NAME=\"German\",LANGUAGE=\"de\",DEFAULT=NO"), "{text}");
    assert!(text.contains("mid%20one/playlist.m3u8"), "{text}");
    assert_eq!(lines(&text, "#EXT-X-I-FRAME-STREAM-INF:").len(), 3);
    let largest = |id: &str| {
        let sizes = (1..=5)
            .map(|n| std::fs::metadata(task.out.join(id).join(format!("seg{n:05}.m4s"))).unwrap().len());
        sizes.max().unwrap() * 8 * 100 / 48
    };
    let declared: u64 =
        variants[0].strip_prefix("BANDWIDTH=").unwrap().split(',').next().unwrap().parse().unwrap();
    assert!(declared >= largest("high"), "{declared}");
    assert!(declared <= (largest("high") + largest("en").max(largest("de"))) * 2, "{declared}");
}

#[test]
fn every_segment_and_i_frame_decodes_alone() {
    let folder = tempfile::tempdir().unwrap();
    let task = ladder(folder.path());
    made(&task);
    let at = task.out.join("high");
    let init = std::fs::read(at.join("init.mp4")).unwrap();
    let alone = folder.path().join("alone.mp4");
    for n in 1..=6 {
        let segment = std::fs::read(at.join(format!("seg{n:05}.m4s"))).unwrap();
        std::fs::write(&alone, [init.clone(), segment].concat()).unwrap();
        assert_eq!(frames(&alone, "0:v").len(), if n == 6 { 10 } else { 12 });
    }
    let text = std::fs::read_to_string(at.join("iframes.m3u8")).unwrap();
    let ranges = lines(&text, "#EXT-X-BYTERANGE:");
    let names: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    for (range, name) in ranges.iter().zip(names) {
        let (length, start) = range.split_once('@').unwrap();
        let (length, start): (usize, usize) = (length.parse().unwrap(), start.parse().unwrap());
        let segment = std::fs::read(at.join(name)).unwrap();
        assert_eq!(&segment[start + 4..start + 8], b"moof");
        std::fs::write(&alone, [&init, &segment[start..start + length]].concat()).unwrap();
        let path = alone.to_str().unwrap();
        // The rest of the fragment is missing, which the demuxer says; the picture must decode all the same.
        let count = ["-v", "quiet", "-i", path, "-frames:v", "1", "-f", "framemd5", "-"];
        assert_eq!(tool("ffmpeg", &count).lines().filter(|line| !line.starts_with('#')).count(), 1);
    }
}

#[test]
fn impossible_packages_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let good = ladder(folder.path());
    let code = |task: &PackageTask| package(task, &mut go).unwrap_err().code;

    let mut task = good.clone();
    task.rungs[1].id = "../up".into();
    assert_eq!(code(&task), MediaCode::Refused);
    task.rungs[1].id = "en".into();
    assert_eq!(code(&task), MediaCode::Refused);

    let task = PackageTask { segment_frames: 9, ..good.clone() };
    assert_eq!(code(&task), MediaCode::Refused, "9 frames are not a whole number of GOPs");

    let task = PackageTask { segment_frames: 8, gop_frames: 4, ..good.clone() };
    assert_eq!(code(&task), MediaCode::Unstitchable, "keyframes stand every 6 frames");

    made(&good);
}
