//! Looking at profiles.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use spillway_cloud::job::Unsupported;
use spillway_profile::{Output, Profile};

use super::{
    CatalogError, OutputCard, ProfileCard, ProfileCheck, ProfilePage,
    shelf::{self, Book},
};
use crate::remote::compile;

/// A sound profile and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its file; `None`: shipped with Spillway.
    pub file: Option<PathBuf>,
    /// The profile.
    pub profile: Profile,
}

/// Every profile, sorted by partner, then id. Broken files are among them, with what is wrong.
///
/// # Errors
/// When the folder of profiles cannot be read.
pub fn cards(data_dir: &Path) -> Result<Vec<ProfileCard>, CatalogError> {
    let mut cards: Vec<ProfileCard> = shelf::books(data_dir)?.iter().map(card).collect();
    cards.sort_by_cached_key(|card| (card.partner.to_lowercase(), card.id.clone()));
    Ok(cards)
}

/// A profile in full; `id` as its card says it.
///
/// # Errors
/// When there is no such profile, or the folder of profiles cannot be read.
pub fn page(data_dir: &Path, id: &str) -> Result<ProfilePage, CatalogError> {
    let book = shelf::book(data_dir, id)?;
    let shipped = spillway_profile::shipped().into_iter().find(|shipped| book.is_called(shipped.id));
    let sound = book.profile.clone().filter(|_| book.problems.is_empty());
    Ok(ProfilePage {
        card: card(&book),
        cloud: sound.as_ref().map(not_in_the_cloud).unwrap_or_default(),
        profile: sound,
        text: book.text,
        shipped_text: shipped.map(|shipped| shipped.text.to_owned()),
    })
}

/// The sound profile that a name stands for: an id, or a file whose name ends in `.toml`.
///
/// # Errors
/// When there is none, when it is not sound, or when it cannot be read.
pub fn find(data_dir: &Path, name: &str) -> Result<Entry, CatalogError> {
    let path = Path::new(name);
    if path.extension() == Some(OsStr::new("toml")) {
        return Ok(Entry { file: Some(path.to_path_buf()), profile: read(path)? });
    }
    let (file, profile) = shelf::book(data_dir, name)?.sound()?;
    Ok(Entry { file, profile })
}

/// Reads and checks a profile file.
///
/// # Errors
/// When it is not sound, or cannot be read.
pub fn read(file: &Path) -> Result<Profile, CatalogError> {
    Ok(Profile::from_toml(&shelf::text(file)?, &file.display().to_string())?)
}

/// What is to be said of a profile text, for instance while it is being written.
pub fn check(text: &str) -> ProfileCheck {
    match Profile::from_toml(text, "") {
        Ok(profile) => {
            let cloud = not_in_the_cloud(&profile);
            ProfileCheck { problems: Vec::new(), profile: Some(profile), cloud }
        }
        Err(errors) => ProfileCheck { problems: errors.errors, profile: None, cloud: Vec::new() },
    }
}

/// What MediaConvert cannot do of a profile for a usual master (1080p25 `ProRes`): such work stays on this machine.
pub fn not_in_the_cloud(profile: &Profile) -> Vec<Unsupported> {
    compile::not_in_the_cloud(profile)
}

fn card(book: &Book) -> ProfileCard {
    let text = |pick: fn(&Profile) -> &String| book.profile.as_ref().map(pick).cloned().unwrap_or_default();
    let outputs = book.profile.as_ref().map_or(&[] as &[Output], |profile| &profile.output);
    ProfileCard {
        id: book.id.clone(),
        origin: book.origin,
        file: book.file.clone(),
        version: book.profile.as_ref().map_or(0, |profile| profile.version),
        partner: text(|profile| &profile.partner),
        title: text(|profile| &profile.title),
        description: text(|profile| &profile.description),
        outputs: outputs.iter().map(output).collect(),
        problems: book.problems.clone(),
    }
}

fn output(output: &Output) -> OutputCard {
    OutputCard {
        id: output.id.clone(),
        container: output.container,
        codec: output.video.codec,
        rungs: u32::try_from(output.video.rung.len()).unwrap_or(u32::MAX),
    }
}
