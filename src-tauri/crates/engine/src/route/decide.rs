//! The decision. Pure.

use std::collections::BTreeMap;

use spillway_profile::EnginePolicy;

use super::{AgainstCloud, Crossroads, EngineKind, EngineWish, Route};
use crate::cost::budget::dollars;

/// Ids of all reasons, each with the names of its values: `local` and `cloud` are how long each engine would have
/// needed from then on, `deadline` and `patience` how much time there was, all in whole minutes; `why` is an English
/// sentence; prices are US dollars.
pub const ROUTE_IDS: &[(&str, &[&str])] = &[
    ("asked-local", &[]),
    ("asked-cloud", &[]),
    ("profile-local", &[]),
    ("profile-cloud", &[]),
    ("profile-forbids-local", &[]),
    ("profile-forbids-cloud", &[]),
    ("not-set-up", &[]),
    ("nothing-to-encode", &[]),
    ("out-of-reach", &["why"]),
    ("unsupported", &["why"]),
    ("over-budget", &["why"]),
    ("failed-there", &["why"]),
    ("in-time-here", &["local", "deadline"]),
    ("in-time-there", &["local", "cloud", "deadline"]),
    ("in-time-there-unknown-here", &["cloud", "deadline"]),
    ("late-here", &["local", "cloud", "deadline"]),
    ("late-there", &["local", "cloud", "deadline"]),
    ("unknown-there", &["local"]),
    ("unknown-here", &[]),
    ("soon-enough-here", &["local", "patience"]),
    ("no-hurry", &[]),
    ("sooner-here", &["local", "cloud"]),
    ("sooner-there", &["local", "cloud", "patience"]),
    ("cheaper-there", &["local_usd", "cloud_usd"]),
];

/// Decides.
///
/// Wish and profile come first; where they leave a choice, what stands against the cloud; then the clock: whoever
/// meets the deadline, this machine before the cloud. Money decides only where both are soon enough.
///
/// # Errors
/// When the wish or the profile leaves only an engine that cannot do it: the reason.
pub fn decide(at: &Crossroads) -> Result<Route, Route> {
    let against = || at.against_cloud.as_ref().map(stands_against);
    let only_cloud = |id: &str, text: &str| match against() {
        Some(reason) => Err(reason),
        None => Ok(there(id, text)),
    };
    match (at.policy, at.wish) {
        (EnginePolicy::Local, EngineWish::Cloud) => {
            Err(here("profile-forbids-cloud", "The profile may only be done on this machine."))
        }
        (EnginePolicy::Cloud, EngineWish::Local) => {
            Err(there("profile-forbids-local", "The profile may only be done in the cloud."))
        }
        (EnginePolicy::Local, _) => Ok(here("profile-local", "The profile is done on this machine only.")),
        (EnginePolicy::Cloud, _) => only_cloud("profile-cloud", "The profile is done in the cloud only."),
        (EnginePolicy::Any, EngineWish::Local) => Ok(here("asked-local", "This machine was asked for.")),
        (EnginePolicy::Any, EngineWish::Cloud) => only_cloud("asked-cloud", "The cloud was asked for."),
        (EnginePolicy::Any, EngineWish::Auto) => Ok(against().unwrap_or_else(|| by_time(at))),
    }
}

fn by_time(at: &Crossroads) -> Route {
    let wait = |end: i64| end.saturating_sub(at.now_ms).max(0);
    let allowed = at.deadline_ms.map(wait).or(at.patience_ms);
    let told = Told { deadline: at.deadline_ms.map(wait), patience: at.patience_ms };
    match (at.local_finish_ms.map(wait), at.cloud_finish_ms.map(wait)) {
        (None, Some(cloud)) if at.deadline_ms.is_some_and(|end| wait(end) >= cloud) => {
            told.there("in-time-there-unknown-here", None, Some(cloud))
        }
        (None, _) => {
            here("unknown-here", "How long this machine would need is not known; it does it all the same.")
        }
        (Some(local), None) => told.here("unknown-there", Some(local), None),
        (Some(local), Some(cloud)) => {
            if allowed.is_none_or(|allowed| cloud <= allowed)
                && let Some(route) = cheaper(at)
            {
                return route;
            }
            let Some(allowed) = allowed else { return told.here("no-hurry", None, None) };
            let dated = at.deadline_ms.is_some();
            match (local <= allowed, cloud <= allowed, cloud < local) {
                (true, ..) if dated => told.here("in-time-here", Some(local), None),
                (true, ..) => told.here("soon-enough-here", Some(local), None),
                (false, true, _) if dated => told.there("in-time-there", Some(local), Some(cloud)),
                (false, false, true) if dated => told.there("late-there", Some(local), Some(cloud)),
                (false, false, false) if dated => told.here("late-here", Some(local), Some(cloud)),
                (false, _, true) => told.there("sooner-there", Some(local), Some(cloud)),
                (false, _, false) => told.here("sooner-here", Some(local), Some(cloud)),
            }
        }
    }
}

/// The cloud costs less for sure: its upper end is below what this machine is put down as.
fn cheaper(at: &Crossroads) -> Option<Route> {
    let cloud = at.cloud_cost?.high_microusd;
    if cloud >= at.local_cost_microusd {
        return None;
    }
    let (local, cloud) = (dollars(at.local_cost_microusd), dollars(cloud));
    let text =
        format!("The cloud is soon enough and costs {cloud} at most; this machine would cost {local}.");
    Some(there("cheaper-there", &text).with([("local_usd", local), ("cloud_usd", cloud)]))
}

/// Times that sentences are made of, ms from now.
struct Told {
    deadline: Option<i64>,
    patience: Option<i64>,
}

impl Told {
    fn here(&self, id: &str, local: Option<i64>, cloud: Option<i64>) -> Route {
        self.route(EngineKind::Local, id, local, cloud)
    }

    fn there(&self, id: &str, local: Option<i64>, cloud: Option<i64>) -> Route {
        self.route(EngineKind::Cloud, id, local, cloud)
    }

    fn route(&self, engine: EngineKind, id: &str, local: Option<i64>, cloud: Option<i64>) -> Route {
        let [l, c, d, p] =
            [local, cloud, self.deadline, self.patience].map(|ms| ms.map(span).unwrap_or_default());
        let text = match id {
            "in-time-here" => format!("This machine needs {l} and meets the deadline, which is {d} away."),
            "in-time-there" => {
                format!(
                    "This machine needs {l} and would miss the deadline, which is {d} away; the cloud needs {c}."
                )
            }
            "in-time-there-unknown-here" => format!(
                "The cloud needs {c} and meets the deadline, which is {d} away; how long this machine would need is \
                 not known."
            ),
            "late-here" => format!(
                "The deadline, {d} away, cannot be met: this machine needs {l}, the cloud {c}. This machine is not later."
            ),
            "late-there" => format!(
                "The deadline, {d} away, cannot be met: this machine needs {l}, the cloud {c}. The cloud is sooner."
            ),
            "unknown-there" => format!("This machine needs {l}; how long the cloud would need is not known."),
            "soon-enough-here" => {
                format!("This machine needs {l}, less than the {p} after which work spills over.")
            }
            "sooner-here" => format!("This machine needs {l}, the cloud would not be sooner with {c}."),
            "sooner-there" => format!(
                "This machine needs {l}, more than the {p} after which work spills over; the cloud needs {c}."
            ),
            _ => "It has no deadline, and work without one does not spill over.".to_owned(),
        };
        let names = ROUTE_IDS.iter().find(|(known, _)| *known == id).map_or(&[][..], |(_, names)| *names);
        let times =
            [("local", local), ("cloud", cloud), ("deadline", self.deadline), ("patience", self.patience)];
        let values = times.into_iter().filter(|(name, _)| names.contains(name));
        let values = values.filter_map(|(name, ms)| Some((name.to_owned(), minutes(ms?).to_string())));
        Route { engine, id: id.to_owned(), text, values: values.collect() }
    }
}

/// Why the cloud is not taken.
fn stands_against(against: &AgainstCloud) -> Route {
    let because = |id: &str, text: String, why: &str| here(id, &text).with([("why", why.to_owned())]);
    match against {
        AgainstCloud::NotSetUp => {
            here("not-set-up", "The cloud is not set up: it needs a bucket and a role.")
        }
        AgainstCloud::NothingToEncode => {
            here("nothing-to-encode", "The picture is copied: there is nothing to encode in the cloud.")
        }
        AgainstCloud::OutOfReach { why } => {
            because("out-of-reach", format!("The cloud is out of reach: {why}"), why)
        }
        AgainstCloud::Unsupported { why } => {
            because("unsupported", format!("MediaConvert cannot make it as the profile asks: {why}"), why)
        }
        AgainstCloud::OverBudget { why } => {
            because("over-budget", format!("The cloud would cost too much: {why}"), why)
        }
        AgainstCloud::Failed { why } => {
            because("failed-there", format!("The cloud has failed to do it: {why}"), why)
        }
    }
}

fn here(id: &str, text: &str) -> Route {
    plain(EngineKind::Local, id, text)
}

fn there(id: &str, text: &str) -> Route {
    plain(EngineKind::Cloud, id, text)
}

fn plain(engine: EngineKind, id: &str, text: &str) -> Route {
    Route { engine, id: id.to_owned(), text: text.to_owned(), values: BTreeMap::new() }
}

impl Route {
    fn with<const N: usize>(self, values: [(&str, String); N]) -> Self {
        Self { values: values.map(|(name, value)| (name.to_owned(), value)).into(), ..self }
    }
}

/// Whole minutes, rounded up.
fn minutes(ms: i64) -> i64 {
    ms.max(0) / 60_000 + i64::from(ms.max(0) % 60_000 > 0)
}

/// `45 min`, `3 h 20 min`.
fn span(ms: i64) -> String {
    match (minutes(ms) / 60, minutes(ms) % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
