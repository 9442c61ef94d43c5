//! A cloud of files: what is in it outlives the process that put it there.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spillway_cloud::{
    CloudError, Object, Wanted,
    convert::{NewRemoteJob, RemoteError, RemoteJob, RemoteOutput, RemotePage, RemoteStatus},
    transfer::{Unfinished, Upload, Uploaded},
};

use crate::{clock::Clock, files, remote::CloudAccess, tests::stage::Simulated};

/// So long (ms) the service takes a token for the same job.
const TOKEN_MS: i64 = 60_000;

/// What is asked, and of what: told to the script before it is done.
pub(in crate::tests) type Script = dyn FnMut(&str, &str) -> Option<Fate> + Send;

/// What becomes of a call.
pub(in crate::tests) enum Fate {
    /// It is refused, and nothing is done.
    Refused(CloudError),
    /// It is done, and the answer is lost.
    Lost,
    /// The job that is made will fail so.
    Fails(i32),
}

pub(in crate::tests) fn unreachable() -> CloudError {
    CloudError::Network { why: "scripted".into() }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    id: String,
    token: String,
    input: String,
    destination: String,
    status: RemoteStatus,
    error: Option<i32>,
    created_ms: i64,
}

/// See the module.
#[derive(Clone)]
pub(in crate::tests) struct Sky {
    root: PathBuf,
    clock: Simulated,
    pub(in crate::tests) script: Arc<Mutex<Box<Script>>>,
    pub(in crate::tests) calls: Arc<Mutex<Vec<String>>>,
    busy: Arc<Mutex<()>>,
}

impl Sky {
    pub(in crate::tests) fn over(root: &Path, clock: &Simulated) -> Self {
        for folder in ["bucket", "uploads", "jobs"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        Self {
            root: root.to_path_buf(),
            clock: clock.clone(),
            script: Arc::new(Mutex::new(Box::new(|_, _| None))),
            calls: Arc::default(),
            busy: Arc::default(),
        }
    }

    pub(in crate::tests) fn script(&self, script: impl FnMut(&str, &str) -> Option<Fate> + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    /// Calls so far whose name starts like this.
    pub(in crate::tests) fn count(&self, prefix: &str) -> usize {
        self.calls.lock().unwrap().iter().filter(|call| call.starts_with(prefix)).count()
    }

    /// Keys of everything in the bucket, unfinished uploads included.
    pub(in crate::tests) fn left(&self) -> Vec<String> {
        let mut keys: Vec<String> =
            self.keys().into_iter().chain(self.begun().into_iter().map(|b| b.1)).collect();
        keys.sort();
        keys
    }

    /// Inputs of all jobs that were finished, each as often as it is paid for.
    pub(in crate::tests) fn bill(&self) -> Vec<String> {
        let paid = self.records().into_iter().filter(|job| job.status == RemoteStatus::Complete);
        let mut inputs: Vec<String> =
            paid.map(|job| job.input.rsplit('/').nth(1).unwrap_or_default().to_owned()).collect();
        inputs.sort();
        inputs
    }

    /// Jobs that are not over.
    pub(in crate::tests) fn open(&self) -> usize {
        self.records().iter().filter(|job| !job.status.is_final()).count()
    }

    /// Removes an object behind everybody's back.
    pub(in crate::tests) fn lose(&self, part_of_key: &str) {
        for key in self.keys().into_iter().filter(|key| key.contains(part_of_key)) {
            fs::remove_file(self.root.join("bucket").join(key)).unwrap();
        }
    }

    fn ask(&self, call: &str, about: &str, cancel: &AtomicBool) -> Result<Option<Fate>, CloudError> {
        if cancel.load(Ordering::Relaxed) {
            return Err(CloudError::Cancelled);
        }
        self.calls.lock().unwrap().push(format!("{call} {about}"));
        match (self.script.lock().unwrap())(call, about) {
            Some(Fate::Refused(error)) => Err(error),
            other => Ok(other),
        }
    }

    fn keys(&self) -> Vec<String> {
        let bucket = self.root.join("bucket");
        let entries = walkdir::WalkDir::new(&bucket).sort_by_file_name().into_iter().map(Result::unwrap);
        let files = entries.filter(|entry| entry.file_type().is_file());
        files.map(|file| file.path().strip_prefix(&bucket).unwrap().to_str().unwrap().to_owned()).collect()
    }

    /// Uploads that nobody finished: id and key.
    fn begun(&self) -> Vec<(String, String)> {
        let entries = fs::read_dir(self.root.join("uploads")).unwrap().map(Result::unwrap);
        let begun = entries.map(|entry| {
            (entry.file_name().to_str().unwrap().to_owned(), fs::read_to_string(entry.path()).unwrap())
        });
        begun.collect()
    }

    fn records(&self) -> Vec<Record> {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(self.root.join("jobs")).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap()).collect()
    }

    fn save(&self, record: &Record) {
        let path = self.root.join("jobs").join(&record.id);
        let beside = self.root.join(format!("{}.new", record.id));
        fs::write(&beside, serde_json::to_vec(record).unwrap()).unwrap();
        fs::rename(beside, path).unwrap();
    }

    /// Every job gets one step further.
    fn advance(&self) {
        for mut record in self.records() {
            record.status = match (record.status, record.error) {
                (RemoteStatus::Submitted, _) => RemoteStatus::Progressing,
                (RemoteStatus::Progressing, Some(_)) => RemoteStatus::Error,
                (RemoteStatus::Progressing, None) => {
                    let bucket = self.root.join("bucket");
                    let path = |address: &str| bucket.join(address.strip_prefix("s3://films/").unwrap());
                    if let Ok(content) = fs::read(path(&record.input)) {
                        let to = path(&format!("{}-main.mp4", record.destination));
                        fs::create_dir_all(to.parent().unwrap()).unwrap();
                        fs::write(to, content).unwrap();
                        RemoteStatus::Complete
                    } else {
                        record.error = Some(1404);
                        RemoteStatus::Error
                    }
                }
                (over, _) => over,
            };
            self.save(&record);
        }
    }

    fn told(record: &Record) -> RemoteJob {
        let made = RemoteOutput { duration_ms: 400, width: 16, height: 16 };
        RemoteJob {
            id: record.id.clone(),
            status: record.status,
            phase: (record.status == RemoteStatus::Progressing).then(|| "transcoding".into()),
            percent: Some(50),
            metadata: [("token".to_owned(), record.token.clone())].into(),
            created_ms: Some(record.created_ms),
            finished_ms: None,
            error: record
                .error
                .filter(|_| record.status == RemoteStatus::Error)
                .map(|code| RemoteError { code, message: "scripted".into() }),
            outputs: if record.status == RemoteStatus::Complete { vec![made] } else { vec![] },
            warnings: vec![],
        }
    }
}

fn about(settings: &Value) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let group = &settings["outputGroups"][0]["outputGroupSettings"]["fileGroupSettings"];
    (text(&settings["inputs"][0]["fileInput"]), text(&group["destination"]))
}

impl CloudAccess for Sky {
    fn upload(
        &self,
        upload: &Upload,
        begun: &mut dyn FnMut(&str) -> bool,
        progress: &mut dyn FnMut(u64, u64),
        cancel: &AtomicBool,
    ) -> Result<Uploaded, CloudError> {
        let lost = matches!(self.ask("upload", &upload.key, cancel)?, Some(Fate::Lost));
        let id = match &upload.resume {
            Some(id) if self.root.join("uploads").join(id).exists() => id.clone(),
            _ => {
                let id = uuid::Uuid::now_v7().to_string();
                fs::write(self.root.join("uploads").join(&id), &upload.key).unwrap();
                if !begun(&id) {
                    fs::remove_file(self.root.join("uploads").join(&id)).unwrap();
                    return Err(CloudError::Cancelled);
                }
                id
            }
        };
        let content = fs::read(&upload.file).unwrap();
        progress(content.len() as u64, content.len() as u64);
        let to = self.root.join("bucket").join(&upload.key);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, &content).unwrap();
        fs::remove_file(self.root.join("uploads").join(&id)).unwrap();
        if lost {
            return Err(unreachable());
        }
        Ok(Uploaded {
            etag: files::hash_bytes(&content),
            bytes: content.len() as u64,
            sent: content.len() as u64,
        })
    }

    fn download(
        &self,
        wanted: &Wanted,
        to: &Path,
        _progress: &mut dyn FnMut(u64, u64),
        cancel: &AtomicBool,
    ) -> Result<Object, CloudError> {
        self.ask("download", &wanted.key, cancel)?;
        let Some(object) = self.head(&wanted.bucket, &wanted.key, cancel)? else {
            return Err(CloudError::NoSuchObject(wanted.key.clone()));
        };
        fs::copy(self.root.join("bucket").join(&wanted.key), to).unwrap();
        Ok(object)
    }

    fn head(&self, _bucket: &str, key: &str, cancel: &AtomicBool) -> Result<Option<Object>, CloudError> {
        self.ask("head", key, cancel)?;
        Ok(fs::read(self.root.join("bucket").join(key)).ok().map(|content| object(key, &content)))
    }

    fn objects(&self, _bucket: &str, prefix: &str, cancel: &AtomicBool) -> Result<Vec<Object>, CloudError> {
        self.ask("list", prefix, cancel)?;
        let keys = self.keys().into_iter().filter(|key| key.starts_with(prefix));
        Ok(keys.map(|key| object(&key, &fs::read(self.root.join("bucket").join(&key)).unwrap())).collect())
    }

    fn unfinished(
        &self,
        _bucket: &str,
        prefix: &str,
        cancel: &AtomicBool,
    ) -> Result<Vec<Unfinished>, CloudError> {
        self.ask("unfinished", prefix, cancel)?;
        let begun = self.begun().into_iter().filter(|(_, key)| key.starts_with(prefix));
        Ok(begun.map(|(upload_id, key)| Unfinished { key, upload_id, begun_ms: None, bytes: 1 }).collect())
    }

    fn remove_below(&self, _bucket: &str, prefix: &str, cancel: &AtomicBool) -> Result<u64, CloudError> {
        self.ask("remove", prefix, cancel)?;
        assert!(prefix.len() > 30 && prefix.ends_with('/'), "{prefix} is too much to remove");
        let mut count = 0;
        for key in self.keys().into_iter().filter(|key| key.starts_with(prefix)) {
            fs::remove_file(self.root.join("bucket").join(key)).unwrap();
            count += 1;
        }
        for (id, _) in self.begun().into_iter().filter(|(_, key)| key.starts_with(prefix)) {
            fs::remove_file(self.root.join("uploads").join(id)).unwrap();
        }
        Ok(count)
    }

    fn create_job(&self, new: &NewRemoteJob, cancel: &AtomicBool) -> Result<RemoteJob, CloudError> {
        let (input, destination) = about(&new.settings);
        let fate = self.ask("create", &input, cancel)?;
        let _busy = self.busy.lock().unwrap();
        let now_ms = self.clock.now_ms();
        let records = self.records();
        let same = records.iter().find(|job| job.token == new.token && now_ms - job.created_ms < TOKEN_MS);
        let record = same.cloned().unwrap_or_else(|| Record {
            id: format!("job-{:06}", records.len()),
            token: new.token.clone(),
            input,
            destination,
            status: RemoteStatus::Submitted,
            error: if let Some(Fate::Fails(code)) = fate { Some(code) } else { None },
            created_ms: now_ms,
        });
        self.save(&record);
        if matches!(fate, Some(Fate::Lost)) { Err(unreachable()) } else { Ok(Self::told(&record)) }
    }

    fn find_jobs(&self, input: &str, token: &str, cancel: &AtomicBool) -> Result<Vec<RemoteJob>, CloudError> {
        self.ask("search", input, cancel)?;
        let found = self.records().into_iter().filter(|job| job.input == input && job.token == token);
        Ok(found.map(|job| Self::told(&job)).collect())
    }

    fn jobs_page(
        &self,
        _queue: Option<&str>,
        status: RemoteStatus,
        from: Option<&str>,
        cancel: &AtomicBool,
    ) -> Result<RemotePage, CloudError> {
        self.ask("page", &format!("{status:?}"), cancel)?;
        let _busy = self.busy.lock().unwrap();
        let from: usize = from.map_or(0, |from| from.parse().unwrap());
        if status == RemoteStatus::Submitted && from == 0 {
            self.advance();
        }
        let mut jobs: Vec<RemoteJob> =
            self.records().iter().filter(|job| job.status == status).map(Self::told).collect();
        jobs.reverse();
        let next = (jobs.len() > from + 20).then(|| (from + 20).to_string());
        Ok(RemotePage { jobs: jobs.into_iter().skip(from).take(20).collect(), next })
    }

    fn remote_job(&self, id: &str, cancel: &AtomicBool) -> Result<Option<RemoteJob>, CloudError> {
        self.ask("get", id, cancel)?;
        Ok(self.records().iter().find(|job| job.id == id).map(Self::told))
    }

    fn cancel_job(&self, id: &str, cancel: &AtomicBool) -> Result<Option<RemoteJob>, CloudError> {
        self.ask("cancel", id, cancel)?;
        let _busy = self.busy.lock().unwrap();
        let Some(mut record) = self.records().into_iter().find(|job| job.id == id) else { return Ok(None) };
        if !record.status.is_final() {
            record.status = RemoteStatus::Canceled;
            self.save(&record);
        }
        Ok(Some(Self::told(&record)))
    }

    fn template(&self, name: &str, cancel: &AtomicBool) -> Result<Value, CloudError> {
        self.ask("template", name, cancel)?;
        Ok(serde_json::json!({}))
    }
}

fn object(key: &str, content: &[u8]) -> Object {
    Object::told(key, content.len() as u64, &files::hash_bytes(content))
}
