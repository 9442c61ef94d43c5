//! The shapes of `--json` documents about jobs. Stable: described in `docs/json.md`. Paths that are not
//! Unicode are written with U+FFFD in place of what cannot be said in JSON.

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;
use spillway_engine::{
    failure::Failure,
    model::{Event, JobDetail, JobId, JobState, JobView, OutputView, StepCounts, StepView, Wish},
    plan::Finding,
    route::EngineKind,
    watch::WatchId,
};

/// The last line about a job of `deliver --json` and `run --json`.
#[derive(Debug, Serialize)]
pub(crate) struct JobLine<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: JobId,
    source: String,
    profile: &'a str,
    engine: EngineKind,
    state: JobState,
    outputs: Vec<OutputLine>,
    receipt: Option<String>,
    cost_usd: f64,
    wall_ms: i64,
    error: Option<&'a Failure>,
}

/// See [`JobLine`].
#[derive(Debug, Serialize)]
struct OutputLine {
    path: String,
    bytes: u64,
    frames: u64,
    duration_ms: i64,
}

impl<'a> JobLine<'a> {
    /// `now_ms`: the end of jobs that have none yet.
    pub(crate) fn new(job: &'a JobView, now_ms: i64) -> Self {
        Self {
            kind: "job",
            id: job.id,
            source: lossy(&job.source),
            profile: &job.profile,
            engine: job.engine,
            state: job.state,
            outputs: job.outputs.iter().map(OutputLine::new).collect(),
            receipt: job.receipt.as_deref().map(lossy),
            cost_usd: dollars(job.cost_microusd),
            wall_ms: wall_ms(job, now_ms),
            error: job.error.as_ref(),
        }
    }
}

impl OutputLine {
    fn new(output: &OutputView) -> Self {
        Self {
            path: lossy(&output.path),
            bytes: output.bytes,
            frames: output.frames,
            duration_ms: output.duration_ms,
        }
    }
}

/// A job of `jobs --json`, `job --json`, `submit --json` and of the verbs that express a wish.
#[derive(Debug, Serialize)]
pub(crate) struct JobDocument<'a> {
    id: JobId,
    source: String,
    profile: &'a str,
    partner: &'a str,
    engine: EngineKind,
    state: JobState,
    wish: Wish,
    priority: i64,
    created_ms: i64,
    started_ms: Option<i64>,
    ended_ms: Option<i64>,
    out_dir: String,
    title: Option<&'a str>,
    metadata: &'a BTreeMap<String, String>,
    deadline_ms: Option<i64>,
    watch: Option<WatchId>,
    steps: StepCounts,
    outputs: Vec<OutputDocument<'a>>,
    receipt: Option<String>,
    cost_usd: f64,
    error: Option<&'a Failure>,
}

/// See [`JobDocument`].
#[derive(Debug, Serialize)]
struct OutputDocument<'a> {
    id: &'a str,
    #[serde(flatten)]
    facts: OutputLine,
}

impl<'a> JobDocument<'a> {
    /// Of a job in a list.
    pub(crate) fn new(job: &'a JobView) -> Self {
        let output =
            |output: &'a OutputView| OutputDocument { id: &output.id, facts: OutputLine::new(output) };
        Self {
            id: job.id,
            source: lossy(&job.source),
            profile: &job.profile,
            partner: &job.partner,
            engine: job.engine,
            state: job.state,
            wish: job.wish,
            priority: job.priority,
            created_ms: job.created_ms,
            started_ms: job.started_ms,
            ended_ms: job.ended_ms,
            out_dir: lossy(&job.out_dir),
            title: job.extras.title.as_deref(),
            metadata: &job.extras.metadata,
            deadline_ms: job.extras.deadline_ms,
            watch: job.extras.watch,
            steps: job.steps,
            outputs: job.outputs.iter().map(output).collect(),
            receipt: job.receipt.as_deref().map(lossy),
            cost_usd: dollars(job.cost_microusd),
            error: job.error.as_ref(),
        }
    }
}

/// `job ID --json`.
#[derive(Debug, Serialize)]
pub(crate) struct DetailDocument<'a> {
    job: JobDocument<'a>,
    steps: &'a [StepView],
    findings: &'a [Finding],
    frame_rate: Option<f64>,
    events: &'a [Event],
}

impl<'a> DetailDocument<'a> {
    /// Of a job with everything about it.
    pub(crate) fn new(detail: &'a JobDetail) -> Self {
        Self {
            job: JobDocument::new(&detail.job),
            steps: &detail.steps,
            findings: &detail.findings,
            frame_rate: detail.frame_rate,
            events: &detail.events,
        }
    }
}

/// Several jobs.
#[derive(Debug, Serialize)]
pub(crate) struct JobsDocument<'a> {
    jobs: Vec<JobDocument<'a>>,
}

impl<'a> JobsDocument<'a> {
    /// In the order given.
    pub(crate) fn new(jobs: &'a [JobView]) -> Self {
        Self { jobs: jobs.iter().map(JobDocument::new).collect() }
    }
}

/// Working time of a job: from its first step to its end, in ms.
pub(crate) fn wall_ms(job: &JobView, now_ms: i64) -> i64 {
    job.started_ms.map_or(0, |started| (job.ended_ms.unwrap_or(now_ms) - started).max(0))
}

/// A path as JSON can say it.
pub(crate) fn lossy(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Millionths of a US dollar as US dollars.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact far beyond any bill: 2^53 millionths are nine billion dollars"
)]
fn dollars(microdollars: i64) -> f64 {
    microdollars as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::tests::{job_id, view};

    #[test]
    fn the_last_line_has_exactly_the_keys_that_are_promised() {
        let mut job = view(job_id(1));
        job.ended_ms = Some(5_000);
        job.cost_microusd = 250_000;
        job.outputs.push(OutputView {
            id: "main".into(),
            path: "/out/a.mp4".into(),
            bytes: 9,
            frames: 8,
            duration_ms: 7,
        });
        let line = serde_json::to_value(JobLine::new(&job, 9_000)).unwrap();
        let expected = serde_json::json!({
            "type": "job", "id": "00000000-0000-0000-0000-000000000001", "source": "/in/master.mov",
            "profile": "web", "engine": "local", "state": "running",
            "outputs": [{"path": "/out/a.mp4", "bytes": 9, "frames": 8, "duration_ms": 7}],
            "receipt": null, "cost_usd": 0.25, "wall_ms": 3000, "error": null
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn jobs_that_never_started_took_no_time() {
        let mut job = view(job_id(1));
        job.started_ms = None;
        assert_eq!(wall_ms(&job, 9_000), 0);
    }

    #[cfg(unix)]
    #[test]
    fn paths_that_are_not_unicode_still_make_a_document() {
        use std::{ffi::OsString, os::unix::ffi::OsStringExt, path::PathBuf};
        let mut job = view(job_id(1));
        job.source = PathBuf::from(OsString::from_vec(b"/in/\xff.mov".to_vec()));
        let document = serde_json::to_value(JobsDocument::new(&[job])).unwrap();
        assert_eq!(document["jobs"][0]["source"], "/in/\u{fffd}.mov");
    }
}
