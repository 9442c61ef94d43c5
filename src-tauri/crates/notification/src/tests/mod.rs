//! Every kind of target, with real programs at the other end.

mod command;
mod email;
mod stomp;
mod webhook;

use std::{
    collections::BTreeMap,
    io::Write,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::atomic::AtomicBool,
    thread::JoinHandle,
    time::Duration,
};

use crate::{Limits, Message, NotTaken, Secret, Taken, Target, Trust, send_trusting};

/// What no error may show.
const SECRET: &str = "correct horse battery staple";

/// Long enough for a machine with other work: reached only where a test fails.
const LIMITS: Limits = Limits { connect: Duration::from_mins(1), total: Duration::from_mins(2) };

fn message() -> Message {
    Message {
        id: "0198c5f0-0000-7000-8000-000000000001.7".to_owned(),
        topic: "job.delivered".to_owned(),
        sequence: 7,
        created_ms: 1_790_000_000_123,
        tried_ms: 1_790_000_060_999,
        subject: "Filmmätning: geliefert\r\nBcc: everybody@example.com".to_owned(),
        text: "Line one\n.\n中文\n".to_owned(),
        body: r#"{"schema":1,"title":"Мастер 中","state":"delivered"}"#.to_owned(),
        fields: BTreeMap::from([
            ("topic".to_owned(), "job.delivered".to_owned()),
            ("job".to_owned(), "4711".to_owned()),
            ("source".to_owned(), "/in/a $(touch x) \"b\".mov".to_owned()),
        ]),
    }
}

fn send(target: &Target) -> Result<Taken, NotTaken> {
    send_to(target, Trust::System)
}

/// Sends with a secret, and sees that nobody repeats it.
fn send_to(target: &Target, trust: Trust) -> Result<Taken, NotTaken> {
    let secret = Secret::new(SECRET);
    let tried = send_trusting(target, Some(&secret), &message(), &LIMITS, &AtomicBool::new(false), trust);
    for shown in [format!("{tried:?}"), format!("{target:?}"), format!("{secret:?}")] {
        assert!(!shown.contains(SECRET), "{shown}");
    }
    tried
}

fn refusal(target: &Target) -> NotTaken {
    send(target).expect_err("it was not taken")
}

/// A server that says what it is told to say to whoever connects, and keeps the connection until its end.
fn saying(words: &'static [u8]) -> (SocketAddr, JoinHandle<Option<TcpStream>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().ok()?;
        stream.write_all(words).ok()?;
        Some(stream)
    });
    (address, thread)
}

/// A port on which nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port is free")
}

#[test]
fn nobody_is_waited_for_longer_than_the_limits_and_no_longer_than_wanted() {
    let targets = |address: SocketAddr| {
        let (host, port) = ("127.0.0.1".to_owned(), address.port());
        [
            Target::Webhook { url: format!("http://{address}/") },
            Target::Email {
                host: host.clone(),
                port,
                security: crate::Security::None,
                user: None,
                from: "a@example.com".to_owned(),
                to: vec!["b@example.com".to_owned()],
            },
            Target::Stomp { host, port, tls: false, destination: "/queue/a".to_owned(), user: None },
        ]
    };
    for number in 0..3 {
        for (limit, cancel) in [(Duration::from_millis(100), false), (LIMITS.total, true)] {
            // It accepts, and never says a word.
            let (address, silent) = saying(b"");
            let limits = Limits { connect: limit, total: limit };
            let target = &targets(address)[number];
            let tried =
                send_trusting(target, None, &message(), &limits, &AtomicBool::new(cancel), Trust::System);
            let trouble = tried.expect_err("nobody answered");
            assert_eq!(trouble.again, crate::Again::Later, "{target:?} {trouble}");
            if cancel {
                assert_eq!(trouble.why, "the try was cancelled");
                // It may not even have connected.
                let _ = TcpStream::connect(address);
            }
            silent.join().expect("nobody panicked");
        }
        let trouble = refusal(&targets(nobody())[number]);
        assert_eq!(trouble.again, crate::Again::Later, "{trouble}");
        assert!(trouble.why.to_lowercase().contains("refused"), "{trouble}");
    }
}
