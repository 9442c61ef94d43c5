//! A mail server (aiosmtpd) that keeps what it is sent.

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Condvar, Mutex},
};

use serde::Deserialize;

use crate::{
    Certificate, PATIENCE,
    program::{Program, Said, must_be_there},
};

/// Debian's own, which has its packages.
const PYTHON: &str = "/usr/bin/python3";

/// A letter that was taken.
#[derive(Debug, Clone, Deserialize)]
pub struct Letter {
    /// Sender of the envelope.
    pub sender: String,
    /// Receivers of the envelope.
    pub receivers: Vec<String>,
    /// All of it, headers and body, as it came.
    pub text: String,
    /// Who logged in.
    pub login: Option<String>,
    /// Whether it came through TLS.
    pub encrypted: bool,
}

impl Letter {
    /// Value of a header, as it came, its lines joined.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        head.lines().find_map(|line| {
            let (its, value) = line.split_once(':')?;
            its.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

/// How the server behaves.
#[derive(Default, Clone, Copy)]
pub struct SmtpOptions<'a> {
    /// With it there is STARTTLS, or TLS from the start.
    pub certificate: Option<&'a Certificate>,
    /// TLS from the start.
    pub tls: bool,
    /// User and password that it wants before anything else.
    pub login: Option<(&'a str, &'a str)>,
    /// A port, of a server that is to come back.
    pub port: Option<u16>,
}

#[derive(Default)]
struct Kept {
    letters: Vec<Letter>,
    at_end: bool,
}

/// The server. Receivers called `unknown` are refused for good, those called `later` for now, and letters that
/// mention “spam” for their content.
pub struct SmtpSink {
    _program: Program,
    kept: Arc<(Mutex<Kept>, Condvar)>,
    /// Its port on 127.0.0.1.
    pub port: u16,
}

/// Starts one that takes everything, in the clear.
pub fn start_smtp_sink() -> SmtpSink {
    start_smtp_sink_with(SmtpOptions::default())
}

/// Starts one.
pub fn start_smtp_sink_with(options: SmtpOptions<'_>) -> SmtpSink {
    #[derive(Deserialize)]
    struct Port {
        port: u16,
    }
    let can_run = Command::new(PYTHON)
        .args(["-c", "import aiosmtpd"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    must_be_there("the mail server aiosmtpd", can_run);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/smtp_sink.py");
    let mut arguments = vec![PYTHON.into(), script.into_os_string()];
    if let Some(certificate) = options.certificate {
        arguments.extend(["--certificate".into(), certificate.file().into_os_string()]);
        arguments.extend(["--key".into(), certificate.key_file().into_os_string()]);
    }
    if options.tls {
        arguments.push("--tls".into());
    }
    if let Some((user, password)) = options.login {
        arguments.extend(["--user", user, "--password", password].map(Into::into));
    }
    if let Some(port) = options.port {
        arguments.extend(["--port".into(), port.to_string().into()]);
    }
    let (program, mut said) = Program::start(arguments);
    let first = said.next().expect("the mail server starts").expect("it speaks");
    let Port { port } = serde_json::from_str(&first).expect("it says its port");
    let kept = Arc::new((Mutex::new(Kept::default()), Condvar::new()));
    let keeping = Arc::clone(&kept);
    std::thread::spawn(move || keep(said, &keeping));
    SmtpSink { _program: program, kept, port }
}

fn keep(said: Said, kept: &(Mutex<Kept>, Condvar)) {
    for line in said.map_while(Result::ok) {
        let letter = serde_json::from_str(&line).expect("it is a letter");
        kept.0.lock().expect("nobody panicked").letters.push(letter);
        kept.1.notify_all();
    }
    kept.0.lock().expect("nobody panicked").at_end = true;
    kept.1.notify_all();
}

impl SmtpSink {
    /// All letters so far.
    pub fn letters(&self) -> Vec<Letter> {
        self.kept.0.lock().expect("nobody panicked").letters.clone()
    }

    /// All letters as soon as there are so many.
    pub fn wait_for(&self, count: usize) -> Vec<Letter> {
        let (lock, changed) = &*self.kept;
        let guard = lock.lock().expect("nobody panicked");
        let (guard, _) = changed
            .wait_timeout_while(guard, PATIENCE, |kept| kept.letters.len() < count && !kept.at_end)
            .expect("nobody panicked");
        assert!(guard.letters.len() >= count, "{} of {count} letters came", guard.letters.len());
        guard.letters.clone()
    }
}
