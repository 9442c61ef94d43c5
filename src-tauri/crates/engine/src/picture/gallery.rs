//! The folder of finished pictures: what they are called, and that they do not grow without bound.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::Moment;
use crate::{failure::Failure, files, steps::source::Identity};

/// All pictures together, in bytes.
pub(crate) const MOST_BYTES: u64 = 512 << 20;
/// Raised when pictures come out differently.
const VERSION: u32 = 1;

/// The version of a media file or an HLS folder that a picture is of.
pub(crate) fn identity(path: &Path) -> Result<Identity, Box<Failure>> {
    match fs::metadata(path) {
        Ok(entry) if entry.is_dir() => Ok(Identity {
            bytes: entry.len(),
            mtime_ns: entry.mtime().saturating_mul(1_000_000_000).saturating_add(entry.mtime_nsec()),
            dev: entry.dev(),
            inode: entry.ino(),
        }),
        _ => Identity::of(path),
    }
}

/// Name of the picture of a moment of one version of a file.
pub(crate) fn name(path: &Path, identity: &Identity, moment: Moment, height: u32) -> String {
    let text = format!("{VERSION}|{}|{identity:?}|{moment:?}|{height}", path.display());
    format!("{}.jpg", files::hash_bytes(text.as_bytes()))
}

/// Removes the oldest files of `folder` until the rest takes at most `most` bytes; `keep` stays.
pub(crate) fn prune(folder: &Path, keep: &Path, most: u64) -> io::Result<()> {
    let mut found: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match fs::metadata(&path) {
            Ok(entry) if entry.is_file() => found.push((entry.modified()?, path, entry.len())),
            Ok(_) => {}
            // Another process removes, too.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    let mut total: u64 = found.iter().map(|(_, _, bytes)| bytes).sum();
    found.sort();
    for (_, path, bytes) in found.iter().filter(|(_, path, _)| path != keep) {
        if total <= most {
            break;
        }
        files::remove(path)?;
        total -= bytes;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_oldest_go_first_and_the_newest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = |n: u64| folder.path().join(format!("{n}.jpg"));
        for n in 0..6 {
            fs::write(path(n), [0; 100]).unwrap();
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000 + (n * 5) % 6);
            fs::File::options().append(true).open(path(n)).unwrap().set_modified(time).unwrap();
        }
        // Ages from old to new: 0, 5, 4, 3, 2, 1.
        prune(folder.path(), &path(5), 350).unwrap();
        let left: Vec<u64> = (0..6).filter(|n| path(*n).exists()).collect();
        assert_eq!(left, [1, 2, 5]);
        prune(folder.path(), &path(2), 0).unwrap();
        let left: Vec<u64> = (0..6).filter(|n| path(*n).exists()).collect();
        assert_eq!(left, [2], "the one just made is never taken away");
    }

    #[test]
    fn every_version_moment_and_size_has_a_name_of_its_own() {
        let identity = Identity { bytes: 1, mtime_ns: 2, dev: 3, inode: 4 };
        let path = Path::new("/in/a.mov");
        let names = [
            name(path, &identity, Moment::Poster, 90),
            name(path, &identity, Moment::At(0), 90),
            name(path, &identity, Moment::At(1), 90),
            name(path, &identity, Moment::Poster, 180),
            name(path, &Identity { mtime_ns: 5, ..identity }, Moment::Poster, 90),
            name(Path::new("/in/b.mov"), &identity, Moment::Poster, 90),
        ];
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
    }
}
