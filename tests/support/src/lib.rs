//! Whom tests talk to: real programs of others, on loopback, on ports that were free. They end with the value that
//! stands for them, and when the test is killed. A program that is missing is a failure that names the remedy.

mod broker;
mod certificate;
#[cfg(feature = "cloud")]
pub mod cloud;
mod http;
mod program;
mod smtp;

use std::time::Duration;

pub use broker::{Broker, BrokerMessage, start_activemq, start_activemq_with_tls};
pub use certificate::Certificate;
pub use http::{HttpSink, Request, start_http_sink};
pub use smtp::{Letter, SmtpOptions, SmtpSink, start_smtp_sink, start_smtp_sink_with};

/// How long anything on loopback is waited for before the test fails: long enough for a machine with other work.
const PATIENCE: Duration = Duration::from_mins(2);
