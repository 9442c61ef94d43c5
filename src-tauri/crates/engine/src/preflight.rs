//! Preflight: is a source what a profile accepts? Everything that speaks against it is said at once.

use spillway_media::types::FieldOrder;
use spillway_profile::{Check, Need, Profile, Rotation, Rule, Severity, Size, Verdict};

use crate::{
    failure::{Code, Failure},
    plan::{
        Finding, SourceFacts,
        color::{self, is_hdr_transfer},
        finding,
        number::{approx, approx_i},
    },
};

/// Compares `source` with what `profile` accepts.
///
/// # Errors
/// When anything says stop: one failure with all reasons.
pub fn check(profile: &Profile, source: &SourceFacts<'_>) -> Result<Vec<Finding>, Box<Failure>> {
    let Some(stream) = source.probe.video.first() else {
        return Err(refused(profile, source, Code::NoVideo, "It has no picture stream."));
    };
    if !stream.decodable {
        let why = format!("This build cannot decode its picture ({}).", stream.codec);
        return Err(refused(profile, source, Code::Unsupported, &why));
    }
    if source.index.frames.is_empty() {
        return Err(refused(profile, source, Code::ZeroFrames, "Its picture stream gives no frame."));
    }
    let findings = findings(profile, source);
    let stops: Vec<&Finding> = findings.iter().filter(|finding| finding.verdict == Verdict::Stop).collect();
    if stops.is_empty() {
        return Ok(findings);
    }
    let only_audio = stops.iter().all(|finding| finding::AUDIO_NEEDED.is(finding));
    let code = if only_audio { Code::NoAudio } else { Code::NotAccepted };
    let why = stops.iter().map(|finding| finding.text.as_str()).collect::<Vec<_>>().join(" ");
    let mut failure = refused(profile, source, code, &why);
    let advice: Vec<&str> =
        stops.iter().map(|stop| stop.advice.as_str()).filter(|text| !text.is_empty()).collect();
    if !advice.is_empty() {
        failure.next = advice.join(" ");
    }
    failure.details =
        stops.iter().map(|stop| format!("{}: {}", stop.id, stop.text)).collect::<Vec<_>>().join("\n");
    Err(failure)
}

/// Everything worth saying about `source` under `profile`, stops included. The source must have a
/// picture stream with frames; without one there is nothing to say.
pub fn findings(profile: &Profile, source: &SourceFacts<'_>) -> Vec<Finding> {
    let mut all = Vec::new();
    size(profile, source, &mut all);
    time(profile, source, &mut all);
    picture(profile, source, &mut all);
    audio(profile, source, &mut all);
    damage(profile, source, &mut all);
    all.extend(source.probe.notes.iter().map(|note| said(note)));
    all
}

/// The source's file name, for messages.
pub(crate) fn file_name(source: &SourceFacts<'_>) -> String {
    source
        .path
        .file_name()
        .map_or_else(|| source.path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// A failure before any work was done.
pub(crate) fn refused(profile: &Profile, source: &SourceFacts<'_>, code: Code, why: &str) -> Box<Failure> {
    let file = file_name(source);
    Box::new(Failure {
        code,
        what: format!("{file} was not accepted for {}.", profile.partner),
        why: why.to_owned(),
        did: "Looked at the source; nothing was encoded.".to_owned(),
        safe: "The source was only read, and nothing was written to the destination.".to_owned(),
        spent_microusd: 0,
        next: "Deliver another source.".to_owned(),
        otherwise: format!("Or choose a profile other than {} that accepts it.", profile.id),
        waiting_helps: false,
        details: why.to_owned(),
    })
}

/// What was noted while the file was opened.
fn said(note: &str) -> Finding {
    match note.strip_prefix("Stream ").and_then(|rest| rest.strip_suffix(" is cover art and is left out.")) {
        Some(stream) => finding::COVER_ART.with(Verdict::Pass, [("stream", stream.to_owned())]),
        None => finding::SOURCE_NOTE.with(Verdict::Pass, [("note", note.to_owned())]),
    }
}

fn size(profile: &Profile, source: &SourceFacts<'_>, all: &mut Vec<Finding>) {
    let Some(stream) = source.probe.video.first() else { return };
    let accept = &profile.accept;
    let turned = stream.rotation % 180 != 0;
    let (width, height) = if turned { (stream.height, stream.width) } else { (stream.width, stream.height) };
    if let Some(least) = accept.min_width.filter(|least| width < *least) {
        let values = [("width", width.to_string()), ("least", least.to_string())];
        all.push(finding::TOO_NARROW.with(Verdict::Stop, values));
    }
    if let Some(least) = accept.min_height.filter(|least| height < *least) {
        let values = [("height", height.to_string()), ("least", least.to_string())];
        all.push(finding::TOO_LOW.with(Verdict::Stop, values));
    }
    if accept.smaller_than_output == Verdict::Pass {
        return;
    }
    let largest = profile.output.iter().flat_map(|output| {
        let boxed = match output.video.size {
            Size::Fit { width, height } => Some((width, height)),
            Size::Keep => None,
        };
        boxed.into_iter().chain(output.video.rung.iter().map(|rung| (rung.width, rung.height)))
    });
    let Some((w, h)) = largest.max_by_key(|(w, h)| u64::from(*w) * u64::from(*h)) else { return };
    let aspect = stream.sample_aspect.as_f64();
    let display =
        if turned { f64::from(width) } else { f64::from(width) * if aspect > 0.0 { aspect } else { 1.0 } };
    let (long, short) = (display.max(f64::from(height)), display.min(f64::from(height)));
    if long + 1.0 < f64::from(w.max(h)) && short + 1.0 < f64::from(w.min(h)) {
        let values = [
            ("width", width.to_string()),
            ("height", height.to_string()),
            ("wanted_width", w.to_string()),
            ("wanted_height", h.to_string()),
        ];
        all.push(finding::SMALLER_THAN_OUTPUT.with(accept.smaller_than_output, values));
    }
}

fn time(profile: &Profile, source: &SourceFacts<'_>, all: &mut Vec<Finding>) {
    let accept = &profile.accept;
    let first = source.index.frames.first().map_or(0, |frame| frame.time);
    let seconds = approx_i(source.index.end - first) * source.index.time_base.as_f64();
    let lasts = ("seconds", format!("{seconds:.3}"));
    if let Some(least) = accept.min_duration_s.filter(|least| seconds + 1e-3 < *least) {
        all.push(finding::TOO_SHORT.with(Verdict::Stop, [lasts.clone(), ("least", least.to_string())]));
    }
    let ruled = fail_rules(profile).filter_map(|rule| match rule.check {
        Check::MaxDuration { seconds } => Some(seconds),
        _ => None,
    });
    let most = accept.max_duration_s.into_iter().chain(ruled).min_by(f64::total_cmp);
    if let Some(most) = most.filter(|most| seconds > *most + 1e-3) {
        all.push(finding::TOO_LONG.with(Verdict::Stop, [lasts, ("most", most.to_string())]));
    }
    rate(profile, source, seconds, all);
}

fn rate(profile: &Profile, source: &SourceFacts<'_>, seconds: f64, all: &mut Vec<Finding>) {
    let accept = &profile.accept;
    let rate = if seconds > 0.0 { approx(source.index.frames.len() as u64) / seconds } else { 0.0 };
    let rate = source.summary.constant_rate.map_or(rate, spillway_media::types::Ratio::as_f64);
    let has = ("rate", format!("{rate:.3}"));
    if let Some(least) = accept.min_frame_rate.filter(|min| rate < min - 1e-3) {
        all.push(finding::RATE_TOO_LOW.with(Verdict::Stop, [has.clone(), ("least", least.to_string())]));
    }
    if let Some(most) = accept.max_frame_rate.filter(|max| rate > max + 1e-3) {
        all.push(finding::RATE_TOO_HIGH.with(Verdict::Stop, [has.clone(), ("most", most.to_string())]));
    }
    if source.summary.constant_rate.is_none() {
        all.push(finding::VARIABLE_RATE.with(accept.variable_frame_rate, [has]));
    }
}

fn picture(profile: &Profile, source: &SourceFacts<'_>, all: &mut Vec<Finding>) {
    let Some(stream) = source.probe.video.first() else { return };
    let accept = &profile.accept;
    match stream.field_order {
        FieldOrder::Progressive => {}
        FieldOrder::TopFirst => all.push(finding::TOP_FIRST.with(accept.interlaced, [])),
        FieldOrder::BottomFirst => all.push(finding::BOTTOM_FIRST.with(accept.interlaced, [])),
    }
    let vision = stream.hdr.as_ref().is_some_and(|hdr| hdr.dolby_vision);
    if is_hdr_transfer(stream.color.transfer.as_deref()) || vision {
        let kind = match stream.color.transfer.as_deref() {
            _ if vision => "Dolby Vision",
            Some("arib-std-b67") => "HLG",
            _ => "PQ",
        };
        all.push(finding::HDR.with(accept.hdr, [("kind", kind.to_owned())]));
    }
    let color = color::source(stream);
    if color.guessed {
        let name = |tag: &Option<String>| tag.clone().unwrap_or_default();
        let values = [
            ("primaries", name(&color.tags.primaries)),
            ("transfer", name(&color.tags.transfer)),
            ("matrix", name(&color.tags.matrix)),
        ];
        all.push(finding::COLOR_GUESSED.with(Verdict::Warn, values));
    }
    let turns = profile.output.iter().any(|output| output.video.rotation == Rotation::Apply);
    if stream.rotation % 360 != 0 && turns {
        all.push(finding::ROTATED.with(Verdict::Pass, [("degrees", stream.rotation.to_string())]));
    }
    let pictures = source.probe.video.len();
    if pictures > 1 {
        all.push(finding::MORE_PICTURES.with(Verdict::Warn, [("count", pictures.to_string())]));
    }
}

fn audio(profile: &Profile, source: &SourceFacts<'_>, all: &mut Vec<Finding>) {
    let streams = &source.probe.audio;
    for stream in streams.iter().filter(|stream| !stream.decodable) {
        let values = [("stream", stream.index.to_string()), ("codec", stream.codec.clone())];
        all.push(finding::AUDIO_UNDECODABLE.with(Verdict::Warn, values));
    }
    if streams.iter().any(|stream| stream.decodable) {
        return;
    }
    let ruled = fail_rules(profile).any(|rule| rule.check == Check::HasAudio);
    let asked = profile.output.iter().any(|output| !output.audio.is_empty());
    if profile.accept.audio == Need::Required || (ruled && asked) {
        all.push(finding::AUDIO_NEEDED.with(Verdict::Stop, [("partner", profile.partner.clone())]));
    } else if asked {
        all.push(finding::NO_AUDIO.with(Verdict::Warn, []));
    }
}

fn damage(profile: &Profile, source: &SourceFacts<'_>, all: &mut Vec<Finding>) {
    let summary = source.summary;
    if summary.damaged == 0 {
        return;
    }
    let verdict = profile.accept.damaged;
    let count = ("count", summary.damaged.to_string());
    let places: Vec<String> = summary.damaged_at_ms.iter().take(5).map(|ms| clock(*ms)).collect();
    all.push(if places.is_empty() {
        finding::DAMAGED.with(verdict, [count])
    } else {
        finding::DAMAGED_AT.with(verdict, [count, ("places", places.join(", "))])
    });
}

fn fail_rules(profile: &Profile) -> impl Iterator<Item = &Rule> {
    profile.rule.iter().filter(|rule| rule.severity == Severity::Fail)
}

fn clock(ms: i64) -> String {
    let ms = ms.max(0);
    format!("{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000)
}

#[cfg(test)]
mod tests {
    use spillway_media::types::{Hdr, Ratio};
    use spillway_profile::Rung;

    use super::*;
    use crate::plan::sample;

    type Change = fn(&mut Profile, &mut sample::Source);

    fn changed(change: Change) -> Result<Vec<Finding>, Box<Failure>> {
        let mut profile = sample::profile(sample::mp4_output());
        let mut source = sample::Source::new(240);
        change(&mut profile, &mut source);
        check(&profile, &source.facts())
    }

    #[test]
    fn a_plain_source_passes_without_a_word() {
        assert_eq!(changed(|_, _| ()).unwrap(), []);
    }

    #[test]
    fn each_condition_stops() {
        let stops: [(&str, Change); 12] = [
            ("too-narrow", |p, _| p.accept.min_width = Some(3_840)),
            ("too-low", |p, _| p.accept.min_height = Some(2_160)),
            ("too-short", |p, _| p.accept.min_duration_s = Some(60.0)),
            ("too-long", |p, _| p.accept.max_duration_s = Some(5.0)),
            ("frame-rate-too-low", |p, _| p.accept.min_frame_rate = Some(25.0)),
            ("frame-rate-too-high", |p, _| p.accept.max_frame_rate = Some(23.9)),
            ("variable-frame-rate", |p, s| {
                p.accept.variable_frame_rate = Verdict::Stop;
                s.summary.constant_rate = None;
            }),
            ("interlaced-top-first", |p, s| {
                p.accept.interlaced = Verdict::Stop;
                s.probe.video[0].field_order = FieldOrder::TopFirst;
            }),
            ("hdr", |p, s| {
                p.accept.hdr = Verdict::Stop;
                s.probe.video[0].hdr = Some(Hdr { dolby_vision: true, ..Hdr::default() });
            }),
            ("smaller-than-output", |p, _| {
                p.accept.smaller_than_output = Verdict::Stop;
                p.output[0].video.size = Size::Fit { width: 3_840, height: 2_160 };
            }),
            ("damaged-at", |p, s| {
                p.accept.damaged = Verdict::Stop;
                s.summary.damaged = 12;
                s.summary.damaged_at_ms = vec![190_000];
            }),
            ("too-long", |p, _| {
                p.rule.push(sample::rule(Check::MaxDuration { seconds: 3.0 }));
            }),
        ];
        for (id, change) in stops {
            let failure = changed(change).expect_err(id);
            assert_eq!(failure.code, Code::NotAccepted, "{id}");
            assert!(failure.details.contains(id), "{id}: {}", failure.details);
            assert!(failure.what.contains("master.mov"));
        }
    }

    #[test]
    fn missing_audio_stops_only_where_it_is_needed() {
        let silent: Change = |_, s| s.probe.audio.clear();
        assert_eq!(changed(silent).unwrap()[0].id, "no-audio");
        let needed: Change = |p, s| {
            s.probe.audio[0].decodable = false;
            p.accept.audio = Need::Required;
        };
        assert_eq!(changed(needed).unwrap_err().code, Code::NoAudio);
        let ruled: Change = |p, s| {
            s.probe.audio.clear();
            p.rule.push(sample::rule(Check::HasAudio));
        };
        assert_eq!(changed(ruled).unwrap_err().code, Code::NoAudio);
    }

    #[test]
    fn all_reasons_are_told_at_once() {
        let failure = changed(|p, _| {
            p.accept.min_width = Some(9_000);
            p.accept.max_duration_s = Some(1.0);
        })
        .unwrap_err();
        assert!(
            failure.why.contains("pixels wide") && failure.why.contains("at most 1 s"),
            "{}",
            failure.why
        );
    }

    #[test]
    fn sources_without_a_picture_are_told_apart() {
        assert_eq!(changed(|_, s| s.probe.video.clear()).unwrap_err().code, Code::NoVideo);
        assert_eq!(changed(|_, s| s.probe.video[0].decodable = false).unwrap_err().code, Code::Unsupported);
        assert_eq!(changed(|_, s| s.index.frames.clear()).unwrap_err().code, Code::ZeroFrames);
    }

    #[test]
    fn warnings_do_not_stop() {
        let found = changed(|p, s| {
            p.accept.variable_frame_rate = Verdict::Warn;
            s.summary.constant_rate = None;
            s.summary.damaged = 1;
            s.probe.video[0].color.matrix = None;
            s.probe.notes.push("The index was rebuilt.".to_owned());
            s.probe.notes.push("Stream 2 is cover art and is left out.".to_owned());
        })
        .unwrap();
        let ids: Vec<&str> = found.iter().map(|finding| finding.id.as_str()).collect();
        assert_eq!(ids, ["variable-frame-rate", "color-guessed", "damaged", "source-note", "cover-art"]);
        assert_eq!(found[4].text, "Stream 2 is cover art and is left out.");
    }

    #[test]
    fn ladders_count_as_sizes_asked_for() {
        let mut profile = sample::profile(sample::hls_output());
        profile.accept.smaller_than_output = Verdict::Warn;
        let source = sample::Source::new(240);
        assert!(findings(&profile, &source.facts()).is_empty());
        let largest = Rung { width: 7_680, height: 4_320, ..profile.output[0].video.rung[0].clone() };
        profile.output[0].video.rung.insert(0, largest);
        assert_eq!(findings(&profile, &source.facts())[0].id, "smaller-than-output");
        assert_eq!(source.summary.constant_rate, Some(Ratio::new(24, 1)));
    }
}
