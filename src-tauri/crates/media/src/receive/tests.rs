//! Cut here, encoded elsewhere (by FFmpeg's command line), received and joined: frames and times are those of the
//! schedule.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use spillway_profile::VideoCodec;

use super::*;
use crate::{
    cut::cut,
    segment::tests::make,
    stitch::{
        fixture::{Recipe, go, task as stitch_task, tool, write_schedule},
        stitch,
    },
    task::{CutTask, Rendition, VideoSettings},
};

/// A source of 100 pictures at 25 a second with open groups of 20.
fn source(folder: &Path) -> PathBuf {
    let options = "-c:v libx264 -g 20 -x264-params open-gop=1:bframes=3:b-adapt=0:scenecut=0";
    make(folder, "source.mov", "testsrc2=s=192x128:r=25:d=4", options)
}

/// As an encoder elsewhere would make it: closed groups, fixed cadence, colour said, size as asked.
fn options(codec: VideoCodec, video: &VideoSettings) -> String {
    let gop = video.gop;
    match codec {
        VideoCodec::H264 => format!(
            "-c:v libx264 -preset veryfast -bf 3 -x264-params \
             keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:stitchable=1 -pix_fmt yuv420p"
        ),
        // Parameter sets with every keyframe, as in a `hev1` track.
        VideoCodec::Hevc => format!(
            "-c:v libx265 -preset ultrafast -x265-params \
             keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:repeat-headers=1:log-level=none -pix_fmt yuv420p"
        ),
        VideoCodec::Prores => "-c:v prores_ks -profile:v hq -pix_fmt yuv422p10le".into(),
    }
}

/// Encodes pictures `first` to `first + count` of a cut file, of them every n-th.
fn encode(
    cut: &Path,
    out: &Path,
    (first, count): (u64, u64),
    every: u32,
    video: &VideoSettings,
    options: &str,
) {
    let select = format!(
        "select='between(n,{first},{})*not(mod(n-{first},{every}))',scale={}:{}",
        first + count - 1,
        video.width,
        video.height
    );
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-i", cut.to_str().unwrap(), "-fps_mode", "passthrough", "-vf", &select])
        .args([
            "-color_primaries",
            "bt709",
            "-color_trc",
            "bt709",
            "-colorspace",
            "bt709",
            "-color_range",
            "tv",
        ])
        .args(options.split_whitespace())
        .arg(out)
        .status()
        .unwrap();
    assert!(status.success(), "{options}");
}

fn rendition(folder: &Path, recipe: &Recipe, id: &str, every: u32, size: (u32, u32), n: usize) -> Rendition {
    let (width, height) = size;
    let mut video = VideoSettings {
        scale_width: width,
        scale_height: height,
        width,
        height,
        gop: recipe.gop / every,
        ..recipe.settings()
    };
    if every > 1 {
        let base = video.time_base;
        video.time_base = Ratio::new(base.num * i32::try_from(every).unwrap(), base.den);
    }
    Rendition { id: id.into(), video, every, out: folder.join(format!("{id}-{n}.pkt")) }
}

fn extension(codec: VideoCodec) -> &'static str {
    if codec == VideoCodec::Prores { "mov" } else { "mp4" }
}

/// Presentation time and duration of each picture packet, rising, in ticks.
fn times(path: &Path) -> Vec<(i64, i64)> {
    let fields =
        ["-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts,duration", "-of", "csv=p=0"];
    let text = tool("ffprobe", &[&fields[..], &[path.to_str().unwrap()]].concat());
    let mut rows: Vec<(i64, i64)> = text
        .lines()
        .map(|line| {
            let mut columns = line.split(',').filter(|n| !n.is_empty()).map(|n| n.parse().unwrap());
            (columns.next().unwrap(), columns.next().unwrap())
        })
        .collect();
    rows.sort_unstable();
    rows
}

fn decoded(path: &Path) -> Vec<String> {
    let arguments =
        ["-v", "error", "-i", path.to_str().unwrap(), "-fps_mode", "passthrough", "-f", "framemd5", "-"];
    let text = tool("ffmpeg", &arguments);
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.rsplit(',').next().unwrap().trim().to_owned()).collect()
}

#[test]
fn cut_encoded_received_and_joined_is_the_schedule() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let source = source(folder);
    let base = crate::open::open(&source).unwrap().stream(0).unwrap().time_base();
    let tick = |n: u64| rescale(i64::try_from(n).unwrap(), Ratio::new(1, 25), base);
    for codec in [VideoCodec::H264, VideoCodec::Hevc, VideoCodec::Prores] {
        let intra = codec == VideoCodec::Prores;
        let gop = if intra { 1 } else { 10 };
        let recipe = Recipe { codec, gop, ..Recipe::constant(Ratio::new(25, 1), &[40, 30, 30]) };
        let recipe = Recipe { size: (192, 128), ..recipe };
        let schedule = write_schedule(folder, &recipe);
        let (mut parts, mut slower, mut pictures) = (Vec::new(), Vec::new(), Vec::new());
        let mut sets: [Option<String>; 2] = [None, None];
        // The second begins in the middle of a group: the first wanted picture is not the first of its file.
        for (n, (first, count, from, until)) in
            [(0u64, 40u64, 0u64, Some(40)), (40, 30, 40, Some(80)), (70, 30, 60, None)]
                .into_iter()
                .enumerate()
        {
            let cut_file = folder.join("cut.mov");
            let cut_task = CutTask {
                source: source.clone(),
                stream: 0,
                from: tick(from),
                until: until.map(tick),
                first: tick(first),
                count,
                out: cut_file.clone(),
            };
            let before = cut(&cut_task, &mut go).unwrap().before;
            assert_eq!(before, first - from);
            let mut renditions = vec![rendition(folder, &recipe, "full", 1, (192, 128), n)];
            if !intra {
                renditions.push(rendition(folder, &recipe, "half", 2, (96, 64), n));
            }
            let mut files = Vec::new();
            for (rendition, set) in renditions.into_iter().zip(&sets) {
                let path = folder.join(format!("{}.{}", rendition.id, extension(codec)));
                let video = &rendition.video;
                encode(&cut_file, &path, (before, count), rendition.every, video, &options(codec, video));
                files.push(ReceivedFile { path, rendition, extradata_sha256: set.clone() });
            }
            pictures.extend(decoded(&files[0].path));
            let task = ReceiveTask { files, schedule: schedule.clone(), first, count };
            let done = receive(&task, &mut go).unwrap_or_else(|e| panic!("{codec:?} {n}: {e}"));
            assert_eq!(done.parts[0].packets, count);
            for (set, part) in sets.iter_mut().zip(&done.parts) {
                *set = Some(part.extradata_sha256.clone());
            }
            parts.push(done.parts[0].path.clone());
            slower.extend(done.parts.get(1).map(|part| part.path.clone()));
        }
        for edit_list in [true, false] {
            let mut task = stitch_task(folder, &parts, &schedule);
            task.quicktime = intra;
            task.edit_list = edit_list;
            task.out = folder.join(format!("out.{}", extension(codec)));
            let done = stitch(&task, &mut go).unwrap_or_else(|e| panic!("{codec:?}: {e}"));
            assert_eq!((done.frames, done.duration_ms), (100, 4_000));
            let step = times(&task.out)[0].1;
            let expected: Vec<(i64, i64)> = (0..100).map(|n| (n * step, step)).collect();
            assert_eq!(times(&task.out), expected, "{codec:?}");
            assert!(decoded(&task.out) == pictures, "{codec:?}: other pictures");
        }
        assert_eq!(slower.len(), if intra { 0 } else { 3 });
        for (path, frames) in slower.iter().zip([20, 15, 15]) {
            assert_eq!(crate::part::packets_in(path).unwrap(), frames);
        }
    }
}

/// What MediaConvert's containers say of time does not matter: only the order of frames does.
#[test]
fn uneven_times_come_from_the_schedule() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let times_of: Vec<i64> = (0..40i64).map(|n| n * 40 + (n % 3) * 7).collect();
    let recipe = Recipe {
        base: Ratio::new(1, 1_000),
        end: 1_640,
        times: times_of.clone(),
        gop: 10,
        size: (192, 128),
        ..Recipe::constant(Ratio::new(25, 1), &[40])
    };
    let schedule = write_schedule(folder, &recipe);
    let rendition = rendition(folder, &recipe, "full", 1, (192, 128), 0);
    let path = folder.join("full.mp4");
    encode(
        &source(folder),
        &path,
        (0, 40),
        1,
        &rendition.video,
        &options(VideoCodec::H264, &rendition.video),
    );
    let out = rendition.out.clone();
    let files = vec![ReceivedFile { path, rendition, extradata_sha256: None }];
    receive(&ReceiveTask { files, schedule: schedule.clone(), first: 0, count: 40 }, &mut go).unwrap();
    let task = stitch_task(folder, &[out], &schedule);
    assert_eq!(stitch(&task, &mut go).unwrap().duration_ms, 1_640);
    let scale = times(&task.out)[1].0 / times_of[1];
    assert_eq!(times(&task.out).iter().map(|row| row.0 / scale).collect::<Vec<_>>(), times_of);
}

#[test]
fn what_is_not_as_asked_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let recipe = Recipe { gop: 10, size: (192, 128), ..Recipe::constant(Ratio::new(25, 1), &[40]) };
    let schedule = write_schedule(folder, &recipe);
    let source = source(folder);
    let asked = || rendition(folder, &recipe, "full", 1, (192, 128), 0);
    let sound = options(VideoCodec::H264, &asked().video);
    let path = folder.join("full.mp4");
    let code = |rendition: Rendition, options: &str, frames: u64, sets: Option<&str>| {
        encode(
            &source,
            &path,
            (0, frames),
            1,
            &VideoSettings { width: 192, height: 128, ..asked().video },
            options,
        );
        let file = ReceivedFile { path: path.clone(), rendition, extradata_sha256: sets.map(str::to_owned) };
        let task = ReceiveTask { files: vec![file], schedule: schedule.clone(), first: 0, count: 40 };
        receive(&task, &mut go).map(|_| ()).map_err(|error| error.code)
    };
    let with = |change: &dyn Fn(&mut VideoSettings)| {
        let mut rendition = asked();
        change(&mut rendition.video);
        rendition
    };
    assert_eq!(code(asked(), &sound, 40, None), Ok(()));
    std::fs::remove_file(asked().out).unwrap();
    let mismatch = Err(MediaCode::FrameMismatch);
    assert_eq!(code(asked(), &sound, 39, None), mismatch);
    assert_eq!(code(asked(), &sound, 41, None), mismatch);
    assert_eq!(code(with(&|v| v.width = 190), &sound, 40, None), mismatch);
    assert_eq!(code(with(&|v| v.codec = VideoCodec::Hevc), &sound, 40, None), mismatch);
    assert_eq!(code(with(&|v| v.pixel_format = "yuv422p".into()), &sound, 40, None), mismatch);
    assert_eq!(code(with(&|v| v.profile = Some("main".into())), &sound, 40, None), mismatch);
    assert_eq!(code(with(&|v| v.gop = 9), &sound, 40, None), mismatch);
    assert_eq!(code(with(&|v| v.gop = 11), &sound, 40, None), mismatch, "off the grid");
    assert_eq!(code(with(&|v| v.color.transfer = Some("smpte2084".into())), &sound, 40, None), mismatch);
    assert_eq!(code(with(&|v| v.sample_aspect = Ratio::new(4, 3)), &sound, 40, None), mismatch);
    assert_eq!(code(asked(), &sound, 40, Some("00")), Err(MediaCode::Unstitchable));
    let open = sound.replace("open-gop=0", "open-gop=1:b-adapt=0");
    assert!(code(asked(), &open, 40, None).is_err());
    let cancelled = receive(
        &ReceiveTask { files: Vec::new(), schedule: schedule.clone(), first: 0, count: 40 },
        &mut |_| ControlFlow::Break(()),
    );
    assert_eq!(cancelled.map_err(|error| error.code), Err(MediaCode::Cancelled));
    let left: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|n| n.to_string_lossy().contains(".pkt")), "{left:?}");
}

/// A file whose edit list hides its first frames has them all the same.
#[test]
fn hidden_frames_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let recipe = Recipe { gop: 10, size: (192, 128), ..Recipe::constant(Ratio::new(25, 1), &[40]) };
    let schedule = write_schedule(folder, &recipe);
    let rendition = rendition(folder, &recipe, "full", 1, (192, 128), 0);
    let (whole, path) = (folder.join("whole.mp4"), folder.join("full.mp4"));
    encode(
        &source(folder),
        &whole,
        (0, 44),
        1,
        &rendition.video,
        &options(VideoCodec::H264, &rendition.video),
    );
    let arguments = ["-v", "error", "-ss", "0.16", "-i", whole.to_str().unwrap(), "-c", "copy"];
    tool("ffmpeg", &[&arguments[..], &[path.to_str().unwrap()]].concat());
    let files = vec![ReceivedFile { path, rendition, extradata_sha256: None }];
    let error = receive(&ReceiveTask { files, schedule, first: 0, count: 40 }, &mut go).unwrap_err();
    assert_eq!(error.message, "what came back for full: frame 0 is hidden by an edit list");
}
