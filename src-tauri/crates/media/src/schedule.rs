//! Frame schedules: which source frame each output frame shows, and when.
//!
//! A schedule is the single truth about the timing of an output. The plan writes it once; segments
//! take slices of it, the stitch takes its presentation times from it, and verification counts
//! against it. It is stored as fixed-size records so that a slice is read without the rest.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::Path,
};

use crate::types::Ratio;

const MAGIC: &[u8; 8] = b"SPWSCH01";
const HEADER_BYTES: u64 = 8 + 4 * 4 + 8 + 8;
const RECORD_BYTES: u64 = 24;

/// One output frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Ordinal of the source frame in the index (presentation order).
    pub ordinal: u64,
    /// Presentation time of the source frame in the source stream's ticks, as the decoder gives it.
    pub source: i64,
    /// Presentation time of the output frame in ticks of the output's timebase; the first is 0.
    pub out: i64,
}

/// What precedes the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Unit of [`Entry::source`], in seconds.
    pub source_base: Ratio,
    /// Unit of [`Entry::out`], in seconds.
    pub out_base: Ratio,
    /// End of the last output frame, in output ticks.
    pub end: i64,
    /// Number of entries.
    pub count: u64,
}

/// Writes a whole schedule: temporary name, sync, rename.
///
/// # Errors
/// Those of the file system.
pub fn write(
    path: &Path,
    source_base: Ratio,
    out_base: Ratio,
    end: i64,
    entries: &[Entry],
) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut file = BufWriter::new(File::create(&part)?);
    file.write_all(MAGIC)?;
    for n in [source_base.num, source_base.den, out_base.num, out_base.den] {
        file.write_all(&n.to_le_bytes())?;
    }
    file.write_all(&end.to_le_bytes())?;
    file.write_all(&(entries.len() as u64).to_le_bytes())?;
    for entry in entries {
        file.write_all(&entry.ordinal.to_le_bytes())?;
        file.write_all(&entry.source.to_le_bytes())?;
        file.write_all(&entry.out.to_le_bytes())?;
    }
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    std::fs::rename(&part, path)
}

/// Reads the header.
///
/// # Errors
/// Those of the file system; `InvalidData` when it is not a schedule.
pub fn read_header(path: &Path) -> io::Result<Header> {
    header_of(&mut File::open(path)?)
}

/// Reads `count` entries from `first`; fewer when the schedule ends.
///
/// # Errors
/// As [`read_header`].
pub fn read(path: &Path, first: u64, count: u64) -> io::Result<(Header, Vec<Entry>)> {
    let mut file = File::open(path)?;
    let header = header_of(&mut file)?;
    let count = count.min(header.count.saturating_sub(first));
    file.seek(SeekFrom::Start(HEADER_BYTES + first.min(header.count) * RECORD_BYTES))?;
    let mut file = BufReader::new(file);
    let mut entries = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
    for _ in 0..count {
        let ordinal = u64::from_le_bytes(take(&mut file)?);
        let source = i64::from_le_bytes(take(&mut file)?);
        let out = i64::from_le_bytes(take(&mut file)?);
        entries.push(Entry { ordinal, source, out });
    }
    Ok((header, entries))
}

fn take<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn header_of(file: &mut File) -> io::Result<Header> {
    let bad = || io::Error::new(io::ErrorKind::InvalidData, "not a frame schedule");
    let size = file.metadata()?.len();
    if &take::<8>(file)? != MAGIC {
        return Err(bad());
    }
    let mut ints = [0i32; 4];
    for n in &mut ints {
        *n = i32::from_le_bytes(take(file)?);
    }
    let end = i64::from_le_bytes(take(file)?);
    let count = u64::from_le_bytes(take(file)?);
    if ints.contains(&0) || count.checked_mul(RECORD_BYTES).map(|n| n + HEADER_BYTES) != Some(size) {
        return Err(bad());
    }
    Ok(Header {
        source_base: Ratio::new(ints[0], ints[1]),
        out_base: Ratio::new(ints[2], ints[3]),
        end,
        count,
    })
}
