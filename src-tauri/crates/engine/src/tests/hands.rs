//! Hands that follow a script instead of knowing media.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::json;
use spillway_media::{
    index::{Frame, FrameIndex},
    measured::Measured,
    process::WorkerFailure,
    schedule::Entry,
    task::{
        AudioDone, Completeness, CutDone, CutTask, FileInfo, FilesDone, IndexMethod, InspectDone, Limits,
        Outcome, PartInfo, PictureDone, PictureMoment, Progress, ReceiveTask, SegmentDone, Task, Time,
        VideoInput,
    },
    types::{MediaCode, MediaError, Ratio},
};
use spillway_profile::{Container, Profile};

use crate::{
    conform::{self, OutputVerdict, RuleResult},
    failure::Failure,
    files,
    plan::{
        AudioPlan, ChunkPlan, CloudOutput, CloudPlan, JobPlan, OutputPlan, Planned, Range, RenditionPlan,
        Schedule, SourceFacts, VideoPlan,
    },
    route::AgainstCloud,
    steps::Craft,
};

pub(super) const FRAMES_PER_SEGMENT: u64 = 10;

/// What the script says to a task: its name and how often it was asked, from 1. `None`: do the work.
pub(super) type Script = dyn FnMut(&str, u32, &Task) -> Option<Act> + Send;

/// What the hands do instead of, or before, the work.
pub(super) enum Act {
    Fail(WorkerFailure),
    /// Do nothing until stopped.
    Hang,
    Panic,
}

pub(super) fn fails(code: MediaCode) -> Act {
    Act::Fail(WorkerFailure::Task(MediaError::new(code, "scripted")))
}

pub(super) fn crashes() -> Act {
    Act::Fail(WorkerFailure::Crashed { how: "signal 11".into(), stderr: "scripted".into() })
}

/// What the hands did, and how they are told to.
#[derive(Clone)]
pub(super) struct Hands {
    pub(super) segments: u64,
    pub(super) script: Arc<Mutex<Box<Script>>>,
    pub(super) asked: Arc<Mutex<BTreeMap<String, u32>>>,
    busy: Arc<Mutex<BTreeSet<String>>>,
    pub(super) refuse: Arc<AtomicBool>,
    /// The cloud cannot do it.
    pub(super) unfit: Arc<AtomicBool>,
    pub(super) bytes_needed: u64,
}

impl Hands {
    /// Three segments, no script, nothing done yet.
    pub(super) fn new() -> Self {
        Self {
            segments: 3,
            script: Arc::new(Mutex::new(Box::new(|_, _, _| None))),
            asked: Arc::default(),
            busy: Arc::default(),
            refuse: Arc::default(),
            unfit: Arc::default(),
            bytes_needed: 1,
        }
    }

    fn begin(&self, name: &str, task: &Task) -> Option<Act> {
        let fresh = self.busy.lock().unwrap().insert(format!("{task:?}"));
        assert!(fresh, "{name} runs twice at the same time");
        let count = {
            let mut asked = self.asked.lock().unwrap();
            let count = asked.entry(name.to_owned()).or_default();
            *count += 1;
            *count
        };
        (self.script.lock().unwrap())(name, count, task)
    }

    fn do_it(&self, task: Task) -> Result<Outcome, WorkerFailure> {
        let io = |e: std::io::Error| WorkerFailure::Task(MediaError::new(MediaCode::Io, e.to_string()));
        match task {
            Task::Inspect(task) => {
                if let Some(path) = &task.index {
                    index(self.segments).write(path).map_err(io)?;
                }
                Ok(Outcome::Inspect(inspected(task.method, self.segments)))
            }
            Task::Segment(task) => {
                let parts =
                    task.renditions.iter().map(|r| part(&r.out, &format!("{}+{}", task.first, task.count)));
                Ok(Outcome::Segment(SegmentDone {
                    parts: parts.collect::<Result<_, _>>().map_err(io)?,
                    damaged: 0,
                }))
            }
            Task::Cut(task) => cut(&task).map_err(io),
            Task::Receive(task) => receive(&task).map_err(io),
            Task::Audio(task) => Ok(Outcome::Audio(AudioDone {
                part: part(&task.out, "sound").map_err(io)?,
                samples: 1,
                start_sample: 0,
                silence: 0,
                cut: 0,
                source_lufs: None,
                gain_db: 0.0,
                damaged: 0,
            })),
            Task::Stitch(task) => {
                let pictures = match &task.video {
                    VideoInput::Parts { paths, .. } => paths.clone(),
                    VideoInput::Source { path, .. } => vec![path.clone()],
                };
                let text = joined(pictures.iter().chain(&task.audio))?;
                fs::write(&task.out, &text).map_err(io)?;
                let file = FileInfo {
                    path: String::new(),
                    bytes: text.len() as u64,
                    sha256: files::hash_bytes(text.as_bytes()),
                };
                Ok(Outcome::Files(FilesDone { files: vec![file], frames: 10, duration_ms: 400 }))
            }
            Task::Package(task) => {
                fs::create_dir(&task.out).map_err(io)?;
                let mut files = Vec::new();
                for rung in &task.rungs {
                    let text = joined(rung.paths.iter())?;
                    fs::create_dir(task.out.join(&rung.id)).map_err(io)?;
                    let path = format!("{}/all.m4s", rung.id);
                    fs::write(task.out.join(&path), &text).map_err(io)?;
                    files.push(FileInfo {
                        path,
                        bytes: text.len() as u64,
                        sha256: files::hash_bytes(text.as_bytes()),
                    });
                }
                Ok(Outcome::Files(FilesDone { files, frames: 10, duration_ms: 400 }))
            }
            Task::Measure(task) => Ok(Outcome::Measure(Box::new(measured(&task.path).map_err(io)?))),
            // A file of these tests is whole unless it says that it is not.
            Task::Complete(task) => {
                let text = std::fs::read_to_string(&task.source).map_err(io)?;
                Ok(Outcome::Complete(match text.as_str() {
                    text if text.contains("PARTIAL") => {
                        Completeness::Incomplete { why: "The end is missing.".into() }
                    }
                    text if text.contains("NOT-MEDIA") => {
                        Completeness::NotMedia { why: "It is a shopping list.".into() }
                    }
                    _ => Completeness::Whole,
                }))
            }
            Task::Picture(task) => {
                fs::write(&task.out, format!("picture of {}", task.source.display())).map_err(io)?;
                let at_ms = if let PictureMoment::At(ms) = task.moment { ms } else { 0 };
                Ok(Outcome::Picture(PictureDone { width: 16, height: 9, at_ms }))
            }
            Task::Sample(task) => {
                fs::write(&task.out, "sample").map_err(io)?;
                Ok(Outcome::Files(FilesDone { files: vec![], frames: 500, duration_ms: 20_000 }))
            }
            Task::Doctor {} => {
                Ok(Outcome::Doctor { versions: vec![], encoders: vec![("libx264".into(), true)] })
            }
        }
    }
}

impl Craft for Hands {
    fn work(
        &self,
        task: Task,
        _limits: Limits,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, WorkerFailure> {
        let name = name_of(&task);
        let key = format!("{task:?}");
        let act = self.begin(&name, &task);
        progress(Progress { done: 1, total: 2 });
        let result = match act {
            None => self.do_it(task),
            Some(Act::Fail(failure)) => Err(failure),
            Some(Act::Panic) => {
                self.busy.lock().unwrap().remove(&key);
                panic!("scripted")
            }
            Some(Act::Hang) => {
                while !cancel.load(Ordering::Relaxed) {
                    std::thread::yield_now();
                }
                Err(WorkerFailure::Task(MediaError::new(MediaCode::Cancelled, "stopped")))
            }
        };
        self.busy.lock().unwrap().remove(&key);
        result
    }

    fn plan(&self, profile: &Profile, source: &SourceFacts<'_>) -> Result<Planned, Box<Failure>> {
        if self.refuse.load(Ordering::SeqCst) {
            return Err(Box::new(Failure::new(crate::failure::Code::NotAccepted, source.path, "scripted")));
        }
        let count = if source.linear { 1 } else { self.segments };
        let outputs =
            profile.output.iter().map(|output| output_plan(output, source.path, count, source.linear));
        let schedules = profile.output.iter().map(|_| schedule(self.segments)).collect();
        Ok(Planned {
            plan: JobPlan {
                outputs: outputs.collect(),
                findings: vec![],
                bytes_needed: self.bytes_needed,
                cloud: None,
            },
            schedules,
        })
    }

    fn offload(
        &self,
        profile: &Profile,
        _source: &SourceFacts<'_>,
        planned: &Planned,
        _template: Option<&serde_json::Value>,
    ) -> Result<JobPlan, AgainstCloud> {
        if self.unfit.load(Ordering::SeqCst) {
            return Err(AgainstCloud::Unsupported { why: "Scripted.".into() });
        }
        let mut plan = planned.plan.clone();
        let outputs = plan.outputs.iter().map(|output| Some(offloaded(output, profile)));
        plan.cloud = Some(CloudPlan { generation: 0, extension: "mov".into(), outputs: outputs.collect() });
        Ok(plan)
    }

    fn judge(
        &self,
        _profile: &Profile,
        output: &OutputPlan,
        _inspect: &InspectDone,
        _audio: &[AudioDone],
        measured: &Measured,
    ) -> OutputVerdict {
        let bad = measured.faults.iter().map(|fault| RuleResult {
            rule: "sound".into(),
            check: None,
            title: "Sound".into(),
            expected: "none".into(),
            measured: fault.clone(),
            verdict: conform::Outcome::Fail,
            source: None,
            place: None,
        });
        OutputVerdict { output: output.id.clone(), lines: bad.collect() }
    }
}

fn cut(task: &CutTask) -> std::io::Result<Outcome> {
    let text = format!("{}+{}\n", task.first, task.count);
    fs::write(&task.out, &text)?;
    Ok(Outcome::Cut(CutDone {
        bytes: text.len() as u64,
        sha256: files::hash_bytes(text.as_bytes()),
        before: 0,
        count: task.count,
        after: 0,
    }))
}

fn receive(task: &ReceiveTask) -> std::io::Result<Outcome> {
    let parts = task.files.iter().map(|file| {
        let text = fs::read_to_string(&file.path)?;
        part(&file.rendition.out, text.trim_end())
    });
    Ok(Outcome::Segment(SegmentDone { parts: parts.collect::<std::io::Result<_>>()?, damaged: 0 }))
}

/// Joins parts, and notices missing ones.
fn joined<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> Result<String, WorkerFailure> {
    let mut text = String::new();
    for path in paths {
        let part = fs::read_to_string(path)
            .map_err(|e| WorkerFailure::Task(MediaError::new(MediaCode::PartCorrupt, e.to_string())))?;
        if !part.ends_with('\n') {
            return Err(WorkerFailure::Task(MediaError::new(MediaCode::PartCorrupt, "cut short")));
        }
        text.push_str(&part);
    }
    Ok(text)
}

fn part(path: &Path, text: &str) -> std::io::Result<PartInfo> {
    let text = format!("{text}\n");
    fs::write(path, &text)?;
    Ok(PartInfo {
        path: path.to_path_buf(),
        bytes: text.len() as u64,
        sha256: files::hash_bytes(text.as_bytes()),
        packets: 1,
        extradata_sha256: String::new(),
    })
}

fn measured(path: &Path) -> std::io::Result<Measured> {
    let mut measured = Measured::default();
    if path.is_file() {
        let text = fs::read_to_string(path)?;
        measured.files.push(FileInfo {
            path: String::new(),
            bytes: text.len() as u64,
            sha256: files::hash_bytes(text.as_bytes()),
        });
        measured.faults.extend(text.contains("FAULT").then(|| "a fault".to_owned()));
    }
    Ok(measured)
}

/// `kind`, and what tells it from others of its kind.
fn name_of(task: &Task) -> String {
    let file = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let end = |path: &Path| {
        let folder = path.parent().map(file).unwrap_or_default();
        format!("{folder}/{}", file(path))
    };
    match task {
        Task::Inspect(task) => format!("inspect {}", file(&task.source)),
        Task::Segment(task) => {
            format!("segment {} of {}", task.first / FRAMES_PER_SEGMENT, end(&task.renditions[0].out))
        }
        Task::Audio(task) => format!("audio {}", end(&task.out)),
        Task::Stitch(task) => format!("stitch {}", file(&task.out)),
        Task::Package(task) => format!("package {}", file(&task.out)),
        Task::Measure(task) => format!("measure {}", file(&task.path)),
        Task::Complete(task) => format!("complete {}", file(&task.source)),
        Task::Picture(task) => format!("picture {}", file(&task.source)),
        Task::Sample(_) => "sample".into(),
        Task::Cut(task) => format!("cut {}", end(&task.out)),
        Task::Receive(task) => format!("receive {}", end(&task.files[0].rendition.out)),
        Task::Doctor {} => "doctor".into(),
    }
}

fn index(segments: u64) -> FrameIndex {
    let count = segments * FRAMES_PER_SEGMENT;
    let frames = (0..count).map(|n| Frame {
        pts: n.cast_signed(),
        time: n.cast_signed(),
        bytes: 100,
        key: n % FRAMES_PER_SEGMENT == 0,
    });
    FrameIndex { time_base: Ratio::new(1, 25), frames: frames.collect(), end: count.cast_signed() }
}

fn inspected(method: IndexMethod, segments: u64) -> InspectDone {
    serde_json::from_value(json!({
        "probe": {
            "format": "mov", "bytes": 1, "duration_us": null, "video": [], "audio": [], "other": [],
            "chapters": 0, "tags": {}, "timecode": null, "notes": [],
        },
        "index": {
            "method": method, "frames": segments * FRAMES_PER_SEGMENT, "keyframes": segments, "first": 0,
            "end": segments * FRAMES_PER_SEGMENT, "constant_rate": { "num": 25, "den": 1 }, "damaged": 0,
            "damaged_at_ms": [],
        },
    }))
    .unwrap()
}

fn schedule(segments: u64) -> Schedule {
    let count = segments * FRAMES_PER_SEGMENT;
    let entries = (0..count).map(|n| Entry { ordinal: n, source: n.cast_signed(), out: n.cast_signed() });
    let base = Ratio::new(1, 25);
    Schedule { source_base: base, out_base: base, end: count.cast_signed(), entries: entries.collect() }
}

/// Every segment a chunk of its own.
fn offloaded(output: &OutputPlan, profile: &Profile) -> CloudOutput {
    let VideoPlan::Encode { segments, .. } = &output.video else { unreachable!("scripted plans encode") };
    let job = serde_json::from_value(json!({
        "settings": {
            "inputs": [{}],
            "outputGroups": [{
                "outputGroupSettings": { "type": "FILE_GROUP_SETTINGS", "fileGroupSettings": {} },
                "outputs": [{
                    "nameModifier": "-main", "extension": "mp4", "containerSettings": { "container": "MP4" },
                    "videoDescription": {
                        "width": 32, "height": 32,
                        "codecSettings": {
                            "codec": "H_264",
                            "h264Settings": { "rateControlMode": "QVBR", "maxBitrate": 1_000_000 },
                        },
                    },
                }],
            }],
        },
        "outputs": [{
            "id": "main", "suffix": "-main.mp4",
            "billed": {
                "codec": "H_264", "width": 16, "height": 16, "frame_rate": 25.0,
                "quality": "SINGLE_PASS_HQ", "container": "MP4", "rate_control": "QVBR",
                "professional_job": false,
            },
        }],
        "source_rate": { "num": 25, "den": 1 },
    }));
    let chunk = |range: &Range| ChunkPlan {
        from: range.first.cast_signed(),
        until: None,
        first: range.first.cast_signed(),
        count: range.count,
    };
    CloudOutput {
        job: job.unwrap(),
        options: profile.mediaconvert.clone(),
        chunks: segments.iter().map(chunk).collect(),
    }
}

fn output_plan(output: &spillway_profile::Output, source: &Path, segments: u64, linear: bool) -> OutputPlan {
    let base = Ratio::new(1, 25);
    let zero = Time { ticks: 0, base };
    let tags = json!({ "primaries": null, "transfer": null, "matrix": null, "range": null, "chroma_location": null });
    let rendition = RenditionPlan {
        id: "main".into(),
        video: serde_json::from_value(json!({
            "codec": "h264", "profile": null, "level": null, "preset": null, "tune": null,
            "pixel_format": "yuv420p", "scale_width": 16, "scale_height": 16, "width": 16, "height": 16,
            "sample_aspect": { "num": 1, "den": 1 }, "time_base": base, "frame_rate": base.inverse(),
            "nominal_rate": base.inverse(), "gop": 10, "fixed_gop": true, "b_frames": null, "crf": 20.0,
            "vbv": null, "color": tags, "hdr": null, "field_order": "progressive",
        }))
        .unwrap(),
        every: 1,
    };
    let frames = segments * FRAMES_PER_SEGMENT;
    let range = |n| Range { first: n * FRAMES_PER_SEGMENT, count: FRAMES_PER_SEGMENT, weight: 1 + n };
    let audio = output.audio.iter().map(|audio| AudioPlan {
        id: audio.id.clone(),
        task: serde_json::from_value(json!({
            "source": source, "stream": 1, "codec": "aac", "bit_rate": 128_000, "sample_rate": 48_000,
            "channels": 2, "zero": zero, "fill": null, "no_priming": false, "loudness": null,
            "language": null, "out": "",
        }))
        .unwrap(),
    });
    OutputPlan {
        id: output.id.clone(),
        container: output.container,
        stream: 0,
        zero,
        picture_end: Time { ticks: frames.cast_signed(), base },
        video: VideoPlan::Encode {
            treatment: serde_json::from_value(
                json!({ "deinterlace": null, "tone_map": null, "rotate": 0, "source_color": tags }),
            )
            .unwrap(),
            renditions: vec![rendition],
            segments: (0..segments).map(range).collect(),
            linear,
            threads: 1,
        },
        hls: (output.container == Container::Hls).then_some(crate::plan::HlsPlan {
            segment_frames: 10,
            gop_frames: 10,
            i_frame_playlists: false,
        }),
        audio: audio.collect(),
        fast_start: true,
        edit_list: true,
        timecode: None,
        rotation: 0,
        language: None,
        tags: vec![],
        chapters: false,
        carriage: vec![],
        frames,
        time_base: base,
        rate: Some(base.inverse()),
        first: 0,
        end: frames.cast_signed(),
        frame_ticks: vec![],
    }
}
