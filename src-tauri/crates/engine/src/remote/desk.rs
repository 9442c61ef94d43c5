//! The desk: a thread beside the queue that hands segments to the cloud and follows them. Whatever costs money is
//! on record before it is asked for, and is looked for before it is asked for again.

mod call;
mod outcome;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
};

use rusqlite::Connection;
use spillway_cloud::{
    CloudError,
    convert::{RemoteError, RemoteJob},
};
use spillway_media::task::Progress;

use super::{
    Assignment, Tray,
    order::{NoOrder, Order, output_of, queue_of},
    poll::{self, Asked, Found},
    trouble,
};
use crate::{
    cost::Purse,
    db::{self, RemoteRow, RemoteState, Tx},
    error::EngineError,
    failure::{Code, Failure, Trouble},
    route::AgainstCloud,
    run::{Shift, Tools},
    steps::{Brief, Performed, Setback},
};
use call::{Answer, Call};

/// Calls that are handed to the submitting thread ahead of its work: what waits is not on record yet, and so has
/// nothing to be searched for after a crash.
const AHEAD: usize = 2;
/// So long (ms) after an intent the service takes the same token for the same job; it promises a minute.
const TOKEN_MS: i64 = 50_000;
/// Searches before a job is taken for never made, and the pause between them in ms.
const SEARCHES: u32 = 3;
const SEARCH_MS: i64 = 30_000;
/// So long (ms) lists may fail before the jobs that they would tell of are given back.
const PATIENCE_MS: i64 = 600_000;
/// How far the service's clock may be off, and lists behind, in ms.
const SLACK_MS: i64 = 900_000;

/// Does it until the shift ends.
pub(crate) fn attend(tools: &Tools<'_>, shift: &Shift, tray: &Tray) -> Result<(), EngineError> {
    // Whatever it does is in the runner's books as a running step.
    shift.set_idle(true);
    let quiet = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (answer, answers) = mpsc::channel();
        let caller = |name| call::caller(scope, name, tools, shift.line(), &answer, &quiet);
        let (submitter, poller) = (caller("submit")?, caller("poll")?);
        let mut desk = Desk {
            tools,
            shift,
            tray,
            connection: db::open(&tools.config.data_dir)?,
            purse: Purse::open(tools.config)?,
            matters: BTreeMap::new(),
            newest: 0,
            submitter,
            poller,
            answers,
            calling: 0,
            polling: false,
            next_poll_ms: 0,
            failing_since: None,
        };
        let outcome = desk.work();
        quiet.store(true, Ordering::Relaxed);
        // Without anybody to ask, the callers end.
        drop(desk);
        outcome
    })
}

/// A segment in hand.
struct Matter {
    assignment: Assignment,
    stage: Stage,
}

enum Stage {
    /// Nobody has looked yet what is on record of it.
    New,
    /// A caller has it. `fresh`: nobody asked for it before.
    Calling { row: i64, fresh: bool },
    /// On record, but perhaps never made: looked for when due.
    Search { row: Box<RemoteRow>, searches: u32, due_ms: i64 },
    /// The service has it.
    Follow(Followed),
}

struct Followed {
    row: i64,
    remote_id: String,
    state: RemoteState,
    phase: Option<String>,
    since_ms: i64,
}

struct Desk<'a> {
    tools: &'a Tools<'a>,
    shift: &'a Shift,
    tray: &'a Tray,
    connection: Connection,
    purse: Purse,
    /// By claim.
    matters: BTreeMap<i64, Matter>,
    /// Highest claim taken from the tray.
    newest: i64,
    submitter: Sender<Call>,
    poller: Sender<Call>,
    answers: Receiver<Answer>,
    calling: usize,
    polling: bool,
    next_poll_ms: i64,
    failing_since: Option<i64>,
}

impl Desk<'_> {
    fn work(&mut self) -> Result<(), EngineError> {
        while !self.shift.stopping() {
            let due = self.turn()?;
            self.shift.wait(self.tools.clock, due);
        }
        Ok(())
    }

    fn now_ms(&self) -> i64 {
        self.tools.clock.now_ms()
    }

    /// Everything that can be done now; gives when something is due, ms UTC.
    fn turn(&mut self) -> Result<Option<i64>, EngineError> {
        while let Ok(answer) = self.answers.try_recv() {
            self.hear(answer)?;
        }
        for assignment in self.tray.after(self.newest) {
            let claim = assignment.brief.claim.id;
            self.newest = claim;
            self.matters.insert(claim, Matter { assignment, stage: Stage::New });
        }
        self.leave_cancelled();
        while self.calling < AHEAD {
            let new = self.matters.iter().find(|(_, matter)| matches!(matter.stage, Stage::New));
            let Some((claim, matter)) = new else { break };
            let (claim, brief) = (*claim, Arc::clone(&matter.assignment.brief));
            self.take_up(claim, &brief)?;
        }
        self.search_due();
        self.poll_due();
        Ok(self.next_due())
    }

    fn next_due(&self) -> Option<i64> {
        let dues = self.matters.values().filter_map(|matter| match &matter.stage {
            Stage::Search { due_ms, .. } => Some(*due_ms),
            Stage::Follow(_) if !self.polling => Some(self.next_poll_ms),
            Stage::New | Stage::Calling { .. } | Stage::Follow(_) => None,
        });
        dues.min()
    }

    fn report(&mut self, claim: i64, performed: Performed) {
        self.matters.remove(&claim);
        self.tray.take(claim);
        self.shift.ended(claim, performed);
    }

    fn leave_cancelled(&mut self) {
        let idle = |matter: &Matter| !matches!(matter.stage, Stage::Calling { .. });
        let left: Vec<i64> = self
            .matters
            .iter()
            .filter(|(_, matter)| matter.assignment.is_cancelled() && idle(matter))
            .map(|(claim, _)| *claim)
            .collect();
        for claim in left {
            self.report(claim, Err(Setback::Stopped));
        }
    }

    /// Goes on from what is on record: an older job of the segment that is not over is never left behind.
    fn take_up(&mut self, claim: i64, brief: &Brief) -> Result<(), EngineError> {
        let now_ms = self.now_ms();
        let order = match Order::of(&self.tools.config.cloud, brief) {
            Ok(order) => order,
            Err(why) => {
                self.report(claim, Err(no_order(&why, brief)));
                return Ok(());
            }
        };
        let tx = Tx::begin(&mut self.connection, now_ms)?;
        if !tx.holds(&brief.claim)? {
            drop(tx);
            self.report(claim, Err(Setback::Stopped));
            return Ok(());
        }
        match tx.remote_of(&brief.claim)? {
            Some(row) if row.state == RemoteState::Complete => {
                drop(tx);
                self.report(claim, Ok(outcome::made(&order)));
            }
            Some(row) if !row.state.is_final() => {
                drop(tx);
                self.adopt(claim, row, &order);
            }
            Some(_) | None => {
                let intent = order.intent(brief, tx.remote_tries(brief.job.key.num, brief.claim.ord)?);
                if let Err(over) = self.purse.reserve_chunk(&tx, &brief.job, &intent.token, &intent.work)? {
                    drop(tx);
                    self.report(claim, Err(trouble::over_budget(&over, &brief.job.source)));
                    return Ok(());
                }
                let row = tx.intend_remote(&brief.claim, &intent)?;
                tx.commit()?;
                self.tools.faults.hit("desk.intent-recorded");
                self.create(claim, row, &order, &intent.token, true);
            }
        }
        Ok(())
    }

    /// Takes over what somebody else began.
    fn adopt(&mut self, claim: i64, row: RemoteRow, order: &Order) {
        let now_ms = self.now_ms();
        match row.remote_id.clone() {
            Some(remote_id) => {
                let since_ms = row.submitted_ms.unwrap_or(row.intended_ms);
                self.follow(
                    claim,
                    Followed { row: row.id, remote_id, state: row.state, phase: row.phase, since_ms },
                );
            }
            None if now_ms.saturating_sub(row.intended_ms) < TOKEN_MS => {
                self.create(claim, row.id, order, &row.token, false);
            }
            None => {
                let stage = Stage::Search { row: Box::new(row), searches: 0, due_ms: now_ms };
                self.set_stage(claim, stage);
            }
        }
    }

    fn set_stage(&mut self, claim: i64, stage: Stage) {
        if let Some(matter) = self.matters.get_mut(&claim) {
            matter.stage = stage;
        }
    }

    fn follow(&mut self, claim: i64, followed: Followed) {
        if !self.polling && !self.matters.values().any(|matter| matches!(matter.stage, Stage::Follow(_))) {
            // It was looked at just now.
            self.next_poll_ms = self.now_ms().saturating_add(poll::pause_ms(1));
        }
        self.set_stage(claim, Stage::Follow(followed));
    }

    fn create(&mut self, claim: i64, row: i64, order: &Order, token: &str, fresh: bool) {
        let Some(matter) = self.matters.get_mut(&claim) else { return };
        matter.stage = Stage::Calling { row, fresh };
        let cancel = Arc::clone(&matter.assignment.cancel);
        self.calling += 1;
        // Callers live as long as the desk.
        let _ = self.submitter.send(Call::Create { claim, new: Box::new(order.request(token)), cancel });
    }

    fn search_due(&mut self) {
        let now_ms = self.now_ms();
        for (claim, matter) in &mut self.matters {
            let Stage::Search { row, due_ms, .. } = &mut matter.stage else { continue };
            if *due_ms > now_ms {
                continue;
            }
            // Not again before the answer is there.
            *due_ms = i64::MAX;
            let cancel = Arc::clone(&matter.assignment.cancel);
            let (input, token) = (row.input.clone(), row.token.clone());
            let _ = self.submitter.send(Call::Search { claim: *claim, input, token, cancel });
        }
    }

    fn poll_due(&mut self) {
        if self.polling || self.next_poll_ms > self.now_ms() {
            return;
        }
        let mut queues: BTreeMap<Option<String>, (BTreeSet<String>, i64)> = BTreeMap::new();
        for matter in self.matters.values() {
            let Stage::Follow(followed) = &matter.stage else { continue };
            let output = output_of(&matter.assignment.brief).map(|(_, _, output)| output);
            let queue = output.and_then(|output| queue_of(&self.tools.config.cloud, output));
            let (ids, since_ms) = queues.entry(queue).or_insert_with(|| (BTreeSet::new(), i64::MAX));
            ids.insert(followed.remote_id.clone());
            *since_ms = (*since_ms).min(followed.since_ms.saturating_sub(SLACK_MS));
        }
        if queues.is_empty() {
            return;
        }
        self.polling = true;
        let asked = queues.into_iter().map(|(queue, (ids, since_ms))| Asked { queue, ids, since_ms });
        let _ = self.poller.send(Call::Poll { asked: asked.collect() });
    }

    fn hear(&mut self, answer: Answer) -> Result<(), EngineError> {
        match answer {
            Answer::Created { claim, job } => {
                self.calling = self.calling.saturating_sub(1);
                self.created(claim, job)
            }
            Answer::Searched { claim, jobs } => self.searched(claim, jobs),
            Answer::Polled(found) => {
                self.polling = false;
                self.polled(found)
            }
        }
    }

    fn created(&mut self, claim: i64, job: Result<Box<RemoteJob>, CloudError>) -> Result<(), EngineError> {
        let Some(matter) = self.matters.get(&claim) else { return Ok(()) };
        let Stage::Calling { row, fresh } = matter.stage else { return Ok(()) };
        let brief = Arc::clone(&matter.assignment.brief);
        match job {
            Ok(job) => self.record(claim, row, &[*job]),
            Err(error) => {
                // A refusal of the very first call is the last word; of a later one, it says nothing of the first.
                if fresh && !error.is_transient() && !matches!(error, CloudError::Cancelled) {
                    let told = RemoteError { code: 0, message: error.to_string() };
                    self.end(row, RemoteState::Error, Some(&told))?;
                }
                let stopping =
                    self.matters.get(&claim).is_some_and(|matter| matter.assignment.is_cancelled());
                self.report(claim, Err(trouble::setback(&error, &brief.job.source, stopping)));
                Ok(())
            }
        }
    }

    /// The service has it: the oldest is followed, others of the same token are cancelled.
    fn record(&mut self, claim: i64, row: i64, jobs: &[RemoteJob]) -> Result<(), EngineError> {
        let Some((job, twins)) = jobs.split_first() else { return Ok(()) };
        let now_ms = self.now_ms();
        let tx = Tx::begin(&mut self.connection, now_ms)?;
        tx.set_remote_id(row, &job.id, job.created_ms.unwrap_or(now_ms))?;
        let known = tx.remote(row)?;
        for twin in twins {
            tx.insert_twin(&known, &twin.id)?;
        }
        tx.in_reach()?;
        tx.commit()?;
        self.tools.faults.hit("desk.recorded");
        for twin in twins {
            tracing::warn!(job = %known.job.id, remote = twin.id, "the same segment was made twice; one is cancelled");
            let _ = self.submitter.send(Call::Cancel { id: twin.id.clone() });
        }
        let since_ms = known.submitted_ms.unwrap_or(known.intended_ms);
        let (remote_id, state) = (job.id.clone(), RemoteState::Submitted);
        self.follow(claim, Followed { row, remote_id, state, phase: None, since_ms });
        Ok(())
    }

    fn searched(&mut self, claim: i64, jobs: Result<Vec<RemoteJob>, CloudError>) -> Result<(), EngineError> {
        let Some(matter) = self.matters.get(&claim) else { return Ok(()) };
        let Stage::Search { row, searches, .. } = &matter.stage else { return Ok(()) };
        let (row, searches) = (row.clone(), searches + 1);
        let assignment = matter.assignment.clone();
        let brief = &assignment.brief;
        match jobs {
            Err(error) => {
                let setback = trouble::setback(&error, &brief.job.source, assignment.is_cancelled());
                self.report(claim, Err(setback));
            }
            Ok(jobs) if !jobs.is_empty() => self.record(claim, row.id, &jobs)?,
            Ok(_) if searches < SEARCHES => {
                let due_ms = self.now_ms().saturating_add(SEARCH_MS);
                self.set_stage(claim, Stage::Search { row, searches, due_ms });
            }
            Ok(_) => match Order::of(&self.tools.config.cloud, brief) {
                Ok(order) => {
                    let tx = Tx::begin(&mut self.connection, self.tools.clock.now_ms())?;
                    tx.intend_again(row.id)?;
                    tx.commit()?;
                    self.create(claim, row.id, &order, &row.token, false);
                }
                Err(why) => self.report(claim, Err(no_order(&why, brief))),
            },
        }
        Ok(())
    }

    fn polled(&mut self, found: Result<Found, CloudError>) -> Result<(), EngineError> {
        let followed =
            self.matters.values().filter(|matter| matches!(matter.stage, Stage::Follow(_))).count();
        let now_ms = self.now_ms();
        self.next_poll_ms = now_ms.saturating_add(poll::pause_ms(followed));
        match found {
            Ok(found) => {
                self.failing_since = None;
                self.tell_phases(&found)?;
                self.end_found(&found)
            }
            Err(CloudError::Cancelled) => Ok(()),
            Err(error) => {
                let since = *self.failing_since.get_or_insert(now_ms);
                tracing::warn!(%error, "the jobs in the cloud could not be listed");
                if !error.is_transient() || now_ms.saturating_sub(since) >= PATIENCE_MS {
                    self.failing_since = None;
                    self.give_up_following(&error);
                }
                Ok(())
            }
        }
    }

    /// Nobody knows how they are: their steps fail, and look again when they are tried again.
    fn give_up_following(&mut self, error: &CloudError) {
        let lost: Vec<(i64, Assignment)> = self
            .matters
            .iter()
            .filter(|(_, matter)| matches!(matter.stage, Stage::Follow(_)))
            .map(|(claim, matter)| (*claim, matter.assignment.clone()))
            .collect();
        for (claim, assignment) in lost {
            let stopping = assignment.is_cancelled();
            self.report(claim, Err(trouble::setback(error, &assignment.brief.job.source, stopping)));
        }
    }

    /// Percent for whoever looks on; changes of phase for the record.
    fn tell_phases(&mut self, found: &Found) -> Result<(), EngineError> {
        let mut changed = Vec::new();
        for (claim, matter) in &mut self.matters {
            let Stage::Follow(followed) = &mut matter.stage else { continue };
            let Some(Some(job)) = found.get(&followed.remote_id) else { continue };
            if job.status.is_final() {
                continue;
            }
            let brief = &matter.assignment.brief;
            if let Some((_, segment, _)) = output_of(brief) {
                let total = outcome::frames(brief, segment);
                let done = total * u64::from(job.percent.unwrap_or(0).min(100)) / 100;
                self.shift.progressed(*claim, Progress { done, total });
            }
            let state = RemoteState::from(job.status);
            if (followed.state, &followed.phase) != (state, &job.phase) {
                followed.state = state;
                followed.phase.clone_from(&job.phase);
                changed.push((followed.row, state, job.phase.clone()));
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        let tx = Tx::begin(&mut self.connection, self.tools.clock.now_ms())?;
        for (row, state, phase) in changed {
            tx.set_remote_phase(row, state, phase.as_deref())?;
        }
        tx.commit()
    }

    fn end_found(&mut self, found: &Found) -> Result<(), EngineError> {
        let mut ends = Vec::new();
        for (claim, matter) in &self.matters {
            let Stage::Follow(followed) = &matter.stage else { continue };
            match found.get(&followed.remote_id) {
                Some(Some(job)) if !job.status.is_final() => {}
                Some(job) => {
                    ends.push((*claim, followed.row, Arc::clone(&matter.assignment.brief), job.clone()));
                }
                None => {}
            }
        }
        for (claim, row, brief, job) in ends {
            let performed = self.over(row, &brief, job.as_ref())?;
            self.report(claim, performed);
        }
        Ok(())
    }
}

fn no_order(why: &NoOrder, brief: &Brief) -> Setback {
    let source = &brief.job.source;
    match why {
        NoOrder::NotSetUp => {
            let why = "No bucket or no role for MediaConvert is set.";
            let trouble = Trouble::lasting(Failure::new(Code::CloudNotSetUp, source, why));
            Setback::Cloud { against: AgainstCloud::NotSetUp, trouble }
        }
        NoOrder::Unsupported(unsupported) => {
            let why = unsupported.text.clone();
            let trouble = Trouble::lasting(Failure::new(Code::CloudRefused, source, why.clone()));
            Setback::Cloud { against: AgainstCloud::Unsupported { why }, trouble }
        }
        NoOrder::Internal(why) => {
            let failure = Failure::new(Code::Internal, source, format!("Inside Spillway: {why}."));
            Setback::Failed(Trouble::lasting(failure))
        }
    }
}
