//! A stretch of the picture's packets, copied into a file of its own that decodes to exactly the pictures that are told:
//! begins at a keyframe, holds whatever its pictures refer to, and nothing hidden.

mod copy;
mod fields;
mod packets;
mod proof;
mod select;
#[cfg(test)]
mod tests;

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use packets::{Landing, Packets};
use select::{Row, Selection};

use crate::{
    part::sync_folder,
    stitch::{Ticker, seal},
    task::{CutDone, CutTask, Progress},
    types::{MediaCode, MediaError, Ratio, rescale},
};

/// Longest way back from the keyframe, in seconds, before the file is read from its beginning.
const FARTHEST_BACK_S: i64 = 64;
/// Packets read past the end of the stretch in search of pictures that are shown before it. Reordering goes over 16
/// frames at most (ITU-T H.264 A.3.1, H.265 A.4.2), two packets each where fields are coded apart.
const LOOK_AHEAD: usize = 34;

/// Copies the stretch.
pub(crate) fn cut(
    task: &CutTask,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<CutDone, MediaError> {
    let mut ticker = Ticker::new(progress);
    ticker.report()?;
    let stretch = find(task, &mut ticker)?;
    let chosen = select::choose(&stretch.rows, task)?;
    let temporary = Temporary::beside(&task.out);
    ticker.expect(chosen.times.len() as u64);
    let proven = copy::copy(task, &stretch, &chosen, &temporary.0, &mut ticker)?;
    if !proven {
        proof::decodes_to(&temporary.0, chosen.times.len() as u64, &mut ticker)?;
    }
    let file = seal(&temporary.0, String::new(), &mut ticker)?;
    std::fs::rename(&temporary.0, &task.out)?;
    sync_folder(&task.out)?;
    let Selection { before, after, .. } = chosen;
    Ok(CutDone { bytes: file.bytes, sha256: file.sha256, before, count: task.count, after })
}

/// The packets of the stretch, as a first pass found them.
struct Stretch {
    /// From where the source is read to come by them.
    landing: Landing,
    /// Packets of the stream between there and the first row.
    skip: usize,
    /// From the keyframe on, in decoding order.
    rows: Vec<Row>,
}

/// Looks for the keyframe: from it, then from ever further back, at last from the beginning.
fn find(task: &CutTask, ticker: &mut Ticker<'_>) -> Result<Stretch, MediaError> {
    let base = crate::open::open(&task.source)?.stream(task.stream)?.time_base();
    let mut back_s = 0;
    while back_s <= FARTHEST_BACK_S {
        let back = rescale(back_s, Ratio::new(1, 1), base);
        let landing = Landing::At(task.from.saturating_sub(back));
        if let Some(found) = walk(task, landing, ticker)? {
            return Ok(found);
        }
        back_s = if back_s == 0 { 1 } else { back_s * 4 };
    }
    walk(task, Landing::Start, ticker)?.ok_or_else(|| {
        let message = "the keyframe that the stretch begins with did not come out of the file";
        MediaError::new(MediaCode::FrameMismatch, message)
    })
}

/// Reads from `landing` to the end of the stretch; `None` when its keyframe does not come.
fn walk(task: &CutTask, landing: Landing, ticker: &mut Ticker<'_>) -> Result<Option<Stretch>, MediaError> {
    let Some(mut packets) = Packets::open(&task.source, task.stream, landing)? else { return Ok(None) };
    let (mut rows, mut skip, mut found, mut idle): (Vec<Row>, usize, bool, usize) = (Vec::new(), 0, false, 0);
    while let Some(row) = packets.next()? {
        ticker.alive()?;
        if !found {
            if row.key && !row.joined {
                skip += rows.len();
                rows.clear();
            } else if rows.is_empty() {
                // Nothing before the first keyframe can be decoded.
                skip += 1;
                continue;
            }
            found = row.pts == Some(task.from) && !row.joined;
            if !found && row.key && row.pts > Some(task.from) {
                return Ok(None);
            }
        } else if let Some(until) = task.until {
            idle = if select::is_needed(&row, task) || row.joined { 0 } else { idle + 1 };
            let past = row.dts.is_some_and(|dts| dts >= until) && row.pts >= Some(until);
            if past || idle > LOOK_AHEAD {
                break;
            }
        }
        rows.push(row);
    }
    Ok(found.then_some(Stretch { landing, skip, rows }))
}

/// A file that goes away again unless it is renamed.
struct Temporary(PathBuf);

impl Temporary {
    fn beside(path: &Path) -> Self {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}.part", std::process::id()));
        Self(path.with_file_name(name))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After the rename there is nothing to remove; what stays behind after a failure is found by the clean-up.
        let _gone = std::fs::remove_file(&self.0);
    }
}
