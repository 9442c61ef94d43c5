//! Which files of a watched folder are taken.

use std::path::{Component, Path, PathBuf};

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use super::{AfterDelivery, WatchError, WatchSettings};
use crate::sheet::MASTERS;

/// Extensions that programs give to files that are not complete, in lower case.
const PARTIAL: [&str; 13] = [
    "!bt",
    "!qb",
    "!ut",
    "aspx-part",
    "bc!",
    "crdownload",
    "download",
    "filepart",
    "opdownload",
    "part",
    "partial",
    "temp",
    "tmp",
];

/// Names that systems and file servers use for themselves, in lower case.
const SYSTEM: [&str; 12] = [
    "#recycle",
    "#snapshot",
    "$recycle.bin",
    "@eadir",
    "@recycle",
    "@tmp",
    "desktop.ini",
    "lost+found",
    "recycler",
    "system volume information",
    "thumbs.db",
    "~snapshot",
];

/// Patterns of a watched folder, ready for use.
///
/// A pattern without `/` is for names at any depth, one with `/` for paths below the watched folder, where
/// `*` does not cross a `/` and `**` does; one that ends in `/` is for folders. Case never counts.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// `None`: files with an extension of masters.
    include: Option<Patterns>,
    exclude: Patterns,
    /// Folders below the watched one that Spillway itself puts files into.
    own: Vec<String>,
    recursive: bool,
}

impl Rules {
    /// Those of these settings.
    ///
    /// # Errors
    /// [`WatchError::Pattern`].
    pub(crate) fn new(root: &Path, settings: &WatchSettings, out_dir: &Path) -> Result<Self, WatchError> {
        let include = match settings.include.as_slice() {
            [] => None,
            patterns => Some(Patterns::new(patterns, Side::Include)?),
        };
        let mut own = vec![out_dir.to_path_buf()];
        if let AfterDelivery::Move { folder } = &settings.after {
            own.push(root.join(folder));
        }
        Ok(Self {
            include,
            exclude: Patterns::new(&settings.exclude, Side::Exclude)?,
            own: own.iter().filter_map(|folder| below(root, folder)).collect(),
            recursive: settings.recursive,
        })
    }

    /// Whether a file is taken, by its path below the watched folder.
    pub(crate) fn takes(&self, relative: &str) -> bool {
        relative.rsplit_once('/').is_none_or(|(folder, _)| self.enters(folder)) && self.takes_here(relative)
    }

    /// Whether a folder is looked through, by its path below the watched folder.
    pub(crate) fn enters(&self, relative_folder: &str) -> bool {
        let ends = relative_folder.match_indices('/').map(|(at, _)| at);
        ends.chain([relative_folder.len()]).all(|end| self.enters_here(&relative_folder[..end]))
    }

    /// As [`Rules::takes`] for a file in a folder that is entered.
    pub(super) fn takes_here(&self, relative: &str) -> bool {
        let name = name_of(relative);
        if name.is_empty() || is_temporary(name) || is_sidecar(name) {
            return false;
        }
        let wanted = match &self.include {
            Some(include) => include.match_file(relative),
            None => has_extension(name, &MASTERS),
        };
        wanted && !self.exclude.match_file(relative)
    }

    /// As [`Rules::enters`] for a folder in a folder that is entered.
    pub(super) fn enters_here(&self, relative_folder: &str) -> bool {
        relative_folder.is_empty()
            || (self.recursive
                && !is_temporary(name_of(relative_folder))
                && !self.own.iter().any(|own| own == relative_folder)
                && !self.exclude.match_folder(relative_folder))
    }
}

/// Whether programs give this name to files that are not complete, or are nobody's files.
pub(crate) fn is_temporary(name: &str) -> bool {
    let lower = name.to_lowercase();
    // A leading dot covers what rsync and Spillway write into, resource forks and waste baskets.
    lower.starts_with('.')
        || lower.starts_with("~$")
        || lower.ends_with('~')
        || lower.starts_with("_unpack_")
        || has_extension(&lower, &PARTIAL)
        || SYSTEM.contains(&lower.as_str())
}

/// Whether this is the name of a sidecar job.
pub(crate) fn is_sidecar(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.ends_with(".spillway.toml") || lower.ends_with(".spillway.json")
}

/// Globs of one kind, by what they are held against.
#[derive(Debug, Clone)]
struct Patterns {
    names: GlobSet,
    paths: GlobSet,
    folder_names: GlobSet,
    folder_paths: GlobSet,
}

/// What patterns are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Include,
    Exclude,
}

impl Patterns {
    fn new(patterns: &[String], side: Side) -> Result<Self, WatchError> {
        let [mut names, mut paths, mut folder_names, mut folder_paths] =
            [(); 4].map(|()| GlobSetBuilder::new());
        for pattern in patterns {
            let wrong = |why: String| WatchError::Pattern { pattern: pattern.clone(), why };
            let glob = |text: &str| compile(text).map_err(|error| wrong(error.kind().to_string()));
            let of_folder = pattern.ends_with('/');
            let text = pattern.trim_end_matches('/');
            let anchored = text.contains('/');
            let text = text.trim_start_matches('/');
            if text.trim().is_empty() {
                return Err(wrong("it is empty".into()));
            }
            if text.split('/').any(|part| part == "." || part == "..") {
                return Err(wrong("“.” and “..” have no meaning here".into()));
            }
            match (of_folder, side) {
                // Files are taken: those of a folder are all below it.
                (true, Side::Include) if anchored => _ = paths.add(glob(&format!("{text}/**"))?),
                (true, Side::Include) => _ = paths.add(glob(&format!("**/{text}/**"))?),
                (true, Side::Exclude) if anchored => _ = folder_paths.add(glob(text)?),
                (true, Side::Exclude) => _ = folder_names.add(glob(text)?),
                (false, _) if anchored => {
                    paths.add(glob(text)?);
                    folder_paths.add(glob(text)?);
                }
                (false, _) => {
                    names.add(glob(text)?);
                    folder_names.add(glob(text)?);
                }
            }
        }
        let done = |set: GlobSetBuilder| {
            let too_much = |error: globset::Error| WatchError::Pattern {
                pattern: patterns.join(", "),
                why: error.kind().to_string(),
            };
            set.build().map_err(too_much)
        };
        Ok(Self {
            names: done(names)?,
            paths: done(paths)?,
            folder_names: done(folder_names)?,
            folder_paths: done(folder_paths)?,
        })
    }

    fn match_file(&self, relative: &str) -> bool {
        self.names.is_match(name_of(relative)) || self.paths.is_match(relative)
    }

    fn match_folder(&self, relative: &str) -> bool {
        self.folder_names.is_match(name_of(relative)) || self.folder_paths.is_match(relative)
    }
}

fn compile(text: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(text).case_insensitive(true).literal_separator(true).build()
}

fn name_of(relative: &str) -> &str {
    relative.rsplit_once('/').map_or(relative, |(_, name)| name)
}

fn has_extension(name: &str, known: &[&str]) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| known.contains(&extension.to_lowercase().as_str()))
}

/// Path of a folder below the root, with `/` between its parts; `None` when it is not below it.
fn below(root: &Path, folder: &Path) -> Option<String> {
    if !root.is_absolute() {
        return None;
    }
    let relative = plain(folder).strip_prefix(plain(root)).ok()?.to_str()?.to_owned();
    (!relative.is_empty()).then_some(relative)
}

/// Without `.` and `..`, going by the text alone.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => _ = plain.pop(),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules(change: impl FnOnce(&mut WatchSettings)) -> Rules {
        let mut settings = WatchSettings::default();
        change(&mut settings);
        Rules::new(Path::new("/in"), &settings, Path::new("/in-delivered")).unwrap()
    }

    #[track_caller]
    fn check(rules: &Rules, taken: &[&str], passed_over: &[&str]) {
        for path in taken {
            assert!(rules.takes(path), "{path} is taken");
        }
        for path in passed_over {
            assert!(!rules.takes(path), "{path} is passed over");
        }
    }

    #[test]
    fn by_default_masters_are_taken_and_what_is_not_complete_is_not() {
        let taken = ["a.mov", "A.MXF", "reel 1/b.Mp4", "part.mov", "x.part.mov", "_unpack.mov", "é.mkv"];
        let passed_over = [
            "notes.txt",
            "mov",
            "a.mov.part",
            "a.PARTIAL",
            "a.mov.tmp",
            "a.temp",
            "a.mp4.crdownload",
            "a.download",
            "a.mov.filepart",
            "a.opdownload",
            "a.aspx-part",
            "a.mov~",
            "~$a.mov",
            ".a.mov",
            "._a.mov",
            ".a.mov.Xk3jQ9",
            "a.mkv.!ut",
            "a.mkv.!qB",
            "_UNPACK_film/a.mkv",
            "Thumbs.db",
            "@eaDir/a.mov",
            "x/@EADIR/a.mov",
            ".Trash-1000/files/a.mov",
            "lost+found/a.mov",
            "$RECYCLE.BIN/a.mov",
            "System Volume Information/a.mov",
            "#recycle/a.mov",
            "a.mov.spillway.toml",
            "a.SPILLWAY.json",
            "",
            "folder/",
        ];
        check(&rules(|_| {}), &taken, &passed_over);
    }

    #[test]
    fn nothing_temporary_is_taken_whatever_the_patterns() {
        let rules = rules(|settings| settings.include = vec!["*".into(), "**/*".into(), "drop/".into()]);
        let passed_over = [".a.mov", "a.part", "drop/a.mov.tmp", "a.spillway.toml", "drop/.x/a.mov"];
        check(&rules, &["a.txt", "drop/b", "x/y/z.mov"], &passed_over);
    }

    #[test]
    fn a_pattern_is_for_names_or_for_paths() {
        let named = rules(|settings| settings.include = vec!["*_FINAL.mov".into()]);
        check(&named, &["a_final.MOV", "x/y/b_FINAL.mov"], &["a.mov", "a_FINAL.mov.txt"]);
        let placed = rules(|settings| settings.include = vec!["reels/*.{mov,mxf}".into(), "/top.mov".into()]);
        check(&placed, &["reels/a.mov", "Reels/b.MXF", "top.mov"], &["a.mov", "reels/x/a.mov", "x/top.mov"]);
        let deep = rules(|settings| settings.include = vec!["reels/**/*.mov".into()]);
        check(&deep, &["reels/a.mov", "reels/x/y/a.mov"], &["a.mov", "x/reels/a.mov"]);
    }

    #[test]
    fn what_is_excluded_is_not_taken_and_not_entered() {
        let rules = rules(|settings| {
            settings.exclude =
                ["*_proxy.*", "drafts", "archive/", "reels/old", "/top/"].map(str::to_owned).to_vec();
        });
        let passed_over = ["a_Proxy.mov", "drafts/a.mov", "x/Drafts/y/a.mov", "x/archive/a.mov", "top/a.mov"];
        check(&rules, &["a.mov", "archive.mov", "old/a.mov", "x/top/a.mov"], &passed_over);
        assert!(!rules.takes("reels/old/a.mov") && rules.takes("x/reels/old/a.mov"));
        assert!(rules.enters("") && rules.enters("reels") && !rules.enters("reels/old/x"));
    }

    #[test]
    fn results_and_finished_sources_are_not_taken_again() {
        let mut settings = WatchSettings::default();
        for (folder, inside) in [("./done", "done"), ("/in/x/../fin", "fin"), ("/elsewhere", "elsewhere")] {
            settings.after = AfterDelivery::Move { folder: folder.into() };
            let rules = Rules::new(Path::new("/in"), &settings, Path::new("/in/out/all")).unwrap();
            assert_eq!(rules.enters(inside), inside == "elsewhere", "{folder}");
            assert!(!rules.takes("out/all/a.mov") && !rules.takes("out/all/deep/a.mov"));
            assert!(rules.takes("out/a.mov") && rules.takes("x/out/all/a.mov"));
        }
        settings.after = AfterDelivery::Move { folder: "done/..".into() };
        let odd = Rules::new(Path::new("/in"), &settings, Path::new("/in")).unwrap();
        assert!(odd.takes("a.mov"), "the watched folder itself stays watched");
    }

    #[test]
    fn without_sub_folders_only_the_top_is_seen() {
        let rules = rules(|settings| settings.recursive = false);
        check(&rules, &["a.mov"], &["x/a.mov"]);
        assert!(rules.enters("") && !rules.enters("x"));
    }

    #[test]
    fn patterns_that_make_no_sense_are_refused_by_name() {
        for (pattern, why) in
            [("a[", "unclosed"), ("", "empty"), ("/", "empty"), ("../x", ".."), ("{a", "unclosed")]
        {
            let settings = WatchSettings { exclude: vec![pattern.into()], ..WatchSettings::default() };
            let shown = Rules::new(Path::new("/in"), &settings, Path::new("/out")).unwrap_err().to_string();
            assert!(shown.contains(&format!("“{pattern}”")) && shown.contains(why), "{shown}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_taken_from_a_folder_that_is_not_entered(
            path in "[a-c.~/@ÄM]{0,12}(/[a-c.]{1,4}){0,3}/?[a-z]{0,3}\\.(mov|part|txt)",
            exclude in prop::collection::vec("[a-c*?/]{1,5}", 0..3),
            recursive: bool,
        ) {
            let settings = WatchSettings { exclude, recursive, ..WatchSettings::default() };
            if let Ok(rules) = Rules::new(Path::new("/in"), &settings, Path::new("/in/a")) {
                let mut folders = path.match_indices('/').map(|(at, _)| &path[..at]);
                if rules.takes(&path) {
                    prop_assert!(folders.all(|folder| rules.enters(folder)));
                    prop_assert!(rules.takes_here(&path));
                }
            }
        }

        #[test]
        fn case_of_names_never_counts(name in "[a-zA-Z.~_$!-]{1,12}") {
            prop_assert_eq!(is_temporary(&name), is_temporary(&name.to_uppercase()));
            prop_assert_eq!(is_sidecar(&name), is_sidecar(&name.to_uppercase()));
        }
    }
}
