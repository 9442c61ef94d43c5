//! Whether a file that has stopped growing is all there.

use std::ops::ControlFlow;

use crate::{
    task::{CompleteTask, Completeness, Progress},
    types::MediaError,
};

/// Reads structure and end of a file.
///
/// # Errors
/// When it cannot be read at all.
pub(crate) fn complete(
    task: &CompleteTask,
    _progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Completeness, MediaError> {
    match crate::probe::probe(&task.source) {
        Ok(_) => Ok(Completeness::Whole),
        Err(error) => Ok(Completeness::Incomplete { why: error.to_string() }),
    }
}
