//! A small scanner for the box structure of MP4 and MOV files (ISO/IEC 14496-12): what demuxers
//! interpret but do not tell.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::Path,
};

/// Top-level boxes looked at; a fragmented file of a day has fewer.
const MOST_BOXES: usize = 1_000_000;
/// Deepest nesting looked into: `moov`, `trak`, `edts`.
const DEEPEST: usize = 4;

/// One box: where it is and what it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Atom {
    /// Four-character code.
    pub(crate) kind: [u8; 4],
    /// First byte of the header.
    pub(crate) start: u64,
    /// First byte after the header.
    pub(crate) body: u64,
    /// First byte after the box.
    pub(crate) end: u64,
}

/// What matters about the structure of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// `moov` before the first `mdat`; `None`: one of them is missing.
    pub(crate) moov_first: Option<bool>,
    /// Tracks.
    pub(crate) tracks: u32,
    /// Tracks with an `elst` box.
    pub(crate) edit_lists: u32,
    /// Movie fragments.
    pub(crate) fragments: u64,
    /// The last box reaches past the end of the file.
    pub(crate) cut_short: bool,
}

impl Layout {
    /// Scans a file.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut layout = Self::default();
        let (mut moov, mut mdat) = (None, None);
        for atom in children(&mut file, 0, size)? {
            layout.cut_short |= atom.end > size;
            match &atom.kind {
                b"moov" => {
                    moov.get_or_insert(atom.start);
                    layout.scan_moov(&mut file, atom, 1)?;
                }
                b"mdat" => {
                    mdat.get_or_insert(atom.start);
                }
                b"moof" => layout.fragments += 1,
                _ => {}
            }
        }
        layout.moov_first = moov.zip(mdat).map(|(moov, mdat)| moov < mdat);
        Ok(layout)
    }

    fn scan_moov(&mut self, file: &mut File, moov: Atom, depth: usize) -> io::Result<()> {
        for atom in children(file, moov.body, moov.end)? {
            if &atom.kind == b"trak" {
                self.tracks += 1;
                self.edit_lists += u32::from(has(file, atom, *b"elst", depth + 1)?);
            }
        }
        Ok(())
    }
}

/// Whether a box of this kind stands in `edts` below `parent`.
fn has(file: &mut File, parent: Atom, kind: [u8; 4], depth: usize) -> io::Result<bool> {
    if depth > DEEPEST {
        return Ok(false);
    }
    for atom in children(file, parent.body, parent.end)? {
        if atom.kind == kind || (&atom.kind == b"edts" && has(file, atom, kind, depth + 1)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The boxes between two offsets. Stops at the first that makes no sense.
pub(crate) fn children(file: &mut File, start: u64, end: u64) -> io::Result<Vec<Atom>> {
    let mut found = Vec::new();
    let mut at = start;
    while end.saturating_sub(at) >= 8 && found.len() < MOST_BOXES {
        let Some(atom) = atom_at(file, at, end)? else { break };
        found.push(atom);
        at = atom.end;
    }
    Ok(found)
}

/// Where the first sample of the fragment lies that starts at `start` and ends before `end`; `None`:
/// there is no such fragment.
pub(crate) fn first_sample(file: &mut File, start: u64, end: u64) -> io::Result<Option<Range<u64>>> {
    let Some(moof) = atom_at(file, start, end)? else { return Ok(None) };
    let Some(mdat) = atom_at(file, moof.end.min(end), end)? else { return Ok(None) };
    if &moof.kind != b"moof" || &mdat.kind != b"mdat" {
        return Ok(None);
    }
    let Some(traf) = find(file, moof, *b"traf")? else { return Ok(None) };
    let (Some(tfhd), Some(trun)) = (find(file, traf, *b"tfhd")?, find(file, traf, *b"trun")?) else {
        return Ok(None);
    };
    let default = Fields::read(file, tfhd, 64)?.default_sample_size();
    let Some((offset, size)) = Fields::read(file, trun, 64)?.first_run_sample(default) else {
        return Ok(None);
    };
    let sample = moof.start.saturating_add(u64::from(offset));
    let sample = sample..sample.saturating_add(u64::from(size));
    Ok((sample.start >= mdat.body && sample.end <= end && !sample.is_empty()).then_some(sample))
}

/// The first box of a kind inside of another.
pub(crate) fn find(file: &mut File, parent: Atom, kind: [u8; 4]) -> io::Result<Option<Atom>> {
    Ok(children(file, parent.body, parent.end)?.into_iter().find(|atom| atom.kind == kind))
}

/// The first 32-bit fields of a full box.
struct Fields(Vec<u32>);

impl Fields {
    fn read(file: &mut File, atom: Atom, most: usize) -> io::Result<Self> {
        file.seek(SeekFrom::Start(atom.body))?;
        let length = usize::try_from(atom.end.saturating_sub(atom.body)).unwrap_or(most).min(most);
        let mut bytes = vec![0; length];
        if !filled(file, &mut bytes)? {
            return Ok(Self(Vec::new()));
        }
        Ok(Self(bytes.chunks_exact(4).map(|c| u32::from_be_bytes([c[0], c[1], c[2], c[3]])).collect()))
    }

    fn get(&self, at: usize) -> Option<u32> {
        self.0.get(at).copied()
    }

    /// Of a `tfhd` (14496-12, 8.8.7): the size that all samples have unless the run says otherwise.
    fn default_sample_size(&self) -> Option<u32> {
        let flags = self.get(0)?;
        let mut at = 2;
        at += 2 * usize::from(flags & 1 != 0);
        at += usize::from(flags & 2 != 0);
        at += usize::from(flags & 8 != 0);
        if flags & 0x10 == 0 { None } else { self.get(at) }
    }

    /// Of a `trun` (14496-12, 8.8.8): offset from the fragment's start, and size.
    fn first_run_sample(&self, default_size: Option<u32>) -> Option<(u32, u32)> {
        let flags = self.get(0)?;
        if flags & 1 == 0 {
            return None;
        }
        let mut at = 3;
        at += usize::from(flags & 4 != 0);
        at += usize::from(flags & 0x100 != 0);
        let size = if flags & 0x200 == 0 { default_size } else { self.get(at) };
        Some((self.get(2)?, size?))
    }
}

fn atom_at(file: &mut File, at: u64, end: u64) -> io::Result<Option<Atom>> {
    file.seek(SeekFrom::Start(at))?;
    let mut head = [0u8; 8];
    if !filled(file, &mut head)? {
        return Ok(None);
    }
    let kind = [head[4], head[5], head[6], head[7]];
    let short = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
    let (header, size) = match short {
        0 => (8, end - at),
        1 => {
            let mut long = [0u8; 8];
            if !filled(file, &mut long)? {
                return Ok(None);
            }
            (16, u64::from_be_bytes(long))
        }
        size => (8, size),
    };
    let sound = size >= header && kind.iter().all(|byte| *byte >= 0x20);
    Ok(sound.then(|| Atom { kind, start: at, body: at + header, end: at.saturating_add(size) }))
}

/// Reads exactly, or says that the file ends.
fn filled(file: &mut File, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn atom(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(body.len() + 8).unwrap().to_be_bytes().to_vec();
        bytes.extend_from_slice(&kind);
        bytes.extend_from_slice(body);
        bytes
    }

    fn layout(bytes: &[u8]) -> Layout {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        std::fs::write(&path, bytes).unwrap();
        Layout::read(&path).unwrap()
    }

    #[test]
    fn tracks_and_edit_lists_are_counted() {
        let edited =
            atom(*b"trak", &[atom(*b"tkhd", &[0; 80]), atom(*b"edts", &atom(*b"elst", &[0; 20]))].concat());
        let plain = atom(*b"trak", &[atom(*b"tkhd", &[0; 80]), atom(*b"edts", &[])].concat());
        let moov = atom(*b"moov", &[atom(*b"mvhd", &[0; 100]), edited, plain].concat());
        let file = [atom(*b"ftyp", b"isom"), moov.clone(), atom(*b"mdat", &[7; 9])].concat();
        let expected = Layout { moov_first: Some(true), tracks: 2, edit_lists: 1, ..Layout::default() };
        assert_eq!(layout(&file), expected);
        let file = [atom(*b"ftyp", b"isom"), atom(*b"mdat", &[7; 9]), moov].concat();
        assert_eq!(layout(&file), Layout { moov_first: Some(false), ..expected });
    }

    #[test]
    fn long_sizes_and_truncation_are_seen() {
        let mut mdat = 1u32.to_be_bytes().to_vec();
        mdat.extend_from_slice(b"mdat");
        mdat.extend_from_slice(&(16u64 + (5 << 30)).to_be_bytes());
        let found = layout(&[atom(*b"moov", &[]), mdat].concat());
        assert_eq!((found.moov_first, found.cut_short), (Some(true), true));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400), nest in 0usize..4) {
            let mut bytes = bytes;
            for kind in [*b"edts", *b"trak", *b"moov", *b"moov"].iter().take(nest) {
                bytes = atom(*kind, &bytes);
            }
            let found = layout(&bytes);
            prop_assert!(found.edit_lists <= found.tracks);
        }
    }
}
