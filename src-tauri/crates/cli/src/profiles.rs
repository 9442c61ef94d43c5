//! `profiles`: the list, by partner.

use serde::Serialize;
use spillway_engine::catalog::{self, OutputCard, ProfileCard};
use spillway_profile::{Container, ProfileErrors, VideoCodec};

use crate::{
    Session,
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
    let cards = catalog::cards(&settings::data_dir(session.common, &variable)?)?;
    let (sound, broken): (Vec<ProfileCard>, Vec<ProfileCard>) =
        cards.into_iter().partition(|card| card.problems.is_empty());
    if session.out.json() {
        session.out.document(&Document { profiles: sound.iter().map(row).collect() });
    } else {
        session.out.result(&table(&sound, session.out.paint()));
    }
    let all_sound = broken.is_empty();
    for card in broken {
        let file = card.file.as_deref().map_or_else(|| text::escape(&card.id), text::path);
        let errors = ProfileErrors { file: file.clone(), errors: card.problems };
        let errors = text::escape_lines(&errors.to_string());
        session.out.note(&format!("Left out: {file} is not a sound profile.\n{errors}"));
    }
    Ok(if all_sound { Exit::Done } else { Exit::Usage })
}

fn row(card: &ProfileCard) -> Row<'_> {
    Row {
        id: &card.id,
        version: card.version,
        partner: &card.partner,
        title: &card.title,
        description: &card.description,
        file: card.file.as_deref().map(lossy),
        outputs: card.outputs.iter().map(|output| output.id.as_str()).collect(),
    }
}

fn table(cards: &[ProfileCard], paint: Paint) -> String {
    let head = ["partner", "profile", "makes", ""].map(|title| paint.strong(title));
    let mut rows = vec![head.to_vec()];
    let mut before = None;
    for card in cards {
        let partner = if before == Some(&card.partner) { String::new() } else { text::escape(&card.partner) };
        before = Some(&card.partner);
        let own = if card.file.is_some() { " (your own)" } else { "" };
        rows.push(vec![
            partner,
            text::escape(&card.id),
            card.outputs.iter().map(makes).collect::<Vec<_>>().join(", "),
            format!("{}{own}", text::escape(&card.title)),
        ]);
    }
    text::table(&rows)
}

fn makes(output: &OutputCard) -> String {
    let container = match output.container {
        Container::Mp4 => "MP4",
        Container::Mov => "MOV",
        Container::Hls => "HLS",
    };
    let codec = match output.codec {
        VideoCodec::H264 => "H.264",
        VideoCodec::Hevc => "HEVC",
        VideoCodec::Prores => "ProRes",
    };
    match output.rungs {
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
        let text = table(&catalog::cards(folder.path()).unwrap(), Paint::PLAIN);
        for profile in spillway_profile::shipped() {
            assert_eq!(text.matches(&format!("  {}  ", profile.id)).count(), 1, "{}\n{text}", profile.id);
        }
    }
}
