//! A program that ends with the value that stands for it.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

/// What a shell does with a program: ends it as soon as nobody holds the shell's input any more. The shell keeps
/// nothing of its output, so that its end is heard.
const GUARD: &str = r#""$@" </dev/null & exec >/dev/null; cat; kill -9 $!; wait $!"#;

pub(crate) struct Program {
    child: Child,
}

/// What it writes, a line at a time.
pub(crate) type Said = Lines<BufReader<ChildStdout>>;

impl Program {
    /// Starts it.
    pub(crate) fn start(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> (Self, Said) {
        let mut child = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        let said = BufReader::new(child.stdout.take().expect("it was piped")).lines();
        (Self { child }, said)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It ends by itself now; nothing is left to say in a test that fails already.
        let _ = self.child.wait();
    }
}

/// Fails the test when something that it needs is not there.
pub(crate) fn must_be_there(what: &str, is_there: bool) {
    assert!(is_there, "{what} is missing: run `make setup-test`, which installs what the tests need");
}
