//! A folder as a place where files arrive.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read},
    ops::ControlFlow,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use super::{
    ArrivalId, PollReason, UnreachableReason, WatchError, WatchSettings, fingerprint,
    ground::{Ground, Looked, Root, Told},
    hints::{Hint, HintTrouble, Hints},
    mount::{self, Mount},
    pattern::{self, Rules},
    sidecar,
    tree::{self, Entry, Found, Walked},
};
use crate::files;

/// Numbers tried for a name before giving up.
const LAST_NUMBER: u32 = 9_999;

/// Largest sidecar job that is read, in bytes.
const SIDECAR_BYTES: u64 = 1 << 20;

/// A folder of this machine, or of a share mounted on it.
pub(crate) struct Folder {
    /// Absolute, links resolved.
    root: PathBuf,
    rules: Rules,
    recursive: bool,
    /// The drive when all was well last.
    known: Option<Mount>,
}

impl Folder {
    pub(crate) fn new(
        root: &Path,
        settings: &WatchSettings,
        out_dir: &Path,
        known: Option<Mount>,
    ) -> Result<Self, WatchError> {
        let rules = Rules::new(root, settings, out_dir)?;
        Ok(Self { root: root.to_path_buf(), rules, recursive: settings.recursive, known })
    }

    /// What an error about the folder itself means. A drive that is not there leaves no folder, or an empty one.
    fn trouble(&self, error: &io::Error) -> UnreachableReason {
        let not_mounted = || {
            let known = self.known.as_ref()?;
            let now = mount::mount_of(&self.root).ok()?;
            (!mount::same_drive(known, &now)).then(|| UnreachableReason::NotMounted {
                source: known.source.clone(),
                mount_point: known.mount_point.clone(),
            })
        };
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                not_mounted().unwrap_or(UnreachableReason::Missing)
            }
            io::ErrorKind::PermissionDenied => UnreachableReason::Forbidden,
            _ => UnreachableReason::Failed { why: error.to_string() },
        }
    }

    fn seen(&self) -> io::Result<Root> {
        let mount = mount::mount_of(&self.root).ok();
        let there = fs::metadata(&self.root)?;
        let empty = fs::read_dir(&self.root)?.next().transpose()?.is_none();
        Ok(Root { mount, dev: there.dev(), empty })
    }
}

impl Ground for Folder {
    fn root(&self) -> Result<Root, UnreachableReason> {
        self.seen().map_err(|error| self.trouble(&error))
    }

    fn walk(&self, tell: &mut dyn FnMut(Found) -> ControlFlow<()>) -> Result<Walked, UnreachableReason> {
        tree::walk(&self.root, &self.rules, tell).map_err(|error| self.trouble(&error))
    }

    fn look(&self, path: &str) -> io::Result<Looked> {
        if pattern::is_sidecar(path.rsplit('/').next().unwrap_or(path)) {
            return Ok(Looked::Sidecar);
        }
        if let Some(entry) = tree::look(&self.root, path)? {
            return Ok(if self.rules.takes(path) { Looked::File(entry) } else { Looked::Other });
        }
        match fs::symlink_metadata(self.root.join(path)) {
            Ok(there) if there.is_dir() && self.rules.enters(path) => Ok(Looked::Folder),
            Ok(_) => Ok(Looked::Other),
            Err(error) if is_gone(&error) => Ok(Looked::Nothing),
            Err(error) => Err(error),
        }
    }

    fn file(&self, _arrival: ArrivalId, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn sampled(&self, _arrival: ArrivalId, path: &str) -> io::Result<String> {
        fingerprint::sampled(&self.root.join(path))
    }

    fn whole(&self, _arrival: ArrivalId, path: &str, cancel: &AtomicBool) -> io::Result<String> {
        fingerprint::whole(&self.root.join(path), cancel)
    }

    fn sidecar(&self, path: &str) -> io::Result<Option<(String, String)>> {
        for candidate in sidecar::candidates(path) {
            let file = match File::open(self.root.join(&candidate)) {
                Ok(file) => file,
                Err(error) if is_gone(&error) => continue,
                Err(error) => return Err(error),
            };
            let mut bytes = Vec::new();
            file.take(SIDECAR_BYTES + 1).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > SIDECAR_BYTES {
                return Err(io::Error::other("its sidecar job is larger than 1 MiB"));
            }
            let name = candidate.rsplit('/').next().unwrap_or(&candidate).to_owned();
            return Ok(Some((name, String::from_utf8_lossy(&bytes).into_owned())));
        }
        Ok(None)
    }

    fn move_into(&self, seen: &Entry, folder: &Path) -> io::Result<PathBuf> {
        let from = self.root.join(&seen.path);
        let to = self.root.join(folder).join(&seen.path);
        match tree::look(&self.root, &seen.path)? {
            Some(now) if now == *seen => {}
            Some(_) => return Err(io::Error::other("it is another file than the one that was delivered")),
            None => return moved_already(seen, &to),
        }
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        let place = move_free(&from, &to)?;
        for candidate in sidecar::candidates(&seen.path) {
            let (from, to) = (self.root.join(&candidate), self.root.join(folder).join(&candidate));
            match move_free(&from, &to) {
                Ok(_) => {}
                Err(error) if is_gone(&error) => {}
                Err(error) => {
                    tracing::warn!(path = %from.display(), %error, "a sidecar job could not be moved");
                }
            }
        }
        Ok(place)
    }

    fn listen(&self, line: Box<dyn Fn(Told) + Send>) -> Result<Box<dyn Send>, PollReason> {
        if let Ok(mount) = mount::mount_of(&self.root)
            && mount.network
        {
            return Err(PollReason::NetworkDrive { file_system: mount.file_system, source: mount.source });
        }
        let root = self.root.clone();
        let hints = Hints::begin(&self.root, self.recursive, move |hint| line(told(&root, hint)));
        match hints {
            Ok(hints) => Ok(Box::new(hints)),
            Err(HintTrouble::Limit) => Err(PollReason::WatchLimit),
            Err(HintTrouble::Not { why }) => Err(PollReason::NotWatchable { why }),
        }
    }
}

fn told(root: &Path, hint: Hint) -> Told {
    match hint {
        Hint::Changed(paths) => {
            let below = |path: &PathBuf| {
                let below = path.strip_prefix(root).ok()?.to_str()?;
                (!below.is_empty()).then(|| below.to_owned())
            };
            // What cannot be named is found by a scan.
            paths.iter().map(below).collect::<Option<Vec<_>>>().map_or(Told::Rescan, Told::Changed)
        }
        Hint::Rescan => Told::Rescan,
        Hint::Lost => Told::Lost,
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Renames to the first free name.
fn move_free(from: &Path, to: &Path) -> io::Result<PathBuf> {
    for n in 1..=LAST_NUMBER {
        let place = numbered(to, n);
        match files::publish(from, &place) {
            Ok(()) => return Ok(place),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Where a move that nobody wrote down has put the file.
fn moved_already(seen: &Entry, to: &Path) -> io::Result<PathBuf> {
    for n in 1..=LAST_NUMBER {
        let place = numbered(to, n);
        let there = fs::symlink_metadata(&place)?;
        if (there.len(), there.dev(), there.ino()) == (seen.bytes, seen.dev, seen.inode) {
            return Ok(place);
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

fn numbered(path: &Path, n: u32) -> PathBuf {
    if n == 1 {
        return path.to_path_buf();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    match path.extension().and_then(OsStr::to_str) {
        Some(extension) => path.with_file_name(format!("{stem} ({n}).{extension}")),
        None => path.with_file_name(format!("{stem} ({n})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(root: &Path) -> Folder {
        Folder::new(root, &WatchSettings::default(), &root.join("out"), None).unwrap()
    }

    #[test]
    fn a_source_moves_with_its_sidecar_and_over_nothing() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        fs::create_dir_all(root.join("done/a")).unwrap();
        fs::create_dir(root.join("a")).unwrap();
        fs::write(root.join("done/a/x.mov"), "earlier").unwrap();
        fs::write(root.join("a/x.mov"), "now").unwrap();
        fs::write(root.join("a/x.mov.spillway.toml"), "").unwrap();
        let folder = folder(root);
        let seen = tree::look(root, "a/x.mov").unwrap().unwrap();
        let to = folder.move_into(&seen, Path::new("done")).unwrap();
        assert_eq!(to, root.join("done/a/x (2).mov"));
        assert_eq!(fs::read_to_string(&to).unwrap(), "now");
        assert_eq!(fs::read_to_string(root.join("done/a/x.mov")).unwrap(), "earlier");
        assert!(root.join("done/a/x.mov.spillway.toml").exists());
        assert_eq!(folder.move_into(&seen, Path::new("done")).unwrap(), to, "once more after a crash");
        fs::remove_file(&to).unwrap();
        assert_eq!(folder.move_into(&seen, Path::new("done")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_source_that_changed_is_not_moved() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("x.mov"), "one").unwrap();
        let seen = tree::look(place.path(), "x.mov").unwrap().unwrap();
        fs::write(place.path().join("x.mov"), "longer").unwrap();
        assert!(folder(place.path()).move_into(&seen, Path::new("done")).is_err());
        assert!(place.path().join("x.mov").exists());
    }

    #[test]
    fn what_stands_at_a_path_is_told_apart() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        fs::create_dir(root.join("sub")).unwrap();
        for name in ["a.mov", "a.txt", "a.mov.spillway.json"] {
            fs::write(root.join(name), "x").unwrap();
        }
        let folder = folder(root);
        assert!(matches!(folder.look("a.mov").unwrap(), Looked::File(_)));
        assert_eq!(folder.look("a.txt").unwrap(), Looked::Other);
        assert_eq!(folder.look("sub").unwrap(), Looked::Folder);
        assert_eq!(folder.look("a.mov.spillway.json").unwrap(), Looked::Sidecar);
        assert_eq!(folder.look("gone.mov").unwrap(), Looked::Nothing);
        assert_eq!(
            folder.sidecar("a.mov").unwrap(),
            Some(("a.mov.spillway.json".to_owned(), "x".to_owned()))
        );
    }

    #[test]
    fn a_folder_that_is_not_there_says_so() {
        let place = tempfile::tempdir().unwrap();
        assert!(folder(place.path()).root().unwrap().empty);
        assert_eq!(folder(&place.path().join("no")).root(), Err(UnreachableReason::Missing));
        let known = Mount {
            mount_point: "/mnt/nas".into(),
            file_system: "cifs".into(),
            source: "//nas/share".into(),
            network: true,
        };
        let gone = Folder { known: Some(known), ..folder(&place.path().join("no")) };
        assert!(matches!(gone.root(), Err(UnreachableReason::NotMounted { .. })));
    }
}
