//! The other programs, with the settings that a profile's output stands for.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use spillway_profile::{AudioCodec, Container, Output, RateControl, Rung, Size, Video, VideoCodec};

use crate::measure::{self, BenchError};

/// A clip.
#[derive(Debug)]
pub(crate) struct Source {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Pixels.
    pub(crate) width: u32,
    /// Pixels.
    pub(crate) height: u32,
    /// Frames per second.
    pub(crate) rate: f64,
}

impl Source {
    /// Asks ffprobe.
    pub(crate) fn look(path: &Path) -> Result<Self, BenchError> {
        let mut command = Command::new("ffprobe");
        command.args(["-v", "error", "-select_streams", "v:0", "-of", "csv=p=0"]);
        command.args(["-show_entries", "stream=width,height,r_frame_rate"]).arg(path);
        let (text, _) = measure::output(&mut command)?;
        let parse = || {
            let mut fields = text.lines().next()?.trim_end_matches(',').split(',');
            let (width, height) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
            let (num, den) = fields.next()?.split_once('/')?;
            let rate = num.parse::<f64>().ok()? / den.parse::<f64>().ok()?;
            Some(Self { path: path.to_owned(), width, height, rate })
        };
        parse().ok_or(BenchError::Unexpected("what ffprobe says of the clip"))
    }

    /// Even size that fits into a box, never enlarged.
    fn fit(&self, width: u32, height: u32) -> (u32, u32) {
        let (w, h) = (f64::from(self.width), f64::from(self.height));
        let factor = (f64::from(width) / w).min(f64::from(height) / h).min(1.0);
        (even(w * factor), even(h * factor))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "picture sizes are small and positive"
)]
fn even(size: f64) -> u32 {
    ((size / 2.0).round() as u32 * 2).max(2)
}

/// A clip that is neither trivial nor random: a moving test picture with a little noise.
pub(crate) fn make_clip(folder: &Path, seconds: u32) -> Result<PathBuf, BenchError> {
    let clip = folder.join(format!("clip-{seconds}s.mov"));
    if clip.exists() {
        return Ok(clip);
    }
    let part = folder.join("clip.part.mov");
    let picture = format!("testsrc2=size=1920x1080:rate=25:duration={seconds},noise=alls=8:allf=t");
    let sound = format!("sine=frequency=440:sample_rate=48000:duration={seconds}");
    let mut command = Command::new("ffmpeg");
    command
        .args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &sound]);
    command.args([
        "-vf",
        "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p",
        "-ac",
        "2",
        "-c:a",
        "pcm_s24le",
    ]);
    command.args([
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-qp",
        "12",
        "-g",
        "25",
        "-color_primaries",
        "bt709",
    ]);
    command.args(["-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"]).arg(&part);
    measure::output(&mut command)?;
    std::fs::rename(&part, &clip)?;
    Ok(clip)
}

/// A program to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rival {
    /// The ffmpeg command.
    Ffmpeg,
    /// The command line of `HandBrake`.
    HandBrake,
    /// Copying the file.
    Cp,
}

/// Who can do a case.
pub(crate) fn of(case: &str) -> &'static [Rival] {
    match case {
        "h264" | "hevc" => &[Rival::Ffmpeg, Rival::HandBrake],
        "copy" => &[Rival::Cp],
        _ => &[Rival::Ffmpeg],
    }
}

impl Rival {
    /// Its name in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ffmpeg => "ffmpeg",
            Self::HandBrake => "HandBrake",
            Self::Cp => "cp",
        }
    }

    /// Whether it is installed.
    pub(crate) fn is_here(self) -> bool {
        let (program, argument) = match self {
            Self::Ffmpeg => ("ffmpeg", "-version"),
            Self::HandBrake => ("HandBrakeCLI", "--version"),
            Self::Cp => ("cp", "--version"),
        };
        Command::new(program).arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    }

    /// The command that makes the same as `output`; `file`: the file, or the folder of a ladder.
    pub(crate) fn command(self, output: &Output, source: &Source, file: &Path) -> Command {
        match self {
            Self::Ffmpeg if output.container == Container::Hls => ladder(output, source, file),
            Self::Ffmpeg => single(output, source, file),
            Self::HandBrake => handbrake(output, source, file),
            Self::Cp => {
                let mut command = Command::new("cp");
                command.arg(&source.path).arg(file);
                command
            }
        }
    }
}

fn single(output: &Output, source: &Source, file: &Path) -> Command {
    let mut command = ffmpeg(source);
    if let Size::Fit { width, height } = output.video.size {
        let (width, height) = source.fit(width, height);
        command.arg("-vf").arg(format!("scale={width}:{height}"));
    }
    command.args(["-map", "0:v:0", "-map", "0:a?"]);
    command.args(picture(&output.video, None, output.video.rate, source.rate, ""));
    command.args(sound(output));
    if output.fast_start {
        command.args(["-movflags", "+faststart"]);
    }
    command.arg(file);
    command
}

/// One decode, one scaler and encoder per rung, fragmented MP4 segments.
fn ladder(output: &Output, source: &Source, folder: &Path) -> Command {
    let rungs = rungs(output, source);
    let mut graph = format!("[0:v:0]split={}", rungs.len());
    graph.extend((0..rungs.len()).map(|n| format!("[s{n}]")));
    for (n, rung) in rungs.iter().enumerate() {
        let (width, height) = source.fit(rung.width, rung.height);
        let halve = if halved(rung, source) { "framestep=2," } else { "" };
        graph.push_str(&[";[s", &n.to_string(), "]", halve].concat());
        graph.push_str(
            &["scale=", &width.to_string(), ":", &height.to_string(), "[r", &n.to_string(), "]"].concat(),
        );
    }
    let mut command = ffmpeg(source);
    command.args(["-filter_complex", &graph]);
    let mut streams = Vec::new();
    for (n, rung) in rungs.iter().enumerate() {
        let rate = if halved(rung, source) { source.rate / 2.0 } else { source.rate };
        command.arg("-map").arg(format!("[r{n}]"));
        command.args(picture(&output.video, Some(rung), Some(rung.rate), rate, &format!(":v:{n}")));
        streams.push(format!("v:{n},agroup:sound"));
    }
    command.args(["-map", "0:a:0"]).args(sound(output));
    streams.push("a:0,agroup:sound".to_owned());
    let seconds = output.hls.as_ref().map_or(6.0, |hls| hls.segment_seconds);
    command.args(["-f", "hls", "-hls_segment_type", "fmp4", "-hls_playlist_type", "vod"]);
    command.args(["-hls_flags", "independent_segments", "-hls_time", &seconds.to_string()]);
    command.args(["-var_stream_map", &streams.join(" "), "-master_pl_name", "master.m3u8"]);
    command.arg(folder.join("%v").join("index.m3u8"));
    command
}

/// Rungs that are not larger than the source; the smallest in any case.
fn rungs<'a>(output: &'a Output, source: &Source) -> Vec<&'a Rung> {
    let all = &output.video.rung;
    let fitting: Vec<&Rung> =
        all.iter().filter(|rung| rung.width <= source.width || rung.height <= source.height).collect();
    if fitting.is_empty() { all.last().into_iter().collect() } else { fitting }
}

fn halved(rung: &Rung, source: &Source) -> bool {
    rung.max_frame_rate.is_some_and(|most| source.rate > most)
}

fn ffmpeg(source: &Source) -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-y", "-i"]).arg(&source.path);
    command
}

/// Encoder options; `stream`: a stream specifier such as `:v:2`.
fn picture(
    video: &Video,
    rung: Option<&Rung>,
    rate: Option<RateControl>,
    frames_per_second: f64,
    stream: &str,
) -> Vec<String> {
    let mut options = Vec::new();
    let mut set = |name: &str, value: String| options.extend([format!("-{name}{stream}"), value]);
    let encoder = match video.codec {
        VideoCodec::H264 => "libx264",
        VideoCodec::Hevc => "libx265",
        VideoCodec::Prores => "prores_ks",
    };
    set(if stream.is_empty() { "c:v" } else { "c" }, encoder.to_owned());
    set("pix_fmt", video.pixel_format.clone());
    if let Some(profile) = rung.and_then(|rung| rung.profile.as_ref()).or(video.profile.as_ref()) {
        set(if stream.is_empty() { "profile:v" } else { "profile" }, profile.clone());
    }
    if video.codec == VideoCodec::Prores {
        return options;
    }
    if let Some(preset) = &video.preset {
        set("preset", preset.clone());
    }
    match rate {
        Some(RateControl::Crf { crf }) => set("crf", crf.to_string()),
        Some(RateControl::CappedCrf { crf, max_kbps, buffer_kbit }) => {
            set("crf", crf.to_string());
            set("maxrate", format!("{max_kbps}k"));
            set("bufsize", format!("{buffer_kbit}k"));
        }
        Some(RateControl::Codec) | None => {}
    }
    let gop = (video.gop.seconds * frames_per_second).round().to_string();
    if video.codec == VideoCodec::Hevc {
        let fixed = if video.gop.fixed { format!(":min-keyint={gop}:scenecut=0") } else { String::new() };
        set("x265-params", format!("log-level=error:open-gop=0:keyint={gop}{fixed}"));
        return options;
    }
    if video.gop.fixed {
        set("keyint_min", gop.clone());
        set("sc_threshold", "0".to_owned());
    }
    set("g", gop);
    if let Some(frames) = video.gop.b_frames {
        set("bf", frames.to_string());
    }
    options
}

fn sound(output: &Output) -> Vec<String> {
    let Some(audio) = output.audio.first() else { return vec!["-an".to_owned()] };
    let codec = match audio.codec {
        AudioCodec::Aac => "aac",
        AudioCodec::PcmS16le => "pcm_s16le",
        AudioCodec::PcmS24le => "pcm_s24le",
    };
    let mut options = vec!["-c:a".to_owned(), codec.to_owned()];
    options.extend(
        audio.bit_rate_kbps.map(|rate| ["-b:a".to_owned(), format!("{rate}k")]).into_iter().flatten(),
    );
    options
}

fn handbrake(output: &Output, source: &Source, file: &Path) -> Command {
    let video = &output.video;
    let mut command = Command::new("HandBrakeCLI");
    command.arg("--input").arg(&source.path).arg("--output").arg(file);
    let encoder = if video.codec == VideoCodec::Hevc { "x265" } else { "x264" };
    command.args(["--encoder", encoder, "--cfr", "--crop", "0:0:0:0", "--optimize"]);
    command.args(["--no-comb-detect", "--no-deinterlace", "--auto-anamorphic"]);
    if let Some(RateControl::Crf { crf } | RateControl::CappedCrf { crf, .. }) = video.rate {
        command.arg("--quality").arg(crf.to_string());
    }
    if let Some(preset) = &video.preset {
        command.arg("--encoder-preset").arg(preset);
    }
    if let Some(profile) = &video.profile {
        command.arg("--encoder-profile").arg(profile);
    }
    let gop = (video.gop.seconds * source.rate).round();
    let open_gop = if video.codec == VideoCodec::Hevc { ":open-gop=0" } else { "" };
    command.arg("--encopts").arg(format!("keyint={gop}{open_gop}"));
    match output.audio.first() {
        Some(audio) => {
            command.args(["--audio", "1", "--aencoder", "av_aac", "--ab"]);
            command.arg(audio.bit_rate_kbps.unwrap_or(192).to_string());
        }
        None => {
            command.args(["--audio", "none"]);
        }
    }
    command
}
