//! A file read in pieces, with the questions that every container asks of it.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use crate::{
    stitch::Ticker,
    types::{MediaCode, MediaError},
};

const BLOCK: u64 = 64 * 1024;

/// An open file; each read is a sign of life.
pub(super) struct Bytes<'a> {
    pub(super) file: File,
    /// Size in bytes when it was opened.
    pub(super) size: u64,
    ticker: Ticker<'a>,
}

impl<'a> Bytes<'a> {
    pub(super) fn open(path: &Path, mut ticker: Ticker<'a>) -> Result<Self, MediaError> {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(MediaError::new(MediaCode::NotMedia, "it is not a regular file"));
        }
        ticker.report()?;
        Ok(Self { file, size: meta.len(), ticker })
    }

    /// Bytes from `at` on; fewer at the end of the file.
    pub(super) fn read(&mut self, at: u64, count: usize) -> Result<Vec<u8>, MediaError> {
        self.ticker.alive()?;
        let mut bytes = Vec::with_capacity(count);
        self.file.seek(SeekFrom::Start(at))?;
        (&mut self.file).take(count as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The last bytes of the file.
    pub(super) fn tail(&mut self, count: usize) -> Result<Vec<u8>, MediaError> {
        self.read(self.size.saturating_sub(count as u64), count)
    }

    /// Whether only zeros stand from `at` on, as far as `most` bytes; true for none.
    pub(super) fn is_zero(&mut self, at: u64, most: u64) -> Result<bool, MediaError> {
        let end = at.saturating_add(most).min(self.size);
        let mut at = at;
        while at < end {
            let block = self.read(at, usize::try_from((end - at).min(BLOCK)).unwrap_or(0))?;
            if block.is_empty() || block.iter().any(|byte| *byte != 0) {
                return Ok(block.is_empty());
            }
            at += block.len() as u64;
        }
        Ok(true)
    }

    /// How many zeros stand at the end, counted as far as `most`.
    pub(super) fn zeros_at_end(&mut self, most: u64) -> Result<u64, MediaError> {
        let mut counted = 0;
        while counted < most.min(self.size) {
            let end = self.size - counted;
            let count = end.min(BLOCK);
            let block = self.read(end - count, usize::try_from(count).unwrap_or(0))?;
            let zeros = block.iter().rev().take_while(|byte| **byte == 0).count() as u64;
            counted += zeros;
            if zeros < count {
                break;
            }
        }
        Ok(counted.min(most))
    }
}

/// A big-endian number of up to eight bytes.
pub(super) fn big(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// A little-endian number of up to eight bytes.
pub(super) fn little(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// A size for people, in decimal units.
pub(super) fn amount(bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let scaled = |unit: u64| bytes as f64 / unit as f64;
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", scaled(1_000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", scaled(1_000_000)),
        _ => format!("{:.1} GB", scaled(1_000_000_000)),
    }
}

/// What is here of what there should be.
pub(super) fn shortage(promised: u64, here: u64) -> String {
    let (all, some) = (amount(promised), amount(here));
    if all == some {
        return format!(
            "{} are missing at the end of {all}: the copy stopped, or goes on.",
            amount(promised.saturating_sub(here))
        );
    }
    format!("It should have {all}, and {some} are here: the copy stopped, or goes on.")
}

/// The size is reserved, and nothing is there from `at` on.
pub(super) fn hollow(at: u64) -> String {
    format!("The file has its size already, but is empty after {}: the copy stopped, or goes on.", amount(at))
}
