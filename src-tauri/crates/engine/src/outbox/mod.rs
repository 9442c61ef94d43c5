//! Telling others: state changes go out through channels (webhook, command, e-mail, STOMP broker) by way of an
//! outbox in the database. At least once, in order for each job, across restarts, never delaying a delivery.

mod attend;
mod check;
mod event;
mod fan;
mod model;
mod post;
mod record;
mod retry;
mod told;
mod trial;
mod words;

pub(crate) use attend::attend;
pub(crate) use check::checked;
pub(crate) use fan::fan_out_all;
pub use model::*;
pub(crate) use post::{Carrier, Post};
pub(crate) use trial::{ended, prepared};
