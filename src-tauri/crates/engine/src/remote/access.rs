//! What the engine asks of the cloud. The account in production, scripted in tests.

use std::{
    ops::ControlFlow,
    path::Path,
    sync::{Mutex, PoisonError, atomic::AtomicBool},
};

use serde_json::Value;
use spillway_cloud::{
    Cloud, CloudError, CloudSettings, Object, Wanted,
    convert::{NewRemoteJob, RemoteJob, RemotePage, RemoteStatus},
    transfer::{Unfinished, Upload, Uploaded},
};

/// Calls of [`Cloud`]; see there.
pub(crate) trait CloudAccess: Send + Sync {
    fn upload(
        &self,
        upload: &Upload,
        begun: &mut dyn FnMut(&str) -> bool,
        progress: &mut dyn FnMut(u64, u64),
        cancel: &AtomicBool,
    ) -> Result<Uploaded, CloudError>;
    fn download(
        &self,
        wanted: &Wanted,
        to: &Path,
        progress: &mut dyn FnMut(u64, u64),
        cancel: &AtomicBool,
    ) -> Result<Object, CloudError>;
    fn head(&self, bucket: &str, key: &str, cancel: &AtomicBool) -> Result<Option<Object>, CloudError>;
    /// All of them.
    fn objects(&self, bucket: &str, prefix: &str, cancel: &AtomicBool) -> Result<Vec<Object>, CloudError>;
    fn unfinished(
        &self,
        bucket: &str,
        prefix: &str,
        cancel: &AtomicBool,
    ) -> Result<Vec<Unfinished>, CloudError>;
    fn remove_below(&self, bucket: &str, prefix: &str, cancel: &AtomicBool) -> Result<u64, CloudError>;
    fn create_job(&self, new: &NewRemoteJob, cancel: &AtomicBool) -> Result<RemoteJob, CloudError>;
    fn find_jobs(&self, input: &str, token: &str, cancel: &AtomicBool) -> Result<Vec<RemoteJob>, CloudError>;
    fn jobs_page(
        &self,
        queue: Option<&str>,
        status: RemoteStatus,
        from: Option<&str>,
        cancel: &AtomicBool,
    ) -> Result<RemotePage, CloudError>;
    fn remote_job(&self, id: &str, cancel: &AtomicBool) -> Result<Option<RemoteJob>, CloudError>;
    fn cancel_job(&self, id: &str, cancel: &AtomicBool) -> Result<Option<RemoteJob>, CloudError>;
    fn template(&self, name: &str, cancel: &AtomicBool) -> Result<Value, CloudError>;
}

/// The account of the settings; connected to at the first call.
pub(crate) struct Account {
    settings: CloudSettings,
    cloud: Mutex<Option<Cloud>>,
}

impl Account {
    pub(crate) fn of(settings: &CloudSettings) -> Self {
        Self { settings: settings.clone(), cloud: Mutex::new(None) }
    }

    /// The one connection that everything shares: its pace counts for all calls together.
    fn cloud(&self) -> Result<Cloud, CloudError> {
        let mut cloud = self.cloud.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cloud) = cloud.as_ref() {
            return Ok(cloud.clone());
        }
        let made = Cloud::connect(&self.settings)?;
        *cloud = Some(made.clone());
        Ok(made)
    }
}

impl CloudAccess for Account {
    fn upload(
        &self,
        upload: &Upload,
        begun: &mut dyn FnMut(&str) -> bool,
        progress: &mut dyn FnMut(u64, u64),
        cancel: &AtomicBool,
    ) -> Result<Uploaded, CloudError> {
        self.cloud()?.upload(upload, begun, progress, cancel)
    }

    fn download(
        &self,
        wanted: &Wanted,
        to: &Path,
        progress: &mut dyn FnMut(u64, u64),
        cancel: &AtomicBool,
    ) -> Result<Object, CloudError> {
        self.cloud()?.download(wanted, to, progress, cancel)
    }

    fn head(&self, bucket: &str, key: &str, cancel: &AtomicBool) -> Result<Option<Object>, CloudError> {
        self.cloud()?.head(bucket, key, cancel)
    }

    fn objects(&self, bucket: &str, prefix: &str, cancel: &AtomicBool) -> Result<Vec<Object>, CloudError> {
        let mut objects = Vec::new();
        let mut page = |more: Vec<Object>| {
            objects.extend(more);
            ControlFlow::Continue(())
        };
        self.cloud()?.list(bucket, prefix, &mut page, cancel)?;
        Ok(objects)
    }

    fn unfinished(
        &self,
        bucket: &str,
        prefix: &str,
        cancel: &AtomicBool,
    ) -> Result<Vec<Unfinished>, CloudError> {
        self.cloud()?.unfinished(bucket, prefix, cancel)
    }

    fn remove_below(&self, bucket: &str, prefix: &str, cancel: &AtomicBool) -> Result<u64, CloudError> {
        self.cloud()?.remove_below(bucket, prefix, cancel)
    }

    fn create_job(&self, new: &NewRemoteJob, cancel: &AtomicBool) -> Result<RemoteJob, CloudError> {
        self.cloud()?.create_job(new, cancel)
    }

    fn find_jobs(&self, input: &str, token: &str, cancel: &AtomicBool) -> Result<Vec<RemoteJob>, CloudError> {
        self.cloud()?.find_jobs(input, token, cancel)
    }

    fn jobs_page(
        &self,
        queue: Option<&str>,
        status: RemoteStatus,
        from: Option<&str>,
        cancel: &AtomicBool,
    ) -> Result<RemotePage, CloudError> {
        self.cloud()?.jobs_page(queue, status, from, cancel)
    }

    fn remote_job(&self, id: &str, cancel: &AtomicBool) -> Result<Option<RemoteJob>, CloudError> {
        self.cloud()?.remote_job(id, cancel)
    }

    fn cancel_job(&self, id: &str, cancel: &AtomicBool) -> Result<Option<RemoteJob>, CloudError> {
        self.cloud()?.cancel_job(id, cancel)
    }

    fn template(&self, name: &str, cancel: &AtomicBool) -> Result<Value, CloudError> {
        self.cloud()?.template(name, cancel)
    }
}
