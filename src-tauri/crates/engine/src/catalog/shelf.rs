//! All profiles as they lie on disk, with what is wrong with each.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use spillway_profile::{Profile, ProfileError, ProfileErrors, propose, shipped};

use super::{CatalogError, ProfileOrigin};

/// Largest profile text in bytes; the longest shipped one has a few thousand.
const LARGEST: u64 = 1 << 20;

/// A profile with its text.
pub(super) struct Book {
    /// See [`super::ProfileCard::id`].
    pub id: String,
    /// Where it comes from.
    pub origin: ProfileOrigin,
    /// Its file; `None`: shipped.
    pub file: Option<PathBuf>,
    /// Its text; empty where the file cannot be read.
    pub text: String,
    /// The profile, where the text is one.
    pub profile: Option<Profile>,
    /// What is wrong; empty: nothing.
    pub problems: Vec<ProfileError>,
}

impl Book {
    /// Whether it answers to this id: by its card, or by what its text says.
    pub(super) fn is_called(&self, id: &str) -> bool {
        self.id == id || self.profile.as_ref().is_some_and(|profile| profile.id == id)
    }

    /// The profile, or all that is wrong.
    pub(super) fn sound(self) -> Result<(Option<PathBuf>, Profile), CatalogError> {
        match self.profile {
            Some(profile) if self.problems.is_empty() => Ok((self.file, profile)),
            _ => {
                let file = self.file.map_or(self.id, |file| file.display().to_string());
                Err(CatalogError::Unsound(ProfileErrors { file, errors: self.problems }))
            }
        }
    }
}

/// The folder of one's own profiles.
pub(super) fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("profiles")
}

/// Every profile there is, each once, own ones first.
pub(super) fn books(data_dir: &Path) -> Result<Vec<Book>, CatalogError> {
    let mut books: Vec<Book> = own_files(&folder(data_dir))?.into_iter().map(own).collect();
    mark_twins(&mut books);
    name_broken(&mut books);
    for shipped in shipped() {
        let changed = books.iter_mut().filter(|book| book.is_called(shipped.id));
        let taken = changed.map(|book| book.origin = ProfileOrigin::Changed).count() > 0;
        if !taken {
            let (profile, problems) = split(shipped.profile());
            books.push(Book {
                id: shipped.id.to_owned(),
                origin: ProfileOrigin::Shipped,
                file: None,
                text: shipped.text.to_owned(),
                profile,
                problems,
            });
        }
    }
    Ok(books)
}

/// The profile with this id.
pub(super) fn book(data_dir: &Path, id: &str) -> Result<Book, CatalogError> {
    let mut books = books(data_dir)?;
    let place = books.iter().position(|book| book.id == id);
    let Some(place) = place.or_else(|| books.iter().position(|book| book.is_called(id))) else {
        let suggestion = propose(id, books.iter().map(|book| book.id.as_str()));
        return Err(CatalogError::NoSuchProfile { id: id.to_owned(), suggestion });
    };
    Ok(books.swap_remove(place))
}

/// The text of a profile file.
pub(super) fn text(path: &Path) -> Result<String, CatalogError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) if bytes.len() as u64 > LARGEST => Err(CatalogError::TooLarge(path.to_path_buf())),
        Ok(_) => String::from_utf8(bytes).map_err(|_| CatalogError::NotText(path.to_path_buf())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(CatalogError::NoSuchFile(path.to_path_buf()))
        }
        Err(source) => Err(CatalogError::Read { path: path.to_path_buf(), source }),
    }
}

fn own(file: PathBuf) -> Book {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (text, (profile, problems)) = match text(&file) {
        Ok(text) => {
            let outcome = Profile::from_toml(&text, &file.display().to_string());
            (text, split(outcome))
        }
        Err(error) => (String::new(), (None, vec![problem(error.to_string(), None)])),
    };
    let id = profile.as_ref().map_or(stem, |profile| profile.id.clone());
    Book { id, origin: ProfileOrigin::Own, file: Some(file), text, profile, problems }
}

fn split(outcome: Result<Profile, ProfileErrors>) -> (Option<Profile>, Vec<ProfileError>) {
    match outcome {
        Ok(profile) => (Some(profile), Vec::new()),
        Err(errors) => (None, errors.errors),
    }
}

/// A fault of the file as a whole.
pub(super) fn problem(message: String, suggestion: Option<String>) -> ProfileError {
    ProfileError { line: 1, column: 1, message, suggestion }
}

/// Which of several files with one id is meant, nobody can tell: none of them is used.
fn mark_twins(books: &mut [Book]) {
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (n, book) in books.iter().enumerate() {
        if let Some(profile) = &book.profile {
            places.entry(profile.id.clone()).or_default().push(n);
        }
    }
    for (id, twins) in places.into_iter().filter(|(_, twins)| twins.len() > 1) {
        for n in &twins {
            let others = twins.iter().filter(|other| *other != n);
            let others: Vec<String> = others.filter_map(|other| name(&books[*other])).collect();
            let message = format!("{} has the id \"{id}\", too", others.join(" and "));
            let advice = "give one of them another id, or remove it".to_owned();
            books[*n].problems.push(problem(message, Some(advice)));
        }
    }
}

fn name(book: &Book) -> Option<String> {
    Some(book.file.as_deref()?.file_name()?.to_string_lossy().into_owned())
}

/// Broken files go by their names, unless a sound profile has that for its id.
fn name_broken(books: &mut [Book]) {
    let sound: Vec<String> =
        books.iter().filter(|book| book.problems.is_empty()).map(|book| book.id.clone()).collect();
    for book in books.iter_mut().filter(|book| !book.problems.is_empty()) {
        let Some(file) = &book.file else { continue };
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let whole = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        book.id = if sound.contains(&stem) { whole } else { stem };
    }
}

fn own_files(folder: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    let cannot = |source| CatalogError::Read { path: folder.to_path_buf(), source };
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
