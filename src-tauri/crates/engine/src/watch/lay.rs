//! From what is written down of a watched place to what it is asked through.

use std::sync::Arc;

use spillway_cloud::Cloud;

use super::{
    Place, WatchError,
    bucket::{Bucket, Source},
    folder::Folder,
    ground::Ground,
};
use crate::{Config, db::WatchRow};

/// How places are reached; tests have their own.
pub(crate) type Lay = dyn Fn(&Config, &WatchRow) -> Result<Arc<dyn Ground>, WatchError>;

/// The place of a watched folder.
pub(crate) fn lay(config: &Config, watch: &WatchRow) -> Result<Arc<dyn Ground>, WatchError> {
    match &watch.place {
        Place::Folder { path } => {
            Ok(Arc::new(Folder::new(path, &watch.settings, &watch.out_dir, watch.mount.clone())?))
        }
        Place::Bucket { bucket, prefix } => {
            let cloud = Cloud::connect(&config.cloud);
            let cloud = cloud
                .map_err(|error| WatchError::Place { place: watch.name.clone(), why: error.to_string() })?;
            let source = Source { cloud, bucket: bucket.clone(), prefix: prefix.clone() };
            Ok(Arc::new(Bucket::new(source, &watch.settings, config.data_dir.join("incoming"))?))
        }
    }
}
