//! What a file is, by its content.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
    sync::atomic::AtomicBool,
};

use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

use crate::files;

/// Bytes of a sampled block.
const BLOCK: usize = 64 * 1024;
/// Blocks sampled: head, tail, and those between.
const BLOCKS: u64 = 16;

/// Fingerprint of size, head, tail and 14 evenly spread blocks of 64 KiB; of everything where that is less.
///
/// # Errors
/// Those of reading; `UnexpectedEof` when the file becomes shorter meanwhile.
pub(crate) fn sampled(path: &Path) -> io::Result<String> {
    let file = open(path)?;
    let bytes = file.metadata()?.len();
    let mut hasher = Sha256::new();
    hasher.update(bytes.to_le_bytes());
    let mut block = vec![0; BLOCK];
    for (at, length) in blocks(bytes) {
        file.read_exact_at(&mut block[..length], at)?;
        hasher.update(&block[..length]);
    }
    Ok(files::hex(&hasher.finalize()))
}

/// SHA-256 of the whole file, lower-case hex. `Interrupted` when `cancel` becomes true.
///
/// # Errors
/// Those of reading.
pub(crate) fn whole(path: &Path, cancel: &AtomicBool) -> io::Result<String> {
    // So that nobody waits for a writer of something that is no file.
    drop(open(path)?);
    Ok(files::hash(path, cancel, &mut |_| {})?.1)
}

/// Opens a file, and nothing but a file.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).map_err(|_| io::ErrorKind::Unsupported)?;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"))
}

/// Beginning and length of the blocks that are read of so many bytes.
fn blocks(bytes: u64) -> Vec<(u64, usize)> {
    let length = BLOCK as u64;
    if bytes <= length * BLOCKS {
        let starts = (0..bytes).step_by(BLOCK);
        return starts
            .map(|at| (at, usize::try_from(bytes - at).map_or(BLOCK, |left| left.min(BLOCK))))
            .collect();
    }
    // In two steps, so that no product leaves 64 bits.
    let (spread, rest) = ((bytes - length) / (BLOCKS - 1), (bytes - length) % (BLOCKS - 1));
    (0..BLOCKS).map(|n| (n * spread + n * rest / (BLOCKS - 1), BLOCK)).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_byte_of_a_small_file_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut content: Vec<u8> = (0..200_u8).collect();
        fs::write(&path, &content).unwrap();
        let first = sampled(&path).unwrap();
        assert_eq!(first, sampled(&path).unwrap());
        for n in 0..content.len() {
            content[n] ^= 1;
            fs::write(&path, &content).unwrap();
            assert_ne!(first, sampled(&path).unwrap());
            content[n] ^= 1;
        }
        fs::write(&path, &content[..199]).unwrap();
        assert_ne!(first, sampled(&path).unwrap());
        fs::write(&path, "").unwrap();
        assert_eq!(sampled(&path).unwrap(), files::hash_bytes(&0_u64.to_le_bytes()));
    }

    #[test]
    fn zeros_of_another_length_are_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let of = |bytes: u64| {
            File::create(&path).unwrap().set_len(bytes).unwrap();
            sampled(&path).unwrap()
        };
        assert_ne!(of(5 << 30), of((5 << 30) + 1));
        assert_ne!(of(1 << 20), of((1 << 20) - 1));
    }

    #[test]
    fn what_is_no_file_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        let never = AtomicBool::new(false);
        for path in [pipe.as_path(), folder.path()] {
            assert_eq!(sampled(path).unwrap_err().kind(), io::ErrorKind::InvalidInput);
            assert_eq!(whole(path, &never).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        }
        assert_eq!(sampled(&folder.path().join("gone")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn the_whole_file_is_hashed_until_somebody_stops_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        fs::write(&path, "abc").unwrap();
        assert_eq!(whole(&path, &AtomicBool::new(false)).unwrap(), files::hash_bytes(b"abc"));
        assert_eq!(whole(&path, &AtomicBool::new(true)).unwrap_err().kind(), io::ErrorKind::Interrupted);
    }

    proptest! {
        #[test]
        fn blocks_are_spread_evenly_and_never_overlap(bytes in prop_oneof![0..(3_u64 << 20), any::<u64>()]) {
            let blocks = blocks(bytes);
            let read: u64 = blocks.iter().map(|(_, length)| *length as u64).sum();
            prop_assert_eq!(read, bytes.min(BLOCK as u64 * BLOCKS));
            let ends: Vec<u64> = blocks.iter().map(|(at, length)| at + *length as u64).collect();
            prop_assert_eq!(blocks.first().map(|block| block.0), (bytes > 0).then_some(0));
            prop_assert_eq!(ends.last().copied().unwrap_or(0), bytes);
            prop_assert!(blocks.iter().skip(1).zip(&ends).all(|(block, end)| block.0 >= *end));
            let gaps: Vec<u64> = blocks.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
            if let (Some(least), Some(most)) = (gaps.iter().min(), gaps.iter().max()) {
                prop_assert!(most - least <= 1, "{:?}", gaps);
            }
        }

        #[test]
        fn a_change_of_a_sampled_byte_is_seen(extra in 0_u64..50_000, block in 0..16_usize, at in 0..BLOCK) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a");
            let bytes = (2 << 20) + extra;
            let file = File::create(&path).unwrap();
            file.set_len(bytes).unwrap();
            let before = sampled(&path).unwrap();
            file.write_all_at(&[1], blocks(bytes)[block].0 + at as u64).unwrap();
            prop_assert_ne!(before, sampled(&path).unwrap());
        }
    }
}
