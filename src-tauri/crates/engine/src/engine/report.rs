//! Everything about a job as plain text, for whoever is asked for help.

use jiff::Timestamp;
use spillway_media::task::{Outcome, Task};

use super::Engine;
use crate::{
    error::EngineError,
    failure::Failure,
    model::{AttemptView, Event, JobDetail, JobId, JobView, StepParts, StepView},
};

/// Events at the end of a report.
const EVENTS: usize = 200;

impl Engine {
    /// Everything about a job as plain text: versions, job, steps with tries and times, findings, errors
    /// in full, the last 200 events. Paths are in it; secrets are not, since Spillway knows none.
    ///
    /// # Errors
    /// [`EngineError::NoSuchJob`], and those of the database.
    pub fn report(&self, id: JobId) -> Result<String, EngineError> {
        let (detail, parts) = (self.job(id)?, self.step_parts(id)?);
        Ok(text(&self.versions(), self.clock.now_ms(), &detail, &parts))
    }

    /// Spillway's version and those of the libraries its workers use, or why they cannot be told.
    fn versions(&self) -> Vec<String> {
        let mut lines = vec![format!("spillway {}", env!("CARGO_PKG_VERSION"))];
        lines.push(format!("system {} {}", std::env::consts::OS, std::env::consts::ARCH));
        match self.ask(&self.config.data_dir, Task::Doctor {}) {
            Ok(Outcome::Doctor { versions, .. }) => {
                lines.extend(versions.iter().map(|(name, version)| format!("{name} {version}")));
            }
            Ok(_) => lines.push("worker: program and worker do not match".to_owned()),
            Err(failure) => lines.push(format!("worker: {}", failure.why)),
        }
        lines
    }
}

/// The report.
fn text(versions: &[String], now_ms: i64, detail: &JobDetail, parts: &[StepParts]) -> String {
    let mut lines = vec![format!("Spillway report of {}", time(now_ms)), String::new()];
    section(&mut lines, "Versions", versions.iter().cloned());
    section(&mut lines, "Job", job(&detail.job));
    section(&mut lines, "Error", detail.job.error.iter().flat_map(failure));
    let findings = detail.findings.iter();
    let findings =
        findings.map(|found| format!("{:?} {}: {} {}", found.verdict, found.id, found.text, found.advice));
    section(&mut lines, "Findings", findings);
    section(&mut lines, "Steps", detail.steps.iter().flat_map(|step| self::step(step, parts)));
    let skipped = detail.events.len().saturating_sub(EVENTS);
    section(&mut lines, "Events", detail.events.iter().skip(skipped).map(event));
    lines.join("\n")
}

fn section(lines: &mut Vec<String>, title: &str, content: impl Iterator<Item = String>) {
    lines.push(format!("## {title}"));
    let before = lines.len();
    lines.extend(content.map(|line| line.trim_end().to_owned()));
    if lines.len() == before {
        lines.push("none".to_owned());
    }
    lines.push(String::new());
}

fn job(job: &JobView) -> impl Iterator<Item = String> {
    let mut lines = vec![
        format!("id        {}", job.id),
        format!("source    {}", job.source.display()),
        format!("profile   {} ({})", job.profile, job.partner),
        format!("engine    {}", job.engine),
        format!("folder    {}", job.out_dir.display()),
        format!("state     {}, wish {:?}, priority {}", job.state, job.wish, job.priority),
        format!("submitted {}", time(job.created_ms)),
        format!("started   {}", moment(job.started_ms)),
        format!("ended     {}", moment(job.ended_ms)),
        format!("steps     {} of {} done", job.steps.done, job.steps.total),
        format!("spent     {} millionths of a US dollar", job.cost_microusd),
    ];
    lines.extend(job.outputs.iter().map(|output| {
        format!(
            "output    {}: {}, {} bytes, {} frames, {} ms",
            output.id,
            output.path.display(),
            output.bytes,
            output.frames,
            output.duration_ms
        )
    }));
    lines.extend(job.receipt.iter().map(|path| format!("receipt   {}", path.display())));
    lines.into_iter()
}

fn step(step: &StepView, parts: &[StepParts]) -> Vec<String> {
    let bytes = parts.iter().find(|part| part.ord == step.ord).map_or(0, |part| part.bytes);
    let due = step.due_ms.map_or_else(String::new, |due| format!(", due {}", time(due)));
    let mut lines = vec![format!(
        "{:>4} {} ({}): {:?}, {} tries, {} frames, {bytes} bytes kept{due}",
        step.ord, step.label, step.kind, step.state, step.attempt, step.frames
    )];
    lines.extend(step.attempts.iter().flat_map(attempt));
    lines
}

fn attempt(attempt: &AttemptView) -> Vec<String> {
    let took = attempt.ended_ms.map_or_else(String::new, |end| format!(" ({} ms)", end - attempt.started_ms));
    let mut lines = vec![format!(
        "     try {}: {} to {}{took}, {}",
        attempt.number,
        time(attempt.started_ms),
        moment(attempt.ended_ms),
        attempt.outcome.as_deref().unwrap_or("running")
    )];
    lines.extend(attempt.failure.iter().flat_map(failure).map(|line| format!("       {line}")));
    lines
}

/// All ten parts.
fn failure(failure: &Failure) -> Vec<String> {
    let mut lines = vec![
        format!("code      {}", failure.code),
        format!("what      {}", failure.what),
        format!("why       {}", failure.why),
        format!("did       {}", failure.did),
        format!("material  {}", failure.safe),
        format!("spent     {} millionths of a US dollar", failure.spent_microusd),
        format!("next      {}", failure.next),
        format!("or        {}", failure.otherwise),
        format!("waiting   {}", if failure.waiting_helps { "may help" } else { "does not help" }),
        "details".to_owned(),
    ];
    lines.extend(failure.details.lines().map(|line| format!("  {line}")));
    lines
}

fn event(event: &Event) -> String {
    format!("{:>6} {} {:?}", event.seq, time(event.at_ms), event.body)
}

fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| format!("{ms} ms"), |time| time.to_string())
}

fn moment(ms: Option<i64>) -> String {
    ms.map_or_else(|| "-".to_owned(), time)
}
