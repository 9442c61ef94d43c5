//! The files of a folder.

use std::path::{Path, PathBuf};

use crate::{
    stitch::{Ticker, hash},
    task::FileInfo,
    types::{MediaCode, MediaError},
};

/// Files listed of one folder.
const MOST_FILES: usize = 200_000;
/// Deepest nesting.
const DEEPEST: usize = 4;

/// Everything below `root`, by name; links are faults.
pub(super) fn list(
    root: &Path,
    with_hash: bool,
    faults: &mut Vec<String>,
    ticker: &mut Ticker<'_>,
) -> Result<Vec<FileInfo>, MediaError> {
    let mut found = Vec::new();
    walk(root, Path::new(""), 0, &mut found, faults)?;
    found.sort();
    let mut files = Vec::with_capacity(found.len());
    for relative in found {
        let path = root.join(&relative);
        let name = relative.to_string_lossy().into_owned();
        files.push(if with_hash {
            hash(&path, name, ticker)?
        } else {
            ticker.alive()?;
            FileInfo { path: name, bytes: std::fs::metadata(&path)?.len(), sha256: String::new() }
        });
    }
    Ok(files)
}

fn walk(
    root: &Path,
    below: &Path,
    depth: usize,
    found: &mut Vec<PathBuf>,
    faults: &mut Vec<String>,
) -> Result<(), MediaError> {
    if depth > DEEPEST || found.len() > MOST_FILES {
        return Err(MediaError::new(MediaCode::TooLarge, "the folder holds too many files or levels"));
    }
    for entry in std::fs::read_dir(root.join(below))? {
        let entry = entry?;
        let relative = below.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(root, &relative, depth + 1, found, faults)?;
        } else if kind.is_file() {
            found.push(relative);
        } else {
            faults.push(format!("{} is neither a file nor a folder.", relative.display()));
        }
    }
    Ok(())
}
