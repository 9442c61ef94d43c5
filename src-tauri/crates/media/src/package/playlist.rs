//! Playlist texts (RFC 8216). Names are relative and percent-encoded.

use std::fmt::Write as _;

use crate::types::{Ratio, rescale};

/// A part of a media playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// File name, not encoded.
    pub(crate) name: String,
    /// µs.
    pub(crate) duration_us: i64,
    /// Length and start, for I-frame playlists.
    pub(crate) range: Option<(u64, u64)>,
}

/// A media playlist with initialisation section `init.mp4`; an I-frame playlist when entries have
/// byte ranges.
pub(crate) fn media(target_seconds: u32, entries: &[Entry]) -> String {
    let i_frames = entries.iter().any(|entry| entry.range.is_some());
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{target_seconds}\n#EXT-X-MEDIA-SEQUENCE:1\n\
         #EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n"
    );
    if i_frames {
        text.push_str("#EXT-X-I-FRAMES-ONLY\n");
    }
    text.push_str("#EXT-X-MAP:URI=\"init.mp4\"\n");
    for entry in entries {
        let _infallible = writeln!(text, "#EXTINF:{},", seconds(entry.duration_us));
        if let Some((length, start)) = entry.range {
            let _infallible = writeln!(text, "#EXT-X-BYTERANGE:{length}@{start}");
        }
        let _infallible = writeln!(text, "{}", escaped(&entry.name));
    }
    text.push_str("#EXT-X-ENDLIST\n");
    text
}

fn seconds(us: i64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}

/// A variant in the multivariant playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variant {
    /// Folder.
    pub(crate) id: String,
    /// Peak and average bit rate in bit/s, audio included.
    pub(crate) bandwidth: (u64, u64),
    /// The same of the I-frame playlist, if there is one.
    pub(crate) i_frames: Option<(u64, u64)>,
    /// Codec of the picture.
    pub(crate) codecs: String,
    /// Display size in pixels.
    pub(crate) resolution: (u32, u32),
    /// Frames per second.
    pub(crate) rate: Ratio,
    /// `SDR`, `HLG` or `PQ`.
    pub(crate) range: &'static str,
}

/// An audio rendition in the multivariant playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AudioRendition {
    /// Folder.
    pub(crate) id: String,
    /// For people.
    pub(crate) name: String,
    /// RFC 5646.
    pub(crate) language: Option<String>,
    /// Number of channels.
    pub(crate) channels: u32,
    /// Codec.
    pub(crate) codecs: String,
}

/// The multivariant playlist. The first audio rendition is the default.
pub(crate) fn multivariant(variants: &[Variant], audio: &[AudioRendition], captions: bool) -> String {
    let mut text = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n".to_owned();
    for (n, rendition) in audio.iter().enumerate() {
        let _infallible =
            write!(text, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"{}\"", quotable(&rendition.name));
        if let Some(language) = &rendition.language {
            let _infallible = write!(text, ",LANGUAGE=\"{}\"", quotable(language));
        }
        let default = if n == 0 { "YES" } else { "NO" };
        let _infallible = writeln!(
            text,
            ",DEFAULT={default},AUTOSELECT=YES,CHANNELS=\"{}\",URI=\"{}/playlist.m3u8\"",
            rendition.channels,
            escaped(&rendition.id)
        );
    }
    if captions {
        text.push_str("#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"captions\",NAME=\"CC1\",AUTOSELECT=YES,INSTREAM-ID=\"CC1\"\n");
    }
    let mut sound: Vec<&str> = audio.iter().map(|a| a.codecs.as_str()).collect();
    sound.sort_unstable();
    sound.dedup();
    for variant in variants {
        let codecs: Vec<&str> = [variant.codecs.as_str()].into_iter().chain(sound.iter().copied()).collect();
        let _infallible = writeln!(
            text,
            "#EXT-X-STREAM-INF:{},FRAME-RATE={}{},CLOSED-CAPTIONS={}\n{}/playlist.m3u8",
            attributes(variant, variant.bandwidth, &codecs.join(",")),
            rate(variant.rate),
            if audio.is_empty() { "" } else { ",AUDIO=\"audio\"" },
            if captions { "\"captions\"" } else { "NONE" },
            escaped(&variant.id)
        );
    }
    for variant in variants {
        if let Some(bandwidth) = variant.i_frames {
            let _infallible = writeln!(
                text,
                "#EXT-X-I-FRAME-STREAM-INF:{},URI=\"{}/iframes.m3u8\"",
                attributes(variant, bandwidth, &variant.codecs),
                escaped(&variant.id)
            );
        }
    }
    text
}

fn attributes(variant: &Variant, (peak, average): (u64, u64), codecs: &str) -> String {
    let (width, height) = variant.resolution;
    let range = variant.range;
    format!(
        "BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},CODECS=\"{codecs}\",RESOLUTION={width}x{height},VIDEO-RANGE={range}"
    )
}

/// Three decimals, rounded.
fn rate(rate: Ratio) -> String {
    let thousandths = rescale(1, Ratio::new(rate.num, rate.den), Ratio::new(1, 1_000));
    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}

/// Quoted strings may hold neither quotation marks nor line breaks.
fn quotable(text: &str) -> String {
    text.chars().map(|c| if c == '"' || c.is_control() { '\'' } else { c }).collect()
}

/// Percent-encodes everything but unreserved characters (RFC 3986, 2.3).
pub(crate) fn escaped(name: &str) -> String {
    name.bytes().fold(String::with_capacity(name.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _infallible = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_playlists_read_as_specified() {
        let entry = |name: &str, duration_us, range| Entry { name: name.into(), duration_us, range };
        let text = media(6, &[entry("seg00001.m4s", 6_006_000, None), entry("seg 2.m4s", 40_000, None)]);
        assert_eq!(
            text,
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-PLAYLIST-TYPE:VOD\n\
             #EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:6.006000,\nseg00001.m4s\n\
             #EXTINF:0.040000,\nseg%202.m4s\n#EXT-X-ENDLIST\n"
        );
        let text = media(6, &[entry("seg00001.m4s", 2_002_000, Some((900, 0)))]);
        assert!(text.contains("#EXT-X-I-FRAMES-ONLY\n"));
        assert!(text.contains("#EXTINF:2.002000,\n#EXT-X-BYTERANGE:900@0\nseg00001.m4s\n"));
    }

    #[test]
    fn the_multivariant_playlist_reads_as_specified() {
        let variant = Variant {
            id: "720 p".into(),
            bandwidth: (3_000_000, 2_500_000),
            i_frames: Some((400_000, 300_000)),
            codecs: "avc1.64001f".into(),
            resolution: (1280, 720),
            rate: Ratio::new(30_000, 1_001),
            range: "SDR",
        };
        let audio = AudioRendition {
            id: "main".into(),
            name: "Say \"hi\"".into(),
            language: Some("en".into()),
            channels: 2,
            codecs: "mp4a.40.2".into(),
        };
        assert_eq!(
            multivariant(&[variant], &[audio], false),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n\
             #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Say 'hi'\",LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,\
             CHANNELS=\"2\",URI=\"main/playlist.m3u8\"\n\
             #EXT-X-STREAM-INF:BANDWIDTH=3000000,AVERAGE-BANDWIDTH=2500000,CODECS=\"avc1.64001f,mp4a.40.2\",\
             RESOLUTION=1280x720,VIDEO-RANGE=SDR,FRAME-RATE=29.970,AUDIO=\"audio\",CLOSED-CAPTIONS=NONE\n\
             720%20p/playlist.m3u8\n\
             #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=400000,AVERAGE-BANDWIDTH=300000,CODECS=\"avc1.64001f\",\
             RESOLUTION=1280x720,VIDEO-RANGE=SDR,URI=\"720%20p/iframes.m3u8\"\n"
        );
    }
}
