//! The runner: one thread that owns the writing of the database, hands ready steps to threads, and
//! records what becomes of them. One transaction a turn: results in, next steps out.

mod bell;
mod choose;
pub(crate) mod mend;
pub(crate) mod settle;
mod shift;
mod slots;
mod turn;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender, SyncSender},
    },
    thread::Scope,
};

use rusqlite::Connection;
use spillway_cloud::convert::RemoteJob;
use spillway_media::task::Progress;

use crate::{
    Config,
    clock::{Chance, Clock},
    cost::Purse,
    db::{self, Claim, HoldRow, Lane, Looked, RemoteState, Tx},
    engine::forecast::Foresight,
    error::EngineError,
    failure::{Code, Failure, Trouble},
    fault::Faults,
    feed::Pump,
    lock::Lock,
    model::{Feed, JobId},
    outbox::{self, Post},
    recover,
    remote::{self, Assignment, CloudAccess, Tray},
    route::Survey,
    space::Room,
    steps::{self, Bench, Brief, Craft, Note, Notebook, Noted, Performed, Setback},
    watch,
};
pub(crate) use bell::Bell;
use shift::Beside;
pub(crate) use shift::Shift;
use slots::Slots;
use turn::Turn;

/// How long the engine runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    /// Until nothing is left that can be done without somebody's wish.
    Idle,
    /// Until these jobs have ended; they go first, the rest of the queue is worked on beside them.
    Jobs(Vec<JobId>),
    /// Until it is stopped.
    Stopped,
}

/// Everything the runner works with; tests put their own pieces in.
pub(crate) struct Tools<'a> {
    pub(crate) config: &'a Config,
    pub(crate) craft: &'a Arc<dyn Craft>,
    pub(crate) cloud: &'a Arc<dyn CloudAccess>,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) chance: &'a dyn Chance,
    pub(crate) faults: &'a Faults,
    /// Carries messages to others.
    pub(crate) post: &'a Arc<dyn Post>,
    pub(crate) bell: &'a Bell,
    /// Where watched folders are looked at.
    pub(crate) sight: watch::Sight,
    /// When jobs will be through.
    pub(crate) foresight: Foresight<'a>,
}

impl<'a> Tools<'a> {
    /// What the choice of an engine is made from.
    pub(crate) fn survey(&self) -> Survey<'a> {
        Survey::new(self.config, self.foresight)
    }
}

/// What the runner is after.
pub(crate) struct Errand<'a> {
    pub(crate) until: &'a Until,
    /// Nothing but the jobs of `until` is touched.
    pub(crate) only: bool,
}

/// What wakes the runner.
enum Wake {
    /// Somebody in this process asks for something.
    Rung,
    /// A step's thread is through.
    Ended { claim: i64, performed: Box<Performed> },
    /// Somebody looked for space.
    Looked(Looked),
    /// A step's thread got further.
    Progress { claim: i64, progress: Progress },
    /// A step's thread needs something on record before it goes on.
    Note { claim: i64, note: Note, answer: SyncSender<Noted> },
}

/// Runs the engine for as long as `lock` is this process's.
pub(crate) fn run(
    tools: &Tools<'_>,
    _lock: Lock,
    errand: &Errand<'_>,
    pump: &mut Pump,
    stop: &AtomicBool,
    feed: &mut dyn FnMut(&Feed),
) -> Result<(), EngineError> {
    let mut connection = db::open(&tools.config.data_dir)?;
    let focus = if let Until::Jobs(ids) = errand.until { ids.as_slice() } else { &[] };
    recover::recover(tools, &mut connection, errand.only.then_some(focus))?;
    pump.pump(&connection, feed)?;
    let tray = Tray::default();
    std::thread::scope(|scope| {
        let (wake, wakes) = mpsc::channel();
        tools.bell.wire(wake.clone());
        let beside = beside(scope, tools, &tray, errand, &wake)?;
        let slots = Slots::new(tools.config);
        let mut runner = Runner {
            tools,
            tray: &tray,
            errand,
            focus,
            connection,
            pump,
            slots,
            beside,
            wake,
            wakes,
            looked: None,
        };
        let outcome = runner.drive(scope, stop, feed);
        // After an error the threads must be told, or the scope would wait for them.
        runner.slots.stop_all();
        runner.beside.iter().for_each(Beside::stop);
        outcome
    })
}

/// Starts what goes on beside the queue: none of it for an errand that touches nothing but its own jobs.
fn beside<'scope>(
    scope: &'scope Scope<'scope, '_>,
    tools: &'scope Tools<'_>,
    tray: &'scope Tray,
    errand: &Errand<'_>,
    wake: &Sender<Wake>,
) -> Result<Vec<Beside>, EngineError> {
    type Attend = fn(&Tools<'_>, &Shift, &Tray) -> Result<(), EngineError>;
    let watch: (&str, Attend) = ("watch", |tools, shift, _| watch::attend(tools, shift));
    let outbox: (&str, Attend) = ("outbox", |tools, shift, _| outbox::attend(tools, shift));
    let desk: (&str, Attend) = ("cloud", remote::attend);
    let wanted = match errand.until {
        _ if errand.only => vec![desk],
        Until::Jobs(_) => vec![desk, outbox],
        Until::Idle | Until::Stopped => vec![desk, watch, outbox],
    };
    let mut started = Vec::new();
    for (name, attend) in wanted {
        let (beside, shift) = shift::shift(wake.clone(), *errand.until == Until::Idle);
        started.push(beside);
        let thread = std::thread::Builder::new().name(name.to_owned());
        let begun = thread.spawn_scoped(scope, move || {
            shift.keep_up(name, tools.clock, || attend(tools, &shift, tray));
        });
        if let Err(error) = begun {
            started.iter().for_each(Beside::stop);
            return Err(EngineError::Thread(error));
        }
    }
    Ok(started)
}

struct Runner<'a> {
    tools: &'a Tools<'a>,
    /// What the desk has in hand.
    tray: &'a Tray,
    errand: &'a Errand<'a>,
    focus: &'a [JobId],
    connection: Connection,
    pump: &'a mut Pump,
    slots: Slots,
    beside: Vec<Beside>,
    wake: Sender<Wake>,
    wakes: Receiver<Wake>,
    looked: Option<Looked>,
}

impl<'a> Runner<'a> {
    fn drive<'scope>(
        &mut self,
        scope: &'scope Scope<'scope, '_>,
        stop: &AtomicBool,
        feed: &mut dyn FnMut(&Feed),
    ) -> Result<(), EngineError>
    where
        'a: 'scope,
    {
        let mut ended = Vec::new();
        let mut seen = None;
        let mut due = None;
        let mut leaving = false;
        let mut rested = false;
        loop {
            leaving = leaving || stop.load(Ordering::Relaxed);
            if leaving {
                self.slots.stop_all();
                self.beside.iter().for_each(Beside::ring);
            }
            let version = db::data_version(&self.connection)?;
            let is_due = due.is_some_and(|due| due <= self.tools.clock.now_ms());
            if seen.is_some_and(|seen| seen != version) {
                self.beside.iter().for_each(Beside::ring);
            }
            let rest = self.beside.iter().all(Beside::is_idle);
            let found = self.looked.is_some();
            if !ended.is_empty() || found || seen != Some(version) || is_due || rest != rested {
                rested = rest;
                let cause = !ended.is_empty() || found || seen != Some(version) || is_due;
                let turn = self.turn(std::mem::take(&mut ended), leaving, rested)?;
                if cause || !turn.claimed.is_empty() {
                    // One's own writing raises nobody's version.
                    self.beside.iter().for_each(Beside::ring);
                }
                seen = Some(version);
                due = turn.next_due;
                leaving = leaving || turn.reached;
                for brief in turn.claimed {
                    self.start(scope, brief)?;
                }
                if !turn.look.is_empty() {
                    self.look(scope, turn.look)?;
                }
                self.pump.pump(&self.connection, feed)?;
            }
            if leaving && self.slots.is_empty() {
                return Ok(());
            }
            if !leaving || !self.slots.is_empty() {
                self.wait(due, &mut ended, feed)?;
            }
        }
    }

    fn turn(
        &mut self,
        ended: Vec<(i64, Performed)>,
        leaving: bool,
        rested: bool,
    ) -> Result<Turn, EngineError> {
        let now_ms = self.tools.clock.now_ms();
        let ended: Vec<_> =
            ended.into_iter().filter_map(|(id, performed)| Some((self.slots.free(id)?, performed))).collect();
        let kinds: Vec<_> = ended.iter().map(|(claim, _)| claim.kind).collect();
        let tx = Tx::begin(&mut self.connection, now_ms)?;
        if let Some(looked) = self.looked.take() {
            tx.looked(&looked)?;
        }
        let turn = turn::take(
            &tx,
            self.tools,
            &self.slots,
            ended,
            &turn::Order {
                leaving,
                focus: self.focus,
                only: self.errand.only,
                until: self.errand.until,
                rested,
            },
        )?;
        for kind in &kinds {
            self.tools.faults.hit_step(*kind, crate::fault::Moment::BeforeCommit);
        }
        if !turn.claimed.is_empty() {
            self.tools.faults.hit("claim.before-commit");
        }
        tx.commit()?;
        for kind in &kinds {
            self.tools.faults.hit_step(*kind, crate::fault::Moment::Finished);
        }
        if !turn.claimed.is_empty() {
            self.tools.faults.hit("claim.committed");
        }
        self.slots.stop(&turn.stop);
        if !turn.stop.is_empty() {
            self.beside.iter().for_each(Beside::ring);
        }
        Ok(turn)
    }

    fn start<'scope>(&mut self, scope: &'scope Scope<'scope, '_>, brief: Brief) -> Result<(), EngineError>
    where
        'a: 'scope,
    {
        let cancel = Arc::new(AtomicBool::new(false));
        self.slots.take(brief.claim.clone(), cancel.clone());
        if brief.claim.lane == Lane::Remote {
            self.tray.put(Assignment { brief: Arc::new(brief), cancel });
            self.beside.iter().for_each(Beside::ring);
            return Ok(());
        }
        let (wake, tools) = (self.wake.clone(), self.tools);
        std::thread::Builder::new()
            .name(format!("{} {}", brief.claim.kind, brief.claim.id))
            .spawn_scoped(scope, move || {
                let claim = brief.claim.id;
                let line = Line { claim, wake: &wake };
                let bench = Bench {
                    config: tools.config,
                    craft: tools.craft.as_ref(),
                    cloud: tools.cloud.as_ref(),
                    faults: tools.faults,
                    brief: &brief,
                    cancel: &cancel,
                    notebook: &line,
                };
                let performed = catch_unwind(AssertUnwindSafe(|| steps::perform(&bench)));
                let performed = Box::new(performed.unwrap_or_else(|_| Err(panicked(&brief))));
                // The runner outlives its threads; when it is gone nobody needs the result.
                let _ = wake.send(Wake::Ended { claim, performed });
            })
            .map_err(EngineError::Thread)?;
        Ok(())
    }

    /// Looks for space on a thread of its own: a disk that does not answer holds nothing else up.
    fn look<'scope>(
        &mut self,
        scope: &'scope Scope<'scope, '_>,
        rows: Vec<HoldRow>,
    ) -> Result<(), EngineError>
    where
        'a: 'scope,
    {
        self.slots.looking = true;
        let (wake, work_dir) = (self.wake.clone(), &self.tools.config.work_dir);
        let thread = std::thread::Builder::new().name("space".to_owned());
        let look = move || {
            let room = |folder: &Path| {
                let told =
                    |error: &_| tracing::warn!(folder = %folder.display(), %error, "space is not known");
                Room::of(folder).inspect_err(told).ok()
            };
            let work_dev = room(work_dir).map_or(0, |room| room.dev);
            let rows = rows.into_iter().map(|row| (room(&row.folder), row));
            let rows = rows.map(|(room, row)| (row, room)).collect();
            // The runner outlives its threads; when it is gone nobody needs to know.
            let _ = wake.send(Wake::Looked(Looked { rows, work_dev }));
        };
        thread.spawn_scoped(scope, look).map(drop).map_err(EngineError::Thread)
    }

    /// Sleeps until something happens, then takes in everything that has.
    fn wait(
        &mut self,
        due: Option<i64>,
        ended: &mut Vec<(i64, Performed)>,
        feed: &mut dyn FnMut(&Feed),
    ) -> Result<(), EngineError> {
        let patience = self.tools.clock.patience(due, self.slots.is_empty(), self.tools.config.poll);
        let mut next = self.wakes.recv_timeout(patience).ok();
        while let Some(wake) = next {
            match wake {
                // What it is about is in the database.
                Wake::Rung => {}
                Wake::Ended { claim, performed } => ended.push((claim, *performed)),
                Wake::Looked(looked) => {
                    self.slots.looking = false;
                    self.looked = Some(looked);
                }
                Wake::Progress { claim, progress } => {
                    if let Some(claim) = self.slots.claim(claim) {
                        let Progress { done, total } = progress;
                        feed(&Feed::Progress { job: claim.job.id, ord: claim.ord, done, total });
                    }
                }
                Wake::Note { claim, note, answer } => {
                    let noted = self.note(claim, note)?;
                    // A thread that does not wait any more was stopped, and asks again when it is run again.
                    let _ = answer.send(noted);
                }
            }
            next = self.wakes.try_recv().ok();
        }
        Ok(())
    }

    fn note(&mut self, claim: i64, note: Note) -> Result<Noted, EngineError> {
        let Some(claim) = self.slots.claim(claim) else { return Ok(Noted::Stale) };
        let tx = Tx::begin(&mut self.connection, self.tools.clock.now_ms())?;
        if !tx.holds(claim)? {
            return Ok(Noted::Stale);
        }
        match note {
            Note::Intend(row) => {
                if !tx.intend(claim.job.num, &row)? {
                    return Ok(Noted::NameTaken);
                }
            }
            Note::Placed { ord } => tx.set_placed(claim.job.num, ord)?,
            Note::Send(row) => tx.set_upload(claim.job.num, claim.ord, &row)?,
            Note::Ended { id, job } => end_remote(&tx, self.tools.config, claim, id, job.as_deref())?,
            Note::Removed { below } => tx.forget_uploads_below(claim.job.num, &below)?,
        }
        tx.commit()?;
        Ok(Noted::Written)
    }
}

/// A MediaConvert job that nobody waits for is over. What was finished all the same is charged.
fn end_remote(
    tx: &Tx<'_>,
    config: &Config,
    claim: &Claim,
    id: i64,
    job: Option<&RemoteJob>,
) -> Result<(), EngineError> {
    let row = tx.remote(id)?;
    let state = job.map_or(RemoteState::Canceled, |job| job.status.into());
    tx.end_remote(id, state, job.and_then(|job| job.error.as_ref()))?;
    tx.give_up_remote(id)?;
    let purse = Purse::open(config)?;
    match job {
        Some(job) if state == RemoteState::Complete => {
            purse.settle_chunk(tx, &tx.job(claim.job.num)?, &row.token, &row.work, &job.outputs)
        }
        Some(_) | None => Purse::void_chunk(tx, &row.token, &row.work),
    }
}

fn panicked(brief: &Brief) -> Setback {
    let why = format!("Inside Spillway: the step \u{201c}{}\u{201d} panicked.", brief.claim.label);
    Setback::Failed(Trouble::lasting(Failure::new(Code::Internal, &brief.job.source, why)))
}

/// The line from a step's thread to the runner.
struct Line<'a> {
    claim: i64,
    wake: &'a Sender<Wake>,
}

impl Notebook for Line<'_> {
    fn progress(&self, progress: Progress) {
        // Progress that nobody takes is lost on purpose.
        let _ = self.wake.send(Wake::Progress { claim: self.claim, progress });
    }

    fn note(&self, note: Note) -> Noted {
        let (answer, answered) = mpsc::sync_channel(1);
        match self.wake.send(Wake::Note { claim: self.claim, note, answer }) {
            Ok(()) => answered.recv().unwrap_or(Noted::Stale),
            Err(_) => Noted::Stale,
        }
    }
}
