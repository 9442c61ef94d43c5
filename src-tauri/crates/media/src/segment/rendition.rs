//! One rendition of a segment: scale, encode, write packets.

use crate::{
    ff::{Dict, Frame, Graph, Next, Packet, SideData, VideoEncoder},
    part::PartWriter,
    schedule::Entry,
    task::{PartInfo, Rendition, Treatment, VideoSettings},
    types::{FieldOrder, MediaCode, MediaError, Ratio, rescale},
};

use super::{options::codec_options, picture::format_of};

/// Encoder, scaler and packet file of one rendition.
pub(super) struct RenditionEncoder<'a> {
    rendition: &'a Rendition,
    treatment: &'a Treatment,
    threads: u32,
    out_base: Ratio,
    scaler: Option<Graph>,
    running: Option<Running>,
    sent: u64,
}

struct Running {
    encoder: VideoEncoder,
    part: PartWriter,
    packet: Packet,
    last_pts: i64,
    end: i64,
}

impl<'a> RenditionEncoder<'a> {
    pub(super) fn new(
        rendition: &'a Rendition,
        treatment: &'a Treatment,
        threads: u32,
        out_base: Ratio,
    ) -> Self {
        Self { rendition, treatment, threads, out_base, scaler: None, running: None, sent: 0 }
    }

    /// Encodes `picture` once for each of its entries that this rendition takes. `larger` is the next
    /// larger rendition's scaled picture, a cheaper start than the source; gives this one's.
    pub(super) fn push(
        &mut self,
        picture: &Frame,
        larger: Option<Frame>,
        entries: &[Entry],
        first: u64,
    ) -> Result<Option<Frame>, MediaError> {
        let every = u64::from(self.rendition.every.max(1));
        let settings = &self.rendition.video;
        let from = match &larger {
            Some(frame)
                if frame.width() >= settings.scale_width && frame.height() >= settings.scale_height =>
            {
                frame
            }
            _ => picture,
        };
        let takes = |n: usize| (first + n as u64).is_multiple_of(every);
        if !(0..entries.len()).any(takes) {
            // Smaller renditions may still want this frame.
            return Ok(larger);
        }
        let scaled = self.scale(from)?;
        let mut repeated = false;
        for (_, entry) in entries.iter().enumerate().filter(|(n, _)| takes(*n)) {
            let mut frame = scaled.share();
            self.dress(&mut frame);
            if repeated {
                frame.drop_captions();
            }
            repeated = true;
            frame.set_pts(rescale(entry.out, self.out_base, settings.time_base));
            self.encode(&frame)?;
        }
        Ok(Some(scaled))
    }

    /// Scales and converts; without any change the picture itself comes back.
    fn scale(&mut self, picture: &Frame) -> Result<Frame, MediaError> {
        let settings = &self.rendition.video;
        let same = picture.width() == settings.scale_width
            && picture.height() == settings.scale_height
            && picture.pixel_format().as_deref() == Some(settings.pixel_format.as_str())
            && self.treatment.source_color.range.as_deref().unwrap_or("tv")
                == settings.color.range.as_deref().unwrap_or("tv");
        if same {
            return Ok(picture.share());
        }
        let mut input = picture.share();
        if self.treatment.tone_map.is_none() {
            input.set_color(&self.treatment.source_color);
        }
        input.set_pts(0);
        if self.scaler.is_none() {
            self.scaler = Some(Graph::video(&format_of(&input), &scale_chain(settings))?);
        }
        let missing = || MediaError::new(MediaCode::Internal, "the scaler gave no picture");
        let scaler = self.scaler.as_mut().ok_or_else(missing)?;
        scaler.send(Some(&input))?;
        let mut output = Frame::new();
        if scaler.receive(&mut output)? != Next::Item {
            return Err(missing());
        }
        Ok(output)
    }

    /// What the encoder must see on every frame, whatever the source said.
    fn dress(&self, frame: &mut Frame) {
        let settings = &self.rendition.video;
        frame.crop_to(settings.width, settings.height);
        frame.set_sample_aspect(settings.sample_aspect);
        frame.set_color(&settings.color);
        frame.set_fields(
            settings.field_order != FieldOrder::Progressive,
            settings.field_order == FieldOrder::TopFirst,
        );
        frame.reset_picture_type();
    }

    fn start(&mut self) -> Result<&mut Running, MediaError> {
        if self.running.is_none() {
            let settings = &self.rendition.video;
            let (name, mut options): (&str, Dict) = codec_options(settings);
            let encoder = VideoEncoder::open(name, settings, self.threads, &mut options)?;
            let side: Vec<SideData> = settings
                .hdr
                .iter()
                .flat_map(|hdr| [SideData::mastering(hdr), SideData::content_light(hdr)])
                .flatten()
                .collect();
            let part =
                PartWriter::create(&self.rendition.out, &encoder.params()?, settings.time_base, &side)?;
            self.running = Some(Running { encoder, part, packet: Packet::new(), last_pts: i64::MIN, end: 0 });
        }
        self.running.as_mut().ok_or_else(|| MediaError::new(MediaCode::Internal, "no encoder"))
    }

    fn encode(&mut self, frame: &Frame) -> Result<(), MediaError> {
        let pts = frame.pts().unwrap_or(0);
        let running = self.start()?;
        if pts <= running.last_pts {
            return Err(MediaError::new(MediaCode::Internal, "output times do not rise"));
        }
        let step = if running.last_pts == i64::MIN { 1 } else { pts - running.last_pts };
        running.end = pts.saturating_add(step);
        running.last_pts = pts;
        running.encoder.send(Some(frame))?;
        running.drain()?;
        self.sent += 1;
        Ok(())
    }

    /// Flushes the encoder and closes the packet file. `alive` is called between packets.
    pub(super) fn finish(
        mut self,
        alive: &mut dyn FnMut() -> Result<(), MediaError>,
    ) -> Result<PartInfo, MediaError> {
        let sent = self.sent;
        self.start()?;
        let Some(mut running) = self.running.take() else {
            return Err(MediaError::new(MediaCode::Internal, "no encoder"));
        };
        alive()?;
        if sent > 0 {
            running.encoder.send(None)?;
            running.drain()?;
        }
        if running.part.packets() != sent {
            return Err(MediaError::new(
                MediaCode::FrameMismatch,
                format!("the encoder gave {} packets for {sent} frames", running.part.packets()),
            ));
        }
        running.part.finish(running.end)
    }
}

impl Running {
    fn drain(&mut self) -> Result<(), MediaError> {
        while self.encoder.receive(&mut self.packet)? == Next::Item {
            if self.part.packets() == 0 && !self.packet.is_key() {
                return Err(MediaError::new(
                    MediaCode::Refused,
                    "the segment does not start with a keyframe",
                ));
            }
            self.part.write(&self.packet)?;
        }
        Ok(())
    }
}

/// FFmpeg's scaler with explicit ranges and matrices, so that nothing is guessed.
fn scale_chain(settings: &VideoSettings) -> String {
    let range = if settings.color.range.as_deref() == Some("pc") { "pc" } else { "tv" };
    format!(
        "scale=w={}:h={}:flags=bicubic:out_range={range},format={}",
        settings.scale_width, settings.scale_height, settings.pixel_format
    )
}
