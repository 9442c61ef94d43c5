//! Whether a file that has stopped growing is all there.
//!
//! Structure first, without FFmpeg: what the container promises must lie inside of the file, and must
//! not be the zeros of a copy that reserved its space in advance. Then FFmpeg has to open it. A file that
//! is damaged but finished is whole: what is wrong with it is the job's business.
//!
//! Read at most, beside FFmpeg's probe: 1 MiB of headers and ends for indexed containers (MP4, MOV, MXF
//! with a footer offset, AVI, WAV); 12 bytes for each cluster of a Matroska file or fragment of an MP4;
//! 20 bytes for each packet of an MXF file that names no footer; half a megabyte of MPEG streams; 4 MiB of
//! anything else.

mod bytes;
mod iso;
mod matroska;
mod mxf;
mod other;
mod program;
mod riff;
mod samples;
#[cfg(test)]
mod tests;
mod transport;

use std::ops::ControlFlow;

use bytes::Bytes;

use crate::{
    facts::Probe,
    open::playlist_kind,
    stitch::Ticker,
    task::{CompleteTask, Completeness, Progress},
    types::{MediaCode, MediaError},
};

/// Bytes by which a file is known.
const HEAD_BYTES: usize = 64 * 1024;
/// Below this a stream without an index may not hold one picture yet.
const BARELY_BEGUN: u64 = 1 << 20;

const EMPTY_END: &str = "The file has its size already, but its end is empty: the copy stopped, or goes on.";

/// What the structure of a file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Structure {
    /// All that it promises is there.
    Whole,
    /// Something is missing; what.
    Missing(String),
    /// It ends in zeros, which only media without compression may; what is missing otherwise.
    Suspicious(String),
    /// It promises nothing, or is damaged beyond telling.
    Unknown,
}

/// Kinds of containers that are read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Iso,
    Matroska,
    Mxf,
    Transport,
    Program,
    Riff,
    Other,
}

impl Family {
    fn of(head: &[u8]) -> Self {
        if iso::is_iso(head) {
            Self::Iso
        } else if head.starts_with(&matroska::MAGIC) {
            Self::Matroska
        } else if mxf::header_at(head).is_some() {
            Self::Mxf
        } else if program::is_program(head) {
            Self::Program
        } else if riff::is_riff(head) {
            Self::Riff
        } else if transport::packet_size(head).is_some() {
            Self::Transport
        } else {
            Self::Other
        }
    }

    fn structure(self, file: &mut Bytes<'_>, head: &[u8]) -> Result<Structure, MediaError> {
        match self {
            Self::Iso => iso::structure(file),
            Self::Matroska => matroska::structure(file),
            Self::Mxf => mxf::structure(file, head),
            Self::Transport => transport::structure(file, head),
            Self::Program => program::structure(file),
            Self::Riff => riff::structure(file),
            Self::Other => Ok(other::structure(head, file.size)),
        }
    }
}

/// Reads structure and end of a file.
///
/// # Errors
/// When it cannot be read at all, or was stopped.
pub(crate) fn complete(
    task: &CompleteTask,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Completeness, MediaError> {
    let mut file = match Bytes::open(&task.source, Ticker::new(progress)) {
        Ok(file) => file,
        Err(refusal) => return refused(Family::Other, 0, refusal),
    };
    if file.size == 0 {
        return Ok(missing("The file has no bytes yet."));
    }
    let head = file.read(0, HEAD_BYTES)?;
    if playlist_kind(&head).is_none() && head.iter().all(|byte| *byte == 0) {
        return Ok(missing("The file has its size already, but nothing in it: the copy has just begun."));
    }
    let family = Family::of(&head);
    let structure = family.structure(&mut file, &head)?;
    if let Structure::Missing(why) = structure {
        return Ok(missing(why));
    }
    let empty_end = structure == Structure::Unknown
        && file.zeros_at_end(other::LONG_ZEROS)?.min(file.size / 2) >= other::LONG_ZEROS.min(file.size / 2);
    let (probe, mut input) = match crate::probe::probe(&task.source) {
        Ok(opened) => opened,
        Err(refusal) if empty_end && !is_final(&refusal) => return Ok(missing(EMPTY_END)),
        Err(refusal) => return refused(family, file.size, refusal),
    };
    let why = match (family, structure) {
        (_, Structure::Suspicious(why)) if !may_be_zeros(&probe) => Some(why),
        (Family::Iso, _) => samples::missing(&input, &probe, &mut file)?,
        (_, Structure::Unknown) if empty_end && !may_be_zeros(&probe) => Some(EMPTY_END.to_owned()),
        (_, Structure::Unknown) => other::missing(&mut input, &mut file)?,
        _ => None,
    };
    Ok(why.map_or(Completeness::Whole, missing))
}

fn missing(why: impl Into<String>) -> Completeness {
    Completeness::Incomplete { why: why.into() }
}

/// Whether a refusal has nothing to do with what is in the file.
fn is_final(refusal: &MediaError) -> bool {
    matches!(refusal.code, MediaCode::NotFound | MediaCode::Permission | MediaCode::Cancelled)
}

/// What FFmpeg's refusal means for a file whose structure has no fault.
fn refused(family: Family, size: u64, refusal: MediaError) -> Result<Completeness, MediaError> {
    let sentence = |text: &str| {
        let mut letters = text.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        format!("{first}{}.", letters.as_str().trim_end_matches('.'))
    };
    match refusal.code {
        _ if is_final(&refusal) || refusal.code == MediaCode::Io => Err(refusal),
        MediaCode::Empty | MediaCode::Truncated => Ok(missing(sentence(&refusal.message))),
        MediaCode::NotMedia
            if matches!(family, Family::Transport | Family::Program) && size < BARELY_BEGUN =>
        {
            Ok(missing("There is not enough of it to decode a picture yet."))
        }
        MediaCode::NotMedia | MediaCode::Playlist => {
            Ok(Completeness::NotMedia { why: sentence(&refusal.message) })
        }
        // It is there; that it cannot be used is what its job says.
        _ => Ok(Completeness::Whole),
    }
}

/// Whether some stream is not compressed: then silence and black are zeros.
fn may_be_zeros(probe: &Probe) -> bool {
    probe.video.iter().map(|v| &v.codec).chain(probe.audio.iter().map(|a| &a.codec)).any(|c| is_raw(c))
}

/// FFmpeg's name of a codec that leaves samples as they are.
fn is_raw(codec: &str) -> bool {
    codec.starts_with("pcm_")
        || matches!(codec, "rawvideo" | "v210" | "v308" | "v408" | "v410" | "r210" | "r10k" | "yuv4" | "y41p")
        || matches!(codec, "qtrle" | "v210x" | "ayuv" | "bitpacked" | "wrapped_avframe" | "avrp" | "avui")
}
