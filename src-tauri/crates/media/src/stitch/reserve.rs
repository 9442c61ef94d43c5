//! Room for the index at the start of a large file, so that the file need not be written twice: moving
//! the media behind an index that is written last takes minutes without a sign of life, and twice the
//! input and output.

use std::path::Path;

use super::{Sound, Video};
use crate::{
    ff::Input,
    part::packets_in,
    task::{StitchTask, VideoInput},
    types::MediaError,
};

/// Below this the second pass is over in seconds, and the file comes out without unused room.
pub(super) const LARGE_BYTES: u64 = 2_000_000_000;
/// What a packet can take in the tables of its track: size 4, duration 8, composition offset 8,
/// keyframe 4, dependency 1, and a chunk of its own (offset 8, samples per chunk 12).
const PACKET_BYTES: u64 = 45;
/// Everything else of a track, and of the file.
const TRACK_BYTES: u64 = 64 * 1024;
/// A chapter: a packet of the chapter track, an entry in the chapter list, and the rest of its name.
const CHAPTER_BYTES: u64 = 1024;

/// Bytes that the index takes at the most; `None`: the file is smaller than `large` bytes and the muxer
/// may move its media, or the room would be more than the muxer can leave.
pub(super) fn index_room(
    task: &StitchTask,
    video: &Video,
    sounds: &[Sound],
    large: u64,
) -> Result<Option<u64>, MediaError> {
    if !task.fast_start || media_bytes(task)? < large {
        return Ok(None);
    }
    let mut packets = video.order().len() as u64;
    let mut own = video.params().extradata().len() as u64;
    for (sound, path) in sounds.iter().zip(&task.audio) {
        packets += packets_in(path)?;
        own += sound.params().extradata().len() as u64;
    }
    let chapters = match &task.chapters_from {
        Some(path) => Input::open(path)?.chapters().len() as u64,
        None => 0,
    };
    let tags: usize = task.tags.iter().map(|(key, value)| key.len() + value.len() + 64).sum();
    // Tracks of their own for the timecode and the chapters, and one for the file.
    let tracks = sounds.len() as u64 + 4;
    let room = packets * PACKET_BYTES + tracks * TRACK_BYTES + chapters * CHAPTER_BYTES + own + tags as u64;
    Ok(Some(room).filter(|room| i32::try_from(*room).is_ok()))
}

/// What the media comes to at the most.
fn media_bytes(task: &StitchTask) -> Result<u64, MediaError> {
    let bytes = |path: &Path| -> Result<u64, MediaError> { Ok(std::fs::metadata(path)?.len()) };
    let mut sum = match &task.video {
        VideoInput::Parts { paths, .. } => paths.iter().map(|path| bytes(path)).sum::<Result<u64, _>>()?,
        VideoInput::Source { path, .. } => bytes(path)?,
    };
    for path in &task.audio {
        sum += bytes(path)?;
    }
    Ok(sum)
}
