use std::{ops::ControlFlow, path::Path};

use spillway_profile::VideoCodec;

use super::{
    fixture::{Recipe, encode, go, source, task, tone, tool, write_schedule},
    join, stitch,
};
use crate::{
    boxes::Layout,
    task::{StitchTask, VideoInput},
    types::{Hdr, MediaCode, Ratio},
};

/// Presentation time and duration of each picture packet, sorted, in ticks.
fn picture(path: &Path) -> Vec<(i64, i64)> {
    let fields = "packet=pts,duration";
    let text = tool(
        "ffprobe",
        &[
            "-v",
            "error",
            "-select_streams",
            "v:0",
            "-show_entries",
            fields,
            "-of",
            "csv=p=0",
            path.to_str().unwrap(),
        ],
    );
    let mut rows: Vec<(i64, i64)> = text
        .lines()
        .map(|line| {
            let mut columns = line.split(',').map(|n| if n == "N/A" { 0 } else { n.parse().unwrap() });
            (columns.next().unwrap(), columns.next().unwrap())
        })
        .collect();
    rows.sort_unstable();
    rows
}

fn entry(path: &Path, stream: &str, what: &str) -> String {
    let path = path.to_str().unwrap();
    tool(
        "ffprobe",
        &["-v", "error", "-select_streams", stream, "-show_entries", what, "-of", "csv=p=0", path],
    )
    .trim_matches([',', '\n'])
    .to_owned()
}

/// Hash of every decoded frame with its time; also proves that the file decodes without complaint.
fn decoded(path: &Path, stream: &str) -> Vec<String> {
    let text = tool(
        "ffmpeg",
        &[
            "-v",
            "error",
            "-i",
            path.to_str().unwrap(),
            "-map",
            stream,
            "-f",
            "framemd5",
            "-fps_mode",
            "passthrough",
            "-",
        ],
    );
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

fn made(task: &StitchTask) -> crate::task::FilesDone {
    let done = stitch(task, &mut go).unwrap();
    let file = &done.files[0];
    assert_eq!((done.files.len(), file.path.as_str()), (1, ""));
    assert_eq!(file.bytes, std::fs::metadata(&task.out).unwrap().len());
    done
}

#[test]
fn segments_become_one_stream() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let recipe = Recipe::constant(Ratio::new(30_000, 1_001), &[30, 17, 1, 24]);
    let (src, schedule) = (source(folder, 72), write_schedule(folder, &recipe));
    let parts = encode(folder, &src, &schedule, "v", &recipe);
    let mut task = task(folder, &parts, &schedule);
    task.audio = vec![tone(folder, "a", 2.4, true, Some("ger"))];
    task.timecode = Some("01:00:00;00".into());
    task.rotation = 90;
    task.language = Some("eng".into());
    task.tags = vec![("title".into(), "Ölçü".into())];
    for quicktime in [false, true] {
        task.quicktime = quicktime;
        task.out = folder.join(if quicktime { "out.mov" } else { "out.mp4" });
        let done = made(&task);
        assert_eq!((done.frames, done.duration_ms), (72, 2402));
        let expected: Vec<(i64, i64)> = (0..72).map(|n| (n * 1001, 1001)).collect();
        assert_eq!(picture(&task.out), expected);
        assert_eq!(
            entry(&task.out, "v:0", "stream=start_pts,duration_ts,r_frame_rate"),
            "30000/1001,0,72072"
        );
        assert_eq!(entry(&task.out, "a:0", "stream=start_pts,duration_ts"), "0,115200");
        assert_eq!(entry(&task.out, "v:0", "stream_tags=language"), "eng");
        assert_eq!(entry(&task.out, "a:0", "stream_tags=language"), if quicktime { "ger" } else { "deu" });
        assert_eq!(entry(&task.out, "v:0", "stream_side_data=rotation"), "-90");
        assert_eq!(entry(&task.out, "v:0", "stream_tags=timecode"), "01:00:00;00");
        assert_eq!(entry(&task.out, "v:0", "format_tags=title"), "Ölçü");
        assert_eq!(decoded(&task.out, "0:v").len(), 72);
        assert!(
            entry(&task.out, "a:0", "packet=pts,duration").ends_with("114688,512"),
            "the padding at the end is cut"
        );
        let layout = Layout::read(&task.out).unwrap();
        assert_eq!(layout.moov_first, Some(true));
        assert!(layout.edit_lists >= 2, "{layout:?}");
    }
}

#[test]
fn large_files_get_their_index_first_without_being_written_twice() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let recipe = Recipe::constant(Ratio::new(30_000, 1_001), &[30, 17, 1, 24]);
    let (src, schedule) = (source(folder, 72), write_schedule(folder, &recipe));
    let parts = encode(folder, &src, &schedule, "v", &recipe);
    let mut task = task(folder, &parts, &schedule);
    task.audio = vec![tone(folder, "a", 2.4, true, Some("ger"))];
    task.timecode = Some("01:00:00;00".into());
    task.tags = vec![("title".into(), "x".repeat(10_000))];
    for (quicktime, edit_list) in [(false, true), (true, true)] {
        (task.quicktime, task.edit_list) = (quicktime, edit_list);
        made(&task);
        let (plain, moved) = (boxes_of(&task.out), (decoded(&task.out, "0:v"), decoded(&task.out, "0:a")));
        assert_eq!(plain.iter().filter(|kind| *kind == "free").count(), usize::from(!quicktime), "{plain:?}");
        join(&task, 0, &mut go).unwrap();
        let kinds = boxes_of(&task.out);
        let at = |kind: &str| kinds.iter().position(|found| found == kind).unwrap();
        assert_eq!(at("free"), at("moov") + 1, "what is left of the room is marked as free: {kinds:?}");
        assert!(at("free") < at("mdat"), "{kinds:?}");
        assert_eq!((decoded(&task.out, "0:v"), decoded(&task.out, "0:a")), moved);
        let layout = Layout::read(&task.out).unwrap();
        assert_eq!((layout.moov_first, layout.cut_short), (Some(true), false));
    }
}

#[test]
fn the_room_for_the_index_holds_for_the_worst_of_streams() {
    // A chunk for every packet, a duration and an offset of its own for every picture.
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut recipe = Recipe::constant(Ratio::new(25, 1), &[3_000]);
    recipe.base = Ratio::new(1, 90_000);
    recipe.size = (32, 32);
    recipe.gop = 2;
    recipe.b_frames = 0;
    recipe.times = (0..3_000).map(|n| n * 1_890 + n % 3).collect();
    recipe.end = 3_000 * 1_890;
    let (src, schedule) = (source(folder, 3_000), write_schedule(folder, &recipe));
    let parts = encode(folder, &src, &schedule, "v", &recipe);
    let mut task = task(folder, &parts, &schedule);
    task.audio = (0..8).map(|n| tone(folder, &format!("a{n}"), 60.0, false, None)).collect();
    join(&task, 0, &mut go).unwrap();
    assert_eq!(Layout::read(&task.out).unwrap().moov_first, Some(true));
}

/// The top-level boxes of a file, in order.
fn boxes_of(path: &Path) -> Vec<String> {
    let mut file = std::fs::File::open(path).unwrap();
    let size = file.metadata().unwrap().len();
    let atoms = crate::boxes::children(&mut file, 0, size).unwrap();
    atoms.iter().map(|atom| String::from_utf8_lossy(&atom.kind).into_owned()).collect()
}

#[test]
fn without_edit_lists_everything_starts_at_zero() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let recipe = Recipe::constant(Ratio::new(25, 1), &[25, 25]);
    let (src, schedule) = (source(folder, 50), write_schedule(folder, &recipe));
    let parts = encode(folder, &src, &schedule, "v", &recipe);
    let mut task = task(folder, &parts, &schedule);
    task.audio = vec![tone(folder, "a", 2.0, false, None)];
    task.edit_list = false;
    task.timecode = Some("10:00:00:00".into());
    made(&task);
    let layout = Layout::read(&task.out).unwrap();
    assert_eq!((layout.moov_first, layout.edit_lists, layout.tracks), (Some(true), 0, 2));
    let expected: Vec<(i64, i64)> = (0..50).map(|n| (n * 512, 512)).collect();
    assert_eq!(picture(&task.out), expected);
    assert_eq!(entry(&task.out, "v:0", "stream=start_pts,duration_ts"), "0,25600");
    assert_eq!(entry(&task.out, "a:0", "stream=start_pts"), "0");
    assert_eq!(decoded(&task.out, "0:v").len(), 50);
    // Priming in front of zero cannot be hidden without an edit list.
    task.audio = vec![tone(folder, "b", 2.0, true, None)];
    assert_eq!(stitch(&task, &mut go).unwrap_err().code, MediaCode::Refused);
}

#[test]
fn variable_times_are_kept_to_the_tick() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut recipe = Recipe::constant(Ratio::new(25, 1), &[20, 21]);
    recipe.base = Ratio::new(1, 90_000);
    let steps = [3000, 3003, 1500, 9000, 2999, 120_000, 3001];
    recipe.times = (0..41).scan(0, |t, n| Some(std::mem::replace(t, *t + steps[n % steps.len()]))).collect();
    recipe.end = recipe.times[40] + 7_777;
    let (src, schedule) = (source(folder, 41), write_schedule(folder, &recipe));
    let parts = encode(folder, &src, &schedule, "v", &recipe);
    let mut task = task(folder, &parts, &schedule);
    for edit_list in [true, false] {
        task.edit_list = edit_list;
        made(&task);
        let times: Vec<i64> = picture(&task.out).iter().map(|row| row.0).collect();
        assert_eq!(times, recipe.times, "edit list: {edit_list}");
        assert_eq!(
            entry(&task.out, "v:0", "stream=duration_ts"),
            recipe.end.to_string(),
            "edit list: {edit_list}"
        );
        assert_eq!(decoded(&task.out, "0:v").len(), 41);
    }
}

#[test]
fn hevc_and_prores_are_tagged() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (codec, tag) in [(VideoCodec::Hevc, "hvc1"), (VideoCodec::Prores, "apch")] {
        let mut recipe = Recipe::constant(Ratio::new(24, 1), &[9, 8]);
        recipe.codec = codec;
        let (src, schedule) = (source(folder, 17), write_schedule(folder, &recipe));
        let parts = encode(folder, &src, &schedule, "v", &recipe);
        let mut task = task(folder, &parts, &schedule);
        task.quicktime = true;
        task.out = folder.join("out.mov");
        made(&task);
        assert_eq!(entry(&task.out, "v:0", "stream=codec_tag_string"), tag);
        assert_eq!(picture(&task.out), (0..17).map(|n| (n * 512, 512)).collect::<Vec<_>>());
        assert_eq!(
            entry(&task.out, "v:0", "stream=color_space,color_transfer,color_primaries"),
            "bt709,bt709,bt709"
        );
        assert_eq!(decoded(&task.out, "0:v").len(), 17);
    }
}

#[test]
fn segments_that_do_not_fit_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let recipe = Recipe::constant(Ratio::new(25, 1), &[12, 12, 12]);
    let (src, schedule) = (source(folder, 36), write_schedule(folder, &recipe));
    let parts = encode(folder, &src, &schedule, "v", &recipe);
    let fails = |parts: &[std::path::PathBuf]| stitch(&task(folder, parts, &schedule), &mut go).unwrap_err();

    let other = Recipe { b_frames: 0, ..Recipe::constant(Ratio::new(25, 1), &[12, 12, 12]) };
    let odd = encode(folder, &src, &schedule, "odd", &other);
    let error = fails(&[parts[0].clone(), odd[1].clone(), parts[2].clone()]);
    assert_eq!(error.code, MediaCode::Unstitchable);
    assert!(error.message.contains("segment 2 of 3"), "{}", error.message);

    assert_eq!(fails(&[parts[0].clone(), parts[2].clone(), parts[1].clone()]).code, MediaCode::FrameMismatch);
    assert_eq!(fails(&parts[..2]).code, MediaCode::FrameMismatch);
    assert_eq!(fails(&[parts[0].clone(), parts[0].clone(), parts[2].clone()]).code, MediaCode::FrameMismatch);

    let bytes = std::fs::read(&parts[1]).unwrap();
    std::fs::write(&parts[1], &bytes[..bytes.len() - 40]).unwrap();
    let error = fails(&parts);
    assert_eq!(error.code, MediaCode::PartCorrupt);
    assert!(error.message.contains("segment 2 of 3"), "{}", error.message);
    assert!(!folder.join("out.mp4").exists(), "nothing is written before everything is checked");
}

#[test]
fn it_stops_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let recipe = Recipe::constant(Ratio::new(25, 1), &[12]);
    let (src, schedule) = (source(folder, 12), write_schedule(folder, &recipe));
    let parts = encode(folder, &src, &schedule, "v", &recipe);
    let error = stitch(&task(folder, &parts, &schedule), &mut |_| ControlFlow::Break(())).unwrap_err();
    assert_eq!(error.code, MediaCode::Cancelled);
}

#[test]
fn a_source_is_copied_frame_by_frame() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let path = folder.join("b.mkv");
    let chapters = folder.join("chapters.txt");
    std::fs::write(&chapters, ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=1500\ntitle=One\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=1500\nEND=3000\ntitle=Two\n").unwrap();
    tool(
        "ffmpeg",
        &[
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=192x108:rate=25",
            "-i",
            chapters.to_str().unwrap(),
            "-frames:v",
            "50",
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-g",
            "20",
            "-bf",
            "3",
            "-output_ts_offset",
            "1",
            path.to_str().unwrap(),
        ],
    );
    let times: Vec<i64> = picture(&path).iter().map(|row| row.0).collect();
    let entries: Vec<_> = times
        .iter()
        .enumerate()
        .map(|(n, t)| crate::schedule::Entry { ordinal: n as u64, source: *t, out: t - times[0] })
        .collect();
    let base = Ratio::new(1, 1000);
    let schedule = folder.join("copy.bin");
    crate::schedule::write(&schedule, base, base, 2000, &entries).unwrap();
    let mut task = task(folder, &[], &schedule);
    task.video = VideoInput::Source { path: path.clone(), stream: 0, schedule: schedule.clone() };
    task.zero = crate::task::Time { ticks: times[0], base };
    task.chapters_from = Some(path.clone());
    for edit_list in [true, false] {
        task.edit_list = edit_list;
        let done = made(&task);
        assert_eq!((done.frames, done.duration_ms), (50, 2000));
        let expected: Vec<i64> = times.iter().map(|t| (t - times[0]) * 16).collect();
        assert_eq!(picture(&task.out).iter().map(|row| row.0).collect::<Vec<_>>(), expected);
        let hashes = |path: &Path| {
            decoded(path, "0:v").iter().map(|l| l.rsplit(',').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(hashes(&task.out), hashes(&path));
    }
    let listed =
        tool("ffprobe", &["-v", "error", "-show_chapters", "-of", "csv=p=0", task.out.to_str().unwrap()]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert_eq!(Layout::read(&task.out).unwrap().edit_lists, 0, "not in the chapter track either");
    crate::schedule::write(&schedule, base, base, 2000, &entries[..49]).unwrap();
    assert!(stitch(&task, &mut go).is_ok(), "a last frame that nobody needs is left out");
    let mut moved = entries;
    moved[7].source += 1;
    crate::schedule::write(&schedule, base, base, 2000, &moved).unwrap();
    assert_eq!(stitch(&task, &mut go).unwrap_err().code, MediaCode::FrameMismatch);
}

#[test]
fn hdr_metadata_reaches_the_container() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut recipe = Recipe::constant(Ratio::new(24, 1), &[5, 5]);
    recipe.codec = VideoCodec::Hevc;
    recipe.hdr = Some(Hdr {
        primaries: Some([[34_000, 16_000], [13_250, 34_500], [7_500, 3_000], [15_635, 16_450]]),
        luminance: Some([50, 10_000_000]),
        content_light: Some([1_000, 400]),
        dolby_vision: false,
    });
    let (src, schedule) = (source(folder, 10), write_schedule(folder, &recipe));
    let parts = encode(folder, &src, &schedule, "v", &recipe);
    let mut task = task(folder, &parts, &schedule);
    for quicktime in [false, true] {
        task.quicktime = quicktime;
        made(&task);
        let bytes = std::fs::read(&task.out).unwrap();
        for atom in [b"mdcv", b"clli", b"colr"] {
            assert!(
                bytes.windows(4).any(|window| window == atom),
                "{} {quicktime}",
                String::from_utf8_lossy(atom)
            );
        }
        let input = crate::ff::Input::open(&task.out).unwrap();
        assert_eq!(input.stream(0).unwrap().hdr(), recipe.hdr);
    }
}
