//! Test media, made by the FFmpeg command line, and measurements by ffprobe: a second opinion.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// Makes a file; `arguments` are split at spaces.
pub(crate) fn make(folder: &Path, name: &str, arguments: &str) -> PathBuf {
    let path = folder.join(name);
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y"])
        .args(arguments.split(' ').filter(|a| !a.is_empty()))
        .arg(format!("file:{}", path.display()))
        .output()
        .expect("the ffmpeg command line makes test media");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    path
}

/// A small H.264 clip with a tone: `seconds` long, 320×180, 25 frames per second.
pub(crate) fn clip(folder: &Path, name: &str, seconds: u32) -> PathBuf {
    let arguments = format!(
        "-f lavfi -i testsrc2=s=320x180:r=25:d={seconds} -f lavfi -i sine=f=440:r=48000:d={seconds} \
         -c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p -c:a aac -shortest"
    );
    make(folder, name, &arguments)
}

/// What ffprobe shows of a file.
pub(crate) fn ffprobe(path: &Path, arguments: &[&str]) -> Value {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-of", "json"])
        .args(arguments)
        .arg(path)
        .output()
        .expect("ffprobe");
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

/// Presentation times of all decoded pictures, in seconds.
pub(crate) fn picture_times(path: &Path) -> Vec<f64> {
    let shown =
        ffprobe(path, &["-select_streams", "V:0", "-show_entries", "frame=best_effort_timestamp_time"]);
    let frames = shown["frames"].as_array().cloned().unwrap_or_default();
    frames
        .iter()
        .filter_map(|f| f["best_effort_timestamp_time"].as_str().and_then(|t| t.parse().ok()))
        .collect()
}

/// Number of pictures that decode.
pub(crate) fn picture_count(path: &Path) -> usize {
    let shown =
        ffprobe(path, &["-count_frames", "-select_streams", "V:0", "-show_entries", "stream=nb_read_frames"]);
    let count = |v: &Value| v["streams"][0]["nb_read_frames"].as_str().and_then(|n| n.parse().ok());
    count(&shown).unwrap_or(0)
}

/// All streams as ffprobe describes them.
pub(crate) fn streams(path: &Path) -> Vec<Value> {
    ffprobe(path, &["-show_streams"])["streams"].as_array().cloned().unwrap_or_default()
}

/// The first stream of a kind.
#[track_caller]
pub(crate) fn stream(path: &Path, kind: &str) -> Value {
    let all = streams(path);
    let found = all.iter().find(|s| s["codec_type"] == kind);
    found.unwrap_or_else(|| panic!("no {kind} in {}: {all:#?}", path.display())).clone()
}

/// Hash of every decoded picture, in order.
pub(crate) fn picture_hashes(path: &Path) -> Vec<String> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(path)
        .args(["-map", "0:v:0", "-vsync", "passthrough", "-f", "framemd5", "-"])
        .output()
        .expect("ffmpeg");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .filter(|l| !l.starts_with('#'))
        .filter_map(|l| l.rsplit(',').next())
        .map(|h| h.trim().to_owned())
        .collect()
}

/// Decoded sound of the first audio stream: mono, 48 kHz, 16 bit, on the file's timeline (silence before
/// a late start, so that sample n is at n/48000 s).
pub(crate) fn sound(path: &Path) -> Vec<i16> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(path)
        .args([
            "-map",
            "0:a:0",
            "-af",
            "aresample=async=1:first_pts=0",
            "-ac",
            "1",
            "-ar",
            "48000",
            "-f",
            "s16le",
            "-",
        ])
        .output()
        .expect("ffmpeg");
    output.stdout.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
}
