//! Whether something can be watched as asked.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::mpsc,
    time::Duration,
};

use super::{AfterDelivery, Place, WatchError, WatchSettings, hours, pattern::Rules};
use crate::{Config, catalog, error::EngineError, submit};

/// How long a drive may take to answer somebody who waits for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest settle time, in s.
const LONGEST_SETTLE_S: u32 = 86_400;

/// A place and an output folder that were looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sound {
    pub(crate) place: Place,
    /// The place as people write it.
    pub(crate) name: String,
    pub(crate) out_dir: PathBuf,
}

/// Looks at a place and at what is to be set of it.
pub(crate) fn check(config: &Config, given: &Path, settings: &WatchSettings) -> Result<Sound, WatchError> {
    let place = place(given)?;
    let out_dir = check_settings(config, &place, settings)?;
    Ok(Sound { name: name(&place), place, out_dir })
}

/// Looks at what is to be set of a place; gives the output folder.
pub(crate) fn check_settings(
    config: &Config,
    place: &Place,
    settings: &WatchSettings,
) -> Result<PathBuf, WatchError> {
    if settings.profiles.is_empty() {
        return Err(WatchError::NoProfile);
    }
    for profile in &settings.profiles {
        catalog::find(&config.data_dir, profile)
            .map_err(|error| WatchError::Profile { profile: profile.clone(), why: error.to_string() })?;
    }
    hours::check_hours(&settings.hours)?;
    if !(1..=LONGEST_SETTLE_S).contains(&settings.settle_s) {
        return Err(WatchError::Settle(settings.settle_s));
    }
    let wanted = match (&settings.out_dir, place) {
        (Some(folder), _) => folder.clone(),
        (None, Place::Folder { path }) => beside(path)?,
        (None, Place::Bucket { .. }) => return Err(WatchError::NoOutput(name(place))),
    };
    let out_dir = in_time(&wanted, submit::resolved)??;
    let root = match place {
        Place::Folder { path } => path.as_path(),
        Place::Bucket { .. } => Path::new("/"),
    };
    Rules::new(root, settings, &out_dir)?;
    match (place, &settings.after) {
        (Place::Folder { path }, _) if out_dir == *path => {
            return Err(WatchError::OutputIsRoot { folder: path.clone(), out: out_dir });
        }
        (Place::Folder { path }, AfterDelivery::Move { folder }) => check_finished(path, &path.join(folder))?,
        (Place::Bucket { .. }, AfterDelivery::Move { folder }) => {
            let why = "objects of a bucket stay where they are".to_owned();
            return Err(WatchError::Finished { folder: folder.clone(), why });
        }
        (_, AfterDelivery::Leave) => {}
    }
    Ok(out_dir)
}

/// A place as people write it.
pub(crate) fn name(place: &Place) -> String {
    match place {
        Place::Folder { path } => path.display().to_string(),
        Place::Bucket { bucket, prefix } => format!("s3://{bucket}/{prefix}"),
    }
}

/// What somebody means by a place.
pub(crate) fn place(given: &Path) -> Result<Place, WatchError> {
    let refused = |why: &str| WatchError::Place { place: given.display().to_string(), why: why.to_owned() };
    let Some(text) = given.to_str() else { return Err(refused("its path holds bytes that are not text")) };
    if let Some(rest) = text.strip_prefix("s3://") {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(refused("write it as s3://BUCKET/PREFIX"));
        }
        return Ok(Place::Bucket { bucket: bucket.to_owned(), prefix: prefix.to_owned() });
    }
    let absolute = std::path::absolute(given)
        .map_err(|source| WatchError::Unreadable { folder: given.to_path_buf(), source })?;
    let path = in_time(&absolute, readable)?.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => WatchError::NotAFolder(absolute.clone()),
        _ => WatchError::Unreadable { folder: absolute.clone(), source: error },
    })?;
    if path.to_str().is_none() {
        return Err(refused("its path holds bytes that are not text"));
    }
    Ok(Place::Folder { path })
}

fn readable(folder: &Path) -> io::Result<PathBuf> {
    let real = folder.canonicalize()?;
    fs::read_dir(&real)?;
    Ok(real)
}

/// The folder beside a watched one that results go into when none is named.
fn beside(root: &Path) -> Result<PathBuf, WatchError> {
    let Some(own) = root.file_name().and_then(|name| name.to_str()) else {
        return Err(WatchError::NoOutput(root.display().to_string()));
    };
    Ok(root.with_file_name(format!("{own}-delivered")))
}

fn check_finished(root: &Path, folder: &Path) -> Result<(), WatchError> {
    let refused = |why: String| WatchError::Finished { folder: folder.to_path_buf(), why };
    if folder == root || root.starts_with(folder) {
        return Err(refused("the watched folder lies in it".to_owned()));
    }
    let drive = |path: &Path| -> io::Result<u64> {
        let there = path.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/"));
        Ok(fs::metadata(there)?.dev())
    };
    let (one, other) = (in_time(root, drive)?, in_time(folder, drive)?);
    match (one, other) {
        (Ok(one), Ok(other)) if one == other => Ok(()),
        (Ok(_), Ok(_)) => Err(refused("it lies on another file system than the watched folder".to_owned())),
        (Err(error), _) | (_, Err(error)) => Err(refused(error.to_string())),
    }
}

/// Asks a drive something, and gives up on it when it does not answer.
fn in_time<T: Send + 'static>(
    path: &Path,
    question: impl FnOnce(&Path) -> T + Send + 'static,
) -> Result<T, WatchError> {
    let (answer, answers) = mpsc::channel();
    let asked = path.to_path_buf();
    std::thread::Builder::new()
        .name("watch place".to_owned())
        .spawn(move || {
            // Whoever gave up needs no answer.
            let _ = answer.send(question(&asked));
        })
        .map_err(EngineError::Thread)?;
    answers.recv_timeout(PATIENCE).map_err(|_| WatchError::Hangs(path.to_path_buf()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_folders_or_buckets() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        std::os::unix::fs::symlink(&real, real.join("link")).unwrap();
        assert_eq!(place(&real.join("link")).unwrap(), Place::Folder { path: real.clone() });
        assert!(matches!(place(&real.join("no")), Err(WatchError::NotAFolder(_))));
        fs::write(real.join("file"), "").unwrap();
        assert!(matches!(place(&real.join("file")), Err(WatchError::NotAFolder(_))));
        let bucket = Place::Bucket { bucket: "rushes".into(), prefix: "in/today".into() };
        assert_eq!(place(Path::new("s3://rushes/in/today")).unwrap(), bucket);
        assert_eq!(name(&bucket), "s3://rushes/in/today");
        assert!(matches!(place(Path::new("s3:///x")), Err(WatchError::Place { .. })));
    }

    #[test]
    fn results_go_beside_the_folder() {
        assert_eq!(beside(Path::new("/mnt/in")).unwrap(), Path::new("/mnt/in-delivered"));
        assert!(matches!(beside(Path::new("/")), Err(WatchError::NoOutput(_))));
    }

    #[test]
    fn sources_are_moved_within_their_drive_only() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        check_finished(&root, &root.join("done/far")).unwrap();
        assert!(matches!(check_finished(&root, &root), Err(WatchError::Finished { .. })));
        assert!(matches!(check_finished(&root, root.parent().unwrap()), Err(WatchError::Finished { .. })));
        assert!(matches!(check_finished(&root, Path::new("/proc/1")), Err(WatchError::Finished { .. })));
    }
}
