//! Still pictures of sources and outputs, made by a worker, kept in the data folder.

pub(crate) mod gallery;

use serde::{Deserialize, Serialize};
use specta::Type;

/// Which moment of a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// A moment that shows something: not black, some way in.
    Poster,
    /// The frame shown at this time from the first frame on, ms.
    At(i64),
}
