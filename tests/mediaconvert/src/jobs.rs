//! Jobs: what was asked, how far they are, what came of them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    bill::{Bill, Line, Made},
    faults::What,
};

/// Where a job is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Waits in its queue.
    Submitted,
    /// Runs.
    Progressing,
    /// Done.
    Complete,
    /// Was cancelled.
    Canceled,
    /// Failed.
    Error,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Submitted => "SUBMITTED",
            Self::Progressing => "PROGRESSING",
            Self::Complete => "COMPLETE",
            Self::Canceled => "CANCELED",
            Self::Error => "ERROR",
        }
    }

    pub(crate) fn is_final(self) -> bool {
        !matches!(self, Self::Submitted | Self::Progressing)
    }
}

/// What a test may know of a job.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobRecord {
    /// Its identifier.
    pub id: String,
    /// Where it is.
    pub status: Status,
    /// Its queue's name.
    pub queue: String,
    /// Of the inputs.
    pub inputs: Vec<String>,
    /// The request that made it.
    pub request: Value,
    /// Seconds since 1970 of the server's clock.
    pub created: f64,
    /// When it was complete, cancelled or failed.
    pub finished: Option<f64>,
    /// Why it failed.
    pub error: Option<(u32, String)>,
}

/// One job.
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) request: Value,
    pub(crate) queue: String,
    pub(crate) priority: i64,
    pub(crate) status: Status,
    pub(crate) phase: &'static str,
    pub(crate) percent: u32,
    pub(crate) created: f64,
    pub(crate) started: Option<f64>,
    pub(crate) finished: Option<f64>,
    pub(crate) error: Option<(u32, String)>,
    pub(crate) groups: Vec<Vec<Made>>,
    pub(crate) fault: Option<What>,
    /// Set when nobody wants it any more.
    pub(crate) cancelled: Arc<AtomicBool>,
    /// When its state changed.
    pub(crate) history: Vec<(f64, Status)>,
}

impl Job {
    pub(crate) fn inputs(&self) -> Vec<String> {
        inputs(&self.request)
    }

    pub(crate) fn enter(&mut self, status: Status, now: f64) {
        self.status = status;
        self.history.push((now, status));
        match status {
            Status::Submitted => {}
            Status::Progressing => self.started = Some(now),
            Status::Complete | Status::Canceled | Status::Error => self.finished = Some(now),
        }
        if status == Status::Canceled {
            self.cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// As it was at a time; nothing before there was it.
    pub(crate) fn status_at(&self, time: f64) -> Option<Status> {
        self.history.iter().rev().find(|(since, _)| *since <= time).map(|(_, status)| *status)
    }

    pub(crate) fn retries(&self) -> u32 {
        match &self.fault {
            Some(What::Retried { count }) if self.status.is_final() => *count,
            _ => 0,
        }
    }

    /// The service's document of it.
    pub(crate) fn document(&self, region: &str, status: Status) -> Value {
        let mut document = Map::new();
        let mut set = |name: &str, value: Value| {
            document.insert(name.to_owned(), value);
        };
        set("arn", json!(arn(region, "jobs", &self.id)));
        set("id", json!(self.id));
        set("createdAt", seconds(self.created));
        set("queue", json!(arn(region, "queues", &self.queue)));
        set("priority", json!(self.priority));
        set("status", json!(status.name()));
        set("messages", json!({ "info": [], "warning": [] }));
        set("billingTagsSource", json!("JOB"));
        set("accelerationSettings", json!({ "mode": "DISABLED" }));
        set("simulateReservedQueue", json!("DISABLED"));
        set("statusUpdateInterval", json!("SECONDS_60"));
        // What was asked stands above what is usual.
        for (name, value) in self.request.as_object().into_iter().flatten() {
            if !["tags", "queue", "jobEngineVersion"].contains(&name.as_str()) {
                set(name, value.clone());
            }
        }
        set("accelerationStatus", json!(self.acceleration()));
        let mut timing = json!({ "submitTime": seconds(self.created) });
        if status != Status::Submitted {
            set("retryCount", json!(self.retries()));
            if let Some(started) = self.started {
                timing["startTime"] = seconds(started);
            }
        }
        if status == Status::Progressing {
            set("currentPhase", json!(self.phase));
            set("jobPercentComplete", json!(self.percent));
        }
        if let Some(finished) = self.finished.filter(|_| status.is_final()) {
            timing["finishTime"] = seconds(finished);
        }
        set("timing", timing);
        if let Some((code, message)) = self.error.as_ref().filter(|_| status == Status::Error) {
            set("errorCode", json!(code));
            set("errorMessage", json!(message));
        }
        if status == Status::Complete {
            set("jobPercentComplete", json!(100));
            set("outputGroupDetails", self.details());
            if let Some(What::Warning { code }) = self.fault {
                set("warnings", json!([{ "code": code, "count": 1 }]));
            }
        }
        Value::Object(document)
    }

    fn details(&self) -> Value {
        let groups = self.groups.iter().map(|group| {
            let outputs = group.iter().map(|made| {
                let mut detail = json!({ "durationInMs": made.duration_ms });
                if made.width > 0 {
                    detail["videoDetails"] = json!({ "widthInPx": made.width, "heightInPx": made.height });
                }
                detail
            });
            json!({ "outputDetails": outputs.collect::<Vec<_>>() })
        });
        Value::Array(groups.collect())
    }

    fn acceleration(&self) -> &'static str {
        match self.request["accelerationSettings"]["mode"].as_str() {
            Some("ENABLED") => "ACCELERATED",
            Some("PREFERRED") => "NOT_ACCELERATED",
            _ => "NOT_APPLICABLE",
        }
    }

    fn lines(&self) -> impl Iterator<Item = Line> {
        let outputs = self.groups.iter().enumerate().flat_map(|(group, outputs)| {
            outputs.iter().enumerate().map(move |(output, made)| (group, output, made))
        });
        let filtered = |input: &Value| input["advancedInputFilter"] == "ENABLED";
        outputs.map(move |(group, output, made)| Line {
            job: self.id.clone(),
            inputs: self.inputs(),
            queue: self.queue.clone(),
            group,
            output,
            seconds: made.charged_seconds(),
            made: made.clone(),
            accelerated: self.acceleration() == "ACCELERATED",
            advanced_input_filter: array(&self.request["settings"]["inputs"]).iter().any(filtered),
            tags: texts(&self.request["tags"]),
            user_metadata: texts(&self.request["userMetadata"]),
        })
    }

    fn record(&self) -> JobRecord {
        JobRecord {
            id: self.id.clone(),
            status: self.status,
            queue: self.queue.clone(),
            inputs: self.inputs(),
            request: self.request.clone(),
            created: self.created,
            finished: self.finished,
            error: self.error.clone(),
        }
    }
}

/// All jobs, by the order in which they were accepted.
#[derive(Default)]
pub(crate) struct Jobs {
    pub(crate) list: Vec<Job>,
    by_id: BTreeMap<String, usize>,
}

impl Jobs {
    pub(crate) fn add(&mut self, job: Job) -> usize {
        self.by_id.insert(job.id.clone(), self.list.len());
        self.list.push(job);
        self.list.len() - 1
    }

    pub(crate) fn place(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub(crate) fn bill(&self) -> Bill {
        let complete = self.list.iter().filter(|job| job.status == Status::Complete);
        Bill { lines: complete.flat_map(Job::lines).collect() }
    }

    pub(crate) fn records(&self) -> Vec<JobRecord> {
        self.list.iter().map(Job::record).collect()
    }
}

/// Addresses of a request's inputs.
pub(crate) fn inputs(request: &Value) -> Vec<String> {
    let inputs = array(&request["settings"]["inputs"]).iter();
    inputs.filter_map(|input| input["fileInput"].as_str()).map(str::to_owned).collect()
}

pub(crate) fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The account of all of this.
const ACCOUNT: &str = "111122223333";

pub(crate) fn arn(region: &str, kind: &str, name: &str) -> String {
    format!("arn:aws:mediaconvert:{region}:{ACCOUNT}:{kind}/{name}")
}

#[expect(clippy::cast_possible_truncation, reason = "times are whole seconds on the wire")]
pub(crate) fn seconds(time: f64) -> Value {
    json!(time as i64)
}

pub(crate) fn texts(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}
