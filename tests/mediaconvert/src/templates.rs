//! Job templates: settings under a name.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    jobs::{arn, seconds},
    reply::Refusal,
};

/// Custom templates of an account (Service Quotas, 2021).
const MOST: usize = 100;

/// All of them, by name.
#[derive(Default)]
pub(crate) struct Templates(pub(crate) BTreeMap<String, Value>);

impl Templates {
    pub(crate) fn create(&mut self, body: &Value, region: &str, now: f64) -> Result<Value, Refusal> {
        let name = body["name"].as_str().unwrap_or_default().to_owned();
        if self.0.contains_key(&name) {
            return Err(Refusal::conflict(format!("Job template with name {name} already exists.")));
        }
        if self.0.len() >= MOST {
            return Err(Refusal::quota(format!("You cannot have more than {MOST} job templates.")));
        }
        let mut template = body.clone();
        if let Some(fields) = template.as_object_mut() {
            fields.remove("tags");
        }
        template["arn"] = json!(arn(region, "jobTemplates", &name));
        template["createdAt"] = seconds(now);
        template["lastUpdated"] = seconds(now);
        template["type"] = json!("CUSTOM");
        self.0.insert(name, template.clone());
        Ok(template)
    }

    /// By its name or its ARN.
    pub(crate) fn get(&self, name: &str, region: &str) -> Result<&Value, Refusal> {
        let plain = name.strip_prefix(&arn(region, "jobTemplates", "")).unwrap_or(name);
        let missing = || Refusal::missing(format!("The job template {name} does not exist."));
        self.0.get(plain).ok_or_else(missing)
    }
}
