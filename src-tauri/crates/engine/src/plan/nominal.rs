//! A usual master, for questions about a profile without a file: ten minutes of 1080p25 ProRes 422 HQ with stereo PCM.

use std::{collections::BTreeMap, path::Path};

use spillway_media::{
    facts::{AudioStream, Probe, VideoStream},
    index::{Frame, FrameIndex},
    task::{IndexMethod, IndexSummary},
    types::{ColorTags, FieldOrder, Ratio},
};

use super::SourceFacts;

const RATE: i32 = 25;
const SECONDS: i64 = 600;
/// About 184 Mbit/s: Apple ProRes White Paper, ProRes 422 HQ at 1080p25.
const FRAME_BYTES: u32 = 920_000;

/// The master in memory.
pub(crate) struct Nominal {
    probe: Probe,
    summary: IndexSummary,
    index: FrameIndex,
}

impl Nominal {
    /// Always the same.
    pub(crate) fn new() -> Self {
        let end = SECONDS * i64::from(RATE);
        let frame = |time| Frame { pts: time, time, bytes: FRAME_BYTES, key: true };
        let frames: Vec<Frame> = (0..end).map(frame).collect();
        let count = frames.len() as u64;
        let summary = IndexSummary {
            method: IndexMethod::Auto,
            frames: count,
            keyframes: count,
            first: 0,
            end,
            constant_rate: Some(Ratio::new(RATE, 1)),
            damaged: 0,
            damaged_at_ms: Vec::new(),
        };
        let index = FrameIndex { time_base: Ratio::new(1, RATE), frames, end };
        let probe = Probe {
            format: "mov,mp4,m4a,3gp,3g2,mj2".to_owned(),
            bytes: count * u64::from(FRAME_BYTES),
            duration_us: Some(SECONDS * 1_000_000),
            video: vec![picture()],
            audio: vec![sound()],
            other: Vec::new(),
            chapters: 0,
            tags: BTreeMap::new(),
            timecode: None,
            notes: Vec::new(),
        };
        Self { probe, summary, index }
    }

    /// As a plan takes it.
    pub(crate) fn facts(&self) -> SourceFacts<'_> {
        SourceFacts {
            path: Path::new("master.mov"),
            probe: &self.probe,
            summary: &self.summary,
            index: &self.index,
            linear: false,
        }
    }
}

fn picture() -> VideoStream {
    let bt709 = || Some("bt709".to_owned());
    VideoStream {
        index: 0,
        codec: "prores".to_owned(),
        profile: Some("HQ".to_owned()),
        level: None,
        tag: "apch".to_owned(),
        width: 1920,
        height: 1080,
        pixel_format: "yuv422p10le".to_owned(),
        bit_depth: 10,
        sample_aspect: Ratio::new(1, 1),
        rotation: 0,
        field_order: FieldOrder::Progressive,
        time_base: Ratio::new(1, RATE),
        average_rate: Some(Ratio::new(RATE, 1)),
        nominal_rate: Some(Ratio::new(RATE, 1)),
        start: Some(0),
        bit_rate: Some(u64::from(FRAME_BYTES) * 8 * 25),
        color: ColorTags {
            primaries: bt709(),
            transfer: bt709(),
            matrix: bt709(),
            range: Some("tv".to_owned()),
            ..ColorTags::default()
        },
        hdr: None,
        captions: false,
        alpha: false,
        language: None,
        decodable: true,
    }
}

fn sound() -> AudioStream {
    AudioStream {
        index: 1,
        codec: "pcm_s24le".to_owned(),
        profile: None,
        sample_rate: 48_000,
        channels: 2,
        layout: "stereo".to_owned(),
        time_base: Ratio::new(1, 48_000),
        start: Some(0),
        duration: Some(SECONDS * 48_000),
        bit_rate: Some(2_304_000),
        language: None,
        title: None,
        default: true,
        decodable: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_takes_it() {
        let nominal = Nominal::new();
        for shipped in spillway_profile::shipped() {
            let profile = shipped.profile().unwrap();
            let planned = super::super::plan(&profile, &nominal.facts()).unwrap();
            assert_eq!(planned.plan.outputs.len(), profile.output.len(), "{}", profile.id);
        }
    }
}
