//! The receipt as a page: what the template shows, prepared as plain text. The template escapes it.

use askama::Template;
use spillway_profile::Verdict;

use super::{OutputReceipt, Receipt, ReceiptError, words};
use crate::{
    conform::{Outcome, RuleResult},
    plan::{Carriage, Fate, Finding, carriage::loss_name, copy::codec_name},
    route::EngineKind,
};

/// Files of an output that are listed openly; more are folded away.
const OPEN_FILES: usize = 6;

/// Renders the page.
pub(super) fn render(receipt: &Receipt) -> Result<String, ReceiptError> {
    Ok(Page::of(receipt).render()?)
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct Page<'a> {
    receipt: &'a Receipt,
    mark: Mark,
    headline: String,
    summary: String,
    source_name: String,
    source_bytes: String,
    /// Title, deadline and the words of the sender.
    asked: Vec<(&'a str, String)>,
    outputs: Vec<Delivered<'a>>,
    findings: Vec<(&'static str, &'a Finding)>,
    rows: Vec<(&'static str, String)>,
    finished: String,
}

fn asked(receipt: &Receipt) -> Vec<(&str, String)> {
    let asked = &receipt.asked;
    let title = asked.title.iter().map(|title| ("Title", title.clone()));
    let deadline = asked.deadline_ms.map(|deadline| ("Deadline", words::moment(deadline)));
    let metadata = asked.metadata.iter().map(|(name, value)| (name.as_str(), value.clone()));
    title.chain(deadline).chain(metadata).collect()
}

/// A status: class for colour, sign and word for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    class: &'static str,
    sign: &'static str,
    word: &'static str,
}

struct Delivered<'a> {
    output: &'a OutputReceipt,
    name: String,
    mark: Mark,
    facts: String,
    files: Vec<FileRow<'a>>,
    folded: bool,
    rules: Vec<RuleRow<'a>>,
    counts: String,
    fates: Vec<(Mark, &'static str, &'a str)>,
    strip: Vec<Cell>,
    strip_text: String,
    settings: Vec<String>,
}

struct FileRow<'a> {
    name: String,
    bytes: String,
    sha256: &'a str,
}

struct RuleRow<'a> {
    mark: Mark,
    rule: &'a RuleResult,
    /// Address of the citation when it is safe to follow.
    link: Option<&'a str>,
}

struct Cell {
    frames: u64,
    class: &'static str,
    text: String,
}

fn mark(outcome: Outcome) -> Mark {
    match outcome {
        Outcome::Pass => Mark { class: "pass", sign: "✓", word: "Passed" },
        Outcome::Warn => Mark { class: "warn", sign: "!", word: "Noted" },
        Outcome::Fail => Mark { class: "fail", sign: "✕", word: "Failed" },
    }
}

fn fate(fate: Fate) -> Mark {
    match fate {
        Fate::Carried => Mark { class: "pass", sign: "✓", word: "Kept" },
        Fate::Converted => Mark { class: "warn", sign: "→", word: "Converted" },
        Fate::Lost => Mark { class: "lost", sign: "–", word: "Left out" },
    }
}

impl<'a> Page<'a> {
    fn of(receipt: &'a Receipt) -> Self {
        let rules: usize = receipt.outputs.iter().map(|output| output.rules.len()).sum();
        let count = |outcome| {
            receipt
                .outputs
                .iter()
                .flat_map(|output| &output.rules)
                .filter(|rule| rule.verdict == outcome)
                .count()
        };
        let headline = match receipt.verdict {
            Outcome::Pass => "Meets every rule".to_owned(),
            Outcome::Warn => "Delivered, with notes".to_owned(),
            Outcome::Fail => "Does not meet the profile".to_owned(),
        };
        let (noted, failed) = (count(Outcome::Warn), count(Outcome::Fail));
        let mut summary = vec![format!("{} of {rules} rules passed", rules - noted - failed)];
        summary.extend((noted > 0).then(|| format!("{noted} noted")));
        summary.extend((failed > 0).then(|| format!("{failed} failed")));
        Self {
            receipt,
            mark: mark(receipt.verdict),
            headline,
            summary: summary.join(", "),
            source_name: name_of(&receipt.source.path),
            source_bytes: words::bytes(receipt.source.bytes),
            asked: asked(receipt),
            outputs: receipt.outputs.iter().map(Delivered::of).collect(),
            findings: receipt
                .findings
                .iter()
                .map(|finding| (verdict_word(finding.verdict), finding))
                .collect(),
            rows: rows(receipt),
            finished: words::moment(receipt.times.finished_ms),
        }
    }
}

impl<'a> Delivered<'a> {
    fn of(output: &'a OutputReceipt) -> Self {
        let mut rules: Vec<RuleRow<'a>> = output.rules.iter().map(rule_row).collect();
        // What needs attention first; the order among equals stays.
        rules.sort_by_key(|row| std::cmp::Reverse(row.rule.verdict));
        let passed = output.rules.iter().filter(|rule| rule.verdict == Outcome::Pass).count();
        let fates = |item: &'a Carriage| (fate(item.fate), loss_name(item.what), item.text.as_str());
        let (strip, strip_text) = strip(output);
        Self {
            output,
            name: name_of(&output.path),
            mark: mark(output.verdict),
            facts: format!(
                "{} · {} frames · {}",
                words::duration(output.duration_ms),
                output.frames,
                words::bytes(output.bytes)
            ),
            files: output.files.iter().map(|file| file_row(output, file)).collect(),
            folded: output.files.len() > OPEN_FILES,
            rules,
            counts: format!("{passed} of {} passed", output.rules.len()),
            fates: output.carriage.iter().map(fates).collect(),
            strip,
            strip_text,
            settings: settings(output),
        }
    }
}

fn file_row<'a>(output: &OutputReceipt, file: &'a spillway_media::task::FileInfo) -> FileRow<'a> {
    FileRow {
        name: if file.path.is_empty() { name_of(&output.path) } else { file.path.clone() },
        bytes: words::bytes(file.bytes),
        sha256: &file.sha256,
    }
}

fn rule_row(rule: &RuleResult) -> RuleRow<'_> {
    let url = rule.source.as_ref().map(|source| source.url.as_str());
    RuleRow { mark: mark(rule.verdict), rule, link: url.filter(|url| url.starts_with("https://")) }
}

/// A cell per segment, as wide as it has frames; one cell for a copied picture.
fn strip(output: &OutputReceipt) -> (Vec<Cell>, String) {
    let segments = &output.picture.segments;
    if output.picture.copied {
        let cell = Cell { frames: 1, class: "copied", text: "copied".to_owned() };
        return (vec![cell], "Picture copied, not re-encoded".to_owned());
    }
    let again = segments.iter().filter(|segment| segment.attempts > 1).count();
    let count = match segments.len() {
        1 => "1 segment".to_owned(),
        n => format!("{n} segments"),
    };
    let tries = match again {
        0 => "each at the first try".to_owned(),
        1 => "1 of them tried again".to_owned(),
        n => format!("{n} of them tried again"),
    };
    let cells = (1usize..).zip(segments).map(|(n, segment)| Cell {
        frames: segment.frames.max(1),
        class: if segment.attempts > 1 { "again" } else { "first" },
        text: format!(
            "Segment {n}: frames {} to {}, {}",
            segment.first,
            segment.first + segment.frames.saturating_sub(1),
            words::tries(segment.attempts)
        ),
    });
    (cells.collect(), format!("{count}, {tries}"))
}

fn settings(output: &OutputReceipt) -> Vec<String> {
    let picture = output.picture.renditions.iter().map(|rendition| {
        let video = &rendition.settings;
        let optional = |name: &str, value: &Option<String>| {
            value.as_ref().map_or_else(String::new, |value| format!(", {name} {value}"))
        };
        format!(
            "{}: {}{}{}{}{}, {}, keyframes {} {} frames, time unit {}/{} s",
            rendition.id,
            codec_name(video.codec),
            optional("profile", &video.profile),
            optional("level", &video.level),
            optional("preset", &video.preset),
            optional("tune", &video.tune),
            video.pixel_format,
            if video.fixed_gop { "every" } else { "within" },
            video.gop,
            video.time_base.num,
            video.time_base.den
        )
    });
    let audio = output.audio.iter().map(|track| {
        let mut facts = vec![format!("{}: stream {} — {}", track.id, track.stream, track.text)];
        let gain = |lufs| format!("Source at {lufs:.1} LUFS, gain {:+.1} dB.", track.gain_db);
        facts.extend(track.source_lufs.map(gain));
        facts.extend((track.silence > 0).then(|| format!("{} samples of silence put in.", track.silence)));
        facts.extend((track.cut > 0).then(|| format!("{} samples cut.", track.cut)));
        facts.join(" ")
    });
    picture.chain(audio).collect()
}

fn rows(receipt: &Receipt) -> Vec<(&'static str, String)> {
    let source = &receipt.source;
    let mut rows = vec![
        ("Job", receipt.job.to_string()),
        ("Profile", format!("{}, version {}", receipt.profile.id, receipt.profile.version)),
        ("Submitted", words::moment(receipt.times.submitted_ms)),
        ("Started", words::moment(receipt.times.started_ms)),
        ("Finished", words::moment(receipt.times.finished_ms)),
        ("Time taken", words::duration(receipt.times.finished_ms.saturating_sub(receipt.times.started_ms))),
        ("Cost", words::money(receipt.cost_microusd)),
        ("Engine", engine(receipt)),
        ("Source format", source.format.clone()),
        ("Source path", source.path.display().to_string()),
    ];
    if source.damaged > 0 {
        rows.push(("Damaged spots in the source", source.damaged.to_string()));
    }
    rows
}

fn engine(receipt: &Receipt) -> String {
    receipt
        .route
        .as_ref()
        .map_or_else(|| EngineKind::Local.to_string(), |route| format!("{}: {}", route.engine, route.text))
}

fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "Note",
        Verdict::Warn => "Warning",
        Verdict::Stop => "Stop",
    }
}

fn name_of(path: &std::path::Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
