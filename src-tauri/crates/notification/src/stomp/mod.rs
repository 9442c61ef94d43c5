//! A publisher for message brokers that speak STOMP 1.2 (ActiveMQ, Artemis, RabbitMQ).
//!
//! Each message goes out persistent, on a connection of its own, and is taken when the broker's receipt for it
//! came: then it is on the broker's disk. Brokers that can recognise repeated messages get the means to
//! (`_AMQ_DUPL_ID` is Artemis's).

mod frame;
mod line;

use std::{sync::atomic::AtomicBool, time::Instant};

use frame::Frame;
use line::Line;

use crate::{Limits, Message, NotTaken, Secret, Taken, trust::Trust, words::saying};

/// The host of brokers whose only host it is (RabbitMQ names it so).
const ONLY_HOST: &str = "/";

/// Who takes it.
pub(crate) struct Broker {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: bool,
    pub(crate) login: Option<String>,
    pub(crate) passcode: Option<Secret>,
}

/// Publishes the message.
pub(crate) fn publish(
    broker: &Broker,
    destination: &str,
    message: &Message,
    limits: Limits,
    given_up: &AtomicBool,
    trust: &Trust,
) -> Result<Taken, NotTaken> {
    let until = Instant::now() + limits.total;
    let open = |host: &str| -> Result<(Line<'_>, Frame), NotTaken> {
        let mut line = Line::open(broker, limits, until, given_up, trust)?;
        line.write(&greeting(broker, host)?)?;
        let answer = line.read()?;
        Ok((line, answer))
    };
    let (mut line, mut answer) = open(&broker.host)?;
    if refuses_host(&answer) {
        // It keeps several hosts apart, and knows itself by another name than the network does.
        drop(line);
        (line, answer) = open(ONLY_HOST)?;
    }
    match answer.command.as_str() {
        "CONNECTED" => {}
        "ERROR" => return Err(NotTaken::to_mend(format!("the broker refuses{}", saying(&words(&answer))))),
        _ => return Err(NotTaken::later("what answers there does not speak STOMP 1.2")),
    }
    line.write(&letter(destination, message))?;
    loop {
        let answer = line.read()?;
        match answer.command.as_str() {
            "RECEIPT" if answer.header("receipt-id") == Some(&message.id) => break,
            "ERROR" => {
                return Err(NotTaken::later(format!("the broker refuses{}", saying(&words(&answer)))));
            }
            _ => {}
        }
    }
    // It has the message: a farewell that fails changes nothing.
    let _ = line.write(&Frame::new("DISCONNECT").encode());
    Ok(Taken { said: format!("the broker gave a receipt for {destination}") })
}

fn greeting(broker: &Broker, host: &str) -> Result<Vec<u8>, NotTaken> {
    let mut frame =
        Frame::new("CONNECT").with("accept-version", "1.2").with("host", host).with("heart-beat", "0,0");
    if let Some(login) = &broker.login {
        frame = frame.with("login", login);
    }
    if let Some(passcode) = &broker.passcode {
        frame = frame.with("passcode", passcode.reveal());
    }
    // This frame has no escapes.
    if frame.headers.iter().any(|(_, value)| value.contains(['\n', '\r', '\0'])) {
        return Err(NotTaken::to_mend("a login or pass code of several lines is not possible with STOMP"));
    }
    Ok(frame.encode())
}

fn letter(destination: &str, message: &Message) -> Vec<u8> {
    let mut frame = Frame::new("SEND")
        .with("destination", destination)
        .with("content-type", "application/json")
        .with("content-length", &message.body.len().to_string())
        .with("persistent", "true")
        .with("receipt", &message.id)
        // ActiveMQ gives its Java listeners bytes otherwise, for there is a length.
        .with("amq-msg-type", "text")
        .with("_AMQ_DUPL_ID", &message.id)
        // Listeners can select by these two.
        .with("type", &message.topic)
        .with("spillway-id", &message.id)
        .with("spillway-topic", &message.topic)
        .with("spillway-sequence", &message.sequence.to_string());
    if let Some(job) = message.fields.get("job") {
        frame = frame.with("correlation-id", job);
    }
    frame.body = message.body.clone().into_bytes();
    frame.encode()
}

fn refuses_host(answer: &Frame) -> bool {
    answer.command == "ERROR" && {
        let words = words(answer).to_lowercase();
        words.contains("virtual host") || words.contains("vhost")
    }
}

/// The broker's own words: its summary, and the first line of its details where they say more.
fn words(error: &Frame) -> String {
    let body = String::from_utf8_lossy(&error.body);
    let detail = body.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    match error.header("message") {
        None => detail.to_owned(),
        Some(summary) if detail.is_empty() || detail.contains(summary) => summary.to_owned(),
        Some(summary) => format!("{summary}: {detail}"),
    }
}
