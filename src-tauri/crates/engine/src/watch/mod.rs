//! Watched folders and buckets: what arrives in them becomes jobs by itself.
//!
//! Events are hints, a scan is the truth. Every file that is not a job yet is a row with a reason and the
//! time of the next look.

mod attend;
mod error;
mod model;

pub(crate) use attend::attend;
pub use error::WatchError;
pub use model::*;
