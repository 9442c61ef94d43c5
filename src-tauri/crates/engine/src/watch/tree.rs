//! Looking through a watched folder.

use std::{
    fs::{self, Metadata},
    io,
    ops::ControlFlow,
    os::unix::fs::MetadataExt,
    path::{Component, Path},
};

use walkdir::{DirEntry, WalkDir};

use super::pattern::Rules;

/// Files of a batch at most, and entries looked at between two signs of life.
const BATCH: usize = 500;
/// Files of the first batch: what was found is shown soon, however slow the drive.
const FIRST_BATCH: usize = 32;

/// A file as a look found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Path below the watched folder, with `/` between its parts.
    pub(crate) path: String,
    /// Size in bytes.
    pub(crate) bytes: u64,
    /// Time of the last change of its content, ns since 1970, UTC.
    pub(crate) mtime_ns: i64,
    /// Number of its file system.
    pub(crate) dev: u64,
    /// Its number in that file system.
    pub(crate) inode: u64,
    /// Identity that a bucket gives; files have none.
    pub(crate) tag: Option<String>,
}

/// What a walk tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// Files, 500 at most. None is a sign of life: the walk goes on, among files that are passed over.
    Batch(Vec<Entry>),
    /// A file that would be taken, but whose name is not text; here with replacements.
    NameNotText(String),
    /// A place that could not be looked through; empty: somewhere in the watched folder.
    Trouble {
        /// Path below the watched folder.
        path: String,
        /// What the system says.
        why: String,
    },
}

/// What a walk saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Walked {
    /// Files told of.
    pub(crate) files: u64,
    /// Files passed over.
    pub(crate) ignored: u64,
    /// Whether everything was seen: nothing in the way, no folder vanished under way, not stopped.
    pub(crate) complete: bool,
}

/// Looks through a folder. Links are not followed (the folder itself may be one), drives mounted below it are
/// looked through; what is neither file nor folder is passed over.
///
/// # Errors
/// When the folder itself cannot be read.
pub(crate) fn walk(
    root: &Path,
    rules: &Rules,
    tell: &mut dyn FnMut(Found) -> ControlFlow<()>,
) -> io::Result<Walked> {
    let walked = Walked { files: 0, ignored: 0, complete: true };
    let mut walk = Walk { root, rules, tell, batch: Vec::new(), limit: FIRST_BATCH, silent: 0, walked };
    match walk.through()? {
        ControlFlow::Continue(()) => {}
        ControlFlow::Break(()) => walk.walked.complete = false,
    }
    Ok(walk.walked)
}

/// Looks at one file; `None`: it is not there, or no file, or reached through a link.
///
/// # Errors
/// When that cannot be found out.
pub(crate) fn look(root: &Path, path: &str) -> io::Result<Option<Entry>> {
    let mut parts = Path::new(path).components().peekable();
    let mut place = root.to_path_buf();
    while let Some(part) = parts.next() {
        let Component::Normal(name) = part else { return Ok(None) };
        place.push(name);
        let there = match fs::symlink_metadata(&place) {
            Ok(there) => there,
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        if parts.peek().is_none() {
            return Ok(there.is_file().then(|| entry_of(path.to_owned(), &there)));
        }
        if !there.is_dir() {
            return Ok(None);
        }
    }
    Ok(None)
}

struct Walk<'a> {
    root: &'a Path,
    rules: &'a Rules,
    tell: &'a mut dyn FnMut(Found) -> ControlFlow<()>,
    batch: Vec<Entry>,
    limit: usize,
    /// Entries looked at since something was told.
    silent: usize,
    walked: Walked,
}

impl Walk<'_> {
    fn through(&mut self) -> io::Result<ControlFlow<()>> {
        let mut entries = WalkDir::new(self.root).follow_links(false).into_iter();
        while let Some(next) = entries.next() {
            let flow = match next {
                Ok(entry) if entry.depth() == 0 => {
                    if !fs::metadata(self.root)?.is_dir() {
                        return Err(io::ErrorKind::NotADirectory.into());
                    }
                    continue;
                }
                Ok(entry) if entry.file_type().is_dir() => {
                    if !self.rules.enters_here(&self.relative(entry.path())) {
                        entries.skip_current_dir();
                    }
                    ControlFlow::Continue(())
                }
                Ok(entry) => self.file(&entry),
                Err(error) if error.depth() == 0 => return Err(error.into()),
                Err(error) => self.trouble(error),
            };
            if flow.is_break() || self.sign_of_life().is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        if self.batch.is_empty() { Ok(ControlFlow::Continue(())) } else { Ok(self.hand_over()) }
    }

    fn file(&mut self, entry: &DirEntry) -> ControlFlow<()> {
        let path = self.relative(entry.path());
        if !entry.file_type().is_file() || !self.rules.takes_here(&path) {
            self.walked.ignored += 1;
            return ControlFlow::Continue(());
        }
        if entry.path().to_str().is_none() && !self.is_text(entry.path()) {
            self.walked.files += 1;
            self.silent = 0;
            return (self.tell)(Found::NameNotText(path));
        }
        match entry.metadata() {
            // Something else may have taken its place since the folder was read.
            Ok(there) if there.is_file() => {
                self.walked.files += 1;
                self.batch.push(entry_of(path, &there));
                if self.batch.len() < self.limit { ControlFlow::Continue(()) } else { self.hand_over() }
            }
            Ok(_) => ControlFlow::Continue(()),
            Err(error) if error.io_error().is_some_and(is_gone) => ControlFlow::Continue(()),
            Err(error) => self.trouble(error),
        }
    }

    fn trouble(&mut self, error: walkdir::Error) -> ControlFlow<()> {
        self.walked.complete = false;
        if error.io_error().is_some_and(is_gone) {
            return ControlFlow::Continue(());
        }
        let path = error.path().map(|path| self.relative(path)).unwrap_or_default();
        self.silent = 0;
        (self.tell)(Found::Trouble { path, why: io::Error::from(error).to_string() })
    }

    fn sign_of_life(&mut self) -> ControlFlow<()> {
        self.silent += 1;
        if self.silent < BATCH { ControlFlow::Continue(()) } else { self.hand_over() }
    }

    fn hand_over(&mut self) -> ControlFlow<()> {
        self.silent = 0;
        self.limit = (self.limit * 2).min(BATCH);
        (self.tell)(Found::Batch(std::mem::take(&mut self.batch)))
    }

    fn relative(&self, path: &Path) -> String {
        path.strip_prefix(self.root).unwrap_or(path).to_string_lossy().into_owned()
    }

    /// The watched folder's own name may be what is not text: it is none of the file's.
    fn is_text(&self, path: &Path) -> bool {
        path.strip_prefix(self.root).unwrap_or(path).to_str().is_some()
    }
}

fn entry_of(path: String, there: &Metadata) -> Entry {
    Entry {
        path,
        bytes: there.len(),
        mtime_ns: there.mtime().saturating_mul(1_000_000_000).saturating_add(there.mtime_nsec()),
        dev: there.dev(),
        inode: there.ino(),
        tag: None,
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use std::{
        ffi::OsStr,
        os::unix::{ffi::OsStrExt, fs::symlink},
        path::PathBuf,
    };

    use super::*;
    use crate::watch::WatchSettings;

    fn rules(root: &Path) -> Rules {
        Rules::new(root, &WatchSettings::default(), &root.join("out")).unwrap()
    }

    fn put(root: &Path, name: impl AsRef<Path>) -> PathBuf {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "12345").unwrap();
        path
    }

    fn all(root: &Path, rules: &Rules) -> (Vec<Found>, Walked) {
        let mut found = Vec::new();
        let walked = walk(root, rules, &mut |it| {
            found.push(it);
            ControlFlow::Continue(())
        });
        (found, walked.unwrap())
    }

    fn paths(found: &[Found]) -> Vec<&str> {
        let mut paths: Vec<&str> = found
            .iter()
            .flat_map(|found| match found {
                Found::Batch(entries) => entries.iter().map(|entry| entry.path.as_str()).collect(),
                Found::NameNotText(path) => vec![path.as_str()],
                Found::Trouble { .. } => Vec::new(),
            })
            .collect();
        paths.sort_unstable();
        paths
    }

    #[test]
    fn files_are_found_and_everything_else_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in
            ["a.mov", "x/y/b.MXF", "notes.txt", ".hidden.mov", ".x/c.mov", "out/d.mov", "@eaDir/e.mov"]
        {
            put(root, name);
        }
        let outside = tempfile::tempdir().unwrap();
        put(outside.path(), "far.mov");
        symlink(outside.path(), root.join("linked")).unwrap();
        symlink(outside.path().join("far.mov"), root.join("far.mov")).unwrap();
        symlink(root.join("x"), root.join("x/circle")).unwrap();
        symlink("nowhere", root.join("dangling.mov")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, root.join("pipe.mov"), rustix::fs::Mode::RWXU).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(root.join("socket.mov")).unwrap();
        let (found, walked) = all(root, &rules(root));
        assert_eq!(paths(&found), ["a.mov", "x/y/b.MXF"]);
        assert_eq!(walked, Walked { files: 2, ignored: 8, complete: true });
        for other in ["pipe.mov", "socket.mov", "far.mov", "linked/far.mov", "x", "no.mov", "a.mov/b.mov"] {
            assert_eq!(look(root, other).unwrap(), None, "{other}");
        }
        for outside in ["", ".", "../a.mov", "x/../a.mov", "/etc/hostname"] {
            assert_eq!(look(root, outside).unwrap(), None, "{outside}");
        }
    }

    #[test]
    fn a_look_says_the_same_as_a_walk() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("in");
        let path = put(&root, "x/ä 1.mov");
        let link = folder.path().join("link");
        symlink(&root, &link).unwrap();
        let there = fs::metadata(&path).unwrap();
        for root in [&root, &link] {
            let (found, _) = all(root, &rules(root));
            let entry = look(root, "x/ä 1.mov").unwrap().unwrap();
            assert_eq!(found, [Found::Batch(vec![entry.clone()])]);
            assert_eq!((entry.bytes, entry.inode, entry.dev), (5, there.ino(), there.dev()));
            assert_eq!(entry.mtime_ns, there.mtime() * 1_000_000_000 + there.mtime_nsec());
        }
    }

    #[test]
    fn batches_are_small_first_and_none_is_silent_for_long() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..1_700 {
            fs::File::create(folder.path().join(format!("{n}.mov"))).unwrap();
            fs::File::create(folder.path().join(format!("{n}.txt"))).unwrap();
        }
        let rules = rules(folder.path());
        let (found, walked) = all(folder.path(), &rules);
        assert_eq!((walked.files, walked.ignored), (1_700, 1_700));
        let sizes: Vec<usize> = found
            .iter()
            .map(|found| if let Found::Batch(entries) = found { entries.len() } else { panic!("{found:?}") })
            .collect();
        assert!(sizes[0] <= FIRST_BATCH && sizes.iter().all(|size| *size <= BATCH), "{sizes:?}");
        assert!(sizes.len() >= 3_400 / BATCH, "{sizes:?}");
        let mut names = paths(&found);
        names.dedup();
        assert_eq!(names.len(), 1_700);
        for n in 0..1_700 {
            fs::remove_file(folder.path().join(format!("{n}.mov"))).unwrap();
        }
        let (found, _) = all(folder.path(), &rules);
        assert_eq!(found, vec![Found::Batch(Vec::new()); 3], "signs of life among other files");
    }

    #[test]
    fn whoever_listens_may_stop_it() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..100 {
            fs::File::create(folder.path().join(format!("{n}.mov"))).unwrap();
        }
        let mut told = 0;
        let stop = &mut |_| {
            told += 1;
            ControlFlow::Break(())
        };
        let walked = walk(folder.path(), &rules(folder.path()), stop).unwrap();
        assert_eq!((told, walked.complete), (1, false));
    }

    #[test]
    fn names_that_are_not_text_are_told_where_they_would_be_taken() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join(OsStr::from_bytes(b"root-\xff"));
        put(&root, OsStr::from_bytes(b"film-\xff.mov"));
        put(&root, OsStr::from_bytes(b"note-\xff.txt"));
        put(&root, OsStr::from_bytes(b"reel-\xff/a.mov"));
        put(&root, "fine.mov");
        let (mut found, walked) = all(&root, &rules(&root));
        found.sort_by_key(|found| format!("{found:?}"));
        assert!(matches!(&found[0], Found::Batch(entries) if entries[0].path == "fine.mov"), "{found:?}");
        let named = ["film-\u{fffd}.mov", "reel-\u{fffd}/a.mov"].map(|path| Found::NameNotText(path.into()));
        assert_eq!(found[1..], named);
        assert_eq!(walked, Walked { files: 3, ignored: 1, complete: true });
    }

    #[test]
    fn a_folder_that_is_not_there_or_no_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = put(folder.path(), "a.mov");
        let kind =
            |root: &Path| walk(root, &rules(root), &mut |_| ControlFlow::Continue(())).unwrap_err().kind();
        assert_eq!(kind(&folder.path().join("gone")), io::ErrorKind::NotFound);
        assert_eq!(kind(&file), io::ErrorKind::NotADirectory);
    }

    #[test]
    fn what_may_not_be_read_is_told_and_the_rest_goes_on() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "secret/a.mov");
        put(folder.path(), "open/b.mov");
        let secret = folder.path().join("secret");
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
        let readable = fs::read_dir(&secret).is_ok();
        let (found, walked) = all(folder.path(), &rules(folder.path()));
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o700)).unwrap();
        if readable {
            eprintln!("not checked: this user may read everything");
            return;
        }
        assert_eq!(paths(&found), ["open/b.mov"]);
        assert!(!walked.complete);
        let told = |found: &Found| matches!(found, Found::Trouble { path, .. } if path == "secret");
        assert!(found.iter().any(told), "{found:?}");
    }
}
