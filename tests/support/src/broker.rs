//! Apache ActiveMQ from the Debian package, as a process, with its store in a folder of its own.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::{
    PATIENCE,
    program::{Program, must_be_there},
};

/// Where Debian's packages put them.
const JARS: &str = "/usr/share/java";

/// What the broker needs of them.
const NEEDED: [&str; 13] = [
    "activemq-broker",
    "activemq-client",
    "activemq-console",
    "activemq-jaas",
    "activemq-kahadb-store",
    "activemq-openwire-legacy",
    "activemq-protobuf",
    "activemq-stomp",
    "geronimo-j2ee-management-1.1-spec",
    "geronimo-jms_1.1_spec",
    "hawtbuf",
    "slf4j-api",
    "slf4j-simple",
];

/// Protects a key that lives as long as a test.
const PASSWORD: &str = "loopback";

/// The broker. What is sent as persistent survives [`Broker::kill`] and [`Broker::start_again`].
pub struct Broker {
    program: Option<Program>,
    store: TempDir,
    tls: bool,
    /// The port on which it speaks STOMP, on 127.0.0.1; stays the same.
    pub port: u16,
}

/// What somebody published.
#[derive(Debug, Clone)]
pub struct BrokerMessage {
    /// Its headers; of each name the first.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: String,
}

/// Starts one.
pub fn start_activemq() -> Broker {
    start(false)
}

/// Starts one whose port speaks TLS; [`Broker::certificate`] is what to trust.
pub fn start_activemq_with_tls() -> Broker {
    start(true)
}

fn start(tls: bool) -> Broker {
    let java = Command::new("java").arg("-version").stderr(Stdio::null()).status();
    must_be_there("Java", java.is_ok_and(|status| status.success()));
    for jar in NEEDED {
        must_be_there(&format!("the broker ActiveMQ ({jar}.jar)"), jar_file(jar).is_file());
    }
    let store = tempfile::tempdir().expect("a folder can be made");
    if tls {
        make_key(store.path());
    }
    let mut broker = Broker { program: None, store, tls, port: 0 };
    broker.start_again();
    broker
}

fn jar_file(name: &str) -> std::path::PathBuf {
    Path::new(JARS).join(format!("{name}.jar"))
}

fn make_key(folder: &Path) {
    let keytool = |arguments: &[&str]| {
        let status = Command::new("keytool")
            .args(arguments)
            .args(["-alias", "broker", "-keystore", "key.p12", "-storepass", PASSWORD])
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        must_be_there("Java's keytool", status.is_ok_and(|status| status.success()));
    };
    let names = "san=dns:localhost,ip:127.0.0.1";
    keytool(&[
        "-genkeypair",
        "-keyalg",
        "EC",
        "-storetype",
        "PKCS12",
        "-dname",
        "CN=localhost",
        "-ext",
        names,
    ]);
    keytool(&["-exportcert", "-file", "certificate.der"]);
}

impl Broker {
    /// `127.0.0.1`.
    pub fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    /// The certificate that it shows, DER.
    pub fn certificate(&self) -> Vec<u8> {
        fs::read(self.store.path().join("certificate.der")).expect("it was started with TLS")
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.program = None;
    }

    /// Starts it again, with the same port and what it has on disk.
    pub fn start_again(&mut self) {
        self.kill();
        let jars: Vec<String> = NEEDED.iter().map(|jar| jar_file(jar).display().to_string()).collect();
        let scheme = if self.tls { "stomp+ssl" } else { "stomp" };
        let key = self.store.path().join("key.p12");
        let (program, mut said) = Program::start([
            "java".to_owned(),
            "-Xmx128m".to_owned(),
            "-Dorg.slf4j.simpleLogger.logFile=System.out".to_owned(),
            format!("-Djavax.net.ssl.keyStore={}", key.display()),
            format!("-Djavax.net.ssl.keyStorePassword={PASSWORD}"),
            "-cp".to_owned(),
            jars.join(":"),
            "org.apache.activemq.console.command.ShellCommand".to_owned(),
            "start".to_owned(),
            format!(
                "broker:({scheme}://127.0.0.1:{})?persistent=true&useJmx=false&brokerName=test&dataDirectory={}",
                self.port,
                self.store.path().display()
            ),
        ]);
        let mut log = String::new();
        for line in said.by_ref() {
            let line = line.expect("it speaks");
            // … TransportConnector - Connector stomp://localhost:33743 started
            if let Some(port) =
                line.strip_suffix(" started").and_then(|line| line.rsplit_once("://")?.1.rsplit_once(':'))
            {
                self.port = port.1.parse().expect("it says its port");
                self.program = Some(program);
                // It must not wait for somebody who reads on.
                std::thread::spawn(move || said.for_each(drop));
                return;
            }
            log = format!("{log}{line}\n");
        }
        panic!("the broker does not start:\n{log}");
    }

    /// Takes everything out of a queue that is there now, e.g. `/queue/spillway`.
    pub fn take(&self, queue: &str) -> Vec<BrokerMessage> {
        const LAST: &str = "the last one, from the test";
        let mut listener = Listener::open(self.port, queue);
        listener.say(&format!("SEND\ndestination:{queue}\ncontent-type:text/plain\n\n{LAST}\0"));
        let mut messages = Vec::new();
        loop {
            let message = listener.next();
            if message.body == LAST {
                return messages;
            }
            messages.push(message);
        }
    }

    /// Waits for so many messages in a queue, and takes them.
    pub fn wait_for(&self, queue: &str, count: usize) -> Vec<BrokerMessage> {
        let mut listener = Listener::open(self.port, queue);
        (0..count).map(|_| listener.next()).collect()
    }
}

/// Listens on a queue of a broker without TLS.
struct Listener {
    stream: BufReader<TcpStream>,
}

impl Listener {
    fn open(port: u16, queue: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the broker listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        let mut listener = Self { stream: BufReader::new(stream) };
        listener.say("CONNECT\naccept-version:1.2\nhost:localhost\nheart-beat:0,0\n\n\0");
        assert_eq!(listener.frame().0, "CONNECTED");
        // One at a time: what is not looked at stays in the queue.
        let queue = format!("destination:{queue}\nactivemq.prefetchSize:1");
        listener.say(&format!("SUBSCRIBE\nid:1\n{queue}\nack:client-individual\n\n\0"));
        listener
    }

    fn say(&mut self, frame: &str) {
        self.stream.get_mut().write_all(frame.as_bytes()).expect("the broker listens");
    }

    fn next(&mut self) -> BrokerMessage {
        let (command, headers, body) = self.frame();
        assert_eq!(command, "MESSAGE", "{headers:?} {body}");
        let ack = headers.get("ack").expect("STOMP 1.2").clone();
        self.say(&format!("ACK\nid:{ack}\nreceipt:1\n\n\0"));
        assert_eq!(self.frame().0, "RECEIPT");
        BrokerMessage { headers, body }
    }

    fn frame(&mut self) -> (String, BTreeMap<String, String>, String) {
        let mut command = String::new();
        while command.is_empty() {
            command = self.line();
        }
        let mut headers = BTreeMap::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(':') else { break };
            let meant = meant(value);
            headers.entry(name.to_owned()).or_insert(meant);
        }
        let mut body = Vec::new();
        if let Some(length) = headers.get("content-length") {
            body = vec![0; length.parse().expect("a length")];
            self.stream.read_exact(&mut body).expect("all of it comes");
            self.stream.read_exact(&mut [0]).expect("the end comes");
        } else {
            self.stream.read_until(0, &mut body).expect("all of it comes");
            body.pop();
        }
        (command, headers, String::from_utf8(body).expect("the body is text"))
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).expect("the broker answers in time");
        assert!(read > 0, "the broker ended the connection");
        line.trim_end_matches(['\r', '\n']).to_owned()
    }
}

/// A value without its escapes.
fn meant(value: &str) -> String {
    let mut chars = value.chars();
    let mut meant = String::new();
    while let Some(c) = chars.next() {
        meant.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('c') => ':',
                Some('\\') => '\\',
                other => panic!("no such escape: {other:?}"),
            },
            c => c,
        });
    }
    meant
}
