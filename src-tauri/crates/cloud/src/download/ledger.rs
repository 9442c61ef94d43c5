//! Which ranges of a download are on the disk: a file of lines that only grows, so that whatever ends the process
//! costs at most the line being written.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    ops::Range,
    path::Path,
};

use serde::{Deserialize, Serialize};

/// Last line of a download that is whole.
const WHOLE: &str = "whole";

/// Of what a download is, and how it is cut: ranges of anything else are worth nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) etag: String,
    pub(super) bytes: u64,
    pub(super) range_bytes: u64,
}

impl Identity {
    /// Number and place of every range.
    pub(super) fn ranges(&self) -> impl Iterator<Item = (u64, Range<u64>)> + use<> {
        let Self { bytes, range_bytes, .. } = *self;
        (0..bytes.div_ceil(range_bytes)).map(move |number| {
            let start = number * range_bytes;
            (number, start..bytes.min(start + range_bytes))
        })
    }
}

/// See the module.
pub(super) struct Ledger {
    identity: Identity,
    file: File,
    finished: BTreeMap<u64, u64>,
}

impl Ledger {
    /// Goes on with the ledger of an earlier try of the same, or begins a new one. Says, too, whether that try had
    /// brought everything.
    pub(super) fn open(path: &Path, identity: Identity) -> io::Result<(Self, bool)> {
        let text = match fs::read(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        // The end may be torn.
        let mut lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        let known = lines.next().and_then(|line| serde_json::from_str::<Identity>(line).ok());
        if known.as_ref() == Some(&identity) {
            let lines: Vec<&str> = lines.collect();
            let finished = lines.iter().filter_map(|line| range(line)).collect();
            let whole = lines.contains(&WHOLE);
            let mut file = File::options().append(true).open(path)?;
            if !text.ends_with('\n') {
                file.write_all(b"\n")?;
            }
            return Ok((Self { identity, file, finished }, whole));
        }
        let mut file = File::create(path)?;
        let mut line = serde_json::to_vec(&identity)?;
        line.push(b'\n');
        file.write_all(&line)?;
        file.sync_data()?;
        Ok((Self { identity, file, finished: BTreeMap::new() }, false))
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// CRC of a range that is finished.
    pub(super) fn crc(&self, number: u64) -> Option<u64> {
        self.finished.get(&number).copied()
    }

    /// Notes a range whose bytes are on the disk.
    pub(super) fn note(&mut self, number: u64, crc: u64) -> io::Result<()> {
        self.file.write_all(format!("{number} {crc:016x}\n").as_bytes())?;
        self.file.sync_data()?;
        self.finished.insert(number, crc);
        Ok(())
    }

    /// Notes that everything is there and proved.
    pub(super) fn close(path: &Path) -> io::Result<()> {
        let mut file = File::options().append(true).open(path)?;
        file.write_all(format!("{WHOLE}\n").as_bytes())?;
        file.sync_data()
    }
}

fn range(line: &str) -> Option<(u64, u64)> {
    let (number, crc) = line.split_once(' ')?;
    // A torn figure has fewer digits.
    (crc.len() == 16).then_some(())?;
    Some((number.parse().ok()?, u64::from_str_radix(crc, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn identity(etag: &str) -> Identity {
        Identity { bucket: "b".into(), key: "k\n".into(), etag: etag.into(), bytes: 95, range_bytes: 10 }
    }

    #[test]
    fn ranges_cover_everything_once() {
        let spans: Vec<_> = identity("e").ranges().map(|(_, span)| span).collect();
        assert_eq!((spans.len(), spans.first(), spans.last()), (10, Some(&(0..10)), Some(&(90..95))));
        assert!(spans.windows(2).all(|pair| pair[0].end == pair[1].start));
    }

    proptest! {
        /// Cut anywhere, it never notes a range that was not noted, nor another CRC, and goes on growing.
        #[test]
        fn a_torn_ledger_knows_less_and_never_something_else(
            notes in proptest::collection::vec((0..10_u64, any::<u64>()), 0..8),
            cut in 0..400_usize,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ranges");
            let (mut ledger, _) = Ledger::open(&path, identity("e")).unwrap();
            for (number, crc) in &notes {
                ledger.note(*number, *crc).unwrap();
            }
            let text = fs::read(&path).unwrap();
            fs::write(&path, &text[..cut.min(text.len())]).unwrap();
            let (mut ledger, whole) = Ledger::open(&path, identity("e")).unwrap();
            prop_assert!(!whole);
            for number in 0..10 {
                if let Some(crc) = ledger.crc(number) {
                    prop_assert!(notes.contains(&(number, crc)));
                }
            }
            ledger.note(3, 42).unwrap();
            let (again, _) = Ledger::open(&path, identity("e")).unwrap();
            prop_assert_eq!(again.crc(3), Some(42));
            let (other, _) = Ledger::open(&path, identity("other")).unwrap();
            prop_assert_eq!(other.crc(3), None);
        }
    }
}
