//! The one who looks after all watched places: answers in, rows written, questions out; one transaction a turn.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
};

use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::{
    UnreachableReason,
    check::Checks,
    eye::{Answer, Eye, Said, Sight, Wire},
    ground::Ground,
    hear::hear,
    lay::Lay,
    post::{Moment, Next, Post},
    tree::Found,
};
use crate::{
    Config,
    clock::Clock,
    db::{self, Tx, WatchRow},
    error::EngineError,
    steps::Craft,
};

/// Answers that may wait to be heard; whoever has more waits.
const WAITING: usize = 64;
/// The same where they are given on the spot.
const WAITING_HERE: usize = 4_096;
/// Answers heard in one turn.
const A_TURN: usize = 256;
/// Turns that the time of day may be ahead or behind before somebody has set the clock, in ms.
const SET_MS: i64 = 2_000;
/// Pause after a thread could not be started, in ms.
const THREADS_MS: i64 = 1_000;

/// What came of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turned {
    /// Nothing is left that goes on by itself soon.
    pub(crate) idle: bool,
    /// When something is due, ms UTC.
    pub(crate) due_ms: Option<i64>,
}

/// See the module.
pub(crate) struct Control<'a> {
    connection: Connection,
    said: Receiver<Said>,
    world: World<'a>,
}

/// Everything but the database.
struct World<'a> {
    config: &'a Config,
    clock: &'a dyn Clock,
    craft: &'a Arc<dyn Craft>,
    lay: &'a Lay,
    wire: Wire,
    posts: BTreeMap<i64, Post>,
    checks: Checks,
    /// Of the eye made last.
    epoch: u64,
    /// Time of day and steady time at the last turn.
    clocks: Option<(i64, i64)>,
    zone: TimeZone,
}

/// Who does what.
pub(crate) struct Parts<'a> {
    pub(crate) config: &'a Config,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) craft: &'a Arc<dyn Craft>,
    pub(crate) lay: &'a Lay,
    pub(crate) sight: Sight,
    /// Rung with every answer.
    pub(crate) line: Sender<()>,
    pub(crate) zone: TimeZone,
}

impl<'a> Control<'a> {
    pub(crate) fn new(parts: Parts<'a>) -> Result<Self, EngineError> {
        let connection = db::open(&parts.config.data_dir)?;
        let (answers, said) = mpsc::sync_channel(match parts.sight {
            Sight::Apart => WAITING,
            Sight::Here => WAITING_HERE,
        });
        let world = World {
            config: parts.config,
            clock: parts.clock,
            craft: parts.craft,
            lay: parts.lay,
            wire: Wire { sight: parts.sight, said: answers, line: parts.line },
            posts: BTreeMap::new(),
            checks: Checks::default(),
            epoch: 0,
            clocks: None,
            zone: parts.zone,
        };
        Ok(Self { connection, said, world })
    }

    /// Takes a turn. `busy` is called before anything is written that makes work.
    pub(crate) fn turn(&mut self, busy: &dyn Fn()) -> Result<Turned, EngineError> {
        let now_ms = self.world.clock.now_ms();
        let heard: Vec<Said> = self.said.try_iter().take(A_TURN).collect();
        let more = heard.len() == A_TURN;
        let found = self.world.found(&heard);
        let tx = Tx::begin(&mut self.connection, now_ms)?;
        let mut turn = self.world.turn(&tx, heard)?;
        turn.idle &= !more;
        if more {
            turn.due_ms = Some(now_ms);
        }
        if !turn.idle {
            busy();
        }
        tx.commit()?;
        for (ground, paths) in found {
            ground.written(&paths);
        }
        let failed = self.world.go(turn.nexts);
        if failed {
            let again = now_ms + THREADS_MS;
            turn.due_ms = Some(turn.due_ms.map_or(again, |due| due.min(again)));
        }
        Ok(Turned { idle: turn.idle, due_ms: turn.due_ms })
    }
}

struct Turn {
    idle: bool,
    due_ms: Option<i64>,
    nexts: Vec<(i64, Next)>,
}

impl World<'_> {
    fn turn(&mut self, tx: &Tx<'_>, heard: Vec<Said>) -> Result<Turn, EngineError> {
        let steady_ms = self.clock.steady_ms();
        self.mind_the_clock(tx, steady_ms)?;
        self.take_posts(tx, steady_ms)?;
        let zone = self.zone.clone();
        let moment = Moment { now_ms: tx.now_ms, steady_ms, zone: &zone };
        let mut made = false;
        for said in heard {
            if matches!(said.answer, Answer::Checked { .. }) {
                self.checks.ended();
            }
            // Answers to those who were relieved are about settings that hold no more.
            if let Some(post) = self.posts.get_mut(&said.watch)
                && post.eye.epoch == said.epoch
            {
                made |= hear(tx, self.config, post, &moment, said)?;
            }
        }
        let mut turn = Turn { idle: !made, due_ms: None, nexts: Vec::new() };
        let mut room = self.checks.room();
        for (num, post) in &mut self.posts {
            let next = post.next(tx, &moment, room)?;
            room -= next.checks.len();
            turn.due_ms = [turn.due_ms, next.due_ms].into_iter().flatten().min();
            turn.idle &= next.asks.is_empty() && next.checks.is_empty() && post.is_idle(tx)?;
            turn.nexts.push((*num, next));
        }
        Ok(turn)
    }

    /// Paths that answers are about, where somebody else is told when they are written down.
    fn found(&self, heard: &[Said]) -> Vec<(Arc<dyn Ground>, Vec<String>)> {
        let of = |said: &Said| {
            let post = self.posts.get(&said.watch)?;
            let ground = Some(&post.eye.ground).filter(|ground| ground.is_remote())?;
            let paths = match &said.answer {
                Answer::Looked(looks) => {
                    looks.iter().filter(|(_, look)| look.is_ok()).map(|(path, _)| path.clone()).collect()
                }
                Answer::Found(Found::Batch(entries)) => {
                    entries.iter().map(|entry| entry.path.clone()).collect()
                }
                _ => return None,
            };
            Some((Arc::clone(ground), paths))
        };
        heard.iter().filter_map(of).collect()
    }

    /// Asks what is to be asked; `true`: something could not be.
    fn go(&mut self, nexts: Vec<(i64, Next)>) -> bool {
        let steady_ms = self.clock.steady_ms();
        let mut failed = false;
        for (num, next) in nexts {
            let Some(post) = self.posts.get_mut(&num) else { continue };
            for file in next.checks {
                self.checks.begin(self.config, self.craft, &self.wire, &mut post.eye, file);
            }
            failed |= !post.go(&self.wire, next.asks, steady_ms);
        }
        failed
    }

    /// Somebody may have set the clock: what is timed moves along with it.
    fn mind_the_clock(&mut self, tx: &Tx<'_>, steady_ms: i64) -> Result<(), EngineError> {
        if let Some((wall, steady)) = self.clocks.replace((tx.now_ms, steady_ms)) {
            let by = (tx.now_ms - wall) - (steady_ms - steady);
            if by.abs() > SET_MS {
                tracing::warn!(by_ms = by, "the time of day was set");
                tx.move_looks(by)?;
            }
        }
        Ok(())
    }

    /// Takes posts at new places, and leaves those that are watched no more, or otherwise.
    fn take_posts(&mut self, tx: &Tx<'_>, steady_ms: i64) -> Result<(), EngineError> {
        let rows = tx.watches()?;
        self.posts.retain(|num, post| {
            rows.iter().any(|row| row.num == *num && !row.paused && row.edition == post.row.edition)
        });
        for row in rows.into_iter().filter(|row| !row.paused) {
            if let Some(post) = self.posts.get_mut(&row.num) {
                post.row = row;
                continue;
            }
            if let Some(post) = self.take_post(tx, row, steady_ms)? {
                self.posts.insert(post.row.num, post);
            }
        }
        Ok(())
    }

    fn take_post(&mut self, tx: &Tx<'_>, row: WatchRow, steady_ms: i64) -> Result<Option<Post>, EngineError> {
        match (self.lay)(self.config, &row) {
            Ok(ground) => {
                self.epoch += 1;
                tx.restart_looks(row.num)?;
                let eye = Eye::new(row.num, self.epoch, ground);
                Ok(Some(Post::new(row, eye, steady_ms)))
            }
            Err(error) => {
                let why = UnreachableReason::Failed { why: error.to_string() };
                let known = matches!(&row.state,
                    super::WatchState::Unreachable { why: known, .. } if *known == why);
                if !known {
                    let state = super::WatchState::Unreachable { why, since_ms: tx.now_ms };
                    tx.set_watch_state(row.num, &state)?;
                }
                Ok(None)
            }
        }
    }
}
