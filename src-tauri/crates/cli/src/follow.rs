//! Sees jobs to their end: runs the engine, or watches the process that does and takes over when it goes.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use spillway_engine::{
    Engine, EngineError, Until,
    live::{Hold, Runner},
    model::{Event, EventBody, Feed, Heard, JobFilter, JobId, JobState, JobView},
};

use crate::{
    board::Board,
    documents::JobLine,
    draw::Glyphs,
    exit::{CommandError, Exit},
    hold::{self, HoldLine},
    lines::Lines,
    out::Out,
    plain, summary,
};

/// Which jobs are on show.
#[derive(Debug)]
pub(crate) enum Scope {
    /// These.
    Jobs(Vec<JobId>),
    /// Whatever is in the queue.
    Everything,
}

/// Shows a feed as it comes, and reports every job that ends.
pub(crate) struct Follow<'a> {
    engine: &'a Engine,
    out: &'a Out,
    scope: Scope,
    board: Board,
    lines: Lines,
    begin: Instant,
    /// Journal entries up to here are old news.
    seen: i64,
    watching: bool,
    reported: HashSet<JobId>,
    fell_short: bool,
    hold: Option<Hold>,
    /// The first error met inside the engine's call-back, where it cannot be returned.
    trouble: Option<CommandError>,
}

impl<'a> Follow<'a> {
    /// Jobs that are in the queue already are shown from where they stand.
    pub(crate) fn new(
        engine: &'a Engine,
        out: &'a Out,
        scope: Scope,
        seen: i64,
        glyphs: Glyphs,
    ) -> Result<Self, CommandError> {
        let mut follow = Self {
            engine,
            out,
            scope,
            board: Board::default(),
            lines: Lines::new(glyphs),
            begin: Instant::now(),
            seen,
            watching: false,
            reported: HashSet::new(),
            fell_short: false,
            hold: None,
            trouble: None,
        };
        for id in follow.present()? {
            follow.seed(id);
        }
        Ok(follow)
    }

    /// Works, or watches, until the jobs on show have ended (`Scope::Jobs`), until nothing is left to do
    /// (`until_idle`), or until `stop` is set; then reports what is left.
    pub(crate) fn see_through(mut self, until_idle: bool, stop: &AtomicBool) -> Result<Exit, CommandError> {
        let until = match &self.scope {
            Scope::Jobs(ids) => Until::Jobs(ids.clone()),
            Scope::Everything if until_idle => Until::Idle,
            Scope::Everything => Until::Stopped,
        };
        let (engine, seen) = (self.engine, self.seen);
        let outcome = engine.follow_until(&until, seen, stop, &mut |heard| self.hear(heard));
        self.lines.clear(self.out);
        outcome?;
        if let Scope::Jobs(ids) = &self.scope {
            for id in ids.clone() {
                self.report(id);
            }
        }
        let waits = self.engine.hold()?.filter(|_| self.fell_short || until_idle);
        if let Some(hold) = waits.filter(|_| !stop.load(Ordering::SeqCst)) {
            self.fell_short = true;
            self.out.note(&hold::words(&hold));
            self.out
                .note("Nothing is lost: free some space, then `spillway run` goes on where this stopped.");
        }
        match self.trouble.take() {
            Some(error) => Err(error),
            None if stop.load(Ordering::SeqCst) => {
                self.out.note("Interrupted. Nothing is lost: `spillway run` goes on where this stopped.");
                Ok(Exit::Interrupted)
            }
            None if self.fell_short => Ok(Exit::Faults),
            None => Ok(Exit::Done),
        }
    }

    fn present(&self) -> Result<Vec<JobId>, CommandError> {
        match &self.scope {
            Scope::Jobs(ids) => Ok(ids.clone()),
            Scope::Everything => Ok(open_jobs(self.engine)?.iter().map(|job| job.id).collect()),
        }
    }

    fn hear(&mut self, heard: Heard<'_>) {
        match heard {
            Heard::Runner(Runner::Elsewhere) if !self.watching => {
                self.watching = true;
                self.out.note("Another Spillway works through this queue; watching it.");
            }
            Heard::Runner(_) => {}
            Heard::Feed(feed) => self.see(feed),
        }
    }

    /// Says when the queue begins to wait, and when it goes on.
    fn look_at_hold(&mut self) {
        let now = match self.engine.hold() {
            Ok(now) => now,
            Err(error) => {
                self.trouble.get_or_insert(error.into());
                return;
            }
        };
        let before = std::mem::replace(&mut self.hold, now);
        match (&before, &self.hold) {
            (None, None) => return,
            (Some(before), Some(now)) if hold::same(&before.why, &now.why) => return,
            (_, Some(now)) => self.out.note(&hold::words(now)),
            (Some(_), None) => self.out.note("There is space again: the queue goes on."),
        }
        if self.out.json() {
            self.out.record(&HoldLine::new(self.hold.as_ref()));
        }
    }

    fn see(&mut self, feed: &Feed) {
        let job = match feed {
            Feed::Event(event) => event.job,
            Feed::Progress { job, .. } => *job,
            Feed::Revisions(_) => return self.look_at_hold(),
        };
        if let Scope::Jobs(ids) = &self.scope
            && !ids.contains(&job)
        {
            return;
        }
        if self.out.json() {
            self.out.record(feed);
        }
        if let Feed::Event(event) = feed {
            self.reseed(event);
        }
        self.board.apply(feed, self.begin.elapsed());
        self.lines.show(self.out, &self.board);
        if let Feed::Event(event) = feed {
            self.tell(event);
        }
    }

    /// Reads a job anew where events alone do not say which steps there are.
    fn reseed(&mut self, event: &Event) {
        match event.body {
            EventBody::Planned { .. } | EventBody::Recovered { .. } => self.seed(event.job),
            EventBody::Removed => self.board.remove(event.job),
            EventBody::Moved { .. }
            | EventBody::Dismissed
            | EventBody::Routed { .. }
            | EventBody::Charged { .. } => {}
            EventBody::Submitted
            | EventBody::Job { .. }
            | EventBody::Wished { .. }
            | EventBody::Step { .. } => {
                if self.board.row(event.job).is_none() {
                    self.seed(event.job);
                }
            }
        }
    }

    fn seed(&mut self, id: JobId) {
        match self.engine.job(id) {
            Ok(detail) => self.board.seed(&detail),
            // Removed while the news of it was on its way.
            Err(EngineError::NoSuchJob(_)) => {}
            Err(error) => {
                self.trouble.get_or_insert(error.into());
            }
        }
    }

    fn tell(&mut self, event: &Event) {
        match &event.body {
            EventBody::Job { state, .. } if state.ended() => self.report(event.job),
            EventBody::Job { .. } => {
                // A retry makes an ended job live again.
                self.reported.remove(&event.job);
                plain::note(self.out, &self.board, event);
            }
            EventBody::Removed => {
                self.reported.insert(event.job);
                plain::note(self.out, &self.board, event);
            }
            EventBody::Submitted
            | EventBody::Wished { .. }
            | EventBody::Planned { .. }
            | EventBody::Step { .. }
            | EventBody::Routed { .. }
            | EventBody::Charged { .. }
            | EventBody::Moved { .. }
            | EventBody::Dismissed
            | EventBody::Recovered { .. } => plain::note(self.out, &self.board, event),
        }
    }

    /// The result of a job, once.
    fn report(&mut self, id: JobId) {
        if !self.reported.insert(id) {
            return;
        }
        let job = match self.engine.job(id) {
            Ok(detail) => detail.job,
            Err(EngineError::NoSuchJob(_)) => return,
            Err(error) => {
                self.trouble.get_or_insert(error.into());
                return;
            }
        };
        self.fell_short |= job.state != JobState::Delivered;
        let now_ms = jiff::Timestamp::now().as_millisecond();
        if self.out.json() {
            self.out.record(&JobLine::new(&job, now_ms));
            if !job.state.ended() || job.error.is_some() {
                self.out.note(&summary::job(&job, now_ms, self.out.note_paint()));
            }
        } else {
            self.out.result(&summary::job(&job, now_ms, self.out.paint()));
        }
    }
}

fn open_jobs(engine: &Engine) -> Result<Vec<JobView>, CommandError> {
    let mut jobs = Vec::new();
    for state in [JobState::Running, JobState::Queued] {
        jobs.extend(engine.jobs(&JobFilter { state: Some(state), ..JobFilter::default() })?);
    }
    Ok(jobs)
}
