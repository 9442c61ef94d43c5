//! The pictures of an HLS folder as files to be read one behind the other.

use std::path::{Path, PathBuf};

use super::{
    hls::main_playlist,
    playlist::{self, is_multivariant, resolve, text_of},
};
use crate::types::{MediaCode, MediaError};

/// The files of one rung of a ladder.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rung {
    /// Initialisation section.
    pub(crate) map: Option<PathBuf>,
    /// Segments in order, each with its start in µs from the first one's.
    pub(crate) segments: Vec<(PathBuf, i64)>,
}

/// The first rung of an HLS folder, of its multivariant playlist, or of a media playlist.
pub(crate) fn first_rung(path: &Path) -> Result<Rung, MediaError> {
    let main = main_playlist(path)?;
    let root = main.parent().unwrap_or(Path::new(".")).to_path_buf();
    let text = text_of(&main)?;
    let (own, text) = if is_multivariant(&text) {
        let list = playlist::multivariant(&text)?;
        let missing = || MediaError::new(MediaCode::NoVideo, "the playlist names no picture");
        let own = resolve(&root, &main, &list.variants.first().ok_or_else(missing)?.uri)?;
        let text = text_of(&own)?;
        (own, text)
    } else {
        (main, text)
    };
    let media = playlist::media(&text)?;
    let map = media.map.as_ref().map(|uri| resolve(&root, &own, uri)).transpose()?;
    let mut seconds = 0.0;
    let mut segments = Vec::with_capacity(media.segments.len());
    for segment in &media.segments {
        if segment.range.is_some() {
            let message = "segments as byte ranges are not supported";
            return Err(MediaError::new(MediaCode::Unsupported, message));
        }
        segments.push((resolve(&root, &own, &segment.uri)?, micros(seconds)));
        seconds += segment.seconds;
    }
    if segments.is_empty() {
        return Err(MediaError::new(MediaCode::ZeroFrames, "the playlist has no segments"));
    }
    Ok(Rung { map, segments })
}

#[allow(clippy::cast_possible_truncation, reason = "saturates")]
fn micros(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}
