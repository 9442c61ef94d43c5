//! What work costs: estimates, the ledger, budgets, and what a dedicated encoder would have cost.

pub(crate) mod budget;
mod calendar;
mod charge;
mod csv;
mod estimate;
pub(crate) mod machine;
mod page;
mod purse;

use serde::{Deserialize, Serialize};
use specta::Type;
use spillway_cloud::price::{Money, Tier};

pub use budget::{BudgetOf, OverBudget};
pub(crate) use calendar::{month, month_name};
pub(crate) use charge::NewCharge;
pub(crate) use csv::Table as ChargeTable;
pub(crate) use estimate::Quote;
pub(crate) use page::page;
pub(crate) use purse::{ChunkWork, Purse, Volume, price_book};

use crate::{
    model::JobId,
    route::{EngineKind, Route},
};

/// What an engine would need and take for a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct EngineOffer {
    /// Which engine.
    pub engine: EngineKind,
    /// Why it cannot be chosen; `None`: it can.
    pub against: Option<Route>,
    /// What it would cost; `None`: unknown.
    pub cost: Option<Money>,
    /// Working time if nothing else were to do, ms.
    pub work_ms: Option<i64>,
    /// What the cost is made of.
    pub lines: Vec<EstimateLine>,
    /// Date of the price book, `YYYY-MM-DD`; empty for this machine.
    pub price_book: String,
}

/// One line of an estimate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct EstimateLine {
    /// What for.
    pub resource: Resource,
    /// Output and rendition; empty: all of it.
    pub of: String,
    /// How much, in `unit`.
    pub quantity: f64,
    /// Unit of `quantity` and of `unit_nanousd`.
    pub unit: Unit,
    /// Price of a unit in billionths of a US dollar.
    pub unit_nanousd: i64,
    /// Amount.
    pub amount: Money,
    /// Of pictures: the price class.
    pub tier: Option<Tier>,
    /// What drives the price, one English sentence, e.g. `UHD counts four times, 50 frames a second 1.25 times.`
    pub because: String,
}

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// Minutes of MediaConvert.
    Transcode,
    /// Bytes kept in the bucket.
    Storage,
    /// Calls to S3.
    Requests,
    /// Bytes out of the cloud.
    Egress,
    /// Hours of this machine's workers.
    Machine,
}

/// See [`EstimateLine::unit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Normalised transcoding minute.
    NormalizedMinute,
    /// 10⁹ bytes for a month.
    GigabyteMonth,
    /// One call.
    Request,
    /// 10⁹ bytes.
    Gigabyte,
    /// An hour of one worker.
    WorkerHour,
}

/// One charge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct LedgerLine {
    /// When it arose, ms UTC.
    pub at_ms: i64,
    /// Which job.
    pub job: JobId,
    /// Profile id.
    pub profile: String,
    /// Partner.
    pub partner: String,
    /// Engine.
    pub engine: EngineKind,
    /// What for.
    pub resource: Resource,
    /// Which piece of work, for people: `segment 3 of 12, 1080p`.
    pub item: String,
    /// How much, in `unit`.
    pub quantity: f64,
    /// Unit.
    pub unit: Unit,
    /// Price of a unit in billionths of a US dollar.
    pub unit_nanousd: i64,
    /// As it was expected, in millionths of a US dollar.
    pub estimate_microusd: i64,
    /// As it is known now, in millionths of a US dollar: equal to the estimate while reserved, 0 when void.
    pub amount_microusd: i64,
    /// How sure it is.
    pub state: ChargeState,
    /// Date of the price book, `YYYY-MM-DD`; empty for this machine.
    pub price_book: String,
}

/// See [`LedgerLine::state`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum ChargeState {
    /// Work was given out; the amount is the estimate.
    Reserved,
    /// The service has said what was done.
    Settled,
    /// Nothing is charged: it failed or was cancelled.
    Void,
}

/// How sums are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum CostBy {
    /// Day (UTC), `YYYY-MM-DD`.
    Day,
    /// Profile id.
    Profile,
    /// Partner.
    Partner,
    /// Engine.
    Engine,
    /// What for.
    Resource,
}

/// What is summed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CostSpan {
    /// From then on, ms UTC.
    pub since_ms: Option<i64>,
    /// Before then, ms UTC.
    pub until_ms: Option<i64>,
}

/// A sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CostRow {
    /// What the group is.
    pub key: String,
    /// Jobs that have charges in it.
    pub jobs: u32,
    /// As it was expected, settled charges only, in millionths of a US dollar.
    pub estimate_microusd: i64,
    /// As it is known, settled charges only.
    pub settled_microusd: i64,
    /// What is reserved.
    pub reserved_microusd: i64,
}

/// Everything that the Costs place shows of a span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct CostsPage {
    /// This month (UTC) against its budget.
    pub month: MonthCosts,
    /// Per day, partner and engine, oldest first.
    pub days: Vec<DayCosts>,
    /// Per partner, dearest first.
    pub partners: Vec<PartnerCosts>,
    /// What a dedicated encoder would have cost over the same span.
    pub comparison: Comparison,
    /// Date of the price book, `YYYY-MM-DD`.
    pub price_book: String,
}

/// See [`CostsPage`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MonthCosts {
    /// `YYYY-MM`.
    pub month: String,
    /// Cloud charges, settled.
    pub settled_microusd: i64,
    /// Cloud charges, reserved.
    pub reserved_microusd: i64,
    /// Most that is allowed; `None`: no limit.
    pub limit_microusd: Option<i64>,
    /// Profiles with a limit of their own.
    pub profiles: Vec<ProfileBudget>,
}

/// See [`MonthCosts`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ProfileBudget {
    /// Profile id.
    pub profile: String,
    /// Settled and reserved.
    pub spent_microusd: i64,
    /// Most that is allowed.
    pub limit_microusd: i64,
}

/// See [`CostsPage`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DayCosts {
    /// `YYYY-MM-DD` (UTC).
    pub day: String,
    /// Partner.
    pub partner: String,
    /// Engine.
    pub engine: EngineKind,
    /// Amount.
    pub microusd: i64,
}

/// See [`CostsPage`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PartnerCosts {
    /// Partner.
    pub partner: String,
    /// Delivered jobs done here.
    pub local_jobs: u32,
    /// Delivered jobs done in the cloud.
    pub cloud_jobs: u32,
    /// Playing time of what was delivered, ms.
    pub output_ms: i64,
    /// Charges of this machine.
    pub local_microusd: i64,
    /// Charges of the cloud, settled.
    pub cloud_microusd: i64,
    /// What the settled cloud charges were expected to be.
    pub estimate_microusd: i64,
    /// Reserved.
    pub reserved_microusd: i64,
}

/// What an encoder that runs around the clock would have cost. Its assumptions are its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct Comparison {
    /// Hours of the span.
    pub span_hours: f64,
    /// Playing hours encoded in the span, by both engines, HD-equivalent (normalised minutes / 2 / 60).
    pub output_hours: f64,
    /// Price of an hour of the machine, US dollars.
    pub usd_per_hour: f64,
    /// Multiples of playing time at which one machine encodes HD.
    pub speed: f64,
    /// Machines that the busiest day would have needed.
    pub machines: u32,
    /// What they would have cost.
    pub dedicated_microusd: i64,
    /// What was spent.
    pub spent_microusd: i64,
    /// Playing hours a month from which one machine around the clock is cheaper than the cloud; `None`: nothing was
    /// done in the cloud to tell by.
    pub break_even_hours: Option<f64>,
}

/// What lies in the bucket and costs money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct Leftovers {
    /// Objects below Spillway's prefix, largest first, at most 1 000.
    pub objects: Vec<Leftover>,
    /// Objects in all.
    pub count: u64,
    /// Bytes in all, unfinished uploads included.
    pub bytes: u64,
    /// What it costs in a month, in millionths of a US dollar.
    pub monthly_microusd: i64,
}

/// See [`Leftovers`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Leftover {
    /// Key.
    pub key: String,
    /// Bytes.
    pub bytes: u64,
    /// When it was stored, ms UTC.
    pub stored_ms: Option<i64>,
    /// The job that it belongs to.
    pub job: Option<JobId>,
    /// That job is still at work: a sweep leaves it.
    pub in_use: bool,
    /// An upload that nobody has finished.
    pub unfinished: bool,
}
