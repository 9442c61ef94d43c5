use std::path::PathBuf;

use spillway_profile::Citation;
use uuid::Uuid;

use super::*;
use crate::plan::{Range, sample};

struct Case {
    profile: Profile,
    plan: JobPlan,
    inspect: InspectDone,
    verdict: OutputVerdict,
    files: Vec<FileInfo>,
    source: PathBuf,
    path: PathBuf,
    asked: JobExtras,
}

fn rule(rule: &str, verdict: Outcome) -> RuleResult {
    RuleResult {
        rule: rule.to_owned(),
        check: None,
        title: format!("Title of {rule}"),
        expected: "240".to_owned(),
        measured: "240".to_owned(),
        verdict,
        source: Some(Citation {
            title: "A specification".to_owned(),
            url: "https://partner.example/spec".to_owned(),
            checked: "2026-11-22".to_owned(),
        }),
        place: None,
    }
}

impl Case {
    fn new() -> Self {
        let profile = sample::profile(sample::mp4_output());
        let source = sample::Source::new(24 * 20);
        let plan = crate::plan::plan(&profile, &source.facts()).unwrap().plan;
        Self {
            profile,
            plan,
            inspect: InspectDone { probe: source.probe, index: Some(source.summary) },
            verdict: OutputVerdict {
                output: "main".to_owned(),
                lines: vec![rule("frames", Outcome::Pass), rule("bt709", Outcome::Warn)],
            },
            files: vec![FileInfo { path: String::new(), bytes: 4_130_000, sha256: "ab".repeat(32) }],
            source: PathBuf::from("/media/master.mov"),
            path: PathBuf::from("/out/A film.mp4"),
            asked: JobExtras {
                title: Some("Harbour Stories".to_owned()),
                metadata: [("house <number>".to_owned(), "HS-0012 & more".to_owned())].into(),
                deadline_ms: Some(0),
                watch: None,
            },
        }
    }

    fn receipt(&self) -> Receipt {
        Receipt::new(&ReceiptParts {
            job: JobId(Uuid::nil()),
            asked: &self.asked,
            profile: &self.profile,
            plan: &self.plan,
            source: &self.source,
            route: None,
            source_sha256: "cd",
            inspect: &self.inspect,
            outputs: vec![OutputParts {
                plan: &self.plan.outputs[0],
                verdict: &self.verdict,
                path: &self.path,
                files: &self.files,
                frames: 480,
                duration_ms: 20_000,
                attempts: &[1, 3],
                audio: &[],
            }],
            tools: vec![Tool { name: "libx264".to_owned(), version: "164".to_owned() }],
            submitted_ms: 0,
            started_ms: 1_000,
            finished_ms: 61_000,
            cost_microusd: 0,
        })
    }
}

fn keys(value: &serde_json::Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_json_form_is_stable() {
    let text = Case::new().receipt().json().unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["schema"], "spillway-receipt/1");
    let mut top = keys(&json);
    top.sort_unstable();
    assert_eq!(
        top,
        [
            "asked",
            "cost_microusd",
            "findings",
            "job",
            "outputs",
            "profile",
            "route",
            "schema",
            "source",
            "times",
            "tools",
            "verdict"
        ]
    );
    let output = &json["outputs"][0];
    let mut fields = keys(output);
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "audio",
            "bytes",
            "carriage",
            "container",
            "duration_ms",
            "files",
            "frames",
            "id",
            "path",
            "picture",
            "rules",
            "verdict"
        ]
    );
    assert_eq!(json["verdict"], "warn");
    assert_eq!(json["source"]["sha256"], "cd");
    assert_eq!(output["files"][0]["sha256"], "ab".repeat(32));
    assert_eq!(output["rules"][0]["verdict"], "pass");
    assert_eq!(output["rules"][0]["source"]["url"], "https://partner.example/spec");
    assert_eq!(output["picture"]["copied"], false);
    assert_eq!(output["picture"]["segments"][1]["attempts"], 3);
    let carried = output["carriage"].as_array().unwrap();
    assert!(carried.iter().any(|item| item["what"] == "languages" && item["fate"] == "carried"));
}

#[test]
fn the_json_form_can_be_read_back() {
    let receipt = Case::new().receipt();
    let again: Receipt = serde_json::from_str(&receipt.json().unwrap()).unwrap();
    assert_eq!(again, receipt);
    assert_eq!(again.html().unwrap(), receipt.html().unwrap());
}

#[test]
fn a_copied_picture_is_called_so() {
    let mut case = Case::new();
    case.plan.outputs[0].video = VideoPlan::Copy;
    let receipt = case.receipt();
    assert!(receipt.outputs[0].picture.copied);
    assert_eq!(receipt.outputs[0].picture.text, "Picture copied, not re-encoded.");
    assert!(receipt.html().unwrap().contains("Picture copied, not re-encoded"));
}

#[test]
fn the_page_tells_status_in_words_and_what_needs_attention_first() {
    let html = Case::new().receipt().html().unwrap();
    assert!(html.contains("Delivered, with notes"));
    assert!(html.contains("Sample Partner"));
    assert!(html.find("Title of bt709").unwrap() < html.find("Title of frames").unwrap());
    assert!(html.contains("Noted") && html.contains("Passed"));
    assert!(html.contains(&"ab".repeat(32)));
    assert!(html.contains("1970-01-01 00:01:01 UTC"));
}

#[test]
fn every_segment_is_drawn_with_its_tries() {
    let mut case = Case::new();
    if let VideoPlan::Encode { segments, .. } = &mut case.plan.outputs[0].video {
        *segments =
            vec![Range { first: 0, count: 300, weight: 1 }, Range { first: 300, count: 180, weight: 1 }];
    }
    let html = case.receipt().html().unwrap();
    assert!(html.contains("flex-grow:300") && html.contains("flex-grow:180"));
    assert!(html.contains("Segment 2: frames 300 to 479, 3 tries"));
    assert!(html.contains("2 segments, 1 of them tried again"));
}

#[test]
fn hostile_names_are_shown_harmlessly() {
    const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&{{7*7}}<script>.mov";
    let mut case = Case::new();
    case.source = PathBuf::from("/media").join(HOSTILE);
    case.path = PathBuf::from("/out").join(HOSTILE);
    case.profile.partner = HOSTILE.to_owned();
    case.inspect.probe.format = HOSTILE.to_owned();
    case.plan.outputs[0].carriage[0].text = HOSTILE.to_owned();
    case.files[0].path = HOSTILE.to_owned();
    for line in &mut case.verdict.lines {
        line.measured = HOSTILE.to_owned();
        line.place = Some(HOSTILE.to_owned());
        if let Some(source) = &mut line.source {
            source.url = "javascript:alert(1)".to_owned();
        }
    }
    let html = case.receipt().html().unwrap();
    assert!(!html.contains("<img") && !html.contains("<script"), "markup came through");
    assert!(!html.contains("href=\"javascript"));
    assert!(html.contains("{{7*7}}"));
    assert!(html.contains("onerror=alert(1)"), "the name is still readable");
}

#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let html = Case::new().receipt().html().unwrap();
    for word in ["<script", "<link", "<img", "<iframe", "@import", "url(", "src=", "http://"] {
        assert!(!html.contains(word), "{word}");
    }
    assert!(html.contains("prefers-color-scheme: dark") && html.contains("@media print"));
}

#[test]
fn many_files_are_folded() {
    let mut case = Case::new();
    assert!(!case.receipt().html().unwrap().contains("<summary>1 files"));
    case.files = (0..9)
        .map(|n| FileInfo { path: format!("1080p/{n}.m4s"), bytes: 1, sha256: "00".repeat(32) })
        .collect();
    assert!(case.receipt().html().unwrap().contains("<summary>9 files</summary>"));
}

#[test]
fn the_words_of_the_sender_are_on_the_page_and_cannot_act_there() {
    let page = Case::new().receipt().html().unwrap();
    for words in ["What was asked", "Harbour Stories", "HS-0012 &#38; more", "1970-01-01"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("house <number>"));
    let mut plain = Case::new();
    plain.asked = JobExtras::default();
    assert!(!plain.receipt().html().unwrap().contains("What was asked"));
}

#[test]
fn a_receipt_from_before_anything_could_be_asked_is_still_read() {
    let mut old: serde_json::Value = serde_json::from_str(&Case::new().receipt().json().unwrap()).unwrap();
    old.as_object_mut().unwrap().remove("asked");
    let receipt: Receipt = serde_json::from_value(old).unwrap();
    assert_eq!(receipt.asked, JobExtras::default());
}
