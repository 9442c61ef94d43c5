//! Telling others: state changes go out through channels (webhook, command, e-mail, STOMP broker) by way of an
//! outbox in the database. At least once, in order for each job, across restarts, never delaying a delivery.

mod attend;
mod model;

pub(crate) use attend::attend;
pub use model::*;
