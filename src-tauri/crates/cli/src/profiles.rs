//! `profiles`: the list, by partner.

use serde::Serialize;
use spillway_profile::{Container, Output, VideoCodec};

use crate::{
    Session,
    catalog::{Catalog, Entry},
    documents::lossy,
    exit::{CommandError, Exit},
    out::Paint,
    settings, text, variable,
};

/// `profiles --json`.
#[derive(Serialize)]
struct Document<'a> {
    profiles: Vec<Row<'a>>,
}

/// See [`Document`].
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    version: u32,
    partner: &'a str,
    title: &'a str,
    description: &'a str,
    /// `null`: shipped with Spillway.
    file: Option<String>,
    outputs: Vec<&'a str>,
}

/// Lists all profiles.
pub(crate) fn profiles(session: &Session<'_>) -> Result<Exit, CommandError> {
    let catalog = Catalog::load(&settings::data_dir(session.common, &variable)?)?;
    if session.out.json() {
        session.out.document(&Document { profiles: catalog.entries.iter().map(row).collect() });
    } else {
        session.out.result(&table(&catalog.entries, session.out.paint()));
    }
    for (file, error) in &catalog.broken {
        session.out.note(&format!("Left out: {} is not a sound profile.\n{error}", text::path(file)));
    }
    Ok(if catalog.broken.is_empty() { Exit::Done } else { Exit::Usage })
}

fn row(entry: &Entry) -> Row<'_> {
    let profile = &entry.profile;
    Row {
        id: &profile.id,
        version: profile.version,
        partner: &profile.partner,
        title: &profile.title,
        description: &profile.description,
        file: entry.file.as_deref().map(lossy),
        outputs: profile.output.iter().map(|output| output.id.as_str()).collect(),
    }
}

fn table(entries: &[Entry], paint: Paint) -> String {
    let head = ["partner", "profile", "makes", ""].map(|title| paint.strong(title));
    let mut rows = vec![head.to_vec()];
    let mut before = None;
    for entry in entries {
        let profile = &entry.profile;
        let partner =
            if before == Some(&profile.partner) { String::new() } else { text::escape(&profile.partner) };
        before = Some(&profile.partner);
        let own = if entry.file.is_some() { " (your own)" } else { "" };
        rows.push(vec![
            partner,
            text::escape(&profile.id),
            profile.output.iter().map(makes).collect::<Vec<_>>().join(", "),
            format!("{}{own}", text::escape(&profile.title)),
        ]);
    }
    text::table(&rows)
}

fn makes(output: &Output) -> String {
    let container = match output.container {
        Container::Mp4 => "MP4",
        Container::Mov => "MOV",
        Container::Hls => "HLS",
    };
    let codec = match output.video.codec {
        VideoCodec::H264 => "H.264",
        VideoCodec::Hevc => "HEVC",
        VideoCodec::Prores => "ProRes",
    };
    match output.video.rung.len() {
        0 => format!("{container} {codec}"),
        rungs => format!("{container} {codec}, {rungs} rungs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_is_listed_once() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Catalog::load(folder.path()).unwrap();
        let text = table(&catalog.entries, Paint::PLAIN);
        for profile in spillway_profile::shipped() {
            assert_eq!(text.matches(&format!("  {}  ", profile.id)).count(), 1, "{}\n{text}", profile.id);
        }
    }
}
