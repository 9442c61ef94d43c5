//! What the decision depends on, from database, settings and plan.

use spillway_cloud::price::Money;
use spillway_profile::{EnginePolicy, Profile};

use super::{AgainstCloud, Crossroads, EngineKind, EngineWish, Route, Survey, decide, survey::Need};
use crate::{
    Config,
    cost::{EngineOffer, Purse, Quote, Volume},
    db::{JobRow, Tx},
    error::EngineError,
    forecast::{Load, Shape},
    model::{JobId, StepKind},
    plan::JobPlan,
    run::Tools,
};

/// How long work without a deadline may take here where nothing else is set, in minutes.
const PATIENCE_MIN: u32 = 60;
const MINUTE_MS: i64 = 60_000;

/// The plan with which the cloud would do it, or what stands against it.
pub(crate) type Offload = Result<JobPlan, AgainstCloud>;

/// What the decision is about.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) wish: EngineWish,
    pub(crate) profile: &'a Profile,
    /// ms UTC.
    pub(crate) deadline_ms: Option<i64>,
    /// `None`: it is not made yet.
    pub(crate) job: Option<JobId>,
    pub(crate) source_bytes: u64,
    /// What this machine would have to do.
    pub(crate) local: &'a [Load],
    /// The plan with which the cloud would do it, or what stands against it.
    pub(crate) offload: Result<&'a JobPlan, &'a AgainstCloud>,
}

/// Which engine does a job, now that its plan is made; `local` is the plan for this machine, `cloud` the one with which
/// the cloud would do it, or what stands against it.
///
/// The inner error: the wish or the profile leaves only an engine that cannot do it.
pub(crate) fn choose(
    tx: &Tx<'_>,
    survey: &Survey<'_>,
    job: &JobRow,
    local: &JobPlan,
    cloud: Result<&JobPlan, &AgainstCloud>,
) -> Result<Result<Decided, Route>, EngineError> {
    let source_bytes = job.identity.map_or(0, |identity| identity.bytes);
    let loads: Vec<Load> = Shape::of(local, source_bytes).loads(local).into_iter().filter(begins).collect();
    let case = Case {
        wish: job.engine_wish,
        profile: &job.profile,
        deadline_ms: job.extras.deadline_ms,
        job: Some(job.key.id),
        source_bytes,
        local: &loads,
        offload: cloud,
    };
    let at = crossroads(tx, survey, &case)?;
    Ok(decide(&at).map(|route| Decided::of(route, at.cloud_cost)))
}

/// An engine for a job.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decided {
    /// Which, and why.
    pub(crate) route: Route,
    /// What the cloud will cost at most, in millionths of a US dollar; 0: it is not done there.
    pub(crate) promised_microusd: i64,
}

impl Decided {
    pub(crate) fn of(route: Route, cloud: Option<Money>) -> Self {
        let cloud = cloud.filter(|_| route.engine == EngineKind::Cloud);
        Self { promised_microusd: cloud.map_or(0, |cost| cost.high_microusd), route }
    }
}

/// As [`choose`]; `offload`: `None` where nobody wants the cloud to do it.
pub(crate) fn route(
    tx: &Tx<'_>,
    tools: &Tools<'_>,
    job: &JobRow,
    local: &JobPlan,
    offload: Option<&Offload>,
) -> Result<Result<Decided, Route>, EngineError> {
    // Where it is set up, it was not asked for.
    let unknown = AgainstCloud::NotSetUp;
    let cloud = match (&job.against_cloud, offload) {
        (Some(before), _) => Err(before),
        (None, Some(made)) => made.as_ref(),
        (None, None) => Err(&unknown),
    };
    choose(tx, &tools.survey(), job, local, cloud)
}

/// Everything that the decision depends on. Finish times are found out only where they decide.
pub(crate) fn crossroads(
    tx: &Tx<'_>,
    survey: &Survey<'_>,
    case: &Case<'_>,
) -> Result<Crossroads, EngineError> {
    crossroads_of(tx, survey, case, &quotes(tx, survey, case)?)
}

fn crossroads_of(
    tx: &Tx<'_>,
    survey: &Survey<'_>,
    case: &Case<'_>,
    quotes: &Quotes,
) -> Result<Crossroads, EngineError> {
    let mut at = Crossroads {
        wish: case.wish,
        policy: case.profile.engine,
        now_ms: tx.now_ms,
        deadline_ms: case.deadline_ms,
        local_finish_ms: None,
        cloud_finish_ms: None,
        cloud_cost: quotes.cloud.as_ref().map(|quote| quote.cost),
        local_cost_microusd: quotes.local.cost.high_microusd,
        against_cloud: quotes.against.clone(),
        patience_ms: patience(survey.config),
    };
    let open = at.wish == EngineWish::Auto && at.policy == EnginePolicy::Any && at.against_cloud.is_none();
    if open {
        at.local_finish_ms = Some(survey.finish_here(tx, case.job, &case.profile.id, case.local)?);
        at.cloud_finish_ms = finish_there(tx, survey, case)?;
    }
    Ok(at)
}

/// What each engine would need and take, this machine first, and which one it would be.
pub(crate) fn offers(
    tx: &Tx<'_>,
    survey: &Survey<'_>,
    case: &Case<'_>,
) -> Result<(Vec<EngineOffer>, Result<Route, Route>), EngineError> {
    let quotes = quotes(tx, survey, case)?;
    let at = crossroads_of(tx, survey, case, &quotes)?;
    let against = |wish| decide(&Crossroads { wish, ..at.clone() }).err();
    let local = EngineOffer {
        engine: EngineKind::Local,
        against: against(EngineWish::Local),
        cost: Some(quotes.local.cost),
        work_ms: Some(survey.alone(tx, &case.profile.id, case.local)?),
        lines: quotes.local.lines,
        price_book: String::new(),
    };
    let work_ms = match case.offload {
        Ok(plan) => Some(survey.there(tx, &need(case, plan), false)?),
        Err(_) => None,
    };
    let cloud = EngineOffer {
        engine: EngineKind::Cloud,
        against: against(EngineWish::Cloud),
        cost: quotes.cloud.as_ref().map(|quote| quote.cost),
        work_ms,
        lines: quotes.cloud.map(|quote| quote.lines).unwrap_or_default(),
        price_book: quotes.price_book,
    };
    Ok((vec![local, cloud], decide(&at)))
}

/// When the cloud would be through; `None`: not known.
pub(crate) fn finish_there(
    tx: &Tx<'_>,
    survey: &Survey<'_>,
    case: &Case<'_>,
) -> Result<Option<i64>, EngineError> {
    let Ok(plan) = case.offload else { return Ok(None) };
    let ms = survey.there(tx, &need(case, plan), true)?;
    Ok(Some(tx.now_ms.saturating_add(ms)))
}

struct Quotes {
    local: Quote,
    cloud: Option<Quote>,
    /// The first thing that stands against the cloud, its price included.
    against: Option<AgainstCloud>,
    price_book: String,
}

fn quotes(tx: &Tx<'_>, survey: &Survey<'_>, case: &Case<'_>) -> Result<Quotes, EngineError> {
    let purse = match Purse::open(survey.config) {
        Ok(purse) => purse,
        // Without prices nothing is spent; this machine goes on.
        Err(error @ EngineError::PriceBook { .. }) => {
            let against = Some(AgainstCloud::OutOfReach { why: format!("{error}.") });
            return Ok(Quotes { local: Quote::default(), cloud: None, against, price_book: String::new() });
        }
        Err(error) => return Err(error),
    };
    let work = |loads: &[Load]| survey.work_ms(tx, &case.profile.id, loads);
    let local = Quote::machine(&purse, work(case.local)?);
    let cloud = match case.offload {
        Ok(plan) => {
            let loads = Shape::of(plan, case.source_bytes).loads(plan);
            let kept = survey.there(tx, &need(case, plan), false)?;
            let times = (kept, work(&loads)?);
            Some(Quote::cloud(&purse, plan, case.source_bytes, Volume::so_far(tx)?, times))
        }
        Err(_) => None,
    };
    let against = match against(tx, survey.config, case)? {
        None => over_budget(tx, &purse, case, cloud.as_ref())?,
        found => found,
    };
    Ok(Quotes { local, cloud, against, price_book: purse.book().date().to_owned() })
}

/// What stands against the cloud whatever it costs.
fn against(tx: &Tx<'_>, config: &Config, case: &Case<'_>) -> Result<Option<AgainstCloud>, EngineError> {
    if !config.cloud.is_set_up() {
        return Ok(Some(AgainstCloud::NotSetUp));
    }
    if let Err(found) = case.offload {
        return Ok(Some(found.clone()));
    }
    tx.reach()
}

fn over_budget(
    tx: &Tx<'_>,
    purse: &Purse,
    case: &Case<'_>,
    quote: Option<&Quote>,
) -> Result<Option<AgainstCloud>, EngineError> {
    let Some(quote) = quote else { return Ok(None) };
    let limits = purse.limits(case.profile.budget);
    let checked = tx.check_budgets(case.job, &case.profile.id, &limits, quote.cost.high_microusd)?;
    Ok(checked.err().map(|over| AgainstCloud::OverBudget { why: over.to_string() }))
}

fn need<'a>(case: &Case<'a>, plan: &JobPlan) -> Need<'a> {
    let loads = Shape::of(plan, case.source_bytes).loads(plan);
    Need { job: case.job, profile: &case.profile.id, loads: loads.into_iter().filter(begins).collect() }
}

/// It was looked at already, or is in either case.
fn begins(load: &Load) -> bool {
    load.kind != StepKind::Inspect
}

fn patience(config: &Config) -> Option<i64> {
    match config.cloud.spill_after_min.unwrap_or(PATIENCE_MIN) {
        0 => None,
        minutes => Some(i64::from(minutes) * MINUTE_MS),
    }
}
