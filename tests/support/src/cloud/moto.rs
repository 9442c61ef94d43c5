//! moto: S3 and SQS, with the events that go from one to the other.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use super::{KEY_ID, KEY_SECRET, Owner, REGION};

/// A server of its own, empty; it ends with the value.
pub struct Moto {
    child: Child,
    endpoint: String,
    owner: Owner,
}

/// Starts one on a free port of loopback.
///
/// # Panics
/// When it is not installed, or does not start.
#[expect(clippy::unwrap_used, reason = "tests end when their servers do not start")]
pub fn start_moto() -> Moto {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/moto/bin/moto_server");
    assert!(program.exists(), "moto_server is not installed: run `make setup-test`");
    let mut child = Command::new(program)
        .args(["-H", "127.0.0.1", "-p", "0"])
        .env("AWS_ACCESS_KEY_ID", KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", KEY_SECRET)
        .env("AWS_DEFAULT_REGION", REGION)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let endpoint = loop {
        let line = lines.next().expect("moto_server ended before it listened").unwrap();
        if let Some((_, address)) = line.split_once("Running on ") {
            break address.trim().to_owned();
        }
    };
    // It would stop at a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    let owner = Owner::of(&endpoint);
    Moto { child, endpoint, owner }
}

impl Moto {
    /// Address of S3 and SQS.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Who fills it.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
