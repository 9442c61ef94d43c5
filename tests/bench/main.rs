//! Compares Spillway with ffmpeg and `HandBrakeCLI` at the same encoder settings, in one sitting: runs
//! alternate (Spillway, the other, Spillway, the other, …), and the median of the ratios of
//! neighbours counts, so that a machine that slows down or speeds up meanwhile does not decide.
//!
//! Linux only: the CPU time of ended children is read from `/proc`.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

mod measure;
mod rivals;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use clap::Parser;
use measure::{BenchError, Cost, Quality};
use rivals::{Rival, Source};
use spillway_profile::{Container, Profile, VideoCodec};

/// Where clips and results are made and removed again.
const FOLDER: &str = "target/bench";

/// Compares Spillway with ffmpeg and `HandBrakeCLI`
#[derive(Debug, Parser)]
struct Arguments {
    /// A short clip and one pair of runs: shows that all works, says little about speed
    #[arg(long)]
    quick: bool,
    /// Clip to encode [default: a moving, noisy test picture in 1080p]
    #[arg(long, value_name = "FILE")]
    source: Option<PathBuf>,
    /// Pairs of runs
    #[arg(long, value_name = "N", default_value_t = 3)]
    pairs: u32,
    /// Only cases whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Passed by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

struct Case {
    name: &'static str,
    profile: PathBuf,
}

fn main() -> Result<(), BenchError> {
    let arguments = Arguments::parse();
    let folder = Path::new(FOLDER);
    std::fs::create_dir_all(folder)?;
    let clip = match &arguments.source {
        Some(clip) => clip.clone(),
        None => rivals::make_clip(folder, if arguments.quick { 6 } else { 15 })?,
    };
    let pairs = if arguments.quick { 1 } else { arguments.pairs.max(1) };
    let source = Source::look(&clip)?;
    println!(
        "{} · {}x{} · {:.3} fps · {pairs} of each",
        clip.display(),
        source.width,
        source.height,
        source.rate
    );
    println!("All ratios are Spillway / other: below 1 Spillway takes less.\n");
    println!(
        "{:<12} {:<10} {:>6} {:>6} {:>6}  {:>15}  {:>17}",
        "case", "other", "wall", "CPU", "size", "PSNR dB", "SSIM"
    );
    for case in cases().into_iter().filter(|case| case.name.contains(&arguments.only)) {
        compare(&case, &source, pairs, folder)?;
    }
    Ok(())
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let case = |name, profile| Case { name, profile: root.join(profile) };
    vec![
        case("h264", "tests/bench/h264.toml"),
        case("hevc", "tests/bench/hevc.toml"),
        case("hls-ladder", "profiles/apple-hls.toml"),
        case("prores", "profiles/prores-mezzanine.toml"),
        case("copy", "tests/bench/copy.toml"),
    ]
}

fn compare(case: &Case, source: &Source, pairs: u32, folder: &Path) -> Result<(), BenchError> {
    let text = std::fs::read_to_string(&case.profile)?;
    let profile = Profile::from_toml(&text, &case.profile.to_string_lossy())?;
    for rival in rivals::of(case.name).iter().copied() {
        if !rival.is_here() {
            println!("{:<12} {:<10} skipped: not installed", case.name, rival.name());
            continue;
        }
        let mut ratios: Vec<(f64, f64)> = Vec::new();
        let mut results = None;
        for _ in 0..pairs {
            let ours = Attempt::spillway(case, source, &folder.join("ours"))?;
            let theirs = Attempt::rival(rival, &profile, source, &folder.join("theirs"))?;
            ratios.push((ours.cost.wall / theirs.cost.wall, ours.cost.cpu / theirs.cost.cpu));
            results = Some((ours, theirs));
        }
        let Some((ours, theirs)) = results else { continue };
        let exact = profile.output.iter().any(|output| output.video.codec == VideoCodec::Prores);
        let quality = |attempt: &Attempt| measure::quality(&attempt.picture()?, &source.path, exact);
        print_row(case.name, rival, &ratios, [&ours, &theirs], [quality(&ours)?, quality(&theirs)?]);
    }
    Ok(())
}

fn print_row(
    case: &str,
    rival: Rival,
    ratios: &[(f64, f64)],
    [ours, theirs]: [&Attempt; 2],
    [our_quality, their_quality]: [Quality; 2],
) {
    let wall = median(ratios.iter().map(|ratio| ratio.0));
    let cpu = median(ratios.iter().map(|ratio| ratio.1));
    let size = ours.bytes / theirs.bytes;
    println!(
        "{case:<12} {:<10} {wall:>6.2} {cpu:>6.2} {size:>6.3}  {:>6.2} / {:>6.2}  {:>7.5} / {:>7.5}   ({:.1} s / {:.1} s)",
        rival.name(),
        our_quality.psnr,
        their_quality.psnr,
        our_quality.ssim,
        their_quality.ssim,
        ours.cost.wall,
        theirs.cost.wall,
    );
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// One run, and the files it left.
struct Attempt {
    cost: Cost,
    folder: PathBuf,
    bytes: f64,
}

impl Attempt {
    fn spillway(case: &Case, source: &Source, folder: &Path) -> Result<Self, BenchError> {
        let data_dir = folder.with_extension("data");
        measure::clear(&data_dir)?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_spillway"));
        command.arg("--data-dir").arg(&data_dir).arg("deliver").arg(&source.path);
        command.arg("--profile").arg(&case.profile).arg("--out").arg(folder);
        let attempt = Self::run(&mut command, folder)?;
        measure::clear(&data_dir)?;
        Ok(attempt)
    }

    fn rival(rival: Rival, profile: &Profile, source: &Source, folder: &Path) -> Result<Self, BenchError> {
        let output = profile.output.first().ok_or(BenchError::Unexpected("a profile without output"))?;
        let file = match output.container {
            Container::Mp4 | Container::Mov => folder.join(format!("out.{}", output.container.extension())),
            Container::Hls => folder.to_owned(),
        };
        Self::run(&mut rival.command(output, source, &file), folder)
    }

    fn run(command: &mut Command, folder: &Path) -> Result<Self, BenchError> {
        measure::clear(folder)?;
        std::fs::create_dir_all(folder)?;
        let cost = measure::run(command)?;
        Ok(Self { cost, folder: folder.to_owned(), bytes: measure::media_bytes(folder)? })
    }

    /// The file to judge; of a ladder the rung with the highest bit rate.
    fn picture(&self) -> Result<PathBuf, BenchError> {
        measure::picture(&self.folder)
    }
}
