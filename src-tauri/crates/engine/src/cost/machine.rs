//! What this machine's work is put down as.

use super::{NewCharge, Resource, Unit, budget::microusd};
use crate::{
    db::{Claim, JobRow, Lane, Tx},
    error::EngineError,
    route::EngineKind,
    settings::CostSettings,
};

const HOUR_MS: i64 = 3_600_000;

/// Books the time of a worker for a try that ends well now. Nothing while no rate is set, and nothing for what takes
/// no worker. To be called before the try's end is recorded or in the same transaction.
pub(crate) fn book(
    tx: &Tx<'_>,
    settings: &CostSettings,
    job: &JobRow,
    claim: &Claim,
) -> Result<(), EngineError> {
    let hour = rate_microusd(settings);
    if hour == 0 || claim.lane != Lane::Encode {
        return Ok(());
    }
    let Some(ms) = tx.try_ms(claim)? else { return Ok(()) };
    tx.charge(job, &[charge(claim, hour, ms)])
}

fn charge(claim: &Claim, hour_microusd: i64, ms: i64) -> NewCharge {
    NewCharge {
        // No two tries have the same number.
        key: format!("machine/{}/{}", claim.job.id, claim.id),
        engine: EngineKind::Local,
        resource: Resource::Machine,
        item: claim.label.clone(),
        quantity: hours(ms),
        unit: Unit::WorkerHour,
        unit_nanousd: hour_microusd.saturating_mul(1_000),
        milliminutes: 0,
        tier: None,
        amount_microusd: amount(hour_microusd, ms),
        price_book: String::new(),
    }
}

/// What an hour of a worker is put down as, in millionths of a US dollar.
pub(crate) fn rate_microusd(settings: &CostSettings) -> i64 {
    settings.machine_usd_per_hour.map_or(0, microusd)
}

/// For so much time of workers, rounded half up.
pub(crate) fn amount(hour_microusd: i64, ms: i64) -> i64 {
    let (hour, ms) = (i128::from(hour_microusd.max(0)), i128::from(ms.max(0)));
    i64::try_from((hour * ms + i128::from(HOUR_MS / 2)) / i128::from(HOUR_MS)).unwrap_or(i64::MAX)
}

/// For people.
#[expect(clippy::cast_precision_loss, reason = "for people; amounts are computed from integers")]
pub(crate) fn hours(ms: i64) -> f64 {
    ms as f64 / HOUR_MS as f64
}
