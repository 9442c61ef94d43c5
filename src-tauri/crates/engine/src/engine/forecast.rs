//! When jobs will probably be through.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;

use super::Engine;
use crate::{
    Config,
    db::{self, JobLeft, Papers},
    error::EngineError,
    forecast::{Load, Paces, Remaining, Sample, Shape, StepLeft, schedule},
    live::JobForecast,
    model::{JobId, StepKind},
    sheet::looks::Looks,
};

/// Finished tries that speeds are taken from.
const TRIES: u32 = 2_000;
/// Jobs whose shape is kept; more than are likely to be forecast at a time.
const MOST_KEPT: usize = 4_096;

/// What jobs ask for, kept so that their large documents are read once.
#[derive(Debug, Default)]
pub(crate) struct Shapes(Mutex<HashMap<JobId, Kept>>);

#[derive(Debug, Clone)]
enum Kept {
    /// The plan is made; steps are measured by it.
    Planned(Arc<Shape>),
    /// Nobody has looked at the source yet: all steps that it will probably have.
    Guessed(Arc<Vec<Load>>),
}

/// What forecasts are made from, beside the database.
#[derive(Clone, Copy)]
pub(crate) struct Foresight<'a> {
    config: &'a Config,
    shapes: &'a Shapes,
    looks: &'a Looks,
}

impl Engine {
    /// When each job of the queue that is not held will probably be through, in the order of the queue,
    /// if workers are at it from now on.
    ///
    /// # Errors
    /// Those of the database.
    pub fn forecast(&self) -> Result<Vec<JobForecast>, EngineError> {
        let now_ms = self.clock.now_ms();
        let foresight = self.foresight();
        db::at_once(&self.lock(), |sql| foresight.forecast(sql, &foresight.paces(sql)?, now_ms))
    }

    /// Speeds of this machine.
    pub(super) fn paces(&self) -> Result<Paces, EngineError> {
        db::at_once(&self.lock(), |sql| self.foresight().paces(sql))
    }

    pub(super) fn foresight(&self) -> Foresight<'_> {
        Foresight { config: &self.config, shapes: &self.shapes, looks: &self.looks }
    }

    /// Worker processes at a time.
    pub(super) fn workers(&self) -> usize {
        self.foresight().workers()
    }
}

impl Foresight<'_> {
    /// As [`Engine::forecast`], from what this connection sees.
    pub(crate) fn forecast(
        &self,
        sql: &Connection,
        paces: &Paces,
        now_ms: i64,
    ) -> Result<Vec<JobForecast>, EngineError> {
        Ok(schedule(now_ms, self.workers(), &self.queue(sql, paces, now_ms)?))
    }

    /// What is left of each job, in the order of the queue.
    pub(crate) fn queue(
        &self,
        sql: &Connection,
        paces: &Paces,
        now_ms: i64,
    ) -> Result<Vec<Remaining>, EngineError> {
        let mut queue = Vec::new();
        for left in db::jobs_left(sql)? {
            let steps = self.steps_left(sql, &left)?;
            let remaining = Remaining::of(left.job, &left.profile, &steps, paces, now_ms);
            queue.push(remaining.begun(left.begun));
        }
        Ok(queue)
    }

    /// Speeds of this machine.
    pub(crate) fn paces(&self, sql: &Connection) -> Result<Paces, EngineError> {
        let mut samples = Vec::new();
        for done in db::finished_tries(sql, TRIES)? {
            let Some(Kept::Planned(shape)) = self.shape(sql, done.job, true)? else { continue };
            let load = shape.load(done.kind, &done.input, done.frames);
            samples.push(Sample { profile: done.profile, load, ms: done.ms });
        }
        Ok(Paces::measured(&samples))
    }

    /// Worker processes at a time.
    pub(crate) fn workers(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        if self.config.workers == 0 { cores() } else { self.config.workers as usize }
    }

    fn steps_left(&self, sql: &Connection, left: &JobLeft) -> Result<Vec<StepLeft>, EngineError> {
        let shape = match self.shape(sql, left.job, left.planned)? {
            Some(Kept::Planned(shape)) => shape,
            Some(Kept::Guessed(loads)) => return Ok(guessed(left, &loads)),
            None => return Ok(Vec::new()),
        };
        let steps = left.steps.iter().map(|step| StepLeft {
            load: shape.load(step.kind, &step.input, step.frames),
            started_ms: step.started_ms,
            due_ms: step.due_ms,
        });
        Ok(steps.collect())
    }

    fn shape(&self, sql: &Connection, job: JobId, planned: bool) -> Result<Option<Kept>, EngineError> {
        let held = self.shapes.0.lock().unwrap_or_else(PoisonError::into_inner).get(&job).cloned();
        match held {
            Some(Kept::Planned(_)) if planned => return Ok(held),
            Some(Kept::Guessed(_)) if !planned => return Ok(held),
            _ => {}
        }
        let Some(papers) = db::papers(sql, job)? else { return Ok(None) };
        let kept = self.read(&papers);
        let mut shapes = self.shapes.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shapes.len() >= MOST_KEPT {
            shapes.clear();
        }
        shapes.insert(job, kept.clone());
        Ok(Some(kept))
    }

    fn read(&self, papers: &Papers) -> Kept {
        let bytes = papers.identity.map_or(0, |identity| identity.bytes);
        if let Some(plan) = &papers.plan {
            return Kept::Planned(Arc::new(Shape::of(plan, bytes)));
        }
        let seen = papers.identity.and_then(|identity| self.looks.held(&papers.source, &identity));
        let loads = match seen.and_then(|seen| seen.known(&papers.profile)) {
            Some(made) => made.loads.clone(),
            None => Shape::guess(&papers.profile, bytes),
        };
        Kept::Guessed(Arc::new(loads))
    }
}

/// Steps of a job without a plan: those it has, and those it will probably get.
fn guessed(left: &JobLeft, loads: &[Load]) -> Vec<StepLeft> {
    let mut steps = Vec::with_capacity(loads.len());
    for load in loads {
        let own = left.steps.iter().find(|step| step.kind == load.kind);
        match (load.kind, own) {
            // Nobody knows yet how it will be cut; this machine will not be held up by it.
            (StepKind::Segment, _) if left.cloud => {}
            // Of these the job already has a row as long as they are not done.
            (StepKind::Inspect | StepKind::Hash, None) => {}
            (StepKind::Inspect | StepKind::Hash, Some(own)) => {
                steps.push(StepLeft { load: load.clone(), started_ms: own.started_ms, due_ms: own.due_ms });
            }
            _ => steps.push(StepLeft::whole(load.clone())),
        }
    }
    steps
}
