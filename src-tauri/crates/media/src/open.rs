//! Opening a source: what it is, or in exact words why it is refused.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use crate::{
    ff::Input,
    types::{MediaCode, MediaError},
};

const SNIFF_BYTES: usize = 64 * 1024;

/// Opens a source file with the allow-lists, and tells the reasons for a refusal apart.
pub(crate) fn open(path: &Path) -> Result<Input, MediaError> {
    let head = head_of(path)?;
    if let Some(kind) = playlist_kind(&head) {
        let message = format!("it is not a movie but {kind} that points to other files; it was not opened");
        return Err(MediaError::new(MediaCode::Playlist, message));
    }
    Input::open(path).map_err(|error| explain(path, &head, error))
}

fn head_of(path: &Path) -> Result<Vec<u8>, MediaError> {
    let file = File::open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(MediaError::new(MediaCode::NotMedia, "it is not a regular file"));
    }
    if meta.len() == 0 {
        return Err(MediaError::new(MediaCode::Empty, "the file has no bytes"));
    }
    let mut head = Vec::with_capacity(SNIFF_BYTES);
    file.take(SNIFF_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Text formats that FFmpeg would open by content and follow.
pub(crate) fn playlist_kind(head: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(&head[..head.len().min(2048)]);
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let starts = |prefix: &str| text.get(..prefix.len()).is_some_and(|t| t.eq_ignore_ascii_case(prefix));
    let lower = text.to_ascii_lowercase();
    if starts("#EXTM3U") {
        Some("an HLS playlist")
    } else if starts("ffconcat") {
        Some("a concatenation list")
    } else if starts("v=0") && lower.contains("\nm=") {
        Some("an SDP session description")
    } else if lower.starts_with('<') && lower.contains("<mpd") {
        Some("a DASH manifest")
    } else if lower.starts_with('<') && (lower.contains("<smil") || lower.contains("<asx"))
        || ["[playlist]", "[Reference]", "RTSPtext"].into_iter().any(starts)
    {
        Some("a playlist")
    } else {
        None
    }
}

/// A demuxer's refusal, in terms of what the file is.
fn explain(path: &Path, head: &[u8], error: MediaError) -> MediaError {
    if error.code != MediaCode::NotMedia {
        return error;
    }
    if is_iso(head) && matches!(has_moov(path), Ok(false)) {
        let message = "the file ends before its index (moov); usually a copy that stopped";
        return MediaError::new(MediaCode::Truncated, message);
    }
    if head.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) {
        let message = "the Matroska file ends before its first picture; usually a copy that stopped";
        return MediaError::new(MediaCode::Truncated, message);
    }
    MediaError::new(MediaCode::NotMedia, format!("no known media format ({})", error.message))
}

fn is_iso(head: &[u8]) -> bool {
    head.len() >= 8 && matches!(&head[4..8], b"ftyp" | b"moov" | b"mdat" | b"wide" | b"free" | b"skip")
}

/// Walks the top-level boxes (ISO/IEC 14496-12, 4.2).
fn has_moov(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut at = 0u64;
    let mut head = [0u8; 16];
    while at + 8 <= size {
        file.seek(SeekFrom::Start(at))?;
        let got = file.read(&mut head)?;
        if got < 8 {
            break;
        }
        if matches!(&head[4..8], b"moov" | b"moof") {
            return Ok(true);
        }
        let mut length = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        if length == 1 && got == 16 {
            length = u64::from_be_bytes([
                head[8], head[9], head[10], head[11], head[12], head[13], head[14], head[15],
            ]);
        }
        if length < 8 {
            break;
        }
        at = at.saturating_add(length);
    }
    Ok(false)
}

/// Share of scrambled packets among the payload packets of an MPEG-TS (ISO/IEC 13818-1, 2.4.3.3:
/// `transport_scrambling_control`), looking at the first megabyte. `None`: not a transport stream.
pub(crate) fn scrambled_share(path: &Path) -> Option<f64> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(1 << 20).read_to_end(&mut bytes).ok()?;
    let packets: Vec<&[u8]> = bytes.chunks_exact(188).collect();
    if packets.len() < 8 || packets.iter().any(|p| p[0] != 0x47) {
        return None;
    }
    let payload: Vec<_> =
        packets.iter().filter(|p| p[3] & 0x10 != 0 && (p[1] & 0x1f, p[2]) > (0, 0x1f)).collect();
    let scrambled = payload.iter().filter(|p| p[3] & 0xc0 != 0).count();
    #[allow(clippy::cast_precision_loss, reason = "small counts")]
    let share = scrambled as f64 / payload.len().max(1) as f64;
    Some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn playlists_are_recognised_by_content() {
        for text in [
            "#EXTM3U\n#EXTINF:1,\nother.ts\n",
            "\u{feff}#extm3u\n",
            "ffconcat version 1.0\nfile other.mp4\n",
            "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 1 RTP/AVP 96\n",
            "<?xml version=\"1.0\"?>\n<MPD></MPD>",
            "[Reference]\nRef1=http://x\n",
        ] {
            assert!(playlist_kind(text.as_bytes()).is_some(), "{text}");
        }
        for other in ["v=0 is not enough", "<html></html>", "plain text", ""] {
            assert!(playlist_kind(other.as_bytes()).is_none(), "{other}");
        }
    }

    #[test]
    fn refusals_tell_empty_missing_and_noise_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.mp4");
        let code = |path: &Path| open(path).err().map(|e| e.code);
        assert_eq!(code(&path), Some(MediaCode::NotFound));
        std::fs::write(&path, b"").unwrap();
        assert_eq!(code(&path), Some(MediaCode::Empty));
        std::fs::write(&path, b"just some text that is no movie at all").unwrap();
        assert_eq!(code(&path), Some(MediaCode::NotMedia));
        std::fs::write(&path, b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\x01\0mdat").unwrap();
        assert_eq!(code(&path), Some(MediaCode::Truncated));
        assert_eq!(code(folder.path()), Some(MediaCode::NotMedia));
    }
}
