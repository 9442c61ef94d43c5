//! Reading playlists (RFC 8216), strictly: what a player must not guess is an error here.

use std::path::{Component, Path, PathBuf};

use crate::types::{MediaCode, MediaError};

/// Largest playlist in bytes.
const LARGEST: u64 = 16 << 20;

/// A media playlist.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Media {
    pub(super) target_seconds: u32,
    pub(super) independent: bool,
    pub(super) ended: bool,
    pub(super) i_frames_only: bool,
    /// Address of the initialisation section.
    pub(super) map: Option<String>,
    pub(super) segments: Vec<Segment>,
}

/// A segment, or a byte range of one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Segment {
    pub(super) uri: String,
    pub(super) seconds: f64,
    /// Length and start.
    pub(super) range: Option<(u64, u64)>,
}

/// A multivariant playlist.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Multivariant {
    pub(super) variants: Vec<Entry>,
    pub(super) i_frames: Vec<Entry>,
    /// Renditions with an address of their own.
    pub(super) audio: Vec<Entry>,
}

/// An address with its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) uri: String,
    attributes: Vec<(String, String)>,
}

impl Entry {
    /// An address without attributes.
    pub(super) fn plain(uri: String) -> Self {
        Self { uri, attributes: Vec::new() }
    }

    /// An attribute, quotation marks taken off.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A decimal integer.
    pub(super) fn number(&self, name: &str) -> u64 {
        self.get(name).and_then(|value| value.parse().ok()).unwrap_or(0)
    }
}

/// Reads a playlist's text.
pub(super) fn text_of(path: &Path) -> Result<String, MediaError> {
    let size = std::fs::metadata(path)?.len();
    if size > LARGEST {
        return Err(wrong(0, "it is too large"));
    }
    let text = String::from_utf8(std::fs::read(path)?).map_err(|_| wrong(0, "it is not UTF-8"))?;
    if text.lines().next() != Some("#EXTM3U") {
        return Err(wrong(1, "it does not start with #EXTM3U"));
    }
    Ok(text)
}

/// Whether this is a multivariant playlist.
pub(super) fn is_multivariant(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("#EXT-X-STREAM-INF:"))
}

/// Reads a media playlist.
pub(super) fn media(text: &str) -> Result<Media, MediaError> {
    let mut media = Media::default();
    let mut duration = None;
    let mut range = None;
    for (n, line) in lines(text) {
        let tag = |name: &str| line.strip_prefix(name);
        if let Some(value) = tag("#EXT-X-TARGETDURATION:") {
            media.target_seconds =
                value.parse().map_err(|_| wrong(n, "the target duration is no integer"))?;
        } else if let Some(value) = tag("#EXTINF:") {
            let seconds: f64 = value
                .split(',')
                .next()
                .and_then(|seconds| seconds.parse().ok())
                .filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0)
                .ok_or_else(|| wrong(n, "the duration is no number"))?;
            duration = Some(seconds);
        } else if let Some(value) = tag("#EXT-X-BYTERANGE:") {
            range = Some(byte_range(value).ok_or_else(|| wrong(n, "the byte range is not LENGTH@START"))?);
        } else if let Some(value) = tag("#EXT-X-MAP:") {
            let entry = attributes(value).ok_or_else(|| wrong(n, "the attributes cannot be read"))?;
            if entry.iter().any(|(key, _)| key == "BYTERANGE") {
                return Err(wrong(n, "initialisation sections inside of other files are not supported"));
            }
            if media.map.is_some() {
                return Err(wrong(n, "a second initialisation section is not supported"));
            }
            media.map = entry.into_iter().find(|(key, _)| key == "URI").map(|(_, uri)| uri);
        } else if line == "#EXT-X-ENDLIST" {
            media.ended = true;
        } else if line == "#EXT-X-INDEPENDENT-SEGMENTS" {
            media.independent = true;
        } else if line == "#EXT-X-I-FRAMES-ONLY" {
            media.i_frames_only = true;
        } else if line.starts_with("#EXT-X-KEY:") && line != "#EXT-X-KEY:METHOD=NONE" {
            return Err(MediaError::new(MediaCode::Encrypted, "the segments are encrypted"));
        } else if !line.starts_with('#') {
            let seconds = duration.take().ok_or_else(|| wrong(n, "a segment has no duration"))?;
            media.segments.push(Segment { uri: line.to_owned(), seconds, range: range.take() });
        }
    }
    if duration.is_some() || range.is_some() {
        return Err(wrong(0, "it ends before the address of its last segment"));
    }
    Ok(media)
}

/// Reads a multivariant playlist.
pub(super) fn multivariant(text: &str) -> Result<Multivariant, MediaError> {
    let mut found = Multivariant::default();
    let mut waiting = None;
    for (n, line) in lines(text) {
        let read = |value: &str| attributes(value).ok_or_else(|| wrong(n, "the attributes cannot be read"));
        let addressed = |attributes: Vec<(String, String)>| {
            let uri = attributes.iter().find(|(key, _)| key == "URI").map(|(_, uri)| uri.clone());
            uri.map(|uri| Entry { uri, attributes })
        };
        if let Some(value) = line.strip_prefix("#EXT-X-STREAM-INF:") {
            waiting = Some(read(value)?);
        } else if let Some(value) = line.strip_prefix("#EXT-X-I-FRAME-STREAM-INF:") {
            found.i_frames.extend(addressed(read(value)?));
        } else if let Some(value) = line.strip_prefix("#EXT-X-MEDIA:") {
            let attributes = read(value)?;
            if attributes.iter().any(|(key, value)| key == "TYPE" && value == "AUDIO") {
                found.audio.extend(addressed(attributes));
            }
        } else if !line.starts_with('#') {
            let attributes = waiting.take().ok_or_else(|| wrong(n, "an address has no #EXT-X-STREAM-INF"))?;
            found.variants.push(Entry { uri: line.to_owned(), attributes });
        }
    }
    if waiting.is_some() {
        return Err(wrong(0, "it ends before the address of its last variant"));
    }
    Ok(found)
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(n, line)| (n + 1, line.trim_end())).filter(|(_, line)| !line.is_empty())
}

fn byte_range(value: &str) -> Option<(u64, u64)> {
    let (length, start) = value.split_once('@')?;
    Some((length.parse().ok()?, start.parse().ok()?))
}

/// An attribute list: `NAME=value` or `NAME="value"`, separated by commas.
fn attributes(list: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut rest = list;
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let (value, tail) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_at(after.find(',').unwrap_or(after.len())),
        };
        found.push((name.trim().to_owned(), value.to_owned()));
        rest = match tail.strip_prefix(',') {
            Some(more) => more,
            None if tail.is_empty() => tail,
            None => return None,
        };
    }
    Some(found)
}

/// The file that an address means, below `root`; addresses that lead anywhere else are refused.
pub(super) fn resolve(root: &Path, from: &Path, uri: &str) -> Result<PathBuf, MediaError> {
    let refused = |why: &str| {
        MediaError::new(
            MediaCode::Playlist,
            format!("the playlist points to {uri:?}: {why}; it was not followed"),
        )
    };
    let name = unescaped(uri).ok_or_else(|| refused("it is not a valid address"))?;
    let relative = Path::new(&name);
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    if name.is_empty() || name.contains(['\0', '\\', '?', '#']) || name.contains("://") || !plain {
        return Err(refused("only names below the folder of the playlist are allowed"));
    }
    let path = from.parent().unwrap_or(root).join(relative);
    let real = path.canonicalize().map_err(|error| {
        let error = MediaError::from(error);
        MediaError { message: format!("{uri:?} in the playlist: {}", error.message), ..error }
    })?;
    if !real.starts_with(root.canonicalize()?) {
        return Err(refused("a link leads out of the folder"));
    }
    Ok(path)
}

fn unescaped(uri: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(uri.len());
    let mut rest = uri.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn wrong(line: usize, why: &str) -> MediaError {
    let place = if line == 0 { String::new() } else { format!(" (line {line})") };
    MediaError::new(MediaCode::NotMedia, format!("the HLS playlist cannot be read{place}: {why}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn attribute_lists_are_read() {
        let list = attributes("BANDWIDTH=12,CODECS=\"a,b\",URI=\"x.m3u8\"").unwrap();
        let entry = Entry { uri: String::new(), attributes: list };
        assert_eq!(
            (entry.number("BANDWIDTH"), entry.get("CODECS"), entry.get("URI")),
            (12, Some("a,b"), Some("x.m3u8"))
        );
        assert_eq!(attributes("A=\"b\"c"), None);
        assert_eq!(attributes("A=\"b"), None);
    }

    #[test]
    fn media_playlists_must_be_whole() {
        let text = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:6.006,\n#EXT-X-BYTERANGE:9@4\na.m4s\n#EXT-X-ENDLIST\n";
        let read = media(text).unwrap();
        assert_eq!(read.segments, [Segment { uri: "a.m4s".into(), seconds: 6.006, range: Some((9, 4)) }]);
        assert!(read.ended && read.map.as_deref() == Some("init.mp4"));
        assert!(media("#EXTM3U\n#EXTINF:6,\n").is_err());
        assert!(media("#EXTM3U\na.m4s\n").is_err());
        assert!(media("#EXTM3U\n#EXTINF:nan,\na.m4s\n").is_err());
    }

    #[test]
    fn nothing_outside_of_the_folder_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("show");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(root.join("a b.m4s"), "x").unwrap();
        std::fs::write(folder.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret"), root.join("link.m4s")).unwrap();
        let list = root.join("show.m3u8");
        assert_eq!(resolve(&root, &list, "a%20b.m4s").unwrap(), root.join("a b.m4s"));
        for uri in [
            "../secret",
            "%2e%2e/secret",
            "/etc/passwd",
            "http://x/y",
            "file:///etc/passwd",
            "link.m4s",
            "",
            "a/../../secret",
            "%00",
            "%zz",
        ] {
            assert!(resolve(&root, &list, uri).is_err(), "{uri}");
        }
        assert_eq!(resolve(&root, &list, "gone.m4s").unwrap_err().code, MediaCode::NotFound);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(#EXT[A-Z:=,\"@-]{0,20}|[ -~]{0,12}|\n){0,30}") {
            let _read = media(&text);
            let _read = multivariant(&text);
        }
    }
}
