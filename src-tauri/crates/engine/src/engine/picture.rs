//! Still pictures, and the sample master: files that a worker makes once.

use std::{
    fs,
    path::{Path, PathBuf},
};

use spillway_media::task::{Outcome, PictureMoment, PictureTask, SampleTask, Task};

use super::{
    Engine,
    look::{Reach, absolute, unexpected},
};
use crate::{
    failure::{Code, Failure},
    picture::{Moment, gallery},
};

/// Heights that pictures have, in pixels.
const HEIGHTS: std::ops::RangeInclusive<u32> = 16..=4_320;
/// Largest picture, in bytes.
const LARGEST_PICTURE: u64 = 64 << 20;
/// Largest sample master, in bytes.
const LARGEST_SAMPLE: u64 = 1 << 30;
const SAMPLE: &str = "Spillway sample.mov";

impl Engine {
    /// A JPEG file with one frame of a media file, an HLS folder or its playlist, at most `height`
    /// pixels high. It is made by a worker where it is not there already, and may be gone again after
    /// many others were made: read it at once.
    ///
    /// # Errors
    /// Why there is no picture.
    pub fn picture(&self, path: &Path, moment: Moment, height: u32) -> Result<PathBuf, Box<Failure>> {
        let source = absolute(path)?;
        let identity = gallery::identity(&source)?;
        let height = height.clamp(*HEIGHTS.start(), *HEIGHTS.end());
        let folder = self.config.data_dir.join("pictures");
        let name = gallery::name(&source, &identity, moment, height);
        let out = folder.join(&name);
        let held = || out.is_file().then(|| out.clone());
        self.stills.once(&name, &source, held, || {
            self.make_picture(&source, moment, height, &folder, &out)?;
            Ok(out.clone())
        })
    }

    fn make_picture(
        &self,
        source: &Path,
        moment: Moment,
        height: u32,
        folder: &Path,
        out: &Path,
    ) -> Result<(), Box<Failure>> {
        let own = |error: std::io::Error| trouble(source, out, &error);
        fs::create_dir_all(folder).map_err(own)?;
        let moment = match moment {
            Moment::Poster => PictureMoment::Poster,
            Moment::At(ms) => PictureMoment::At(ms),
        };
        let task = PictureTask { source: source.to_path_buf(), moment, height, out: out.to_path_buf() };
        let is_playlist = source.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("m3u8"));
        let readable = if is_playlist { source.parent().unwrap_or(source) } else { source };
        let reach = Reach { readable: &[readable], writable: &[folder], file_bytes: LARGEST_PICTURE };
        match self.ask_with(source, Task::Picture(task), &reach)? {
            Outcome::Picture(_) => gallery::prune(folder, out, gallery::MOST_BYTES).map_err(own),
            other => Err(unexpected(source, &other)),
        }
    }

    /// A master to try things out with, in the data folder; made by a worker where it is missing.
    ///
    /// # Errors
    /// Why it could not be made.
    pub fn sample_master(&self) -> Result<PathBuf, Box<Failure>> {
        let folder = self.config.data_dir.join("sample");
        let out = folder.join(SAMPLE);
        let held = || fs::metadata(&out).is_ok_and(|entry| entry.is_file() && entry.len() > 0);
        self.stills.once(
            SAMPLE,
            &out,
            || held().then(|| out.clone()),
            || {
                fs::create_dir_all(&folder).map_err(|error| trouble(&out, &out, &error))?;
                let reach = Reach { readable: &[], writable: &[&folder], file_bytes: LARGEST_SAMPLE };
                match self.ask_with(&out, Task::Sample(SampleTask { out: out.clone() }), &reach)? {
                    Outcome::Files(_) => Ok(out.clone()),
                    other => Err(unexpected(&out, &other)),
                }
            },
        )
    }
}

fn trouble(about: &Path, file: &Path, error: &std::io::Error) -> Box<Failure> {
    Box::new(Failure::new(Code::Io, about, format!("{}: {error}.", file.display())))
}
