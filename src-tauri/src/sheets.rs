//! The sheet that is open: numbers for the window, paths for the engine.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use spillway_engine::{
    model::{JobExtras, SubmitRequest},
    sheet::{Collected, LeftOut},
};
use spillway_profile::Profile;

use crate::{
    commands::sheet::{Pick, Terms},
    error::{CommandError, ErrorKind},
    message::{Sheet, SheetFile},
};

/// At most one sheet is open; what comes in while it is goes to it.
#[derive(Debug)]
pub(crate) struct Sheets {
    next: u32,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    id: u32,
    files: Vec<File>,
    numbers: HashMap<PathBuf, u32>,
    left_out: Vec<LeftOut>,
    profiles: Vec<String>,
    out_dir: Option<PathBuf>,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    bytes: u64,
}

/// What a new sheet begins with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Habits {
    /// Profiles ticked the last time.
    pub(crate) profiles: Vec<String>,
    /// Output folder of the last time; `None`: beside each file.
    pub(crate) out_dir: Option<PathBuf>,
}

/// Files with their sizes, and profiles to tick.
#[derive(Debug, Default)]
pub(crate) struct Addition {
    files: Vec<File>,
    left_out: Vec<LeftOut>,
    profiles: Vec<String>,
}

impl Addition {
    /// Looks at the sizes of files. A file that is gone by now has none; looking into it says why.
    pub(crate) fn new(collected: Collected, profiles: Vec<String>) -> Self {
        let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |data| data.len());
        let files = collected.files.into_iter().map(|path| File { bytes: bytes(&path), path }).collect();
        Self { files, left_out: collected.left_out, profiles }
    }
}

impl Sheets {
    /// Sheets are numbered from here on: a number should not come again soon, because pictures are
    /// remembered by it.
    pub(crate) fn new(first: u32) -> Self {
        Self { next: first, open: None }
    }

    /// Adds to the sheet that is open, or opens one.
    pub(crate) fn add(&mut self, addition: Addition, habits: impl FnOnce() -> Habits) -> Sheet {
        let next = &mut self.next;
        let open = self.open.get_or_insert_with(|| {
            let Habits { profiles, out_dir } = habits();
            let id = *next;
            *next = next.wrapping_add(1);
            let (files, numbers, left_out) = (Vec::new(), HashMap::new(), Vec::new());
            Open { id, files, numbers, left_out, profiles, out_dir }
        });
        open.add(addition);
        open.describe()
    }

    /// The sheet that is open.
    pub(crate) fn open(&self) -> Option<Sheet> {
        self.open.as_ref().map(Open::describe)
    }

    /// Whether this is the sheet that is open.
    pub(crate) fn known(&self, sheet: u32) -> Result<(), CommandError> {
        self.get(sheet).map(drop)
    }

    /// Where a file of the sheet lies.
    pub(crate) fn path(&self, sheet: u32, file: u32) -> Result<PathBuf, CommandError> {
        self.get(sheet)?.path(file).map(Path::to_owned)
    }

    /// Sets the output folder; `None`: beside each file.
    pub(crate) fn set_out_dir(&mut self, sheet: u32, folder: Option<PathBuf>) -> Result<(), CommandError> {
        match &mut self.open {
            Some(open) if open.id == sheet => open.out_dir = folder,
            _ => return Err(gone()),
        }
        Ok(())
    }

    /// What the engine is to be asked for, one request for each file. `find`: the profile with an id.
    pub(crate) fn requests(
        &self,
        sheet: u32,
        picks: &[Pick],
        terms: Terms,
        mut find: impl FnMut(&str) -> Result<Profile, CommandError>,
    ) -> Result<Vec<SubmitRequest>, CommandError> {
        let open = self.get(sheet)?;
        let mut known: HashMap<&str, Profile> = HashMap::new();
        let mut requests = Vec::new();
        for pick in picks.iter().filter(|pick| !pick.profiles.is_empty()) {
            let mut profiles = Vec::new();
            for id in &pick.profiles {
                let profile = match known.get(id.as_str()) {
                    Some(profile) => profile.clone(),
                    None => known.entry(id).or_insert(find(id)?).clone(),
                };
                profiles.push(profile);
            }
            let sources = vec![open.path(pick.file)?.to_owned()];
            requests.push(SubmitRequest {
                sources,
                profiles,
                out_dir: open.out_dir.clone(),
                engine: terms.engine,
                priority: 0,
                extras: JobExtras { deadline_ms: terms.deadline_ms, ..JobExtras::default() },
            });
        }
        Ok(requests)
    }

    /// What was decided on a sheet, for the next one. Profiles in the order in which they came first.
    pub(crate) fn habits(&self, sheet: u32, picks: &[Pick]) -> Result<Habits, CommandError> {
        let mut profiles: Vec<String> = Vec::new();
        for id in picks.iter().flat_map(|pick| &pick.profiles) {
            if !profiles.contains(id) {
                profiles.push(id.clone());
            }
        }
        Ok(Habits { profiles, out_dir: self.get(sheet)?.out_dir.clone() })
    }

    /// Forgets a sheet. One that is gone already is no fault.
    pub(crate) fn close(&mut self, sheet: u32) {
        self.open.take_if(|open| open.id == sheet);
    }

    fn get(&self, sheet: u32) -> Result<&Open, CommandError> {
        self.open.as_ref().filter(|open| open.id == sheet).ok_or_else(gone)
    }
}

impl Open {
    fn add(&mut self, addition: Addition) {
        for file in addition.files {
            let number = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
            self.numbers.entry(file.path.clone()).or_insert_with(|| {
                self.files.push(file);
                number
            });
        }
        for left_out in addition.left_out {
            if !self.left_out.contains(&left_out) {
                self.left_out.push(left_out);
            }
        }
        if !addition.profiles.is_empty() {
            self.profiles = addition.profiles;
        }
    }

    fn path(&self, file: u32) -> Result<&Path, CommandError> {
        let file = usize::try_from(file).ok().and_then(|index| self.files.get(index));
        file.map(|file| file.path.as_path()).ok_or_else(gone)
    }

    fn describe(&self) -> Sheet {
        let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let file = |(id, file): (u32, &File)| SheetFile {
            id,
            name: text(file.path.file_name()),
            folder: text(file.path.parent().map(Path::as_os_str)),
            bytes: file.bytes,
        };
        Sheet {
            id: self.id,
            files: (0..).zip(&self.files).map(file).collect(),
            left_out: self.left_out.clone(),
            profiles: self.profiles.clone(),
            out_dir: self.out_dir.as_ref().map(|folder| folder.to_string_lossy().into_owned()),
        }
    }
}

fn gone() -> CommandError {
    CommandError::new(ErrorKind::NoSuchSheet, "The sheet was closed, or the file is not on it any more.")
}

#[cfg(test)]
mod tests {
    use spillway_engine::route::EngineWish;

    use super::*;

    fn addition(paths: &[&str]) -> Addition {
        let files = paths.iter().map(PathBuf::from).collect();
        Addition::new(Collected { files, left_out: Vec::new() }, Vec::new())
    }

    fn pick(file: u32, profiles: &[&str]) -> Pick {
        Pick { file, profiles: profiles.iter().map(|id| (*id).to_owned()).collect() }
    }

    fn shipped(id: &str) -> Result<Profile, CommandError> {
        let found = spillway_profile::find(id).ok().and_then(|shipped| shipped.profile().ok());
        found.ok_or_else(|| CommandError::new(ErrorKind::NoSuchProfile, id))
    }

    #[test]
    fn what_comes_in_goes_to_the_open_sheet_and_files_keep_their_numbers() {
        let mut sheets = Sheets::new(7);
        let habits = || Habits { profiles: vec!["youtube".to_owned()], out_dir: Some("/out".into()) };
        let first = sheets.add(addition(&["/m/b.mov"]), habits);
        let second = sheets.add(addition(&["/m/a.mov", "/m/b.mov"]), Habits::default);
        assert_eq!((first.id, second.id), (7, 7));
        let files: Vec<_> = second.files.iter().map(|file| (file.id, file.name.as_str())).collect();
        assert_eq!(files, [(0, "b.mov"), (1, "a.mov")]);
        assert_eq!((second.profiles, second.out_dir), (vec!["youtube".to_owned()], Some("/out".to_owned())));
        sheets.close(7);
        assert_eq!(sheets.add(addition(&["/m/b.mov"]), Habits::default).id, 8);
    }

    #[test]
    fn numbers_of_other_sheets_and_files_lead_nowhere() {
        let mut sheets = Sheets::new(0);
        assert!(sheets.path(0, 0).is_err());
        sheets.add(addition(&["/m/a.mov"]), Habits::default);
        assert_eq!(sheets.path(0, 0).unwrap(), Path::new("/m/a.mov"));
        for (sheet, file) in [(0, 1), (1, 0), (0, u32::MAX)] {
            assert!(matches!(sheets.path(sheet, file), Err(error) if error.kind == ErrorKind::NoSuchSheet));
        }
        sheets.close(5);
        assert!(sheets.open().is_some());
        sheets.close(0);
        assert!(sheets.open().is_none());
    }

    #[test]
    fn picks_become_one_request_for_each_file() {
        let mut sheets = Sheets::new(0);
        sheets.add(addition(&["/m/a.mov", "/m/b.mov", "/m/c.mov"]), Habits::default);
        sheets.set_out_dir(0, Some("/out".into())).unwrap();
        let ids: Vec<_> = spillway_profile::shipped().iter().map(|shipped| shipped.id).take(2).collect();
        let picks = [pick(2, &ids), pick(1, &[]), pick(0, &ids[..1])];
        let terms = Terms { engine: EngineWish::Cloud, deadline_ms: Some(1_700_000_000_000) };
        let requests = sheets.requests(0, &picks, terms, shipped).unwrap();
        let seen: Vec<_> = requests
            .iter()
            .map(|request| {
                let profiles = request.profiles.iter().map(|profile| profile.id.as_str()).collect::<Vec<_>>();
                (request.sources[0].to_str().unwrap(), profiles)
            })
            .collect();
        assert_eq!(seen, [("/m/c.mov", ids.clone()), ("/m/a.mov", ids[..1].to_vec())]);
        assert!(requests.iter().all(|request| request.out_dir.as_deref() == Some(Path::new("/out"))));
        assert!(requests.iter().all(|request| request.engine == EngineWish::Cloud));
        assert!(requests.iter().all(|request| request.extras.deadline_ms == Some(1_700_000_000_000)));
        assert_eq!(sheets.habits(0, &picks).unwrap().profiles, ids);
        assert!(sheets.requests(0, &[pick(9, &ids)], terms, shipped).is_err());
        assert!(sheets.requests(0, &[pick(0, &["nobody"])], terms, shipped).is_err());
    }
}
