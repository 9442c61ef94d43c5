//! Small encoded sources and packet files for tests.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::Command,
};

use spillway_profile::VideoCodec;

use crate::{
    ff::{Input, Next, Packet, SideData},
    part::PartWriter,
    schedule::{self, Entry},
    segment,
    task::{Progress, Rendition, SegmentTask, StitchTask, Time, Treatment, VideoInput, VideoSettings},
    types::{ColorTags, FieldOrder, Hdr, Ratio},
};

/// Goes on, whatever is reported.
pub(crate) fn go(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// What to encode: one rendition of a generated clip.
pub(crate) struct Recipe {
    pub(crate) base: Ratio,
    /// Presentation times of the output, and their end.
    pub(crate) times: Vec<i64>,
    pub(crate) end: i64,
    /// Frames of each segment.
    pub(crate) segments: Vec<u64>,
    pub(crate) codec: VideoCodec,
    pub(crate) size: (u32, u32),
    pub(crate) gop: u32,
    pub(crate) b_frames: u32,
    pub(crate) crf: f32,
    /// Every n-th frame of the schedule.
    pub(crate) every: u32,
    pub(crate) hdr: Option<Hdr>,
}

impl Recipe {
    /// Frames at a constant rate, in segments of these lengths.
    pub(crate) fn constant(rate: Ratio, segments: &[u64]) -> Self {
        let frames = i64::try_from(segments.iter().sum::<u64>()).unwrap();
        Self {
            base: rate.inverse(),
            times: (0..frames).collect(),
            end: frames,
            segments: segments.to_vec(),
            codec: VideoCodec::H264,
            size: (128, 72),
            gop: 12,
            b_frames: 3,
            crf: 30.0,
            every: 1,
            hdr: None,
        }
    }

    pub(crate) fn settings(&self) -> VideoSettings {
        let prores = self.codec == VideoCodec::Prores;
        VideoSettings {
            codec: self.codec,
            profile: prores.then(|| "hq".into()),
            level: None,
            preset: (!prores).then(|| "veryfast".into()),
            tune: None,
            pixel_format: if prores { "yuv422p10le" } else { "yuv420p" }.into(),
            scale_width: self.size.0,
            scale_height: self.size.1,
            width: self.size.0,
            height: self.size.1,
            sample_aspect: Ratio::new(1, 1),
            time_base: self.base,
            frame_rate: None,
            nominal_rate: Ratio::new(25, 1),
            gop: self.gop,
            fixed_gop: true,
            b_frames: Some(self.b_frames),
            crf: (!prores).then_some(self.crf),
            vbv: None,
            color: bt709(),
            hdr: self.hdr.clone(),
            field_order: FieldOrder::Progressive,
        }
    }
}

pub(crate) fn bt709() -> ColorTags {
    ColorTags {
        primaries: Some("bt709".into()),
        transfer: Some("bt709".into()),
        matrix: Some("bt709".into()),
        range: Some("tv".into()),
        chroma_location: None,
    }
}

/// Runs a command-line tool of FFmpeg's; gives its standard output.
pub(crate) fn tool(name: &str, arguments: &[&str]) -> String {
    let output = Command::new(name).args(arguments).output().unwrap();
    assert!(output.status.success(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A moving test picture at 25 frames a second, with timebase 1/25.
pub(crate) fn source(folder: &Path, frames: usize) -> PathBuf {
    let path = folder.join("source.mp4");
    let frames = frames.to_string();
    let arguments = [
        "-v",
        "error",
        "-y",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=192x108:rate=25",
        "-frames:v",
        &frames,
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-g",
        "25",
        "-bf",
        "0",
        "-video_track_timescale",
        "25",
        path.to_str().unwrap(),
    ];
    tool("ffmpeg", &arguments);
    path
}

/// Writes the schedule of a recipe, one source frame per output frame.
pub(crate) fn write_schedule(folder: &Path, recipe: &Recipe) -> PathBuf {
    let path = folder.join("schedule.bin");
    let entries: Vec<Entry> = recipe
        .times
        .iter()
        .enumerate()
        .map(|(n, out)| Entry { ordinal: n as u64, source: i64::try_from(n).unwrap(), out: *out })
        .collect();
    schedule::write(&path, Ratio::new(1, 25), recipe.base, recipe.end, &entries).unwrap();
    path
}

/// Encodes the segments of a recipe; `name` keeps the packet files of several recipes apart.
pub(crate) fn encode(
    folder: &Path,
    source: &Path,
    schedule: &Path,
    name: &str,
    recipe: &Recipe,
) -> Vec<PathBuf> {
    let mut first = 0;
    let mut paths = Vec::new();
    for (n, count) in recipe.segments.iter().enumerate() {
        let out = folder.join(format!("{name}-{n}.pkt"));
        let task = SegmentTask {
            source: source.to_path_buf(),
            stream: 0,
            schedule: schedule.to_path_buf(),
            first,
            count: *count,
            linear: false,
            treatment: Treatment { deinterlace: None, tone_map: None, rotate: 0, source_color: bt709() },
            renditions: vec![Rendition {
                id: name.into(),
                video: recipe.settings(),
                every: recipe.every,
                out: out.clone(),
            }],
            threads: 1,
        };
        let done = segment::encode(&task, &mut go).unwrap();
        assert_eq!(done.parts.len(), 1);
        paths.push(out);
        first += count;
    }
    paths
}

/// A tone as AAC packets: `seconds` long; with priming its first packet lies before zero.
pub(crate) fn tone(
    folder: &Path,
    name: &str,
    seconds: f64,
    priming: bool,
    language: Option<&str>,
) -> PathBuf {
    let movie = folder.join(format!("{name}.m4a"));
    let length = format!("sine=frequency=440:sample_rate=48000:duration={seconds}");
    let arguments = [
        "-v",
        "error",
        "-y",
        "-f",
        "lavfi",
        "-i",
        &length,
        "-ac",
        "2",
        "-c:a",
        "aac",
        "-b:a",
        "96k",
        movie.to_str().unwrap(),
    ];
    tool("ffmpeg", &arguments);
    let mut input = Input::open(&movie).unwrap();
    let params = input.stream(0).unwrap().params();
    let base = input.stream(0).unwrap().time_base();
    let side: Vec<SideData> = language.map(SideData::language).into_iter().collect();
    let path = folder.join(format!("{name}.pkt"));
    let mut writer = PartWriter::create(&path, &params, base, &side).unwrap();
    let mut packet = Packet::new();
    while input.read(&mut packet).unwrap() == Next::Item {
        if priming || packet.pts().unwrap() >= 0 {
            writer.write(&packet).unwrap();
        }
    }
    #[allow(clippy::cast_possible_truncation, reason = "short clips")]
    writer.finish((seconds * 48_000.0) as i64).unwrap();
    path
}

/// A task that joins these parts, with edit lists and nothing else.
pub(crate) fn task(folder: &Path, paths: &[PathBuf], schedule: &Path) -> StitchTask {
    StitchTask {
        video: VideoInput::Parts { paths: paths.to_vec(), schedule: schedule.to_path_buf() },
        audio: Vec::new(),
        quicktime: false,
        fast_start: true,
        edit_list: true,
        timecode: None,
        rotation: 0,
        language: None,
        tags: Vec::new(),
        chapters_from: None,
        zero: Time { ticks: 0, base: Ratio::new(1, 25) },
        out: folder.join("out.mp4"),
    }
}
