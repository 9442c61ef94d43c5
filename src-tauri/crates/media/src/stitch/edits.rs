//! Late audio with priming: the muxer writes an empty edit up to the first packet and then presents
//! all of it, priming too. Here the empty edit grows over the priming and the media edit skips it.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::Path,
};

use crate::{
    boxes::{Atom, children, find},
    types::{MediaCode, MediaError, Ratio, rescale},
};

/// Hides the first `priming` samples of track `track` (counted from 0) in a finished file, whose
/// edit list is an empty edit followed by the media from its beginning.
pub(super) fn hide_priming(
    path: &Path,
    track: usize,
    priming: u32,
    sample_rate: u32,
) -> Result<(), MediaError> {
    let odd =
        || MediaError::new(MediaCode::Internal, "the muxer wrote an edit list of another form than expected");
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let size = file.metadata()?.len();
    let top = children(&mut file, 0, size)?;
    let moov = top.into_iter().find(|atom| &atom.kind == b"moov").ok_or_else(odd)?;
    let scale = movie_scale(&mut file, moov)?.ok_or_else(odd)?;
    let inside = children(&mut file, moov.body, moov.end)?;
    let found = inside.into_iter().filter(|atom| &atom.kind == b"trak").nth(track).ok_or_else(odd)?;
    let edts = find(&mut file, found, *b"edts")?.ok_or_else(odd)?;
    let elst = find(&mut file, edts, *b"elst")?.ok_or_else(odd)?;
    let mut bytes = body(&mut file, elst)?;
    let samples = Ratio::new(1, i32::try_from(sample_rate).map_err(|_| odd())?);
    let ticks = rescale(i64::from(priming), samples, Ratio::new(1, i32::try_from(scale).map_err(|_| odd())?));
    patch(&mut bytes, ticks, i64::from(priming)).ok_or_else(odd)?;
    file.seek(SeekFrom::Start(elst.body))?;
    file.write_all(&bytes)?;
    Ok(())
}

fn body(file: &mut File, atom: Atom) -> Result<Vec<u8>, MediaError> {
    file.seek(SeekFrom::Start(atom.body))?;
    let mut bytes = vec![0; usize::try_from(atom.end - atom.body).unwrap_or(0).min(4096)];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Ticks per second of edit durations.
fn movie_scale(file: &mut File, moov: Atom) -> Result<Option<u32>, MediaError> {
    let Some(mvhd) = find(file, moov, *b"mvhd")? else { return Ok(None) };
    let bytes = body(file, mvhd)?;
    let at = if bytes.first() == Some(&1) { 20 } else { 12 };
    Ok(bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes))
}

/// Moves the border between the two edits (ISO/IEC 14496-12, 8.6.6). `None`: not two such edits.
fn patch(elst: &mut [u8], ticks: i64, priming: i64) -> Option<()> {
    let long = elst.first()? == &1;
    let width = if long { 8 } else { 4 };
    let entry = 2 * width + 4;
    if elst.get(4..8)? != [0, 0, 0, 2] || elst.len() != 8 + 2 * entry {
        return None;
    }
    let read = |bytes: &[u8], at: usize| {
        let field = &bytes[at..at + width];
        if long {
            field.try_into().ok().map(i64::from_be_bytes)
        } else {
            field.try_into().ok().map(|b| i64::from(i32::from_be_bytes(b)))
        }
    };
    let (empty, media) = (8, 8 + entry);
    if read(elst, empty + width)? != -1 || read(elst, media + width)? != 0 {
        return None;
    }
    let changes =
        [(empty, read(elst, empty)? + ticks), (media, read(elst, media)? - ticks), (media + width, priming)];
    for (at, value) in changes {
        if long {
            elst[at..at + 8].copy_from_slice(&value.to_be_bytes());
        } else {
            elst[at..at + 4].copy_from_slice(&i32::try_from(value).ok().filter(|v| *v >= 0)?.to_be_bytes());
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_border_moves_and_the_end_stays() {
        let entry =
            |duration: i32, time: i32| [duration.to_be_bytes(), time.to_be_bytes(), [0, 1, 0, 0]].concat();
        let list = |entries: [Vec<u8>; 2]| [vec![0, 0, 0, 0, 0, 0, 0, 2], entries.concat()].concat();
        let mut bytes = list([entry(500, -1), entry(10_000, 0)]);
        assert_eq!(patch(&mut bytes, 100, 1_024), Some(()));
        assert_eq!(bytes, list([entry(600, -1), entry(9_900, 1_024)]));
        assert_eq!(patch(&mut bytes, 100, 1_024), None, "a list that skips already is left alone");
        assert_eq!(patch(&mut bytes[..20], 100, 1_024), None);
    }
}
