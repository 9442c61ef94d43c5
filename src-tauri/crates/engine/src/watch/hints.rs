//! Hints of the system that something changed. They may be missing, late, or too many: a scan is the truth.

use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use notify::{
    Config, Event, EventKind, EventKindMask, RecommendedWatcher, RecursiveMode, Watcher,
    event::{ModifyKind, RenameMode},
};

use super::pattern::is_temporary;

/// How long hints are gathered.
const GATHER: Duration = Duration::from_millis(200);
/// Paths gathered at most; a scan is cheaper than more of them.
const MOST_PATHS: usize = 4_096;

/// A hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hint {
    /// Something changed at these absolute paths. Below a folder among them anything may have changed: what
    /// arrived together with a new folder has no hints of its own.
    Changed(Vec<PathBuf>),
    /// Hints were lost: anything may have changed.
    Rescan,
    /// There will be no more hints, or not from everywhere.
    Lost,
}

/// Why there are no hints.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HintTrouble {
    /// The system watches no more folders.
    #[error(
        "the system watches no more folders; an administrator can raise its limits: sysctl \
         fs.inotify.max_user_watches=1048576 fs.inotify.max_user_instances=1024"
    )]
    Limit,
    /// The system cannot watch it.
    #[error("{why}")]
    Not {
        /// What it says.
        why: String,
    },
}

/// Hints from a folder, until dropped.
#[derive(Debug)]
pub(crate) struct Hints {
    _watcher: RecommendedWatcher,
    gathered: Arc<Gathered>,
}

impl Hints {
    /// Begins to listen. What changes after this returned has a hint, as far as the system gives any; reading
    /// has none. Names that programs give to files that are not complete have none either.
    ///
    /// # Errors
    /// Why there are no hints.
    pub(crate) fn begin(
        root: &Path,
        recursive: bool,
        line: impl Fn(Hint) + Send + 'static,
    ) -> Result<Self, HintTrouble> {
        let gathered = Arc::new(Gathered::default());
        let mask = EventKindMask::CREATE
            | EventKindMask::REMOVE
            | EventKindMask::MODIFY_NAME
            | EventKindMask::MODIFY_META
            | EventKindMask::ACCESS_CLOSE;
        // Writing itself has none: a copy would be nothing but hints, and its end closes the file.
        let config = Config::default().with_follow_symlinks(false).with_event_kinds(mask);
        let (to, place) = (Arc::clone(&gathered), root.to_path_buf());
        let told = move |event| to.add(&place, event);
        let mut watcher = RecommendedWatcher::new(told, config).map_err(|error| trouble(&error))?;
        let mode = if recursive { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        watcher.watch(root, mode).map_err(|error| trouble(&error))?;
        let hints = Self { _watcher: watcher, gathered: Arc::clone(&gathered) };
        thread::Builder::new()
            .name("hints".into())
            .spawn(move || gathered.pass_on(&line))
            .map_err(|error| HintTrouble::Not { why: error.to_string() })?;
        Ok(hints)
    }
}

impl Drop for Hints {
    fn drop(&mut self) {
        self.gathered.lock().over = true;
        self.gathered.news.notify_all();
    }
}

/// What was told and not passed on yet.
#[derive(Debug, Default)]
struct Gathered {
    told: Mutex<Told>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Told {
    paths: HashSet<PathBuf>,
    rescan: bool,
    lost: bool,
    over: bool,
}

impl Told {
    fn is_news(&self) -> bool {
        !self.paths.is_empty() || self.rescan || self.lost
    }

    /// What is to be passed on; forgotten here.
    fn take(&mut self) -> Vec<Hint> {
        let paths: Vec<PathBuf> = self.paths.drain().collect();
        let (lost, rescan) = (std::mem::take(&mut self.lost), std::mem::take(&mut self.rescan));
        let changed = (!rescan && !paths.is_empty()).then_some(Hint::Changed(paths));
        [rescan.then_some(Hint::Rescan), changed, lost.then_some(Hint::Lost)].into_iter().flatten().collect()
    }
}

impl Gathered {
    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, root: &Path, event: notify::Result<Event>) {
        let mut told = self.lock();
        match event {
            Ok(event) if event.need_rescan() => {
                tracing::info!(place = %root.display(), "the system lost count of changes; looking through all of it");
                told.rescan = true;
            }
            Ok(event) => {
                told.lost |= event.paths.iter().any(|path| path == root) && takes_away(event.kind);
                told.paths.extend(event.paths.into_iter().filter(|path| !passes_over(root, path)));
            }
            Err(error) => told.lost |= !of_one_folder(&error),
        }
        if told.paths.len() > MOST_PATHS {
            told.paths.clear();
            told.rescan = true;
        }
        if told.is_news() {
            drop(told);
            self.news.notify_all();
        }
    }

    /// Passes on what was told, gathered for a moment, until it is over.
    fn pass_on(&self, line: &impl Fn(Hint)) {
        loop {
            let mut told = self.lock();
            while !told.over && !told.is_news() {
                told = self.news.wait(told).unwrap_or_else(PoisonError::into_inner);
            }
            let gathering = self.news.wait_timeout_while(told, GATHER, |told| !told.over);
            let (mut told, _) = gathering.unwrap_or_else(PoisonError::into_inner);
            if told.over {
                return;
            }
            let hints = told.take();
            // Whoever listens may take its time; the system is heard meanwhile.
            drop(told);
            hints.into_iter().for_each(line);
        }
    }
}

/// Whether what is at the path of such an event is there no longer.
fn takes_away(kind: EventKind) -> bool {
    matches!(kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From)))
}

/// Whether nothing that is ever taken lies at a path.
fn passes_over(root: &Path, path: &Path) -> bool {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.components().any(|part| is_temporary(&part.as_os_str().to_string_lossy()))
}

/// Whether it is about one folder that is forbidden or gone: scans tell of these.
fn of_one_folder(error: &notify::Error) -> bool {
    match &error.kind {
        notify::ErrorKind::PathNotFound => true,
        notify::ErrorKind::Io(error) => {
            matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::NotFound)
        }
        _ => false,
    }
}

fn trouble(error: &notify::Error) -> HintTrouble {
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => HintTrouble::Limit,
        // The limit of instances is told as one of open files.
        notify::ErrorKind::Io(error)
            if error.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error()) =>
        {
            HintTrouble::Limit
        }
        notify::ErrorKind::Io(error) => HintTrouble::Not { why: error.to_string() },
        _ => HintTrouble::Not { why: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::{Read, Write},
        sync::mpsc::{Receiver, channel},
    };

    use super::*;

    /// Long enough for any machine; nobody waits for it unless the test fails.
    const DEADLINE: Duration = Duration::from_mins(1);

    fn listen(root: &Path, recursive: bool) -> (Hints, Receiver<Hint>) {
        let (line, hints) = channel();
        let begun = Hints::begin(root, recursive, move |hint| {
            // Nobody listens any longer when the test is over.
            let _ = line.send(hint);
        });
        (begun.unwrap(), hints)
    }

    /// Paths told until the last of these is among them.
    #[track_caller]
    fn until(hints: &Receiver<Hint>, last: &Path) -> HashSet<PathBuf> {
        let mut paths = HashSet::new();
        while !paths.contains(last) {
            match hints.recv_timeout(DEADLINE).expect("a hint") {
                Hint::Changed(changed) => paths.extend(changed),
                other => panic!("{other:?}"),
            }
        }
        paths
    }

    #[test]
    fn what_arrives_is_told_and_what_is_read_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let known = root.join("sub/known.mov");
        fs::create_dir(root.join("sub")).unwrap();
        fs::write(&known, "x").unwrap();
        let (_guard, hints) = listen(&root, true);
        fs::read_dir(root.join("sub")).unwrap().for_each(drop);
        let mut text = String::new();
        fs::File::open(&known).unwrap().read_to_string(&mut text).unwrap();
        fs::write(root.join(".a.mov.Xy12"), "x").unwrap();
        fs::write(root.join("a.mov.part"), "x").unwrap();
        let (written, renamed) = (root.join("written.mov"), root.join("sub/renamed.mov"));
        fs::write(&written, "x").unwrap();
        fs::rename(root.join(".a.mov.Xy12"), &renamed).unwrap();
        let last = root.join("last.mov");
        fs::write(&last, "x").unwrap();
        let told = until(&hints, &last);
        assert!(told.contains(&written) && told.contains(&renamed), "{told:?}");
        assert!(!told.contains(&known) && !told.iter().any(|path| path.ends_with("a.mov.part")), "{told:?}");
        assert!(!told.iter().any(|path| path.ends_with(".a.mov.Xy12")), "{told:?}");
    }

    #[test]
    fn the_end_of_writing_is_told_as_are_removal_and_permission() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let path = root.join("a.mov");
        fs::write(&path, "x").unwrap();
        let (_guard, hints) = listen(&root, false);
        let mut file = fs::File::options().append(true).open(&path).unwrap();
        file.write_all(b"more").unwrap();
        drop(file);
        until(&hints, &path);
        fs::set_permissions(&path, fs::metadata(&path).unwrap().permissions()).unwrap();
        until(&hints, &path);
        fs::remove_file(&path).unwrap();
        until(&hints, &path);
    }

    #[test]
    fn new_folders_are_listened_to() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let (_guard, hints) = listen(&root, true);
        let deep = root.join("one/two/three");
        fs::create_dir_all(&deep).unwrap();
        // The deepest folder is told once it is listened to, or its parent was.
        let mut told = HashSet::new();
        while !told.iter().any(|path: &PathBuf| path.starts_with(root.join("one"))) {
            if let Hint::Changed(paths) = hints.recv_timeout(DEADLINE).unwrap() {
                told.extend(paths);
            }
        }
    }

    #[test]
    fn without_sub_folders_nothing_is_told_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir(root.join("sub")).unwrap();
        let (_guard, hints) = listen(&root, false);
        fs::write(root.join("sub/a.mov"), "x").unwrap();
        let last = root.join("last.mov");
        fs::write(&last, "x").unwrap();
        assert_eq!(until(&hints, &last), HashSet::from([last]));
    }

    #[test]
    fn a_folder_that_goes_away_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        for away in
            [|root: &Path| fs::remove_dir(root), |root: &Path| fs::rename(root, root.with_extension("x"))]
        {
            let root = folder.path().canonicalize().unwrap().join("in");
            fs::create_dir(&root).unwrap();
            let (_guard, hints) = listen(&root, true);
            away(&root).unwrap();
            while hints.recv_timeout(DEADLINE).expect("a hint") != Hint::Lost {}
        }
    }

    #[test]
    fn too_many_hints_are_one_to_look_at_everything() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let (guard, hints) = listen(&root, true);
        // Nobody reads the system's queue of 16384 while this is held.
        let told = guard.gathered.lock();
        let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events");
        let limit: usize = limit.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(16_384);
        for n in 0..limit.min(50_000) {
            fs::File::create(root.join(format!("{n}.mov"))).unwrap();
        }
        drop(told);
        while hints.recv_timeout(DEADLINE).expect("a hint") != Hint::Rescan {}
        // One that comes while much is gathered is covered by looking at everything: try the next.
        for n in 0.. {
            let last = root.join(format!("last {n}.mov"));
            fs::write(&last, "x").unwrap();
            let heard = loop {
                match hints.recv_timeout(DEADLINE).expect("it goes on") {
                    Hint::Changed(paths) if paths.contains(&last) => break true,
                    Hint::Changed(_) => {}
                    Hint::Rescan => break false,
                    Hint::Lost => panic!("nothing is lost for good"),
                }
            };
            if heard {
                return;
            }
        }
    }

    #[test]
    fn what_is_gathered_is_bounded_and_told_once() {
        let gathered = Gathered::default();
        let root = Path::new("/in");
        let event = |n: usize| Ok(Event::new(EventKind::Any).add_path(root.join(format!("{n}.mov"))));
        for n in [1, 1, 2, 1] {
            gathered.add(root, event(n));
        }
        let mut told = gathered.lock().take();
        if let [Hint::Changed(paths)] = told.as_mut_slice() {
            paths.sort();
        }
        assert_eq!(told, [Hint::Changed(vec!["/in/1.mov".into(), "/in/2.mov".into()])]);
        assert!(gathered.lock().take().is_empty());
        (0..=MOST_PATHS).for_each(|n| gathered.add(root, event(n)));
        assert_eq!(gathered.lock().take(), [Hint::Rescan]);
    }

    #[test]
    fn trouble_is_told_in_words() {
        assert_eq!(trouble(&notify::Error::new(notify::ErrorKind::MaxFilesWatch)), HintTrouble::Limit);
        let full = io::Error::from_raw_os_error(rustix::io::Errno::MFILE.raw_os_error());
        assert_eq!(trouble(&notify::Error::io(full)), HintTrouble::Limit);
        assert!(HintTrouble::Limit.to_string().contains("fs.inotify.max_user_watches"));
        let begun = Hints::begin(Path::new("/no/such/folder"), true, |_| {});
        assert!(matches!(begun, Err(HintTrouble::Not { .. })), "{begun:?}");
    }

    #[test]
    fn a_folder_that_is_forbidden_is_not_the_end_of_hints() {
        let gathered = Gathered::default();
        let forbidden = io::Error::from(io::ErrorKind::PermissionDenied);
        gathered.add(Path::new("/in"), Err(notify::Error::io(forbidden)));
        assert!(gathered.lock().take().is_empty());
        gathered.add(Path::new("/in"), Err(notify::Error::new(notify::ErrorKind::MaxFilesWatch)));
        assert_eq!(gathered.lock().take(), [Hint::Lost]);
    }
}
