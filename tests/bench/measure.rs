//! Time, CPU, size and likeness to the source.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use spillway_profile::ProfileErrors;

/// Why a comparison cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// A file or a program could not be used.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A bench profile is wrong.
    #[error(transparent)]
    Profile(#[from] ProfileErrors),
    /// A program failed.
    #[error("{program} failed:\n{stderr}")]
    Failed {
        /// Which.
        program: String,
        /// What it said.
        stderr: String,
    },
    /// Something else than expected came out.
    #[error("unexpected: {0}")]
    Unexpected(&'static str),
}

/// What a run took, in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// From start to end.
    pub(crate) wall: f64,
    /// Of the program and all its children, user and system.
    pub(crate) cpu: f64,
}

/// Likeness to the source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quality {
    /// Average over all planes, in dB.
    pub(crate) psnr: f64,
    /// Average over all planes, 0 to 1.
    pub(crate) ssim: f64,
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Result<Cost, BenchError> {
    let (begin, before) = (Instant::now(), children_cpu()?);
    output(command)?;
    Ok(Cost { wall: begin.elapsed().as_secs_f64(), cpu: children_cpu()? - before })
}

/// Runs a program and takes what it prints: stdout, stderr.
pub(crate) fn output(command: &mut Command) -> Result<(String, String), BenchError> {
    let output = command.stdin(Stdio::null()).output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !output.status.success() {
        let program = command.get_program().to_string_lossy().into_owned();
        return Err(BenchError::Failed { program, stderr: text(&output.stderr) });
    }
    Ok((text(&output.stdout), text(&output.stderr)))
}

/// CPU seconds of all children that ended and were waited for, and of theirs (proc(5), `cutime`, `cstime`).
fn children_cpu() -> Result<f64, BenchError> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The second field is the program's name and may hold anything but the last parenthesis.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: Option<Vec<f64>> = fields.skip(13).take(2).map(|field| field.parse().ok()).collect();
    let ticks =
        ticks.filter(|ticks| ticks.len() == 2).ok_or(BenchError::Unexpected("form of /proc/self/stat"))?;
    let per_second = u32::try_from(rustix::param::clock_ticks_per_second()).unwrap_or(100);
    Ok(ticks.iter().sum::<f64>() / f64::from(per_second))
}

/// Removes a folder with all in it.
pub(crate) fn clear(folder: &Path) -> Result<(), BenchError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Bytes of all media files and playlists below a folder; receipts left out.
#[expect(clippy::cast_precision_loss, reason = "ratios of sizes")]
pub(crate) fn media_bytes(folder: &Path) -> Result<f64, BenchError> {
    let mut sum = 0;
    for file in files(folder)?.iter().filter(|file| is_media(file)) {
        sum += fs::metadata(file)?.len();
    }
    Ok(sum as f64)
}

/// The one media file, or the media playlist of the best rung.
pub(crate) fn picture(folder: &Path) -> Result<PathBuf, BenchError> {
    let files = files(folder)?;
    for file in files.iter().filter(|file| has_extension(file, "m3u8")) {
        if let Some(best) = best_variant(&fs::read_to_string(file)?) {
            return Ok(file.with_file_name(best));
        }
    }
    files.into_iter().find(|file| is_media(file)).ok_or(BenchError::Unexpected("a run without result"))
}

/// Address of the variant with the highest bit rate, when the text is a multivariant playlist.
fn best_variant(playlist: &str) -> Option<String> {
    let mut lines = playlist.lines();
    let mut variants = Vec::new();
    while let Some(line) = lines.next() {
        let Some(attributes) = line.strip_prefix("#EXT-X-STREAM-INF:") else { continue };
        let rate = attributes.split(',').find_map(|attribute| attribute.strip_prefix("BANDWIDTH="))?;
        variants.push((rate.parse::<u64>().ok()?, lines.next()?.to_owned()));
    }
    variants.into_iter().max().map(|(_, address)| address)
}

/// PSNR and SSIM against the source, by ffmpeg's filters; `exact`: in 4:2:2 with 10 bits.
pub(crate) fn quality(result: &Path, source: &Path, exact: bool) -> Result<Quality, BenchError> {
    let format = if exact { "yuv422p10le" } else { "yuv420p" };
    // Frames are paired by number: every case keeps the frame count.
    let even = format!("settb=1/1000,setpts=N,format={format}");
    let graph = format!(
        "[1:v:0][0:v:0]scale2ref=flags=bicubic[s][r];[r]{even},split[r1][r2];[s]{even},split[s1][s2];\
         [r1][s1]psnr;[r2][s2]ssim"
    );
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-hide_banner", "-i"]).arg(result).arg("-i").arg(source);
    command.args(["-lavfi", &graph, "-f", "null", "-"]);
    let (_, said) = output(&mut command)?;
    let figure = |key: &str| {
        let (_, rest) = said.rsplit_once(key)?;
        let word = rest.split_whitespace().next()?;
        if word == "inf" { Some(f64::INFINITY) } else { word.parse().ok() }
    };
    let missing = || BenchError::Unexpected("no PSNR or SSIM from ffmpeg");
    Ok(Quality { psnr: figure("average:").ok_or_else(missing)?, ssim: figure("All:").ok_or_else(missing)? })
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, BenchError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn is_media(file: &Path) -> bool {
    ["mp4", "mov", "m4s", "m4v", "m4a", "m3u8"].iter().any(|extension| has_extension(file, extension))
}

fn has_extension(file: &Path, extension: &str) -> bool {
    file.extension() == Some(OsStr::new(extension))
}
