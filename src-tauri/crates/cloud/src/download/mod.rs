//! Bringing an object here: ranges side by side, resumed after whatever ended the last try, proved before it gets
//! its name.

mod ledger;
mod range;

use std::{
    fs::{self, File},
    io,
    ops::Range,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use ledger::{Identity, Ledger};
use range::{Arrived, Source};
use tokio::{task::JoinSet, time};

use crate::{Cloud, CloudError, Object, checksum, connect::Line, object};

/// How often progress is told.
const TELL: Duration = Duration::from_millis(250);

/// The object to bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Where it lies.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// `ETag` without quotation marks: what lies there must still be this.
    pub etag: String,
}

impl Cloud {
    /// Brings an object into the file `to`, whose folder is there. Until it is whole it lies beside as `to` with
    /// `.part` added, and what is finished of it is noted in `to` with `.ranges` added: the next call, after a crash,
    /// too, fetches only what is missing. A file that an earlier call brought is left as it is.
    ///
    /// `progress` is told of bytes here and in all, on the calling thread, several times a second.
    ///
    /// # Errors
    /// See [`CloudError`]. Nothing stands at `to` then that was not there before.
    pub fn download(
        &self,
        wanted: &Wanted,
        to: &Path,
        progress: &mut dyn FnMut(u64, u64),
        cancel: &AtomicBool,
    ) -> Result<Object, CloudError> {
        self.wait(cancel, async |line| {
            let object = object::head(&line, &wanted.bucket, &wanted.key).await?;
            if object.etag != wanted.etag {
                return Err(CloudError::Changed(wanted.on()));
            }
            let part = Part { to, file: beside(to, "part"), ledger: beside(to, "ranges") };
            let identity = Identity {
                bucket: wanted.bucket.clone(),
                key: wanted.key.clone(),
                etag: object.etag.clone(),
                bytes: object.bytes,
                range_bytes: line.bounds.range_bytes.max(1),
            };
            let (ledger, whole) = Ledger::open(&part.ledger, identity).map_err(part.trouble())?;
            if whole && fs::metadata(to).is_ok_and(|there| there.len() == object.bytes) {
                progress(object.bytes, object.bytes);
                return Ok(object);
            }
            part.fill(&line, wanted, ledger, progress, cancel).await?;
            part.finish(wanted, &object, cancel)?;
            Ok(object)
        })
    }
}

impl Wanted {
    /// `BUCKET/KEY`, harmless to show.
    fn on(&self) -> String {
        format!("{}/{}", self.bucket, self.key.escape_debug())
    }
}

/// The files of a download.
struct Part<'a> {
    to: &'a Path,
    file: PathBuf,
    ledger: PathBuf,
}

impl Part<'_> {
    fn trouble(&self) -> impl Fn(io::Error) -> CloudError + use<> {
        let path = self.file.clone();
        move |source| CloudError::Disk { path: path.clone(), source }
    }

    /// Brings every range that is missing.
    async fn fill(
        &self,
        line: &Arc<Line>,
        wanted: &Wanted,
        mut ledger: Ledger,
        progress: &mut dyn FnMut(u64, u64),
        cancel: &AtomicBool,
    ) -> Result<(), CloudError> {
        let trouble = self.trouble();
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&self.file);
        let file = file.map_err(&trouble)?;
        let total = ledger.identity().bytes;
        file.set_len(total).map_err(&trouble)?;
        let mut missing = Vec::new();
        let mut here = 0;
        for (number, span) in ledger.identity().ranges() {
            if cancel.load(Ordering::Relaxed) {
                return Err(CloudError::Cancelled);
            }
            if trusted(&file, ledger.crc(number), &span).map_err(&trouble)? {
                here += span.end - span.start;
            } else {
                missing.push((number, span));
            }
        }
        let counter = Arc::new(AtomicU64::new(here));
        let source = Arc::new(Source::new(line, wanted, total, Arc::clone(&counter)));
        let mut missing = missing.into_iter();
        let mut under_way: JoinSet<Result<Arrived, CloudError>> = JoinSet::new();
        for (number, span) in missing.by_ref().take(line.bounds.parallel.max(1)) {
            under_way.spawn(Arc::clone(&source).bring(number, span));
        }
        let mut tick = time::interval(TELL);
        while !under_way.is_empty() {
            let arrived = tokio::select! {
                _ = tick.tick() => None,
                arrived = under_way.join_next() => arrived,
            };
            if let Some(arrived) = arrived {
                let arrived = arrived.map_err(|error| CloudError::Protocol { why: error.to_string() })??;
                keep(&file, &mut ledger, &arrived).map_err(&trouble)?;
                if let Some((number, span)) = missing.next() {
                    under_way.spawn(Arc::clone(&source).bring(number, span));
                }
            }
            progress(counter.load(Ordering::Relaxed).min(total), total);
        }
        progress(total, total);
        Ok(())
    }

    /// Proves the file and gives it its name.
    fn finish(&self, wanted: &Wanted, object: &Object, cancel: &AtomicBool) -> Result<(), CloudError> {
        let trouble = self.trouble();
        let mut file = File::open(&self.file).map_err(&trouble)?;
        let check = match &object.checksum {
            Some(checksum) => {
                let holds = checksum::holds(&mut file, checksum, cancel).map_err(&trouble)?;
                match holds {
                    Some(true) => None,
                    Some(false) => Some(checksum.kind.name()),
                    None => return Err(CloudError::Cancelled),
                }
            }
            None => None,
        };
        let length = file.metadata().map_err(&trouble)?.len();
        if let Some(check) = check.or((length != object.bytes).then_some("size")) {
            // Nobody knows which range is wrong: all of it is fetched again.
            for path in [&self.ledger, &self.file] {
                fs::remove_file(path).map_err(&trouble)?;
            }
            return Err(CloudError::Altered { key: wanted.on(), check });
        }
        file.sync_all().map_err(&trouble)?;
        Ledger::close(&self.ledger).map_err(&trouble)?;
        fs::rename(&self.file, self.to).map_err(&trouble)?;
        let folder = self.to.parent().unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(&trouble)
    }
}

/// A range is noted only after its bytes are on the disk.
fn keep(file: &File, ledger: &mut Ledger, arrived: &Arrived) -> io::Result<()> {
    file.write_all_at(&arrived.bytes, arrived.start)?;
    file.sync_data()?;
    ledger.note(arrived.number, checksum::crc(&arrived.bytes))
}

/// Whether a range that an earlier try noted still holds what it noted.
fn trusted(file: &File, noted: Option<u64>, span: &Range<u64>) -> io::Result<bool> {
    let Some(noted) = noted else { return Ok(false) };
    let Ok(length) = usize::try_from(span.end - span.start) else { return Ok(false) };
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, span.start)?;
    Ok(checksum::crc(&bytes) == noted)
}

fn beside(to: &Path, extension: &str) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}
