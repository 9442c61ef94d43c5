//! Encoding one range of frames, for every rendition of an output, from one decode.

mod frames;
mod options;
mod picture;
mod rendition;
#[cfg(test)]
pub(crate) mod tests;

use std::ops::ControlFlow;

use frames::SourceFrames;
pub(crate) use options::codec_options;
use picture::Treated;
pub(crate) use picture::{format_of, tone_map};
use rendition::RenditionEncoder;

use crate::{
    schedule,
    task::{Progress, SegmentDone, SegmentTask},
    types::{MediaCode, MediaError},
};

/// Encodes the segment. Every frame of the schedule's slice is encoded exactly once per rendition, or
/// the call fails.
pub(crate) fn encode(
    task: &SegmentTask,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<SegmentDone, MediaError> {
    let (header, entries) = schedule::read(&task.schedule, task.first, task.count)?;
    if entries.len() as u64 != task.count || entries.is_empty() {
        return Err(MediaError::new(MediaCode::Internal, "the segment lies beyond the frame schedule"));
    }
    let mut source = SourceFrames::open(task, header.source_base, &entries)?;
    let mut treated = Treated::new(&task.treatment);
    let mut renditions: Vec<RenditionEncoder<'_>> = task
        .renditions
        .iter()
        .map(|r| RenditionEncoder::new(r, &task.treatment, task.threads, header.out_base))
        .collect();
    let mut done = 0u64;
    let mut report = |done: u64| match progress(Progress { done, total: task.count }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(MediaError::new(MediaCode::Cancelled, "stopped")),
    };
    loop {
        let next = source.next(&mut || report(done))?;
        let ended = next.is_none();
        for (slot, picture) in treated.push(next)? {
            // Frames around the range only give the deinterlacer its neighbours.
            let Some(slot) = slot else { continue };
            let mut larger = None;
            for rendition in &mut renditions {
                larger = rendition.push(
                    &picture,
                    larger,
                    &entries[slot.clone()],
                    task.first + slot.start as u64,
                )?;
            }
            done += slot.len() as u64;
            report(done)?;
        }
        if ended {
            break;
        }
    }
    if done != task.count {
        return Err(MediaError::new(
            MediaCode::FrameMismatch,
            format!("{done} of the segment's {} frames came out of the decoder", task.count),
        ));
    }
    let parts = renditions.into_iter().map(|r| r.finish(&mut || report(done))).collect::<Result<_, _>>()?;
    Ok(SegmentDone { parts, damaged: source.damaged() })
}
