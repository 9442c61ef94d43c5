//! Changing one's own profiles. Every file appears whole or not at all.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use spillway_profile::{Profile, ProfileErrors};
use toml_edit::{DocumentMut, Value};

use super::{
    CatalogError, ProfileOrigin,
    shelf::{self, Book},
};
use crate::files;

/// Longest id that a profile may have.
const LONGEST_ID: usize = 64;

/// Writes a sound profile text into the data folder, and returns its id. `replaces`: the profile that was
/// edited; a file of one's own is written again, or renamed when the text has another id. A shipped one is
/// overlaid, or stays beside the new one.
///
/// # Errors
/// When the text is not sound, another profile of one's own has its id, or a file cannot be read or
/// written. Everything then is as before.
pub fn save(data_dir: &Path, text: &str, replaces: Option<&str>) -> Result<String, CatalogError> {
    let id = Profile::from_toml(text, "profile.toml")?.id;
    let books = shelf::books(data_dir)?;
    let edited = replaces.and_then(|old| books.iter().find(|book| book.id == old));
    let edited = edited.and_then(|book| book.file.as_deref().map(|file| (book, file)));
    free(&books, &id, edited.map(|(_, file)| file))?;
    match edited {
        // Also where the file's name is not its id: the owner chose it.
        Some((book, file)) if book.is_called(&id) => {
            files::replace(file, text.as_bytes()).map_err(writing(file))?;
        }
        Some((_, file)) => {
            // First the new one: power that fails in between leaves both, never none.
            create(data_dir, &id, text)?;
            take_away(file)?;
        }
        None => create(data_dir, &id, text)?,
    }
    Ok(id)
}

/// Makes a copy, comments included, under a new id that nobody has; returns the id.
///
/// # Errors
/// When there is no such profile, it is not sound, or the copy cannot be written.
pub fn duplicate(data_dir: &Path, id: &str) -> Result<String, CatalogError> {
    let books = shelf::books(data_dir)?;
    let book = shelf::book(data_dir, id)?;
    let text = book.text.clone();
    let (file, profile) = book.sound()?;
    let mut n = 1;
    let mut id = numbered(&profile.id, n);
    while books.iter().any(|book| is_taken(book, &id)) {
        n += 1;
        id = numbered(&profile.id, n);
    }
    let title = format!("{} (copy)", profile.title);
    let name = file.map_or_else(|| "profile.toml".to_owned(), |file| file.display().to_string());
    let copy = renamed(&text, &name, &id, &title)?;
    create(data_dir, &id, &copy)?;
    Ok(id)
}

/// Removes a profile of one's own; a shipped one that it stood in for is there again.
///
/// # Errors
/// When there is no such profile, it comes with Spillway, or its file cannot be removed.
pub fn remove(data_dir: &Path, id: &str) -> Result<(), CatalogError> {
    match shelf::book(data_dir, id)?.file {
        Some(file) => take_away(&file),
        None => Err(CatalogError::Shipped(id.to_owned())),
    }
}

/// Writes a profile's text to a file, in place of an earlier one of that name.
///
/// # Errors
/// When there is no such profile, or the file cannot be written.
pub fn export(data_dir: &Path, id: &str, to: &Path) -> Result<(), CatalogError> {
    let text = shelf::book(data_dir, id)?.text;
    files::replace(to, text.as_bytes()).map_err(writing(to))
}

/// Takes a profile file into the data folder, and returns its id. One that is there already with the same
/// text is left as it is.
///
/// # Errors
/// When it is not sound, another profile of one's own has its id, or a file cannot be read or written.
pub fn import(data_dir: &Path, from: &Path) -> Result<String, CatalogError> {
    let text = shelf::text(from)?;
    let id = Profile::from_toml(&text, &from.display().to_string())?.id;
    let books = shelf::books(data_dir)?;
    if books.iter().any(|book| book.id == id && book.text == text) {
        return Ok(id);
    }
    free(&books, &id, None)?;
    create(data_dir, &id, &text)?;
    Ok(id)
}

/// An error unless no profile of one's own but the one in `except` has the id.
fn free(books: &[Book], id: &str, except: Option<&Path>) -> Result<(), CatalogError> {
    let other = |book: &&Book| book.file.as_deref() != except && book.is_called(id);
    match books.iter().filter(|book| book.origin != ProfileOrigin::Shipped).find(other) {
        Some(Book { file: Some(file), .. }) => {
            Err(CatalogError::Taken { id: id.to_owned(), file: file.clone() })
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether a profile has the id, or its file has the name that goes with it.
fn is_taken(book: &Book, id: &str) -> bool {
    let stem = book.file.as_deref().and_then(Path::file_stem);
    book.is_called(id) || stem.is_some_and(|stem| stem == id)
}

fn create(data_dir: &Path, id: &str, text: &str) -> Result<(), CatalogError> {
    let folder = shelf::folder(data_dir);
    let file = folder.join(format!("{id}.toml"));
    fs::create_dir_all(&folder).map_err(writing(&folder))?;
    files::create(&file, text.as_bytes()).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => CatalogError::Taken { id: id.to_owned(), file: file.clone() },
        _ => CatalogError::Write { path: file.clone(), source },
    })
}

fn take_away(file: &Path) -> Result<(), CatalogError> {
    files::remove(file).and_then(|()| files::sync_folder_of(file)).map_err(writing(file))
}

fn writing(path: &Path) -> impl FnOnce(io::Error) -> CatalogError {
    let path: PathBuf = path.to_path_buf();
    move |source| CatalogError::Write { path, source }
}

/// `youtube-copy`, `youtube-copy-2` …, within the length that ids may have.
fn numbered(id: &str, n: usize) -> String {
    let end = if n == 1 { "-copy".to_owned() } else { format!("-copy-{n}") };
    let mut start = id.to_owned();
    start.truncate(LONGEST_ID - end.len());
    format!("{}{end}", start.trim_end_matches('-'))
}

/// The text with another id and title; everything else stays as it is, to the letter.
fn renamed(text: &str, name: &str, id: &str, title: &str) -> Result<String, CatalogError> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| ProfileErrors {
        file: name.to_owned(),
        errors: vec![shelf::problem(error.message().to_owned(), None)],
    })?;
    for (key, new) in [("id", id), ("title", title)] {
        if let Some(value) = document.get_mut(key).and_then(toml_edit::Item::as_value_mut) {
            let decor = value.decor().clone();
            *value = Value::from(new);
            *value.decor_mut() = decor;
        }
    }
    let copy = document.to_string();
    Profile::from_toml(&copy, name)?;
    Ok(copy)
}
