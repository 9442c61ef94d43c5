//! What every picture stream must be like, with or without a plan.

use spillway_media::measured::MeasuredVideo;

use super::line::Part;

/// The parameter sets stay the same to the end.
pub(super) fn parameter_sets(place: &str, found: &MeasuredVideo) -> Part {
    let changes = found.parameter_set_changes;
    Part::of(place, "0 changes", format!("{changes} changes"), changes == 0)
}

/// What was decoded came out whole.
pub(super) fn decodes(place: &str, found: &MeasuredVideo) -> Part {
    let errors = found.decode_errors;
    let measured = format!("{errors} errors in {} frames decoded", found.decoded);
    Part::of(place, "0 errors", measured, errors == 0)
}
