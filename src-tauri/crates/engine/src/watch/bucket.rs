//! A bucket as a place where files arrive: objects are listed, looked at, and copied here before they are read.

mod ear;
mod key;

use std::{
    fs, io,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};

use ear::{Ear, Open};
use spillway_cloud::{Cloud, CloudError, Object, Wanted};

use super::{
    ArrivalId, PollReason, UnreachableReason, WatchError, WatchSettings, fingerprint,
    ground::{Ground, Looked, Root, Told},
    pattern::{self, Rules},
    sidecar,
    tree::{Entry, Found, Walked},
};

/// Entries told of at a time.
const BATCH: usize = 500;
/// Largest sidecar job that is read, in bytes.
const SIDECAR_BYTES: u64 = 1 << 20;

/// Where objects come from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) cloud: Cloud,
    pub(crate) bucket: String,
    /// Beginning of the keys.
    pub(crate) prefix: String,
}

/// A bucket, or what of it begins with a prefix.
pub(crate) struct Bucket {
    source: Source,
    rules: Rules,
    queue_url: Option<String>,
    /// Folder of the copies.
    incoming: PathBuf,
    open: Arc<Mutex<Open>>,
    /// Single questions are bounded by the cloud's own limits.
    never: AtomicBool,
}

impl Source {
    /// Path of an object, if it is below the prefix.
    fn path(&self, key: &str) -> Option<String> {
        key.strip_prefix(&self.prefix).filter(|rest| !rest.is_empty()).map(key::path_of)
    }

    fn key(&self, path: &str) -> String {
        format!("{}{}", self.prefix, key::key_of(path))
    }
}

impl Bucket {
    /// Copies go into `incoming`, a folder each.
    pub(crate) fn new(
        source: Source,
        settings: &WatchSettings,
        incoming: PathBuf,
    ) -> Result<Self, WatchError> {
        let rules = Rules::new(Path::new("/"), settings, Path::new("/"))?;
        let queue_url = settings.queue_url.clone();
        Ok(Self { source, rules, queue_url, incoming, open: Arc::default(), never: AtomicBool::new(false) })
    }

    /// The object as a file; folders are objects, too, in some programs' eyes.
    fn entry(&self, object: &Object) -> Option<Entry> {
        if object.key.ends_with('/') {
            return None;
        }
        let path = self.source.path(&object.key)?;
        self.rules.takes(&path).then(|| Entry {
            path,
            bytes: object.bytes,
            // Lists tell fractions of a second where single answers do not.
            mtime_ns: object.modified_ms.unwrap_or(0).div_euclid(1_000).saturating_mul(1_000_000_000),
            dev: 0,
            inode: 0,
            tag: Some(object.etag.clone()),
        })
    }

    fn folder(&self, arrival: ArrivalId) -> PathBuf {
        self.incoming.join(arrival.0.to_string())
    }
}

fn unreachable(error: &CloudError) -> UnreachableReason {
    UnreachableReason::Failed { why: error.to_string() }
}

fn failed(error: CloudError) -> io::Error {
    match error {
        CloudError::Cancelled => io::ErrorKind::Interrupted.into(),
        CloudError::Disk { path, source } => {
            io::Error::new(source.kind(), format!("{}: {source}", path.display()))
        }
        CloudError::NoSuchObject(_) => io::Error::new(io::ErrorKind::NotFound, error.to_string()),
        other => io::Error::other(other.to_string()),
    }
}

impl Ground for Bucket {
    fn root(&self) -> Result<Root, UnreachableReason> {
        let Source { cloud, bucket, prefix } = &self.source;
        let any = cloud.holds_any(bucket, prefix, &self.never).map_err(|error| unreachable(&error))?;
        Ok(Root { mount: None, dev: 0, empty: !any })
    }

    fn walk(&self, tell: &mut dyn FnMut(Found) -> ControlFlow<()>) -> Result<Walked, UnreachableReason> {
        let Source { cloud, bucket, prefix } = &self.source;
        let (mut files, mut ignored) = (0, 0);
        let mut page = |objects: Vec<Object>| {
            let all = objects.len() as u64;
            let mut entries: Vec<Entry> = objects.iter().filter_map(|object| self.entry(object)).collect();
            files += entries.len() as u64;
            ignored += all - entries.len() as u64;
            // Also when it is empty: whoever listens knows then that somebody is at work.
            loop {
                let rest = entries.split_off(entries.len().min(BATCH));
                tell(Found::Batch(std::mem::replace(&mut entries, rest)))?;
                if entries.is_empty() {
                    return ControlFlow::Continue(());
                }
            }
        };
        let listed =
            cloud.list(bucket, prefix, &mut page, &self.never).map_err(|error| unreachable(&error))?;
        Ok(Walked { files, ignored, complete: listed.complete })
    }

    fn look(&self, path: &str) -> io::Result<Looked> {
        if pattern::is_sidecar(path.rsplit('/').next().unwrap_or(path)) {
            return Ok(Looked::Sidecar);
        }
        let Source { cloud, bucket, .. } = &self.source;
        let found = cloud.head(bucket, &self.source.key(path), &self.never).map_err(failed)?;
        Ok(match found {
            None => Looked::Nothing,
            Some(object) => self.entry(&object).map_or(Looked::Other, Looked::File),
        })
    }

    fn file(&self, arrival: ArrivalId, path: &str) -> PathBuf {
        self.folder(arrival).join(key::name_of(path))
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn fetch(
        &self,
        arrival: ArrivalId,
        entry: &Entry,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> io::Result<()> {
        let Source { cloud, bucket, .. } = &self.source;
        fs::create_dir_all(self.folder(arrival))?;
        let wanted = Wanted {
            bucket: bucket.clone(),
            key: self.source.key(&entry.path),
            etag: entry.tag.clone().unwrap_or_default(),
        };
        let to = self.file(arrival, &entry.path);
        cloud.download(&wanted, &to, progress, cancel).map(drop).map_err(failed)
    }

    fn discard(&self, arrival: ArrivalId) -> io::Result<()> {
        match fs::remove_dir_all(self.folder(arrival)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn sampled(&self, arrival: ArrivalId, path: &str) -> io::Result<String> {
        fingerprint::sampled(&self.file(arrival, path))
    }

    fn whole(&self, arrival: ArrivalId, path: &str, cancel: &AtomicBool) -> io::Result<String> {
        fingerprint::whole(&self.file(arrival, path), cancel)
    }

    fn sidecar(&self, path: &str) -> io::Result<Option<(String, String)>> {
        let Source { cloud, bucket, .. } = &self.source;
        for candidate in sidecar::candidates(path) {
            let key = self.source.key(&candidate);
            let text = cloud.read(bucket, &key, SIDECAR_BYTES, &self.never).map_err(failed)?;
            if let Some(text) = text {
                let name = candidate.rsplit('/').next().unwrap_or(&candidate).to_owned();
                return Ok(Some((name, String::from_utf8_lossy(&text).into_owned())));
            }
        }
        Ok(None)
    }

    fn move_into(&self, _seen: &Entry, _folder: &Path) -> io::Result<PathBuf> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "objects of a bucket are left where they are"))
    }

    fn listen(&self, line: Box<dyn Fn(Told) + Send>) -> Result<Box<dyn Send>, PollReason> {
        let Some(url) = &self.queue_url else { return Err(PollReason::Bucket) };
        let source = self.source.clone();
        let path = move |object: &spillway_cloud::ObjectCreated| {
            (object.bucket == source.bucket).then(|| source.path(&object.key)).flatten()
        };
        let queue = self.source.cloud.queue(url);
        match Ear::begin(queue, Arc::clone(&self.open), path, line) {
            Ok(ear) => Ok(Box::new(ear)),
            Err(error) => Err(PollReason::NotWatchable { why: error.to_string() }),
        }
    }

    fn written(&self, paths: &[String]) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).written(paths);
    }
}
