//! What S3 charges.

use super::{
    PriceBook,
    book::Bucket,
    figure::{Decimal, Usd},
    rate::quotient,
};

/// 10⁹ bytes.
const GIGABYTE: i128 = 1_000_000_000;
/// A month of the service: 730 hours, in ms.
const MONTH_MS: i128 = 730 * 3_600_000;
/// No more is charged at once: keeps every product within its integer.
const MOST_BYTE_MS: u128 = 1_u128 << 82;

/// What was moved and kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes out of the cloud. What an account has free is not taken off: others may use it.
    pub out_bytes: u64,
    /// Calls that write or list.
    pub writes: u64,
    /// Calls that read.
    pub reads: u64,
    /// Bytes kept, times the ms that they were.
    pub byte_ms: u128,
}

/// A charge, and what it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Charge {
    /// How much, in its unit.
    pub quantity: f64,
    /// Price of a unit in billionths of a US dollar; of calls the dearer kind's.
    pub unit_nanousd: i64,
    /// Amount in millionths of a US dollar, rounded once, half up.
    pub microusd: i64,
    /// The region whose prices these are.
    pub region: String,
    /// Date of the price book, `YYYY-MM-DD`.
    pub price_book: String,
}

impl PriceBook {
    /// For bytes out of the cloud to anywhere; the unit is 10⁹ bytes.
    pub fn egress(&self, bytes: u64, region: &str) -> Charge {
        let (region, bucket) = self.bucket(region);
        let price = bucket.egress_usd_per_gigabyte;
        let quantity = share(i128::from(bytes), GIGABYTE);
        self.charge(quantity, price, i128::from(bytes) * i128::from(price.0), GIGABYTE, region)
    }

    /// For calls; the unit is one.
    pub fn requests(&self, writes: u64, reads: u64, region: &str) -> Charge {
        let (region, bucket) = self.bucket(region);
        let nanousd = i128::from(writes) * i128::from(bucket.write_usd.0)
            + i128::from(reads) * i128::from(bucket.read_usd.0);
        let price = if writes > 0 { bucket.write_usd } else { bucket.read_usd };
        self.charge(share(i128::from(writes) + i128::from(reads), 1), price, nanousd, 1, region)
    }

    /// For bytes kept, times the ms that they are; the unit is 10⁹ bytes for a month of 730 hours.
    pub fn storage(&self, byte_ms: u128, region: &str) -> Charge {
        let (region, bucket) = self.bucket(region);
        let price = bucket.storage_usd_per_gigabyte_month;
        let byte_ms = i128::try_from(byte_ms.min(MOST_BYTE_MS)).unwrap_or(0);
        let whole = GIGABYTE * MONTH_MS;
        self.charge(share(byte_ms, whole), price, byte_ms * i128::from(price.0), whole, region)
    }

    fn bucket(&self, region: &str) -> (String, Bucket) {
        let free = Bucket {
            storage_usd_per_gigabyte_month: Decimal(0),
            write_usd: Decimal(0),
            read_usd: Decimal(0),
            egress_usd_per_gigabyte: Decimal(0),
        };
        // Every book has prices for its home region.
        let found = self.of_region(region, |region| region.s3);
        found.map_or((String::new(), free), |(region, bucket)| (region.to_owned(), bucket))
    }

    fn charge(&self, quantity: f64, price: Usd, nanousd: i128, whole: i128, region: String) -> Charge {
        Charge {
            quantity,
            unit_nanousd: price.0,
            microusd: quotient(nanousd, whole * 1_000),
            region,
            price_book: self.date().to_owned(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people; amounts are computed from integers")]
fn share(of: i128, whole: i128) -> f64 {
    of as f64 / whole as f64
}
