//! Decimal fractions of the book as integers.

use serde::{Deserialize, Deserializer, de::Error as _};

/// A decimal fraction with as many places as `ONE` has zeros, up to `MOST` ones; written as a JSON number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Decimal<const ONE: i64, const MOST: i64>(pub(super) i64);

/// Why a number is no figure of the book.
#[derive(Debug, thiserror::Error)]
enum FigureError {
    #[error("{number} is not between 0 and {most}")]
    OutOfRange { number: f64, most: i64 },
    #[error("{number} has more decimal places than 1/{one}")]
    TooFine { number: f64, one: i64 },
}

/// US dollars in billionths, up to 10.
pub(super) type Usd = Decimal<1_000_000_000, 10>;
/// How often a minute counts, in thousandths, up to 100.
pub(super) type Factor = Decimal<1_000, 100>;

impl<const ONE: i64, const MOST: i64> Decimal<ONE, MOST> {
    /// 1.
    pub(super) const UNIT: Self = Self(ONE);

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "within 2^53 by the check"
    )]
    fn read(number: f64) -> Result<Self, FigureError> {
        if !(0.0..=MOST as f64).contains(&number) {
            return Err(FigureError::OutOfRange { number, most: MOST });
        }
        let scaled = (number * ONE as f64).round();
        // Both the text and this quotient are rounded to the nearest double: they agree if no place is lost.
        if (scaled / ONE as f64).to_bits() != number.to_bits() {
            return Err(FigureError::TooFine { number, one: ONE });
        }
        Ok(Self(scaled as i64))
    }
}

impl<'de, const ONE: i64, const MOST: i64> Deserialize<'de> for Decimal<ONE, MOST> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // -0 has other bits than 0.
        Self::read(f64::deserialize(from)? + 0.0).map_err(D::Error::custom)
    }
}

/// A figure, or both ends of it where it is not published: `1.25`, `[1, 2.625]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span<T> {
    pub(super) low: T,
    pub(super) high: T,
}

impl<T: Copy> Span<T> {
    pub(super) const fn exactly(value: T) -> Self {
        Self { low: value, high: value }
    }
}

impl<'de, T: Deserialize<'de> + PartialOrd + Copy> Deserialize<'de> for Span<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(from)?;
        let one = |value| T::deserialize(value).map_err(D::Error::custom);
        match value {
            serde_json::Value::Array(ends) => match <[serde_json::Value; 2]>::try_from(ends) {
                Ok([low, high]) => {
                    let (low, high) = (one(low)?, one(high)?);
                    if low <= high {
                        return Ok(Self { low, high });
                    }
                    Err(D::Error::custom("the lower end is above the upper one"))
                }
                Err(_) => Err(D::Error::custom("a range has two ends")),
            },
            value => one(value).map(Self::exactly),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usd(text: &str) -> Result<Usd, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn prices_are_read_to_the_last_place() {
        for (text, nanousd) in
            [("0.0075", 7_500_000), ("4e-07", 400), ("0", 0), ("-0.0", 0), ("0.023", 23_000_000)]
        {
            assert_eq!(usd(text).unwrap(), Decimal(nanousd), "{text}");
        }
        for text in ["-1", "11", "0.0000000001", "\"1\"", "null"] {
            assert!(usd(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_range_has_two_ends_in_order() {
        let span = |text: &str| serde_json::from_str::<Span<Factor>>(text);
        assert_eq!(span("[1, 2.625]").unwrap(), Span { low: Decimal(1_000), high: Decimal(2_625) });
        assert_eq!(span("1.25").unwrap(), Span::exactly(Decimal(1_250)));
        assert!(["[2, 1]", "[1]", "[1, 2, 3]", "[]", "[1, 101]"].iter().all(|text| span(text).is_err()));
    }

    proptest! {
        #[test]
        fn every_price_of_nine_places_is_exact(nanousd in 0_i64..=10_000_000_000) {
            let text = format!("{}.{:09}", nanousd / 1_000_000_000, nanousd % 1_000_000_000);
            prop_assert_eq!(usd(&text).unwrap(), Decimal(nanousd));
        }
    }
}
