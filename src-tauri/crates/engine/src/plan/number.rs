//! Conversions between counts and floating point, for estimates and for settings given in seconds.
//! Timestamps never pass through here.

/// A count as floating point; exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts of frames, bytes and ticks for people and estimates")]
pub(crate) fn approx(n: u64) -> f64 {
    n as f64
}

/// Signed ticks as floating point; exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "ticks for people and estimates")]
pub(crate) fn approx_i(n: i64) -> f64 {
    n as f64
}

/// The nearest whole number, at least 0; not-a-number gives 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float-to-int casts saturate, which is the bound wanted"
)]
pub(crate) fn whole(x: f64) -> u64 {
    x.round().max(0.0) as u64
}

/// As [`whole`], saturating at the largest `u32`.
pub(crate) fn whole_u32(x: f64) -> u32 {
    u32::try_from(whole(x)).unwrap_or(u32::MAX)
}

/// An unsigned count as ticks, saturating.
pub(crate) fn ticks(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A slice position for a frame ordinal, saturating.
pub(crate) fn position(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
