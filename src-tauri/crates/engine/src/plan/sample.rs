//! Sources and profiles for tests.

use std::{collections::BTreeMap, path::Path};

use spillway_media::{
    facts::{AudioStream, Probe, VideoStream},
    index::{Frame, FrameIndex},
    task::{IndexMethod, IndexSummary},
    types::{ColorTags, FieldOrder, Ratio},
};
use spillway_profile::{
    Accept, Audio, AudioCodec, AudioFit, Budget, Channels, Check, Color, Container, Delivery, EditList,
    EnginePolicy, FrameRate, Gop, Hls, Output, PixelAspect, Profile, RateControl, Retry, Rotation, Rule,
    Rung, Scan, SelectAudio, Severity, Size, Timecode, Video, VideoCodec,
};

use super::{SourceFacts, number::ticks};

/// A source in memory: 1920 × 1080, 24 frames per second, a keyframe a second, stereo AAC.
pub(crate) struct Source {
    pub(crate) probe: Probe,
    pub(crate) summary: IndexSummary,
    pub(crate) index: FrameIndex,
    pub(crate) linear: bool,
}

impl Source {
    pub(crate) fn new(frames: u64) -> Self {
        let index = FrameIndex {
            time_base: Ratio::new(1, 24),
            frames: (0..frames)
                .map(|n| Frame { pts: ticks(n), time: ticks(n), bytes: 20_000, key: n.is_multiple_of(24) })
                .collect(),
            end: ticks(frames),
        };
        let summary = IndexSummary {
            method: IndexMethod::Auto,
            frames,
            keyframes: frames.div_ceil(24),
            first: 0,
            end: ticks(frames),
            constant_rate: Some(Ratio::new(24, 1)),
            damaged: 0,
            damaged_at_ms: vec![],
        };
        let probe = Probe {
            format: "mov,mp4,m4a,3gp,3g2,mj2".to_owned(),
            bytes: frames * 20_000,
            duration_us: Some(ticks(frames) * 1_000_000 / 24),
            video: vec![video(24)],
            audio: vec![audio(1)],
            other: vec![],
            chapters: 0,
            tags: BTreeMap::from([("title".to_owned(), "A film".to_owned())]),
            timecode: None,
            notes: vec![],
        };
        Self { probe, summary, index, linear: false }
    }

    pub(crate) fn facts(&self) -> SourceFacts<'_> {
        SourceFacts {
            path: Path::new("/media/master.mov"),
            probe: &self.probe,
            summary: &self.summary,
            index: &self.index,
            linear: self.linear,
        }
    }

    /// Gives the frames uneven times.
    pub(crate) fn make_variable(&mut self) {
        let mut time = 0;
        self.index.time_base = Ratio::new(1, 1_000);
        for (n, frame) in (0..).zip(&mut self.index.frames) {
            frame.time = time;
            frame.pts = time;
            time += if n % 3 == 0 { 29 } else { 47 };
        }
        self.index.end = time;
        self.summary.end = time;
        self.summary.constant_rate = None;
    }
}

pub(crate) fn video(rate: i32) -> VideoStream {
    let bt709 = || Some("bt709".to_owned());
    VideoStream {
        index: 0,
        codec: "h264".to_owned(),
        profile: Some("High".to_owned()),
        level: Some(40),
        tag: "avc1".to_owned(),
        width: 1920,
        height: 1080,
        pixel_format: "yuv420p".to_owned(),
        bit_depth: 8,
        sample_aspect: Ratio::new(1, 1),
        rotation: 0,
        field_order: FieldOrder::Progressive,
        time_base: Ratio::new(1, rate),
        average_rate: Some(Ratio::new(rate, 1)),
        nominal_rate: Some(Ratio::new(rate, 1)),
        start: Some(0),
        bit_rate: Some(4_000_000),
        color: ColorTags {
            primaries: bt709(),
            transfer: bt709(),
            matrix: bt709(),
            range: Some("tv".to_owned()),
            chroma_location: Some("left".to_owned()),
        },
        hdr: None,
        captions: false,
        alpha: false,
        language: None,
        decodable: true,
    }
}

pub(crate) fn audio(index: usize) -> AudioStream {
    AudioStream {
        index,
        codec: "aac".to_owned(),
        profile: Some("LC".to_owned()),
        sample_rate: 48_000,
        channels: 2,
        layout: "stereo".to_owned(),
        time_base: Ratio::new(1, 48_000),
        start: Some(0),
        duration: Some(480_000),
        bit_rate: Some(128_000),
        language: Some("eng".to_owned()),
        title: None,
        default: false,
        decodable: true,
    }
}

pub(crate) fn mp4_output() -> Output {
    Output {
        id: "main".to_owned(),
        name: "{title}".to_owned(),
        container: Container::Mp4,
        video: Video {
            codec: VideoCodec::H264,
            profile: Some("high".to_owned()),
            level: None,
            preset: Some("medium".to_owned()),
            tune: None,
            pixel_format: "yuv420p".to_owned(),
            size: Size::Keep,
            frame_rate: FrameRate::default(),
            gop: Gop::default(),
            rate: Some(RateControl::Crf { crf: 20.0 }),
            scan: Scan::Progressive,
            rotation: Rotation::Apply,
            pixel_aspect: PixelAspect::Square,
            color: Color::Sdr,
            pass_through: None,
            rung: vec![],
        },
        audio: vec![Audio {
            id: "stereo".to_owned(),
            codec: AudioCodec::Aac,
            bit_rate_kbps: Some(128),
            sample_rate_hz: None,
            channels: Channels::Stereo,
            select: SelectAudio::First,
            fit: AudioFit::Picture,
            loudness: None,
            pass_through: false,
        }],
        fast_start: true,
        edit_list: EditList::Allow,
        timecode: Timecode::Carry,
        hls: None,
    }
}

pub(crate) fn hls_output() -> Output {
    let rungs = [(1920, 1080), (1280, 720), (960, 540), (768, 432), (640, 360), (416, 234)];
    let mut output = mp4_output();
    output.container = Container::Hls;
    output.video.rate = None;
    output.video.gop = Gop { seconds: 2.0, fixed: true, b_frames: None };
    output.video.rung = rungs
        .map(|(width, height)| Rung {
            id: format!("{height}p"),
            width,
            height,
            rate: RateControl::CappedCrf { crf: 21.0, max_kbps: 6_000, buffer_kbit: 12_000 },
            profile: None,
            level: None,
            max_frame_rate: None,
        })
        .to_vec();
    output.hls = Some(Hls { segment_seconds: 6.0, i_frame_playlists: true });
    output
}

pub(crate) fn profile(output: Output) -> Profile {
    Profile {
        id: "sample".to_owned(),
        version: 1,
        partner: "Sample Partner".to_owned(),
        title: "Sample".to_owned(),
        description: String::new(),
        sources: BTreeMap::new(),
        engine: EnginePolicy::Any,
        accept: Accept::default(),
        output: vec![output],
        rule: vec![],
        may_lose: vec![],
        delivery: Delivery::default(),
        retry: Retry::default(),
        budget: Budget::default(),
        mediaconvert: spillway_profile::MediaConvert::default(),
    }
}

pub(crate) fn rule(check: Check) -> Rule {
    Rule { id: "rule".to_owned(), output: None, check, severity: Severity::Fail, source: None }
}
