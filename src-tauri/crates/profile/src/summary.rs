//! A profile as a page for people: what it makes, what it checks, and where that comes from.

mod words;

use std::fmt;

use serde::Serialize;

use crate::{Audio, Output, Profile, Rule, Rung, Severity, Video};
use words::{check, loss, name_of, rate};

/// A part of the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Heading.
    pub title: String,
    /// One fact each.
    pub lines: Vec<String>,
}

impl fmt::Display for Section {
    /// The heading, and the lines below it, indented.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)?;
        self.lines.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// The page; sections without anything to say are left out.
pub fn describe(profile: &Profile) -> Vec<Section> {
    let mut sections = vec![about(profile)];
    sections.extend(profile.output.iter().map(output));
    sections.push(Section { title: "Accepts".to_owned(), lines: accepts(profile) });
    sections.push(Section {
        title: "Rules".to_owned(),
        lines: profile.rule.iter().map(|rule| self::rule(profile, rule)).collect(),
    });
    sections.push(Section {
        title: "May be lost".to_owned(),
        lines: profile.may_lose.iter().map(|what| loss(*what).to_owned()).collect(),
    });
    sections.push(Section { title: "Delivery".to_owned(), lines: delivery(profile) });
    sections.push(Section { title: "MediaConvert".to_owned(), lines: mediaconvert(profile) });
    sections.push(Section { title: "Sources".to_owned(), lines: sources(profile) });
    sections.retain(|section| !section.lines.is_empty());
    sections
}

fn about(profile: &Profile) -> Section {
    let mut lines = vec![
        format!("{} (version {}), for {}", profile.id, profile.version, profile.partner),
        format!("Engine: {}", name_of(&profile.engine)),
    ];
    lines.extend(
        profile.description.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()),
    );
    Section { title: profile.title.clone(), lines }
}

fn output(output: &Output) -> Section {
    let mut lines = vec![file(output), video(&output.video)];
    lines.extend(picture(&output.video));
    lines.extend(output.video.rung.iter().map(rung));
    lines.extend(output.audio.iter().map(audio));
    if output.audio.is_empty() {
        lines.push("No audio".to_owned());
    }
    lines.push(format!("Timecode: {}", name_of(&output.timecode)));
    Section { title: format!("Output \"{}\"", output.id), lines }
}

fn file(output: &Output) -> String {
    let mut text = format!("{} file, named {}", output.container.name().to_uppercase(), output.name);
    if let Some(hls) = &output.hls {
        text = format!("HLS folder, named {}, segments of {} s", output.name, hls.segment_seconds);
        if hls.i_frame_playlists {
            text.push_str(", I-frame playlists");
        }
        return text;
    }
    if output.fast_start {
        text.push_str(", index first");
    }
    if output.edit_list == crate::EditList::Forbid {
        text.push_str(", no edit lists");
    }
    text
}

fn video(video: &Video) -> String {
    let mut parts = vec![format!("Video: {}", name_of(&video.codec))];
    parts.extend(video.profile.as_ref().map(|profile| format!("profile {profile}")));
    parts.extend(video.level.as_ref().map(|level| format!("level {level}")));
    parts.push(video.pixel_format.clone());
    parts.extend(video.preset.as_ref().map(|preset| format!("preset {preset}")));
    parts.extend(video.tune.as_ref().map(|tune| format!("tuned for {tune}")));
    parts.extend(video.rate.as_ref().map(rate));
    parts.join(", ")
}

fn picture(video: &Video) -> Vec<String> {
    let mut lines = Vec::new();
    if video.rung.is_empty() {
        lines.push(match video.size {
            crate::Size::Keep => "Size: as the source".to_owned(),
            crate::Size::Fit { width, height } => {
                format!("Size: fitted into {width}x{height}, never enlarged")
            }
        });
    }
    let mut timing = format!("Frame timing: {}", name_of(&video.frame_rate.mode));
    if let Some(max) = video.frame_rate.max {
        timing = format!("{timing}, at most {max} per second");
    }
    lines.push(timing);
    if video.codec != crate::VideoCodec::Prores {
        lines.push(keyframes(video));
    }
    lines.push(format!(
        "Scan: {}; rotation: {}; pixels: {}; colour: {}",
        name_of(&video.scan),
        name_of(&video.rotation),
        name_of(&video.pixel_aspect),
        name_of(&video.color)
    ));
    if let Some(pass) = video.pass_through {
        let limit = pass.max_kbps.map_or_else(String::new, |kbps| format!(" and stays below {kbps} kbit/s"));
        lines.push(format!("A source picture that already complies{limit} is copied"));
    }
    lines
}

fn keyframes(video: &Video) -> String {
    let gop = video.gop;
    if gop.seconds <= 0.0 {
        return "Keyframes: every frame".to_owned();
    }
    let mode = if gop.fixed { "exactly every" } else { "at scene changes, at least every" };
    let b_frames = gop.b_frames.map_or_else(String::new, |frames| format!(", at most {frames} B-frames"));
    format!("Keyframes: {mode} {} s, closed GOPs{b_frames}", gop.seconds)
}

fn rung(rung: &Rung) -> String {
    let mut parts = vec![format!("Rung {}: {}x{}", rung.id, rung.width, rung.height), rate(&rung.rate)];
    parts.extend(rung.profile.as_ref().map(|profile| format!("profile {profile}")));
    parts.extend(rung.level.as_ref().map(|level| format!("level {level}")));
    parts.extend(rung.max_frame_rate.map(|max| format!("at most {max} frames per second")));
    parts.join(", ")
}

fn audio(audio: &Audio) -> String {
    let mut parts = vec![format!("Audio \"{}\": {}", audio.id, name_of(&audio.codec))];
    parts.extend(audio.bit_rate_kbps.map(|kbps| format!("{kbps} kbit/s")));
    parts.extend(audio.sample_rate_hz.map(|hz| format!("{hz} Hz")));
    parts.push(format!("channels: {}", name_of(&audio.channels)));
    parts.push(match audio.select {
        crate::SelectAudio::First => "main stream".to_owned(),
        crate::SelectAudio::All => "all streams".to_owned(),
    });
    if audio.fit == crate::AudioFit::Picture {
        parts.push("as long as the picture".to_owned());
    }
    parts.extend(audio.loudness.map(|target| {
        format!(
            "normalised to {} LUFS ±{} LU, peaks below {} dBTP",
            target.target_lufs, target.tolerance_lu, target.true_peak_dbtp
        )
    }));
    if audio.pass_through {
        parts.push("copied when it already complies".to_owned());
    }
    parts.join(", ")
}

fn accepts(profile: &Profile) -> Vec<String> {
    let accept = &profile.accept;
    let mut lines = vec![format!("Audio: {}", name_of(&accept.audio))];
    for (what, value) in [("wide", accept.min_width), ("high", accept.min_height)] {
        lines.extend(value.map(|pixels| format!("At least {pixels} pixels {what}")));
    }
    for (bound, what, value) in [
        ("At least", "seconds", accept.min_duration_s),
        ("At most", "seconds", accept.max_duration_s),
        ("At least", "frames per second", accept.min_frame_rate),
        ("At most", "frames per second", accept.max_frame_rate),
    ] {
        lines.extend(value.map(|value| format!("{bound} {value} {what}")));
    }
    for (what, verdict) in [
        ("Interlaced sources", accept.interlaced),
        ("Variable frame rate", accept.variable_frame_rate),
        ("HDR sources", accept.hdr),
        ("Smaller than the output", accept.smaller_than_output),
        ("Damaged sources", accept.damaged),
    ] {
        lines.push(format!("{what}: {}", name_of(&verdict)));
    }
    lines
}

fn rule(profile: &Profile, rule: &Rule) -> String {
    let mut text = format!("{}: {}", rule.id, check(&rule.check));
    if let Some(output) = &rule.output {
        text = format!("{text} (output \"{output}\")");
    }
    if rule.severity == Severity::Warn {
        text.push_str(" (warning only)");
    }
    match rule.source.as_ref().and_then(|name| profile.sources.get(name)) {
        Some(source) => format!("{text} — {}, checked {}", source.title, source.checked),
        None => format!("{text} — house rule"),
    }
}

fn delivery(profile: &Profile) -> Vec<String> {
    let delivery = &profile.delivery;
    let mut lines = Vec::new();
    if !delivery.folder.is_empty() {
        lines.push(format!("Folder: {}", delivery.folder));
    }
    lines.push(match delivery.exists {
        crate::Exists::Fail => "A name that is taken: the job fails, what is there stays".to_owned(),
        crate::Exists::Version => "A name that is taken: the next free number is added".to_owned(),
    });
    let letters =
        if delivery.ascii_only { "Names: ASCII letters and digits" } else { "Names: letters and digits" };
    lines.push(match &delivery.allowed_characters {
        Some(others) if others.is_empty() => format!("{letters}, at most {} bytes", delivery.max_name_bytes),
        Some(others) => format!("{letters} and {others}, at most {} bytes", delivery.max_name_bytes),
        None => format!("Names: at most {} bytes", delivery.max_name_bytes),
    });
    lines.push(format!("Tries of a failed step: {}", profile.retry.max_attempts));
    for (what, limit) in [("job", profile.budget.per_job_usd), ("month", profile.budget.per_month_usd)] {
        lines.extend(limit.map(|usd| format!("Budget per {what}: {usd:.2} USD")));
    }
    lines
}

/// Nothing for profiles that never go to the cloud.
fn mediaconvert(profile: &Profile) -> Vec<String> {
    if profile.engine == crate::EnginePolicy::Local {
        return Vec::new();
    }
    let options = &profile.mediaconvert;
    let mut lines = vec![format!("Quality tuning: {}", name_of(&options.quality))];
    lines.extend(options.template.as_ref().map(|name| format!("Tuned by the job template {name}")));
    if options.template_json.is_some() {
        lines.push("Tuned by a job template that is part of this profile".to_owned());
    }
    lines.extend(options.queue.as_ref().map(|queue| format!("Queue: {queue}")));
    if options.priority != 0 {
        lines.push(format!("Priority in the queue: {}", options.priority));
    }
    lines.extend(options.tags.iter().map(|(key, value)| format!("Tag: {key} = {value}")));
    lines
}

fn sources(profile: &Profile) -> Vec<String> {
    let sources = profile.sources.iter();
    sources
        .map(|(name, source)| {
            format!("{name}: {} ({}), checked {}", source.title, source.url, source.checked)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(id: &str) -> Vec<Section> {
        describe(&crate::find(id).unwrap().profile().unwrap())
    }

    fn section<'a>(page: &'a [Section], title: &str) -> &'a [String] {
        &page.iter().find(|section| section.title == title).unwrap().lines
    }

    #[test]
    fn every_shipped_profile_has_a_full_page() {
        for shipped in crate::shipped() {
            for section in page(shipped.id) {
                assert!(section.lines.iter().all(|line| !line.trim().is_empty()), "{}", shipped.id);
            }
        }
    }

    #[test]
    fn rules_show_their_source_and_date() {
        let page = page("youtube");
        let rule = section(&page, "Rules").iter().find(|line| line.starts_with("no-edit-list")).unwrap();
        assert_eq!(
            rule,
            "no-edit-list: no edit list — YouTube recommended upload encoding settings, checked 2026-11-22"
        );
    }

    #[test]
    fn the_cloud_side_is_told_unless_it_is_never_used() {
        let mut profile = crate::find("web-mp4").unwrap().profile().unwrap();
        profile.mediaconvert.template = Some("Partner HD".to_owned());
        profile.mediaconvert.priority = -5;
        profile.mediaconvert.tags.insert("cost center".to_owned(), "42".to_owned());
        let told = describe(&profile);
        assert_eq!(
            section(&told, "MediaConvert"),
            [
                "Quality tuning: single-pass-hq",
                "Tuned by the job template Partner HD",
                "Priority in the queue: -5",
                "Tag: cost center = 42"
            ]
        );
        profile.engine = crate::EnginePolicy::Local;
        assert!(describe(&profile).iter().all(|section| section.title != "MediaConvert"));
    }

    #[test]
    fn outputs_are_spelled_out() {
        let page = page("apple-hls");
        let lines = section(&page, "Output \"ladder\"");
        assert!(page[1].to_string().starts_with("Output \"ladder\"\n  HLS folder"), "{}", page[1]);
        assert_eq!(lines[0], "HLS folder, named {title}_hls, segments of 6 s, I-frame playlists");
        assert!(lines.iter().any(|line| line.starts_with("Rung 1080p: 1920x1080, quality ")), "{lines:#?}");
    }
}
