//! A sample master for a first try: colour bars over a moving gradient, with tones.

use std::{ops::ControlFlow, path::Path};

use spillway_profile::VideoCodec;

use crate::{
    ff::{AudioEncoder, AudioFormat, Frame, Graph, Muxer, Next, Packet, VideoEncoder},
    part::sync_folder,
    segment::codec_options,
    stitch::{Ticker, seal, tagged},
    task::{FilesDone, Progress, SampleTask, VideoSettings},
    types::{ColorTags, FieldOrder, MediaError, Ratio},
};

/// Frames per second.
const RATE: Ratio = Ratio::new(25, 1);
/// Length in seconds.
const SECONDS: u32 = 20;
const SAMPLE_RATE: u32 = 48_000;

/// A slow gradient, bars that float on it, and a dot that swings, so that a missing frame shows.
const PICTURE: &str = "gradients=s=480x270:r=25:c0=0x0a1a33:c1=0x14557b:c2=0x2f9c95:c3=0xe8a15a:n=4:\
x0=0:y0=0:x1=479:y1=269:speed=0.008:seed=7,\
scale=out_color_matrix=bt709,format=yuv420p,scale=1920:1080:flags=bilinear[back];\
smptehdbars=s=1152x648:r=25,drawbox=c=white:t=6,format=yuv420p[bars];\
color=c=white:s=28x28:r=25,format=yuv420p[dot];\
[back][bars]overlay=x=384:y='168+24*sin(2*PI*t/10)'[floating];\
[floating][dot]overlay=x='946+544*sin(2*PI*t/4)':y=936,format=yuv420p";

/// A fifth, one tone to each side, swelling once a second.
const SOUND: &str = "aevalsrc=exprs='0.12*sin(2*PI*330*t)*(0.7-0.3*cos(2*PI*t))|\
0.12*sin(2*PI*495*t)*(0.7-0.3*cos(2*PI*t))':s=48000:c=stereo:n=1920,\
aformat=sample_fmts=s32:channel_layouts=stereo";

/// Writes the sample master.
pub(crate) fn sample(
    task: &SampleTask,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<FilesDone, MediaError> {
    make(task, SECONDS, progress)
}

fn make(
    task: &SampleTask,
    seconds: u32,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<FilesDone, MediaError> {
    let mut ticker = Ticker::new(progress);
    ticker.report()?;
    let mut name = task.out.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    let temporary = task.out.with_file_name(name);
    let written = write(&temporary, seconds, &mut ticker)
        .and_then(|()| seal(&temporary, String::new(), &mut ticker))
        .and_then(|file| {
            std::fs::rename(&temporary, &task.out)?;
            Ok(file)
        });
    if written.is_err() {
        // The first error is the one to tell; what could not be written may not be removable either.
        let _removed = std::fs::remove_file(&temporary);
    }
    let file = written?;
    sync_folder(&task.out)?;
    let frames = u64::from(seconds) * u64::from(RATE.num.unsigned_abs());
    Ok(FilesDone { files: vec![file], frames, duration_ms: i64::from(seconds) * 1_000 })
}

fn write(path: &Path, seconds: u32, ticker: &mut Ticker<'_>) -> Result<(), MediaError> {
    let settings = settings();
    let frames = i64::from(seconds) * i64::from(RATE.num);
    ticker.expect(frames.unsigned_abs());
    let (name, mut options) = codec_options(&settings);
    let mut picture = Track {
        graph: Graph::video_source(PICTURE)?,
        encoder: Encoder::Picture(VideoEncoder::open(name, &settings, 1, &mut options)?),
        base: RATE.inverse(),
        stream: 0,
    };
    let format = AudioFormat {
        sample_rate: SAMPLE_RATE,
        sample_format: "s32".to_owned(),
        layout: "stereo".to_owned(),
    };
    let mut sound = Track {
        graph: Graph::audio_source(SOUND)?,
        encoder: Encoder::Sound(AudioEncoder::open("pcm_s24le", &format, None)?),
        base: Ratio::new(1, SAMPLE_RATE.cast_signed()),
        stream: 1,
    };
    let mut muxer = Muxer::create("mov", path)?;
    picture.stream = muxer.add(&tagged(&picture.encoder.params()?)?, picture.base)?;
    muxer.rate(picture.stream, RATE);
    muxer.mark_default(picture.stream);
    muxer.stream_tag(picture.stream, "timecode", "01:00:00:00");
    sound.stream = muxer.add(&sound.encoder.params()?, sound.base)?;
    muxer.tag("title", "Spillway sample");
    muxer.option("movflags", "+faststart+write_colr");
    muxer.start()?;
    // A chunk of sound lasts as long as a frame.
    for n in 0..frames {
        picture.make(n, &settings.color, &mut muxer)?;
        sound.make(n * i64::from(SAMPLE_RATE.cast_signed() / RATE.num), &settings.color, &mut muxer)?;
        ticker.step()?;
    }
    for track in [&mut picture, &mut sound] {
        track.encoder.send(None)?;
        track.drain(&mut muxer)?;
    }
    muxer.finish()
}

/// Enough quality that nobody takes its faults for those of a delivery.
fn settings() -> VideoSettings {
    let bt709 = || Some("bt709".to_owned());
    VideoSettings {
        codec: VideoCodec::H264,
        profile: Some("high".to_owned()),
        level: Some("4.1".to_owned()),
        preset: Some("ultrafast".to_owned()),
        tune: None,
        pixel_format: "yuv420p".to_owned(),
        scale_width: 1920,
        scale_height: 1080,
        width: 1920,
        height: 1080,
        sample_aspect: Ratio::new(1, 1),
        time_base: RATE.inverse(),
        frame_rate: Some(RATE),
        nominal_rate: RATE,
        gop: 25,
        fixed_gop: true,
        b_frames: Some(0),
        crf: Some(16.0),
        vbv: None,
        color: ColorTags {
            primaries: bt709(),
            transfer: bt709(),
            matrix: bt709(),
            range: Some("tv".to_owned()),
            chroma_location: Some("left".to_owned()),
        },
        hdr: None,
        field_order: FieldOrder::Progressive,
    }
}

enum Encoder {
    Picture(VideoEncoder),
    Sound(AudioEncoder),
}

impl Encoder {
    fn send(&mut self, frame: Option<&Frame>) -> Result<(), MediaError> {
        match self {
            Self::Picture(encoder) => encoder.send(frame),
            Self::Sound(encoder) => encoder.send(frame),
        }
    }

    fn receive(&mut self, packet: &mut Packet) -> Result<Next, MediaError> {
        match self {
            Self::Picture(encoder) => encoder.receive(packet),
            Self::Sound(encoder) => encoder.receive(packet),
        }
    }

    fn params(&self) -> Result<crate::ff::Params, MediaError> {
        match self {
            Self::Picture(encoder) => encoder.params(),
            Self::Sound(encoder) => encoder.params(),
        }
    }
}

/// A generator with its encoder.
struct Track {
    graph: Graph,
    encoder: Encoder,
    base: Ratio,
    stream: usize,
}

impl Track {
    /// Makes the next frame, to be presented at `time`.
    fn make(&mut self, time: i64, color: &ColorTags, muxer: &mut Muxer) -> Result<(), MediaError> {
        let mut frame = Frame::new();
        if self.graph.receive(&mut frame)? == Next::Item {
            frame.set_pts(time);
            if matches!(self.encoder, Encoder::Picture(_)) {
                frame.set_color(color);
                frame.reset_picture_type();
            }
            self.encoder.send(Some(&frame))?;
        }
        self.drain(muxer)
    }

    fn drain(&mut self, muxer: &mut Muxer) -> Result<(), MediaError> {
        let mut packet = Packet::new();
        while self.encoder.receive(&mut packet)? == Next::Item {
            packet.set_stream(self.stream);
            packet.rescale(self.base, muxer.time_base(self.stream));
            muxer.write(&mut packet)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        measure::measure,
        stitch::fixture::go,
        task::{MeasureTask, PictureMoment, PictureTask},
    };

    #[test]
    fn the_sample_is_a_sound_master_with_a_telling_poster() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("sample.mov");
        let done = make(&SampleTask { out: out.clone() }, 1, &mut go).unwrap();
        assert_eq!((done.frames, done.duration_ms), (25, 1_000));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing temporary stays");
        let task = MeasureTask {
            path: out.clone(),
            seams_ms: vec![],
            decode_all: true,
            loudness: true,
            hash: false,
        };
        let found = measure(&task, &mut go).unwrap();
        assert_eq!(found.faults, Vec::<String>::new());
        assert_eq!(found.timecode.as_deref(), Some("01:00:00:00"));
        let (video, audio) = (&found.video[0], &found.audio[0]);
        assert_eq!((video.width, video.height, video.frames, video.first), (1920, 1080, 25, 0));
        assert_eq!(video.constant_rate, Some(RATE));
        assert_eq!((audio.codec.as_str(), audio.channels), ("pcm_s24le", 2));
        assert_eq!(audio.samples, 48_000);
        let poster = PictureTask {
            source: out,
            moment: PictureMoment::Poster,
            height: 180,
            out: folder.path().join("poster.jpg"),
        };
        let shown = crate::picture::picture(&poster, &mut go).unwrap();
        assert_eq!((shown.width, shown.height), (320, 180));
    }
}
