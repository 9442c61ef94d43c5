//! Opening up what somebody dropped: the masters among files and folders.

use std::{
    cmp::Ordering,
    collections::HashSet,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::{Collected, LeftOut, LeftOutReason};

/// Files taken at most.
const MOST_FILES: usize = 10_000;
/// Entries of folders looked at at most.
const MOST_LOOKED_AT: usize = 500_000;
/// What was left out is listed so far at most; more helps nobody.
const MOST_LEFT_OUT: usize = 1_000;

/// Extensions of files that hold pictures, in lower case.
pub const MASTERS: [&str; 44] = [
    "264", "265", "3g2", "3gp", "asf", "avi", "dif", "dv", "f4v", "flv", "gxf", "h264", "h265", "hevc",
    "ivf", "m1v", "m2p", "m2t", "m2ts", "m2v", "m4v", "mj2", "mkv", "mov", "mp4", "mpe", "mpeg", "mpg",
    "mts", "mxf", "nut", "obu", "ogm", "ogv", "qt", "trp", "ts", "vc1", "vob", "webm", "wm", "wmv", "y4m",
    "yuv4mpeg",
];

/// Extensions that programs give to files that are not complete.
const PARTIAL: [&str; 8] =
    ["crdownload", "download", "filepart", "opdownload", "part", "partial", "temp", "tmp"];

/// Opens up folders and sorts out what can be no master. Files that were given themselves are taken
/// whatever they are called; links are followed, but no folder is opened twice.
pub fn collect(paths: &[PathBuf]) -> Collected {
    let mut sieve = Sieve::default();
    for path in paths {
        sieve.given(path);
    }
    sieve.collected.files.sort_by(|one, other| natural(one, other));
    sieve.collected
}

#[derive(Default)]
struct Sieve {
    collected: Collected,
    /// Files taken, with all links resolved.
    taken: HashSet<PathBuf>,
    /// Folders opened, by file system and number.
    opened: HashSet<(u64, u64)>,
    looked_at: usize,
    full: bool,
}

impl Sieve {
    fn given(&mut self, path: &Path) {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        match fs::metadata(&absolute) {
            Ok(entry) if entry.is_dir() => self.open(&absolute),
            Ok(entry) if entry.is_file() => self.take(&absolute),
            Ok(_) | Err(_) => self.leave_out(&absolute, LeftOutReason::Unreadable),
        }
    }

    /// Works through a folder and everything below it, without recursion.
    fn open(&mut self, folder: &Path) {
        let mut waiting = vec![folder.to_path_buf()];
        while let Some(folder) = waiting.pop() {
            let fresh = fs::metadata(&folder).map(|entry| self.opened.insert((entry.dev(), entry.ino())));
            let entries = match fresh.and_then(|fresh| fresh.then(|| fs::read_dir(&folder)).transpose()) {
                Ok(Some(entries)) => entries,
                Ok(None) => continue,
                Err(_) => {
                    self.leave_out(&folder, LeftOutReason::Unreadable);
                    continue;
                }
            };
            for entry in entries {
                self.looked_at += 1;
                if self.full || self.looked_at > MOST_LOOKED_AT {
                    self.too_many(&folder);
                    return;
                }
                match entry {
                    Ok(entry) => waiting.extend(self.found(&entry.path())),
                    Err(_) => self.leave_out(&folder, LeftOutReason::Unreadable),
                }
            }
        }
    }

    /// Takes a file of a folder, or gives the folder that has to be opened.
    fn found(&mut self, path: &Path) -> Option<PathBuf> {
        if is_temporary(path) {
            self.leave_out(path, LeftOutReason::Temporary);
            return None;
        }
        match fs::metadata(path) {
            Ok(entry) if entry.is_dir() => return Some(path.to_path_buf()),
            Ok(entry) if entry.is_file() && has_extension(path, &MASTERS) => self.take(path),
            Ok(_) => self.leave_out(path, LeftOutReason::NotMedia),
            Err(_) => self.leave_out(path, LeftOutReason::Unreadable),
        }
        None
    }

    fn take(&mut self, path: &Path) {
        if path.to_str().is_none() {
            return self.leave_out(path, LeftOutReason::Name);
        }
        if fs::File::open(path).is_err() {
            return self.leave_out(path, LeftOutReason::Unreadable);
        }
        let real = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        if self.taken.contains(&real) {
            return;
        }
        if self.collected.files.len() == MOST_FILES {
            return self.too_many(path);
        }
        self.taken.insert(real);
        self.collected.files.push(path.to_path_buf());
    }

    fn too_many(&mut self, path: &Path) {
        if !self.full {
            self.full = true;
            let entry = LeftOut { path: path.display().to_string(), reason: LeftOutReason::TooMany };
            // First, where it is seen: it says that there is more than the list shows.
            self.collected.left_out.insert(0, entry);
        }
    }

    fn leave_out(&mut self, path: &Path, reason: LeftOutReason) {
        if self.collected.left_out.len() < MOST_LEFT_OUT {
            self.collected.left_out.push(LeftOut { path: path.display().to_string(), reason });
        }
    }
}

fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || name.starts_with("~$") || name.ends_with('~') || has_extension(path, &PARTIAL)
}

fn has_extension(path: &Path, known: &[&str]) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    known.contains(&extension.as_str())
}

/// As file managers sort: folder by folder, numbers by their value, in any case.
fn natural(one: &Path, other: &Path) -> Ordering {
    let words = |path: &Path| -> Vec<String> {
        path.components().map(|part| part.as_os_str().to_string_lossy().to_lowercase()).collect()
    };
    let (left, right) = (words(one), words(other));
    let differs = left.iter().zip(&right).map(|(a, b)| alphanumeric_sort::compare_str(a, b));
    differs
        .into_iter()
        .find(|order| order.is_ne())
        .unwrap_or_else(|| left.len().cmp(&right.len()))
        .then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};

    use proptest::prelude::*;

    use super::*;

    fn names(collected: &Collected, root: &Path) -> Vec<String> {
        let below = |path: &PathBuf| path.strip_prefix(root).unwrap().display().to_string();
        collected.files.iter().map(below).collect()
    }

    fn put(root: &Path, name: &str) -> PathBuf {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "x").unwrap();
        path
    }

    #[test]
    fn folders_are_opened_up_in_natural_order() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["clip10.mov", "clip2.MOV", "Clip1.mp4", "reel 2/b.mxf", "reel 10/a.mxf", "notes.txt"] {
            put(&root, name);
        }
        for name in [".hidden.mov", "copy.mov.part", "old.mov~", "._clip2.MOV", ".trash/x.mov"] {
            put(&root, name);
        }
        let collected = collect(std::slice::from_ref(&root));
        let wanted = ["Clip1.mp4", "clip2.MOV", "clip10.mov", "reel 2/b.mxf", "reel 10/a.mxf"];
        assert_eq!(names(&collected, &root), wanted);
        let reasons = |reason| collected.left_out.iter().filter(|left| left.reason == reason).count();
        assert_eq!((reasons(LeftOutReason::Temporary), reasons(LeftOutReason::NotMedia)), (5, 1));
    }

    #[test]
    fn given_files_are_taken_as_they_are_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let (odd, film) = (put(&root, "film.part"), put(&root, "in/film.mov"));
        let gone = root.join("gone.mov");
        let collected = collect(&[film.clone(), odd.clone(), root.join("in"), film, gone.clone()]);
        assert_eq!(names(&collected, &root), ["film.part", "in/film.mov"]);
        let left = LeftOut { path: gone.display().to_string(), reason: LeftOutReason::Unreadable };
        assert_eq!(collected.left_out, [left]);
    }

    #[test]
    fn links_are_followed_but_not_in_circles() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        put(&root, "in/a/film.mov");
        put(&root, "other/more.mov");
        symlink(root.join("in"), root.join("in/a/circle")).unwrap();
        symlink(root.join("other"), root.join("in/linked")).unwrap();
        symlink(root.join("in/a/film.mov"), root.join("in/same.mov")).unwrap();
        symlink("nowhere", root.join("in/dangling.mov")).unwrap();
        let collected = collect(&[root.join("in")]);
        assert_eq!(collected.files.len(), 2, "{:?}", collected.files);
        assert_eq!(collected.left_out.len(), 1, "{:?}", collected.left_out);
    }

    #[test]
    fn names_that_are_not_text_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(std::ffi::OsStr::from_bytes(b"film-\xff.mov"));
        fs::write(&path, "x").unwrap();
        let collected = collect(&[folder.path().to_path_buf()]);
        assert!(collected.files.is_empty());
        assert_eq!(collected.left_out[0].reason, LeftOutReason::Name);
    }

    #[test]
    fn beyond_the_limit_it_says_so_once() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..=MOST_FILES {
            fs::File::create(folder.path().join(format!("{n}.mov"))).unwrap();
        }
        let collected = collect(&[folder.path().to_path_buf()]);
        assert_eq!(collected.files.len(), MOST_FILES);
        let reasons: Vec<LeftOutReason> = collected.left_out.iter().map(|left| left.reason).collect();
        assert_eq!(reasons, [LeftOutReason::TooMany]);
    }

    proptest! {
        #[test]
        fn natural_order_is_an_order(parts in prop::collection::vec("[a-cA-C0-9 ._/]{0,8}", 3)) {
            let [a, b, c] = [0, 1, 2].map(|n| PathBuf::from(format!("/{}", parts[n])));
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            prop_assert_eq!(natural(&a, &a), Ordering::Equal);
            if natural(&a, &b).is_le() && natural(&b, &c).is_le() {
                prop_assert!(natural(&a, &c).is_le());
            }
        }

        #[test]
        fn numbers_count_by_their_value(a in 0_u32..5_000, b in 0_u32..5_000) {
            let path = |n: u32| PathBuf::from(format!("/in/clip{n}.mov"));
            prop_assert_eq!(natural(&path(a), &path(b)), a.cmp(&b));
        }
    }
}
