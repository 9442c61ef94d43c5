//! Making finished files durable, and hashing what is really in them.

use std::{fs::File, io::Read, path::Path};

use sha2::{Digest, Sha256};

use super::Ticker;
use crate::{part::hex, task::FileInfo, types::MediaError};

const CHUNK: usize = 1 << 20;

/// Syncs a file and hashes it as it reads back. `name` is its path relative to the output's root.
pub(crate) fn seal(path: &Path, name: String, ticker: &mut Ticker<'_>) -> Result<FileInfo, MediaError> {
    ticker.report()?;
    File::open(path)?.sync_all()?;
    hash(path, name, ticker)
}

/// Hashes a file.
pub(crate) fn hash(path: &Path, name: String, ticker: &mut Ticker<'_>) -> Result<FileInfo, MediaError> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    let mut bytes = 0;
    loop {
        let got = file.read(&mut buffer)?;
        if got == 0 {
            return Ok(FileInfo { path: name, bytes, sha256: hex(&digest.finalize()) });
        }
        digest.update(&buffer[..got]);
        bytes += got as u64;
        ticker.report()?;
    }
}
