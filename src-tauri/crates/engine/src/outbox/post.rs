//! Who carries a message to the other side; tests put their own in.

use std::{sync::atomic::AtomicBool, time::Duration};

use spillway_notification::{self as notification, Limits, NotTaken, Secret, Taken};

use super::{Security, Target};

/// How long a try may take.
const LIMITS: Limits = Limits { connect: Duration::from_secs(10), total: Duration::from_secs(30) };

/// Tries once to bring a message to the other side.
pub(crate) trait Post: Send + Sync {
    /// Ends within limits of its own, and soon after `cancel` becomes true.
    fn send(
        &self,
        target: &Target,
        secret: Option<&Secret>,
        message: &notification::Message,
        cancel: &AtomicBool,
    ) -> Result<Taken, NotTaken>;
}

/// The real one.
pub(crate) struct Carrier;

impl Post for Carrier {
    fn send(
        &self,
        target: &Target,
        secret: Option<&Secret>,
        message: &notification::Message,
        cancel: &AtomicBool,
    ) -> Result<Taken, NotTaken> {
        notification::send(&target.into(), secret, message, &LIMITS, cancel)
    }
}

impl From<&Target> for notification::Target {
    fn from(target: &Target) -> Self {
        match target.clone() {
            Target::Webhook { url } => Self::Webhook { url },
            Target::Command { program, arguments, timeout_s } => {
                Self::Command { program, arguments, timeout: Duration::from_secs(timeout_s.into()) }
            }
            Target::Email { host, port, security, user, from, to } => {
                Self::Email { host, port, security: security.into(), user, from, to }
            }
            Target::Stomp { host, port, tls, destination, user } => {
                Self::Stomp { host, port, tls, destination, user }
            }
        }
    }
}

impl From<Security> for notification::Security {
    fn from(security: Security) -> Self {
        match security {
            Security::Tls => Self::Tls,
            Security::StartTls => Self::StartTls,
            Security::None => Self::None,
        }
    }
}
