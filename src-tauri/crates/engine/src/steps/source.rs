//! Which version of a source a job is about.

use std::{fs, io, os::unix::fs::MetadataExt, path::Path};

use crate::failure::{Code, Failure};

/// What makes a file the same file: compared before and after every step that reads the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Size.
    pub(crate) bytes: u64,
    /// Time of the last change of its content, ns since 1970.
    pub(crate) mtime_ns: i64,
    /// File system.
    pub(crate) dev: u64,
    /// File inside it.
    pub(crate) inode: u64,
}

impl Identity {
    /// The identity of the file as it is now, or why it can be no source.
    pub(crate) fn of(source: &Path) -> Result<Self, Box<Failure>> {
        let fail = |code, why: String| Err(Box::new(Failure::new(code, source, why)));
        let entry = match fs::metadata(source) {
            Ok(entry) => entry,
            Err(error) => return fail(code_of(&error), format!("The system says: {error}.")),
        };
        if !entry.is_file() {
            return fail(Code::NotMedia, "This is a folder or a device, not a file.".into());
        }
        if entry.len() == 0 {
            return fail(Code::SourceEmpty, "It has 0 bytes.".into());
        }
        if let Err(error) = fs::File::open(source) {
            return fail(code_of(&error), format!("The system says: {error}."));
        }
        Ok(Self {
            bytes: entry.len(),
            mtime_ns: entry.mtime().saturating_mul(1_000_000_000).saturating_add(entry.mtime_nsec()),
            dev: entry.dev(),
            inode: entry.ino(),
        })
    }

    /// That the source is still this version.
    pub(crate) fn check(&self, source: &Path) -> Result<(), Box<Failure>> {
        let now = match Self::of(source) {
            Ok(now) => now,
            // It had content when it was submitted: whoever replaces it has only begun.
            Err(failure) if failure.code == Code::SourceEmpty => {
                let why = format!("It had {} bytes when it was submitted and is empty now.", self.bytes);
                return Err(Box::new(Failure::new(Code::SourceChanged, source, why)));
            }
            Err(failure) => return Err(failure),
        };
        if now == *self {
            return Ok(());
        }
        let why = if now.bytes != self.bytes {
            format!("It had {} bytes when it was submitted and has {} now.", self.bytes, now.bytes)
        } else if now.mtime_ns != self.mtime_ns {
            "Its time of change is another than when it was submitted.".to_owned()
        } else {
            "Another file stands under its name.".to_owned()
        };
        Err(Box::new(
            Failure::new(Code::SourceChanged, source, why).detail(format_args!("was {self:?}, is {now:?}")),
        ))
    }
}

fn code_of(error: &io::Error) -> Code {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Code::SourceMissing,
        io::ErrorKind::PermissionDenied => Code::SourceForbidden,
        _ => Code::Io,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_touch_and_replacement_are_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mov");
        fs::write(&path, "one").unwrap();
        let identity = Identity::of(&path).unwrap();
        identity.check(&path).unwrap();

        fs::write(&path, "longer").unwrap();
        assert_eq!(identity.check(&path).unwrap_err().code, Code::SourceChanged);

        let identity = Identity::of(&path).unwrap();
        fs::File::create(&path).unwrap();
        let emptied = identity.check(&path).unwrap_err();
        assert_eq!(emptied.code, Code::SourceChanged);
        assert_eq!(emptied.why, "It had 6 bytes when it was submitted and is empty now.");
        fs::write(&path, "longer").unwrap();

        let identity = Identity::of(&path).unwrap();
        fs::File::options().append(true).open(&path).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        assert_eq!(identity.check(&path).unwrap_err().code, Code::SourceChanged);

        let identity = Identity::of(&path).unwrap();
        let other = folder.path().join("b.mov");
        fs::write(&other, "longer").unwrap();
        fs::File::options().append(true).open(&other).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        fs::rename(&other, &path).unwrap();
        assert_eq!(identity.check(&path).unwrap_err().why, "Another file stands under its name.");
    }

    #[test]
    fn what_cannot_be_a_source_says_why() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Identity::of(folder.path()).unwrap_err().code, Code::NotMedia);
        assert_eq!(Identity::of(&folder.path().join("gone")).unwrap_err().code, Code::SourceMissing);
        let empty = folder.path().join("empty.mov");
        fs::write(&empty, "").unwrap();
        assert_eq!(Identity::of(&empty).unwrap_err().code, Code::SourceEmpty);
    }
}
