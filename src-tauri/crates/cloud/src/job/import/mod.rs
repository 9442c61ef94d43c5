//! A MediaConvert job template as a profile: what maps, and a list of what does not.
//!
//! The profile says what both engines make. The template goes along as a whole (`[mediaconvert] template_json`), so
//! that the cloud engine still tunes its encoder by it.

mod picture;
mod read;
mod sound;
mod text;

use serde_json::Value;
use spillway_profile::{
    Accept, Budget, Container, Delivery, EditList, EnginePolicy, FrameRateMode, Gop, Hls, Loss, MediaConvert,
    Output, Problem, Profile, QualityTuning, Retry, Rung, Size, Step, Timecode, Video, VideoCodec,
};

use super::template::{TemplateError, whole_document};
use read::Read;

/// A profile made from a job template.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// Checked: it has no problems.
    pub profile: Profile,
    /// The same as a text to keep and edit.
    pub toml: String,
    /// Every setting of the template that the profile does not say, in the order of the template.
    pub unmapped: Vec<Unmapped>,
}

/// A setting that did not map, or not exactly.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, specta::Type)]
pub struct Unmapped {
    /// Its place in the settings, or beside them in the template, in the spelling of the wire, e.g.
    /// `/outputGroups/0/outputs/1/preset`.
    pub path: String,
    /// Its value as JSON.
    pub value: String,
    /// What became of it, one English sentence.
    pub why: String,
}

/// Makes a profile with this id from an exported job template.
///
/// # Errors
/// When the text is no job template, none of its outputs is one that a profile can describe, or `id` is no id.
pub fn import(template_json: &str, id: &str) -> Result<Imported, TemplateError> {
    let document = whole_document(template_json)?;
    let nested = document.get("settings").is_some();
    let settings = document.get("settings").unwrap_or(&document);
    let read = Read::of(settings);
    let mut outputs = Vec::new();
    for group in read.at("outputGroups").items() {
        match group.at("outputGroupSettings/type").text() {
            Some("FILE_GROUP_SETTINGS") => outputs.extend(files(&read, &group)),
            Some("HLS_GROUP_SETTINGS") => outputs.extend(ladder(&read, &group, "hlsGroupSettings")),
            Some("CMAF_GROUP_SETTINGS") => outputs.extend(ladder(&read, &group, "cmafGroupSettings")),
            _ => group.note("A profile has no such packaging."),
        }
    }
    if outputs.is_empty() {
        let kinds: Vec<String> = read.unread().into_iter().map(|unmapped| unmapped.path).take(3).collect();
        return Err(TemplateError::Nothing(kinds.join(", ")));
    }
    name_apart(&mut outputs);
    let quality = quality(settings);
    let around =
        |key: &str| nested.then(|| document[key].as_str()).flatten().filter(|text| !text.trim().is_empty());
    let mediaconvert = MediaConvert {
        template_json: Some(template_json.trim().to_owned()),
        queue: around("queue").map(str::to_owned),
        priority: document["priority"]
            .as_i64()
            .map_or(0, |priority| i32::try_from(priority.clamp(-50, 50)).unwrap_or_default()),
        quality,
        ..MediaConvert::default()
    };
    let mut profile = profile(id, around("name"), around("description"), outputs, mediaconvert);
    keep_to_the_rules(&mut profile, &read);
    let problems = spillway_profile::problems(&profile);
    if !problems.is_empty() {
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        return Err(TemplateError::Unsound(told.join("; ")));
    }
    let mut unmapped = read.unread();
    unmapped.extend(around_unmapped(&document, nested));
    let toml = text::toml(&profile, &unmapped);
    Ok(Imported { profile, toml, unmapped })
}

fn profile(
    id: &str,
    name: Option<&str>,
    description: Option<&str>,
    output: Vec<Output>,
    mediaconvert: MediaConvert,
) -> Profile {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let title = line(name.unwrap_or(id));
    Profile {
        id: id.to_owned(),
        version: 1,
        partner: title.clone(),
        title,
        description: description.unwrap_or_default().to_owned(),
        sources: std::collections::BTreeMap::default(),
        engine: EnginePolicy::Any,
        accept: Accept::default(),
        may_lose: may_lose(&output),
        output,
        rule: Vec::new(),
        delivery: Delivery::default(),
        retry: Retry::default(),
        budget: Budget::default(),
        mediaconvert,
    }
}

/// What MediaConvert would leave out or change without a word, as far as the outputs do not keep it.
fn may_lose(outputs: &[Output]) -> Vec<Loss> {
    let timecode = outputs.iter().any(|output| output.timecode == Timecode::Drop);
    let sdr = outputs.iter().any(|output| output.video.color == spillway_profile::Color::Sdr);
    let constant = outputs.iter().any(|output| output.video.frame_rate.mode == FrameRateMode::Constant);
    let resized = outputs.iter().any(|o| o.video.size != Size::Keep || !o.video.rung.is_empty());
    let mut losses = Vec::new();
    losses.extend(timecode.then_some(Loss::Timecode));
    losses.extend([Loss::Captions, Loss::Subtitles]);
    losses.extend(sdr.then_some(Loss::Hdr));
    losses.extend([Loss::Color, Loss::AudioChannels, Loss::AudioStreams, Loss::Chapters, Loss::Interlacing]);
    losses.extend([Loss::Alpha, Loss::Precision]);
    losses.extend(resized.then_some(Loss::Resolution));
    losses.extend(constant.then_some(Loss::FrameTiming));
    losses.extend([Loss::Data, Loss::AudioTail]);
    losses
}

/// MP4 and MOV files of a file group.
fn files(root: &Read<'_>, group: &Read<'_>) -> Vec<Output> {
    let mut made = Vec::new();
    for output in group.at("outputs").items() {
        let container = match output.at("containerSettings/container").text() {
            Some("MP4") => Container::Mp4,
            Some("MOV") => Container::Mov,
            _ => {
                output.note("A profile makes MP4 and MOV files and HLS folders.");
                continue;
            }
        };
        let Some(video) = picture::video(root, &output, false) else {
            output.note("A profile needs a picture in H.264, HEVC or ProRes.");
            continue;
        };
        if video.codec == VideoCodec::Prores && container != Container::Mov {
            output.note("ProRes goes into MOV files only.");
            continue;
        }
        let timed = output.at("videoDescription/timecodeTrack").is("ENABLED")
            || output.at("videoDescription/timecodeInsertion").is("PIC_TIMING_SEI");
        let placement = output.at("containerSettings/mp4Settings/moovPlacement").text();
        let modifier = output.at("nameModifier").text().unwrap_or_default();
        made.push(Output {
            id: slug(modifier).unwrap_or_else(|| "main".to_owned()),
            name: "{title}".to_owned(),
            container,
            audio: sound::programmes(&output, container),
            video,
            fast_start: placement != Some("NORMAL"),
            edit_list: EditList::Allow,
            timecode: if timed { Timecode::Carry } else { Timecode::Drop },
            hls: None,
        });
    }
    made
}

/// The ladder of an HLS or CMAF group as one HLS folder.
fn ladder(root: &Read<'_>, group: &Read<'_>, key: &str) -> Option<Output> {
    let settings = group.at("outputGroupSettings").at(key);
    let mut rungs: Vec<Rung> = Vec::new();
    let mut common: Option<Video> = None;
    let mut audio = Vec::new();
    let mut i_frames = false;
    for output in group.at("outputs").items() {
        if audio.is_empty() {
            audio = sound::programmes(&output, Container::Hls);
        }
        i_frames |= output.at("outputSettings/hlsSettings/iFrameOnlyManifest").is("INCLUDE");
        if !output.exists("videoDescription") {
            continue;
        }
        let Some(video) = picture::video(root, &output, true) else {
            output.note("A ladder needs pictures in H.264 or HEVC.");
            continue;
        };
        if common.as_ref().is_some_and(|first| first.codec != video.codec) {
            output.note("All rungs of a ladder have one codec.");
            continue;
        }
        let (Size::Fit { width, height }, Some(rate)) = (video.size, video.rate) else {
            output.note("A rung needs a width, a height and a bit rate.");
            continue;
        };
        let modifier = output.at("nameModifier").text().unwrap_or_default();
        let id = slug(modifier).unwrap_or_else(|| format!("{height}p"));
        rungs.push(Rung {
            id,
            width,
            height,
            rate,
            profile: None,
            level: video.level.clone(),
            max_frame_rate: None,
        });
        common.get_or_insert(video);
    }
    let video = common?;
    let seconds = settings.at("segmentLength").number().unwrap_or(6.0).clamp(1.0, 60.0);
    rungs.sort_by_key(|rung| std::cmp::Reverse(u64::from(rung.width) * u64::from(rung.height)));
    unique(&mut rungs, |rung| &mut rung.id);
    let gops = (seconds / video.gop.seconds.max(0.001)).round().max(1.0);
    Some(Output {
        id: "ladder".to_owned(),
        name: "{title}".to_owned(),
        container: Container::Hls,
        video: Video {
            size: Size::Keep,
            rate: None,
            level: None,
            gop: Gop { seconds: seconds / gops, fixed: true, b_frames: video.gop.b_frames },
            rung: rungs,
            ..video
        },
        audio,
        fast_start: true,
        edit_list: EditList::Allow,
        timecode: Timecode::Drop,
        hls: Some(Hls { segment_seconds: seconds, i_frame_playlists: i_frames }),
    })
}

/// Ids and names that differ between outputs.
fn name_apart(outputs: &mut [Output]) {
    unique(outputs, |output| &mut output.id);
    if outputs.len() > 1 {
        for output in outputs {
            "{title}_{output}".clone_into(&mut output.name);
        }
    }
}

/// Adds `-2`, `-3` … to ids that were there before.
fn unique<T>(items: &mut [T], id: impl Fn(&mut T) -> &mut String) {
    let mut taken = std::collections::BTreeSet::new();
    for item in items {
        let id = id(item);
        let stem = id.clone();
        let mut number = 1;
        while !taken.insert(id.clone()) {
            number += 1;
            *id = format!("{stem}-{number}");
        }
    }
}

/// A name modifier as an id: `_1080p` is `1080p`.
fn slug(text: &str) -> Option<String> {
    // Format identifiers such as `$dt$` stand for something else in every job.
    let words = text.split('$').step_by(2).flat_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric()));
    let slug = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-").to_lowercase();
    let slug = slug.get(..slug.len().min(48)).unwrap_or_default().trim_end_matches('-');
    (!slug.is_empty()).then(|| slug.to_owned())
}

/// The dearest quality tuning of all outputs: the profile has one for all.
fn quality(settings: &Value) -> QualityTuning {
    let outputs = settings["outputGroups"].as_array().into_iter().flatten();
    let levels =
        outputs.flat_map(|group| group["outputs"].as_array().into_iter().flatten()).flat_map(|output| {
            let codec = &output["videoDescription"]["codecSettings"];
            ["h264Settings", "h265Settings"].map(|key| codec[key]["qualityTuningLevel"].as_str())
        });
    let mut quality = None;
    for level in levels.flatten() {
        let (rank, found) = match level {
            "MULTI_PASS_HQ" => (2, QualityTuning::MultiPassHq),
            "SINGLE_PASS_HQ" => (1, QualityTuning::SinglePassHq),
            _ => (0, QualityTuning::SinglePass),
        };
        if quality.is_none_or(|(best, _)| rank > best) {
            quality = Some((rank, found));
        }
    }
    quality.map_or(QualityTuning::default(), |(_, found)| found)
}

/// Levels that a profile may not state because their own outputs go beyond them are left to the encoder.
fn keep_to_the_rules(profile: &mut Profile, read: &Read<'_>) {
    let about_a_level = |problem: &Problem| problem.at.steps().last() == Some(&Step::Key("level".to_owned()));
    if spillway_profile::problems(profile).iter().any(about_a_level) {
        for output in &mut profile.output {
            output.video.level = None;
            for rung in &mut output.video.rung {
                rung.level = None;
            }
        }
        read.note_each(
            "codecLevel",
            "The level ends below what the output may become; the encoder states its own.",
        );
    }
}

/// Members of the template around its settings that a profile has no place for.
fn around_unmapped(document: &Value, nested: bool) -> Vec<Unmapped> {
    // What the service itself adds to an export says nothing of a job.
    const BOOKKEEPING: [&str; 15] = [
        "settings",
        "name",
        "description",
        "queue",
        "priority",
        "arn",
        "createdAt",
        "lastUpdated",
        "type",
        "category",
        "id",
        "status",
        "timing",
        "userMetadata",
        "role",
    ];
    let fields = document.as_object().filter(|_| nested).into_iter().flatten();
    let left = fields.filter(|(key, value)| {
        let empty = value.as_array().is_some_and(Vec::is_empty) || value.is_null();
        !BOOKKEEPING.contains(&key.as_str()) && !empty
    });
    left.map(|(key, value)| Unmapped {
        path: format!("/{key}"),
        value: value.to_string(),
        why: "Jobs of Spillway are sent without it.".to_owned(),
    })
    .collect()
}
