//! What was dropped on the window, by what becomes of it.

use std::path::PathBuf;

use crate::commands::window::DropPurpose;

/// See the module.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Dropped {
    /// To be watched.
    pub(crate) folders: Vec<PathBuf>,
    /// Files, and folders of masters, for the sheet.
    pub(crate) masters: Vec<PathBuf>,
}

/// Tells them apart. Asks the disk: not for the main thread.
pub(crate) fn sorted(paths: Vec<PathBuf>, purpose: DropPurpose) -> Dropped {
    match purpose {
        DropPurpose::Deliver => Dropped { masters: paths, ..Dropped::default() },
        DropPurpose::Watch => {
            // A name that is not text cannot be told to the window; the sheet says what is wrong with it.
            let watched = |path: &PathBuf| path.to_str().is_some() && path.is_dir();
            let (folders, masters) = paths.into_iter().partition(watched);
            Dropped { folders, masters }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_are_watched_and_only_where_somebody_asked_for_it() {
        let root = tempfile::tempdir().unwrap();
        let (folder, file) = (root.path().join("in"), root.path().join("Reel.mov"));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(&file, "x").unwrap();
        let gone = root.path().join("gone");
        let paths = vec![file.clone(), folder.clone(), gone.clone()];
        let all = Dropped { masters: paths.clone(), ..Dropped::default() };
        assert_eq!(sorted(paths.clone(), DropPurpose::Deliver), all);
        let parted = Dropped { folders: vec![folder], masters: vec![file, gone] };
        assert_eq!(sorted(paths, DropPurpose::Watch), parted);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_cannot_be_named_goes_to_the_sheet() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
        let root = tempfile::tempdir().unwrap();
        let odd = root.path().join(OsStr::from_bytes(b"in\xff"));
        std::fs::create_dir(&odd).unwrap();
        let dropped = sorted(vec![odd.clone()], DropPurpose::Watch);
        assert_eq!(dropped, Dropped { masters: vec![odd], ..Dropped::default() });
    }
}
