//! Picture and sound stay together: a white flash and a click at every second must still coincide.

use std::path::{Path, PathBuf};

use crate::{
    kit::{Spillway, output},
    media::{ffprobe, make, picture_times, sound},
};

/// One AAC frame at 48 kHz.
const AUDIO_FRAME: f64 = 1024.0 / 48_000.0;

/// A clip whose picture flashes and whose sound clicks at every whole second (of the material).
fn flash_and_click(folder: &Path, name: &str, input: &str, codec: &str) -> PathBuf {
    let picture = "color=black:s=192x108:r=25:d=6,drawbox=c=white:t=fill:enable='lt(mod(t,1),0.039)'";
    let click = "aevalsrc='0.8*sin(2*PI*1000*t)*lt(mod(t,1),0.04)':s=48000:d=6";
    let input = input.replace("PICTURE", picture).replace("CLICK", click);
    let arguments = format!("-f lavfi {input} {codec}");
    make(folder, name, &arguments)
}

/// Times of flashes: pictures that are bright, first of each run.
fn flashes(path: &Path) -> Vec<f64> {
    let filter = format!("movie={},signalstats", path.display());
    let shown = ffprobe(
        Path::new(&filter),
        &["-f", "lavfi", "-show_entries", "frame=pts_time:frame_tags=lavfi.signalstats.YAVG"],
    );
    // The sound is decoded onto a timeline that starts with the file.
    let format = ffprobe(path, &["-show_entries", "format=start_time"]);
    let start: f64 = format["format"]["start_time"].as_str().unwrap().parse().unwrap();
    let mut found: Vec<f64> = Vec::new();
    let mut bright = false;
    for (frame, time) in shown["frames"].as_array().unwrap().iter().zip(picture_times(path)) {
        let level: f64 = frame["tags"]["lavfi.signalstats.YAVG"].as_str().unwrap().parse().unwrap();
        if level > 120.0 && !bright {
            found.push(time - start);
        }
        bright = level > 120.0;
    }
    found
}

/// Times of clicks: samples that are loud after half a second of quiet.
fn clicks(path: &Path) -> Vec<f64> {
    let mut found = Vec::new();
    let mut last_loud = -1.0;
    for (n, sample) in (0u32..).zip(sound(path)) {
        let time = f64::from(n) / 48_000.0;
        if sample.unsigned_abs() > 4_000 {
            if time - last_loud > 0.5 {
                found.push(time);
            }
            last_loud = time;
        }
    }
    found
}

/// Distance of each flash to its nearest click.
fn distances(path: &Path) -> Vec<f64> {
    let clicks = clicks(path);
    assert!(clicks.len() >= 4, "{clicks:?}");
    let nearest = |t: f64| clicks.iter().map(|c| c - t).min_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap();
    flashes(path).into_iter().map(nearest).filter(|d| d.abs() < 0.5).collect()
}

#[test]
fn flash_and_click_stay_together_whatever_the_source_does() {
    let spillway = Spillway::new();
    let inbox = spillway.inbox();
    let plain = "-i PICTURE -f lavfi -i CLICK";
    let h264 = "-c:v libx264 -preset ultrafast -bf 2 -g 25 -c:a";
    let sources = [
        flash_and_click(&inbox, "plain.mp4", plain, &format!("{h264} aac")),
        flash_and_click(
            &inbox,
            "late-sound.mov",
            "-i PICTURE -itsoffset 0.7 -f lavfi -i CLICK",
            &format!("{h264} pcm_s16le"),
        ),
        flash_and_click(
            &inbox,
            "early-sound.mkv",
            "-itsoffset 0.48 -i PICTURE -f lavfi -i CLICK",
            &format!("{h264} aac"),
        ),
        flash_and_click(
            &inbox,
            "stream.ts",
            plain,
            "-c:v mpeg2video -q:v 4 -bf 2 -g 12 -c:a mp2 -output_ts_offset 9000",
        ),
    ];
    // An edit list that cuts into the first GOP.
    let cut = make(&inbox, "edited.mp4", &format!("-ss 1.3 -i {} -c copy", sources[0].display()));
    for source in sources.iter().chain([&cut]) {
        let before = distances(source);
        let reference = before[before.len() / 2];
        for profile in ["web-mp4", "youtube", "proxy-edit"] {
            let job = spillway.deliver(source, profile).delivered();
            let path = output(&job, 0);
            let after = distances(&path);
            assert!(after.len() >= 4, "{} {profile}", source.display());
            for distance in after {
                assert!(
                    (distance - reference).abs() <= AUDIO_FRAME,
                    "{} {profile}: {distance:.4} s instead of {reference:.4} s",
                    source.display()
                );
            }
        }
    }
}
