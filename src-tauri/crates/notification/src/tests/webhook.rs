use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Command,
    sync::Arc,
    time::Duration,
};

use hmac::{Hmac, KeyInit, Mac};
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivatePkcs8KeyDer};
use spillway_test_support::{Certificate, start_http_sink};

use super::{SECRET, message, refusal, send, send_to};
use crate::{Again, MENDING, Target, Trust, trust::provider};

fn hook(url: &str) -> Target {
    Target::Webhook { url: format!("{url}/hooks/{}?a=1", SECRET.replace(' ', "%20")) }
}

#[test]
fn what_is_posted_carries_a_signature_that_proves_it() {
    let sink = start_http_sink();
    let taken = send(&hook(&sink.url())).expect("it was taken");
    assert_eq!(taken.said, "answered HTTP 204 No Content");
    let [request] = &sink.requests()[..] else { panic!("one request") };
    let message = message();
    assert_eq!((request.method.as_str(), request.body.as_str()), ("POST", message.body.as_str()));
    for (name, value) in [
        ("content-type", "application/json"),
        ("spillway-id", &message.id),
        ("spillway-topic", "job.delivered"),
        ("spillway-sequence", "7"),
        ("spillway-timestamp", "1790000060"),
        ("user-agent", concat!("Spillway/", env!("CARGO_PKG_VERSION"))),
    ] {
        assert_eq!(request.headers.get(name).map(String::as_str), Some(value), "{name}");
    }
    // As a receiver would do it.
    let (version, digits) = request.headers["spillway-signature"].split_once('=').expect("a version");
    assert_eq!(version, "v1");
    let signature: Vec<u8> = (0..digits.len() / 2)
        .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).expect("digits"))
        .collect();
    let signed = format!("{}.{}", request.headers["spillway-timestamp"], request.body);
    let mac =
        |text: &str| Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(text);
    mac(&signed).verify_slice(&signature).expect("it is signed");
    mac(&signed.replace("delivered", "failed")).verify_slice(&signature).expect_err("another text");
}

#[test]
fn every_answer_says_when_to_try_again() {
    let sink = start_http_sink();
    let plain = ("Content-Type", "text/plain; charset=utf-8");
    let after = |seconds| Again::After(Duration::from_secs(seconds));
    for (status, headers, body, again, why) in [
        (
            503,
            vec![plain],
            "busy\nnow",
            Again::Later,
            "answered HTTP 503 Service Unavailable, and said: busy now",
        ),
        (
            500,
            vec![("Content-Type", "text/html")],
            "<b>",
            Again::Later,
            "answered HTTP 500 Internal Server Error",
        ),
        (429, vec![("Retry-After", "17")], "", after(17), "answered HTTP 429 Too Many Requests"),
        (503, vec![("Retry-After", "99999999")], "", after(86_400), "answered HTTP 503 Service Unavailable"),
        (503, vec![("Retry-After", "soon")], "", Again::Later, "answered HTTP 503 Service Unavailable"),
        (408, vec![], "", Again::Later, "answered HTTP 408 Request Timeout"),
        (425, vec![], "", Again::Later, "answered HTTP 425 Too Early"),
        (404, vec![plain], SECRET, Again::After(MENDING), "answered HTTP 404 Not Found, and said: [secret]"),
        (401, vec![], "", Again::After(MENDING), "answered HTTP 401 Unauthorized"),
        (410, vec![], "", Again::Never, "answered HTTP 410 Gone"),
        (
            307,
            vec![("Location", "http://127.0.0.1:9/")],
            "",
            Again::After(MENDING),
            "answered HTTP 307 Temporary Redirect: redirects are not followed",
        ),
    ] {
        sink.answer(status, &headers, body);
        let trouble = refusal(&hook(&sink.url()));
        assert_eq!((trouble.why.as_str(), trouble.again), (why, again));
    }
    assert_eq!(sink.requests().len(), 11, "each was tried once");
}

#[test]
fn what_the_environment_says_of_proxies_is_for_others() {
    let proxy = format!("http://{}", super::nobody());
    let mut again = Command::new(std::env::current_exe().expect("this is a program"));
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        again.env(name, &proxy);
    }
    let test = "tests::webhook::what_is_posted_carries_a_signature_that_proves_it";
    let ended = again.args(["--exact", test]).env_remove("no_proxy").env_remove("NO_PROXY").output();
    let said = String::from_utf8_lossy(&ended.expect("it runs").stdout).into_owned();
    assert!(said.contains("1 passed"), "{said}");
}

#[test]
fn an_address_that_makes_no_sense_is_for_a_person_to_mend() {
    for url in ["", "nonsense", "ftp://127.0.0.1/", "http://"] {
        let trouble = refusal(&Target::Webhook { url: url.to_owned() });
        assert_eq!(trouble.again, Again::After(MENDING), "{url} {trouble}");
    }
}

#[test]
fn what_is_not_http_is_said_so() {
    let (address, _server) = super::saying(b"220 mail.example.com ESMTP\r\n");
    let trouble = refusal(&hook(&format!("http://{address}")));
    assert_eq!(trouble.again, Again::Later);
    assert_eq!(trouble.why, "what answers there does not speak HTTP");
}

/// A web server behind TLS that answers one request, if there is one.
fn behind_tls(certificate: &Certificate) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("https://{}", listener.local_addr().expect("it has an address"));
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("there are versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der.clone().into()],
            PrivatePkcs8KeyDer::from(certificate.key_der.clone()).into(),
        )
        .expect("they fit");
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("somebody connects");
        let mut stream = StreamOwned::new(ServerConnection::new(Arc::new(config)).expect("a server"), stream);
        let mut seen = Vec::new();
        let mut buffer = [0; 1024];
        while !seen.ends_with(message().body.as_bytes()) {
            // Whoever does not trust the certificate goes without a word.
            let Ok(read @ 1..) = stream.read(&mut buffer) else { return };
            seen.extend(&buffer[..read]);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").expect("it listens");
        stream.conn.send_close_notify();
        stream.flush().expect("it listens");
    });
    url
}

#[test]
fn a_certificate_that_nobody_trusts_is_not_trusted() {
    let certificate = Certificate::for_loopback();
    let trusted = send_to(&hook(&behind_tls(&certificate)), Trust::Only(certificate.der.clone()));
    assert_eq!(trusted.expect("it was taken").said, "answered HTTP 200 OK");

    let other = Certificate::for_loopback();
    for trust in [Trust::System, Trust::Only(other.der)] {
        let trouble = send_to(&hook(&behind_tls(&certificate)), trust).expect_err("nobody trusts it");
        assert!(trouble.why.starts_with("its certificate is not trusted"), "{trouble}");
        assert_eq!(trouble.again, Again::After(MENDING));
    }
}
