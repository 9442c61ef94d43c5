//! One turn of the runner, in one transaction: results in, wishes heard, next steps out. A commit that
//! is safe against power loss costs some ten milliseconds, so a slot waits for one and not for two.

use super::{Tools, Until, settle, slots::Slots};
use crate::{
    db::{Claim, HoldRow, Lane, Tx},
    error::EngineError,
    model::{JobId, StepKind, Wish},
    steps::{Brief, Performed},
};

/// What the runner is after.
pub(super) struct Order<'a> {
    /// Nothing new is started.
    pub(super) leaving: bool,
    /// Jobs that go first.
    pub(super) focus: &'a [JobId],
    /// Nothing else is touched.
    pub(super) only: bool,
    pub(super) until: &'a Until,
    /// Nothing goes on beside the queue that could make work.
    pub(super) rested: bool,
}

/// What came of a turn.
pub(super) struct Turn {
    /// Steps to start, once the transaction is committed.
    pub(super) claimed: Vec<Brief>,
    /// Claims whose threads are to be stopped.
    pub(super) stop: Vec<i64>,
    /// When the next waiting step is due.
    pub(super) next_due: Option<i64>,
    /// Steps for which somebody has to look for space now.
    pub(super) look: Vec<HoldRow>,
    /// What the runner was after is reached, or nothing but space is missing for it.
    pub(super) reached: bool,
}

pub(super) fn take(
    tx: &Tx<'_>,
    tools: &Tools<'_>,
    slots: &Slots,
    ended: Vec<(Claim, Performed)>,
    order: &Order<'_>,
) -> Result<Turn, EngineError> {
    for (claim, performed) in ended {
        settle::settle(tx, tools, &claim, performed)?;
    }
    let held = hear_wishes(tx)?;
    tx.wake_due()?;
    let mut stop = Vec::new();
    for claim in slots.claims() {
        if held.contains(&claim.job.num) || !tx.holds(claim)? || is_moot(tx, claim)? {
            stop.push(claim.id);
        }
    }
    let ahead = tools.config.cloud.is_set_up();
    let claimed = if order.leaving { Vec::new() } else { claim(tx, slots, order, ahead)? };
    let reached = claimed.is_empty() && reached(tx, slots, order)?;
    let (look, next_look) =
        if slots.looking { (Vec::new(), None) } else { (tx.rooms_to_look_at()?, tx.next_room_look()?) };
    let next_due = [tx.next_due()?, next_look.filter(|_| look.is_empty())].into_iter().flatten().min();
    Ok(Turn { claimed, stop, next_due, look, reached })
}

/// Whoever runs the queue for a purpose does not wait for space that nobody here can make.
fn reached(tx: &Tx<'_>, slots: &Slots, order: &Order<'_>) -> Result<bool, EngineError> {
    let stuck = |jobs| -> Result<bool, EngineError> {
        Ok(slots.is_empty() && !slots.looking && tx.only_room_is_awaited(jobs)?)
    };
    Ok(match order.until {
        Until::Idle => order.rested && slots.is_empty() && (!tx.work_left()? || stuck(&[])?),
        Until::Jobs(ids) => tx.unfinished_among(ids)? == 0 || stuck(ids)?,
        Until::Stopped => false,
    })
}

/// Cancels jobs of which nothing runs any more; names all that must not run.
fn hear_wishes(tx: &Tx<'_>) -> Result<Vec<i64>, EngineError> {
    let mut held = Vec::new();
    for (key, wish) in tx.held_jobs()? {
        held.push(key.num);
        if wish == Wish::Cancel && !tx.any_running(key.num)? {
            settle::cancel(tx, key)?;
        }
    }
    Ok(held)
}

/// Work for a job that has ended meanwhile.
fn is_moot(tx: &Tx<'_>, claim: &Claim) -> Result<bool, EngineError> {
    Ok(!matches!(claim.kind, StepKind::Tidy | StepKind::Clear) && tx.has_ended(claim.job.num)?)
}

/// `ahead`: sources are looked at before anything is encoded, one at a time. Which jobs spill over has to be known
/// while there is time for it.
fn claim(tx: &Tx<'_>, slots: &Slots, order: &Order<'_>, ahead: bool) -> Result<Vec<Brief>, EngineError> {
    let mut briefs = Vec::new();
    for lane in Lane::ALL {
        for _ in 0..slots.room(lane) {
            let looks = ahead && lane == Lane::of(StepKind::Inspect) && !is_looking(slots, &briefs);
            let next = if looks { next_of(order, |focus| tx.claim_look(focus))? } else { None };
            let next = if next.is_none() { next_of(order, |focus| tx.claim(lane, focus))? } else { next };
            let Some(claim) = next else { break };
            briefs.push(brief(tx, claim)?);
        }
    }
    Ok(briefs)
}

/// The first step that `claim` finds, of jobs that go first if there is one.
fn next_of(
    order: &Order<'_>,
    claim: impl Fn(&[JobId]) -> Result<Option<Claim>, EngineError>,
) -> Result<Option<Claim>, EngineError> {
    let mut next = None;
    if !order.focus.is_empty() {
        next = claim(order.focus)?;
    }
    if next.is_none() && !order.only {
        next = claim(&[])?;
    }
    Ok(next)
}

/// Somebody looks into a source.
fn is_looking(slots: &Slots, claimed: &[Brief]) -> bool {
    let mut claims = slots.claims().chain(claimed.iter().map(|brief| &brief.claim));
    claims.any(|claim| claim.kind == StepKind::Inspect)
}

/// What a chunk goes through.
const CHUNK: [StepKind; 3] = [StepKind::Upload, StepKind::Segment, StepKind::Download];

fn brief(tx: &Tx<'_>, claim: Claim) -> Result<Brief, EngineError> {
    let num = claim.job.num;
    let job = tx.job(num)?;
    let joins = matches!(claim.kind, StepKind::Stitch | StepKind::Verify | StepKind::Deliver);
    let fetches = claim.kind == StepKind::Download;
    let clears = claim.kind == StepKind::Clear;
    Ok(Brief {
        outputs: tx.outputs(num)?,
        done: if joins {
            tx.done(num)?
        } else if fetches || claim.lane == Lane::Remote {
            tx.done_needs(num, claim.ord, &CHUNK)?
        } else {
            Vec::new()
        },
        parts: if joins { tx.parts(num)? } else { Vec::new() },
        known_hash: if claim.kind == StepKind::Hash { tx.known_hash(&job)? } else { None },
        steps: if claim.kind == StepKind::Deliver { tx.step_views(num)? } else { Vec::new() },
        upload: if claim.kind == StepKind::Upload { tx.upload(num, claim.ord)? } else { None },
        remote: if clears { tx.remote_left(num)? } else { Vec::new() },
        uploaded: if clears { tx.uploaded(num)? } else { Vec::new() },
        now_ms: tx.now_ms,
        claim,
        job,
    })
}
