//! Random histories: no step is ever lost, none is in two hands, and a late result changes nothing.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rusqlite::Connection;
use spillway_media::types::{MediaCode, MediaError};

use super::stage::{Stage, profile};
use crate::{
    db::{self, Claim, Lane, Tx},
    failure,
    model::{JobId, JobState, StepKind, StepState, Wish},
    plan::JobPlan,
    run::{Tools, settle},
    steps::{Performed, Setback, StepInput, StepOutput, Yield},
};

/// Something that may happen next; numbers choose among what there is.
#[derive(Debug, Clone)]
enum Happens {
    Claim(u8),
    Succeed(usize),
    Pass(usize),
    Last(usize),
    Stop(usize),
    Mismatch(usize),
    LosePart(usize, u32),
    LoseOutput(usize),
    /// A result from a claim that is over.
    Late(usize),
    Die,
    Wish(usize, Wish),
    HearWishes,
    Wait(i64),
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        6 => (0_u8..5).prop_map(Happens::Claim),
        8 => (0_usize..8).prop_map(Happens::Succeed),
        2 => (0_usize..8).prop_map(Happens::Pass),
        1 => (0_usize..8).prop_map(Happens::Last),
        1 => (0_usize..8).prop_map(Happens::Stop),
        1 => (0_usize..8).prop_map(Happens::Mismatch),
        // Sound and segments of the model's plan: what leaves parts behind.
        1 => (0_usize..8, 2_u32..6).prop_map(|(n, ord)| Happens::LosePart(n, ord)),
        1 => (0_usize..8).prop_map(Happens::LoseOutput),
        2 => (0_usize..8).prop_map(Happens::Late),
        1 => Just(Happens::Die),
        2 => (0_usize..3, prop_oneof![Just(Wish::Run), Just(Wish::Pause), Just(Wish::Cancel)])
            .prop_map(|(n, wish)| Happens::Wish(n, wish)),
        2 => Just(Happens::HearWishes),
        3 => (0_i64..5_000).prop_map(Happens::Wait),
    ]
}

/// The runner's side of the story, kept beside the database.
struct Story<'a> {
    tools: Tools<'a>,
    connection: Connection,
    now_ms: i64,
    jobs: Vec<JobId>,
    /// Claims in hand, by job and step.
    held: BTreeMap<(JobId, u32), Claim>,
    over: Vec<Claim>,
    plan: JobPlan,
}

impl Story<'_> {
    fn write<T>(&mut self, work: impl FnOnce(&Tx<'_>) -> T) -> T {
        let tx = Tx::begin(&mut self.connection, self.now_ms).unwrap();
        let result = work(&tx);
        tx.commit().unwrap();
        result
    }

    fn take(&mut self, n: usize) -> Option<Claim> {
        let key = *self.held.keys().nth(n.checked_rem(self.held.len())?)?;
        let claim = self.held.remove(&key)?;
        self.over.push(claim.clone());
        Some(claim)
    }

    fn settle(&mut self, claim: &Claim, performed: Performed) {
        let tx = Tx::begin(&mut self.connection, self.now_ms).unwrap();
        settle::settle(&tx, &self.tools, claim, performed).unwrap();
        tx.commit().unwrap();
        // The runner drops what is not its own any more.
        let held = std::mem::take(&mut self.held);
        let still = self.write(|tx| {
            held.into_iter().partition::<BTreeMap<_, _>, _>(|(_, claim)| tx.holds(claim).unwrap())
        });
        self.held = still.0;
        self.over.extend(still.1.into_values());
    }

    fn success(&self, claim: &Claim) -> Yield {
        let output = match claim.kind {
            StepKind::Hash => StepOutput::Hash { sha256: "0".into() },
            _ => StepOutput::Nothing,
        };
        let plan = (claim.kind == StepKind::Inspect).then(|| self.plan.clone());
        Yield { plan, ..Yield::of(output) }
    }

    fn go(&mut self, event: &Happens) {
        let trouble =
            |code| failure::of_media(&MediaError::new(code, "x"), std::path::Path::new("/in/a.mov"));
        match event {
            Happens::Claim(lane) => {
                let lane = Lane::ALL[usize::from(*lane)];
                if let Some(claim) = self.write(|tx| tx.claim(lane, &[]).unwrap()) {
                    let twice = self.held.insert((claim.job.id, claim.ord), claim);
                    assert!(twice.is_none(), "in two hands: {twice:?}");
                }
            }
            Happens::Succeed(n) => self.end(*n, |story, claim| Ok(story.success(claim))),
            Happens::Pass(n) => self.end(*n, |_, _| Err(Setback::Failed(trouble(MediaCode::Io)))),
            Happens::Last(n) => self.end(*n, |_, _| Err(Setback::Failed(trouble(MediaCode::Damaged)))),
            Happens::Stop(n) => self.end(*n, |_, _| Err(Setback::Stopped)),
            Happens::Mismatch(n) => self.end(*n, |story, claim| match claim.kind {
                StepKind::Segment => Err(Setback::Replan(trouble(MediaCode::FrameMismatch).failure)),
                _ => Ok(story.success(claim)),
            }),
            Happens::LosePart(n, ord) => self.end(*n, |story, claim| match claim.kind {
                StepKind::Stitch => Err(Setback::PartsLost {
                    ords: vec![*ord],
                    failure: trouble(MediaCode::PartCorrupt).failure,
                }),
                _ => Ok(story.success(claim)),
            }),
            Happens::LoseOutput(n) => self.end(*n, |story, claim| match claim.kind {
                StepKind::Verify | StepKind::Deliver => {
                    Err(Setback::OutputsLost { outputs: vec![0], failure: trouble(MediaCode::Io).failure })
                }
                _ => Ok(story.success(claim)),
            }),
            Happens::Late(n) => self.late(*n),
            Happens::Die => {
                self.over.extend(std::mem::take(&mut self.held).into_values());
                self.write(|tx| {
                    for claim in tx.running().unwrap() {
                        tx.interrupt(&claim, true).unwrap();
                        settle::rest(tx, claim.job).unwrap();
                    }
                });
            }
            Happens::Wish(n, wish) => {
                let id = self.jobs[*n];
                self.write(|tx| {
                    let job = tx.job_by_id(id).unwrap();
                    if !job.state.ended() {
                        tx.set_wish(job.key, *wish).unwrap();
                    }
                });
            }
            Happens::HearWishes => self.write(|tx| {
                for (key, wish) in tx.held_jobs().unwrap() {
                    if wish == Wish::Cancel && !tx.any_running(key.num).unwrap() {
                        settle::cancel(tx, key).unwrap();
                    }
                }
            }),
            Happens::Wait(ms) => {
                self.now_ms += ms;
                self.write(|tx| tx.wake_due().unwrap());
            }
        }
    }

    fn end(&mut self, n: usize, how: impl FnOnce(&Self, &Claim) -> Performed) {
        if let Some(claim) = self.take(n) {
            let performed = how(self, &claim);
            self.settle(&claim, performed);
        }
    }

    fn late(&mut self, n: usize) {
        let Some(at) = n.checked_rem(self.over.len()) else { return };
        let claim = self.over[at].clone();
        let before = db::last_seq(&self.connection).unwrap();
        let made = self.success(&claim);
        self.settle(&claim, Ok(made));
        assert_eq!(db::last_seq(&self.connection).unwrap(), before, "a late result of {claim:?} was taken");
    }

    /// What is running is in a hand, and whoever has not ended can go on.
    fn check(&mut self) {
        let held: Vec<(JobId, u32)> = self.held.keys().copied().collect();
        let jobs = self.jobs.clone();
        self.write(|tx| {
            let running: Vec<(JobId, u32)> = {
                let mut running: Vec<_> = tx.running().unwrap().iter().map(|c| (c.job.id, c.ord)).collect();
                running.sort_unstable();
                running
            };
            assert_eq!(running, held);
            for id in jobs {
                let job = tx.job_by_id(id).unwrap();
                let states = tx.states(job.key.num).unwrap();
                let can = |state| matches!(state, StepState::Ready | StepState::Running | StepState::Waiting);
                if !job.state.ended() {
                    assert!(states.iter().any(|step| can(step.2)), "{:?} is stuck: {states:?}", job.state);
                }
                if job.state == JobState::Delivered {
                    let open =
                        states.iter().filter(|step| step.1 != StepKind::Tidy && step.2 != StepState::Done);
                    assert_eq!(open.count(), 0, "delivered with open steps");
                }
                for (_, kind, state, input) in &states {
                    if job.state.ended() && can(*state) && *state != StepState::Running {
                        assert!(*kind == StepKind::Tidy, "{input:?} of an ended job can start");
                    }
                    assert!(*input != StepInput::Remains || job.state.ended());
                }
            }
        });
    }

    /// Lets everything succeed from here on.
    fn finish(&mut self) {
        for n in 0..self.jobs.len() {
            self.go(&Happens::Wish(n, Wish::Run));
        }
        for _ in 0..2_000 {
            self.go(&Happens::Wait(100_000));
            for lane in 0..5 {
                self.go(&Happens::Claim(lane));
            }
            if self.held.is_empty() {
                return;
            }
            self.go(&Happens::Succeed(0));
            self.check();
        }
        panic!("there is no end to it");
    }
}

/// The plan that the scripted hands make, taken from a run of theirs.
fn plan_of(stage: &Stage) -> JobPlan {
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "model.mov", profile());
    super::stage::run(&engine);
    let mut connection = db::open(&stage.path("data")).unwrap();
    let plan = Tx::begin(&mut connection, 0).unwrap().job_by_id(id).unwrap().plan.unwrap();
    engine.remove(id).unwrap();
    plan
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn nothing_is_lost_and_nothing_runs_twice(events in prop::collection::vec(happens(), 1..120)) {
        let stage = Stage::new();
        let plan = plan_of(&stage);
        let engine = stage.engine();
        let jobs: Vec<JobId> =
            ["a.mov", "b.mov", "c.mov"].iter().map(|name| stage.submit_one(&engine, name, profile())).collect();
        let connection = db::open(&stage.path("data")).unwrap();
        connection.pragma_update(None, "synchronous", "OFF").unwrap();
        let mut story = Story { tools: engine.tools(), connection, now_ms: 0, jobs, held: BTreeMap::new(), over: vec![], plan };
        for event in &events {
            story.go(event);
            story.check();
        }
        story.finish();
        story.check();
        for id in story.jobs.clone() {
            let state = story.write(|tx| tx.job_by_id(id).unwrap().state);
            prop_assert!(state.ended(), "{state}");
        }
    }
}
