//! When jobs will be through: what they ask for, how fast this machine is, and what stands before them.
//! Pure; the figures come from the database.

mod pace;
mod queue;
pub(crate) mod shape;

pub(crate) use pace::{Paces, Sample};
pub(crate) use queue::{Remaining, StepLeft, schedule};
pub(crate) use shape::{Load, Shape};

/// What a whole job asks of this machine while nothing else is at work, in ms, and whether speeds that
/// were measured here went into it.
pub(crate) fn alone(loads: &[Load], profile: &str, paces: &Paces, workers: usize) -> (i64, bool) {
    let steps: Vec<StepLeft> = loads.iter().map(|load| StepLeft::whole(load.clone())).collect();
    let left = Remaining::of(crate::model::JobId(uuid::Uuid::nil()), profile, &steps, paces, 0);
    let end = schedule(0, workers, std::slice::from_ref(&left));
    end.first().map_or((0, false), |end| (end.finish_ms, end.measured))
}
