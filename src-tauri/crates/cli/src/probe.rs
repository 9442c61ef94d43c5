//! `probe FILE`: what Spillway sees in a file.

use serde::Serialize;
use spillway_media::{
    facts::{AudioStream, Probe, VideoStream},
    task::{IndexSummary, InspectDone},
    types::{ColorTags, FieldOrder, Ratio},
};

use crate::{
    Session, args,
    documents::lossy,
    exit::{CommandError, Exit},
    out::Paint,
    text,
};

/// `probe --json`.
#[derive(Serialize)]
struct Document<'a> {
    file: String,
    probe: &'a Probe,
    index: &'a Option<IndexSummary>,
}

/// Shows what is in a file.
pub(crate) fn probe(session: &Session<'_>, what: &args::Probe) -> Result<Exit, CommandError> {
    let file = std::path::absolute(&what.file)
        .map_err(|error| CommandError::environment("The file's name is not usable.", error))?;
    let done = session.engine(None)?.probe_file(&file)?;
    if session.out.json() {
        session.out.document(&Document { file: lossy(&file), probe: &done.probe, index: &done.index });
    } else {
        session.out.result(&format!("{}\n{}", text::path(&file), words(&done, session.out.paint())));
    }
    Ok(Exit::Done)
}

fn words(done: &InspectDone, paint: Paint) -> String {
    let probe = &done.probe;
    let mut rows = vec![("file", format!("{}, {}", probe.format, text::bytes(probe.bytes)))];
    if let Some(duration) = probe.duration_us {
        rows.push(("duration", text::running_time(duration / 1_000)));
    }
    if let Some(timecode) = &probe.timecode {
        rows.push(("timecode", timecode.clone()));
    }
    rows.extend(probe.video.iter().map(|stream| ("picture", video(stream))));
    rows.extend(probe.audio.iter().map(|stream| ("audio", audio(stream))));
    rows.extend(probe.other.iter().map(|stream| {
        let language = stream.language.as_deref().unwrap_or("language unknown");
        ("other", format!("#{} {} {}, {language}", stream.index, stream.kind, stream.codec))
    }));
    if probe.chapters > 0 {
        rows.push(("chapters", probe.chapters.to_string()));
    }
    rows.extend(probe.tags.iter().map(|(name, value)| ("tag", format!("{name}: {value}"))));
    if let Some(index) = &done.index {
        rows.push(("frames", frames(index)));
    }
    rows.extend(probe.notes.iter().map(|note| ("note", note.clone())));
    let rows: Vec<_> =
        rows.into_iter().map(|(label, value)| vec![paint.faint(label), text::escape(&value)]).collect();
    text::table(&rows)
}

fn video(stream: &VideoStream) -> String {
    let mut facts = vec![format!("#{} {}", stream.index, stream.codec)];
    facts.extend(stream.profile.clone());
    facts.push(format!("{}x{}", stream.width, stream.height));
    if stream.sample_aspect.num != stream.sample_aspect.den {
        facts.push(format!("pixel aspect {}:{}", stream.sample_aspect.num, stream.sample_aspect.den));
    }
    facts.push(stream.pixel_format.clone());
    facts.extend(stream.average_rate.map(rate));
    match stream.field_order {
        FieldOrder::Progressive => {}
        FieldOrder::TopFirst => facts.push("interlaced, top field first".to_owned()),
        FieldOrder::BottomFirst => facts.push("interlaced, bottom field first".to_owned()),
    }
    if stream.rotation != 0 {
        facts.push(format!("to be turned by {}°", stream.rotation));
    }
    facts.push(color(&stream.color));
    if let Some(hdr) = &stream.hdr {
        facts.push(if hdr.dolby_vision { "HDR, Dolby Vision" } else { "HDR metadata" }.to_owned());
    }
    if stream.captions {
        facts.push("captions (CEA-608/708)".to_owned());
    }
    if stream.alpha {
        facts.push("alpha".to_owned());
    }
    facts.extend(stream.bit_rate.map(text::bit_rate));
    facts.extend(stream.language.clone());
    if !stream.decodable {
        facts.push("cannot be decoded".to_owned());
    }
    facts.join(", ")
}

fn audio(stream: &AudioStream) -> String {
    let mut facts = vec![format!("#{} {}", stream.index, stream.codec)];
    facts.extend(stream.profile.clone());
    facts.push(format!("{} Hz", stream.sample_rate));
    facts.push(if stream.layout.is_empty() {
        format!("{} channels", stream.channels)
    } else {
        stream.layout.clone()
    });
    facts.extend(stream.bit_rate.map(text::bit_rate));
    facts.extend(stream.language.clone());
    facts.extend(stream.title.clone());
    if stream.default {
        facts.push("default".to_owned());
    }
    if !stream.decodable {
        facts.push("cannot be decoded".to_owned());
    }
    facts.join(", ")
}

fn color(tags: &ColorTags) -> String {
    let part = |tag: &Option<String>| tag.clone().unwrap_or_else(|| "?".to_owned());
    let range = match tags.range.as_deref() {
        Some("pc") => " full range",
        Some(_) | None => "",
    };
    let all = [part(&tags.primaries), part(&tags.transfer), part(&tags.matrix)];
    if all.iter().all(|tag| tag == "?") {
        return format!("colour not tagged{range}");
    }
    if all.iter().all(|tag| *tag == all[0]) {
        return format!("{}{range}", all[0]);
    }
    format!("{}{range}", all.join("/"))
}

fn rate(rate: Ratio) -> String {
    format!("{} fps", trimmed(rate.as_f64()))
}

fn trimmed(number: f64) -> String {
    format!("{number:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn frames(index: &IndexSummary) -> String {
    let timing = match index.constant_rate {
        Some(ratio) => format!("evenly spaced, {}/{} fps", ratio.num, ratio.den),
        None => "unevenly spaced (variable frame rate)".to_owned(),
    };
    let damaged = if index.damaged > 0 { format!(", {} damaged", index.damaged) } else { String::new() };
    format!("{}, {}, {timing}{damaged}", index.frames, text::plural(index.keyframes, "keyframe"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_said_once_when_all_agree() {
        let tag = |text: &str| Some(text.to_owned());
        let mut tags = ColorTags { primaries: tag("bt709"), transfer: tag("bt709"), ..ColorTags::default() };
        assert_eq!(color(&tags), "bt709/bt709/?");
        tags.matrix = tag("bt709");
        tags.range = tag("pc");
        assert_eq!(color(&tags), "bt709 full range");
        assert_eq!(color(&ColorTags::default()), "colour not tagged");
    }

    #[test]
    fn rates_lose_only_idle_zeros() {
        assert_eq!(rate(Ratio::new(25, 1)), "25 fps");
        assert_eq!(rate(Ratio::new(30_000, 1_001)), "29.97 fps");
        assert_eq!(rate(Ratio::new(24_000, 1_001)), "23.976 fps");
    }
}
