//! What work in the cloud is paid from: the price book, the region, and the limits of the settings.

use std::path::Path;

use spillway_cloud::{
    CloudSettings,
    convert::RemoteOutput,
    job::CompiledOutput,
    price::{BilledOutput, OutputPrice, PriceBook, Tier, Traffic},
};

use spillway_profile::Budget;

use super::{NewCharge, OverBudget, Resource, budget::Limits};
use crate::{
    Config,
    db::{JobRow, Tx},
    error::EngineError,
    plan::{JobPlan, OutputPlan, Range, VideoPlan},
    settings::CostSettings,
};

/// Where a price book of one's own lies below the data folder.
const OWN_BOOK: &str = "prices/mediaconvert.json";

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Purse {
    book: PriceBook,
    region: String,
    settings: CostSettings,
}

/// A MediaConvert job as far as it is paid for.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct ChunkWork {
    /// For people: `segment 3 of 12`.
    label: String,
    /// One per rendition: what it costs by, and how long it plays, ms.
    outputs: Vec<(CompiledOutput, i64)>,
}

impl Purse {
    /// With the price book of the data folder, else the one that came with Spillway.
    pub(crate) fn open(config: &Config) -> Result<Self, EngineError> {
        Ok(Self::with(price_book(&config.data_dir)?, &config.cloud, &config.cost))
    }

    pub(crate) fn with(book: PriceBook, cloud: &CloudSettings, settings: &CostSettings) -> Self {
        // What Amazon's own tools have as the region is not known here; the book's own says so in the estimate.
        let region = cloud.region.clone().unwrap_or_else(|| book.home_region().to_owned());
        Self { book, region, settings: settings.clone() }
    }

    /// Reserves what a MediaConvert job will cost, if the budgets allow it; nothing is put down otherwise. `key` is
    /// the job's token: to be called in the transaction that writes the intent down.
    pub(crate) fn reserve_chunk(
        &self,
        tx: &Tx<'_>,
        job: &JobRow,
        key: &str,
        work: &ChunkWork,
    ) -> Result<Result<(), OverBudget>, EngineError> {
        let mut volume = Volume::so_far(tx)?;
        let prices: Vec<OutputPrice> = work
            .outputs
            .iter()
            .map(|(output, ms)| self.next_price(&mut volume, &output.billed, *ms))
            .collect();
        let most = prices.iter().map(|price| price.amount.high_microusd).sum();
        if let Err(over) =
            tx.check_budgets(Some(job.key.id), &job.profile.id, &self.limits(job.profile.budget), most)?
        {
            return Ok(Err(over));
        }
        let charges: Vec<NewCharge> = work
            .outputs
            .iter()
            .zip(&prices)
            .map(|((output, _), price)| NewCharge::transcode(key_of(key, output), item(work, output), price))
            .collect();
        tx.reserve(job, &charges)?;
        Ok(Ok(()))
    }

    /// Puts what the service has made in the place of what was reserved under `key`. `made` is in the order of the
    /// settings; where the service says nothing of an output, what was planned stands.
    pub(crate) fn settle_chunk(
        &self,
        tx: &Tx<'_>,
        job: &JobRow,
        key: &str,
        work: &ChunkWork,
        made: &[RemoteOutput],
    ) -> Result<(), EngineError> {
        for (n, (output, planned_ms)) in work.outputs.iter().enumerate() {
            let (mut billed, mut ms) = (output.billed.clone(), *planned_ms);
            if let Some(made) = made.get(n) {
                ms = if made.duration_ms > 0 { made.duration_ms } else { ms };
                if made.height > 0 {
                    (billed.width, billed.height) = (made.width, made.height);
                }
            }
            let key = key_of(key, output);
            let tier = self.book.price(&billed, ms, &self.region, 0).tier;
            let so_far = tx.month_so_far(tier, Some(&key))?;
            let price = self.book.price(&billed, ms, &self.region, so_far);
            let actual = NewCharge::transcode(key.clone(), item(work, output), &price);
            if !tx.settle(&key, &actual)? {
                tracing::warn!(job = %job.key.id, key, "a MediaConvert job was not reserved; it is charged now");
                tx.charge(job, &[actual])?;
            }
        }
        Ok(())
    }

    /// Takes back what was reserved under `key`: the service charges nothing for jobs that fail or are cancelled.
    pub(crate) fn void_chunk(tx: &Tx<'_>, key: &str, work: &ChunkWork) -> Result<(), EngineError> {
        for (output, _) in &work.outputs {
            tx.void(&key_of(key, output))?;
        }
        Ok(())
    }

    /// Books what moving and keeping objects costs, once for each `key`; what costs nothing leaves no line. `item`
    /// is for people: `download of segment 3 of 12`.
    pub(crate) fn charge_traffic(
        &self,
        tx: &Tx<'_>,
        job: &JobRow,
        key: &str,
        item: &str,
        traffic: &Traffic,
    ) -> Result<(), EngineError> {
        let charges: Vec<NewCharge> = self
            .traffic(traffic)
            .into_iter()
            .filter(|(_, charge)| charge.microusd > 0)
            .map(|(resource, charge)| {
                let word = match resource {
                    Resource::Storage => "storage",
                    Resource::Requests => "requests",
                    Resource::Egress | Resource::Transcode | Resource::Machine => "egress",
                };
                NewCharge::of_bucket(format!("{key}/{word}"), item.to_owned(), resource, &charge)
            })
            .collect();
        tx.charge(job, &charges)
    }

    /// What S3 charges for it.
    pub(crate) fn traffic(&self, traffic: &Traffic) -> [(Resource, spillway_cloud::price::Charge); 3] {
        [
            (Resource::Egress, self.book.egress(traffic.out_bytes, &self.region)),
            (Resource::Requests, self.book.requests(traffic.writes, traffic.reads, &self.region)),
            (Resource::Storage, self.book.storage(traffic.byte_ms, &self.region)),
        ]
    }

    /// Price of an output that comes after `volume`, which it adds to.
    pub(crate) fn next_price(&self, volume: &mut Volume, output: &BilledOutput, ms: i64) -> OutputPrice {
        let tier = self.book.price(output, ms, &self.region, 0).tier;
        let price = self.book.price(output, ms, &self.region, volume.of(tier));
        volume.add(tier, price.normalized_milliminutes);
        price
    }

    /// Limits that hold for jobs of a profile.
    pub(crate) fn limits(&self, budget: Budget) -> Limits {
        Limits::of(budget, &self.settings)
    }

    pub(crate) fn settings(&self) -> &CostSettings {
        &self.settings
    }

    pub(crate) fn book(&self) -> &PriceBook {
        &self.book
    }
}

/// The price book of a data folder, else the one that came with Spillway.
pub(crate) fn price_book(data_dir: &Path) -> Result<PriceBook, EngineError> {
    let path = data_dir.join(OWN_BOOK);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(PriceBook::parse(&text).map_err(|source| EngineError::PriceBook { path, source })?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(PriceBook::shipped().clone()),
        Err(error) => Err(EngineError::io(path)(error)),
    }
}

/// Normalised minutes of the month in thousandths, by price class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Volume {
    basic: i64,
    professional: i64,
}

impl Volume {
    /// Of this month.
    pub(crate) fn so_far(tx: &Tx<'_>) -> Result<Self, EngineError> {
        Ok(Self {
            basic: tx.month_so_far(Tier::Basic, None)?,
            professional: tx.month_so_far(Tier::Professional, None)?,
        })
    }

    fn of(self, tier: Tier) -> i64 {
        match tier {
            Tier::Basic => self.basic,
            Tier::Professional => self.professional,
        }
    }

    fn add(&mut self, tier: Tier, milliminutes: i64) {
        let sum = match tier {
            Tier::Basic => &mut self.basic,
            Tier::Professional => &mut self.professional,
        };
        *sum = sum.saturating_add(milliminutes);
    }
}

impl ChunkWork {
    /// The MediaConvert job for a segment of a plan; `None`: the cloud has nothing to do with it.
    pub(crate) fn of(plan: &JobPlan, output: u32, segment: u32) -> Option<Self> {
        let planned = plan.outputs.get(output as usize)?;
        let cloud = plan.cloud.as_ref()?.outputs.get(output as usize)?.as_ref()?;
        let VideoPlan::Encode { renditions, segments, .. } = &planned.video else { return None };
        let range = segments.get(segment as usize)?;
        let several = if plan.outputs.len() > 1 { format!(" of {}", planned.id) } else { String::new() };
        let outputs = cloud.job.outputs.iter().enumerate().map(|(n, output)| {
            let every = renditions.get(n).map_or(1, |rendition| rendition.every);
            (output.clone(), playing_ms(planned, range, every))
        });
        Some(Self {
            label: format!("segment {} of {}{several}", segment + 1, segments.len()),
            outputs: outputs.collect(),
        })
    }

    /// What each rendition costs by, and how long it plays, ms.
    pub(crate) fn outputs(&self) -> &[(CompiledOutput, i64)] {
        &self.outputs
    }
}

/// How long a rendition of a segment plays, in whole ms; exact for constant rates.
fn playing_ms(output: &OutputPlan, range: &Range, every: u32) -> i64 {
    let every = u64::from(every.max(1));
    if let Some(rate) = output.rate.filter(|rate| rate.num > 0) {
        let frames = i128::from(range.count.div_ceil(every) * every);
        let ms = frames * 1_000 * i128::from(rate.den) / i128::from(rate.num);
        return i64::try_from(ms).unwrap_or(i64::MAX);
    }
    let first = usize::try_from(range.first).unwrap_or(usize::MAX);
    let count = usize::try_from(range.count).unwrap_or(usize::MAX);
    let ticks: i64 = output.frame_ticks.iter().skip(first).take(count).sum();
    let (num, den) = (i128::from(output.time_base.num), i128::from(output.time_base.den.max(1)));
    i64::try_from(i128::from(ticks) * 1_000 * num / den).unwrap_or(i64::MAX)
}

fn key_of(key: &str, output: &CompiledOutput) -> String {
    format!("{key}/{}", output.id)
}

fn item(work: &ChunkWork, output: &CompiledOutput) -> String {
    if work.outputs.len() > 1 { format!("{}, {}", work.label, output.id) } else { work.label.clone() }
}
