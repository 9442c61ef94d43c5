//! Reading back a finished output: what is really in it, packet by packet.

mod audio;
mod decode;
mod files;
mod film;
mod hls;
mod loudness;
mod playlist;
mod streams;
#[cfg(test)]
mod tests;
mod video;

use std::{ops::ControlFlow, path::Path};

pub(crate) use film::{Rung, first_rung};

use crate::{
    boxes::Layout,
    measured::Measured,
    open::open,
    probe::probe,
    stitch::{Ticker, hash},
    task::{FileInfo, MeasureTask, Progress},
    types::{MediaCode, MediaError, Ratio},
};

const MICROSECONDS: Ratio = Ratio::new(1, 1_000_000);
const MILLISECONDS: Ratio = Ratio::new(1, 1_000);

/// Measures a media file, or an HLS folder.
pub(crate) fn measure(
    task: &MeasureTask,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Measured, MediaError> {
    let mut ticker = Ticker::new(progress);
    ticker.report()?;
    if task.path.is_dir() || is_playlist(&task.path)? {
        hls::measure(task, &mut ticker)
    } else {
        file(task, &mut ticker)
    }
}

/// Whether a file is an HLS playlist by its first line.
pub(crate) fn is_playlist(path: &Path) -> Result<bool, MediaError> {
    use std::io::Read;
    let mut head = Vec::new();
    std::fs::File::open(path)?.take(7).read_to_end(&mut head)?;
    Ok(head == b"#EXTM3U")
}

fn file(task: &MeasureTask, ticker: &mut Ticker<'_>) -> Result<Measured, MediaError> {
    let (probe, input) = probe(&task.path)?;
    let brand = input.tags().into_iter().find(|(key, _)| key == "major_brand").map(|(_, brand)| brand);
    drop(input);
    let iso = probe.format.contains("mov");
    let layout = if iso { Some(Layout::read(&task.path)?) } else { None };
    let container = match (iso, brand.as_deref()) {
        (true, Some("qt  ")) => "mov".to_owned(),
        (true, _) => "mp4".to_owned(),
        (false, _) => probe.format.clone(),
    };
    let found = streams::measure(&|| open(&task.path), &probe, task, ticker)?;
    let mut faults = found.faults;
    if layout.as_ref().is_some_and(|layout| layout.cut_short) {
        faults.push("The last box of the file reaches past its end.".to_owned());
    }
    if found.video.is_empty() && found.audio.is_empty() {
        return Err(MediaError::new(MediaCode::NoVideo, "there is neither picture nor sound"));
    }
    let info = if task.hash {
        hash(&task.path, String::new(), ticker)?
    } else {
        FileInfo { path: String::new(), bytes: probe.bytes, sha256: String::new() }
    };
    Ok(Measured {
        container,
        files: vec![info],
        moov_first: layout.as_ref().and_then(|layout| layout.moov_first),
        edit_lists: layout.as_ref().map(|layout| layout.edit_lists),
        timecode: probe.timecode,
        chapters: probe.chapters,
        video: found.video.into_iter().map(|video| video.measured).collect(),
        audio: found.audio,
        hls: None,
        faults,
    })
}
