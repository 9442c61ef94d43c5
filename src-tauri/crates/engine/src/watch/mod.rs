//! Watched folders and buckets: what arrives in them becomes jobs by itself.
//!
//! Events are hints, a scan is the truth. Every file that is not a job yet is a row with a reason and the
//! time of the next look.

mod attend;
mod bucket;
mod check;
pub(crate) mod control;
mod decide;
mod error;
mod eye;
mod fingerprint;
mod folder;
pub(crate) mod ground;
mod hear;
mod hints;
mod hours;
pub(crate) mod lay;
mod model;
mod mount;
mod pattern;
pub(crate) mod place;
mod post;
mod readiness;
mod sidecar;
mod take;
pub(crate) mod tree;

pub(crate) use attend::attend;
pub use error::WatchError;
pub(crate) use eye::Sight;
pub use hours::{hours_text, parse_hours};
pub use model::*;
pub(crate) use mount::{Mount, mount_of, same_drive};
pub(crate) use readiness::Stand;
pub(crate) use tree::Entry;
