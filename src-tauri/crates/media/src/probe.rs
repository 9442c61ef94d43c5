//! Facts of a source, from its headers and its first decoded frames.

use std::path::Path;

use ffmpeg_next::ffi::AVFieldOrder;

use crate::{
    facts::{AudioStream, OtherStream, Probe, VideoStream},
    ff::{Decoder, Frame, Input, Next, Packet, StreamRef},
    open::{open, scrambled_share},
    types::{ColorTags, FieldOrder, MediaCode, MediaError, Ratio},
};

/// Frames decoded of each picture stream.
const LOOK_FRAMES: u32 = 8;
/// Packets read at most while looking.
const LOOK_PACKETS: u32 = 4_000;
/// Bytes read at most while looking.
const LOOK_BYTES: usize = 256 << 20;
/// Largest picture side in pixels.
const LARGEST_SIDE: u32 = 16_384;

/// Opens a file and looks at it.
pub(crate) fn probe(path: &Path) -> Result<(Probe, Input), MediaError> {
    let bytes = std::fs::metadata(path)?.len();
    let mut input = open(path)?;
    let (probe, locked) = describe(&mut input, bytes)?;
    encrypted(path, &input, &probe, locked)?;
    Ok((probe, input))
}

/// Looks at an open file; the second value tells whether pictures are encrypted.
pub(crate) fn describe(input: &mut Input, bytes: u64) -> Result<(Probe, bool), MediaError> {
    let mut probe = headers(input, bytes);
    bounds(&probe)?;
    let mut looks = looks(input);
    let locked = look(input, &mut looks)?;
    apply(&mut probe, looks);
    probe.timecode = timecode(input);
    Ok((probe, locked))
}

fn headers(input: &Input, bytes: u64) -> Probe {
    let mut probe = Probe {
        format: input.format(),
        bytes,
        duration_us: input.duration_us(),
        video: Vec::new(),
        audio: Vec::new(),
        other: Vec::new(),
        chapters: u32::try_from(input.chapters().len()).unwrap_or(u32::MAX),
        tags: input.tags().into_iter().filter(|(key, _)| is_worth_carrying(key)).collect(),
        timecode: None,
        notes: Vec::new(),
    };
    for stream in input.streams() {
        let params = stream.params();
        if params.is_video() && stream.is_cover_art() {
            probe.notes.push(format!("Stream {} is cover art and is left out.", stream.index()));
        } else if params.is_video() {
            probe.video.push(video(stream));
        } else if params.is_audio() {
            probe.audio.push(audio(stream));
        } else {
            probe.other.push(other(stream));
        }
    }
    probe
}

/// Place, device and people stay out: they are nobody's business but the owner's.
fn is_worth_carrying(key: &str) -> bool {
    matches!(key, "title" | "creation_time" | "artist" | "album" | "comment" | "copyright" | "genre" | "date")
}

fn video(stream: StreamRef<'_>) -> VideoStream {
    let params = stream.params();
    let pixel_format = params.pixel_format().unwrap_or_default();
    VideoStream {
        index: stream.index(),
        codec: params.codec(),
        profile: params.profile(),
        level: params.level(),
        tag: params.tag(),
        width: params.width(),
        height: params.height(),
        bit_depth: crate::ff::names::bit_depth(&pixel_format),
        alpha: crate::ff::names::has_alpha(&pixel_format),
        pixel_format,
        sample_aspect: params.sample_aspect(),
        rotation: stream.rotation(),
        field_order: match params.field_order() {
            AVFieldOrder::AV_FIELD_TT | AVFieldOrder::AV_FIELD_TB => FieldOrder::TopFirst,
            AVFieldOrder::AV_FIELD_BB | AVFieldOrder::AV_FIELD_BT => FieldOrder::BottomFirst,
            _ => FieldOrder::Progressive,
        },
        time_base: stream.time_base(),
        average_rate: stream.average_rate(),
        nominal_rate: stream.nominal_rate(),
        start: stream.start(),
        bit_rate: params.bit_rate(),
        color: params.color(),
        hdr: stream.hdr(),
        captions: false,
        language: language(stream),
        decodable: false,
    }
}

fn audio(stream: StreamRef<'_>) -> AudioStream {
    let params = stream.params();
    AudioStream {
        index: stream.index(),
        codec: params.codec(),
        profile: params.profile(),
        sample_rate: params.sample_rate(),
        channels: params.channels(),
        layout: params.layout(),
        time_base: stream.time_base(),
        start: stream.start(),
        duration: stream.duration(),
        bit_rate: params.bit_rate(),
        language: language(stream),
        title: stream.tag("title"),
        default: stream.is_default(),
        decodable: false,
    }
}

fn other(stream: StreamRef<'_>) -> OtherStream {
    let params = stream.params();
    let kind = if params.is_subtitle() {
        "subtitle"
    } else if params.is_attachment() {
        "attachment"
    } else {
        "data"
    };
    let codec = match params.codec() {
        name if matches!(name.as_str(), "none" | "unknown" | "bin_data" | "") => params.tag(),
        name => name,
    };
    OtherStream { index: stream.index(), kind: kind.into(), codec, language: language(stream) }
}

fn language(stream: StreamRef<'_>) -> Option<String> {
    stream.tag("language").filter(|l| !l.is_empty() && l != "und")
}

/// Bounds that hold before anything is allocated for pictures.
fn bounds(probe: &Probe) -> Result<(), MediaError> {
    for video in &probe.video {
        if video.width > LARGEST_SIDE || video.height > LARGEST_SIDE {
            let message = format!(
                "the picture is {} × {} pixels; at most {LARGEST_SIDE} × {LARGEST_SIDE} are taken",
                video.width, video.height
            );
            return Err(MediaError::new(MediaCode::TooLarge, message));
        }
    }
    Ok(())
}

/// What the first frames of a stream tell.
struct Look {
    stream: usize,
    video: bool,
    decoder: Option<Decoder>,
    frames: u32,
    packets: u32,
    interlaced: u32,
    top_first: u32,
    captions: bool,
    first: Option<First>,
}

struct First {
    width: u32,
    height: u32,
    pixel_format: String,
    aspect: Ratio,
    color: ColorTags,
    hdr: Option<crate::types::Hdr>,
    sample_rate: u32,
    channels: u32,
    layout: String,
}

fn looks(input: &Input) -> Vec<Look> {
    input
        .streams()
        .filter(|s| !s.is_cover_art())
        .filter_map(|stream| {
            let params = stream.params();
            let video = params.is_video();
            (video || params.is_audio()).then(|| Look {
                stream: stream.index(),
                video,
                decoder: Decoder::open(&params, stream.time_base(), 1).ok(),
                frames: 0,
                packets: 0,
                interlaced: 0,
                top_first: 0,
                captions: false,
                first: None,
            })
        })
        .collect()
}

impl Look {
    fn satisfied(&self) -> bool {
        self.decoder.is_none() || self.frames >= if self.video { LOOK_FRAMES } else { 1 }
    }

    fn feed(&mut self, packet: Option<&Packet>) {
        let Some(decoder) = self.decoder.as_mut() else { return };
        self.packets += 1;
        // Errors here only mean that this packet gives nothing; whether anything comes is the answer.
        let _taken = decoder.send(packet);
        let mut frame = Frame::new();
        while let Ok(Next::Item) = decoder.receive(&mut frame) {
            self.frames += 1;
            self.interlaced += u32::from(frame.is_interlaced());
            self.top_first += u32::from(frame.is_top_first());
            self.captions |= frame.has_captions();
            if self.first.is_none() {
                self.first = Some(First {
                    width: frame.width(),
                    height: frame.height(),
                    pixel_format: if self.video {
                        frame.pixel_format().unwrap_or_default()
                    } else {
                        String::new()
                    },
                    aspect: frame.sample_aspect(),
                    color: frame.color(),
                    hdr: frame.hdr(),
                    sample_rate: frame.sample_rate(),
                    channels: frame.channels(),
                    layout: if self.video { String::new() } else { frame.layout() },
                });
            }
        }
    }
}

/// Feeds packets to the decoders until each has shown enough; tells whether any picture is encrypted.
fn look(input: &mut Input, looks: &mut [Look]) -> Result<bool, MediaError> {
    let mut packet = Packet::new();
    let mut locked = false;
    let (mut packets, mut bytes) = (0, 0);
    while packets < LOOK_PACKETS && bytes < LOOK_BYTES && !looks.iter().all(Look::satisfied) {
        if input.read(&mut packet)? == Next::End {
            for look in looks.iter_mut().filter(|l| !l.satisfied()) {
                look.feed(None);
            }
            break;
        }
        packets += 1;
        bytes += packet.data().len();
        if let Some(look) = looks.iter_mut().find(|l| l.stream == packet.stream()) {
            locked |= look.video && packet.is_encrypted();
            if !look.satisfied() {
                look.feed(Some(&packet));
            }
        }
    }
    Ok(locked)
}

fn apply(probe: &mut Probe, looks: Vec<Look>) {
    for look in looks {
        let Some(first) = look.first else { continue };
        if let Some(video) = probe.video.iter_mut().find(|v| v.index == look.stream) {
            video.decodable = true;
            video.width = first.width;
            video.height = first.height;
            video.bit_depth = crate::ff::names::bit_depth(&first.pixel_format);
            video.alpha = crate::ff::names::has_alpha(&first.pixel_format);
            video.pixel_format = first.pixel_format;
            if first.aspect.num > 0 && video.sample_aspect == Ratio::new(1, 1) {
                video.sample_aspect = first.aspect;
            }
            video.color = merged(&video.color, first.color);
            video.hdr = video.hdr.take().or(first.hdr);
            video.captions = look.captions;
            if look.interlaced > 0 {
                let top = look.top_first * 2 >= look.interlaced;
                video.field_order = if top { FieldOrder::TopFirst } else { FieldOrder::BottomFirst };
            } else {
                video.field_order = FieldOrder::Progressive;
            }
        }
        if let Some(audio) = probe.audio.iter_mut().find(|a| a.index == look.stream) {
            audio.decodable = first.sample_rate > 0 && first.channels > 0;
            audio.sample_rate = first.sample_rate;
            audio.channels = first.channels;
            audio.layout = first.layout;
        }
    }
}

/// Header values first: a container that states a colour overrules the codec's.
fn merged(header: &ColorTags, frame: ColorTags) -> ColorTags {
    ColorTags {
        primaries: header.primaries.clone().or(frame.primaries),
        transfer: header.transfer.clone().or(frame.transfer),
        matrix: header.matrix.clone().or(frame.matrix),
        range: header.range.clone().or(frame.range),
        chroma_location: header.chroma_location.clone().or(frame.chroma_location),
    }
}

fn encrypted(path: &Path, input: &Input, probe: &Probe, locked: bool) -> Result<(), MediaError> {
    let any_picture = probe.video.iter().any(|v| v.decodable);
    let declared = input.streams().any(|s| {
        let tag = s.params().tag();
        s.is_encrypted() || matches!(tag.as_str(), "encv" | "drmi" | "drms")
    });
    if locked || (declared && !any_picture) {
        return Err(MediaError::new(
            MediaCode::Encrypted,
            "the media is encrypted (Common Encryption) and there is no key",
        ));
    }
    if !any_picture && scrambled_share(path).is_some_and(|share| share > 0.5) {
        return Err(MediaError::new(
            MediaCode::Encrypted,
            "the transport stream is scrambled and there is no key",
        ));
    }
    Ok(())
}

/// Start timecode from a tmcd track or a tag of container or picture.
pub(crate) fn timecode(input: &Input) -> Option<String> {
    let of_streams = |want: &dyn Fn(&StreamRef<'_>) -> bool| {
        input.streams().filter(|s| want(s)).find_map(|s| s.tag("timecode"))
    };
    of_streams(&|s| s.params().tag() == "tmcd")
        .or_else(|| of_streams(&|s| s.params().is_video()))
        .or_else(|| input.tags().into_iter().find(|(k, _)| k == "timecode").map(|(_, v)| v))
        .filter(|t| is_timecode(t))
}

/// `HH:MM:SS:FF`, with `;` or `.` before the frames for drop frame (SMPTE ST 12-1).
fn is_timecode(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 11
        && bytes.iter().enumerate().all(|(n, b)| match n {
            2 | 5 => *b == b':',
            8 => matches!(b, b':' | b';' | b'.'),
            _ => b.is_ascii_digit(),
        })
}
