//! What is in a file, from what a worker found.

use spillway_media::{
    facts::{Probe, VideoStream},
    index::FrameIndex,
    task::IndexSummary,
    types::{FieldOrder, Ratio, rescale},
};

use super::{FileFacts, PictureFacts, SoundFacts};
use crate::plan::color::is_hdr_transfer;

const MILLISECONDS: Ratio = Ratio::new(1, 1_000);

/// The facts that people decide by.
pub(crate) fn facts(probe: &Probe, summary: &IndexSummary, index: &FrameIndex) -> FileFacts {
    let counted = rescale(summary.end.saturating_sub(summary.first), index.time_base, MILLISECONDS);
    let sound = probe.audio.iter().map(|audio| SoundFacts {
        codec: audio.codec.clone(),
        channels: audio.channels,
        layout: audio.layout.clone(),
        sample_rate: audio.sample_rate,
        language: audio.language.clone(),
    });
    FileFacts {
        format: probe.format.clone(),
        bytes: probe.bytes,
        duration_ms: Some(counted).filter(|ms| *ms > 0),
        picture: probe.video.first().map(|video| picture(video, summary)),
        sound: sound.collect(),
        timecode: probe.timecode.clone(),
        notes: probe.notes.clone(),
    }
}

fn picture(video: &VideoStream, summary: &IndexSummary) -> PictureFacts {
    let turned = video.rotation % 180 == 90;
    let (width, height) = if turned { (video.height, video.width) } else { (video.width, video.height) };
    let dolby = video.hdr.as_ref().is_some_and(|hdr| hdr.dolby_vision);
    PictureFacts {
        codec: video.codec.clone(),
        width,
        height,
        frame_rate: summary.constant_rate.map(Ratio::as_f64),
        frames: summary.frames,
        bit_depth: video.bit_depth,
        hdr: dolby || is_hdr_transfer(video.color.transfer.as_deref()),
        interlaced: video.field_order != FieldOrder::Progressive,
        captions: video.captions,
    }
}
