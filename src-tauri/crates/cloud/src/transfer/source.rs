//! The file that goes up.

use std::{
    fs::{self, File, Metadata},
    io,
    ops::Range,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
};

use bytes::Bytes;

use crate::CloudError;

/// Most parts that S3 takes of an upload.
const MOST_PARTS: u64 = 10_000;
/// Parts grow by this.
const STEP: u64 = 1 << 20;

/// A file as it was when it was opened.
pub(super) struct Source {
    path: PathBuf,
    file: File,
    pub(super) bytes: u64,
    identity: Identity,
}

/// Device, inode, size, and time of the last change in s and ns.
#[derive(PartialEq, Eq)]
struct Identity(u64, u64, u64, i64, i64);

impl From<&Metadata> for Identity {
    fn from(known: &Metadata) -> Self {
        Self(known.dev(), known.ino(), known.len(), known.mtime(), known.mtime_nsec())
    }
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self, CloudError> {
        let trouble = |source| CloudError::Unreadable { path: path.to_owned(), source };
        let file = File::open(path).map_err(trouble)?;
        let known = file.metadata().map_err(trouble)?;
        if !known.is_file() {
            return Err(trouble(io::ErrorKind::InvalidInput.into()));
        }
        let identity = Identity::from(&known);
        Ok(Self { path: path.to_owned(), file, bytes: known.len(), identity })
    }

    /// Another handle, from the beginning.
    pub(super) fn again(&self) -> Result<File, CloudError> {
        File::open(&self.path).map_err(|source| self.unreadable(source))
    }

    pub(super) fn read(&self, span: &Range<u64>) -> Result<Bytes, CloudError> {
        let length = usize::try_from(span.end - span.start)
            .map_err(|_| CloudError::Protocol { why: "a part is larger than the memory".to_owned() })?;
        let mut bytes = vec![0; length];
        match self.file.read_exact_at(&mut bytes, span.start) {
            Ok(()) => Ok(bytes.into()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(self.changed()),
            Err(error) => Err(self.unreadable(error)),
        }
    }

    /// Whether what stands at the path is still what was opened.
    pub(super) fn unchanged(&self) -> Result<(), CloudError> {
        let known = fs::metadata(&self.path).map_err(|source| self.unreadable(source))?;
        if Identity::from(&known) == self.identity { Ok(()) } else { Err(self.changed()) }
    }

    pub(super) fn unreadable(&self, source: io::Error) -> CloudError {
        CloudError::Unreadable { path: self.path.clone(), source }
    }

    fn changed(&self) -> CloudError {
        CloudError::Changed(self.path.display().to_string())
    }

    /// Bytes of a part: `usual`, or more when there would be too many.
    pub(super) fn part_bytes(&self, usual: u64) -> u64 {
        part_bytes(self.bytes, usual)
    }

    /// Number, from 1, and place of every part.
    pub(super) fn parts(&self, part_bytes: u64) -> impl Iterator<Item = (i32, Range<u64>)> + use<> {
        let bytes = self.bytes;
        (1..).zip((0..bytes.div_ceil(part_bytes)).map(move |number| {
            let start = number * part_bytes;
            start..bytes.min(start + part_bytes)
        }))
    }
}

fn part_bytes(bytes: u64, usual: u64) -> u64 {
    let usual = usual.max(1);
    if bytes.div_ceil(usual) <= MOST_PARTS {
        usual
    } else {
        bytes.div_ceil(MOST_PARTS).next_multiple_of(STEP)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Every size that S3 stores, up to 50 TB, fits into the parts that it takes, of at most 5 GiB.
        #[test]
        fn there_are_never_too_many_parts(bytes in 0_u64..50_000_000_000_000, usual in 5_u64 << 20..64 << 20) {
            let part = part_bytes(bytes, usual);
            prop_assert!(part >= usual && part <= 5 << 30);
            prop_assert!(bytes.div_ceil(part) <= MOST_PARTS);
        }
    }

    #[test]
    fn a_file_that_is_another_now_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, b"0123456789").unwrap();
        let source = Source::open(&path).unwrap();
        source.unchanged().unwrap();
        assert_eq!(source.read(&(3..5)).unwrap().as_ref(), b"34");
        fs::write(&path, b"0123").unwrap();
        assert!(matches!(source.read(&(3..5)), Err(CloudError::Changed(_))));
        assert!(matches!(source.unchanged(), Err(CloudError::Changed(_))));
        fs::write(folder.path().join("b"), b"0123456789").unwrap();
        fs::rename(folder.path().join("b"), &path).unwrap();
        assert!(matches!(source.unchanged(), Err(CloudError::Changed(_))));
        assert!(matches!(Source::open(folder.path()), Err(CloudError::Unreadable { .. })));
    }
}
