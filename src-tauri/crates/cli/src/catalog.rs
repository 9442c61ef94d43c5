//! Which profile `-p` means: a file, one of your own (`profiles/` in the data folder), or a shipped one.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
};

use spillway_profile::{Profile, ProfileErrors};

use crate::{exit::CommandError, text};

/// A profile and where it comes from.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its file; `None`: shipped with Spillway.
    pub(crate) file: Option<PathBuf>,
    /// The profile.
    pub(crate) profile: Profile,
}

/// Every profile that has an id here.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// Sorted by partner, then id. One of your own takes the place of a shipped one with the same id.
    pub(crate) entries: Vec<Entry>,
    /// Files in `profiles/` that are no sound profiles.
    pub(crate) broken: Vec<(PathBuf, CommandError)>,
}

impl Catalog {
    /// Reads all there are.
    pub(crate) fn load(data_dir: &Path) -> Result<Self, CommandError> {
        let mut catalog = Self { entries: Vec::new(), broken: Vec::new() };
        for file in own_files(&data_dir.join("profiles"))? {
            match read(&file) {
                Ok(profile) => catalog.entries.push(Entry { file: Some(file), profile }),
                Err(error) => catalog.broken.push((file, error)),
            }
        }
        for shipped in spillway_profile::shipped() {
            if !catalog.entries.iter().any(|entry| entry.profile.id == shipped.id) {
                catalog.entries.push(Entry {
                    file: None,
                    profile: shipped.profile().map_err(|errors| document(&errors))?,
                });
            }
        }
        catalog.entries.sort_by(|a, b| key(a).cmp(&key(b)));
        Ok(catalog)
    }

    fn find(self, id: &str) -> Result<Entry, CommandError> {
        if let Some(entry) = self.entries.into_iter().find(|entry| entry.profile.id == id) {
            return Ok(entry);
        }
        if let Some((_, error)) =
            self.broken.into_iter().find(|(file, _)| file.file_stem() == Some(OsStr::new(id)))
        {
            return Err(error);
        }
        Err(unknown(id))
    }
}

/// The profile that a name stands for.
pub(crate) fn find(name: &str, data_dir: &Path) -> Result<Entry, CommandError> {
    let path = Path::new(name);
    if path.extension() == Some(OsStr::new("toml")) {
        return Ok(Entry { file: Some(path.to_owned()), profile: read(path)? });
    }
    Catalog::load(data_dir)?.find(name)
}

/// Reads and checks a profile file.
pub(crate) fn read(file: &Path) -> Result<Profile, CommandError> {
    let shown = text::path(file);
    let content = std::fs::read_to_string(file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => CommandError::usage(format!("There is no profile file {shown}."), ""),
        io::ErrorKind::InvalidData => CommandError::usage(format!("{shown} is not UTF-8 text."), ""),
        _ => CommandError::environment(format!("{shown} cannot be read."), error),
    })?;
    Profile::from_toml(&content, &shown).map_err(|errors| document(&errors))
}

fn own_files(folder: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let cannot = |error| CommandError::environment(format!("{} cannot be read.", text::path(folder)), error);
    let listing = match std::fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(cannot(error)),
    };
    let mut files = Vec::new();
    for entry in listing {
        let file = entry.map_err(cannot)?.path();
        if file.extension() == Some(OsStr::new("toml")) {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn key(entry: &Entry) -> (String, &str) {
    (entry.profile.partner.to_lowercase(), &entry.profile.id)
}

fn unknown(id: &str) -> CommandError {
    let near = spillway_profile::find(id).err().and_then(|unknown| unknown.suggestion);
    let hint = near.map_or_else(
        || "`spillway profiles` lists those there are.".to_owned(),
        |near| format!("{near} (`spillway profiles` lists them all.)"),
    );
    CommandError::usage(format!("There is no profile \"{}\".", text::escape(id)), hint)
}

fn document(errors: &ProfileErrors) -> CommandError {
    CommandError::Document(errors.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = r#"
id = "house"
version = 1
partner = "House"
title = "House"
[[output]]
id = "main"
name = "{title}"
container = "mp4"
[output.video]
codec = "h264"
pixel_format = "yuv420p"
rate = { mode = "crf", crf = 20 }
"#;

    fn data_dir_with(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("profiles")).unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join("profiles").join(name), content).unwrap();
        }
        folder
    }

    #[test]
    fn own_profiles_are_found_by_id_and_take_the_place_of_shipped_ones() {
        let shipped = spillway_profile::shipped().into_iter().next().unwrap();
        let same_id = OWN.replace("\"house\"", &format!("\"{}\"", shipped.id));
        let folder = data_dir_with(&[("a.toml", OWN), ("b.toml", &same_id), ("note.txt", "not a profile")]);
        assert_eq!(find("house", folder.path()).unwrap().profile.partner, "House");
        assert_eq!(find(shipped.id, folder.path()).unwrap().profile.partner, "House");
        let all = Catalog::load(folder.path()).unwrap();
        assert_eq!(all.entries.iter().filter(|entry| entry.profile.id == shipped.id).count(), 1);
    }

    #[test]
    fn a_broken_file_spoils_only_its_own_name() {
        let folder = data_dir_with(&[("house.toml", OWN), ("broken.toml", "id = 3\n")]);
        assert!(find("house", folder.path()).is_ok());
        let error = find("broken", folder.path()).unwrap_err().to_string();
        assert!(error.contains("broken.toml:1:"), "{error}");
    }

    #[test]
    fn a_slip_of_the_finger_gets_a_proposal() {
        let folder = data_dir_with(&[]);
        let Err(CommandError::Usage { hint, .. }) = find("youtub", folder.path()) else {
            unreachable!("there is no such profile")
        };
        assert!(hint.contains("\"youtube\""), "{hint}");
    }
}
