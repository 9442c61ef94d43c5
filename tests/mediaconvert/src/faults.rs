//! What goes wrong on demand.

use serde::{Deserialize, Serialize};

/// All of it. The first rule that fits a call or a job is what happens to it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Faults {
    /// In order.
    pub rules: Vec<Rule>,
    /// `ListJobs` and `SearchJobs` show the jobs as they were so many seconds ago.
    pub visibility_delay: f64,
}

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// To what it happens.
    #[serde(default)]
    pub when: When,
    /// What happens.
    pub what: What,
    /// How many times; without end when not said.
    #[serde(default)]
    pub times: Option<u32>,
}

/// To what something happens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum When {
    /// All.
    #[default]
    Always,
    /// Calls of this operation.
    Call(String),
    /// Jobs, and calls that create them, of which an input's address contains this.
    Input(String),
    /// The job that was accepted as the so-manieth, from 1.
    Job(u64),
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// The job ends with this error.
    JobError {
        /// Code of the service.
        code: u32,
        /// Its words.
        #[serde(default)]
        message: String,
    },
    /// The job stays `SUBMITTED` until it is cancelled.
    Stuck,
    /// The job stays `PROGRESSING` until it is cancelled.
    Hung,
    /// The job completes with a warning, once.
    Warning {
        /// Code of the service.
        code: u32,
    },
    /// The service tries the job so many times again by itself before it is done.
    Retried {
        /// How many.
        count: u32,
    },
    /// The call does what it does, and the connection closes in place of an answer.
    ReplyLost,
    /// The call is refused.
    Refused {
        /// HTTP status.
        status: u16,
        /// Name of the error, such as `InternalServerErrorException`.
        kind: String,
    },
}

impl What {
    /// The credentials of the caller have run out.
    pub fn expired() -> Self {
        Self::Refused { status: 403, kind: "ExpiredTokenException".to_owned() }
    }

    fn is_of_jobs(&self) -> bool {
        !matches!(self, Self::ReplyLost | Self::Refused { .. })
    }
}

impl Rule {
    /// Without end.
    pub fn new(when: When, what: What) -> Self {
        Self { when, what, times: None }
    }

    /// Once.
    pub fn once(when: When, what: What) -> Self {
        Self { when, what, times: Some(1) }
    }
}

impl Faults {
    /// What happens to a call, which uses it up.
    pub(crate) fn of_call(&mut self, operation: &str, inputs: &[String]) -> Option<What> {
        self.take(|rule| {
            !rule.what.is_of_jobs()
                && match &rule.when {
                    When::Always => true,
                    When::Call(named) => named == operation,
                    When::Input(part) => operation == "CreateJob" && contain(inputs, part),
                    When::Job(_) => false,
                }
        })
    }

    /// What happens to a job that was accepted as the so-manieth.
    pub(crate) fn of_job(&mut self, number: u64, inputs: &[String]) -> Option<What> {
        self.take(|rule| {
            rule.what.is_of_jobs()
                && match &rule.when {
                    When::Always => true,
                    When::Call(_) => false,
                    When::Input(part) => contain(inputs, part),
                    When::Job(named) => *named == number,
                }
        })
    }

    fn take(&mut self, fits: impl Fn(&Rule) -> bool) -> Option<What> {
        let rule = self.rules.iter_mut().find(|rule| rule.times != Some(0) && fits(rule))?;
        rule.times = rule.times.map(|times| times - 1);
        Some(rule.what.clone())
    }
}

fn contain(inputs: &[String], part: &str) -> bool {
    inputs.iter().any(|input| input.contains(part))
}
