//! The worker process: one task at arm's length, and the supervisor that watches over it.
//!
//! A worker gets one [`crate::task::Request::Run`] line on standard input and answers with
//! [`crate::task::Reply`] lines on standard output. It ends itself when standard input closes, so no
//! worker outlives its engine. A crash, a hang or a kill is a value for the supervisor, nothing more.

mod confine;
mod supervisor;
mod worker;

pub use supervisor::{Supervisor, WorkerFailure};
pub use worker::{perform, worker_main};
