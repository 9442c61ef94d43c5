//! What each call does.

use serde_json::{Map, Value, json};

use crate::{
    jobs::{Job, Status, arn, inputs, texts},
    queues,
    reply::Refusal,
    rules,
    state::{Shared, State},
    validate::body,
};

/// What a caller asks.
pub(crate) struct Call {
    /// Members of the path and the query.
    pub(crate) parameters: Map<String, Value>,
    pub(crate) body: Value,
}

impl Call {
    fn text(&self, name: &str) -> &str {
        self.parameters.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn given(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).and_then(Value::as_str)
    }
}

/// Most that a page holds.
const PAGE: usize = 20;

pub(crate) fn run(
    shared: &Shared,
    state: &mut State,
    name: &str,
    input: &str,
    call: &Call,
) -> Result<Value, Refusal> {
    let region = &shared.options.region;
    let now = shared.clock.now();
    let checked =
        |violations: Vec<_>| if violations.is_empty() { Ok(()) } else { Err(Refusal::of(&violations)) };
    match name {
        "CreateJob" => checked(rules::of_job(&shared.model, &call.body))?,
        "CreateJobTemplate" => checked(rules::of_template(&shared.model, &call.body))?,
        _ => checked(body(&shared.model, input, &call.body))?,
    }
    match name {
        "CreateJob" => create_job(shared, state, &call.body),
        "GetJob" => {
            let job = &state.jobs.list[job(state, call.text("id"))?];
            Ok(json!({ "job": job.document(region, job.status) }))
        }
        "CancelJob" => {
            let place = job(state, call.text("id"))?;
            if state.cancel(place, now, &shared.options.media) {
                return Ok(json!({}));
            }
            let status = state.jobs.list[place].status.name();
            Err(Refusal::conflict(format!("Cannot cancel a job that is {status}.")))
        }
        "ListJobs" | "SearchJobs" => list_jobs(shared, state, call),
        "CreateQueue" => {
            let created = state.queues.create(&call.body, now)?.clone();
            tag(state, &arn(region, "queues", &created.name), &call.body["tags"]);
            Ok(json!({ "queue": created.document(region, state.queues.free()) }))
        }
        "GetQueue" => {
            let name = queue(state, region, call.text("name"))?;
            Ok(json!({ "queue": state.queues.all[&name].document(region, state.queues.free()) }))
        }
        "UpdateQueue" => {
            let name = queue(state, region, call.text("name"))?;
            let updated = state.queues.update(&name, &call.body, now)?.clone();
            state.settle(now, &shared.options.media);
            Ok(json!({ "queue": updated.document(region, state.queues.free()) }))
        }
        "DeleteQueue" => {
            let name = queue(state, region, call.text("name"))?;
            state.queues.delete(&name).map(|()| json!({}))
        }
        "ListQueues" => list_queues(region, state, call),
        "CreateJobTemplate" => {
            if let Some(named) = call.body["queue"].as_str() {
                queue(state, region, named)?;
            }
            let template = state.templates.create(&call.body, region, now)?;
            tag(state, template["arn"].as_str().unwrap_or_default(), &call.body["tags"]);
            Ok(json!({ "jobTemplate": template }))
        }
        "GetJobTemplate" => Ok(json!({ "jobTemplate": state.templates.get(call.text("name"), region)? })),
        "DeleteJobTemplate" => {
            state.templates.get(call.text("name"), region)?;
            state.templates.0.remove(call.text("name"));
            Ok(json!({}))
        }
        "ListJobTemplates" => {
            let category = call.given("category");
            let fits = |one: &&Value| category.is_none_or(|category| one["category"] == category);
            let all: Vec<Value> = state.templates.0.values().filter(fits).cloned().collect();
            page(all, call, "jobTemplates")
        }
        "TagResource" => {
            let named = existing(state, region, call.body["arn"].as_str().unwrap_or_default())?;
            tag(state, &named, &call.body["tags"]);
            Ok(json!({}))
        }
        "UntagResource" => {
            let named = existing(state, region, call.text("arn"))?;
            for key in crate::jobs::array(&call.body["tagKeys"]) {
                state.tags.entry(named.clone()).or_default().remove(key.as_str().unwrap_or_default());
            }
            Ok(json!({}))
        }
        "ListTagsForResource" => {
            let named = existing(state, region, call.text("arn"))?;
            let tags = state.tags.get(&named).cloned().unwrap_or_default();
            Ok(json!({ "resourceTags": { "arn": named, "tags": tags } }))
        }
        "DescribeEndpoints" => {
            Ok(json!({ "endpoints": [{ "url": format!("https://mediaconvert.{region}.amazonaws.com") }] }))
        }
        other => Err(Refusal::new(501, "NotImplementedException", format!("{other} is not simulated."))),
    }
}

fn create_job(shared: &Shared, state: &mut State, request: &Value) -> Result<Value, Refusal> {
    let region = &shared.options.region;
    let now = shared.clock.now();
    let token = request["clientRequestToken"].as_str();
    let known = token.and_then(|token| state.by_token(token, now, shared.options.token_window));
    let place = if let Some(place) = known {
        place
    } else {
        if let Some(template) = request["jobTemplate"].as_str() {
            state.templates.get(template, region)?;
        }
        let name = queue(state, region, request["queue"].as_str().unwrap_or("Default"))?;
        let place = state.accept(request.clone(), &name, now, &shared.options.media);
        let id = state.jobs.list[place].id.clone();
        tag(state, &arn(region, "jobs", &id), &request["tags"]);
        place
    };
    let job = &state.jobs.list[place];
    Ok(json!({ "job": job.document(region, job.status) }))
}

fn list_jobs(shared: &Shared, state: &State, call: &Call) -> Result<Value, Refusal> {
    let region = &shared.options.region;
    let seen = shared.clock.now() - state.faults.visibility_delay;
    let wanted = call.given("queue").map(|named| queue(state, region, named)).transpose()?;
    let status = call.given("status");
    let input = call.text("inputFile");
    // The model's text of InputFile.
    if input.chars().count() > 300 {
        return Err(Refusal::bad("/inputFile: Should have at most 300 characters"));
    }
    let shown = |job: &Job| {
        let at = job.status_at(seen)?;
        let fits = wanted.as_ref().is_none_or(|queue| *queue == job.queue)
            && status.is_none_or(|status| status == at.name())
            && (input.is_empty() || inputs(&job.request).iter().any(|one| one.contains(input)));
        fits.then_some(at)
    };
    // The newest first, unless asked otherwise; a token is the place of the last that was shown.
    let ascending = call.given("order") == Some("ASCENDING");
    let after = call.given("nextToken").map(|token| usize::from_str_radix(token, 16)).transpose();
    let after = after.map_err(|_| Refusal::bad("/nextToken: is not valid"))?;
    let all = state.jobs.list.len();
    let places: Box<dyn Iterator<Item = usize>> = if ascending {
        Box::new(after.map_or(0, |after| after + 1)..all)
    } else {
        Box::new((0..after.unwrap_or(all).min(all)).rev())
    };
    let mut found: Vec<(usize, Status)> = places
        .filter_map(|place| Some((place, shown(&state.jobs.list[place])?)))
        .take(most(call) + 1)
        .collect();
    let more = found.len() > most(call);
    found.truncate(most(call));
    let documents = found.iter().map(|(place, status)| state.jobs.list[*place].document(region, *status));
    let mut reply = json!({ "jobs": documents.collect::<Vec<_>>() });
    if let Some((last, _)) = found.last().filter(|_| more) {
        reply["nextToken"] = json!(format!("{last:x}"));
    }
    Ok(reply)
}

fn list_queues(region: &str, state: &State, call: &Call) -> Result<Value, Refusal> {
    let free = state.queues.free();
    let all = state.queues.all.values().map(|queue| queue.document(region, free)).collect();
    let mut reply = page(all, call, "queues")?;
    reply["totalConcurrentJobs"] = json!(state.queues.total);
    reply["unallocatedConcurrentJobs"] = json!(free);
    Ok(reply)
}

/// A page of what is in the order of its names.
fn page(mut all: Vec<Value>, call: &Call, name: &str) -> Result<Value, Refusal> {
    if call.given("order") == Some("DESCENDING") {
        all.reverse();
    }
    let first = call.given("nextToken").map_or(Ok(0), |token| usize::from_str_radix(token, 16));
    let first = first.map_err(|_| Refusal::bad("/nextToken: is not valid"))?;
    let end = (first + most(call)).min(all.len());
    let mut reply = json!({ name: all.get(first..end).unwrap_or_default() });
    if end < all.len() {
        reply["nextToken"] = json!(format!("{end:x}"));
    }
    Ok(reply)
}

fn most(call: &Call) -> usize {
    let asked = call.parameters.get("maxResults").and_then(Value::as_u64);
    asked.and_then(|asked| usize::try_from(asked).ok()).unwrap_or(PAGE)
}

fn job(state: &State, id: &str) -> Result<usize, Refusal> {
    state.jobs.place(id).ok_or_else(|| Refusal::missing(format!("The job {id} does not exist.")))
}

fn queue(state: &State, region: &str, named: &str) -> Result<String, Refusal> {
    state.queues.named(named, region).ok_or_else(|| queues::missing(named))
}

/// An ARN of something that there is.
fn existing(state: &State, region: &str, named: &str) -> Result<String, Refusal> {
    let is = |kind: &str, known: &dyn Fn(&str) -> bool| {
        named.strip_prefix(&arn(region, kind, "")).is_some_and(known)
    };
    let there = is("jobs", &|id| state.jobs.place(id).is_some())
        || is("queues", &|name| state.queues.all.contains_key(name))
        || is("jobTemplates", &|name| state.templates.0.contains_key(name));
    if there { Ok(named.to_owned()) } else { Err(Refusal::missing(format!("{named} does not exist."))) }
}

fn tag(state: &mut State, arn: &str, tags: &Value) {
    state.tags.entry(arn.to_owned()).or_default().extend(texts(tags));
}
