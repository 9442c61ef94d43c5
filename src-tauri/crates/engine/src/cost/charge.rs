//! A charge on its way into the ledger.

use spillway_cloud::price::{Charge, OutputPrice, Tier};

use super::{Resource, Unit};
use crate::route::EngineKind;

/// Everything of a ledger line but whose it is and how sure. Amounts are millionths of a US dollar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NewCharge {
    /// What makes it unique for ever.
    pub(crate) key: String,
    pub(crate) engine: EngineKind,
    pub(crate) resource: Resource,
    /// For people.
    pub(crate) item: String,
    /// In `unit`.
    pub(crate) quantity: f64,
    pub(crate) unit: Unit,
    pub(crate) unit_nanousd: i64,
    /// Normalised minutes in thousandths.
    pub(crate) milliminutes: i64,
    pub(crate) tier: Option<Tier>,
    pub(crate) amount_microusd: i64,
    /// `YYYY-MM-DD`; empty for this machine.
    pub(crate) price_book: String,
}

impl NewCharge {
    /// For an output of a MediaConvert job.
    pub(crate) fn transcode(key: String, item: String, price: &OutputPrice) -> Self {
        Self {
            key,
            engine: EngineKind::Cloud,
            resource: Resource::Transcode,
            item,
            quantity: minutes(price.normalized_milliminutes),
            unit: Unit::NormalizedMinute,
            unit_nanousd: price.unit_nanousd,
            milliminutes: price.normalized_milliminutes,
            tier: Some(price.tier),
            amount_microusd: price.booked_microusd,
            price_book: price.price_book.clone(),
        }
    }

    /// For what S3 charges.
    pub(crate) fn of_bucket(key: String, item: String, resource: Resource, charge: &Charge) -> Self {
        let unit = match resource {
            Resource::Storage => Unit::GigabyteMonth,
            Resource::Requests => Unit::Request,
            Resource::Egress | Resource::Transcode | Resource::Machine => Unit::Gigabyte,
        };
        Self {
            key,
            engine: EngineKind::Cloud,
            resource,
            item,
            quantity: charge.quantity,
            unit,
            unit_nanousd: charge.unit_nanousd,
            milliminutes: 0,
            tier: None,
            amount_microusd: charge.microusd,
            price_book: charge.price_book.clone(),
        }
    }
}

/// Thousandths as a figure for people.
#[expect(clippy::cast_precision_loss, reason = "for people; amounts are computed from integers")]
pub(crate) fn minutes(milliminutes: i64) -> f64 {
    milliminutes as f64 / 1_000.0
}
