//! Amazon S3, SQS and AWS Elemental MediaConvert, and what speaks like them, for callers without asynchronous code. Knows no jobs.
//!
//! Every call blocks until it has an answer, is cancelled, or its bounded retries are used up. Credentials
//! come from the chain of Amazon's own tools and nowhere else; no error and no log line holds one.

mod checksum;
mod connect;
pub mod convert;
mod download;
mod error;
mod event;
pub mod job;
mod limit;
mod object;
pub mod price;
mod queue;
mod refusal;
mod settings;
pub mod setup;
#[cfg(test)]
mod tests;
pub mod transfer;

pub use connect::Cloud;
pub use download::Wanted;
pub use error::CloudError;
pub use event::ObjectCreated;
pub use object::{Listed, Object};
pub use queue::{Note, Queue};
pub use settings::CloudSettings;
