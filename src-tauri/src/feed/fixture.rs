//! Jobs and entries for tests.

use spillway_engine::{
    live::{Cell, LiveJob},
    model::{Event, EventBody, JobExtras, JobId, JobState, JobView, StepCounts, StepKind, StepState, Wish},
};

/// The job with this number.
pub(crate) fn id(number: u128) -> JobId {
    JobId(uuid::Uuid::from_u128(number))
}

/// A queued job with some segments of 100 frames.
pub(crate) fn live(number: u128, segments: u32) -> LiveJob {
    let cell = |ord| Cell {
        ord,
        kind: StepKind::Segment,
        state: StepState::Ready,
        frames: 100,
        attempt: 0,
        due_ms: None,
    };
    LiveJob {
        job: JobView {
            id: id(number),
            source: format!("/masters/Reel {number}.mov").into(),
            profile: "youtube".to_owned(),
            partner: "YouTube".to_owned(),
            engine: spillway_engine::route::EngineKind::Local,
            engine_wish: spillway_engine::route::EngineWish::Auto,
            route: None,
            state: JobState::Queued,
            wish: Wish::Run,
            priority: 0,
            created_ms: 0,
            started_ms: None,
            ended_ms: None,
            out_dir: "/deliveries".into(),
            extras: JobExtras::default(),
            steps: StepCounts { total: segments, ..StepCounts::default() },
            error: None,
            outputs: Vec::new(),
            receipt: None,
            cost_microusd: 0,
        },
        frame_rate: Some(25.0),
        cells: (0..segments).map(cell).collect(),
    }
}

/// A journal entry.
pub(crate) fn event(seq: i64, job: JobId, body: EventBody) -> Event {
    Event { seq, at_ms: seq * 10, job, body }
}
