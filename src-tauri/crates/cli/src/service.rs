//! `run --log`: the engine as a service. One line of log for each change that matters; whoever started it is told
//! when it is ready and when it leaves.

use std::{collections::HashMap, sync::atomic::Ordering};

use spillway_engine::{
    Engine, Until,
    live::{Hold, HoldReason, Runner},
    model::{Event, EventBody, Feed, Heard, JobId, JobState, Revisions, StepState},
    watch::{ArrivalId, ArrivalQuery, ArrivalState, WatchId, WatchState},
};

use crate::{
    exit::{CommandError, Exit},
    explain, hold, stop, watch,
};

/// Files that need attention are named one by one up to so many.
const NAMED: u32 = 200;

/// Works until it is stopped, or until nothing is left to do.
pub(crate) fn serve(engine: &Engine, seen: i64, until_idle: bool) -> Result<Exit, CommandError> {
    let stop = stop::on_signal()?;
    stop::end_in_time()?;
    let until = if until_idle { Until::Idle } else { Until::Stopped };
    let mut log = Log::new(engine);
    tracing::info!(
        data_dir = %engine.config().data_dir.display(),
        version = env!("CARGO_PKG_VERSION"),
        "spillway begins"
    );
    let outcome = engine.follow_until(&until, seen, &stop, &mut |heard| log.hear(&heard));
    tell_system(&[sd_notify::NotifyState::Stopping]);
    outcome?;
    let stopped = stop.load(Ordering::SeqCst);
    tracing::info!(stopped, "spillway ends; what was at work goes on at the next start");
    // A service that was asked to end has done what it was asked.
    Ok(if until_idle && (log.fell_short || log.hold.is_some()) { Exit::Faults } else { Exit::Done })
}

/// What was said last, so that only changes are said.
struct Log<'a> {
    engine: &'a Engine,
    ready: bool,
    watches: HashMap<WatchId, WatchState>,
    held: HashMap<ArrivalId, String>,
    hold: Option<HoldReason>,
    revisions: Revisions,
    fell_short: bool,
}

impl<'a> Log<'a> {
    fn new(engine: &'a Engine) -> Self {
        Self {
            engine,
            ready: false,
            watches: HashMap::new(),
            held: HashMap::new(),
            hold: None,
            revisions: Revisions::default(),
            fell_short: false,
        }
    }

    fn hear(&mut self, heard: &Heard<'_>) {
        match heard {
            Heard::Runner(Runner::Here) => self.began("works through the queue"),
            Heard::Runner(Runner::Elsewhere) => {
                self.began("another process works through the queue; standing by");
            }
            Heard::Runner(Runner::Stopped { .. }) | Heard::Feed(Feed::Progress { .. }) => {}
            Heard::Feed(Feed::Event(event)) => self.event(event),
            Heard::Feed(Feed::Revisions(revisions)) => self.revised(*revisions),
        }
    }

    fn began(&mut self, what: &str) {
        tracing::info!("{what}");
        if !std::mem::replace(&mut self.ready, true) {
            tell_system(&[sd_notify::NotifyState::Ready]);
        }
    }

    fn event(&mut self, event: &Event) {
        let job = event.job;
        match &event.body {
            EventBody::Submitted => self.job(job, "job submitted"),
            EventBody::Job { state, failure } => self.state(job, *state, failure.as_ref()),
            EventBody::Wished { wish } => tracing::info!(%job, ?wish, "job wished"),
            EventBody::Planned { segments, frames, .. } => {
                tracing::info!(%job, segments, frames, "job planned");
            }
            EventBody::Step {
                label,
                state: StepState::Waiting,
                attempt,
                failure: Some(failure),
                due_ms,
                ..
            } => {
                let code = explain::code(failure.code);
                tracing::warn!(%job, step = label, attempt, code, why = failure.why, due_ms, "step is tried again");
            }
            EventBody::Step { label, state, attempt, .. } => {
                tracing::debug!(%job, step = label, ?state, attempt, "step");
            }
            EventBody::Recovered { kept, interrupted } => {
                tracing::info!(%job, kept, interrupted, "job taken up again");
            }
            EventBody::Routed { route } => {
                tracing::info!(%job, engine = %route.engine, why = route.text, "job routed");
            }
            EventBody::Charged { cost_microusd } => tracing::debug!(%job, cost_microusd, "job charged"),
            EventBody::Moved { .. } | EventBody::Dismissed => {}
            EventBody::Removed => tracing::info!(%job, "job removed"),
        }
    }

    fn state(&mut self, job: JobId, state: JobState, failure: Option<&spillway_engine::failure::Failure>) {
        match (state, failure) {
            (JobState::Failed, Some(failure)) => {
                self.fell_short = true;
                let code = explain::code(failure.code);
                let (what, why, next) = (&failure.what, &failure.why, &failure.next);
                tracing::error!(%job, state = %state, code, what, why, next, "job failed");
            }
            (JobState::Delivered, _) => self.delivered(job),
            _ => {
                self.fell_short |= state.ended();
                tracing::info!(%job, state = %state, "job {state}");
            }
        }
    }

    fn job(&self, id: JobId, what: &str) {
        match self.engine.live_job(id) {
            Ok(live) => {
                let job = live.job;
                let watch = job.extras.watch.map(|watch| watch.to_string());
                tracing::info!(job = %id, source = %job.source.display(), profile = job.profile, watch, "{what}");
            }
            Err(error) => tracing::info!(job = %id, %error, "{what}"),
        }
    }

    fn delivered(&self, id: JobId) {
        match self.engine.live_job(id) {
            Ok(live) => {
                let job = live.job;
                let wall_ms = job.ended_ms.zip(job.started_ms).map(|(end, start)| end - start);
                let outputs: Vec<String> =
                    job.outputs.iter().map(|output| output.path.display().to_string()).collect();
                tracing::info!(
                    job = %id,
                    state = "delivered",
                    source = %job.source.display(),
                    profile = job.profile,
                    wall_ms,
                    outputs = outputs.join(", "),
                    receipt = job.receipt.map(|receipt| receipt.display().to_string()),
                    "job delivered"
                );
            }
            Err(error) => tracing::info!(job = %id, %error, "job delivered"),
        }
    }

    fn revised(&mut self, now: Revisions) {
        if now.watches != self.revisions.watches {
            self.watches();
        }
        if now.hold != self.revisions.hold {
            self.hold();
        }
        self.revisions = now;
    }

    fn watches(&mut self) {
        let views = match self.engine.watches() {
            Ok(views) => views,
            Err(error) => return tracing::warn!(%error, "watched folders cannot be read"),
        };
        self.watches.retain(|id, _| views.iter().any(|view| view.id == *id));
        let mut troubled = self.held.len();
        for view in views {
            troubled += usize::try_from(view.counts.held).unwrap_or(usize::MAX);
            if self.watches.get(&view.id) != Some(&view.state) {
                let (place, state) = (watch::place(&view.place), watch::state(&view.state));
                if matches!(view.state, WatchState::Unreachable { .. }) {
                    tracing::warn!(watch = %view.id, place, "folder {state}");
                } else {
                    tracing::info!(watch = %view.id, place, "folder {state}");
                }
                self.watches.insert(view.id, view.state);
            }
        }
        if troubled > 0 {
            self.held();
        }
    }

    fn held(&mut self) {
        let query =
            ArrivalQuery { states: vec![ArrivalState::Held], limit: NAMED, ..ArrivalQuery::default() };
        let page = match self.engine.arrivals(&query) {
            Ok(page) => page,
            Err(error) => return tracing::warn!(%error, "files in watched folders cannot be read"),
        };
        let mut held = HashMap::new();
        for row in page.rows {
            let why = watch::reason(&row.reason, row.bytes, row.changed_ms);
            if self.held.get(&row.id) != Some(&why) {
                tracing::warn!(watch = %row.watch, file = row.path, why, "file needs attention");
            }
            held.insert(row.id, why);
        }
        self.held = held;
    }

    fn hold(&mut self) {
        let hold = match self.engine.snapshot() {
            Ok(snapshot) => snapshot.hold,
            Err(error) => return tracing::warn!(%error, "the queue cannot be read"),
        };
        match (&self.hold, &hold) {
            (before, Some(Hold { why, .. }))
                if !before.as_ref().is_some_and(|before| hold::same(before, why)) =>
            {
                let HoldReason::Space { folder, needed, free } = why;
                tracing::warn!(folder = %folder.display(), needed, free, "queue waits for space");
            }
            (Some(_), None) => tracing::info!("queue goes on"),
            _ => {}
        }
        self.hold = hold.map(|hold| hold.why);
    }
}

/// Tells systemd, where it started this process and wants to know.
fn tell_system(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}
