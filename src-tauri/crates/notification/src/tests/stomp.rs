use std::{
    io::{Read, Write},
    net::TcpListener,
};

use spillway_test_support::{start_activemq, start_activemq_with_tls};

use super::{LIMITS, SECRET, message, refusal, saying, send, send_to};
use crate::{Again, MENDING, Message, Target, Trust, send_trusting};

const QUEUE: &str = "/queue/spillway";

fn queue(port: u16, tls: bool) -> Target {
    Target::Stomp {
        host: if tls { "localhost" } else { "127.0.0.1" }.to_owned(),
        port,
        tls,
        destination: QUEUE.to_owned(),
        user: Some("operator".to_owned()),
    }
}

#[test]
fn what_the_broker_gave_a_receipt_for_survives_its_crash() {
    let mut broker = start_activemq();
    let target = queue(broker.port, false);
    let taken = send(&target).expect("it was taken");
    assert_eq!(taken.said, "the broker gave a receipt for /queue/spillway");
    let odd =
        Message { id: "a:b\\c\nd\r".to_owned(), topic: "channel:test".to_owned(), sequence: 8, ..message() };
    let cancel = std::sync::atomic::AtomicBool::new(false);
    send_trusting(&target, None, &odd, &LIMITS, &cancel, Trust::System).expect("it was taken");

    broker.kill();
    assert_eq!(refusal(&target).again, Again::Later);
    broker.start_again();

    let messages = broker.take(QUEUE);
    let [first, second] = &messages[..] else { panic!("two messages: {messages:?}") };
    assert_eq!(first.body, message().body);
    for (name, value) in [
        ("spillway-id", message().id.as_str()),
        ("spillway-topic", "job.delivered"),
        ("spillway-sequence", "7"),
        ("persistent", "true"),
        ("content-type", "application/json"),
        ("type", "job.delivered"),
        ("correlation-id", "4711"),
    ] {
        assert_eq!(first.headers.get(name).map(String::as_str), Some(value), "{name}: {:?}", first.headers);
    }
    assert_eq!(second.headers["spillway-id"], odd.id);
    assert_eq!(second.headers["spillway-topic"], odd.topic);
    assert!(broker.take(QUEUE).is_empty());
}

#[test]
fn what_the_broker_cannot_take_is_not_taken() {
    let broker = start_activemq();
    for nowhere in ["", "/queue/"] {
        let mut target = queue(broker.port, false);
        if let Target::Stomp { destination, .. } = &mut target {
            nowhere.clone_into(destination);
        }
        let trouble = refusal(&target);
        assert_eq!((trouble.why.as_str(), trouble.again), ("the broker ended the connection", Again::Later));
    }
    send(&queue(broker.port, false)).expect("it was taken");
    assert_eq!(broker.take(QUEUE).len(), 1);
}

#[test]
fn tls_proves_the_broker() {
    let broker = start_activemq_with_tls();
    let target = queue(broker.port, true);
    send_to(&target, Trust::Only(broker.certificate())).expect("it was taken");
    let trouble = send(&target).expect_err("nobody trusts its certificate");
    assert!(trouble.why.starts_with("its certificate is not trusted"), "{trouble}");
    assert_eq!(trouble.again, Again::After(MENDING));
}

#[test]
fn what_is_no_broker_is_said_so() {
    for words in
        [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"MESSAGE\n\n\0", b"ERROR\ncontent-length:9999999\n\n"]
    {
        let (address, _server) = saying(words);
        let trouble = refusal(&queue(address.port(), false));
        assert_eq!(trouble.again, Again::Later, "{trouble}");
    }
}

/// A broker that answers each connection with the next of these words once somebody has said something.
fn scripted(answers: &'static [&'static [u8]]) -> (u16, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    let thread = std::thread::spawn(move || {
        let mut heard = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().expect("somebody connects");
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).expect("somebody speaks");
            stream.write_all(answer).expect("somebody listens");
            heard.push(String::from_utf8_lossy(&buffer[..read]).into_owned());
            // Until the other side is through.
            let _ = stream.read_to_end(&mut Vec::new());
        }
        heard
    });
    (port, thread)
}

#[test]
fn a_login_that_is_refused_is_for_a_person_to_mend() {
    let (port, broker) = scripted(&[b"ERROR\nmessage:Bad CONNECT\n\nAccess refused for user 'operator'\n\0"]);
    let trouble = refusal(&queue(port, false));
    assert_eq!(trouble.why, "the broker refuses, and said: Bad CONNECT: Access refused for user 'operator'");
    assert_eq!(trouble.again, Again::After(MENDING));
    let heard = broker.join().unwrap();
    assert!(heard[0].contains(&format!("\nlogin:operator\npasscode:{SECRET}\n")), "{heard:?}");
}

#[test]
fn a_broker_of_several_hosts_is_asked_for_its_only_one() {
    let (port, broker) = scripted(&[
        b"ERROR\nmessage:Bad CONNECT\n\nVirtual host '127.0.0.1' access denied\0",
        b"\n\nCONNECTED\nversion:1.2\n\n\0RECEIPT\nreceipt-id:another\n\n\0RECEIPT\nreceipt-id:0198c5f0-0000-7000-8000-000000000001.7\n\n\0",
    ]);
    send(&queue(port, false)).expect("it was taken");
    let heard = broker.join().unwrap();
    assert!(heard[0].contains("\nhost:127.0.0.1\n") && heard[1].contains("\nhost:/\n"), "{heard:?}");
}

#[test]
fn without_its_receipt_nothing_is_taken_and_the_broker_says_why() {
    let (port, broker) = scripted(&[
        b"CONNECTED\nversion:1.2\n\n\0RECEIPT\nreceipt-id:another\n\n\0\
        ERROR\ncontent-type:text/plain\nmessage:Store full\\c 100%\n\n\
        javax.jms.ResourceAllocationException: Store full: 100%\n\tat org.apache.Store.add(Store.java:1)\n\0",
    ]);
    let trouble = refusal(&queue(port, false));
    assert_eq!(trouble.why, "the broker refuses, and said: Store full: 100%");
    assert_eq!(trouble.again, Again::Later);
    broker.join().expect("nobody panicked");
}
