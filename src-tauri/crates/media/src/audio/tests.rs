//! The whole way on generated files: what is in a packet file is decoded again and looked at.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use proptest::prelude::*;
use spillway_profile::{AudioCodec, Loudness};

use super::{encode, place::grid, source::drain};
use crate::{
    ff::{AudioFormat, Decoder, Frame, Graph, Input, Next, Packet},
    meter::Meter,
    part::PartReader,
    task::{AudioDone, AudioTask, Progress, Time},
    types::{MediaCode, MediaError, Ratio},
};

const RATE: u32 = 48_000;
const MS: Ratio = Ratio::new(1, 1000);

/// A folder for one test.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs the command line tool; `name` is the file it writes.
    fn make(&self, arguments: &str, name: &str) -> PathBuf {
        let path = self.path(name);
        let folder = self.0.path().to_str().unwrap();
        let status = Command::new("ffmpeg")
            .args(["-v", "error", "-nostdin", "-y", "-bitexact"])
            .args(arguments.split_whitespace().map(|a| a.replace('@', folder)))
            .arg(&path)
            .status()
            .unwrap();
        assert!(status.success(), "ffmpeg {arguments}");
        path
    }

    /// Sound by an expression of `t` for each channel.
    fn sound(&self, expression: &str, options: &str, seconds: f64, name: &str) -> PathBuf {
        let source = format!("-f lavfi -i aevalsrc=exprs={expression}:s=48000:d={seconds}");
        self.make(&format!("{source} {options}"), name)
    }

    fn task(&self, source: &Path, codec: Option<AudioCodec>) -> AudioTask {
        AudioTask {
            source: source.into(),
            stream: 0,
            codec,
            bit_rate: Some(192_000),
            sample_rate: RATE,
            channels: Some(2),
            zero: at_ms(0),
            fill: None,
            no_priming: false,
            loudness: None,
            language: None,
            out: self.path("out.pkt"),
        }
    }

    fn pcm(&self, source: &Path) -> AudioTask {
        self.task(source, Some(AudioCodec::PcmS24le))
    }

    fn aac(&self, source: &Path) -> AudioTask {
        self.task(source, Some(AudioCodec::Aac))
    }
}

fn at_ms(ms: i64) -> Time {
    Time { ticks: ms, base: MS }
}

fn run(task: &AudioTask) -> Result<AudioDone, MediaError> {
    encode(task, &mut |_| ControlFlow::Continue(()))
}

/// What a decoder makes of a packet file.
struct Heard {
    start: i64,
    channels: Vec<Vec<f32>>,
    packets: Vec<Packet>,
    padding: u32,
    end: i64,
}

fn hear(path: &Path) -> Heard {
    let mut reader = PartReader::open(path).unwrap();
    let mut decoder = Decoder::open(&reader.params, reader.time_base, 1).unwrap();
    let mut heard = Heard { start: i64::MIN, channels: Vec::new(), packets: Vec::new(), padding: 0, end: 0 };
    let mut packet = Packet::new();
    while reader.next(&mut packet).unwrap() == Next::Item {
        decoder.send(Some(&packet)).unwrap();
        take(&mut decoder, &mut heard);
        heard.packets.push(packet.clone());
    }
    decoder.send(None).unwrap();
    take(&mut decoder, &mut heard);
    heard.padding = reader.params.initial_padding();
    heard.end = reader.end().unwrap();
    heard
}

fn take(decoder: &mut Decoder, heard: &mut Heard) {
    let mut frame = Frame::new();
    while decoder.receive(&mut frame).unwrap() == Next::Item {
        if heard.start == i64::MIN {
            heard.start = frame.pts().unwrap();
            heard.channels = vec![Vec::new(); frame.channels() as usize];
        }
        let from = AudioFormat {
            sample_rate: frame.sample_rate(),
            sample_format: frame.sample_format().unwrap(),
            layout: frame.layout(),
        };
        let mut graph = Graph::audio(&from, "aformat=sample_fmts=fltp").unwrap();
        graph.send(Some(&frame)).unwrap();
        let block = drain(&mut graph, &mut frame).unwrap();
        for (all, new) in heard.channels.iter_mut().zip(block.channels()) {
            all.extend_from_slice(new);
        }
    }
}

impl Heard {
    fn len(&self) -> u64 {
        self.channels[0].len() as u64
    }

    /// Position of the loudest sample of the first channel, relative to zero.
    fn click(&self) -> i64 {
        let loudest =
            self.channels[0].iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).unwrap();
        self.start + i64::try_from(loudest.0).unwrap()
    }

    fn is_silent(&self) -> bool {
        self.channels.iter().flatten().all(|s| *s == 0.0)
    }

    fn peak(&self, channel: usize) -> f32 {
        self.channels[channel].iter().fold(0.0, |peak, s| peak.max(s.abs()))
    }

    /// Times follow on each other without holes, and the end marker is where they end.
    fn assert_continuous(&self, done: &AudioDone) {
        for pair in self.packets.windows(2) {
            assert_eq!(pair[0].pts().unwrap() + pair[0].duration(), pair[1].pts().unwrap());
        }
        let last = self.packets.last().unwrap();
        assert_eq!(last.pts().unwrap() + last.duration(), self.end);
        assert_eq!(self.end, done.start_sample + i64::try_from(done.samples).unwrap());
        assert_eq!(self.start, done.start_sample);
        assert_eq!(self.len(), done.samples);
        assert_eq!(done.part.packets, self.packets.len() as u64);
    }
}

/// One sample at `ms`.
fn click_at(ms: i64) -> String {
    format!("if(eq(n\\,{})\\,0.9\\,0)", ms * 48)
}

#[test]
fn a_window_is_filled_to_the_sample() {
    let bench = Bench::new();
    let source = bench.sound(&click_at(500), "-c:a pcm_s16le", 1.0, "a.wav");
    let windows =
        [(0, 1500, 1000), (250, 750, 1000), (-200, 600, 1000), (400, 1001, 1001), (0, 30 * 1001, 30_000)];
    for codec in [AudioCodec::PcmS16le, AudioCodec::PcmS24le, AudioCodec::Aac] {
        for (start, end, scale) in windows {
            let base = Ratio::new(1, scale);
            let fill = Some((Time { ticks: start, base }, Time { ticks: end, base }));
            let done = run(&AudioTask { fill, ..bench.task(&source, Some(codec)) }).unwrap();
            let length = ((end - start) * 48_000 + i64::from(scale) / 2) / i64::from(scale);
            assert_eq!(done.samples, u64::try_from(length).unwrap(), "{codec:?} {start} to {end}");
            assert_eq!(done.samples, 48_000 + done.silence - done.cut);
            let heard = hear(&done.part.path);
            heard.assert_continuous(&done);
            let slack = if codec == AudioCodec::Aac { 2 } else { 0 };
            assert!((heard.click() - 24_000).abs() <= slack, "{codec:?} {start} to {end}: {}", heard.click());
        }
    }
}

#[test]
fn late_sound_keeps_its_place() {
    let bench = Bench::new();
    let click = click_at(100);
    let inputs =
        format!("-f lavfi -i color=s=16x16:d=1 -itsoffset 0.5 -f lavfi -i aevalsrc={click}|0:d=0.4:s=48000");
    let source = bench.make(&format!("{inputs} -map 1:a -map 0:v -c:a pcm_s16le"), "a.mov");
    let kept = run(&AudioTask { language: Some("deu".into()), ..bench.pcm(&source) }).unwrap();
    let side_data = PartReader::open(&kept.part.path).unwrap().side_data;
    assert_eq!(side_data[0].as_language().as_deref(), Some("deu"));
    assert_eq!((kept.start_sample, kept.samples, kept.silence, kept.cut), (24_000, 19_200, 0, 0));
    let heard = hear(&kept.part.path);
    heard.assert_continuous(&kept);
    assert_eq!(heard.click(), 28_800);
    let filled = run(&AudioTask { fill: Some((at_ms(0), at_ms(1000))), ..bench.pcm(&source) }).unwrap();
    assert_eq!((filled.start_sample, filled.samples, filled.silence, filled.cut), (0, 48_000, 28_800, 0));
    assert_eq!(hear(&filled.part.path).click(), 28_800);
    // The picture may start later than the file.
    let zero = at_ms(200);
    let moved = run(&AudioTask { zero, fill: Some((zero, at_ms(700))), ..bench.aac(&source) }).unwrap();
    assert_eq!((moved.start_sample, moved.samples), (0, 24_000));
    assert!((hear(&moved.part.path).click() - 19_200).abs() <= 2);
}

#[test]
fn gaps_become_silence() {
    let bench = Bench::new();
    let tone = "0.2*sin(2765*t)+if(eq(n\\,96000)\\,0.7\\,0)";
    let gap = "-af aselect='not(between(t,1,1.4999))'";
    let source = bench.sound(tone, &format!("{gap} -c:a pcm_s16le"), 3.0, "a.nut");
    let done = run(&bench.pcm(&source)).unwrap();
    let heard = hear(&done.part.path);
    heard.assert_continuous(&done);
    assert_eq!((done.samples, done.cut), (144_000, 0));
    assert!(done.silence.abs_diff(24_000) <= 2048, "{}", done.silence);
    assert_eq!(heard.click(), 96_000);
    assert!(heard.channels[0][50_000..70_000].iter().all(|s| *s == 0.0));
}

#[test]
fn a_click_survives_a_change_of_rate() {
    let bench = Bench::new();
    let source =
        bench.make("-f lavfi -i aevalsrc=if(eq(n\\,22050)\\,0.9\\,0):s=44100:d=1 -c:a pcm_s24le", "a.wav");
    let done = run(&AudioTask { fill: Some((at_ms(0), at_ms(1000))), ..bench.pcm(&source) }).unwrap();
    let heard = hear(&done.part.path);
    heard.assert_continuous(&done);
    assert_eq!(done.samples, 48_000);
    assert!((heard.click() - 24_000).abs() <= 1, "{}", heard.click());
}

#[test]
fn priming_of_the_source_is_not_heard() {
    let bench = Bench::new();
    for (options, name) in [("-c:a aac", "a.mp4"), ("-c:a libopus", "a.mkv"), ("-c:a libmp3lame", "a.mp4")] {
        let source = bench.sound(&click_at(500), options, 1.0, name);
        let done = run(&bench.pcm(&source)).unwrap();
        let heard = hear(&done.part.path);
        heard.assert_continuous(&done);
        assert!((heard.click() - 24_000).abs() <= 48, "{options} {name}: {}", heard.click());
        assert!(done.start_sample.abs() <= 48, "{options} {name}: {}", done.start_sample);
    }
}

#[test]
fn encoder_priming_is_told_and_can_be_left_out() {
    let bench = Bench::new();
    let source = bench.sound("0.3*sin(2765*t)", "-c:a pcm_s16le", 1.0, "a.wav");
    let fill = Some((at_ms(0), at_ms(1000)));
    let done = run(&AudioTask { fill, ..bench.aac(&source) }).unwrap();
    let heard = hear(&done.part.path);
    heard.assert_continuous(&done);
    assert_eq!((heard.padding, heard.packets[0].pts()), (1024, Some(-1024)));
    assert_eq!(heard.packets[0].side_data()[0].as_skip_samples(), Some((1024, 0)));
    // 1024 + 48000 samples are 47.875 frames.
    let last = heard.packets.last().unwrap();
    assert_eq!(heard.packets.len(), 48);
    assert_eq!(last.side_data()[0].as_skip_samples(), Some((0, 128)));
    assert_eq!(last.duration(), 896);

    let bare = run(&AudioTask { fill, no_priming: true, ..bench.aac(&source) }).unwrap();
    let without = hear(&bare.part.path);
    without.assert_continuous(&bare);
    assert_eq!((without.padding, without.packets[0].pts(), without.packets.len()), (0, Some(0), 47));
    assert_eq!(bare.samples, 48_000);
    // The same sound at the same time, apart from the first frame.
    let difference = |n: usize| (without.channels[0][n] - heard.channels[0][n]).abs();
    assert!((1024..48_000).all(|n| difference(n) < 0.01));
}

#[test]
fn surround_is_folded_down_without_clipping() {
    let bench = Bench::new();
    let center = bench.sound("0|0|0.5*sin(2765*t)|0|0|0:c=5.1", "-c:a pcm_s24le", 0.3, "c.wav");
    let heard = hear(&run(&bench.pcm(&center)).unwrap().part.path);
    // ITU-R BS.775: centre and surround at -3 dB; all divided by the sum of the coefficients.
    let root = std::f32::consts::FRAC_1_SQRT_2;
    let expected = 0.5 * root / (1.0 + 2.0 * root);
    assert!((heard.peak(0) - expected).abs() < 0.002, "{}", heard.peak(0));
    assert_eq!(heard.channels[0], heard.channels[1]);
    let tone = "sin(2765*t)";
    let all = [tone; 6].join("|");
    let loud = bench.sound(&format!("{all}:c=5.1"), "-c:a pcm_s24le", 0.3, "l.wav");
    let heard = hear(&run(&bench.pcm(&loud)).unwrap().part.path);
    assert!((0.99..=1.0).contains(&heard.peak(0)), "{}", heard.peak(0));
}

#[test]
fn layouts_are_kept_or_made() {
    let bench = Bench::new();
    let mono = bench.sound("0.5*sin(2765*t)", "-c:a pcm_s24le", 0.2, "m.wav");
    let doubled = hear(&run(&bench.pcm(&mono)).unwrap().part.path);
    assert_eq!((doubled.channels.len(), &doubled.channels[0]), (2, &doubled.channels[1]));
    assert!((doubled.peak(0) - 0.5).abs() < 0.001, "{}", doubled.peak(0));
    let kept = hear(&run(&AudioTask { channels: None, ..bench.pcm(&mono) }).unwrap().part.path);
    assert_eq!(kept.channels[..], doubled.channels[..1]);
    let side = bench.sound("0|0|0|0|0.5*sin(2765*t)|0:c=5.1(side)", "-c:a flac", 0.2, "s.mkv");
    let task = AudioTask { channels: None, bit_rate: Some(384_000), ..bench.aac(&side) };
    let done = run(&task).unwrap();
    assert_eq!(PartReader::open(&done.part.path).unwrap().params.layout(), "5.1");
    let heard = hear(&done.part.path);
    assert!((heard.peak(4) - 0.5).abs() < 0.05, "{}", heard.peak(4));
}

#[test]
fn integer_sound_passes_bit_for_bit() {
    let bench = Bench::new();
    let source = bench.sound("0.9*sin(2765*t)|0.9*cos(441*t)", "-c:a pcm_s16le", 0.5, "a.wav");
    let done = run(&bench.task(&source, Some(AudioCodec::PcmS16le))).unwrap();
    let mut input = Input::open(&source).unwrap();
    let (mut packet, mut before) = (Packet::new(), Vec::new());
    while input.read(&mut packet).unwrap() == Next::Item {
        before.extend_from_slice(packet.data());
    }
    let after: Vec<u8> = hear(&done.part.path).packets.iter().flat_map(|p| p.data().to_vec()).collect();
    assert_eq!(after, before);
}

#[test]
fn copies_keep_bytes_and_places() {
    let bench = Bench::new();
    let click = click_at(500);
    for (options, name) in [("-c:a aac", "a.mp4"), ("-c:a aac", "a.mkv"), ("-c:a ac3 -b:a 192k", "a.mp4")] {
        let source = bench.sound(&click, options, 1.0, name);
        let done = run(&bench.task(&source, None)).unwrap();
        let mut input = Input::open(&source).unwrap();
        let mut packet = Packet::new();
        let heard = hear(&done.part.path);
        for copied in &heard.packets {
            assert_eq!(input.read(&mut packet).unwrap(), Next::Item);
            assert_eq!(copied.data(), packet.data());
        }
        assert_eq!(input.read(&mut packet).unwrap(), Next::End);
        heard.assert_continuous(&done);
        // MP4 has an edit list for AAC's priming; Matroska as written here does not tell it.
        let untold = if name == "a.mkv" { 1024 } else { 0 };
        let slack = if options.contains("ac3") { 300 } else { 2 };
        assert!((heard.click() - 24_000 - untold).abs() <= slack, "{options} {name}: {}", heard.click());
    }
}

#[test]
fn a_copy_ends_where_the_picture_does() {
    let bench = Bench::new();
    let source = bench.sound(&click_at(500), "-c:a aac", 1.0, "a.mp4");
    let fill = Some((at_ms(100), at_ms(700)));
    let done = run(&AudioTask { fill, ..bench.task(&source, None) }).unwrap();
    assert_eq!((done.start_sample, done.samples), (4800, 28_800));
    let heard = hear(&done.part.path);
    heard.assert_continuous(&done);
    assert!((heard.click() - 24_000).abs() <= 2);
}

#[test]
fn aac_from_a_transport_stream_is_copied_bare() {
    let bench = Bench::new();
    let source = bench.sound(&click_at(500), "-c:a aac -f mpegts", 1.0, "a.ts");
    let start = Input::open(&source).unwrap().stream(0).unwrap().start().unwrap();
    let zero = Time { ticks: start, base: Ratio::new(1, 90_000) };
    let done = run(&AudioTask { zero, ..bench.task(&source, None) }).unwrap();
    assert_eq!(PartReader::open(&done.part.path).unwrap().params.extradata().len(), 2);
    let heard = hear(&done.part.path);
    heard.assert_continuous(&done);
    // A transport stream cannot tell that its first frame is priming.
    assert!((heard.click() - 25_024).abs() <= 2, "{}", heard.click());
}

#[test]
fn a_wrapping_clock_changes_nothing() {
    let bench = Bench::new();
    // 33 bits of 90 kHz are full after 95,443.7 s.
    let source = bench.sound("0.2*sin(2765*t)", "-c:a mp2 -output_ts_offset 95442 -f mpegts", 4.0, "a.ts");
    let start = Input::open(&source).unwrap().stream(0).unwrap().start().unwrap();
    let zero = Time { ticks: start, base: Ratio::new(1, 90_000) };
    let done = run(&AudioTask { zero, ..bench.pcm(&source) }).unwrap();
    assert_eq!((done.silence, done.cut, done.start_sample), (0, 0, 0));
    assert!(done.samples.abs_diff(192_000) < 2304, "{}", done.samples);
}

#[test]
fn a_change_of_layout_midway_is_followed() {
    let bench = Bench::new();
    let mono = bench.sound("0.5*sin(2765*t)", "-c:a mp2 -f mpegts", 1.0, "m.ts");
    let offset = "-output_ts_offset 1";
    let stereo = bench.sound("0.5*sin(2765*t)|0", &format!("-c:a mp2 {offset} -f mpegts"), 1.0, "s.ts");
    let joined = bench.path("j.ts");
    let bytes = [std::fs::read(mono).unwrap(), std::fs::read(stereo).unwrap()].concat();
    std::fs::write(&joined, bytes).unwrap();
    let start = Input::open(&joined).unwrap().stream(0).unwrap().start().unwrap();
    let zero = Time { ticks: start, base: Ratio::new(1, 90_000) };
    let fill = Some((zero, Time { ticks: start + 180_000, ..zero }));
    let done = run(&AudioTask { zero, fill, ..bench.pcm(&joined) }).unwrap();
    let heard = hear(&done.part.path);
    assert_eq!(heard.len(), 96_000);
    let loud = |channel: usize, from: usize| {
        heard.channels[channel][from..from + 20_000].iter().any(|s| s.abs() > 0.4)
    };
    assert!(loud(1, 10_000) && loud(0, 10_000), "mono is doubled");
    assert!(loud(0, 60_000) && !loud(1, 60_000), "stereo stays stereo");
}

#[test]
fn damage_is_survived_and_told() {
    let bench = Bench::new();
    let source = bench.sound("0.3*sin(2765*t)", "-c:a flac -f matroska", 4.0, "a.mkv");
    let mut bytes = std::fs::read(&source).unwrap();
    let middle = bytes.len() / 2;
    for (n, byte) in bytes[middle..middle + 9000].iter_mut().enumerate() {
        if n % 3 == 0 {
            *byte ^= 0x5a;
        }
    }
    std::fs::write(&source, bytes).unwrap();
    let done = run(&AudioTask { fill: Some((at_ms(0), at_ms(4000))), ..bench.aac(&source) }).unwrap();
    assert_eq!(done.samples, 192_000);
    assert!(done.damaged > 0);
    hear(&done.part.path).assert_continuous(&done);
}

#[test]
fn nothing_to_hear_is_an_error_of_its_own() {
    let bench = Bench::new();
    let source = bench.sound("0.3*sin(2765*t)", "-c:a flac", 0.5, "a.mkv");
    let bytes = std::fs::read(&source).unwrap();
    let cluster = bytes.windows(4).position(|w| w == [0x1f, 0x43, 0xb6, 0x75]).unwrap();
    // Frame headers broken everywhere: no packet decodes.
    let mut broken = bytes.clone();
    for n in cluster..broken.len() - 1 {
        if broken[n] == 0xff && broken[n + 1] == 0xf8 {
            broken[n] = 0;
        }
    }
    std::fs::write(&source, broken).unwrap();
    for fill in [None, Some((at_ms(0), at_ms(500)))] {
        let error = run(&AudioTask { fill, ..bench.aac(&source) }).unwrap_err();
        assert_eq!(error.code, MediaCode::NoAudio, "{error:?}");
    }
    assert!(!bench.path("out.pkt").exists());
}

#[test]
fn it_stops_when_asked() {
    let bench = Bench::new();
    let source = bench.sound("0.3*sin(2765*t)", "-c:a pcm_s16le", 1.0, "a.wav");
    let mut calls = 0;
    let stopped = encode(&bench.aac(&source), &mut |_| {
        calls += 1;
        ControlFlow::Break(())
    });
    assert_eq!((stopped.unwrap_err().code, calls), (MediaCode::Cancelled, 1));
    assert_eq!(std::fs::read_dir(bench.0.path()).unwrap().count(), 1, "only the source is there");
}

fn want(target_lufs: f64, true_peak_dbtp: f64) -> Loudness {
    Loudness { target_lufs, true_peak_dbtp, tolerance_lu: 0.5 }
}

fn assert_loudness(path: &Path, want: &Loudness) {
    let heard = hear(path);
    let format = AudioFormat { sample_rate: RATE, sample_format: "fltp".into(), layout: "stereo".into() };
    let mut meter = Meter::new(&format, 2).unwrap();
    meter.add_planar(&super::block::Block::new(heard.channels).planes()).unwrap();
    let reading = meter.reading().unwrap();
    assert!(
        (reading.lufs.unwrap() - want.target_lufs).abs() <= want.tolerance_lu,
        "{reading:?} for {want:?}"
    );
    assert!(reading.true_peak_dbtp <= want.true_peak_dbtp, "{reading:?} for {want:?}");
}

#[test]
fn loudness_is_reached() {
    let bench = Bench::new();
    let chords = "0.1*sin(2765*t)*(1.2+sin(t))+0.05*sin(6000*t)|0.1*sin(3100*t)";
    let source = bench.sound(chords, "-c:a pcm_s16le", 1.5, "a.wav");
    for (target, codec) in [(-23.0, AudioCodec::Aac), (-16.0, AudioCodec::PcmS16le)] {
        let want = want(target, -1.0);
        let done = run(&AudioTask { loudness: Some(want), ..bench.task(&source, Some(codec)) }).unwrap();
        assert_loudness(&done.part.path, &want);
        assert!((done.source_lufs.unwrap() + done.gain_db - target).abs() < 1.0, "{done:?}");
        assert_eq!(done.samples, 72_000);
    }
}

#[test]
fn the_true_peak_is_obeyed() {
    let bench = Bench::new();
    // Quiet, with short bursts near full scale: the gain for -16 LUFS would clip them.
    let bursts = "0.05*sin(2765*t)+0.9*sin(18000*t)*lt(mod(t\\,0.5)\\,0.004)";
    let source = bench.sound(bursts, "-c:a pcm_s24le", 1.5, "a.wav");
    for codec in [AudioCodec::PcmS24le, AudioCodec::Aac] {
        let want = want(-16.0, -2.0);
        let done = run(&AudioTask { loudness: Some(want), ..bench.task(&source, Some(codec)) }).unwrap();
        assert!(done.gain_db > 3.0, "{done:?}");
        assert_loudness(&done.part.path, &want);
        let heard = hear(&done.part.path);
        heard.assert_continuous(&done);
        assert_eq!(done.samples, 72_000);
    }
}

#[test]
fn silence_stays_silent() {
    let bench = Bench::new();
    let source = bench.sound("0", "-c:a pcm_s16le", 1.0, "a.wav");
    let done = run(&AudioTask { loudness: Some(want(-23.0, -1.0)), ..bench.pcm(&source) }).unwrap();
    assert_eq!((done.source_lufs, done.gain_db), (None, 0.0));
    assert!(hear(&done.part.path).is_silent());
}

#[test]
fn progress_rises_over_all_passes() {
    let mut seen: Vec<Progress> = Vec::new();
    let mut report = |progress| {
        seen.push(progress);
        ControlFlow::Continue(())
    };
    let mut beat = super::beat::Beat::new(&mut report, 2, Duration::ZERO);
    beat.expect(2000);
    beat.reached(1500).unwrap();
    beat.reached(1200).unwrap();
    beat.next_pass();
    beat.reached(500).unwrap();
    beat.next_pass();
    beat.reached(9000).unwrap();
    let at = |done, total| Progress { done, total };
    assert_eq!(seen, [at(1500, 4000), at(1500, 4000), at(2500, 4000), at(6000, 6000)]);
}

#[test]
fn the_first_sign_of_life_comes_at_once_and_names_the_whole_way() {
    let bench = Bench::new();
    let source = bench.sound("0.3*sin(2765*t)", "-c:a pcm_s16le", 0.5, "a.wav");
    let mut seen: Vec<Progress> = Vec::new();
    encode(&bench.pcm(&source), &mut |progress| {
        seen.push(progress);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(!seen.is_empty());
    assert!(seen.windows(2).all(|pair| pair[0].done <= pair[1].done), "{seen:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any window over any sound: exactly its samples, and the click at its place.
    #[test]
    fn any_window_is_exact(windows in prop::collection::vec((-3000i64..30_000, 1i64..60_000), 1..8)) {
        let bench = Bench::new();
        let source = bench.sound(&click_at(400), "-c:a pcm_s16le", 0.8, "a.wav");
        let base = grid(RATE);
        for (start, length) in windows {
            let fill = Some((Time { ticks: start, base }, Time { ticks: start + length, base }));
            let done = run(&AudioTask { fill, ..bench.pcm(&source) }).unwrap();
            prop_assert_eq!(i64::try_from(done.samples).unwrap(), length);
            let heard = hear(&done.part.path);
            heard.assert_continuous(&done);
            if (start..start + length).contains(&19_200) {
                prop_assert_eq!(heard.click(), 19_200);
            } else {
                prop_assert!(heard.is_silent());
            }
        }
    }
}

#[test]
fn a_copy_without_priming_starts_at_once() {
    let bench = Bench::new();
    let source = bench.sound(&click_at(500), "-c:a aac", 1.0, "a.mp4");
    let done = run(&AudioTask { no_priming: true, ..bench.task(&source, None) }).unwrap();
    let heard = hear(&done.part.path);
    heard.assert_continuous(&done);
    assert_eq!((heard.padding, heard.packets[0].pts()), (0, Some(0)));
    assert_eq!((done.start_sample, done.samples), (0, 48_000));
}
