//! The receipts of a job.
use super::{Bench, Setback};
use crate::db::OutputRow;
pub(super) type Receipt = String;
pub(super) fn compose(_bench: &Bench<'_>, media: &[OutputRow]) -> Result<Receipt, Setback> {
    Ok(format!("{media:?}"))
}
pub(super) fn text(_bench: &Bench<'_>, receipt: &Receipt, _kind: &str) -> Result<String, Setback> {
    Ok(receipt.clone())
}
