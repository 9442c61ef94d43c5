//! Every profile that has an id here: shipped ones, and those in `profiles/` of the data folder. One of
//! your own takes the place of a shipped one with the same id, and does so even while it is broken: what
//! was changed is never silently delivered as shipped.

mod change;
mod error;
mod look;
mod shelf;
mod template;
#[cfg(test)]
mod tests;

pub use change::{duplicate, export, import, remove, save};
pub use error::CatalogError;
pub use look::{Entry, cards, check, find, not_in_the_cloud, page, read};
pub use template::import_template;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use specta::Type;
use spillway_cloud::job::Unsupported;
use spillway_profile::{Container, Profile, ProfileError, VideoCodec};

/// A profile in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct ProfileCard {
    /// Id; of a broken file: its name without extension, or the whole name where that is another's id.
    /// No two cards have the same.
    pub id: String,
    /// Where it comes from.
    pub origin: ProfileOrigin,
    /// Its file; `None`: shipped.
    pub file: Option<PathBuf>,
    /// Version, from 1; 0 of a broken file.
    pub version: u32,
    /// Partner; empty of a broken file.
    pub partner: String,
    /// Title; empty of a broken file.
    pub title: String,
    /// Description.
    pub description: String,
    /// What it makes.
    pub outputs: Vec<OutputCard>,
    /// What is wrong with the file; empty: nothing.
    pub problems: Vec<ProfileError>,
}

/// Where a profile comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum ProfileOrigin {
    /// Comes with Spillway.
    Shipped,
    /// One of your own that takes the place of a shipped one with the same id.
    Changed,
    /// One of your own.
    Own,
}

/// An output in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct OutputCard {
    /// Output id.
    pub id: String,
    /// File format.
    pub container: Container,
    /// Compression of the picture.
    pub codec: VideoCodec,
    /// Rungs of its ladder; 0: no ladder.
    pub rungs: u32,
}

/// A profile in full.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct ProfilePage {
    /// The list's view.
    pub card: ProfileCard,
    /// The profile with all defaults filled in; `None` of a broken file.
    pub profile: Option<Profile>,
    /// Its TOML text.
    pub text: String,
    /// The text of the shipped profile with the same id.
    pub shipped_text: Option<String>,
    /// What MediaConvert cannot do of it for a usual master (1080p25 ProRes): empty means that the cloud engine can.
    pub cloud: Vec<Unsupported>,
}

/// What became of a MediaConvert job template.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct ImportedTemplate {
    /// Id of the profile that was made.
    pub id: String,
    /// What of the template a profile cannot say; it stays in force for the cloud engine.
    pub unmapped: Vec<Unmapped>,
}

/// See [`ImportedTemplate`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Unmapped {
    /// Where in the template, e.g. `/outputGroups/0/outputs/1/videoDescription/afdSignaling`.
    pub path: String,
    /// Its value as JSON.
    pub value: String,
    /// Why, one English sentence.
    pub why: String,
}

/// What is to be said of a profile text while it is being written.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct ProfileCheck {
    /// What is wrong, in the order of the text; empty: sound.
    pub problems: Vec<ProfileError>,
    /// The profile with all defaults filled in, when it is sound.
    pub profile: Option<Profile>,
    /// What MediaConvert cannot do of it for a usual master (1080p25 ProRes), when it is sound.
    pub cloud: Vec<Unsupported>,
}
