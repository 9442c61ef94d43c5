//! Sending one message to somebody else: webhook, command, e-mail, STOMP broker. Knows no jobs and no database.
//!
//! [`send`] tries once. It comes back within the limits and soon after it is cancelled, and says what the other
//! side said, or why the message was not taken and when another try makes sense. Whoever calls keeps the message
//! until it was taken, so the other side may see it twice; [`Message::id`] tells it so.

mod bounded;
mod command;
mod email;
mod model;
mod secret;
mod stomp;
#[cfg(test)]
mod tests;
mod trust;
mod webhook;
mod words;

use std::sync::atomic::AtomicBool;

use bounded::bounded;
pub use model::*;
pub use secret::Secret;
use trust::Trust;

/// Tries once to send a message.
///
/// # Errors
/// Why it was not taken, or that nobody knows whether it was, and when to try again.
pub fn send(
    target: &Target,
    secret: Option<&Secret>,
    message: &Message,
    limits: &Limits,
    cancel: &AtomicBool,
) -> Result<Taken, NotTaken> {
    send_trusting(target, secret, message, limits, cancel, Trust::System)
}

fn send_trusting(
    target: &Target,
    secret: Option<&Secret>,
    message: &Message,
    limits: &Limits,
    cancel: &AtomicBool,
    trust: Trust,
) -> Result<Taken, NotTaken> {
    let tried = match target {
        Target::Command { program, arguments, timeout } => {
            command::run(program, arguments, *timeout, message, cancel)
        }
        Target::Webhook { url } => {
            let (url, secret, message, limits) = (url.clone(), secret.cloned(), message.clone(), *limits);
            bounded(&limits, cancel, move |_| webhook::post(&url, secret.as_ref(), &message, limits, &trust))
        }
        Target::Email { host, port, security, user, from, to } => {
            let server = email::Server {
                host: host.clone(),
                port: *port,
                security: *security,
                login: user.clone().zip(secret.cloned()),
            };
            let letter = email::letter(from, to, message)?;
            let limits = *limits;
            bounded(&limits, cancel, move |_| email::deliver(&server, &letter, limits, &trust))
        }
        Target::Stomp { host, port, tls, destination, user } => {
            let broker = stomp::Broker {
                host: host.clone(),
                port: *port,
                tls: *tls,
                login: user.clone(),
                passcode: secret.cloned(),
            };
            let (destination, message, limits) = (destination.clone(), message.clone(), *limits);
            bounded(&limits, cancel, move |given_up| {
                stomp::publish(&broker, &destination, &message, limits, given_up, &trust)
            })
        }
    };
    match secret {
        None => tried,
        Some(secret) => match tried {
            Ok(taken) => Ok(Taken { said: secret.hide(&taken.said) }),
            Err(trouble) => Err(NotTaken { why: secret.hide(&trouble.why), ..trouble }),
        },
    }
}
