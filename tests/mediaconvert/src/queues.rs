//! Queues.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    jobs::{arn, seconds},
    reply::Refusal,
};

/// On-demand queues of an account, its default with them (Service Quotas, 2021).
const MOST: usize = 10;

/// One queue.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) paused: bool,
    /// Jobs at a time, where the queue has a share of its own.
    pub(crate) concurrent: Option<u32>,
    description: Option<String>,
    created: f64,
    updated: f64,
    pub(crate) submitted: u32,
    pub(crate) progressing: u32,
}

impl Queue {
    pub(crate) fn document(&self, region: &str, free: u32) -> Value {
        let mut document = json!({
            "arn": arn(region, "queues", &self.name),
            "name": self.name,
            "createdAt": seconds(self.created),
            "lastUpdated": seconds(self.updated),
            "pricingPlan": "ON_DEMAND",
            "status": if self.paused { "PAUSED" } else { "ACTIVE" },
            "type": if self.name == "Default" { "SYSTEM" } else { "CUSTOM" },
            "concurrentJobs": self.concurrent.unwrap_or(free),
            "submittedJobsCount": self.submitted,
            "progressingJobsCount": self.progressing,
        });
        if let Some(description) = &self.description {
            document["description"] = json!(description);
        }
        document
    }
}

/// All of them, by name.
pub(crate) struct Queues {
    pub(crate) all: BTreeMap<String, Queue>,
    /// Jobs of the account at a time.
    pub(crate) total: u32,
}

impl Queues {
    pub(crate) fn new(total: u32, now: f64) -> Self {
        let mut queues = Self { all: BTreeMap::new(), total };
        queues.insert("Default", &json!({}), now);
        queues
    }

    /// Jobs at a time that no queue has for itself.
    pub(crate) fn free(&self) -> u32 {
        self.total.saturating_sub(self.all.values().filter_map(|queue| queue.concurrent).sum())
    }

    /// The name of a queue that is named by its name or its ARN.
    pub(crate) fn named(&self, text: &str, region: &str) -> Option<String> {
        let name = text.strip_prefix(&arn(region, "queues", "")).unwrap_or(text);
        self.all.contains_key(name).then(|| name.to_owned())
    }

    pub(crate) fn create(&mut self, body: &Value, now: f64) -> Result<&Queue, Refusal> {
        let name = body["name"].as_str().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(Refusal::bad("/name: must not be empty"));
        }
        if body["pricingPlan"] == "RESERVED" {
            return Err(Refusal::bad("/pricingPlan: reserved queues are not simulated"));
        }
        if self.all.contains_key(&name) {
            return Err(Refusal::conflict(format!("Queue with name {name} already exists.")));
        }
        if self.all.len() >= MOST {
            return Err(Refusal::quota(format!("You cannot have more than {MOST} on-demand queues.")));
        }
        self.share(None, &body["concurrentJobs"])?;
        Ok(self.insert(&name, body, now))
    }

    pub(crate) fn update(&mut self, name: &str, body: &Value, now: f64) -> Result<&Queue, Refusal> {
        if !self.all.contains_key(name) {
            return Err(missing(name));
        }
        let concurrent = self.share(Some(name), &body["concurrentJobs"])?;
        let queue = self.all.get_mut(name).ok_or_else(|| missing(name))?;
        queue.concurrent = concurrent.or(queue.concurrent);
        if let Some(status) = body["status"].as_str() {
            queue.paused = status == "PAUSED";
        }
        if let Some(description) = body["description"].as_str() {
            queue.description = Some(description.to_owned());
        }
        queue.updated = now;
        Ok(queue)
    }

    pub(crate) fn delete(&mut self, name: &str) -> Result<(), Refusal> {
        let queue = self.all.get(name).ok_or_else(|| missing(name))?;
        if name == "Default" {
            return Err(Refusal::bad("The default queue cannot be deleted."));
        }
        if queue.submitted + queue.progressing > 0 {
            return Err(Refusal::conflict(format!("Queue {name} has jobs.")));
        }
        self.all.remove(name);
        Ok(())
    }

    /// The share that a queue asks for, where the account has it.
    fn share(&self, of: Option<&str>, wish: &Value) -> Result<Option<u32>, Refusal> {
        let Some(wish) = wish.as_i64() else { return Ok(None) };
        let had = of.and_then(|name| self.all[name].concurrent).unwrap_or(0);
        match u32::try_from(wish) {
            Ok(wish) if (1..=self.free() + had).contains(&wish) => Ok(Some(wish)),
            _ => Err(Refusal::bad(format!(
                "/concurrentJobs: {wish} is not between 1 and the {} unallocated concurrent jobs",
                self.free() + had
            ))),
        }
    }

    fn insert(&mut self, name: &str, body: &Value, now: f64) -> &Queue {
        let queue = Queue {
            name: name.to_owned(),
            paused: body["status"] == "PAUSED",
            concurrent: body["concurrentJobs"].as_u64().and_then(|jobs| u32::try_from(jobs).ok()),
            description: body["description"].as_str().map(str::to_owned),
            created: now,
            updated: now,
            submitted: 0,
            progressing: 0,
        };
        self.all.entry(name.to_owned()).or_insert(queue)
    }
}

pub(crate) fn missing(name: &str) -> Refusal {
    Refusal::missing(format!("The queue {name} does not exist."))
}
