//! One frame of a film as a JPEG file: one that shows something, or the one of a certain time.

mod choose;
mod reel;
mod still;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use reel::Reel;

use crate::{
    stitch::Ticker,
    task::{PictureDone, PictureMoment, PictureTask, Progress},
    types::{MediaError, Ratio},
};

const MICROSECONDS: Ratio = Ratio::new(1, 1_000_000);
const MILLISECONDS: Ratio = Ratio::new(1, 1_000);

/// Writes the picture of the task.
pub(crate) fn picture(
    task: &PictureTask,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<PictureDone, MediaError> {
    let mut ticker = Ticker::new(progress);
    ticker.report()?;
    let mut reel = Reel::open(&task.source, &mut ticker)?;
    let shown = match task.moment {
        PictureMoment::Poster => choose::poster(&mut reel, &mut ticker)?,
        PictureMoment::At(ms) => choose::at(&mut reel, ms, &mut ticker)?,
    };
    ticker.report()?;
    let jpeg = still::still(&shown.frame, &reel.facts, task.height)?;
    still::write(&task.out, &jpeg.data)?;
    Ok(PictureDone { width: jpeg.width, height: jpeg.height, at_ms: shown.at_ms })
}
