//! SHA-256 of the source: what the receipt says was delivered from.

use spillway_media::task::Progress;

use super::{Bench, Performed, Setback, StepOutput, Yield};
use crate::{
    failure::{Code, Failure, Trouble},
    files,
};

pub(super) fn perform(bench: &Bench<'_>) -> Performed {
    bench.check_source()?;
    if let Some(sha256) = &bench.brief.known_hash {
        return Ok(Yield::of(StepOutput::Hash { sha256: sha256.clone() }));
    }
    let total = bench.brief.job.identity.map_or(0, |identity| identity.bytes);
    let mut told = 0;
    let mut progress = |done: u64| {
        // Some fifty times in all, and not for every buffer of a large file.
        if done - told >= total / 50 {
            told = done;
            bench.notebook.progress(Progress { done, total });
        }
    };
    let hashed = files::hash(bench.source(), bench.cancel, &mut progress);
    if bench.stopping() {
        return Err(Setback::Stopped);
    }
    bench.check_source()?;
    match hashed {
        Ok((_, sha256)) => Ok(Yield::of(StepOutput::Hash { sha256 })),
        Err(error) => {
            let why = format!("The source could not be read to its end: {error}.");
            Err(Setback::Failed(Trouble::passing(Failure::new(Code::Io, bench.source(), why))))
        }
    }
}
