//! Remove what is no longer needed: temporary names in the destination, and the work folder unless a
//! retry can go on from it.

use super::{Bench, Performed, StepOutput, Yield, work};
use crate::{
    db::{OutputRow, OutputState},
    files,
};

pub(super) fn perform(bench: &Bench<'_>) -> Performed {
    let open: Vec<OutputRow> =
        bench.brief.outputs.iter().filter(|row| row.state != OutputState::Placed).cloned().collect();
    for stray in work::strays(&open) {
        files::remove(stray).map_err(|e| bench.destination_io(stray, &e))?;
    }
    if bench.brief.job.keeps_work() {
        return Ok(Yield::of(StepOutput::Nothing));
    }
    let folder = bench.folder();
    files::remove(folder.job()).map_err(|e| bench.work_io(folder.job(), &e))?;
    bench.faults.hit("tidy.removed");
    Ok(Yield::of(StepOutput::Nothing))
}
