//! A job with media: its input comes from S3, ffmpeg makes the outputs, they go to S3.

pub(crate) mod probe;

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    bill::Made,
    files::{FileError, Files},
    jobs::inputs,
    settings::{self, Plan},
    work::{Failure, not_written},
};

/// Does a job. `show` is told phase and percent, and answers whether the job is still wanted.
pub(crate) fn run(
    files: &Files,
    request: &Value,
    show: &dyn Fn(&'static str, u32) -> bool,
) -> Result<Vec<Vec<Made>>, Failure> {
    let folder = tempfile::tempdir().map_err(|error| unexpected(&error))?;
    let addresses = inputs(request);
    let Some(address) = addresses.first() else {
        return Err(settings::unsupported("an input without fileInput"));
    };
    let input = fetch(files, address, &folder)?;
    let probe = probe::probe(&input, address)?;
    let mut plans = settings::plans(request, &probe)?;
    let outputs: Vec<PathBuf> = (0..plans.iter().flatten().count())
        .map(|place| folder.path().join(format!("output-{place}")))
        .collect();
    show("TRANSCODING", 1);
    encode(&input, address, &plans, &outputs, show)?;
    for (plan, file) in plans.iter_mut().flatten().zip(&outputs) {
        measure(plan, file)?;
    }
    if !show("UPLOADING", 95) {
        return Err((1999, "It was cancelled.".to_owned()));
    }
    for (plan, file) in plans.iter().flatten().zip(&outputs) {
        let content = std::fs::read(file).map_err(|error| unexpected(&error))?;
        files.put(content, &plan.made.place).map_err(|error| not_written(&plan.made.place, &error))?;
    }
    Ok(plans.into_iter().map(|group| group.into_iter().map(|plan| plan.made).collect()).collect())
}

fn fetch(files: &Files, address: &str, folder: &TempDir) -> Result<PathBuf, Failure> {
    let to = folder.path().join("input");
    files.get(address, &to).map_err(|error| match error {
        FileError::Missing => {
            let why =
                "Failed probe/open: [Can't read input stream: [Failed to read data: HeadObject failed]]";
            (1404, format!("Unable to open input file [{address}]: [{why}]"))
        }
        FileError::Denied => (1401, format!("Unable to open input file [{address}]: [Access Denied]")),
        FileError::Other(why) => (1999, format!("Unable to open input file [{address}]: [{why}]")),
    })?;
    Ok(to)
}

fn encode(
    input: &Path,
    address: &str,
    plans: &[Vec<Plan>],
    outputs: &[PathBuf],
    show: &dyn Fn(&'static str, u32) -> bool,
) -> Result<(), Failure> {
    let mut command = Command::new("ffmpeg");
    command.args([
        "-hide_banner",
        "-nostdin",
        "-y",
        "-loglevel",
        "warning",
        "-nostats",
        "-progress",
        "pipe:1",
    ]);
    command.args(["-noautorotate", "-i"]).arg(input);
    for (plan, file) in plans.iter().flatten().zip(outputs) {
        command.args(&plan.words);
        // The same words make the same bytes, on any machine.
        command.args(["-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"]);
        command.args(["-threads", "2", "-f", plan.format]).arg(file);
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| unexpected(&error))?;
    let complaints = child.stderr.take().map(|mut pipe| {
        thread::spawn(move || {
            let mut text = Vec::new();
            // What was read until a pipe breaks is all there is to tell.
            let _ = pipe.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        })
    });
    let wanted = follow(&mut child, plans, show);
    if !wanted {
        // It may have ended by itself.
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| unexpected(&error))?;
    let complaints = complaints.and_then(|thread| thread.join().ok()).unwrap_or_default();
    if complaints.contains("partial file") || complaints.contains("ended prematurely") {
        return Err((1076, format!("Input file [{address}] is truncated.")));
    }
    if !status.success() {
        let code =
            if complaints.contains("Decoder") && complaints.contains("not found") { 1030 } else { 1999 };
        return Err((code, format!("Transcoding [{address}] failed: [{}]", complaints.trim())));
    }
    Ok(())
}

/// Tells how far it is; whether it is still wanted.
fn follow(child: &mut Child, plans: &[Vec<Plan>], show: &dyn Fn(&'static str, u32) -> bool) -> bool {
    let total = plans.iter().flatten().filter_map(|plan| plan.frames).max().unwrap_or(1).max(1);
    let Some(pipe) = child.stdout.take() else { return true };
    for line in BufReader::new(pipe).lines().map_while(Result::ok) {
        let Some(done) = line.strip_prefix("frame=").and_then(|text| text.trim().parse::<u64>().ok()) else {
            continue;
        };
        let percent = u32::try_from((done * 90 / total).clamp(1, 90)).unwrap_or(90);
        if !show("TRANSCODING", percent) {
            return false;
        }
    }
    true
}

/// Counts what was made. Another number of frames than was planned is this simulator's mistake, and fails the job.
fn measure(plan: &mut Plan, file: &Path) -> Result<(), Failure> {
    let found = probe::probe(file, "the output")?;
    let made = &mut plan.made;
    if let Some(video) = &found.video {
        made.frames = video.frames;
        let (numerator, denominator) = made.frame_rate;
        made.duration_ms = (video.frames * 1000 * u64::from(denominator) + u64::from(numerator) / 2)
            / u64::from(numerator.max(1));
        if plan.frames.is_some_and(|planned| planned != video.frames) {
            let planned = plan.frames.unwrap_or_default();
            return Err((1999, format!("{} frames became {}", planned, video.frames)));
        }
    } else {
        made.duration_ms = found.duration_ms;
    }
    Ok(())
}

fn unexpected(error: &std::io::Error) -> Failure {
    (1999, format!("Unexpected error: {error}"))
}
