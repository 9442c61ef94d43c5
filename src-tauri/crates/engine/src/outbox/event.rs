//! What a message says, as JSON: the schema `spillway.event/1`, described in `docs/events.md`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Topic, told};
use crate::{
    db::Announcement,
    failure::Failure,
    live::LiveJob,
    model::{JobState, OutputView},
};

/// Name of the schema. Keys are added under the same name; it changes when one changes its meaning.
const SCHEMA: &str = "spillway.event/1";

/// Something happened. What does not apply is `null`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "spillway.event/1")]
pub(super) struct EventDocument {
    /// `spillway.event/1`.
    schema: &'static str,
    /// The same for every try of this message, and for no other message of any channel: keep it to recognise a
    /// message that arrives twice.
    pub(super) id: String,
    /// Rises by one with every message of a channel; a gap is a message that is still to come, or was given up.
    pub(super) sequence: i64,
    /// What happened.
    topic: Topic,
    /// When, RFC 3339, UTC.
    at: String,
    /// The job that it happened to, as it was then.
    job: Option<JobPart>,
    /// The watched folder that it happened to.
    watch: Option<WatchPart>,
    /// The file in it.
    arrival: Option<ArrivalPart>,
}

/// A job.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct JobPart {
    /// Id.
    id: String,
    /// Path of the source.
    source: String,
    /// What takes the place of the source's name in the names of outputs, where a sidecar job says so.
    title: Option<String>,
    /// Id of the profile.
    profile: String,
    /// Partner of the profile.
    partner: String,
    /// Engine that does it: `local`.
    engine: String,
    /// `queued`, `running`, `delivered`, `failed` or `cancelled`.
    state: String,
    /// Higher goes first.
    priority: i64,
    /// RFC 3339, UTC.
    submitted_at: String,
    /// When its first step started, RFC 3339, UTC.
    started_at: Option<String>,
    /// When it ended, RFC 3339, UTC.
    ended_at: Option<String>,
    /// When it should be delivered, RFC 3339, UTC.
    deadline_at: Option<String>,
    /// Whether the deadline has passed without, or before, its end; `null` without a deadline.
    late: Option<bool>,
    /// Words of the sender, from a sidecar job.
    metadata: BTreeMap<String, String>,
    /// Id of the watched folder that it came from.
    watch: Option<String>,
    /// How far it is.
    progress: ProgressPart,
    /// What is delivered; empty before.
    outputs: Vec<OutputPart>,
    /// Path of the receipt (JSON), once delivered.
    receipt: Option<String>,
    /// Spent so far, in US dollars.
    cost_usd: f64,
    /// Why it failed.
    error: Option<ErrorPart>,
}

/// How far a job is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct ProgressPart {
    /// 0 to 100; 100 once delivered.
    percent: u8,
    /// Segments finished.
    segments_done: u64,
    /// Segments in all; 0 before there is a plan.
    segments: u64,
}

/// A delivered output.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OutputPart {
    /// Output id of the profile.
    id: String,
    /// File, or HLS folder.
    path: String,
    /// All files together.
    bytes: u64,
    /// Picture frames.
    frames: u64,
    /// Running time in ms.
    duration_ms: i64,
}

/// Why a job failed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct ErrorPart {
    /// Stable code, e.g. `MED-03`.
    code: String,
    /// What did not happen; one sentence for people.
    what: String,
    /// Why; for people.
    why: String,
    /// The next step; for people.
    next: String,
}

/// A watched folder.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct WatchPart {
    /// Id.
    id: String,
    /// Path of the folder, or address of the bucket.
    place: String,
    /// Why it cannot be reached: an object whose `because` names the reason; `null` when it can.
    why: Option<serde_json::Value>,
}

/// A file in a watched folder.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct ArrivalPart {
    /// Path below the watched folder.
    path: String,
    /// Why it is held or was passed over: an object whose `reason` names the reason.
    why: serde_json::Value,
}

/// A moment as RFC 3339; far outside of what a calendar knows, the nearest it does.
pub(super) fn moment(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .unwrap_or(if ms < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX })
        .to_string()
}

/// A job at the moment of an entry of its journal.
#[derive(Debug)]
pub(super) struct JobNews<'a> {
    pub(super) job: &'a LiveJob,
    pub(super) topic: Topic,
    /// State at that moment; the job may be further by now.
    pub(super) state: JobState,
    pub(super) failure: Option<&'a Failure>,
    pub(super) at_ms: i64,
}

impl EventDocument {
    fn new(topic: Topic, at_ms: i64) -> Self {
        Self {
            schema: SCHEMA,
            id: String::new(),
            sequence: 0,
            topic,
            at: moment(at_ms),
            job: None,
            watch: None,
            arrival: None,
        }
    }

    /// Of a job.
    pub(super) fn of_job(news: &JobNews<'_>) -> Self {
        Self { job: Some(job(news)), ..Self::new(news.topic, news.at_ms) }
    }

    /// Of a watched folder.
    pub(super) fn of_watch(news: &Announcement) -> Self {
        let (watch_why, arrival) = match &news.arrival {
            Some(path) => (None, Some(ArrivalPart { path: path.clone(), why: news.body.clone() })),
            None => (Some(news.body.clone()).filter(|_| news.topic == Topic::WatchUnreachable), None),
        };
        let watch = WatchPart { id: news.watch.clone(), place: news.place.clone(), why: watch_why };
        Self { watch: Some(watch), arrival, ..Self::new(news.topic, news.at_ms) }
    }

    /// Of a try.
    pub(super) fn test(at_ms: i64) -> Self {
        Self::new(Topic::Test, at_ms)
    }
}

fn job(news: &JobNews<'_>) -> JobPart {
    let JobNews { job: live, state, .. } = news;
    let (job, extras) = (&live.job, &live.job.extras);
    let delivered = *state == JobState::Delivered;
    let ended_ms = state.ended().then_some(news.at_ms);
    let done = told::done(live, *state);
    JobPart {
        id: job.id.to_string(),
        source: job.source.to_string_lossy().into_owned(),
        title: extras.title.clone(),
        profile: job.profile.clone(),
        partner: job.partner.clone(),
        engine: job.engine.to_string(),
        state: state.to_string(),
        priority: job.priority,
        submitted_at: moment(job.created_ms),
        started_at: job.started_ms.filter(|_| *state != JobState::Queued).map(moment),
        ended_at: ended_ms.map(moment),
        deadline_at: extras.deadline_ms.map(moment),
        late: extras.deadline_ms.map(|deadline| news.at_ms > deadline),
        metadata: extras.metadata.clone(),
        watch: extras.watch.map(|watch| watch.to_string()),
        progress: ProgressPart {
            percent: done.percent,
            segments_done: done.encoded,
            segments: done.segments,
        },
        outputs: if delivered { job.outputs.iter().map(output).collect() } else { Vec::new() },
        receipt: job.receipt.as_ref().filter(|_| delivered).map(|path| path.to_string_lossy().into_owned()),
        cost_usd: dollars(job.cost_microusd),
        error: news.failure.map(|failure| ErrorPart {
            code: failure.code.to_string(),
            what: failure.what.clone(),
            why: failure.why.clone(),
            next: failure.next.clone(),
        }),
    }
}

fn output(output: &OutputView) -> OutputPart {
    OutputPart {
        id: output.id.clone(),
        path: output.path.to_string_lossy().into_owned(),
        bytes: output.bytes,
        frames: output.frames,
        duration_ms: output.duration_ms,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "JSON has no other numbers; whole microdollars survive to 9e9"
)]
fn dollars(microdollars: i64) -> f64 {
    microdollars as f64 / 1e6
}

/// What a command's arguments and other short places may name.
pub(super) fn fields(topic: &str, job: Option<&JobNews<'_>>, file: &str) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::from([("topic", topic.to_owned()), ("source", file.to_owned())]);
    if let Some(news) = job {
        let live = &news.job.job;
        fields.insert("job", live.id.to_string());
        fields.insert("profile", live.profile.clone());
        fields.insert("state", news.state.to_string());
        if let Some(receipt) = live.receipt.as_ref().filter(|_| news.state == JobState::Delivered) {
            fields.insert("receipt", receipt.to_string_lossy().into_owned());
        }
    }
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_schema_is_current() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/event.schema.json");
        let text = format!("{:#}\n", schemars::schema_for!(EventDocument).to_value());
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(file, &text).unwrap();
        }
        let committed = std::fs::read_to_string(file).unwrap_or_default();
        let advice = "run: UPDATE_SCHEMA=1 cargo test -p spillway-engine --lib outbox::event";
        assert!(committed == text, "docs/event.schema.json is out of date; {advice}");
    }

    #[test]
    fn moments_are_utc_with_milliseconds() {
        assert_eq!(moment(1_800_000_000_123), "2027-01-15T08:00:00.123Z");
        assert_eq!(moment(0), "1970-01-01T00:00:00Z");
        assert!(moment(i64::MAX).starts_with("9999-"));
    }
}
