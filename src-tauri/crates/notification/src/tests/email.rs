use spillway_test_support::{Certificate, SmtpOptions, SmtpSink, start_smtp_sink, start_smtp_sink_with};

use super::{SECRET, refusal, saying, send, send_to};
use crate::{Again, MENDING, Security, Target, Trust};

fn email(port: u16, security: Security, to: &[&str]) -> Target {
    Target::Email {
        host: "localhost".to_owned(),
        port,
        security,
        user: Some("operator".to_owned()),
        from: "Spillway 中 <spillway@example.com>".to_owned(),
        to: to.iter().map(|&to| to.to_owned()).collect(),
    }
}

fn to_everybody(sink: &SmtpSink, to: &[&str]) -> Target {
    email(sink.port, Security::None, to)
}

#[test]
fn a_letter_arrives_as_it_was_written_and_knows_its_name() {
    let sink = start_smtp_sink();
    let target = to_everybody(&sink, &["desk@example.com", "Ärger <other@example.org>"]);
    for _ in 0..2 {
        let taken = send(&target).expect("it was taken");
        assert_eq!(taken.said, "answered 250, and said: 2.0.0 Ok: kept");
    }
    let [letter, again] = &sink.wait_for(2)[..] else { panic!("two letters") };
    assert_eq!(letter.sender, "spillway@example.com");
    assert_eq!(letter.receivers, ["desk@example.com", "other@example.org"]);
    let id = letter.header("Message-ID");
    assert_eq!(id.as_deref(), Some("<0198c5f0-0000-7000-8000-000000000001.7@example.com>"));
    assert_eq!(id, again.header("Message-ID"));
    assert_eq!(letter.header("Date").as_deref(), Some("Mon, 21 Sep 2026 14:13:20 +0000"));
    assert_eq!(letter.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    assert_eq!(letter.header("Spillway-Topic").as_deref(), Some("job.delivered"));
    assert_eq!(letter.header("Spillway-Sequence").as_deref(), Some("7"));
    assert_eq!(letter.header("Bcc"), None, "a subject is one line");
    assert!(letter.text.is_ascii(), "every server can carry it");

    let read = std::process::Command::new("/usr/bin/python3")
        .args([
            "-c",
            "import sys,email,email.policy as p;m=email.message_from_string(sys.argv[1],policy=p.default);\
             print(m['subject']);print(m['from']);print(m.get_content_type());print(m.get_content(),end='')",
            &letter.text,
        ])
        .output()
        .expect("Python runs");
    assert_eq!(
        String::from_utf8_lossy(&read.stdout).replace("\r\n", "\n"),
        "Filmmätning: geliefert Bcc: everybody@example.com\nSpillway 中 <spillway@example.com>\ntext/plain\n\
         Line one\n.\n中文\n"
    );
}

#[test]
fn those_who_are_refused_are_named_and_the_others_get_it() {
    let sink = start_smtp_sink();
    let taken = send(&to_everybody(&sink, &["unknown@example.com", "desk@example.com"])).expect("one got it");
    assert!(taken.said.contains("but refused unknown@example.com"), "{taken:?}");
    assert!(taken.said.contains("nobody is called that here"), "{taken:?}");
    assert_eq!(sink.wait_for(1)[0].receivers, ["desk@example.com"]);

    let trouble = refusal(&to_everybody(&sink, &["unknown@example.com"]));
    assert_eq!(trouble.again, Again::Never, "{trouble}");
    let trouble = refusal(&to_everybody(&sink, &["desk@example.com", "later@example.com"]));
    assert_eq!(trouble.again, Again::Later);
    assert!(trouble.why.contains("later@example.com: answered 451"), "{trouble}");
    assert_eq!(sink.letters().len(), 1);
}

#[test]
fn addresses_that_make_no_sense_are_for_a_person_to_mend() {
    let sink = start_smtp_sink();
    for to in [&["nobody"][..], &["a@b\r\nDATA"], &[]] {
        let trouble = refusal(&to_everybody(&sink, to));
        assert_eq!(trouble.again, Again::After(MENDING), "{trouble}");
    }
    assert!(sink.letters().is_empty());
}

#[test]
fn a_password_goes_through_tls_only() {
    let certificate = Certificate::for_loopback();
    let login = Some(("operator", SECRET));
    for tls in [false, true] {
        let options = SmtpOptions { certificate: Some(&certificate), tls, login, port: None };
        let sink = start_smtp_sink_with(options);
        let security = if tls { Security::Tls } else { Security::StartTls };
        let target = email(sink.port, security, &["desk@example.com"]);
        let trouble = send(&target).expect_err("nobody trusts its certificate");
        assert!(trouble.why.starts_with("its certificate is not trusted"), "{trouble}");
        assert_eq!(trouble.again, Again::After(MENDING));
        send_to(&target, Trust::Only(certificate.der.clone())).expect("it was taken");
        let [letter] = &sink.wait_for(1)[..] else { panic!("one letter") };
        assert!(letter.encrypted);
        assert_eq!(letter.login.as_deref(), Some("operator"));
    }
    // Without TLS nobody logs in, and the server says what it thinks of that.
    let sink = start_smtp_sink_with(SmtpOptions { login, ..SmtpOptions::default() });
    let trouble = refusal(&to_everybody(&sink, &["desk@example.com"]));
    assert!(trouble.why.contains("530"), "{trouble}");
    assert_eq!(trouble.again, Again::After(MENDING));
    // A server that does not offer TLS gets no letter from somebody who wants it.
    let plain = start_smtp_sink();
    let trouble = refusal(&email(plain.port, Security::StartTls, &["desk@example.com"]));
    assert_eq!(trouble.why, "the mail server does not offer STARTTLS");
    assert!(plain.letters().is_empty());
}

#[test]
fn a_wrong_password_is_for_a_person_to_mend() {
    let certificate = Certificate::for_loopback();
    let login = Some(("operator", "another"));
    let options = SmtpOptions { certificate: Some(&certificate), tls: true, login, port: None };
    let sink = start_smtp_sink_with(options);
    let target = email(sink.port, Security::Tls, &["desk@example.com"]);
    let trouble = send_to(&target, Trust::Only(certificate.der.clone())).expect_err("it is wrong");
    assert!(trouble.why.contains("535"), "{trouble}");
    assert_eq!(trouble.again, Again::After(MENDING));
}

#[test]
fn what_is_no_mail_server_is_said_so() {
    let (address, _server) = saying(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let mut target = email(address.port(), Security::None, &["desk@example.com"]);
    if let Target::Email { host, .. } = &mut target {
        "127.0.0.1".clone_into(host);
    }
    let trouble = refusal(&target);
    assert_eq!(trouble.again, Again::Later);
    assert!(trouble.why.starts_with("what answers there does not speak SMTP"), "{trouble}");
}
