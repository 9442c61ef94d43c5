//! The price book as a document.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use super::figure::{Factor, Span, Usd};

/// Version of the document's form that this build reads.
const SCHEMA: u32 = 1;

static SHIPPED: &str = include_str!("../../../../../profiles/prices/mediaconvert.json");

/// What MediaConvert and S3 charge. Made by [`PriceBook::parse`], so always whole and consistent.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceBook(pub(super) Document);

/// Why a price book cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PriceBookError {
    /// It is no such document.
    #[error("the price book is not readable: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// It is of another form.
    #[error("the price book has the form {found}; this Spillway reads form {SCHEMA}")]
    OtherForm {
        /// Its `schema`.
        found: u32,
    },
    /// It says something impossible.
    #[error("the price book, {at}: {why}")]
    Wrong {
        /// Where.
        at: String,
        /// What.
        why: &'static str,
    },
}

/// Notes of people about where figures come from are read over: every object may have them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Document {
    pub(super) date: String,
    pub(super) home_region: String,
    pub(super) minimum_s: i64,
    pub(super) professional_if: Vec<Trigger>,
    pub(super) resolutions: Vec<Resolution>,
    pub(super) frame_rates: Vec<FrameRate>,
    pub(super) professional_quality: Named,
    pub(super) professional_codec: Named,
    pub(super) audio_only_usd_per_minute: Span<Usd>,
    pub(super) regions: BTreeMap<String, Region>,
    pub(super) dedicated: Dedicated,
}

/// What makes an output professional: everything that is named has to hold.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Trigger {
    /// One English sentence.
    pub(super) because: String,
    /// `false`: the service's texts differ.
    pub(super) certain: bool,
    #[serde(default)]
    pub(super) job: bool,
    #[serde(default)]
    pub(super) codec: Vec<String>,
    #[serde(default)]
    pub(super) codec_other_than: Vec<String>,
    #[serde(default)]
    pub(super) quality: Vec<String>,
    #[serde(default)]
    pub(super) container: Vec<String>,
    #[serde(default)]
    pub(super) rate_control: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Resolution {
    pub(super) id: String,
    pub(super) up_to_height: u32,
    pub(super) factor: Span<Factor>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct FrameRate {
    pub(super) up_to: f64,
    pub(super) factor: Span<Factor>,
}

/// Factors by name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Named {
    pub(super) factors: BTreeMap<String, Span<Factor>>,
    /// For every other name.
    pub(super) otherwise: Span<Factor>,
}

/// Prices of a region; what is not known of it is `None`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Region {
    #[serde(default)]
    pub(super) basic: Option<Vec<Step>>,
    #[serde(default)]
    pub(super) professional: Option<Vec<Step>>,
    #[serde(default)]
    pub(super) s3: Option<Bucket>,
}

/// Price of a normalised minute from so many of a month on.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(super) struct Step {
    pub(super) from_minutes: u32,
    pub(super) usd: Span<Usd>,
}

/// Prices of S3.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(super) struct Bucket {
    pub(super) storage_usd_per_gigabyte_month: Usd,
    pub(super) write_usd: Usd,
    pub(super) read_usd: Usd,
    pub(super) egress_usd_per_gigabyte: Usd,
}

/// An encoder that runs around the clock, to compare with.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Dedicated {
    /// What it is, e.g. `c6i.4xlarge`.
    pub machine: String,
    /// Price of an hour, US dollars.
    pub usd_per_hour: f64,
    /// Multiples of playing time at which it encodes HD.
    pub speed: f64,
}

impl PriceBook {
    /// The one that comes with Spillway.
    pub fn shipped() -> &'static Self {
        // A test reads it: it is as sound as the program.
        #[expect(clippy::expect_used, reason = "part of the program, read by a test")]
        static BOOK: LazyLock<PriceBook> =
            LazyLock::new(|| PriceBook::parse(SHIPPED).expect("the shipped price book is sound"));
        &BOOK
    }

    /// Reads and checks a document.
    ///
    /// # Errors
    /// Where it is no price book, or says something impossible: where and what.
    pub fn parse(text: &str) -> Result<Self, PriceBookError> {
        #[derive(Deserialize)]
        struct Form {
            schema: u32,
        }
        let Form { schema } = serde_json::from_str(text)?;
        if schema != SCHEMA {
            return Err(PriceBookError::OtherForm { found: schema });
        }
        let document: Document = serde_json::from_str(text)?;
        check(&document)?;
        Ok(Self(document))
    }

    /// When its prices were read, `YYYY-MM-DD`.
    pub fn date(&self) -> &str {
        &self.0.date
    }

    /// The region whose prices stand in for those that are not known.
    pub fn home_region(&self) -> &str {
        &self.0.home_region
    }

    /// An encoder to compare with.
    pub fn dedicated(&self) -> &Dedicated {
        &self.0.dedicated
    }
}

fn check(document: &Document) -> Result<(), PriceBookError> {
    let wrong = |at: &str, why| Err(PriceBookError::Wrong { at: at.to_owned(), why });
    let [year, month, day] = [0..4, 5..7, 8..10].map(|part| {
        document.date.get(part).is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    });
    if !(year && month && day) || document.date.len() != 10 {
        return wrong("date", "not of the form YYYY-MM-DD");
    }
    if !(0..=3_600).contains(&document.minimum_s) {
        return wrong("minimum_s", "not between 0 and 3600");
    }
    if document.resolutions.is_empty() || !document.resolutions.is_sorted_by_key(|class| class.up_to_height) {
        return wrong("resolutions", "not in the order of their heights, or none");
    }
    let rates = &document.frame_rates;
    if rates.is_empty() || !rates.is_sorted_by(|one, next| one.up_to < next.up_to) {
        return wrong("frame_rates", "not in the order of their rates, or none");
    }
    for (n, trigger) in document.professional_if.iter().enumerate() {
        if trigger.is_empty() {
            return wrong(&format!("professional_if[{n}]"), "names nothing that has to hold");
        }
    }
    let dedicated = &document.dedicated;
    if !(dedicated.usd_per_hour >= 0.0 && dedicated.speed > 0.0) {
        return wrong("dedicated", "a price below 0 or a speed of 0");
    }
    let Some(home) = document.regions.get(&document.home_region) else {
        return wrong("home_region", "has no prices in regions");
    };
    if home.basic.is_none() || home.professional.is_none() || home.s3.is_none() {
        return wrong("home_region", "has to have all prices: basic, professional, s3");
    }
    for (name, region) in &document.regions {
        for (tier, steps) in [("basic", &region.basic), ("professional", &region.professional)] {
            let Some(steps) = steps else { continue };
            let at = format!("regions.{name}.{tier}");
            if steps.first().is_none_or(|step| step.from_minutes != 0) {
                return wrong(&at, "the first step does not begin at 0");
            }
            if !steps.is_sorted_by(|one, next| one.from_minutes < next.from_minutes) {
                return wrong(&at, "the steps are not in order");
            }
        }
    }
    Ok(())
}

impl Trigger {
    fn is_empty(&self) -> bool {
        let lists = [&self.codec, &self.codec_other_than, &self.quality, &self.container, &self.rate_control];
        !self.job && lists.iter().all(|list| list.is_empty())
    }
}
