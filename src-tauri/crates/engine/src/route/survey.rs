//! How long a job would take each engine, from what is before it. Read once, for any number of jobs.

use std::cell::{OnceCell, RefCell};

use uuid::Uuid;

use crate::{
    Config,
    db::Tx,
    engine::forecast::Foresight,
    error::EngineError,
    forecast::{self, Load, Paces, Remaining, StepLeft, schedule},
    model::{JobId, StepKind},
};

/// What facts are taken from, at the time of one transaction.
pub(crate) struct Survey<'a> {
    pub(crate) config: &'a Config,
    foresight: Foresight<'a>,
    paces: OnceCell<Paces>,
    queue: RefCell<Option<Vec<Remaining>>>,
}

/// What a job asks of the cloud.
pub(super) struct Need<'a> {
    pub(super) job: Option<JobId>,
    pub(super) profile: &'a str,
    /// Of its plan for the cloud.
    pub(super) loads: Vec<Load>,
}

impl<'a> Survey<'a> {
    pub(crate) fn new(config: &'a Config, foresight: Foresight<'a>) -> Self {
        Self { config, foresight, paces: OnceCell::new(), queue: RefCell::default() }
    }

    /// Work for workers, all together, ms.
    pub(super) fn work_ms(&self, tx: &Tx<'_>, profile: &str, loads: &[Load]) -> Result<i64, EngineError> {
        Ok(rounded(whole(JobId(Uuid::nil()), loads, profile, self.paces(tx)?).work_ms()))
    }

    /// How long this machine would need if nothing else were to do, ms.
    pub(super) fn alone(&self, tx: &Tx<'_>, profile: &str, loads: &[Load]) -> Result<i64, EngineError> {
        Ok(forecast::alone(loads, profile, self.paces(tx)?, self.foresight.workers()).0)
    }

    /// When a job would be through if this machine did all of it, ms UTC; one that is not made yet stands at the end
    /// of the queue.
    pub(super) fn finish_here(
        &self,
        tx: &Tx<'_>,
        job: Option<JobId>,
        profile: &str,
        loads: &[Load],
    ) -> Result<i64, EngineError> {
        let own = whole(job.unwrap_or(JobId(Uuid::nil())), loads, profile, self.paces(tx)?);
        let mut queue = self.before(tx, job)?;
        queue.push(own);
        let laid_out = schedule(tx.now_ms, self.foresight.workers(), &queue);
        Ok(laid_out.last().map_or(tx.now_ms, |forecast| forecast.finish_ms))
    }

    /// From now on the cloud has this job: it stands in nobody's way.
    pub(crate) fn spill(&self, tx: &Tx<'_>, job: JobId) -> Result<(), EngineError> {
        self.before(tx, None)?;
        if let Some(queue) = self.queue.borrow_mut().as_mut() {
            queue.retain(|left| left.job() != job);
        }
        Ok(())
    }

    /// How long a job would take that the cloud encodes, ms: everything is sent over the one line, with `behind_others`
    /// after what stands before it in the queue; the first chunk comes back before the others are begun; then so many
    /// at a time as the cloud takes; the last one is fetched, and the rest is done here.
    pub(super) fn there(
        &self,
        tx: &Tx<'_>,
        need: &Need<'_>,
        behind_others: bool,
    ) -> Result<i64, EngineError> {
        let paces = self.paces(tx)?;
        let line = Line::of(self.config);
        let before = if behind_others { self.before(tx, need.job)? } else { Vec::new() };
        let before: f64 = before.iter().map(Remaining::sending_ms).sum::<f64>() / line.senders;
        let parted = Parted::of(need, paces, line);
        let left = whole(JobId(Uuid::nil()), &parted.here, need.profile, paces);
        let here = schedule(0, self.foresight.workers(), &[left]).first().map_or(0, |end| end.finish_ms);
        let rounds = (parted.chunks / line.chunks_at_once).ceil();
        let later = if parted.chunks > 1.0 { rounds * parted.encoding + parted.fetching } else { 0.0 };
        let encoded = before + parted.sending.max(parted.first) + later;
        Ok(rounded(encoded).saturating_add(here))
    }

    /// What stands before a job in the queue; all of it for one that is not in it.
    fn before(&self, tx: &Tx<'_>, job: Option<JobId>) -> Result<Vec<Remaining>, EngineError> {
        let mut queue = self.queue.borrow_mut();
        let queue = match &mut *queue {
            Some(queue) => queue,
            none => none.insert(self.foresight.queue(tx.reader(), self.paces(tx)?, tx.now_ms)?),
        };
        Ok(queue.iter().take_while(|left| Some(left.job()) != job).cloned().collect())
    }

    fn paces(&self, tx: &Tx<'_>) -> Result<&Paces, EngineError> {
        if let Some(paces) = self.paces.get() {
            return Ok(paces);
        }
        let read = self.foresight.paces(tx.reader())?;
        Ok(self.paces.get_or_init(|| read))
    }
}

fn whole(job: JobId, loads: &[Load], profile: &str, paces: &Paces) -> Remaining {
    let steps: Vec<StepLeft> = loads.iter().cloned().map(StepLeft::whole).collect();
    Remaining::of(job, profile, &steps, paces, 0)
}

/// The way out.
#[derive(Clone, Copy)]
struct Line {
    /// Uploads side by side.
    senders: f64,
    /// Jobs that the cloud may have at a time.
    chunks_at_once: f64,
    /// Most that transfers may take, Mbit/s.
    mbps: Option<f64>,
}

impl Line {
    fn of(config: &Config) -> Self {
        let set = |value: Option<u32>| value.filter(|value| *value > 0).map(f64::from);
        let cloud = &config.cloud;
        Self {
            senders: set(cloud.transfers).unwrap_or(3.0),
            chunks_at_once: set(cloud.max_jobs).unwrap_or(200.0),
            mbps: set(cloud.bandwidth_mbps),
        }
    }

    /// So many millions of bytes, which one sender needs `ms` for, take so long with all of them.
    fn all(self, ms: f64, megabytes: f64) -> f64 {
        (ms / self.senders).max(self.mbps.map_or(0.0, |mbps| megabytes * 8_000.0 / mbps))
    }
}

/// What the cloud has to do of a job and what is left here, in ms.
struct Parted {
    chunks: f64,
    sending: f64,
    /// Sending, encoding and fetching the first chunk.
    first: f64,
    /// The longest.
    encoding: f64,
    /// The longest.
    fetching: f64,
    here: Vec<Load>,
}

impl Parted {
    fn of(need: &Need<'_>, paces: &Paces, line: Line) -> Self {
        let time = |load: &Load| paces.time(need.profile, load).0;
        let of_kind = |kind| need.loads.iter().filter(move |load| load.is_elsewhere() && load.kind == kind);
        let longest = |kind| of_kind(kind).map(time).fold(0.0, f64::max);
        let megabytes: f64 = of_kind(StepKind::Upload).map(|load| load.amount).sum();
        let first = |kind| of_kind(kind).next().map_or(0.0, time);
        let first_sent =
            of_kind(StepKind::Upload).next().map_or(0.0, |load| line.all(time(load), load.amount));
        Self {
            #[expect(clippy::cast_precision_loss, reason = "for estimates")]
            chunks: of_kind(StepKind::Segment).count() as f64,
            sending: line.all(of_kind(StepKind::Upload).map(time).sum(), megabytes),
            first: first_sent + first(StepKind::Segment) + first(StepKind::Download),
            encoding: longest(StepKind::Segment),
            fetching: longest(StepKind::Download),
            here: need.loads.iter().filter(|load| !load.is_elsewhere()).cloned().collect(),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "saturates")]
fn rounded(ms: f64) -> i64 {
    ms.ceil() as i64
}
