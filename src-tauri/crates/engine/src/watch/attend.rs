//! The thread that looks after watched folders while the queue is run here.

use jiff::tz::TimeZone;

use super::{
    control::{Control, Parts},
    lay::lay,
};
use crate::{
    error::EngineError,
    run::{Shift, Tools},
};

/// Looks after them until the shift ends.
pub(crate) fn attend(tools: &Tools<'_>, shift: &Shift) -> Result<(), EngineError> {
    let mut control = Control::new(Parts {
        config: tools.config,
        clock: tools.clock,
        craft: tools.craft,
        lay: &lay,
        sight: tools.sight,
        line: shift.line(),
        zone: TimeZone::system(),
    })?;
    while !shift.stopping() {
        let turned = control.turn(&|| shift.set_idle(false))?;
        if turned.idle {
            shift.set_idle(true);
        }
        shift.wait(tools.clock, turned.due_ms);
    }
    Ok(())
}
