//! What MediaConvert and S3 charge: the price book as data, and the rules. Pure.
//!
//! Money is exact: prices and factors of the book are decimal fractions held as integers, a charge is one quotient of
//! integers, and it is rounded once, half up, to a whole millionth of a US dollar.

mod book;
mod charge;
mod figure;
mod rate;
#[cfg(test)]
mod tests;

pub use book::{Dedicated, PriceBook, PriceBookError};
pub use charge::{Charge, Traffic};

use serde::{Deserialize, Serialize};
use specta::Type;

/// What the price of an output depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BilledOutput {
    /// MediaConvert's name, e.g. `H_264`.
    pub codec: String,
    /// Pixels; 0: sound only.
    pub width: u32,
    /// Pixels; 0: sound only.
    pub height: u32,
    /// Frames per second.
    pub frame_rate: f64,
    /// MediaConvert's name, e.g. `SINGLE_PASS_HQ`; empty where there is none.
    pub quality: String,
    /// MediaConvert's name, e.g. `MP4`.
    pub container: String,
    /// MediaConvert's name, e.g. `QVBR`; empty where there is none.
    pub rate_control: String,
    /// A feature of the whole job makes it professional, e.g. accelerated transcoding.
    pub professional_job: bool,
}

/// Price class of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Basic.
    Basic,
    /// Professional.
    Professional,
}

/// An amount that is not known exactly where prices are not published: both ends in millionths of a US dollar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Money {
    /// At least; equal to `high` where the price is known.
    pub low_microusd: i64,
    /// At most.
    pub high_microusd: i64,
}

/// Price of one output, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct OutputPrice {
    /// Class. Where it is not certain, the one that the service's newest texts speak for.
    pub tier: Tier,
    /// What makes it professional, or may make it so, one English sentence; empty for what is surely basic.
    pub because: String,
    /// What drives the price, one English sentence, e.g. `UHD counts 4 times, 50 frames a second 1.25 times.`
    pub drivers: String,
    /// Seconds that are billed: whole, at least 10.
    pub billed_s: i64,
    /// Normalised minutes in thousandths, as they are booked.
    pub normalized_milliminutes: i64,
    /// Amount, with everything that is not published at both its ends.
    pub amount: Money,
    /// What is booked, within `amount`: of `tier`, at the upper end of what is not published. In millionths of a US
    /// dollar.
    pub booked_microusd: i64,
    /// Price of a normalised minute in billionths of a US dollar, as it is booked.
    pub unit_nanousd: i64,
    /// The region whose prices these are: where none are known for the wanted one, the book's home region.
    pub region: String,
    /// Date of the price book, `YYYY-MM-DD`.
    pub price_book: String,
}

impl Money {
    /// An amount that is known.
    pub fn exactly(microusd: i64) -> Self {
        Self { low_microusd: microusd, high_microusd: microusd }
    }

    /// Both ends added.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            low_microusd: self.low_microusd.saturating_add(other.low_microusd),
            high_microusd: self.high_microusd.saturating_add(other.high_microusd),
        }
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Self::plus)
    }
}
