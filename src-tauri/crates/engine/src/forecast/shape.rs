//! What the steps of a job ask for, in units that speeds are measured in.

use spillway_profile::{Container, Profile, Size, VideoCodec};

use crate::{
    model::StepKind,
    plan::{JobPlan, OutputPlan, VideoPlan},
    steps::{StepInput, graph},
};

/// Encoder settings that decide the speed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Recipe {
    /// `h264`, `hevc` or `prores`.
    pub(crate) codec: &'static str,
    /// Encoder preset.
    pub(crate) preset: Option<String>,
}

impl Recipe {
    pub(crate) fn new(codec: VideoCodec, preset: Option<&str>) -> Self {
        let codec = match codec {
            VideoCodec::H264 => "h264",
            VideoCodec::Hevc => "hevc",
            VideoCodec::Prores => "prores",
        };
        Self { codec, preset: preset.map(str::to_owned) }
    }
}

/// What a step asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Load {
    /// What it does.
    pub(crate) kind: StepKind,
    /// Of segments that are encoded here.
    pub(crate) recipe: Option<Recipe>,
    /// Segments: millions of encoded pixels. Looking, hashing and sending: millions of bytes of the source.
    /// Everything else: seconds of playing time; segments without a recipe, too: somebody else encodes them.
    pub(crate) amount: f64,
}

impl Load {
    /// Takes no worker: it is sent, fetched, or encoded by somebody else.
    pub(crate) fn is_elsewhere(&self) -> bool {
        match self.kind {
            StepKind::Upload | StepKind::Download => true,
            StepKind::Segment => self.recipe.is_none(),
            _ => false,
        }
    }
}

/// A job as far as speeds depend on it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Shape {
    /// Millions of bytes.
    source: f64,
    outputs: Vec<OutputShape>,
}

#[derive(Debug, Clone, PartialEq)]
struct OutputShape {
    /// `None`: its picture is copied.
    recipe: Option<Recipe>,
    /// Millions of pixels encoded for each frame of the schedule, all renditions together.
    pixels: f64,
    /// Playing time.
    seconds: f64,
    /// With the cloud engine: playing time of each chunk.
    chunks: Vec<f64>,
}

/// What a source is taken for before anybody looked at it: bytes per second of playing time (50 Mbit/s,
/// between camera files and mezzanines), and frames per second.
const GUESSED_BYTES_PER_SECOND: f64 = 6_250_000.0;
const GUESSED_RATE: f64 = 25.0;
/// Frames of a segment, where the plan is not made yet.
const GUESSED_SEGMENT: f64 = 250.0;
/// Segments that a guess is made of at most.
const MOST_GUESSED: f64 = 1_000.0;

impl Shape {
    /// Of a planned job.
    pub(crate) fn of(plan: &JobPlan, source_bytes: u64) -> Self {
        Self { source: millions(source_bytes), outputs: outputs(plan) }
    }

    /// What a step of the job asks for; `frames` are those that a segment stands for.
    pub(crate) fn load(&self, kind: StepKind, input: &StepInput, frames: u64) -> Load {
        let output = match input {
            StepInput::Segment { output, .. }
            | StepInput::Audio { output, .. }
            | StepInput::Output { output } => self.outputs.get(*output as usize),
            StepInput::Source | StepInput::Job | StepInput::Remains => None,
        };
        let seconds = output.map_or(0.0, |output| output.seconds);
        let chunk = match (input, output) {
            (StepInput::Segment { segment, .. }, Some(output)) => {
                output.chunks.get(*segment as usize).copied()
            }
            _ => None,
        };
        let amount = match kind {
            StepKind::Inspect | StepKind::Hash => self.source,
            StepKind::Segment => chunk.unwrap_or(float(frames) * output.map_or(0.0, |output| output.pixels)),
            StepKind::Audio | StepKind::Stitch | StepKind::Verify => seconds,
            StepKind::Upload if seconds > 0.0 => self.source * chunk.unwrap_or(0.0) / seconds,
            StepKind::Download => chunk.unwrap_or(0.0),
            StepKind::Upload | StepKind::Deliver | StepKind::Tidy | StepKind::Clear => 0.0,
        };
        let here = kind == StepKind::Segment && chunk.is_none();
        let recipe = output.and_then(|output| output.recipe.clone()).filter(|_| here);
        Load { kind, recipe, amount }
    }

    /// What all steps of a planned job ask for.
    pub(crate) fn loads(&self, plan: &JobPlan) -> Vec<Load> {
        let steps = graph::first_steps().into_iter().chain(graph::planned_steps(plan, false));
        steps.map(|step| self.load(step.kind, &step.input, step.frames)).collect()
    }

    /// What the steps of a job ask for that nobody has looked at: taken from the size of its source
    /// and from what its profile makes.
    pub(crate) fn guess(profile: &Profile, source_bytes: u64) -> Vec<Load> {
        let seconds = float(source_bytes) / GUESSED_BYTES_PER_SECOND;
        let source = millions(source_bytes);
        let mut loads = vec![plain(StepKind::Inspect, source), plain(StepKind::Hash, source)];
        for output in &profile.output {
            let video = &output.video;
            let whole = match video.size {
                Size::Fit { width, height } => area(width, height),
                Size::Keep => area(1_920, 1_080),
            };
            let rungs: f64 = video.rung.iter().map(|rung| area(rung.width, rung.height)).sum();
            let laddered = output.container == Container::Hls && rungs > 0.0;
            let pixels = if laddered { rungs } else { whole };
            let frames = seconds * GUESSED_RATE;
            let segments = (frames / GUESSED_SEGMENT).ceil().clamp(1.0, MOST_GUESSED);
            let recipe = Recipe::new(video.codec, video.preset.as_deref());
            let mut left = segments;
            while left >= 1.0 {
                let amount = frames * pixels / segments;
                loads.push(Load { kind: StepKind::Segment, recipe: Some(recipe.clone()), amount });
                left -= 1.0;
            }
            loads.extend(output.audio.iter().map(|_| plain(StepKind::Audio, seconds)));
            loads.extend([plain(StepKind::Stitch, seconds), plain(StepKind::Verify, seconds)]);
        }
        loads
    }
}

fn plain(kind: StepKind, amount: f64) -> Load {
    Load { kind, recipe: None, amount }
}

fn outputs(plan: &JobPlan) -> Vec<OutputShape> {
    let cloud = |n: usize| plan.cloud.as_ref()?.outputs.get(n)?.as_ref();
    plan.outputs.iter().enumerate().map(|(n, planned)| output(planned, cloud(n).is_some())).collect()
}

fn output(plan: &OutputPlan, chunked: bool) -> OutputShape {
    let ticks = plan.end.saturating_sub(plan.first).max(0).unsigned_abs();
    let seconds = (float(ticks) * plan.time_base.as_f64()).max(0.0);
    let VideoPlan::Encode { renditions, segments, .. } = &plan.video else {
        return OutputShape { recipe: None, pixels: 0.0, seconds, chunks: Vec::new() };
    };
    let each = renditions.iter().map(|r| area(r.video.width, r.video.height) / f64::from(r.every.max(1)));
    let recipe = renditions.first().map(|r| Recipe::new(r.video.codec, r.video.preset.as_deref()));
    let frames: u64 = segments.iter().map(|range| range.count).sum();
    let share = |count: u64| float(count) / float(frames.max(1)) * seconds;
    let chunks = segments.iter().filter(|_| chunked).map(|range| share(range.count));
    OutputShape { recipe, pixels: each.sum(), seconds, chunks: chunks.collect() }
}

/// Millions of pixels.
fn area(width: u32, height: u32) -> f64 {
    f64::from(width) * f64::from(height) / 1e6
}

fn millions(bytes: u64) -> f64 {
    float(bytes) / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "for estimates")]
fn float(n: u64) -> f64 {
    n as f64
}
