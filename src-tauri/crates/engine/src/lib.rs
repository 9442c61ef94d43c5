//! The durable engine: submit, plan, schedule, recover, verify, deliver. Knows no command line, no
//! window, no environment variables: paths and limits come in through [`Config`].

pub mod catalog;
pub mod clock;
pub mod config;
pub mod conform;
pub mod cost;
mod craft;
mod db;
pub mod doctor;
mod engine;
pub mod error;
pub mod failure;
pub mod fault;
mod feed;
mod files;
mod forecast;
mod gate;
pub mod history;
pub mod live;
mod lock;
pub mod model;
mod order;
pub mod outbox;
pub mod picture;
pub mod plan;
pub mod preflight;
pub mod receipt;
mod recover;
pub mod remote;
pub mod route;
mod run;
pub mod settings;
pub mod sheet;
mod space;
mod steps;
mod submit;
mod sweep;
#[cfg(test)]
mod tests;
mod transition;
pub mod watch;

pub use config::Config;
pub use engine::Engine;
pub use error::EngineError;
pub use fault::{CLOUD_FAULT_POINTS, FAULT_POINTS};
pub use run::Until;
