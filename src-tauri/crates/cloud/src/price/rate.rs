//! The rules: from an output to its price.

use super::{
    BilledOutput, Money, OutputPrice, PriceBook, Tier,
    book::{Named, Region, Step},
    figure::{Factor, Span, Usd},
};

/// Nothing is billed for longer, in seconds: three years. Keeps every product within its integer.
const MOST_S: i64 = 100_000_000;
/// A rate such as 30000/1001 is told with a few places.
const RATE_SLACK: f64 = 0.005;
/// Parts of a normalised minute: seconds, and four factors in thousandths.
const PARTS: i128 = 60 * 1_000_000_000_000;
/// Parts of a thousandth of a normalised minute.
const MILLI_PARTS: i128 = PARTS / 1_000;

/// What an output counts and costs in a price class.
struct Case<'a> {
    /// Parts of normalised minutes.
    parts: Span<i128>,
    steps: &'a [Step],
    region: &'a str,
}

impl PriceBook {
    /// Price of one output of a job that plays so long. `month_milliminutes` are the normalised minutes in
    /// thousandths that its class has had in this calendar month: what lies beyond a volume step has that step's price.
    pub fn price(
        &self,
        output: &BilledOutput,
        duration_ms: i64,
        region: &str,
        month_milliminutes: i64,
    ) -> OutputPrice {
        let billed_s = self.billed_s(duration_ms);
        if output.height == 0 {
            return self.sound(billed_s);
        }
        let (tier, other, because) = self.tier(output);
        let case = self.case(tier, output, billed_s, region);
        let amount = case.amount(month_milliminutes);
        let others = other.map(|other| self.case(other, output, billed_s, region).amount(month_milliminutes));
        let least = others.map_or(amount.low_microusd, |other| other.low_microusd.min(amount.low_microusd));
        let most = others.map_or(amount.high_microusd, |other| other.high_microusd.max(amount.high_microusd));
        OutputPrice {
            tier,
            because,
            drivers: self.drivers(output, duration_ms),
            billed_s,
            normalized_milliminutes: milliminutes(case.parts.high),
            amount: Money { low_microusd: least, high_microusd: most },
            booked_microusd: amount.high_microusd,
            unit_nanousd: case.step_at(month_milliminutes).usd.high.0,
            region: case.region.to_owned(),
            price_book: self.0.date.clone(),
        }
    }

    /// Whole seconds, rounded up, and no fewer than the minimum.
    fn billed_s(&self, duration_ms: i64) -> i64 {
        let whole = duration_ms.max(0) / 1_000 + i64::from(duration_ms.max(0) % 1_000 > 0);
        whole.clamp(self.0.minimum_s, MOST_S)
    }

    /// An output without a picture has a price of its own for a minute, the same everywhere.
    fn sound(&self, billed_s: i64) -> OutputPrice {
        let usd = self.0.audio_only_usd_per_minute;
        let of = |price: Usd| quotient(i128::from(billed_s) * i128::from(price.0), 60_000);
        OutputPrice {
            tier: Tier::Basic,
            because: String::new(),
            drivers: "Sound alone has a price of its own.".to_owned(),
            billed_s,
            normalized_milliminutes: 0,
            amount: Money { low_microusd: of(usd.low), high_microusd: of(usd.high) },
            booked_microusd: of(usd.high),
            unit_nanousd: usd.high.0,
            region: self.0.home_region.clone(),
            price_book: self.0.date.clone(),
        }
    }

    /// The class that is booked, the one that it may be as well, and why.
    fn tier(&self, output: &BilledOutput) -> (Tier, Option<Tier>, String) {
        let named = |list: &[String], name: &str| list.iter().any(|one| one == name);
        let fits = |list: &[String], name: &str| list.is_empty() || named(list, name);
        let mut fitting = self.0.professional_if.iter().filter(|trigger| {
            (!trigger.job || output.professional_job)
                && fits(&trigger.codec, &output.codec)
                && !named(&trigger.codec_other_than, &output.codec)
                && fits(&trigger.quality, &output.quality)
                && fits(&trigger.container, &output.container)
                && fits(&trigger.rate_control, &output.rate_control)
        });
        if let Some(sure) = fitting.clone().find(|trigger| trigger.certain) {
            return (Tier::Professional, None, sure.because.clone());
        }
        match fitting.next() {
            Some(perhaps) => (Tier::Basic, Some(Tier::Professional), perhaps.because.clone()),
            None => (Tier::Basic, None, String::new()),
        }
    }

    fn case(&self, tier: Tier, output: &BilledOutput, billed_s: i64, region: &str) -> Case<'_> {
        let one = Span::exactly(Factor::UNIT);
        let (quality, codec) = match tier {
            Tier::Basic => (one, one),
            Tier::Professional => (
                factor(&self.0.professional_quality, &output.quality),
                factor(&self.0.professional_codec, &output.codec),
            ),
        };
        let factors = [self.resolution(output.height).1, self.frame_rate(output.frame_rate), quality, codec];
        let product = |end: fn(Span<Factor>) -> Factor| {
            factors.iter().map(|factor| i128::from(end(*factor).0)).product::<i128>() * i128::from(billed_s)
        };
        let (region, steps) = self.steps(tier, region);
        Case { parts: Span { low: product(|f| f.low), high: product(|f| f.high) }, steps, region }
    }

    fn steps(&self, tier: Tier, region: &str) -> (&str, &[Step]) {
        self.of_region(region, |region| match tier {
            Tier::Basic => region.basic.as_deref(),
            Tier::Professional => region.professional.as_deref(),
        })
        // Every book has them for its home region.
        .unwrap_or((self.0.home_region.as_str(), &[]))
    }

    /// What is known of a region, else of the home region, and of which one it is.
    pub(super) fn of_region<'a, T>(
        &'a self,
        region: &str,
        pick: impl Fn(&'a Region) -> Option<T>,
    ) -> Option<(&'a str, T)> {
        [region, self.0.home_region.as_str()].into_iter().find_map(|name| {
            let (name, region) = self.0.regions.get_key_value(name)?;
            Some((name.as_str(), pick(region)?))
        })
    }

    /// Name of a class and how often it counts. What is larger than the largest is taken for it.
    fn resolution(&self, height: u32) -> (&str, Span<Factor>) {
        let classes = &self.0.resolutions;
        let class = classes.iter().find(|class| height <= class.up_to_height).or(classes.last());
        class.map_or(("", Span::exactly(Factor::UNIT)), |class| (class.id.as_str(), class.factor))
    }

    fn frame_rate(&self, rate: f64) -> Span<Factor> {
        let classes = &self.0.frame_rates;
        let class = classes.iter().find(|class| rate <= class.up_to + RATE_SLACK).or(classes.last());
        class.map_or(Span::exactly(Factor::UNIT), |class| class.factor)
    }

    fn drivers(&self, output: &BilledOutput, duration_ms: i64) -> String {
        let (class, resolution) = self.resolution(output.height);
        let mut said = vec![format!("{class} counts {}", times(resolution))];
        let rate = self.frame_rate(output.frame_rate);
        if rate != Span::exactly(Factor::UNIT) {
            said.push(format!("{:.5} frames a second {}", Trimmed(output.frame_rate), times(rate)));
        }
        if duration_ms < self.0.minimum_s * 1_000 {
            said.push(format!("{} s are billed at least", self.0.minimum_s));
        }
        format!("{}.", said.join(", "))
    }
}

impl Case<'_> {
    fn amount(&self, month_milliminutes: i64) -> Money {
        let after = i128::from(month_milliminutes.max(0)) * MILLI_PARTS;
        let of = |parts: i128, end: fn(Span<Usd>) -> Usd| {
            quotient(self.nanousd_parts(after, parts, end), PARTS * 1_000)
        };
        Money {
            low_microusd: of(self.parts.low, |usd| usd.low),
            high_microusd: of(self.parts.high, |usd| usd.high),
        }
    }

    /// Billionths of a US dollar in parts, over every step that is touched.
    fn nanousd_parts(&self, after: i128, parts: i128, end: fn(Span<Usd>) -> Usd) -> i128 {
        let begins = |n: usize| self.steps.get(n).map(|step| i128::from(step.from_minutes) * PARTS);
        let each = self.steps.iter().enumerate().map(|(n, step)| {
            let from = after.max(begins(n).unwrap_or(i128::MAX));
            let until = (after + parts).min(begins(n + 1).unwrap_or(i128::MAX));
            (until - from).max(0) * i128::from(end(step.usd).0)
        });
        each.sum()
    }

    /// The step that its first minute falls on.
    fn step_at(&self, month_milliminutes: i64) -> Step {
        let minutes = month_milliminutes.max(0) / 1_000;
        let at = self.steps.iter().rev().find(|step| i64::from(step.from_minutes) <= minutes);
        at.copied().unwrap_or(Step { from_minutes: 0, usd: Span::exactly(super::figure::Decimal(0)) })
    }
}

fn factor(named: &Named, name: &str) -> Span<Factor> {
    named.factors.get(name).copied().unwrap_or(named.otherwise)
}

fn milliminutes(parts: i128) -> i64 {
    quotient(parts, MILLI_PARTS)
}

/// Rounded half up; neither is negative.
pub(super) fn quotient(amount: i128, by: i128) -> i64 {
    i64::try_from((amount + by / 2) / by).unwrap_or(i64::MAX)
}

/// `4 times`, `1 to 2.625 times`, `once`.
fn times(factor: Span<Factor>) -> String {
    let told = |factor: Factor| {
        let text = format!("{}.{:03}", factor.0 / 1_000, factor.0 % 1_000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match factor {
        Span { low: Factor::UNIT, high: Factor::UNIT } => "once".to_owned(),
        Span { low, high } if low == high => format!("{} times", told(low)),
        Span { low, high } => format!("{} to {} times", told(low), told(high)),
    }
}

/// A number without zeros at its end.
struct Trimmed(f64);

impl std::fmt::Display for Trimmed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:.*}", f.precision().unwrap_or(3), self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}
