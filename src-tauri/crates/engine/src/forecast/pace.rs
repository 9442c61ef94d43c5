//! How fast this machine works: from finished steps, newest first, else from constants.

use std::collections::HashMap;

use super::shape::{Load, Recipe};
use crate::model::StepKind;

/// A finished try of a step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    /// Profile of its job.
    pub(crate) profile: String,
    /// What it asked for.
    pub(crate) load: Load,
    /// How long it took, ms.
    pub(crate) ms: i64,
}

/// Each older try weighs so much less than the next newer one of its kind.
const FADE: f64 = 0.98;
/// What a worker process costs before it does anything, ms.
const START_MS: f64 = 50.0;
/// A measured speed counts within these bounds, ms for a unit: what lies outside is no speed but a
/// clock that jumped.
const SANE: std::ops::RangeInclusive<f64> = 1e-6..=1e9;

/// Millions of pixels a second that one thread encodes: FFmpeg 5.1 on one core of a server of 2024
/// (AMD EPYC), an animated film at 1920 × 1080. Presets without a figure stand at that of a neighbour
/// on the slow side.
const PIXELS: [(&str, Option<&str>, f64); 14] = [
    ("h264", Some("ultrafast"), 100.0),
    ("h264", Some("superfast"), 100.0),
    ("h264", Some("veryfast"), 65.0),
    ("h264", Some("faster"), 40.0),
    ("h264", Some("fast"), 30.0),
    ("h264", Some("slow"), 19.0),
    ("h264", Some("slower"), 8.0),
    ("h264", Some("veryslow"), 5.0),
    ("h264", None, 26.0),
    ("hevc", Some("fast"), 15.0),
    ("hevc", Some("slow"), 4.0),
    ("hevc", Some("slower"), 1.5),
    ("hevc", None, 11.0),
    ("prores", None, 14.0),
];

/// ms for a unit where nothing was measured. Looking into a file reads its sample table or all of it;
/// a hash runs at the speed of a slow disk; sound, joining and reading back are many times faster than
/// playing.
fn usual(load: &Load) -> f64 {
    match (load.kind, &load.recipe) {
        (StepKind::Segment, Some(recipe)) => 1_000.0 / usual_pixels(recipe),
        // Encoded elsewhere: about as long as it plays.
        (StepKind::Segment, None) => 1_000.0,
        (StepKind::Inspect, _) => 2.0,
        (StepKind::Audio, _) => 20.0,
        (StepKind::Hash | StepKind::Stitch, _) => 5.0,
        (StepKind::Verify, _) => 30.0,
        // 100 Mbit/s shared by three; results are taken for 8 Mbit/s.
        (StepKind::Upload | StepKind::Download, _) => 240.0,
        (StepKind::Deliver | StepKind::Tidy | StepKind::Clear, _) => 0.0,
    }
}

fn usual_pixels(recipe: &Recipe) -> f64 {
    let of_codec = || PIXELS.iter().filter(|(codec, _, _)| *codec == recipe.codec);
    let exact = of_codec().find(|(_, preset, _)| preset.is_some() && *preset == recipe.preset.as_deref());
    let plain = || of_codec().find(|(_, preset, _)| preset.is_none());
    exact.or_else(plain).map_or(10.0, |(_, _, pixels)| *pixels)
}

/// A mean of which older parts fade.
#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    weight: f64,
    ms: f64,
    amount: f64,
}

impl Mean {
    /// Adds the next older try.
    fn add(&mut self, ms: f64, amount: f64) {
        self.weight = if self.weight > 0.0 { self.weight * FADE } else { 1.0 };
        self.ms += ms * self.weight;
        self.amount += amount * self.weight;
    }

    /// ms for a unit.
    fn pace(self) -> Option<f64> {
        let pace = self.ms / self.amount;
        SANE.contains(&pace).then_some(pace)
    }
}

/// Speeds by profile, encoder settings and kind of step.
#[derive(Debug, Clone, Default)]
pub(crate) struct Paces {
    of_profile: HashMap<(String, StepKind, Option<Recipe>), Mean>,
    of_kind: HashMap<(StepKind, Option<Recipe>), Mean>,
}

impl Paces {
    /// From finished tries, newest first.
    pub(crate) fn measured(samples: &[Sample]) -> Self {
        let mut paces = Self::default();
        for Sample { profile, load, ms } in samples {
            if *ms < 0 || !load.amount.is_finite() || load.amount <= 0.0 {
                continue;
            }
            #[expect(clippy::cast_precision_loss, reason = "for estimates")]
            let ms = (*ms as f64 - START_MS).max(1.0);
            let key = (load.kind, load.recipe.clone());
            let own = (profile.clone(), load.kind, load.recipe.clone());
            paces.of_kind.entry(key).or_default().add(ms, load.amount);
            paces.of_profile.entry(own).or_default().add(ms, load.amount);
        }
        paces
    }

    /// How long a step will take, in ms, and whether that was measured on this machine.
    pub(crate) fn time(&self, profile: &str, load: &Load) -> (f64, bool) {
        if matches!(load.kind, StepKind::Deliver | StepKind::Tidy | StepKind::Clear) {
            return (0.0, true);
        }
        let own = self.of_profile.get(&(profile.to_owned(), load.kind, load.recipe.clone()));
        let any = self.of_kind.get(&(load.kind, load.recipe.clone()));
        let measured = own.and_then(|mean| mean.pace()).or_else(|| any.and_then(|mean| mean.pace()));
        let amount = if load.amount.is_finite() { load.amount.max(0.0) } else { 0.0 };
        (START_MS + amount * measured.unwrap_or_else(|| usual(load)), measured.is_some())
    }
}
