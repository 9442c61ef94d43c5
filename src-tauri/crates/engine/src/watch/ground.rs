//! What the control of a watched folder asks of the place itself. Every question is asked on a thread that may
//! hang without holding anything up.

use std::{
    io,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use super::{
    ArrivalId, PollReason, UnreachableReason,
    mount::Mount,
    tree::{Entry, Found, Walked},
};

/// A place where files arrive: a folder, or a bucket. Implementations keep nothing that a restart would miss.
pub(crate) trait Ground: Send + Sync {
    /// How the place itself is.
    fn root(&self) -> Result<Root, UnreachableReason>;

    /// Tells of every file that is taken, in batches of at most 500; stops when told so.
    fn walk(&self, tell: &mut dyn FnMut(Found) -> ControlFlow<()>) -> Result<Walked, UnreachableReason>;

    /// Looks at one path below the place.
    fn look(&self, path: &str) -> io::Result<Looked>;

    /// Where the content can be read as a file: its own path, or that of a copy which [`Ground::fetch`] makes.
    fn file(&self, arrival: ArrivalId, path: &str) -> PathBuf;

    /// Whether files have to be fetched before they can be read.
    fn is_remote(&self) -> bool {
        false
    }

    /// Brings a file here, whole and checked, going on from where an earlier try ended; done at once when it is
    /// here already. `progress`: bytes here and in all. `Interrupted` when `cancel` becomes true.
    fn fetch(
        &self,
        arrival: ArrivalId,
        entry: &Entry,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> io::Result<()> {
        let _ = (arrival, entry, cancel, progress);
        Ok(())
    }

    /// Removes what [`Ground::fetch`] brought here.
    fn discard(&self, arrival: ArrivalId) -> io::Result<()> {
        let _ = arrival;
        Ok(())
    }

    /// Fingerprint of size and samples of the content; of a remote file, of its fetched copy.
    fn sampled(&self, arrival: ArrivalId, path: &str) -> io::Result<String>;

    /// SHA-256 of the whole content, lower-case hex. `Interrupted` when `cancel` becomes true.
    fn whole(&self, arrival: ArrivalId, path: &str, cancel: &AtomicBool) -> io::Result<String>;

    /// The sidecar job of a file that counts: its file name and its text.
    fn sidecar(&self, path: &str) -> io::Result<Option<(String, String)>>;

    /// Moves a file, as it was seen, and its sidecar jobs into a folder, never over anything; says where it is
    /// then. Finds out by itself when an earlier try had moved it already. `NotFound`: it is nowhere.
    fn move_into(&self, seen: &Entry, folder: &Path) -> io::Result<PathBuf>;

    /// Begins to tell of changes. What it returns ends that when it is dropped.
    fn listen(&self, line: Box<dyn Fn(Told) + Send>) -> Result<Box<dyn Send>, PollReason>;

    /// What was found at these paths is written down: who told of them need not tell again. Must not wait.
    fn written(&self, paths: &[String]) {
        let _ = paths;
    }
}

/// How a place is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Root {
    /// The drive that it lies on; buckets have none.
    pub(crate) mount: Option<Mount>,
    /// Number of its file system.
    pub(crate) dev: u64,
    /// Whether nothing at all is in it.
    pub(crate) empty: bool,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Looked {
    /// A file that is taken.
    File(Entry),
    /// A folder that is looked through.
    Folder,
    /// A sidecar job.
    Sidecar,
    /// Something that is not taken.
    Other,
    /// Nothing.
    Nothing,
}

/// A hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// Something changed at these paths below the place.
    Changed(Vec<String>),
    /// Hints were lost: anything may have changed.
    Rescan,
    /// There will be no more hints, or not from everywhere.
    Lost,
}
