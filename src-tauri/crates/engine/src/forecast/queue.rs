//! The queue laid out in time.

use super::{Load, Paces};
use crate::{
    live::JobForecast,
    model::{JobId, StepKind},
};

/// Nothing is forecast further away than ten years, in ms.
const MOST_MS: f64 = 3_650.0 * 86_400_000.0;
/// Uploads side by side, where nothing else is set.
const SENDERS: f64 = 3.0;
/// A running step that takes longer than expected has at least this share of its time before it.
const LEAST_LEFT: f64 = 0.05;

/// A step that is not done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StepLeft {
    /// What it asks for.
    pub(crate) load: Load,
    /// Since when it runs, ms UTC.
    pub(crate) started_ms: Option<i64>,
    /// When it is due again, ms UTC.
    pub(crate) due_ms: Option<i64>,
}

impl StepLeft {
    /// A step that has not begun.
    pub(crate) fn whole(load: Load) -> Self {
        Self { load, started_ms: None, due_ms: None }
    }
}

/// What is left of a job, in ms.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Remaining {
    job: JobId,
    /// Work for workers, all together.
    work: f64,
    /// The longest way through what has to be done one after the other.
    way: f64,
    /// Reading the source for its hash, which runs beside everything else.
    hash: f64,
    /// Sending, all together; one after the other.
    sending: f64,
    /// Somebody else encodes it: it takes next to nothing from the jobs behind it.
    elsewhere: bool,
    /// Until the first of its steps is due.
    ready: f64,
    begun: bool,
    measured: bool,
}

impl Remaining {
    /// Adds up what is left of a job at `now_ms`.
    pub(crate) fn of(job: JobId, profile: &str, steps: &[StepLeft], paces: &Paces, now_ms: i64) -> Self {
        let (mut work, mut hash, mut ready) = (0.0, 0.0, f64::INFINITY);
        let mut remote = Remote::default();
        // Looking, then segments beside sound, then joining, then reading back.
        let mut stages = [0.0_f64; 4];
        let (mut encodes, mut of_segments, mut of_others) = (false, true, true);
        for step in steps {
            let (whole, measured) = paces.time(profile, &step.load);
            let ms = match step.started_ms {
                Some(started) => (whole - span(started, now_ms)).max(whole * LEAST_LEFT),
                None => whole,
            };
            let ready_in = step.due_ms.map_or(0.0, |due| span(now_ms, due));
            if matches!(step.load.kind, StepKind::Deliver | StepKind::Tidy | StepKind::Clear) {
                continue;
            }
            ready = ready.min(ready_in);
            let stage = match step.load.kind {
                StepKind::Inspect => 0,
                StepKind::Upload | StepKind::Segment | StepKind::Download | StepKind::Audio => 1,
                StepKind::Stitch => 2,
                StepKind::Hash => {
                    hash += ready_in + ms;
                    continue;
                }
                StepKind::Verify | StepKind::Deliver | StepKind::Tidy | StepKind::Clear => 3,
            };
            if step.load.is_elsewhere() {
                remote.add(step.load.kind, ready_in + ms);
                of_others &= measured;
                continue;
            }
            work += ms;
            stages[stage] = stages[stage].max(ready_in + ms);
            if step.load.kind == StepKind::Segment {
                encodes = true;
                of_segments &= measured;
            } else {
                of_others &= measured;
            }
        }
        let measured = if encodes { of_segments } else { of_others };
        let ready = if ready.is_finite() { ready } else { 0.0 };
        stages[1] = stages[1].max(remote.way());
        Self {
            job,
            work,
            way: stages.iter().sum(),
            hash,
            sending: remote.sending,
            elsewhere: remote.any,
            ready,
            begun: false,
            measured,
        }
    }

    /// Which job.
    pub(crate) fn job(&self) -> JobId {
        self.job
    }

    /// Work for workers, all together, ms.
    pub(crate) fn work_ms(&self) -> f64 {
        sane(self.work)
    }

    /// Sending, all together, ms.
    pub(crate) fn sending_ms(&self) -> f64 {
        sane(self.sending)
    }

    /// Whether the job has begun: then nothing is to be said of when it will.
    pub(crate) fn begun(self, begun: bool) -> Self {
        Self { begun, ..self }
    }
}

/// What somebody else does of a job, in ms.
#[derive(Debug, Clone, Copy, Default)]
struct Remote {
    any: bool,
    sending: f64,
    /// The longest of them: they run side by side.
    encoding: f64,
    fetching: f64,
}

impl Remote {
    fn add(&mut self, kind: StepKind, ms: f64) {
        self.any = true;
        match kind {
            StepKind::Upload => self.sending += ms,
            StepKind::Download => self.fetching = self.fetching.max(ms),
            _ => self.encoding = self.encoding.max(ms),
        }
    }

    fn way(self) -> f64 {
        self.sending / SENDERS + self.encoding + self.fetching
    }
}

/// From one time to a later one, in ms.
#[expect(clippy::cast_precision_loss, reason = "for estimates")]
fn span(from_ms: i64, to_ms: i64) -> f64 {
    (to_ms.saturating_sub(from_ms).max(0) as f64).min(MOST_MS)
}

/// When each job of the queue will begin and be through. All workers are on the first job as long as it has work
/// for them, then on the next one; no job that is done here is through before the one in front of it.
pub(crate) fn schedule(now_ms: i64, workers: usize, queue: &[Remaining]) -> Vec<JobForecast> {
    let workers = f64::from(u32::try_from(workers.max(1)).unwrap_or(u32::MAX));
    let (mut begins, mut hashed, mut last) = (0.0_f64, 0.0_f64, 0.0_f64);
    let mut forecasts = Vec::with_capacity(queue.len());
    for left in queue {
        let share = sane(left.work) / workers;
        let start_ms = (!left.begun).then(|| later(now_ms, begins.max(sane(left.ready))));
        hashed = sane(hashed + left.hash);
        let end = sane((begins + share.max(sane(left.way))).max(hashed));
        // What somebody else encodes holds nobody up; what is done here is through in order.
        let end = if left.elsewhere { end } else { end.max(last) };
        last = if left.elsewhere { last } else { end };
        begins = sane(begins + share);
        let (job, measured) = (left.job, left.measured);
        forecasts.push(JobForecast { job, start_ms, finish_ms: later(now_ms, end), measured });
    }
    forecasts
}

#[expect(clippy::cast_possible_truncation, reason = "within bounds")]
fn later(now_ms: i64, by: f64) -> i64 {
    now_ms.saturating_add(by.ceil() as i64)
}

fn sane(ms: f64) -> f64 {
    if ms.is_nan() { 0.0 } else { ms.clamp(0.0, MOST_MS) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::Sample, *};
    use crate::forecast::shape::Recipe;

    fn job(n: u128) -> JobId {
        JobId(uuid::Uuid::from_u128(n))
    }

    fn load(kind: StepKind, amount: f64) -> Load {
        let recipe =
            (kind == StepKind::Segment).then(|| Recipe { codec: "h264", preset: Some("slow".to_owned()) });
        Load { kind, recipe, amount }
    }

    /// Speeds of every kind of step: so many ms for a unit.
    fn paces(factor: f64) -> Paces {
        let kinds = StepKind::ALL.into_iter();
        #[expect(clippy::cast_possible_truncation, reason = "small")]
        let sample = |kind| Sample {
            profile: "p".to_owned(),
            load: load(kind, 1_000.0),
            ms: 50 + (1_000.0 * factor) as i64,
        };
        Paces::measured(&kinds.map(sample).collect::<Vec<_>>())
    }

    fn steps() -> impl Strategy<Value = Vec<StepLeft>> {
        let here = |kind: &StepKind| !matches!(kind, StepKind::Upload | StepKind::Download);
        let kind = prop::sample::select(StepKind::ALL.into_iter().filter(here).collect::<Vec<_>>());
        let step = (kind, 0.0_f64..1e5, prop::option::of(0_i64..100_000), prop::option::of(0_i64..400_000));
        let step = step.prop_map(|(kind, amount, started_ms, due_ms)| StepLeft {
            load: load(kind, amount),
            started_ms,
            due_ms,
        });
        prop::collection::vec(step, 0..12)
    }

    fn laid_out(queue: &[Vec<StepLeft>], paces: &Paces, workers: usize) -> Vec<i64> {
        let left: Vec<Remaining> =
            (0..).zip(queue).map(|(n, steps)| Remaining::of(job(n), "p", steps, paces, 100_000)).collect();
        schedule(100_000, workers, &left).iter().map(|forecast| forecast.finish_ms).collect()
    }

    proptest! {
        #[test]
        fn jobs_finish_in_the_order_of_the_queue_and_never_in_the_past(
            queue in prop::collection::vec(steps(), 1..8), workers in 0_usize..40,
        ) {
            let ends = laid_out(&queue, &paces(3.0), workers);
            prop_assert_eq!(ends.len(), queue.len());
            prop_assert!(ends.iter().all(|end| *end >= 100_000));
            prop_assert!(ends.is_sorted());
        }

        #[test]
        fn jobs_begin_after_what_stands_before_them_and_before_they_end(
            queue in prop::collection::vec((steps(), any::<bool>()), 1..8), workers in 0_usize..40,
        ) {
            let left = (0..).zip(&queue).map(|(n, (steps, begun))| {
                let steps: Vec<StepLeft> = steps.iter().cloned().map(|s| StepLeft { due_ms: None, ..s }).collect();
                Remaining::of(job(n), "p", &steps, &paces(3.0), 100_000).begun(*begun)
            });
            let laid_out = schedule(100_000, workers, &left.collect::<Vec<_>>());
            let mut last = 100_000;
            for (forecast, (_, begun)) in laid_out.iter().zip(&queue) {
                prop_assert_eq!(forecast.start_ms.is_none(), *begun);
                let Some(start) = forecast.start_ms else { continue };
                prop_assert!((last..=forecast.finish_ms).contains(&start));
                last = start;
            }
        }

        #[test]
        fn nothing_begins_before_it_is_due(steps in steps(), more in steps(), workers in 1_usize..9) {
            let left = |steps: &[StepLeft]| Remaining::of(job(1), "p", steps, &paces(3.0), 100_000);
            let laid_out = schedule(100_000, workers, &[left(&more), left(&steps)]);
            let counts = |step: &&StepLeft| {
                !matches!(step.load.kind, StepKind::Deliver | StepKind::Tidy | StepKind::Clear)
            };
            let due = steps.iter().filter(counts).map(|step| step.due_ms.unwrap_or(0)).min();
            let start = laid_out[1].start_ms.unwrap();
            prop_assert!(start >= due.unwrap_or(0) && start <= laid_out[1].finish_ms);
        }

        #[test]
        fn more_before_it_never_ends_a_job_earlier(
            queue in prop::collection::vec(steps(), 1..8), more in steps(), at in 0_usize..8, workers in 1_usize..9,
        ) {
            let before = laid_out(&queue, &paces(3.0), workers);
            let mut longer = queue.clone();
            let at = at.min(queue.len());
            longer.insert(at, more);
            let mut after = laid_out(&longer, &paces(3.0), workers);
            after.remove(at);
            for (n, (before, after)) in before.iter().zip(&after).enumerate() {
                prop_assert!(after >= before, "job {}", n);
            }
        }

        #[test]
        fn what_somebody_else_encodes_holds_nobody_up(
            queue in prop::collection::vec(steps(), 1..8), chunks in prop::collection::vec(0.0_f64..1e5, 1..9),
            at in 0_usize..8, workers in 1_usize..9,
        ) {
            let before = laid_out(&queue, &paces(3.0), workers);
            let chunk = |amount: &f64| {
                [StepKind::Upload, StepKind::Segment, StepKind::Download].map(|kind| {
                    StepLeft::whole(Load { kind, recipe: None, amount: *amount })
                })
            };
            let mut longer = queue.clone();
            let at = at.min(queue.len());
            longer.insert(at, chunks.iter().flat_map(chunk).collect());
            let mut after = laid_out(&longer, &paces(3.0), workers);
            prop_assert!(after.remove(at) > 100_000);
            prop_assert_eq!(after, before);
        }

        #[test]
        fn more_workers_never_end_a_job_later(
            queue in prop::collection::vec(steps(), 1..8), workers in 1_usize..9,
        ) {
            let few = laid_out(&queue, &paces(3.0), workers);
            let many = laid_out(&queue, &paces(3.0), workers + 1);
            prop_assert!(few.iter().zip(&many).all(|(few, many)| many <= few));
        }

        #[test]
        fn half_the_speed_takes_twice_the_time(
            amounts in prop::collection::vec(100.0_f64..1e5, 1..20), workers in 1_usize..9,
        ) {
            let steps: Vec<StepLeft> =
                amounts.iter().map(|amount| StepLeft::whole(load(StepKind::Segment, *amount))).collect();
            let took = |factor| laid_out(std::slice::from_ref(&steps), &paces(factor), workers)[0] - 100_000;
            let (one, two) = (took(4.0), took(8.0));
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let ratio = two as f64 / one as f64;
            // Starting a process takes the same time at any speed.
            prop_assert!((1.5..=2.01).contains(&ratio), "{} to {}", one, two);
        }

        #[test]
        fn nothing_overflows(
            amount in prop::num::f64::ANY, ms in prop::num::i64::ANY, now in prop::num::i64::ANY,
            started in prop::option::of(prop::num::i64::ANY), due in prop::option::of(prop::num::i64::ANY),
        ) {
            let sample = Sample { profile: "p".to_owned(), load: load(StepKind::Segment, amount), ms };
            let paces = Paces::measured(&[sample.clone(), sample]);
            let step = StepLeft { load: load(StepKind::Segment, amount), started_ms: started, due_ms: due };
            let left = Remaining::of(job(1), "p", &[step], &paces, now);
            let ends = schedule(now, 0, &[left.clone(), left]);
            prop_assert!(ends.iter().all(|end| end.start_ms >= Some(now) && end.finish_ms >= now));
        }
    }

    #[test]
    fn what_is_not_known_is_a_guess() {
        let step = [StepLeft::whole(load(StepKind::Segment, 100.0))];
        let guess = Remaining::of(job(1), "p", &step, &Paces::default(), 0);
        assert!(!guess.measured);
        assert!(guess.work > 1_000.0);
        assert!(Remaining::of(job(1), "p", &step, &paces(1.0), 0).measured);
        assert!(Remaining::of(job(1), "other", &step, &paces(1.0), 0).measured, "same encoder settings");
    }

    #[test]
    fn newer_tries_weigh_more() {
        let tries = |newest: i64, oldest: i64| {
            let sample = |ms| Sample { profile: "p".to_owned(), load: load(StepKind::Segment, 10.0), ms };
            let many: Vec<Sample> = (0..100).map(|n| sample(if n < 50 { newest } else { oldest })).collect();
            Paces::measured(&many).time("p", &load(StepKind::Segment, 10.0)).0
        };
        assert!(tries(2_050, 1_050) > 1_600.0);
        assert!(tries(1_050, 2_050) < 1_500.0);
    }

    #[test]
    fn a_running_step_counts_down_but_never_to_nothing() {
        let step = |started| StepLeft {
            started_ms: Some(started),
            ..StepLeft::whole(load(StepKind::Segment, 100.0))
        };
        let left = |started| Remaining::of(job(1), "p", &[step(started)], &paces(10.0), 10_000).work;
        assert!((left(10_000) - 1_050.0).abs() < 1.0);
        assert!((left(9_500) - 550.0).abs() < 1.0);
        assert!(left(0) > 1.0);
    }
}
