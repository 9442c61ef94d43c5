//! Files that appear whole or not at all, under names that nobody else has.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::fs::MetadataExt,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use rustix::{
    fs::{CWD, RenameFlags},
    io::Errno,
};
use sha2::{Digest, Sha256};
use spillway_media::task::FileInfo;

const BUFFER_BYTES: usize = 1 << 20;

/// Renames a file or folder that is complete and synced to its final name, unless something stands
/// there (`AlreadyExists`), and makes the rename durable.
pub(crate) fn publish(temp: &Path, place: &Path) -> io::Result<()> {
    match rustix::fs::renameat_with(CWD, temp, CWD, place, RenameFlags::NOREPLACE) {
        Ok(()) => {}
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => publish_without_flag(temp, place)?,
        Err(error) => return Err(error.into()),
    }
    sync_folder_of(place)
}

/// For file systems that cannot rename without replacing: a hard link fails when the name is taken.
/// Where there are no hard links either (and for folders) a check comes right before the rename.
fn publish_without_flag(temp: &Path, place: &Path) -> io::Result<()> {
    if !temp.is_dir() {
        match fs::hard_link(temp, place) {
            Ok(()) => return fs::remove_file(temp),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
            Err(_) => {}
        }
    }
    if is_there(place)? {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(temp, place)
}

/// Makes the entries of the folder that holds `path` durable.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    File::open(folder)?.sync_all()
}

/// Whether anything stands under this name, a dangling link included.
pub(crate) fn is_there(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes a small file completely and durably, in place of an earlier one of the same name.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Puts a small file into place whole: nobody ever sees half of it. An earlier one of the same name is
/// replaced (through a link, if it is one) and lends its permissions.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    with_beside(&place, bytes, |temp| {
        match fs::metadata(&place) {
            Ok(earlier) => fs::set_permissions(temp, earlier.permissions())?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        fs::rename(temp, &place)?;
        sync_folder_of(&place)
    })
}

/// Puts a small file into place whole, unless something stands there (`AlreadyExists`).
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    with_beside(path, bytes, |temp| publish(temp, path))
}

/// Writes a synced temporary file beside `path` and hands it on; gone when that fails.
fn with_beside(path: &Path, bytes: &[u8], place: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let temp = path.with_file_name(format!(".spillway-{}.part", uuid::Uuid::now_v7()));
    write_synced(&temp, bytes).and_then(|()| place(&temp)).inspect_err(|_| {
        // What went wrong first is what is told.
        let _ = remove(&temp);
    })
}

/// Makes a folder where there is none, and tries to write in it.
pub(crate) fn try_writing(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let probe = folder.join(format!(".spillway-{}.part", uuid::Uuid::now_v7()));
    write_synced(&probe, b"can this be written?")?;
    remove(&probe)
}

/// Removes a file or a folder with its content; nothing there is fine.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    let outcome = match fs::symlink_metadata(path) {
        Ok(entry) if entry.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Size and SHA-256 (lower-case hex) of a file. `Interrupted` when `cancel` becomes true.
pub(crate) fn hash(
    path: &Path,
    cancel: &AtomicBool,
    progress: &mut dyn FnMut(u64),
) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut bytes = 0;
    loop {
        if cancel.load(Ordering::Relaxed) {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "stopped"));
        }
        let count = match file.read(&mut buffer) {
            Ok(0) => return Ok((bytes, hex(&hasher.finalize()))),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&buffer[..count]);
        bytes += count as u64;
        progress(bytes);
    }
}

/// SHA-256 of bytes in memory, lower-case hex.
pub(crate) fn hash_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|n| char::from(DIGITS[usize::from(n)])).collect()
}

/// Whether a file is there with this size and hash.
pub(crate) fn is_exactly(path: &Path, bytes: u64, sha256: &str, cancel: &AtomicBool) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(entry) if entry.is_file() && entry.len() == bytes => {}
        Ok(_) => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    }
    Ok(hash(path, cancel, &mut |_| {})?.1 == sha256)
}

/// Whether every file of an output is there with its size; with `deep`, its hash too.
pub(crate) fn holds_all(root: &Path, files: &[FileInfo], deep: bool) -> io::Result<bool> {
    let never = AtomicBool::new(false);
    for file in files {
        let path = if file.path.is_empty() { root.to_path_buf() } else { root.join(&file.path) };
        let right = match fs::metadata(&path) {
            Ok(entry) => entry.is_file() && entry.len() == file.bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if !right || (deep && !is_exactly(&path, file.bytes, &file.sha256, &never)?) {
            return Ok(false);
        }
    }
    Ok(!files.is_empty())
}

/// Whether two names are the same file.
pub(crate) fn same(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (fs::symlink_metadata(one)?, fs::symlink_metadata(other)?);
    Ok((one.dev(), one.ino()) == (other.dev(), other.ino()))
}

/// Bytes that this user may still write in the file system of `path`, which need not exist yet.
pub(crate) fn free_bytes(path: &Path) -> io::Result<u64> {
    Ok(disk_bytes(nearest(path))?.0)
}

/// The nearest folder above `path` that exists, or the folder itself.
pub(crate) fn nearest(path: &Path) -> &Path {
    path.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/"))
}

/// Bytes that this user may still write in the file system of a folder, and the size of that file system.
pub(crate) fn disk_bytes(folder: &Path) -> io::Result<(u64, u64)> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok((disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_blocks.saturating_mul(disk.f_frsize)))
}

#[cfg(test)]
mod tests {
    use super::*;

    static NEVER: AtomicBool = AtomicBool::new(false);

    #[test]
    fn publishing_never_replaces() {
        let folder = tempfile::tempdir().unwrap();
        for publish in [publish, publish_without_flag] {
            let (temp, place) = (folder.path().join(".temp"), folder.path().join("out.mp4"));
            fs::write(&temp, "new").unwrap();
            fs::write(&place, "old").unwrap();
            assert_eq!(publish(&temp, &place).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read(&place).unwrap(), b"old");
            assert_eq!(fs::read(&temp).unwrap(), b"new");
            fs::remove_file(&place).unwrap();
            std::os::unix::fs::symlink("nowhere", &place).unwrap();
            assert_eq!(publish(&temp, &place).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            fs::remove_file(&place).unwrap();
            publish(&temp, &place).unwrap();
            assert_eq!(fs::read(&place).unwrap(), b"new");
            assert!(!temp.exists());
            fs::remove_file(&place).unwrap();
        }
    }

    #[test]
    fn folders_are_published_whole_and_never_into_one_another() {
        let folder = tempfile::tempdir().unwrap();
        for publish in [publish, publish_without_flag] {
            let (temp, place) = (folder.path().join(".temp"), folder.path().join("out"));
            fs::create_dir(&temp).unwrap();
            fs::write(temp.join("a.m3u8"), "x").unwrap();
            fs::create_dir(&place).unwrap();
            assert_eq!(publish(&temp, &place).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            fs::remove_dir(&place).unwrap();
            publish(&temp, &place).unwrap();
            assert!(place.join("a.m3u8").is_file());
            remove(&place).unwrap();
        }
    }

    #[test]
    fn small_files_are_replaced_whole_or_created_only_where_nothing_is() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real"), folder.path().join("link"));
        create(&file, b"one").unwrap();
        assert_eq!(create(&file, b"two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&file).unwrap(), b"one");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("real", &link).unwrap();
        replace(&link, b"three").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"three");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(replace(&folder.path().join("no/such"), b"x").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
    }

    #[test]
    fn hashes_are_those_of_the_standard() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        fs::write(&path, "abc").unwrap();
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash(&path, &NEVER, &mut |_| {}).unwrap(), (3, known.to_owned()));
        assert_eq!(hash_bytes(b"abc"), known);
        assert!(is_exactly(&path, 3, known, &NEVER).unwrap());
        assert!(!is_exactly(&path, 4, known, &NEVER).unwrap());
        fs::write(&path, "abd").unwrap();
        assert!(!is_exactly(&path, 3, known, &NEVER).unwrap());
        assert!(!is_exactly(&folder.path().join("gone"), 3, known, &NEVER).unwrap());
    }

    #[test]
    fn a_missing_output_is_not_held() {
        let folder = tempfile::tempdir().unwrap();
        let file = FileInfo { path: "a".into(), bytes: 1, sha256: hash_bytes(b"x") };
        assert!(!holds_all(folder.path(), std::slice::from_ref(&file), true).unwrap());
        fs::write(folder.path().join("a"), "y").unwrap();
        assert!(holds_all(folder.path(), std::slice::from_ref(&file), false).unwrap());
        assert!(!holds_all(folder.path(), std::slice::from_ref(&file), true).unwrap());
        fs::write(folder.path().join("a"), "x").unwrap();
        assert!(holds_all(folder.path(), &[file], true).unwrap());
        assert!(!holds_all(folder.path(), &[], true).unwrap());
    }

    #[test]
    fn free_space_is_asked_of_the_nearest_folder_that_exists() {
        let folder = tempfile::tempdir().unwrap();
        let here = free_bytes(folder.path()).unwrap();
        assert!(here > 0);
        assert!(free_bytes(&folder.path().join("not/yet/there")).unwrap() > 0);
    }
}
