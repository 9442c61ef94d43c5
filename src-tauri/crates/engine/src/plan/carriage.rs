//! What becomes of everything a source carries, and whether the profile allows what is lost.

use spillway_media::{
    facts::{OtherStream, VideoStream},
    types::FieldOrder,
};
use spillway_profile::{AudioFit, Container, Loss, Output, Profile, VideoCodec};

use super::{
    Carriage, Fate, SourceFacts,
    audio::{self, Clock, Programme},
    color,
    number::whole,
    picture::PictureWork,
    pixel::PixelFormat,
    timing::Timing,
};
use crate::failure::{Code, Failure};

/// All that decides what an output carries.
pub(super) struct Journey<'a> {
    /// What is made.
    pub output: &'a Output,
    /// From what.
    pub source: &'a SourceFacts<'a>,
    /// Its picture.
    pub stream: &'a VideoStream,
    /// When frames are shown.
    pub timing: &'a Timing,
    /// How the picture is encoded.
    pub work: &'a PictureWork,
    /// Its packets are copied instead.
    pub copied: bool,
    /// Audio.
    pub programmes: &'a [Programme<'a>],
    /// Span of the picture.
    pub clock: Clock,
    /// Timecode that is written.
    pub timecode: Option<&'a str>,
}

impl Journey<'_> {
    /// One entry for each thing that the source has.
    pub(super) fn carriage(&self) -> Vec<Carriage> {
        let mut all = vec![self.resolution(), self.precision(), self.color()];
        all.extend(self.hdr());
        all.push(self.frame_timing());
        all.extend(self.interlacing());
        all.extend(self.alpha());
        all.extend(self.captions());
        all.extend(self.timecode());
        all.extend(self.audio_streams());
        all.extend(self.audio_channels());
        all.extend(self.audio_tail());
        all.extend(self.languages());
        all.extend(self.subtitles());
        all.extend(self.chapters());
        all.extend(self.data());
        all
    }

    fn settings(&self) -> Option<&spillway_media::task::VideoSettings> {
        self.work.renditions.first().map(|rendition| &rendition.video)
    }

    fn resolution(&self) -> Carriage {
        let from = format!("{} × {}", self.stream.width, self.stream.height);
        match self.settings().filter(|_| !self.copied) {
            Some(video) if self.work.reduced => entry(
                Loss::Resolution,
                Fate::Converted,
                format!("{from} made {} × {}.", video.width, video.height),
            ),
            Some(video) if (video.width, video.height) != (self.stream.width, self.stream.height) => entry(
                Loss::Resolution,
                Fate::Carried,
                format!("{from} shown as {} × {}, nothing scaled down.", video.width, video.height),
            ),
            _ => entry(Loss::Resolution, Fate::Carried, format!("{from}.")),
        }
    }

    fn precision(&self) -> Carriage {
        let name = &self.stream.pixel_format;
        let out = self.settings().filter(|_| !self.copied).map(|video| &video.pixel_format);
        let Some(out) = out.filter(|out| *out != name) else {
            return entry(Loss::Precision, Fate::Carried, format!("Pixels stay {name}."));
        };
        let (from, to) = (PixelFormat::parse(name), PixelFormat::parse(out));
        let less = to.bits < self.stream.bit_depth.max(from.bits) || to.chroma < from.chroma;
        let fate = if less { Fate::Converted } else { Fate::Carried };
        entry(Loss::Precision, fate, format!("Pixels {name} become {out}."))
    }

    fn color(&self) -> Carriage {
        let plan = &self.work.color;
        let words = |tags: &spillway_media::types::ColorTags| {
            [&tags.primaries, &tags.transfer, &tags.matrix, &tags.range]
                .map(|tag| tag.clone().unwrap_or_else(|| "unset".to_owned()))
                .join("/")
        };
        // A mapped HDR source is one loss, told under HDR.
        if self.copied || plan.tone_map.is_some() || color::same(&plan.source, &plan.output) {
            return entry(Loss::Color, Fate::Carried, format!("Colour {}.", words(&plan.output)));
        }
        let text = format!("Colour {} becomes {}.", words(&plan.source), words(&plan.output));
        entry(Loss::Color, Fate::Converted, text)
    }

    fn hdr(&self) -> Option<Carriage> {
        let transfer = self.work.color.source.transfer.as_deref();
        let vision = self.stream.hdr.as_ref().is_some_and(|hdr| hdr.dolby_vision);
        if !color::is_hdr_transfer(transfer) && !vision {
            return None;
        }
        let transfer = if transfer == Some("arib-std-b67") { "HLG" } else { "PQ" };
        Some(if self.work.color.tone_map.is_some() {
            entry(Loss::Hdr, Fate::Converted, format!("HDR ({transfer}) mapped to SDR BT.709."))
        } else if vision && !self.copied {
            entry(Loss::Hdr, Fate::Lost, "Dolby Vision metadata left out; its base layer is kept.".to_owned())
        } else {
            entry(Loss::Hdr, Fate::Carried, format!("HDR ({transfer}) with its static metadata."))
        })
    }

    fn frame_timing(&self) -> Carriage {
        let timing = self.timing;
        if !timing.is_identity() || timing.made_constant {
            let text = format!(
                "Frames at {:.3} per second: {} repeated, {} left out.",
                timing.nominal.as_f64(),
                timing.repeated,
                timing.dropped
            );
            let fate = if timing.is_identity() { Fate::Carried } else { Fate::Converted };
            return entry(Loss::FrameTiming, fate, text);
        }
        if self.work.renditions.first().is_some_and(|rendition| rendition.every > 1) {
            let text = "Every second frame is left out.".to_owned();
            return entry(Loss::FrameTiming, Fate::Converted, text);
        }
        let text = match timing.rate {
            Some(rate) => format!("Every frame once, {}/{} per second.", rate.num, rate.den),
            None => "Every frame once, at its own time (variable rate).".to_owned(),
        };
        entry(Loss::FrameTiming, Fate::Carried, text)
    }

    fn interlacing(&self) -> Option<Carriage> {
        (self.stream.field_order != FieldOrder::Progressive).then(|| {
            if self.copied || self.work.keeps_fields {
                entry(Loss::Interlacing, Fate::Carried, "Fields kept with their order.".to_owned())
            } else {
                let text = "Fields become frames (deinterlaced, one frame per frame).".to_owned();
                entry(Loss::Interlacing, Fate::Converted, text)
            }
        })
    }

    fn alpha(&self) -> Option<Carriage> {
        let kept = || self.copied || PixelFormat::parse(&self.output.video.pixel_format).alpha;
        self.stream.alpha.then(|| {
            if kept() {
                entry(Loss::Alpha, Fate::Carried, "Transparency kept.".to_owned())
            } else {
                entry(Loss::Alpha, Fate::Lost, "Transparency left out.".to_owned())
            }
        })
    }

    fn captions(&self) -> Option<Carriage> {
        self.stream.captions.then(|| {
            let every_frame = self.timing.is_identity()
                && self.work.renditions.first().is_none_or(|rendition| rendition.every == 1);
            if self.copied || (self.output.video.codec == VideoCodec::H264 && every_frame) {
                entry(Loss::Captions, Fate::Carried, "CEA-608/708 captions kept in the picture.".to_owned())
            } else if self.output.video.codec == VideoCodec::H264 {
                // Caption bytes travel two per frame; leaving out frames tears words apart.
                let text = "CEA-608/708 captions left out: the frame rate changes.".to_owned();
                entry(Loss::Captions, Fate::Lost, text)
            } else {
                let text = "CEA-608/708 captions left out: the encoder cannot carry them.".to_owned();
                entry(Loss::Captions, Fate::Lost, text)
            }
        })
    }

    fn timecode(&self) -> Option<Carriage> {
        let from = self.source.probe.timecode.as_deref()?;
        Some(match self.timecode {
            Some(to) if to == from => entry(Loss::Timecode, Fate::Carried, format!("Start timecode {to}.")),
            Some(to) => {
                entry(Loss::Timecode, Fate::Carried, format!("Start timecode {from} counted as {to}."))
            }
            None => entry(Loss::Timecode, Fate::Lost, format!("Start timecode {from} left out.")),
        })
    }

    fn used(&self, stream: usize) -> bool {
        self.programmes.iter().flat_map(|programme| &programme.streams).any(|used| used.index == stream)
    }

    fn audio_streams(&self) -> Option<Carriage> {
        // What cannot be decoded is told by preflight; here only choices count.
        let decodable = self.source.probe.audio.iter().filter(|stream| stream.decodable);
        let (used, left_out): (Vec<_>, Vec<_>) = decodable.partition(|stream| self.used(stream.index));
        if left_out.is_empty() {
            return (!used.is_empty()).then(|| {
                entry(Loss::AudioStreams, Fate::Carried, format!("Audio streams: all {}.", used.len()))
            });
        }
        let names: Vec<String> = left_out
            .iter()
            .map(|stream| format!("{} ({}, {})", stream.index, stream.codec, stream.layout))
            .collect();
        let text = format!(
            "{} of {} audio streams left out: {}.",
            names.len(),
            names.len() + used.len(),
            names.join(", ")
        );
        Some(entry(Loss::AudioStreams, Fate::Lost, text))
    }

    fn audio_channels(&self) -> Option<Carriage> {
        let mut folded = Vec::new();
        let mut kept = Vec::new();
        for programme in self.programmes {
            for stream in &programme.streams {
                match audio::channels(programme.audio, stream) {
                    Some(n) if n < stream.channels => folded.push(format!("{} to {n}", stream.channels)),
                    _ => kept.push(stream.channels.to_string()),
                }
            }
        }
        if folded.is_empty() {
            return (!kept.is_empty()).then(|| {
                entry(Loss::AudioChannels, Fate::Carried, format!("Audio channels: {}.", kept.join(", ")))
            });
        }
        let text = format!("Audio channels folded down: {}.", folded.join(", "));
        Some(entry(Loss::AudioChannels, Fate::Converted, text))
    }

    fn audio_tail(&self) -> Option<Carriage> {
        let cut = self.programmes.iter().flat_map(|programme| {
            let filled = audio::is_strict(self.output) || programme.audio.fit == AudioFit::Picture;
            programme.streams.iter().filter(move |_| filled)
        });
        let longest = cut.filter_map(|stream| audio::overhang(stream, self.clock)).max_by(f64::total_cmp)?;
        let text = format!("{} ms of sound beyond the picture cut off.", whole(longest * 1_000.0));
        Some(entry(Loss::AudioTail, Fate::Converted, text))
    }

    fn languages(&self) -> Option<Carriage> {
        let audio = self.programmes.iter().flat_map(|p| &p.streams).map(|stream| stream.language.as_deref());
        let picture = (self.output.container != Container::Hls).then_some(self.stream.language.as_deref());
        let mut codes: Vec<String> = audio.chain(picture).filter_map(audio::language).collect();
        codes.dedup();
        (!codes.is_empty())
            .then(|| entry(Loss::Languages, Fate::Carried, format!("Languages: {}.", codes.join(", "))))
    }

    fn subtitles(&self) -> Option<Carriage> {
        let lost: Vec<String> = self.others("subtitle").map(|stream| stream.codec.clone()).collect();
        (!lost.is_empty()).then(|| {
            let text = format!("{} subtitle streams left out ({}).", lost.len(), lost.join(", "));
            entry(Loss::Subtitles, Fate::Lost, text)
        })
    }

    fn others(&self, kind: &'static str) -> impl Iterator<Item = &OtherStream> {
        self.source.probe.other.iter().filter(move |stream| stream.kind == kind)
    }

    fn chapters(&self) -> Option<Carriage> {
        let count = self.source.probe.chapters;
        (count > 0).then(|| {
            if self.output.container == Container::Hls {
                entry(Loss::Chapters, Fate::Lost, format!("{count} chapters left out: HLS has none."))
            } else {
                entry(Loss::Chapters, Fate::Carried, format!("{count} chapters."))
            }
        })
    }

    fn data(&self) -> Option<Carriage> {
        // Timecode and chapter tracks show up as data streams; they have entries of their own.
        let known = |stream: &&OtherStream| {
            stream.codec == "tmcd"
                || (self.source.probe.chapters > 0 && matches!(stream.codec.as_str(), "bin_data" | "text"))
        };
        let lost: Vec<String> =
            self.others("data").filter(|stream| !known(stream)).map(|stream| stream.codec.clone()).collect();
        (!lost.is_empty()).then(|| {
            let text = format!("{} data streams left out ({}).", lost.len(), lost.join(", "));
            entry(Loss::Data, Fate::Lost, text)
        })
    }
}

fn entry(what: Loss, fate: Fate, text: String) -> Carriage {
    Carriage { what, fate, text }
}

/// The profile's name of a loss.
pub(crate) fn loss_name(loss: Loss) -> &'static str {
    match loss {
        Loss::Timecode => "timecode",
        Loss::Captions => "captions",
        Loss::Subtitles => "subtitles",
        Loss::Hdr => "hdr",
        Loss::Color => "color",
        Loss::AudioChannels => "audio-channels",
        Loss::AudioStreams => "audio-streams",
        Loss::Languages => "languages",
        Loss::Chapters => "chapters",
        Loss::Interlacing => "interlacing",
        Loss::Alpha => "alpha",
        Loss::Precision => "precision",
        Loss::Resolution => "resolution",
        Loss::FrameTiming => "frame-timing",
        Loss::Data => "data",
        Loss::AudioTail => "audio-tail",
    }
}

/// The failure of a job that would lose or change what the profile does not declare.
pub(super) fn undeclared<'a>(
    profile: &Profile,
    file: &str,
    outputs: impl Iterator<Item = (&'a str, &'a [Carriage])>,
) -> Option<Box<Failure>> {
    let mut lines = Vec::new();
    let mut names = Vec::new();
    for (id, carriage) in outputs {
        for item in carriage {
            if item.fate == Fate::Carried || profile.may_lose.contains(&item.what) {
                continue;
            }
            lines.push(format!("output {id}: {}: {}", loss_name(item.what), item.text));
            if !names.contains(&loss_name(item.what)) {
                names.push(loss_name(item.what));
            }
        }
    }
    (!lines.is_empty()).then(|| {
        Box::new(Failure {
            code: Code::UndeclaredLoss,
            what: format!("{file} was not encoded for {}: something would be lost.", profile.partner),
            why: lines.join(" "),
            did: "Looked at the source and made the plan; nothing was encoded.".to_owned(),
            safe: "The source was only read, and nothing was written to the destination.".to_owned(),
            spent_microusd: 0,
            next: format!(
                "If {} accepts that, add {} to `may_lose` in profile {}.",
                profile.partner,
                names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", "),
                profile.id
            ),
            otherwise: "Or choose a profile whose outputs carry it.".to_owned(),
            waiting_helps: false,
            details: lines.join("\n"),
        })
    })
}
