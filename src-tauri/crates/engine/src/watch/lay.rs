//! From what is written down of a watched place to what it is asked through.

use std::sync::Arc;

use super::{Place, WatchError, folder::Folder, ground::Ground};
use crate::{Config, db::WatchRow};

/// How places are reached; tests have their own.
pub(crate) type Lay = dyn Fn(&Config, &WatchRow) -> Result<Arc<dyn Ground>, WatchError>;

/// The place of a watched folder.
pub(crate) fn lay(_config: &Config, watch: &WatchRow) -> Result<Arc<dyn Ground>, WatchError> {
    match &watch.place {
        Place::Folder { path } => {
            Ok(Arc::new(Folder::new(path, &watch.settings, &watch.out_dir, watch.mount.clone())?))
        }
        Place::Bucket { .. } => Err(WatchError::Place {
            place: watch.name.clone(),
            why: "this build reaches no buckets".to_owned(),
        }),
    }
}
