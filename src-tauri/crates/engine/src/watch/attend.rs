//! The thread that looks after watched folders while the queue is run here.

use crate::{
    error::EngineError,
    run::{Shift, Tools},
};

/// Looks after them until the shift ends.
pub(crate) fn attend(tools: &Tools<'_>, shift: &Shift) -> Result<(), EngineError> {
    shift.set_idle(true);
    while !shift.stopping() {
        shift.wait(tools.clock, None);
    }
    Ok(())
}
