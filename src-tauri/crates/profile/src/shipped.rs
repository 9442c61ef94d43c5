//! The profiles that come with Spillway.

use include_dir::{Dir, include_dir};

use crate::error::propose;
use crate::{Profile, ProfileErrors};

static PROFILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../../profiles");

/// A shipped profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// Profile id; the file's name without `.toml`.
    pub id: &'static str,
    /// The TOML text.
    pub text: &'static str,
}

/// No shipped profile has this id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no profile \"{id}\"")]
pub struct UnknownProfile {
    /// The id asked for.
    pub id: String,
    /// The nearest id, or the list of them.
    pub suggestion: Option<String>,
}

impl Shipped {
    /// The checked profile.
    pub fn profile(&self) -> Result<Profile, ProfileErrors> {
        Profile::from_toml(self.text, &format!("profiles/{}.toml", self.id))
    }
}

/// All shipped profiles, by id.
pub fn shipped() -> Vec<Shipped> {
    let files = PROFILES.files().filter(|file| file.path().extension().is_some_and(|end| end == "toml"));
    let mut profiles: Vec<Shipped> = files
        .filter_map(|file| {
            Some(Shipped { id: file.path().file_stem()?.to_str()?, text: file.contents_utf8()? })
        })
        .collect();
    profiles.sort_unstable_by_key(|profile| profile.id);
    profiles
}

/// A shipped profile by its id.
pub fn find(id: &str) -> Result<Shipped, UnknownProfile> {
    let profiles = shipped();
    profiles.iter().find(|profile| profile.id == id).copied().ok_or_else(|| UnknownProfile {
        id: id.to_owned(),
        suggestion: propose(id, profiles.iter().map(|profile| profile.id)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_is_good() {
        let mut faults = Vec::new();
        for shipped in shipped() {
            match shipped.profile() {
                Ok(profile) => assert_eq!(profile.id, shipped.id, "id and file name are the same"),
                Err(errors) => faults.push(errors.to_string()),
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn a_frozen_profile_comes_back_as_it_was() {
        for shipped in shipped() {
            let profile = shipped.profile().unwrap();
            let frozen = serde_json::to_string(&profile).unwrap();
            assert_eq!(serde_json::from_str::<Profile>(&frozen).unwrap(), profile);
        }
    }

    #[test]
    fn the_list_is_complete() {
        let ids: Vec<&str> = shipped().iter().map(|profile| profile.id).collect();
        assert_eq!(
            ids,
            ["apple-hls", "hevc-archive", "prores-mezzanine", "proxy-edit", "web-mp4", "youtube"]
        );
    }

    #[test]
    fn partner_rules_name_their_source() {
        for (id, house_rules) in [("youtube", vec![]), ("apple-hls", vec!["full-ladder", "square-pixels"])] {
            let profile = find(id).unwrap().profile().unwrap();
            for rule in &profile.rule {
                assert_eq!(
                    rule.source.is_none(),
                    house_rules.contains(&rule.id.as_str()),
                    "{id}: {}",
                    rule.id
                );
            }
            for name in profile.sources.keys() {
                assert!(
                    profile.rule.iter().any(|rule| rule.source.as_ref() == Some(name)),
                    "{id}: {name} is used"
                );
            }
        }
    }

    #[test]
    fn a_miss_is_answered_with_the_nearest_id() {
        let miss = find("youtub").unwrap_err();
        assert_eq!(miss.suggestion.as_deref(), Some("did you mean \"youtube\"?"));
        assert!(find("xyz").unwrap_err().suggestion.unwrap().contains("web-mp4"));
    }
}
