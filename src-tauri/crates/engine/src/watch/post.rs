//! One watched place while it is looked after: what is known of it beside its rows, and what to ask next.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::tz::TimeZone;

use super::{
    PollReason, UnreachableReason, WatchState,
    decide::{self, Manner},
    eye::{Ask, Eye, Lane, Wanted, Wire},
    hours::{Opening, opening},
    readiness::window_ms,
};
use crate::{
    db::{Announced, ArrivalRow, Stage, Tx, WatchRow},
    error::EngineError,
    watch::{AfterDelivery, ArrivalReason, ArrivalState},
};

/// A lane that gives no sign of life for so long makes one wonder, in ms.
pub(crate) const SILENCE_MS: i64 = 10_000;
/// How long an answer about the output folder holds, in ms.
const FRESH_MS: i64 = 5_000;
/// Files in one look.
const LOOKS: usize = 64;
/// Files examined in one go.
const EXAMINED: usize = 8;
/// More hints than this at once are a scan.
const HINTS: usize = 1_024;

/// Whether a place can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Not asked yet.
    Unknown,
    Well,
    /// Tried so often, and tried next then, steady ms.
    Bad {
        tries: u32,
        next: i64,
    },
}

/// How changes are told of.
pub(crate) enum Hearing {
    NotYet,
    Asked,
    /// Until this is dropped.
    Told(#[allow(dead_code, reason = "dropping it ends the telling")] Box<dyn Send>),
    Untold,
}

/// A scan under way.
pub(crate) struct Scan {
    /// Steady ms.
    pub(crate) began: i64,
    /// Rows seen.
    pub(crate) seen: HashSet<i64>,
    /// Wishes that it answers.
    pub(crate) wanted: i64,
}

/// One watched place.
pub(crate) struct Post {
    pub(crate) row: WatchRow,
    pub(crate) eye: Eye,
    pub(crate) reach: Reach,
    pub(crate) hearing: Hearing,
    /// Why nobody tells of changes.
    pub(crate) poll: Option<PollReason>,
    pub(crate) scan: Option<Scan>,
    /// Whether it was scanned since it is looked after.
    pub(crate) scanned: bool,
    /// A hint asks for a scan.
    pub(crate) scan_hinted: bool,
    /// When the last scan ended, steady ms.
    pub(crate) scan_ended: i64,
    pub(crate) took_ms: i64,
    /// Paths that hints name.
    pub(crate) hinted: BTreeSet<String>,
    /// Rows that a complete scan did not see.
    pub(crate) missing: Vec<i64>,
    /// Those of them that are being looked at, by path.
    pub(crate) confirming: BTreeMap<String, i64>,
    /// The output folder: when it was tried, steady ms, and why it cannot be used, where that is so.
    pub(crate) out: Option<(i64, Option<String>)>,
    /// When the place itself last answered, steady ms.
    pub(crate) heard: i64,
    /// Lanes whose answers are about something else than the place.
    pub(crate) sour: BTreeSet<Lane>,
}

/// What a turn needs of its surroundings.
pub(crate) struct Moment<'a> {
    /// ms UTC.
    pub(crate) now_ms: i64,
    /// Steady ms.
    pub(crate) steady_ms: i64,
    pub(crate) zone: &'a TimeZone,
}

/// What to ask, and when to come back.
#[derive(Debug, Default)]
pub(crate) struct Next {
    pub(crate) asks: Vec<Ask>,
    pub(crate) checks: Vec<Wanted>,
    /// ms UTC.
    pub(crate) due_ms: Option<i64>,
}

impl Next {
    fn by(&mut self, at_ms: i64) {
        self.due_ms = Some(self.due_ms.map_or(at_ms, |due| due.min(at_ms)));
    }
}

impl Post {
    pub(crate) fn new(row: WatchRow, eye: Eye, steady_ms: i64) -> Self {
        Self {
            took_ms: row.scan_took_ms.unwrap_or(0),
            row,
            eye,
            reach: Reach::Unknown,
            hearing: Hearing::NotYet,
            poll: None,
            scan: None,
            scanned: false,
            scan_hinted: false,
            scan_ended: steady_ms,
            hinted: BTreeSet::new(),
            missing: Vec::new(),
            confirming: BTreeMap::new(),
            out: None,
            heard: steady_ms,
            sour: BTreeSet::new(),
        }
    }

    /// How a file of this size is looked at here.
    pub(crate) fn manner(&self, bytes: u64) -> Manner {
        let network = self.row.mount.as_ref().is_some_and(|mount| mount.network);
        Manner {
            window_ms: window_ms(self.row.settings.settle_s, bytes, network),
            is_told: matches!(self.hearing, Hearing::Told(_)),
            is_remote: self.eye.ground.is_remote(),
        }
    }

    /// Sets down a new state of the place.
    pub(crate) fn set_state(&mut self, tx: &Tx<'_>, state: WatchState) -> Result<(), EngineError> {
        if self.row.state != state {
            tx.set_watch_state(self.row.num, &state)?;
            self.row.state = state;
        }
        Ok(())
    }

    /// It cannot be reached.
    pub(crate) fn lost(
        &mut self,
        tx: &Tx<'_>,
        why: UnreachableReason,
        steady_ms: i64,
    ) -> Result<(), EngineError> {
        let tries = if let Reach::Bad { tries, .. } = self.reach { tries + 1 } else { 0 };
        self.reach = Reach::Bad { tries, next: steady_ms + decide::retry_pause(tries) };
        self.scan = None;
        self.missing.clear();
        let since_ms = if let WatchState::Unreachable { since_ms, .. } = self.row.state {
            since_ms
        } else {
            let body = serde_json::json!({ "why": why });
            tx.announce(Announced::Unreachable, &self.row, None, &body)?;
            tracing::warn!(place = self.row.name, ?why, "a watched folder cannot be reached");
            tx.now_ms
        };
        self.set_state(tx, WatchState::Unreachable { why, since_ms })
    }

    /// It is as it should be.
    pub(crate) fn found(&mut self, tx: &Tx<'_>) -> Result<(), EngineError> {
        if let Reach::Bad { .. } = self.reach {
            // Whatever happened meanwhile was told to nobody, and a drive that was mounted again tells of nothing.
            self.scan_hinted = self.scan.is_none();
            self.hearing = Hearing::NotYet;
        }
        self.reach = Reach::Well;
        if let WatchState::Unreachable { why, since_ms } = &self.row.state {
            let body = serde_json::json!({ "why": why, "since_ms": since_ms });
            tx.announce(Announced::Reachable, &self.row, None, &body)?;
        }
        if !matches!(self.hearing, Hearing::NotYet | Hearing::Asked)
            || matches!(self.row.state, WatchState::Unreachable { .. })
        {
            self.set_state(tx, decide::watched(self.poll.as_ref(), self.took_ms))?;
        }
        Ok(())
    }

    /// Whether nothing here goes on by itself soon.
    pub(crate) fn is_idle(&self, tx: &Tx<'_>) -> Result<bool, EngineError> {
        Ok(match self.reach {
            Reach::Bad { .. } => true,
            Reach::Unknown => false,
            Reach::Well => {
                self.scanned
                    && !self.scan_hinted
                    && self.scan.is_none()
                    && self.hinted.is_empty()
                    && self.missing.is_empty()
                    && !self.eye.is_busy()
                    && !tx.anything_soon(self.row.num)?
            }
        })
    }

    /// What to ask now. `room`: workers that may be begun.
    pub(crate) fn next(
        &mut self,
        tx: &Tx<'_>,
        moment: &Moment<'_>,
        room: usize,
    ) -> Result<Next, EngineError> {
        let mut next = Next::default();
        self.hours(tx, moment, &mut next)?;
        self.listen_for_life(tx, moment, &mut next)?;
        match self.reach {
            Reach::Bad { next: at, .. } => {
                if self.eye.is_free(Lane::Look) {
                    if at <= moment.steady_ms {
                        self.ask(&mut next, Ask::Look { paths: Vec::new() });
                    } else {
                        next.by(wall(moment, at));
                    }
                }
                return Ok(next);
            }
            Reach::Unknown | Reach::Well => {}
        }
        self.scans(tx, moment, &mut next)?;
        if self.reach == Reach::Well {
            self.looks(tx, &mut next)?;
            self.checks(tx, room, &mut next)?;
            self.examines(tx, moment, &mut next)?;
            self.hauls(tx, &mut next)?;
            for stage in Stage::ALL {
                if let Some(at) = tx.next_look(self.row.num, stage)? {
                    next.by(at);
                }
            }
        }
        Ok(next)
    }

    fn ask(&mut self, next: &mut Next, ask: Ask) {
        self.sour.remove(&ask.lane());
        next.asks.push(ask);
    }

    fn can_ask(&self, next: &Next, lane: Lane) -> bool {
        self.eye.is_free(lane) && next.asks.iter().all(|ask| ask.lane() != lane)
    }

    fn hours(&mut self, tx: &Tx<'_>, moment: &Moment<'_>, next: &mut Next) -> Result<(), EngineError> {
        match opening(&self.row.settings.hours, moment.now_ms, moment.zone) {
            Opening::Open => {
                if self.row.closed_until_ms.is_some() {
                    tx.set_closed(self.row.num, None)?;
                    tx.open_hours(self.row.num)?;
                    self.row.closed_until_ms = None;
                }
            }
            Opening::Closed { until_ms } => {
                if self.row.closed_until_ms != Some(until_ms) {
                    tx.set_closed(self.row.num, Some(until_ms))?;
                    self.row.closed_until_ms = Some(until_ms);
                }
                next.by(until_ms);
            }
        }
        Ok(())
    }

    /// Where a question gets no answer, the place itself is asked; where that gets none, it hangs.
    fn listen_for_life(
        &mut self,
        tx: &Tx<'_>,
        moment: &Moment<'_>,
        next: &mut Next,
    ) -> Result<(), EngineError> {
        let mut wonder = false;
        for lane in [Lane::Walk, Lane::Read, Lane::Haul] {
            if let Some(since) = self.eye.silent_since(lane, moment.steady_ms) {
                let at = since.max(self.heard) + SILENCE_MS;
                wonder |= at <= moment.steady_ms;
                if at > moment.steady_ms {
                    next.by(wall(moment, at));
                }
            }
        }
        if let Some(since) = self.eye.silent_since(Lane::Look, moment.steady_ms) {
            let hangs =
                matches!(self.row.state, WatchState::Unreachable { why: UnreachableReason::Hangs, .. });
            if moment.steady_ms - since < SILENCE_MS {
                next.by(wall(moment, since + SILENCE_MS));
            } else if !hangs || !matches!(self.reach, Reach::Bad { .. }) {
                self.lost(tx, UnreachableReason::Hangs, moment.steady_ms)?;
            }
        } else if wonder && !matches!(self.reach, Reach::Bad { .. }) {
            self.ask(next, Ask::Look { paths: Vec::new() });
        }
        Ok(())
    }

    fn scans(&mut self, tx: &Tx<'_>, moment: &Moment<'_>, next: &mut Next) -> Result<(), EngineError> {
        if !self.eye.is_free(Lane::Walk) {
            return Ok(());
        }
        if matches!(self.hearing, Hearing::NotYet) {
            self.hearing = Hearing::Asked;
            self.ask(next, Ask::Listen);
            return Ok(());
        }
        let pause = decide::scan_pause(self.poll.as_ref(), self.took_ms);
        let mut at = self.scan_ended + pause;
        if self.scan_hinted {
            at = at.min(self.scan_ended + decide::hint_pause(self.took_ms));
        } else if !self.scanned {
            at = moment.steady_ms;
        }
        if self.row.scan_wanted > self.row.scan_done {
            at = at.min(self.scan_ended + decide::hint_pause(0));
        }
        if at <= moment.steady_ms {
            self.scan_hinted = false;
            self.scan =
                Some(Scan { began: moment.steady_ms, seen: HashSet::new(), wanted: self.row.scan_wanted });
            self.ask(next, Ask::Walk);
        } else {
            let at = wall(moment, at);
            next.by(at);
            // Shown to people: a second more or less is not worth writing down.
            if self.row.next_scan_ms.is_none_or(|shown| (shown - at).abs() > 1_000) {
                tx.set_next_scan(self.row.num, Some(at))?;
                self.row.next_scan_ms = Some(at);
            }
        }
        Ok(())
    }

    fn looks(&mut self, tx: &Tx<'_>, next: &mut Next) -> Result<(), EngineError> {
        if !self.can_ask(next, Lane::Look) {
            return Ok(());
        }
        if self.hinted.len() > HINTS {
            self.hinted.clear();
            self.scan_hinted = true;
        }
        let mut paths = BTreeSet::new();
        while paths.len() < LOOKS {
            let Some(path) = self.hinted.pop_first() else { break };
            if !self.is_looked_at_anyway(tx, &path)? {
                paths.insert(path);
            }
        }
        while paths.len() < LOOKS {
            let Some(num) = self.missing.pop() else { break };
            // Its own leaving is on record.
            if let Some(row) = tx.arrival(num)?
                && !matches!(row.place.reason, ArrivalReason::Moved { .. })
            {
                paths.insert(row.path.clone());
                self.confirming.insert(row.path, num);
            }
        }
        for row in tx.due_arrivals(self.row.num, Stage::Look, LOOKS)? {
            if paths.len() < LOOKS {
                paths.insert(row.path);
            }
        }
        if !paths.is_empty() {
            self.ask(next, Ask::Look { paths: paths.into_iter().collect() });
        }
        Ok(())
    }

    /// A file that grows is looked at every second or so: hints about it say nothing new.
    fn is_looked_at_anyway(&self, tx: &Tx<'_>, path: &str) -> Result<bool, EngineError> {
        let row = tx.arrival_at(self.row.num, path)?;
        Ok(row.is_some_and(|row| {
            row.stage == Some(Stage::Look)
                && row.next_look_ms.is_some_and(|at| at > tx.now_ms)
                && matches!(row.place.reason, ArrivalReason::Growing { .. } | ArrivalReason::New)
        }))
    }

    fn due(&self, tx: &Tx<'_>, stage: Stage, limit: usize) -> Result<Vec<ArrivalRow>, EngineError> {
        let mut rows = tx.due_arrivals(self.row.num, stage, limit + 16)?;
        rows.retain(|row| !self.eye.holds(row.num));
        rows.truncate(limit);
        Ok(rows)
    }

    fn checks(&self, tx: &Tx<'_>, room: usize, next: &mut Next) -> Result<(), EngineError> {
        if room > 0 {
            next.checks = self.due(tx, Stage::Check, room)?.iter().map(wanted).collect();
        }
        Ok(())
    }

    fn examines(&mut self, tx: &Tx<'_>, moment: &Moment<'_>, next: &mut Next) -> Result<(), EngineError> {
        self.finishes(tx, next)?;
        let rows = self.due(tx, Stage::Examine, EXAMINED)?;
        if rows.is_empty() {
            return Ok(());
        }
        let trouble = match &self.out {
            Some((at, outcome)) if moment.steady_ms - at <= FRESH_MS => outcome.clone(),
            _ => {
                if let Some(since) = self.eye.silent_since(Lane::Out, moment.steady_ms) {
                    if moment.steady_ms - since < SILENCE_MS {
                        next.by(wall(moment, since + SILENCE_MS));
                        return Ok(());
                    }
                    Some("It does not answer: is its drive there?".to_owned())
                } else {
                    self.ask(next, Ask::Usable { folder: self.row.out_dir.clone() });
                    return Ok(());
                }
            }
        };
        if let Some(why) = trouble {
            for row in rows {
                let folder = self.row.out_dir.clone();
                let before = row.clone();
                let mut row = row;
                decide::hold(&mut row, ArrivalReason::NoOutput { folder, why: why.clone() }, tx.now_ms);
                super::take::save(tx, &self.row, Some(&before), &row)?;
            }
            next.by(tx.now_ms);
        } else if self.can_ask(next, Lane::Read) {
            self.ask(next, Ask::Examine { files: rows.iter().map(wanted).collect() });
        }
        Ok(())
    }

    /// What is done with sources whose jobs have ended.
    fn finishes(&mut self, tx: &Tx<'_>, next: &mut Next) -> Result<(), EngineError> {
        for mut row in self.due(tx, Stage::Finish, EXAMINED)? {
            if !self.can_ask(next, Lane::Read) {
                break;
            }
            if row.place.state == ArrivalState::Failed && tx.lost_its_source(row.num, row.round)? {
                // It may be there again, and is decided on anew.
                decide::send(&mut row, Stage::Look, tx.now_ms, true);
                row.fingerprint = None;
                tx.save_arrival(&row)?;
                continue;
            }
            let delivered = row.place.state == ArrivalState::Delivered;
            let moved = matches!(row.place.reason, ArrivalReason::Moved { .. });
            let remote = self.eye.ground.is_remote();
            match &self.row.settings.after {
                AfterDelivery::Move { folder } if delivered && !moved => {
                    let source = self.eye.ground.file(super::ArrivalId(row.num), &row.path);
                    if tx.is_being_read(&source)? {
                        decide::send(&mut row, Stage::Finish, tx.now_ms + SILENCE_MS, false);
                        tx.save_arrival(&row)?;
                    } else {
                        let ask = Ask::Move { file: wanted(&row), folder: folder.clone() };
                        self.ask(next, ask);
                    }
                }
                _ if remote && (delivered || !tx.has_failed_job(row.num, row.round)?) => {
                    self.ask(next, Ask::Discard { num: row.num });
                }
                AfterDelivery::Leave | AfterDelivery::Move { .. } => {
                    decide::rest(&mut row);
                    tx.save_arrival(&row)?;
                    next.by(tx.now_ms);
                }
            }
        }
        Ok(())
    }

    fn hauls(&mut self, tx: &Tx<'_>, next: &mut Next) -> Result<(), EngineError> {
        if !self.can_ask(next, Lane::Haul) {
            return Ok(());
        }
        if let Some(row) = self.due(tx, Stage::Compare, 1)?.first() {
            let ask = super::take::comparison(tx, row)?;
            self.ask(next, ask);
        } else if let Some(row) = self.due(tx, Stage::Fetch, 1)?.first() {
            self.ask(next, Ask::Fetch { file: wanted(row) });
        }
        Ok(())
    }

    /// Asks, once what it is about is written down.
    pub(crate) fn go(&mut self, wire: &Wire, asks: Vec<Ask>, steady_ms: i64) -> bool {
        let mut all = true;
        for ask in asks {
            all &= self.eye.ask(wire, ask, steady_ms);
        }
        all
    }
}

pub(crate) fn wanted(row: &ArrivalRow) -> Wanted {
    Wanted { num: row.num, entry: row.entry() }
}

/// A steady time as a time of day.
pub(crate) fn wall(moment: &Moment<'_>, steady_ms: i64) -> i64 {
    moment.now_ms.saturating_add(steady_ms.saturating_sub(moment.steady_ms))
}
