//! Built-in rules of the file as a whole.

use spillway_media::measured::Measured;
use spillway_profile::{Container, Loss};

use super::{
    Outcome, RuleResult,
    line::{Part, line},
};
use crate::plan::{Fate, OutputPlan, VideoPlan};

/// Container, structure, tracks, index position, edit lists, timecode, chapters.
pub(super) fn planned(plan: &OutputPlan, measured: &Measured) -> Vec<RuleResult> {
    let mut lines = Vec::new();
    lines.extend(container(plan.container, measured));
    lines.extend(structure(measured));
    lines.extend(renditions(plan, measured));
    lines.extend(audio_tracks(plan.audio.len(), measured));
    if plan.container != Container::Hls {
        if plan.fast_start {
            lines.extend(fast_start(measured));
        }
        if !plan.edit_list {
            lines.extend(no_edit_list(measured));
        }
        lines.extend(timecode(plan, measured));
        lines.extend(chapters(plan, measured));
    }
    lines
}

/// The profile's name of a container, as measured files name it.
pub(super) fn container_name(container: Container) -> &'static str {
    match container {
        Container::Mp4 => "mp4",
        Container::Mov => "mov",
        Container::Hls => "hls",
    }
}

pub(super) fn container(wanted: Container, measured: &Measured) -> Option<RuleResult> {
    let wanted = container_name(wanted);
    let part = Part::whole(wanted, &measured.container, measured.container == wanted);
    line("container", "File format", Outcome::Fail, &[part])
}

pub(super) fn structure(measured: &Measured) -> Option<RuleResult> {
    let found = if measured.faults.is_empty() { "no faults".to_owned() } else { measured.faults.join(" ") };
    let part = Part::whole("no faults", found, measured.faults.is_empty());
    line("structure", "Structure of the file", Outcome::Fail, &[part])
}

fn renditions(plan: &OutputPlan, measured: &Measured) -> Option<RuleResult> {
    let wanted = match &plan.video {
        VideoPlan::Copy => 1,
        VideoPlan::Encode { renditions, .. } => renditions.len(),
    };
    let found = measured.video.len();
    let part = Part::whole(wanted.to_string(), found.to_string(), found == wanted);
    line("renditions", "Picture tracks", Outcome::Fail, &[part])
}

fn audio_tracks(wanted: usize, measured: &Measured) -> Option<RuleResult> {
    let found = measured.audio.len();
    let part = Part::whole(wanted.to_string(), found.to_string(), found == wanted);
    line("audio-tracks", "Audio tracks", Outcome::Fail, &[part])
}

pub(super) fn fast_start(measured: &Measured) -> Option<RuleResult> {
    let found = match measured.moov_first {
        Some(true) => "index before media",
        Some(false) => "index after media",
        None => "not established",
    };
    let part = Part::whole("index before media", found, measured.moov_first == Some(true));
    line("fast-start", "Playback can start while loading", Outcome::Fail, &[part])
}

pub(super) fn no_edit_list(measured: &Measured) -> Option<RuleResult> {
    let found = measured.edit_lists.map_or_else(|| "not established".to_owned(), |n| format!("{n} tracks"));
    let part = Part::whole("0 tracks", found, measured.edit_lists == Some(0));
    line("edit-list", "No edit lists", Outcome::Fail, &[part])
}

fn timecode(plan: &OutputPlan, measured: &Measured) -> Option<RuleResult> {
    if plan.timecode.is_none() && measured.timecode.is_none() {
        return None;
    }
    let words = |timecode: &Option<String>| timecode.clone().unwrap_or_else(|| "none".to_owned());
    // Some players write the drop-frame mark as `.`; it means the same.
    let unified = |timecode: &Option<String>| timecode.as_ref().map(|text| text.replace('.', ";"));
    let met = unified(&plan.timecode) == unified(&measured.timecode);
    let shown = Part::whole(words(&plan.timecode), words(&measured.timecode), met);
    line("timecode", "Start timecode", Outcome::Fail, &[shown])
}

fn chapters(plan: &OutputPlan, measured: &Measured) -> Option<RuleResult> {
    if !plan.chapters {
        return None;
    }
    let carried = plan.carriage.iter().any(|item| item.what == Loss::Chapters && item.fate == Fate::Carried);
    let part = Part::whole("carried", format!("{} chapters", measured.chapters), measured.chapters > 0);
    carried.then(|| line("chapters", "Chapters", Outcome::Fail, &[part])).flatten()
}
